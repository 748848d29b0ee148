//! Linux cooked capture, versions 1 and 2 (`LINKTYPE_LINUX_SLL`, `LINKTYPE_LINUX_SLL2`): what `-i any`
//! writes. Only the protocol field counts. The device type is not looked at: captures on a PPTP server
//! hold `ARPHRD_PPP` and tunnel devices, whose frames carry a usable protocol field all the same.

use super::ethernet;

/// Version 1: packet type, device type, address length, address (8), protocol.
pub(super) fn v1(frame: &[u8]) -> Option<&[u8]> {
    let (head, rest) = frame.split_first_chunk::<16>()?;
    ethernet::by_ethertype(u16::from_be_bytes([head[14], head[15]]), rest)
}

/// Version 2: protocol, reserved, interface, device type, packet type, address length, address (8).
pub(super) fn v2(frame: &[u8]) -> Option<&[u8]> {
    let (head, rest) = frame.split_first_chunk::<20>()?;
    ethernet::by_ethertype(u16::from_be_bytes([head[0], head[1]]), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of `ppp0` (device type 512) in both versions.
    #[test]
    fn reads_the_protocol_field_alone() {
        let one = [&[0, 4, 2, 0, 0, 0][..], &[0; 8], &[8, 0], b"ip"].concat();
        assert_eq!(v1(&one), Some(&b"ip"[..]));
        assert_eq!(v1(&one[..15]), None);
        let two = [&[0x86, 0xDD, 0, 0, 0, 0, 0, 3, 2, 0, 4, 0][..], &[0; 8], b"ip"].concat();
        assert_eq!(v2(&two), Some(&b"ip"[..]));
        assert_eq!(v2(&two[..19]), None);
    }
}
