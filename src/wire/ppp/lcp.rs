//! LCP options and the bodies of LCP's own codes (RFC 1661 §5–6, RFC 1570, RFC 1990, RFC 2484).

use crate::wire::error::WireError;
use super::Protocol;
use super::options::RawOption;

crate::wire_names! {
    /// LCP option type (IANA "PPP LCP Configuration Option Types").
    pub struct OptionType(u8) {
        Mru = 1 => "MRU",
        Accm = 2 => "ACCM",
        Authentication = 3 => "Authentication-Protocol",
        Quality = 4 => "Quality-Protocol",
        Magic = 5 => "Magic-Number",
        Pfc = 7 => "Protocol-Field-Compression",
        Acfc = 8 => "Address-and-Control-Field-Compression",
        FcsAlternatives = 9 => "FCS-Alternatives",
        Callback = 13 => "Callback",
        Mrru = 17 => "Multilink-MRRU",
        ShortSequence = 18 => "Multilink-Short-Sequence",
        EndpointDiscriminator = 19 => "Endpoint-Discriminator",
        LinkDiscriminator = 23 => "Link-Discriminator",
    }
}

/// An LCP option with its sense. What does not have the specified length is `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LcpOption<'a> {
    Mru(u16),
    Accm(u32),
    /// Authentication protocol and the octets after it (CHAP: the algorithm).
    Authentication { protocol: Protocol, data: &'a [u8] },
    Quality { protocol: Protocol, data: &'a [u8] },
    Magic(u32),
    Pfc,
    Acfc,
    /// Operation octet (6 = CBCP) and message.
    Callback { operation: u8, message: &'a [u8] },
    Mrru(u16),
    ShortSequence,
    EndpointDiscriminator { class: u8, address: &'a [u8] },
    LinkDiscriminator(u16),
    Other(RawOption<'a>),
}

/// Gives an option its sense; never fails.
#[must_use]
pub fn option(raw: RawOption<'_>) -> LcpOption<'_> {
    todo!()
}

impl LcpOption<'_> {
    /// Appends the option in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}

/// Body of Echo-Request, Echo-Reply, Discard-Request, Identification (RFC 1570 §2.1), Time-Remaining:
/// the magic number and what follows. Errors: fewer than 4 octets.
pub fn magic_body(data: &[u8]) -> Result<(u32, &[u8]), WireError> {
    todo!()
}

/// Body of Protocol-Reject: the rejected protocol (16 bits on the wire) and the rejected information.
pub fn protocol_reject(data: &[u8]) -> Result<(Protocol, &[u8]), WireError> {
    todo!()
}

/// Why a peer says it terminates: pppd writes a sentence, Windows its own magic number, the mark
/// `00 3C CD 74` and a RAS error number (published pppd logs of Windows servers; no specification).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminateReason<'a> {
    /// No data.
    None,
    /// Octets that are no Windows code: as a rule an English sentence.
    Text(&'a [u8]),
    /// RAS error number; 0 is an ordinary hang-up.
    Ras(u32),
}

/// Reads the data of a Terminate-Request.
#[must_use]
pub fn terminate_reason(data: &[u8]) -> TerminateReason<'_> {
    todo!()
}
