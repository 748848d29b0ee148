//! PD3007: LCP starts anew in an open session, and encryption or compression is not agreed again
//! (KB Q176502).

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::auth::Attempt;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD3007",
        name: "lcp-renegotiated-midsession",
        title: "LCP starts anew in an open session and takes encryption or compression away (KB Q176502)",
        severity: Fault,
        yields_to: [],
        page: "pd3007_lcp_renegotiated_midsession.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected {
        return None;
    }
    let open = call.ipcp.opened()?;
    // Without CCP before it, there is nothing that LCP could take away.
    call.ccp.opened().filter(|m| m.at <= open.at + SETTLING)?;
    Dir::BOTH.into_iter().find_map(|x| anew(c, call, x, open))
}

/// The side sending in `x` asks for LCP again after `open`.
fn anew(c: &Conversation, call: &Call, x: Dir, open: Mark) -> Option<Hit> {
    let side = call.lcp.side(x);
    let newest = side.last_request.map(|(m, _)| m).filter(|m| after(*m, open))?;
    let again = side.requests.iter().map(|r| r.mark).find(|m| after(*m, open)).unwrap_or(newest);
    // A link that is being closed does not count.
    if call.ended().is_some_and(|(m, _)| m.frame < again.frame) {
        return None;
    }
    let renewed = Dir::BOTH
        .map(|d| call.ccp.side(d).last_request.is_some_and(|(m, _)| m.frame > again.frame));
    if renewed == [true, true] {
        return None;
    }
    let other = x.flip();
    let going_on = call.data[other.index()].last.filter(|m| m.at - again.at >= LASTING)?;
    let wrapped = call.data[other.index()].wrapped > 0;
    let silent = call.data[x.index()].last.is_none_or(|m| m.at - again.at < Span::from_secs(1));
    let rejected = call
        .protocol_rejects
        .iter()
        .find(|(m, dir, protocol)| *dir == x && *protocol == COMPRESSED && m.frame > again.frame)
        .map(|r| r.0);
    if !wrapped || !(silent || rejected.is_some()) {
        return None;
    }
    let (who, peer) = (x.sender(), other.sender());
    let checked = call
        .attempts
        .iter()
        .filter(|a| a.in_session)
        .filter_map(Attempt::began)
        .find(|m| m.frame > again.frame);
    let reason = if checked.is_some() { ", to check the user again" } else { "" };
    let half = if renewed == [false, false] {
        "CCP was not negotiated again"
    } else {
        "CCP was negotiated again by one side only"
    };
    let effect = if rejected.is_some() {
        format!("the {who} rejects what the {peer} encrypts or compresses")
    } else {
        format!("the {who} answers none of it")
    };
    let hit = Hit::new(
        Certainty::Likely,
        format!("the {who} starts LCP anew in mid-session; after that the {peer}'s encrypted data finds no answer"),
    )
    .detail(format!("{} after the session had opened, the {who} sent an LCP Configure-Request{reason}. Taking LCP down takes encryption and compression down with it (RFC 1661 §3.4, RFC 1962), but {half}: the {peer} goes on sending encrypted or compressed data for {}, and {effect}. That LCP started anew is certain; that it is the cause is inferred from the silence after it.", again.at - open.at, going_on.at - again.at))
    .frame(open, "the session is open")
    .culprit(again, format!("LCP Configure-Request of the {who} in the open session"))
    .frame_if(checked, "the user is checked again")
    .frame_if(rejected, format!("the {who} rejects protocol 00FD"))
    .frame(going_on, format!("newest data of the {peer}"));
    Some(match c.closing() {
        Some((m, by)) => hit.frame(m, format!("the {} ends the call", by.sender())),
        None => hit,
    })
}

fn after(m: Mark, open: Mark) -> bool {
    m.frame > open.frame && m.at - open.at > SETTLING
}

/// Encrypted or compressed data (RFC 1962 §2).
const COMPRESSED: u16 = 0x00FD;
/// How long data must go on after it.
const LASTING: Span = Span::from_secs(5);
/// Late packets of the set-up may come this long after IPCP has opened.
const SETTLING: Span = Span::from_secs(3);
