//! BSD loopback (`LINKTYPE_NULL`, `LINKTYPE_LOOP`): a 32-bit address family, then IP. Bare IP links need
//! no code.

/// The IP packet behind an address family. `LINKTYPE_NULL` has it in the byte order of the capturing
/// host, which no header states: both are tried.
pub(super) fn by_family(frame: &[u8]) -> Option<&[u8]> {
    let (family, rest) = frame.split_first_chunk::<4>()?;
    let known = |n| matches!(n, INET | INET6_LINUX | INET6_BSD | INET6_FREEBSD | INET6_DARWIN);
    (known(u32::from_le_bytes(*family)) || known(u32::from_be_bytes(*family))).then_some(rest)
}

const INET: u32 = 2;
const INET6_LINUX: u32 = 10;
const INET6_BSD: u32 = 24;
const INET6_FREEBSD: u32 = 28;
const INET6_DARWIN: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_family_in_either_byte_order() {
        for family in [2, 10, 24, 28, 30] {
            assert_eq!(by_family(&[family, 0, 0, 0, b'x']), Some(&b"x"[..]));
            assert_eq!(by_family(&[0, 0, 0, family, b'x']), Some(&b"x"[..]));
        }
        assert_eq!(by_family(&[7, 0, 0, 0, b'x']), None);
        assert_eq!(by_family(&[2, 0, 0]), None);
    }
}
