//! Our parsers' view of a recording, in tshark's names.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use pptp_diag::base::frame::{Frame, LinkType};
use pptp_diag::capture;
use pptp_diag::link::{Linker, protocol};
use pptp_diag::wire::error::{Fault, WireError};
use pptp_diag::wire::{gre, icmp, ppp, pptp};

use crate::control;
use crate::messages;

/// One protocol's part of a frame.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    pub name: &'static str,
    pub fields: Vec<(&'static str, Value)>,
    /// Why the parser refused it, or the rest of it.
    pub fault: Option<Fault>,
    pub place: Place,
}

/// Where a layer was found: what explanations ask for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The capture holds less than the datagram had.
    pub cut: bool,
    /// How many messages stand before it in its segment.
    pub nth: usize,
    /// It is part of another message: the quote of an ICMP error, what a Protocol-Reject rejects.
    pub quoted: bool,
}

/// Layers by frame number.
pub type Frames = BTreeMap<u64, Vec<Layer>>;

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Number(u64),
    Octets(Vec<u8>),
    /// Text without the NULs at its end.
    Text(Vec<u8>),
    Address(Ipv4Addr),
}

impl Value {
    /// Makes another value of it.
    pub fn change(&mut self) {
        match self {
            Self::Number(n) => *n ^= 1,
            Self::Octets(octets) | Self::Text(octets) => octets.push(b'!'),
            Self::Address(address) => *address = (u32::from(*address) ^ 1).into(),
        }
    }

    /// Of no octets.
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Octets(octets) | Self::Text(octets) if octets.is_empty())
    }
}

impl Layer {
    pub fn new(name: &'static str, place: Place) -> Self {
        Self { name, place, ..Self::default() }
    }

    pub fn refused(name: &'static str, place: Place, error: WireError) -> Self {
        Self { fault: Some(error.fault), ..Self::new(name, place) }
    }

    pub fn number(&mut self, name: &'static str, value: impl Into<u64>) {
        self.fields.push((name, Value::Number(value.into())));
    }

    pub fn octets(&mut self, name: &'static str, value: &[u8]) {
        self.fields.push((name, Value::Octets(value.to_vec())));
    }

    pub fn text(&mut self, name: &'static str, value: &[u8]) {
        self.fields.push((name, Value::Text(value.to_vec())));
    }
}

/// Layers by frame number; `None` where we cannot read the file.
pub fn read(path: &Path) -> Option<Frames> {
    let mut source = capture::open(path, 0).ok()?;
    let mut linker = Linker::new(&[]);
    let mut out = Frames::new();
    while let Ok(Some(frame)) = source.next_frame() {
        let layers = layers(&mut linker, &frame);
        if !layers.is_empty() {
            out.insert(frame.frame.number(), layers);
        }
    }
    Some(out)
}

fn layers(linker: &mut Linker, frame: &Frame<'_>) -> Vec<Layer> {
    let mut out = Vec::new();
    if let Some(octets) = ppp_of_the_link(frame) {
        let cut = frame.data.len() < frame.original_len as usize;
        ppp_frame(octets, Place { cut, ..Place::default() }, &mut out);
    }
    let Some(datagram) = linker.datagram(frame) else { return out };
    let place = Place { cut: datagram.is_cut(), ..Place::default() };
    match datagram.protocol {
        protocol::TCP => segment(datagram.payload, place, &mut out),
        protocol::GRE => gre_packet(datagram.payload, place, &mut out),
        protocol::ICMP | protocol::ICMPV6 => {
            let family = if datagram.src.is_ipv4() { 4 } else { 6 };
            let Ok(Some(error)) = icmp::parse(family, datagram.payload) else { return out };
            let place = Place { cut: true, quoted: true, ..place };
            match error.quoted.protocol {
                protocol::TCP => segment(error.quoted.payload, place, &mut out),
                protocol::GRE => gre_packet(error.quoted.payload, place, &mut out),
                _ => {}
            }
        }
        _ => {}
    }
    out
}

/// The PPP frame of a serial line, or of a PPPoE session on Ethernet.
fn ppp_of_the_link<'a>(frame: &Frame<'a>) -> Option<&'a [u8]> {
    match (frame.link, frame.data.get(12..20)) {
        (LinkType::PPP | LinkType::PPP_HDLC, _) => Some(frame.data),
        (LinkType::ETHERNET, Some(&[0x88, 0x64, _, _, _, _, high, low])) => {
            let after = frame.data.get(20..)?;
            let length = usize::from(u16::from_be_bytes([high, low]));
            Some(after.get(..length).unwrap_or(after))
        }
        _ => None,
    }
}

/// The control messages of one TCP segment.
fn segment(tcp: &[u8], place: Place, out: &mut Vec<Layer>) {
    let Some(offset) = tcp.get(12) else { return };
    let mut rest = tcp.get(usize::from(offset >> 4) * 4..).unwrap_or_default();
    for nth in 0.. {
        if rest.is_empty() {
            return;
        }
        let place = Place { nth, ..place };
        let (header, end) = match pptp::header(rest) {
            Ok(header) => (header, usize::from(header.length).clamp(pptp::HEADER, rest.len())),
            Err(error) => return out.push(Layer::refused("pptp", place, error)),
        };
        let (message, after) = rest.split_at(end);
        match pptp::parse(message) {
            Ok(message) => out.push(messages::layer(header, &message, place)),
            Err(error) => return out.push(Layer::refused("pptp", place, error)),
        }
        rest = after;
    }
}

fn gre_packet(input: &[u8], place: Place, out: &mut Vec<Layer>) {
    let mut layer = Layer::new("gre", place);
    let Ok(base) = gre::base(input) else { return };
    if base.protocol != gre::PROTOCOL_PPP {
        return;
    }
    let packet = match gre::parse(input) {
        Ok(packet) => packet,
        Err(error) => return out.push(Layer::refused("gre", place, error)),
    };
    // What is read has a key, and neither checksum nor routing.
    layer.number("gre.flags.checksum", 0u8);
    layer.number("gre.flags.routing", 0u8);
    layer.number("gre.flags.key", 1u8);
    layer.number("gre.flags.sequence_number", packet.seq.is_some());
    layer.number("gre.flags.ack", packet.ack.is_some());
    layer.number("gre.flags.version", base.version);
    layer.number("gre.proto", base.protocol);
    layer.number("gre.key.payload_length", packet.payload_length);
    layer.number("gre.key.call_id", packet.call_id);
    packet.seq.into_iter().for_each(|n| layer.number("gre.sequence_number", n));
    packet.ack.into_iter().for_each(|n| layer.number("gre.ack_number", n));
    out.push(layer);
    if packet.payload_length > 0 {
        ppp_frame(packet.payload, place, out);
    }
}

fn ppp_frame(input: &[u8], place: Place, out: &mut Vec<Layer>) {
    let frame = match ppp::parse(input) {
        Ok(frame) => frame,
        Err(error) => return out.push(Layer::refused("ppp", place, error)),
    };
    let mut layer = Layer::new("ppp", place);
    if frame.address_control {
        layer.number("ppp.address", 0xFFu8);
        layer.number("ppp.control", 3u8);
    }
    layer.number("ppp.protocol", frame.protocol.0);
    out.push(layer);
    control::packet(frame.protocol, frame.information, place, out);
}
