//! PD2009: GRE, or the PPP behind it, falls silent in an established session.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2009",
        name: "gre-died-midsession",
        title: "GRE stops in an established session",
        severity: Fault,
        yields_to: ["PD2008", "PD6007"],
        page: "pd2009_gre_died_midsession.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected || !Dir::BOTH.into_iter().all(|d| call.has_gre(d)) {
        return None;
    }
    Dir::BOTH.into_iter().find_map(|asker| silent(c, call, asker))
}

/// The side that answers `asker` has fallen silent.
fn silent(c: &Conversation, call: &Call, asker: Dir) -> Option<Hit> {
    let answerer = asker.flip();
    let echo = &call.echo[asker.index()];
    // What is unanswered because the link was being closed proves nothing.
    let end: Option<Mark> = call.ended().map(|(m, _)| m);
    let unanswered: Vec<Mark> =
        echo.unanswered.iter().copied().filter(|m| end.is_none_or(|e| m.frame < e.frame)).collect();
    let (first, last) = (*unanswered.first()?, *unanswered.last()?);
    // The side must have been heard before, and the silence must last.
    let gre = &call.gre[answerer.index()];
    let heard = gre.last_payload.as_ref().is_some_and(|m| m.frame < first.frame)
        || echo.last_reply.is_some();
    let until = end.map_or(c.visibility.until, |m| m.at);
    if unanswered.len() < 2
        || !heard
        || until - first.at < SILENT
        || until - last.at < Span::from_secs(1)
    {
        return None;
    }
    let later_payload = gre.last_payload.is_some_and(|m| m.at > first.at);
    if later_payload {
        return None;
    }
    let acks = gre.last.is_some_and(|m| m.at > first.at);
    let since = gre.last_payload.or(gre.last)?;
    let side = answerer.sender();
    let control_alive = c.connection().is_some_and(|k| {
        k.last[answerer.index()]
            .is_some_and(|m| m.at > first.at && Some(m) != k.fins[answerer.index()])
    });
    let (certainty, summary, why) = if acks {
        (
            Certainty::Certain,
            format!(
                "the {side}'s PPP fell silent in mid-session; only its GRE layer still acknowledges"
            ),
            format!(
                "GRE acknowledgments from the {side} go on, so the path is open: the PPP process on the {side} hangs or is gone."
            ),
        )
    } else if control_alive {
        (
            Certainty::Likely,
            format!(
                "GRE from the {side} stopped in mid-session while the control connection lives"
            ),
            format!(
                "The {side} still answers on TCP, so the host is up: a NAT or firewall on the way no longer passes GRE (mapping timed out, taken over by another client, rules reloaded)."
            ),
        )
    } else {
        (
            Certainty::Certain,
            format!("the {side} fell silent in mid-session, on GRE and on the control connection"),
            format!(
                "Neither GRE nor TCP of the {side} is seen after that: the host or its line is gone, or the whole path is cut."
            ),
        )
    };
    let mut hit = Hit::new(certainty, summary)
        .detail(format!("The session worked; then {} LCP Echo-Requests of the {} stayed unanswered, {} in all. {why}", unanswered.len(), asker.sender(), until - first.at))
        .frame(since, format!("newest PPP packet of the {side}"))
        .culprit(first, format!("Echo-Request of the {}, never answered", asker.sender()));
    if last != first {
        hit = hit.frame(last, "newest Echo-Request without an answer");
    }
    if let Some((m, by)) = c.closing() {
        hit = hit.frame(m, format!("the {} ends the call", by.sender()));
    }
    Some(hit)
}

/// How long the silence must last.
const SILENT: Span = Span::from_secs(4);
