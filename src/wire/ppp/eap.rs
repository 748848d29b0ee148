//! EAP header and types (RFC 3748 §4–5), and the op-codes of EAP-MSCHAPv2
//! (draft-kamath-pppext-eap-mschapv2).

use nom::number::complete::{be_u16, u8};

use super::chap;
use super::control::{code_id_data, emit_parts};
use crate::wire::error::{Fault, Res, WireError, finish};
use crate::wire::field::{counted, length8};

crate::wire_names! {
    /// EAP code (RFC 3748 §4).
    pub struct Code(u8) {
        Request = 1 => "Request",
        Response = 2 => "Response",
        Success = 3 => "Success",
        Failure = 4 => "Failure",
    }
}

crate::wire_names! {
    /// EAP method type (IANA "EAP Method Types").
    pub struct Type(u8) {
        Identity = 1 => "Identity",
        Notification = 2 => "Notification",
        Nak = 3 => "Nak",
        Md5 = 4 => "MD5-Challenge",
        Otp = 5 => "One-Time Password",
        Gtc = 6 => "Generic Token Card",
        Tls = 13 => "EAP-TLS",
        Ttls = 21 => "EAP-TTLS",
        Peap = 25 => "PEAP",
        MsChapV2 = 26 => "EAP-MSCHAPv2",
        Tlv = 33 => "EAP-TLV",
    }
}

/// One EAP packet. Success and Failure have no type, and by the RFC no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Packet<'a> {
    pub code: Code,
    pub id: u8,
    pub kind: Option<Type>,
    pub data: &'a [u8],
}

/// EAP-MSCHAPv2 body: op-code (the CHAP codes), MS-CHAPv2-ID and what follows the MS-Length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MsChapV2<'a> {
    Challenge {
        id: u8,
        value: &'a [u8],
        name: &'a [u8],
    },
    Response {
        id: u8,
        value: &'a [u8],
        name: &'a [u8],
    },
    Success {
        id: u8,
        message: &'a [u8],
    },
    Failure {
        id: u8,
        message: &'a [u8],
    },
    /// The peer's one-octet answers to Success and Failure, and anything else: all after the op-code.
    Other {
        code: u8,
        data: &'a [u8],
    },
}

/// Reads one packet. Errors: fewer than 4 octets, Length below 4 or beyond the input, Request or
/// Response without a type.
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    let (code, id, data) = finish(code_id_data(input))?;
    let code = Code(code);
    if !matches!(code, Code::Request | Code::Response) {
        return Ok(Packet { code, id, kind: None, data });
    }
    match data.split_first() {
        Some((&kind, data)) => Ok(Packet { code, id, kind: Some(Type(kind)), data }),
        None => Err(WireError { left: 0, fault: Fault::Truncated }),
    }
}

impl Packet<'_> {
    /// Appends the packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match self.kind {
            Some(kind) => emit_parts(self.code.0, self.id, &[&[kind.0], self.data], out),
            None => emit_parts(self.code.0, self.id, &[self.data], out),
        }
    }
}

/// Value of an MD5-Challenge Request or Response (RFC 3748 §5.4): value and name. Errors: no
/// Value-Size, or one beyond the data.
pub fn md5(data: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    finish(counted(data))
}

/// Types that a Nak asks for instead (RFC 3748 §5.3.1).
pub fn nak(data: &[u8]) -> impl Iterator<Item = Type> + '_ {
    data.iter().map(|&t| Type(t))
}

/// Takes the data of a type-26 packet apart. MS-Length is heeded where it ends the data earlier, and
/// otherwise ignored: the EAP header has bounded the data already. Errors: no op-code; a Challenge or
/// Response that is cut.
pub fn mschapv2(data: &[u8]) -> Result<MsChapV2<'_>, WireError> {
    finish(ms_packet(data))
}

impl MsChapV2<'_> {
    /// Appends the data of a type-26 packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Challenge { id, value, name } => {
                let size = [length8(value.len())];
                emit_parts(chap::Code::Challenge.0, id, &[&size, value, name], out);
            }
            Self::Response { id, value, name } => {
                let size = [length8(value.len())];
                emit_parts(chap::Code::Response.0, id, &[&size, value, name], out);
            }
            Self::Success { id, message } => emit_parts(chap::Code::Success.0, id, &[message], out),
            Self::Failure { id, message } => emit_parts(chap::Code::Failure.0, id, &[message], out),
            Self::Other { code, data } => {
                out.push(code);
                out.extend_from_slice(data);
            }
        }
    }
}

fn ms_packet(input: &[u8]) -> Res<'_, MsChapV2<'_>> {
    let (after_code, code) = u8(input)?;
    let chap_code = chap::Code(code);
    let answer =
        input.len() < MS_HEADER && matches!(chap_code, chap::Code::Success | chap::Code::Failure);
    if answer || !(chap::Code::Challenge..=chap::Code::Failure).contains(&chap_code) {
        return Ok((&[], MsChapV2::Other { code, data: after_code }));
    }
    let (i, id) = u8(after_code)?;
    let (i, ms_length) = be_u16(i)?;
    let stated = usize::from(ms_length).checked_sub(MS_HEADER);
    let i = stated.and_then(|n| i.get(..n)).unwrap_or(i);
    let packet = match chap_code {
        chap::Code::Success => MsChapV2::Success { id, message: i },
        chap::Code::Failure => MsChapV2::Failure { id, message: i },
        chap_code => {
            let (_, (value, name)) = counted(i)?;
            if chap_code == chap::Code::Challenge {
                MsChapV2::Challenge { id, value, name }
            } else {
                MsChapV2::Response { id, value, name }
            }
        }
    };
    Ok((&[], packet))
}

/// Octets of op-code, MS-CHAPv2-ID and MS-Length.
const MS_HEADER: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::collection::vec;
    use proptest::prelude::*;

    // From recordings of pptpd and pptp-linux.
    const MD5: [u8; 27] = hex!("01a1001b 04 10 ca5c4bf6262adbdcc33d219a2d3c09e0 7070747064");
    const MS_CHALLENGE: [u8; 31] =
        hex!("0116001f 1a 0116001a 10 fc654ed64077c99b42ad68e8974fa730 7070747064");

    #[test]
    fn a_recorded_md5_challenge() {
        let packet = parse(&MD5).unwrap();
        assert_eq!((packet.code, packet.id), (Code::Request, 0xA1));
        assert_eq!(packet.kind, Some(Type::Md5));
        assert_eq!(md5(packet.data), Ok((&MD5[6..22], b"pptpd".as_slice())));
        for end in 0..17 {
            assert_eq!(md5(&packet.data[..end]).map_err(|e| e.fault), Err(Fault::Truncated));
        }
    }

    #[test]
    fn a_recorded_mschapv2_challenge() {
        let packet = parse(&MS_CHALLENGE).unwrap();
        assert_eq!(packet.kind, Some(Type::MsChapV2));
        let (value, name) = (&MS_CHALLENGE[10..26], b"pptpd".as_slice());
        let challenge = MsChapV2::Challenge { id: 0x16, value, name };
        assert_eq!(mschapv2(packet.data), Ok(challenge));
        for end in 0..21 {
            let fault = mschapv2(&packet.data[..end]).map_err(|e| e.fault);
            assert_eq!(fault, Err(Fault::Truncated), "{end}");
        }
        let mut lying = packet.data.to_vec();
        for ms_length in [[0, 0], [0, 3], [0xFF, 0xFF]] {
            lying[2..4].copy_from_slice(&ms_length);
            assert_eq!(mschapv2(&lying), Ok(challenge));
        }
        lying[2..4].copy_from_slice(&[0, 21]);
        assert_eq!(mschapv2(&lying), Ok(MsChapV2::Challenge { id: 0x16, value, name: &[] }));
    }

    #[test]
    fn one_octet_answers() {
        for code in [3, 4] {
            assert_eq!(mschapv2(&[code]), Ok(MsChapV2::Other { code, data: &[] }));
        }
        assert_eq!(mschapv2(&[7, 1, 2]), Ok(MsChapV2::Other { code: 7, data: &[1, 2] }));
        let message = b"E=".as_slice();
        let failure = MsChapV2::Failure { id: 9, message };
        assert_eq!(mschapv2(&hex!("04 09 0006 453d")), Ok(failure));
    }

    #[test]
    fn types_are_asked_of_requests_and_responses_alone() {
        let success = parse(&hex!("030d0004")).unwrap();
        let expected = Packet { code: Code::Success, id: 0x0D, kind: None, data: &[] };
        assert_eq!(success, expected);
        assert_eq!(parse(&hex!("010d0004")).map_err(|e| e.fault), Err(Fault::Truncated));
        let refused = parse(&hex!("02010007 03 1a0d")).unwrap();
        assert_eq!(refused.kind, Some(Type::Nak));
        assert_eq!(nak(refused.data).collect::<Vec<_>>(), [Type::MsChapV2, Type::Tls]);
    }

    proptest! {
        #[test]
        fn what_is_emitted_is_read_back(code in 0u8..7, id: u8, kind: u8, data: Vec<u8>) {
            let kind = matches!(code, 1 | 2).then_some(Type(kind));
            let packet = Packet { code: Code(code), id, kind, data: &data };
            let mut out = Vec::new();
            packet.emit(&mut out);
            prop_assert_eq!(parse(&out), Ok(packet));
        }

        #[test]
        fn mschapv2_is_read_back(id: u8, value in vec(any::<u8>(), 0..256), name: Vec<u8>) {
            let (value, message) = (value.as_slice(), name.as_slice());
            for packet in [
                MsChapV2::Challenge { id, value, name: message },
                MsChapV2::Response { id, value, name: message },
                MsChapV2::Success { id, message },
                MsChapV2::Failure { id, message },
                MsChapV2::Other { code: 7, data: message },
                MsChapV2::Other { code: 3, data: &[] },
            ] {
                let mut out = Vec::new();
                packet.emit(&mut out);
                prop_assert_eq!(mschapv2(&out), Ok(packet));
            }
        }

        #[test]
        fn arbitrary_octets_do_not_panic(octets: Vec<u8>, code in 0u8..6) {
            let _ = (parse(&octets), md5(&octets), mschapv2(&octets));
            let _ = mschapv2(&[&[code], octets.as_slice()].concat());
        }
    }
}
