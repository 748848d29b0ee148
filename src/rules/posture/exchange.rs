//! What a listener on the path took home: a Challenge with a Response to it. PD8002, PD8003 and PD8004
//! share this look.

use crate::base::addr::Dir;
use crate::base::text::lossy;
use crate::model::auth::Attempt;
use crate::model::auth::Challenge;
use crate::model::auth::Credential;
use crate::model::auth::Method;
use crate::model::auth::Response;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Side;
use crate::rules::Certainty;

/// A Challenge and a Response of one attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange<'a> {
    /// The attempt.
    pub(super) attempt: &'a Attempt,
    /// Its first Challenge.
    pub(super) challenge: &'a Challenge,
    /// Its first Response that can be read.
    pub(super) response: &'a Response,
    /// Whether LCP agreed on the method before; else its packets' shape tells it.
    pub(super) by_lcp: bool,
}

impl<'a> Exchange<'a> {
    /// The first complete one by one of these methods, in any call.
    pub(super) fn by(c: &'a Conversation, methods: &[Method]) -> Option<Self> {
        c.calls.iter().find_map(|call| {
            let mut attempts = call.attempts.iter().filter(|a| methods.contains(&a.method));
            attempts.find_map(|attempt| {
                let lcp = Side::method_of(&call.lcp.side(attempt.toward).agreed);
                let by_lcp = lcp.is_some_and(|m| m == attempt.method || m == Method::Eap);
                let challenge = attempt.challenges.first()?;
                let response = attempt.responses.iter().find(|r| readable(&r.credential))?;
                Some(Self { attempt, challenge, response, by_lcp })
            })
        })
    }

    /// The user as sent.
    pub(super) fn user(&self) -> String {
        lossy(&self.response.name)
    }

    /// Who proves itself: the client, but for a client that authenticates the server.
    pub(super) fn prover(&self) -> &'static str {
        if self.attempt.toward == Dir::ToClient { "client" } else { "server" }
    }

    /// Certain where LCP named the method.
    pub(super) fn certainty(&self) -> Certainty {
        if self.by_lcp { Certainty::Certain } else { Certainty::Likely }
    }

    /// What is missing where LCP was not captured.
    pub(super) fn missing(&self) -> Option<String> {
        (!self.by_lcp).then(|| {
            "LCP is not in the capture: the method is told by the form of the packets. Begin the capture before the client dials.".to_owned()
        })
    }
}

const fn readable(credential: &Credential) -> bool {
    !matches!(credential, Credential::Opaque | Credential::Malformed)
}
