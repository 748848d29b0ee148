//! PD1005: the server refuses the control connection by a result code.

use super::error_words;
use crate::base::addr::Dir;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1005",
        name: "sccrp-error",
        title: "The server refuses the control connection by result code",
        severity: Fault,
        yields_to: [],
        page: "pd1005_sccrp_error.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    if c.stage > Stage::Call || !c.calls.is_empty() {
        return None;
    }
    let k = c.connection()?;
    let asked = k.start_request.as_ref().map(|s| s.mark);
    if let Some(reply) = k.start_reply.as_ref() {
        // Zero is what a cut capture leaves of the field.
        if reply.result > 1 {
            let result = match reply.result {
                2 => "general error",
                3 => "a control connection exists already",
                4 => "the requester is not authorised",
                5 => "the protocol version is not supported",
                _ => "a result that RFC 2637 does not define",
            };
            let error = error_words(reply.error);
            return Some(
                Hit::new(Certainty::Certain, format!("the server refuses the control connection: {result}{error}"))
                    .detail(format!("The Start-Control-Connection-Reply carries Result Code {} ({result}) and Error Code {}{error} (RFC 2637 §2.2, §2.16).", reply.result, reply.error))
                    .frame_if(asked, "Start-Control-Connection-Request")
                    .culprit(reply.mark, format!("Start-Control-Connection-Reply, result {}, error {}", reply.result, reply.error))
                    .explicit(),
            );
        }
        let left = k.closed().filter(|_| !matches!(reply.version, 0 | VERSION));
        if let Some((m, side)) = left {
            return Some(
                Hit::new(Certainty::Certain, format!("the server speaks another protocol version: {:04x}", reply.version))
                    .detail(format!("The Start-Control-Connection-Reply names version {:04x}; RFC 2637 has {VERSION:04x} only. The {} closes the connection.", reply.version, side.sender()))
                    .frame_if(asked, "Start-Control-Connection-Request")
                    .culprit(reply.mark, format!("Start-Control-Connection-Reply, version {:04x}", reply.version))
                    .frame(m, format!("the {} closes", side.sender()))
                    .explicit(),
            );
        }
    }
    let (stopped, _, reason) = k
        .stop_request
        .filter(|(_, dir, reason)| *dir == Dir::ToClient && matches!(reason, 2 | 3))?;
    let why = if reason == 2 { "protocol version" } else { "the server is shutting down" };
    Some(
        Hit::new(Certainty::Certain, format!("the server ends the control connection: {why}"))
            .detail(format!("Before any call the server sent a Stop-Control-Connection-Request with reason {reason} ({why}; RFC 2637 §2.3)."))
            .frame_if(asked, "Start-Control-Connection-Request")
            .culprit(stopped, format!("Stop-Control-Connection-Request, reason {reason}"))
            .explicit(),
    )
}

/// The only version there is (RFC 2637 §2.1).
const VERSION: u16 = 0x0100;
