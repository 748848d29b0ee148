//! Control messages → octets, field by field in the order of RFC 2637 §2.

use super::{
    CONTROL_MESSAGE, HEADER, IncomingRequest, MAGIC, Message, NAME, OutgoingReply, OutgoingRequest,
    STATISTICS, Start, fixed_length,
};
use crate::wire::field::{length16, put_text, put16, put32};

impl Message<'_> {
    /// Appends the message in wire form, header included. Text fields are cut to their octets.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let length = match self {
            Self::Unknown { body, .. } => length16(HEADER + body.len()),
            known => fixed_length(known.control()).unwrap_or(0),
        };
        let end = out.len() + usize::from(length);
        put16(length, out);
        put16(CONTROL_MESSAGE, out);
        put32(MAGIC, out);
        put16(self.control().0, out);
        put16(0, out);
        self.emit_body(out);
        // Reserved octets at the end, or what is too much for a 16-bit length.
        out.resize(end, 0);
    }

    fn emit_body(&self, out: &mut Vec<u8>) {
        match *self {
            Self::StartRequest(ref start) | Self::StartReply(ref start) => start.emit(out),
            Self::StopRequest { reason } => out.push(reason),
            Self::StopReply { result, error } => out.extend_from_slice(&[result, error]),
            Self::EchoRequest { identifier } => put32(identifier, out),
            Self::EchoReply { identifier, result, error } => {
                put32(identifier, out);
                out.extend_from_slice(&[result, error]);
            }
            Self::OutgoingRequest(ref call) => call.emit(out),
            Self::OutgoingReply(ref call) => call.emit(out),
            Self::IncomingRequest(ref call) => call.emit(out),
            Self::IncomingReply { call_id, peer_call_id, result, error, window, delay } => {
                put16(call_id, out);
                put16(peer_call_id, out);
                out.extend_from_slice(&[result, error]);
                put16(window, out);
                put16(delay, out);
            }
            Self::IncomingConnected { peer_call_id, speed, window, delay, framing } => {
                put16(peer_call_id, out);
                put16(0, out);
                put32(speed, out);
                put16(window, out);
                put16(delay, out);
                put32(framing, out);
            }
            Self::CallClear { call_id } => put16(call_id, out),
            Self::CallDisconnect { call_id, result, error, cause, statistics } => {
                put16(call_id, out);
                out.extend_from_slice(&[result, error]);
                put16(cause, out);
                put16(0, out);
                put_text(STATISTICS, statistics, out);
            }
            Self::WanError { peer_call_id, counters } => {
                put16(peer_call_id, out);
                put16(0, out);
                for counter in counters {
                    put32(counter, out);
                }
            }
            Self::SetLinkInfo { peer_call_id, send_accm, receive_accm } => {
                put16(peer_call_id, out);
                put16(0, out);
                put32(send_accm, out);
                put32(receive_accm, out);
            }
            Self::Unknown { body, .. } => out.extend_from_slice(body),
        }
    }
}

impl Start<'_> {
    fn emit(&self, out: &mut Vec<u8>) {
        put16(self.version, out);
        out.extend_from_slice(&[self.result, self.error]);
        put32(self.framing, out);
        put32(self.bearer, out);
        put16(self.max_channels, out);
        put16(self.firmware, out);
        put_text(NAME, self.host, out);
        put_text(NAME, self.vendor, out);
    }
}

impl OutgoingRequest<'_> {
    fn emit(&self, out: &mut Vec<u8>) {
        put16(self.call_id, out);
        put16(self.serial, out);
        put32(self.min_bps, out);
        put32(self.max_bps, out);
        put32(self.bearer, out);
        put32(self.framing, out);
        put16(self.window, out);
        put16(self.delay, out);
        put16(length16(self.phone.len().min(NAME)), out);
        put16(0, out);
        put_text(NAME, self.phone, out);
        put_text(NAME, self.subaddress, out);
    }
}

impl OutgoingReply {
    fn emit(&self, out: &mut Vec<u8>) {
        put16(self.call_id, out);
        put16(self.peer_call_id, out);
        out.extend_from_slice(&[self.result, self.error]);
        put16(self.cause, out);
        put32(self.speed, out);
        put16(self.window, out);
        put16(self.delay, out);
        put32(self.channel, out);
    }
}

impl IncomingRequest<'_> {
    fn emit(&self, out: &mut Vec<u8>) {
        put16(self.call_id, out);
        put16(self.serial, out);
        put32(self.bearer, out);
        put32(self.channel, out);
        put16(length16(self.dialled.len().min(NAME)), out);
        put16(length16(self.dialling.len().min(NAME)), out);
        put_text(NAME, self.dialled, out);
        put_text(NAME, self.dialling, out);
        put_text(NAME, self.subaddress, out);
    }
}
