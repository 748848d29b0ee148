//! What other calls and hosts have to do with a call: NATs and servers with several addresses mix them up.

use std::net::IpAddr;

use crate::base::addr::Dir;
use crate::base::frame::Mark;

/// Another call between the same two addresses that was up at the same time: as a rule a second client
/// behind the same NAT.
#[derive(Clone, Copy, Debug)]
pub struct Rival {
    /// Its Outgoing-Call-Request.
    pub request: Mark,
    /// TCP port of its client.
    pub port: u16,
    /// Call id that its client gave itself.
    pub client_call_id: Option<u16>,
    /// It was there first.
    pub earlier: bool,
    /// Its newest packet when the later of the two calls was requested.
    pub last: Mark,
    /// Its GRE had gone both ways by then.
    pub carried_gre: bool,
}

/// GRE packets with a call id of this conversation whose other end is not the peer.
#[derive(Clone, Copy, Debug)]
pub struct Astray {
    /// The host that should not be there.
    pub end: End,
    /// Which way they go.
    pub dir: Dir,
    /// First of them.
    pub first: Mark,
    /// How many.
    pub count: u64,
}

/// Which end of a packet is the wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It reaches the right host from this address instead of the peer's.
    From(IpAddr),
    /// The peer sends it to this host instead.
    To(IpAddr),
}
