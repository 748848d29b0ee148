//! PD7007: the tunnel works, user data flows one way only.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::fingerprint::Family;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD7007",
        name: "one-way-data",
        title: "Data flows in one direction only",
        severity: Fault,
        yields_to: ["PD2009", "PD5005", "PD5007", "PD7001"],
        page: "pd7007_one_way_data.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    let both = Dir::BOTH.into_iter().all(|d| call.has_gre(d)) && c.both_ways();
    if c.stage != Stage::Connected || !both {
        return None;
    }
    Dir::BOTH.into_iter().find_map(|dir| one_way(c, call, dir))
}

fn one_way(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let (sent, back) = (&call.data[dir.index()], &call.data[dir.flip().index()]);
    let (first, last) = (sent.first?, sent.last?);
    let (who, whom) = (dir.sender(), dir.flip().sender());
    if sent.packets() < 20 || back.packets() > 2 || last.at - first.at < LASTING {
        return None;
    }
    // The transport works: what is sent is acknowledged to the end, or LCP is answered.
    let (_, acked) = call.gre[dir.flip().index()].highest_ack?;
    if acked.at - first.at < LASTING {
        return None;
    }
    // Of what is encrypted only the password tells.
    let within = call.inside[dir.index()].as_deref().map_or(0, |i| i.traffic.requests);
    let requests = sent.requests.max(within);
    let asked = requests >= 5;
    let echo = call.echo[dir.index()].last_reply.or(call.echo[dir.flip().index()].last_reply);
    let answered = echo.filter(|m| m.at > first.at);
    let certainty = if asked { Certainty::Likely } else { Certainty::Possible };
    let what = if asked {
        format!("{requests} of them are requests that call for an answer (ping, TCP SYN, DNS).")
    } else {
        "They are encrypted, so it does not show whether any of them calls for an answer: a host that only announces itself looks the same.".to_owned()
    };
    let mut hit = Hit::new(
        certainty,
        format!("{} data packets of the {who}, {} of the {whom}", sent.packets(), back.packets()),
    )
    .detail(format!("In {} the {who} sent {} packets of user data through the open tunnel; the {whom} acknowledged them in GRE and sent {} of its own. {what} The way through the tunnel is fine: what is behind the {whom} does not answer, or the {whom} does not pass it on.", last.at - first.at, sent.packets(), back.packets()))
    .frame(first, format!("first user data of the {who}"))
    .frame_if(answered, "LCP echo is answered: the link lives")
    .frame(acked, format!("the {whom}'s GRE still acknowledges"))
    .culprit(last, format!("newest user data of the {who}, still nothing back"));
    if !asked {
        hit.severity =
            Some(if chatters(c.family(dir)) { Severity::Notice } else { Severity::Warning });
        hit = hit.missing("Ping a host behind the server and capture on the server's inner interface: does the ping leave there, and does the answer come back?");
    }
    Some(hit)
}

/// Whether a system sends broadcasts into a new link on its own account.
const fn chatters(family: Family) -> bool {
    !matches!(family, Family::PptpLinux | Family::Pptpd | Family::Pppd | Family::AccelPpp)
}

/// How long data must flow in vain.
const LASTING: Span = Span::from_secs(10);
