//! IEEE 802.11 data frames (§9.2.4, §9.3.2), alone and behind the headers in which drivers tell about the
//! radio. Frames that are still encrypted are skipped. A frame check sequence at the end does no harm:
//! the length in the IP header leaves it out.

use super::layer::Layer;

/// `LINKTYPE_IEEE802_11`: the frame alone.
pub(super) fn frame(frame: &[u8]) -> Option<Layer<'_>> {
    data(frame, false)
}

/// `LINKTYPE_IEEE802_11_RADIOTAP`: version, pad, length (little endian), bit maps of what is present,
/// fields in the order of their bits.
pub(super) fn radiotap(packet: &[u8]) -> Option<Layer<'_>> {
    let [0, _, l0, l1, ..] = packet else { return None };
    let (head, frame) = packet.split_at_checked(usize::from(u16::from_le_bytes([*l0, *l1])))?;
    data(frame, radiotap_flags(head).is_some_and(|flags| flags & DATA_PAD != 0))
}

/// `LINKTYPE_IEEE802_11_PRISM`: message code, length of the header, device name and fields, in the byte
/// order of the capturing host. Some drivers write an AVS header under this number.
pub(super) fn prism(packet: &[u8]) -> Option<Layer<'_>> {
    let ([_, _, _, _, length @ ..], _) = packet.split_first_chunk::<8>()?;
    if packet.starts_with(&AVS_MAGIC) {
        return avs(packet);
    }
    // In the wrong order a length of this size is the greater number.
    let length = u32::from_le_bytes(*length).min(u32::from_be_bytes(*length));
    frame(behind(packet, length)?)
}

/// `LINKTYPE_IEEE802_11_AVS`: version, length of the header, fields; big endian.
pub(super) fn avs(packet: &[u8]) -> Option<Layer<'_>> {
    let ([_, _, _, _, length @ ..], _) = packet.split_first_chunk::<8>()?;
    frame(behind(packet, u32::from_be_bytes(*length))?)
}

/// A data frame. `padded`: the driver put octets behind the header to align what follows to four.
fn data(frame: &[u8], padded: bool) -> Option<Layer<'_>> {
    let head = frame.first_chunk::<24>()?;
    let [kind, flags, ..] = *head;
    let fragment = head[22] & 0x0F;
    if kind & (VERSION | TYPE) != DATA || kind & NO_DATA != 0 || flags & PROTECTED != 0 {
        return None;
    }
    // The first fragment has the headers; what is missing counts as cut.
    if fragment != 0 {
        return None;
    }
    let mut length = head.len();
    if flags & BOTH_DS == BOTH_DS {
        length += FOURTH_ADDRESS;
    }
    let mut aggregate = false;
    if kind & QOS != 0 {
        aggregate = frame.get(length)? & A_MSDU != 0;
        length += QOS_CONTROL;
        if flags & ORDER != 0 {
            length += HT_CONTROL;
        }
    }
    if padded {
        length = length.next_multiple_of(4);
    }
    let body = frame.get(length..)?;
    // Of an aggregate the first subframe is read: addresses, length, LLC.
    Some(if aggregate { Layer::Ethernet(body) } else { Layer::Llc(body) })
}

/// The Flags field of a radiotap header: the second field, behind the eight aligned octets of the first
/// where that is present.
fn radiotap_flags(head: &[u8]) -> Option<u8> {
    let mut maps = head.get(4..)?.chunks_exact(4);
    let [present, _, _, last] = *maps.next()? else { return None };
    let mut fields = 8_usize;
    let mut more = last & MORE_MAPS != 0;
    while more {
        more = *maps.next()?.last()? & MORE_MAPS != 0;
        fields += 4;
    }
    if present & TIMER != 0 {
        fields = fields.next_multiple_of(8) + 8;
    }
    (present & FLAGS != 0).then(|| head.get(fields).copied())?
}

fn behind(packet: &[u8], header: u32) -> Option<&[u8]> {
    packet.get(usize::try_from(header).ok()?..)
}

const VERSION: u8 = 0x03;
const TYPE: u8 = 0x0C;
const DATA: u8 = 0x08;
/// Subtypes of data frames that carry none, as null frames and polls.
const NO_DATA: u8 = 0x40;
const QOS: u8 = 0x80;
/// To and from the distribution system: the form between bridges.
const BOTH_DS: u8 = 0x03;
const PROTECTED: u8 = 0x40;
/// In QoS frames: an HT Control field is present.
const ORDER: u8 = 0x80;
const FOURTH_ADDRESS: usize = 6;
const QOS_CONTROL: usize = 2;
const HT_CONTROL: usize = 4;
const A_MSDU: u8 = 0x80;
const TIMER: u8 = 0x01;
const FLAGS: u8 = 0x02;
const MORE_MAPS: u8 = 0x80;
const DATA_PAD: u8 = 0x20;
const AVS_MAGIC: [u8; 3] = [0x80, 0x21, 0x10];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LLC: &[u8] = b"\xAA\xAA\x03\x00\x00\x00\x08\x00ip";

    fn ip(layer: Option<Layer<'_>>) -> Option<&[u8]> {
        layer.and_then(Layer::ip)
    }

    /// A header of this frame control and length, and LLC.
    fn with(control: [u8; 2], length: usize) -> Vec<u8> {
        let mut frame = control.to_vec();
        frame.resize(length, 0);
        frame.extend(LLC);
        frame
    }

    #[test]
    fn finds_llc_behind_each_header_length() {
        for (control, length) in [
            ([0x08, 0x01], 24),
            ([0x08, 0x02], 24),
            ([0x08, 0x03], 30),
            ([0x88, 0x01], 26),
            ([0x88, 0x03], 32),
            ([0x88, 0x81], 30),
            ([0x88, 0x83], 36),
            // Data with an acknowledgment for a poll; "strictly ordered" without QoS.
            ([0x18, 0x81], 24),
        ] {
            let data = with(control, length);
            assert_eq!(ip(frame(&data)), Some(&b"ip"[..]), "{control:x?}");
            for end in 0..data.len() - 2 {
                assert_eq!(ip(frame(&data[..end])), None);
            }
        }
    }

    /// Beacon, acknowledgment, null frame, QoS null frame, protected data, extension.
    #[test]
    fn leaves_frames_without_readable_data_alone() {
        for control in
            [[0x80, 0], [0xD4, 0], [0x48, 1], [0xC8, 1], [0x08, 0x41], [0x0C, 0], [0x09, 1]]
        {
            assert_eq!(frame(&with(control, 24)), None, "{control:x?}");
        }
        let mut second = with([0x08, 0x01], 24);
        second[22] = 0x31;
        assert_eq!(frame(&second), None);
    }

    #[test]
    fn reads_the_first_subframe_of_an_aggregate() {
        let mut data = with([0x88, 0x02], 26 + 14);
        data[24] = 0x80;
        data[26 + 13] = 10;
        assert_eq!(ip(frame(&data)), Some(&b"ip"[..]));
    }

    #[test]
    fn takes_off_radiotap_with_its_padding() {
        let plain = [&[0, 0, 8, 0, 0, 0, 0, 0][..], &with([0x08, 1], 24)].concat();
        assert_eq!(ip(radiotap(&plain)), Some(&b"ip"[..]));
        // Two bit maps, timer at 16, flags at 24 with "padded": 26 octets become 28.
        let mut head = vec![0, 0, 25, 0, 0x03, 0, 0, 0x80, 0, 0, 0, 0];
        head.resize(24, 0);
        let padded = |flags| [&head[..], &[flags], &with([0x88, 1], 28)].concat();
        assert_eq!(ip(radiotap(&padded(0x30))), Some(&b"ip"[..]));
        assert_eq!(ip(radiotap(&padded(0x10))), None);
        // Another version, and lengths that lie.
        assert_eq!(radiotap(&[1, 0, 8, 0, 0, 0, 0, 0]), None);
        assert_eq!(radiotap(&[0, 0, 255, 255, 0, 0, 0, 0]), None);
        assert_eq!(radiotap(&[0, 0, 0, 0]), None);
    }

    #[test]
    fn takes_off_prism_and_avs() {
        let data = with([0x08, 2], 24);
        let little = [&[0x44, 0, 0, 0, 144, 0, 0, 0][..], &[0; 136], &data].concat();
        let big = [&[0, 0, 0, 0x44, 0, 0, 0, 144][..], &[0; 136], &data].concat();
        let other = [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[0; 56], &data].concat();
        for packet in [&little, &big, &other] {
            assert_eq!(ip(prism(packet)), Some(&b"ip"[..]));
        }
        assert_eq!(ip(avs(&other)), Some(&b"ip"[..]));
        assert_eq!(avs(&[0x80, 0x21, 0x10, 1, 255, 255, 255, 255]), None);
        assert_eq!(prism(&little[..7]), None);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            for read in [frame, radiotap, prism, avs] {
                let _ = ip(read(&bytes));
            }
        }
    }
}
