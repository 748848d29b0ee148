//! The chart of one call: throughput up and down from one line, missing packets, echo round trips, over one
//! time axis. What it shows stands in words beside each lane and, for a screen reader, in its description.

mod path;
mod scale;

use std::fmt::Write as _;
use std::io;

use self::path::Axis;
use self::scale::lasting;
use super::escape::Esc;
use crate::report::layout::count;
use crate::report::layout::grouped;
use crate::report::view::Call;
use crate::report::view::Conversation;
use crate::report::view::series::CONTROL;
use crate::report::view::series::Echo;
use crate::report::view::series::Series;
use crate::report::view::series::Track;

/// Whether there is a course of things to draw; an echo or two of a failed call stand among its messages.
pub(super) const fn worthwhile(call: &Call) -> bool {
    call.series.is_some() || call.echoes.len() >= SEVERAL
}

/// Draws the call with this index.
pub(super) fn render(c: &Conversation, index: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(call) = c.calls.get(index) else { return Ok(()) };
    let Some(time) = span(call) else { return Ok(()) };
    let mut drawing = Drawing { time, y: 0, svg: String::new(), words: Vec::new() };
    if let Some(series) = &call.series {
        drawing.throughput(series);
        drawing.missing(series);
    }
    drawing.echoes(&call.echoes);
    drawing.finish();
    let of_call = if c.calls.len() > 1 { format!(", call {}", index + 1) } else { String::new() };
    writeln!(
        out,
        "<figure>\n<div class=\"wide\"><svg class=\"chart\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\">\
         <title>Traffic of conversation {}{of_call} over time</title>\n<desc>{}</desc>\n{}</svg></div>",
        drawing.y,
        c.id,
        Esc(&drawing.words.join(". ")),
        drawing.svg
    )?;
    writeln!(out, "<figcaption class=\"quiet\">{}</figcaption>", caption(call.series.as_ref()))?;
    out.write_all(b"</figure>\n")
}

fn caption(series: Option<&Series>) -> String {
    let times = "Times since the conversation began, round trips as seen at the capture point.";
    let Some(series) = series else { return times.to_owned() };
    let steps = lasting(series.bucket);
    let missing = if [&series.to_server, &series.to_client]
        .iter()
        .any(|t| t.missing.iter().any(|n| *n > 0))
    {
        " Missing: numbers that never came to the capture point, or that it did not record."
    } else {
        ""
    };
    format!("{times} GRE payload in steps of {steps}.{missing}")
}

/// What the time axis covers: from the beginning of the conversation, unless that is far before.
fn span(call: &Call) -> Option<Axis> {
    let traffic = call.series.as_ref().map(|s| {
        let buckets = s.to_server.octets.len().max(s.to_client.octets.len());
        let from = s.offset.as_secs();
        (from, from + as_number(buckets as u64) * s.bucket)
    });
    let echoes = call.echoes.iter().map(|e| (e.offset.as_secs(), e.offset.as_secs()));
    let (from, to) =
        traffic.into_iter().chain(echoes).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let from = if (0.0..to / 2.0).contains(&from) { 0.0 } else { from };
    Some(Axis { from, to: to.max(from + 1e-3), left: LEFT, right: RIGHT })
}

/// A chart under construction, from top to bottom.
struct Drawing {
    time: Axis,
    y: i64,
    svg: String,
    words: Vec<String>,
}

impl Drawing {
    /// Both directions on one scale: client to server upwards, server to client downwards.
    fn throughput(&mut self, series: &Series) {
        let tracks =
            [("client to server", &series.to_server), ("server to client", &series.to_client)];
        let rates = tracks.map(|(_, t)| rates(t, series.bucket));
        let peaks = rates.each_ref().map(|r| highest(r));
        let most = scale::top(peaks[0].max(peaks[1]));
        let said = |(name, t): (&str, &Track), peak| {
            let packets: u64 = t.packets.iter().map(|n| u64::from(*n)).sum();
            let octets = t.octets.iter().fold(0u64, |sum, n| sum.saturating_add(*n));
            let (packets, octets) = (count(packets, "packet"), scale::octets(octets));
            format!("{name}: {packets}, {octets}, at most {}", scale::rate(peak))
        };
        let [up, down] = [said(tracks[0], peaks[0]), said(tracks[1], peaks[1])];
        self.line(&format!("▲ {up}"));
        let (top, middle) = (self.y, self.y + FLOW);
        for (y, label) in
            [(top, scale::rate(most)), (middle, "0".into()), (middle + FLOW, scale::rate(most))]
        {
            self.grid(y, &label);
        }
        for (rates, sign) in rates.iter().zip([-1, 1]) {
            let heights = rates.iter().map(|r| sign * seen(*r, most, FLOW, 1)).collect::<Vec<_>>();
            let steps = self.time.steps(series.offset.as_secs(), series.bucket, &heights);
            self.path("k6 flow", &path::area(&steps, middle));
        }
        self.y = middle + FLOW;
        self.line(&format!("▼ {down}"));
        self.words.extend([up, down]);
    }

    /// Numbers that did not come, upwards of the client, downwards of the server; only where there are any.
    fn missing(&mut self, series: &Series) {
        let tracks = [&series.to_server, &series.to_client].map(|t| &t.missing);
        let sums = tracks.map(|t| t.iter().map(|n| u64::from(*n)).sum::<u64>());
        let most = tracks.iter().flat_map(|t| t.iter()).copied().max().unwrap_or(0);
        if most == 0 {
            self.words.push("no packet is missing".to_owned());
            return;
        }
        let said = format!(
            "missing packets: {} client to server, {} server to client, at most {} in {}",
            grouped(sums[0]),
            grouped(sums[1]),
            grouped(u64::from(most)),
            lasting(series.bucket)
        );
        self.line(&said);
        let middle = self.y + LOST;
        self.grid(middle, "0");
        for (track, sign) in tracks.into_iter().zip([-1, 1]) {
            let heights =
                track.iter().map(|n| sign * seen(f64::from(*n), f64::from(most), LOST, LEAST));
            let heights = heights.collect::<Vec<_>>();
            let steps = self.time.steps(series.offset.as_secs(), series.bucket, &heights);
            self.path("miss", &path::area(&steps, middle));
        }
        self.y = middle + LOST;
        self.words.push(said);
    }

    /// Round trips: round for the control connection, square for LCP.
    fn echoes(&mut self, echoes: &[Echo]) {
        if echoes.is_empty() {
            return;
        }
        let longest =
            |all: &mut dyn Iterator<Item = &Echo>| all.map(|e| e.round_trip).fold(0.0, f64::max);
        let most = scale::top(longest(&mut echoes.iter()));
        let (control, lcp): (Vec<&Echo>, Vec<&Echo>) =
            echoes.iter().partition(|e| e.over == CONTROL);
        let kinds = [(control, "PPTP echo", "k1 dot"), (lcp, "LCP echo", "k2 dot")];
        let mut x = LEFT;
        self.y += LINE;
        for (all, name, class) in &kinds {
            if all.is_empty() {
                continue;
            }
            let said = said_of_echoes(all, name);
            self.path(class, &format!("M{} {}h.01", x + 4, self.y - 8));
            self.text("", x + 12, self.y - 4, &said);
            x += HALF;
            self.words.push(said);
        }
        let bottom = self.y + ECHO + 4;
        self.grid(bottom - ECHO, &lasting(most));
        self.grid(bottom, "0");
        for (all, _, class) in &kinds {
            let step = all.len().div_ceil(DOTS).max(1);
            let longest = longest(&mut all.iter().copied());
            let shown = |(n, e): &(usize, &&Echo)| n % step == 0 || e.round_trip >= longest;
            let dots = all.iter().enumerate().filter(shown).map(|(_, e)| {
                (self.time.x(e.offset.as_secs()), bottom - part(e.round_trip, most, ECHO))
            });
            let d = path::dots(dots);
            self.path(class, &d);
        }
        self.y = bottom;
    }

    /// The time axis.
    fn finish(&mut self) {
        let y = self.y + 6;
        let mut axis = format!("M{LEFT} {y}H{RIGHT}");
        for (at, label) in scale::ticks(self.time.from, self.time.to) {
            let x = self.time.x(at);
            // Writing to a string does not fail.
            let _ = write!(axis, "M{x} {y}v4");
            self.text("mid", x, y + 16, &label);
        }
        self.path("grid", &axis);
        self.text("end", LEFT - 24, y + 16, "time");
        self.y = y + 20;
    }

    /// A line of words over a lane.
    fn line(&mut self, words: &str) {
        self.y += LINE;
        self.text("", LEFT, self.y - 4, words);
    }

    fn grid(&mut self, y: i64, label: &str) {
        self.path("grid", &format!("M{LEFT} {y}H{RIGHT}"));
        self.text("end", LEFT - 8, y + 4, label);
    }

    fn path(&mut self, class: &str, d: &str) {
        if !d.is_empty() {
            let _ = writeln!(self.svg, "<path class=\"{class}\" d=\"{d}\"/>");
        }
    }

    fn text(&mut self, class: &str, x: i64, y: i64, words: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = writeln!(self.svg, "<text{class} x=\"{x}\" y=\"{y}\">{}</text>", Esc(words));
    }
}

fn said_of_echoes(all: &[&Echo], name: &str) -> String {
    let mut times: Vec<f64> = all.iter().map(|e| e.round_trip).collect();
    times.sort_unstable_by(f64::total_cmp);
    let at = |n: usize| lasting(times.get(n).copied().unwrap_or_default());
    let last = times.len().saturating_sub(1);
    if last == 0 {
        return format!("{name}: {}", at(0));
    }
    format!("{name}: median {}, longest {}", at(last / 2), at(last))
}

/// Bits per second of each bucket.
fn rates(track: &Track, bucket: f64) -> Vec<f64> {
    track.octets.iter().map(|n| as_number(*n) * 8.0 / bucket).collect()
}

fn highest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// The share of `room` that a value fills.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn part(value: f64, most: f64, room: i64) -> i64 {
    ((value / most * room as f64).round() as i64).clamp(0, room)
}

/// The same, and at least `least` of what is not nothing.
fn seen(value: f64, most: f64, room: i64, least: i64) -> i64 {
    if value > 0.0 { part(value, most, room).max(least) } else { 0 }
}

#[allow(clippy::cast_precision_loss)]
const fn as_number(n: u64) -> f64 {
    n as f64
}

/// Geometry, in the units of the drawing.
const WIDTH: i64 = 760;
const LEFT: i64 = 88;
const RIGHT: i64 = 752;
const HALF: i64 = 300;
/// Height of a line of words, of one direction's throughput and missing packets, of the echoes.
const LINE: i64 = 18;
const FLOW: i64 = 40;
const LOST: i64 = 14;
const ECHO: i64 = 40;
/// Height of one missing packet, at least.
const LEAST: i64 = 4;
/// Echoes drawn of each kind.
const DOTS: usize = 40;
/// Echoes that make a course.
const SEVERAL: usize = 3;

#[cfg(test)]
mod tests;
