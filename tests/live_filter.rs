//! The filter of live capture loses nothing: what the link layer finds relevant in a frame, the filter that
//! libpcap compiles keeps. And it is worth having: the traffic of a working day does not pass.
#![cfg(have_libpcap)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

#[path = "links/wrap.rs"]
mod wrap;

use std::path::PathBuf;

use libpcap::BpfProgram;
use libpcap::Capture;
use libpcap::Linktype;
use pptp_diag::base::frame::{Frame, FrameRef, LinkType};
use pptp_diag::base::time::Timestamp;
use pptp_diag::capture;
use pptp_diag::capture::live::filter;
use pptp_diag::link::Linker;
use proptest::prelude::*;

const LINKS: [LinkType; 6] = [
    LinkType::ETHERNET,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::RAW,
    LinkType::NULL,
    LinkType::LOOP,
];

fn handle_number(link: LinkType) -> i32 {
    if link == LinkType::RAW { 12 } else { i32::from(link.0) }
}

fn compiled(link: LinkType, text: &str) -> Result<BpfProgram, libpcap::Error> {
    Capture::dead(Linktype(handle_number(link))).unwrap().compile(text, true)
}

/// Our filter alone; `None` where everything is taken.
fn ours(link: LinkType, ports: &[u16]) -> Option<BpfProgram> {
    let text = filter::relevant(link, ports)?;
    Some(compiled(link, &text).unwrap_or_else(|e| panic!("{link:?}: {e}\n{text}")))
}

/// Whether the link layer sees something that matters, by this frame alone.
fn matters(link: LinkType, data: &[u8], ports: &[u16]) -> bool {
    let mut linker = Linker::without_gate(ports);
    let original_len = u32::try_from(data.len()).unwrap();
    let frame = FrameRef::new(0, 1);
    let frame = Frame { at: Timestamp(0), frame, interface: 0, link, original_len, data };
    linker.datagram(&frame).is_some() || linker.holds_fragment()
}

#[test]
fn compiles_on_every_link_and_stays_small() {
    for link in LINKS {
        for ports in [&[][..], &[1724, 47, 1723, 8443]] {
            let instructions = ours(link, ports).unwrap().get_instructions().len();
            eprintln!("{link:?}, {} ports: {instructions} instructions", ports.len());
            // The kernel takes 4096, but older ones (`net.core.optmem_max` 20480) have memory for a
            // sixth of that, and filter nothing themselves where it is too little.
            assert!(instructions < 640, "{link:?}: {instructions}");
        }
    }
    assert_eq!(filter::relevant(LinkType::IEEE802_11_RADIOTAP, &[]), None);
}

#[test]
fn a_filter_of_the_user_means_behind_ours_what_it_means_alone() {
    let gre = ethernet(&[0x08, 0], &v4(47, 0, &[0; 8]));
    let tagged = ethernet(&[0x81, 0, 0, 7, 0x08, 0], &v4(47, 0, &[0; 8]));
    for (text, untagged, in_vlan) in [
        ("host 192.0.2.1", true, false),
        ("not host 192.0.2.1", false, true),
        ("vlan and host 192.0.2.1", false, true),
        ("vlan 8", false, false),
        ("host 192.0.2.1 or (vlan and host 192.0.2.1)", true, true),
        ("host 192.0.2.9", false, false),
        ("tcp", false, false),
    ] {
        let link = LinkType::ETHERNET;
        let whole = filter::both(filter::relevant(link, &[]), Some(text)).unwrap();
        let whole = compiled(link, &whole).unwrap();
        assert_eq!(whole.filter(&gre), untagged, "{text}");
        assert_eq!(whole.filter(&tagged), in_vlan, "{text}");
    }
    assert_eq!(filter::both(None, Some("tcp")).as_deref(), Some("tcp"));
    assert_eq!(filter::both(None, None), None);
}

#[test]
fn keeps_what_matters_of_every_recording_and_sample() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut all = 0;
    let mut kept = 0;
    let mut relevant = 0;
    for folder in ["samples", "../shared/captures/lab", "../shared/captures/public"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else {
            eprintln!("skipped: {folder} is absent");
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let Ok(mut source) = capture::open(&path, 0) else { continue };
            let mut programs: Vec<(LinkType, Option<BpfProgram>)> = Vec::new();
            while let Ok(Some(frame)) = source.next_frame() {
                if programs.iter().all(|(link, _)| *link != frame.link) {
                    programs.push((frame.link, ours(frame.link, &[])));
                }
                let program = programs.iter().find(|(link, _)| *link == frame.link);
                let Some((_, Some(program))) = program else { continue };
                // The kernel filters whole frames, before they are cut.
                let whole = frame.data.len() >= frame.original_len as usize;
                let keeps = program.filter(frame.data);
                let is_relevant = matters(frame.link, frame.data, &[]);
                all += 1;
                kept += usize::from(keeps);
                relevant += usize::from(is_relevant);
                assert!(
                    keeps || !is_relevant || !whole,
                    "{}: frame {} is lost",
                    path.display(),
                    frame.frame.number()
                );
            }
        }
    }
    eprintln!("{all} frames, {kept} kept, {relevant} relevant");
    assert!(all > 100 && kept >= relevant);
}

/// A frame to and from made-up stations; `head`: tags and EtherType.
fn ethernet(head: &[u8], packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    frame.extend(head);
    frame.extend(packet);
    frame.resize(frame.len().max(60), 0);
    frame
}

fn v4(protocol: u8, place: u16, payload: &[u8]) -> Vec<u8> {
    let mut ip = vec![0x45, 0];
    ip.extend(u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
    ip.extend([0, 7]);
    ip.extend(place.to_be_bytes());
    ip.extend([64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    ip.extend(payload);
    ip
}

fn v6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut ip = vec![0x60, 0, 0, 0];
    ip.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    ip.extend([next, 64]);
    for host in [1, 2] {
        ip.extend([0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
    }
    ip.extend(payload);
    ip
}

/// Ports, and a TCP header of so many words; then what it carries.
fn transport(from: u16, to: u16, words: u8, payload: &[u8]) -> Vec<u8> {
    let mut t = [from.to_be_bytes(), to.to_be_bytes()].concat();
    t.resize(4 * usize::from(words), 0);
    t[12] = words << 4;
    t.extend(payload);
    t
}

const MESSAGE: [u8; 12] = [0, 156, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D, 0, 1, 0, 0];

/// Packets with a name, and whether they matter.
fn packets() -> Vec<(&'static str, bool, u16, Vec<u8>)> {
    let icmp = |kind: u8| [vec![kind, 1, 0, 0, 0, 0, 0, 0], v4(47, 0, &[0; 8])].concat();
    vec![
        ("GRE", true, 4, v4(47, 0x4000, &[0x30, 1, 0x88, 0x0B])),
        ("a later fragment of GRE", true, 4, v4(47, 0x00B9, &[1; 40])),
        ("control", true, 4, v4(6, 0x4000, &transport(40_000, 1723, 5, &[]))),
        ("control, answered", true, 4, v4(6, 0x4000, &transport(1723, 40_000, 8, &[]))),
        ("control on a named port", true, 4, v4(6, 0, &transport(40_000, 1724, 5, &[]))),
        ("a control message elsewhere", true, 4, v4(6, 0, &transport(9, 8443, 5, &MESSAGE))),
        ("the same with time stamps", true, 4, v4(6, 0, &transport(9, 8443, 8, &MESSAGE))),
        ("the same with other options", true, 4, v4(6, 0, &transport(9, 8443, 10, &MESSAGE))),
        ("a fragment of TCP", true, 4, v4(6, 0x2000, &transport(9, 443, 5, &[0; 8]))),
        ("a later fragment of TCP", true, 4, v4(6, 1, &[0; 8])),
        ("unreachable", true, 4, v4(1, 0, &icmp(3))),
        ("a later fragment of UDP", true, 4, v4(17, 3, &[0; 8])),
        ("VXLAN", true, 4, v4(17, 0, &transport(50_000, 4789, 5, &[0; 40]))),
        ("IP in IP", true, 4, v4(4, 0, &v4(47, 0, &[0; 8]))),
        ("GRE", true, 6, v6(47, &[0x30, 1, 0x88, 0x0B])),
        ("control", true, 6, v6(6, &transport(40_000, 1723, 5, &[]))),
        ("a control message elsewhere", true, 6, v6(6, &transport(9, 8443, 8, &MESSAGE))),
        ("first fragment of GRE", true, 6, v6(44, &[47, 0, 0, 1, 0, 0, 0, 9, 0x30, 1, 0x88, 0x0B])),
        ("later fragment of GRE", true, 6, v6(44, &[47, 0, 0, 8, 0, 0, 0, 9, 1, 2, 3, 4])),
        ("packet too big", true, 6, v6(58, &[2, 0, 0, 0, 0, 0, 5, 0])),
        ("the web", false, 4, v4(6, 0x4000, &transport(40_000, 443, 8, &[0x16; 80]))),
        ("a web server opens", false, 4, v4(6, 0x4000, &transport(443, 40_000, 10, &[]))),
        ("an acknowledgement", false, 4, v4(6, 0x4000, &transport(443, 40_000, 5, &[]))),
        ("DNS", false, 4, v4(17, 0, &transport(40_000, 53, 5, &[1; 40]))),
        ("UDP from a tunnel's port", false, 4, v4(17, 0, &transport(4789, 9, 5, &[]))),
        ("UDP on 1723", false, 4, v4(17, 0, &transport(1723, 1723, 5, &[]))),
        ("ping", false, 4, v4(1, 0, &icmp(8))),
        ("ESP", false, 4, v4(50, 0, &[0; 40])),
        ("the web", false, 6, v6(6, &transport(40_000, 443, 8, &[0x16; 80]))),
        ("DNS", false, 6, v6(17, &transport(40_000, 53, 5, &[1; 40]))),
        ("neighbour solicitation", false, 6, v6(58, &[135; 24])),
    ]
}

#[test]
fn every_way_of_tagging_and_cooking() {
    let pppoe = |version: u16, ip: &[u8]| {
        let number = if version == 4 { 0x21 } else { 0x57 };
        [&[0x11, 0, 0, 5, 0, 200, 0, number][..], ip].concat()
    };
    let kind = |version: u16| if version == 4 { [0x08, 0] } else { [0x86, 0xDD] };
    for (name, matter, version, ip) in packets() {
        let [k0, k1] = kind(version);
        let session = pppoe(version, &ip);
        let cooked_one = [&[0, 0, 0, 1, 0, 6][..], &[0; 8], &[k0, k1], &ip].concat();
        let cooked_two = [&[k0, k1, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6][..], &[0; 8], &ip].concat();
        let cooked_session = [&[0, 0, 0, 1, 0, 6][..], &[0; 8], &[0x88, 0x64], &session].concat();
        let cooked_two_session =
            [&[0x88, 0x64, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6][..], &[0; 8], &session].concat();
        // On a cooked link everything with odd header lengths in PPPoE is kept.
        let odd = name.starts_with("a web server opens");
        for (way, link, keep, frame) in [
            ("untagged", LinkType::ETHERNET, matter, ethernet(&[k0, k1], &ip)),
            ("one tag", LinkType::ETHERNET, matter, ethernet(&[0x81, 0, 0, 7, k0, k1], &ip)),
            (
                "QinQ",
                LinkType::ETHERNET,
                matter,
                ethernet(&[0x88, 0xA8, 0, 7, 0x81, 0, 0, 9, k0, k1], &ip),
            ),
            (
                "two old tags",
                LinkType::ETHERNET,
                matter,
                ethernet(&[0x91, 0, 0, 7, 0x81, 0, 0, 9, k0, k1], &ip),
            ),
            ("PPPoE", LinkType::ETHERNET, matter, ethernet(&[0x88, 0x64], &session)),
            (
                "PPPoE behind a tag",
                LinkType::ETHERNET,
                matter,
                ethernet(&[0x81, 0, 0, 7, 0x88, 0x64], &session),
            ),
            ("cooked", LinkType::LINUX_SLL, matter, cooked_one),
            ("cooked, 2", LinkType::LINUX_SLL2, matter, cooked_two),
            ("PPPoE, cooked", LinkType::LINUX_SLL, matter || odd, cooked_session),
            ("PPPoE, cooked, 2", LinkType::LINUX_SLL2, matter || odd, cooked_two_session),
            ("raw", LinkType::RAW, matter, ip.clone()),
            (
                "loopback",
                LinkType::NULL,
                matter,
                [&[if version == 4 { 2 } else { 10 }, 0, 0, 0][..], &ip].concat(),
            ),
        ] {
            let program = ours(link, &[1724]).unwrap();
            assert_eq!(program.filter(&frame), keep, "{name} over IPv{version}, {way}");
            assert!(matter || !matters(link, &frame, &[1724]), "{name}, {way}");
        }
    }
    // More tags than are looked behind, and ARP.
    let deep = ethernet(&[0x81, 0, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, 8, 0], &v4(47, 0, &[0; 8]));
    let program = ours(LinkType::ETHERNET, &[]).unwrap();
    assert!(program.filter(&deep));
    assert!(!program.filter(&ethernet(&[0x08, 0x06], &[0; 28])));
}

/// Ports, length of header and payload that are likely to matter.
fn transports() -> impl Strategy<Value = Vec<u8>> {
    let port = || prop::sample::select(vec![1723u16, 443, 40_000, 8443, 4789, 6081]);
    let payload =
        prop::sample::select(vec![&b""[..], &MESSAGE, &[0x16, 3, 1, 0, 0, 0, 0, 0, 0, 0]]);
    (port(), port(), 5u8..16, any::<u8>(), payload).prop_map(|(from, to, words, first, payload)| {
        let mut t = transport(from, to, words, payload);
        if first < 64 {
            t[0] = first;
        }
        t
    })
}

fn ip_packets() -> impl Strategy<Value = Vec<u8>> {
    let protocol = prop::sample::select(vec![6u8, 6, 6, 47, 1, 58, 17, 51, 44, 0, 60, 4, 41, 50]);
    let place = prop::sample::select(vec![0u16, 0, 0x4000, 0x2000, 1, 3]);
    let base = (any::<bool>(), protocol, place, 0u8..4, transports()).prop_map(
        |(six, protocol, place, options, payload)| {
            if six {
                return v6(protocol, &payload);
            }
            let mut ip = v4(protocol, place, &payload);
            let more = 4 * usize::from(options);
            ip.splice(20..20, vec![1; more]);
            ip[0] += options;
            let total = u16::try_from(ip.len()).unwrap();
            ip[2..4].copy_from_slice(&total.to_be_bytes());
            ip
        },
    );
    (base, 0..2 * wrap::TUNNELS.len()).prop_map(|(ip, n)| match wrap::TUNNELS.get(n) {
        Some(tunnel) => (tunnel.wrap)(&ip),
        None => ip,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn loses_nothing_of_made_up_packets(ip in ip_packets(), link in 0..wrap::LINKS.len()) {
        let link = &wrap::LINKS[link];
        let frame = (link.wrap)(&ip);
        let number = LinkType(link.number);
        if let Some(program) = ours(number, &[])
            && matters(number, &frame, &[])
        {
            prop_assert!(program.filter(&frame), "{}: {frame:02x?}", link.name);
        }
    }

    #[test]
    fn loses_nothing_in_noise(link in prop::sample::select(LINKS.to_vec()),
                              data in prop::collection::vec(any::<u8>(), 0..100)) {
        // The reader goes by the first octet of IP; the system's own frames agree with it.
        let program = ours(link, &[]).unwrap();
        let _ = program.filter(&data);
    }
}
