//! Captured frames from fuzz input. The first octet chooses between the two forms:
//!
//! - below 128: a list. Link type (an index), then for each frame a time step (an index), how much the
//!   capture cut, a length of two octets, the octets.
//! - from 128 on: a sample (an index) and changes of it, so that a few octets of input reach deep.

use std::io::Cursor;
use std::sync::OnceLock;

use pptp_diag::base::frame::Frame;
use pptp_diag::base::frame::FrameRef;
use pptp_diag::base::frame::LinkType;
use pptp_diag::base::time::Timestamp;
use pptp_diag::capture;

use super::octets::Octets;

/// A frame with its own octets.
#[derive(Clone, Debug)]
pub struct Captured {
    /// When.
    pub at: Timestamp,
    /// How it begins.
    pub link: LinkType,
    /// Octets that the capture cut away.
    pub cut: u32,
    /// The rest.
    pub data: Vec<u8>,
}

impl Captured {
    /// As the reader of a capture would lend it; `n` counts from 0.
    #[must_use]
    pub fn frame(&self, n: usize) -> Frame<'_> {
        let original_len = u32::try_from(self.data.len()).unwrap() + self.cut;
        let frame = FrameRef::new(0, n as u64 + 1);
        Frame { at: self.at, frame, interface: 0, link: self.link, original_len, data: &self.data }
    }
}

/// The frames that the input stands for.
#[must_use]
pub fn read(data: &[u8]) -> Vec<Captured> {
    let mut octets = Octets(data);
    match octets.octet() {
        0..=127 => list(octets),
        _ => changed(octets),
    }
}

/// The list form of frames.
#[must_use]
pub fn write(frames: &[Captured]) -> Vec<u8> {
    let Some(first) = frames.first() else { return vec![0, 0] };
    let link = LINKS.iter().position(|l| *l == first.link).unwrap_or_default();
    let mut out = vec![0, u8::try_from(link).unwrap()];
    let mut last = first.at;
    for f in frames {
        let step = (f.at.0 - last.0) / 1_000_000;
        last = f.at;
        let index = STEPS.iter().rposition(|ms| *ms <= step).unwrap_or_default();
        let length = u16::try_from(f.data.len()).unwrap_or(u16::MAX);
        out.extend([u8::try_from(index).unwrap(), u8::try_from(f.cut.min(255)).unwrap()]);
        out.extend(length.to_be_bytes());
        out.extend(&f.data[..usize::from(length)]);
    }
    out
}

/// All frames of a capture.
#[must_use]
pub fn of_capture(file: &[u8]) -> Vec<Captured> {
    let mut frames = Vec::new();
    let Ok(mut source) = capture::read(Box::new(Cursor::new(file.to_vec())), "", 0) else {
        return frames;
    };
    while let Ok(Some(f)) = source.next_frame() {
        let cut = f.original_len.saturating_sub(u32::try_from(f.data.len()).unwrap());
        frames.push(Captured { at: f.at, link: f.link, cut, data: f.data.to_vec() });
    }
    frames
}

fn list(mut octets: Octets<'_>) -> Vec<Captured> {
    let link = octets.one_of(LINKS);
    let mut at = START;
    let mut frames = Vec::new();
    while octets.any() && frames.len() < MOST {
        at.0 += octets.one_of(STEPS) * 1_000_000;
        let cut = u32::from(octets.octet());
        frames.push(Captured { at, link, cut, data: octets.counted().to_vec() });
    }
    frames
}

fn changed(mut octets: Octets<'_>) -> Vec<Captured> {
    let samples = samples();
    let mut frames = samples[usize::from(octets.octet()) % samples.len()].clone();
    while octets.any() && !frames.is_empty() && frames.len() < MOST {
        let what = octets.octet();
        let n = usize::from(octets.octet()) % frames.len();
        match what % 10 {
            0 => drop(frames.remove(n)),
            1 => frames.insert(n, frames[n].clone()),
            2 => {
                // Times stay where they are: frames changed places.
                let other = usize::from(octets.octet()) % frames.len();
                let (a, b) = (frames[n].data.clone(), frames[other].data.clone());
                (frames[n].data, frames[other].data) = (b, a);
            }
            3 => {
                let step = octets.one_of(STEPS) * 1_000_000;
                frames[n..].iter_mut().for_each(|f| f.at.0 += step);
            }
            4 => frames.truncate(n),
            5 => drop(frames.drain(..n)),
            6 => {
                let keep = usize::from(octets.number()) % (frames[n].data.len() + 1);
                let cut = u32::try_from(frames[n].data.len() - keep).unwrap();
                frames[n].cut += cut;
                frames[n].data.truncate(keep);
            }
            7 => {
                let at = usize::from(octets.number());
                let new = octets.octet();
                let new = octets.take(usize::from(new % 32));
                let data = &mut frames[n].data;
                let at = at % (data.len() + 1);
                data.splice(at..at, new.iter().copied());
            }
            8 => {
                // A frame of another sample in between.
                let sample = &samples[usize::from(octets.octet()) % samples.len()];
                let at = frames[n].at;
                let other = &sample[usize::from(octets.octet()) % sample.len()];
                frames.insert(n, Captured { at, ..other.clone() });
            }
            _ => {
                let at = usize::from(octets.number());
                let new = octets.octet();
                let new = octets.take(usize::from(new % 8) + 1);
                let data = &mut frames[n].data;
                for (i, octet) in new.iter().enumerate() {
                    let place = (at + i) % data.len().max(1);
                    data.get_mut(place).into_iter().for_each(|o| *o = *octet);
                }
            }
        }
    }
    frames
}

fn samples() -> &'static [Vec<Captured>] {
    static PARSED: OnceLock<Vec<Vec<Captured>>> = OnceLock::new();
    PARSED.get_or_init(|| SAMPLES.iter().map(|file| of_capture(file)).collect())
}

/// Link types that are read, and one that is not.
pub const LINKS: &[LinkType] = &[
    LinkType::ETHERNET,
    LinkType::NULL,
    LinkType::PPP,
    LinkType::PPP_HDLC,
    LinkType::PPP_ETHER,
    LinkType::RAW,
    LinkType::C_HDLC,
    LinkType::IEEE802_11,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::IEEE802_11_PRISM,
    LinkType::IEEE802_11_RADIOTAP,
    LinkType::USER2,
    LinkType::IEEE802_11_AVS,
    LinkType::PPP_PPPD,
    LinkType::PPP_WITH_DIR,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::PKTAP,
    LinkType::LINUX_SLL2,
    LinkType(205),
    LinkType(109),
    LinkType(9999),
];
/// Steps of time, in milliseconds and rising.
const STEPS: &[i64] = &[0, 1, 5, 20, 100, 500, 1000, 3000, 10_000, 40_000, 70_000, 700_000];
const START: Timestamp = Timestamp(1_700_000_000_000_000_000);
/// Frames of one input.
const MOST: usize = 600;
const SAMPLES: &[&[u8]] = &[
    include_bytes!("../../samples/recorded-healthy.pcap"),
    include_bytes!("../../samples/recorded-race.pcap"),
    include_bytes!("../../samples/recorded-slow-healthy.pcap"),
    include_bytes!("../../samples/recorded-wrong-password.pcap"),
    include_bytes!("../../samples/recorded-gre-blocked.pcap"),
    include_bytes!("../../samples/error5-race.pcap"),
    include_bytes!("../../samples/mppe-strength.pcap"),
    include_bytes!("../../samples/gre-icmp-rejected.pcap"),
    include_bytes!("../../samples/foreign-radius.pcap"),
    include_bytes!("../../samples/password-spray.pcap"),
];
