//! Reading ahead: a thread of its own reads a file, and unpacks it where it is compressed, while what came before
//! is analysed.
//!
//! Blocks of octets go to the window and come back empty, so that nothing is copied but the part of a record
//! at the end of a block, and nothing is allocated once all blocks go round. The thread ends with its input,
//! or when the window is gone.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::decompress::Fault;
use super::window::Input;

/// What a thread reads from an input.
pub(super) struct Ahead {
    full: Receiver<Message>,
    empty: Sender<Vec<u8>>,
    fault: Option<Fault>,
    ended: bool,
}

enum Message {
    /// Octets from [`HEAD`] to the number given.
    Block(Vec<u8>, usize),
    /// The end, and why it was there where the input was compressed.
    End(io::Result<()>, Option<Fault>),
}

impl Ahead {
    /// Starts the thread. Where the system has none to give, the input comes back.
    pub(super) fn start(input: Input) -> Result<Self, Input> {
        let (to_reader, full) = mpsc::channel();
        let (empty, to_fill) = mpsc::channel();
        // The input crosses behind the thread's start: a start that fails would take it along.
        let (hand_over, handed_over) = mpsc::channel();
        let started = thread::Builder::new().name("read".to_owned()).spawn(move || {
            if let Ok(input) = handed_over.recv() {
                fill(input, &to_fill, &to_reader);
            }
        });
        if started.is_err() {
            return Err(input);
        }
        for _ in 0..BLOCKS {
            let _ = empty.send(vec![0; HEAD + BLOCK]);
        }
        hand_over.send(input).map_err(|unsent| unsent.0)?;
        Ok(Self { full, empty, fault: None, ended: false })
    }

    /// Puts the next octets behind those of `buffer` in `held`, which may move, maybe into another buffer.
    /// Returns where all of them are; `None` at the end.
    pub(super) fn next(
        &mut self,
        buffer: &mut Vec<u8>,
        held: Range<usize>,
    ) -> io::Result<Option<Range<usize>>> {
        if self.ended {
            return Ok(None);
        }
        match self.full.recv() {
            Ok(Message::Block(mut block, end)) => {
                let rest = buffer.get(held).unwrap_or_default();
                let at = HEAD.checked_sub(rest.len());
                let place = at.and_then(|at| block.get_mut(at..HEAD).map(|place| (at, place)));
                let range = if let Some((at, place)) = place {
                    place.copy_from_slice(rest);
                    std::mem::swap(buffer, &mut block);
                    at..end
                } else {
                    let mut all = rest.to_vec();
                    all.extend_from_slice(block.get(HEAD..end).unwrap_or_default());
                    let range = 0..all.len();
                    *buffer = all;
                    range
                };
                // What grew to hold one large record does not go round.
                let emptied = if block.len() > 2 * BLOCK { Vec::new() } else { block };
                let _ = self.empty.send(emptied);
                Ok(Some(range))
            }
            Ok(Message::End(end, fault)) => {
                (self.ended, self.fault) = (true, fault);
                end.map(|()| None)
            }
            Err(_) => {
                self.ended = true;
                Err(io::Error::other("the thread that reads ended unexpectedly"))
            }
        }
    }

    /// Why the input ended, once it has.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }
}

/// Fills the blocks that come back, one after the other.
fn fill(mut input: Input, to_fill: &Receiver<Vec<u8>>, to_reader: &Sender<Message>) {
    while let Ok(mut block) = to_fill.recv() {
        if block.len() < HEAD + BLOCK {
            block.resize(HEAD + BLOCK, 0);
        }
        let mut end = HEAD;
        let mut over = None;
        while let Some(room) = block.get_mut(end..HEAD + BLOCK).filter(|room| !room.is_empty()) {
            match input.read(room) {
                Ok(0) => over = Some(Ok(())),
                Ok(n) => end += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => over = Some(Err(e)),
            }
            if over.is_some() {
                break;
            }
        }
        if end > HEAD && to_reader.send(Message::Block(block, end)).is_err() {
            return;
        }
        if let Some(why) = over {
            let _ = to_reader.send(Message::End(why, input.fault().cloned()));
            return;
        }
    }
}

/// Octets of a block.
const BLOCK: usize = 512 << 10;
/// Room before them for the record that began in the block before.
const HEAD: usize = 64 << 10;
/// Blocks that go round, besides the one that is read from.
const BLOCKS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// All octets, with `keep` of them held back at every call as the part of a record.
    fn all(input: impl Read + Send + 'static, keep: usize) -> (Vec<u8>, Option<io::Error>) {
        let mut ahead = Ahead::start(Input::Stream(Box::new(input))).ok().unwrap();
        let (mut out, mut buffer, mut held) = (Vec::new(), vec![0; 9], 0..0);
        loop {
            match ahead.next(&mut buffer, held.clone()) {
                Ok(Some(range)) => {
                    assert!(range.len() > held.len());
                    let done = range.len().saturating_sub(keep);
                    out.extend_from_slice(&buffer[range.start..range.start + done]);
                    held = range.start + done..range.end;
                }
                end => {
                    out.extend_from_slice(&buffer[held]);
                    assert!(ahead.next(&mut buffer, 0..0).unwrap().is_none(), "the end is an end");
                    return (out, end.err());
                }
            }
        }
    }

    #[test]
    fn gives_what_it_reads() {
        let octets: Vec<u8> = (0..3_000_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, octets.len()] {
            for keep in [0, 1, HEAD, HEAD + 1, 5 * BLOCK] {
                let input = io::Cursor::new(octets[..length].to_vec());
                let (out, error) = all(input, keep);
                assert!(out == octets[..length] && error.is_none(), "{length} {keep}");
            }
        }
    }

    #[test]
    fn errors_and_panics_come_across() {
        struct Bad(usize);
        impl Read for Bad {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 => Ok(out.len()),
                    2 => Err(ErrorKind::Interrupted.into()),
                    3 => Err(io::Error::other("the disk is gone")),
                    _ => panic!("on purpose"),
                }
            }
        }
        let (out, error) = all(Bad(0), 3);
        assert_eq!((out.len(), error.unwrap().to_string()), (BLOCK, "the disk is gone".to_owned()));
        let (out, error) = all(Bad(3), 0);
        assert!(out.is_empty() && error.unwrap().to_string().contains("unexpectedly"));
    }

    #[test]
    fn the_thread_ends_with_its_window() {
        /// Tells when it is dropped.
        struct Endless(#[allow(dead_code)] Sender<()>);
        impl Read for Endless {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                Ok(out.len())
            }
        }
        let (alive, told) = mpsc::channel();
        let mut ahead = Ahead::start(Input::Stream(Box::new(Endless(alive)))).ok().unwrap();
        ahead.next(&mut Vec::new(), 0..0).unwrap();
        drop(ahead);
        assert!(told.recv().is_err());
    }
}
