//! PD0007: the text of the Success breaks the `S=…` grammar and the client gives up.

use super::scene::Scene;
use crate::model::auth::TextFault;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0007",
        name: "success-text-format",
        title: "The Success packet's text breaks the S=… grammar",
        severity: Fault,
        yields_to: [],
        page: "pd0007_success_text_format.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    if !scene.is_v2() {
        return None;
    }
    let (success, left) = scene.left_after_success()?;
    // One octet that equals the identifier is the RADIUS fault PD0004.
    if success.stray == Some(success.id) {
        return None;
    }
    let wrong = match success.text_fault? {
        TextFault::NoProof => "it has no S=",
        TextFault::Digits => "S= is not followed by 40 hexadecimal digits",
        TextFault::LowerCase => "the hexadecimal digits are in lower case",
        TextFault::Glued => "M= follows the digits without a blank",
        TextFault::Trailing => "something stands after the digits that is no message",
        TextFault::Prefixed => "something stands before S=",
    };
    let detail = format!(
        "RFC 2759 §5 wants \"S=\", 40 upper-case hexadecimal digits, and \" M=\" with a message or nothing. Here {wrong}. The client hung up {} later without entering the network phase.",
        left.at - success.mark.at
    );
    Some(
        Hit::new(Certainty::Likely, format!("the server's Success is badly formed: {wrong}"))
            .detail(detail)
            .culprit(success.mark, format!("Success: \"{}\"", success.text))
            .frame(left, scene.say_left(left))
            .explicit(),
    )
}
