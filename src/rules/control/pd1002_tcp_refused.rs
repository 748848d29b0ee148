//! PD1002: the connection to the control port is actively refused.

use crate::base::addr::Dir;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1002",
        name: "tcp-refused",
        title: "TCP 1723 is actively refused",
        severity: Fault,
        yields_to: [],
        page: "pd1002_tcp_refused.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    if c.stage != Stage::Tcp {
        return None;
    }
    let k = c.connection()?;
    let syn = c.control.first().and_then(|k| k.syns.first()).copied();
    let icmp = c.icmp.iter().find(|i| i.refuses && i.about == Dir::ToServer);
    if let Some(i) = icmp {
        let who = if i.from == k.server.addr {
            "The server itself".to_owned()
        } else {
            format!("{}, a device on the way,", i.from)
        };
        return Some(
            Hit::new(Certainty::Certain, format!("{} refuses the connection: {}", i.from, i.meaning))
                .detail(format!("{who} answers the SYN with an ICMP error (type {} code {}): {}. It names itself, so its owner is the one to ask.", i.kind, i.code, i.meaning))
                .frame_if(syn, "SYN")
                .culprit(i.mark, format!("ICMP from {}: {}", i.from, i.meaning))
                .explicit(),
        );
    }
    let refused = c.control.iter().find_map(|k| {
        k.reset.filter(|r| r.dir == Dir::ToClient && !r.after_handshake && k.syn_ack.is_none())
    })?;
    let ttl = c
        .control
        .iter()
        .find_map(|k| k.ttls[Dir::ToClient.index()])
        .map(|t| t.0)
        .filter(|t| *t != refused.ttl);
    let blame = if ttl.is_some() {
        "Its TTL differs from that of the server's other packets: a device on the way may have sent it."
    } else {
        "Either nothing listens on that port, or a firewall that rejects instead of dropping answers in the server's name."
    };
    Some(
        Hit::new(
            Certainty::Certain,
            format!("{} refuses TCP port {}", k.server.addr, k.server.port),
        )
        .detail(format!("The SYN is answered by a reset. {blame}"))
        .frame_if(syn, "SYN")
        .culprit(refused.mark, "RST: refused")
        .explicit(),
    )
}
