//! Octets → control messages, field by field in the order of RFC 2637 §2.

use nom::number::complete::{be_u16, be_u32, u8};

use super::{
    CONTROL_MESSAGE, ControlType, Header, IncomingRequest, MAGIC, Message, NAME, OutgoingReply,
    OutgoingRequest, STATISTICS, Start, fixed_length,
};
use crate::wire::error::{Fault, Res, fail};
use crate::wire::field::text;

/// The common header.
pub(super) fn common(i: &[u8]) -> Res<'_, Header> {
    let (i, length) = be_u16(i)?;
    let (i, message_type) = be_u16(i)?;
    let at_magic = i;
    let (i, magic) = be_u32(i)?;
    if magic != MAGIC {
        return Err(fail(at_magic, Fault::BadMagic(magic)));
    }
    let (i, control) = be_u16(i)?;
    let (i, _reserved) = be_u16(i)?;
    Ok((i, Header { length, message_type, control: ControlType(control) }))
}

/// One whole message, header included.
pub(super) fn message(input: &[u8]) -> Res<'_, Message<'_>> {
    let (i, Header { message_type, control, .. }) = common(input)?;
    if message_type != CONTROL_MESSAGE {
        return Err(fail(input, Fault::BadValue));
    }
    // Checked once for all fields, the reserved ones at the end included.
    if fixed_length(control).is_some_and(|fixed| input.len() < usize::from(fixed)) {
        return Err(fail(&[], Fault::Truncated));
    }
    match control {
        ControlType::StartRequest => start(i).map(|(i, m)| (i, Message::StartRequest(m))),
        ControlType::StartReply => start(i).map(|(i, m)| (i, Message::StartReply(m))),
        ControlType::StopRequest => {
            let (i, reason) = u8(i)?;
            Ok((i, Message::StopRequest { reason }))
        }
        ControlType::StopReply => {
            let (i, result) = u8(i)?;
            let (i, error) = u8(i)?;
            Ok((i, Message::StopReply { result, error }))
        }
        ControlType::EchoRequest => {
            let (i, identifier) = be_u32(i)?;
            Ok((i, Message::EchoRequest { identifier }))
        }
        ControlType::EchoReply => {
            let (i, identifier) = be_u32(i)?;
            let (i, result) = u8(i)?;
            let (i, error) = u8(i)?;
            Ok((i, Message::EchoReply { identifier, result, error }))
        }
        ControlType::OutgoingRequest => outgoing_request(i),
        ControlType::OutgoingReply => outgoing_reply(i),
        ControlType::IncomingRequest => incoming_request(i),
        ControlType::IncomingReply => incoming_reply(i),
        ControlType::IncomingConnected => incoming_connected(i),
        ControlType::CallClear => {
            let (i, call_id) = be_u16(i)?;
            Ok((i, Message::CallClear { call_id }))
        }
        ControlType::CallDisconnect => call_disconnect(i),
        ControlType::WanError => wan_error(i),
        ControlType::SetLinkInfo => {
            let (i, peer_call_id) = be_u16(i)?;
            let (i, _reserved) = be_u16(i)?;
            let (i, send_accm) = be_u32(i)?;
            let (i, receive_accm) = be_u32(i)?;
            Ok((i, Message::SetLinkInfo { peer_call_id, send_accm, receive_accm }))
        }
        _ => Ok((&[], Message::Unknown { control, body: i })),
    }
}

fn start(i: &[u8]) -> Res<'_, Start<'_>> {
    let (i, version) = be_u16(i)?;
    let (i, result) = u8(i)?;
    let (i, error) = u8(i)?;
    let (i, framing) = be_u32(i)?;
    let (i, bearer) = be_u32(i)?;
    let (i, max_channels) = be_u16(i)?;
    let (i, firmware) = be_u16(i)?;
    let (i, host) = text(NAME)(i)?;
    let (i, vendor) = text(NAME)(i)?;
    Ok((i, Start { version, result, error, framing, bearer, max_channels, firmware, host, vendor }))
}

fn outgoing_request(i: &[u8]) -> Res<'_, Message<'_>> {
    let (i, call_id) = be_u16(i)?;
    let (i, serial) = be_u16(i)?;
    let (i, min_bps) = be_u32(i)?;
    let (i, max_bps) = be_u32(i)?;
    let (i, bearer) = be_u32(i)?;
    let (i, framing) = be_u32(i)?;
    let (i, window) = be_u16(i)?;
    let (i, delay) = be_u16(i)?;
    let (i, _phone_length) = be_u16(i)?;
    let (i, _reserved) = be_u16(i)?;
    let (i, phone) = text(NAME)(i)?;
    let (i, subaddress) = text(NAME)(i)?;
    let call = OutgoingRequest {
        call_id,
        serial,
        min_bps,
        max_bps,
        bearer,
        framing,
        window,
        delay,
        phone,
        subaddress,
    };
    Ok((i, Message::OutgoingRequest(call)))
}

fn outgoing_reply(i: &[u8]) -> Res<'_, Message<'_>> {
    let (i, call_id) = be_u16(i)?;
    let (i, peer_call_id) = be_u16(i)?;
    let (i, result) = u8(i)?;
    let (i, error) = u8(i)?;
    let (i, cause) = be_u16(i)?;
    let (i, speed) = be_u32(i)?;
    let (i, window) = be_u16(i)?;
    let (i, delay) = be_u16(i)?;
    let (i, channel) = be_u32(i)?;
    let call = OutgoingReply {
        call_id,
        peer_call_id,
        result,
        error,
        cause,
        speed,
        window,
        delay,
        channel,
    };
    Ok((i, Message::OutgoingReply(call)))
}

fn incoming_request(i: &[u8]) -> Res<'_, Message<'_>> {
    let (i, call_id) = be_u16(i)?;
    let (i, serial) = be_u16(i)?;
    let (i, bearer) = be_u32(i)?;
    let (i, channel) = be_u32(i)?;
    let (i, _dialled_length) = be_u16(i)?;
    let (i, _dialling_length) = be_u16(i)?;
    let (i, dialled) = text(NAME)(i)?;
    let (i, dialling) = text(NAME)(i)?;
    let (i, subaddress) = text(NAME)(i)?;
    let call = IncomingRequest { call_id, serial, bearer, channel, dialled, dialling, subaddress };
    Ok((i, Message::IncomingRequest(call)))
}

fn incoming_reply(i: &[u8]) -> Res<'_, Message<'_>> {
    let (i, call_id) = be_u16(i)?;
    let (i, peer_call_id) = be_u16(i)?;
    let (i, result) = u8(i)?;
    let (i, error) = u8(i)?;
    let (i, window) = be_u16(i)?;
    let (i, delay) = be_u16(i)?;
    Ok((i, Message::IncomingReply { call_id, peer_call_id, result, error, window, delay }))
}

fn incoming_connected(i: &[u8]) -> Res<'_, Message<'_>> {
    let (i, peer_call_id) = be_u16(i)?;
    let (i, _reserved) = be_u16(i)?;
    let (i, speed) = be_u32(i)?;
    let (i, window) = be_u16(i)?;
    let (i, delay) = be_u16(i)?;
    let (i, framing) = be_u32(i)?;
    Ok((i, Message::IncomingConnected { peer_call_id, speed, window, delay, framing }))
}

fn call_disconnect(i: &[u8]) -> Res<'_, Message<'_>> {
    let (i, call_id) = be_u16(i)?;
    let (i, result) = u8(i)?;
    let (i, error) = u8(i)?;
    let (i, cause) = be_u16(i)?;
    let (i, _reserved) = be_u16(i)?;
    let (i, statistics) = text(STATISTICS)(i)?;
    Ok((i, Message::CallDisconnect { call_id, result, error, cause, statistics }))
}

fn wan_error(i: &[u8]) -> Res<'_, Message<'_>> {
    let (i, peer_call_id) = be_u16(i)?;
    let (mut i, _reserved) = be_u16(i)?;
    let mut counters = [0; 6];
    for counter in &mut counters {
        (i, *counter) = be_u32(i)?;
    }
    Ok((i, Message::WanError { peer_call_id, counters }))
}
