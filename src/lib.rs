//! PPTP conversations from a packet capture, and what went wrong in them.
//!
//! The order of the modules is the order of the data: a layer may use only what stands above it
//! (`tests/layering.rs` holds this).
#![cfg_attr(test, allow(clippy::indexing_slicing))]

pub mod base;
pub mod capture;
pub mod cli;
pub mod confine;
pub mod crypto;
pub mod flow;
pub mod inside;
pub mod link;
pub mod model;
pub mod pipeline;
pub mod report;
pub mod rules;
pub mod site;
pub mod wire;
