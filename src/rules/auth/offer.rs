//! Authentication methods in LCP: what the server asked for, what the client turned down and asked for
//! instead, where no request was ever acknowledged.

use std::collections::BTreeSet;

use crate::base::addr::Dir;
use crate::model::auth::Method;
use crate::model::call::Call;
use crate::model::negotiation::Answer;
use crate::model::negotiation::Opt;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Side;

/// A search for a method that found none.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// Methods in the server's requests.
    pub offered: BTreeSet<Method>,
    /// Methods that the client named in its Configure-Naks; empty where it rejects the option.
    pub wanted: BTreeSet<Method>,
    /// The client's first Nak or Reject of a method.
    pub refusal: &'a Answer,
}

impl<'a> Offer<'a> {
    /// The search of a call; `None` where a method was acknowledged, or none was asked for or refused.
    #[must_use]
    pub fn of(call: &'a Call) -> Option<Self> {
        let server = call.lcp.side(Dir::ToClient);
        let offered: BTreeSet<Method> =
            server.requests.iter().filter_map(|r| Side::method_of(&r.options)).collect();
        let refusals: Vec<_> = server
            .answers
            .iter()
            .filter(|a| {
                a.reply != Reply::Ack
                    && a.options.iter().any(|o| matches!(o, Opt::Authentication(_)))
            })
            .collect();
        let refusal = *refusals.first()?;
        // A method acknowledged in the end is agreement; so is a server that goes on without one.
        if Side::method_of(&server.agreed).is_some() || offered.is_empty() {
            return None;
        }
        let wanted: BTreeSet<Method> = refusals
            .iter()
            .filter(|a| a.reply == Reply::Nak)
            .filter_map(|a| Side::method_of(&a.options))
            .collect();
        Some(Self { offered, wanted, refusal })
    }
}
