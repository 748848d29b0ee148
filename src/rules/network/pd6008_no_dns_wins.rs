//! PD6008: the client asks for name servers and gets none.

use std::net::Ipv4Addr;

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Answer;
use crate::model::negotiation::Opt;
use crate::model::negotiation::Reply;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6008",
        name: "no-dns-wins",
        title: "Name servers not delivered",
        severity: Notice,
        yields_to: [],
        page: "pd6008_no_dns_wins.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call().filter(|_| c.stage == Stage::Connected)?;
    let side = call.ipcp.side(Dir::ToServer);
    let asked = side.requests.iter().find(|r| asks(&r.options, DNS))?;
    let (refused, how) = refusal(&side.answers)?;
    let given = side.answers.iter().any(|a| a.reply != Reply::Reject && gives(&a.options, DNS));
    if given {
        return None;
    }
    let wins = asks(&asked.options, WINS)
        && !side.answers.iter().any(|a| a.reply != Reply::Reject && gives(&a.options, WINS));
    let both = if wins { "DNS and WINS servers" } else { "DNS servers" };
    Some(
        Hit::new(Certainty::Certain, format!("the server gives the client no {both}"))
            .detail(format!("The client asked for {both} in IPCP; the server {how}. The connection works by address. Names resolve only if the client has name servers from elsewhere, and those may not know the names behind the tunnel. Harmless where that is intended."))
            .frame(asked.mark, format!("the client asks for {both}"))
            .culprit(refused, format!("the server {how}"))
            .explicit(),
    )
}

/// A Reject of the primary DNS server, or an Ack of 0.0.0.0 for it.
fn refusal(answers: &[Answer]) -> Option<(Mark, &'static str)> {
    answers.iter().find_map(|a| match a.reply {
        Reply::Reject if names(&a.options, DNS).next().is_some() => {
            Some((a.mark, "rejects the question"))
        }
        Reply::Ack if asks(&a.options, DNS) => Some((a.mark, "acknowledges 0.0.0.0")),
        _ => None,
    })
}

fn names(options: &[Opt], kinds: [u8; 2]) -> impl Iterator<Item = Ipv4Addr> + '_ {
    options.iter().filter_map(move |o| match o {
        Opt::NameServer(kind, a) if kinds.contains(kind) => Some(*a),
        _ => None,
    })
}

fn asks(options: &[Opt], kinds: [u8; 2]) -> bool {
    names(options, kinds).any(|a| a.is_unspecified())
}

fn gives(options: &[Opt], kinds: [u8; 2]) -> bool {
    names(options, kinds).any(|a| !a.is_unspecified())
}

/// Primary and secondary DNS server (RFC 1877 §1.1, §1.3).
const DNS: [u8; 2] = [129, 131];
/// Primary and secondary WINS server (RFC 1877 §1.2, §1.4).
const WINS: [u8; 2] = [130, 132];
