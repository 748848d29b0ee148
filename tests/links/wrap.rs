//! An IP packet put into every link type and every tunnel that is read, written here by hand from the
//! formats' descriptions.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

/// A way to write an IP packet as a frame.
pub struct Link {
    pub name: &'static str,
    /// `LINKTYPE_` value.
    pub number: u16,
    pub wrap: fn(&[u8]) -> Vec<u8>,
}

/// A way to put an IP packet inside another one.
pub struct Tunnel {
    pub name: &'static str,
    pub wrap: fn(&[u8]) -> Vec<u8>,
}

pub const LINKS: &[Link] = &[
    Link { name: "Ethernet", number: 1, wrap: |ip| ethernet(kind(ip), ip) },
    Link {
        name: "VLAN",
        number: 1,
        wrap: |ip| ethernet([0x81, 0], &join(&[&[0, 5], &kind(ip), ip])),
    },
    Link {
        name: "802.3 with SNAP",
        number: 1,
        wrap: |ip| ethernet(short(8 + ip.len()), &snap(ip)),
    },
    Link {
        name: "802.3 with IP's own access point",
        number: 1,
        wrap: |ip| ethernet([0, 60], &join(&[&access_point(ip), ip])),
    },
    Link { name: "PPPoE", number: 1, wrap: |ip| ethernet([0x88, 0x64], &pppoe(ip)) },
    Link {
        name: "PPPoE in a VLAN",
        number: 1,
        wrap: |ip| ethernet([0x81, 0], &join(&[&[0, 7, 0x88, 0x64], &pppoe(ip)])),
    },
    Link {
        name: "MPLS",
        number: 1,
        wrap: |ip| ethernet([0x88, 0x47], &join(&[&[0, 1, 0x40, 64, 0, 1, 0x51, 64], ip])),
    },
    Link {
        name: "multicast MPLS",
        number: 1,
        wrap: |ip| ethernet([0x88, 0x48], &join(&[&[0, 1, 0x51, 64], ip])),
    },
    Link {
        name: "pseudowire",
        number: 1,
        wrap: |ip| {
            ethernet([0x88, 0x47], &join(&[&[0, 1, 0x51, 64, 0, 0, 0, 1], &ethernet(kind(ip), ip)]))
        },
    },
    Link {
        name: "pseudowire without control word",
        number: 1,
        wrap: |ip| ethernet([0x88, 0x47], &join(&[&[0, 1, 0x51, 64], &ethernet(kind(ip), ip)])),
    },
    Link {
        name: "NULL",
        number: 0,
        wrap: |ip| join(&[&[if kind(ip) == V6 { 24 } else { 2 }, 0, 0, 0], ip]),
    },
    Link { name: "RAW", number: 101, wrap: <[u8]>::to_vec },
    Link { name: "SLL", number: 113, wrap: |ip| sll(1, kind(ip), ip) },
    Link { name: "SLL of a PPP device", number: 113, wrap: |ip| sll(512, kind(ip), ip) },
    Link { name: "SLL with a PPP protocol", number: 113, wrap: |ip| sll(512, ppp_kind(ip), ip) },
    Link { name: "SLL with a PPP frame", number: 113, wrap: |ip| sll(512, [0, 0], &ppp(ip)) },
    Link { name: "SLL with PPPoE", number: 113, wrap: |ip| sll(1, [0x88, 0x64], &pppoe(ip)) },
    Link { name: "SLL with LLC", number: 113, wrap: |ip| sll(1, [0, 4], &snap(ip)) },
    Link {
        name: "SLL of a radio",
        number: 113,
        wrap: |ip| sll(803, [0, 25], &radiotap(&wifi([0x08, 1], 24, ip))),
    },
    Link { name: "SLL2", number: 276, wrap: |ip| sll2(1, kind(ip), ip) },
    Link { name: "SLL2 with a PPP protocol", number: 276, wrap: |ip| sll2(512, ppp_kind(ip), ip) },
    Link { name: "PPP", number: 9, wrap: |ip| join(&[&ppp_kind(ip), ip]) },
    Link { name: "PPP with address", number: 9, wrap: ppp },
    Link { name: "PPP, short protocol", number: 9, wrap: |ip| join(&[&ppp_kind(ip)[1..], ip]) },
    Link { name: "PPP_HDLC", number: 50, wrap: ppp },
    Link { name: "PPP_HDLC of Cisco", number: 50, wrap: |ip| join(&[&[0x0F, 0], &kind(ip), ip]) },
    Link { name: "PPP_ETHER", number: 51, wrap: pppoe },
    Link { name: "C_HDLC", number: 104, wrap: |ip| join(&[&[0x8F, 0], &kind(ip), ip]) },
    Link { name: "PPP_PPPD", number: 166, wrap: |ip| join(&[&[1, 3], &ppp_kind(ip), ip]) },
    Link { name: "PPP_WITH_DIR", number: 204, wrap: |ip| join(&[&[0], &ppp(ip)]) },
    Link {
        name: "PPP_WITH_DIR without address",
        number: 204,
        wrap: |ip| join(&[&[1], &ppp_kind(ip), ip]),
    },
    Link { name: "802.11", number: 105, wrap: |ip| wifi([0x08, 2], 24, ip) },
    Link { name: "802.11 QoS", number: 105, wrap: |ip| wifi([0x88, 1], 26, ip) },
    Link { name: "802.11 four addresses", number: 105, wrap: |ip| wifi([0x08, 3], 30, ip) },
    Link {
        name: "802.11 QoS, four addresses, HT",
        number: 105,
        wrap: |ip| wifi([0x88, 0x83], 36, ip),
    },
    Link { name: "radiotap", number: 127, wrap: |ip| radiotap(&wifi([0x88, 1], 26, ip)) },
    Link {
        name: "Prism",
        number: 119,
        wrap: |ip| join(&[&[0x44, 0, 0, 0, 144, 0, 0, 0], &[0; 136], &wifi([0x08, 2], 24, ip)]),
    },
    Link { name: "AVS", number: 163, wrap: |ip| avs(&wifi([0x08, 2], 24, ip)) },
    Link {
        name: "AVS under Prism's number",
        number: 119,
        wrap: |ip| avs(&wifi([0x08, 2], 24, ip)),
    },
    Link { name: "PKTAP of Ethernet", number: 258, wrap: |ip| pktap(1, &ethernet(kind(ip), ip)) },
    Link { name: "PKTAP of raw IP", number: 258, wrap: |ip| pktap(12, ip) },
    Link { name: "PKTAP as USER2", number: 149, wrap: |ip| pktap(9, &ppp(ip)) },
];

/// One that is not read.
pub const UNKNOWN: Link = Link { name: "USER0", number: 147, wrap: <[u8]>::to_vec };

pub const TUNNELS: &[Tunnel] = &[
    Tunnel { name: "IP in IPv4", wrap: |ip| in_v4(ip_protocol(ip), ip) },
    Tunnel { name: "IP in IPv6", wrap: |ip| in_v6(ip_protocol(ip), ip) },
    Tunnel { name: "GRE", wrap: |ip| in_v4(47, &join(&[&[0, 0], &kind(ip), ip])) },
    Tunnel { name: "GRE over IPv6", wrap: |ip| in_v6(47, &join(&[&[0, 0], &kind(ip), ip])) },
    Tunnel {
        name: "GRE with all fields",
        wrap: |ip| in_v4(47, &join(&[&[0xB0, 0], &kind(ip), &[0; 12], ip])),
    },
    Tunnel {
        name: "GRE bridging",
        wrap: |ip| in_v4(47, &join(&[&[0x20, 0, 0x65, 0x58, 0, 0, 0, 1], &ethernet(kind(ip), ip)])),
    },
    Tunnel {
        name: "ERSPAN I",
        wrap: |ip| in_v4(47, &join(&[&[0, 0, 0x88, 0xBE], &ethernet(kind(ip), ip)])),
    },
    Tunnel {
        name: "ERSPAN II",
        wrap: |ip| {
            in_v4(
                47,
                &join(&[
                    &[0x10, 0, 0x88, 0xBE, 0, 0, 0, 1, 0x10],
                    &[1; 7],
                    &ethernet(kind(ip), ip),
                ]),
            )
        },
    },
    Tunnel {
        name: "ERSPAN III",
        wrap: |ip| {
            in_v4(
                47,
                &join(&[
                    &[0x10, 0, 0x22, 0xEB, 0, 0, 0, 1, 0x20, 0],
                    &[0; 10],
                    &ethernet(kind(ip), ip),
                ]),
            )
        },
    },
    Tunnel {
        name: "VXLAN",
        wrap: |ip| {
            in_v4(17, &udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &ethernet(kind(ip), ip)])))
        },
    },
    Tunnel {
        name: "VXLAN over IPv6",
        wrap: |ip| {
            in_v6(17, &udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &ethernet(kind(ip), ip)])))
        },
    },
    Tunnel {
        name: "GENEVE",
        wrap: |ip| {
            in_v4(
                17,
                &udp(
                    6081,
                    &join(&[&[1, 0, 0x65, 0x58, 0, 0, 7, 0], &[0; 4], &ethernet(kind(ip), ip)]),
                ),
            )
        },
    },
];

/// The octets of an IPv4 packet in fragments of at most `step` octets of payload, a multiple of 8.
pub fn fragments(ip: &[u8], step: usize) -> Vec<Vec<u8>> {
    let (head, payload) = ip.split_at(20);
    let pieces = payload.len().div_ceil(step);
    let mut out = Vec::new();
    for (n, piece) in payload.chunks(step).enumerate() {
        let more = if n + 1 < pieces { 0x2000 } else { 0 };
        let mut fragment = join(&[head, piece]);
        fragment[2..4].copy_from_slice(&short(head.len() + piece.len()));
        fragment[6..8].copy_from_slice(&short(more | (n * step / 8)));
        out.push(fragment);
    }
    out
}

fn ethernet(kind: [u8; 2], rest: &[u8]) -> Vec<u8> {
    join(&[&[0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2], &kind, rest])
}

fn snap(ip: &[u8]) -> Vec<u8> {
    join(&[&[0xAA, 0xAA, 3, 0, 0, 0], &kind(ip), ip])
}

/// IPv6 was never given one.
fn access_point(ip: &[u8]) -> Vec<u8> {
    if kind(ip) == V6 { join(&[&[0xAA, 0xAA, 3, 0, 0, 0], &V6]) } else { vec![6, 6, 3] }
}

fn ppp(ip: &[u8]) -> Vec<u8> {
    join(&[&[0xFF, 3], &ppp_kind(ip), ip])
}

fn pppoe(ip: &[u8]) -> Vec<u8> {
    join(&[&[0x11, 0, 0, 9], &short(ip.len() + 2), &ppp_kind(ip), ip])
}

fn sll(device: usize, protocol: [u8; 2], rest: &[u8]) -> Vec<u8> {
    join(&[&[0, 0], &short(device), &[0, 6], &[0; 8], &protocol, rest])
}

fn sll2(device: usize, protocol: [u8; 2], rest: &[u8]) -> Vec<u8> {
    join(&[&protocol, &[0, 0, 0, 0, 0, 3], &short(device), &[0, 6], &[0; 8], rest])
}

/// Header of this length, LLC, and a frame check sequence, here always wrong.
fn wifi(control: [u8; 2], header: usize, ip: &[u8]) -> Vec<u8> {
    let mut frame = control.to_vec();
    frame.resize(header, 0);
    join(&[&frame, &snap(ip), &[0xDE, 0xAD, 0xBE, 0xEF]])
}

/// Timer and flags, "frame check sequence at the end".
fn radiotap(frame: &[u8]) -> Vec<u8> {
    join(&[&[0, 0, 17, 0, 3, 0, 0, 0], &[7; 8], &[0x10], frame])
}

fn avs(frame: &[u8]) -> Vec<u8> {
    join(&[&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64], &[0; 56], frame])
}

fn pktap(link: u8, frame: &[u8]) -> Vec<u8> {
    join(&[&[108, 0, 0, 0, 1, 0, 0, 0, link, 0, 0, 0], b"en0\0", &[0; 92], frame])
}

fn in_v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total = short(20 + payload.len());
    join(&[
        &[0x45, 0],
        &total,
        &[0, 9, 0, 0, 64, protocol, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2],
        payload,
    ])
}

fn in_v6(next: u8, payload: &[u8]) -> Vec<u8> {
    join(&[&[0x60, 0, 0, 0], &short(payload.len()), &[next, 64], &[0xFD; 32], payload])
}

fn udp(to: u16, message: &[u8]) -> Vec<u8> {
    join(&[&[0xC3, 0x50], &to.to_be_bytes(), &short(8 + message.len()), &[0, 0], message])
}

const V4: [u8; 2] = [0x08, 0x00];
const V6: [u8; 2] = [0x86, 0xDD];

/// EtherType of a packet.
fn kind(ip: &[u8]) -> [u8; 2] {
    if ip.first().is_some_and(|b| b >> 4 == 6) { V6 } else { V4 }
}

fn ppp_kind(ip: &[u8]) -> [u8; 2] {
    if kind(ip) == V6 { [0x00, 0x57] } else { [0x00, 0x21] }
}

fn ip_protocol(ip: &[u8]) -> u8 {
    if kind(ip) == V6 { 41 } else { 4 }
}

fn short(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap().to_be_bytes()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}
