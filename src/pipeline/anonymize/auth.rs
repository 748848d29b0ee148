//! PAP, CHAP and EAP packets: names and secrets go; codes, identifiers, Challenges and lengths stay.

use super::Veil;
use super::octets::{after, get16, split, wipe};
use super::ppp::body;
use super::texts;
use crate::wire::ppp::chap;
use crate::wire::ppp::eap;

/// Overwrites a CHAP packet (RFC 1994 §4).
pub(super) fn chap(veil: &mut Veil, packet: &mut [u8]) {
    let Some((code, data)) = body(packet) else { return };
    match chap::Code(code) {
        chap::Code::Challenge => challenge(veil, data),
        chap::Code::Response => response(veil, data),
        chap::Code::Success | chap::Code::Failure => texts::verdict(&veil.key, data),
        // A change of password, or something unknown.
        _ => wipe(data),
    }
}

/// Overwrites a PAP packet (RFC 1334 §2).
pub(super) fn pap(veil: &mut Veil, packet: &mut [u8]) {
    let Some((code, data)) = body(packet) else { return };
    if !matches!(code, PAP_REQUEST | PAP_ACK | PAP_NAK) {
        return wipe(data);
    }
    let Some((size, rest)) = data.split_first_mut() else { return };
    let (first, rest) = split(rest, usize::from(*size));
    if code != PAP_REQUEST {
        texts::verdict(&veil.key, first);
        return wipe(rest);
    }
    veil.names.user(first);
    let Some((size, rest)) = rest.split_first_mut() else { return };
    let (password, padding) = split(rest, usize::from(*size));
    password.fill(b'x');
    wipe(padding);
}

/// Overwrites an EAP packet (RFC 3748 §4–5).
pub(super) fn eap(veil: &mut Veil, packet: &mut [u8]) {
    let Some((code, data)) = body(packet) else { return };
    let code = eap::Code(code);
    if !matches!(code, eap::Code::Request | eap::Code::Response) {
        return wipe(data);
    }
    let Some((kind, rest)) = data.split_first_mut() else { return };
    let request = code == eap::Code::Request;
    match eap::Type(*kind) {
        eap::Type::Identity if !request => veil.names.user(rest),
        eap::Type::Identity | eap::Type::Notification => texts::words(rest),
        eap::Type::Nak => {}
        eap::Type::Md5 if request => challenge(veil, rest),
        eap::Type::Md5 => response(veil, rest),
        eap::Type::Tls | eap::Type::Ttls | eap::Type::Peap => tls(rest),
        eap::Type::MsChapV2 => mschapv2(veil, rest),
        _ => wipe(rest),
    }
}

/// Value-Size, value and name of a Challenge: the value is chance already and stays.
fn challenge(veil: &mut Veil, data: &mut [u8]) {
    let Some((size, rest)) = data.split_first_mut() else { return };
    let size = usize::from(*size);
    if size <= rest.len() {
        veil.names.host(after(rest, size));
    } else {
        // The value reaches into the name.
        veil.key.blur("challenge", after(rest, LONGEST_CHALLENGE));
    }
}

/// Value-Size, value and name of a Response.
fn response(veil: &mut Veil, data: &mut [u8]) {
    let Some((size, rest)) = data.split_first_mut() else { return };
    let (value, name) = split(rest, usize::from(*size));
    match value.as_chunks_mut::<49>() {
        ([value], []) => veil.responses.veil(&veil.key, &mut veil.names, value, name),
        _ => veil.key.blur("response", value),
    }
    veil.names.user(name);
}

/// EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2 §2): op-code, identifier, MS-Length, then as in CHAP.
fn mschapv2(veil: &mut Veil, data: &mut [u8]) {
    let (Some(&code), length) = (data.first(), get16(data, 2)) else { return };
    // One octet alone answers a Success or Failure.
    let rest = after(data, HEADER);
    let length = length.and_then(|l| usize::from(l).checked_sub(HEADER));
    let (rest, padding) = split(rest, length.unwrap_or(usize::MAX));
    match chap::Code(code) {
        chap::Code::Challenge => challenge(veil, rest),
        chap::Code::Response => response(veil, rest),
        chap::Code::Success | chap::Code::Failure => texts::verdict(&veil.key, rest),
        _ => wipe(rest),
    }
    wipe(padding);
}

/// EAP-TLS and its kin (RFC 5216 §3.1): flags, the whole length where announced, and of each TLS record
/// (RFC 8446 §5.1, §4) its header, the header of a handshake message, or a plain alert.
fn tls(data: &mut [u8]) {
    let flags = data.first().copied().unwrap_or(0);
    let mut rest = after(data, if flags & LENGTH_INCLUDED == 0 { 1 } else { 5 });
    while let [kind @ 20..=23, 3, 0..=4, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (record, next) = split(after(rest, TLS_RECORD), length);
        let kept = match (kind, length) {
            (TLS_HANDSHAKE, _) => TLS_MESSAGE,
            (TLS_ALERT, 2) => 2,
            _ => 0,
        };
        wipe(after(record, kept));
        rest = next;
    }
    wipe(rest);
}

const PAP_REQUEST: u8 = 1;
const PAP_ACK: u8 = 2;
const PAP_NAK: u8 = 3;
/// Octets of op-code, identifier and length.
const HEADER: usize = 4;
/// Octets of an MS-CHAPv2 Challenge.
const LONGEST_CHALLENGE: usize = 16;
/// The L flag of EAP-TLS.
const LENGTH_INCLUDED: u8 = 0x80;
const TLS_RECORD: usize = 5;
const TLS_MESSAGE: usize = 4;
const TLS_ALERT: u8 = 21;
const TLS_HANDSHAKE: u8 = 22;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::anonymize::keyed::Key;
    use hex_literal::hex;
    use proptest::prelude::*;

    fn veiled(run: fn(&mut Veil, &mut [u8]), packet: &[u8]) -> Vec<u8> {
        let mut veil = Veil::new(Key::new([3; 32]));
        veil.settle();
        let mut octets = packet.to_vec();
        run(&mut veil, &mut octets);
        octets
    }

    #[test]
    fn a_password_in_clear_goes() {
        let request = [&[1, 7, 0, 22, 5][..], b"alice", &[11], b"Tr1age-me!!", b"pad"].concat();
        let new = veiled(pap, &request);
        let expected = [&[1, 7, 0, 22, 5][..], b"user1", &[11], b"xxxxxxxxxxx", &[0; 3]].concat();
        assert_eq!(new, expected);
        assert_eq!(veiled(pap, b"\x03\x07\x00\x0D\x08bye anne"), b"\x03\x07\x00\x0D\x08xxx xxxx");
    }

    #[test]
    fn a_challenge_stays_and_its_name_goes() {
        let value = hex!("01a1001a 10 ca5c4bf6262adbdcc33d219a2d3c09e0");
        let challenge = [&value[..], b"pptpd"].concat();
        assert_eq!(veiled(chap, &challenge), [&value[..], b"host1"].concat());
        // A Value-Size that reaches beyond the end makes the name a part of the value.
        let mut lying = challenge;
        lying[4] = 200;
        let new = veiled(chap, &lying);
        assert_eq!(new[..21], lying[..21]);
        assert_ne!(&new[21..], b"pptpd");
    }

    #[test]
    fn eap_keeps_types_and_loses_names() {
        assert_eq!(veiled(eap, b"\x02\x01\x00\x0A\x01alice"), b"\x02\x01\x00\x0A\x01user1");
        assert_eq!(veiled(eap, &hex!("02010006 03 1a")), hex!("02010006 03 1a"));
        let inner = b"\x01\x16\x00\x1f\x1a\x01\x16\x00\x1a\x10ABCDEFGHIJKLMNOPpptpd";
        assert_eq!(&veiled(eap, inner)[26..], b"host1");
        let tls = hex!("01020015 0d 00 16030100 08 01aabbcc deadbeef ff");
        let kept = hex!("01020015 0d 00 16030100 08 01aabbcc 00000000 00");
        assert_eq!(veiled(eap, &tls), kept);
    }

    proptest! {
        #[test]
        fn any_octets_keep_their_length(octets: Vec<u8>, code in 0u8..8, kind in 0u8..30) {
            let length = u16::try_from(octets.len() + 5).unwrap().to_be_bytes();
            let packet = [&[code, 9, length[0], length[1], kind], &octets[..]].concat();
            for run in [chap, pap, eap] {
                for end in [packet.len(), packet.len() / 2, packet.len().min(3)] {
                    prop_assert_eq!(veiled(run, &packet[..end]).len(), end);
                }
            }
        }
    }
}
