//! Control messages as our parser reads them, in tshark's names.

use pptp_diag::wire::pptp::{self, Message};

use crate::ours::{Layer, Place};

pub fn layer(header: pptp::Header, message: &Message<'_>, place: Place) -> Layer {
    let mut l = Layer::new("pptp", place);
    l.number("pptp.length", header.length);
    l.number("pptp.type", header.message_type);
    l.number("pptp.magic_cookie", pptp::MAGIC);
    l.number("pptp.control_message_type", header.control.0);
    match *message {
        Message::StartRequest(m) => start(&mut l, m),
        Message::StartReply(m) => {
            l.number("pptp.control_result", m.result);
            l.number("pptp.error", m.error);
            start(&mut l, m);
        }
        Message::StopRequest { reason } => l.number("pptp.reason", reason),
        Message::StopReply { result, error } => {
            l.number("pptp.stop_result", result);
            l.number("pptp.error", error);
        }
        Message::EchoRequest { identifier } => l.number("pptp.identifier", identifier),
        Message::EchoReply { identifier, result, error } => {
            l.number("pptp.identifier", identifier);
            l.number("pptp.echo_result", result);
            l.number("pptp.error", error);
        }
        Message::OutgoingRequest(m) => {
            l.number("pptp.call_id", m.call_id);
            l.number("pptp.call_serial_number", m.serial);
            l.number("pptp.minimum_bps", m.min_bps);
            l.number("pptp.maximum_bps", m.max_bps);
            l.number("pptp.bearer_type", m.bearer);
            l.number("pptp.framing_type", m.framing);
            window(&mut l, m.window, m.delay);
            l.text("pptp.phone_number", m.phone);
            l.text("pptp.subaddress", m.subaddress);
        }
        Message::OutgoingReply(m) => {
            l.number("pptp.call_id", m.call_id);
            l.number("pptp.peer_call_id", m.peer_call_id);
            l.number("pptp.out_result", m.result);
            l.number("pptp.error", m.error);
            l.number("pptp.cause", m.cause);
            l.number("pptp.connect_speed", m.speed);
            window(&mut l, m.window, m.delay);
            l.number("pptp.physical_channel_id", m.channel);
        }
        Message::IncomingRequest(m) => {
            l.number("pptp.call_id", m.call_id);
            l.number("pptp.call_serial_number", m.serial);
            l.number("pptp.bearer_type", m.bearer);
            l.number("pptp.physical_channel_id", m.channel);
            l.text("pptp.dialed_number", m.dialled);
            l.text("pptp.dialing_number", m.dialling);
            l.text("pptp.subaddress", m.subaddress);
        }
        Message::IncomingReply { call_id, peer_call_id, result, error, window: packets, delay } => {
            l.number("pptp.call_id", call_id);
            l.number("pptp.peer_call_id", peer_call_id);
            l.number("pptp.in_result", result);
            l.number("pptp.error", error);
            window(&mut l, packets, delay);
        }
        Message::IncomingConnected { peer_call_id, speed, window: packets, delay, framing } => {
            l.number("pptp.peer_call_id", peer_call_id);
            l.number("pptp.connect_speed", speed);
            window(&mut l, packets, delay);
            l.number("pptp.framing_type", framing);
        }
        Message::CallClear { call_id } => l.number("pptp.call_id", call_id),
        Message::CallDisconnect { call_id, result, error, cause, statistics } => {
            l.number("pptp.call_id", call_id);
            l.number("pptp.disc_result", result);
            l.number("pptp.error", error);
            l.number("pptp.cause", cause);
            l.text("pptp.call_Statistics", statistics);
        }
        Message::WanError { peer_call_id, counters } => {
            l.number("pptp.peer_call_id", peer_call_id);
            COUNTERS.iter().zip(counters).for_each(|(name, value)| l.number(name, value));
        }
        Message::SetLinkInfo { peer_call_id, send_accm, receive_accm } => {
            l.number("pptp.peer_call_id", peer_call_id);
            l.number("pptp.send_accm", send_accm);
            l.number("pptp.receive_accm", receive_accm);
        }
        Message::Unknown { .. } => {}
    }
    l
}

fn start(l: &mut Layer, m: pptp::Start<'_>) {
    l.number("pptp.protocol_version", m.version);
    l.number("pptp.framing_capabilities", m.framing);
    l.number("pptp.bearer_capabilities", m.bearer);
    l.number("pptp.maximum_channels", m.max_channels);
    l.number("pptp.firmware_revision", m.firmware);
    l.text("pptp.host_name", m.host);
    l.text("pptp.vendor_name", m.vendor);
}

fn window(l: &mut Layer, packets: u16, delay: u16) {
    l.number("pptp.packet_receive_window_size", packets);
    l.number("pptp.packet_processing_delay", delay);
}

/// The counters of a WAN-Error-Notify in their order.
const COUNTERS: [&str; 6] = [
    "pptp.crc_errors",
    "pptp.framing_errors",
    "pptp.hardware_overruns",
    "pptp.buffer_overruns",
    "pptp.timeout_errors",
    "pptp.alignment_errors",
];
