//! PD1009: a PPTP Echo-Request stays unanswered, and its sender gives up.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::control::ControlConnection;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1009",
        name: "echo-timeout",
        title: "A PPTP Echo-Request stays unanswered",
        severity: Fault,
        yields_to: ["PD2009"],
        page: "pd1009_echo_timeout.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    let k = c.connection()?;
    // A hole in the capture may hide the reply.
    if c.stage != Stage::Connected || !c.both_ways() || k.missing > 0 {
        return None;
    }
    let (end, by) = c.closing()?;
    silent(c, call, k, by).filter(|_| k.reset.is_none_or(|r| r.mark != end))
}

/// The other side owes `asker`, who gave up first, a reply.
fn silent(c: &Conversation, call: &Call, k: &ControlConnection, asker: Dir) -> Option<Hit> {
    let (id, asked) = *k.echoes_pending[asker.index()].first()?;
    let (end, _) = c.closing()?;
    let waited = end.at - asked.at;
    let by_terminate = call.terminates.first().is_some_and(|t| t.mark == end);
    if waited < if by_terminate { LONG } else { SHORT } {
        return None;
    }
    let (who, other) = (asker.sender(), asker.receiver());
    let after = |m: Mark| m.frame > asked.frame;
    let acknowledged = k.last[asker.flip().index()].is_some_and(after);
    let repeats = k.repeated[asker.index()];
    let out = call.gre[asker.index()].last.is_some_and(after);
    let back = call.gre[asker.flip().index()].last.is_some_and(after);
    // Neither TCP nor GRE comes back: the path is cut, and the echo is only its first victim.
    if !acknowledged && out && !back {
        return None;
    }
    let how = if acknowledged {
        format!(
            "The {other}'s TCP goes on, so the host and the path are alive: the process that serves the control connection hangs."
        )
    } else if back {
        format!(
            "TCP of the {other} is silent too while its GRE goes on: the path of the control connection is cut (a NAT or firewall that dropped it), or its host no longer serves it."
        )
    } else {
        format!(
            "The {other}'s TCP does not acknowledge either ({} retransmissions); no GRE was due in that time, so it cannot be told whether the {other} is gone or only TCP port {} is cut.",
            repeats.count, k.server.port
        )
    };
    let certain = waited >= T_CTRL || (!acknowledged && repeats.count >= 3);
    let certainty = if certain { Certainty::Certain } else { Certainty::Likely };
    let mut hit = Hit::new(certainty, format!("the {other} does not answer the {who}'s Echo-Request; the {who} gives up after {waited}"))
        .detail(format!("PPTP Echo-Request {id} of the {who} got no Echo-Reply in {waited}, then the {who} ended the session. {how}"))
        .frame_if(k.last[asker.flip().index()], format!("newest control packet of the {other}"))
        .culprit(asked, format!("Echo-Request {id} of the {who}, never answered"));
    if !acknowledged && let Some(last) = repeats.last.filter(|m| after(*m)) {
        hit = hit.frame(last, "newest TCP retransmission of it");
    }
    Some(hit.frame(end, format!("the {who} gives up")))
}

/// No reply in this time is no round trip.
const SHORT: Span = Span::from_secs(5);
/// Where PPP says goodbye in order, the echo must have been the reason.
const LONG: Span = Span::from_secs(30);
/// The protocol's own timer (RFC 2637 §3.1.4).
const T_CTRL: Span = Span::from_secs(60);
