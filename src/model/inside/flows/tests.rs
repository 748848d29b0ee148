//! Packets made by hand: what the tables remember of them.

use super::*;

fn ip(protocol: u8, src: [u8; 4], dst: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, protocol, 0, 0];
    packet.extend(src);
    packet.extend(dst);
    packet.extend(payload);
    packet
}

fn segment(seq: u32, flags: u8, data: usize) -> Vec<u8> {
    let mut tcp = vec![0x9C, 0x40, 0, 80];
    tcp.extend(seq.to_be_bytes());
    tcp.extend([0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0]);
    tcp.resize(20 + data, 0);
    tcp
}

const CLIENT: [u8; 4] = [10, 9, 0, 100];
const HOST: [u8; 4] = [10, 1, 1, 1];

#[derive(Default)]
struct Both {
    flows: Flows,
    traffic: [Traffic; 2],
    second: i64,
}

impl Both {
    fn see(&mut self, dir: Dir, packet: &[u8]) {
        let [a, b] = &mut self.traffic;
        let mut mark = Mark::default();
        mark.at.0 = self.second * 1_000_000_000;
        self.second += 2;
        self.flows.packet([a, b], dir, mark, packet, Some(CLIENT.into()), false);
    }
}

#[test]
fn segments_sent_again_are_counted_by_size() {
    let mut both = Both::default();
    both.see(Dir::ToServer, &ip(TCP, CLIENT, HOST, &segment(1, SYN, 0)));
    for _ in 0..4 {
        both.see(Dir::ToServer, &ip(TCP, CLIENT, HOST, &segment(2, ACK, 1300)));
    }
    for (seq, size) in [(1302, 20), (1302, 20), (1400, 0), (1400, 0), (1400, 1), (1400, 1)] {
        both.see(Dir::ToServer, &ip(TCP, CLIENT, HOST, &segment(seq, ACK, size)));
    }
    let own = &both.traffic[0];
    assert_eq!((own.resent.count, own.resent.large, own.resent.most), (4, 3, 4));
    assert_eq!((own.resent.size, own.largest, own.requests), (1340, 1340, 1));
}

#[test]
fn queries_find_their_answers() {
    let mut both = Both::default();
    for id in [1, 2, 2] {
        both.see(Dir::ToServer, &ip(UDP, CLIENT, HOST, &[0x80, 1, 0, 53, 0, 9, 0, 0, 0, id, 1]));
    }
    let answer = ip(UDP, HOST, CLIENT, &[0, 53, 0x80, 1, 0, 9, 0, 0, 0, 2, 0x81]);
    both.see(Dir::ToClient, &answer);
    both.see(Dir::ToClient, &answer);
    assert_eq!((both.traffic[0].dns_queries, both.traffic[0].dns_answered), (3, 1));
}

#[test]
fn icmp_is_about_the_other_direction_and_obeyed_or_not() {
    let mut both = Both::default();
    let large = ip(TCP, CLIENT, HOST, &segment(2, ACK, 1300));
    both.see(Dir::ToServer, &large);
    let mut icmp = vec![3, 4, 0, 0, 0, 0, 5, 0];
    icmp.extend(&large[..28]);
    both.see(Dir::ToClient, &ip(ICMP, [10, 9, 0, 1], CLIENT, &icmp));
    both.see(Dir::ToServer, &large);
    both.see(Dir::ToServer, &ip(TCP, CLIENT, [10, 1, 1, 2], &segment(2, ACK, 1300)));
    let told = both.traffic[0].too_big.unwrap();
    assert_eq!((told.mtu, told.beyond.unwrap().count), (1280, 1));
    assert!(both.traffic[1].too_big.is_none());
}

#[test]
fn an_address_that_was_not_given_is_noticed() {
    let mut both = Both::default();
    for src in [CLIENT, [0, 0, 0, 0], [169, 254, 1, 2], [192, 168, 1, 5], [192, 168, 1, 5]] {
        both.see(Dir::ToServer, &ip(99, src, HOST, &[]));
    }
    let (address, packets) = both.traffic[0].foreign_source.unwrap();
    assert_eq!((address.to_string().as_str(), packets.count), ("192.168.1.5", 2));
}

proptest::proptest! {
    #[test]
    fn noise_is_no_panic(octets: Vec<u8>, first in 0x40u8..0x50, protocol in 0u8..20) {
        let mut octets = octets;
        for (at, octet) in [(0, first), (9, protocol)] {
            if let Some(to) = octets.get_mut(at) {
                *to = octet;
            }
        }
        Both::default().see(Dir::ToServer, &octets);
    }
}
