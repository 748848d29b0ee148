//! Small files, and some that are worth a thread.

use std::sync::Arc;

use super::*;

/// A pcap of frames at these milliseconds, each with its number as its only octet.
fn file(name: &str, times: &[i64]) -> PathBuf {
    let mut out = Vec::new();
    for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 65535, 1] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    for (n, ms) in times.iter().enumerate() {
        let (s, us) = (ms / 1000, (ms % 1000) * 1000);
        for word in [u32::try_from(s).unwrap(), u32::try_from(us).unwrap(), 1, 1] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.push(u8::try_from(n).unwrap());
    }
    let path = std::env::temp_dir().join(format!("pptp-diag-{}-{name}.pcap", std::process::id()));
    std::fs::write(&path, out).unwrap();
    path
}

fn order(paths: &[&PathBuf]) -> Vec<(u32, u64, u8)> {
    let inputs: Vec<_> = (0..).zip(paths.iter().map(|p| Input::File((*p).clone()))).collect();
    let (mut timeline, errors) = Timeline::open(&inputs, 1);
    assert!(errors.is_empty());
    let mut out = Vec::new();
    while let Some(f) = timeline.next_frame().unwrap() {
        out.push((f.frame.capture(), f.frame.number(), f.data[0]));
    }
    let frames: u64 = timeline.facts().iter().map(|(_, f)| f.frames).sum();
    assert_eq!(frames, out.len() as u64);
    out
}

#[test]
fn merges_by_time_not_by_argument() {
    let late = file("late", &[5000, 6000]);
    let early = file("early", &[1000, 2000]);
    let across = file("across", &[1500, 5500, 7000]);
    let none = file("none", &[]);
    assert_eq!(order(&[&late, &early]), [(1, 1, 0), (1, 2, 1), (0, 1, 0), (0, 2, 1)]);
    assert_eq!(
        order(&[&late, &none, &early, &across]),
        [(2, 1, 0), (3, 1, 0), (2, 2, 1), (0, 1, 0), (3, 2, 1), (0, 2, 1), (3, 3, 2)]
    );
    assert_eq!(order(&[&early]), [(0, 1, 0), (0, 2, 1)]);
    for p in [late, early, across, none] {
        std::fs::remove_file(p).unwrap();
    }
}

#[test]
fn an_unreadable_input_leaves_the_others() {
    let good = file("good", &[1000]);
    let inputs = [(0, Input::File("no such file".into())), (1, Input::File(good.clone()))];
    let (mut timeline, errors) = Timeline::open(&inputs, 1);
    assert_eq!(errors.len(), 1);
    assert_eq!(timeline.next_frame().unwrap().unwrap().frame.capture(), 1);
    assert!(timeline.next_frame().unwrap().is_none());
    std::fs::remove_file(good).unwrap();
}
/// What the frames of a timeline show: time, and the first octet where the frame is shown whole.
fn shown(
    inputs: &[(u32, Input)],
    processors: usize,
    widen_at: usize,
) -> Vec<(Timestamp, Option<u8>)> {
    let sieve: Sieve = Arc::new(|frame| match frame.data.first().map_or(0, |n| n % 3) {
        0 => Worth::Kept,
        1 => Worth::Later,
        _ => Worth::Nothing,
    });
    let (mut timeline, errors) = Timeline::sifted(inputs, processors, sieve);
    assert!(errors.is_empty());
    let mut out = Vec::new();
    while timeline
        .pass(1000, &mut |s| {
            out.push(match s {
                Shown::Frame(f) => {
                    assert!(f.data.iter().all(|b| *b == f.data[0]));
                    (f.at, Some(f.data[0]))
                }
                Shown::Time(at) => (at, None),
            });
            if out.len() == widen_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap()
    {
        if out.len() >= widen_at {
            timeline.widen();
        }
    }
    let frames: u64 = timeline.facts().iter().map(|(_, f)| f.frames).sum();
    assert_eq!(frames, out.len() as u64);
    let octets = inputs.iter().map(|(_, i)| match i {
        Input::File(path) => std::fs::metadata(path).unwrap().len(),
        Input::Standard => 0,
    });
    assert_eq!(timeline.octets_read(), octets.sum::<u64>());
    out
}

#[test]
fn threads_change_nothing() {
    let mut inputs = Vec::new();
    // Three overlap, one follows, one has nothing, one is too short for a thread.
    for (n, (first, step, frames)) in
        [(0, 7, 9000), (3, 7, 9000), (20_000, 1, 9000), (80_000, 3, 9000), (0, 0, 0), (9, 9, 99)]
            .into_iter()
            .enumerate()
    {
        let mut out = std::fs::read(file("head", &[])).unwrap();
        for k in 0..frames {
            let ms = first + k * step;
            for word in [ms / 1000, ms % 1000 * 1000, 200, 200] {
                out.extend_from_slice(&u32::try_from(word).unwrap().to_le_bytes());
            }
            out.resize(out.len() + 200, u8::try_from((k + n) % 251).unwrap());
        }
        let name = format!("pptp-diag-{}-threads-{n}.pcap", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, out).unwrap();
        inputs.push((u32::try_from(n).unwrap(), Input::File(path)));
    }
    let alone = shown(&inputs, 1, usize::MAX);
    assert_eq!(alone.len(), 4 * 9000 + 99);
    for processors in [2, 3, 9] {
        for widen_at in [1, 12_345, usize::MAX] {
            let many = shown(&inputs, processors, widen_at);
            assert_eq!(many.len(), alone.len());
            for (n, (one, other)) in alone.iter().zip(&many).enumerate() {
                let octet = one.1.unwrap();
                let whole = octet % 3 == 0 || octet % 3 == 1 && n >= widen_at;
                assert_eq!(one.0, other.0, "{processors}: frame {n}");
                assert!(other.1.map_or(!whole, |o| o == octet), "{processors}: frame {n}");
            }
        }
    }
    for (_, input) in inputs {
        let Input::File(path) = input else { continue };
        std::fs::remove_file(path).unwrap();
    }
}

/// A file that is gone when its turn comes is told, and the others are read.
#[test]
fn threads_tell_of_a_file_that_went_away() {
    let stays = file("stays", &[900]);
    let goes = file("goes", &[1000; 200]);
    std::fs::OpenOptions::new().write(true).open(&goes).unwrap().set_len(2 << 20).unwrap();
    let inputs = [(0, Input::File(stays.clone())), (1, Input::File(goes.clone()))];
    let sieve: Sieve = Arc::new(|_| Worth::Kept);
    let (mut timeline, _) = Timeline::open(&inputs, 1);
    let (mut threads, _) = Timeline::sifted(&inputs, 2, sieve);
    std::fs::remove_file(&goes).unwrap();
    for timeline in [&mut timeline, &mut threads] {
        assert_eq!(timeline.next_frame().unwrap().unwrap().at, Timestamp(900_000_000));
        let error = timeline.next_frame().err().unwrap().to_string();
        assert!(error.contains("no such file"), "{error}");
        assert!(timeline.next_frame().unwrap().is_none());
    }
    std::fs::remove_file(stays).unwrap();
}
