//! What cryptography proves about an attempt (`faults.md` §4): which Challenge a Response answers, which
//! Response a Success answers, whether two Responses come from one password. With secrets more, without
//! them the 16-bit-tail test.

use super::auth::Attempt;
use super::auth::Credential;
use super::auth::Method;
use super::auth::Response;
use crate::base::limits;
use crate::crypto::chap_md5;
use crate::crypto::mschapv1;
use crate::crypto::mschapv2;
use crate::crypto::secret::NtHash;
use crate::crypto::secret::Secret;
use crate::crypto::secret::Secrets;
use crate::crypto::tail;
use crate::crypto::tail::Searches;
use crate::crypto::tail::Tail;

/// Which form of the user name was hashed (MS-CHAPv2 only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameForm {
    /// Without a domain, as RFC 2759 §4 wants it.
    Bare,
    /// As sent, domain included.
    Full,
}

/// Whether the password that the operator supplied made a Response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Verified {
    Match,
    Mismatch,
    #[default]
    NotChecked,
}

impl Verified {
    /// The name fixed by the report's schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Mismatch => "mismatch",
            Self::NotChecked => "not-checked",
        }
    }
}

/// Which Challenge a Response answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Index of the Challenge.
    pub challenge: usize,
    /// Name form that fits.
    pub form: NameForm,
}

/// Which Response the `S=` of a Success answers; needs the password or hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SuccessProof {
    /// No secret, or no `S=`.
    #[default]
    NotChecked,
    /// It answers this Response to this Challenge.
    Answers {
        /// Index of the Response (the first of equal ones).
        response: usize,
        /// Index of the Challenge (the first of equal ones).
        challenge: usize,
    },
    /// It answers none of the Responses in the capture, with any name form.
    None,
}

/// All proofs of one attempt.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Per Response: which Challenge it answers, by tail or by the secret. `None`: no Challenge of the
    /// capture fits, or not tested (see `tested`).
    pub answers: Vec<Option<Answers>>,
    /// Whether the tests above were run.
    pub tested: bool,
    /// Per Response: class of its hash tail; equal numbers, in any attempt of the analysis, mean the same
    /// password (but for one chance in 65,536). 0: the secret supplied for this user. The tails themselves
    /// are not kept here.
    pub password_class: Vec<Option<u32>>,
    /// Verdict on the supplied password.
    pub verified: Verified,
    /// Which Response the first Success answers.
    pub success: SuccessProof,
}

/// What the operator supplied, and the hash tails found so far: in memory only, wiped at the end, and never
/// more than there are tails.
#[derive(Debug)]
pub(super) struct Passwords {
    pub(super) secrets: Secrets,
    tails: Vec<Tail>,
    searches: Searches,
    /// Searches that are left.
    budget: usize,
}

/// What compares an accepted Response with tails that are known: the eight octets that were encrypted and
/// the last block of the NT-Response, for each Challenge and name form that may fit.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe(Vec<([u8; 8], [u8; 24])>);

impl Passwords {
    pub(super) fn new(secrets: Secrets, searches: Searches) -> Self {
        Self { secrets, tails: Vec::new(), searches, budget: limits::TAIL_SEARCHES }
    }

    /// Allows one more search, up to what one run has from the beginning.
    pub(super) fn replenish(&mut self) {
        self.budget = (self.budget + 1).min(limits::TAIL_SEARCHES);
    }

    /// Runs what the secrets and the budget of tail searches allow, on all attempts of one conversation.
    pub(super) fn prove_all<'a>(&mut self, attempts: impl Iterator<Item = &'a mut Attempt>) {
        let mut attempts: Vec<&mut Attempt> = attempts.collect();
        let refused = attempts.iter().any(|a| a.failure().is_some());
        for attempt in &mut attempts {
            self.prove(attempt, refused);
        }
    }

    fn prove(&mut self, attempt: &mut Attempt, refused: bool) {
        let name = attempt.user().map(crate::base::text::lossy).unwrap_or_default();
        for secret in self.secrets.for_user(&name) {
            with_secret(attempt, secret);
            if attempt.proof.verified == Verified::Match {
                break;
            }
        }
        let undecided = attempt.responses.len() > 1 || attempt.challenges.len() > 1 || refused;
        if !attempt.proof.tested && undecided {
            self.with_tails(attempt);
        }
    }

    fn with_tails(&mut self, attempt: &mut Attempt) {
        let mut answers = vec![None; attempt.responses.len()];
        let mut classes = vec![None; attempt.responses.len()];
        for (index, response) in attempt.responses.iter().enumerate() {
            if let Some(earlier) = response.repeats {
                answers[index] = answers.get(earlier).copied().flatten();
                classes[index] = classes.get(earlier).copied().flatten();
                continue;
            }
            // Newest Challenge first: that is the one a sound client answers.
            let mut all = hypotheses(attempt, response);
            all.reverse();
            // Passwords come again, and to compare with one costs nothing beside a search.
            let known = all.iter().find_map(|(answer, hashed, nt)| {
                Some((*answer, self.tails.iter().position(|t| tail::fits(t, hashed, nt))?))
            });
            let found = match known {
                Some(known) => Some(known),
                None => match self.search(&all) {
                    Search::Found(answer, class) => Some((answer, class)),
                    Search::Nothing => None,
                    Search::NoBudget => return,
                },
            };
            if let Some((answer, class)) = found {
                answers[index] = Some(answer);
                // Class 0 is the supplied secret's.
                classes[index] = u32::try_from(class + 1).ok();
            }
        }
        let readable = attempt.responses.iter().any(|r| {
            matches!(r.credential, Credential::MsChapV2 { .. } | Credential::MsChapV1 { .. })
        });
        attempt.proof.tested = readable && !attempt.challenges.is_empty();
        attempt.proof.answers = answers;
        attempt.proof.password_class = classes;
    }

    /// Tries all tails on each hypothesis in turn; a new tail becomes known. One that was made before
    /// takes from the budget as well: what is found must not depend on who else searches.
    fn search(&mut self, all: &[(Answers, [u8; 8], [u8; 24])]) -> Search {
        for (answer, hashed, nt) in all {
            if self.budget == 0 {
                return Search::NoBudget;
            }
            self.budget -= 1;
            if let Some(found) = self.searches.of_response(hashed, nt) {
                self.tails.push(found);
                return Search::Found(*answer, self.tails.len() - 1);
            }
        }
        Search::Nothing
    }

    /// Which of these classes made the Response behind `probe`; class 0, the supplied secret's, is not
    /// compared.
    pub(super) fn class_of(&self, probe: &Probe, classes: &[u32]) -> Option<u32> {
        let fits = |class: &&u32| {
            let index = usize::try_from(**class).ok().and_then(|c| c.checked_sub(1));
            index
                .and_then(|i| self.tails.get(i))
                .is_some_and(|tail| probe.0.iter().any(|(hashed, nt)| tail::fits(tail, hashed, nt)))
        };
        classes.iter().find(fits).copied()
    }
}

impl Probe {
    /// Whether it compares with nothing: no MS-CHAP Response.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Of the Response with this index.
    pub(super) fn new(attempt: &Attempt, index: usize) -> Self {
        let all = attempt.responses.get(index).map(|r| hypotheses(attempt, r)).unwrap_or_default();
        Self(all.into_iter().map(|(_, hashed, nt)| (hashed, nt)).take(PROBED).collect())
    }
}

fn with_secret(attempt: &mut Attempt, secret: &Secret) {
    match attempt.method {
        Method::ChapMd5 | Method::EapMd5 => with_plain_password(attempt, secret),
        Method::MsChapV2 | Method::EapMsChapV2 | Method::MsChapV1 => {
            with_hash(attempt, secret.nt_hash());
        }
        _ => {}
    }
}

fn with_plain_password(attempt: &mut Attempt, secret: &Secret) {
    let Some(password) = secret.password() else { return };
    let Some(Response { id, credential: Credential::Md5(value), .. }) = attempt.responses.last()
    else {
        return;
    };
    let fits = attempt
        .challenges
        .iter()
        .any(|c| c.id == *id && chap_md5::response(*id, password.as_bytes(), &c.value) == *value);
    attempt.proof.verified = if fits { Verified::Match } else { Verified::Mismatch };
}

fn with_hash(attempt: &mut Attempt, hash: &NtHash) {
    let mut answers = Vec::with_capacity(attempt.responses.len());
    for response in &attempt.responses {
        answers.push(hypotheses(attempt, response).into_iter().find_map(|(answer, hashed, nt)| {
            let fits = match attempt.method {
                Method::MsChapV1 => mschapv1::nt_response(hash, &hashed) == nt,
                _ => mschapv2::nt_response(hash, &hashed) == nt,
            };
            fits.then_some(answer)
        }));
    }
    let readable = attempt
        .responses
        .iter()
        .any(|r| matches!(r.credential, Credential::MsChapV2 { .. } | Credential::MsChapV1 { .. }));
    if !readable || attempt.challenges.is_empty() {
        return;
    }
    let fits = answers.iter().any(Option::is_some);
    attempt.proof.verified = if fits { Verified::Match } else { Verified::Mismatch };
    if fits {
        attempt.proof.password_class = answers.iter().map(|a| a.map(|_| 0)).collect();
        attempt.proof.answers = answers;
        attempt.proof.tested = true;
    }
    attempt.proof.success = success_proof(attempt, hash);
}

fn success_proof(attempt: &Attempt, hash: &NtHash) -> SuccessProof {
    let Some(claimed) = attempt.success().and_then(|v| v.authenticator_response) else {
        return SuccessProof::NotChecked;
    };
    for (index, response) in attempt.distinct_responses() {
        for (answer, hashed, nt) in hypotheses(attempt, response) {
            if mschapv2::authenticator_response(hash, &nt, &hashed) == claimed {
                return SuccessProof::Answers { response: index, challenge: answer.challenge };
            }
        }
    }
    SuccessProof::None
}

/// Every (Challenge, name form) that a Response might answer, with the eight octets that would have been
/// encrypted and the NT-Response.
fn hypotheses(attempt: &Attempt, response: &Response) -> Vec<(Answers, [u8; 8], [u8; 24])> {
    let mut all = Vec::new();
    let distinct = attempt.challenges.iter().enumerate().filter(|(_, c)| c.repeats.is_none());
    for (challenge, c) in distinct {
        match &response.credential {
            Credential::MsChapV2 { peer_challenge, nt, .. } => {
                let bare = mschapv2::bare_user(&response.name);
                let mut forms = vec![(NameForm::Bare, bare)];
                if bare.len() != response.name.len() {
                    forms.push((NameForm::Full, &*response.name));
                }
                for (form, user) in forms {
                    let hashed = mschapv2::challenge_hash(peer_challenge, &c.value, user);
                    all.push((Answers { challenge, form }, hashed, *nt));
                }
            }
            Credential::MsChapV1 { nt, .. } => {
                if let Ok(value) = <[u8; 8]>::try_from(&*c.value) {
                    all.push((Answers { challenge, form: NameForm::Bare }, value, *nt));
                }
            }
            _ => {}
        }
    }
    all
}

enum Search {
    Found(Answers, usize),
    Nothing,
    NoBudget,
}

/// Pairs of Challenge and name form kept of an accepted Response.
const PROBED: usize = 8;
