//! Datagrams → control messages. A stream of messages that arrives in segments of any size, out of order and
//! repeated, gives its messages, each once; any other datagrams give no more than they hold.

use std::net::IpAddr;

use pptp_diag::base::frame::FrameRef;
use pptp_diag::base::limits;
use pptp_diag::base::time::Timestamp;
use pptp_diag::flow::Flow;
use pptp_diag::flow::Item;
use pptp_diag::link::Datagram;
use pptp_diag::wire::pptp;

use super::octets::Octets;

/// The first octet chooses between a sound stream and any datagrams.
pub fn run(data: &[u8]) {
    let mut octets = Octets(data);
    if octets.octet() & 1 == 0 { stream(octets) } else { any(octets) }
}

fn stream(mut octets: Octets<'_>) {
    let cuts = usize::from(octets.octet() % 40);
    let cuts = octets.take(2 * cuts);
    let disorder = usize::from(octets.octet() % 20);
    let disorder = octets.take(2 * disorder);
    let start = u32::from(octets.number()) << 16 | 0xFF00;
    let (messages, whole) = messages(octets);
    let mut bounds: Vec<usize> = cuts
        .chunks_exact(2)
        .map(|c| usize::from(u16::from_be_bytes([c[0], c[1]])) % (whole.len() + 1))
        .collect();
    bounds.extend([0, whole.len()]);
    bounds.sort_unstable();
    bounds.dedup();
    let mut sent: Vec<(usize, usize)> = bounds.windows(2).map(|w| (w[0], w[1])).collect();
    for pair in disorder.chunks_exact(2).filter(|_| !bounds.is_empty()) {
        if sent.is_empty() {
            break;
        }
        let at = usize::from(pair[0]) % sent.len();
        // Neighbourhood: what is held out of order is bounded.
        let near = (at + usize::from(pair[1] % 4)).min(sent.len() - 1);
        if pair[1] & 0x80 != 0 {
            // Sent again, and more than before: it begins anywhere.
            let from = usize::from(pair[0]) * 7 % (sent[near].1 + 1);
            sent.insert(near + 1, (from.min(sent[near].0), sent[near].1));
        } else {
            sent.swap(at, near);
        }
    }
    if sent.len() > limits::TCP_HELD_SEGMENTS && disorder.len() > 2 * limits::TCP_HELD_SEGMENTS {
        return;
    }
    let mut flow = Flow::new(&[]);
    let mut got: Vec<Vec<u8>> = Vec::new();
    let mut take = |item: Item<'_>| match item {
        Item::Message { bytes, cut, .. } => {
            assert!(!cut);
            got.push(bytes.to_vec());
        }
        Item::Segment(_) => {}
        other => panic!("a sound stream gave {other:?}"),
    };
    push(&mut flow, 0, &segment(start.wrapping_sub(1), true, &[]), &mut take);
    for (n, (from, to)) in sent.iter().enumerate() {
        let seq = start.wrapping_add(u32::try_from(*from).unwrap());
        push(&mut flow, n + 1, &segment(seq, false, &whole[*from..*to]), &mut take);
    }
    flow.finish(&mut take);
    assert_eq!(got, messages);
}

/// Messages of the lengths that the octets say, and the stream that they are.
fn messages(mut octets: Octets<'_>) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut messages = Vec::new();
    while octets.any() && messages.len() < 40 {
        let control = u16::from(octets.octet());
        let length = pptp::HEADER + usize::from(octets.octet());
        let mut message = u16::try_from(length).unwrap().to_be_bytes().to_vec();
        message.extend([0, 1]);
        message.extend(pptp::MAGIC.to_be_bytes());
        message.extend(control.to_be_bytes());
        message.extend([0, 0]);
        message.extend(octets.take(length - pptp::HEADER));
        message.resize(length, 0);
        messages.push(message);
    }
    let whole = messages.concat();
    (messages, whole)
}

fn segment(seq: u32, syn: bool, data: &[u8]) -> Vec<u8> {
    let mut tcp = vec![0x9C, 0x40, 0x06, 0xBB];
    tcp.extend(seq.to_be_bytes());
    tcp.extend([0; 4]);
    tcp.extend([0x50, if syn { 0x02 } else { 0x10 }, 0xFF, 0xFF, 0, 0, 0, 0]);
    tcp.extend(data);
    tcp
}

fn push(flow: &mut Flow, n: usize, payload: &[u8], take: &mut impl FnMut(Item<'_>)) {
    let n = u16::try_from(n).unwrap();
    flow.push(&datagram((1, 2), 6, n, payload, 0), take);
}

fn any(mut octets: Octets<'_>) {
    let mut flow = Flow::new(&[4000]);
    let mut bytes_in = 0;
    let mut bytes_out = 0;
    let mut take = |item: Item<'_>| match item {
        Item::Message { bytes, .. } => {
            assert!(bytes.len() <= limits::CONTROL_MESSAGE);
            bytes_out += bytes.len();
        }
        // A look at the octets: those of a message that follows may be among them.
        Item::Foreign { bytes, .. } => assert!(bytes.len() <= 64),
        Item::Gre(gre) => assert!(gre.packet.payload.len() <= 65_535),
        Item::Segment(_)
        | Item::Damaged { .. }
        | Item::Gap { .. }
        | Item::Filled { .. }
        | Item::Icmp { .. } => {}
    };
    let mut n = 0;
    while octets.any() {
        let protocol = octets.one_of(&[6, 6, 47, 1]);
        let ends = octets.octet();
        let more = octets.octet() & 0x1F;
        let payload = octets.counted();
        bytes_in += payload.len();
        let ends = (ends & 3, 4 + (ends >> 2 & 3));
        let ends = if more & 1 == 0 { ends } else { (ends.1, ends.0) };
        flow.push(&datagram(ends, protocol, n, payload, usize::from(more)), &mut take);
        n = n.wrapping_add(1);
    }
    flow.finish(&mut take);
    assert!(bytes_out <= bytes_in, "{bytes_out} octets of {bytes_in}");
}

fn datagram(ends: (u8, u8), protocol: u8, n: u16, payload: &[u8], more: usize) -> Datagram<'_> {
    let address = |last| IpAddr::from([192, 0, 2, last]);
    Datagram {
        at: Timestamp(i64::from(n) * 1_000_000_000),
        frame: FrameRef::new(0, u64::from(n) + 1),
        src: address(ends.0),
        dst: address(ends.1),
        protocol,
        ttl: 64,
        ident: n,
        dont_fragment: true,
        payload,
        announced: payload.len() + more,
        fragments: 1,
        bad_checksum: None,
    }
}
