//! PD9005: a packet that ends the session did not come the way the others came.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD9005",
        name: "off-path-injection",
        title: "Packets of a session that do not belong to its path",
        severity: Fault,
        yields_to: [],
        page: "pd9005_off_path_injection.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    endings(c, call).into_iter().find_map(|(mark, dir, what)| stranger(c, call, mark, dir, what))
}

/// Every message that ends the call or the connection.
fn endings(c: &Conversation, call: &Call) -> Vec<(Mark, Dir, &'static str)> {
    let mut all: Vec<(Mark, Dir, &'static str)> =
        call.terminates.iter().map(|t| (t.mark, t.dir, "LCP Terminate-Request")).collect();
    all.extend(call.ccp.terminated.iter().map(|(m, d)| (*m, *d, "CCP Terminate-Request")));
    all.extend(call.cleared.map(|m| (m, Dir::ToServer, "Call-Clear-Request")));
    all.extend(call.disconnected.map(|d| (d.mark, Dir::ToClient, "Call-Disconnect-Notify")));
    for k in &c.control {
        all.extend(k.reset.map(|r| (r.mark, r.dir, "TCP reset")));
        all.extend(k.stop_request.map(|(m, d, _)| (m, d, "Stop-Control-Connection-Request")));
    }
    all.sort_by_key(|(m, ..)| m.frame);
    all
}

fn stranger(c: &Conversation, call: &Call, at: Mark, dir: Dir, what: &str) -> Option<Hit> {
    let way = dir.index();
    let tunnel = &call.gre[way].ttls;
    let connection = c.connection().map(|k| &k.strange[way]);
    let ttl = tunnel.odd_at(at).or_else(|| connection.and_then(|t| t.odd_at(at)))?;
    let usual = tunnel.usual + connection.map_or(0, |t| t.usual);
    let odd = tunnel.odd_count + connection.map_or(0, |t| t.odd_count);
    // A route that changed shows in all packets from then on.
    if usual < BASE_LINE || odd > 3 || c.point.is_at(dir) && ttl > 64 && odd > 1 {
        return None;
    }
    let expected = call.gre[way].ttl.map(|(first, ..)| first)?;
    let went_on = call.data[way].last.filter(|m| m.at - at.at >= WENT_ON);
    let (who, whom) = (dir.sender(), dir.flip().sender());
    let mut hit = Hit::new(
        if went_on.is_some() { Certainty::Likely } else { Certainty::Possible },
        format!("a {what} in the {who}'s name came another way than the {who}'s packets"),
    )
    .culprit(at, format!("{what} with TTL {ttl}; the {who}'s packets have {expected}"));
    let sign = match went_on {
        Some(m) => {
            hit = hit.frame(m, format!("the {who} itself goes on with user data"));
            format!(
                "The {who} itself knows nothing of it: its user data went on for {}. Two signs together: somebody sent it in the {who}'s name.",
                m.at - at.at
            )
        }
        None => format!(
            "Nothing of the {who} came after it that would show whether it meant to. A firewall on the way that resets connections looks the same."
        ),
    };
    hit = hit.detail(format!("{usual} packets of the {who} have a TTL of about {expected}; this {what} has {ttl}, so it crossed another number of routers. {sign} PPTP protects neither its control connection nor GRE against that."));
    if went_on.is_none() {
        hit.severity = Some(Severity::Warning);
        hit = hit.missing(format!("Capture at the {who}: if the {what} is not there, the {who} did not send it. The {whom} cannot tell."));
    }
    Some(hit)
}

/// Packets that must show what is usual.
const BASE_LINE: u32 = 20;
/// Data this long after an end is no straggler.
const WENT_ON: Span = Span::from_secs(2);
