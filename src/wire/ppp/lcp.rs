//! LCP options and the bodies of LCP's own codes (RFC 1661 §5–6, RFC 1570, RFC 1990, RFC 2484).

use nom::combinator::rest;
use nom::number::complete::{be_u16, be_u32};

use super::Protocol;
use super::options::{self, RawOption};
use crate::wire::error::{Res, WireError, finish};

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
    Authentication {
        protocol: Protocol,
        data: &'a [u8],
    },
    Quality {
        protocol: Protocol,
        data: &'a [u8],
    },
    Magic(u32),
    Pfc,
    Acfc,
    /// Operation octet (6 = CBCP) and message.
    Callback {
        operation: u8,
        message: &'a [u8],
    },
    Mrru(u16),
    ShortSequence,
    EndpointDiscriminator {
        class: u8,
        address: &'a [u8],
    },
    LinkDiscriminator(u16),
    Other(RawOption<'a>),
}

/// Gives an option its sense; never fails.
#[must_use]
pub fn option(raw: RawOption<'_>) -> LcpOption<'_> {
    match (OptionType(raw.kind), raw.value) {
        (OptionType::Mru, &[a, b]) => LcpOption::Mru(u16::from_be_bytes([a, b])),
        (OptionType::Accm, &[a, b, c, d]) => LcpOption::Accm(u32::from_be_bytes([a, b, c, d])),
        (OptionType::Authentication, &[a, b, ref data @ ..]) => {
            LcpOption::Authentication { protocol: Protocol(u16::from_be_bytes([a, b])), data }
        }
        (OptionType::Quality, &[a, b, ref data @ ..]) => {
            LcpOption::Quality { protocol: Protocol(u16::from_be_bytes([a, b])), data }
        }
        (OptionType::Magic, &[a, b, c, d]) => LcpOption::Magic(u32::from_be_bytes([a, b, c, d])),
        (OptionType::Pfc, []) => LcpOption::Pfc,
        (OptionType::Acfc, []) => LcpOption::Acfc,
        (OptionType::Callback, &[operation, ref message @ ..]) => {
            LcpOption::Callback { operation, message }
        }
        (OptionType::Mrru, &[a, b]) => LcpOption::Mrru(u16::from_be_bytes([a, b])),
        (OptionType::ShortSequence, []) => LcpOption::ShortSequence,
        (OptionType::EndpointDiscriminator, &[class, ref address @ ..]) => {
            LcpOption::EndpointDiscriminator { class, address }
        }
        (OptionType::LinkDiscriminator, &[a, b]) => {
            LcpOption::LinkDiscriminator(u16::from_be_bytes([a, b]))
        }
        _ => LcpOption::Other(raw),
    }
}

impl LcpOption<'_> {
    /// Appends the option in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Mru(mru) => options::emit(OptionType::Mru.0, &mru.to_be_bytes(), out),
            Self::Accm(map) => options::emit(OptionType::Accm.0, &map.to_be_bytes(), out),
            Self::Authentication { protocol, data } => {
                let value = [protocol.0.to_be_bytes().as_slice(), data].concat();
                options::emit(OptionType::Authentication.0, &value, out);
            }
            Self::Quality { protocol, data } => {
                let value = [protocol.0.to_be_bytes().as_slice(), data].concat();
                options::emit(OptionType::Quality.0, &value, out);
            }
            Self::Magic(magic) => options::emit(OptionType::Magic.0, &magic.to_be_bytes(), out),
            Self::Pfc => options::emit(OptionType::Pfc.0, &[], out),
            Self::Acfc => options::emit(OptionType::Acfc.0, &[], out),
            Self::Callback { operation, message } => {
                let value = [&[operation], message].concat();
                options::emit(OptionType::Callback.0, &value, out);
            }
            Self::Mrru(mrru) => options::emit(OptionType::Mrru.0, &mrru.to_be_bytes(), out),
            Self::ShortSequence => options::emit(OptionType::ShortSequence.0, &[], out),
            Self::EndpointDiscriminator { class, address } => {
                let value = [&[class], address].concat();
                options::emit(OptionType::EndpointDiscriminator.0, &value, out);
            }
            Self::LinkDiscriminator(number) => {
                options::emit(OptionType::LinkDiscriminator.0, &number.to_be_bytes(), out);
            }
            Self::Other(raw) => options::emit(raw.kind, raw.value, out),
        }
    }
}

/// Body of Echo-Request, Echo-Reply, Discard-Request, Identification (RFC 1570 §2.1), Time-Remaining:
/// the magic number and what follows. Errors: fewer than 4 octets.
pub fn magic_body(data: &[u8]) -> Result<(u32, &[u8]), WireError> {
    fn fields(i: &[u8]) -> Res<'_, (u32, &[u8])> {
        let (i, magic) = be_u32(i)?;
        let (i, text) = rest(i)?;
        Ok((i, (magic, text)))
    }
    finish(fields(data))
}

/// Body of Protocol-Reject: the rejected protocol (16 bits on the wire) and the rejected information.
/// Errors: fewer than 2 octets.
pub fn protocol_reject(data: &[u8]) -> Result<(Protocol, &[u8]), WireError> {
    fn fields(i: &[u8]) -> Res<'_, (Protocol, &[u8])> {
        let (i, protocol) = be_u16(i)?;
        let (i, information) = rest(i)?;
        Ok((i, (Protocol(protocol), information)))
    }
    finish(fields(data))
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
    match *data {
        [] => TerminateReason::None,
        // The first four are the sender's magic number.
        [_, _, _, _, 0x00, 0x3C, 0xCD, 0x74, a, b, c, d, ..] => {
            TerminateReason::Ras(u32::from_be_bytes([a, b, c, d]))
        }
        _ => TerminateReason::Text(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::error::Fault;
    use crate::wire::ppp::options::Options;
    use hex_literal::hex;
    use proptest::prelude::*;

    fn read(data: &[u8]) -> Vec<LcpOption<'_>> {
        Options::new(data).map(|raw| option(raw.unwrap())).collect()
    }

    #[test]
    fn a_recorded_request_of_pptpd() {
        let data = hex!("01040578 020600000000 0305c22381 05068ff9b765 0702 0802");
        let options = read(&data);
        let chap = LcpOption::Authentication { protocol: Protocol::Chap, data: &[0x81] };
        let magic = LcpOption::Magic(0x8FF9_B765);
        let (mru, accm) = (LcpOption::Mru(1400), LcpOption::Accm(0));
        assert_eq!(options, [mru, accm, chap, magic, LcpOption::Pfc, LcpOption::Acfc]);
        let mut out = Vec::new();
        for option in options {
            option.emit(&mut out);
        }
        assert_eq!(out, data);
    }

    #[test]
    fn options_of_callback_and_multilink() {
        let data = hex!("0d0306 1104064e 1202 130501aabb 17040007 0404c025");
        let expected = [
            LcpOption::Callback { operation: 6, message: &[] },
            LcpOption::Mrru(1614),
            LcpOption::ShortSequence,
            LcpOption::EndpointDiscriminator { class: 1, address: &[0xAA, 0xBB] },
            LcpOption::LinkDiscriminator(7),
            LcpOption::Quality { protocol: Protocol::Lqr, data: &[] },
        ];
        assert_eq!(read(&data), expected);
    }

    #[test]
    fn an_option_of_another_length_stays_raw() {
        for data in [hex!("010305").as_slice(), &hex!("0303c2"), &hex!("070300"), &hex!("0d02")] {
            let raw = RawOption { kind: data[0], value: &data[2..] };
            assert_eq!(read(data), [LcpOption::Other(raw)]);
        }
    }

    #[test]
    fn bodies() {
        assert_eq!(magic_body(&hex!("89884d25 4d53")), Ok((0x8988_4D25, b"MS".as_slice())));
        assert_eq!(magic_body(&[1, 2, 3]).map_err(|e| e.fault), Err(Fault::Truncated));
        let information = hex!("0101000a120601000040");
        let data = [hex!("80fd").as_slice(), &information].concat();
        assert_eq!(protocol_reject(&data), Ok((Protocol::Ccp, information.as_slice())));
        assert_eq!(protocol_reject(&[0x80]).map_err(|e| e.fault), Err(Fault::Truncated));
    }

    // Payloads of Windows servers, as published pppd logs show them.
    #[test]
    fn terminate_reasons_of_windows() {
        let cases = [
            (hex!("26174353 003ccd74 000002b3"), 691),
            (hex!("509c0dd7 003ccd74 000002e6"), 742),
            (hex!("2b7f6d86 003ccd74 0000032c"), 812),
            (hex!("14ab4e27 003ccd74 000003ae"), 942),
            (hex!("327a6e64 003ccd74 00000000"), 0),
        ];
        for (data, error) in cases {
            assert_eq!(terminate_reason(&data), TerminateReason::Ras(error));
            let longer = [data.as_slice(), b"x"].concat();
            assert_eq!(terminate_reason(&longer), TerminateReason::Ras(error));
            assert_eq!(terminate_reason(&data[..11]), TerminateReason::Text(&data[..11]));
        }
    }

    #[test]
    fn terminate_reasons_of_pppd() {
        let text = b"MPPE disabled";
        assert_eq!(terminate_reason(text), TerminateReason::Text(text));
        assert_eq!(terminate_reason(&[]), TerminateReason::None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_emitted_again(
            kind in 0u8..24, value in proptest::collection::vec(any::<u8>(), 0..8),
        ) {
            let raw = RawOption { kind, value: &value };
            let (mut given, mut again) = (Vec::new(), Vec::new());
            options::emit(kind, &value, &mut given);
            option(raw).emit(&mut again);
            prop_assert_eq!(again, given);
        }
    }
}
