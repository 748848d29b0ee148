//! The scenario language: what a text compiles to is what the crate's own parsers, and tshark, read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use pptp_diag::crypto::{mschapv2, tail};
use pptp_diag::wire::ppp::{self, Protocol, chap, control, lcp, mschap};
use pptp_diag::wire::{gre, pptp};

use support::scenario::{self, Packet, Precision};
use support::{fences, scenario::START};

const HEALTHY: &str = "use connect\nuse link auth=mschapv2\nuse chap user=alice password=secret\n\
    use network\nuse traffic\nuse hangup\n";

/// pppd before 2.4.6: the Challenge comes again, the Response to it overwrites the first, and the client
/// refuses a right Success. The values are those of a published log.
const RACE: &str = "use connect\nuse link\n\
    rtt 4\n\
    +0.01 < chap challenge id=0x8A value=5070251E94455E2155D2CF4D698D23C9 name=jeeves noff\n\
    +0.02 > chap response user=murka password=x peer=14D788F835ADD58B60D2AFF362C18316 noff \
        value=14D788F835ADD58B60D2AFF362C183160000000000000000\
D780F3849076E9E013272F67BCB8C8CFA0E9B51C0FE3EE2100\n\
    +3 < chap challenge id=0x8A value=5070251E94455E2155D2CF4D698D23C9 name=jeeves noff\n\
    +0.02 > chap response user=murka password=x peer=DF950DA43B90E235048810469D3283DD noff \
        value=DF950DA43B90E235048810469D3283DD0000000000000000\
ACE042B145F5EB9F118349B5672D4829EB5038192050A90B00\n\
    +1 < chap success of=1 text=\"S=ABAEA4DF5601FADF25F8729455D39BF6D971D501 M=Access granted\" noff\n\
    +0.01 > lcp termreq id=2 text=\"Failed to authenticate ourselves to peer\"\n\
    +rtt < lcp termack\n\
    +0.1 > ctl ccrq\n\
    +0.01 > tcp fin\n";

fn compiled(text: &str) -> Vec<Packet> {
    scenario::compile(text, "test.md", 1)
}

/// Upper-layer protocol, source and payload of a frame.
fn ip_payload(packet: &Packet) -> (u8, Ipv4Addr, &[u8]) {
    let ip = &packet.frame[14..];
    let source: [u8; 4] = ip[12..16].try_into().unwrap();
    (ip[9], source.into(), &ip[20..])
}

fn control_messages(packets: &[Packet]) -> Vec<pptp::ControlType> {
    packets
        .iter()
        .map(ip_payload)
        .filter(|(protocol, _, tcp)| *protocol == 6 && tcp.len() > usize::from(tcp[12] >> 4) * 4)
        .map(|(_, _, tcp)| pptp::parse(&tcp[usize::from(tcp[12] >> 4) * 4..]).unwrap().control())
        .collect()
}

fn gre_packets(packets: &[Packet]) -> Vec<(Ipv4Addr, gre::Packet<'_>)> {
    packets
        .iter()
        .map(ip_payload)
        .filter(|(protocol, ..)| *protocol == 47)
        .map(|(_, source, octets)| (source, gre::parse(octets).unwrap()))
        .collect()
}

/// Protocol and information of every PPP frame.
fn frames<'a>(packets: &[(Ipv4Addr, gre::Packet<'a>)]) -> Vec<(Protocol, &'a [u8])> {
    packets
        .iter()
        .filter(|(_, packet)| packet.seq.is_some())
        .map(|(_, packet)| ppp::parse(packet.payload).unwrap())
        .map(|frame| (frame.protocol, frame.information))
        .collect()
}

/// Response values and Success texts of the CHAP exchange.
fn chap_exchange(
    frames: &[(Protocol, &[u8])],
) -> (Vec<Vec<u8>>, Vec<mschap::ResponseV2>, Vec<String>) {
    let (mut challenges, mut responses, mut successes) = (Vec::new(), Vec::new(), Vec::new());
    for (_, octets) in frames.iter().filter(|(protocol, _)| *protocol == Protocol::Chap) {
        match chap::parse(octets).unwrap() {
            chap::Packet::Value { code: chap::Code::Challenge, value, .. } => {
                challenges.push(value.to_vec());
            }
            chap::Packet::Value { value, .. } => {
                responses.push(mschap::response_v2(value).unwrap());
            }
            chap::Packet::Message { code: chap::Code::Success, message, .. } => {
                successes.push(String::from_utf8(message.to_vec()).unwrap());
            }
            other => panic!("{other:?}"),
        }
    }
    (challenges, responses, successes)
}

#[test]
fn a_healthy_session_has_every_message() {
    use pptp::ControlType as T;
    let packets = compiled(HEALTHY);
    assert!(packets.is_sorted_by_key(|p| p.at) && packets[0].at == START);
    assert_eq!(
        control_messages(&packets),
        [
            T::StartRequest,
            T::StartReply,
            T::OutgoingRequest,
            T::OutgoingReply,
            T::CallClear,
            T::CallDisconnect
        ]
    );
    let gre = gre_packets(&packets);
    let frames = frames(&gre);
    let count = |wanted: Protocol| frames.iter().filter(|(p, _)| *p == wanted).count();
    assert_eq!([count(Protocol::Lcp), count(Protocol::Chap), count(Protocol::Ccp)], [10, 3, 4]);
    assert_eq!([count(Protocol::Ipcp), count(Protocol::Compressed)], [6, 8]);
    // Sequence numbers rise by one in each direction; call ids are the receiver's.
    for (first, calls, source) in
        [(1, 128, Ipv4Addr::new(192, 0, 2, 10)), (0, 49_153, Ipv4Addr::new(198, 51, 100, 20))]
    {
        let own: Vec<_> = gre.iter().filter(|(from, _)| *from == source).collect();
        let numbers: Vec<u32> = own.iter().filter_map(|(_, packet)| packet.seq).collect();
        assert!(numbers.iter().copied().eq((first..).take(numbers.len())), "{numbers:?}");
        assert!(own.iter().all(|(_, packet)| packet.call_id == calls));
        assert!(own.iter().any(|(_, packet)| packet.ack.is_some()));
    }
}

#[test]
fn an_answer_is_the_right_one_for_its_password() {
    let packets = compiled(HEALTHY);
    let gre = gre_packets(&packets);
    let (challenges, responses, successes) = chap_exchange(&frames(&gre));
    let hash = pptp_diag::crypto::secret::NtHash::of_password("secret");
    let challenge =
        mschapv2::challenge_hash(&responses[0].peer_challenge, &challenges[0], b"alice");
    assert_eq!(mschapv2::nt_response(&hash, &challenge), responses[0].nt);
    let proof = mschapv2::authenticator_response(&hash, &responses[0].nt, &challenge);
    assert_eq!(successes, [mschap::success_text(&proof, Some("Access granted"))]);
}

#[test]
fn the_race_of_the_published_log_is_there() {
    let packets = compiled(RACE);
    let gre = gre_packets(&packets);
    let frames = frames(&gre);
    let (challenges, responses, successes) = chap_exchange(&frames);
    assert_eq!(challenges.len(), 2);
    assert_eq!(challenges[0], challenges[1]);
    assert_ne!(responses[0].peer_challenge, responses[1].peer_challenge);
    let tail = |n: usize| {
        let response = &responses[n];
        let hash = mschapv2::challenge_hash(&response.peer_challenge, &challenges[0], b"murka");
        tail::of_response(&hash, &response.nt)
    };
    assert!(tail(0).is_some() && tail(0) == tail(1));
    assert_eq!(successes, ["S=ABAEA4DF5601FADF25F8729455D39BF6D971D501 M=Access granted"]);
    let terminate = frames.iter().find_map(|(protocol, octets)| {
        let packet = control::parse(octets).ok()?;
        (*protocol == Protocol::Lcp && packet.code == control::Code::TerminateRequest)
            .then(|| lcp::terminate_reason(packet.data))
    });
    let text = b"Failed to authenticate ourselves to peer".as_slice();
    assert_eq!(terminate, Some(lcp::TerminateReason::Text(text)));
    // With four seconds of round trip, what carries the Success cannot acknowledge the second Response.
    let carrier = gre.iter().find(|(_, p)| p.payload.windows(2).any(|w| w == b"S=")).unwrap();
    let last_response = gre.iter().rfind(|(_, p)| p.payload.windows(5).any(|w| w == b"murka"));
    assert!(carrier.1.ack < last_response.unwrap().1.seq);
}

#[test]
fn a_windows_client_is_a_matter_of_keys() {
    let packets = compiled(
        "client 192.0.2.10:1026 ttl=128\n\
        use connect vendor=\"Microsoft Windows NT\" firmware=1381 seq0=0\n\
        use link id=0 accm=- callback=callback",
    );
    let (_, _, tcp) = packets.iter().map(ip_payload).find(|(_, _, t)| t.len() > 150).unwrap();
    let pptp::Message::StartRequest(start) = pptp::parse(&tcp[20..]).unwrap() else { panic!() };
    assert_eq!(
        (start.vendor, start.host, start.firmware),
        (b"Microsoft Windows NT".as_slice(), b"".as_slice(), 1381)
    );
    assert_eq!(packets[0].frame[22], 128);
    let gre = gre_packets(&packets);
    let (_, request) = frames(&gre)[0];
    assert_eq!(&request[4..8], [1, 4, 0x05, 0x78]);
    assert!(request.ends_with(&[7, 2, 8, 2, 13, 3, 6]));
}

#[test]
fn lost_packets_count_but_are_not_captured() {
    let whole = "0 > lcp request id=1\n1 > lcp request id=2\n2 < gre ack\n";
    let lost = whole.replace("1 >", "x 1 >");
    let (whole, lost) = (compiled(whole), compiled(&format!("{lost}3 > lcp request id=3")));
    let acks = |packets: &[Packet]| gre_packets(packets).iter().filter_map(|p| p.1.ack).collect();
    let (all, some): (Vec<_>, Vec<_>) = (acks(&whole), acks(&lost));
    assert_eq!((all, some), (vec![1], vec![0]));
    let numbers: Vec<_> = gre_packets(&lost).iter().filter_map(|p| p.1.seq).collect();
    assert_eq!(numbers, [0, 2]);
}

#[test]
fn a_second_call_comes_from_another_port_with_other_call_ids() {
    let packets = compiled("use connect\nuse link\nnewcall\nuse connect\nuse link");
    let ports: Vec<_> = packets
        .iter()
        .map(ip_payload)
        .filter(|(protocol, _, tcp)| *protocol == 6 && tcp[13] == 0x02)
        .map(|(_, _, tcp)| u16::from_be_bytes([tcp[0], tcp[1]]))
        .collect();
    assert_eq!(ports, [41156, 41157]);
    let gre = gre_packets(&packets);
    let first_of = |call: u16| gre.iter().find(|(_, p)| p.call_id == call).unwrap().1.seq;
    assert_eq!([128, 49_153, 256, 49_154].map(first_of), [Some(1), Some(0), Some(1), Some(0)]);
}

#[test]
fn packets_come_swapped_copied_and_rejected() {
    let packets = compiled(
        "0 > data len=40 seq=1\n1 > data len=40 seq=0\n2 > data len=40 copy\n\
        3 < icmp type=3 code=2 to=client about=gre\n4 > tcp syn\n5 < tcp rst",
    );
    let numbers: Vec<_> = gre_packets(&packets).iter().filter_map(|p| p.1.seq).collect();
    assert_eq!(numbers, [1, 0, 2, 2]);
    let (original, copy) = (&packets[2].frame, &packets[3].frame);
    assert_eq!((original[22] - copy[22], &original[26..]), (1, &copy[26..]));
    let (protocol, source, icmp) = ip_payload(&packets[4]);
    assert_eq!((protocol, source), (1, Ipv4Addr::new(198, 51, 100, 20)));
    assert_eq!((icmp[..2].to_vec(), &icmp[8..]), (vec![3, 2], &original[14..]));
    let [(_, _, syn), (_, _, rst)] = [&packets[5], &packets[6]].map(ip_payload);
    let number = |octets: &[u8]| u32::from_be_bytes(octets.try_into().unwrap());
    assert_eq!((rst[13], number(&rst[4..8])), (0x14, 0));
    assert_eq!(number(&rst[8..12]), number(&syn[4..8]).wrapping_add(1));
}

#[test]
fn the_capture_point_decides_what_is_late() {
    let session = "use connect rtt=0.4";
    let gap = |point: &str, n: usize| {
        let packets = compiled(&format!("point {point}\n{session}"));
        (packets[n].at - packets[n - 1].at).as_secs()
    };
    assert!(gap("client", 1) > 0.3 && gap("client", 2) < 0.1);
    assert!(gap("server", 1) < 0.1 && gap("server", 2) > 0.3);
    assert!((0.15..0.25).contains(&gap("middle", 1)));
}

#[test]
fn the_same_text_gives_the_same_octets() {
    let [a, b] =
        [compiled(HEALTHY), compiled(HEALTHY)].map(|p| scenario::pcap(&p, Precision::Nanoseconds));
    assert_eq!(a, b);
    assert_eq!(a[..4], 0xA1B2_3C4D_u32.to_le_bytes());
    let micro = scenario::pcap(&compiled(HEALTHY), Precision::Microseconds);
    assert_eq!(
        (micro[..4].to_vec(), micro.len()),
        (0xA1B2_C3D4_u32.to_le_bytes().to_vec(), a.len())
    );
}

#[test]
fn a_mistake_names_its_place() {
    let message = |text: &str| {
        let text = text.to_owned();
        let panic =
            std::panic::catch_unwind(|| scenario::compile(&text, "page.md", 40)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    assert!(message("\n0 > lcp request mur=1400").starts_with("page.md:41: `mur` is none of"));
    assert!(message("0 > lcp hello").starts_with("page.md:40: `lcp` has no message `hello`"));
    assert!(message("use nothing").starts_with("page.md:40: no prefix `nothing`"));
    assert!(message("use chap pass=x").starts_with("page.md:40: `chap` has the keys"));
    assert!(message("0 > chap response").contains("no Challenge number 0"));
    assert!(message("0 > data len=x").contains("is no number"));
}

#[test]
fn fences_are_found_with_their_place() {
    let page =
        "# T\n\n~~~scenario fires=PD0002,PD8004 outcome=failed\nuse connect\n~~~\n~~~\nx\n~~~\n";
    let found = fences::in_page(Path::new("a.md"), page);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].place().as_str(), found[0].text.as_str()), ("a.md:4", "use connect\n"));
    assert_eq!(found[0].list("fires"), ["PD0002", "PD8004"]);
    assert_eq!((found[0].get("outcome"), found[0].get("stage")), (Some("failed"), None));
}

#[test]
fn tshark_finds_nothing_malformed() {
    let version = Command::new("tshark").arg("--version").stdout(Stdio::null()).status();
    if version.is_err() {
        println!("skipped: tshark is not installed");
        return;
    }
    for (name, text) in [("healthy", HEALTHY), ("race", RACE), ("zoo", ZOO)] {
        let path =
            std::env::temp_dir().join(format!("pptp-diag-{name}-{}.pcap", std::process::id()));
        std::fs::write(&path, scenario::capture(text, name, 1)).unwrap();
        let output = Command::new("tshark")
            .args(["-n", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-r"])
            .arg(&path)
            .args(["-Y", "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0"])
            .arg("-V")
            .output()
            .unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{name}");
    }
}

/// One of everything that is well-formed.
const ZOO: &str = r#"
use connect
use link auth=eap
+0.1 < eap request type=identity
+0.1 > eap response type=identity identity="alice"
+0.1 < eap request type=md5
+0.1 > eap response type=nak want=26
+0.1 < eap request type=mschapv2 name=srv
+0.1 > eap response type=mschapv2 user=DOM\alice password=secret
+0.1 < eap request type=mschapv2 op=success
+0.1 > eap response type=mschapv2 op=success
+0.1 < eap success
+0.1 > chap failure method=mschapv2 id=1 error=691 retry=1 challenge=00112233445566778899aabbccddeeff
+0.1 > pap request user=alice password="a b" noff
+0.1 < pap nak
+0.1 < lcp protreject protocol=0x80fd
+0.1 < lcp ident text="MSRASV5.00"
+0.1 > lcp codereject
+0.1 < lcp termreq ras=691
+0.1 > ccp nak id=1 mppe=128+40 stateful mppc
+0.1 > ccp resetreq id=4
+0.1 < ccp resetack
+0.1 > ipcp request addr=10.0.0.1 dns=0.0.0.0 wins=0.0.0.0 vj
+0.1 < ipcp reject wins=0.0.0.0
+0.1 < ipv6cp request id=1 ifid=0200000000000001
+0.1 > ipv6cp ack
+0.1 > data ip len=60 count=3 every=0.01
+0.1 > data len=1400 copy
+0.1 > data len=1400 fragment=576
+0.1 > ctl sli send=0 receive=0xffffffff
+0.1 > ctl echorq id=7
+0.1 < ctl echorp id=7
+0.1 > ctl stoprq
+0.1 < ctl stoprp
+0.1 ! icmp type=3 code=13 to=client about=gre
+0.1 < icmp type=3 code=4 to=client about=gre mtu=1400
until +5
"#;
