//! Log-ons: what was sent to prove who the client is, and the verdict on it, one by one.

use super::auth::Attempt;
use super::auth::Credential;
use super::conversation::Conversation;
use crate::base::addr::Dir;
use crate::base::frame::Mark;

/// A log-on of a client, with its verdict.
#[derive(Clone, Debug)]
pub struct Logon {
    /// First packet of the conversation that it belongs to.
    pub conversation: Mark,
    /// Its Response.
    pub response: Mark,
    /// User name as sent.
    pub name: Box<[u8]>,
    /// The verdict.
    pub verdict: Mark,
    /// Accepted.
    pub success: bool,
    /// Class of the password: [`Proof::password_class`](super::proof::Proof::password_class).
    pub password_class: Option<u32>,
    /// Of a log-on in another conversation: it was made from none of the passwords refused in this one.
    pub other_password: bool,
    /// Length of the password, where it was sent as it is (PAP).
    pub password_length: Option<usize>,
}

/// All log-ons of the client in a conversation, each with its attempt and the index of its Response.
pub fn all(c: &Conversation) -> impl Iterator<Item = (Logon, &Attempt, usize)> {
    let attempts = c.calls.iter().flat_map(|k| &k.attempts);
    attempts.filter(|a| a.toward == Dir::ToClient).flat_map(move |a| {
        let verdicts = a.verdicts.iter().filter(|v| v.repeats.is_none());
        verdicts.filter_map(move |v| {
            let index = a.responses.iter().rposition(|r| r.mark.frame < v.mark.frame)?;
            let response = a.responses.get(index)?;
            let logon = Logon {
                conversation: c.started,
                response: response.mark,
                name: response.name.clone(),
                verdict: v.mark,
                success: v.success,
                password_class: a.proof.password_class.get(index).copied().flatten(),
                other_password: false,
                password_length: match response.credential {
                    Credential::Password { length } => Some(length),
                    _ => None,
                },
            };
            Some((logon, a, index))
        })
    })
}
