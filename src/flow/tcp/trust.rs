//! Whether a wrong checksum means damage, as it does where those of other segments are right: a capture in
//! which all are wrong had its addresses replaced, and one of a strange network card has half of them wrong.
//!
//! What comes before anybody can know that is in doubt, and is looked at again when it is known.

use crate::base::addr::Endpoint;

/// The checksums of a capture so far.
#[derive(Debug, Default)]
pub(super) struct Trust {
    right: u32,
    /// Of those that nothing else on their connections shows to be damaged.
    wrong: u32,
    doubtful: Vec<Sole>,
}

/// Sender and receiver of the one segment of a connection, whose checksum is wrong.
pub(super) type Sole = (Endpoint, Endpoint);

impl Trust {
    /// Whether a wrong checksum means damage.
    pub(super) fn holds(&self) -> bool {
        self.right > self.wrong.saturating_mul(2)
    }

    /// Takes note of a wrong checksum.
    pub(super) fn wrong(&mut self) {
        self.wrong = self.wrong.saturating_add(1);
    }

    /// Remembers what is in doubt.
    pub(super) fn doubt(&mut self, sole: Sole) {
        if self.doubtful.len() < DOUBTFUL {
            self.doubtful.push(sole);
        }
    }

    /// Takes note of a right checksum. Returns what was damaged: what had the ends of this segment, as one of
    /// its sender is right, and all else from when the capture is trusted. What the other end answers was not.
    pub(super) fn right(&mut self, from: Endpoint, to: Endpoint) -> Vec<Sole> {
        self.right = self.right.saturating_add(1);
        if self.doubtful.is_empty() {
            return Vec::new();
        }
        let all = self.holds();
        self.doubtful.retain(|sole| *sole != (to, from));
        self.doubtful.extract_if(.., |sole| all || *sole == (from, to)).collect()
    }
}

/// Who has more of them has a capture whose checksums say nothing.
const DOUBTFUL: usize = 16;
