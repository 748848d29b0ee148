//! PD3006: a side closes the link before the log-on is decided, and says why.

use crate::base::addr::Dir;
use crate::model::auth::Attempt;
use crate::model::call::Reason;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD3006",
        name: "terminated-before-auth",
        title: "The link is closed before the log-on is decided",
        severity: Fault,
        yields_to: [
            "PD0003", "PD0009", "PD2001", "PD2003", "PD2004", "PD3001", "PD3002", "PD3003", "PD3004",
            "PD4001", "PD4006", "PD4007", "PD4008", "PD4011",
        ],
        page: "pd3006_terminated_before_auth.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if !matches!(c.stage, Stage::Link | Stage::Authentication)
        || call.attempts.iter().any(|a| !a.verdicts.is_empty() || a.inner_success.is_some())
    {
        return None;
    }
    let terminate = call.terminates.first()?;
    let who = terminate.dir.sender();
    let (certainty, said, hint) = match &terminate.reason {
        Reason::Text(text) if HANG_UP.iter().any(|t| text.contains(t)) => return None,
        Reason::Text(text) => (Certainty::Certain, format!("\"{text}\""), meaning(text)),
        Reason::Ras(0) => return None,
        Reason::Ras(n) => (Certainty::Certain, format!("RAS error {n}"), ras(*n)),
        // A client that leaves without a word may have been told to by its user.
        Reason::None if terminate.dir == Dir::ToServer => return None,
        Reason::None => (
            Certainty::Likely,
            "no reason given".to_owned(),
            "The packet gives no reason: a policy of the server, its administrator, or an error that only its log names.",
        ),
    };
    // What is missing may be the verdict, or the refusal that the sentence speaks of.
    let lacks = call.lacks_before(terminate.mark);
    let certainty = if lacks { certainty.min(Certainty::Likely) } else { certainty };
    let begun = if call.lcp.opened().is_some() { "LCP was open" } else { "LCP was not open yet" };
    let asked = call.attempts.iter().find_map(Attempt::began);
    let hit = Hit::new(
        certainty,
        format!("the {who} closes the link before the log-on is decided: {said}"),
    )
    .detail(format!("{begun}, no verdict on the user had been given, and the {who} sent a Terminate-Request: {said}. {hint}"))
    .frame_if(asked.filter(|m| m.frame < terminate.mark.frame), "the log-on had begun")
    .culprit(terminate.mark, format!("Terminate-Request of the {who}: {said}"))
    .explicit();
    let hit = match terminate.reason {
        Reason::Ras(n) => {
            hit.saw(format!("Error {n} (the {who} wrote it into its Terminate-Request)"))
        }
        _ => hit,
    };
    Some(if certainty == Certainty::Certain {
        hit
    } else if lacks {
        hit.missing("A numbered GRE packet before the Terminate-Request is not in this capture: it may be the verdict.")
    } else {
        hit.missing("The reason is in the server's log only.")
    })
}

/// What pppd's sentences mean.
fn meaning(text: &str) -> &'static str {
    let known: [(&str, &str); 7] = [
        (
            "peer refused to authenticate",
            "It wanted the other side to authenticate itself, and that was turned down (see PD4006, PD4008).",
        ),
        ("couldn't negotiate eap", "EAP found no common type (see PD4007)."),
        ("Loopback detected", "It heard its own packets (see PD3004)."),
        ("Peer not responding", "It had no answer to its LCP echoes (see PD2009)."),
        (
            "authenticate ourselves",
            "The client was not let in; the server's verdict is not in the capture (see PD4001).",
        ),
        (
            "Authentication failed",
            "The server did not let the user in; its verdict is not in the capture (see PD4001).",
        ),
        (
            "MPPE required",
            "It needs encryption, and the agreed log-on method gives no keys or MPPE is missing (see PD5001).",
        ),
    ];
    known
        .iter()
        .find(|(words, _)| text.contains(words))
        .map_or("The sentence is the closer's own; its log says more.", |(_, hint)| hint)
}

/// What the numbers mean that belong to this stage.
const fn ras(number: u32) -> &'static str {
    match number {
        646 | 647 | 708 => "The account may not log on now (see PD4002).",
        648 => "The password has expired (see PD4003).",
        649 => "The account has no permission to dial in (see PD4004).",
        691 => "User name, password or method were not accepted (see PD4001).",
        718 => "An answer did not come in time (see PD0009, PD4011).",
        732 => "The options did not come to terms (see PD3003).",
        734 => "LCP was closed in the middle.",
        741 | 742 => "The required encryption is not available (see PD5001).",
        812 => "A policy does not allow the method (see PD4006, PD4007).",
        _ => "The number is from the list of RAS errors.",
    }
}

/// Sentences of an ordinary hang-up; pppd says "MPPE disabled" at the end of every encrypted session.
const HANG_UP: [&str; 3] = ["User request", "MPPE disabled", "hangup"];
