//! What can be computed: MS-CHAPv1 and v2 (RFC 2433, RFC 2759), CHAP-MD5 (RFC 1994), the keys of MPPE
//! (RFC 3079), and the test of the 16-bit tail that needs no password. Arrays in, arrays out; no wire
//! types. Secrets, keys and tails have no `Debug` that shows them and are wiped when dropped.

pub mod chap_md5;
mod des_block;
pub mod mppe;
pub mod mschapv1;
pub mod mschapv2;
pub mod secret;
mod secret_words;
pub mod tail;

/// The first `N` octets of a longer digest.
fn leading<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(digest) {
        *to = *from;
    }
    out
}
