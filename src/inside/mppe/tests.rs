//! Both modes against the encryptor, through loss, reordering, wraps and late starts; and real packets.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::inside::mppc::tests::pack;
use crate::wire::checksum::ones_sum;

const MODES: [Mode; 3] =
    [Mode::Stateless, Mode::Stateful(OnFlush::SameKey), Mode::Stateful(OnFlush::NextKey)];
const STRENGTHS: [Strength; 3] = [Strength::Bits40, Strength::Bits56, Strength::Bits128];

/// An IPv4 packet in a PPP frame, `n` in its identification, the checksum right.
fn frame(n: u16) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 1, 0, 0, 10, 9, 0, 100, 10, 9, 0, 1];
    packet[4..6].copy_from_slice(&n.to_be_bytes());
    let sum = !ones_sum(0, &packet);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend([8, 0, 0xF7, 0xFF, 0, 0, 0, 0]);
    [vec![0x00, 0x21], packet].concat()
}

fn start() -> StartKey {
    StartKey::from_bytes(*b"no secret at all")
}

fn pair(mode: Mode, strength: Strength) -> (Encryptor, Decryptor) {
    let config = Config { strength, mode };
    (Encryptor::new(&start(), config), Decryptor::new(&start(), config))
}

fn sealed(encryptor: &mut Encryptor, packets: u16) -> Vec<Vec<u8>> {
    (0..packets).map(|n| encryptor.seal(&frame(n))).collect()
}

#[test]
fn every_mode_and_strength_over_two_rounds() {
    for mode in MODES {
        for strength in STRENGTHS {
            let (mut encryptor, mut decryptor) = pair(mode, strength);
            for n in 0..8200 {
                let packet = encryptor.seal(&frame(n));
                let plain = decryptor.open(&packet).unwrap();
                assert_eq!((plain.frame, plain.count, plain.late), (frame(n), n & 0xFFF, false));
            }
        }
    }
}

#[test]
fn stateless_loses_only_what_is_lost() {
    let (mut encryptor, mut decryptor) = pair(Mode::Stateless, Strength::Bits128);
    let packets = sealed(&mut encryptor, 9000);
    let mut open = |n: usize| decryptor.open(&packets[n]);
    assert_eq!(open(3).unwrap().frame, frame(3));
    for n in [1, 3, 0] {
        let plain = open(n).unwrap();
        assert_eq!((plain.frame, plain.late), (frame(u16::try_from(n).unwrap()), true));
    }
    // Lost: a few hundred, then more than half a round, then nearly a whole one.
    for n in [500, 3000, 7000, 7001] {
        assert_eq!(open(n).unwrap().frame, frame(u16::try_from(n).unwrap()));
    }
    assert_eq!(open(6969), Err(Closed::Stale { behind: 32 }));
    assert_eq!(open(6970).unwrap().frame, frame(6970));
    assert_eq!(open(7002).unwrap().frame, frame(7002));
}

#[test]
fn a_damaged_count_does_not_lead_astray() {
    let (mut encryptor, mut decryptor) = pair(Mode::Stateless, Strength::Bits128);
    let mut packets = sealed(&mut encryptor, 20);
    decryptor.open(&packets[0]).unwrap();
    packets[1][0] ^= 0x04;
    assert_eq!(decryptor.open(&packets[1]), Err(Closed::Astray { ahead: 1025 }));
    packets[2][0] ^= 0x08;
    assert_eq!(decryptor.open(&packets[2]), Err(Closed::Stale { behind: 2046 }));
    assert_eq!(decryptor.open(&packets[3]).unwrap().frame, frame(3));
    // And a flood of such packets soon costs nothing any more.
    for _ in 0..2000 {
        assert!(decryptor.open(&packets[1]).is_err());
    }
    assert_eq!(decryptor.open(&packets[4]).unwrap().frame, frame(4));
}

#[test]
fn stateful_waits_for_the_flush() {
    for mode in [MODES[1], MODES[2]] {
        let (mut encryptor, mut decryptor) = pair(mode, Strength::Bits128);
        let packets = sealed(&mut encryptor, 10);
        assert_eq!(decryptor.open(&packets[0]).unwrap().frame, frame(0));
        let lost = Closed::LostSync { expected: 1, got: 2 };
        assert_eq!(decryptor.open(&packets[2]), Err(lost));
        assert_eq!(decryptor.open(&packets[3]), Err(Closed::AwaitsFlush));
        assert_eq!(decryptor.open(&packets[0]), Err(Closed::Stale { behind: 1 }));
        encryptor.flush();
        assert_eq!(decryptor.open(&encryptor.seal(&frame(10))).unwrap().frame, frame(10));
        assert_eq!(decryptor.open(&encryptor.seal(&frame(11))).unwrap().frame, frame(11));
    }
}

#[test]
fn stateful_steps_over_missed_flag_packets() {
    for mode in [MODES[1], MODES[2]] {
        let (mut encryptor, mut decryptor) = pair(mode, Strength::Bits40);
        let packets = sealed(&mut encryptor, 1600);
        decryptor.open(&packets[0]).unwrap();
        // Two flag packets missed; the third begins with fresh tables, whatever its bit A says.
        assert_eq!(decryptor.open(&packets[767]).unwrap().frame, frame(767));
        assert_eq!(decryptor.open(&packets[768]).unwrap().frame, frame(768));
        assert!(decryptor.open(&packets[1300]).is_err());
        encryptor.flush();
        assert_eq!(decryptor.open(&encryptor.seal(&frame(1600))).unwrap().frame, frame(1600));
        // More than half a round is lost: the next fresh tables prove that this is ahead, not behind.
        sealed(&mut encryptor, 3000);
        encryptor.flush();
        assert_eq!(decryptor.open(&encryptor.seal(&frame(4601))).unwrap().frame, frame(4601));
        assert_eq!(decryptor.open(&packets[1535]), Err(Closed::Astray { ahead: 1029 }));
        assert_eq!(decryptor.open(&encryptor.seal(&frame(4602))).unwrap().frame, frame(4602));
    }
}

#[test]
fn the_two_kinds_of_stateful_sender_differ_at_a_flush() {
    let (mut linux, _) = pair(MODES[2], Strength::Bits128);
    let (_, mut rfc) = pair(MODES[1], Strength::Bits128);
    assert_eq!(rfc.open(&linux.seal(&frame(0))).unwrap().frame, frame(0));
    linux.flush();
    assert_ne!(rfc.open(&linux.seal(&frame(1))).unwrap().frame, frame(1));
}

#[test]
fn a_capture_may_begin_anywhere() {
    for mode in MODES {
        let config = Config { strength: Strength::Bits56, mode };
        let (mut encryptor, _) = pair(mode, config.strength);
        sealed(&mut encryptor, 9000);
        let mut packets = sealed(&mut encryptor, 300);
        let mut at = Decryptor::start_at(&start(), config, 9000).unwrap();
        let first = if mode == Mode::Stateless { 0 } else { (0xFFF - 9000 % 4096) & 0xFF };
        if first > 0 {
            assert_eq!(at.open(&packets[0]), Err(Closed::AwaitsFlush));
        }
        assert_eq!(at.open(&packets[first]).unwrap().frame, frame(u16::try_from(first).unwrap()));
        packets.drain(..first);
        let all: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let mut found = Decryptor::find_start(&start(), config, &all[..3], 5).unwrap();
        assert_eq!(found.open(all[0]).unwrap().frame, frame(u16::try_from(first).unwrap()));
        assert!(Decryptor::find_start(&start(), config, &all[..3], 2).is_none());
        let other = StartKey::from_bytes([1; 16]);
        assert!(Decryptor::find_start(&other, config, &all[..3], 5).is_none());
    }
    let config = Config { strength: Strength::Bits56, mode: Mode::Stateless };
    assert!(Decryptor::start_at(&start(), config, u32::MAX).is_none());
}

#[test]
fn a_clone_goes_its_own_way() {
    for mode in MODES {
        let (mut encryptor, mut decryptor) = pair(mode, Strength::Bits128);
        let packets = sealed(&mut encryptor, 4);
        decryptor.open(&packets[0]).unwrap();
        let mut clone = decryptor.clone();
        for packet in &packets[1..] {
            assert_eq!(decryptor.open(packet), clone.open(packet));
        }
    }
}

#[test]
fn what_was_packed_before_it_was_encrypted_is_unpacked() {
    for mode in MODES {
        let (mut encryptor, mut decryptor) = pair(mode, Strength::Bits128);
        let mut written = Vec::new();
        for n in 0..5 {
            if mode == Mode::Stateless {
                written.clear();
            }
            let mut packet = encryptor.seal(&pack(&written, &frame(n)));
            packet[0] |= 0x20;
            assert_eq!(decryptor.open(&packet).unwrap().frame, frame(n), "{mode:?} {n}");
            written.extend(frame(n));
        }
        // One is lost: fresh tables alone do not bring the history back.
        encryptor.seal(b"lost");
        encryptor.flush();
        let mut packet = encryptor.seal(&pack(&[], &frame(6)));
        packet[0] = packet[0] & !0x80 | 0x20;
        let opened = decryptor.open(&packet);
        if mode == Mode::Stateless {
            assert_eq!(opened.unwrap().frame, frame(6));
        } else {
            assert_eq!(opened, Err(Closed::LostSync { expected: 5, got: 6 }));
        }
    }
}

#[test]
fn what_is_no_packet() {
    let (_, mut decryptor) = pair(Mode::Stateless, Strength::Bits128);
    assert_eq!(decryptor.open(&[0x90]), Err(Closed::Truncated));
    assert_eq!(decryptor.open(&[0x80, 0, 1]), Err(Closed::NotEncrypted));
    assert_eq!(decryptor.open(&[0x90, 0]).unwrap().frame, [0; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn shuffled_within_the_window_everything_opens(
        mut order in Just((0u16..64).collect::<Vec<_>>()).prop_shuffle(), from in 0u16..5000,
    ) {
        // Shuffled in groups smaller than the number of keys kept.
        order.sort_by_key(|n| n / 16);
        let (mut encryptor, mut decryptor) = pair(Mode::Stateless, Strength::Bits128);
        for n in 0..from {
            encryptor.seal(&frame(n));
        }
        let packets = sealed(&mut encryptor, 64);
        for n in order {
            let plain = decryptor.open(&packets[usize::from(n)]).unwrap();
            if from + 16 < 4096 {
                prop_assert_eq!(plain.frame, frame(n));
            }
        }
    }

    #[test]
    fn arbitrary_packets_never_panic(
        mode in select(MODES.to_vec()), packets in proptest::collection::vec(any::<Vec<u8>>(), 0..20),
    ) {
        let (_, mut decryptor) = pair(mode, Strength::Bits40);
        for mut packet in packets {
            if let Some(first) = packet.first_mut() {
                *first |= 0x10;
            }
            let _ = decryptor.open(&packet);
        }
    }
}
