//! PPTP control messages (RFC 2637 §2).

mod emit;
mod read;

use super::error::{WireError, finish};

crate::wire_names! {
    /// Control message type, RFC 2637 §2.
    pub struct ControlType(u16) {
        StartRequest = 1 => "Start-Control-Connection-Request",
        StartReply = 2 => "Start-Control-Connection-Reply",
        StopRequest = 3 => "Stop-Control-Connection-Request",
        StopReply = 4 => "Stop-Control-Connection-Reply",
        EchoRequest = 5 => "Echo-Request",
        EchoReply = 6 => "Echo-Reply",
        OutgoingRequest = 7 => "Outgoing-Call-Request",
        OutgoingReply = 8 => "Outgoing-Call-Reply",
        IncomingRequest = 9 => "Incoming-Call-Request",
        IncomingReply = 10 => "Incoming-Call-Reply",
        IncomingConnected = 11 => "Incoming-Call-Connected",
        CallClear = 12 => "Call-Clear-Request",
        CallDisconnect = 13 => "Call-Disconnect-Notify",
        WanError = 14 => "WAN-Error-Notify",
        SetLinkInfo = 15 => "Set-Link-Info",
    }
}

/// The magic cookie of every control message (RFC 2637 §1.4).
pub const MAGIC: u32 = 0x1A2B_3C4D;
/// Octets of the common header: length, PPTP message type, magic cookie, control type, reserved.
pub const HEADER: usize = 12;

/// The common header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Total octets of the message, header included.
    pub length: u16,
    /// 1 control, 2 management (never defined).
    pub message_type: u16,
    /// Which control message.
    pub control: ControlType,
}

/// SCCRQ and SCCRP (RFC 2637 §2.1, §2.2). In a request `result` and `error` are its reserved octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start<'a> {
    /// Protocol version, 0x0100.
    pub version: u16,
    /// Result Code of a reply: 1 success, 2 general error, 3 already exists, 4 not authorised, 5 version.
    pub result: u8,
    /// Error Code of a reply.
    pub error: u8,
    /// Framing Capabilities.
    pub framing: u32,
    /// Bearer Capabilities.
    pub bearer: u32,
    /// Maximum Channels.
    pub max_channels: u16,
    /// Firmware Revision.
    pub firmware: u16,
    /// Host Name, its 64 octets without the trailing NULs.
    pub host: &'a [u8],
    /// Vendor String, its 64 octets without the trailing NULs.
    pub vendor: &'a [u8],
}

/// OCRQ (RFC 2637 §2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct OutgoingRequest<'a> {
    pub call_id: u16,
    pub serial: u16,
    pub min_bps: u32,
    pub max_bps: u32,
    pub bearer: u32,
    pub framing: u32,
    pub window: u16,
    pub delay: u16,
    pub phone: &'a [u8],
    pub subaddress: &'a [u8],
}

/// OCRP (RFC 2637 §2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct OutgoingReply {
    pub call_id: u16,
    pub peer_call_id: u16,
    pub result: u8,
    pub error: u8,
    pub cause: u16,
    pub speed: u32,
    pub window: u16,
    pub delay: u16,
    pub channel: u32,
}

/// ICRQ (RFC 2637 §2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct IncomingRequest<'a> {
    pub call_id: u16,
    pub serial: u16,
    pub bearer: u32,
    pub channel: u32,
    pub dialled: &'a [u8],
    pub dialling: &'a [u8],
    pub subaddress: &'a [u8],
}

/// One control message. Text fields come without their trailing NULs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Message<'a> {
    StartRequest(Start<'a>),
    StartReply(Start<'a>),
    /// §2.3: 1 none, 2 protocol, 3 local shutdown.
    StopRequest {
        reason: u8,
    },
    StopReply {
        result: u8,
        error: u8,
    },
    EchoRequest {
        identifier: u32,
    },
    EchoReply {
        identifier: u32,
        result: u8,
        error: u8,
    },
    OutgoingRequest(OutgoingRequest<'a>),
    OutgoingReply(OutgoingReply),
    IncomingRequest(IncomingRequest<'a>),
    /// §2.10.
    IncomingReply {
        call_id: u16,
        peer_call_id: u16,
        result: u8,
        error: u8,
        window: u16,
        delay: u16,
    },
    /// §2.11.
    IncomingConnected {
        peer_call_id: u16,
        speed: u32,
        window: u16,
        delay: u16,
        framing: u32,
    },
    /// §2.12: the call id is the sender's own.
    CallClear {
        call_id: u16,
    },
    /// §2.13.
    CallDisconnect {
        call_id: u16,
        result: u8,
        error: u8,
        cause: u16,
        statistics: &'a [u8],
    },
    /// §2.14: six counters.
    WanError {
        peer_call_id: u16,
        counters: [u32; 6],
    },
    /// §2.15.
    SetLinkInfo {
        peer_call_id: u16,
        send_accm: u32,
        receive_accm: u32,
    },
    /// A control type that RFC 2637 does not define; kept whole.
    Unknown {
        control: ControlType,
        body: &'a [u8],
    },
}

/// Reads the common header. Errors: fewer than 12 octets, another magic cookie.
pub fn header(input: &[u8]) -> Result<Header, WireError> {
    finish(read::common(input))
}

/// The length that RFC 2637 fixes for a control type, header included; `None` for a type that it does
/// not define.
#[must_use]
pub const fn fixed_length(control: ControlType) -> Option<u16> {
    Some(match control {
        ControlType::StartRequest | ControlType::StartReply => 156,
        ControlType::StopRequest
        | ControlType::StopReply
        | ControlType::EchoRequest
        | ControlType::CallClear => 16,
        ControlType::EchoReply => 20,
        ControlType::OutgoingRequest => 168,
        ControlType::OutgoingReply => 32,
        ControlType::IncomingRequest => 220,
        ControlType::IncomingReply | ControlType::SetLinkInfo => 24,
        ControlType::IncomingConnected => 28,
        ControlType::CallDisconnect => 148,
        ControlType::WanError => 40,
        _ => return None,
    })
}

/// Reads one whole message, header included; octets after the fixed part are ignored. Errors: those of
/// [`header`], a message type other than 1, a message shorter than its fixed part. The Length field is
/// left to [`header`] and [`fixed_length`].
pub fn parse(input: &[u8]) -> Result<Message<'_>, WireError> {
    finish(read::message(input))
}

impl Message<'_> {
    /// Which control message this is.
    #[must_use]
    pub const fn control(&self) -> ControlType {
        match self {
            Self::StartRequest(_) => ControlType::StartRequest,
            Self::StartReply(_) => ControlType::StartReply,
            Self::StopRequest { .. } => ControlType::StopRequest,
            Self::StopReply { .. } => ControlType::StopReply,
            Self::EchoRequest { .. } => ControlType::EchoRequest,
            Self::EchoReply { .. } => ControlType::EchoReply,
            Self::OutgoingRequest(_) => ControlType::OutgoingRequest,
            Self::OutgoingReply(_) => ControlType::OutgoingReply,
            Self::IncomingRequest(_) => ControlType::IncomingRequest,
            Self::IncomingReply { .. } => ControlType::IncomingReply,
            Self::IncomingConnected { .. } => ControlType::IncomingConnected,
            Self::CallClear { .. } => ControlType::CallClear,
            Self::CallDisconnect { .. } => ControlType::CallDisconnect,
            Self::WanError { .. } => ControlType::WanError,
            Self::SetLinkInfo { .. } => ControlType::SetLinkInfo,
            Self::Unknown { control, .. } => *control,
        }
    }
}

/// PPTP message type of a control message.
const CONTROL_MESSAGE: u16 = 1;
/// Octets of a host name, vendor, phone number or subaddress.
const NAME: usize = 64;
/// Octets of Call Statistics.
const STATISTICS: usize = 128;

#[cfg(test)]
mod tests;
