//! A capture file that grows in steps of whole blocks, so that a reader never finds half of one.

use std::fs::File;
use std::io;
use std::io::Write;

/// Collects what is written until it is flushed.
#[derive(Debug)]
pub(super) struct Blocks {
    file: File,
    /// Whole blocks that are not in the file yet.
    waiting: Vec<u8>,
    /// Octets of whole blocks in the file.
    written: u64,
}

impl Blocks {
    pub(super) const fn new(file: File) -> Self {
        Self { file, waiting: Vec::new(), written: 0 }
    }

    /// Octets of the file once it is flushed.
    pub(super) const fn octets(&self) -> u64 {
        self.written + self.waiting.len() as u64
    }

    /// Octets that wait.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Goes on in another file.
    #[cfg(test)]
    pub(super) fn replace(&mut self, file: File) {
        self.file = file;
    }
}

impl Write for Blocks {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(octets);
        Ok(octets.len())
    }

    /// Where this fails, the file ends with the last whole block that was flushed.
    fn flush(&mut self) -> io::Result<()> {
        let done = self.file.write_all(&self.waiting);
        match done {
            Ok(()) => self.written += self.waiting.len() as u64,
            // A pipe cannot be cut; its reader sees the end.
            Err(_) => drop(self.file.set_len(self.written)),
        }
        self.waiting.clear();
        done
    }
}
