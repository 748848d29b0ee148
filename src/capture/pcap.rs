//! Classic pcap files (<https://www.tcpdump.org/manpages/pcap-savefile.5.html>) and their modified forms.
//!
//! The file header has 24 octets: magic, version, two unused fields, snap length, link type. A record has
//! seconds, a fraction, captured length, original length, then (modified forms only) interface facts,
//! then the frame. Nothing a header states is trusted: snap lengths lie, fractions exceed a second,
//! captured lengths exceed the original. Versions before 2.4 wrote the two lengths in either order.

use std::io;

use super::reader::{Format, Reader, Record, Step, Tally, cut_short, too_large};
use super::window::Window;
use super::{CaptureError, Source};
use crate::base::frame::LinkType;
use crate::base::limits;
use crate::base::time::Timestamp;

/// Reads the file header; the magic was seen before.
pub(super) fn open(mut window: Window, mut tally: Tally) -> Result<Box<dyn Source>, CaptureError> {
    let bytes = window.want(FILE_HEADER).map_err(|e| tally.failed(e))?;
    let Some(header) = FileHeader::parse(bytes) else {
        return Err(
            tally.refuse("a pcap file cut off inside the file header: copy or capture it again")
        );
    };
    let format = header.layout(&mut window).map_err(|e| tally.failed(e))?;
    window.consume(FILE_HEADER);
    tally.set_format("pcap");
    tally.snap_length(header.snap_length);
    Ok(Box::new(Reader::new(format, window, tally)))
}

/// Byte order of the machine that wrote the file.
#[derive(Clone, Copy)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The 32-bit number at `offset`; 0 behind the end, which callers exclude by length checks.
    #[inline]
    pub(super) fn u32(self, bytes: &[u8], offset: usize) -> u32 {
        let field = bytes.get(offset..).and_then(|b| b.first_chunk()).copied().unwrap_or_default();
        match self {
            Self::Little => u32::from_le_bytes(field),
            Self::Big => u32::from_be_bytes(field),
        }
    }

    /// The 16-bit number at `offset`, as [`u32`](Self::u32).
    #[inline]
    pub(super) fn u16(self, bytes: &[u8], offset: usize) -> u16 {
        let field = bytes.get(offset..).and_then(|b| b.first_chunk()).copied().unwrap_or_default();
        match self {
            Self::Little => u16::from_le_bytes(field),
            Self::Big => u16::from_be_bytes(field),
        }
    }
}

struct FileHeader {
    order: Order,
    /// Nanoseconds of one unit of the fraction.
    tick: i64,
    modified: bool,
    swaps_lengths: bool,
    snap_length: u32,
    link: LinkType,
}

impl FileHeader {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..FILE_HEADER)?;
        let little = Order::Little.u32(bytes, 0);
        let (order, magic) = match little {
            MICROSECONDS | NANOSECONDS | MODIFIED => (Order::Little, little),
            _ => (Order::Big, little.swap_bytes()),
        };
        Some(Self {
            order,
            tick: if magic == NANOSECONDS { 1 } else { 1000 },
            modified: magic == MODIFIED,
            swaps_lengths: order.u16(bytes, 4) == 2 && order.u16(bytes, 6) < 4,
            snap_length: order.u32(bytes, 16),
            // The upper half holds the length of the frame check sequence and reserved bits.
            link: LinkType((order.u32(bytes, 20) & 0xFFFF) as u16),
        })
    }

    /// Other record headers were shipped under these magics: Red Hat 6.1 (24 octets) and Nokia's
    /// firewalls (20) under the plain one, SuSE 6.3 (28) under the modified one. They are recognised by
    /// what the usual reading makes of the second record.
    fn layout(&self, window: &mut Window) -> io::Result<Pcap> {
        let (usual, others) = if self.modified { (24, &[28][..]) } else { (16, &[24, 20][..]) };
        let mut header = usual;
        if !self.second_record_fits(window, usual, true)? {
            for &other in others {
                if self.second_record_fits(window, other, false)? {
                    header = other;
                    break;
                }
            }
        }
        let Self { order, tick, swaps_lengths, link, .. } = *self;
        Ok(Pcap { order, tick, swaps_lengths, link, header })
    }

    /// Whether the record after the first has a believable header; `absent` where there is none.
    fn second_record_fits(
        &self,
        window: &mut Window,
        header: usize,
        absent: bool,
    ) -> io::Result<bool> {
        let first = window.want(FILE_HEADER + header)?;
        if first.len() < FILE_HEADER + header {
            return Ok(absent);
        }
        let seconds = self.order.u32(first, FILE_HEADER);
        let (mut captured, original) =
            (self.order.u32(first, FILE_HEADER + 8), self.order.u32(first, FILE_HEADER + 12));
        if self.swaps_lengths {
            captured = captured.min(original);
        }
        let captured = captured as usize;
        if captured > limits::CAPTURE_RECORD {
            return Ok(absent);
        }
        let at = FILE_HEADER + header + captured;
        let Some(second) = window.want(at + header)?.get(at..at + header) else {
            return Ok(absent);
        };
        let lengths = [self.order.u32(second, 8), self.order.u32(second, 12)];
        Ok(lengths.iter().all(|&n| n > 0 && n as usize <= limits::CAPTURE_RECORD)
            && self.order.u32(second, 0).abs_diff(seconds) < TEN_YEARS)
    }
}

struct Pcap {
    order: Order,
    tick: i64,
    swaps_lengths: bool,
    link: LinkType,
    /// Octets of a record header.
    header: usize,
}

impl Format for Pcap {
    #[inline]
    fn step(&mut self, window: &mut Window, tally: &mut Tally) -> io::Result<Step> {
        let bytes = window.want(self.header)?;
        if bytes.len() < self.header {
            return Ok(match bytes.len() {
                0 => Step::End(None),
                n => cut_short(tally.next_number(), self.header - n),
            });
        }
        // What all forms have, taken as a whole: its fields need no further checks.
        let head = bytes.first_chunk::<16>().copied().unwrap_or_default();
        let [seconds, fraction, mut captured, mut original_len] =
            [0, 4, 8, 12].map(|at| self.order.u32(&head, at));
        if self.swaps_lengths && captured > original_len {
            std::mem::swap(&mut captured, &mut original_len);
        }
        if captured as usize > limits::CAPTURE_RECORD {
            return Ok(too_large(tally.next_number(), captured));
        }
        let size = self.header + captured as usize;
        if bytes.len() < size {
            let at_hand = window.want(size)?.len();
            if at_hand < size {
                return Ok(cut_short(tally.next_number(), size - at_hand));
            }
        }
        let at = Timestamp(i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * self.tick);
        Ok(Step::Record(Record {
            at,
            interface: 0,
            link: self.link,
            original_len,
            data: self.header..size,
            size,
        }))
    }
}

const FILE_HEADER: usize = 24;
const MICROSECONDS: u32 = 0xA1B2_C3D4;
const NANOSECONDS: u32 = 0xA1B2_3C4D;
const MODIFIED: u32 = 0xA1B2_CD34;
const TEN_YEARS: u32 = 10 * 366 * 86_400;

#[cfg(test)]
mod tests;
