//! The network phase as the rules of this family see it: how it stands, and what the sides say about it.

use std::net::Ipv4Addr;

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::call::Reason;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Opt;

/// The call of a conversation that stopped in the network phase, encryption not being the obstacle.
pub(super) fn stopped(c: &Conversation) -> Option<&Call> {
    let call = c.call().filter(|_| c.stage == Stage::Network)?;
    // CCP that was begun and did not open has its own rules.
    let encryption_pending = call.ccp.any()
        && call.ccp.opened().is_none()
        && call.terminate_texts().any(|(_, text)| text.contains("MPPE required"));
    (!encryption_pending).then_some(call)
}

/// Whether one of the network control protocols opened.
pub(super) fn any_open(call: &Call) -> bool {
    [&call.ipcp, &call.ipv6cp, &call.other_ncp].iter().any(|n| n.opened().is_some())
}

/// The end of the conversation, if it comes soon after `mark`.
pub(super) fn ended_soon(c: &Conversation, mark: Mark) -> Option<(Mark, Dir)> {
    c.closing().filter(|(end, _)| end.at - mark.at <= SOON)
}

/// A sentence about addresses in a Terminate-Request of IPCP or LCP (pppd family).
pub(super) fn says_address(call: &Call) -> Option<(Mark, Dir, &str)> {
    let ipcp = call.ipcp.reasons.iter().map(|(m, dir, text)| (*m, *dir, &**text));
    let lcp = call.terminate_texts().map(|(t, text)| (t.mark, t.dir, text));
    ipcp.chain(lcp).find(|(.., text)| ADDRESS_TEXTS.iter().any(|known| text.contains(known)))
}

/// A RAS error number in an LCP Terminate-Request that is one of `numbers`.
pub(super) fn says_ras(call: &Call, numbers: &[u32]) -> Option<(Mark, Dir, u32)> {
    call.terminates.iter().find_map(|t| match t.reason {
        Reason::Ras(n) if numbers.contains(&n) => Some((t.mark, t.dir, n)),
        _ => None,
    })
}

/// The IP address in an options list.
pub(super) fn address_of(options: &[Opt]) -> Option<Ipv4Addr> {
    options.iter().find_map(|o| if let Opt::Address(a) = o { Some(*a) } else { None })
}

/// pppd's sentences where addresses do not come about.
const ADDRESS_TEXTS: [&str; 5] = [
    "Could not determine remote IP address",
    "Could not determine local IP address",
    "Unauthorized remote IP address",
    "Refused our IP address",
    "Refused his IP address",
];
/// A link that ends this long after a refusal ends over it.
const SOON: Span = Span::from_secs(30);
