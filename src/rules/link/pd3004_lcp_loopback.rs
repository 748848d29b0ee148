//! PD3004: what comes back is one's own LCP.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Opt;
use crate::model::negotiation::Request;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD3004",
        name: "lcp-loopback",
        title: "The peer's LCP is our own, reflected",
        severity: Fault,
        yields_to: ["PD2004"],
        page: "pd3004_lcp_loopback.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage >= Stage::Connected || c.control.is_empty() {
        return None;
    }
    Dir::BOTH.into_iter().find_map(|asker| reflected(c, call, asker))
}

/// Requests of `asker` come back octet for octet, magic number included.
fn reflected(c: &Conversation, call: &Call, asker: Dir) -> Option<Hit> {
    let own = &call.lcp.side(asker).requests;
    let back = &call.lcp.side(asker.flip()).requests;
    let pairs: Vec<(&Request, &Request)> =
        back.iter().filter_map(|b| Some((own.iter().rev().find(|r| mirrors(r, b))?, b))).collect();
    let says = call.terminate_texts().find(|(_, text)| text.contains("oopback"));
    let (who, other) = (asker.sender(), asker.flip().sender());
    let ((first, mirror), (_, last)) = (*pairs.first()?, *pairs.last()?);
    if pairs.len() < 2 && says.is_none() {
        return None;
    }
    let named = says.map_or(String::new(), |(t, text)| {
        format!(" The {} itself says so: \"{text}\".", t.dir.sender())
    });
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("the {who}'s LCP comes back as if the {other} had sent it"),
    )
    .detail(format!("{} Configure-Requests from the {other} are those that the {who} had sent just before: same identifier, same options, same magic number. Two sides do not choose the same random number; something on the {other}'s side sends everything back, and no PPP is at work there.{named}", pairs.len()))
    .frame(first.mark, format!("the {who}'s Configure-Request {}", first.id))
    .culprit(mirror.mark, "the same again, the other way")
    .explicit();
    if last.mark != mirror.mark {
        hit = hit.frame(last.mark, "and again");
    }
    Some(match says.map(|(t, _)| t.mark).or(c.closing().map(|(m, _)| m)) {
        Some(m) => hit.frame(m, "the link ends"),
        None => hit,
    })
}

/// Whether `b` is `a`, sent back at once.
fn mirrors(a: &Request, b: &Request) -> bool {
    let soon = b.mark.frame > a.mark.frame && b.mark.at - a.mark.at < AT_ONCE;
    let magic = a.options.iter().any(|o| matches!(o, Opt::Magic(n) if *n != 0));
    soon && magic && a.id == b.id && a.options == b.options
}

/// A reflection comes back within a round trip.
const AT_ONCE: Span = Span::from_secs(1);
