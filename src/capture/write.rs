//! A pcapng file written (draft-ietf-opsawg-pcapng): one section, nanosecond time stamps, original octets.
//!
//! The time at which capturing ended is kept (Interface Statistics Block), since a missing packet may only
//! be spoken of up to then.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::CaptureFacts;
use crate::base::frame::{Frame, LinkType};
use crate::base::limits;
use crate::base::time::Timestamp;

/// Writes frames of any number of captures into one file.
#[derive(Debug)]
pub struct PcapngWriter<W> {
    out: W,
    /// The interface of the file.
    interfaces: BTreeMap<InterfaceKey, u32>,
    /// Interfaces described so far.
    described: u32,
    frames: u64,
}

/// Capture, interface of the capture, link type.
type InterfaceKey = (u32, u32, LinkType);

impl<W: Write> PcapngWriter<W> {
    /// Begins the file.
    pub fn new(out: W) -> io::Result<Self> {
        Self::with_comment(out, "")
    }

    /// Begins the file with a comment on the whole of it (empty: none).
    pub fn with_comment(mut out: W, comment: &str) -> io::Result<Self> {
        let mut body = Vec::new();
        body.extend_from_slice(&0x1A2B_3C4D_u32.to_le_bytes());
        body.extend_from_slice(&1u16.to_le_bytes());
        body.extend_from_slice(&0u16.to_le_bytes());
        body.extend_from_slice(&(-1i64).to_le_bytes());
        if !comment.is_empty() {
            option(&mut body, COMMENT, comment.as_bytes());
        }
        option(
            &mut body,
            USER_APPLICATION,
            concat!("pptp-diag ", env!("CARGO_PKG_VERSION")).as_bytes(),
        );
        end_of_options(&mut body);
        block(&mut out, SECTION, &body)?;
        Ok(Self { out, interfaces: BTreeMap::new(), described: 0, frames: 0 })
    }

    /// Writes a frame; `facts` are those of its capture.
    pub fn frame(&mut self, frame: &Frame<'_>, facts: &CaptureFacts) -> io::Result<()> {
        self.commented(frame, facts, "")
    }

    /// The same with a comment (empty: none).
    pub fn commented(
        &mut self,
        frame: &Frame<'_>,
        facts: &CaptureFacts,
        comment: &str,
    ) -> io::Result<()> {
        let interface =
            self.interface((frame.frame.capture(), frame.interface, frame.link), facts)?;
        self.enhanced(interface, frame.at, frame.original_len, frame.data, comment)
    }

    /// Describes the interfaces of a capture before its first frame, so that a file without frames tells
    /// where it was taken.
    pub fn interfaces_of(&mut self, capture: u32, facts: &CaptureFacts) -> io::Result<()> {
        for (interface, known) in (0..).zip(&facts.interfaces) {
            self.interface((capture, interface, known.link), facts)?;
        }
        Ok(())
    }

    /// Adds an interface that stands for no interface of a capture; gives its number.
    pub fn interface_named(&mut self, link: LinkType, name: &str) -> io::Result<u32> {
        self.describe(link, name, 0)
    }

    /// Writes a packet of [`Self::interface_named`] with a comment (empty: none).
    pub fn packet(
        &mut self,
        interface: u32,
        at: Timestamp,
        octets: &[u8],
        comment: &str,
    ) -> io::Result<()> {
        let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
        self.enhanced(interface, at, length, octets, comment)
    }

    fn enhanced(
        &mut self,
        interface: u32,
        at: Timestamp,
        original_len: u32,
        octets: &[u8],
        comment: &str,
    ) -> io::Result<()> {
        let time = at.0.cast_unsigned();
        let mut body = Vec::with_capacity(20 + octets.len() + comment.len() + 16);
        body.extend_from_slice(&interface.to_le_bytes());
        body.extend_from_slice(&high(time).to_le_bytes());
        body.extend_from_slice(&low(time).to_le_bytes());
        let captured = u32::try_from(octets.len()).unwrap_or(u32::MAX);
        body.extend_from_slice(&captured.to_le_bytes());
        body.extend_from_slice(&original_len.to_le_bytes());
        body.extend_from_slice(octets);
        pad(&mut body);
        if !comment.is_empty() {
            option(&mut body, COMMENT, comment.as_bytes());
            end_of_options(&mut body);
        }
        self.frames += 1;
        block(&mut self.out, ENHANCED_PACKET, &body)
    }

    /// Where the file goes. Between two calls it holds whole blocks.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// The same to look at.
    pub const fn get_ref(&self) -> &W {
        &self.out
    }

    /// Frames written so far.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// Ends the file: `until` is when capturing ended.
    pub fn finish(mut self, until: Option<Timestamp>) -> io::Result<W> {
        if let Some(until) = until {
            // A capture of which nothing was kept still has an end.
            if self.described == 0 {
                self.describe(LinkType::ETHERNET, "", 0)?;
            }
            for interface in 0..self.described {
                let time = until.0.cast_unsigned();
                let mut body = Vec::new();
                body.extend_from_slice(&interface.to_le_bytes());
                body.extend_from_slice(&high(time).to_le_bytes());
                body.extend_from_slice(&low(time).to_le_bytes());
                let stamp = [high(time).to_le_bytes(), low(time).to_le_bytes()].concat();
                option(&mut body, END_TIME, &stamp);
                end_of_options(&mut body);
                block(&mut self.out, STATISTICS, &body)?;
            }
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn interface(&mut self, key: InterfaceKey, facts: &CaptureFacts) -> io::Result<u32> {
        if let Some(number) = self.interfaces.get(&key) {
            return Ok(*number);
        }
        let known = facts.interfaces.get(key.1 as usize);
        let name = known.map_or("", |i| i.name.as_str());
        let snap = known.map_or(facts.snap_length, |i| i.snap_length);
        let name = name.get(..limits::WIRE_TEXT).unwrap_or(name);
        let number = self.describe(key.2, name, snap)?;
        self.interfaces.insert(key, number);
        Ok(number)
    }

    fn describe(&mut self, link: LinkType, name: &str, snap_length: u32) -> io::Result<u32> {
        let mut body = Vec::new();
        body.extend_from_slice(&link.0.to_le_bytes());
        body.extend_from_slice(&0u16.to_le_bytes());
        body.extend_from_slice(&snap_length.to_le_bytes());
        if !name.is_empty() {
            option(&mut body, INTERFACE_NAME, name.as_bytes());
        }
        option(&mut body, TIME_RESOLUTION, &[9]);
        end_of_options(&mut body);
        block(&mut self.out, INTERFACE, &body)?;
        let number = self.described;
        self.described += 1;
        Ok(number)
    }
}

fn block(out: &mut impl Write, kind: u32, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&length)?;
    out.write_all(body)?;
    out.write_all(&length)
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend_from_slice(&code.to_le_bytes());
    body.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    body.extend_from_slice(value);
    pad(body);
}

fn end_of_options(body: &mut Vec<u8>) {
    body.extend_from_slice(&[0; 4]);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

const fn high(time: u64) -> u32 {
    (time >> 32) as u32
}

#[allow(clippy::cast_possible_truncation)] // the lower half is meant
const fn low(time: u64) -> u32 {
    time as u32
}

const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const COMMENT: u16 = 1;
const USER_APPLICATION: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const TIME_RESOLUTION: u16 = 9;
const END_TIME: u16 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::frame::FrameRef;
    use crate::capture;

    #[test]
    fn what_is_written_is_read_back() {
        let facts = CaptureFacts { snap_length: 96, ..CaptureFacts::default() };
        let mut writer = PcapngWriter::new(Vec::new()).unwrap();
        for (n, link) in [(1u64, LinkType::ETHERNET), (2, LinkType::RAW), (3, LinkType::ETHERNET)] {
            let data = vec![u8::try_from(n).unwrap(); usize::try_from(n).unwrap()];
            let frame = Frame {
                at: Timestamp(1_700_000_000_000_000_000 + i64::try_from(n).unwrap()),
                frame: FrameRef::new(0, n),
                interface: 0,
                link,
                original_len: 100,
                data: &data,
            };
            writer.frame(&frame, &facts).unwrap();
        }
        let until = Timestamp(1_700_000_060_000_000_000);
        let bytes = writer.finish(Some(until)).unwrap();
        let mut source = capture::read(Box::new(std::io::Cursor::new(bytes)), "x", 0).unwrap();
        let mut seen = Vec::new();
        while let Some(f) = source.next_frame().unwrap() {
            seen.push((f.at.0 % 10, f.link, f.data.len(), f.original_len));
        }
        assert_eq!(
            seen,
            [
                (1, LinkType::ETHERNET, 1, 100),
                (2, LinkType::RAW, 2, 100),
                (3, LinkType::ETHERNET, 3, 100)
            ]
        );
        assert_eq!(source.facts().until, Some(until));
        assert!(
            source.facts().notes.iter().all(|n| n.code == "snap-length"),
            "{:?}",
            source.facts().notes
        );
    }
}
