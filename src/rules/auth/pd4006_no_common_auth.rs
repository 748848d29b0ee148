//! PD4006: no authentication method in common.

use std::collections::BTreeSet;

use super::offer::Offer;
use crate::base::addr::Dir;
use crate::model::auth::Method;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4006",
        name: "no-common-auth",
        title: "No authentication method in common",
        severity: Fault,
        yields_to: ["PD4007", "PD4008"],
        page: "pd4006_no_common_auth.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage > Stage::Authentication || call.attempts.iter().any(|a| a.began().is_some()) {
        return None;
    }
    let found = Offer::of(call)?;
    let (end, by) = c.closing()?;
    let (server, first) = (call.lcp.side(Dir::ToClient), found.refusal);
    let Offer { offered, wanted, .. } = found;
    let names =
        |set: &BTreeSet<Method>| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let accepts = if wanted.is_empty() {
        "the client refuses to authenticate by any method".to_owned()
    } else {
        format!("the client accepts only {}", names(&wanted))
    };
    let said = call
        .terminate_texts()
        .next()
        .map(|(_, t)| format!(" It ends with \"{t}\"."))
        .unwrap_or_default();
    let mut hit = Hit::new(Certainty::Certain, format!("the server wants {}, {accepts}", names(&offered)))
        .detail(format!("The server asks for {} in LCP; {accepts}. No request for authentication was ever acknowledged, and the {} ended the link.{said}", names(&offered), by.sender()))
        .explicit();
    if let Some(r) = server.requests.iter().find(|r| Side::method_of(&r.options).is_some()) {
        hit = hit.frame(
            r.mark,
            format!("the server asks for {}", Side::method_of(&r.options).unwrap_or(Method::None)),
        );
    }
    let answer = if first.reply == Reply::Reject {
        "rejects authentication".to_owned()
    } else {
        format!("asks for {} instead", names(&wanted))
    };
    Some(
        hit.culprit(first.mark, format!("the client {answer}"))
            .frame(end, format!("the {} ends the link", by.sender())),
    )
}
