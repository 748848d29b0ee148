//! The refusal that the rules of this family look at: the newest Failure that names an error number.

use crate::base::frame::Mark;
use crate::base::text::lossy;
use crate::model::auth::Verdict;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::error5::scene::Scene;
use crate::rules::finding::Hit;

/// A log-on that the server refused with an error number, before the session.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// Where it happened.
    pub scene: Scene<'a>,
    /// The Failure.
    pub verdict: &'a Verdict,
    /// Its `E=`.
    pub error: u32,
}

impl<'a> Refusal<'a> {
    /// The refusal of a conversation that did not connect. Inside EAP the number stands in the method's
    /// own Failure, and an EAP Failure without a number follows.
    #[must_use]
    pub fn of(c: &'a Conversation) -> Option<Self> {
        let scene = Scene::of(c)?;
        scene.attempt.failure()?;
        let named = scene.attempt.verdicts.iter().rev().find_map(|v| Some((v, v.error?)));
        named.map(|(verdict, error)| Self { scene, verdict, error })
    }

    /// The user name as sent.
    #[must_use]
    pub fn user(&self) -> String {
        self.scene.attempt.user().map(lossy).unwrap_or_default()
    }

    /// The client's Change-Password packet, where it came before this Failure.
    #[must_use]
    pub fn change(&self) -> Option<Mark> {
        self.scene.attempt.password_change.filter(|m| m.frame < self.verdict.mark.frame)
    }

    /// A hit that this Failure proves, with the frames that lead there.
    #[must_use]
    pub fn hit(&self, summary: String, detail: String) -> Hit {
        let responses = &self.scene.attempt.responses;
        let before = |m: Mark| m.frame < self.verdict.mark.frame;
        let last = responses.iter().rposition(|r| before(r.mark));
        let mut hit = Hit::new(Certainty::Certain, summary).detail(detail);
        if let Some((index, response)) = last.and_then(|i| Some((i, responses.get(i)?))) {
            hit = hit.frame(response.mark, self.scene.say_response(index));
        }
        hit.frame_if(self.change(), "the client sends a new password")
            .culprit(self.verdict.mark, format!("Failure: \"{}\"", self.verdict.text))
            .explicit()
    }
}
