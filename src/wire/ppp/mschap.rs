//! MS-CHAPv1 and v2 values and result texts (RFC 2433 §5–8, RFC 2759 §4–6).

use std::fmt::Write;

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
    let (&lm, rest) = value.split_first_chunk()?;
    let (&nt, rest) = rest.split_first_chunk()?;
    match *rest {
        [use_nt] => Some(ResponseV1 { lm, nt, use_nt }),
        _ => None,
    }
}

/// Takes a v2 Response value apart; `None` unless it has 49 octets.
#[must_use]
pub fn response_v2(value: &[u8]) -> Option<ResponseV2> {
    let (&peer_challenge, rest) = value.split_first_chunk()?;
    let (&reserved, rest) = rest.split_first_chunk()?;
    let (&nt, rest) = rest.split_first_chunk()?;
    match *rest {
        [flags] => Some(ResponseV2 { peer_challenge, reserved, nt, flags }),
        _ => None,
    }
}

impl ResponseV1 {
    /// The 49 octets.
    #[must_use]
    pub fn emit(&self) -> [u8; 49] {
        join(&[&self.lm, &self.nt, &[self.use_nt]])
    }
}

impl ResponseV2 {
    /// The 49 octets.
    #[must_use]
    pub fn emit(&self) -> [u8; 49] {
        join(&[&self.peer_challenge, &self.reserved, &self.nt, &[self.flags]])
    }
}

/// Reads a Failure text; never fails. Fields may come in any order and may be cut; of two with one
/// letter the first counts; what is none of the five is passed over up to the next blank.
#[must_use]
pub fn failure(text: &[u8]) -> Failure<'_> {
    let mut found = Failure::default();
    let mut rest = text;
    if let [stray, after @ ..] = text
        && field_letter(text).is_none()
        && field_letter(after).is_some()
    {
        found.stray = Some(*stray);
        rest = after;
    }
    while !rest.is_empty() {
        let Some((letter, value)) = field_letter(rest) else {
            (_, rest) = token(rest);
            continue;
        };
        let (first, after) = token(value);
        rest = after;
        match letter {
            b'E' => found.error = found.error.or_else(|| number(first)),
            b'R' => {
                let flag = match number(first) {
                    Some(0) => Some(false),
                    Some(1) => Some(true),
                    _ => None,
                };
                found.retry = found.retry.or(flag);
            }
            b'C' => found.challenge = found.challenge.or(Some(first).filter(|t| !t.is_empty())),
            b'V' => found.version = found.version.or_else(|| number(first)),
            // A message has blanks, and may have what looks like fields: it takes all the rest.
            _ => {
                found.message = Some(value);
                rest = &[];
            }
        }
    }
    found
}

/// Reads a v2 Success text; never fails. Where several faults meet, `form` is the first of: `Missing`,
/// `Prefixed`, `Digits`, `LowerCase`, `Glued`, `Trailing`.
#[must_use]
pub fn success(text: &[u8]) -> Success<'_> {
    let Some((prefix, body)) = split_at_response(text) else {
        let message = text.strip_prefix(b"M=");
        return Success {
            authenticator_response: None,
            message,
            form: SuccessForm::Missing,
            stray: None,
        };
    };
    let stray = if let [octet] = *prefix { Some(octet) } else { None };
    let digits = body.split_at_checked(DIGITS);
    let response = digits.and_then(|(digits, _)| octets(digits));
    let (form, message) = match digits.filter(|_| response.is_some()) {
        None => (SuccessForm::Digits, None),
        Some((digits, tail)) => {
            let (form, message) = tail_form(tail);
            let lower = digits.iter().any(u8::is_ascii_lowercase);
            (if lower { SuccessForm::LowerCase } else { form }, message)
        }
    };
    let form = if prefix.is_empty() { form } else { SuccessForm::Prefixed };
    Success { authenticator_response: response, message, form, stray }
}

/// Writes `S=` and 40 digits, and ` M=` and the message where one is given.
#[must_use]
pub fn success_text(authenticator_response: &[u8; 20], message: Option<&str>) -> String {
    let mut text = String::from("S=");
    put_hex(authenticator_response, &mut text);
    if let Some(message) = message {
        text.push_str(" M=");
        text.push_str(message);
    }
    text
}

/// Writes `E=… R=… C=… V=… M=…`; `challenge` empty leaves `C=` out. The challenge is given as octets
/// (16, or 8 in v1) and written as upper-case hexadecimal digits.
#[must_use]
pub fn failure_text(
    error: u32,
    retry: bool,
    challenge: &[u8],
    version: u32,
    message: &str,
) -> String {
    let mut text = format!("E={error} R={}", u8::from(retry));
    if !challenge.is_empty() {
        text.push_str(" C=");
        put_hex(challenge, &mut text);
    }
    // Writing to a String cannot fail.
    let _ = write!(text, " V={version} M={message}");
    text
}

fn join(parts: &[&[u8]]) -> [u8; 49] {
    let mut octets = [0; 49];
    for (to, from) in octets.iter_mut().zip(parts.iter().copied().flatten()) {
        *to = *from;
    }
    octets
}

/// Letter and rest of a text that begins with one of the five fields.
fn field_letter(text: &[u8]) -> Option<(u8, &[u8])> {
    match *text {
        [letter @ (b'E' | b'R' | b'C' | b'V' | b'M'), b'=', ref value @ ..] => {
            Some((letter, value))
        }
        _ => None,
    }
}

/// Up to the next blank, and what follows it.
fn token(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&octet| octet == b' ');
    let (token, rest) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, &[]));
    (token, rest.strip_prefix(b" ").unwrap_or(rest))
}

/// A decimal number; octets that are no digits may follow it.
fn number(token: &[u8]) -> Option<u32> {
    let digits = token.iter().take_while(|octet| octet.is_ascii_digit()).count();
    std::str::from_utf8(token.get(..digits)?).ok()?.parse().ok()
}

/// What stands before and after `S=`: the first `S=` with a response behind it, or else the first of
/// all, so that an `S=` inside a message is not taken where there is a better one.
fn split_at_response(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let candidates = || {
        text.windows(2).enumerate().filter(|&(_, pair)| pair == b"S=").filter_map(|(at, _)| {
            let (prefix, rest) = text.split_at_checked(at)?;
            Some((prefix, rest.get(2..)?))
        })
    };
    let full = |body: &[u8]| body.get(..DIGITS).and_then(octets).is_some();
    candidates().find(|&(_, body)| full(body)).or_else(|| candidates().next())
}

fn tail_form(tail: &[u8]) -> (SuccessForm, Option<&[u8]>) {
    if tail.is_empty() {
        (SuccessForm::Good, None)
    } else if let Some(message) = tail.strip_prefix(b" M=") {
        (SuccessForm::Good, Some(message))
    } else if let Some(message) = tail.strip_prefix(b"M=") {
        (SuccessForm::Glued, Some(message))
    } else {
        (SuccessForm::Trailing, None)
    }
}

/// The octets that 40 hexadecimal digits of either case write.
fn octets(digits: &[u8]) -> Option<[u8; 20]> {
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != 20 || !rest.is_empty() {
        return None;
    }
    let mut octets = [0; 20];
    for (octet, &[high, low]) in octets.iter_mut().zip(pairs) {
        *octet = digit(high)? << 4 | digit(low)?;
    }
    Some(octets)
}

fn put_hex(octets: &[u8], text: &mut String) {
    for octet in octets {
        let _ = write!(text, "{octet:02X}");
    }
}

/// Hexadecimal digits of an authenticator response.
const DIGITS: usize = 40;

#[cfg(test)]
mod tests;
