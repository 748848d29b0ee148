//! PPP packets in GRE → facts of a call and events of the timeline.

use super::auth::Method;
use super::build::note;
use super::call::Call;
use super::call::Reason;
use super::call::Terminate;
use super::chap;
use super::conversation::Conversation;
use super::event::Event;
use super::event::Kind;
use super::event::Words;
use super::negotiation::Layer;
use super::negotiation::Mppe;
use super::negotiation::Negotiation;
use super::negotiation::Opt;
use super::negotiation::OptList;
use super::negotiation::Reply;
use super::negotiation::Request;
use super::negotiation::Side;
use super::traffic::Defects;
use super::traffic::Sizes;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::text::lossy;
use crate::base::time::Span;
use crate::wire::gre::Packet;
use crate::wire::ppp;
use crate::wire::ppp::Protocol;
use crate::wire::ppp::ccp;
use crate::wire::ppp::chap::Algorithm;
use crate::wire::ppp::control;
use crate::wire::ppp::control::Code;
use crate::wire::ppp::ipcp;
use crate::wire::ppp::lcp;
use crate::wire::ppp::options::Options;
use crate::wire::ppp::options::RawOption;

/// What a packet tells about who is the server, where no control connection was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Orientation {
    None,
    SentByServer,
    SentByClient,
}

/// A PPP packet on its way into the model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) dir: Dir,
    pub(super) mark: Mark,
    pub(super) seq: Option<u32>,
    pub(super) ack: Option<u32>,
    pub(super) cut: bool,
}

/// An event before it is put on the timeline.
pub(super) type Told = Option<(Kind, &'static str, Words<'static>)>;

/// Takes one PPP packet.
pub(super) fn observe(
    c: &mut Conversation,
    index: u8,
    dir: Dir,
    mark: Mark,
    packet: &Packet<'_>,
    cut: bool,
    events: &mut usize,
) -> Orientation {
    let Some(call) = c.calls.get_mut(usize::from(index)) else { return Orientation::None };
    let at = || Arrival { dir, mark, seq: packet.seq, ack: packet.ack, cut };
    let (told, orientation) = match ppp::parse(packet.payload) {
        Ok(frame) if is_data(frame.protocol) => {
            (data(call, dir, mark, packet, &frame), Orientation::None)
        }
        Ok(frame) => no_data(call, at(), &frame),
        Err(_) => {
            malformed(call, at(), "a PPP frame that ends in its protocol field");
            (None, Orientation::None)
        }
    };
    if let Some((kind, label, words)) = told {
        note(c, Event::new(mark, dir, Some(index), kind, label), words, events);
    }
    orientation
}

/// Takes a packet by which the two sides of the link speak with each other.
fn no_data(call: &mut Call, at: Arrival, frame: &ppp::Frame<'_>) -> (Told, Orientation) {
    let mut orientation = Orientation::None;
    let told: Told = match frame.protocol {
        Protocol::Lcp => return link(call, at, frame.information),
        Protocol::Chap => return chap::observe(call, at, frame.information),
        Protocol::Pap => return chap::observe_pap(call, at, frame.information),
        Protocol::Eap => return chap::observe_eap(call, at, frame.information),
        Protocol::Ccp => negotiate(call, Layer::Ccp, at, frame.information),
        Protocol::Ipcp => {
            let told = negotiate(call, Layer::Ipcp, at, frame.information);
            if gives_address(frame.information) {
                orientation = Orientation::SentByServer;
            }
            told
        }
        Protocol::Ipv6cp => negotiate(call, Layer::Ipv6cp, at, frame.information),
        Protocol::Ipxcp | Protocol::Nbfcp => {
            negotiate(call, Layer::OtherNcp, at, frame.information)
        }
        Protocol(other) => {
            if Protocol(other) == Protocol::Cbcp {
                call.callback_packets[at.dir.index()] += 1;
            }
            let known = call.unknown_protocols.len() < UNKNOWN_KEPT
                || call.unknown_protocols.contains_key(&other);
            let first = !call.unknown_protocols.contains_key(&other);
            if known {
                *call.unknown_protocols.entry(other).or_insert(0) += 1;
            }
            (known && first).then(|| {
                (Kind::Other, "PPP packet of protocol", Protocol(other).to_string().into())
            })
        }
    };
    (told, orientation)
}

pub(super) fn malformed(call: &mut Call, at: Arrival, what: &'static str) {
    if at.cut {
        return;
    }
    if call.malformed_what.is_empty() {
        call.malformed_what = what;
    }
    Defects::count(&mut call.malformed[at.dir.index()], at.mark);
}

fn data(
    call: &mut Call,
    dir: Dir,
    mark: Mark,
    packet: &Packet<'_>,
    frame: &ppp::Frame<'_>,
) -> Told {
    let wrapped = matches!(frame.protocol, Protocol::Compressed | Protocol::CompressedLink);
    let octets = packet.payload.len();
    // Of a packet that the capture cut, the length that its header gives.
    let header = octets.saturating_sub(frame.information.len());
    let information = usize::from(packet.payload_length).saturating_sub(header);
    let inside = information.saturating_sub(if wrapped { MPPE_OVERHEAD } else { 0 });
    let receiver = call.lcp.side(dir.flip());
    let mru = receiver.acked.map(|_| receiver.mru());
    if dir == Dir::ToServer {
        client_went_on(call, mark);
    }
    let leaks = !wrapped && encryption_stands(call, dir, mark);
    let d = &mut call.data[dir.index()];
    if !wrapped {
        d.first_clear.get_or_insert(mark);
    }
    if leaks {
        d.leaked.get_or_insert((mark, 0)).1 += 1;
    }
    *(if wrapped { &mut d.wrapped } else { &mut d.clear }) += 1;
    d.octets += octets as u64;
    d.last = Some(mark);
    d.largest = d.largest.max(inside);
    d.requests += u32::from(!wrapped && asks(frame));
    if mru.is_some_and(|mru| inside > usize::from(mru)) {
        Defects::count(&mut d.oversized, mark);
    }
    if d.first.is_some() {
        return None;
    }
    d.first = Some(mark);
    // What was slow while the link came up says nothing about sizes.
    call.gre[dir.index()].unheard = Sizes::default();
    let what = if wrapped { "encrypted or compressed (protocol 00fd)" } else { "in clear" };
    Some((Kind::Data, "first user data", what.into()))
}

/// Whether a packet comes under MPPE as agreed: CCP has been open long enough for both sides to know, its
/// sender has acknowledged a key length, and neither CCP nor LCP was taken down since. A repeated
/// Configure-Request alone excuses no clear data: encryption was agreed and stays wanted.
fn encryption_stands(call: &Call, dir: Dir, mark: Mark) -> bool {
    let Some(open) = call.ccp.opened() else { return false };
    // What a side may send is what the other asked to receive (RFC 1962 §4.1).
    let agreed = Side::mppe_of(&call.ccp.side(dir.flip()).agreed);
    let taken_down = !call.ccp.terminated.is_empty()
        || call.ccp.rejected.is_some()
        || !call.terminates.is_empty()
        || call.lcp.sides.iter().any(|s| s.last_request.is_some_and(|(m, _)| m > open));
    let known = call.round_trip().unwrap_or(KNOWN).max(KNOWN);
    agreed.is_some_and(Mppe::encrypts) && !taken_down && mark.at - open.at > known
}

/// Whether a GRE payload is user data: encrypted, compressed or in clear.
pub(super) fn carries_data(payload: &[u8]) -> bool {
    ppp::parse(payload).is_ok_and(|frame| is_data(frame.protocol))
}

const fn is_data(protocol: Protocol) -> bool {
    matches!(
        protocol,
        Protocol::Compressed
            | Protocol::CompressedLink
            | Protocol::Ipv4
            | Protocol::Ipv6
            | Protocol::VjCompressed
            | Protocol::VjUncompressed
    )
}

/// Whether an IPv4 packet in clear calls for an answer: ICMP echo, TCP SYN, a DNS query.
fn asks(frame: &ppp::Frame<'_>) -> bool {
    let (Protocol::Ipv4, [first, ..]) = (frame.protocol, frame.information) else { return false };
    let inner = frame.information.get(usize::from(first & 0x0F) * 4..).unwrap_or_default();
    match (frame.information.get(9), inner) {
        (Some(1), [8, ..]) | (Some(17), [_, _, 0, 53, ..]) => true,
        (Some(6), [_, _, _, _, _, _, _, _, _, _, _, _, _, flags, ..]) => flags & 0x12 == 0x02,
        _ => false,
    }
}

/// The client entered the network phase: it took the server's Success for good.
fn client_went_on(call: &mut Call, mark: Mark) {
    if let Some(a) = call.attempts.last_mut()
        && a.client_went_on.is_none()
        && (a.success().is_some() || a.inner_success.is_some())
    {
        a.client_went_on = Some(mark);
    }
}

fn link(call: &mut Call, at: Arrival, information: &[u8]) -> (Told, Orientation) {
    let Ok(packet) = control::parse(information) else {
        malformed(call, at, "an LCP packet whose Length is wrong");
        return (
            (!at.cut).then(|| (Kind::Lcp, "malformed LCP packet", "".into())),
            Orientation::None,
        );
    };
    let mut orientation = Orientation::None;
    let mark = at.mark;
    match packet.code {
        Code::ConfigureRequest
        | Code::ConfigureAck
        | Code::ConfigureNak
        | Code::ConfigureReject => {
            let told = negotiate(call, Layer::Lcp, at, information);
            let asks_auth = packet.code == Code::ConfigureRequest
                && Options::new(packet.data)
                    .flatten()
                    .any(|o| o.kind == lcp::OptionType::Authentication.0);
            if asks_auth {
                orientation = Orientation::SentByServer;
            }
            return (told, orientation);
        }
        Code::TerminateRequest => {
            let reason = match lcp::terminate_reason(packet.data) {
                lcp::TerminateReason::None => Reason::None,
                lcp::TerminateReason::Ras(n) => Reason::Ras(n),
                lcp::TerminateReason::Text(t) => Reason::Text(text(t)),
            };
            if call.terminates.len() < TERMINATES_KEPT {
                call.terminates.push(Terminate { mark, dir: at.dir, reason: reason.clone() });
            }
            let detail = match reason {
                Reason::None => String::new(),
                Reason::Text(t) => format!("\"{t}\""),
                Reason::Ras(0) => "Windows: ordinary hang-up (0)".to_owned(),
                Reason::Ras(n) => format!("Windows: RAS error {n}"),
            };
            return (told(Kind::Lcp, packet, "LCP Terminate-Request", &detail), orientation);
        }
        Code::ProtocolReject => {
            if let Ok((protocol, _)) = lcp::protocol_reject(packet.data) {
                if call.protocol_rejects.len() < REJECTS_KEPT {
                    call.protocol_rejects.push((mark, at.dir, protocol.0));
                }
                if let Some(n) = layer_of(protocol).map(|l| negotiation(call, l)) {
                    n.rejected.get_or_insert((mark, at.dir));
                }
                return (
                    told(Kind::Lcp, packet, "LCP Protocol-Reject", &format!("of {protocol}")),
                    orientation,
                );
            }
        }
        Code::EchoRequest => {
            let e = &mut call.echo[at.dir.index()];
            e.requests += 1;
            if e.unanswered.len() < ECHOES_KEPT {
                e.unanswered.push(mark);
            }
            e.ask(packet.id, mark.at);
        }
        Code::EchoReply => {
            let e = &mut call.echo[at.dir.flip().index()];
            e.replies += 1;
            e.unanswered.clear();
            e.last_reply = Some(mark);
            e.answer(packet.id, mark.at);
        }
        Code::Identification => {
            let words = lcp::magic_body(packet.data).map(|(_, t)| text(t)).unwrap_or_default();
            if call.identifications.len() < IDENTIFICATIONS_KEPT {
                call.identifications.push((mark, at.dir, words.clone()));
            }
            return (
                told(Kind::Lcp, packet, "LCP Identification", &format!("\"{words}\"")),
                orientation,
            );
        }
        _ => {}
    }
    (told(Kind::Lcp, packet, lcp_label(packet.code), ""), orientation)
}

/// Configure, Terminate and Reset packets of any layer.
fn negotiate(call: &mut Call, layer: Layer, at: Arrival, information: &[u8]) -> Told {
    let kind = match layer {
        Layer::Lcp => Kind::Lcp,
        Layer::Ccp => Kind::Ccp,
        _ => Kind::Network,
    };
    let Ok(packet) = control::parse(information) else {
        malformed(call, at, "a negotiation packet whose Length is wrong");
        return (!at.cut).then(|| (kind, "malformed negotiation packet", layer.name().into()));
    };
    if layer != Layer::Lcp && at.dir == Dir::ToServer {
        client_went_on(call, at.mark);
    }
    let mark = at.mark;
    let configure = (Code::ConfigureRequest.0..=Code::ConfigureReject.0).contains(&packet.code.0);
    if configure && Options::new(packet.data).any(|o| o.is_err()) {
        malformed(call, at, "a Configure packet with an option whose length is wrong");
    }
    let list = options(layer, packet.data);
    let configure = packet.code.0 <= Code::ConfigureReject.0;
    let shown = if configure { list.clone() } else { OptList::new() };
    let (dir, id) = (at.dir, packet.id);
    let n = negotiation(call, layer);
    match packet.code {
        Code::ConfigureRequest => n.request(dir, Request { mark, id, options: list, seq: at.seq }),
        Code::ConfigureAck => n.answer(dir, mark, id, Reply::Ack, list),
        Code::ConfigureNak => n.answer(dir, mark, id, Reply::Nak, list),
        Code::ConfigureReject => n.answer(dir, mark, id, Reply::Reject, list),
        Code::TerminateRequest if n.terminated.len() < TERMINATES_KEPT => {
            n.terminated.push((mark, dir));
            if let lcp::TerminateReason::Text(t) = lcp::terminate_reason(packet.data) {
                n.reasons.push((mark, dir, text(t)));
            }
        }
        Code::TerminateAck if n.terminate_acks.len() < TERMINATES_KEPT => {
            n.terminate_acks.push((mark, dir));
        }
        Code::ResetRequest if layer == Layer::Ccp => call.resets[dir.index()] += 1,
        _ => {}
    }
    let label = label(layer, packet.code);
    match negotiation(call, layer).reasons.last() {
        Some((at, _, t)) if *at == mark => told(kind, packet, label, &format!("\"{t}\"")),
        _ if label.is_empty() => told(kind, packet, label, ""),
        _ => Some((kind, label, Words::Packet { id, options: shown })),
    }
}

fn negotiation(call: &mut Call, layer: Layer) -> &mut Negotiation {
    match layer {
        Layer::Lcp => &mut call.lcp,
        Layer::Ccp => &mut call.ccp,
        Layer::Ipcp => &mut call.ipcp,
        Layer::Ipv6cp => &mut call.ipv6cp,
        Layer::OtherNcp => &mut call.other_ncp,
    }
}

fn layer_of(protocol: Protocol) -> Option<Layer> {
    Some(match protocol {
        Protocol::Ccp => Layer::Ccp,
        Protocol::Ipcp => Layer::Ipcp,
        Protocol::Ipv6cp => Layer::Ipv6cp,
        Protocol::Ipxcp | Protocol::Nbfcp => Layer::OtherNcp,
        _ => return None,
    })
}

fn options(layer: Layer, data: &[u8]) -> OptList {
    Options::new(data)
        .map_while(Result::ok)
        .take(limits::NEGOTIATION_KEPT)
        .map(|raw| option(layer, raw))
        .collect()
}

fn option(layer: Layer, raw: RawOption<'_>) -> Opt {
    let other = Opt::Other(raw.kind, u8::try_from(raw.value.len()).unwrap_or(u8::MAX));
    match layer {
        Layer::Lcp => match lcp::option(raw) {
            lcp::LcpOption::Mru(n) => Opt::Mru(n),
            lcp::LcpOption::Accm(n) => Opt::Accm(n),
            lcp::LcpOption::Authentication { protocol, data } => {
                Opt::Authentication(method(protocol, data))
            }
            lcp::LcpOption::Magic(n) => Opt::Magic(n),
            lcp::LcpOption::Pfc => Opt::Pfc,
            lcp::LcpOption::Acfc => Opt::Acfc,
            lcp::LcpOption::Callback { operation, .. } => Opt::Callback(operation),
            lcp::LcpOption::Mrru(n) => Opt::Mrru(n),
            _ => other,
        },
        Layer::Ccp => match ccp::option(raw) {
            ccp::CcpOption::Mppe(bits) => Opt::Mppe(Mppe {
                bits_40: bits.has(ccp::MppeBits::BITS_40),
                bits_56: bits.has(ccp::MppeBits::BITS_56),
                bits_128: bits.has(ccp::MppeBits::BITS_128),
                stateless: bits.has(ccp::MppeBits::STATELESS),
                compression: bits.has(ccp::MppeBits::MPPC),
            }),
            ccp::CcpOption::Other(_) => match (raw.kind, raw.value) {
                (21, [value]) => Opt::BsdCompress(*value),
                _ => other,
            },
        },
        Layer::Ipcp => match ipcp::option(raw) {
            ipcp::IpcpOption::IpAddress(a) => Opt::Address(a),
            ipcp::IpcpOption::PrimaryDns(a)
            | ipcp::IpcpOption::SecondaryDns(a)
            | ipcp::IpcpOption::PrimaryNbns(a)
            | ipcp::IpcpOption::SecondaryNbns(a) => Opt::NameServer(raw.kind, a),
            _ => other,
        },
        _ => other,
    }
}

fn method(protocol: Protocol, data: &[u8]) -> Method {
    match (protocol, data.first().map(|&a| Algorithm(a))) {
        (Protocol::Pap, _) => Method::Pap,
        (Protocol::Eap, _) => Method::Eap,
        (Protocol::Chap, Some(Algorithm::Md5)) => Method::ChapMd5,
        (Protocol::Chap, Some(Algorithm::MsChapV1)) => Method::MsChapV1,
        (Protocol::Chap, Some(Algorithm::MsChapV2)) => Method::MsChapV2,
        _ => Method::Other,
    }
}

/// A Nak that suggests an address comes from the side that gives addresses out.
fn gives_address(information: &[u8]) -> bool {
    control::parse(information).is_ok_and(|p| {
        p.code == Code::ConfigureNak
            && Options::new(p.data)
                .flatten()
                .any(|o| matches!(ipcp::option(o), ipcp::IpcpOption::IpAddress(a) if !a.is_unspecified()))
    })
}

/// Text from the wire, bounded; made visible only when it is printed.
pub(super) fn text(bytes: &[u8]) -> Box<str> {
    lossy(bytes.get(..limits::WIRE_TEXT).unwrap_or(bytes)).into()
}

#[allow(clippy::unnecessary_wraps)] // the shape that all observers return
fn told(kind: Kind, packet: control::Packet<'_>, label: &'static str, detail: &str) -> Told {
    let (code, id) = (packet.code, packet.id);
    Some(match (label.is_empty(), detail.is_empty()) {
        (true, _) => (kind, "PPP control packet", format!("code {code} id {id}").into()),
        (false, true) => (kind, label, Words::Packet { id, options: OptList::new() }),
        (false, false) => (kind, label, format!("id {id}, {detail}").into()),
    })
}

fn lcp_label(code: Code) -> &'static str {
    match code {
        Code::TerminateAck => "LCP Terminate-Ack",
        Code::CodeReject => "LCP Code-Reject",
        Code::ProtocolReject => "LCP Protocol-Reject",
        Code::EchoRequest => "LCP Echo-Request",
        Code::EchoReply => "LCP Echo-Reply",
        Code::DiscardRequest => "LCP Discard-Request",
        Code::TimeRemaining => "LCP Time-Remaining",
        _ => "",
    }
}

fn label(layer: Layer, code: Code) -> &'static str {
    macro_rules! labels {
        ($($layer:ident => $name:literal),*) => {
            match (layer, code) {
                $((Layer::$layer, Code::ConfigureRequest) => concat!($name, " Configure-Request"),
                (Layer::$layer, Code::ConfigureAck) => concat!($name, " Configure-Ack"),
                (Layer::$layer, Code::ConfigureNak) => concat!($name, " Configure-Nak"),
                (Layer::$layer, Code::ConfigureReject) => concat!($name, " Configure-Reject"),
                (Layer::$layer, Code::TerminateRequest) => concat!($name, " Terminate-Request"),
                (Layer::$layer, Code::TerminateAck) => concat!($name, " Terminate-Ack"),
                (Layer::$layer, Code::CodeReject) => concat!($name, " Code-Reject"),
                (Layer::$layer, Code::ResetRequest) => concat!($name, " Reset-Request"),
                (Layer::$layer, Code::ResetAck) => concat!($name, " Reset-Ack"),)*
                _ => "",
            }
        };
    }
    labels!(Lcp => "LCP", Ccp => "CCP", Ipcp => "IPCP", Ipv6cp => "IPV6CP", OtherNcp => "NCP")
}

/// So long after CCP opened nothing sent before it is still on its way.
const KNOWN: Span = Span::from_secs(1);
/// Bounds of the small lists of one call.
const TERMINATES_KEPT: usize = 16;
const REJECTS_KEPT: usize = 32;
const ECHOES_KEPT: usize = 16;
const IDENTIFICATIONS_KEPT: usize = 8;
const UNKNOWN_KEPT: usize = 32;
/// Octets of the MPPE header and of the protocol number that it encrypts along (RFC 3078 §3).
const MPPE_OVERHEAD: usize = 4;
