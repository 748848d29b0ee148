//! CHAP (RFC 1994 §4). The values of MS-CHAP are taken apart in [`super::mschap`].

use super::control::{code_id_data, emit_parts};
use crate::wire::error::{WireError, finish};

crate::wire_names! {
    /// CHAP code (RFC 1994 §4, RFC 2433 §9–10, RFC 2759 §7).
    pub struct Code(u8) {
        Challenge = 1 => "Challenge",
        Response = 2 => "Response",
        Success = 3 => "Success",
        Failure = 4 => "Failure",
        ChangePassword1 = 5 => "Change-Password-1",
        ChangePassword2 = 6 => "Change-Password-2",
        ChangePassword3 = 7 => "Change-Password",
    }
}

crate::wire_names! {
    /// CHAP algorithm of LCP option 3 (IANA "PPP Authentication Algorithms").
    pub struct Algorithm(u8) {
        Md5 = 0x05 => "CHAP-MD5",
        MsChapV1 = 0x80 => "MS-CHAPv1",
        MsChapV2 = 0x81 => "MS-CHAPv2",
    }
}

/// One CHAP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Packet<'a> {
    /// Challenge or Response. `value_size` is what the packet says; `value` what was there of it, so
    /// that a malformed Challenge (Value-Size beyond the packet) can still be described.
    Value { code: Code, id: u8, value_size: u8, value: &'a [u8], name: &'a [u8] },
    /// Success or Failure.
    Message { code: Code, id: u8, message: &'a [u8] },
    /// Password change and unknown codes.
    Other { code: Code, id: u8, data: &'a [u8] },
}

/// Reads one packet. Errors: fewer than 4 octets, Length below 4 or beyond the input. A Challenge or
/// Response without a Value-Size octet has `value_size` 0 and no value. Value-Size beyond the packet:
/// the value is all that is left and the name is empty.
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    let (code, id, data) = finish(code_id_data(input))?;
    Ok(match Code(code) {
        code @ (Code::Challenge | Code::Response) => {
            let (value_size, rest) = data.split_first().map_or((0, data), |(&n, rest)| (n, rest));
            let split = rest.split_at_checked(usize::from(value_size));
            let (value, name) = split.unwrap_or((rest, &[]));
            Packet::Value { code, id, value_size, value, name }
        }
        code @ (Code::Success | Code::Failure) => Packet::Message { code, id, message: data },
        code => Packet::Other { code, id, data },
    })
}

impl Packet<'_> {
    /// Appends the packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Value { code, id, value_size, value, name } => {
                emit_parts(code.0, id, &[&[value_size], value, name], out);
            }
            Self::Message { code, id, message: data } | Self::Other { code, id, data } => {
                emit_parts(code.0, id, &[data], out);
            }
        }
    }
}

#[cfg(test)]
mod tests;
