//! Which keys may open a direction: one for each Response of a known user, key length and mode that CCP
//! allows (RFC 3079).

use super::KeyedBy;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::text::lossy;
use crate::crypto::mppe::Sender;
use crate::crypto::mppe::StartKey;
use crate::crypto::mppe::Strength;
use crate::crypto::mschapv1;
use crate::crypto::secret::Secret;
use crate::crypto::secret::Secrets;
use crate::inside::mppe::Config;
use crate::inside::mppe::Decryptor;
use crate::inside::mppe::Mode;
use crate::inside::mppe::OnFlush;
use crate::model::auth::Attempt;
use crate::model::auth::Credential;
use crate::model::auth::Response;
use crate::model::call::Call;
use crate::model::negotiation::Mppe;

/// A key on trial.
#[derive(Debug)]
pub(super) struct Candidate {
    /// The Response it comes from; the proof is filled in when there is one.
    pub(super) by: KeyedBy,
    pub(super) config: Config,
    pub(super) decryptor: Decryptor,
    /// Plausible frames in a row.
    pub(super) run: u32,
    /// Plausible frames in all.
    pub(super) plausible: u32,
    /// What it opened so far.
    pub(super) held: Vec<super::way::Plain>,
}

impl Candidate {
    /// Whether two differ only in what a sender does with its key when it starts over.
    pub(super) fn is_twin(&self, other: &Self) -> bool {
        (self.by.attempt, self.by.response) == (other.by.attempt, other.by.response)
            && self.config.strength == other.config.strength
            && self.config.mode != other.config.mode
    }
}

/// Every key that may open what is sent in `dir`, those of the newest attempt first. `agreed`: what CCP
/// allows, `None` where the capture lacks it.
pub(super) fn all(
    call: &Call,
    dir: Dir,
    agreed: Option<Mppe>,
    secrets: &Secrets,
) -> Vec<Candidate> {
    let configs = configs(agreed);
    let mut found = Vec::new();
    for (n, attempt) in call.attempts.iter().enumerate().rev() {
        for (m, response) in attempt.distinct_responses() {
            let user = lossy(&response.name);
            for secret in secrets.for_user(&user).take(SECRETS) {
                let keys = keys(attempt, response, dir, secret);
                let by = KeyedBy {
                    attempt: n,
                    response: m,
                    mark: response.mark,
                    proven_at: Mark::default(),
                    by_checksum: false,
                };
                for (key, config) in keys.iter().flat_map(|k| configs.iter().map(move |c| (k, *c)))
                {
                    let decryptor = Decryptor::new(key, config);
                    let held = Vec::new();
                    found.push(Candidate { by, config, decryptor, run: 0, plausible: 0, held });
                    if found.len() >= limits::KEY_CANDIDATES {
                        return found;
                    }
                }
            }
        }
    }
    found
}

/// The start keys of one Response.
fn keys(attempt: &Attempt, response: &Response, dir: Dir, secret: &Secret) -> Vec<StartKey> {
    let hash = secret.nt_hash();
    match &response.credential {
        Credential::MsChapV2 { nt, .. } => {
            // The roles of RFC 3079 are those of the authentication: who answers is the client.
            let answers = attempt.toward.flip();
            let sender = if dir == answers { Sender::Client } else { Sender::Server };
            vec![StartKey::mschapv2(hash, nt, sender)]
        }
        Credential::MsChapV1 { .. } => {
            // The Response that a Challenge got has its identifier.
            let challenges = attempt.challenges.iter().filter(|c| c.repeats.is_none());
            let mut keys: Vec<StartKey> = challenges
                .filter(|c| c.id == response.id)
                .filter_map(|c| Some(StartKey::mschapv1(hash, (&*c.value).try_into().ok()?)))
                .collect();
            keys.extend(secret.password().map(|p| StartKey::mschapv1_lm(&mschapv1::lm_hash(p))));
            keys
        }
        _ => Vec::new(),
    }
}

fn configs(agreed: Option<Mppe>) -> Vec<Config> {
    let bits = agreed.map(|m| [(m.bits_128, 128), (m.bits_56, 56), (m.bits_40, 40)]);
    let bits = bits.unwrap_or([(true, 128), (true, 56), (true, 40)]);
    let modes: &[Mode] = match agreed.map(|m| m.stateless) {
        Some(true) => &[Mode::Stateless],
        Some(false) => &STATEFUL,
        None => &ANY,
    };
    let strengths = bits.into_iter().filter(|(on, _)| *on);
    strengths
        .filter_map(|(_, bits)| Strength::of_bits(bits))
        .flat_map(|strength| modes.iter().map(move |&mode| Config { strength, mode }))
        .collect()
}

const STATEFUL: [Mode; 2] = [Mode::Stateful(OnFlush::SameKey), Mode::Stateful(OnFlush::NextKey)];
const ANY: [Mode; 3] = [Mode::Stateless, STATEFUL[0], STATEFUL[1]];
/// Secrets tried for one name.
const SECRETS: usize = 4;
