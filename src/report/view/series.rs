//! The mirror of a call over time: traffic in buckets, and echo round trips.

use schemars::JsonSchema;
use serde::Serialize;

use super::names;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::model::call::Call;
use crate::model::control::ControlConnection;
use crate::model::conversation as model;
use crate::model::series::Bucket;
use crate::model::trips::Trips;

/// GRE packets of a call over time, from its first user data on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Series {
    /// Where the first bucket begins.
    #[schemars(extend("format" = "date-time"))]
    pub start: String,
    /// Seconds of each bucket.
    pub bucket: f64,
    /// From the client to the server.
    pub to_server: Track,
    /// From the server to the client.
    pub to_client: Track,
    /// Beginning, from that of the conversation on.
    #[serde(skip)]
    pub offset: Span,
}

/// One direction, one number for each bucket up to its newest packet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Track {
    /// GRE packets with a payload.
    pub packets: Vec<u32>,
    /// Octets of their payloads.
    pub octets: Vec<u64>,
    /// Sequence numbers that did not come: lost before the capture point, or not captured there. They
    /// stand where a later number showed it.
    pub missing: Vec<u32>,
}

/// A round trip of an echo, as seen at the capture point.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Echo {
    /// When the reply came.
    #[schemars(extend("format" = "date-time"))]
    pub time: String,
    /// Seconds from the request to the reply.
    pub round_trip: f64,
    /// Who asked, `client` or `server`.
    #[schemars(schema_with = "names::sender")]
    pub from: &'static str,
    /// Where: on the `control` connection, or by `lcp` through the tunnel.
    #[schemars(schema_with = "names::echo")]
    pub over: &'static str,
    /// Time since the conversation began.
    #[serde(skip)]
    pub offset: Span,
}

/// Traffic of a call of this conversation.
pub(super) fn mirror(c: &model::Conversation, call: &Call) -> Option<Series> {
    let start = call.series.begun()?;
    Some(Series {
        start: start.rfc3339(),
        bucket: call.series.width().as_secs(),
        to_server: track(call.series.way(Dir::ToServer)),
        to_client: track(call.series.way(Dir::ToClient)),
        offset: start - c.started.at,
    })
}

fn track(way: &[Bucket]) -> Track {
    Track {
        packets: way.iter().map(|b| b.packets).collect(),
        octets: way.iter().map(|b| b.octets).collect(),
        missing: way.iter().map(|b| b.missing).collect(),
    }
}

/// Echo round trips of the call with this index, in order of time. Those of the control connection belong
/// to the call that was the newest.
pub(super) fn echoes(c: &model::Conversation, index: usize) -> Vec<Echo> {
    let Some(call) = c.calls.get(index) else { return Vec::new() };
    let from = (index > 0).then(|| begun(call)).flatten();
    let to = c.calls.get(index + 1).and_then(begun);
    let of_call = |at: &Timestamp| from.is_none_or(|f| *at >= f) && to.is_none_or(|to| *at < to);
    let mut all = Vec::new();
    for dir in Dir::BOTH {
        let trips = |k: &ControlConnection| some(&k.echo_trips[dir.index()]);
        let control = c.control.iter().flat_map(trips).filter(|(at, _)| of_call(at));
        all.extend(control.map(|trip| (trip, dir, CONTROL)));
        all.extend(some(&call.echo[dir.index()].trips).into_iter().map(|trip| (trip, dir, LCP)));
    }
    all.sort_by_key(|((at, _), ..)| *at);
    let echo = |((at, took), dir, over): ((Timestamp, Span), Dir, _)| Echo {
        time: at.rfc3339(),
        round_trip: took.as_secs(),
        from: dir.sender(),
        over,
        offset: at - c.started.at,
    };
    all.into_iter().map(echo).collect()
}

fn begun(call: &Call) -> Option<Timestamp> {
    let first = call.gre.iter().filter_map(|g| g.first);
    first.chain(call.request).map(|m| m.at).min()
}

/// The trips that were kept, and the longest.
fn some(trips: &Trips) -> Vec<(Timestamp, Span)> {
    let longest = trips.longest.filter(|l| !trips.kept.contains(l));
    trips.kept.iter().copied().chain(longest).map(|t| (t.at, t.took)).collect()
}

/// Where an echo went.
pub(super) const OVER: [&str; 2] = [CONTROL, LCP];
pub(crate) const CONTROL: &str = "control";
const LCP: &str = "lcp";
