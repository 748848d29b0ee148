//! PD1006: the Outgoing-Call-Request is refused by result code.

use super::error_words;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1006",
        name: "call-refused",
        title: "The Outgoing-Call-Request is refused",
        severity: Fault,
        yields_to: [],
        page: "pd1006_call_refused.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Call {
        return None;
    }
    if let Some(reply) = call.reply.filter(|r| r.result != 1) {
        let result = match reply.result {
            2 => "general error",
            3 => "no carrier",
            4 => "busy",
            5 => "no dial tone",
            6 => "time-out",
            7 => "do not accept",
            _ => "a result that RFC 2637 does not define",
        };
        let error = error_words(reply.error);
        return Some(
            Hit::new(Certainty::Certain, format!("the server refuses the call: {result}{error}"))
                .detail(format!("The Outgoing-Call-Reply carries Result Code {} ({result}) and Error Code {}{error} (RFC 2637 §2.8, §2.16).", reply.result, reply.error))
                .frame_if(call.request, "Outgoing-Call-Request")
                .culprit(reply.mark, format!("Outgoing-Call-Reply, result {}, error {}", reply.result, reply.error))
                .explicit(),
        );
    }
    let disconnected = call.disconnected.filter(|_| call.reply.is_none())?;
    Some(
        Hit::new(Certainty::Certain, "the server disconnects the call instead of answering it")
            .detail(format!(
                "Call-Disconnect-Notify came before any Outgoing-Call-Reply (result {}, error {}).",
                disconnected.result, disconnected.error
            ))
            .frame_if(call.request, "Outgoing-Call-Request")
            .culprit(disconnected.mark, "Call-Disconnect-Notify")
            .explicit(),
    )
}
