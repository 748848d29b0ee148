//! Segments and messages of a control connection → its facts.

use super::Builder;
use super::mark;
use super::note;
use super::push_first;
use super::widen;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::text::lossy;
use crate::base::time::Span;
use crate::flow::ConnectionId;
use crate::flow::Seen;
use crate::flow::Segment;
use crate::flow::checksum::Checksum;
use crate::model::SWAPPED;
use crate::model::control::BadMessage;
use crate::model::control::Repeats;
use crate::model::control::Reset;
use crate::model::control::Start;
use crate::model::event::Event;
use crate::model::event::Kind;
use crate::model::event::Words;
use crate::wire::pptp;
use crate::wire::pptp::Message;

impl Builder {
    pub(super) fn segment(&mut self, s: &Segment) {
        let m = mark(s.seen);
        self.trust.note(s.checksum);
        let Some(k) = self.begin(s.connection, m) else { return };
        let way = s.dir.index();
        k.doubtful = Some(k.doubtful.is_none() && s.checksum == Checksum::Wrong);
        widen(&mut k.ttls[way], s.seen.ttl);
        if let Some((first, ..)) = k.ttls[way] {
            k.strange[way].add(m, s.seen.ttl, first);
        }
        let mut event: Option<(&'static str, &str)> = None;
        if s.flags.rst {
            if k.reset.is_none() {
                let after_handshake = k.established.is_some() || !k.from_start;
                k.reset = Some(Reset { mark: m, dir: s.dir, ttl: s.seen.ttl, after_handshake });
                event = Some(("TCP RST", ""));
            }
        } else if s.flags.syn {
            k.from_start = true;
            if s.flags.ack {
                if k.syn_ack.is_none() {
                    k.syn_ack = Some(m);
                    event = Some(("TCP SYN/ACK", ""));
                }
            } else {
                let again = if k.syns.is_empty() { "" } else { "again" };
                k.initial.get_or_insert(s.seq);
                if k.syns.len() < SYNS_KEPT {
                    push_first(&mut k.syns, m);
                    event = Some(("TCP SYN", again));
                }
            }
        } else if s.dir == Dir::ToServer && k.syn_ack.is_some() && k.established.is_none() {
            k.established = Some(m);
        } else if s.dir == Dir::ToServer
            && k.syn_ack.is_none()
            && k.established.is_none()
            && (s.length > 0 || s.flags.ack && !k.syns.is_empty())
        {
            // Data presumes a handshake that the capture does not show, an acknowledgment of the SYN/ACK one
            // that it may show later.
            k.established = Some(m);
        }
        if s.flags.fin && k.fins[way].is_none() {
            k.fins[way] = Some(m);
            event = Some(("TCP FIN", ""));
        }
        if s.repeated && s.length > 0 {
            let r = &mut k.repeated[way];
            r.count += 1;
            r.first.get_or_insert(m);
            r.last = Some(m);
        } else if s.length == 0 && s.flags.ack {
            k.repeated[s.dir.flip().index()] = Repeats::default();
        }
        let newest = k.last.iter().flatten().map(|l| l.at).max();
        if let Some(silence) = newest.map(|n| m.at - n).filter(|s| *s >= PAUSE) {
            k.pause = Some((silence, m));
        }
        k.last[way] = Some(m);
        let over = k.closed().is_some();
        if let Some((label, words)) = event {
            self.note_on(s.connection, m, s.dir, Kind::Tcp, label, words.into());
        }
        if over && let Some(id) = self.table.by_connection(&s.connection) {
            self.linger(id);
        }
    }

    pub(super) fn note_on(
        &mut self,
        id: ConnectionId,
        mark: Mark,
        dir: Dir,
        kind: Kind,
        label: &'static str,
        words: Words<'_>,
    ) {
        let Some(open) = self.table.by_connection(&id).and_then(|c| self.open.get_mut(c)) else {
            return;
        };
        let event = Event::new(mark, dir, None, kind, label);
        note(&mut open.conversation, event, words, &mut self.events);
    }

    pub(super) fn message(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        seen: Seen,
        bytes: &[u8],
        cut: bool,
    ) {
        let m = mark(seen);
        let Ok(header) = pptp::header(bytes) else { return };
        if let Some(wrong) = violation(header).filter(|_| !cut)
            && let Some(k) = self.connection(id, m)
        {
            let (length, control) = (header.length, header.control.0);
            let name = header.control.name();
            let bad = BadMessage { first: m, last: m, dir, count: 0, wrong, length, control, name };
            let bad = k.bad.get_or_insert(bad);
            bad.last = m;
            bad.count = bad.count.saturating_add(1);
        }
        let mut padded = Vec::new();
        if cut && bytes.len() < needed(header.control) {
            let name = header.control.name().unwrap_or("unknown control message");
            self.note_on(id, m, dir, Kind::Control, name, "cut by the capture".into());
            return;
        }
        let whole = if cut {
            // Missing octets read as zero; what cannot be zero is not used of a cut message.
            padded.extend_from_slice(bytes);
            padded.resize(
                usize::from(pptp::fixed_length(header.control).unwrap_or(header.length))
                    .min(limits::CONTROL_MESSAGE),
                0,
            );
            &padded[..]
        } else {
            bytes
        };
        let Ok(message) = pptp::parse(whole) else {
            self.note_on(
                id,
                m,
                dir,
                Kind::Control,
                "malformed control message",
                header.control.to_string().into(),
            );
            return;
        };
        if self.connection(id, m).is_none() {
            return;
        }
        let label = header.control.name().unwrap_or("unknown control message");
        self.note_on(id, m, dir, Kind::Control, label, describe(&message).into());
        let Some(k) = self.connection(id, m) else { return };
        match message {
            Message::StartRequest(s) => {
                k.start_request.get_or_insert_with(|| start(&s, m, cut));
            }
            Message::StartReply(s) => {
                k.start_reply.get_or_insert_with(|| start(&s, m, cut));
            }
            Message::StopRequest { reason } => {
                k.stop_request.get_or_insert((m, dir, reason));
            }
            Message::EchoRequest { identifier } => {
                let early = k.early_echo_reply[dir.index()].take();
                if early.is_some_and(|(i, at)| i == identifier && m.at - at.at < SWAPPED) {
                    return;
                }
                let pending = &mut k.echoes_pending[dir.index()];
                if pending.len() < ECHOES_KEPT && !pending.iter().any(|(i, _)| *i == identifier) {
                    pending.push((identifier, m));
                }
            }
            Message::EchoReply { identifier, .. } => {
                k.echoes_answered += 1;
                let asker = dir.flip().index();
                let pending = &mut k.echoes_pending[asker];
                match pending.iter().position(|(i, _)| *i == identifier) {
                    Some(at) => {
                        let (_, asked) = pending.remove(at);
                        k.echo_trips[asker].add(asked.at, m.at);
                    }
                    None => k.early_echo_reply[asker] = Some((identifier, m)),
                }
            }
            _ => self.call_message(id, dir, m, &message),
        }
    }
}

/// Octets without which a message does not say what it is about: ids, and results where it has any.
const fn needed(control: pptp::ControlType) -> usize {
    match control {
        pptp::ControlType::OutgoingRequest | pptp::ControlType::CallClear => 14,
        pptp::ControlType::OutgoingReply => 18,
        pptp::ControlType::CallDisconnect => 16,
        _ => pptp::HEADER,
    }
}

/// What a whole message has in its header that RFC 2637 §1.4 and §2 forbid.
fn violation(header: pptp::Header) -> Option<&'static str> {
    if header.message_type != 1 {
        return Some("its PPTP Message Type is not 1");
    }
    match pptp::fixed_length(header.control) {
        None => Some("its Control Message Type is not defined"),
        Some(fixed) if fixed != header.length => Some("its Length is not that of its type"),
        Some(_) => None,
    }
}

fn start(s: &pptp::Start<'_>, mark: Mark, cut: bool) -> Start {
    Start {
        mark,
        version: s.version,
        result: s.result,
        error: s.error,
        framing: s.framing,
        bearer: s.bearer,
        max_channels: s.max_channels,
        firmware: s.firmware,
        host: lossy(s.host).into(),
        vendor: lossy(s.vendor).into(),
        cut,
    }
}

/// What of a control message a person wants to see.
fn describe(message: &Message<'_>) -> String {
    match message {
        Message::StartRequest(s) => {
            format!("vendor \"{}\", firmware {}", lossy(s.vendor), s.firmware)
        }
        Message::StartReply(s) => {
            format!(
                "result {}, vendor \"{}\", host \"{}\"",
                s.result,
                lossy(s.vendor),
                lossy(s.host)
            )
        }
        Message::StopRequest { reason } => format!("reason {reason}"),
        Message::StopReply { result, .. } => format!("result {result}"),
        Message::EchoRequest { identifier } => format!("id {identifier}"),
        Message::EchoReply { identifier, result, .. } => {
            format!("id {identifier}, result {result}")
        }
        Message::OutgoingRequest(q) => format!("client's call id {}", q.call_id),
        Message::OutgoingReply(r) => {
            format!("result {}, server's call id {}, for {}", r.result, r.call_id, r.peer_call_id)
        }
        Message::CallClear { call_id } => format!("call id {call_id}"),
        Message::CallDisconnect { call_id, result, error, .. } => {
            format!("call id {call_id}, result {result}, error {error}")
        }
        Message::SetLinkInfo { peer_call_id, send_accm, receive_accm } => {
            format!("call id {peer_call_id}, ACCM {send_accm:08x}/{receive_accm:08x}")
        }
        _ => String::new(),
    }
}

/// Silence of the control connection that is worth remembering.
const PAUSE: Span = Span::from_secs(30);
/// Bounds of the small lists of one connection.
const SYNS_KEPT: usize = 16;
const ECHOES_KEPT: usize = 16;
