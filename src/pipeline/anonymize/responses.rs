//! Responses that stand for others. What the 16-bit-tail test proves of the originals it proves of these:
//! which Challenge each answers, with which form of the name, and which come from one password.

use std::collections::BTreeMap;

use super::keyed::Key;
use super::names::Names;
use crate::base::frame::FrameRef;
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
pub(super) struct Responses {
    recipes: BTreeMap<Print, Recipe>,
    /// Password classes of Responses that were compared with those of another conversation.
    compared: BTreeMap<FrameRef, u32>,
}

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
    password: Password,
}

/// Whose hash it takes.
#[derive(Clone, Copy, Debug)]
enum Password {
    /// That of all Responses of this class.
    Class(u32),
    /// That of all untested Responses of this conversation, unless this Response was compared.
    Untested(u32, FrameRef),
}

impl Responses {
    /// Takes what is known of a conversation.
    pub(super) fn learn(&mut self, c: &Conversation) {
        for attempt in c.calls.iter().flat_map(|call| &call.attempts) {
            for (index, response) in attempt.distinct_responses() {
                let Some(print) = Print::of(&response.credential, &response.name) else { continue };
                let class = attempt.proof.password_class.get(index).copied().flatten();
                let answers = answers(attempt, index, response);
                let untested = Password::Untested(c.id, response.mark.frame);
                let password = class.map_or(untested, Password::Class);
                self.recipes.entry(print).or_insert(Recipe { answers, password });
            }
        }
        let compared =
            c.elsewhere.iter().filter_map(|e| Some((e.response.frame, e.password_class?)));
        self.compared.extend(compared);
    }

    /// Overwrites the 49 octets of an MS-CHAP Response (RFC 2433 §4, RFC 2759 §4); `name` as it was sent.
    pub(super) fn veil(&self, key: &Key, names: &mut Names, value: &mut [u8; 49], name: &[u8]) {
        let (head, rest) = value.split_at_mut(24);
        let Some(nt) = rest.first_chunk_mut::<24>() else { return };
        let name = name.get(..limits::WIRE_TEXT).unwrap_or(name);
        let find =
            |peer| Some((peer, self.recipes.get(&Print { peer, nt: *nt, name: name.into() })?));
        let (v2, v1) = (find(head.first_chunk().copied()), find(None));
        // Without an analysis the shape tells: v2 has zeros where v1 has a part of the LM response.
        let is_v2 = v2.is_some() || v1.is_none() && head.iter().skip(16).all(|o| *o == 0);
        let made = v2
            .or(v1)
            .and_then(|(peer, recipe)| recipe.make(key, names, peer, name, &self.compared));
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
        compared: &BTreeMap<FrameRef, u32>,
    ) -> Option<[u8; 24]> {
        let (challenge, form) = self.answers.as_ref()?;
        let hash = self.password.hash(key, compared);
        let Some(peer) = peer else {
            let challenge = <[u8; 8]>::try_from(&**challenge).ok()?;
            return Some(mschapv1::nt_response(&hash, &challenge));
        };
        let mut user = name.to_vec();
        names.user(&mut user);
        let user = if *form == NameForm::Bare { mschapv2::bare_user(&user) } else { &user };
        Some(mschapv2::nt_response(&hash, &mschapv2::challenge_hash(&peer, challenge, user)))
    }
}

impl Password {
    /// A hash of no password. Two classes never share the end that the test finds: there are no more
    /// classes than such ends.
    fn hash(self, key: &Key, compared: &BTreeMap<FrameRef, u32>) -> NtHash {
        let class = match self {
            Self::Class(class) => class,
            Self::Untested(conversation, frame) => {
                let Some(class) = compared.get(&frame) else {
                    let hash = key.octets("conversation", &conversation.to_be_bytes());
                    return NtHash::from_bytes(hash);
                };
                *class
            }
        };
        let mut hash = key.octets::<16>("class", &class.to_be_bytes());
        if let Some(end) = hash.last_chunk_mut() {
            let [_, _, low @ ..] = class.to_be_bytes();
            *end = (u16::from_be_bytes(key.octets("tail", &[])) ^ u16::from_be_bytes(low))
                .to_be_bytes();
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
