//! DES as MS-CHAP uses it: 56-bit keys given as 7 octets, one block at a time (RFC 2433 §A.7–A.9,
//! RFC 2759 §8.5–8.6).

use des::Des;
use des::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use zeroize::Zeroizing;

/// DesEncrypt: `block` under the 56 bits of `key`.
pub(super) fn encrypt(key: [u8; 7], block: [u8; 8]) -> [u8; 8] {
    let key = Zeroizing::new(spread(key));
    let mut out = block.into();
    Des::new(&(*key).into()).encrypt_block(&mut out);
    out.into()
}

/// ChallengeResponse: `challenge` under three keys cut from the hash and five zeros, one after the other.
pub(super) fn challenge_response(hash: &[u8; 16], challenge: [u8; 8]) -> [u8; 24] {
    let mut padded = Zeroizing::new([0; 21]);
    for (to, from) in padded.iter_mut().zip(hash) {
        *to = *from;
    }
    let mut out = [0; 24];
    for (to, key) in out.as_chunks_mut::<8>().0.iter_mut().zip(padded.as_chunks::<7>().0) {
        *to = encrypt(*key, challenge);
    }
    out
}

/// Seven octets over eight, seven bits each. The lowest bit of each octet is the parity, which DES does
/// not read; it stays 0.
pub(super) fn spread(key: [u8; 7]) -> [u8; 8] {
    let bits = key.iter().fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
    let mut out = 0_u64;
    for group in 0..8 {
        out |= (bits >> (7 * group) & 0x7F) << (8 * group + 1);
    }
    out.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    #[test]
    fn encrypts_as_fips_46_does() {
        // A published worked example: key 133457799BBCDFF1 without its parity bits.
        let key = hex!("12695BC9B7B7F8");
        assert_eq!(encrypt(key, hex!("0123456789ABCDEF")), hex!("85E813540F0AB405"));
    }

    #[test]
    fn spreads_seven_octets_over_eight() {
        assert_eq!(spread([0xFF; 7]), [0xFE; 8]);
        assert_eq!(spread(hex!("80000000000001")), hex!("8000000000000002"));
        // RFC 2759 §9.2: the password hash octets 14 and 15 make the third key.
        assert_eq!(spread(hex!("89AE0000000000")), hex!("88D6800000000000"));
    }
}
