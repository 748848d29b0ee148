//! The Internet checksum (RFC 1071): of IP headers, of TCP segments.

/// Ones' complement sum of `octets` as 16-bit words on top of `sum`, folded. What carries its checksum sums up
/// to FFFF; where that is still zero, its complement is the checksum. Of a message in pieces, only the last one
/// may have an odd length.
#[must_use]
pub fn ones_sum(sum: u16, octets: &[u8]) -> u16 {
    // Words of twice the length have the same sum but for carries, which folding adds back (§2).
    let (words, rest) = octets.as_chunks::<4>();
    let mut sum =
        words.iter().fold(u64::from(sum), |sum, word| sum + u64::from(u32::from_be_bytes(*word)));
    for (n, octet) in rest.iter().enumerate() {
        sum += u64::from(*octet) << if n % 2 == 0 { 8 } else { 0 };
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}

/// The checksum of a message in pieces whose own field is zero.
#[must_use]
pub fn checksum(pieces: &[&[u8]]) -> u16 {
    !pieces.iter().fold(0, |sum, piece| ones_sum(sum, piece))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    #[test]
    fn sums_are_folded_and_odd_ends_padded() {
        // RFC 1071 §3.
        assert_eq!(ones_sum(0, &hex!("0001F203F4F5F6F7")), 0xDDF2);
        assert_eq!(ones_sum(0xFFFF, &[0xFF, 0xFF]), 0xFFFF);
        assert_eq!(ones_sum(0, &[0x12]), 0x1200);
        assert_eq!(ones_sum(0, &hex!("1234 5678 9A")), 0x02AD);
        let recorded = hex!("4500001c 1c464000 402f0000 c0a80068 c0a80001");
        assert_eq!(checksum(&[&recorded]), 0x9CB3);
        assert_eq!(checksum(&[&recorded[..4], &recorded[4..]]), 0x9CB3);
    }

    proptest! {
        #[test]
        fn is_the_sum_of_16_bit_words(sum: u16, octets: Vec<u8>) {
            let mut plain = u32::from(sum);
            for pair in octets.chunks(2) {
                plain += u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low));
                plain = (plain & 0xFFFF) + (plain >> 16);
            }
            prop_assert_eq!(u32::from(ones_sum(sum, &octets)), plain);
        }

        #[test]
        fn pieces_sum_up_to_the_whole(mut first: Vec<u8>, second: Vec<u8>) {
            first.truncate(first.len() & !1);
            let whole = [first.as_slice(), &second].concat();
            prop_assert_eq!(ones_sum(ones_sum(0, &first), &second), ones_sum(0, &whole));
        }
    }
}
