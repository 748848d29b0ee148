//! PD7001: large packets vanish on the path, small ones pass.

use super::loss;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::call::IcmpReport;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD7001",
        name: "mtu-black-hole",
        title: "Large packets vanish, small ones pass",
        severity: Fault,
        yields_to: [],
        page: "pd7001_mtu_black_hole.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected {
        return None;
    }
    let each = |look: fn(&Conversation, &Call, Dir) -> Option<Hit>| {
        Dir::BOTH.into_iter().find_map(|dir| look(c, call, dir))
    };
    each(told_by_icmp)
        .or_else(|| each(told_inside))
        .or_else(|| each(unheard))
        .or_else(|| each(long_holes))
}

/// A router says that the packets are too big; the sender goes on, or gives up.
fn told_by_icmp(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let report = call.icmp.iter().find(|i| i.about == dir && too_big(i))?;
    let who = dir.sender();
    let from = report.from;
    let mtu = report.mtu.map_or_else(|| "a smaller size".to_owned(), |m| format!("{m} octets"));
    let after = call.gre[dir.index()].over_mtu.filter(|d| d.count >= 3);
    // pptp-linux takes any ICMP error about its GRE for the end: no word in LCP, the call cleared at once.
    let gave_up = c.closing().filter(|(m, side)| {
        let silent = call.terminates.iter().all(|t| t.dir != dir);
        *side == dir && silent && m.at >= report.mark.at && m.at - report.mark.at <= GAVE_UP
    });
    let (summary, more) = match (after, gave_up) {
        (Some(d), _) => (
            format!("the {who}'s packets are too big for the path ({mtu}), and it goes on sending them"),
            format!("After that it sent {} more that are larger.", d.count),
        ),
        (None, Some(_)) => (
            format!("the {who}'s packet is too big for the path ({mtu}), and the {who} gives the call up"),
            "The sender took the ICMP error for the end of the tunnel and cleared the call, without a word in LCP.".to_owned(),
        ),
        (None, None) => (
            format!("the path carries {mtu} at most: the {who} was told, and heeds it"),
            "No larger packet follows, so path MTU discovery works.".to_owned(),
        ),
    };
    let mut hit = Hit::new(Certainty::Certain, summary)
        .detail(format!("{from} rejects a GRE packet of the {who} by ICMP \"{}\": it carries {mtu} in one packet. {more}", report.meaning))
        .culprit(report.mark, format!("ICMP from {from}: {}", report.meaning))
        .explicit();
    if let Some(d) = after {
        hit = hit.frame(d.first, format!("the {who} sends a packet as large again"));
    }
    if let Some((m, _)) = gave_up {
        hit = hit.frame(m, format!("the {who} ends the call"));
    }
    if after.is_none() && gave_up.is_none() {
        hit.severity = Some(Severity::Notice);
    }
    Some(hit)
}

/// With the password: a router inside the tunnel says that the packets are too big; the sender goes on.
fn told_inside(_: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let told = call.inside[dir.index()].as_deref()?.traffic.too_big?;
    let beyond = told.beyond.filter(|d| d.count >= 3)?;
    let (who, from, mtu) = (dir.sender(), told.from, told.mtu);
    Some(
        Hit::new(Certainty::Certain, format!("packets inside the tunnel are too big for the path behind it ({mtu} octets), and the {who}'s side goes on sending them"))
            .detail(format!("Inside the tunnel {from} rejects a packet to {} by ICMP \"fragmentation needed\": it forwards {mtu} octets at most. Within a minute {} more packets with the same target came that are larger: the sender never learned of it, or does not heed it.", told.towards, beyond.count))
            .culprit(told.mark, format!("inside: ICMP from {from}, fragmentation needed, {mtu} octets"))
            .frame(beyond.first, "inside: a larger packet again")
            .explicit(),
    )
}

fn too_big(i: &IcmpReport) -> bool {
    if i.from.is_ipv4() { (i.kind, i.code) == (3, 4) } else { i.kind == 2 }
}

/// Seen before the place where they vanish: the large packets stay unacknowledged, the small ones do not.
fn unheard(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let g = &call.gre[dir.index()];
    let (lost, good) = (g.unheard, g.heard);
    let (first, last) = (lost.first?, lost.last?);
    let acknowledges = call.gre[dir.flip().index()].acks_only > 0;
    let apart = lost.smallest >= LARGE && good.largest < lost.smallest;
    let lived = good.last.is_some_and(|m| m.at > first.at);
    if lost.count < 3 || good.count < 3 || !apart || !lived || !acknowledges {
        return None;
    }
    let who = dir.sender();
    let gone = c.views.iter().filter_map(|v| v.lost[dir.index()]).max();
    let by_views = gone.is_some_and(|n| n >= u64::from(lost.count));
    let resent = call.inside[dir.index()].as_deref().map(|i| i.traffic.resent);
    // TCP inside never heard of the large ones either, and of every small one.
    let resent = resent.filter(|r| r.most >= 3 && r.count == r.large);
    let proven = by_views || resent.is_some();
    let certainty = if proven { Certainty::Certain } else { Certainty::Likely };
    let limit = usize::from(lost.smallest) + OVERHEAD;
    let mut hit = Hit::new(
        certainty,
        format!("the {who}'s packets of {limit} octets and more vanish, small ones arrive"),
    )
    .detail(format!("{} packets of the {who} with {} to {} octets in the tunnel were not acknowledged for seconds; {} smaller ones, of up to {} octets, were acknowledged at once, before and after. No ICMP error came back. So the path carries less than IP packets of {limit} octets and says nothing: a black hole.", lost.count, lost.smallest, lost.largest, good.count, good.largest))
    .culprit(first, format!("{} octets in the tunnel or more, never acknowledged", lost.smallest));
    if last != first {
        hit = hit.frame(last, "the newest of them");
    }
    hit = hit.frame_if(good.last, "a small packet, acknowledged");
    if let Some(r) = resent {
        hit.detail = format!(
            "{} TCP inside the tunnel says the same: it sent one segment in packets of {} octets {} times, and no small one twice.",
            hit.detail, r.size, r.most
        );
        hit = hit.frame_if(r.first, "inside: the TCP segment that was sent again and again");
    }
    Some(if proven {
        hit
    } else {
        hit.missing(format!("A capture at the other end, taken at the same time, would prove that these packets do not arrive. The {who}'s own log tells nothing of it."))
    })
}

/// Seen behind the place where they vanish: nothing large ever comes, and whole runs of numbers are
/// missing.
fn long_holes(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let l = loss::before_here(c, call, dir)?;
    let data = call.data[dir.index()].first?;
    let other = &call.gre[dir.flip().index()];
    let g = &call.gre[dir.index()];
    let lasted = l.first.after.at - l.first.before?.at;
    let small = call.data[dir.index()].largest < usize::from(LARGE);
    let runs = l.lost >= 3 && l.shortest >= 3 && l.bursts <= 8 && l.first.after.at > data.at;
    let clean = other.missing == 0 && g.overtaken.is_none() && !loss::capture_has_gaps(c);
    if !(small && runs && clean && lasted >= OUTLASTS && loss::alive_after(call, dir, data)) {
        return None;
    }
    let who = dir.sender();
    let mut hit = Hit::new(
        Certainty::Possible,
        format!("{} packets of the {who} in a row never came here, and none that came is large", l.lost),
    )
    .detail(format!("The {who}'s numbers jump over {} packets in {} runs of at least {}, {lasted} long, while everything around them arrives and nothing of the other direction is missing. No packet of the {who} that came here holds more than {} octets. That is what large packets look like behind a place that they do not pass; a short outage of one direction looks the same.", l.lost, l.bursts, l.shortest, call.data[dir.index()].largest))
    .frame_if(l.first.before, format!("the {who}'s packet before the run"))
    .culprit(l.first.after, format!("the {who}'s next one: {} missing", l.first.length))
    .missing(format!("The sizes of what is missing show at the {who}'s side only: capture there, and send one large packet (ping -l 1300 -f)."));
    hit.severity = Some(Severity::Warning);
    Some(hit)
}

/// GRE payloads from here on are large: IPv4 obliges every path to carry 576 octets or less only.
const LARGE: u16 = 540;
/// Octets of IPv4 and enhanced GRE around a payload with a sequence number.
const OVERHEAD: usize = 32;
/// A client that gives the call up over an ICMP error does so at once.
const GAVE_UP: Span = Span::from_secs(3);
/// Retries of large packets take longer than a burst of loss.
const OUTLASTS: Span = Span::from_secs(2);
