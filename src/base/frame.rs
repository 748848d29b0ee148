//! One captured frame, and how everything later refers back to it.

use std::fmt;
use std::num::NonZeroU64;

use super::time::Timestamp;

/// Which frame of which capture: the evidence of every finding. In the order of captures, then of frames.
///
/// Conversations are full of these, and of places for those that did not come: so both numbers stand in one, and
/// none takes no more room than one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameRef(NonZeroU64);

impl FrameRef {
    /// `capture`: index in the report's `captures`, from 0. `number`: of the frame in that capture, from 1, as
    /// Wireshark counts. Beyond a million captures and 16 × 10¹² frames the last ones count as one.
    #[must_use]
    pub const fn new(capture: u32, number: u64) -> Self {
        let capture = if capture < CAPTURES { capture as u64 } else { CAPTURES as u64 - 1 };
        let number = if number < NUMBERS { number } else { NUMBERS - 1 };
        Self(NonZeroU64::MIN.saturating_add(capture << NUMBER_BITS | number))
    }

    /// Index of the capture in the report's `captures`, from 0.
    #[must_use]
    pub const fn capture(self) -> u32 {
        ((self.0.get() - 1) >> NUMBER_BITS) as u32
    }

    /// Number of the frame in that capture, from 1.
    #[must_use]
    pub const fn number(self) -> u64 {
        (self.0.get() - 1) & ((1 << NUMBER_BITS) - 1)
    }
}

impl Default for FrameRef {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl fmt::Debug for FrameRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.capture(), self.number())
    }
}

/// Bits of the number of a frame; those above are the capture's.
const NUMBER_BITS: u32 = 44;
/// One number is left out, so that adding one never overflows.
const NUMBERS: u64 = (1 << NUMBER_BITS) - 1;
const CAPTURES: u32 = 1 << (64 - NUMBER_BITS);

/// Link type of a capture interface, the `LINKTYPE_` value of the tcpdump.org registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

#[allow(missing_docs)]
impl LinkType {
    pub const NULL: Self = Self(0);
    pub const ETHERNET: Self = Self(1);
    pub const PPP: Self = Self(9);
    pub const PPP_HDLC: Self = Self(50);
    pub const PPP_ETHER: Self = Self(51);
    pub const RAW: Self = Self(101);
    pub const C_HDLC: Self = Self(104);
    pub const IEEE802_11: Self = Self(105);
    pub const LOOP: Self = Self(108);
    pub const LINUX_SLL: Self = Self(113);
    pub const IEEE802_11_PRISM: Self = Self(119);
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    pub const USER2: Self = Self(149);
    pub const IEEE802_11_AVS: Self = Self(163);
    pub const PPP_PPPD: Self = Self(166);
    pub const PPP_WITH_DIR: Self = Self(204);
    pub const IPV4: Self = Self(228);
    pub const IPV6: Self = Self(229);
    pub const PKTAP: Self = Self(258);
    pub const LINUX_SLL2: Self = Self(276);

    /// The registry's name, `None` for a value this program does not know.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "NULL",
            1 => "EN10MB",
            3 => "AX25",
            6 => "IEEE802_5",
            7 => "ARCNET_BSD",
            8 => "SLIP",
            9 => "PPP",
            10 => "FDDI",
            12 | 14 | 101 => "RAW",
            50 => "PPP_HDLC",
            51 => "PPP_ETHER",
            99 => "SYMANTEC_FIREWALL",
            100 => "ATM_RFC1483",
            104 => "C_HDLC",
            105 => "IEEE802_11",
            107 => "FRELAY",
            108 => "LOOP",
            109 => "ENC",
            113 => "LINUX_SLL",
            114 => "LTALK",
            117 => "PFLOG",
            119 => "IEEE802_11_PRISM",
            122 => "IP_OVER_FC",
            123 => "SUNATM",
            127 => "IEEE802_11_RADIOTAP",
            128 => "TZSP",
            138 => "APPLE_IP_OVER_IEEE1394",
            143 => "DOCSIS",
            144 => "LINUX_IRDA",
            147 => "USER0",
            148 => "USER1",
            149 => "USER2",
            150 => "USER3",
            151 => "USER4",
            152 => "USER5",
            153 => "USER6",
            154 => "USER7",
            155 => "USER8",
            156 => "USER9",
            157 => "USER10",
            158 => "USER11",
            159 => "USER12",
            160 => "USER13",
            161 => "USER14",
            162 => "USER15",
            163 => "IEEE802_11_AVS",
            166 => "PPP_PPPD",
            177 => "LINUX_LAPD",
            187 => "BLUETOOTH_HCI_H4",
            189 => "USB_LINUX",
            192 => "PPI",
            195 => "IEEE802_15_4_WITHFCS",
            201 => "BLUETOOTH_HCI_H4_WITH_PHDR",
            203 => "LAPD",
            204 => "PPP_WITH_DIR",
            205 => "C_HDLC_WITH_DIR",
            206 => "FRELAY_WITH_DIR",
            220 => "USB_LINUX_MMAPPED",
            224 => "FC_2",
            226 => "IPNET",
            227 => "CAN_SOCKETCAN",
            228 => "IPV4",
            229 => "IPV6",
            239 => "NFLOG",
            240 => "NETANALYZER",
            246 => "PFSYNC",
            247 => "INFINIBAND",
            249 => "USBPCAP",
            252 => "WIRESHARK_UPPER_PDU",
            253 => "NETLINK",
            258 => "PKTAP",
            259 => "EPON",
            274 => "ETHERNET_MPACKET",
            276 => "LINUX_SLL2",
            _ => return None,
        })
    }
}

/// One record of a capture, borrowed from the reader's window.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was captured.
    pub at: Timestamp,
    /// Where it stands.
    pub frame: FrameRef,
    /// Index of its interface in the capture's facts.
    pub interface: u32,
    /// How its first bytes are to be read.
    pub link: LinkType,
    /// Length on the wire; more than `data.len()` where the capture cut the frame.
    pub original_len: u32,
    /// The captured bytes.
    pub data: &'a [u8],
}

/// When and where something was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Capture time.
    pub at: Timestamp,
    /// Frame.
    pub frame: FrameRef,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_and_a_place_for_none_take_eight_octets() {
        assert_eq!((size_of::<FrameRef>(), size_of::<Option<FrameRef>>()), (8, 8));
        assert_eq!(size_of::<Option<Mark>>(), 16);
    }

    #[test]
    fn beyond_the_last_is_the_last() {
        let most = FrameRef::new(u32::MAX, u64::MAX);
        assert_eq!((most.capture(), most.number()), (CAPTURES - 1, NUMBERS - 1));
        assert!(FrameRef::new(1, NUMBERS) < FrameRef::new(2, 0));
    }

    proptest! {
        #[test]
        fn both_numbers_are_kept_in_their_order(
            (a, b) in (0..CAPTURES, 0..NUMBERS),
            (c, d) in (0..CAPTURES, 0..NUMBERS),
        ) {
            let (one, other) = (FrameRef::new(a, b), FrameRef::new(c, d));
            prop_assert_eq!((one.capture(), one.number()), (a, b));
            prop_assert_eq!(one.cmp(&other), (a, b).cmp(&(c, d)));
        }
    }
}
