//! Differences taken apart by hand after RFC 1144 §3.2, and round trips through a small compressor.

use hex_literal::hex;
use proptest::prelude::*;

use super::*;

/// What a TCP sender changes from packet to packet.
#[derive(Clone, Debug)]
struct Tcp {
    ident: u16,
    seq: u32,
    ack: u32,
    window: u16,
    flags: u8,
    urgent: u16,
    data: Vec<u8>,
}

impl Tcp {
    fn packet(&self) -> Vec<u8> {
        let mut ip = hex!("45000000 00004000 40060000 0A090064 0A090001");
        let mut tcp = hex!("DE721451 00000000 00000000 80000000 00000000");
        // Time stamps as an option that never changes here.
        let options = hex!("0101080A 11111111 22222222");
        put16(&mut ip, 2, u16::try_from(52 + self.data.len()).unwrap());
        put16(&mut ip, 4, self.ident);
        let sum = ones_sum(0, &ip);
        put16(&mut ip, 10, !sum);
        tcp[4..8].copy_from_slice(&self.seq.to_be_bytes());
        tcp[8..12].copy_from_slice(&self.ack.to_be_bytes());
        tcp[13] = self.flags;
        put16(&mut tcp, 14, self.window);
        put16(&mut tcp, 18, self.urgent);
        let length = u16::try_from(32 + self.data.len()).unwrap().to_be_bytes();
        let pseudo = [&ip[12..20], &[0, 6], &length].concat();
        let whole = [pseudo, tcp.to_vec(), options.to_vec(), self.data.clone()].concat();
        let sum = ones_sum(0, &whole);
        put16(&mut tcp, 16, !sum);
        [ip.to_vec(), tcp.to_vec(), options.to_vec(), self.data.clone()].concat()
    }
}

fn first() -> Tcp {
    let data = b"abc".to_vec();
    Tcp { ident: 7, seq: 0xFFFF_FFF0, ack: 1000, window: 500, flags: 0x18, urgent: 0, data }
}

fn uncompressed(packet: &[u8], slot: u8) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[9] = slot;
    packet
}

/// The compressed form of `new` after `old`; never a special case.
fn compressed(old: &Tcp, new: &Tcp, slot: Option<u8>) -> Vec<u8> {
    let mut changes = if new.flags & PUSH != 0 { P } else { 0 };
    let mut deltas = Vec::new();
    let mut delta = |bit: u8, value: u32| {
        changes |= bit;
        if let Ok(low @ 1..) = u8::try_from(value) {
            deltas.push(low);
        } else {
            deltas.push(0);
            deltas.extend(u16::try_from(value).unwrap().to_be_bytes());
        }
    };
    if new.flags & URGENT != 0 {
        delta(U, u32::from(new.urgent));
    }
    if new.window != old.window {
        delta(W, u32::from(new.window.wrapping_sub(old.window)));
    }
    if new.ack != old.ack {
        delta(A, new.ack.wrapping_sub(old.ack));
    }
    if new.seq != old.seq {
        delta(S, new.seq.wrapping_sub(old.seq));
    }
    if new.ident != old.ident.wrapping_add(1) {
        delta(I, u32::from(new.ident.wrapping_sub(old.ident)));
    }
    let packet = new.packet();
    let head = slot.map_or_else(|| vec![changes], |slot| vec![changes | C, slot]);
    [head, packet[36..38].to_vec(), deltas, new.data.clone()].concat()
}

fn rebuilt(packet: Vec<u8>) -> Rebuilt {
    Rebuilt { packet, checksum_holds: true }
}

#[test]
fn differences_by_hand() {
    let mut vj = Vj::new(15);
    let old = first();
    assert_eq!(vj.uncompressed(&uncompressed(&old.packet(), 3)), Ok(rebuilt(old.packet())));
    // S by 3, A by 300 in the long form, no push; identification one higher as usual.
    let (seq, data) = (0xFFFF_FFF3, b"defgh".to_vec());
    let new = Tcp { seq, ack: 1300, ident: 8, flags: 0x10, data, ..old };
    let sum = &new.packet()[36..38];
    let octets = [[S | A].as_slice(), sum, &hex!("00012C 03"), b"defgh"].concat();
    assert_eq!(vj.compressed(&octets), Ok(rebuilt(new.packet())));
    // Special: five octets went one way, now two more. The sequence number wraps elsewhere.
    let new =
        Tcp { seq: new.seq.wrapping_add(5), ident: 9, flags: 0x18, data: b"ij".to_vec(), ..new };
    let octets = [[P | UNIDIRECTIONAL].as_slice(), &new.packet()[36..38], b"ij"].concat();
    assert_eq!(vj.compressed(&octets), Ok(rebuilt(new.packet())));
    // Special: echoed, with the connection stated and a step of the identification.
    let (seq, ack) = (new.seq.wrapping_add(2), new.ack + 2);
    let new = Tcp { seq, ack, ident: 0x0109, data: b"k".to_vec(), ..new };
    let octets =
        [[C | I | P | ECHOED, 3].as_slice(), &new.packet()[36..38], &hex!("000100"), b"k"].concat();
    assert_eq!(vj.compressed(&octets), Ok(rebuilt(new.packet())));
}

#[test]
fn what_follows_a_loss_is_tossed_or_does_not_add_up() {
    let mut vj = Vj::new(15);
    let old = first();
    let lost = Tcp { seq: old.seq.wrapping_add(3), ident: 8, ..old.clone() };
    let next = Tcp { seq: old.seq.wrapping_add(6), ident: 9, ..old.clone() };
    let bare = compressed(&lost, &next, None);
    assert_eq!(vj.compressed(&bare), Err(VjError::Tossed));
    assert_eq!(vj.compressed(&compressed(&lost, &next, Some(2))), Err(VjError::UnknownSlot(2)));
    vj.uncompressed(&uncompressed(&old.packet(), 2)).unwrap();
    vj.lost();
    assert_eq!(vj.compressed(&bare), Err(VjError::Tossed));
    let stated = vj.compressed(&compressed(&lost, &next, Some(2))).unwrap();
    assert!(!stated.checksum_holds);
    assert_eq!(vj.uncompressed(&uncompressed(&next.packet(), 2)), Ok(rebuilt(next.packet())));
}

#[test]
fn connection_numbers_are_bounded() {
    let mut vj = Vj::new(15);
    let packet = first().packet();
    assert_eq!(vj.uncompressed(&uncompressed(&packet, 16)), Err(VjError::BadSlot(16)));
    assert_eq!(vj.compressed(&[C, 16, 0, 0]), Err(VjError::BadSlot(16)));
    assert!(vj.uncompressed(&uncompressed(&packet, 15)).is_ok());
    assert!(Vj::new(255).uncompressed(&uncompressed(&packet, 255)).is_ok());
}

#[test]
fn every_cut_is_an_error() {
    let packet = uncompressed(&first().packet(), 0);
    for end in 0..packet.len() {
        assert!(Vj::new(15).uncompressed(&packet[..end]).is_err(), "{end}");
    }
    let mut vj = Vj::new(15);
    vj.uncompressed(&packet).unwrap();
    for (at, octet) in [(0, 0x65), (0, 0x44), (0, 0x4F), (3, 30), (32, 0x40), (32, 0xF0)] {
        let mut bad = packet.clone();
        bad[at] = octet;
        assert!(Vj::new(15).uncompressed(&bad).is_err(), "{at} {octet:#x}");
    }
    let old = first();
    let new = Tcp { seq: old.seq.wrapping_add(1000), data: vec![], ..old.clone() };
    let whole = compressed(&old, &new, Some(0));
    for end in 0..whole.len() {
        assert_eq!(vj.clone().compressed(&whole[..end]), Err(VjError::Truncated), "{end}");
    }
    let long = [&compressed(&old, &new, Some(0))[..], &vec![0; 65_500]].concat();
    assert_eq!(vj.compressed(&long), Err(VjError::TooLong));
}

prop_compose! {
    fn step()(seq in 0u32..0x1_0000, ack in 0u32..0x1_0000, window: u16, ident: u16, urgent: Option<u16>,
        push: bool, data in proptest::collection::vec(any::<u8>(), 0..40), stated: bool,
    ) -> (Tcp, bool) {
        let flags = 0x10 | if push { PUSH } else { 0 } | if urgent.is_some() { URGENT } else { 0 };
        (Tcp { ident, seq, ack, window, flags, urgent: urgent.unwrap_or(0), data }, stated)
    }
}

proptest! {
    #[test]
    fn round_trip(steps in proptest::collection::vec(step(), 1..20)) {
        let mut vj = Vj::new(15);
        let mut old = first();
        vj.uncompressed(&uncompressed(&old.packet(), 9)).unwrap();
        for (change, stated) in steps {
            let mut new = Tcp {
                seq: old.seq.wrapping_add(change.seq), ack: old.ack.wrapping_add(change.ack), ..change
            };
            // Without the flag the pointer cannot change.
            if new.flags & URGENT == 0 {
                new.urgent = old.urgent;
            }
            let octets = compressed(&old, &new, stated.then_some(9));
            // A difference that looks like a special case has to be sent uncompressed.
            if matches!(octets[0] & SPECIAL, UNIDIRECTIONAL | ECHOED) {
                let again = vj.uncompressed(&uncompressed(&new.packet(), 9));
                prop_assert_eq!(again, Ok(rebuilt(new.packet())));
            } else {
                prop_assert_eq!(vj.compressed(&octets), Ok(rebuilt(new.packet())));
            }
            old = new;
        }
    }

    #[test]
    fn arbitrary_octets_never_panic(packets: Vec<(bool, Vec<u8>)>) {
        let mut vj = Vj::new(255);
        vj.uncompressed(&uncompressed(&first().packet(), 0)).unwrap();
        for (is_compressed, octets) in packets {
            let _ = if is_compressed { vj.compressed(&octets) } else { vj.uncompressed(&octets) };
        }
    }
}
