//! IEEE 802.2 LLC with the Subnetwork Access Protocol (RFC 1042): an EtherType on links that have none.

use super::layer::Layer;

/// What follows an LLC header with SNAP, or with the access point that IP has of its own.
pub(super) fn next(pdu: &[u8]) -> Option<Layer<'_>> {
    let (head, rest) = pdu.split_first_chunk::<3>()?;
    match *head {
        // The second organisation is that of bridges that translate frames (IEEE 802.1H).
        [SNAP, SNAP, UNNUMBERED] => match *rest {
            [0, 0, 0 | 0xF8, high, low, ref rest @ ..] => {
                Some(Layer::EtherType(u16::from_be_bytes([high, low]), rest))
            }
            _ => None,
        },
        // RFC 948; nothing but IPv4 was ever sent this way.
        [IP, IP, UNNUMBERED] => Some(Layer::Ip(rest)),
        _ => None,
    }
}

const SNAP: u8 = 0xAA;
const IP: u8 = 0x06;
const UNNUMBERED: u8 = 0x03;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_snap_and_plain_ip() {
        for organisation in [0, 0xF8] {
            let pdu = [0xAA, 0xAA, 3, 0, 0, organisation, 0x86, 0xDD, 0x60];
            assert_eq!(next(&pdu), Some(Layer::EtherType(0x86DD, &[0x60])));
            for end in 0..8 {
                assert_eq!(next(&pdu[..end]), None);
            }
        }
        assert_eq!(next(&[6, 6, 3, 0x45]), Some(Layer::Ip(&[0x45])));
    }

    /// Spanning tree, NetBIOS, Novell's raw form, and a Cisco protocol behind SNAP.
    #[test]
    fn leaves_other_protocols_alone() {
        for pdu in [
            &[0x42, 0x42, 3, 0, 0, 0, 8, 0][..],
            &[0xF0, 0xF0, 3, 0, 0, 0, 8, 0],
            &[0xFF, 0xFF, 0, 0x22, 0, 0, 8, 0],
            &[0xAA, 0xAA, 3, 0, 0, 0x0C, 0x20, 0],
        ] {
            assert_eq!(next(pdu), None);
        }
    }
}
