//! `--decrypt`: the IP packets from inside the tunnels as a capture of their own, and what is told of it.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use super::say;
use crate::base::addr::Dir;
use crate::base::frame::LinkType;
use crate::base::limits;
use crate::base::text::visible;
use crate::capture::CaptureFacts;
use crate::capture::write::PcapngWriter;
use crate::model::inside::InnerPacket;
use crate::report::view::Call;
use crate::report::view::View;
use crate::report::view::Way;

/// Names of captures as they are shown.
pub(super) fn names(facts: &[(u32, CaptureFacts)]) -> BTreeMap<u32, String> {
    facts.iter().map(|(index, f)| (*index, visible(&f.name, NAME))).collect()
}

/// Writes the packets of any number of tunnels into one file, each direction of a call an interface.
pub(super) struct Export<W> {
    writer: PcapngWriter<W>,
    interfaces: BTreeMap<Stream, u32>,
}

/// Capture point, conversation there, call, direction.
type Stream = (usize, u32, u8, usize);

impl<W: Write> Export<W> {
    pub(super) fn new(out: W) -> io::Result<Self> {
        Ok(Self { writer: PcapngWriter::new(out)?, interfaces: BTreeMap::new() })
    }

    /// Writes a packet; `names` are those of the captures by their indexes.
    pub(super) fn packet(
        &mut self,
        point: usize,
        packet: &InnerPacket,
        names: &BTreeMap<u32, String>,
    ) -> io::Result<()> {
        let interface = self.interface(point, packet)?;
        let frame = packet.mark.frame;
        let name = names.get(&frame.capture()).map_or("", String::as_str);
        let comment = format!("frame {} of {name}", frame.number());
        self.writer.packet(interface, packet.mark.at, &packet.octets, &comment)
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.writer.finish(None)
    }

    fn interface(&mut self, point: usize, packet: &InnerPacket) -> io::Result<u32> {
        let stream = (point, packet.conversation, packet.call, packet.dir.index());
        if let Some(known) = self.interfaces.get(&stream) {
            return Ok(*known);
        }
        let number = match self.interfaces.last_key_value() {
            // Nobody has so many calls; what is beyond them shares an interface.
            Some((_, last)) if self.interfaces.len() >= limits::PCAPNG_INTERFACES - 1 => *last,
            _ => self.writer.interface_named(LinkType::RAW, &name(point, packet))?,
        };
        if self.interfaces.len() < limits::PCAPNG_INTERFACES - 1 {
            self.interfaces.insert(stream, number);
        }
        Ok(number)
    }
}

/// `alice call 1 to server`, with the conversation and the capture point where there are several.
fn name(point: usize, packet: &InnerPacket) -> String {
    let user = if packet.user.is_empty() { "unknown user" } else { &packet.user };
    let place = match (packet.conversation, point) {
        (1, 0) => String::new(),
        (n, 0) => format!(" of conversation {n}"),
        (n, p) => format!(" of conversation {n}, capture point {}", p + 1),
    };
    let to = if packet.dir == Dir::ToServer { "server" } else { "client" };
    format!("{} call {}{place} to {to}", visible(user, USER), u32::from(packet.call) + 1)
}

/// Tells of each conversation how much of it was opened, and why not all.
pub(super) fn tell(view: &View, err: &mut dyn Write) {
    let many = view.conversations.len() > 1;
    for c in &view.conversations {
        for (n, call) in c.calls.iter().enumerate() {
            let mut lead = String::new();
            if many {
                lead = format!("conversation {}: ", c.id);
            }
            if c.calls.len() > 1 {
                lead = format!("{lead}call {}: ", n + 1);
            }
            match told(call) {
                Some(told) => say(err, &format!("{lead}{told}")),
                None if call.bytes.to_server + call.bytes.to_client > 0 => {
                    say(err, &format!("{lead}no encrypted packets"));
                }
                None => {}
            }
        }
    }
}

fn told(call: &Call) -> Option<String> {
    let inside = call.inside.as_ref()?;
    let sum = |of: fn(&Way) -> u64| -> u64 { inside.ways().map(of).sum() };
    let (wrapped, opened, proven) = (sum(|w| w.packets), sum(|w| w.opened), sum(|w| w.proven));
    if wrapped == 0 {
        return None;
    }
    let (did, what) = inside.words();
    let mut text =
        format!("{did} {opened} of {wrapped} {what} packets, {proven} proven by their IP checksum");
    let whys: Vec<&str> = inside.ways().filter_map(|w| w.why_closed).collect();
    match whys.as_slice() {
        [] => {}
        [one] => text = format!("{text}; the others: {one}"),
        [a, b, ..] if a == b => text = format!("{text}; the others: {a}"),
        [a, b, ..] => text = format!("{text}; the others: {a}, or {b}"),
    }
    Some(text)
}

/// Characters kept of the name of a capture, and of a user.
const NAME: usize = 200;
const USER: usize = 60;
