//! PD3002: LCP starts over and over because answers come after the restart timer (KB Q219353).

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD3002",
        name: "q219353-lcp-restart-loop",
        title: "LCP restarts because answers arrive after the restart timer (KB Q219353)",
        severity: Fault,
        yields_to: ["PD2004"],
        page: "pd3002_q219353_lcp_restart_loop.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Link || !Dir::BOTH.into_iter().all(|d| call.has_gre(d)) {
        return None;
    }
    Dir::BOTH.into_iter().find_map(|dir| loops(c, call, dir))
}

/// The side sending in `dir` repeats its requests faster than answers can come.
fn loops(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let side = call.lcp.side(dir);
    let spacing = spacing(side)?;
    let stale = side.answers.iter().filter(|a| a.stale).count();
    let trip = call.round_trip()?;
    if side.request_count < 2 || trip.times(10) < spacing.times(8) {
        return None;
    }
    // A capture that breaks off in the first seconds shows a slow start, not a loop.
    let first = side.requests.first()?.mark.at;
    if c.closing().is_none() && c.visibility.until - first < LASTED {
        return None;
    }
    let who = dir.sender();
    let how = if stale >= 3 {
        format!("{stale} answers carry the identifier of an older request, so they no longer count")
    } else {
        "each request goes out again before the answer to the last one is back".to_owned()
    };
    let mut hit = Hit::new(
        Certainty::Likely,
        format!("LCP never settles: answers take {trip}, the {who} asks again every {spacing}"),
    )
    .detail(format!("The {who} sent {} LCP Configure-Requests, {spacing} apart; a round trip through the tunnel takes about {trip}. So {how}, and LCP starts over until one side gives up.", side.request_count));
    for (n, r) in side.requests.iter().take(4).enumerate() {
        let text = format!("Configure-Request {} of the {who}", r.id);
        hit = if n == 1 {
            hit.culprit(r.mark, format!("{text}, before the answer to the last one"))
        } else {
            hit.frame(r.mark, text)
        };
    }
    hit = hit.frame_if(side.answers.first().map(|a| a.mark), "first answer");
    if let Some((m, by)) = c.closing() {
        hit = hit.frame(m, format!("the {} gives up", by.sender()));
    }
    Some(hit)
}

/// The usual distance of the requests: the median, bursts left out.
fn spacing(side: &Side) -> Option<Span> {
    let marks: Vec<Mark> = side.requests.iter().map(|r| r.mark).collect();
    let mut gaps: Vec<Span> = marks
        .windows(2)
        .filter_map(|w| Some(w.last()?.at - w.first()?.at))
        .filter(|g| *g > BURST)
        .collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}

/// Requests closer than this were queued and sent in one go.
const BURST: Span = Span::from_millis(200);
/// Without an end in the capture, a loop must have gone on this long.
const LASTED: Span = Span::from_secs(15);
