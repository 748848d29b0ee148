//! Who and which way.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// An address with a transport port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// IPv4 or IPv6 address.
    pub addr: IpAddr,
    /// TCP port; 0 where none is known (GRE seen without a control connection).
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.addr, self.port) {
            (a, 0) => write!(f, "{a}"),
            (IpAddr::V4(a), p) => write!(f, "{a}:{p}"),
            (IpAddr::V6(a), p) => write!(f, "[{a}]:{p}"),
        }
    }
}

/// Direction of a message between the PPTP client (PNS) and server (PAC), RFC 2637 §1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dir {
    /// Client to server.
    ToServer,
    /// Server to client.
    ToClient,
}

impl Dir {
    /// Both, in report order.
    pub const BOTH: [Self; 2] = [Self::ToServer, Self::ToClient];

    /// The other way.
    #[must_use]
    pub const fn flip(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }

    /// Index into a pair of per-direction facts.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::ToServer => 0,
            Self::ToClient => 1,
        }
    }

    /// The side that sends in this direction: `client` or `server`.
    #[must_use]
    pub const fn sender(self) -> &'static str {
        match self {
            Self::ToServer => "client",
            Self::ToClient => "server",
        }
    }

    /// The side that receives in this direction.
    #[must_use]
    pub const fn receiver(self) -> &'static str {
        self.flip().sender()
    }
}

/// Whether an address belongs to a private, shared, link-local or loopback range (RFC 1918, 6598,
/// 3927, 4193): a host with such an address reaches a public server through a NAT.
#[must_use]
pub fn is_private(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(a) => {
            let [b0, b1, ..] = a.octets();
            a.is_private() || a.is_loopback() || a.is_link_local() || (b0 == 100 && b1 & 0xC0 == 64)
        }
        IpAddr::V6(a) => {
            a == Ipv6Addr::LOCALHOST
                || a.segments()[0] & 0xFE00 == 0xFC00
                || a.segments()[0] & 0xFFC0 == 0xFE80
        }
    }
}

/// An address as a number, for the keys of look-ups. An IPv4 address gets that of the IPv6 address it is mapped
/// to (RFC 4291 §2.5.5.2), which no packet carries.
#[must_use]
pub const fn number(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(a) => 0xFFFF << 32 | a.to_bits() as u128,
        IpAddr::V6(a) => a.to_bits(),
    }
}

/// One direction of a GRE tunnel, as a key of look-ups (RFC 2637 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tunnel {
    /// As a [number].
    sender: u128,
    receiver: u128,
    /// The call id that the receiver gave itself.
    call_id: u16,
}

impl Tunnel {
    /// From `sender` to `receiver`, whose call id it carries.
    #[must_use]
    pub const fn new(sender: IpAddr, receiver: IpAddr, call_id: u16) -> Self {
        Self { sender: number(sender), receiver: number(receiver), call_id }
    }
}
