//! The link types of libpcap's handles (`DLT_`), which differ between systems, as those of capture files
//! (`LINKTYPE_`), which do not.

use crate::base::frame::LinkType;

/// The file value of a handle's link type; `None` where a file could not name it.
pub(super) fn of_handle(dlt: i32) -> Option<LinkType> {
    let differs = DIFFERENT.iter().find(|(known, _)| *known == dlt);
    match differs {
        Some((_, link)) => Some(LinkType(*link)),
        None => u16::try_from(dlt).ok().map(LinkType),
    }
}

/// The handle value of a file's link type.
#[cfg(test)]
pub(super) fn to_handle(link: LinkType) -> i32 {
    let differs = DIFFERENT.iter().find(|(_, known)| *known == link.0);
    differs.map_or(i32::from(link.0), |(dlt, _)| *dlt)
}

/// libpcap's pcap-common.c. All other values are the same.
const DIFFERENT: &[(i32, u16)] = &[
    (11, 100),                              // ATM RFC 1483
    (DLT_RAW, 101),                         // raw IP
    (if RAW_IS_12 { 13 } else { 15 }, 102), // SLIP of BSD/OS
    (if RAW_IS_12 { 14 } else { 16 }, 103), // PPP of BSD/OS
    (19, 106),                              // Classical IP over ATM
];
const RAW_IS_12: bool = !cfg!(target_os = "openbsd");
const DLT_RAW: i32 = if RAW_IS_12 { 12 } else { 14 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_ip_has_another_number_and_others_their_own() {
        assert_eq!(of_handle(DLT_RAW), Some(LinkType::RAW));
        for same in [LinkType::ETHERNET, LinkType::LINUX_SLL, LinkType::LINUX_SLL2] {
            assert_eq!(of_handle(i32::from(same.0)), Some(same));
            assert_eq!(to_handle(same), i32::from(same.0));
        }
        assert_eq!(to_handle(LinkType::RAW), DLT_RAW);
        assert_eq!(of_handle(-1), None);
        assert_eq!(of_handle(70_000), None);
    }
}
