//! One language for the example in a rule's page, its test and its sample capture.
//!
//! A scenario is a text of packet lines (`TIME DIR WHAT [MESSAGE] [key=value …]`) and directives. It
//! becomes Ethernet frames with times, always the same ones, with right lengths and checksums.

mod auth;
mod control;
mod eap;
mod gre;
mod inner;
mod ip;
mod keys;
mod ncp;
pub mod parse;
mod pcap;
mod ppp;
mod profile;
mod tcp;
mod world;

use pptp_diag::base::time::Timestamp;

pub use pcap::{Precision, pcap};

/// One captured frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it passed the capture point.
    pub at: Timestamp,
    /// Ethernet frame without checksum.
    pub frame: Vec<u8>,
}

/// Second 0.000 of every scenario: 2024-03-01 09:00:00 UTC.
pub const START: Timestamp = Timestamp(1_709_283_600_000_000_000);

/// The packets of a scenario in the order of their times. `file` and `line` say where its first line
/// stands, for messages.
pub fn compile(text: &str, file: &str, line: usize) -> Vec<Packet> {
    let mut world = world::World::new();
    for line in parse::lines(text, file, line) {
        world.line(line);
    }
    world.finish()
}

/// [`compile`] and [`pcap`] in one, with nanoseconds.
pub fn capture(text: &str, file: &str, line: usize) -> Vec<u8> {
    pcap(&compile(text, file, line), Precision::Nanoseconds)
}
