//! PPTP conversations from a packet capture, and what went wrong in them.
pub mod base;
pub mod capture;
pub mod wire;
pub mod crypto;
pub mod link;
pub mod flow;
pub mod model;
