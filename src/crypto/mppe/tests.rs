//! The sample derivations of RFC 3079 §2.5 and §3.5, and keys of published recordings.

use hex_literal::hex;
use proptest::prelude::*;

use super::*;
use crate::crypto::mschapv1::lm_hash;

const NT_RESPONSE: [u8; 24] = hex!("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF");
const V1_CHALLENGE: [u8; 8] = hex!("102DB5DF085D3041");

fn hash() -> NtHash {
    NtHash::of_password("clientPass")
}

fn initial(start: &StartKey, strength: Strength) -> Vec<u8> {
    KeyChain::new(start, strength).key().used().to_vec()
}

fn sample(start: &StartKey, strength: Strength) -> Vec<u8> {
    let mut message = b"test message".to_vec();
    KeyChain::new(start, strength).key().cipher().apply(&mut message);
    message
}

#[test]
fn rfc_3079_section_3_5() {
    let start = StartKey::mschapv2(&hash(), &NT_RESPONSE, Sender::Server);
    assert_eq!(start.0, hex!("8B7CDC149B993A1BA118CB153F56DCCB"));
    assert_eq!(initial(&start, Strength::Bits40), hex!("D1269EC49FA62E3E"));
    assert_eq!(initial(&start, Strength::Bits56), hex!("D15C00C49FA62E3E"));
    assert_eq!(initial(&start, Strength::Bits128), hex!("405CB2247A7956E6E211007AE27B22D4"));
    assert_eq!(sample(&start, Strength::Bits40), hex!("929137917E5803D668D75898"));
    // The RFC prints 58 as the last octet: RC4 under the key it gives just before makes B8.
    assert_eq!(sample(&start, Strength::Bits56), hex!("3F106833FA448DA842BC57B8"));
    assert_eq!(sample(&start, Strength::Bits128), hex!("81848317DF68846272FB5ABE"));
}

#[test]
fn rfc_3079_section_2_5() {
    let lm = StartKey::mschapv1_lm(&lm_hash("clientPass"));
    assert_eq!(lm.0[..8], hex!("76A152936096D783"));
    assert_eq!(initial(&lm, Strength::Bits40), hex!("D1269E538CEC4A08"));
    assert_eq!(initial(&lm, Strength::Bits56), hex!("D10801538CEC4A08"));
    // One step of the RFC prints CA for C1; its next step and the key that follows have C1.
    let nt = StartKey::mschapv1(&hash(), &V1_CHALLENGE);
    assert_eq!(nt.0, hex!("A8947850CFC0ACC1D1789FB62DDCDDB0"));
    assert_eq!(initial(&nt, Strength::Bits128), hex!("59D159BC09F76F1DA2A86A28FFEC0B1E"));
}

#[test]
fn both_directions_of_published_recordings() {
    let rows = [
        (
            "clientPass",
            NT_RESPONSE,
            hex!("D5F0E9521E3EA9589645E86051C82226"),
            hex!("8B7CDC149B993A1BA118CB153F56DCCB"),
        ),
        (
            "password",
            hex!("ED8CC90FD40FAA2D6BCD0ABD0B1F562FD777DF6C5609C98B"),
            hex!("F47F7460117D0275EA0AF343FCD3092F"),
            hex!("F8976ABC688240FB20B9EA35DB70AFFB"),
        ),
        (
            "",
            hex!("EBA25A3B04D2C7085D01F842E2BEFC91745C40DB0F792356"),
            hex!("B28C815DF9153F7C17459DA4A4A8E063"),
            hex!("181C59F508E02C88B02E65AFC7BCA4E2"),
        ),
    ];
    for (password, nt_response, client, server) in rows {
        let hash = NtHash::of_password(password);
        for (sender, key) in [(Sender::Client, client), (Sender::Server, server)] {
            assert_eq!(StartKey::mschapv2(&hash, &nt_response, sender).0, key, "{password}");
        }
    }
}

#[test]
fn the_next_key_keeps_strength_and_salt() {
    let start = StartKey::mschapv2(&hash(), &NT_RESPONSE, Sender::Server);
    for strength in [Strength::Bits40, Strength::Bits56, Strength::Bits128] {
        let mut chain = KeyChain::new(&start, strength);
        let mut seen = vec![chain.key().used().to_vec()];
        for _ in 0..8 {
            chain.advance();
            let key = chain.key().used().to_vec();
            assert_eq!(key.len(), strength.octets());
            assert!(key.starts_with(strength.salt()) && !seen.contains(&key));
            seen.push(key);
        }
        assert_eq!(Strength::of_bits(strength.bits()), Some(strength));
    }
    assert_eq!(Strength::of_bits(64), None);
}

#[test]
fn nothing_shows_a_key() {
    let start = StartKey::from_bytes([0xAB; 16]);
    let chain = KeyChain::new(&start, Strength::Bits128);
    let cipher = chain.key().cipher();
    let shown = format!("{start:?} {chain:?} {:?} {cipher:?}", chain.key());
    assert_eq!(
        shown,
        "StartKey(..) KeyChain(128 bits, ..) SessionKey(128 bits, ..) Cipher(128 bits, ..)"
    );
}

proptest! {
    #[test]
    fn a_clone_goes_on_at_the_same_place(key: [u8; 16], skip in 0usize..3000, mut text: Vec<u8>) {
        let mut cipher = KeyChain::new(&StartKey::from_bytes(key), Strength::Bits56).key().cipher();
        cipher.apply(&mut vec![0; skip]);
        let mut clone = cipher.clone();
        let plain = text.clone();
        cipher.apply(&mut text);
        clone.apply(&mut text);
        prop_assert_eq!(text, plain);
    }
}
