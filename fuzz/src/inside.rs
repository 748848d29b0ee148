//! What opens tunnels: MPPE, MPPC, Deflate, BSD-Compress, VJ and Multilink. Nothing that comes out is longer
//! than a frame can be; what was sealed is opened; what goes on after damage is bounded work.

use pptp_diag::base::limits;
use pptp_diag::crypto::mppe::StartKey;
use pptp_diag::crypto::mppe::Strength;
use pptp_diag::crypto::secret::NtHash;
use pptp_diag::inside::bsd;
use pptp_diag::inside::deflate::Inflater;
use pptp_diag::inside::mppc;
use pptp_diag::inside::mppe::Config;
use pptp_diag::inside::mppe::Decryptor;
use pptp_diag::inside::mppe::Encryptor;
use pptp_diag::inside::mppe::Mode;
use pptp_diag::inside::mppe::OnFlush;
use pptp_diag::inside::multilink::Format;
use pptp_diag::inside::multilink::Reassembler;
use pptp_diag::inside::trial;
use pptp_diag::inside::vj::Vj;
use pptp_diag::wire::ppp;

use super::octets::Octets;

/// The first octet chooses the opener.
pub fn run(data: &[u8]) {
    let mut octets = Octets(data);
    match octets.octet() % 7 {
        0 => sealed(octets),
        1 => encrypted(octets),
        2 => {
            let mut opener = mppc::Decompressor::new();
            packed(octets, |packet, _| length(opener.open(packet)));
        }
        3 => {
            let mut opener = Inflater::new();
            packed(octets, |packet, how| {
                match (how, ppp::parse(packet)) {
                    (0..=2, _) => opener.reset(),
                    (3..=9, Ok(frame)) => opener.uncompressed(frame),
                    _ => return length(opener.open(packet)),
                }
                0
            });
        }
        4 => {
            let Some(mut opener) = bsd::Decompressor::new(octets.octet() % 18) else { return };
            packed(octets, |packet, how| {
                match (how, ppp::parse(packet)) {
                    (0..=2, _) => opener.reset(),
                    (3..=9, Ok(frame)) => opener.uncompressed(frame),
                    _ => return length(opener.open(packet)),
                }
                0
            });
        }
        5 => headers(octets),
        _ => fragments(octets),
    }
}

fn length<E>(opened: Result<Vec<u8>, E>) -> usize {
    opened.map_or(0, |frame| frame.len())
}

/// Packets one after the other: each with an octet that says what to do.
fn packed(mut octets: Octets<'_>, mut open: impl FnMut(&[u8], u8) -> usize) {
    while octets.any() {
        let how = octets.octet();
        let length = open(octets.counted(), how);
        assert!(length <= limits::INNER_FRAME, "{length} octets");
    }
}

fn config(octets: &mut Octets<'_>) -> Config {
    let strength = octets.one_of(&[Strength::Bits40, Strength::Bits56, Strength::Bits128]);
    let modes =
        [Mode::Stateless, Mode::Stateful(OnFlush::SameKey), Mode::Stateful(OnFlush::NextKey)];
    Config { strength, mode: octets.one_of(&modes) }
}

fn key() -> StartKey {
    StartKey::mschapv1(&NtHash::of_password("clientPass"), b"12345678")
}

/// Frames sealed and opened again; some are lost on the way.
fn sealed(mut octets: Octets<'_>) {
    let config = config(&mut octets);
    let mut sender = Encryptor::new(&key(), config);
    let mut receiver = Decryptor::new(&key(), config);
    let mut whole = true;
    while octets.any() {
        let how = octets.octet();
        if how >= 0xF0 {
            // What a receiver in a stateful session does after a loss.
            sender.flush();
        }
        let mut frame = vec![0x00, 0x21];
        let n = usize::from(octets.octet());
        frame.extend(octets.take(n));
        let packet = sender.seal(&frame);
        if how & 0x0F == 0x0F {
            // Only stateless sessions go on as if nothing was lost.
            whole &= config.mode == Mode::Stateless;
            continue;
        }
        let opened = receiver.open(&packet);
        if whole {
            assert_eq!(opened.expect("it was sealed for this key").frame, frame);
        }
    }
}

fn encrypted(mut octets: Octets<'_>) {
    let config = config(&mut octets);
    let start = u32::from(octets.number()) << 4;
    let mut receiver = match octets.octet() {
        0..=127 => Some(Decryptor::new(&key(), config)),
        _ => Decryptor::start_at(&key(), config, start),
    };
    while let Some(receiver) = receiver.as_mut().filter(|_| octets.any()) {
        if let Ok(plain) = receiver.open(octets.counted()) {
            assert!(plain.frame.len() <= limits::INNER_FRAME);
            let _ = trial::frame(&plain.frame);
        }
    }
}

fn headers(mut octets: Octets<'_>) {
    let mut vj = Vj::new(octets.octet());
    while octets.any() {
        let how = octets.octet();
        let packet = octets.counted();
        let rebuilt = match how {
            0..=15 => {
                vj.lost();
                continue;
            }
            16..=100 => vj.uncompressed(packet),
            _ => vj.compressed(packet),
        };
        if let Ok(rebuilt) = rebuilt {
            assert!(rebuilt.packet.len() <= 65_535);
            assert!(rebuilt.packet.len() <= packet.len() + 2 * 60);
            assert_eq!(rebuilt.packet[0] >> 4, 4);
            let _ = trial::ipv4(&rebuilt.packet);
        }
    }
}

fn fragments(mut octets: Octets<'_>) {
    let format = octets.one_of(&[Format::Long, Format::Short]);
    let mut bundle = Reassembler::new(format);
    let (mut given, mut made, mut pushed) = (0, 0, 0u64);
    while octets.any() {
        let link = octets.octet() % 20;
        let fragment = octets.counted();
        given += fragment.len();
        pushed += 1;
        if let Ok(frames) = bundle.push(link, fragment) {
            made += frames.iter().map(Vec::len).sum::<usize>();
            assert!(frames.iter().all(|f| f.len() <= limits::MULTILINK_OCTETS));
        }
    }
    assert!(made <= given, "{made} octets of {given}");
    assert!(bundle.discarded() <= pushed);
}
