//! PD9002: a GRE header announces a payload that is not there (KB Q230177).

use super::severity;
use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD9002",
        name: "gre-length-lie",
        title: "GRE payload length disagrees with the packet (KB Q230177)",
        severity: Fault,
        yields_to: ["PD9003"],
        page: "pd9002_gre_length_lie.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    c.calls.iter().find_map(|call| Dir::BOTH.into_iter().find_map(|dir| lie(c, call, dir)))
}

fn lie(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let lies = call.gre[dir.index()].lies?;
    let who = dir.sender();
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("{} GRE packets of the {who} announce a payload that they do not have", lies.count),
    )
    .detail(format!("The Key field of {} packets of the {who} names more octets than the IP datagram holds, or names a payload where the header says there is none (no sequence number). The capture did not cut these packets. A sound implementation drops them; Windows NT 4.0 before SP5 could hang on such packets (KB Q230177). What it did here does not show.", lies.count))
    .culprit(lies.first, "payload length and packet disagree");
    if lies.last != lies.first {
        hit = hit.frame(lies.last, "the newest of them");
    }
    hit.severity = Some(severity(c, lies.first, lies.last));
    Some(hit)
}
