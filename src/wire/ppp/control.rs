//! The packet shape that LCP, CCP and every NCP share (RFC 1661 §5).

use nom::bytes::complete::take;
use nom::number::complete::{be_u16, u8};

use crate::wire::error::{Fault, Res, WireError, fail, finish};
use crate::wire::field::{length16, put16};

crate::wire_names! {
    /// Code of an LCP-like packet (RFC 1661 §5, RFC 1570, RFC 1962).
    pub struct Code(u8) {
        VendorSpecific = 0 => "Vendor-Specific",
        ConfigureRequest = 1 => "Configure-Request",
        ConfigureAck = 2 => "Configure-Ack",
        ConfigureNak = 3 => "Configure-Nak",
        ConfigureReject = 4 => "Configure-Reject",
        TerminateRequest = 5 => "Terminate-Request",
        TerminateAck = 6 => "Terminate-Ack",
        CodeReject = 7 => "Code-Reject",
        ProtocolReject = 8 => "Protocol-Reject",
        EchoRequest = 9 => "Echo-Request",
        EchoReply = 10 => "Echo-Reply",
        DiscardRequest = 11 => "Discard-Request",
        Identification = 12 => "Identification",
        TimeRemaining = 13 => "Time-Remaining",
        ResetRequest = 14 => "Reset-Request",
        ResetAck = 15 => "Reset-Ack",
    }
}

/// One packet; `data` ends where the Length field says (padding after it is dropped).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Packet<'a> {
    pub code: Code,
    pub id: u8,
    pub data: &'a [u8],
}

/// Reads code, identifier, length, data. Errors: fewer than 4 octets; Length below 4 (`BadLength`);
/// Length beyond the input (`Truncated`).
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    let (code, id, data) = finish(code_id_data(input))?;
    Ok(Packet { code: Code(code), id, data })
}

impl Packet<'_> {
    /// Appends the packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        emit_parts(self.code.0, self.id, &[self.data], out);
    }
}

/// The same shape with a bare code: CHAP, PAP and EAP have codes of their own.
pub(super) fn code_id_data(input: &[u8]) -> Res<'_, (u8, u8, &[u8])> {
    let (i, code) = u8(input)?;
    let (i, id) = u8(i)?;
    let at_length = i;
    let (i, length) = be_u16(i)?;
    let Some(data_length) = length.checked_sub(HEADER) else {
        return Err(fail(at_length, Fault::BadLength));
    };
    let (padding, data) = take(data_length)(i)?;
    Ok((padding, (code, id, data)))
}

/// Appends a packet whose data is the `parts` in a row.
pub(super) fn emit_parts(code: u8, id: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    let data: usize = parts.iter().map(|part| part.len()).sum();
    out.extend_from_slice(&[code, id]);
    put16(length16(data + usize::from(HEADER)), out);
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Octets of code, identifier and length.
const HEADER: u16 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    // From a recording of pptpd and pptp-linux.
    const TERMINATE: [u8; 25] = hex!("05020019 41757468656e7469636174696f6e206661696c6564");

    #[test]
    fn a_recorded_terminate_request_and_its_padding() {
        let packet = parse(&TERMINATE).unwrap();
        assert_eq!((packet.code, packet.id), (Code::TerminateRequest, 2));
        assert_eq!(packet.data, b"Authentication failed");
        assert_eq!(parse(&[TERMINATE.as_slice(), &[0; 9]].concat()), Ok(packet));
    }

    #[test]
    fn every_cut_is_truncated() {
        for end in 0..TERMINATE.len() {
            let fault = parse(&TERMINATE[..end]).map_err(|e| e.fault);
            assert_eq!(fault, Err(Fault::Truncated), "{end}");
        }
    }

    #[test]
    fn a_length_below_the_header_is_named_with_its_place() {
        for low in 0..4 {
            let bytes = [5, 2, 0, low];
            let error = parse(&bytes).unwrap_err();
            assert_eq!((error.fault, error.offset_in(&bytes)), (Fault::BadLength, 2));
        }
    }

    proptest! {
        #[test]
        fn what_is_emitted_is_read_back(code: u8, id: u8, data: Vec<u8>) {
            let packet = Packet { code: Code(code), id, data: &data };
            let mut out = Vec::new();
            packet.emit(&mut out);
            prop_assert_eq!(parse(&out), Ok(packet));
        }

        #[test]
        fn arbitrary_octets_do_not_panic(octets: Vec<u8>) {
            let _ = parse(&octets);
        }
    }
}
