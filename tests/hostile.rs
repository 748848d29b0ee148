//! Whatever arrives, the analysis ends, does not panic and keeps its bounds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap
)]

mod support;

use pptp_diag::base::frame::{Frame, FrameRef, LinkType};
use pptp_diag::base::time::Timestamp;
use pptp_diag::pipeline::{Analysis, Analyzer, Options};
use proptest::prelude::*;
use support::scenario;

const HEALTHY: &str = "use connect\nuse link auth=mschapv2\nuse chap user=alice password=secret\n\
    use network\nuse traffic\nuse hangup\n";
const RACE: &str = "point client\nuse connect\nuse link auth=mschapv2\nrtt 4\n\
    +0.01 < chap challenge id=1 value=5B5D7C7D7B3F2F3E3C2C602132262628 name=pptpd\n\
    +0.02 > chap response id=1 user=User password=clientPass peer=21402324255E262A28295F2B3A337C7E\n\
    +3 < chap challenge id=1 value=5B5D7C7D7B3F2F3E3C2C602132262628 name=pptpd\n\
    +0.02 > chap response id=1 user=User password=clientPass peer=101112131415161718191A1B1C1D1E1F\n\
    +1 < chap success id=1 of=1\n+0.01 > lcp termreq id=2 text=\"Failed to authenticate ourselves to peer\"\n";

fn frames(text: &str) -> Vec<(Timestamp, Vec<u8>)> {
    scenario::compile(text, "hostile.rs", 1).into_iter().map(|p| (p.at, p.frame)).collect()
}

fn analyse(frames: &[(Timestamp, Vec<u8>)]) -> Analysis {
    let mut analyzer = Analyzer::new(Options::default());
    for (n, (at, data)) in frames.iter().enumerate() {
        analyzer.push(&Frame {
            at: *at,
            frame: FrameRef::new(0, n as u64 + 1),
            interface: 0,
            link: LinkType::ETHERNET,
            original_len: u32::try_from(data.len()).unwrap(),
            data,
        });
    }
    analyzer.finish()
}

fn verdict(analysis: &Analysis) -> (usize, Option<&'static str>, &'static str) {
    let first = analysis.conversations.first();
    (
        analysis.conversations.len(),
        first.and_then(|d| d.diagnosis.primary()).map(|f| f.rule.id),
        first.map_or("none", |d| d.diagnosis.outcome.name()),
    )
}

/// A healthy capture in which one frame was captured twice stays healthy.
#[test]
fn one_frame_seen_twice_changes_nothing() {
    let healthy = frames(HEALTHY);
    let plain = verdict(&analyse(&healthy));
    assert_eq!(plain, (1, None, "connected"));
    for i in 0..healthy.len() {
        let mut twice = healthy.clone();
        let mut copy = healthy[i].clone();
        copy.0 = Timestamp(copy.0.0 + 50_000);
        twice.insert(i + 1, copy);
        assert_eq!(verdict(&analyse(&twice)), plain, "frame {} twice", i + 1);
    }
}

/// A capture that misses any one frame of a healthy call shows no fault.
#[test]
fn one_missing_frame_makes_no_fault() {
    let healthy = frames(HEALTHY);
    for i in 0..healthy.len() {
        let mut without = healthy.clone();
        without.remove(i);
        let analysis = analyse(&without);
        for d in &analysis.conversations {
            assert!(
                d.diagnosis.primary().is_none(),
                "without frame {}: {:?}",
                i + 1,
                verdict(&analysis)
            );
        }
    }
}

/// A healthy call with two neighbouring frames exchanged shows no fault.
#[test]
fn two_exchanged_frames_make_no_fault() {
    let healthy = frames(HEALTHY);
    for i in 1..healthy.len() {
        let mut exchanged = healthy.clone();
        let (a, b) = (exchanged[i - 1].1.clone(), exchanged[i].1.clone());
        exchanged[i - 1].1 = b;
        exchanged[i].1 = a;
        let analysis = analyse(&exchanged);
        for d in &analysis.conversations {
            assert!(
                d.diagnosis.primary().is_none(),
                "frames {i} and {}: {:?}",
                i + 1,
                verdict(&analysis)
            );
        }
    }
}

/// A capture that breaks off at any frame of a healthy call shows no fault.
#[test]
fn a_capture_that_breaks_off_shows_no_fault() {
    let healthy = frames(HEALTHY);
    for n in 0..healthy.len() {
        for d in &analyse(&healthy[..n]).conversations {
            assert!(
                d.diagnosis.primary().is_none(),
                "after {n} frames: {:?}",
                d.diagnosis.primary().map(|f| f.rule.id)
            );
        }
        for d in &analyse(&healthy[n..]).conversations {
            assert!(
                d.diagnosis.primary().is_none(),
                "from frame {}: {:?}",
                n + 1,
                d.diagnosis.primary().map(|f| f.rule.id)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Any octets changed anywhere.
    #[test]
    fn changed_octets_do_no_harm(changes in proptest::collection::vec((any::<u16>(), any::<u16>(), any::<u8>()), 1..40)) {
        for text in [HEALTHY, RACE] {
            let mut all = frames(text);
            for (frame, offset, value) in &changes {
                let n = usize::from(*frame) % all.len();
                let len = all[n].1.len();
                all[n].1[usize::from(*offset) % len] = *value;
            }
            let analysis = analyse(&all);
            prop_assert!(analysis.conversations.len() <= all.len());
        }
    }

    /// Frames of any octets, with an Ethernet header that gets them past the gate.
    #[test]
    fn any_octets_do_no_harm(all in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..120), 0..40)) {
        let framed: Vec<_> = all
            .iter()
            .enumerate()
            .map(|(n, tail)| {
                let mut data = vec![0u8; 12];
                data.extend_from_slice(&[8, 0, 0x45, 0, 0, 0, 0, n as u8, 0x40, 0, 64, if n % 3 == 0 { 6 } else { 47 }, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
                let total = u16::try_from(tail.len() + 20).unwrap();
                data[16..18].copy_from_slice(&total.to_be_bytes());
                if n % 3 != 0 {
                    data.extend_from_slice(&[0x30, 0x81, 0x88, 0x0B]);
                }
                data.extend_from_slice(tail);
                (Timestamp(n as i64 * 1_000_000), data)
            })
            .collect();
        analyse(&framed);
    }
}
