//! PD7008: the session ended by an idle, time or traffic limit.

use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::call::Reason;
use crate::model::call::Terminate;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD7008",
        name: "idle-or-time-limit",
        title: "Session ended by an idle or maximum-time rule",
        severity: Notice,
        yields_to: [],
        page: "pd7008_idle_or_time_limit.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected {
        return None;
    }
    let opened = call.ipcp.opened().or(call.ipv6cp.opened());
    said(call, opened).or_else(|| by_the_clock(call, opened?))
}

/// A side says so.
fn said(call: &Call, opened: Option<Mark>) -> Option<Hit> {
    let (t, rule) = call.terminates.iter().find_map(|t| limit(t).map(|rule| (t, rule)))?;
    let who = t.dir.sender();
    let mut hit = Hit::new(Certainty::Certain, format!("the {who} ended the session: {rule}"))
        .detail(format!("The {who}'s Terminate-Request gives the reason itself: {rule}. That is a setting, not a fault.{}", lasted(call, opened, t.mark)))
        .frame_if(opened, "the network phase opened")
        .culprit(t.mark, format!("Terminate-Request of the {who}: {rule}"))
        .explicit();
    if t.reason == Reason::Ras(828) {
        hit = hit.saw("Error 828: the connection was terminated because it was idle");
    }
    Some(hit)
}

fn limit(t: &Terminate) -> Option<&'static str> {
    match &t.reason {
        Reason::Ras(828) => Some("idle time-out (RAS 828)"),
        Reason::Text(text) if text.contains("Link inactive") => {
            Some("idle time-out (\"Link inactive\")")
        }
        Reason::Text(text) if text.contains("Connect time expired") => {
            Some("maximum session time (\"Connect time expired\")")
        }
        Reason::Text(text) if text.contains("Traffic limit") => {
            Some("traffic limit (\"Traffic limit reached\")")
        }
        _ => None,
    }
}

/// Nobody says so, but the end falls on the minute.
fn by_the_clock(call: &Call, opened: Mark) -> Option<Hit> {
    let t = call.terminates.first()?;
    let mute = match &t.reason {
        Reason::None | Reason::Ras(0) => true,
        Reason::Text(text) => text.contains("MPPE disabled"),
        Reason::Ras(_) => false,
    };
    let data = call.data.iter().filter_map(|d| d.last).max_by_key(|m| m.at)?;
    let (session, idle) = (t.mark.at - opened.at, t.mark.at - data.at);
    if !mute || session < HISTORY {
        return None;
    }
    let (what, span) = if idle >= MINUTE && on_the(MINUTE, idle) {
        ("idle time-out", idle)
    } else if idle < MINUTE && on_the(FIVE_MINUTES, session) {
        ("maximum session time", session)
    } else {
        return None;
    };
    let who = t.dir.sender();
    Some(
        Hit::new(Certainty::Possible, format!("the {who} ended the session after {span}: perhaps a limit ({what})"))
            .detail(format!("The {who} gives no reason of its own, but the end comes {span} after {}, to the second a round figure.{} It fits a setting; it may be chance.", if what.starts_with("idle") { "the newest user data" } else { "the session opened" }, lasted(call, Some(opened), t.mark)))
            .frame(opened, "the network phase opened")
            .frame(data, "newest user data")
            .culprit(t.mark, format!("Terminate-Request of the {who}"))
            .missing(format!("Only the {who}'s log tells the reason (pppd: \"Terminating connection due to lack of activity\", \"Connect time expired\").")),
    )
}

/// Whether a time is a whole number of units, within a second and a half.
fn on_the(unit: Span, time: Span) -> bool {
    let rest = time.0.rem_euclid(unit.0);
    rest <= NEAR.0 || unit.0 - rest <= NEAR.0
}

fn lasted(call: &Call, opened: Option<Mark>, end: Mark) -> String {
    let Some(opened) = opened else { return String::new() };
    let data = call.data.iter().filter_map(|d| d.last).filter(|m| m.at <= end.at).max();
    let idle = data
        .map_or_else(String::new, |m| format!(", the last {} without user data", end.at - m.at));
    format!(" It had lasted {}{idle}.", end.at - opened.at)
}

const MINUTE: Span = Span::from_secs(60);
const FIVE_MINUTES: Span = Span::from_secs(300);
/// A shorter session falls on a round figure too easily.
const HISTORY: Span = Span::from_secs(600);
const NEAR: Span = Span::from_millis(1500);
