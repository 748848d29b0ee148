//! CHAP packets, recorded and made.

use super::*;
use crate::wire::error::Fault;
use hex_literal::hex;
use proptest::prelude::*;

// From a recording of pptpd and pptp-linux.
const CHALLENGE: [u8; 26] = hex!("0198001a 10 f57acdb4fda171250d6fe979bb9427da 7070747064");

fn wire(packet: Packet<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    packet.emit(&mut out);
    out
}

#[test]
fn a_recorded_challenge() {
    let packet = parse(&CHALLENGE).unwrap();
    let (code, value, name) = (Code::Challenge, &CHALLENGE[5..21], b"pptpd".as_slice());
    assert_eq!(packet, Packet::Value { code, id: 0x98, value_size: 16, value, name });
    assert_eq!(wire(packet), CHALLENGE);
}

#[test]
fn messages_and_password_changes() {
    let bytes = hex!("0498000a 453d36393120");
    let message = b"E=691 ".as_slice();
    let failure = Packet::Message { code: Code::Failure, id: 0x98, message };
    assert_eq!(parse(&bytes), Ok(failure));
    let bytes = hex!("07010006 abcd");
    let data = [0xAB, 0xCD].as_slice();
    let change = Packet::Other { code: Code::ChangePassword3, id: 1, data };
    assert_eq!(parse(&bytes), Ok(change));
}

#[test]
fn every_cut_is_truncated() {
    for end in 0..CHALLENGE.len() {
        let fault = parse(&CHALLENGE[..end]).map_err(|e| e.fault);
        assert_eq!(fault, Err(Fault::Truncated), "{end}");
    }
}

#[test]
fn a_value_size_that_lies_keeps_what_is_there() {
    let mut bytes = CHALLENGE;
    bytes[4] = 22;
    let Ok(Packet::Value { value_size, value, name, .. }) = parse(&bytes) else { panic!() };
    assert_eq!((value_size, value, name), (22, &CHALLENGE[5..], b"".as_slice()));
    let Ok(Packet::Value { value_size, value, .. }) = parse(&[2, 7, 0, 4]) else { panic!() };
    assert_eq!((value_size, value), (0, [].as_slice()));
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_back(
        kind in 0u8..9, id: u8,
        value in proptest::collection::vec(any::<u8>(), 0..256), name: Vec<u8>,
    ) {
        let code = Code(kind);
        let value_size = u8::try_from(value.len()).unwrap();
        let packet = match code {
            Code::Challenge | Code::Response => {
                Packet::Value { code, id, value_size, value: &value, name: &name }
            }
            Code::Success | Code::Failure => Packet::Message { code, id, message: &name },
            _ => Packet::Other { code, id, data: &value },
        };
        let bytes = wire(packet);
        prop_assert_eq!(parse(&bytes), Ok(packet));
    }

    #[test]
    fn arbitrary_octets_do_not_panic(code in 0u8..5, low: u8, rest: Vec<u8>) {
        let _ = parse(&rest);
        let _ = parse(&[[code, 1, 0, low].as_slice(), &rest].concat());
    }
}
