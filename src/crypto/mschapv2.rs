//! MS-CHAPv2 (RFC 2759 §8): what client and server compute from the password's hash.

use md4::Digest as _;
use sha1::Sha1;

use super::secret::NtHash;
use super::{des_block, leading};

/// ChallengeHash (§8.2): the eight octets that a Response encrypts. `user` is hashed as given, without a
/// domain ([`bare_user`]); `authenticator` has 16 octets in every well-formed Challenge.
#[must_use]
pub fn challenge_hash(peer: &[u8; 16], authenticator: &[u8], user: &[u8]) -> [u8; 8] {
    leading(
        &Sha1::new().chain_update(peer).chain_update(authenticator).chain_update(user).finalize(),
    )
}

/// GenerateNTResponse (§8.1, §8.5) from the [`challenge_hash`].
#[must_use]
pub fn nt_response(hash: &NtHash, challenge: &[u8; 8]) -> [u8; 24] {
    des_block::challenge_response(hash.bytes(), *challenge)
}

/// GenerateAuthenticatorResponse (§8.7): the octets that a Success writes after `S=` in hexadecimal.
/// `challenge` is the [`challenge_hash`].
#[must_use]
pub fn authenticator_response(
    hash: &NtHash,
    nt_response: &[u8; 24],
    challenge: &[u8; 8],
) -> [u8; 20] {
    let signed = Sha1::new()
        .chain_update(*hash.hash())
        .chain_update(nt_response)
        .chain_update(SIGNING)
        .finalize();
    Sha1::new()
        .chain_update(signed)
        .chain_update(challenge)
        .chain_update(ITERATION)
        .finalize()
        .into()
}

/// The name without `DOMAIN\` before it: only this is hashed (RFC 2759 §4, §8.2).
#[must_use]
pub fn bare_user(name: &[u8]) -> &[u8] {
    name.rsplit(|octet| *octet == b'\\').next().unwrap_or(name)
}

const SIGNING: &[u8] = b"Magic server to client signing constant";
const ITERATION: &[u8] = b"Pad to make it do more than one iteration";

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// Challenge, peer challenge, NT-Response, authenticator response.
    type Row = ([u8; 16], [u8; 16], [u8; 24], [u8; 20]);

    const AC: [u8; 16] = hex!("5B5D7C7D7B3F2F3E3C2C602132262628");
    const PC: [u8; 16] = hex!("21402324255E262A28295F2B3A337C7E");

    fn holds(user: &str, password: &str, (authenticator, peer, nt, success): Row) {
        let hash = NtHash::of_password(password);
        let challenge = challenge_hash(&peer, &authenticator, bare_user(user.as_bytes()));
        assert_eq!(nt_response(&hash, &challenge), nt, "{user}");
        assert_eq!(authenticator_response(&hash, &nt, &challenge), success, "{user}");
    }

    #[test]
    fn rfc_2759_section_9_2() {
        let hash = NtHash::of_password("clientPass");
        assert_eq!(hash.bytes(), &hex!("44EBBA8D5312B8D611474411F56989AE"));
        assert_eq!(*hash.hash(), hex!("41C00C584BD2D91C4017A2A12FA59F3F"));
        assert_eq!(challenge_hash(&PC, &AC, b"User"), hex!("D02E4386BCE91226"));
        let nt = hex!("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF");
        let success = hex!("407A5589115FD0D6209F510FE9C04566932CDA56");
        holds("User", "clientPass", (AC, PC, nt, success));
    }

    #[test]
    fn two_responses_to_one_challenge_and_one_to_another() {
        let rb = (
            AC,
            hex!("101112131415161718191A1B1C1D1E1F"),
            hex!("E59289A5BFC95CC20B743123D3EFE2EB61D0544CB901CBF5"),
            hex!("BCCFE71BB5659B228B2B7FC8D21CECB95EC6404E"),
        );
        let again = (
            hex!("A0A1A2A3A4A5A6A7A8A9AAABACADAEAF"),
            PC,
            hex!("33008E10ECE65C522B7F58A4B85D7383A5AF9C2FF014E6D8"),
            hex!("94DA70C54A55659AAD4FE62A1A1C52BEA24348BF"),
        );
        holds("User", "clientPass", rb);
        holds("User", "clientPass", again);
    }

    #[test]
    fn published_recordings() {
        let fred = (
            hex!("56D64CBE7BAD61349A0B752335100EAF"),
            hex!("7F8A466CFF2A6BF0C80218BBF56D76BC"),
            hex!("D7D829D9545CEF1D631B4E568FFB7586050FA3A4D02DBC0B"),
            hex!("507C6D19066564CE92B7FFD1CA3F1F2C03961484"),
        );
        holds("domain\\fred", "OMG!BBQ!11!one", fred);
        let empty_password = (
            hex!("D94E7C7972B2376B28C268583E162DE7"),
            hex!("0677CA7318FD7F65AE1B4F58C9F4F400"),
            hex!("EBA25A3B04D2C7085D01F842E2BEFC91745C40DB0F792356"),
            hex!("C541C753FB9DB7EF15EF605FCFA49DE4592FE1F0"),
        );
        holds("lameuser", "", empty_password);
        let windows_7 = (
            hex!("95A87FA62EBCD2E3C8B09E1B448A6C72"),
            hex!("E2AE0995EAAC6CEFF0D9757428B51509"),
            hex!("ED8CC90FD40FAA2D6BCD0ABD0B1F562FD777DF6C5609C98B"),
            hex!("460874E1CADF35FBD9F6E80C01A1ADC5746F0B6A"),
        );
        holds("lulu", "password", windows_7);
    }

    #[test]
    fn only_the_part_after_the_domain_is_the_user() {
        assert_eq!(bare_user(b"DOM\\alice"), b"alice");
        assert_eq!(bare_user(b"alice@example.org"), b"alice@example.org");
        assert_eq!(bare_user(b"DOM\\"), b"");
        assert_eq!(bare_user(b""), b"");
    }
}
