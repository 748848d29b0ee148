//! Data that is really encrypted: `data keys=N` under the keys of Response N.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use pptp_diag::base::addr::Dir;
use pptp_diag::crypto::mppe::{Sender, StartKey, Strength};
use pptp_diag::crypto::secret::NtHash;
use pptp_diag::inside::mppe::{Config, Encryptor, Mode, OnFlush};
use pptp_diag::wire::ppp::{Frame, Protocol};

use super::ip;
use super::keys::Keys;
use super::ppp::Ppp;

/// What MPPE keys are made of.
#[derive(Clone, Debug)]
pub(super) enum Keyed {
    V1 { hash: NtHash, challenge: [u8; 8] },
    V2 { hash: NtHash, nt: [u8; 24] },
}

/// How a `data` line is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seal {
    /// Number of the Response.
    response: usize,
    bits: u16,
    /// Stateful, with the key of Linux or of the RFC when the sender starts over.
    stateful: Option<bool>,
    /// Whether the sender starts over with the first packet of the line.
    pub(super) flush: bool,
}

/// The ciphers that ran so far, by direction.
pub(super) type Ciphers = BTreeMap<(usize, Seal), Encryptor>;

impl Seal {
    /// `keys=N`, `bits=40|56|128`, `stateful`, `linux`, `flushed`.
    pub(super) fn read(keys: &mut Keys, stateful: bool, flush: bool) -> Option<Self> {
        let response = keys.number("keys")?;
        let bits = keys.number("bits").unwrap_or(128);
        let linux = keys.flag("linux");
        Some(Self { response, bits, stateful: stateful.then_some(linux), flush })
    }

    /// Encrypts an IPv4 packet.
    pub(super) fn seal(self, ppp: &mut Ppp, dir: Dir, packet: &[u8]) -> Vec<u8> {
        let keyed = self.response.checked_sub(1).and_then(|n| ppp.responses.get(n));
        let keyed = keyed.and_then(|r| r.keyed.clone()).expect("keys=N: no such Response");
        let cipher = ppp.ciphers.entry((dir.index(), Self { flush: false, ..self }));
        let cipher = cipher.or_insert_with(|| {
            let sender = if dir == Dir::ToServer { Sender::Client } else { Sender::Server };
            let start = match keyed {
                Keyed::V1 { hash, challenge } => StartKey::mschapv1(&hash, &challenge),
                Keyed::V2 { hash, nt } => StartKey::mschapv2(&hash, &nt, sender),
            };
            let strength = Strength::of_bits(self.bits).expect("bits=40, 56 or 128");
            let mode = match self.stateful {
                None => Mode::Stateless,
                Some(true) => Mode::Stateful(OnFlush::NextKey),
                Some(false) => Mode::Stateful(OnFlush::SameKey),
            };
            Encryptor::new(&start, Config { strength, mode })
        });
        if self.flush {
            cipher.flush();
        }
        let mut frame = Vec::new();
        let (protocol, information) = (Protocol::Ipv4, packet);
        Frame { address_control: false, short_protocol: false, protocol, information }
            .emit(&mut frame);
        cipher.seal(&frame)
    }
}

/// A TCP segment with data: `tcp=SEQ`, the whole IP packet of `length` octets.
pub(super) fn segment(src: Ipv4Addr, dst: Ipv4Addr, seq: u32, length: usize) -> Vec<u8> {
    let mut tcp = vec![0x9C, 0x40, 0, 80];
    tcp.extend(seq.to_be_bytes());
    tcp.extend([0, 0, 0, 1, 0x50, 0x18, 0x20, 0, 0, 0, 0, 0]);
    tcp.resize(length.saturating_sub(20).max(20), 0x61);
    ip::inner(src, dst, ip::TCP, tcp)
}
