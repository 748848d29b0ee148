//! PD4008: the client asks the server to authenticate itself, which VPN servers do not do.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::auth::Attempt;
use crate::model::auth::AuthResult;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Answer;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Request;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4008",
        name: "client-demands-server-auth",
        title: "The client asks the server to authenticate itself",
        severity: Fault,
        yields_to: [],
        page: "pd4008_client_demands_server_auth.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    // Without the control connection, who is the client is read from the authentication itself.
    if c.stage >= Stage::Connected || c.control.is_empty() {
        return None;
    }
    let client = call.lcp.side(Dir::ToServer);
    let demand = client.requests.iter().find(|r| Side::method_of(&r.options).is_some())?;
    let (end, by) = c.closing()?;
    failed(call, demand, end).or_else(|| refused(call, client, demand, (end, by)))
}

/// The server turns the demand down, and the client leaves.
fn refused(call: &Call, client: &Side, demand: &Request, end: (Mark, Dir)) -> Option<Hit> {
    let no: &Answer = client
        .answers
        .iter()
        .find(|a| a.reply != Reply::Ack && Side::method_of(&a.options).is_some())?;
    if Side::method_of(&client.agreed).is_some() {
        return None;
    }
    let says = call
        .terminate_texts()
        .find(|(t, text)| t.dir == Dir::ToServer && text.contains("refused to authenticate"));
    // A client that goes on with its own log-on has dropped the demand.
    let went_on = call.attempts.iter().any(|a| !a.responses.is_empty());
    if says.is_none() && (end.1 != Dir::ToServer || went_on) {
        return None;
    }
    let certainty = if says.is_some() { Certainty::Certain } else { Certainty::Likely };
    let method = Side::method_of(&demand.options)?;
    let how = if no.reply == Reply::Reject { "rejects that" } else { "asks for another method" };
    let quoted = says.map_or(String::new(), |(_, text)| format!(" with the text \"{text}\""));
    Some(
        Hit::new(
            certainty,
            format!("the client wants the server to authenticate itself ({method}); the server refuses, and the client hangs up"),
        )
        .detail(format!("The client's own LCP request has the authentication option ({method}): it asks the server for a user name and a password. The server {how}, as VPN servers do, and the client ends the link{quoted}. The user's password was not the matter."))
        .frame(demand.mark, format!("the client asks the server for {method}"))
        .culprit(no.mark, format!("the server {how}"))
        .frame(says.map_or(end.0, |(t, _)| t.mark), "the client ends the link")
        .explicit(),
    )
}

/// The server consents, and the client finds its answer wrong.
fn failed(call: &Call, demand: &Request, end: Mark) -> Option<Hit> {
    let attempt: &Attempt = call.attempts.iter().find(|a| a.toward == Dir::ToServer)?;
    if attempt.result() != AuthResult::Failure {
        return None;
    }
    let failure = attempt.failure()?;
    Some(
        Hit::new(
            Certainty::Certain,
            "the client wants the server to authenticate itself, and does not accept its answer",
        )
        .detail(format!("The client asked the server to authenticate itself ({}). The server answered the client's Challenge, the client refused the answer, and the call ended. The user's own password was not the matter.", attempt.method))
        .frame(demand.mark, "the client asks the server to authenticate itself")
        .frame_if(attempt.responses.last().map(|r| r.mark), "the server's Response")
        .culprit(failure.mark, format!("the client's Failure: \"{}\"", failure.text))
        .frame(end, "the call ends")
        .explicit(),
    )
}
