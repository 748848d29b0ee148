//! Configuration options: type, length, value (RFC 1661 §6).

use crate::wire::error::{Fault, WireError};
use crate::wire::field::length8;

/// One option as it stood on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RawOption<'a> {
    pub kind: u8,
    pub value: &'a [u8],
}

/// Walks the options; yields one `Err` at the first bad one, then ends.
#[derive(Clone, Debug)]
pub struct Options<'a>(&'a [u8]);

impl<'a> Options<'a> {
    /// Over the data of a Configure packet.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<RawOption<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        // Taken out, so that an error leaves nothing to walk on.
        let here = std::mem::take(&mut self.0);
        let bad = |fault| Some(Err(WireError { left: here.len(), fault }));
        match *here {
            [] => None,
            [_] => bad(Fault::Truncated),
            [kind, length, ref rest @ ..] => {
                let Some(value) = usize::from(length).checked_sub(HEADER) else {
                    return bad(Fault::BadLength);
                };
                let Some((value, rest)) = rest.split_at_checked(value) else {
                    return bad(Fault::Truncated);
                };
                self.0 = rest;
                Some(Ok(RawOption { kind, value }))
            }
        }
    }
}

/// Appends one option in wire form. A value of more than 253 octets is cut there.
pub fn emit(kind: u8, value: &[u8], out: &mut Vec<u8>) {
    let value = value.get(..usize::from(u8::MAX) - HEADER).unwrap_or(value);
    out.extend_from_slice(&[kind, length8(value.len() + HEADER)]);
    out.extend_from_slice(value);
}

/// Octets of type and length.
const HEADER: usize = 2;

#[cfg(test)]
mod tests;
