//! The MS-CHAPv2 timing race: the marks it leaves and what proves it (`faults.md` PD0001, §4.2, §4.3).
//!
//! A server repeats its Challenge because the path is slow or lossy; the client answers the repetition
//! with a new peer challenge and forgets the first; the server accepts the first Response; the client
//! holds its proof (`S=`) against the newest Response and refuses a genuine server.

use std::fmt::Write as _;

use super::scene::Scene;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::auth::Verdict;
use crate::model::point::Place;
use crate::model::proof::SuccessProof;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

/// Marks of a race, as the catalogue numbers them.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// R1: a Challenge repeated with the same identifier and value.
    pub repeated: bool,
    /// R2: a Challenge with another identifier or value while a Response was under way.
    pub superseded: bool,
    /// R3: Responses with different peer challenges.
    pub differing: bool,
    /// R4: a Response to an identifier that is not the newest.
    pub stale_response: bool,
    /// R5: a verdict for an identifier that is not the newest Response's.
    pub stale_verdict: bool,
    /// R6: a Challenge after a Success.
    pub after_success: bool,
    /// R7: a Success after the client had left.
    pub after_leaving: bool,
    /// R8: a Challenge before LCP was open at the client.
    pub too_early: bool,
}

impl Marks {
    /// Reads the marks off a scene.
    #[must_use]
    pub fn of(scene: &Scene<'_>, left: Option<Mark>) -> Self {
        let a = scene.attempt;
        let newest_id = |before: Mark| {
            a.challenges.iter().rev().find(|c| c.mark.frame < before.frame).map(|c| c.id)
        };
        let success = a.success();
        Self {
            repeated: a.challenges.iter().any(|c| c.repeats.is_some()),
            superseded: a
                .challenges
                .iter()
                .skip(1)
                .any(|c| c.repeats.is_none() && c.while_answered),
            differing: a.distinct_responses().count() > 1,
            stale_response: a
                .responses
                .iter()
                .any(|r| newest_id(r.mark).is_some_and(|id| id != r.id)),
            stale_verdict: success.is_some_and(|s| {
                a.responses
                    .iter()
                    .rev()
                    .find(|r| r.mark.frame < s.mark.frame)
                    .is_some_and(|r| r.id != s.id)
            }),
            after_success: success
                .is_some_and(|s| a.challenges.iter().any(|c| c.mark.frame > s.mark.frame)),
            after_leaving: left
                .is_some_and(|l| a.verdicts.iter().any(|v| v.success && v.mark.frame > l.frame)),
            too_early: a.challenges.iter().any(|c| c.before_open),
        }
    }

    /// Whether there is any.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.repeated
            || self.superseded
            || self.differing
            || self.stale_response
            || self.stale_verdict
            || self.after_success
            || self.after_leaving
            || self.too_early
    }

    /// In words, for the details.
    #[must_use]
    pub fn words(&self) -> String {
        let all = [
            (self.repeated, "the server repeated its Challenge"),
            (self.superseded, "the server sent another Challenge while a Response was under way"),
            (self.differing, "the client's Responses differ"),
            (
                self.stale_response,
                "a Response carries an older identifier than the newest Challenge",
            ),
            (self.stale_verdict, "the Success carries another identifier than the newest Response"),
            (self.after_success, "a Challenge came after the Success"),
            (self.after_leaving, "a Success came after the client had left"),
            (self.too_early, "a Challenge came before LCP was open at the client"),
        ];
        let said: Vec<&str> = all.into_iter().filter_map(|(on, text)| on.then_some(text)).collect();
        said.join("; ")
    }
}

/// How it is known which Response the Success answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The supplied password or hash: recomputed.
    Secret,
    /// Server side: the Success left before the newer Response came.
    Order,
    /// Client side: the Success came sooner after the newest Response than any answer could.
    Timing,
    /// The Success acknowledges no GRE packet as new as the newest Response.
    Acknowledgment,
    /// Two different Responses were answered with one and the same `S=`.
    Twin,
}

/// The crossing of Challenge, Responses and Success.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    /// Response that the Success answers, where that is known to the number.
    pub answered: Option<usize>,
    /// Response that the client held against the Success: its newest.
    pub remembered: usize,
    /// The best ground.
    pub ground: Option<Ground>,
}

/// Finds the crossing in a scene with a Success; `None` with fewer than two different Responses.
#[must_use]
pub fn crossing(scene: &Scene<'_>, success: &Verdict, left: Mark) -> Option<Crossing> {
    let a = scene.attempt;
    let distinct: Vec<usize> = a.distinct_responses().map(|(i, _)| i).collect();
    if distinct.len() < 2 {
        return None;
    }
    let before =
        |i: usize, limit: Mark| a.responses.get(i).is_some_and(|r| r.mark.frame < limit.frame);
    let remembered = distinct.iter().rev().copied().find(|&i| before(i, left))?;
    let mut known = Crossing { answered: None, remembered, ground: None };
    if let SuccessProof::Answers { response, .. } = a.proof.success {
        known.answered = Some(response);
        known.ground = Some(Ground::Secret);
        return Some(known);
    }
    if let Some(seen) = order_at_server(scene, distinct.len(), remembered) {
        return Some(seen);
    }
    let newest = a.responses.get(remembered)?;
    if newest.mark.frame > success.mark.frame {
        // It reached this point only after the Success had passed.
        let first: Vec<usize> =
            distinct.iter().copied().filter(|&i| before(i, success.mark)).collect();
        if scene.c.point.place == Place::Server {
            known.ground = Some(Ground::Order);
            known.answered = first.first().copied().filter(|_| first.len() == 1);
        }
    } else {
        let trip = scene.call.gre[Dir::ToServer.index()].shortest_trip;
        let waited = success.mark.at - newest.mark.at;
        let impossible = trip.is_some_and(|t| waited.times(10) < t.times(8));
        if scene.c.point.place == Place::Client && impossible {
            known.ground = Some(Ground::Timing);
            known.answered = distinct.first().copied().filter(|_| distinct.len() == 2);
        }
    }
    if known.ground.is_none() {
        let acknowledged = success.ack.zip(newest.seq);
        if acknowledged
            .is_some_and(|(ack, seq)| seq.wrapping_sub(ack).wrapping_sub(1) < 0x7FFF_FFFF)
        {
            known.ground = Some(Ground::Acknowledgment);
        } else if twin(scene) {
            known.ground = Some(Ground::Twin);
        }
    }
    Some(known)
}

/// A second capture, taken at the server, shows the Success leaving before the newest Response came in.
fn order_at_server(scene: &Scene<'_>, sent: usize, remembered: usize) -> Option<Crossing> {
    let server = scene.c.view_at(Dir::ToClient).filter(|_| !scene.c.views.is_empty())?;
    let attempt = server.call()?.attempt()?;
    let success = attempt.success()?;
    let come: Vec<usize> = attempt
        .distinct_responses()
        .filter(|(_, r)| r.mark.frame.number() < success.mark.frame.number())
        .map(|(i, _)| i)
        .collect();
    let answered = come.first().copied().filter(|_| come.len() == 1);
    (come.len() < sent).then_some(Crossing { answered, remembered, ground: Some(Ground::Order) })
}

/// Two Successes with one `S=`, although the Responses differ: at most one of them can be answered.
fn twin(scene: &Scene<'_>) -> bool {
    let proofs: Vec<_> = scene
        .attempt
        .verdicts
        .iter()
        .filter(|v| v.success)
        .filter_map(|v| v.authenticator_response)
        .collect();
    proofs.len() > 1 && proofs.windows(2).all(|w| w.first() == w.last())
}

impl Crossing {
    /// Whether the ground is a proof, as against a sign.
    #[must_use]
    pub fn proven(&self) -> bool {
        matches!(self.ground, Some(Ground::Secret | Ground::Order | Ground::Timing))
    }

    /// The secrets show that the Success answers the very Response that the client remembered.
    #[must_use]
    pub fn disproven(&self) -> bool {
        self.ground == Some(Ground::Secret) && self.answered == Some(self.remembered)
    }

    /// Why it is known, in a sentence.
    #[must_use]
    pub fn because(&self, scene: &Scene<'_>, success: &Verdict) -> String {
        let newest = self.remembered + 1;
        let wait = scene
            .attempt
            .responses
            .get(self.remembered)
            .map(|r| (success.mark.at - r.mark.at).abs().to_string())
            .unwrap_or_default();
        let trip = scene.call.gre[Dir::ToServer.index()]
            .shortest_trip
            .map(|t| t.to_string())
            .unwrap_or_default();
        match self.ground {
            Some(Ground::Secret) => format!(
                "Recomputed with the supplied secret, the Success answers Response {}; the client held it against Response {newest}.",
                self.answered.map_or(0, |i| i + 1)
            ),
            Some(Ground::Order) => format!(
                "Captured at the server, the Success left {wait} before Response {newest} came in, so it cannot answer it."
            ),
            Some(Ground::Timing) => format!(
                "The Success came {wait} after Response {newest} was sent, but no packet came back from the server in less than {trip}: it answers an earlier Response."
            ),
            Some(Ground::Acknowledgment) => format!(
                "The Success acknowledges no GRE packet as new as Response {newest}: the server had not received it yet (a sign, no proof: acknowledgments may lag)."
            ),
            Some(Ground::Twin) => "The server answered different Responses with one and the same S=, so at most one of them can be the one it answers.".to_owned(),
            None => "Which Response the Success answers cannot be read from this capture alone.".to_owned(),
        }
    }
}

/// A Response that answers a Challenge which had been replaced by then, refused with 691 (variant C).
#[must_use]
pub fn answers_superseded(scene: &Scene<'_>) -> Option<(usize, usize)> {
    let failure = scene.attempt.failure().filter(|v| v.error == Some(691))?;
    let (index, response) =
        scene.responses().filter(|(_, r)| r.mark.frame < failure.mark.frame).last()?;
    let answer = scene.attempt.proof.answers.get(index).copied().flatten()?;
    let newest = scene
        .challenges()
        .filter(|(_, c)| c.repeats.is_none() && c.mark.frame < response.mark.frame)
        .last()?
        .0;
    (answer.challenge != newest).then_some((index, answer.challenge))
}

/// The hit for [`answers_superseded`]: variant C of the race.
#[must_use]
pub fn superseded(scene: &Scene<'_>) -> Option<Hit> {
    let (response, challenge) = answers_superseded(scene)?;
    let failure = scene.attempt.failure()?;
    let detail = format!(
        "Response {} answers Challenge {}, but the server had sent a newer one by then and refused with error 691, although the password may be right. The 16-bit-tail test proves which Challenge was answered; it needs no password.",
        response + 1,
        challenge + 1
    );
    let summary = "the client answered a Challenge that the server had already replaced";
    let hit = with_evidence(Hit::new(Certainty::Likely, summary).detail(detail), scene, None, None);
    Some(hit.culprit(failure.mark, format!("Failure: {}", failure.text)))
}

/// Adds the frames of the race in capture order: Challenges, Responses, Success, the client's leave.
#[must_use]
pub fn with_evidence(
    mut hit: Hit,
    scene: &Scene<'_>,
    success: Option<&Verdict>,
    left: Option<Mark>,
) -> Hit {
    let mut frames: Vec<(Mark, String, bool)> = Vec::new();
    for (i, c) in scene.challenges().take(SHOWN) {
        frames.push((c.mark, scene.say_challenge(i), false));
    }
    for (i, r) in scene.responses().take(SHOWN) {
        frames.push((r.mark, scene.say_response(i), false));
    }
    if let Some(v) = success {
        frames.push((v.mark, format!("Success (id {}): {}", v.id, v.text), true));
    }
    if let Some(m) = left {
        frames.push((m, scene.say_left(m), false));
    }
    frames.sort_by_key(|f| f.0.frame);
    for (mark, text, culprit) in frames {
        hit = if culprit { hit.culprit(mark, text) } else { hit.frame(mark, text) };
    }
    hit
}

/// The mechanism, told with the frames of this case.
#[must_use]
pub fn story(
    scene: &Scene<'_>,
    marks: &Marks,
    known: Option<&Crossing>,
    success: &Verdict,
) -> String {
    let a = scene.attempt;
    let sent = a.challenges.len();
    let gap = a.challenges.first().zip(a.challenges.get(1)).map(|(x, y)| y.mark.at - x.mark.at);
    let mut text = match gap {
        Some(g) if marks.repeated => {
            format!("The server sent its Challenge {sent} times, {g} apart. ")
        }
        _ => String::new(),
    };
    if marks.differing {
        let n = a.distinct_responses().count();
        let _ = write!(
            text,
            "The client made {n} different Responses, each with a new peer challenge, and remembers only the newest. "
        );
    }
    text.push_str("The server accepted (Success), yet the client hung up without entering the network phase. ");
    if let Some(k) = known {
        text.push_str(&k.because(scene, success));
    }
    text
}

/// Certainty that the mechanism is the race.
#[must_use]
pub fn certainty(marks: &Marks, known: Option<&Crossing>) -> Certainty {
    match known {
        Some(k) if k.proven() => Certainty::Certain,
        Some(_) if marks.differing => Certainty::Likely,
        _ => Certainty::Possible,
    }
}

/// Challenges and Responses shown as evidence, each.
const SHOWN: usize = 4;
