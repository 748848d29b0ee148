//! The test that needs no password: which last two octets of an NT hash fit a response.
//!
//! The third block of a 24-octet NT-Response is DES under a key of two unknown octets and five zeros
//! (RFC 2433 §A.7, RFC 2759 §8.5): 65,536 keys, all of which can be tried. That some tail fits proves
//! which Challenge and user name a Response answers (a wrong guess passes once in 2^48), and two
//! Responses with different tails were made from different passwords.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::{Zeroize as _, Zeroizing};

use super::des_block;
use crate::base::limits;
use crate::base::map::Map;

/// The last two octets of an NT hash: sixteen bits of a secret, so they can only be compared.
#[derive(Clone)]
pub struct Tail([u8; 2]);

impl PartialEq for Tail {
    fn eq(&self, other: &Self) -> bool {
        u16::from_be_bytes(self.0) ^ u16::from_be_bytes(other.0) == 0
    }
}

impl Eq for Tail {}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tail(..)")
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Searches that were made, with what they found: captures of one call at two points ask the same, and so does
/// each look at a conversation that goes on. A clone shares them. Bounded; the tails are wiped when dropped.
#[derive(Clone, Debug, Default)]
pub struct Searches(Arc<Mutex<Map<Question, Option<Tail>>>>);

/// Octets that were encrypted, and the last block of an NT-Response.
type Question = ([u8; 8], [u8; 8]);

impl Searches {
    /// As [`of_response`], without a search where it was made before.
    #[must_use]
    pub fn of_response(&self, challenge: &[u8; 8], nt_response: &[u8; 24]) -> Option<Tail> {
        let question = (*challenge, *nt_response.last_chunk()?);
        if let Some(answer) = self.all().get(&question) {
            return answer.clone();
        }
        let answer = find(&question.0, &question.1);
        let mut all = self.all();
        if all.len() >= limits::TAIL_RESULTS {
            all.clear();
        }
        // All room at once: a map that grows moves its tails, and what it leaves is not wiped.
        if all.capacity() == 0 {
            all.reserve(limits::TAIL_RESULTS);
        }
        all.insert(question, answer.clone());
        answer
    }

    fn all(&self) -> MutexGuard<'_, Map<Question, Option<Tail>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tail whose DES of `challenge` gives `third` (octets 16 to 23 of an NT-Response); `None` if none of
/// 65,536 does. `challenge` is MS-CHAPv1's Challenge, or MS-CHAPv2's
/// [`challenge_hash`](super::mschapv2::challenge_hash).
#[must_use]
pub fn find(challenge: &[u8; 8], third: &[u8; 8]) -> Option<Tail> {
    for first in 0..=limits::TAIL_FIRST {
        for second in 0..=u8::MAX {
            let key = Zeroizing::new([first, second, 0, 0, 0, 0, 0]);
            if des_block::encrypt(*key, *challenge) == *third {
                return Some(Tail([first, second]));
            }
        }
    }
    None
}

/// Whether this tail made the last block of an NT-Response.
#[must_use]
pub fn fits(tail: &Tail, challenge: &[u8; 8], nt_response: &[u8; 24]) -> bool {
    let key = Zeroizing::new([tail.0[0], tail.0[1], 0, 0, 0, 0, 0]);
    nt_response.ends_with(&des_block::encrypt(*key, *challenge))
}

/// The tail that made a whole NT-Response; `None` if none did.
#[must_use]
pub fn of_response(challenge: &[u8; 8], nt_response: &[u8; 24]) -> Option<Tail> {
    find(challenge, nt_response.last_chunk()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::mschapv2::{challenge_hash, nt_response};
    use crate::crypto::secret::NtHash;
    use hex_literal::hex;

    /// A published pppd log of the authentication race: one Challenge, two Responses.
    const CHALLENGE: [u8; 16] = hex!("5070251E94455E2155D2CF4D698D23C9");
    const FIRST: ([u8; 16], [u8; 24]) = (
        hex!("14D788F835ADD58B60D2AFF362C18316"),
        hex!("D780F3849076E9E013272F67BCB8C8CFA0E9B51C0FE3EE21"),
    );
    const SECOND: ([u8; 16], [u8; 24]) = (
        hex!("DF950DA43B90E235048810469D3283DD"),
        hex!("ACE042B145F5EB9F118349B5672D4829EB5038192050A90B"),
    );

    fn of(user: &[u8], (peer, nt): ([u8; 16], [u8; 24])) -> Option<Tail> {
        of_response(&challenge_hash(&peer, &CHALLENGE, user), &nt)
    }

    #[test]
    fn both_responses_of_the_race_come_from_one_password() {
        let first = of(b"murka", FIRST);
        assert!(first.is_some());
        assert_eq!(first, of(b"murka", SECOND));
    }

    #[test]
    fn another_name_or_pairing_fits_no_tail() {
        assert_eq!(of(b"Murka", FIRST), None);
        assert_eq!(of(b"murka", (FIRST.0, SECOND.1)), None);
    }

    #[test]
    fn finds_the_first_and_the_last_tail() {
        let challenge = hex!("D02E4386BCE91226");
        for end in [[0, 0], [0, 1], [0x89, 0xAE], [0xFF, 0xFF]] {
            let mut hash = [0x5A; 16];
            hash[14..].copy_from_slice(&end);
            let nt = nt_response(&NtHash::from_bytes(hash), &challenge);
            assert_eq!(of_response(&challenge, &nt), Some(Tail(end)));
            assert!(fits(&Tail(end), &challenge, &nt));
            assert!(!fits(&Tail([end[0], end[1] ^ 1]), &challenge, &nt));
        }
    }

    #[test]
    fn what_was_searched_for_is_known() {
        let searches = Searches::default();
        let shared = searches.clone();
        let hashed = challenge_hash(&FIRST.0, &CHALLENGE, b"murka");
        let first = of(b"murka", FIRST);
        assert_eq!(searches.of_response(&hashed, &FIRST.1), first);
        assert_eq!(searches.of_response(&hashed, &SECOND.1), None);
        assert_eq!(shared.all().len(), 2);
        let room = shared.all().capacity();
        assert!(room >= limits::TAIL_RESULTS);
        // Not searched for again: another answer was put there.
        let other = Some(Tail([0, 0]));
        shared.all().insert((hashed, *FIRST.1.last_chunk().unwrap()), other.clone());
        assert_eq!(searches.of_response(&hashed, &FIRST.1), other);

        for n in 2..limits::TAIL_RESULTS {
            let challenge = u64::try_from(n).unwrap().to_be_bytes();
            shared.all().insert((challenge, [0; 8]), None);
        }
        assert_eq!(searches.of_response(&hashed, &[0x5A; 24]), None);
        assert_eq!(shared.all().len(), 1);
        assert_eq!(shared.all().capacity(), room);
    }

    #[test]
    fn a_debug_text_does_not_show_it() {
        assert_eq!(format!("{:?}", Tail([0x12, 0x34])), "Tail(..)");
    }
}
