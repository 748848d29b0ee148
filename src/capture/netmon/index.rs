//! Where the records of a Network Monitor file stand.
//!
//! The table gives places and order: there are holes between records, and some stand before their
//! predecessors. Where the table is cut off, or names a place that cannot be one, the record behind the
//! previous one is taken, so that a file which breaks off keeps its frames.

use std::io;

use super::Layout;
use crate::base::limits;
use crate::capture::CaptureNote;
use crate::capture::pcap::Order;
use crate::capture::reader::{Step, Tally, cut_short, too_large};
use crate::capture::window::Window;

/// Goes through the records in the order of the table.
pub(super) struct Index {
    /// Offset of the part of the table that was not read yet.
    table: u64,
    table_end: u64,
    /// The part of the table that was read, and how much of it was used.
    chunk: Vec<u8>,
    used: usize,
    /// Whether the rest of the table is not in the file, or there is none.
    lost: bool,
    /// Where the records end if they follow one another.
    records_end: u64,
    /// Where the previous record ended.
    behind: u64,
    /// Octets that further records may take. Every octet of a file belongs to one record at most, so that
    /// a table which names one place many times soon ends.
    room: u64,
}

impl Index {
    /// From what the file header states of the table, and the length of the file.
    pub(super) fn new(table: u32, length: u32, file_length: u64) -> Self {
        let (table, length) = (u64::from(table), u64::from(length) / 4 * 4);
        Self {
            table,
            table_end: table + length,
            chunk: Vec::new(),
            used: 0,
            lost: length == 0,
            records_end: if table < FIRST_RECORD { file_length } else { table.min(file_length) },
            behind: FIRST_RECORD,
            room: file_length,
        }
    }

    /// Puts the next record at the start of the window and returns its octets, or how the capture ends.
    pub(super) fn go_to_next(
        &mut self,
        window: &mut Window,
        tally: &mut Tally,
        layout: Layout,
    ) -> io::Result<Result<usize, Step>> {
        let number = tally.next_number();
        let entry = self.next_entry(window)?;
        let mut at = match entry {
            Some(at) => at,
            None if self.lost && self.behind < self.records_end => self.behind,
            None => return Ok(Err(Step::End(self.lost_note(number)))),
        };
        let mut found = measure(window, at, layout, number)?;
        if found.is_err() && at != self.behind && self.behind < self.records_end {
            let behind = measure(window, self.behind, layout, number)?;
            if behind.is_ok() {
                tally.note_once("frame-table-damaged", || {
                    format!(
                        "the table of frames has a wrong place for frame {number}: the record behind \
                         the previous frame is taken"
                    )
                });
                (at, found) = (self.behind, behind);
            }
        }
        let Ok(size) = found else { return Ok(found) };
        let Some(room) = self.room.checked_sub(size as u64) else {
            return Ok(Err(damaged(
                number,
                "the table lists more frames than the file has room for",
            )));
        };
        self.room = room;
        self.behind = at + size as u64;
        Ok(Ok(size))
    }

    /// The next place of the table; `None` behind its end, and where it is lost.
    fn next_entry(&mut self, window: &mut Window) -> io::Result<Option<u64>> {
        if self.used == self.chunk.len() && !self.lost && self.table < self.table_end {
            let rest = usize::try_from(self.table_end - self.table).unwrap_or(TABLE_CHUNK);
            let want = rest.min(TABLE_CHUNK);
            window.go_to(self.table)?;
            let bytes = window.want(want)?;
            let got = bytes.len().min(want) / 4 * 4;
            self.lost = got == 0;
            self.chunk = bytes.get(..got).unwrap_or_default().to_vec();
            self.used = 0;
            self.table += got as u64;
        }
        let Some(entry) = self.chunk.get(self.used..).filter(|rest| !rest.is_empty()) else {
            return Ok(None);
        };
        self.used += 4;
        Ok(Some(Order::Little.u32(entry, 0).into()))
    }

    fn lost_note(&self, number: u64) -> Option<CaptureNote> {
        (self.lost && self.records_end > FIRST_RECORD).then(|| {
            let text = format!(
                "the capture breaks off before the end of its table of frames: {} frames were \
                 found without the rest of it",
                number - 1
            );
            CaptureNote { code: "cut-short", text }
        })
    }
}

/// Puts the record at `at` at the start of the window and returns its octets.
fn measure(
    window: &mut Window,
    at: u64,
    layout: Layout,
    number: u64,
) -> io::Result<Result<usize, Step>> {
    if at < super::FILE_HEADER as u64 {
        return Ok(Err(damaged(number, "it stands inside the file header")));
    }
    window.go_to(at)?;
    let bytes = window.want(layout.header)?;
    if bytes.len() < layout.header {
        return Ok(Err(cut_short(number, layout.header - bytes.len())));
    }
    let (_, captured) = layout.lengths(bytes);
    if captured as usize > limits::CAPTURE_RECORD {
        return Ok(Err(too_large(number, captured)));
    }
    let size = layout.header + captured as usize + layout.trailer;
    let at_hand = window.want(size)?.len();
    Ok(if at_hand < size { Err(cut_short(number, size - at_hand)) } else { Ok(size) })
}

fn damaged(number: u64, why: &str) -> Step {
    let text = format!("the record of frame {number} is damaged: {why}; reading stops there");
    Step::End(Some(CaptureNote { code: "damaged-block", text }))
}

/// The file header is padded to this length.
const FIRST_RECORD: u64 = 128;
/// Octets of the table that are read at a time.
const TABLE_CHUNK: usize = 64 << 10;
