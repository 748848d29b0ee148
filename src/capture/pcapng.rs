//! pcapng files (draft-ietf-opsawg-pcapng): sections of blocks, each section with its own byte order and
//! its own list of interfaces, each interface with its own link type and time unit.
//!
//! A block is type, length, body padded to four octets, and the length again. Packet blocks are read at
//! fixed offsets; the headers of sections and interfaces, with their options, by `pcap-parser`.

use std::io;

use pcap_parser::pcapng::{OptionCode, PcapNGOption};
use pcap_parser::pcapng::{parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le};

use super::pcap::Order;
use super::reader::{Format, Reader, Record, Step, Tally, cut_short, too_large};
use super::window::Window;
use super::{CaptureError, CaptureNote, Source};
use crate::base::frame::LinkType;
use crate::base::limits;
use crate::base::text::lossy;
use crate::base::time::Timestamp;

/// The magic was seen before; the section header is read with the first frame.
pub(super) fn open(mut window: Window, mut tally: Tally) -> Result<Box<dyn Source>, CaptureError> {
    let header = window.want(SECTION_HEADER).map_err(|e| tally.failed(e))?;
    let what = match (header.len() < SECTION_HEADER, byte_order(header)) {
        (true, _) => "a pcapng file cut off inside the file header: copy or capture it again",
        (false, None) => "begins like pcapng, but its byte-order mark is damaged: copy it again",
        (false, Some(_)) => {
            tally.set_format("pcapng");
            let format = PcapNg { order: Order::Little, interfaces: Vec::new() };
            return Ok(Box::new(Reader::new(format, window, tally)));
        }
    };
    Err(tally.refuse(what))
}

struct PcapNg {
    order: Order,
    interfaces: Vec<Interface>,
}

/// What a section says about an interface, as far as frames need it.
struct Interface {
    /// Its index over all sections.
    number: u32,
    link: LinkType,
    snap_length: u32,
    clock: Clock,
}

impl Format for PcapNg {
    #[inline]
    fn step(&mut self, window: &mut Window, tally: &mut Tally) -> io::Result<Step> {
        loop {
            let number = tally.next_number();
            let bytes = window.want(BLOCK_HEADER)?;
            if bytes.len() < BLOCK_HEADER {
                return Ok(match bytes.len() {
                    0 => Step::End(None),
                    n => cut_short(number, BLOCK_HEADER - n),
                });
            }
            let kind = self.order.u32(bytes, 0);
            if kind == SECTION {
                let Some(order) = byte_order(window.want(SECTION_HEADER)?) else {
                    return Ok(damaged(number, "its section has no byte-order mark"));
                };
                self.order = order;
            }
            let length = self.order.u32(window.bytes(), 4);
            let size = length as usize;
            if size < BLOCK_HEADER + TRAILER || !size.is_multiple_of(4) {
                return Ok(damaged(number, &format!("its length is {length}")));
            }
            if size > limits::PCAPNG_BLOCK {
                return Ok(too_large(number, length));
            }
            if !matches!(
                kind,
                SECTION | INTERFACE | PACKET | SIMPLE_PACKET | ENHANCED_PACKET | STATISTICS
            ) {
                // Unknown blocks are not held: they may be far larger than any frame.
                let missing = window.skip(size - TRAILER)?;
                let trailer = window.want(TRAILER)?;
                if trailer.len() < TRAILER {
                    return Ok(cut_short(number, missing + TRAILER - trailer.len()));
                }
                if self.order.u32(trailer, 0) != length {
                    return Ok(damaged(number, "its two lengths differ"));
                }
                window.consume(TRAILER);
                if NUMBERED.contains(&kind) {
                    tally.skip_record();
                }
                continue;
            }
            let at_hand = window.want(size)?;
            let Some(block) = at_hand.get(..size) else {
                return Ok(cut_short(number, size - at_hand.len()));
            };
            if self.order.u32(block, size - TRAILER) != length {
                return Ok(damaged(number, "its two lengths differ"));
            }
            let end = match kind {
                SECTION => self.section(block, number),
                INTERFACE => self.interface(block, tally),
                STATISTICS => {
                    self.statistics(block, tally);
                    None
                }
                _ => match self.packet(kind, block, tally) {
                    Packet::Record(record) => return Ok(Step::Record(record)),
                    Packet::Skip => None,
                    Packet::End(end) => Some(end),
                },
            };
            if let Some(end) = end {
                return Ok(end);
            }
            window.consume(size);
        }
    }
}

/// What came of a packet block.
enum Packet {
    Record(Record),
    Skip,
    End(Step),
}

impl PcapNg {
    fn section(&mut self, block: &[u8], number: u64) -> Option<Step> {
        self.interfaces.clear();
        match self.order.u16(block, 12) {
            _ if block.len() < SECTION_HEADER + TRAILER => {
                Some(damaged(number, "its section header is too short"))
            }
            1 => None,
            version => {
                Some(damaged(number, &format!("its section has the unknown version {version}")))
            }
        }
    }

    fn interface(&mut self, block: &[u8], tally: &mut Tally) -> Option<Step> {
        let parsed = match self.order {
            Order::Little => parse_interfacedescriptionblock_le(block),
            Order::Big => parse_interfacedescriptionblock_be(block),
        };
        let Ok((_, parsed)) = parsed else {
            return Some(damaged(tally.next_number(), "an interface is not described whole"));
        };
        if self.interfaces.len() >= limits::PCAPNG_INTERFACES {
            tally.note_once("too-many-interfaces", || {
                format!("only the first {} interfaces are read", limits::PCAPNG_INTERFACES)
            });
            return None;
        }
        tally.snap_length(parsed.snaplen);
        let link = LinkType(self.order.u16(block, 8));
        let name = parsed.options.iter().find(|o| o.code == OptionCode::IfName);
        let name = name.and_then(|o| o.as_bytes().ok()).map(lossy).unwrap_or_default();
        self.interfaces.push(Interface {
            number: tally.interface(link, name, parsed.snaplen),
            link,
            snap_length: parsed.snaplen,
            clock: Clock::from_options(&parsed.options, self.order),
        });
        None
    }

    /// When the capture of an interface ended: absence may be claimed up to then, not only up to the last
    /// frame (block type 5, option 3).
    fn statistics(&self, block: &[u8], tally: &mut Tally) {
        let Some(interface) =
            block.get(8..12).and_then(|_| self.interfaces.get(self.order.u32(block, 8) as usize))
        else {
            return;
        };
        let mut at = 20;
        while let Some(head) = block.get(at..at + 4) {
            let (code, length) = (self.order.u16(head, 0), usize::from(self.order.u16(head, 2)));
            if code == 0 {
                return;
            }
            let value = block.get(at + 4..at + 4 + length).unwrap_or_default();
            if code == END_TIME && value.len() == 8 {
                let units =
                    u64::from(self.order.u32(value, 0)) << 32 | u64::from(self.order.u32(value, 4));
                tally.lasted_until(interface.clock.time(units));
            }
            at += 4 + length.next_multiple_of(4);
        }
    }

    /// Enhanced (6), simple (3) and obsolete (2) packet blocks.
    #[inline]
    fn packet(&self, kind: u32, block: &[u8], tally: &mut Tally) -> Packet {
        let number = tally.next_number();
        let order = self.order;
        let size = block.len();
        let head = if kind == SIMPLE_PACKET { 12 } else { 28 };
        let Some(room) = size.checked_sub(head + TRAILER) else {
            return Packet::End(damaged(number, "it is too short for a packet"));
        };
        let index = match kind {
            ENHANCED_PACKET => order.u32(block, 8),
            PACKET => u32::from(order.u16(block, 8)),
            _ => 0,
        };
        let Some(interface) = self.interfaces.get(index as usize) else {
            tally.skip_record();
            tally.note_once("missing-interface", || {
                format!(
                    "frame {number} names interface {index}, which the file does not describe: \
                     such frames are skipped"
                )
            });
            return Packet::Skip;
        };
        let (at, captured, original_len) = if kind == SIMPLE_PACKET {
            let original = order.u32(block, 8);
            let limit = if interface.snap_length == 0 { u32::MAX } else { interface.snap_length };
            (tally.latest(), (original.min(limit) as usize).min(room), original)
        } else {
            let units = u64::from(order.u32(block, 12)) << 32 | u64::from(order.u32(block, 16));
            (interface.clock.time(units), order.u32(block, 20) as usize, order.u32(block, 24))
        };
        if captured > limits::CAPTURE_RECORD {
            return Packet::End(too_large(number, u32::try_from(captured).unwrap_or(u32::MAX)));
        }
        if captured > room {
            return Packet::End(damaged(number, "it is shorter than the packet in it"));
        }
        Packet::Record(Record {
            at,
            interface: interface.number,
            link: interface.link,
            original_len,
            data: head..head + captured,
            size,
        })
    }
}

/// Turns an interface's time stamps into nanoseconds.
struct Clock {
    /// Units of a second, `None` where a unit is finer than any stamp can tell.
    per_second: Option<u128>,
    /// Nanoseconds of a unit, where it is a whole number of them: spares the division.
    nanos: Option<u64>,
    /// `if_tsoffset` in nanoseconds.
    offset: i64,
}

impl Clock {
    /// From `if_tsresol` (9) and `if_tsoffset` (14); microseconds from 1970 where they are absent.
    fn from_options(options: &[PcapNGOption<'_>], order: Order) -> Self {
        let mut resolution = 6;
        let mut seconds = 0;
        for option in options.iter().take_while(|o| o.code != OptionCode::EndOfOpt) {
            let value = option.as_bytes().unwrap_or_default();
            match (option.code, value) {
                (OptionCode::IfTsresol, &[exponent]) => resolution = exponent,
                (OptionCode::IfTsoffset, _) if value.len() == 8 => {
                    let (a, b) = (order.u32(value, 0), order.u32(value, 4));
                    let (high, low) = if matches!(order, Order::Big) { (a, b) } else { (b, a) };
                    seconds = (u64::from(high) << 32 | u64::from(low)).cast_signed();
                }
                _ => {}
            }
        }
        let exponent = u32::from(resolution & 0x7F);
        let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
        let per_second = base.checked_pow(exponent);
        let nanos = per_second.filter(|&n| NANOS.is_multiple_of(n));
        Self {
            per_second,
            nanos: nanos.and_then(|n| u64::try_from(NANOS / n).ok()),
            offset: seconds.saturating_mul(1_000_000_000),
        }
    }

    #[inline]
    fn time(&self, units: u64) -> Timestamp {
        let nanos = match (self.nanos.and_then(|n| units.checked_mul(n)), self.per_second) {
            (Some(nanos), _) => nanos,
            (None, Some(n)) => u64::try_from(u128::from(units) * NANOS / n).unwrap_or(u64::MAX),
            (None, None) => 0,
        };
        Timestamp(i64::try_from(nanos).unwrap_or(i64::MAX).saturating_add(self.offset))
    }
}

/// Byte order of the section that starts here.
fn byte_order(bytes: &[u8]) -> Option<Order> {
    match bytes.get(8..12)? {
        [0x4D, 0x3C, 0x2B, 0x1A] => Some(Order::Little),
        [0x1A, 0x2B, 0x3C, 0x4D] => Some(Order::Big),
        _ => None,
    }
}

fn damaged(number: u64, why: &str) -> Step {
    let text =
        format!("a damaged block stands before or at frame {number}: {why}; reading stops there");
    Step::End(Some(CaptureNote { code: "damaged-block", text }))
}

const NANOS: u128 = 1_000_000_000;
const BLOCK_HEADER: usize = 8;
const TRAILER: usize = 4;
const SECTION_HEADER: usize = 24;
/// Reads the same in either byte order.
const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
const STATISTICS: u32 = 5;
/// Option `isb_endtime`.
const END_TIME: u16 = 3;
/// Blocks without a packet that Wireshark gives a frame number all the same: systemd journal, custom,
/// sysdig events.
const NUMBERED: [u32; 9] = [9, 0xBAD, 0x4000_0BAD, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222];

#[cfg(test)]
mod tests;
