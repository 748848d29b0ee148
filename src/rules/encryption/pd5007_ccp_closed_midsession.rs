//! PD5007: the encryption layer is closed while data flows.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Answer;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD5007",
        name: "ccp-closed-midsession",
        title: "Encryption layer closed while data flows",
        severity: Fault,
        yields_to: ["PD5005", "PD5008"],
        page: "pd5007_ccp_closed_midsession.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected || !was_encrypted(call) {
        return None;
    }
    let open = call.ccp.opened()?;
    let (mark, by, how) = closed(call, open)?;
    // What belongs to the end of the session is no event of its own.
    if c.closing()
        .is_some_and(|(end, side)| end < mark || (side == by && end.at - mark.at <= HANGUP))
    {
        return None;
    }
    let (who, other) = (by.sender(), by.receiver());
    let end = c.closing().filter(|(m, _)| m.at - mark.at <= ENDS);
    let clear = call.data.iter().any(|d| d.clear > 0 && d.last.is_some_and(|m| m > mark));
    let wrapped: u64 = call.data.iter().map(|d| d.wrapped).sum();
    let then = match end {
        Some((m, side)) => {
            format!(" {} later the {} ended the link.", m.at - mark.at, side.sender())
        }
        None if clear => " The session went on with data in clear.".to_owned(),
        None => String::new(),
    };
    let mut hit = Hit::new(Certainty::Certain, format!("the {who} closes encryption in the middle of the session"))
        .detail(format!("CCP had opened with MPPE and {wrapped} packets went encrypted; then the {who} {how}, while the link stayed up.{then} Why it did so stands in the log of the {who} alone. If its administrator knows nothing of it, compare TTL and IP identification of that packet with those around it: it may be forged."))
        .frame(open, "CCP is open")
        .culprit(mark, format!("the {who} {how}"));
    if let Some((m, side)) = end {
        hit = hit.frame(m, format!("the {} ends the link", side.sender()));
    }
    Some(
        hit.missing(format!(
            "The log of the {who} at this time; of the {other}, whether it went on in clear."
        ))
        .explicit(),
    )
}

/// The packet that closes CCP after it opened: when, by whom, in words.
fn closed(call: &Call, open: Mark) -> Option<(Mark, Dir, &'static str)> {
    let terminated = call
        .ccp
        .terminated
        .iter()
        .find(|(m, _)| *m > open)
        .map(|&(m, by)| (m, by, "sent a CCP Terminate-Request"));
    let rejected = call
        .protocol_rejects
        .iter()
        .find(|(m, _, protocol)| *m > open && matches!(*protocol, CCP | WRAPPED))
        .map(|&(m, by, protocol)| {
            let how = if protocol == CCP { "rejected CCP" } else { "rejected encrypted data" };
            (m, by, how)
        });
    let renegotiated = Dir::BOTH.into_iter().find_map(|asker| {
        let acks = call.ccp.side(asker).answered(Reply::Ack);
        let dropped = acks.skip_while(|a| !encrypts(a)).find(|a| !encrypts(a))?;
        Some((dropped.mark, asker, "negotiated CCP again, without encryption"))
    });
    [terminated, rejected, renegotiated].into_iter().flatten().min_by_key(|(m, ..)| m.frame)
}

/// Whether both sides had agreed to encryption at some time.
fn was_encrypted(call: &Call) -> bool {
    Dir::BOTH.into_iter().all(|d| call.ccp.side(d).answered(Reply::Ack).any(encrypts))
}

fn encrypts(answer: &Answer) -> bool {
    Side::mppe_of(&answer.options).is_some_and(Mppe::encrypts)
}

/// Protocol number of CCP.
const CCP: u16 = 0x80fd;
/// Protocol number of encrypted or compressed data.
const WRAPPED: u16 = 0x00fd;
/// A side that closes CCP and then the link within this time hangs up.
const HANGUP: Span = Span::from_secs(1);
/// The other side draws its conclusion within this time.
const ENDS: Span = Span::from_secs(30);
