//! Single fields, read and written alike by all parsers of this layer.

use nom::bytes::complete::take;

use super::error::{Fault, Res, fail};

/// An array of exactly `N` octets.
pub(super) fn array<const N: usize>(i: &[u8]) -> Res<'_, [u8; N]> {
    match i.split_first_chunk::<N>() {
        Some((octets, rest)) => Ok((rest, *octets)),
        None => Err(fail(i, Fault::Truncated)),
    }
}

/// A text field of `octets` octets without its trailing NULs. A NUL inside stays: what hides behind
/// it is for the reader of the report to see.
pub(super) fn text(octets: usize) -> impl Fn(&[u8]) -> Res<'_, &[u8]> {
    move |i| {
        let (i, mut field) = take(octets)(i)?;
        while let [head @ .., 0] = field {
            field = head;
        }
        Ok((i, field))
    }
}

/// A value that an octet in front of it counts, and all that follows it.
pub(super) fn counted(i: &[u8]) -> Res<'_, (&[u8], &[u8])> {
    let (i, size) = nom::number::complete::u8(i)?;
    let (rest, value) = take(size)(i)?;
    Ok((&[], (value, rest)))
}

/// Appends a text field of exactly `octets` octets: padded with NULs, cut if longer.
pub(super) fn put_text(octets: usize, value: &[u8], out: &mut Vec<u8>) {
    let end = out.len() + octets;
    out.extend(value.iter().take(octets));
    out.resize(end, 0);
}

/// Appends 16 bits in network order.
pub(super) fn put16(value: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends 32 bits in network order.
pub(super) fn put32(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// A count of octets for a 16-bit length field; what does not fit is stated as the largest number.
pub(super) fn length16(octets: usize) -> u16 {
    u16::try_from(octets).unwrap_or(u16::MAX)
}

/// A count of octets for an 8-bit length field; what does not fit is stated as the largest number.
pub(super) fn length8(octets: usize) -> u8 {
    u8::try_from(octets).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::error::{WireError, finish};

    #[test]
    fn text_loses_only_its_trailing_nuls() {
        assert_eq!(finish(text(6)(b"a\0b\0\0\0")), Ok(b"a\0b".as_slice()));
        assert_eq!(finish(text(2)(b"\0\0")), Ok(b"".as_slice()));
        let cut = finish(text(3)(b"ab"));
        assert_eq!(cut, Err(WireError { left: 2, fault: Fault::Truncated }));
    }

    #[test]
    fn put_text_pads_and_cuts() {
        let mut out = Vec::new();
        put_text(4, b"ab", &mut out);
        put_text(2, b"abc", &mut out);
        assert_eq!(out, b"ab\0\0ab");
    }
}
