//! The packet shape that LCP, CCP and every NCP share (RFC 1661 §5).

use crate::wire::error::WireError;

crate::wire_names! {
    /// Code of an LCP-like packet (RFC 1661 §5, RFC 1570, RFC 1962).
    pub struct Code(u8) {
        VendorSpecific = 0 => "Vendor-Specific",
        ConfigureRequest = 1 => "Configure-Request",
        ConfigureAck = 2 => "Configure-Ack",
        ConfigureNak = 3 => "Configure-Nak",
        ConfigureReject = 4 => "Configure-Reject",
        TerminateRequest = 5 => "Terminate-Request",
        TerminateAck = 6 => "Terminate-Ack",
        CodeReject = 7 => "Code-Reject",
        ProtocolReject = 8 => "Protocol-Reject",
        EchoRequest = 9 => "Echo-Request",
        EchoReply = 10 => "Echo-Reply",
        DiscardRequest = 11 => "Discard-Request",
        Identification = 12 => "Identification",
        TimeRemaining = 13 => "Time-Remaining",
        ResetRequest = 14 => "Reset-Request",
        ResetAck = 15 => "Reset-Ack",
    }
}

/// One packet; `data` ends where the Length field says (padding after it is dropped).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Packet<'a> {
    pub code: Code,
    pub id: u8,
    pub data: &'a [u8],
}

/// Reads code, identifier, length, data. Errors: fewer than 4 octets; Length below 4 (`BadLength`);
/// Length beyond the input (`Truncated`).
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    todo!()
}

impl Packet<'_> {
    /// Appends the packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}
