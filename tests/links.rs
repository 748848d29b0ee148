//! One conversation in every link type and every tunnel: the same datagrams, the same verdict.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;
#[path = "links/wrap.rs"]
mod wrap;

use pptp_diag::base::limits;
use pptp_diag::capture;
use pptp_diag::link::{LinkNote, Linker};
use pptp_diag::pipeline::Options;
use support::scenario;
use wrap::{LINKS, TUNNELS};

/// The server wants a method that the client does not have. No Response, so that no hash is searched for.
const CONVERSATION: &str = "use connect\n\
    +0.01 < lcp request id=1 mru=1400 auth=mschapv2 magic=0x11111111\n\
    +0.01 > lcp request id=1 mru=1400 magic=0x22222222\n\
    +0.01 < lcp ack id=1 mru=1400 magic=0x22222222\n\
    +0.01 > lcp nak id=1 auth=pap\n\
    +0.01 < lcp request id=2 mru=1400 auth=mschapv2 magic=0x11111111\n\
    +0.01 > lcp nak id=2 auth=pap\n\
    +0.01 < lcp termreq id=3 text=\"peer refused to authenticate\"\n\
    +0.01 > lcp termack id=3\n\
    use hangup\n";

/// What must not depend on how the packets were carried.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    datagrams: usize,
    /// Stage, outcome, primary rule.
    conversations: Vec<(&'static str, &'static str, Option<&'static str>)>,
}

fn packets() -> Vec<Vec<u8>> {
    let packets = scenario::compile(CONVERSATION, "links.rs", 1);
    packets.iter().map(|p| p.frame[14..].to_vec()).collect()
}

/// A capture file of these frames, ten milliseconds apart.
fn pcap(link: u16, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for field in [0xA1B2_C3D4, 0x0004_0002, 0, 0, 262_144, u32::from(link)] {
        file.extend(field.to_le_bytes());
    }
    for (n, frame) in (0u32..).zip(frames) {
        let length = u32::try_from(frame.len()).unwrap();
        for field in [1_709_283_600 + n / 100, n % 100 * 10_000, length, length] {
            file.extend(field.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

fn outcome(link: u16, frames: &[Vec<u8>]) -> Outcome {
    let file = pcap(link, frames);
    let (datagrams, notes) = linked(&file);
    assert_eq!(notes, []);
    let analysis = support::analyse(file, Options::default());
    let conversations = analysis.conversations.iter().map(|d| {
        let primary = d.diagnosis.primary().map(|f| f.rule.id);
        (d.conversation.stage.name(), d.diagnosis.outcome.name(), primary)
    });
    Outcome { datagrams, conversations: conversations.collect() }
}

fn linked(file: &[u8]) -> (usize, Vec<LinkNote>) {
    let bytes = std::io::Cursor::new(file.to_vec());
    let mut source = capture::read(Box::new(bytes), "memory", 0).unwrap();
    let mut linker = Linker::new(&[]);
    let mut datagrams = 0;
    while let Some(frame) = source.next_frame().unwrap() {
        datagrams += usize::from(linker.datagram(&frame).is_some());
    }
    (datagrams, linker.notes().to_vec())
}

fn plain() -> Outcome {
    outcome(101, &packets())
}

#[test]
fn the_plain_conversation_has_a_verdict() {
    let plain = plain();
    assert_eq!(plain.datagrams, packets().len());
    assert_eq!(plain.conversations, [("link", "failed", Some("PD4006"))]);
}

#[test]
fn every_link_gives_the_same() {
    let (packets, plain) = (packets(), plain());
    for link in LINKS {
        let frames: Vec<_> = packets.iter().map(|ip| (link.wrap)(ip)).collect();
        assert_eq!(outcome(link.number, &frames), plain, "{}", link.name);
    }
}

#[test]
fn every_tunnel_gives_the_same() {
    let (packets, plain) = (packets(), plain());
    for tunnel in TUNNELS {
        let tunnelled: Vec<_> = packets.iter().map(|ip| (tunnel.wrap)(ip)).collect();
        assert_eq!(outcome(101, &tunnelled), plain, "{}", tunnel.name);
        let frames: Vec<_> = tunnelled.iter().map(|ip| (LINKS[0].wrap)(ip)).collect();
        assert_eq!(outcome(LINKS[0].number, &frames), plain, "{}", tunnel.name);
    }
}

#[test]
fn tunnels_within_tunnels_are_opened_to_the_bound() {
    let (mut packets, plain) = (packets(), plain());
    for (depth, tunnel) in (1..).zip(TUNNELS.iter().cycle().step_by(5)) {
        packets = packets.iter().map(|ip| (tunnel.wrap)(ip)).collect();
        if depth > limits::TUNNEL_DEPTH {
            break;
        }
        assert_eq!(outcome(101, &packets), plain, "{depth} tunnels");
    }
    let (datagrams, notes) = linked(&pcap(101, &packets));
    let notes: Vec<_> = notes.iter().map(|n| (n.code, n.frame.number())).collect();
    assert_eq!((datagrams, notes), (0, vec![("tunnels-too-deep", 1)]));
}

#[test]
fn fragments_of_a_tunnel_are_put_together_first() {
    let (packets, plain) = (packets(), plain());
    for tunnel in TUNNELS {
        let tunnelled: Vec<_> = packets.iter().map(|ip| (tunnel.wrap)(ip)).collect();
        if tunnelled[0][0] != 0x45 {
            continue;
        }
        let frames: Vec<_> = tunnelled.iter().flat_map(|ip| wrap::fragments(ip, 24)).collect();
        assert!(frames.len() > 2 * packets.len());
        assert_eq!(outcome(101, &frames), plain, "{}", tunnel.name);
    }
}

/// Fragments of PPTP's own packets in a fragmented tunnel: two datagrams under reassembly in one frame.
#[test]
fn fragments_within_fragments_are_put_together() {
    let (mut packets, plain) = (packets(), plain());
    for (n, ip) in packets.iter_mut().enumerate() {
        ip[4..6].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
        ip[6..8].fill(0);
    }
    let inner = packets.iter().flat_map(|ip| wrap::fragments(ip, 16));
    let outer: Vec<_> = inner.map(|ip| (TUNNELS[0].wrap)(&ip)).collect();
    let frames: Vec<_> = outer.iter().flat_map(|ip| wrap::fragments(ip, 24)).collect();
    assert_eq!(outcome(101, &frames), plain);
}

#[test]
fn encrypted_radio_frames_are_skipped() {
    let link = LINKS.iter().find(|l| l.name == "802.11").unwrap();
    let mut frames: Vec<_> = packets().iter().map(|ip| (link.wrap)(ip)).collect();
    for frame in &mut frames {
        frame[1] |= 0x40;
    }
    let nothing = Outcome { datagrams: 0, conversations: vec![] };
    assert_eq!(outcome(link.number, &frames), nothing);
}

#[test]
fn pptp_in_pptp_is_not_opened() {
    let inside: Vec<_> = packets()
        .iter()
        .map(|ip| {
            let ppp = [&[0xFF, 3, 0, 0x21][..], ip].concat();
            let length = u16::try_from(ppp.len()).unwrap().to_be_bytes();
            let gre = [&[0x30, 1, 0x88, 0x0B][..], &length, &[0, 7, 0, 0, 0, 1], &ppp].concat();
            let total = u16::try_from(20 + gre.len()).unwrap().to_be_bytes();
            let head = [0, 9, 0, 0, 64, 47, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2];
            [&[0x45, 0][..], &total, &head, &gre].concat()
        })
        .collect();
    let got = outcome(101, &inside);
    assert_eq!((got.datagrams, got.conversations.len()), (inside.len(), 1));
    assert_ne!(got.conversations, plain().conversations);
}
