//! Octets taken one after the other: how a target makes its choices from its input.

/// What is left of the input. At its end every number is zero and every slice is empty.
#[derive(Clone, Debug)]
pub struct Octets<'a>(pub &'a [u8]);

impl<'a> Octets<'a> {
    /// Whether anything is left.
    #[must_use]
    pub const fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The next octet.
    pub fn octet(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    /// The next two, in network order.
    pub fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }

    /// The next `n`, or what is left.
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        head
    }

    /// A length of two octets, then as many.
    pub fn counted(&mut self) -> &'a [u8] {
        let n = usize::from(self.number());
        self.take(n)
    }

    /// One of `choices`, which are not empty.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.octet()) % choices.len()]
    }
}
