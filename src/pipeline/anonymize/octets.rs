//! Octets overwritten in place. Nothing here changes a length: a packet keeps its size, and every lie
//! that its length fields tell.

/// At most the first `n` octets, and the rest.
pub(super) fn split(octets: &mut [u8], n: usize) -> (&mut [u8], &mut [u8]) {
    octets.split_at_mut(n.min(octets.len()))
}

/// What follows the first `n` octets.
pub(super) fn after(octets: &mut [u8], n: usize) -> &mut [u8] {
    split(octets, n).1
}

/// Zeros.
pub(super) fn wipe(octets: &mut [u8]) {
    octets.fill(0);
}

/// 16 bits in network order; `None` beyond the end.
pub(super) fn get16(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair))
}

/// Writes octets at a place, where there is room for all of them.
pub(super) fn put(octets: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = octets.get_mut(at..at.saturating_add(value.len())) {
        place.copy_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_beyond_the_end() {
        let mut octets = [1, 2, 3];
        assert_eq!(split(&mut octets, 9).0, [1, 2, 3]);
        assert!(after(&mut octets, 9).is_empty());
        put(&mut octets, 2, &[9, 9]);
        put(&mut octets, 1, &[7, 8]);
        assert_eq!((octets, get16(&octets, 1), get16(&octets, 2)), ([1, 7, 8], Some(0x0708), None));
    }
}
