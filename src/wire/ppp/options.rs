//! Configuration options: type, length, value (RFC 1661 §6).

use crate::wire::error::WireError;

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
        todo!()
    }
}

/// Appends one option in wire form.
pub fn emit(kind: u8, value: &[u8], out: &mut Vec<u8>) {
    todo!()
}
