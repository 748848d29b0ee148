//! One recorded control connection taken apart, and every message there and back.

use hex_literal::hex;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::wire::error::Fault;

// From a recording of pptpd and pptp-linux: the fields that are not zero, and how long it all is.
const START_REQUEST: (usize, &[u8], &[u8]) =
    (156, &hex!("009c00011a2b3c4d00010000010000000000000300000003ffff00016c6f63616c"), b"cananian");
const OUTGOING_REQUEST: (usize, &[u8]) =
    (168, &hex!("00a800011a2b3c4d00070000bdb1000000000960009896800000000300000003 00030000"));
const OUTGOING_REPLY: [u8; 32] =
    hex!("002000011a2b3c4d00080000 0000 bdb1 01 00 0000 00989680 0003 0000 00000000");
const CALL_CLEAR: [u8; 16] = hex!("001000011a2b3c4d000c0000bdb10000");

fn start_request() -> Vec<u8> {
    let (length, head, vendor) = START_REQUEST;
    let mut bytes = head.to_vec();
    bytes.resize(92, 0);
    bytes.extend_from_slice(vendor);
    bytes.resize(length, 0);
    bytes
}

fn outgoing_request() -> Vec<u8> {
    let mut bytes = OUTGOING_REQUEST.1.to_vec();
    bytes.resize(OUTGOING_REQUEST.0, 0);
    bytes
}

fn wire(message: &Message<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    message.emit(&mut out);
    out
}

#[test]
fn a_recorded_start_request() {
    let bytes = start_request();
    let head = header(&bytes).unwrap();
    assert_eq!((head.length, head.message_type), (156, 1));
    let message = parse(&bytes).unwrap();
    let expected = Start {
        version: 0x0100,
        result: 0,
        error: 0,
        framing: 3,
        bearer: 3,
        max_channels: 0xFFFF,
        firmware: 1,
        host: b"local",
        vendor: b"cananian",
    };
    assert_eq!(message, Message::StartRequest(expected));
    assert_eq!(wire(&message), bytes);
}

#[test]
fn a_recorded_call() {
    let bytes = outgoing_request();
    let message = parse(&bytes).unwrap();
    let Message::OutgoingRequest(call) = message else { panic!("{message:?}") };
    assert_eq!((call.call_id, call.serial, call.window), (0xBDB1, 0, 3));
    assert_eq!((call.min_bps, call.max_bps), (2400, 10_000_000));
    assert_eq!((call.phone, call.subaddress), (b"".as_slice(), b"".as_slice()));
    assert_eq!(wire(&message), bytes);

    let message = parse(&OUTGOING_REPLY).unwrap();
    let Message::OutgoingReply(reply) = message else { panic!("{message:?}") };
    assert_eq!((reply.call_id, reply.peer_call_id, reply.result), (0, 0xBDB1, 1));
    assert_eq!((reply.speed, reply.window), (10_000_000, 3));
    assert_eq!(wire(&message), OUTGOING_REPLY);

    assert_eq!(parse(&CALL_CLEAR), Ok(Message::CallClear { call_id: 0xBDB1 }));
}

#[test]
fn every_cut_is_truncated_and_more_is_ignored() {
    let bytes = start_request();
    for whole in [bytes.as_slice(), &outgoing_request(), &OUTGOING_REPLY, &CALL_CLEAR] {
        for end in 0..whole.len() {
            let fault = parse(&whole[..end]).map_err(|e| e.fault);
            assert_eq!(fault, Err(Fault::Truncated), "{end}");
        }
        let longer = [whole, b"next"].concat();
        assert_eq!(parse(&longer), parse(whole));
    }
}

#[test]
fn another_cookie_is_named_with_its_place() {
    let mut bytes = CALL_CLEAR;
    bytes[4..8].copy_from_slice(b"HTTP");
    let error = header(&bytes).unwrap_err();
    assert_eq!(error.fault, Fault::BadMagic(0x4854_5450));
    assert_eq!(error.offset_in(&bytes), 4);
    assert_eq!(parse(&bytes), Err(error));
}

#[test]
fn management_messages_are_refused_and_unknown_types_kept() {
    let mut bytes = CALL_CLEAR;
    bytes[3] = 2;
    assert_eq!(header(&bytes).unwrap().message_type, 2);
    assert_eq!(parse(&bytes).map_err(|e| e.fault), Err(Fault::BadValue));
    (bytes[3], bytes[9]) = (1, 99);
    let message = Message::Unknown { control: ControlType(99), body: &[0xBD, 0xB1, 0, 0] };
    assert_eq!(parse(&bytes), Ok(message));
    assert_eq!(wire(&message), bytes);
}

#[test]
fn a_body_beyond_the_length_field_is_cut() {
    let body = vec![7; 70_000];
    let message = Message::Unknown { control: ControlType(99), body: &body };
    assert_eq!(wire(&message).len(), 65_535);
}

#[test]
fn lengths_are_those_of_the_specification() {
    let lengths = [156, 156, 16, 16, 16, 20, 168, 32, 220, 24, 28, 16, 148, 40, 24];
    for (control, length) in (1..).zip(lengths) {
        assert_eq!(fixed_length(ControlType(control)), Some(length), "{control}");
    }
    assert_eq!((fixed_length(ControlType(0)), fixed_length(ControlType(16))), (None, None));
}

/// Numbers and texts from which any message can be made.
#[derive(Clone, Debug)]
struct Parts {
    a: u16,
    b: u16,
    c: u16,
    d: u16,
    x: u8,
    y: u8,
    longs: [u32; 6],
    text: [Vec<u8>; 3],
    statistics: Vec<u8>,
}

impl Parts {
    fn start(&self) -> Start<'_> {
        Start {
            version: self.a,
            result: self.x,
            error: self.y,
            framing: self.longs[0],
            bearer: self.longs[1],
            max_channels: self.b,
            firmware: self.c,
            host: &self.text[0],
            vendor: &self.text[1],
        }
    }

    fn messages(&self) -> [Message<'_>; 16] {
        let Self { a, b, c, d, x, y, longs, text: [t0, t1, t2], statistics } = self;
        let (call_id, peer_call_id, window, delay, result, error) = (*a, *b, *c, *d, *x, *y);
        let [l0, l1, l2, l3, ..] = *longs;
        [
            Message::StartRequest(self.start()),
            Message::StartReply(self.start()),
            Message::StopRequest { reason: result },
            Message::StopReply { result, error },
            Message::EchoRequest { identifier: l0 },
            Message::EchoReply { identifier: l0, result, error },
            Message::OutgoingRequest(OutgoingRequest {
                call_id,
                serial: peer_call_id,
                min_bps: l0,
                max_bps: l1,
                bearer: l2,
                framing: l3,
                window,
                delay,
                phone: t0,
                subaddress: t1,
            }),
            Message::OutgoingReply(OutgoingReply {
                call_id,
                peer_call_id,
                result,
                error,
                cause: 3,
                speed: l0,
                window,
                delay,
                channel: l1,
            }),
            Message::IncomingRequest(IncomingRequest {
                call_id,
                serial: 9,
                bearer: l0,
                channel: l1,
                dialled: t0,
                dialling: t1,
                subaddress: t2,
            }),
            Message::IncomingReply { call_id, peer_call_id, result, error, window, delay },
            Message::IncomingConnected { peer_call_id, speed: l0, window, delay, framing: l1 },
            Message::CallClear { call_id },
            Message::CallDisconnect { call_id, result, error, cause: window, statistics },
            Message::WanError { peer_call_id, counters: *longs },
            Message::SetLinkInfo { peer_call_id, send_accm: l0, receive_accm: l1 },
            Message::Unknown { control: ControlType(0), body: t0 },
        ]
    }
}

fn text_of(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most).prop_map(|mut octets| {
        octets.truncate(octets.iter().rposition(|&o| o != 0).map_or(0, |last| last + 1));
        octets
    })
}

fn parts() -> impl Strategy<Value = Parts> {
    let numbers = any::<([u16; 4], [u8; 2], [u32; 6])>();
    (numbers, [text_of(64), text_of(64), text_of(64)], text_of(128)).prop_map(
        |(([a, b, c, d], [x, y], longs), text, statistics)| Parts {
            a,
            b,
            c,
            d,
            x,
            y,
            longs,
            text,
            statistics,
        },
    )
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_back(parts in parts()) {
        for message in parts.messages() {
            let bytes = wire(&message);
            prop_assert_eq!(parse(&bytes), Ok(message));
            let head = header(&bytes).unwrap();
            prop_assert_eq!(usize::from(head.length), bytes.len());
            prop_assert_eq!(head.control, message.control());
        }
    }

    #[test]
    fn arbitrary_octets_do_not_panic(control in 0u16..17, body in vec(any::<u8>(), 0..256)) {
        let _ = (header(&body), parse(&body));
        let mut bytes = wire(&Message::Unknown { control: ControlType(control), body: &body });
        let _ = parse(&bytes);
        bytes.truncate(body.len());
        let _ = parse(&bytes);
    }
}
