//! PPTP conversations from a packet capture, and what went wrong in them.
pub mod base;
pub mod capture;
pub mod link;
pub mod wire;
