//! EAP header and types (RFC 3748 §4–5), and the op-codes of EAP-MSCHAPv2
//! (draft-kamath-pppext-eap-mschapv2).

use crate::wire::error::WireError;

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

/// One EAP packet. Success and Failure have neither type nor data.
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
    Challenge { id: u8, value: &'a [u8], name: &'a [u8] },
    Response { id: u8, value: &'a [u8], name: &'a [u8] },
    Success { id: u8, message: &'a [u8] },
    Failure { id: u8, message: &'a [u8] },
    /// The peer's one-octet answers to Success and Failure, and anything else.
    Other { code: u8, data: &'a [u8] },
}

/// Reads one packet. Errors: fewer than 4 octets, Length below 4 or beyond the input, Request or
/// Response without a type.
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    todo!()
}

impl Packet<'_> {
    /// Appends the packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}

/// Value of an MD5-Challenge Request or Response (RFC 3748 §5.4): value and name.
pub fn md5(data: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    todo!()
}

/// Types that a Nak asks for instead (RFC 3748 §5.3.1).
pub fn nak(data: &[u8]) -> impl Iterator<Item = Type> + '_ {
    data.iter().map(|&t| Type(t))
}

/// Takes the data of a type-26 packet apart.
pub fn mschapv2(data: &[u8]) -> Result<MsChapV2<'_>, WireError> {
    todo!()
}
