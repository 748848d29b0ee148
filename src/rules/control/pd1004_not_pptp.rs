//! PD1004: something else than a PPTP server answers on the control port.

use crate::base::addr::Dir;
use crate::base::text::lossy;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1004",
        name: "not-pptp",
        title: "Something else than PPTP answers on port 1723",
        severity: Fault,
        yields_to: [],
        page: "pd1004_not_pptp.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let k = c.connection()?;
    // A message with the right cookie later on means that only the first segment was lost.
    let talks_pptp = c.control.iter().any(|k| k.start_reply.is_some());
    if c.stage != Stage::Control || talks_pptp || !c.calls.is_empty() {
        return None;
    }
    let foreign = c
        .control
        .iter()
        .filter(|k| k.from_start)
        .find_map(|k| k.foreign.as_ref().filter(|f| f.dir == Dir::ToClient && f.at_start))?;
    let first: String = lossy(&foreign.octets).chars().take(SHOWN).collect();
    let first = first.lines().next().unwrap_or_default().trim_end().to_owned();
    let service = service(&foreign.octets);
    let asked = k.start_request.as_ref().map(|s| s.mark);
    let order = match asked {
        Some(m) if m.frame < foreign.mark.frame => {
            "in answer to the Start-Control-Connection-Request"
        }
        _ => "before the client has asked for anything; a PPTP server never speaks first",
    };
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("{service} answers on port {}, not a PPTP server", k.server.port),
    )
    .detail(format!(
        "The first octets from {} lack the magic cookie 1A2B3C4D that every PPTP message carries. They come {order}. They read \"{first}\".",
        k.server.addr
    ))
    .frame_if(k.syn_ack, "TCP connected")
    .frame_if(asked, "Start-Control-Connection-Request")
    .culprit(foreign.mark, "first octets of the server: no PPTP")
    .explicit();
    if let Some((m, side)) = k.closed() {
        hit = hit.frame(m, format!("the {} closes", side.sender()));
    }
    Some(hit)
}

/// What kind of service begins like this.
fn service(octets: &[u8]) -> &'static str {
    match octets {
        [b'S', b'S', b'H', b'-', ..] => "an SSH server",
        [b'H', b'T', b'T', b'P', b'/', ..] => "a web server",
        [0x15 | 0x16, 0x03, ..] => "a TLS server",
        [b'2', b'2', b'0', b' ' | b'-', ..] => "a mail or FTP server",
        [b'R', b'F', b'B', b' ', ..] => "a VNC server",
        _ => "another service",
    }
}

/// Characters of the answer that are shown.
const SHOWN: usize = 40;
