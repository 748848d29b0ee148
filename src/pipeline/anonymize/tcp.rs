//! Segments of control connections. A message may be spread over segments, sent twice or out of order, so
//! the octets of each direction are put together first, overwritten as a whole, and handed out by sequence
//! number: positions never shift, and a repeated segment repeats the same octets.

use std::collections::BTreeMap;
use std::net::IpAddr;

use etherparse::TcpSlice;

use super::Veil;
use super::control;
use super::octets::{after, put, split, wipe};
use super::packet::pseudo_header;
use crate::base::addr::Dir;
use crate::base::limits;
use crate::base::map::Map;
use crate::base::map::Printer;
use crate::flow;
use crate::flow::ConnectionId;
use crate::flow::Flow;
use crate::flow::Item;
use crate::flow::checksum::Checksum;
use crate::flow::checksum::of_tcp;
use crate::flow::copies;
use crate::link::Datagram;
use crate::link::protocol;
use crate::wire::checksum::checksum;

/// The octets of every direction of every control connection.
#[derive(Debug, Default)]
pub(super) struct Streams {
    all: BTreeMap<Of, Stream>,
    /// What the latest segments were of, by what they have in common with their copies; and those before them.
    latest: [Map<u64, Of>; 2],
    printer: Printer,
    /// Octets held, all together.
    held: usize,
}

/// A direction of a connection, as the analysis tells connections of the same ends apart.
type Of = (ConnectionId, Dir);

/// What the analysis makes of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken {
    /// It goes on.
    As(flow::Segment),
    /// It is a copy of one that counts, or none at all.
    Copy,
    /// It is damaged.
    Damaged,
}

impl Taken {
    /// Shows the analysis the next datagram.
    pub(super) fn by(flow: &mut Flow, datagram: &Datagram<'_>) -> Self {
        let mut taken = None;
        let counts = flow.push(datagram, &mut |item| {
            if let Item::Segment(segment) = item {
                taken = Some(segment);
            }
        });
        match taken {
            Some(segment) => Self::As(segment),
            None if counts => Self::Copy,
            None => Self::Damaged,
        }
    }
}

#[derive(Debug)]
struct Stream {
    /// Sequence number of the first octet.
    base: u32,
    /// Zero where the capture lacks some.
    octets: Vec<u8>,
    /// Which of them there are: of two that claim one place the first counts, as in the analysis.
    known: Vec<bool>,
}

/// The fields of a segment that matter here.
struct Segment {
    /// Sequence number of the first octet of data.
    seq: u32,
    header: usize,
}

impl Streams {
    /// First look: takes the octets of a segment that the analysis takes.
    pub(super) fn learn(&mut self, of: &flow::Segment, payload: &[u8]) {
        let Ok(tcp) = TcpSlice::from_slice(payload) else { return };
        let data = tcp.payload();
        if !of.flags.syn && data.is_empty() {
            return;
        }
        let seq = of.seq.wrapping_add(u32::from(of.flags.syn));
        let stream = self.all.entry((of.connection, of.dir)).or_insert_with(|| Stream::new(seq));
        let start = seq.wrapping_sub(stream.base) as usize;
        let end = start.saturating_add(data.len());
        let more = end.saturating_sub(stream.octets.len());
        if !data.is_empty() && end <= STREAM && self.held + more <= HELD {
            self.held += more;
            stream.put(start, data);
        }
    }

    /// Overwrites the octets of all streams. While names are learned they only are taken note of.
    pub(super) fn veil(&mut self, veil: &mut Veil) {
        for stream in self.all.values_mut() {
            stream.veil(veil);
        }
    }

    /// Second look: overwrites a segment, the payload of `d`; `new` are its new addresses. Returns `false` for one
    /// whose header is cut.
    pub(super) fn overwrite(
        &mut self,
        veil: &mut Veil,
        d: &Datagram<'_>,
        new: (IpAddr, IpAddr),
        payload: &mut [u8],
        taken: Taken,
    ) -> bool {
        let Some(segment) = Segment::read(payload) else { return false };
        let whole = payload.len() >= d.announced;
        let was = if whole { of_tcp(d.src, d.dst, payload) } else { Checksum::Unset };
        let of = self.of(&Datagram { payload, ..*d }, taken);
        let (header, data) = split(payload, segment.header);
        options(after(header, FIXED));
        let known = of.and_then(|of| self.all.get(&of)).and_then(|stream| {
            let start = segment.seq.wrapping_sub(stream.base) as usize;
            stream.octets.get(start..start.checked_add(data.len())?)
        });
        match known {
            // It was other octets than those of a sound one, so it must not become a copy of that, but of
            // another damaged one if it was. What made it one of a control connection stays.
            _ if matches!(taken, Taken::Damaged) => {
                let compared = copies::HASHED.saturating_sub(segment.header).min(data.len());
                let seed = split(data, compared).0.to_vec();
                veil.key.fill("damaged", &seed, after(data, control::mark(&seed)));
            }
            Some(octets) => data.copy_from_slice(octets),
            // More than is held, or from before the stream began.
            None => control::stream(veil, data, true),
        }
        put(payload, CHECKSUM, &[0, 0]);
        let pseudo = pseudo_header(new.0, new.1, protocol::TCP, payload.len());
        let right = checksum(&[&pseudo, payload]);
        // One that was left to the adapter, or is wrong, says the same as before.
        for sum in (0..=u16::MAX).map(|n| right ^ n).filter(|_| was != Checksum::Unset) {
            put(payload, CHECKSUM, &sum.to_be_bytes());
            if of_tcp(new.0, new.1, payload) == was {
                break;
            }
        }
        true
    }

    /// What a segment is of; of a copy, what that was of which it is one.
    fn of(&mut self, d: &Datagram<'_>, taken: Taken) -> Option<Of> {
        let print = copies::print(d, &self.printer);
        let [young, old] = &mut self.latest;
        match taken {
            Taken::Damaged => None,
            Taken::Copy => young.get(&print).or_else(|| old.get(&print)).copied(),
            Taken::As(s) => {
                if young.len() >= limits::COPIES_WINDOW {
                    *old = std::mem::take(young);
                }
                young.insert(print, (s.connection, s.dir));
                Some((s.connection, s.dir))
            }
        }
    }
}

impl Segment {
    fn read(payload: &[u8]) -> Option<Self> {
        let tcp = TcpSlice::from_slice(payload).ok()?;
        Some(Self {
            seq: tcp.sequence_number().wrapping_add(u32::from(tcp.syn())),
            header: payload.len() - tcp.payload().len(),
        })
    }
}

impl Stream {
    const fn new(base: u32) -> Self {
        Self { base, octets: Vec::new(), known: Vec::new() }
    }

    /// Overwrites it all. Where the capture lacks octets, the analysis begins to look for messages anew.
    fn veil(&mut self, veil: &mut Veil) {
        let mut rest = self.octets.as_mut_slice();
        let mut at_start = true;
        for run in self.known.chunk_by(|a, b| a == b) {
            let (octets, behind) = split(rest, run.len());
            if run.first() == Some(&true) {
                control::stream(veil, octets, at_start);
                at_start = false;
            }
            rest = behind;
        }
    }

    fn put(&mut self, start: usize, data: &[u8]) {
        let end = start.saturating_add(data.len());
        self.octets.resize(self.octets.len().max(end), 0);
        self.known.resize(self.octets.len(), false);
        let places = self.octets.iter_mut().zip(&mut self.known).skip(start);
        for ((octet, known), new) in places.zip(data) {
            if !std::mem::replace(known, true) {
                *octet = *new;
            }
        }
    }
}

/// Overwrites the values of options that could name a host: all but the common ones (IANA "TCP Option
/// Kind Numbers": end, no-operation, segment size, window scale, both of SACK, time stamps).
fn options(octets: &mut [u8]) {
    let mut rest = octets;
    while let [kind, length, ..] = *rest {
        let length = match kind {
            0 => break,
            1 => 1,
            _ if length < 2 => break,
            _ => usize::from(length),
        };
        let (option, next) = split(rest, length);
        if !matches!(kind, 1..=5 | 8) {
            wipe(after(option, 2));
        }
        rest = next;
    }
    // A lone no-operation may be left.
    if *rest != [1] {
        wipe(rest);
    }
}

/// Octets of a TCP header without options, and where its checksum stands (RFC 9293 §3.1).
const FIXED: usize = 20;
const CHECKSUM: usize = 16;
/// Octets held of one direction: an Echo a minute for a month; and of all.
const STREAM: usize = 1 << 20;
const HELD: usize = 128 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::frame::FrameRef;
    use crate::base::time::Timestamp;
    use crate::pipeline::anonymize::keyed::Key;
    use std::net::Ipv4Addr;

    const ENDS: (IpAddr, IpAddr) =
        (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST));

    fn segment(seq: u32, flags: u8, options: &[u8], data: &[u8]) -> Vec<u8> {
        let mut s = vec![0x9C, 0x40, 0x06, 0xBB];
        s.extend(seq.to_be_bytes());
        s.extend([0; 4]);
        let words = u8::try_from(5 + options.len() / 4).unwrap();
        s.extend([words << 4, flags, 1, 0, 0xAA, 0xAA, 0, 0]);
        s.extend(options);
        s.extend(data);
        s
    }

    fn run(segments: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut veil = Veil::new(Key::new([3; 32]));
        let mut streams = Streams::default();
        let all = taken(segments);
        for (s, taken) in segments.iter().zip(&all) {
            if let Taken::As(segment) = taken {
                streams.learn(segment, s);
            }
        }
        streams.veil(&mut veil);
        veil.settle();
        streams.veil(&mut veil);
        let mut out = segments.to_vec();
        for (s, taken) in out.iter_mut().zip(all) {
            assert!(streams.overwrite(&mut veil, &datagram(0, &[]), ENDS, s, taken));
        }
        out
    }

    /// What the analysis makes of segments a second apart.
    fn taken(segments: &[Vec<u8>]) -> Vec<Taken> {
        let mut flow = Flow::new(&[]);
        (0..).zip(segments).map(|(n, s)| Taken::by(&mut flow, &datagram(n, s))).collect()
    }

    fn datagram(second: i64, payload: &[u8]) -> Datagram<'_> {
        Datagram {
            at: Timestamp(second * 1_000_000_000),
            frame: FrameRef::default(),
            src: ENDS.0,
            dst: ENDS.1,
            protocol: protocol::TCP,
            ttl: 64,
            ident: 0,
            dont_fragment: true,
            payload,
            announced: payload.len(),
            fragments: 1,
            bad_checksum: None,
        }
    }

    #[test]
    fn a_name_across_segments_sent_twice_and_out_of_order() {
        let mut greeting = vec![0, 156, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D, 0, 1, 0, 0];
        greeting.resize(28, 0);
        greeting.extend(b"ALICE-PC");
        greeting.resize(156, 0);
        let (first, second) = greeting.split_at(31);
        let isn = u32::MAX - 9;
        let at = |data: &[u8], offset: u32| segment(isn.wrapping_add(1 + offset), 0x18, &[], data);
        let syn = segment(isn, 2, &[], &[]);
        let (one, two, both) = (at(first, 0), at(second, 31), at(&greeting, 0));
        let out = run(&[syn.clone(), two, one.clone(), both, syn, one]);
        let whole = [&out[2][20..], &out[1][20..]].concat();
        assert_eq!(&whole[28..36], b"host1xxx");
        assert_eq!(out[3][20..], whole);
        assert_eq!(out[5], out[2]);
        assert_eq!(whole[..28], greeting[..28]);
    }

    #[test]
    fn damaged_segments_stay_apart_as_they_were() {
        let data = [b"ALICE-PC", [7; 92].as_slice()].concat();
        let (sound, mut other, mut behind) = (segment(1, 0x18, &[], &data), vec![], vec![]);
        other.clone_from(&sound);
        other[40] = 1;
        behind.clone_from(&sound);
        behind[110] = 1;
        let mut veil = Veil::new(Key::new([3; 32]));
        let mut streams = Streams::default();
        let first = taken(std::slice::from_ref(&sound))[0];
        let Taken::As(s) = first else { panic!("{first:?}") };
        streams.learn(&s, &sound);
        veil.settle();
        let mut shown = [sound.clone(), sound, behind, other];
        for (s, taken) in
            shown.iter_mut().zip([first, Taken::Damaged, Taken::Damaged, Taken::Damaged])
        {
            assert!(streams.overwrite(&mut veil, &datagram(0, &[]), ENDS, s, taken));
        }
        let [sound, damaged, behind, other] = shown.map(|s| s[20..copies::HASHED].to_vec());
        assert_eq!(damaged, behind);
        assert!(damaged != sound && damaged != other && other != sound);
        assert!(!damaged.starts_with(b"ALICE-PC"));

        // One that tells its port keeps what tells it.
        let message = [b"\0\x9C\0\x01\x1A\x2B\x3C\x4D\0\x01".as_slice(), &data].concat();
        let mut told = segment(1, 0x18, &[], &message);
        assert!(streams.overwrite(&mut veil, &datagram(0, &[]), ENDS, &mut told, Taken::Damaged));
        assert_eq!(told[20..30], message[..10]);
        assert_ne!(told[30..38], message[10..18]);
    }

    #[test]
    fn the_same_endpoints_again() {
        let one =
            |isn: u32, text: &[u8]| [segment(isn, 2, &[], &[]), segment(isn + 1, 0x18, &[], text)];
        let out = run(&[one(5, b"SSH-2.0-a9"), one(5000, b"220 bc")].concat());
        assert_eq!((&out[1][20..], &out[3][20..]), (&b"SSH-2.0-x0"[..], &b"220 xx"[..]));
    }

    #[test]
    fn a_checksum_says_what_it_said() {
        let wrong = segment(0, 2, &[76, 7, 10, 0, 0, 1, 9, 1], &[]);
        let (mut right, mut unset) = (wrong.clone(), wrong.clone());
        put(&mut unset, CHECKSUM, &[0, 0]);
        let pseudo = pseudo_header(ENDS.0, ENDS.1, 6, unset.len());
        put(&mut right, CHECKSUM, &checksum(&[&pseudo, &unset]).to_be_bytes());
        let said = |segments: &[Vec<u8>]| -> Vec<Checksum> {
            segments.iter().map(|s| of_tcp(ENDS.0, ENDS.1, s)).collect()
        };
        let segments = [right, unset, wrong];
        assert_eq!(said(&segments), [Checksum::Right, Checksum::Unset, Checksum::Wrong]);
        let out = run(&segments);
        assert_eq!(said(&out), said(&segments));
        assert_ne!(out[0][CHECKSUM..18], segments[0][CHECKSUM..18]);
    }

    #[test]
    fn options_that_could_name_a_host() {
        let known = [2, 4, 5, 0xB4, 1, 3, 3, 7];
        let odd = [76, 7, 10, 0, 0, 1, 9, 1];
        let out = run(&[segment(0, 2, &[known, odd].concat(), &[])]);
        assert_eq!(out[0][20..28], known);
        assert_eq!(out[0][28..36], [76, 7, 0, 0, 0, 0, 0, 1]);
    }
}
