//! PD9003: a stream of malformed packets from one side.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD9003",
        name: "malformed-flood",
        title: "Stream of malformed PPTP packets (MS01-009 class)",
        severity: Fault,
        yields_to: [],
        page: "pd9003_malformed_flood.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    Dir::BOTH.into_iter().find_map(|dir| flood(c, dir))
}

fn flood(c: &Conversation, dir: Dir) -> Option<Hit> {
    let control = c.control.iter().filter_map(|k| k.bad).filter(|b| b.dir == dir);
    let control = control.map(|b| (b.first, b.last, b.count));
    let tunnel = c
        .calls
        .iter()
        .flat_map(|k| [k.gre[dir.index()].lies, k.malformed[dir.index()]].into_iter().flatten());
    let all: Vec<(Mark, Mark, u32)> =
        control.chain(tunnel.map(|d| (d.first, d.last, d.count))).collect();
    let count: u64 = all.iter().map(|(.., n)| u64::from(*n)).sum();
    let first = all.iter().map(|(m, ..)| *m).min()?;
    let last = all.iter().map(|(_, m, _)| *m).max()?;
    let took = last.at - first.at;
    // Fifty in each minute that it lasted, and in one minute at least.
    let minutes = took.0.max(0) / MINUTE.0 + 1;
    if count < MANY || count < MANY.saturating_mul(minutes.unsigned_abs()) {
        return None;
    }
    let (who, whom) = (dir.sender(), dir.flip().sender());
    let address = c.peer(dir).endpoint.addr;
    Some(
        Hit::new(Certainty::Certain, format!("{count} malformed packets from {address} in {took}"))
            .detail(format!("The {who}, {address}, sent {count} packets that break RFC 2637 or RFC 1661 within {took}. No valid session is needed for that. On a Windows NT 4.0 server malformed PPTP packets use up memory that is never freed (MS01-009); the bulletin does not say which ones, so this is possible, not proven. Whether the {whom} suffers does not show."))
            .frame(first, "the first of them")
            .culprit(last, "the newest of them"),
    )
}

/// The catalogue's number per minute.
const MANY: u64 = 50;
const MINUTE: Span = Span::from_secs(60);
