//! Ethernet II (IEEE 802.3 §3.2.6) with any number of VLAN tags, and the EtherType dispatch that other
//! links share.

/// The IP packet in an Ethernet frame.
#[inline]
pub(super) fn ip(frame: &[u8]) -> Option<&[u8]> {
    let (head, rest) = frame.split_first_chunk::<14>()?;
    by_ethertype(u16::from_be_bytes([head[12], head[13]]), rest)
}

/// The IP packet behind an EtherType. A value of 1,500 or less is a length and LLC follows; like every
/// EtherType that is not named here, it is not opened.
#[inline]
pub(super) fn by_ethertype(mut kind: u16, mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        match kind {
            IPV4 | IPV6 => return Some(rest),
            // Customer tag, provider tag, and the provider tag before it had a number of its own.
            0x8100 | 0x88A8 | 0x9100 => {
                let (tag, inner) = rest.split_first_chunk::<4>()?;
                kind = u16::from_be_bytes([tag[2], tag[3]]);
                rest = inner;
            }
            _ => return None,
        }
    }
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_off_any_number_of_tags() {
        let mut frame = vec![0; 12];
        for tag in [0x88A8u16, 0x9100, 0x8100, 0x8100] {
            frame.extend(tag.to_be_bytes());
            frame.extend([0, 7]);
        }
        frame.extend([0x08, 0x00, b'i', b'p']);
        assert_eq!(ip(&frame), Some(&b"ip"[..]));
        for end in 0..frame.len() - 2 {
            assert_eq!(ip(&frame[..end]), None);
        }
    }

    #[test]
    fn leaves_other_types_alone() {
        for kind in [0x0806u16, 0x0026, 0x8847, 0x8864] {
            assert_eq!(by_ethertype(kind, &[0x45; 60]), None);
        }
    }
}
