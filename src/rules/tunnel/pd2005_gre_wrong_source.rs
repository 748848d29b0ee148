//! PD2005: one side's GRE comes from another address than its control connection.

use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::neighbours::End;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2005",
        name: "gre-wrong-source",
        title: "GRE comes from another address than the control connection",
        severity: Fault,
        yields_to: [],
        page: "pd2005_gre_wrong_source.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Link {
        return None;
    }
    let (astray, from) = c.astray.iter().find_map(|a| match a.end {
        End::From(addr) if a.count >= 2 && !call.has_gre(a.dir) => Some((a, addr)),
        _ => None,
    })?;
    let (who, other) = (astray.dir.sender(), astray.dir.receiver());
    let dialled = c.peer(astray.dir).endpoint.addr;
    let out = &call.gre[astray.dir.flip().index()];
    let mut hit = Hit::new(Certainty::Likely, format!("the {who}'s GRE comes from {from}, not from {dialled}"))
        .detail(format!("The control connection runs with {dialled}. GRE with this very call's id comes to the {other} from {from} instead ({} packets), and none from {dialled}. That the addresses differ is certain. The {other}, and every NAT and firewall before it, takes GRE from {dialled} only, so the link never starts (likely).", astray.count))
        .frame_if(call.reply.map(|r| r.mark), format!("Outgoing-Call-Reply: the call is accepted, control with {dialled}"))
        .frame_if(out.first, format!("GRE of the {other} goes to {dialled}"))
        .culprit(astray.first, format!("GRE for this call from {from}"));
    if let Some((m, by)) = c.closing() {
        hit = hit.frame(m, format!("the {} gives up", by.sender()));
    }
    Some(hit.missing(format!("Whether {from} is the {who} itself or a device that rewrites its packets: look at the addresses of the {who} and capture there.")))
}
