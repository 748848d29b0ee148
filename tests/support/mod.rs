//! What the integration tests share: scenarios written as text, and where they stand in the pages.
//!
//! Mistakes in a scenario are panics that name the file and the line.
#![allow(dead_code, unreachable_pub, clippy::panic, clippy::unwrap_used, clippy::expect_used)]

pub mod fences;
pub mod scenario;
