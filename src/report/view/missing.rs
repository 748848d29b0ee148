//! Why a capture does not show enough for a verdict, and how to take one that does.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;

/// What the capture lacks, the graver first; for a conversation that no rule explains.
pub(super) fn reasons(c: &Conversation) -> Vec<String> {
    let mut out = Vec::new();
    if c.control.is_empty() {
        out.push(
            "The control connection (TCP, port 1723) is not in the capture: it was set up before the \
             capture began, or the capture filter left it out."
                .to_owned(),
        );
    } else if !c.from_start() {
        out.push("The control connection was already open when the capture began.".to_owned());
    }
    if let Some(side) = only_sender(c) {
        out.push(format!(
            "Only packets from the {side} are in the capture: it was taken with a filter that lets one \
             direction pass, or on one port of a mirrored pair."
        ));
    }
    if c.stage >= Stage::Link && c.gre_invisible() {
        out.push(
            "No GRE packet (IP protocol 47) is in the capture, yet all that follows the call travels \
             in GRE: the capture filter left it out, or it does not come past this point."
                .to_owned(),
        );
    }
    let missing: u64 = c.control.iter().map(|k| k.missing).sum();
    if missing > 0 {
        out.push(format!("{missing} octets of the control connection were not captured."));
    }
    let rest = c.visibility.until - c.ended.at;
    if c.visibility.at_end && c.closing().is_none() && rest < SHORT {
        let when = if rest.0 <= 0 { "with".to_owned() } else { format!("{rest} after") };
        out.push(format!(
            "The capture ends {when} the last packet of this conversation, before any sign of how it \
             ended."
        ));
    }
    out
}

/// The `tcpdump` command for a capture that shows everything of a conversation.
#[must_use]
pub fn capture_command(port: u16) -> String {
    let also = match port {
        0 | 1723 => String::new(),
        other => format!(" or tcp port {other}"),
    };
    format!("tcpdump -i eth0 -s 0 -w pptp.pcap 'tcp port 1723{also} or proto 47 or icmp'")
}

fn only_sender(c: &Conversation) -> Option<&'static str> {
    let sent = |dir: Dir| match c.connection() {
        Some(k) => k.last[dir.index()].is_some(),
        None => c.calls.iter().any(|call| call.has_gre(dir)),
    };
    match (sent(Dir::ToServer), sent(Dir::ToClient)) {
        // A SYN that nobody answers is no matter of the capture.
        (true, false) if c.stage > Stage::Tcp => Some(Dir::ToServer.sender()),
        (false, true) => Some(Dir::ToClient.sender()),
        _ => None,
    }
}

/// T_AFTER of the catalogue: silence this long would itself be a sign.
const SHORT: Span = Span::from_secs(10);
