//! Where and why a parse stopped.

use nom::error::{ErrorKind, ParseError};

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The message ends before the field does.
    Truncated,
    /// A length field contradicts the specification or the message.
    BadLength,
    /// The magic cookie of a PPTP control message is another number (RFC 2637 §2.1).
    BadMagic(u32),
    /// A fixed field has a value that the specification forbids.
    BadValue,
    /// A nom combinator failed.
    Other(ErrorKind),
}

/// Owns nothing, borrows nothing: how many octets were left, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireError {
    /// Octets of the input that were left where the parse stopped.
    pub left: usize,
    /// Why it stopped.
    pub fault: Fault,
}

impl WireError {
    /// Offset of the fault in the message it was found in.
    #[must_use]
    pub fn offset_in(&self, whole: &[u8]) -> usize {
        whole.len().saturating_sub(self.left)
    }
}

impl ParseError<&[u8]> for WireError {
    fn from_error_kind(input: &[u8], kind: ErrorKind) -> Self {
        let fault = if kind == ErrorKind::Eof { Fault::Truncated } else { Fault::Other(kind) };
        Self { left: input.len(), fault }
    }

    fn append(_: &[u8], _: ErrorKind, first: Self) -> Self {
        first
    }
}

/// What a field parser returns: the rest of the input and the value.
pub type Res<'a, T> = nom::IResult<&'a [u8], T, WireError>;

/// A nom error at `input` with our reason.
#[must_use]
pub fn fail(input: &[u8], fault: Fault) -> nom::Err<WireError> {
    nom::Err::Error(WireError { left: input.len(), fault })
}

/// Ends a nom chain: keeps the value, turns nom's wrapper into the plain error.
pub fn finish<T>(result: Res<'_, T>) -> Result<T, WireError> {
    match result {
        Ok((_, value)) => Ok(value),
        Err(nom::Err::Error(e) | nom::Err::Failure(e)) => Err(e),
        Err(nom::Err::Incomplete(_)) => Err(WireError { left: 0, fault: Fault::Truncated }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_counts_from_the_start_of_the_message() {
        let whole = [0; 10];
        let error = WireError { left: 4, fault: Fault::BadLength };
        assert_eq!(error.offset_in(&whole), 6);
        assert_eq!(error.offset_in(&[]), 0);
    }

    #[test]
    fn end_of_input_is_truncation() {
        let result: Res<'_, u16> = nom::number::complete::be_u16(&[1]);
        assert_eq!(finish(result), Err(WireError { left: 1, fault: Fault::Truncated }));
        let result: Res<'_, &[u8]> = nom::bytes::complete::tag(b"a".as_slice())(b"b".as_slice());
        assert_eq!(finish(result), Err(WireError { left: 1, fault: Fault::Other(ErrorKind::Tag) }));
    }
}
