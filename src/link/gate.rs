//! The gate: a few header octets decide whether an IP packet can matter at all. Most packets of a
//! capture end here, so it reads as little as it can, and in any doubt it keeps: the full decode judges
//! again. Whatever the full decode finds relevant, the gate keeps (`tests/gate.rs` holds it).

use super::ip::{AUTHENTICATION, DESTINATION, FRAGMENT, HOP_BY_HOP, ROUTING};
use super::ports::ControlPorts;
use super::{protocol, tunnel};

/// Whether the full decode should look at this IP packet.
#[inline]
pub(super) fn keeps(ip: &[u8], ports: &ControlPorts) -> bool {
    match ip.first().map(|b| b >> 4) {
        Some(4) => keeps_v4(ip, ports),
        Some(6) => keeps_v6(ip, ports),
        _ => true,
    }
}

#[inline]
fn keeps_v4(ip: &[u8], ports: &ControlPorts) -> bool {
    let Some(head) = ip.first_chunk::<20>() else { return true };
    // More Fragments, or an offset: ports may be in another fragment.
    let place = u16::from_be_bytes([head[6], head[7]]) & 0x3FFF;
    let fragment = place != 0;
    let payload = || ip.get(4 * usize::from(head[0] & 0x0F)..).unwrap_or_default();
    match head[9] {
        protocol::TCP => fragment || keeps_tcp(payload(), ports),
        // The ports of a tunnel are in the first fragment: whether it came, the full decode knows.
        protocol::UDP => place & 0x1FFF != 0 || tunnel::concerns(payload()),
        protocol::GRE | protocol::IPV4 | protocol::IPV6 | AUTHENTICATION => true,
        protocol::ICMP => !fragment && is_icmp_error(protocol::ICMP, payload()),
        _ => false,
    }
}

#[inline]
fn keeps_v6(ip: &[u8], ports: &ControlPorts) -> bool {
    let Some((head, payload)) = ip.split_first_chunk::<40>() else { return true };
    match head[6] {
        protocol::TCP => keeps_tcp(payload, ports),
        protocol::UDP => tunnel::concerns(payload),
        protocol::ICMPV6 => is_icmp_error(protocol::ICMPV6, payload),
        protocol::GRE | protocol::IPV4 | protocol::IPV6 => true,
        // Behind extension headers anything may follow: left to the full decode.
        next => is_extension(next),
    }
}

/// Whether it is TCP without a fragment header: the ports decide whether it is kept.
pub(super) fn is_tcp(ip: &[u8]) -> bool {
    match ip {
        [0x40..=0x4F, ..] => ip.get(9) == Some(&protocol::TCP),
        _ => ip.get(6) == Some(&protocol::TCP),
    }
}

#[inline]
fn is_extension(next: u8) -> bool {
    matches!(next, HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION)
}

#[inline]
fn keeps_tcp(segment: &[u8], ports: &ControlPorts) -> bool {
    segment.len() < 20 || ports.concern(segment)
}

/// Whether an ICMP or ICMPv6 message reports that a datagram did not arrive. What it quotes is judged by
/// the full decode.
#[inline]
fn is_icmp_error(protocol: u8, message: &[u8]) -> bool {
    match (protocol, message.first()) {
        // Unreachable (with "fragmentation needed"), source quench, time exceeded, parameter problem.
        (protocol::ICMP, Some(kind)) => matches!(kind, 3 | 4 | 11 | 12),
        // RFC 4443 §2.1: errors have the high bit clear.
        (_, Some(kind)) => kind & 0x80 == 0,
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(protocol: u8, flags: u16, payload: &[u8]) -> Vec<u8> {
        let mut ip = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol];
        ip[6..8].copy_from_slice(&flags.to_be_bytes());
        ip.resize(20, 0);
        ip.extend(payload);
        ip
    }

    fn v6(next: u8, payload: &[u8]) -> Vec<u8> {
        let mut ip = vec![0x60, 0, 0, 0, 0, 0, next, 64];
        ip.resize(40, 0);
        ip.extend(payload);
        ip
    }

    fn tcp(from: u16, to: u16) -> Vec<u8> {
        let mut s = [from.to_be_bytes(), to.to_be_bytes()].concat();
        s.resize(20, 0);
        s[12] = 0x50;
        s
    }

    #[test]
    fn keeps_what_may_matter_and_drops_the_rest() {
        let ports = ControlPorts::new(&[]);
        for (keep, ip) in [
            (true, v4(47, 0, &[])),
            (true, v4(6, 0, &tcp(40_000, 1723))),
            (true, v4(6, 0, &tcp(1723, 40_000))),
            (false, v4(6, 0, &tcp(40_000, 443))),
            (true, v4(6, 0, &tcp(40_000, 443)[..12])),
            (true, v4(6, 0x2000, &tcp(40_000, 443))),
            (true, v4(6, 1, &[0; 8])),
            (false, v4(6, 0x4000, &tcp(40_000, 443))),
            (false, v4(17, 0, &tcp(40_000, 1723))),
            (true, v4(17, 0, &tcp(40_000, 4789))),
            (true, v4(17, 0x2000, &tcp(40_000, 6081))),
            (false, v4(17, 0x2000, &tcp(4789, 40_000))),
            (true, v4(17, 0x2001, &tcp(9, 9))),
            (true, v4(4, 0, &[])),
            (true, v4(41, 0, &[])),
            (true, v4(1, 0, &[3, 2])),
            (false, v4(1, 0, &[8, 0])),
            (true, v6(47, &[])),
            (true, v6(44, &[])),
            (true, v6(6, &tcp(1723, 9))),
            (false, v6(6, &tcp(8, 9))),
            (true, v6(58, &[2])),
            (false, v6(58, &[128])),
            (false, v6(17, &[])),
            (true, v6(17, &tcp(9, 4789))),
            (true, v6(4, &[])),
            (true, v6(41, &[])),
        ] {
            assert_eq!(keeps(&ip, &ports), keep, "{ip:02x?}");
        }
    }

    #[test]
    fn keeps_what_is_too_short_to_judge() {
        let ports = ControlPorts::new(&[]);
        assert!(keeps(&[], &ports));
        assert!(keeps(&v4(17, 0, &[])[..19], &ports));
        assert!(keeps(&v6(17, &[])[..39], &ports));
    }
}
