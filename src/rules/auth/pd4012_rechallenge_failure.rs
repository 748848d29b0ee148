//! PD4012: the session dies because a re-authentication in its middle fails.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::text::lossy;
use crate::base::time::Span;
use crate::model::auth::Attempt;
use crate::model::auth::AuthResult;
use crate::model::auth::Verdict;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4012",
        name: "rechallenge-failure",
        title: "The session dies at a re-authentication in its middle",
        severity: Fault,
        yields_to: [],
        page: "pd4012_rechallenge_failure.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected {
        return None;
    }
    let attempt = call.attempts.iter().rev().find(|a| a.toward == Dir::ToClient)?;
    if !attempt.in_session || attempt.success().is_some() {
        return None;
    }
    let began = attempt.challenges.first()?.mark;
    let case = Case { c, call, attempt, began };
    match attempt.failure() {
        Some(failure) => case.refused(failure),
        None => case.ignored(),
    }
}

struct Case<'a> {
    c: &'a Conversation,
    call: &'a Call,
    attempt: &'a Attempt,
    began: Mark,
}

impl Case<'_> {
    fn refused(&self, failure: &Verdict) -> Option<Hit> {
        let (end, by) = self.c.closing()?;
        if end.at - failure.mark.at > CONSEQUENCE || end.at < failure.mark.at {
            return None;
        }
        let code = failure.error.map_or_else(String::new, |e| format!(" (E={e})"));
        let user = self.attempt.user().map(lossy).unwrap_or_default();
        let hit = Hit::new(
            Certainty::Certain,
            format!("the server checked \"{user}\" again in mid-session, refused{code}, and the session ended"),
        )
        .detail(format!(
            "{}he server sent a new Challenge in the open session and refused the Response{code}; the {} closed the link {} later.{}{}",
            self.interval(),
            by.sender(),
            end.at - failure.mark.at,
            self.same_password(),
            self.text()
        ))
        .frame(self.began, "Challenge in the open session")
        .frame_if(self.attempt.responses.last().map(|r| r.mark), "the client's Response")
        .culprit(failure.mark, format!("Failure: \"{}\"", failure.text))
        .frame(end, format!("the {} closes the link", by.sender()))
        .explicit();
        Some(hit)
    }

    /// The client does not answer, and the server gives up.
    fn ignored(&self) -> Option<Hit> {
        let count = self.attempt.challenges.len();
        if self.attempt.result() != AuthResult::Incomplete
            || !self.attempt.responses.is_empty()
            || count < 3
        {
            return None;
        }
        let last = self.attempt.challenges.last()?.mark;
        let (end, by) = self.c.closing()?;
        // A client that sends nothing any more is gone, not stubborn: that is PD2009.
        let client = self.call.gre[Dir::ToServer.index()].last_payload?;
        let alive = client.frame > self.began.frame;
        if by != Dir::ToClient || !alive || end.at < last.at || end.at - self.began.at < RESTARTS {
            return None;
        }
        let at_client = self.c.point.is_at(Dir::ToServer);
        let certainty = if at_client { Certainty::Certain } else { Certainty::Likely };
        let hit = Hit::new(
            certainty,
            "the client ignores the server's Challenge in mid-session, and the server ends the session",
        )
        .detail(format!(
            "{}he server sent {count} Challenges in the open session; the client went on sending other packets but no Response. After {} the server closed the link.{}",
            self.interval(),
            end.at - self.began.at,
            self.text()
        ))
        .culprit(self.began, "Challenge in the open session, never answered")
        .frame(last, "newest repetition")
        .frame(end, "the server closes the link");
        Some(if at_client {
            hit
        } else {
            hit.missing("A capture at the client tells whether it sends no Response or the Responses are lost.")
        })
    }

    /// Begins the sentence with the time since the authentication before, which shows a fixed interval.
    fn interval(&self) -> String {
        let before = self.call.attempts.iter().rev().filter(|a| a.toward == Dir::ToClient).nth(1);
        let Some(earlier) = before.and_then(Attempt::last) else { return "T".to_owned() };
        format!("{} after the last authentication t", self.began.at - earlier.at)
    }

    /// Whether the client used the password of its log-on.
    fn same_password(&self) -> &'static str {
        let newest = |a: &Attempt| a.proof.password_class.last().copied().flatten();
        let first = self.call.attempts.iter().find(|a| a.success().is_some()).and_then(newest);
        match (first, newest(self.attempt)) {
            (Some(a), Some(b)) if a == b => {
                " The client used the same password as at log-on (equal hash tails), so the account has changed on the server meanwhile."
            }
            (Some(_), Some(_)) => {
                " The client used another password than at log-on (different hash tails)."
            }
            _ => "",
        }
    }

    /// pppd's closing text names no cause.
    fn text(&self) -> &'static str {
        let disabled = self.call.terminate_texts().any(|(_, text)| text.contains("MPPE disabled"));
        if disabled {
            " The text \"MPPE disabled\" is no cause: pppd ends every encrypted session with it."
        } else {
            ""
        }
    }
}

/// A close this soon after the refusal is its consequence.
const CONSEQUENCE: Span = Span::from_secs(30);
/// Three restart intervals of PPP.
const RESTARTS: Span = Span::from_secs(9);
