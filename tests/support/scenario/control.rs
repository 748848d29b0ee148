//! PPTP control messages: `ctl sccrq|sccrp|…`.

use pptp_diag::base::addr::Dir;
use pptp_diag::wire::pptp::{Message, OutgoingReply, OutgoingRequest, Start};

use super::profile;
use super::world::{Command, World};

impl World {
    /// Builds the message and sends it on the control connection.
    pub(super) fn send_control(&mut self, command: &mut Command) {
        let mut octets = Vec::new();
        self.control(command, &mut octets);
        self.send_data(command, &octets);
    }

    fn control(&mut self, command: &mut Command, out: &mut Vec<u8>) {
        let dir = command.dir();
        let message = command.message.clone();
        let keys = &mut command.keys;
        match message.as_str() {
            "sccrq" | "sccrp" => return self.start(command, out),
            "ocrq" => return self.outgoing_request(command, out),
            "ocrp" => return self.outgoing_reply(command, out),
            "stoprq" => Message::StopRequest { reason: keys.number("reason").unwrap_or(1) },
            "stoprp" => Message::StopReply {
                result: keys.number("result").unwrap_or(1),
                error: keys.number("error").unwrap_or(0),
            },
            "echorq" => Message::EchoRequest { identifier: keys.number("id").unwrap_or(1) },
            "echorp" => Message::EchoReply {
                identifier: keys.number("id").unwrap_or(1),
                result: keys.number("result").unwrap_or(1),
                error: keys.number("error").unwrap_or(0),
            },
            "ccrq" => {
                let own = self.gre.call_of_sender(dir);
                Message::CallClear { call_id: keys.number("call").unwrap_or(own) }
            }
            "cdn" => Message::CallDisconnect {
                call_id: keys.number("call").unwrap_or(self.gre.call_of_sender(dir)),
                result: keys.number("result").unwrap_or(4),
                error: keys.number("error").unwrap_or(0),
                cause: keys.number("cause").unwrap_or(0),
                statistics: &[],
            },
            "sli" => Message::SetLinkInfo {
                peer_call_id: keys.number("peer").unwrap_or(self.gre.call_of_receiver(dir)),
                send_accm: keys.number("send").unwrap_or(u32::MAX),
                receive_accm: keys.number("receive").unwrap_or(u32::MAX),
            },
            _ => command.unknown_message(),
        }
        .emit(out);
    }

    fn start(&mut self, command: &mut Command, out: &mut Vec<u8>) {
        let dir = command.dir();
        let request = command.message == "sccrq";
        let keys = &mut command.keys;
        let usual = if request { "cananian" } else { "linux" };
        let vendor = keys.text("vendor").unwrap_or_else(|| usual.to_owned());
        let profile = profile::of(&vendor, dir == Dir::ToServer);
        self.gre.profiles[dir.index()] = Some(profile);
        let host = keys.text("host").unwrap_or_else(|| profile.host.to_owned());
        let start = Start {
            version: keys.number("version").unwrap_or(0x0100),
            result: keys.number("result").unwrap_or(u8::from(!request)),
            error: keys.number("error").unwrap_or(0),
            framing: keys.number("framing").unwrap_or(profile.framing),
            bearer: keys.number("bearer").unwrap_or(profile.bearer),
            max_channels: keys.number("channels").unwrap_or(profile.channels),
            firmware: keys.number("firmware").unwrap_or(profile.firmware),
            host: host.as_bytes(),
            vendor: vendor.as_bytes(),
        };
        let message =
            if request { Message::StartRequest(start) } else { Message::StartReply(start) };
        message.emit(out);
    }

    fn outgoing_request(&mut self, command: &mut Command, out: &mut Vec<u8>) {
        let dir = command.dir();
        let keys = &mut command.keys;
        let profile =
            self.gre.profiles[dir.index()].unwrap_or_else(|| profile::of("cananian", true));
        let call_id = keys.number("call").unwrap_or(CLIENT_CALL.wrapping_add(self.calls_before));
        self.gre.calls[dir.index()] = call_id;
        let phone = keys.text("phone").unwrap_or_default();
        let request = OutgoingRequest {
            call_id,
            serial: keys.number("serial").unwrap_or(profile.serial),
            min_bps: keys.number("min").unwrap_or(profile.min_bps),
            max_bps: keys.number("max").unwrap_or(profile.max_bps),
            bearer: keys.number("bearer").unwrap_or(profile.call_types),
            framing: keys.number("framing").unwrap_or(profile.call_types),
            window: keys.number("window").unwrap_or(profile.window),
            delay: keys.number("delay").unwrap_or(0),
            phone: phone.as_bytes(),
            subaddress: &[],
        };
        self.gre.asked = (request.max_bps, request.window);
        Message::OutgoingRequest(request).emit(out);
    }

    fn outgoing_reply(&mut self, command: &mut Command, out: &mut Vec<u8>) {
        let dir = command.dir();
        let keys = &mut command.keys;
        let profile = self.gre.profiles[dir.index()].unwrap_or_else(|| profile::of("linux", false));
        let (speed, window) = self.gre.asked;
        let result = keys.number("result").unwrap_or(1);
        let usual = if result == 1 { SERVER_CALL.wrapping_mul(1 + self.calls_before) } else { 0 };
        let call_id = keys.number("call").unwrap_or(usual);
        self.gre.calls[dir.index()] = call_id;
        Message::OutgoingReply(OutgoingReply {
            call_id,
            peer_call_id: keys.number("peer").unwrap_or(self.gre.call_of_receiver(dir)),
            result,
            error: keys.number("error").unwrap_or(0),
            cause: keys.number("cause").unwrap_or(0),
            speed: keys.number("speed").unwrap_or(profile.speed.unwrap_or(speed)),
            window: keys.number("window").unwrap_or(profile.reply_window.unwrap_or(window)),
            delay: keys.number("delay").unwrap_or(0),
            channel: keys.number("channel").unwrap_or(0),
        })
        .emit(out);
    }
}

/// Call id of the first call's client; every later call counts up.
pub(super) const CLIENT_CALL: u16 = 49_153;
/// Call id of the first call's server, as pptpd counts: 128, 256 …
pub(super) const SERVER_CALL: u16 = 128;
