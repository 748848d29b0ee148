//! A window over an input of any length: records are lent from it, nothing is copied per record.

use std::io::{self, ErrorKind, Read};

use crate::base::limits;

/// Holds the part of the input that is being read. It starts at [`limits::READ_WINDOW`] octets and grows
/// only where one record is larger, and only as far as its octets really arrive.
pub(super) struct Window {
    input: Box<dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
}

impl Window {
    /// Nothing is read before the first [`want`](Self::want).
    pub(super) fn new(input: Box<dyn Read>) -> Self {
        Self { input, buffer: vec![0; limits::READ_WINDOW], start: 0, end: 0, at_end: false }
    }

    /// All octets at hand: at least `n`, or fewer where the input ends before that. `n` must come from a
    /// checked length.
    #[inline]
    pub(super) fn want(&mut self, n: usize) -> io::Result<&[u8]> {
        if self.end - self.start < n {
            self.refill(n)?;
        }
        Ok(self.bytes())
    }

    /// The octets at hand, without reading more.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Goes on behind the next `n` octets at hand.
    #[inline]
    pub(super) fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.end);
    }

    /// Goes on behind the next `n` octets without holding them; returns how many were missing.
    pub(super) fn skip(&mut self, mut n: usize) -> io::Result<usize> {
        while n > 0 {
            let at_hand = self.want(1)?.len().min(n);
            if at_hand == 0 {
                break;
            }
            self.consume(at_hand);
            n -= at_hand;
        }
        Ok(n)
    }

    #[cold]
    fn refill(&mut self, n: usize) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < n && !self.at_end {
            if self.end == self.buffer.len() {
                self.buffer.resize(n.min(2 * self.end), 0);
            }
            match self.input.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => self.at_end = true,
                Ok(got) => self.end += got,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one octet at a time, as a slow pipe does.
    struct Trickle(io::Cursor<Vec<u8>>);

    impl Read for Trickle {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = out.len().min(1);
            self.0.read(&mut out[..n])
        }
    }

    #[test]
    fn reads_no_further_than_asked() {
        let mut w = Window::new(Box::new(Trickle(io::Cursor::new(vec![1, 2, 3, 4]))));
        assert_eq!(w.want(2).unwrap(), [1, 2]);
        w.consume(1);
        assert_eq!(w.want(2).unwrap(), [2, 3]);
        assert_eq!(w.want(9).unwrap(), [2, 3, 4]);
        w.consume(99);
        assert!(w.want(1).unwrap().is_empty());
    }

    #[test]
    fn grows_to_one_record_and_skips_without_growing() {
        let size = limits::READ_WINDOW + 10;
        let mut w = Window::new(Box::new(io::repeat(7).take(3 * size as u64)));
        assert!(w.want(size).unwrap().len() >= size);
        assert!(w.buffer.len() == size);
        assert_eq!(w.skip(3 * size - 2).unwrap(), 0);
        assert_eq!(w.bytes(), [7, 7]);
        assert_eq!(w.skip(5).unwrap(), 3);
        assert!(w.buffer.len() == size);
    }
}
