//! tshark's view of a recording: its JSON, as frames of layers of fields in the order of the packet.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The layers that are compared, by tshark's names.
pub const LAYERS: &[&str] =
    &["pptp", "gre", "ppp", "lcp", "chap", "pap", "ipcp", "ccp", "ipv6cp", "eap"];

/// One protocol's part of a frame.
#[derive(Clone, Debug)]
pub struct Layer {
    pub name: &'static str,
    pub fields: Vec<Given>,
}

/// One field: the value as tshark shows it, and the octets that it stands for.
#[derive(Clone, Debug)]
pub struct Given {
    pub name: String,
    pub shown: String,
    pub octets: Vec<u8>,
}

/// Layers by frame number.
pub type Frames = BTreeMap<u64, Vec<Layer>>;

/// First line of `tshark --version`; `None` (said) where it is not installed.
pub fn version() -> Option<String> {
    let output = Command::new("tshark").arg("--version").output();
    let Ok(output) = output else {
        println!("skipped: no tshark");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().next().unwrap_or_default().to_owned())
}

/// What tshark makes of a file; `None` where it cannot read it. Streams are not put together, so that every
/// segment is taken by itself as our parsers take it. The settings of whoever runs this do not count.
pub fn read(path: &Path) -> Option<Frames> {
    let shown = [&["frame", "icmp"], LAYERS].concat().join(" ");
    let output = Command::new("tshark")
        .env("WIRESHARK_CONFIG_DIR", "/nonexistent")
        .args(["-n", "-Y", "pptp or gre or ppp"])
        .args(["-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.no_subdissector_on_error:FALSE"])
        .args(["-T", "json", "-x", "-J", &shown, "-r"])
        .arg(path)
        .output()
        .unwrap();
    // A damaged file: what stands before the damage is told, and the list is closed.
    let Ok(Node::List(packets)) = serde_json::from_slice(&output.stdout) else { return None };
    Some(packets.iter().filter_map(frame).collect())
}

fn frame(packet: &Node) -> Option<(u64, Vec<Layer>)> {
    let layers = packet.get("_source")?.get("layers")?;
    let Node::Text(number) = layers.get("frame")?.get("frame.number")? else { return None };
    let mut out = Vec::new();
    walk(layers, None, &mut out);
    Some((number.parse().ok()?, out))
}

/// Adds the fields of a tree to the layer that stands at `at`. A layer inside a layer (what a Protocol-Reject
/// or an ICMP error quotes) is one of its own.
fn walk(tree: &Node, at: Option<usize>, out: &mut Vec<Layer>) {
    let Node::Map(entries) = tree else { return };
    let mut octets = Vec::new();
    for (key, node) in entries {
        if let Some(&name) = LAYERS.iter().find(|name| *name == key) {
            out.push(Layer { name, fields: Vec::new() });
            walk(node, Some(out.len() - 1), out);
        } else if let Some((kind, length)) = unknown_option(key) {
            let Some(layer) = at.and_then(|at| out.get_mut(at)) else { continue };
            for (part, shown) in [("type", kind), ("length", length)] {
                let (name, shown) = (format!("{}.opt.{part}", layer.name), shown.to_owned());
                layer.fields.push(Given { name, shown, octets: Vec::new() });
            }
        } else if key.ends_with("_raw") {
            octets = raw(node);
        } else if let Node::Map(_) = node {
            walk(node, at, out);
        } else if let (Node::Text(shown), Some(layer)) = (node, at.and_then(|at| out.get_mut(at))) {
            let octets = std::mem::take(&mut octets);
            layer.fields.push(Given { name: key.clone(), shown: shown.clone(), octets });
        }
    }
}

/// Type and length of an option that tshark knows not: `Unknown (0x7b) (123 bytes)`, without fields.
fn unknown_option(label: &str) -> Option<(&str, &str)> {
    let (kind, length) = label.strip_prefix("Unknown (")?.split_once(") (")?;
    let length = length.split_once(" byte")?.0;
    // Not `(option length = 220 bytes says option goes past end of options)`.
    length.parse::<u8>().ok().map(|_| (kind, length))
}

/// The first of `["616c696365", offset, length, mask, type]`.
fn raw(node: &Node) -> Vec<u8> {
    let Node::List(parts) = node else { return Vec::new() };
    let Some(Node::Text(hex)) = parts.first() else { return Vec::new() };
    let digits = hex.as_bytes().chunks_exact(2).map_while(|pair| std::str::from_utf8(pair).ok());
    digits.map_while(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// JSON that keeps the order of its members, and those of one name: tshark writes an option list so.
enum Node {
    Text(String),
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
}

impl Node {
    fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Text(String::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Node::List(entries))
    }
}
