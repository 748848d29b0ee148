//! MPLS label stacks (RFC 3032 §2.1). A label does not say what it carries: behind the last one the first
//! octets decide, as routers that spread load do it (RFC 4928).

use super::layer::Layer;

/// What follows one entry of a label stack: label (20 bits), traffic class (3), bottom of stack (1), TTL.
pub(super) fn next(stack: &[u8]) -> Option<Layer<'_>> {
    let (entry, rest) = stack.split_first_chunk::<4>()?;
    if entry[2] & BOTTOM == 0 {
        return Some(Layer::Mpls(rest));
    }
    match rest {
        [first, ..] if matches!(first >> 4, 4 | 6) => Some(Layer::Ip(rest)),
        // The control word of an Ethernet pseudowire (RFC 4448 §4.6): twelve reserved bits, sequence.
        [0, 0, _, _, frame @ ..] => Some(Layer::Ethernet(frame)),
        _ => Some(Layer::Ethernet(rest)),
    }
}

const BOTTOM: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_down_to_the_bottom() {
        let stack = [0, 1, 0x40, 64, 0, 1, 0x51, 63, 0x45, 0];
        assert_eq!(next(&stack), Some(Layer::Mpls(&stack[4..])));
        assert_eq!(next(&stack[4..]), Some(Layer::Ip(&stack[8..])));
        assert_eq!(next(&stack[..3]), None);
    }

    #[test]
    fn tells_a_pseudowire_by_its_first_octets() {
        let with_word = [0, 1, 0x51, 63, 0, 0, 0, 5, 2, 1];
        assert_eq!(next(&with_word), Some(Layer::Ethernet(&[2, 1])));
        let without = [0, 1, 0x51, 63, 0x00, 0x1B, 0x21, 0];
        assert_eq!(next(&without), Some(Layer::Ethernet(&without[4..])));
    }
}
