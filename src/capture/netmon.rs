//! Microsoft Network Monitor files, 1.x (`RTSS`) and 2.x (`GMBU`), as Network Monitor 2 and 3, `nmcap`
//! and Message Analyzer write them
//! (<https://learn.microsoft.com/en-us/windows/win32/netmon2/capturefile-header-values>).
//!
//! All numbers are little endian. The file header has the time at which the capture began and the place
//! of a table with the offset of every frame ([`index`]), mostly at the end of the file. A record is time
//! since the beginning, original length, captured length, the frame, and since 2.1 a trailer with the
//! media type of the frame ([`media`]), since 2.3 also with its time in UTC.

mod index;
mod media;

use std::io;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use self::index::Index;
use self::media::Content;
use super::pcap::Order;
use super::reader::{Format, Reader, Record, Step, Tally};
use super::window::Window;
use super::{CaptureError, Source};
use crate::base::limits;
use crate::base::time::{Span, Timestamp};

/// Reads the file header; the magic was seen before.
pub(super) fn open(mut window: Window, mut tally: Tally) -> Result<Box<dyn Source>, CaptureError> {
    let Some(length) = window.hold(limits::HELD_CAPTURE).map_err(|e| tally.failed(e))? else {
        return Err(tally.refuse(format!(
            "a Network Monitor file of more than {} MiB, which must be a plain file: unpack it, or save \
             the stream to one",
            limits::HELD_CAPTURE >> 20
        )));
    };
    let bytes = window.want(FILE_HEADER).map_err(|e| tally.failed(e))?;
    let Some(header) = bytes.first_chunk::<FILE_HEADER>() else {
        return Err(tally.refuse(
            "a Network Monitor file cut off inside the file header: copy or capture it again",
        ));
    };
    let Some(layout) = Layout::of(header) else {
        return Err(tally.refuse(
            "a Network Monitor file of an unknown version: if Wireshark opens it, \
             `editcap -F pcapng IN OUT` makes it readable",
        ));
    };
    tally.set_format(if layout.coarse { "netmon1" } else { "netmon2" });
    let start = start_time(header);
    if layout.trailer < UTC_TRAILER {
        let (code, text) = match start {
            Some(_) => (
                "local-time",
                "the file has the local time of the capturing machine without its time zone: it is \
                 shown as if it were UTC",
            ),
            None => (
                "no-start-time",
                "the file does not say when the capture began: times count from 1970",
            ),
        };
        tally.note_once(code, || text.to_owned());
    }
    let format = NetMon {
        layout,
        media: Order::Little.u16(header, 6),
        start: start.unwrap_or_default(),
        index: Index::new(Order::Little.u32(header, 24), Order::Little.u32(header, 28), length),
    };
    Ok(Box::new(Reader::new(format, window, tally)))
}

struct NetMon {
    layout: Layout,
    /// Media type of every frame, before 2.1.
    media: u16,
    start: Timestamp,
    index: Index,
}

impl Format for NetMon {
    fn step(&mut self, window: &mut Window, tally: &mut Tally) -> io::Result<Step> {
        loop {
            let size = match self.index.go_to_next(window, tally, self.layout)? {
                Ok(size) => size,
                Err(end) => return Ok(end),
            };
            let record = window.bytes().get(..size).unwrap_or_default();
            let frame = self.layout.header..size - self.layout.trailer;
            let trailer = record.get(frame.end..).unwrap_or_default();
            let media = if trailer.is_empty() { self.media } else { Order::Little.u16(trailer, 0) };
            let number = tally.next_number();
            match media::content(media, record.get(frame.clone()).unwrap_or_default()) {
                Content::Frame { link, skip } => {
                    let skip = skip.min(frame.len());
                    let (original, _) = self.layout.lengths(record);
                    return Ok(Step::Record(Record {
                        at: self.time(record, trailer),
                        interface: 0,
                        link,
                        original_len: original.saturating_sub(u32::try_from(skip).unwrap_or(0)),
                        data: frame.start + skip..frame.end,
                        size,
                    }));
                }
                Content::Bookkeeping => {}
                Content::Event => tally.skip_record(),
                Content::Unknown => {
                    tally.skip_record();
                    tally.note_once("unknown-media-type", || {
                        format!(
                            "frame {number} has the media type {media:#06x}, which this program does \
                             not read: such frames are skipped"
                        )
                    });
                }
            }
        }
    }
}

impl NetMon {
    fn time(&self, record: &[u8], trailer: &[u8]) -> Timestamp {
        if trailer.len() >= UTC_TRAILER {
            let ticks = u64_at(trailer, 6);
            if ticks != 0 {
                let ticks = ticks.cast_signed().saturating_sub(EPOCH_OF_1601);
                return Timestamp(ticks.saturating_mul(100));
            }
        }
        let since_start = if self.layout.coarse {
            i64::from(Order::Little.u32(record, 0)).saturating_mul(1_000_000)
        } else {
            // Ten times the number is a signed one of 100 ns units: frames may come before the start.
            u64_at(record, 0).wrapping_mul(10).cast_signed().saturating_mul(100)
        };
        self.start + Span(since_start)
    }
}

/// Octets of a record that are not the frame.
#[derive(Clone, Copy)]
struct Layout {
    header: usize,
    trailer: usize,
    /// Version 1: milliseconds, and lengths of 16 bits.
    coarse: bool,
}

impl Layout {
    fn of(header: &[u8; FILE_HEADER]) -> Option<Self> {
        let (minor, major) = (header[4], header[5]);
        Some(match (major, minor) {
            (1, _) => Self { header: 8, trailer: 0, coarse: true },
            (2, 0) => Self { header: 16, trailer: 0, coarse: false },
            (2, 1) => Self { header: 16, trailer: 2, coarse: false },
            (2, 2) => Self { header: 16, trailer: 6, coarse: false },
            (2, _) => Self { header: 16, trailer: UTC_TRAILER, coarse: false },
            _ => return None,
        })
    }

    /// Original and captured length that a record header states.
    fn lengths(self, record: &[u8]) -> (u32, u32) {
        if self.coarse {
            (Order::Little.u16(record, 4).into(), Order::Little.u16(record, 6).into())
        } else {
            (Order::Little.u32(record, 8), Order::Little.u32(record, 12))
        }
    }
}

/// The header's `SYSTEMTIME`: year, month, day of the week, day, hour, minute, second, millisecond.
fn start_time(header: &[u8; FILE_HEADER]) -> Option<Timestamp> {
    let [year, month, _, day, hour, minute, second, milli] =
        [8, 10, 12, 14, 16, 18, 20, 22].map(|at| Order::Little.u16(header, at));
    let small = |n: u16| i8::try_from(n).ok();
    let civil = DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        i32::from(milli).checked_mul(1_000_000)?,
    );
    let nanos = civil.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond();
    i64::try_from(nanos).ok().map(Timestamp)
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    let low = Order::Little.u32(bytes, offset);
    u64::from(Order::Little.u32(bytes, offset + 4)) << 32 | u64::from(low)
}

/// Octets of the file header that are read. The first record stands behind 128.
const FILE_HEADER: usize = 32;
/// Octets of the trailer of 2.3: media type (2), process (4), time (8), time zone (1).
const UTC_TRAILER: usize = 15;
/// 1970 in units of 100 ns since 1601, the `FILETIME` of Windows.
const EPOCH_OF_1601: i64 = 116_444_736_000_000_000;

#[cfg(test)]
mod tests;
