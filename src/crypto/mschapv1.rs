//! MS-CHAPv1 (RFC 2433 appendix A): the NT and the LAN Manager response.

use zeroize::Zeroizing;

use super::des_block;
use super::secret::NtHash;

/// NtChallengeResponse (§A.5) to the eight octets of the Challenge; the user name has no part in it.
#[must_use]
pub fn nt_response(hash: &NtHash, challenge: &[u8; 8]) -> [u8; 24] {
    des_block::challenge_response(hash.bytes(), *challenge)
}

/// LmPasswordHash (§A.2): DES of a constant under the first 14 characters in upper case.
///
/// Clients take the characters from their OEM code page, which the packets do not tell: the result is
/// right for ASCII passwords; any other character counts as `?`.
#[must_use]
pub fn lm_hash(password: &str) -> Zeroizing<[u8; 16]> {
    let mut oem = Zeroizing::new([0; 14]);
    for (to, from) in oem.iter_mut().zip(password.chars()) {
        *to = u8::try_from(from).ok().filter(u8::is_ascii).unwrap_or(b'?').to_ascii_uppercase();
    }
    let mut hash = Zeroizing::new([0; 16]);
    for (to, key) in hash.as_chunks_mut::<8>().0.iter_mut().zip(oem.as_chunks::<7>().0) {
        *to = des_block::encrypt(*key, *LM_CONSTANT);
    }
    hash
}

/// LmChallengeResponse (§A.1) from the [`lm_hash`].
#[must_use]
pub fn lm_response(lm: &[u8; 16], challenge: &[u8; 8]) -> [u8; 24] {
    des_block::challenge_response(lm, *challenge)
}

const LM_CONSTANT: &[u8; 8] = b"KGS!@#$%";

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    const CHALLENGE: [u8; 8] = hex!("102DB5DF085D3041");

    #[test]
    fn rfc_2433_appendix_b() {
        let hash = NtHash::of_password("MyPw");
        assert_eq!(hash.bytes(), &hex!("FC156AF7EDCD6C0EDDE3337D427F4EAC"));
        let nt = hex!("4E9D3C8F9CFD385D5BF4D3246791956CA4C351AB409A3D61");
        assert_eq!(nt_response(&hash, &CHALLENGE), nt);
        let lm = lm_hash("MyPw");
        assert_eq!(*lm, hex!("75BA30198E6D1975AAD3B435B51404EE"));
        let response = hex!("91881D0152AB0C33C524135EC24A95EE64E23CDC2D33347D");
        assert_eq!(lm_response(&lm, &CHALLENGE), response);
    }

    #[test]
    fn lan_manager_folds_case_and_cuts_at_fourteen() {
        assert_eq!(lm_hash("myPW"), lm_hash("MYpw"));
        assert_eq!(lm_hash("12345678901234"), lm_hash("12345678901234567"));
        // Two keys of zeros: the well-known hash of an empty password.
        assert_eq!(*lm_hash(""), hex!("AAD3B435B51404EEAAD3B435B51404EE"));
        assert_eq!(lm_hash("ü"), lm_hash("?"));
    }
}
