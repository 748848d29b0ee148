//! Codes of any width out of octets, the most significant bit first, as MPPC and BSD-Compress write them.

/// Walks the bits of a payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits<'a> {
    octets: &'a [u8],
    /// Bits taken.
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { octets, at: 0 }
    }

    /// Bits that are left.
    pub(super) const fn left(&self) -> usize {
        self.octets.len() * 8 - self.at
    }

    /// The next `width` bits, 16 at most. `None`, and nothing taken, where fewer are left.
    pub(super) fn take(&mut self, width: u8) -> Option<u16> {
        let width = width.min(16);
        if self.left() < usize::from(width) {
            return None;
        }
        let mut window = [0; 4];
        for (to, from) in window.iter_mut().zip(self.octets.get(self.at / 8..)?) {
            *to = *from;
        }
        let skipped = u32::from_be_bytes(window) << (self.at % 8);
        self.at += usize::from(width);
        u16::try_from(u64::from(skipped) >> (32 - width)).ok()
    }

    /// Counts ones up to the first zero, which is taken too; `None` after `most` ones or at the end.
    pub(super) fn ones(&mut self, most: u8) -> Option<u8> {
        for ones in 0..=most {
            if self.take(1)? == 0 {
                return Some(ones);
            }
        }
        None
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes codes as [`Bits`] reads them.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct BitWriter {
        bits: Vec<bool>,
    }

    impl BitWriter {
        pub(crate) fn put(&mut self, width: u8, value: u16) {
            self.bits.extend((0..width).rev().map(|bit| value >> bit & 1 == 1));
        }

        /// The octets, filled up with `pad`.
        pub(crate) fn octets(mut self, pad: bool) -> Vec<u8> {
            self.bits.resize(self.bits.len().next_multiple_of(8), pad);
            let octet =
                |bits: &[bool]| bits.iter().fold(0, |octet, bit| octet << 1 | u8::from(*bit));
            self.bits.chunks(8).map(octet).collect()
        }
    }

    #[test]
    fn takes_what_is_there_and_no_more() {
        let mut bits = Bits::new(&[0b1011_0110, 0xFF]);
        assert_eq!(
            (bits.take(3), bits.take(0), bits.take(5)),
            (Some(0b101), Some(0), Some(0b10110))
        );
        assert_eq!((bits.take(9), bits.left(), bits.take(8)), (None, 8, Some(0xFF)));
        assert_eq!((bits.take(0), bits.take(1)), (Some(0), None));
        assert_eq!(Bits::new(&[0b1110_0000]).ones(11), Some(3));
        assert_eq!(Bits::new(&[0xFF, 0xFF]).ones(11), None);
        assert_eq!(Bits::new(&[0xFF]).ones(11), None);
    }

    proptest! {
        #[test]
        fn what_is_put_is_taken(codes in proptest::collection::vec((1u8..=16, any::<u16>()), 0..50)) {
            let mut writer = BitWriter::default();
            for (width, value) in &codes {
                writer.put(*width, *value);
            }
            let octets = writer.octets(false);
            let mut bits = Bits::new(&octets);
            for (width, value) in codes {
                let mask = u16::try_from((1u32 << width) - 1).unwrap();
                prop_assert_eq!(bits.take(width), Some(value & mask));
            }
            prop_assert!(bits.left() < 8);
        }
    }
}
