//! One direction of a control connection: its octets in order, within bounds.

use super::Flags;
use crate::base::addr::Dir;
use crate::base::limits;
use crate::flow::ConnectionId;
use crate::flow::Item;
use crate::flow::Seen;
use crate::flow::control::Framed;
use crate::flow::control::Framer;

/// What is known of one direction. Most of them are between two messages and lack nothing, so what only the
/// others need is kept apart: of open connections there may be very many.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Sequence number of the octet expected next.
    pub(super) next: Option<u32>,
    /// Sequence number of the FIN.
    fin: Option<u32>,
    /// The FIN was acknowledged.
    pub(super) over: bool,
    /// Data was seen.
    pub(super) any: bool,
    /// The octets that come next need not begin a message.
    astray: bool,
    rare: Option<Box<Rare>>,
}

/// What waits for more octets.
#[derive(Debug, Default)]
struct Rare {
    held: Vec<Held>,
    held_octets: usize,
    framer: Framer,
    /// Where octets were told to be missing that reach to the FIN.
    lacking: Option<u32>,
}

impl Rare {
    fn waits_for_nothing(&self) -> bool {
        self.held.is_empty() && !self.framer.waits() && self.lacking.is_none()
    }
}

#[derive(Debug)]
struct Held {
    seq: u32,
    octets: Vec<u8>,
    /// Octets on the wire.
    length: u32,
    seen: Seen,
}

impl Held {
    /// The sequence number behind it.
    fn end(&self) -> u32 {
        self.seq.wrapping_add(self.length)
    }
}

impl Stream {
    /// Lets go of what waits for more octets.
    pub(super) fn drop_waiting(&mut self) {
        if let Some(r) = self.rare.take() {
            self.astray |= r.framer.waits() || r.framer.is_astray();
        }
    }

    /// Octets held out of order.
    pub(super) fn held(&self) -> usize {
        self.rare.as_ref().map_or(0, |r| r.held_octets)
    }

    /// Segments held out of order.
    #[cfg(test)]
    pub(super) fn held_segments(&self) -> usize {
        self.rare.as_ref().map_or(0, |r| r.held.len())
    }

    /// Whether something waits for more octets.
    #[cfg(test)]
    pub(super) fn waits(&self) -> bool {
        self.rare.is_some()
    }

    /// A SYN or FIN, and where the data of its segment begins and how long it is.
    pub(super) fn flagged(&mut self, flags: Flags, data_seq: u32, length: u32) {
        if flags.syn {
            self.next.get_or_insert(data_seq);
        } else if flags.fin && self.fin.is_none() {
            self.fin = Some(data_seq.wrapping_add(length));
        }
    }

    pub(super) fn is_repeated(&self, flags: Flags, seq: u32, data_seq: u32, length: u32) -> bool {
        let Some(next) = self.next else { return false };
        if flags.syn {
            return seq.wrapping_add(1) == next || before(seq, next);
        }
        if flags.fin {
            return self.fin.is_some();
        }
        length > 0 && !before(next, data_seq.wrapping_add(length))
    }

    #[allow(clippy::too_many_arguments)] // two call sites: the fields of one piece of data
    pub(super) fn push(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        seq: u32,
        octets: &[u8],
        length: u32,
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        self.lack_no_longer(id, dir, (seq, seq.wrapping_add(length)), seen, sink);
        let next = *self.next.get_or_insert(seq);
        if before(next, seq) {
            let r = self.rare();
            let full = r.held.len() >= limits::TCP_HELD_SEGMENTS
                || r.held_octets + octets.len() > limits::TCP_HELD_OCTETS;
            if !full && !r.held.iter().any(|h| h.seq == seq && h.octets.len() >= octets.len()) {
                r.held_octets += octets.len();
                let length = length.max(u32::try_from(octets.len()).unwrap_or(0));
                r.held.push(Held { seq, octets: octets.to_vec(), length, seen });
            }
            if full {
                self.skip_gap(id, dir, sink);
                let next = self.next.unwrap_or(seq);
                if !before(next, seq) {
                    self.deliver(id, dir, seq, octets, length, seen, sink);
                }
            }
            return;
        }
        self.deliver(id, dir, seq, octets, length, seen, sink);
        self.drain_held(id, dir, sink);
    }

    /// Takes data that begins at or before `next`.
    #[allow(clippy::too_many_arguments)]
    fn deliver(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        seq: u32,
        octets: &[u8],
        length: u32,
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        let next = self.next.unwrap_or(seq);
        let old = next.wrapping_sub(seq) as usize;
        let end = seq.wrapping_add(length.max(u32::try_from(octets.len()).unwrap_or(0)));
        if let Some(new) = octets.get(old..).filter(|n| !n.is_empty()) {
            let at_start = !self.any;
            self.any = true;
            self.frame(|f| f.push(new, &mut |framed| sink(item(id, dir, seen, at_start, &framed))));
        }
        if before(next, end) {
            self.next = Some(end);
            let captured = seq.wrapping_add(u32::try_from(octets.len()).unwrap_or(0));
            if before(captured, end) {
                // The capture cut the frame: the stream goes on after octets that are not there.
                self.frame(|f| {
                    f.interrupt(&mut |framed| sink(item(id, dir, seen, false, &framed)));
                });
                sink(Item::Gap { connection: id, dir, seen, missing: end.wrapping_sub(captured) });
            }
        }
    }

    fn drain_held(&mut self, id: ConnectionId, dir: Dir, sink: &mut impl FnMut(Item<'_>)) {
        while let (Some(next), Some(r)) = (self.next, &mut self.rare) {
            let Some(at) = r.held.iter().position(|h| !before(next, h.seq)) else { return };
            let h = r.held.swap_remove(at);
            r.held_octets -= h.octets.len();
            self.tidy();
            self.deliver(id, dir, h.seq, &h.octets, h.length, h.seen, sink);
        }
    }

    /// The receiver confirms `ack`: if data after a gap is confirmed too, the capture missed the gap.
    pub(super) fn acknowledged(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        ack: u32,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        self.over |= self.fin.is_some_and(|fin| before(fin, ack));
        while self.rare.as_ref().is_some_and(|r| r.held.iter().any(|h| !before(ack, h.end()))) {
            if !self.skip_gap(id, dir, sink) {
                return;
            }
        }
    }

    /// Gives up the gap before the first held segment. Returns whether there was one.
    pub(super) fn skip_gap(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        sink: &mut impl FnMut(Item<'_>),
    ) -> bool {
        let Some(next) = self.next else { return false };
        let held = self.rare.iter().flat_map(|r| &r.held);
        let Some(first) = held.min_by_key(|h| h.seq.wrapping_sub(next)) else { return false };
        let (seq, seen) = (first.seq, first.seen);
        self.frame(|f| f.interrupt(&mut |framed| sink(item(id, dir, seen, false, &framed))));
        sink(Item::Gap { connection: id, dir, seen, missing: seq.wrapping_sub(next) });
        self.next = Some(seq);
        self.drain_held(id, dir, sink);
        true
    }

    /// Tells of octets before the FIN that never came; what is held must be given up before. The receiver
    /// confirmed the FIN, or nothing comes any more.
    pub(super) fn lack_before_fin(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        let Some((next, fin)) = self.next.zip(self.fin).filter(|(next, fin)| before(*next, *fin))
        else {
            return;
        };
        let missing = fin.wrapping_sub(next);
        // A FIN far ahead of all that was sent is none of this sender.
        if self.held() == 0 && missing <= WINDOW {
            self.frame(|f| f.interrupt(&mut |framed| sink(item(id, dir, seen, false, &framed))));
            sink(Item::Gap { connection: id, dir, seen, missing });
            self.next = Some(fin);
            self.rare().lacking = Some(next);
        }
    }

    /// Takes back that octets before the FIN are missing, where they come late.
    fn lack_no_longer(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        (seq, end): (u32, u32),
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        let (Some(r), Some(fin)) = (&mut self.rare, self.fin) else { return };
        if let Some(from) = r.lacking.take_if(|from| before(*from, end) && before(seq, fin)) {
            self.next = Some(from);
            sink(Item::Filled { connection: id, dir, seen, octets: fin.wrapping_sub(from) });
        }
    }

    /// Lets the framer work, and keeps it where a message is under way.
    fn frame(&mut self, work: impl FnOnce(&mut Framer)) {
        if let Some(r) = &mut self.rare {
            work(&mut r.framer);
            self.tidy();
        } else {
            let mut framer = Framer::new(self.astray);
            work(&mut framer);
            self.astray = framer.is_astray();
            if framer.waits() {
                self.rare().framer = framer;
            }
        }
    }

    fn rare(&mut self) -> &mut Rare {
        let framer = || Framer::new(self.astray);
        self.rare.get_or_insert_with(|| Box::new(Rare { framer: framer(), ..Rare::default() }))
    }

    /// Lets go of the box where nothing waits.
    fn tidy(&mut self) {
        if let Some(r) = self.rare.take_if(|r| r.waits_for_nothing()) {
            self.astray = r.framer.is_astray();
        }
    }
}

fn item<'a>(
    connection: ConnectionId,
    dir: Dir,
    seen: Seen,
    at_start: bool,
    framed: &Framed<'a>,
) -> Item<'a> {
    match *framed {
        Framed::Message(bytes) => Item::Message { connection, dir, seen, bytes, cut: false },
        Framed::Cut(bytes) => Item::Message { connection, dir, seen, bytes, cut: true },
        Framed::Foreign(bytes) => Item::Foreign { connection, dir, seen, bytes, at_start },
    }
}

/// Octets under way without window scaling (RFC 9293 §3.1); a control connection needs far fewer.
const WINDOW: u32 = 65_535;

/// Whether `a` comes before `b` in sequence space (RFC 9293 §3.4).
fn before(a: u32, b: u32) -> bool {
    b.wrapping_sub(a).wrapping_sub(1) < 0x7FFF_FFFF
}
