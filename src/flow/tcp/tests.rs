//! Reassembly: however the segments come, the messages are the same, each once.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::base::frame::FrameRef;
use crate::base::time::Span;
use crate::base::time::Timestamp;

mod lifetime;

const CLIENT: Endpoint = Endpoint { addr: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)), port: 40_000 };
const SERVER: Endpoint = Endpoint { addr: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 20)), port: 1723 };

/// Echo-Request with its own identifier.
fn echo(identifier: u32) -> Vec<u8> {
    let mut out = Vec::new();
    pptp::Message::EchoRequest { identifier }.emit(&mut out);
    out
}

fn tcp(
    from: Endpoint,
    to: Endpoint,
    seq: u32,
    ack: Option<u32>,
    flags: u8,
    data: &[u8],
) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&from.port.to_be_bytes());
    out.extend_from_slice(&to.port.to_be_bytes());
    out.extend_from_slice(&seq.to_be_bytes());
    out.extend_from_slice(&ack.unwrap_or(0).to_be_bytes());
    out.extend_from_slice(&[
        0x50,
        flags | if ack.is_some() { 0x10 } else { 0 },
        0xFF,
        0xFF,
        0,
        0,
        0,
        0,
    ]);
    out.extend_from_slice(data);
    out
}

const SYN: u8 = 2;

/// What the connection tracker delivers, in words.
#[derive(Default)]
struct Run {
    connections: Option<Connections>,
    echoes: Vec<u32>,
    cut: usize,
    foreign: usize,
    missing: u32,
    repeated: usize,
    damaged: usize,
    ids: std::collections::BTreeSet<ConnectionId>,
    frame: u64,
    /// Pauses so far.
    late: Span,
}

impl Run {
    fn send(&mut self, from: Endpoint, to: Endpoint, payload: &[u8], announced: usize) {
        self.frame += 1;
        let at = Timestamp(i64::try_from(self.frame).unwrap() * 1000) + self.late;
        let frame = FrameRef::new(0, self.frame);
        let d = Datagram {
            at,
            frame,
            src: from.addr,
            dst: to.addr,
            protocol: crate::link::protocol::TCP,
            ttl: 64,
            ident: 0,
            dont_fragment: true,
            payload,
            announced,
            fragments: 1,
            bad_checksum: None,
        };
        let mut connections = self.connections.take().unwrap_or_else(|| Connections::new(&[]));
        let tcp = TcpSlice::from_slice(payload).unwrap();
        connections.push(&d, &tcp, Seen { at, frame, ttl: 64 }, &mut |item| self.take(&item));
        self.connections = Some(connections);
    }

    fn data(&mut self, seq: u32, data: &[u8]) {
        let segment = tcp(CLIENT, SERVER, seq, Some(1), 0, data);
        self.send(CLIENT, SERVER, &segment, segment.len());
    }

    fn ack(&mut self, ack: u32) {
        let segment = tcp(SERVER, CLIENT, 1, Some(ack), 0, &[]);
        self.send(SERVER, CLIENT, &segment, segment.len());
    }

    fn finish(&mut self) {
        let mut connections = self.connections.take().unwrap();
        connections.finish(&mut |item| self.take(&item));
    }

    fn take(&mut self, item: &Item<'_>) {
        match item {
            Item::Segment(s) => {
                self.ids.insert(s.connection);
                self.repeated += usize::from(s.repeated);
            }
            Item::Message { cut: true, .. } => self.cut += 1,
            Item::Message { bytes, .. } => match pptp::parse(bytes) {
                Ok(pptp::Message::EchoRequest { identifier }) => self.echoes.push(identifier),
                other => panic!("{other:?}"),
            },
            Item::Foreign { .. } => self.foreign += 1,
            Item::Gap { missing, .. } => self.missing += missing,
            Item::Filled { octets, .. } => self.missing -= octets,
            Item::Damaged { .. } => self.damaged += 1,
            Item::Gre(_) | Item::Icmp { .. } => unreachable!("no such datagram was sent"),
        }
    }
}

#[test]
fn a_repeated_syn_is_one_connection_and_a_new_one_is_another() {
    let mut run = Run::default();
    for isn in [100, 100, 5000] {
        let syn = tcp(CLIENT, SERVER, isn, None, SYN, &[]);
        run.send(CLIENT, SERVER, &syn, syn.len());
    }
    assert_eq!(run.ids.len(), 2);
    assert_eq!(run.repeated, 1);
    assert!(run.ids.iter().all(|i| i.client == CLIENT && i.server == SERVER));
}

#[test]
fn a_syn_behind_what_follows_it_is_of_the_same_connection() {
    let syn = tcp(CLIENT, SERVER, 100, None, SYN, &[]);
    let syn_ack = tcp(SERVER, CLIENT, 7000, Some(101), SYN, &[]);
    let ack = tcp(CLIENT, SERVER, 101, Some(7001), 0, &[]);
    for order in [[(0, &syn), (1, &syn_ack), (0, &ack)], [(1, &syn_ack), (0, &syn), (0, &ack)]] {
        let mut run = Run::default();
        for (from, segment) in order.into_iter().chain([(0, &syn)]) {
            let (from, to) = if from == 0 { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
            run.send(from, to, segment, segment.len());
        }
        assert_eq!(run.ids.len(), 1);
        let again = tcp(CLIENT, SERVER, 5000, None, SYN, &[]);
        run.send(CLIENT, SERVER, &again, again.len());
        assert_eq!(run.ids.len(), 2);
    }
    let mut run = Run::default();
    for segment in [&ack, &syn] {
        run.send(CLIENT, SERVER, segment, segment.len());
    }
    assert_eq!(run.ids.len(), 1);
}

#[test]
fn a_flood_of_syns_pushes_out_neither_what_spoke_nor_what_is_young() {
    let young = Endpoint { port: 50_000, ..CLIENT };
    let mut run = Run::default();
    run.data(1, &echo(1));
    for n in 0..limits::TCP_CONNECTIONS + 1000 {
        let host = Ipv4Addr::from_bits(0x0A00_0000 + u32::try_from(n).unwrap());
        let stranger = Endpoint { addr: host.into(), port: 1024 };
        let syn = tcp(stranger, SERVER, 1, None, SYN, &[]);
        run.send(stranger, SERVER, &syn, syn.len());
        if n == limits::TCP_CONNECTIONS - 10 {
            let syn = tcp(young, SERVER, 1, None, SYN, &[]);
            run.send(young, SERVER, &syn, syn.len());
        }
    }
    let open = &run.connections.as_ref().unwrap().open;
    assert!(open.len() < limits::TCP_CONNECTIONS);
    for end in [CLIENT, young] {
        assert!(open.contains_key(&(end, SERVER)), "{end}");
    }
}

/// A segment with the right checksum.
fn sound(mut segment: Vec<u8>) -> Vec<u8> {
    let checksum = (1..=u16::MAX).find(|sum| {
        segment[16..18].copy_from_slice(&sum.to_be_bytes());
        checksum::of_tcp(CLIENT.addr, SERVER.addr, &segment) == Checksum::Right
    });
    assert!(checksum.is_some());
    segment
}

#[test]
fn damage_counts_only_where_no_checksum_of_its_sender_is_right() {
    let reset = |n: u32| {
        let mut segment = sound(tcp(CLIENT, SERVER, 1000 + n, Some(1), 0, &[]));
        segment[13] |= 4;
        segment
    };
    let mut replaced = Run::default();
    for n in 0..3 {
        replaced.send(CLIENT, SERVER, &reset(n), 20);
    }
    assert_eq!((replaced.damaged, replaced.ids.len()), (0, 1));
    let mut run = Run::default();
    let good = sound(tcp(CLIENT, SERVER, 1000, Some(1), 0, &echo(1)));
    run.send(CLIENT, SERVER, &good, good.len());
    run.send(CLIENT, SERVER, &reset(16), 20);
    let mut stranger = good.clone();
    stranger[1] ^= 1;
    run.send(CLIENT, SERVER, &stranger, stranger.len());
    assert_eq!((run.damaged, run.ids.len(), run.echoes.as_slice()), (1, 1, &[1][..]));
}

#[test]
fn a_first_segment_is_damaged_if_most_before_it_are_not() {
    let syn = sound(tcp(CLIENT, SERVER, 100, None, SYN, &[]));
    let ack = sound(tcp(CLIENT, SERVER, 101, Some(7001), 0, &[]));
    let (mut stranger, mut answer) =
        (syn.clone(), sound(tcp(SERVER, CLIENT, 7000, Some(101), SYN, &[])));
    stranger[1] ^= 0x40;
    answer[6] ^= 0x40;
    let mut run = Run::default();
    for segment in [&syn, &ack, &ack, &ack, &ack] {
        run.send(CLIENT, SERVER, segment, segment.len());
    }
    // Another port begins no connection. The first one of a direction does not count, but the second one does.
    run.send(CLIENT, SERVER, &stranger, stranger.len());
    assert_eq!(run.ids.len(), 1);
    run.send(SERVER, CLIENT, &answer, answer.len());
    assert_eq!(run.damaged, 1);
    run.send(SERVER, CLIENT, &answer, answer.len());
    assert_eq!(run.damaged, 1);
    // Where it is the first of all, nothing tells.
    let mut run = Run::default();
    run.send(CLIENT, SERVER, &stranger, stranger.len());
    assert_eq!(run.ids.len(), 1);
}

#[test]
fn a_card_that_gets_its_own_checksums_wrong_does_not_hide_its_connections() {
    let mut run = Run::default();
    for port in 0..40 {
        let client = Endpoint { port: CLIENT.port + port, ..CLIENT };
        let mut syn = sound(tcp(client, SERVER, 100, None, SYN, &[]));
        syn[17] ^= 0x55;
        let answer = sound(tcp(SERVER, client, 7000 + u32::from(port), Some(101), SYN, &[]));
        run.send(client, SERVER, &syn, syn.len());
        run.send(SERVER, client, &answer, answer.len());
    }
    assert_eq!((run.damaged, run.ids.len()), (0, 40));
}

#[test]
fn the_client_is_known_from_the_middle_of_a_connection() {
    let mut run = Run::default();
    run.ack(77);
    assert_eq!(run.ids.iter().next().unwrap().client, CLIENT);
}

#[test]
fn a_gap_that_was_acknowledged_is_given_up_at_once() {
    let mut run = Run::default();
    run.data(1000, &echo(1));
    run.data(1032, &echo(3)); // 1016 is missing from the capture
    assert_eq!(run.echoes, [1]);
    run.ack(1048);
    assert_eq!(run.echoes, [1, 3]);
    assert_eq!(run.missing, 16);
}

#[test]
fn a_gap_at_the_end_is_given_up_at_the_end() {
    let mut run = Run::default();
    run.data(1000, &echo(1));
    run.data(1020, &echo(3)[4..]); // half of message 2 is missing, and the rest makes no sense
    run.data(1032, &echo(4));
    run.finish();
    assert_eq!(run.echoes, [1, 4]);
}

#[test]
fn octets_missing_before_a_bare_fin_are_missing() {
    let fin = tcp(CLIENT, SERVER, 1032, Some(1), 1, &[]);
    let begun = || {
        let mut run = Run::default();
        run.data(1000, &echo(1));
        run.send(CLIENT, SERVER, &fin, fin.len());
        run
    };
    // The receiver confirms the FIN, or the capture ends.
    let mut run = begun();
    run.ack(1033);
    assert_eq!(run.missing, 16);
    run.finish();
    assert_eq!(run.missing, 16);
    let mut run = begun();
    run.finish();
    assert_eq!(run.missing, 16);
    // They come later yet, and what is behind them does not.
    let mut run = begun();
    run.ack(1033);
    run.data(1016, &echo(2)[..4]);
    run.ack(1033);
    assert_eq!((run.missing, run.echoes.as_slice()), (12, &[1][..]));
    run.data(1016, &echo(2));
    assert_eq!(run.missing, 0);
    let mut run = begun();
    run.ack(1033);
    run.data(1016, &echo(2));
    run.finish();
    assert_eq!((run.missing, run.echoes.as_slice()), (0, &[1, 2][..]));
    // The octets only come later, or the FIN is none of this sender.
    let mut run = begun();
    run.data(1016, &echo(2));
    run.ack(1033);
    run.finish();
    assert_eq!((run.missing, run.echoes.as_slice()), (0, &[1, 2][..]));
    let mut run = Run::default();
    run.data(1000, &echo(1));
    let strange = tcp(CLIENT, SERVER, 0x0800_0000, Some(1), 1, &[]);
    run.send(CLIENT, SERVER, &strange, strange.len());
    run.finish();
    assert_eq!(run.missing, 0);
}

#[test]
fn a_cut_frame_gives_the_start_of_its_message() {
    let mut run = Run::default();
    let segment = tcp(CLIENT, SERVER, 1000, Some(1), 0, &echo(7));
    run.send(CLIENT, SERVER, &segment[..segment.len() - 3], segment.len());
    run.data(1016, &echo(8));
    assert_eq!((run.cut, run.echoes.as_slice()), (1, &[8][..]));
}

#[test]
fn much_out_of_order_data_is_bounded() {
    let mut run = Run::default();
    run.data(0, &echo(0));
    for n in 1..200u32 {
        run.data(n * 1600, &echo(n));
    }
    let held: usize = run
        .connections
        .as_ref()
        .unwrap()
        .open
        .values()
        .flat_map(|c| &c.streams)
        .map(Stream::held_segments)
        .sum();
    assert!(held <= limits::TCP_HELD_SEGMENTS);
}

proptest! {
    /// Cut anywhere, repeated, overlapped, swapped with a neighbour: the messages come out once each and
    /// in order, also across the wrap of sequence numbers.
    #[test]
    fn however_the_segments_come(
        cuts in proptest::collection::vec(1usize..160, 0..10),
        swaps in proptest::collection::vec(any::<bool>(), 12),
        repeats in proptest::collection::vec(any::<bool>(), 12),
        overlap in 0usize..8,
        base in prop_oneof![Just(1000u32), Just(u32::MAX - 50), any::<u32>()],
    ) {
        let stream: Vec<u8> = (0..10).flat_map(echo).collect();
        let mut at: Vec<usize> = cuts;
        at.extend([0, stream.len()]);
        at.sort_unstable();
        at.dedup();
        let mut segments: Vec<(usize, usize)> = at.windows(2).map(|w| (w[0], w[1])).collect();
        for i in 1..segments.len() {
            if swaps[i % swaps.len()] && i > 1 {
                segments.swap(i - 1, i);
            }
        }
        let mut run = Run::default();
        let syn = tcp(CLIENT, SERVER, base.wrapping_sub(1), None, SYN, &[]);
        run.send(CLIENT, SERVER, &syn, syn.len());
        for (i, &(from, to)) in segments.iter().enumerate() {
            let from = from.saturating_sub(overlap);
            for _ in 0..=usize::from(repeats[i % repeats.len()]) {
                run.data(base.wrapping_add(u32::try_from(from).unwrap()), &stream[from..to]);
            }
        }
        run.finish();
        prop_assert_eq!(&run.echoes, &(0..10).collect::<Vec<u32>>());
        prop_assert_eq!((run.foreign, run.cut, run.missing), (0, 0, 0));
    }
}
