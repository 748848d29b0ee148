//! Recorded values and texts, and texts as they go wrong in the field.

use hex_literal::hex;
use proptest::prelude::*;

use super::*;

// From recordings of pptpd and pptp-linux.
const RESPONSE: [u8; 49] = hex!(
    "7f0baf46c3b0b41005de7449ee61a87b 0000000000000000"
    "a4fcc739168387783beb86a88cc3d3f7bc133421b80f666e 00"
);
const REFUSED: &[u8] = b"E=691 R=1 C=f57acdb4fda171250d6fe979bb9427da V=0 M=Access denied";
const DIGITS_SEEN: &str = "90F86E6EBB4FFD76A7284100BB31340ED788CF0E";
const OCTETS_SEEN: [u8; 20] = hex!("90F86E6EBB4FFD76A7284100BB31340ED788CF0E");

#[test]
fn a_recorded_response() {
    let response = response_v2(&RESPONSE).unwrap();
    assert_eq!(response.peer_challenge, RESPONSE[..16]);
    assert_eq!(response.nt, RESPONSE[24..48]);
    assert_eq!((response.reserved, response.flags), ([0; 8], 0));
    assert_eq!(response.emit(), RESPONSE);

    let v1 = response_v1(&RESPONSE).unwrap();
    assert_eq!((v1.lm, v1.use_nt), (*RESPONSE.first_chunk().unwrap(), 0));
    assert_eq!(v1.emit(), RESPONSE);
}

#[test]
fn a_response_of_another_length_is_none() {
    let longer = [RESPONSE.as_slice(), &[0]].concat();
    for value in [&[], &RESPONSE[..48], &longer] {
        assert_eq!((response_v1(value), response_v2(value)), (None, None));
    }
}

#[test]
fn a_recorded_failure() {
    let expected = Failure {
        error: Some(691),
        retry: Some(true),
        challenge: Some(b"f57acdb4fda171250d6fe979bb9427da"),
        version: Some(0),
        message: Some(b"Access denied"),
        stray: None,
    };
    assert_eq!(failure(REFUSED), expected);
    let with_ident = [b"\x98", REFUSED].concat();
    assert_eq!(failure(&with_ident), Failure { stray: Some(0x98), ..expected });
}

#[test]
fn failures_in_other_shapes() {
    assert_eq!(failure(b""), Failure::default());
    assert_eq!(failure(b"no such user"), Failure::default());
    let swapped = failure(b"R=0 V=3  E=648");
    assert_eq!((swapped.error, swapped.retry, swapped.version), (Some(648), Some(false), Some(3)));
    let unreadable = failure(b"E=x R=2 C= V=99999999999");
    assert_eq!(unreadable, Failure::default());
    assert_eq!(failure(b"E=649\0\0").error, Some(649));
    assert_eq!(failure(b"M=E=691 R=1").message, Some(b"E=691 R=1".as_slice()));
    assert_eq!(failure(b"M=E=691 R=1").error, None);
    assert_eq!(failure(b"X=1 E=647 E=691").error, Some(647));
    assert_eq!(failure(b"E=691 M=").message, Some(b"".as_slice()));
    assert_eq!(
        (failure(b"E=69").error, failure(b"E=").error, failure(b"E").error),
        (Some(69), None, None)
    );
}

#[test]
fn every_form_of_success() {
    let lower = DIGITS_SEEN.to_lowercase();
    let cases = [
        (format!("S={DIGITS_SEEN} M=Access granted"), SuccessForm::Good, Some("Access granted")),
        (format!("S={DIGITS_SEEN}"), SuccessForm::Good, None),
        (format!("S={DIGITS_SEEN}M=Access granted"), SuccessForm::Glued, Some("Access granted")),
        (format!("S={lower} M=ok"), SuccessForm::LowerCase, Some("ok")),
        (format!("S={lower}M=ok"), SuccessForm::LowerCase, Some("ok")),
        (format!("S={DIGITS_SEEN}\0"), SuccessForm::Trailing, None),
        (format!("S={DIGITS_SEEN}00"), SuccessForm::Trailing, None),
        (format!("\u{7}S={DIGITS_SEEN} M=ok"), SuccessForm::Prefixed, Some("ok")),
        (format!("M=S= S={DIGITS_SEEN}"), SuccessForm::Prefixed, None),
    ];
    for (text, form, message) in cases {
        let read = success(text.as_bytes());
        assert_eq!((read.form, read.message), (form, message.map(str::as_bytes)), "{text}");
        assert_eq!(read.authenticator_response, Some(OCTETS_SEEN), "{text}");
        assert_eq!(read.stray, text.starts_with('\u{7}').then_some(7), "{text}");
    }
}

#[test]
fn success_without_a_response() {
    let short = &DIGITS_SEEN[..39];
    let cases = [
        (String::new(), SuccessForm::Missing),
        ("M=Welcome".into(), SuccessForm::Missing),
        ("S=".into(), SuccessForm::Digits),
        (format!("S={short}"), SuccessForm::Digits),
        (format!("S={short}G M=ok"), SuccessForm::Digits),
        (format!(" S={short}"), SuccessForm::Prefixed),
    ];
    for (text, form) in cases {
        let read = success(text.as_bytes());
        assert_eq!((read.form, read.authenticator_response), (form, None), "{text}");
    }
    assert_eq!(success(b"M=Welcome").message, Some(b"Welcome".as_slice()));
}

#[test]
fn texts_are_written_as_recorded() {
    let text = success_text(&OCTETS_SEEN, Some("Access granted"));
    assert_eq!(text, format!("S={DIGITS_SEEN} M=Access granted"));
    let challenge = hex!("f57acdb4fda171250d6fe979bb9427da");
    let text = failure_text(691, true, &challenge, 0, "Access denied");
    assert!(text.as_bytes().eq_ignore_ascii_case(REFUSED));
    assert_eq!(failure_text(649, false, &[], 3, "no"), "E=649 R=0 V=3 M=no");
}

proptest! {
    #[test]
    fn responses_are_read_back(start: [u8; 24], nt: [u8; 24], flags: u8) {
        let v1 = ResponseV1 { lm: start, nt, use_nt: flags };
        prop_assert_eq!(response_v1(&v1.emit()), Some(v1));
        let v2 = response_v2(&v1.emit()).unwrap();
        prop_assert_eq!(response_v2(&v2.emit()), Some(v2));
    }

    #[test]
    fn texts_are_read_back(
        response: [u8; 20], message: Option<String>, retry: bool, error: u32, version: u32,
        challenge in prop_oneof![Just(vec![]), Just(vec![0xC5; 8]), Just(vec![0x5C; 16])],
    ) {
        let text = success_text(&response, message.as_deref());
        let read = success(text.as_bytes());
        prop_assert_eq!(read.form, SuccessForm::Good);
        prop_assert_eq!(read.authenticator_response, Some(response));
        prop_assert_eq!(read.message, message.as_deref().map(str::as_bytes));

        let message = message.unwrap_or_default();
        let text = failure_text(error, retry, &challenge, version, &message);
        let read = failure(text.as_bytes());
        let (numbers, size) = ((read.error, read.retry, read.version), read.challenge.map(<[u8]>::len));
        prop_assert_eq!(numbers, (Some(error), Some(retry), Some(version)));
        prop_assert_eq!(size, Some(challenge.len() * 2).filter(|&n| n > 0));
        prop_assert_eq!(read.message, Some(message.as_bytes()));
    }

    #[test]
    fn arbitrary_octets_do_not_panic(octets: Vec<u8>, text in "[ERCVMS= 0-9A-Fa-f]{0,60}") {
        let _ = (failure(&octets), success(&octets), response_v1(&octets), response_v2(&octets));
        let _ = (failure(text.as_bytes()), success(text.as_bytes()));
    }
}
