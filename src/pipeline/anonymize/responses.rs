//! Responses that stand for others. What the 16-bit-tail test proves of the originals it proves of these:
//! which Challenge each answers, with which form of the name, and which come from one password.

use std::collections::BTreeMap;

use super::keyed::Key;
use super::names::Names;
use crate::base::limits;
use crate::crypto::mschapv1;
use crate::crypto::mschapv2;
use crate::crypto::secret::NtHash;
use crate::model::auth::Attempt;
use crate::model::auth::Challenge;
use crate::model::auth::Credential;
use crate::model::auth::Response;
use crate::model::conversation::Conversation;
use crate::model::proof::NameForm;

/// What the analysis knows of each Response.
#[derive(Debug, Default)]
pub(super) struct Responses(BTreeMap<Print, Recipe>);

/// A Response by its content: a copy in another frame is the same one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Print {
    /// MS-CHAPv2 only.
    peer: Option<[u8; 16]>,
    nt: [u8; 24],
    name: Box<[u8]>,
}

/// How to make the one that stands for it.
#[derive(Debug)]
struct Recipe {
    /// `None`: it answers no Challenge of the capture.
    answers: Option<(Box<[u8]>, NameForm)>,
    conversation: u32,
    /// Class of the password.
    class: u8,
}

impl Responses {
    /// Takes what is known of a conversation.
    pub(super) fn learn(&mut self, c: &Conversation) {
        for attempt in c.calls.iter().flat_map(|call| &call.attempts) {
            for (index, response) in attempt.distinct_responses() {
                let Some(print) = Print::of(&response.credential, &response.name) else { continue };
                let class = attempt.proof.password_class.get(index).copied().flatten();
                let answers = answers(attempt, index, response);
                let class = class.unwrap_or(0);
                self.0.entry(print).or_insert(Recipe { answers, conversation: c.id, class });
            }
        }
    }

    /// Overwrites the 49 octets of an MS-CHAP Response (RFC 2433 §4, RFC 2759 §4); `name` as it was sent.
    pub(super) fn veil(&self, key: &Key, names: &mut Names, value: &mut [u8; 49], name: &[u8]) {
        let (head, rest) = value.split_at_mut(24);
        let Some(nt) = rest.first_chunk_mut::<24>() else { return };
        let name = name.get(..limits::WIRE_TEXT).unwrap_or(name);
        let find = |peer| Some((peer, self.0.get(&Print { peer, nt: *nt, name: name.into() })?));
        let (v2, v1) = (find(head.first_chunk().copied()), find(None));
        // Without an analysis the shape tells: v2 has zeros where v1 has a part of the LM response.
        let is_v2 = v2.is_some() || v1.is_none() && head.iter().skip(16).all(|o| *o == 0);
        let made = v2.or(v1).and_then(|(peer, recipe)| recipe.make(key, names, peer, name));
        match made {
            Some(new) => *nt = new,
            None => key.blur("response", nt),
        }
        key.blur("lm", if is_v2 { head.split_at_mut(16).1 } else { head });
    }
}

impl Print {
    fn of(credential: &Credential, name: &[u8]) -> Option<Self> {
        let (peer, nt) = match *credential {
            Credential::MsChapV2 { peer_challenge, nt, .. } => (Some(peer_challenge), nt),
            Credential::MsChapV1 { nt, .. } => (None, nt),
            _ => return None,
        };
        Some(Self { peer, nt, name: name.into() })
    }
}

impl Recipe {
    fn make(
        &self,
        key: &Key,
        names: &mut Names,
        peer: Option<[u8; 16]>,
        name: &[u8],
    ) -> Option<[u8; 24]> {
        let (challenge, form) = self.answers.as_ref()?;
        let hash = self.hash(key);
        let Some(peer) = peer else {
            let challenge = <[u8; 8]>::try_from(&**challenge).ok()?;
            return Some(mschapv1::nt_response(&hash, &challenge));
        };
        let mut user = name.to_vec();
        names.user(&mut user);
        let user = if *form == NameForm::Bare { mschapv2::bare_user(&user) } else { &user };
        Some(mschapv2::nt_response(&hash, &mschapv2::challenge_hash(&peer, challenge, user)))
    }

    /// A hash of no password. Two classes of one conversation never share the end that the test finds.
    fn hash(&self, key: &Key) -> NtHash {
        let conversation = self.conversation.to_be_bytes();
        let [high, low] = key.octets("tail", &conversation);
        let mut hash = key.octets::<16>("hash", &[&conversation[..], &[self.class]].concat());
        if let Some(end) = hash.last_chunk_mut() {
            *end = [high, low ^ self.class];
        }
        NtHash::from_bytes(hash)
    }
}

/// The Challenge that a Response answers, as proven; where nothing was tested, the newest before it.
fn answers(attempt: &Attempt, index: usize, response: &Response) -> Option<(Box<[u8]>, NameForm)> {
    if attempt.proof.tested {
        let proven = attempt.proof.answers.get(index).copied().flatten()?;
        let challenge = attempt.challenges.get(proven.challenge)?;
        return Some((challenge.value.clone(), proven.form));
    }
    let before = |c: &&Challenge| c.mark.frame < response.mark.frame;
    let newest = attempt.challenges.iter().rev().find(before)?;
    Some((newest.value.clone(), NameForm::Bare))
}
