//! `live`: what a sniffer on an interface sees, analysed while it goes on.
//!
//! `keep` writes the packets that matter to files, `metrics` answers a monitoring system.

pub(super) mod keep;
pub(super) mod metrics;
