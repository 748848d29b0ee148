//! The gate loses nothing: whatever the full decode finds relevant with the gate off, the gate keeps.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "links/wrap.rs"]
mod wrap;

use std::path::PathBuf;

use pptp_diag::base::frame::{Frame, FrameRef, LinkType};
use pptp_diag::base::time::Timestamp;
use pptp_diag::capture;
use pptp_diag::link::Linker;
use proptest::prelude::*;

/// Both linkers side by side over the same frames.
struct Pair {
    gated: Linker,
    full: Linker,
}

impl Pair {
    fn new() -> Self {
        Self { gated: Linker::new(&[]), full: Linker::without_gate(&[]) }
    }

    /// Whether the frame was relevant; both must give the same datagram.
    fn agree(&mut self, frame: &Frame<'_>) -> bool {
        let full = format!("{:?}", self.full.datagram(frame));
        let gated = format!("{:?}", self.gated.datagram(frame));
        assert_eq!(gated, full, "frame {}", frame.frame.number());
        full != "None"
    }
}

#[test]
fn over_every_recording() {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/captures"));
    let mut relevant = 0;
    for folder in ["lab", "public", "formats"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else {
            eprintln!("skipped: {} is absent", root.join(folder).display());
            continue;
        };
        for file in files {
            let Ok(mut source) = capture::open(&file.unwrap().path(), 0) else { continue };
            let mut pair = Pair::new();
            while let Ok(Some(frame)) = source.next_frame() {
                relevant += usize::from(pair.agree(&frame));
            }
        }
    }
    eprintln!("{relevant} relevant frames");
}

/// A transport header with ports, data offset and start of payload that are likely to matter.
fn transport() -> impl Strategy<Value = Vec<u8>> {
    let port = || prop::sample::select(vec![1723u16, 443, 40_000, 8443, 4789, 6081]);
    let payload = prop::sample::select(vec![
        &b""[..],
        &[0, 156, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D, 0, 1, 0, 0],
        &[0, 156, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D, 0, 2, 0, 0],
        &[0x16, 3, 1, 0, 0, 0, 0, 0, 0, 0],
    ]);
    (port(), port(), 4u8..8, any::<u8>(), payload).prop_map(|(from, to, words, first, payload)| {
        let mut t = [from.to_be_bytes(), to.to_be_bytes()].concat();
        t.resize(4 * usize::from(words), 0);
        t[12] = words << 4;
        if first < 64 {
            t[0] = first;
        }
        t.extend(payload);
        t
    })
}

fn ip_packet() -> impl Strategy<Value = Vec<u8>> {
    let protocol = prop::sample::select(vec![6u8, 6, 6, 47, 1, 58, 17, 51, 44, 0, 60, 4, 41]);
    let flags = prop::sample::select(vec![0u16, 0, 0x4000, 0x2000, 1, 3]);
    (any::<bool>(), protocol, flags, 4u8..8, any::<bool>(), transport()).prop_map(
        |(v6, protocol, flags, words, unset, transport)| {
            let mut ip = Vec::new();
            if v6 {
                ip.extend([0x60, 0, 0, 0]);
                ip.extend(u16::try_from(transport.len()).unwrap().to_be_bytes());
                ip.extend([protocol, 64]);
                ip.resize(40, 1);
            } else {
                let header = 4 * usize::from(words);
                let total =
                    if unset { 0 } else { u16::try_from(header + transport.len()).unwrap() };
                ip.extend([0x40 | words, 0]);
                ip.extend(total.to_be_bytes());
                ip.extend([0, 7]);
                ip.extend(flags.to_be_bytes());
                ip.extend([64, protocol]);
                ip.resize(header.max(12), 1);
            }
            ip.extend(transport);
            ip
        },
    )
}

/// A packet in up to two tunnels, each of which may be in fragments: what one frame after the other holds.
fn tunnelled() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let tunnel = (0..2 * wrap::TUNNELS.len(), prop::sample::select(vec![0usize, 0, 24, 64]));
    (ip_packet(), prop::collection::vec(tunnel, 0..3)).prop_map(|(ip, tunnels)| {
        tunnels.into_iter().fold(vec![ip], |packets, (n, step)| {
            let Some(tunnel) = wrap::TUNNELS.get(n) else { return packets };
            let outer = packets.iter().map(|ip| (tunnel.wrap)(ip));
            outer
                .flat_map(|ip| match step {
                    24.. if ip[0] == 0x45 => wrap::fragments(&ip, step),
                    _ => vec![ip],
                })
                .collect()
        })
    })
}

fn link_frames() -> impl Strategy<Value = Vec<(LinkType, Vec<u8>)>> {
    let link = prop::sample::select((0..=wrap::LINKS.len()).collect::<Vec<_>>());
    (link, tunnelled(), 0usize..120).prop_map(|(link, packets, cut)| {
        let link = wrap::LINKS.get(link).unwrap_or(&wrap::UNKNOWN);
        let frames = packets.iter().map(|ip| {
            let mut frame = (link.wrap)(ip);
            if cut < 40 {
                frame.truncate(frame.len().saturating_sub(cut));
            }
            (LinkType(link.number), frame)
        });
        frames.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn over_made_up_frames(frames in prop::collection::vec(link_frames(), 1..24)) {
        let mut pair = Pair::new();
        for (n, (link, data)) in frames.iter().flatten().enumerate() {
            let frame = FrameRef::new(0, n as u64 + 1);
            let original_len = u32::try_from(data.len()).unwrap();
            pair.agree(&Frame { at: Timestamp(0), frame, interface: 0, link: *link, original_len, data });
        }
    }

    #[test]
    fn over_noise(link in prop::sample::select(vec![0u16, 1, 9, 50, 51, 101, 104, 105, 113, 119, 127, 149, 163, 166, 204, 258, 276]),
                  data in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut pair = Pair::new();
        let frame = FrameRef::new(0, 1);
        pair.agree(&Frame { at: Timestamp(0), frame, interface: 0, link: LinkType(link), original_len: 100, data: &data });
    }
}
