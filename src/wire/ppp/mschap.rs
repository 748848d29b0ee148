//! MS-CHAPv1 and v2 values and result texts (RFC 2433 §5–8, RFC 2759 §4–6).

/// Value of an MS-CHAPv1 Response, 49 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ResponseV1 {
    pub lm: [u8; 24],
    pub nt: [u8; 24],
    pub use_nt: u8,
}

/// Value of an MS-CHAPv2 Response, 49 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ResponseV2 {
    pub peer_challenge: [u8; 16],
    pub reserved: [u8; 8],
    pub nt: [u8; 24],
    /// 0 by RFC 2759; 4 seen from Windows 98.
    pub flags: u8,
}

/// Fields of a Failure text `E=… R=… C=… V=… M=…` (RFC 2759 §6). Each is `None` where it is missing or
/// cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failure<'a> {
    /// Error number: 646, 647, 648, 649, 691, 709 …
    pub error: Option<u32>,
    /// Whether another try is allowed.
    pub retry: Option<bool>,
    /// Challenge for the next try, as written: 16 or 32 hexadecimal digits.
    pub challenge: Option<&'a [u8]>,
    /// Password-change version.
    pub version: Option<u32>,
    /// Text for the user.
    pub message: Option<&'a [u8]>,
    /// An octet before `E=` that should not be there, as RADIUS attributes carry it (RFC 2548 §2.1.5).
    pub stray: Option<u8>,
}

/// How a Success text agrees with RFC 2759 §5: `S=` and 40 upper-case hexadecimal digits, then nothing
/// or ` M=` and a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuccessForm {
    /// As specified.
    Good,
    /// No `S=` at all.
    Missing,
    /// Not 40 hexadecimal digits after `S=`.
    Digits,
    /// 40 digits, some in lower case.
    LowerCase,
    /// `M=` follows the digits without a blank (Windows Server 2019).
    Glued,
    /// Something after the digits that is neither nothing nor a message (trailing NULs included).
    Trailing,
    /// Octets stand before `S=`.
    Prefixed,
}

/// Fields of an MS-CHAPv2 Success text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Success<'a> {
    /// The authenticator response, where 40 hexadecimal digits (of either case) follow `S=`.
    pub authenticator_response: Option<[u8; 20]>,
    /// Text after `M=`.
    pub message: Option<&'a [u8]>,
    /// Agreement with the grammar.
    pub form: SuccessForm,
    /// First octet before `S=`, where one octet stands there (RADIUS Ident, RFC 2548 §2.3.3).
    pub stray: Option<u8>,
}

/// Takes a v1 Response value apart; `None` unless it has 49 octets.
#[must_use]
pub fn response_v1(value: &[u8]) -> Option<ResponseV1> {
    todo!()
}

/// Takes a v2 Response value apart; `None` unless it has 49 octets.
#[must_use]
pub fn response_v2(value: &[u8]) -> Option<ResponseV2> {
    todo!()
}

impl ResponseV1 {
    /// The 49 octets.
    #[must_use]
    pub fn emit(&self) -> [u8; 49] {
        todo!()
    }
}

impl ResponseV2 {
    /// The 49 octets.
    #[must_use]
    pub fn emit(&self) -> [u8; 49] {
        todo!()
    }
}

/// Reads a Failure text; never fails. Fields may come in any order and may be cut.
#[must_use]
pub fn failure(text: &[u8]) -> Failure<'_> {
    todo!()
}

/// Reads a v2 Success text; never fails.
#[must_use]
pub fn success(text: &[u8]) -> Success<'_> {
    todo!()
}

/// Writes `S=` and 40 digits, and ` M=` and the message where one is given.
#[must_use]
pub fn success_text(authenticator_response: &[u8; 20], message: Option<&str>) -> String {
    todo!()
}

/// Writes `E=… R=… C=… V=… M=…`; `challenge` empty leaves `C=` out.
#[must_use]
pub fn failure_text(error: u32, retry: bool, challenge: &[u8], version: u32, message: &str) -> String {
    todo!()
}
