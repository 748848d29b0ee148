//! ICMP errors recorded in a laboratory, and made ones.

use hex_literal::hex;
use proptest::prelude::*;

use super::*;

// From a recording of pptpd and pptp-linux: the server refuses GRE with "protocol unreachable".
const PROTOCOL: [u8; 53] = hex!(
    "0302ef1000000000"
    "450000416a5a4000402f7bb7c6336414c6336401"
    "3001880b0021b88d00000000ff03c0210101001d0104057802"
);
// From a recording of pptpd and pptp-linux: a firewall refuses the SYN of the control connection.
const PROHIBITED: [u8; 68] = hex!(
    "030de97300000000"
    "4500003cc7a140003f0687c8c000020ac6336414"
    "ba0e06bb2c027dc700000000a002faf011ad0000020405b40402080a1bd6c8a60000000001030307"
);
// From a recording of pptpd and pptp-linux: a link with an MTU of 1300 on the way.
const TOO_BIG: [u8; 40] = hex!(
    "0304521000000514"
    "450005878fd74000402fb91ec000020ac6336414"
    "3001880b056700000000000c"
);

fn read(family: u8, input: &[u8]) -> IcmpError<'_> {
    parse(family, input).unwrap().unwrap()
}

#[test]
fn a_refused_gre_packet() {
    let error = read(4, &PROTOCOL);
    assert_eq!((error.kind, error.code, error.mtu), (3, 2, None));
    assert_eq!(error.quoted.src, IpAddr::from([198, 51, 100, 20]));
    assert_eq!(error.quoted.dst, IpAddr::from([198, 51, 100, 1]));
    assert_eq!(error.quoted.gre_call_id(), Some(0xB88D));
    assert_eq!(error.quoted.tcp_ports(), None);
}

#[test]
fn a_refused_syn() {
    let error = read(4, &PROHIBITED);
    assert_eq!(meaning(4, error.kind, error.code), "communication administratively prohibited");
    assert_eq!(error.quoted.tcp_ports(), Some((47630, 1723)));
    assert_eq!(error.quoted.gre_call_id(), None);
}

#[test]
fn the_mtu_of_the_next_link() {
    assert_eq!(read(4, &TOO_BIG).mtu, Some(1300));
    let mut silent = TOO_BIG;
    silent[6..8].fill(0);
    assert_eq!(read(4, &silent).mtu, None);
}

#[test]
fn messages_that_quote_nothing() {
    for kind in [0, 5, 8, 9, 13] {
        assert_eq!(parse(4, &[kind, 0, 0, 0]), Ok(None));
    }
    assert_eq!(parse(6, &[128]), Ok(None));
    assert_eq!(parse(7, &PROTOCOL), Ok(None));
}

#[test]
fn a_later_fragment_has_no_transport_header() {
    let mut later = PROHIBITED;
    later[15] = 1;
    let quoted = read(4, &later).quoted;
    assert_eq!((quoted.protocol, quoted.payload), (6, [].as_slice()));
    assert_eq!(quoted.tcp_ports(), None);
}

#[test]
fn every_cut_of_the_headers_is_truncated() {
    for end in 0..28 {
        let fault = parse(4, &PROTOCOL[..end]).map_err(|e| e.fault);
        assert_eq!(fault, Err(Fault::Truncated), "{end}");
    }
    assert!(read(4, &PROTOCOL[..28]).quoted.payload.is_empty());
}

#[test]
fn a_quote_of_the_other_family_is_refused() {
    let mut other = PROTOCOL;
    for first in [0x65, 0x44] {
        other[8] = first;
        assert_eq!(parse(4, &other).map_err(|e| e.fault), Err(Fault::BadValue));
    }
}

fn v6_quote(next: u8, rest: &[u8]) -> Vec<u8> {
    let head = hex!("02 00 0000 000004d8 60000000 0100");
    [head.as_slice(), &[next, 64], &[0x20; 16], &[0x30; 16], rest].concat()
}

#[test]
fn ipv6_extension_headers_are_stepped_over() {
    let tcp = hex!("c000 06bb 00000001");
    let rest = [hex!("2c000000 00000000").as_slice(), &hex!("06000000 00000007"), &tcp].concat();
    let quote = v6_quote(HOP_BY_HOP, &rest);
    let error = read(6, &quote);
    assert_eq!(error.mtu, Some(1240));
    assert_eq!(error.quoted.tcp_ports(), Some((49152, 1723)));

    let later = v6_quote(FRAGMENT, &hex!("06000008 00000007 c000 06bb"));
    assert!(read(6, &later).quoted.payload.is_empty());
    let cut = v6_quote(ROUTING, &hex!("0602 0000 00000000"));
    assert_eq!(read(6, &cut).quoted.protocol, ROUTING);
    let endless = v6_quote(DESTINATION_OPTIONS, &[DESTINATION_OPTIONS, 0, 0, 0].repeat(200));
    let quoted = read(6, &endless).quoted;
    assert_eq!((quoted.protocol, quoted.payload), (DESTINATION_OPTIONS, [].as_slice()));
}

#[test]
fn as_many_extension_headers_as_are_allowed_lead_to_the_payload() {
    let headers = |n| [DESTINATION_OPTIONS, 0, 0, 0, 0, 0, 0, 0].repeat(n);
    for (n, protocol) in [(MAX_EXTENSIONS - 1, 6), (MAX_EXTENSIONS, DESTINATION_OPTIONS)] {
        let last = [6, 0, 0, 0, 0, 0, 0, 0];
        let rest = [headers(n).as_slice(), &last, &hex!("c000 06bb 00000001")].concat();
        assert_eq!(read(6, &v6_quote(DESTINATION_OPTIONS, &rest)).quoted.protocol, protocol);
    }
}

#[test]
fn the_checksum_of_a_recorded_message_is_found_again() {
    let mut again = Vec::new();
    read(4, &PROHIBITED).emit(&mut again);
    let (id_to_checksum, recorded) = (again[12..20].to_vec(), &PROHIBITED[12..20]);
    assert_ne!(id_to_checksum, recorded);
    again[12..20].copy_from_slice(recorded);
    again[2..4].fill(0);
    write_checksum(&mut again, 0, 2);
    assert_eq!(again, PROHIBITED);
}

fn addresses() -> impl Strategy<Value = (u8, IpAddr, IpAddr)> {
    prop_oneof![
        any::<([u8; 4], [u8; 4])>().prop_map(|(s, d)| (4, s.into(), d.into())),
        any::<([u8; 16], [u8; 16])>().prop_map(|(s, d)| (6, s.into(), d.into())),
    ]
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_back(
        (family, src, dst) in addresses(),
        too_big: bool, code in 0u8..20, mtu in proptest::option::of(1u32..=0xFFFF),
        protocol in prop_oneof![Just(TCP), Just(GRE), Just(17)],
        payload: Vec<u8>,
    ) {
        let (kind, code, mtu) = match (family, too_big) {
            (4, true) => (3, 4, mtu),
            (_, true) => (2, 0, mtu),
            (4, false) => (11, code, None),
            (_, false) => (1, code, None),
        };
        let quoted = Quoted { src, dst, protocol, payload: &payload };
        let error = IcmpError { family, kind, code, mtu, quoted };
        let mut out = Vec::new();
        error.emit(&mut out);
        prop_assert_eq!(parse(family, &out), Ok(Some(error)));
    }

    #[test]
    fn arbitrary_octets_do_not_panic(family in 3u8..8, kind in 0u8..13, code: u8, rest: Vec<u8>) {
        let octets = [[kind, code].as_slice(), &rest].concat();
        if let Ok(Some(error)) = parse(family, &octets) {
            let _ = (error.quoted.tcp_ports(), error.quoted.gre_call_id());
        }
        prop_assert!(!meaning(family, kind, code).is_empty());
    }
}

/// RFC 792, RFC 1122 §3.2.2.1 and RFC 1812 §5.2.7.1; RFC 4443 §3.1.
#[test]
fn every_reason_why_a_destination_is_unreachable_has_words_of_its_own() {
    for (family, kind, codes) in [(4, 3, 0..=15), (6, 1, 0..=7)] {
        let all: Vec<_> = codes.map(|code| meaning(family, kind, code)).collect();
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:?}");
        assert!(!different.contains(&"destination unreachable"), "{all:?}");
        assert_eq!(meaning(family, kind, 200), "destination unreachable");
    }
    assert_eq!(meaning(4, 3, 10), "communication with this host administratively prohibited");
    assert_eq!(meaning(6, 1, 5), "source address refused by a filter");
}

#[test]
fn other_errors_have_words_too() {
    assert!(meaning(4, 4, 0).starts_with("source quench"));
    assert!(meaning(6, 2, 0).starts_with("packet too big"));
    assert!(meaning(4, 11, 0).starts_with("time to live"));
    assert!(meaning(6, 3, 0).starts_with("hop limit"));
    assert_eq!(meaning(4, 11, 1), meaning(6, 3, 1));
    assert_eq!(meaning(4, 11, 9), "time exceeded");
    assert_eq!(meaning(4, 12, 0), meaning(6, 4, 0));
    assert_ne!(meaning(4, 12, 1), meaning(4, 12, 2));
    assert_ne!(meaning(6, 4, 1), meaning(6, 4, 2));
    assert_eq!(meaning(4, 5, 1), meaning(6, 137, 0));
    assert_eq!(meaning(4, 8, 0), meaning(6, 128, 0));
    assert_eq!(meaning(4, 0, 0), meaning(6, 129, 0));
    assert_eq!(meaning(4, 99, 0), "ICMP message of another type");
}
