//! CHAP with MD5 (RFC 1994 §4.1), also inside EAP (RFC 3748 §5.4).

use md5::{Digest as _, Md5};

/// The Value of a Response: MD5 of identifier, secret and challenge. EAP-MD5 uses the EAP identifier.
#[must_use]
pub fn response(id: u8, secret: &[u8], challenge: &[u8]) -> [u8; 16] {
    Md5::new().chain_update([id]).chain_update(secret).chain_update(challenge).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    #[test]
    fn hashes_identifier_secret_and_challenge_in_this_order() {
        // RFC 1321 §A.5: MD5 of "abc".
        assert_eq!(response(b'a', b"b", b"c"), hex!("900150983CD24FB0D6963F7D28E17F72"));
        assert_eq!(response(b'a', b"bc", b""), response(b'a', b"", b"bc"));
        assert_ne!(response(1, b"s", b"c"), response(2, b"s", b"c"));
    }
}
