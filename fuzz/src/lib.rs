//! What the fuzz targets do: one module for each, which takes any octets and panics where a promise of the
//! program does not hold.
//!
//! The targets of `fuzz/fuzz_targets` are one line each. `tests/fuzz_regressions.rs` includes this file as a
//! module, so that what once failed, and every sample, goes the same way in an ordinary `cargo test`.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

pub mod captures;
pub mod conversations;
pub mod extracts;
pub mod files;
pub mod flow;
pub mod fragments;
pub mod frames;
pub mod inside;
pub mod links;
pub mod octets;
pub mod reports;
pub mod seeds;
pub mod site_rules;
pub mod texts;
pub mod wire;

/// A target: its name, that of its program in `fuzz_targets`, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, the quick ones first.
pub const TARGETS: &[Target] = &[
    ("wire", wire::run),
    ("links", links::run),
    ("fragments", fragments::run),
    ("flow", flow::run),
    ("inside", inside::run),
    ("texts", texts::run),
    ("site_rules", site_rules::run),
    ("captures", captures::run),
    ("compressed", captures::compressed),
    ("files", files::run),
    ("conversations", conversations::run),
    ("extracts", extracts::run),
];
