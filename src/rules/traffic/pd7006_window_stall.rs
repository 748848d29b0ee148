//! PD7006: the sender stands still until an acknowledgment opens the receiver's window.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD7006",
        name: "window-stall",
        title: "Sender waits for GRE acknowledgments that come late",
        severity: Warning,
        yields_to: [],
        page: "pd7006_window_stall.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected {
        return None;
    }
    Dir::BOTH.into_iter().find_map(|dir| stalls(c, call, dir))
}

fn stalls(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let w = call.gre[dir.index()].window;
    let data = &call.data[dir.index()];
    let (size, first) = (w.size?, w.first?);
    let heeds = w.beyond * 20 <= w.stalls;
    if !c.point.is_at(dir) || data.packets() < 50 || w.stalls < 10 || !heeds || size == 0 {
        return None;
    }
    let each = Span(w.stalled.0 / i64::from(w.stalls));
    let average = data.octets / data.packets().max(1);
    let per_second =
        i128::from(u64::from(size) * average) * 1_000_000_000 / i128::from(each.0.max(1));
    let (who, whom) = (dir.sender(), dir.flip().sender());
    Some(
        Hit::new(
            Certainty::Likely,
            format!("the {who} waits {each} for the {whom}'s acknowledgment after every {size} packets"),
        )
        .detail(format!("The {whom} announced a receive window of {size} packets. {} times the {who} had that many under way, sent nothing for {each} on average, and went on within milliseconds of the acknowledgment; it never sent beyond the window. So the window and the round trip set the speed: {size} packets of {average} octets in {each} are about {per_second} octets a second, whatever the line could do.", w.stalls))
        .frame_if(call.reply.map(|r| r.mark), "call set-up, where the window is announced")
        .culprit(first, "first packet sent as soon as the acknowledgment opened the window"),
    )
}
