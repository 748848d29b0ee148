//! What the inside of a tunnel shows, where the secrets opened it: notes, for these are no faults of PPTP.

use super::Note;
use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::inside::Inside;

/// The notes on one call.
pub(super) fn notes(call: &Call) -> Vec<Note> {
    [bomb(call), dns(call), foreign_source(call), unreachable(call)].into_iter().flatten().collect()
}

/// A packet that unpacks to more than a frame can hold is an attack, or damage.
fn bomb(call: &Call) -> Option<Note> {
    let bombs = call.inside.iter().flatten().filter_map(|inside| inside.bombs);
    let bomb = bombs.min_by_key(|b| b.first.frame)?;
    let text = format!(
        "frame {} carries a packet that unpacks to more than a PPP frame can hold, {} in all: not unpacked",
        bomb.first.frame.number(),
        bomb.count
    );
    Some(Note::new("decompression-bomb", &text))
}

/// Queries without an answer, where answers would show.
fn dns(call: &Call) -> Option<Note> {
    let to_server = opened(call, Dir::ToServer)?;
    opened(call, Dir::ToClient)?;
    let asked = to_server.traffic.dns_queries;
    if asked < QUERIES || to_server.traffic.dns_answered > 0 {
        return None;
    }
    let text = format!(
        "inside the tunnel {asked} DNS queries went to the server's side and none was answered: names do \
         not resolve while connected; the name server that the client uses cannot be reached through the \
         tunnel, or does not answer"
    );
    Some(Note::new("inner-dns-unanswered", &text))
}

fn foreign_source(call: &Call) -> Option<Note> {
    let (source, packets) = opened(call, Dir::ToServer)?.traffic.foreign_source?;
    let text = format!(
        "inside the tunnel {} packets of the client come from {source} (the first in frame {}), which is \
         not the address that the server gave it: a network behind the client that the server must have a \
         route to, or a second address of the client; without a route the answers never come",
        packets.count,
        packets.first.frame.number()
    );
    Some(Note::new("inner-foreign-source", &text))
}

fn unreachable(call: &Call) -> Option<Note> {
    let packets = opened(call, Dir::ToClient)?.traffic.unreachable?;
    let text = format!(
        "inside the tunnel {} ICMP \"unreachable\" came to the client (the first in frame {}): the tunnel \
         carries, but a host or service behind the server is not there",
        packets.count,
        packets.first.frame.number()
    );
    Some(Note::new("inner-unreachable", &text))
}

fn opened(call: &Call, dir: Dir) -> Option<&Inside> {
    call.inside[dir.index()].as_deref().filter(|i| i.opened > 0)
}

/// A query or two may cross the end of the capture.
const QUERIES: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn call(asked: u32, answered: u32, both: bool) -> Call {
        let mut call = Call::default();
        let mut to_server = Inside { opened: 9, ..Inside::default() };
        to_server.traffic.dns_queries = asked;
        to_server.traffic.dns_answered = answered;
        call.inside[0] = Some(Box::new(to_server));
        call.inside[1] = both.then(|| Box::new(Inside { opened: 1, ..Inside::default() }));
        call
    }

    #[test]
    fn silent_name_servers_need_both_directions() {
        let codes = |c: &Call| notes(c).into_iter().map(|n| n.code).collect::<Vec<_>>().join(" ");
        assert_eq!(codes(&call(3, 0, true)), "inner-dns-unanswered");
        for (asked, answered, both) in [(2, 0, true), (9, 1, true), (9, 0, false)] {
            assert_eq!(codes(&call(asked, answered, both)), "");
        }
        assert_eq!(codes(&Call::default()), "");
    }
}
