//! Packets of every kind, for what no recording holds: each control message, each code and each option.

use std::path::Path;

use pptp_diag::base::frame::LinkType;
use pptp_diag::base::time::Timestamp;
use pptp_diag::capture::write::PcapngWriter;
use pptp_diag::wire::gre;
use pptp_diag::wire::ppp::{Frame, Protocol, options};
use pptp_diag::wire::pptp::{
    ControlType, IncomingRequest, Message, OutgoingReply, OutgoingRequest, Start,
};

/// Writes them as a capture of bare IP packets.
pub fn write(path: &Path) {
    let mut writer = PcapngWriter::new(Vec::new()).unwrap();
    let interface = writer.interface_named(LinkType::RAW, "").unwrap();
    let segments = messages().into_iter().enumerate().map(|(n, message)| {
        let mut octets = segment_header(u16::try_from(n).unwrap() + 20_000);
        message.emit(&mut octets);
        ip(6, &octets)
    });
    let packets: Vec<_> = segments.chain(frames().into_iter().map(|f| ip(47, &f))).collect();
    for (n, packet) in (0..).zip(&packets) {
        let at = Timestamp::from_parts(1_700_000_000 + n, 0);
        writer.packet(interface, at, packet, "").unwrap();
    }
    std::fs::write(path, writer.finish(None).unwrap()).unwrap();
}

/// Every control message, no two fields of one with the same value.
fn messages() -> Vec<Message<'static>> {
    let start = Start {
        version: 0x0100,
        result: 1,
        error: 2,
        framing: 3,
        bearer: 0x0102_0304,
        max_channels: 5,
        firmware: 0xF00D,
        host: b"host.example",
        vendor: &[b'v'; 64],
    };
    let request = OutgoingRequest {
        call_id: 0xFFFF,
        serial: 1,
        min_bps: 2400,
        max_bps: u32::MAX,
        bearer: 1,
        framing: 2,
        window: 64,
        delay: 7,
        phone: b"555 0100",
        subaddress: &[b's'; 64],
    };
    let reply = OutgoingReply {
        call_id: 0,
        peer_call_id: 0xFFFF,
        result: 2,
        error: 3,
        cause: 0x0405,
        speed: 0x0607_0809,
        window: 10,
        delay: 11,
        channel: u32::MAX,
    };
    let incoming = IncomingRequest {
        call_id: 1,
        serial: 2,
        bearer: 3,
        channel: 4,
        dialled: b"555 0101",
        dialling: b"555 0102",
        subaddress: b"5",
    };
    vec![
        Message::StartRequest(start),
        Message::StartReply(start),
        Message::StopRequest { reason: 3 },
        Message::StopReply { result: 1, error: 2 },
        Message::EchoRequest { identifier: u32::MAX },
        Message::EchoReply { identifier: 1, result: 2, error: 3 },
        Message::OutgoingRequest(request),
        Message::OutgoingReply(reply),
        Message::IncomingRequest(incoming),
        Message::IncomingReply {
            call_id: 1,
            peer_call_id: 2,
            result: 3,
            error: 4,
            window: 5,
            delay: 6,
        },
        Message::IncomingConnected { peer_call_id: 1, speed: 2, window: 3, delay: 4, framing: 5 },
        Message::CallClear { call_id: 0x0102 },
        Message::CallDisconnect {
            call_id: 1,
            result: 2,
            error: 3,
            cause: 4,
            statistics: b"frames 17",
        },
        Message::WanError { peer_call_id: 1, counters: [2, 3, 4, 5, 6, 7] },
        Message::SetLinkInfo { peer_call_id: 1, send_accm: u32::MAX, receive_accm: 2 },
        Message::Unknown { control: ControlType(99), body: &[1, 2, 3, 4] },
    ]
}

/// GRE packets: each header of GRE and PPP, each code, each option.
fn frames() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let ncps = [Protocol::Lcp, Protocol::Ipcp, Protocol::Ccp, Protocol::Ipv6cp];
    let data = |code: u8| match code {
        1..=4 => Vec::new(),
        8 => vec![0x80, 0x57, 1, 1, 0, 4],
        13 => vec![1, 2, 3, 4, 0, 0, 0, 60],
        _ => b"\x11\x22\x33\x44data".to_vec(),
    };
    for protocol in ncps {
        // 8 to 13 are LCP's alone (RFC 1661 §5.7, RFC 1570); tshark gives them LCP's sense in every protocol.
        let own = |code: &u8| protocol == Protocol::Lcp || !(8..=13).contains(code);
        for code in (1..=15).filter(own) {
            out.push((protocol, packet(code, &data(code))));
        }
    }
    for (protocol, list) in OPTIONS {
        for (kind, value) in *list {
            let mut option = Vec::new();
            options::emit(*kind, value, &mut option);
            // Beside another one, so that a value that ends elsewhere is noticed.
            option.extend_from_slice(&[5, 6, 1, 2, 3, 4]);
            (1..=4).for_each(|code| out.push((*protocol, packet(code, &option))));
        }
    }
    for (protocol, code, data) in OTHERS {
        out.push((*protocol, packet(*code, data)));
    }
    let heads = [(false, None, None), (true, Some(0), None), (false, Some(u32::MAX), Some(3))];
    let numbered = (0u16..).zip(out).map(|(n, (protocol, information))| {
        let (address_control, seq, ack) = heads[usize::from(n) % heads.len()];
        let mut payload = Vec::new();
        let information = information.as_slice();
        Frame { address_control, short_protocol: false, protocol, information }.emit(&mut payload);
        let mut octets = Vec::new();
        let payload_length = u16::try_from(payload.len()).unwrap();
        gre::Packet { payload_length, call_id: n, seq, ack, payload: &payload }.emit(&mut octets);
        octets
    });
    numbered.collect()
}

fn packet(code: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 4).unwrap();
    [&[code, 77], length.to_be_bytes().as_slice(), data].concat()
}

/// A TCP header without options, of a segment to the server.
fn segment_header(port: u16) -> Vec<u8> {
    let mut header = [port.to_be_bytes(), 1723u16.to_be_bytes()].concat();
    header.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0x20, 0, 0, 0, 0, 0]);
    header
}

fn ip(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(payload.len() + 20).unwrap().to_be_bytes();
    let header = [0x45, 0, high, low, 0, 0, 0x40, 0, 64, protocol, 0, 0];
    [header.as_slice(), &[192, 0, 2, 1], &[192, 0, 2, 2], payload].concat()
}

type Values = &'static [(u8, &'static [u8])];

const OPTIONS: &[(Protocol, Values)] = &[
    (
        Protocol::Lcp,
        &[
            (1, &[0x05, 0xDC]),
            (2, &[0x80, 0x0A, 0, 1]),
            (3, &[0xC2, 0x23, 0x05]),
            (3, &[0xC2, 0x23, 0x80]),
            (3, &[0xC2, 0x23, 0x81]),
            (3, &[0xC0, 0x23]),
            (3, &[0xC2, 0x27]),
            (4, &[0xC0, 0x25, 0, 0, 0, 100]),
            (7, &[]),
            (8, &[]),
            (9, &[7]),
            (13, &[6]),
            (13, b"\x01555 0100"),
            (17, &[0x06, 0x4E]),
            (18, &[]),
            (19, &[0]),
            (19, &[1, 10, 11, 12, 13]),
            (19, &[2, 192, 0, 2, 1]),
            (19, &[3, 2, 0, 0, 0, 0, 1]),
            (19, b"\x055550100"),
            (23, &[1, 2]),
            (99, &[1, 2, 3]),
        ],
    ),
    (
        Protocol::Ipcp,
        &[
            (1, &[192, 0, 2, 1, 192, 0, 2, 2]),
            (2, &[0, 0x2D, 15, 1]),
            (3, &[192, 0, 2, 3]),
            (129, &[192, 0, 2, 4]),
            (130, &[192, 0, 2, 5]),
            (131, &[192, 0, 2, 6]),
            (132, &[192, 0, 2, 7]),
            (99, &[1, 2, 3]),
        ],
    ),
    (
        Protocol::Ccp,
        &[
            (0, &[0, 0, 0xFF, 1, 2, 3]),
            (1, &[]),
            (2, &[]),
            (17, &[0, 1, 4]),
            (18, &[1, 0, 0, 0x40]),
            (18, &[0, 0, 0, 0x80]),
            (18, &[0, 0, 0, 0x20]),
            (18, &[0, 0, 0, 0x10]),
            (18, &[0, 0, 0, 0x01]),
            (18, &[0xFE, 0xFF, 0xFF, 0x0E]),
            (21, &[0x2F]),
            (26, &[0x78, 0]),
            (99, &[1, 2, 3]),
        ],
    ),
    (Protocol::Ipv6cp, &[(1, &[1, 2, 3, 4, 5, 6, 7, 8]), (99, &[1, 2, 3])]),
];

/// Packets of the protocols without options.
const OTHERS: &[(Protocol, u8, &[u8])] = &[
    (Protocol::Chap, 1, b"\x04\x01\x02\x03\x04name"),
    (Protocol::Chap, 2, b"\x04\x01\x02\x03\x04"),
    (Protocol::Chap, 3, b"S=1234 M=welcome"),
    (Protocol::Chap, 3, b""),
    (Protocol::Chap, 4, b"E=691 R=1 C=0011223344556677 V=3"),
    (Protocol::Chap, 7, b"\x01\x02\x03\x04"),
    (Protocol::Pap, 1, b"\x05alice\x06secret"),
    (Protocol::Pap, 1, b"\x00\x00"),
    (Protocol::Pap, 2, b"\x02ok"),
    (Protocol::Pap, 3, b"\x02no"),
    (Protocol::Pap, 3, b"\x00"),
    (Protocol::Eap, 1, b"\x01who"),
    (Protocol::Eap, 2, b"\x01alice"),
    (Protocol::Eap, 1, b"\x02notice"),
    (Protocol::Eap, 2, b"\x03\x1A\x04"),
    (Protocol::Eap, 1, b"\x04\x02\xAA\xBBname"),
    (Protocol::Eap, 1, b"\x1A\x01\x05\x00\x19\x10ABCDEFGHIJKLMNOPname"),
    (Protocol::Eap, 2, b"\x1A\x03"),
    (Protocol::Eap, 2, b"\x1A\x04"),
    (Protocol::Eap, 1, b"\x1A\x03\x05\x00\x08S=12"),
    (Protocol::Eap, 3, b""),
    (Protocol::Eap, 4, b""),
];
