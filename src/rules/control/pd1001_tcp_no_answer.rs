//! PD1001: SYNs to the control port get no answer at all.

use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::point::Place;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1001",
        name: "tcp-no-answer",
        title: "TCP 1723 gets no answer",
        severity: Fault,
        yields_to: [],
        page: "pd1001_tcp_no_answer.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let k = c.connection()?;
    let answered = |k: &crate::model::control::ControlConnection| {
        k.syn_ack.is_some() || k.reset.is_some() || k.established.is_some()
    };
    if c.stage != Stage::Tcp || c.control.iter().any(answered) || c.icmp.iter().any(|i| i.refuses) {
        return None;
    }
    let syns: Vec<_> = c.control.iter().flat_map(|k| &k.syns).copied().collect();
    let (first, last) = (*syns.first()?, *syns.last()?);
    let waited = c.visibility.until - first.at;
    if syns.len() < 2 || (waited < WAITED && syns.len() < 4) {
        return None;
    }
    let (certainty, place) = match c.point.place {
        Place::Server => (
            Certainty::Certain,
            "They arrive on the server's side; the server or its own firewall does not answer.",
        ),
        _ => (
            Certainty::Certain,
            "That nothing came back is certain; where they are lost cannot be seen from here.",
        ),
    };
    let mut hit = Hit::new(certainty, format!("{} does not answer on TCP port {}", k.server.addr, k.server.port))
        .detail(format!("The client sent {} SYNs in {} and got neither an answer nor a refusal (no RST, no ICMP) in {waited}. {place}", syns.len(), last.at - first.at));
    for (n, syn) in syns.iter().take(5).enumerate() {
        let text = if n == 0 { "SYN, unanswered" } else { "SYN again" };
        hit = if n == 0 { hit.culprit(*syn, text) } else { hit.frame(*syn, text) };
    }
    if c.point.place != Place::Server {
        hit = hit.missing("Capture at the server too: if the SYNs arrive there, its firewall or service is to blame; if not, the path.");
    }
    Some(hit)
}

/// Three SYNs of the usual back-off take this long.
const WAITED: Span = Span::from_secs(9);
