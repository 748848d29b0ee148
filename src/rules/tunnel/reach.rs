//! Whether the GRE packets of each side reach the other: read from what is visible, acknowledged and
//! answered while LCP has not opened. PD2001, PD2003 and PD3001 share this view, so that exactly one of
//! them speaks.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;

/// What keeps LCP from opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The server closed at once after it had accepted the call, and sent no GRE.
    ServerGoneAtOnce(Mark),
    /// Client's GRE is seen, none of the server's.
    NothingFromServer,
    /// Server's GRE is seen, none of the client's.
    NothingFromClient,
    /// Captured at both ends: what the side sending in this direction sends leaves there and does not
    /// arrive at the other.
    LostBetween(Dir),
    /// The capture holds no GRE at all, and the client cleared the call at once: too soon for a link that
    /// came about.
    ClearedAtOnce(Mark),
    /// Both are seen, but what the side sending in this direction sends is neither acknowledged nor
    /// answered, while the other side asks and is answered.
    Unheard(Dir),
    /// Both are seen; the requests of the side sending in this direction are acknowledged in GRE or met
    /// by packets without PPP, and never answered in PPP.
    SilentPpp(Dir),
}

/// The view of a conversation that stopped at the link stage; `None` where it got further, is still
/// young, or an ICMP error explains it.
#[must_use]
pub fn reach(c: &Conversation) -> Option<(&Call, Reach)> {
    let call = c.call()?;
    if c.stage != Stage::Link || c.control.is_empty() || !call.accepted() || !c.both_ways() {
        return None;
    }
    if let Some(lost) = between(c) {
        return Some((call, lost));
    }
    let accepted = call.reply?.mark;
    let end = c.closing();
    let until = end.map_or(c.visibility.until, |(m, _)| m.at);
    let lasted = until - accepted.at;
    let [to_server, to_client] = [call.has_gre(Dir::ToServer), call.has_gre(Dir::ToClient)];
    let asked = |dir: Dir| call.lcp.side(dir).request_count;
    let found = match (to_server, to_client) {
        (false, false) if c.gre_invisible() => {
            let (m, _) = end.filter(|(_, side)| *side == Dir::ToServer && lasted <= CLEARED)?;
            Reach::ClearedAtOnce(m)
        }
        (_, false) if !c.gre_invisible() => {
            let gone = end.filter(|(_, side)| *side == Dir::ToClient && lasted <= AT_ONCE);
            if let Some((m, _)) = gone {
                Reach::ServerGoneAtOnce(m)
            } else if to_server && (asked(Dir::ToServer) >= 3 || lasted >= T_GRE) {
                Reach::NothingFromServer
            } else {
                return None;
            }
        }
        (false, true) if asked(Dir::ToClient) >= 3 || lasted >= T_GRE => Reach::NothingFromClient,
        (true, true) => both(call)?,
        _ => return None,
    };
    Some((call, found))
}

/// What captures at both ends settle without inference.
fn between(c: &Conversation) -> Option<Reach> {
    let client = c.view_at(Dir::ToServer)?.call()?;
    let server = c.view_at(Dir::ToClient)?.call()?;
    let gone = |dir: Dir| {
        let (sender, receiver) =
            if dir == Dir::ToServer { (client, server) } else { (server, client) };
        sender.gre[dir.index()].packets >= 2 && !receiver.has_gre(dir)
    };
    if gone(Dir::ToServer) {
        return Some(Reach::LostBetween(Dir::ToServer));
    }
    if gone(Dir::ToClient) {
        return Some(Reach::LostBetween(Dir::ToClient));
    }
    let silent =
        server.lcp.side(Dir::ToServer).request_count >= 2 && !server.has_gre(Dir::ToClient);
    silent.then_some(Reach::NothingFromServer)
}

/// Frames that prove [`Reach::LostBetween`]: the first packet where it left, and the newest packet of any
/// kind where it should have arrived.
#[must_use]
pub fn lost_frames(c: &Conversation, dir: Dir) -> Option<(Mark, Mark, u64)> {
    let sender = c.view_at(dir)?;
    let receiver = c.view_at(dir.flip())?;
    let gre = &sender.call()?.gre[dir.index()];
    Some((gre.first?, receiver.ended, gre.packets))
}

fn both(call: &Call) -> Option<Reach> {
    for dir in Dir::BOTH {
        let own = call.lcp.side(dir);
        let other = call.lcp.side(dir.flip());
        if own.request_count < 3 || own.answer_count > 0 {
            continue;
        }
        // Does the other side acknowledge anything that this side sent?
        let sent = call.gre[dir.index()].seqs;
        let acked = call.gre[dir.flip().index()].highest_ack;
        let covered =
            sent.zip(acked).is_some_and(|((first, _), (ack, _))| ack.wrapping_sub(first) < HALF);
        if covered {
            return Some(Reach::SilentPpp(dir));
        }
        // The other side goes on asking although this side answers: nothing reaches it.
        if other.request_count >= 3 && other.answer_count >= 2 {
            return Some(Reach::Unheard(dir));
        }
        if other.request_count == 0 {
            return Some(Reach::SilentPpp(dir));
        }
    }
    None
}

/// T_GRE of the catalogue.
const T_GRE: Span = Span::from_secs(10);
/// A server that closes this soon after its Outgoing-Call-Reply never ran its PPP.
const AT_ONCE: Span = Span::from_secs(3);
/// Numbers that far ahead count as behind (RFC 1982).
const HALF: u32 = 0x8000_0000;
/// No PPP link opens and ends in less.
const CLEARED: Span = Span::from_secs(1);
