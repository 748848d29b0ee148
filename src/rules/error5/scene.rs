//! What the rules of this family look at: the deciding attempt and how its call ended.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::text::hex;
use crate::base::text::lossy;
use crate::base::time::Span;
use crate::model::auth::Attempt;
use crate::model::auth::Challenge;
use crate::model::auth::Credential;
use crate::model::auth::Method;
use crate::model::auth::Response;
use crate::model::auth::Verdict;
use crate::model::call::Call;
use crate::model::call::Reason;
use crate::model::call::Terminate;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;

/// The newest authentication of the client by the server, before the session.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The conversation.
    pub c: &'a Conversation,
    /// Its deciding call.
    pub call: &'a Call,
    /// The attempt.
    pub attempt: &'a Attempt,
}

impl<'a> Scene<'a> {
    /// The scene of a conversation that did not connect; `None` where nothing of an authentication of
    /// the client was seen.
    #[must_use]
    pub fn of(c: &'a Conversation) -> Option<Self> {
        let call = c.call()?;
        let attempt = call.attempt()?;
        let before_session =
            c.stage < Stage::Connected && attempt.toward == Dir::ToClient && !attempt.in_session;
        before_session.then_some(Self { c, call, attempt })
    }

    /// How the client left after the Success without entering the network phase: the variant A of S4 in
    /// the catalogue. `None` where it stayed, went on, or the server ended it first.
    #[must_use]
    pub fn left_after_success(&self) -> Option<(&'a Verdict, Mark)> {
        let success = self.attempt.success()?;
        if self.attempt.client_went_on.is_some() {
            return None;
        }
        let (left, side) = self.c.closing()?;
        let soon = left.at - success.mark.at <= ABORT;
        (side == Dir::ToServer && soon && !self.hung_up_normally()).then_some((success, left))
    }

    /// The client's Terminate-Request says "ordinary hang-up" (RAS 0, `User request`).
    #[must_use]
    pub fn hung_up_normally(&self) -> bool {
        self.client_terminate().is_some_and(|t| match &t.reason {
            Reason::Ras(0) => true,
            Reason::Text(text) => text.contains("User request"),
            _ => false,
        })
    }

    /// The client's first LCP Terminate-Request.
    #[must_use]
    pub fn client_terminate(&self) -> Option<&'a Terminate> {
        self.call.terminates.iter().find(|t| t.dir == Dir::ToServer)
    }

    /// The RAS error number that a Windows client wrote into its Terminate-Request.
    #[must_use]
    pub fn client_ras(&self) -> Option<u32> {
        match self.client_terminate()?.reason {
            Reason::Ras(n) if n != 0 => Some(n),
            _ => None,
        }
    }

    /// Whether the method makes the server prove itself.
    #[must_use]
    pub fn is_v2(&self) -> bool {
        self.attempt.method == Method::MsChapV2
    }

    /// A Response in words for the evidence.
    #[must_use]
    pub fn say_response(&self, index: usize) -> String {
        let Some(r) = self.attempt.responses.get(index) else { return String::new() };
        let again = if r.repeats.is_some() { ", the same again" } else { "" };
        match &r.credential {
            Credential::MsChapV2 { peer_challenge, .. } => {
                format!(
                    "Response {} (id {}), peer challenge {}{again}",
                    index + 1,
                    r.id,
                    hex(peer_challenge, 8)
                )
            }
            Credential::Password { length } => {
                format!(
                    "Authenticate-Request (id {}), user \"{}\", password of {length} octets",
                    r.id,
                    lossy(&r.name)
                )
            }
            _ => {
                format!("Response {} (id {}), user \"{}\"{again}", index + 1, r.id, lossy(&r.name))
            }
        }
    }

    /// A Challenge in words for the evidence.
    #[must_use]
    pub fn say_challenge(&self, index: usize) -> String {
        let Some(c) = self.attempt.challenges.get(index) else { return String::new() };
        let again = if c.repeats.is_some() { ", the same again" } else { "" };
        format!("Challenge {} (id {}), {}{again}", index + 1, c.id, hex(&c.value, 8))
    }

    /// How the client left, in words for the evidence.
    #[must_use]
    pub fn say_left(&self, left: Mark) -> String {
        match self.client_terminate().filter(|t| t.mark == left).map(|t| &t.reason) {
            Some(Reason::Text(text)) => format!("the client ends the link: \"{text}\""),
            Some(Reason::Ras(n)) => format!("the client ends the link with RAS error {n}"),
            Some(Reason::None) => "the client ends the link, no reason given".to_owned(),
            None => "the client clears the call".to_owned(),
        }
    }

    /// All Challenges with their indexes.
    pub fn challenges(&self) -> impl Iterator<Item = (usize, &'a Challenge)> {
        self.attempt.challenges.iter().enumerate()
    }

    /// All Responses with their indexes.
    pub fn responses(&self) -> impl Iterator<Item = (usize, &'a Response)> {
        self.attempt.responses.iter().enumerate()
    }
}

/// T_ABORT of the catalogue, at its cap: a slow path adds its round trip to what the server side sees.
pub const ABORT: Span = Span::from_secs(10);
/// T_AFTER: how long the capture must go on before a missing answer counts.
pub const AFTER: Span = Span::from_secs(10);
