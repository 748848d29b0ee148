//! PD1008: the control connection breaks under a live call.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::auth::AuthResult;
use crate::model::call::Call;
use crate::model::control::ControlConnection;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1008",
        name: "control-lost",
        title: "The control connection breaks under a live call",
        severity: Fault,
        yields_to: ["PD1009", "PD2009"],
        page: "pd1008_control_lost.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    let k = c.connection()?;
    // Without GRE of both sides a Terminate-Request may have been there unseen.
    let visible = c.both_ways() && Dir::BOTH.into_iter().all(|d| call.has_gre(d));
    if c.stage < Stage::Link || !visible {
        return None;
    }
    // What came before the call was accepted did not end it.
    let live = |m: &Mark| call.reply.is_none_or(|reply| m.frame > reply.mark.frame);
    if let Some((m, side)) = broken(k).filter(|(m, _)| live(m) && !orderly(call, *m)) {
        return closed(c, call, k, m, side);
    }
    if c.stage == Stage::Connected { cut(c, call, k) } else { None }
}

/// The FIN or RST that ends the connection, where no Stop-Control-Connection-Request came first.
fn broken(k: &ControlConnection) -> Option<(Mark, Dir)> {
    let (m, side) = k.closed()?;
    k.stop_request.is_none_or(|(stop, ..)| stop.frame > m.frame).then_some((m, side))
}

/// The call was being ended by then: the link by LCP Terminate, also where that crossed on the way, or the
/// call by Call-Clear-Request or Call-Disconnect-Notify.
fn orderly(call: &Call, broke: Mark) -> bool {
    let trip = call.round_trip().map_or(CROSSING, |t| t.max(CROSSING));
    let link = call.terminates.iter().any(|t| t.mark.at - broke.at <= trip);
    link || call.ended().is_some_and(|(m, _)| m.frame <= broke.frame)
}

fn closed(c: &Conversation, call: &Call, k: &ControlConnection, m: Mark, side: Dir) -> Option<Hit> {
    let reset = k.reset.filter(|r| r.mark == m);
    let usual = k.ttls[side.index()].map(|(first, ..)| first);
    let by_gre = call.gre[side.index()].ttl;
    let foreign = reset.and_then(|r| {
        let in_gre = by_gre.is_some_and(|(_, low, high)| (low..=high).contains(&r.ttl));
        usual.filter(|u| *u != r.ttl && !in_gre).map(|u| (r.ttl, u))
    });
    // Before the session stands, an end without words is other rules' business, unless a device did it.
    let failed = call.attempt().is_some_and(|a| a.result() == AuthResult::Failure);
    if c.stage < Stage::Connected && (foreign.is_none() || failed) {
        return None;
    }
    let who = side.sender();
    let what = if reset.is_some() { "reset" } else { "closed" };
    let why = match (foreign, reset.is_some()) {
        (Some((ttl, usual)), _) => format!(
            "The reset came with TTL {ttl}, the {who}'s other packets with {usual}: a device on the way sent it in the {who}'s name (likely)."
        ),
        (None, true) => format!(
            "The reset has the TTL of the {who}'s other packets: the {who}'s host no longer knew the connection, because its process died or it was restarted."
        ),
        (None, false) => format!(
            "The {who} closed in TCP without a word of PPTP or PPP: the process that served the connection ended there."
        ),
    };
    let idle = k.pause.filter(|(_, after)| m.at - after.at < PROVOKED);
    let silent = idle.map_or_else(String::new, |(silence, _)| {
        format!(" The control connection had been silent for {silence}: a NAT or firewall that forgets idle connections fits (likely).")
    });
    let last = call.last_gre().filter(|g| g.frame < m.frame);
    let summary = match foreign {
        Some(_) => "a device on the way resets the control connection under a live call".to_owned(),
        None => format!("the control connection is {what} by the {who} under a live call"),
    };
    let mut hit = Hit::new(Certainty::Certain, summary)
        .detail(format!("The call was up. No LCP Terminate-Request, Call-Clear-Request, Call-Disconnect-Notify or Stop-Control-Connection-Request came before the control connection was {what}. {why}{silent}"))
        .frame_if(call.reply.map(|r| r.mark), "Outgoing-Call-Reply: the call is accepted")
        .frame_if(last, "newest packet of the tunnel")
        .frame_if(idle.map(|(_, after)| after).filter(|a| *a != m), "first control packet after the silence")
        .culprit(m, format!("the connection is {what} in the name of the {who}"));
    if let Some((end, by)) = call.ended().filter(|(e, _)| e.frame > m.frame) {
        hit = hit.frame(end, format!("the {} ends the call", by.sender()));
    }
    Some(hit)
}

/// Segments of one side go unanswered: the path of the control connection is cut.
fn cut(c: &Conversation, call: &Call, k: &ControlConnection) -> Option<Hit> {
    let (dir, r) =
        Dir::BOTH.into_iter().map(|d| (d, k.repeated[d.index()])).max_by_key(|(_, r)| r.count)?;
    let (first, last) = (r.first?, r.last?);
    let answered = k.last[dir.flip().index()].is_some_and(|m| m.frame > first.frame);
    // Retransmissions of the farewell say only that the other side has left.
    let farewell = c.closing().is_some_and(|(m, _)| m.frame < first.frame);
    if r.count < REPEATS || answered || farewell {
        return None;
    }
    let (who, other) = (dir.sender(), dir.receiver());
    let gre = call.gre[dir.flip().index()].last.is_some_and(|m| m.frame > first.frame);
    let alive = if gre {
        format!("GRE of the {other} still arrives: only TCP port {} is cut.", k.server.port)
    } else {
        format!("Nothing at all came from the {other} after that.")
    };
    let mut hit = Hit::new(Certainty::Certain, format!("the control connection is dead: the {other} no longer acknowledges"))
        .detail(format!("The {who} sent the same segment of the control connection {} times again in {}, and the {other} acknowledged none of it. {alive}", r.count, last.at - first.at))
        .culprit(first, format!("first retransmission of the {who}"))
        .frame(last, "newest retransmission, still unacknowledged");
    if let Some((m, by)) = c.closing() {
        hit = hit.frame(m, format!("the {} gives up", by.sender()));
    }
    Some(hit)
}

/// Retransmissions without an acknowledgment that mean a dead path.
const REPEATS: u32 = 5;
/// A Terminate-Request this close to the end was on its way already.
const CROSSING: Span = Span::from_millis(200);
/// An end this soon after the first packet that broke a silence was provoked by it.
const PROVOKED: Span = Span::from_secs(3);
