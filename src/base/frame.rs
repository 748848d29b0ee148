//! One captured frame, and how everything later refers back to it.

use super::time::Timestamp;

/// Which frame of which capture: the evidence of every finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameRef {
    /// Index of the capture in the report's `captures`, from 0.
    pub capture: u32,
    /// Number of the frame in that capture, from 1, as Wireshark counts.
    pub number: u64,
}

/// Link type of a capture interface, the `LINKTYPE_` value of the tcpdump.org registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

#[allow(missing_docs)]
impl LinkType {
    pub const NULL: Self = Self(0);
    pub const ETHERNET: Self = Self(1);
    pub const RAW: Self = Self(101);
    pub const LOOP: Self = Self(108);
    pub const LINUX_SLL: Self = Self(113);
    pub const IPV4: Self = Self(228);
    pub const IPV6: Self = Self(229);
    pub const LINUX_SLL2: Self = Self(276);

    /// The registry's name, `None` for a value this program does not know.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "NULL",
            1 => "EN10MB",
            9 => "PPP",
            12 | 14 | 101 => "RAW",
            50 => "PPP_HDLC",
            51 => "PPP_ETHER",
            105 => "IEEE802_11",
            107 => "FRELAY",
            108 => "LOOP",
            113 => "LINUX_SLL",
            127 => "IEEE802_11_RADIOTAP",
            147 => "USER0",
            228 => "IPV4",
            229 => "IPV6",
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
