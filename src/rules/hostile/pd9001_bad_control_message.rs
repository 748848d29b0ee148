//! PD9001: a control message breaks RFC 2637.

use super::severity;
use crate::base::addr::Dir;
use crate::base::text::hex;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::model::control::ControlConnection;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD9001",
        name: "bad-control-message",
        title: "Control message violates RFC 2637",
        severity: Fault,
        yields_to: ["PD9003"],
        page: "pd9001_bad_control_message.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    c.control.iter().find_map(|k| bad(c, k).or_else(|| lost_step(c, k)))
}

/// A message whose own header is wrong.
fn bad(c: &Conversation, k: &ControlConnection) -> Option<Hit> {
    let b = k.bad?;
    let (who, whom) = (b.dir.sender(), b.dir.flip().sender());
    let name = b.name.unwrap_or("message");
    let mut hit = Hit::new(
        certainty(k),
        format!("the {who}'s {name} breaks RFC 2637: {}", b.wrong),
    )
    .detail(format!("The magic cookie stands where a message begins, yet {}: Length {}, Control Message Type {}. {} such messages of this connection came.{}", b.wrong, b.length, b.control, b.count, stopped(k, b.dir, b.first.at)))
    .culprit(b.first, format!("{name} with Length {}", b.length));
    if b.last != b.first {
        hit = hit.frame(b.last, "the newest of them");
    }
    if let Some((m, side)) = c.closing().filter(|(m, _)| m.at >= b.first.at) {
        hit = hit.frame(m, format!("the {} closes", side.sender()));
    }
    hit.severity = Some(severity(c, b.first, b.last));
    Some(if certainty(k) == Certainty::Certain {
        hit
    } else {
        hit.missing(format!("The capture lacks part of this connection: capture from its start to see what the {whom} was sent."))
    })
}

/// Octets between messages that are no message.
fn lost_step(c: &Conversation, k: &ControlConnection) -> Option<Hit> {
    let f = k.foreign.as_ref().filter(|f| !f.at_start)?;
    let talked = k.start_request.is_some() || k.start_reply.is_some();
    if !talked || k.missing > 0 || !k.from_start {
        return None;
    }
    let who = f.dir.sender();
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("the {who} sends octets on the control connection that are no PPTP message"),
    )
    .detail(format!("Where the next message of the {who} must begin stand the octets {}: no magic cookie 1a2b3c4d, or a Length that no message has. Nothing of the stream before it is missing from the capture.", hex(&f.octets, 16)))
    .culprit(f.mark, "no message begins here");
    hit.severity = Some(severity(c, f.mark, f.mark));
    Some(hit)
}

fn certainty(k: &ControlConnection) -> Certainty {
    if k.from_start && k.missing == 0 { Certainty::Certain } else { Certainty::Possible }
}

/// The pattern of KB Q179107: a server that answers nothing after a malformed first message.
fn stopped(k: &ControlConnection, dir: Dir, first: Timestamp) -> String {
    let silent = dir == Dir::ToServer
        && k.start_reply.is_none()
        && k.last[Dir::ToClient.index()].is_none_or(|m| m.at <= first)
        && k.last[Dir::ToServer.index()].is_some_and(|m| m.at - first >= SILENT);
    if silent {
        " The server sent nothing any more after it, not even TCP acknowledgments: the pattern of KB Q179107, where such a message halts a Windows NT 4.0 server. Whether it halted does not show.".to_owned()
    } else {
        String::new()
    }
}

const SILENT: Span = Span::from_secs(5);
