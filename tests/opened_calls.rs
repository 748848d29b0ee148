//! What a call hides: compression of every kind without encryption, VJ headers, multilink, IPv6, keys that change or are
//! guessed; and what is said of what cannot be opened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fmt::Write as _;
use std::io::Cursor;

use pptp_diag::base::addr::Dir;
use pptp_diag::capture;
use pptp_diag::crypto::secret::Secrets;
use pptp_diag::model::conversation::Conversation;
use pptp_diag::model::inside::InnerPacket;
use pptp_diag::model::inside::Inside;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;
use support::deflater::Deflater;

/// A conversation that was analysed with alice's password, and the packets of its users.
struct Opened {
    conversation: Conversation,
    packets: Vec<InnerPacket>,
}

impl Opened {
    fn of(scenario: &str) -> Self {
        let bytes = support::scenario::capture(scenario, "tests/opened_calls.rs", 1);
        let mut source = capture::read(Box::new(Cursor::new(bytes)), "memory", 0).unwrap();
        let secrets = Secrets::parse("alice secret\n").unwrap();
        let mut analyzer = Analyzer::new(Options { secrets, inner: true, ..Options::default() });
        let mut packets = Vec::new();
        while let Some(frame) = source.next_frame().unwrap() {
            analyzer.push(&frame);
            packets.extend(analyzer.drain_inner());
        }
        let mut analysis = analyzer.finish();
        assert_eq!(analysis.conversations.len(), 1);
        Self { conversation: analysis.conversations.remove(0).conversation, packets }
    }

    /// Facts of what was sent to the server.
    fn inside(&self) -> &Inside {
        self.conversation.calls[0].inside[Dir::ToServer.index()].as_ref().unwrap()
    }

    fn octets(&self) -> Vec<&[u8]> {
        self.packets.iter().map(|p| p.octets.as_slice()).collect()
    }
}

const LINK: &str = "use connect\nuse link\nuse chap\n";

/// Both sides agree on these CCP options.
fn agreed(options: &str) -> String {
    format!(
        "{LINK}+0.02 > ccp request id=1 {options} noff\n+0.02 < ccp request id=1 {options} noff\n\
         +0.02 > ccp ack noff\n+0.02 < ccp ack noff\n"
    )
}

/// A frame of the client.
fn sent(protocol: u16, information: &[u8]) -> String {
    let mut line = format!("+0.1 > ppp protocol={protocol:#06x} hex=");
    for octet in information {
        write!(line, "{octet:02x}").unwrap();
    }
    line + " noff\n"
}

fn sum(octets: &[u8], mut sum: u32) -> [u8; 2] {
    for pair in octets.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    (!u16::try_from(sum).unwrap()).to_be_bytes()
}

/// An IPv4 packet of 10.9.0.100 to 10.9.0.1 with checksums that hold.
fn ipv4(id: u8, protocol: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(20 + body.len()).unwrap();
    let mut ip =
        vec![0x45, 0, 0, length, 0, id, 0, 0, 64, protocol, 0, 0, 10, 9, 0, 100, 10, 9, 0, 1];
    let check = sum(&ip, 0);
    ip[10..12].copy_from_slice(&check);
    [&ip, body].concat()
}

/// An echo request (RFC 792).
fn echo(id: u8) -> Vec<u8> {
    let mut icmp = vec![8, 0, 0, 0, 0, 1, 0, id];
    icmp.extend(b"is anybody there");
    let check = sum(&icmp, 0);
    icmp[2..4].copy_from_slice(&check);
    ipv4(id, 1, &icmp)
}

fn with_protocol(packet: &[u8]) -> Vec<u8> {
    [&[0x21], packet].concat()
}

#[test]
fn deflate_alone_is_unpacked_and_begins_anew_after_a_reset() {
    let mut deflater = Deflater::new();
    let [a, b, c] = [1, 2, 3].map(echo);
    let first = deflater.pack(&with_protocol(&a));
    deflater.pack(b"\x21lost");
    let later = deflater.pack(&with_protocol(&b));
    let mut again = Deflater::new();
    let text = agreed("opt=26:7800")
        + &sent(0xFD, &first)
        + &sent(0xFD, &later)
        + &sent(0xFD, &later)
        + "+0.1 < ccp resetreq id=5 noff\n+0.1 > ccp resetack id=5 noff\n"
        + &sent(0xFD, &again.pack(&with_protocol(&b)))
        // What does not get smaller goes as it is, and is part of the window.
        + &sent(0x21, &c)
        + &sent(0xFD, &[0, 2, 0xFF, 0xFF]);
    let opened = Opened::of(&text);
    assert_eq!(opened.octets(), [&a[..], &b, &c]);
    let inside = opened.inside();
    assert_eq!((inside.wrapped, inside.opened, inside.proven), (5, 2, 2));
    assert_eq!((inside.lost_sync.count, inside.lost_sync.packets), (1, 2));
    assert_eq!((inside.unpack_errors, inside.bits), (1, 0));
}

#[test]
fn a_frame_that_unpacks_to_more_than_a_frame_is_a_bomb() {
    let mut deflater = Deflater::new();
    let text = agreed("opt=26:7800") + &sent(0xFD, &deflater.pack(&vec![0x21; 1 << 18]));
    let opened = Opened::of(&text);
    let inside = opened.inside();
    assert!(inside.bombs.is_some() && opened.packets.is_empty());
    assert_eq!((inside.unpack_errors, inside.opened), (1, 0));
}

/// RFC 1977 with every octet as a code of its own: nine bits each, the highest first.
fn bsd(number: u16, frame: &[u8]) -> Vec<u8> {
    let bits: Vec<bool> =
        frame.iter().flat_map(|&b| (0..9).rev().map(move |n| u16::from(b) >> n & 1 == 1)).collect();
    let octet = |eight: &[bool]| {
        let value = eight.iter().fold(0, |value: u8, &bit| value << 1 | u8::from(bit));
        value << (8 - eight.len())
    };
    number.to_be_bytes().into_iter().chain(bits.chunks(8).map(octet)).collect()
}

#[test]
fn bsd_compress_alone_is_unpacked() {
    let [a, b] = [1, 2].map(echo);
    let text = agreed("opt=21:2f")
        + &sent(0xFD, &bsd(0, &with_protocol(&a)))
        + &sent(0xFD, &bsd(7, &with_protocol(&b)))
        + &sent(0xFD, &bsd(8, &with_protocol(&b)))
        + "+0.1 < ccp resetreq id=5 noff\n+0.1 > ccp resetack id=5 noff\n"
        + &sent(0xFD, &bsd(0, &with_protocol(&b)))
        // A frame beside the compression has a number, too.
        + &sent(0x21, &a)
        + &sent(0xFD, &bsd(2, &with_protocol(&a)));
    let opened = Opened::of(&text);
    assert_eq!(opened.octets(), [&a[..], &b, &a, &a]);
    assert_eq!(opened.inside().lost_sync.packets, 2);
}

#[test]
fn mppc_alone_is_unpacked() {
    let [a, b] = [1, 2].map(echo);
    // RFC 2118 §3: bits A (flushed) to D, twelve bits of a count.
    let packet = |header: u16, packet: &[u8]| {
        sent(0xFD, &[&header.to_be_bytes(), with_protocol(packet).as_slice()].concat())
    };
    let text = agreed("mppc")
        + &packet(0x8000, &a)
        + &packet(0x0001, &a)
        // Two are missing: only a flushed one helps.
        + &packet(0x2004, &b)
        + &packet(0x2005, &b)
        + &packet(0x8006, &b);
    let opened = Opened::of(&text);
    assert_eq!(opened.octets().last(), Some(&&b[..]));
    assert_eq!(opened.inside().lost_sync.count, 1);
    assert_eq!(opened.inside().lost_sync.episodes[0].packets, 2);
}

/// RFC 1144: the slot stands where the protocol was; a packet of three octets says that only the IP identification went on.
#[test]
fn van_jacobson_headers_are_rebuilt() {
    let mut tcp = vec![0x9C, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0];
    tcp.extend(b"again");
    let pseudo = [&[10, 9, 0, 100, 10, 9, 0, 1, 0, 6, 0, 25], tcp.as_slice()].concat();
    let check = sum(&pseudo, 0);
    tcp[16..18].copy_from_slice(&check);
    let whole = ipv4(1, 6, &tcp);
    let mut uncompressed = whole.clone();
    uncompressed[9] = 3;
    let compressed = [&[0], &check[..], b"again"].concat();
    let text = LINK.to_owned() + &sent(0x2F, &uncompressed) + &sent(0x2D, &compressed);
    let opened = Opened::of(&text);
    assert_eq!(opened.octets(), [whole, ipv4(2, 6, &tcp)]);
    // After a loss the numbers would be wrong, and the checksum says so.
    let wrong = [&[0], &check[..], b"other"].concat();
    let text = LINK.to_owned() + &sent(0x2F, &uncompressed) + &sent(0x2D, &wrong);
    assert_eq!(Opened::of(&text).packets.len(), 1);
}

#[test]
fn fragments_of_multilink_become_packets() {
    let [a, b] = [1, 2].map(echo);
    let frame = with_protocol(&b);
    let (head, tail) = frame.split_at(9);
    // RFC 1990 §3: bits B and E, twenty-four bits of a number; twelve where LCP agreed on short ones.
    let text = LINK.to_owned()
        + &sent(0x3D, &[&[0xC0, 0, 0, 0], with_protocol(&a).as_slice()].concat())
        + &sent(0x3D, &[&[0x80, 0, 0, 1], head].concat())
        + &sent(0x3D, &[&[0x40, 0, 0, 2], tail].concat());
    assert_eq!(Opened::of(&text).octets(), [&a[..], &b]);
}

#[test]
fn ipv6_goes_out_and_nonsense_does_not() {
    let mut ipv6 = vec![0x60, 0, 0, 0, 0, 8, 17, 64];
    ipv6.extend([0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    ipv6.extend([0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    ipv6.extend([0, 80, 0, 80, 0, 8, 0, 0]);
    let text = LINK.to_owned() + &sent(0x57, &ipv6) + &sent(0x57, b"`") + &sent(0x21, b"E");
    assert_eq!(Opened::of(&text).octets(), [ipv6]);
}

/// Stateful keys with losses: Linux goes on with the key that the RFC starts over with, and both are tried until one proves.
#[test]
fn a_stateful_key_survives_losses_of_either_kind() {
    for kind in ["", " linux"] {
        let data = format!("data keys=1 bits=40 stateful{kind}");
        let text = agreed("mppe=40 stateful")
            + &format!(
                "+0.5 > {data} noff count=300\nx +0.1 > {data} noff count=2\n+0.1 > {data} noff count=5\n\
                 +0.1 < ccp resetreq id=1 noff\n+0.1 > {data} flushed noff count=20\n"
            );
        let opened = Opened::of(&text);
        assert_eq!(opened.packets.len(), 320, "{kind}");
        let inside = opened.inside();
        assert_eq!((inside.bits, inside.stateless, inside.lost_sync.count), (40, false, 1));
        assert_eq!(inside.lost_sync.episodes[0].packets, 5);
        assert!(inside.keyed_by.is_some_and(|by| by.by_checksum && by.response == 0));
    }
}

#[test]
fn keys_of_mschapv1_are_tried() {
    let text = "use connect\nuse link auth=mschapv1\nuse chap\nuse network mppe=40\n\
        +0.5 > data keys=1 bits=40 noff count=5\n";
    let opened = Opened::of(text);
    assert_eq!((opened.packets.len(), opened.inside().bits), (5, 40));
    assert!(opened.packets.iter().all(|p| &*p.user == "alice"));
}

/// The capture begins with a packet of the server, which is taken for the client until its Challenge comes.
#[test]
fn who_is_who_may_turn_out_late() {
    let packet = sent(0x21, &echo(1)).replace('>', "<");
    let opened = Opened::of(&(packet + "+1 < chap challenge id=1\n"));
    let call = &opened.conversation.calls[0];
    assert!(call.inside[Dir::ToServer.index()].as_ref().is_none_or(|i| i.traffic.packets == 0));
    assert_eq!(call.inside[Dir::ToClient.index()].as_ref().unwrap().traffic.packets, 1);
}
