//! Texts that peers send: the sentences of known software stay, since rules read them; any other word
//! becomes x's of the same length.

use super::keyed::Key;
use super::octets::{after, put, wipe};
use crate::wire::ppp::lcp;
use crate::wire::ppp::lcp::TerminateReason;

/// Overwrites every word that is none of [`WORDS`]. Blanks, line ends and punctuation stay.
pub(super) fn words(text: &mut [u8]) {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.iter().position(|o| !is_letter(*o)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at_mut(end.max(1));
        match word {
            [one] if !is_letter(*one) => {
                if !(one.is_ascii_punctuation() || matches!(one, b' ' | b'\t' | b'\r' | b'\n' | 0))
                {
                    *one = b'x';
                }
            }
            _ if is_known(word) => {}
            _ => word.fill(b'x'),
        }
        rest = tail;
    }
}

/// Overwrites the text of a Success or Failure. Of its fields (RFC 2759 §5–6) `E=`, `R=`, `C=` and `V=`
/// stay, the digits of `S=` become others of the same number and case, and `M=` is a text.
pub(super) fn verdict(key: &Key, text: &mut [u8]) {
    let mut at_start = true;
    let mut rest = text;
    // One stray octet in front, as RADIUS leaves it there (RFC 2548 §2.3.3), is a fact.
    if field(rest).is_none() && rest.get(1..).is_some_and(|t| field(t).is_some()) {
        rest = after(rest, 1);
    }
    while !rest.is_empty() {
        let length = match field(rest) {
            Some(b'S') => {
                let digits = 2 + run(rest.get(2..), PROOF, u8::is_ascii_hexdigit);
                if let Some(digits) = rest.get_mut(2..digits) {
                    proof(key, digits);
                }
                digits
            }
            Some(b'M') => 2,
            Some(b'C') if at_start => 2 + run(rest.get(2..), CHALLENGE, u8::is_ascii_hexdigit),
            Some(_) if at_start => 2 + run(rest.get(2..), NUMBER, u8::is_ascii_digit),
            _ => {
                // A word ends where a proof begins, as its reader would have it.
                let proof = (1..rest.len()).find(|n| {
                    rest.get(*n..).is_some_and(|t| t.starts_with(b"S=") || t.starts_with(b"M="))
                });
                let letters = run(Some(rest), proof.unwrap_or(rest.len()), |o| is_letter(*o));
                let end = letters.max(1);
                if let Some(word) = rest.get_mut(..end) {
                    words(word);
                }
                end
            }
        };
        at_start = rest.get(length - 1).is_some_and(|o| *o == b' ');
        rest = after(rest, length);
    }
}

/// Overwrites why a peer terminates: a RAS error number of Windows stays, and every sentence that rules look
/// for, also where other letters are on to it.
pub(super) fn terminate(data: &mut [u8]) {
    if let TerminateReason::Ras(_) = lcp::terminate_reason(data) {
        return wipe(after(data, RAS));
    }
    let said = data.to_vec();
    words(data);
    for sentence in SENTENCES.iter().map(|s| s.as_bytes()) {
        for (at, _) in said.windows(sentence.len()).enumerate().filter(|(_, w)| *w == sentence) {
            put(data, at, sentence);
        }
    }
}

/// Overwrites an LCP Identification (RFC 1570 §2.1) but for what names the software. Returns where the
/// name of a machine stands in it, if one does.
pub(super) fn identification(text: &mut [u8]) -> Option<&mut [u8]> {
    match text {
        [b'M', b'S', b'R', b'A', b'S', b'V', ..] => words(after(text, b"MSRASV5.20".len())),
        [b'M', b'S', b'R', b'A', b'S', b'-', kind, b'-', ..] if kind.is_ascii_digit() => {
            return text.get_mut(b"MSRAS-0-".len()..);
        }
        _ if text.iter().all(|o| matches!(o, b' '..=b'~')) => words(text),
        _ => text.fill(b'x'),
    }
    None
}

/// Letter of the field that begins here.
fn field(text: &[u8]) -> Option<u8> {
    match *text {
        [letter @ (b'S' | b'E' | b'R' | b'C' | b'V' | b'M'), b'=', ..] => Some(letter),
        _ => None,
    }
}

/// How many octets of a kind stand at the front, up to `most`.
fn run(text: Option<&[u8]>, most: usize, is: impl Fn(&u8) -> bool) -> usize {
    text.unwrap_or_default().iter().take(most).take_while(|o| is(o)).count()
}

/// Other digits for the same digits, whatever their case; lower case stays lower.
fn proof(key: &Key, digits: &mut [u8]) {
    let lower = digits.iter().any(u8::is_ascii_lowercase);
    let value = digits.to_ascii_uppercase();
    key.fill("proof", &value, digits);
    let alphabet = if lower { b"0123456789abcdef" } else { b"0123456789ABCDEF" };
    for digit in digits {
        *digit = alphabet.get(usize::from(*digit & 15)).copied().unwrap_or(b'0');
    }
}

/// What words are made of: letters and digits, and every octet beyond ASCII.
const fn is_letter(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet >= 0x80
}

fn is_known(word: &[u8]) -> bool {
    WORDS.split_ascii_whitespace().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

/// Digits of an authenticator response, of a Challenge in a Failure, and of its numbers.
const PROOF: usize = 40;
const CHALLENGE: usize = 32;
const NUMBER: usize = 10;
/// Octets of magic number, mark and RAS error number.
const RAS: usize = 12;

/// What rules look for in the reason of a Terminate-Request, and by what its software is told.
const SENTENCES: [&str; 25] = [
    "Failed to authenticate ourselves to peer",
    "authenticate ourselves",
    "Authentication failed",
    "peer refused to authenticate",
    "refused to authenticate",
    "couldn't negotiate eap",
    "MPPE required but not available",
    "MPPE required but peer",
    "MPPE required but",
    "MPPE required",
    "MPPE disabled",
    "User request",
    "hangup",
    "oopback detected",
    "oopback",
    "Peer not responding",
    "Link inactive",
    "Connect time expired",
    "Traffic limit",
    "No network protocols running",
    "Could not determine remote IP address",
    "Could not determine local IP address",
    "Unauthorized remote IP address",
    "Refused our IP address",
    "Refused his IP address",
];
/// The words of the sentences that pppd, accel-ppp, RouterOS and Windows write.
const WORDS: &str = "
    a access account active address again all allowed already an and are as at auth authenticate
    authenticated authentication authorized available bad because been busy but by callback challenge
    chap client closed closing compression connect connected connection could dead denied detected
    determine dialin disabled does down eap echo encryption enough error exceeded excessive expired fail
    failed failure for frames from granted he him his hours hung idle in inactive incorrect invalid ip
    ipcp ipv6 is it keys lack layer lcp left limit line link local locked logged login logon loopback
    lower mppe mschap name negotiation network no not of off ok on or our ourselves out pap password peer
    permission please ppp protocol protocols reached receive received refused rejected remote reply
    request required responding response restart restricted running server session shutdown shutting
    success successful supported terminated terminating the their time timed timeout to traffic try
    unable unauthorized unknown up us user username valid was we welcome with wrong you your";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ppp::mschap;
    use proptest::prelude::*;

    fn after_words(text: &str) -> String {
        let mut octets = text.as_bytes().to_vec();
        words(&mut octets);
        String::from_utf8(octets).unwrap()
    }

    fn after_verdict(text: &[u8]) -> Vec<u8> {
        let mut octets = text.to_vec();
        verdict(&Key::new([1; 32]), &mut octets);
        assert_eq!(octets.len(), text.len());
        octets
    }

    #[test]
    fn known_sentences_stay_and_all_else_goes() {
        for text in [
            "User request",
            "Failed to authenticate ourselves to peer",
            "MPPE required but peer negotiation failed",
            "peer refused to authenticate",
            "Loopback detected",
            "No network protocols running",
            "Connect time expired",
            "Traffic limit reached",
            "Could not determine remote IP address",
            "Refused our IP address",
            "Access denied",
            "Login incorrect",
        ] {
            assert_eq!(after_words(text), text);
        }
        assert_eq!(
            after_words("Unauthorized remote IP address 10.9.0.7, müller\r\n"),
            "Unauthorized remote IP address xx.x.x.x, xxxxxxx\r\n"
        );
    }

    #[test]
    fn fields_of_a_failure_stay() {
        let kept = b"E=691 R=1 C=D60D62DC9B8702F14D7A6FF4E4B48306 V=3 M=Access denied to ";
        let new = after_verdict(&[&kept[..], b"alice"].concat());
        assert_eq!(new, [&kept[..], b"xxxxx"].concat());
        assert_eq!(after_verdict(b"PHONE=5551234"), b"xxxxx=xxxxxxx");
        assert_eq!(after_verdict(b"\x07E=691 R=0"), b"\x07E=691 R=0");
    }

    #[test]
    fn digits_of_a_success_become_others() {
        let digits = b"S=90F86E6EBB4FFD76A7284100BB31340ED788CF0E";
        for (tail, form) in [
            (&b" M=Access granted"[..], mschap::SuccessForm::Good),
            (b"M=Access granted", mschap::SuccessForm::Glued),
            (b"\0", mschap::SuccessForm::Trailing),
        ] {
            let text = [&digits[..], tail].concat();
            let new = after_verdict(&text);
            assert!(new.ends_with(tail) && !new.starts_with(digits));
            assert_eq!(mschap::success(&new).form, form);
        }
        let [one, other] = [&b"S=ABCD"[..], b"AS=abcd"].map(after_verdict);
        assert_eq!(one.to_ascii_lowercase(), other[1..].to_ascii_lowercase());
        assert_eq!(other[0], b'A');
    }

    #[test]
    fn sentences_stay_wherever_they_stand() {
        for sentence in SENTENCES {
            let mut text = [b"aliceX", sentence.as_bytes(), b"\xE4Xbob"].concat();
            terminate(&mut text);
            assert_eq!(&text[6..6 + sentence.len()], sentence.as_bytes());
            assert!(text.starts_with(b"xxxxxx") && text.ends_with(b"xxxxx"), "{sentence}");
        }
        let mut text = *b"Modem hangup";
        terminate(&mut text);
        assert_eq!(&text, b"xxxxx hangup");
    }

    #[test]
    fn windows_says_why_and_what_it_is() {
        let mut data = *b"\x26\x17\x43\x53\x00\x3C\xCD\x74\x00\x00\x02\xB3alice";
        terminate(&mut data);
        assert_eq!(&data, b"\x26\x17\x43\x53\x00\x3C\xCD\x74\x00\x00\x02\xB3\0\0\0\0\0");
        let mut text = *b"MSRAS-0-ALICEPC";
        assert_eq!(identification(&mut text), Some(&mut *b"ALICEPC".to_vec()));
        let mut text = *b"MSRASV5.10";
        assert!(identification(&mut text).is_none());
        assert_eq!(&text, b"MSRASV5.10");
    }

    proptest! {
        #[test]
        fn a_failure_keeps_what_is_read_of_it(text: Vec<u8>, head in "E=[0-9]{1,4} R=[01] ") {
            let text = [head.as_bytes(), &text].concat();
            let new = after_verdict(&text);
            let (old, new) = (mschap::failure(&text), mschap::failure(&new));
            prop_assert_eq!((old.error, old.retry), (new.error, new.retry));
        }

        #[test]
        fn a_proof_keeps_its_form(tail in "[ M=a-z]{0,8}", digits in "[0-9A-F]{38,42}|[0-9a-f]{40}") {
            let text = format!("S={digits}{tail}");
            let new = after_verdict(text.as_bytes());
            let (old, new) = (mschap::success(text.as_bytes()), mschap::success(&new));
            // Lower case without one letter is a chance of (10/16)^40.
            prop_assert_eq!((old.form, old.stray), (new.form, new.stray));
        }
    }
}
