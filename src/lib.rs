//! PPTP conversations from a packet capture, and what went wrong in them.
//!
//! The order of the modules is the order of the data: a layer may use only what stands above it
//! (`tests/layering.rs` holds this).
#![cfg_attr(test, allow(clippy::indexing_slicing))]

pub mod base;
pub mod wire;
pub mod crypto;
pub mod capture;
pub mod link;
pub mod flow;
pub mod model;
pub mod rules;
pub mod report;
pub mod pipeline;
pub mod cli;
