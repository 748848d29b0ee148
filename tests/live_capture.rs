//! Live capture on real interfaces, in network namespaces that the tests make for themselves.
#![cfg(all(have_libpcap, target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // Tests have a clock, to end in time.

#[path = "support/namespace.rs"]
mod namespace;

use std::collections::HashSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use libpcap::Active;
use libpcap::Capture;
use namespace::inside;
use namespace::ip;
use pptp_diag::base::frame::Frame;
use pptp_diag::base::frame::LinkType;
use pptp_diag::capture;
use pptp_diag::capture::live;
use pptp_diag::capture::live::Heard;
use pptp_diag::capture::live::InterfaceState;
use pptp_diag::capture::live::LiveError;
use pptp_diag::capture::live::Settings;
use pptp_diag::capture::live::Sniffer;
use pptp_diag::flow::copies::Copies;
use pptp_diag::link::Linker;

const WAIT: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(8);

/// The frames of `samples/recorded-race.pcap` that matter: all but two of ARP.
fn recording() -> Vec<Vec<u8>> {
    let mut all = whole_recording();
    all.retain(|frame| frame[12..14] != [0x08, 0x06]);
    assert_eq!(all.len(), 39);
    all
}

fn whole_recording() -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/recorded-race.pcap");
    let mut source = capture::open(&path, 0).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        assert_eq!(frame.link, LinkType::ETHERNET);
        frames.push(frame.data.to_vec());
    }
    frames
}

/// The same with a field before the EtherType.
fn tagged(frame: &[u8], tags: &[u8]) -> Vec<u8> {
    [&frame[..12], tags, &frame[12..]].concat()
}

/// An Ethernet frame with a UDP datagram to the port of DNS.
fn dns() -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([0x45, 0, 0, 46, 0, 7, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    frame.extend([0xC0, 0, 0, 53, 0, 26, 0, 0]);
    frame.resize(60, 1);
    frame
}

fn sender(interface: &str) -> Capture<Active> {
    Capture::from_device(interface).unwrap().open().unwrap()
}

/// Hears until `enough` frames came or nothing comes any more; interface changes are left out.
fn hear(sniffer: &mut Sniffer, enough: usize, mut each: impl FnMut(&Frame<'_>)) {
    let start = Instant::now();
    let mut heard = 0;
    let mut quiet = 0;
    // Some more, to hear what should not come.
    while start.elapsed() < PATIENCE && (heard < enough || quiet < 2) {
        match sniffer.next(WAIT).unwrap() {
            Heard::Frame(frame) => {
                heard += 1;
                each(&frame);
            }
            _ => quiet += 1,
        }
    }
}

fn octets(sniffer: &mut Sniffer, enough: usize) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    hear(sniffer, enough, |frame| all.push(frame.data.to_vec()));
    all
}

/// Waits for the interface to go or to come back.
fn change(sniffer: &mut Sniffer) -> &'static str {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        match sniffer.next(WAIT).unwrap() {
            Heard::Gone => return "gone",
            Heard::Back => return "back",
            Heard::Frame(_) | Heard::Quiet => {}
        }
    }
    "nothing"
}

#[test]
fn every_frame_of_a_recording_arrives_and_nothing_else() {
    inside("every_frame_of_a_recording_arrives_and_nothing_else", || {
        let mut sniffer = Sniffer::open(&Settings::new("pdv0")).unwrap();
        assert!(matches!(sniffer.next(WAIT).unwrap(), Heard::Quiet));
        let mut out = sender("pdv1");
        let sent = recording();
        for frame in whole_recording() {
            out.sendpacket(dns()).unwrap();
            out.sendpacket(frame).unwrap();
        }
        let mut heard = Vec::new();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        hear(&mut sniffer, sent.len(), |frame| {
            heard.push(frame.data.to_vec());
            assert_eq!(frame.frame.number(), heard.len() as u64);
            assert_eq!(
                (frame.link, frame.frame.capture(), frame.interface),
                (LinkType::ETHERNET, 0, 0)
            );
            assert_eq!(frame.original_len as usize, frame.data.len());
            let apart = i128::from(frame.at.0) - i128::try_from(now.as_nanos()).unwrap();
            assert!(apart.abs() < 10_000_000_000, "{apart} ns");
        });
        assert_eq!(heard, sent);
        let drops = sniffer.drops();
        assert_eq!((drops.received, drops.dropped_kernel, drops.dropped_interface), (39, 0, 0));
        let facts = sniffer.facts();
        assert_eq!((facts.format, facts.name.as_str(), facts.frames), ("live", "pdv0", 39));
        assert_eq!((facts.cut_frames, facts.notes.len()), (0, 0));
        assert_eq!(facts.link_types, [LinkType::ETHERNET]);
        assert!(facts.first.unwrap() <= facts.last.unwrap());
        assert_eq!(facts.interfaces[0].name, "pdv0");
        // Nanoseconds: not all fractions end in three zeros.
        assert!([facts.first, facts.last].iter().flatten().any(|t| t.0 % 1000 != 0));
    });
}

#[test]
fn tags_are_kept_whether_the_card_takes_them_off_or_not() {
    inside("tags_are_kept_whether_the_card_takes_them_off_or_not", || {
        // On the receiving side the kernel takes the outer tag off, on the sending side it stays.
        let mut sides = ["pdv0", "pdv1"].map(|name| Sniffer::open(&Settings::new(name)).unwrap());
        let mut out = sender("pdv1");
        let frame = recording().swap_remove(19);
        let sent = [
            tagged(&frame, &[0x81, 0, 0, 7]),
            tagged(&frame, &[0x88, 0xA8, 0, 7, 0x81, 0, 0, 9]),
            tagged(&frame, &[0x81, 0, 0, 7, 0x81, 0, 0, 9]),
            tagged(&frame, &[0x81, 0, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3]),
        ];
        for frame in &sent {
            out.sendpacket(tagged(&dns(), &frame[12..frame.len().min(16)])).unwrap();
            out.sendpacket(&frame[..]).unwrap();
        }
        for sniffer in &mut sides {
            assert_eq!(octets(sniffer, sent.len()), sent, "{}", sniffer.facts().name);
        }
    });
}

#[test]
fn the_users_filter_ports_and_snap_length_apply() {
    inside("the_users_filter_ports_and_snap_length_apply", || {
        let of = |change: &dyn Fn(&mut Settings)| {
            let mut settings = Settings::new("pdv0");
            change(&mut settings);
            Sniffer::open(&settings).unwrap()
        };
        let mut gre = of(&|s| s.filter = Some("proto 47".to_owned()));
        let mut none = of(&|s| s.filter = Some("host 203.0.113.99 or udp".to_owned()));
        let mut cut = of(&|s| s.snap_length = 40);
        let mut port = of(&|s| s.ports = vec![8443]);
        let mut out = sender("pdv1");
        let sent = recording();
        let mut elsewhere = sent[0].clone();
        // A SYN; its ports stand behind 14 octets of Ethernet and 20 of IP.
        elsewhere[36..38].copy_from_slice(&8443u16.to_be_bytes());
        out.sendpacket(&elsewhere[..]).unwrap();
        for frame in &sent {
            out.sendpacket(&frame[..]).unwrap();
        }
        let is_gre = |f: &&Vec<u8>| f[23] == 47;
        let expected: Vec<Vec<u8>> = sent.iter().filter(is_gre).cloned().collect();
        assert_eq!(octets(&mut gre, expected.len()), expected);
        assert_eq!(octets(&mut none, 0), Vec::<Vec<u8>>::new());
        assert_eq!(octets(&mut port, sent.len() + 1).len(), sent.len() + 1);
        let mut lengths = Vec::new();
        hear(&mut cut, sent.len(), |f| lengths.push((f.data.len(), f.original_len as usize)));
        let whole: Vec<_> = sent.iter().map(|f| (f.len().min(40), f.len())).collect();
        assert_eq!(lengths, whole);
        assert_eq!((cut.facts().snap_length, cut.facts().cut_frames), (40, 39));
    });
}

#[test]
fn an_interface_may_go_and_come_back() {
    inside("an_interface_may_go_and_come_back", || {
        let mut sniffer = Sniffer::open(&Settings::new("pdv0")).unwrap();
        let sent = recording();
        let send = |frames: &[Vec<u8>]| {
            let mut out = sender("pdv1");
            for frame in frames {
                out.sendpacket(&frame[..]).unwrap();
            }
        };
        send(&sent[..5]);
        let mut heard = octets(&mut sniffer, 5);
        ip("link set pdv0 down");
        assert_eq!(change(&mut sniffer), "gone");
        assert!(matches!(sniffer.next(WAIT).unwrap(), Heard::Quiet));
        ip("link set pdv0 up");
        assert_eq!(change(&mut sniffer), "back");
        send(&sent[5..10]);
        heard.extend(octets(&mut sniffer, 5));
        // Down and up again between two looks.
        ip("link set pdv0 down");
        ip("link set pdv0 up");
        send(&sent[10..15]);
        heard.extend(octets(&mut sniffer, 5));
        // Another one of the same name.
        let before = sniffer.drops().received;
        ip("link del pdv0");
        assert_eq!(change(&mut sniffer), "gone");
        namespace::join();
        assert_eq!(change(&mut sniffer), "back");
        send(&sent[15..]);
        heard.extend(octets(&mut sniffer, sent.len() - 15));
        assert_eq!(heard, sent);
        assert_eq!(sniffer.facts().frames, 39);
        assert_eq!((before, sniffer.drops().received), (15, 39));
        // Renamed.
        ip("link set pdv0 down");
        ip("link set pdv0 name pdv9");
        ip("link set pdv9 up");
        // Nothing passes for a while.
        for _ in 0..10 {
            assert!(matches!(
                sniffer.next(WAIT).unwrap(),
                Heard::Quiet | Heard::Gone | Heard::Back
            ));
        }
        send(&sent[..3]);
        assert_eq!(octets(&mut sniffer, 3), sent[..3]);
    });
}

#[test]
fn a_new_interface_without_the_rights_to_open_it_is_an_error() {
    // Real root is needed, for there must be a user to become.
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: this needs root");
        return;
    }
    let test = "a_new_interface_without_the_rights_to_open_it_is_an_error";
    namespace::inside_as(test, &["--net"], || {
        let mut sniffer = Sniffer::open(&Settings::new("pdv0")).unwrap();
        let shell = Command::new("sh").stdin(Stdio::piped()).spawn();
        let mut shell = shell.unwrap();
        let mut root = shell.stdin.take().unwrap();
        nix::unistd::setuid(nix::unistd::Uid::from_raw(65534)).unwrap();
        // Down and up needs no rights.
        writeln!(root, "ip link set pdv0 down").unwrap();
        assert_eq!(change(&mut sniffer), "gone");
        writeln!(root, "ip link set pdv0 up").unwrap();
        assert_eq!(change(&mut sniffer), "back");
        writeln!(root, "ip link del pdv0").unwrap();
        assert_eq!(change(&mut sniffer), "gone");
        writeln!(root, "ip link add pdv0 type veth peer name pdv1; ip link set pdv0 up").unwrap();
        let start = Instant::now();
        let error = loop {
            match sniffer.next(WAIT) {
                Err(e) => break e,
                Ok(_) => assert!(start.elapsed() < PATIENCE),
            }
        };
        assert_eq!(error, LiveError::NotReopened { interface: "pdv0".to_owned() });
        drop(root);
        shell.wait().unwrap();
    });
}

#[test]
fn all_interfaces_at_once_show_both_ends_and_the_copies_are_known() {
    inside("all_interfaces_at_once_show_both_ends_and_the_copies_are_known", || {
        let mut sniffer = Sniffer::open(&Settings::new(live::ANY)).unwrap();
        let mut out = sender("pdv1");
        let sent = recording();
        for frame in &sent {
            out.sendpacket(dns()).unwrap();
            out.sendpacket(&frame[..]).unwrap();
        }
        // In a VLAN it is the same datagram.
        let tagged = tagged(&sent[19], &[0x81, 0, 0, 7]);
        out.sendpacket(&tagged[..]).unwrap();
        let mut linker = Linker::new(&[]);
        let mut copies = Copies::default();
        let mut links = HashSet::new();
        let (mut frames, mut datagrams, mut distinct) = (0, 0, 0);
        hear(&mut sniffer, 2 * sent.len() + 2, |frame| {
            frames += 1;
            links.insert(frame.link);
            if let Some(datagram) = linker.datagram(frame) {
                datagrams += 1;
                distinct += usize::from(!copies.is_copy(&datagram));
            }
        });
        assert_eq!(links.into_iter().collect::<Vec<_>>(), [LinkType::LINUX_SLL2]);
        assert_eq!((frames, datagrams, distinct), (80, 80, 39));
        // It is never gone.
        ip("link set pdv0 down");
        ip("link del pdv0");
        for _ in 0..3 {
            assert!(matches!(sniffer.next(WAIT).unwrap(), Heard::Quiet));
        }
        namespace::join();
        sender("pdv1").sendpacket(&sent[0][..]).unwrap();
        assert_eq!(octets(&mut sniffer, 2).len(), 2);
    });
}

#[test]
fn a_burst_is_held_and_losses_are_told() {
    inside("a_burst_is_held_and_losses_are_told", || {
        let mut roomy = Sniffer::open(&Settings::new("pdv0")).unwrap();
        let mut narrow = Sniffer::open(&Settings { buffer: 1, ..Settings::new("pdv0") }).unwrap();
        let mut out = sender("pdv1");
        let mut frame = recording().swap_remove(19);
        frame.resize(1000, 0);
        for _ in 0..BURST {
            out.sendpacket(&frame[..]).unwrap();
        }
        let count = |sniffer: &mut Sniffer, enough| {
            let mut n = 0;
            hear(sniffer, enough, |_| n += 1);
            n
        };
        assert_eq!(count(&mut roomy, BURST), BURST);
        assert_eq!(roomy.drops().dropped_kernel, 0);
        assert!(roomy.facts().notes.is_empty());
        let heard = count(&mut narrow, 1);
        let drops = narrow.drops();
        assert_eq!(narrow.drops(), drops);
        assert!(drops.dropped_kernel > 0 && heard < BURST, "{drops:?}");
        assert_eq!(drops.received, BURST as u64);
        let notes = &narrow.facts().notes;
        assert!(notes.len() == 1 && notes[0].code == "dropped", "{notes:?}");
        assert!(notes[0].text.starts_with(&format!("{} of 20000", drops.dropped_kernel)));
    });
}

#[test]
fn mistakes_are_told_with_the_way_out() {
    inside("mistakes_are_told_with_the_way_out", || {
        let error = |change: &dyn Fn(&mut Settings)| {
            let mut settings = Settings::new("pdv0");
            change(&mut settings);
            Sniffer::open(&settings).err().unwrap()
        };
        let text = error(&|s| s.interface = "pvd0".to_owned()).to_string();
        assert!(text.contains("did you mean pdv0?") && text.contains("pdv1"), "{text}");
        ip("link set pdv0 down");
        let down = LiveError::InterfaceDown { interface: "pdv0".to_owned() };
        assert_eq!(error(&|_| ()), down);
        ip("link set pdv0 up");
        for text in ["prot 47", "tcp) or (udp", "host"] {
            let error = error(&|s| s.filter = Some(text.to_owned()));
            assert!(
                matches!(&error, LiveError::FilterSyntax { text: t, .. } if t == text),
                "{error}"
            );
            assert!(!error.to_string().contains("link["), "{error}");
        }
        let all = live::interfaces().unwrap();
        let (first, index) = (&all[0], all[0].index.unwrap());
        assert_eq!((first.name.as_str(), first.state), ("pdv0", InterfaceState::Running));
        assert_eq!(first.addresses, ["192.0.2.10".parse::<std::net::IpAddr>().unwrap()]);
        assert_eq!(all.last().unwrap().name, live::ANY);
        let numbered = Sniffer::open(&Settings::new(index.to_string())).unwrap();
        assert_eq!(numbered.facts().name, "pdv0");
        let run = Command::new(env!("CARGO_BIN_EXE_pptp-diag")).arg("interfaces").output().unwrap();
        let said = String::from_utf8(run.stdout).unwrap();
        assert!(run.status.success() && said.contains("pdv0  running  192.0.2.10"), "{said}");
    });
}

#[test]
fn without_rights_the_message_says_how_to_get_them() {
    let test = "without_rights_the_message_says_how_to_get_them";
    let marked = std::env::var_os(NO_RIGHTS).is_some();
    match Sniffer::open(&Settings::new("lo")) {
        Err(error @ LiveError::NoPermission { .. }) => {
            let text = error.to_string();
            assert!(text.contains("sudo setcap cap_net_raw+ep /"), "{text}");
        }
        Ok(_) if !marked => {
            // In a user namespace of its own even root may not listen to the network outside.
            if Command::new("unshare").args(["--user", "true"]).status().is_ok_and(|s| s.success())
            {
                namespace::again(test, &["--user"], NO_RIGHTS);
            } else {
                println!("skipped: no user namespaces here");
            }
        }
        other => panic!("{:?}", other.err()),
    }
}

const NO_RIGHTS: &str = "PPTP_DIAG_TEST_NO_RIGHTS";
const BURST: usize = 20_000;
