//! A datagram sent in fragments, in any order, some of them twice, comes out as it was; fragments of others
//! in between change nothing.

use pptp_diag::base::frame::LinkType;
use pptp_diag::base::time::Timestamp;
use pptp_diag::link::Linker;

use super::frames::Captured;
use super::octets::Octets;

/// Choices: IP version, places to cut at, order; the rest is the payload.
pub fn run(data: &[u8]) {
    let mut octets = Octets(data);
    let v6 = octets.octet() & 1 == 1;
    let cuts = usize::from(octets.octet() % 12);
    let places: Vec<u8> = octets.take(cuts).to_vec();
    let disorder: Vec<u8> = octets.take(2 * cuts + 2).to_vec();
    let noise = octets.counted();
    // Enhanced GRE: nothing that a tunnel could be.
    let payload = &[&[0x30, 0x81, 0x88, 0x0B], octets.0].concat()[..];
    // 8 octets: what a fragment's offset can say.
    let units = payload.len() / 8;
    let mut bounds: Vec<usize> =
        places.iter().map(|p| 8 * (usize::from(*p) % (units + 1))).collect();
    bounds.extend([0, payload.len()]);
    bounds.sort_unstable();
    bounds.dedup();
    let mut sent: Vec<(usize, usize)> = bounds.windows(2).map(|w| (w[0], w[1])).collect();
    if sent.len() < 2 {
        return;
    }
    let all = sent.len();
    for pair in disorder.chunks_exact(2) {
        let (a, b) = (usize::from(pair[0]) % sent.len(), usize::from(pair[1]) % sent.len());
        if pair[0] & 0x80 != 0 && sent.len() < 100 {
            sent.insert(b, sent[a]);
        } else {
            sent.swap(a, b);
        }
    }
    let mut linker = Linker::new(&[]);
    let mut whole = 0;
    for (n, (start, end)) in sent.iter().enumerate() {
        let piece = &payload[*start..*end];
        let last = *end == payload.len();
        let packet =
            if v6 { v6_fragment(piece, *start, last) } else { v4_fragment(piece, *start, last) };
        let frame = packet.map(captured);
        if let Some(d) = frame.as_ref().and_then(|f| linker.datagram(&f.frame(2 * n))) {
            assert_eq!(d.payload, payload);
            assert_eq!(d.announced, payload.len());
            assert!(usize::from(d.fragments) >= all);
            whole += 1;
        }
        // Of others that end nothing, in the same datagram's neighbourhood.
        let other = noise.chunks(64).nth(n).unwrap_or_default();
        let _ = linker.datagram(&captured(other.to_vec()).frame(2 * n + 1));
    }
    if noise.is_empty() && payload.len() <= 60_000 {
        assert!(whole >= 1, "{sent:?} of {} octets", payload.len());
    }
}

fn captured(data: Vec<u8>) -> Captured {
    Captured { at: Timestamp(0), link: LinkType::RAW, cut: 0, data }
}

fn v4_fragment(piece: &[u8], start: usize, last: bool) -> Option<Vec<u8>> {
    let total = u16::try_from(20 + piece.len()).ok()?;
    let place = u16::try_from(start / 8).ok()? | if last { 0 } else { 0x2000 };
    let mut ip = vec![0x45, 0];
    ip.extend(total.to_be_bytes());
    ip.extend([0, 7]);
    ip.extend(place.to_be_bytes());
    ip.extend([64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    ip.extend(piece);
    Some(ip)
}

fn v6_fragment(piece: &[u8], start: usize, last: bool) -> Option<Vec<u8>> {
    let length = u16::try_from(8 + piece.len()).ok()?;
    let place = u16::try_from(start).ok()? | u16::from(!last);
    let mut ip = vec![0x60, 0, 0, 0];
    ip.extend(length.to_be_bytes());
    ip.extend([44, 64]);
    ip.extend([1; 16]);
    ip.extend([2; 16]);
    ip.extend([47, 0]);
    ip.extend(place.to_be_bytes());
    ip.extend([0, 0, 0, 9]);
    ip.extend(piece);
    Some(ip)
}
