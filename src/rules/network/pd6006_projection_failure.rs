//! PD6006: connected, then dropped at once by the server.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::call::Data;
use crate::model::call::Reason;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::fingerprint::Family;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6006",
        name: "projection-failure",
        title: "Connected, then dropped at once because the server cannot add the route (20050)",
        severity: Fault,
        yields_to: ["PD6003", "PD6004", "PD6007"],
        page: "pd6006_projection_failure.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call().filter(|_| c.stage == Stage::Connected)?;
    let open = call.ipcp.opened()?;
    let (end, by) = call.ended()?;
    let lasted = end.at - open.at;
    if by != Dir::ToClient || lasted.0 < 0 || lasted > AT_ONCE || c.closing()?.1 != by {
        return None;
    }
    // Words are followed, not guessed at; and other servers do not project users onto a network.
    let wordless = call.terminates.iter().filter(|t| t.dir == by).all(|t| t.reason == Reason::None);
    let windows = matches!(
        c.family(Dir::ToClient),
        Family::WindowsNt4 | Family::WindowsNt5 | Family::WindowsVista | Family::WindowsRas
    );
    let packets: u64 = call.data.iter().map(Data::packets).sum();
    if !wordless || !windows || packets > LITTLE {
        return None;
    }
    let carried = if packets == 0 { "nothing".to_owned() } else { format!("{packets} packets") };
    Some(
        Hit::new(Certainty::Possible, format!("the server drops the client {lasted} after IPCP opened"))
            .detail(format!("Everything was agreed on, addresses included, and {carried} went over the link; then the server ended it without a word. NT 4.0 does so where it cannot add the user to its network (event 20050 in its log): address in use, user name equal to a demand-dial interface. An administrator or a limit may have done the same."))
            .frame(open, "IPCP is open: the client has its address")
            .culprit(end, "the server ends the link, no reason given")
            .missing("Event 20050 in the server's system log at this time confirms it."),
    )
}

/// A drop this soon after IPCP opened belongs to the set-up.
const AT_ONCE: Span = Span::from_secs(20);
/// More user data than this is a session in use.
const LITTLE: u64 = 20;
