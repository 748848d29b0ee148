//! Tunnels of real software opened with the password: the IP headers inside must prove themselves.
//!
//! The recordings are not part of the project: without them these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use pptp_diag::capture;
use pptp_diag::crypto::mppe::{Sender, StartKey, Strength};
use pptp_diag::crypto::secret::NtHash;
use pptp_diag::inside::deflate::Inflater;
use pptp_diag::inside::mppe::{Config, Decryptor, Mode};
use pptp_diag::inside::trial::{self, Verdict};
use pptp_diag::inside::vj::Vj;
use pptp_diag::link::{Linker, protocol};
use pptp_diag::wire::gre;
use pptp_diag::wire::ppp::ccp::{CcpOption, MppeBits};
use pptp_diag::wire::ppp::chap::{self, Code};
use pptp_diag::wire::ppp::{self, Protocol, ccp, control, mschap, options};

/// The PPP frames of one recording in the order of the file, without copies.
fn frames(path: &Path) -> Vec<(IpAddr, Vec<u8>)> {
    let mut source = capture::open(path, 0).unwrap();
    let mut linker = Linker::new(&[]);
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        let Some(datagram) = linker.datagram(&frame) else { continue };
        if datagram.protocol != protocol::GRE || datagram.is_cut() {
            continue;
        }
        let Ok(packet) = gre::parse(datagram.payload) else { continue };
        let Some(seq) = packet.seq else { continue };
        if seen.insert((datagram.src, packet.call_id, seq)) {
            out.push((datagram.src, packet.payload.to_vec()));
        }
    }
    out
}

/// The password of all the recordings that were made for this project.
const LAB: &str = "Tr1age-me!";

/// What the frames of one call tell about its keys.
#[derive(Default)]
struct Keys {
    challenge: Vec<u8>,
    response: Option<(IpAddr, Vec<u8>)>,
    bits: MppeBits,
}

impl Keys {
    fn learn(&mut self, src: IpAddr, frame: ppp::Frame<'_>) {
        match frame.protocol {
            Protocol::Chap => match chap::parse(frame.information) {
                Ok(chap::Packet::Value { code: Code::Challenge, value, .. }) => {
                    self.challenge = value.to_vec();
                }
                Ok(chap::Packet::Value { code: Code::Response, value, .. }) => {
                    self.response = Some((src, value.to_vec()));
                }
                _ => {}
            },
            Protocol::Ccp => {
                let Ok(packet) = control::parse(frame.information) else { return };
                if packet.code != control::Code::ConfigureAck {
                    return;
                }
                for raw in options::Options::new(packet.data).flatten() {
                    if let CcpOption::Mppe(bits) = ccp::option(raw) {
                        self.bits = bits;
                    }
                }
            }
            _ => {}
        }
    }

    fn decryptor(&self, src: IpAddr, password: &str) -> Decryptor {
        let hash = NtHash::of_password(password);
        let (client, value) = self.response.as_ref().unwrap();
        let sender = if src == *client { Sender::Client } else { Sender::Server };
        let start = if let Ok(challenge) = self.challenge.as_slice().try_into() {
            StartKey::mschapv1(&hash, challenge)
        } else {
            let nt_response = mschap::response_v2(value).unwrap().nt;
            StartKey::mschapv2(&hash, &nt_response, sender)
        };
        let strength = Strength::of_bits(self.bits.key_bits()[0]).unwrap();
        assert!(self.bits.has(MppeBits::STATELESS));
        Decryptor::new(&start, Config { strength, mode: Mode::Stateless })
    }
}

/// Opens every encrypted frame: verdicts and how many had each.
fn opened(path: &Path, password: &str) -> BTreeMap<Verdict, usize> {
    let mut keys = Keys::default();
    let mut decryptors: BTreeMap<IpAddr, Decryptor> = BTreeMap::new();
    let mut verdicts = BTreeMap::new();
    for (src, octets) in frames(path) {
        let Ok(frame) = ppp::parse(&octets) else { continue };
        keys.learn(src, frame);
        if frame.protocol != Protocol::Compressed {
            continue;
        }
        let decryptor = decryptors.entry(src).or_insert_with(|| keys.decryptor(src, password));
        let plain = decryptor.open(frame.information).unwrap();
        *verdicts.entry(trial::frame(&plain.frame)).or_default() += 1;
    }
    verdicts
}

#[test]
fn mppe_of_windows_and_linux() {
    let Some(captures) = support::shared_captures() else { return };
    for (file, password, proven, plausible, noise) in [
        ("public/openwall+john-samples__lulu-password-pptp.pcap", "password", 25, 0, 0),
        ("lab/healthy_mschapv2_mppe128__client.pcap", LAB, 8, 0, 0),
        ("lab/healthy_mppe40__client.pcap", LAB, 8, 0, 0),
        ("lab/healthy_mschapv1__client.pcap", LAB, 8, 0, 0),
        ("lab/healthy_data__client.pcap", LAB, 299, 0, 0),
        ("lab/healthy_ipv6cp__client.pcap", LAB, 8, 2, 0),
        ("lab/loss20__client.pcap", LAB, 64, 0, 0),
        ("lab/reorder__server.pcap", LAB, 120, 0, 0),
        // One packet was damaged on the way.
        ("lab/corrupt__client.pcap", LAB, 48, 0, 1),
        ("lab/healthy_data__client.pcap", "another password", 0, 0, 299),
    ] {
        let verdicts = opened(&captures.join(file), password);
        let count = |verdict| verdicts.get(&verdict).copied().unwrap_or_default();
        let wrong_key = noise > 1;
        assert_eq!(count(Verdict::Proven), proven, "{file}: {verdicts:?}");
        if !wrong_key {
            assert_eq!(count(Verdict::Plausible), plausible, "{file}: {verdicts:?}");
            assert_eq!(count(Verdict::Implausible), noise, "{file}: {verdicts:?}");
        }
    }
}

/// Rebuilds TCP/IP headers and counts the packets that prove themselves, TCP checksum included.
fn vj_verdict(vj: &mut Vj, frame: ppp::Frame<'_>) -> Option<Verdict> {
    let rebuilt = match frame.protocol {
        Protocol::VjUncompressed => vj.uncompressed(frame.information),
        Protocol::VjCompressed => vj.compressed(frame.information),
        Protocol::Ipv4 => return Some(trial::ipv4(frame.information)),
        _ => return None,
    };
    let rebuilt = rebuilt.unwrap();
    assert!(rebuilt.checksum_holds);
    Some(trial::ipv4(&rebuilt.packet))
}

#[test]
fn deflate_and_vj_of_linux() {
    let Some(captures) = support::shared_captures() else { return };
    let path = captures.join("lab/healthy_chapmd5_nomppe__client.pcap");
    let mut ends: BTreeMap<IpAddr, (Inflater, Vj)> = BTreeMap::new();
    let mut packed = 0;
    let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for (src, octets) in frames(&path) {
        let Ok(frame) = ppp::parse(&octets) else { continue };
        let (inflater, vj) = ends.entry(src).or_insert_with(|| (Inflater::new(), Vj::new(15)));
        let inflated;
        let frame = if frame.protocol == Protocol::Compressed {
            packed += 1;
            inflated = inflater.open(frame.information).unwrap();
            ppp::parse(&inflated).unwrap()
        } else {
            inflater.uncompressed(frame);
            frame
        };
        if let Some(verdict) = vj_verdict(vj, frame) {
            *verdicts.entry(verdict).or_default() += 1;
        }
    }
    // Every packet is there, and every TCP checksum holds.
    assert_eq!((packed, verdicts), (85, BTreeMap::from([(Verdict::Proven, 131)])));
}

#[test]
fn vj_of_cisco() {
    let Some(captures) = support::shared_captures() else { return };
    let path = captures.join("public/epiecs+packetlife-backup__PPP_TCP_compression.cap");
    let mut source = capture::open(&path, 0).unwrap();
    // A serial line: the capture does not tell who sent what, but the TCP checksum does.
    let mut ends = [Vj::new(15), Vj::new(15)];
    let (mut held, mut failed) = (0, 0);
    while let Some(frame) = source.next_frame().unwrap() {
        let Ok(frame) = ppp::parse(frame.data) else { continue };
        match frame.protocol {
            Protocol::VjUncompressed => {
                let end = usize::from(frame.information[15] == 3);
                assert!(ends[end].uncompressed(frame.information).unwrap().checksum_holds);
            }
            Protocol::VjCompressed => {
                let fits = ends.iter_mut().any(|end| {
                    let mut trial = end.clone();
                    let fits = trial.compressed(frame.information).is_ok_and(|r| r.checksum_holds);
                    if fits {
                        *end = trial;
                    }
                    fits
                });
                if fits { held += 1 } else { failed += 1 }
            }
            _ => {}
        }
    }
    assert_eq!((held, failed), (33, 0));
}
