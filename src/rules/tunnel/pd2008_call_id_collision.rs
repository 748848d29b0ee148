//! PD2008: two clients behind one NAT collide at one server.

use super::reach::Reach;
use super::reach::reach;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::model::neighbours::Astray;
use crate::model::neighbours::End;
use crate::model::neighbours::Rival;
use crate::model::point::Place;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2008",
        name: "call-id-collision",
        title: "Two clients behind one NAT collide at one server",
        severity: Fault,
        yields_to: [],
        page: "pd2008_call_id_collision.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call().filter(|k| k.accepted())?;
    misdelivered(c, call)
        .or_else(|| same_id(c, call))
        .or_else(|| kept_out(c, call))
        .or_else(|| pushed_out(c, call))
}

/// Inside the NAT: what the server sends to this client is delivered to another.
fn misdelivered(c: &Conversation, call: &Call) -> Option<Hit> {
    let astray = |a: &&Astray| matches!(a.end, End::To(_)) && a.count >= 2;
    let a = c.astray.iter().find(astray)?;
    let End::To(host) = a.end else { return None };
    if c.stage != Stage::Link || call.has_gre(Dir::ToClient) {
        return None;
    }
    Some(told(c, call, Hit::new(Certainty::Certain, format!("GRE for this client is delivered to {host}: the NAT confuses its clients"))
        .detail(format!("{} GRE packets of the server carry this call's id ({}) and go to {host}, another client of the same server; none comes to {}. The NAT before this point keeps one GRE mapping per server instead of one per call.", a.count, call.client_call_id.unwrap_or_default(), c.client.endpoint.addr))
        .culprit(a.first, format!("GRE with this call's id, sent to {host}"))))
}

/// Outside the NAT: two calls at once that the server's GRE cannot be told apart by.
fn same_id(c: &Conversation, call: &Call) -> Option<Hit> {
    let id = call.client_call_id?;
    let requested = call.request?;
    let stuck = c.stage == Stage::Link && c.outcome == Outcome::Failed;
    let r = c.rivals.iter().find(|r| {
        let overlap = if r.earlier {
            stuck && requested.at - r.last.at < ALIVE
        } else {
            let goes_on = |m: Mark| m.at - r.request.at >= AFTERWARDS;
            c.stage == Stage::Connected && call.gre[Dir::ToServer.index()].last.is_some_and(goes_on)
        };
        r.client_call_id == Some(id) && overlap
    })?;
    Some(told(c, call, Hit::new(Certainty::Likely, format!("two clients behind {} use the same call id {id} at once", c.client.endpoint.addr))
        .detail(format!("Two control connections come from {} at the same time (TCP ports {} and {}), and both clients gave themselves call id {id}. GRE to them has the same addresses and the same id, so neither the NAT nor anyone else can tell which client a packet is for. A NAT with a PPTP helper would have translated one of the ids.", c.client.endpoint.addr, c.client.endpoint.port, r.port))
        .frame(r.request, format!("the other Outgoing-Call-Request with id {id}"))
        .culprit(requested, format!("Outgoing-Call-Request with id {id}"))))
}

/// Outside the NAT: the newcomer hears nothing while the older call has GRE both ways.
fn kept_out(c: &Conversation, call: &Call) -> Option<Hit> {
    if c.point.place == Place::Client {
        return None;
    }
    let r = c.rivals.iter().find(|r| r.earlier && r.carried_gre)?;
    let (_, found) = reach(c)?;
    if found != Reach::Unheard(Dir::ToClient) {
        return None;
    }
    let back = call.gre[Dir::ToClient.index()].first?;
    Some(undecided(told(c, call, Hit::new(Certainty::Possible, format!("a second client behind {} gets no GRE while the first has its session", c.client.endpoint.addr))
        .detail(format!("Another client with the same address (TCP port {}) was connected when this one dialled. The server answers this one's GRE, and nothing of it arrives: a NAT that keeps one GRE mapping per server delivers it to the first client.", r.port))
        .frame(r.request, "Outgoing-Call-Request of the first client")
        .culprit(back, "first GRE packet of the server to the second client, never acknowledged"))))
}

/// Outside the NAT: the older call's GRE stops when another client dials.
fn pushed_out(c: &Conversation, call: &Call) -> Option<Hit> {
    let last = call.gre[Dir::ToServer.index()].last?;
    let r = c.rivals.iter().find(|r| stops_at(r, last.at - r.request.at))?;
    let unanswered = &call.echo[Dir::ToClient.index()].unanswered;
    let first = *unanswered.iter().find(|m| m.frame > r.request.frame)?;
    if c.stage != Stage::Connected || unanswered.len() < 2 || c.point.place == Place::Client {
        return None;
    }
    Some(undecided(told(c, call, Hit::new(Certainty::Possible, format!("the session ends when a second client behind {} dials", c.client.endpoint.addr))
        .detail(format!("The client's GRE stopped {} after another client with the same address (TCP port {}) had asked for a call; since then the server's LCP Echo-Requests stay unanswered. A NAT that keeps one GRE mapping per server gives it to the newcomer.", last.at - r.request.at, r.port))
        .frame(last, "newest GRE packet of this client")
        .culprit(r.request, "Outgoing-Call-Request of the second client")
        .frame(first, "Echo-Request of the server, never answered"))))
}

fn stops_at(r: &Rival, after: Span) -> bool {
    !r.earlier && after >= Span::ZERO && after <= AFTERWARDS
}

fn told(c: &Conversation, call: &Call, mut hit: Hit) -> Hit {
    if let Some(reply) = call.reply {
        let first = hit.evidence.iter().position(|e| e.mark.frame > reply.mark.frame);
        let at = first.unwrap_or(hit.evidence.len());
        hit = hit.frame(reply.mark, "Outgoing-Call-Reply: this call is accepted");
        if let Some(e) = hit.evidence.pop() {
            hit.evidence.insert(at, e);
        }
    }
    match c.closing() {
        Some((m, by)) => hit.frame(m, format!("the {} gives up", by.sender())),
        None => hit,
    }
}

fn undecided(hit: Hit) -> Hit {
    hit.missing("Capture on both sides of the NAT at the same time: GRE that goes to the wrong inside host makes it certain.")
}

/// Silence after which the older call may be dead without a farewell.
const ALIVE: Span = Span::from_secs(60);
/// How soon after the other's request a session must stop, or how long it must go on.
const AFTERWARDS: Span = Span::from_secs(5);
