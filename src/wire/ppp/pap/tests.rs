//! PAP packets, recorded and made.

use super::*;
use crate::wire::error::Fault;
use hex_literal::hex;
use proptest::collection::vec;
use proptest::prelude::*;

// From a recording of pptpd and pptp-linux.
const LOGIN: [u8; 27] = hex!("0101001b 05 616c696365 10 6e6f742d7468652d70617373776f7264");
const REFUSED: [u8; 20] = hex!("03010014 0f 4c6f67696e20696e636f7272656374");

fn wire(packet: Packet<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    packet.emit(&mut out);
    out
}

#[test]
fn a_recorded_login() {
    let (peer_id, password) = (b"alice".as_slice(), b"not-the-password".as_slice());
    let login = Packet::Request { id: 1, peer_id, password };
    assert_eq!(parse(&LOGIN), Ok(login));
    assert_eq!(wire(login), LOGIN);
    let refused = Packet::Nak { id: 1, message: b"Login incorrect" };
    assert_eq!(parse(&REFUSED), Ok(refused));
    assert_eq!(wire(refused), REFUSED);
}

#[test]
fn the_password_is_not_printed() {
    let printed = format!("{:?}", parse(&LOGIN).unwrap());
    let octets = format!("{:?}", b"not-the-password");
    assert!(!printed.contains(octets.trim_matches(['[', ']'])), "{printed}");
    assert!(!printed.contains("password"), "{printed}");
}

#[test]
fn fields_that_are_cut() {
    for end in 4..LOGIN.len() {
        let mut cut = LOGIN[..end].to_vec();
        assert_eq!(parse(&cut).map_err(|e| e.fault), Err(Fault::Truncated));
        cut[3] = u8::try_from(end).unwrap();
        assert_eq!(parse(&cut).map_err(|e| e.fault), Err(Fault::Truncated), "{end}");
    }
}

#[test]
fn message_lengths_that_are_missing_or_lie() {
    let nak = |message| Ok(Packet::Nak { id: 1, message });
    assert_eq!(parse(&hex!("03010004")), nak(b""));
    assert_eq!(parse(&hex!("03010005 00")), nak(b""));
    assert_eq!(parse(&hex!("03010007 ff 6e6f")), nak(b"no"));
    assert_eq!(parse(&hex!("03010007 01 6e00")), nak(b"n"));
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_back(
        code in 4u8.., id: u8, one in vec(any::<u8>(), 0..256), two in vec(any::<u8>(), 0..256),
    ) {
        for packet in [
            Packet::Request { id, peer_id: &one, password: &two },
            Packet::Ack { id, message: &one },
            Packet::Nak { id, message: &two },
            Packet::Unknown { code, id, data: &one },
        ] {
            let bytes = wire(packet);
            prop_assert_eq!(parse(&bytes), Ok(packet));
        }
    }

    #[test]
    fn arbitrary_octets_do_not_panic(code in 0u8..5, low: u8, rest: Vec<u8>) {
        let _ = parse(&rest);
        let _ = parse(&[[code, 1, 0, low].as_slice(), &rest].concat());
    }
}

/// What a log or a failed assertion would print.
#[test]
fn debug_output_holds_no_password() {
    let printed = |packet: Packet<'_>| format!("{packet:?}");
    let request = printed(Packet::Request { id: 7, peer_id: b"alice", password: b"secret" });
    assert_eq!(request, format!("Request {{ id: 7, peer_id: {:?}, .. }}", b"alice"));
    let unknown = printed(Packet::Unknown { code: 9, id: 7, data: b"\x05alice\x06secret" });
    assert_eq!(unknown, "Unknown { code: 9, id: 7, .. }");
    let said = |name: &str| format!("{name} {{ id: 7, message: {:?} }}", b"no");
    assert_eq!(printed(Packet::Ack { id: 7, message: b"no" }), said("Ack"));
    assert_eq!(printed(Packet::Nak { id: 7, message: b"no" }), said("Nak"));
}
