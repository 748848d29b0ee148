//! Where a capture was taken, told from the packets (TTL, handshake, GRE acknowledgments).

use super::conversation::Conversation;
use crate::base::addr::Dir;
use crate::base::time::Span;

/// Side of the path on which the capture point lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// On the client or in its network: the client's packets have not crossed a router.
    Client,
    /// On the server or in its network.
    Server,
    /// Between routers.
    Middle,
    /// The packets do not tell, or both ends are in one network.
    #[default]
    Unknown,
}

impl Place {
    /// In words, after "taken".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Client => "on the client's side",
            Self::Server => "on the server's side",
            Self::Middle => "between client and server",
            Self::Unknown => "at an unknown point",
        }
    }
}

/// A place and the reason for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct CapturePoint {
    /// The place.
    pub place: Place,
    /// What tells it.
    pub because: &'static str,
}

impl CapturePoint {
    /// Whether packets that a side sends leave it at this point: absence here is absence at its wire.
    #[must_use]
    pub fn is_at(self, sender_of: Dir) -> bool {
        match sender_of {
            Dir::ToServer => self.place == Place::Client,
            Dir::ToClient => self.place == Place::Server,
        }
    }
}

/// Weighs the signs of `faults.md` E6, best first.
pub(super) fn locate(c: &Conversation) -> CapturePoint {
    let ttl = |dir: Dir| {
        let control = c.control.iter().find_map(|k| k.ttls[dir.index()]);
        let gre = c.calls.iter().find_map(|k| k.gre[dir.index()].ttl);
        control.or(gre).map(|(first, ..)| first)
    };
    if let (Some(client), Some(server)) = (ttl(Dir::ToServer), ttl(Dir::ToClient)) {
        let fresh = |t: u8| matches!(t, 32 | 64 | 128 | 255);
        match (fresh(client), fresh(server)) {
            (true, false) => {
                return point(Place::Client, "the client's packets have an unused TTL");
            }
            (false, true) => {
                return point(Place::Server, "the server's packets have an unused TTL");
            }
            (false, false) => {
                return point(Place::Middle, "both sides' packets have crossed routers");
            }
            (true, true) => {}
        }
    }
    if let (Some(client), None) = (ttl(Dir::ToServer), ttl(Dir::ToClient))
        && !matches!(client, 32 | 64 | 128 | 255)
    {
        return point(Place::Middle, "the client's packets have crossed a router");
    }
    let trips = c.connection().and_then(super::control::ControlConnection::handshake_trips);
    if let Some([to_server, to_client]) = trips {
        if to_server > FAR && to_server > to_client.max(Span(1)).times(8) {
            return point(Place::Client, "the TCP handshake waits for the server only");
        }
        if to_client > FAR && to_client > to_server.max(Span(1)).times(8) {
            return point(Place::Server, "the TCP handshake waits for the client only");
        }
    }
    point(Place::Unknown, "neither TTL nor round trips tell")
}

const fn point(place: Place, because: &'static str) -> CapturePoint {
    CapturePoint { place, because }
}

/// Below this, a difference of round trips is scheduling, not distance.
const FAR: Span = Span::from_millis(4);
