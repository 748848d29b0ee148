//! Frames of every link type: the gate keeps whatever the full decode finds relevant, and what comes out of
//! both is the same.

use std::net::IpAddr;

use pptp_diag::link::Datagram;
use pptp_diag::link::Linker;

use super::frames;

/// The list form of [`frames`], or a sample and changes of it.
pub fn run(data: &[u8]) {
    let mut gated = Linker::new(&[]);
    let mut full = Linker::without_gate(&[]);
    for (n, captured) in frames::read(data).iter().enumerate() {
        let frame = captured.frame(n);
        let kept = gated.datagram(&frame).map(facts);
        let found = full.datagram(&frame).map(facts);
        assert_eq!(kept, found, "frame {}", n + 1);
        if let Some(d) = found {
            assert!(d.payload.len() <= 65_535 || d.payload.len() <= captured.data.len());
            assert!(d.announced >= d.payload.len(), "{d:?}");
            assert!(d.fragments > 0);
        }
        if gated.holds_fragment() {
            assert!(full.holds_fragment());
        }
    }
    assert!(full.notes().len() <= 64);
}

/// What a datagram says, without its frame's life.
#[derive(Debug, PartialEq)]
struct Facts {
    ends: (IpAddr, IpAddr),
    protocol: u8,
    ttl: u8,
    payload: Vec<u8>,
    announced: usize,
    fragments: u16,
    bad_checksum: Option<bool>,
}

fn facts(d: Datagram<'_>) -> Facts {
    Facts {
        ends: (d.src, d.dst),
        protocol: d.protocol,
        ttl: d.ttl,
        payload: d.payload.to_vec(),
        announced: d.announced,
        fragments: d.fragments,
        bad_checksum: d.bad_checksum,
    }
}
