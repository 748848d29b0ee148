//! One frame of a capture lost, doubled, out of order, cut or damaged, each frame in turn: never a panic,
//! never a second, and no verdict that the packets do not bear out.
//!
//! The ordinary test takes a share of the changes of the samples. All changes of all recordings, which take
//! two minutes on two cores, with a table of what became of the verdicts:
//! `cargo test --release --test mutations -- --ignored --nocapture`. With `PART=2/4` in the environment it is
//! the second of four parts, of which each takes every fourth recording; with `ONE='NAME.pcap frame 4 Damage(1)'`
//! it writes the report on that change alone, and with `KIND=drop` it takes changes of that kind alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // Time is what is measured here.

mod support;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use pptp_diag::base::time::Span;
use pptp_diag::capture::CaptureFacts;
use pptp_diag::crypto::tail::Searches;
use pptp_diag::pipeline::Analysis;
use pptp_diag::report::Format;
use pptp_diag::rules::Certainty;
use pptp_diag::rules::Severity;
use support::frames;
use support::frames::Captured;
use support::frames::Recording;
use support::mutation::Frames;
use support::mutation::Mutation;
use support::mutation::Seed;
use support::report;

/// What is said of a capture, as far as a change may turn it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Verdict {
    /// Outcome and root cause of each conversation, in order of their names.
    roots: Vec<(&'static str, &'static str)>,
    /// All faults, and whether they are certain.
    faults: Vec<(&'static str, bool)>,
    /// Root causes that are faults and certain; a warning (PD0008) names what was seen, and no cause.
    sure: Vec<&'static str>,
}

impl Verdict {
    fn of(analysis: &Analysis) -> Self {
        let conversations = &analysis.conversations;
        let root = |d: &pptp_diag::pipeline::Diagnosed| {
            (d.diagnosis.outcome.name(), d.diagnosis.primary().map_or("-", |f| f.rule.id))
        };
        let mut roots: Vec<_> = conversations.iter().map(root).collect();
        roots.sort_unstable();
        let findings = conversations.iter().flat_map(|d| &d.diagnosis.findings);
        let faults = findings.chain(&analysis.findings).filter(|f| f.severity == Severity::Fault);
        let faults = faults.map(|f| (f.rule.id, f.certainty == Certainty::Certain)).collect();
        let primaries = conversations.iter().filter_map(|d| d.diagnosis.primary());
        let sure = primaries
            .filter(|f| f.severity == Severity::Fault && f.certainty == Certainty::Certain)
            .map(|f| f.rule.id);
        Self { roots, faults, sure: sure.collect() }
    }

    fn is_healthy(&self) -> bool {
        self.faults.is_empty()
            && !self.roots.is_empty()
            && self.roots.iter().all(|root| *root == ("connected", "-"))
    }

    fn words(&self) -> String {
        let roots: Vec<String> = self.roots.iter().map(|(o, r)| format!("{o}:{r}")).collect();
        let sure =
            |(id, certain): &(&str, bool)| format!("{id}{}", if *certain { "!" } else { "" });
        let faults: Vec<String> = self.faults.iter().map(sure).collect();
        format!("{} [{}]", roots.join(" + "), faults.join(","))
    }
}

/// Why `after` may not come of `before`; `None` where it may.
///
/// - A packet that comes twice, or changes places with those around it, is no other history: a healthy capture
///   stays healthy, a root cause does not turn into another (it may become less certain, or go unnamed where
///   the order was the proof).
/// - A packet that the capture lacks, or holds in part, is no evidence: what was healthy may become unknown,
///   but no fault is certain on that ground (`faults.md` E1, E4, E5). What failed may become less certain or
///   unknown, but no other root cause is certain for want of one packet.
/// - Damage in GRE or PPP, which have no checksum, is what was sent as far as anyone can tell: a packet that
///   breaks the protocol is named (PD9xxx), and so is what a changed code or option says.
/// - Where a capture ends early, what was lost until then was lost: only what nobody said may be certain.
fn objection(what: Mutation, moved: Span, before: &Verdict, after: &Verdict) -> Option<String> {
    let new = after.roots.iter().find(|root| !before.roots.contains(root));
    if what.keeps_all() && moved <= REORDERED {
        let outcomes = |v: &Verdict| v.roots.iter().map(|(o, _)| *o).collect::<Vec<_>>();
        let objects = if before.is_healthy() {
            before != after
        } else {
            new.is_some_and(|(_, id)| *id != "-") || outcomes(before) != outcomes(after)
        };
        return objects.then(|| "nothing was lost".to_owned());
    }
    if !before.is_healthy() {
        let named = |id: &str| before.roots.iter().any(|(_, root)| *root == id);
        let kin = |id: &str| CERTAIN_TOO.iter().any(|(from, to, _)| named(from) && *to == id);
        let other = after.sure.iter().find(|id| !named(id) && !kin(id));
        let other = other.filter(|_| what == Mutation::Drop)?;
        return Some(format!("what the capture lacks makes {other} certain"));
    }
    let certain = after.faults.iter().find(|(_, certain)| *certain);
    match what {
        Mutation::Drop | Mutation::Cut(_) => {
            let failed = after.roots.iter().any(|(outcome, _)| *outcome == "failed");
            (failed || certain.is_some())
                .then(|| "a packet that is not there proves nothing".into())
        }
        _ => None,
    }
}

/// Root causes that may turn into another certain one for want of a packet: from, to, why.
const CERTAIN_TOO: &[(&str, &str, &str)] = &[
    (
        "PD1009",
        "PD1008",
        "both tell of one dead control connection: unanswered are its Echoes and its data",
    ),
    (
        "PD4006",
        "PD3006",
        "PD3006 quotes the closer's sentence, which speaks of the refusal that is not there",
    ),
];

/// Recordings whose verdict hangs on one packet, and turns with it.
const KNOWN: &[(&str, &str)] = &[
    ("end_client_kill9__", "without the ICMP error nothing tells a dead client from a lost path"),
    ("mtu_fragneeded__", "without the ICMP error nothing tells a dead client from a lost path"),
    ("gre_drop_mid__", "the newest packet of the tunnel tells a dead tunnel from a dead path"),
    ("end_client_frozen__", "the newest packet of the tunnel tells when it died"),
    ("end_server_host_dead__", "the newest packet of the tunnel tells when it died"),
    ("auth_domain_not_stripped__", "a verdict before its Response is not taken for its answer"),
];

/// A network or a capture puts packets out of order by no more than this.
const REORDERED: Span = Span::from_millis(500);
/// Time of one capture, where the machine has nothing else to do.
const LIMIT: Duration = Duration::from_secs(1);

/// `searches`: those for hash tails that were made; most changes of a capture ask the same again.
fn verdict(
    recording: &Recording,
    frames: &Frames<'_>,
    whole: bool,
    searches: &Searches,
) -> (Verdict, Duration) {
    let began = Instant::now();
    let analysis = frames::analyse(frames, recording.until.filter(|_| whole), searches);
    let took = began.elapsed();
    let view = report::mirror(&analysis, &CaptureFacts::default());
    let format = Format::ALL[frames.len() % Format::ALL.len()];
    assert!(!report::rendered(&view, format).is_empty());
    (Verdict::of(&analysis), took)
}

/// What became of the verdicts.
#[derive(Default)]
struct Study {
    variants: usize,
    slowest: (Duration, String),
    /// By kind of change, from, to: how often, and where first.
    changes: BTreeMap<(&'static str, String, String), (usize, String)>,
    by_kind: BTreeMap<&'static str, [usize; 2]>,
    wrong: Vec<String>,
}

/// A capture as it is, and what its changes are compared with.
struct Plain {
    verdict: Verdict,
    took: Duration,
    searches: Searches,
}

impl Plain {
    fn new(recording: &Recording) -> Self {
        let frames: Frames<'_> = recording.frames.iter().map(Cow::Borrowed).collect();
        let searches = Searches::default();
        let (verdict, took) = verdict(recording, &frames, true, &searches);
        Self { verdict, took, searches }
    }
}

impl Study {
    fn one(&mut self, recording: &Recording, plain: &Plain, n: usize, what: Mutation) {
        let before = &plain.verdict;
        let Some(changed) = what.of(&recording.frames, n, &recording.name) else { return };
        let name = format!("{} frame {} {what:?}", recording.name, n + 1);
        if let Ok(wanted) = env::var("ONE") {
            if wanted == name {
                let analysis = frames::analyse(&changed, recording.until, &plain.searches);
                let view = report::mirror(&analysis, &CaptureFacts::default());
                println!("{}", report::rendered(&view, Format::Text));
            }
            return;
        }
        let run =
            |searches: &Searches| verdict(recording, &changed, what != Mutation::End, searches);
        let Ok((after, mut took)) = catch_unwind(AssertUnwindSafe(|| run(&plain.searches))) else {
            self.wrong.push(format!("{name}: panicked"));
            return;
        };
        // What was spared is what the plain capture took, or little more; where that could matter, nothing is.
        if took + plain.took >= LIMIT {
            took = run(&Searches::default()).1;
        }
        for tries in 0..10 {
            if took >= LIMIT {
                // The machine may be busy with something else.
                std::thread::sleep(Duration::from_millis(100) * tries);
                took = took.min(run(&Searches::default()).1);
            }
        }
        if took >= LIMIT {
            self.wrong.push(format!("{name}: took {took:?}"));
        }
        self.slowest = (took, name.clone()).max(std::mem::take(&mut self.slowest));
        self.variants += 1;
        let counts = self.by_kind.entry(what.kind()).or_default();
        counts[0] += 1;
        if after == *before {
            return;
        }
        counts[1] += 1;
        let moved = what.moves(&recording.frames, n, &recording.name);
        let known = KNOWN.iter().any(|(prefix, _)| recording.name.starts_with(prefix));
        if known {
            // Counted in the table all the same.
        } else if let Some(why) = objection(what, moved, before, &after) {
            let (from, to) = (before.words(), after.words());
            self.wrong.push(format!("{name}: {from} became {to}: {why}"));
        }
        let key = (what.kind(), before.words(), after.words());
        self.changes.entry(key).or_insert((0, name)).0 += 1;
    }

    fn add(&mut self, other: Self) {
        self.variants += other.variants;
        self.slowest = other.slowest.max(std::mem::take(&mut self.slowest));
        for (key, (count, name)) in other.changes {
            self.changes.entry(key).or_insert((0, name)).0 += count;
        }
        for (kind, [all, changed]) in other.by_kind {
            let counts = self.by_kind.entry(kind).or_default();
            *counts = [counts[0] + all, counts[1] + changed];
        }
        self.wrong.extend(other.wrong);
    }

    fn judge(mut self) {
        println!("{} variants; slowest {:?}: {}", self.variants, self.slowest.0, self.slowest.1);
        for (kind, [all, changed]) in &self.by_kind {
            println!("{kind:9} {all:7} variants, {changed:6} other verdicts");
        }
        self.wrong.sort();
        assert!(self.wrong.is_empty(), "{} wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
    }
}

/// Runs the changes that `takes` chooses, on all cores.
fn study(
    recordings: &[Recording],
    takes: impl Fn(&Recording, usize, Mutation) -> bool + Sync,
) -> Study {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Study::default()));
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(r) = recordings.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut own = Study::default();
                    let plain = Plain::new(r);
                    for n in 0..r.frames.len() {
                        for &what in Mutation::ALL.iter().filter(|m| takes(r, n, **m)) {
                            own.one(r, &plain, n, what);
                        }
                    }
                    all.lock().unwrap().add(own);
                }
            });
        }
    });
    all.into_inner().unwrap()
}

/// Captures of a folder that are not too long to be tried frame by frame.
fn recordings(folder: &Path) -> Vec<Recording> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let short =
        paths.into_iter().filter(|p| p.metadata().is_ok_and(|m| m.is_file() && m.len() < SHORT));
    short
        .filter_map(|p| {
            let name = p.file_name()?.to_string_lossy().into_owned();
            Recording::read(&name, fs::read(&p).unwrap())
        })
        .filter(|r| r.frames.len() < FRAMES)
        .collect()
}

fn samples() -> Vec<Recording> {
    recordings(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"))
}

#[test]
fn a_share_of_all_changes_of_the_samples() {
    let samples: Vec<Recording> =
        samples().into_iter().filter(|r| r.name != "password-spray.pcap").collect();
    study(&samples, |r, n, what| {
        let order = ORDERED.contains(&r.name.as_str()) && what.keeps_all();
        let share = if order { 1 } else { 4 };
        Seed::new((&r.name, n, what.kind(), "share")).below(share) == 0
    })
    .judge();
}

fn sample(name: &str) -> Recording {
    samples().into_iter().find(|r| r.name == name).unwrap()
}

fn is_tcp(frame: &Captured) -> bool {
    frame.data[ETHERNET + 9] == 6
}

fn roots(frames: &Frames<'_>) -> Vec<(&'static str, &'static str)> {
    Verdict::of(&frames::analyse(frames, None, &Searches::default())).roots
}

/// No time passes while the clock has been put back; so all of it stays one conversation.
#[test]
fn a_century_between_two_frames_breaks_no_arithmetic() {
    let century = Span::from_secs(100 * 365 * 86_400);
    for recording in samples() {
        let mut later: Vec<Captured> = recording.frames.clone();
        for f in &mut later {
            f.at = f.at + century;
        }
        let Some(last) = later.last() else { continue };
        for n in 1..later.len().min(48) {
            let (before, behind) = (&recording.frames[..n], &later[n..]);
            let frames = [last].into_iter().chain(before).chain(behind);
            let frames: Frames<'_> = frames.map(Cow::Borrowed).collect();
            let analysis = frames::analyse(&frames, None, &Searches::default());
            assert!(!analysis.conversations.is_empty());
        }
    }
}

#[test]
fn a_success_behind_what_the_client_sent_upon_it_is_no_riddle() {
    let refused = sample("mppe-refused.pcap");
    let mut frames: Frames<'_> = refused.frames.iter().map(Cow::Borrowed).collect();
    // Behind the client's packets of the network phase, 136 ms later, just before its Terminate-Request.
    let mut success = frames.remove(19);
    success.to_mut().at = frames[24].at;
    frames.insert(25, success);
    assert_eq!(roots(&frames), [("failed", "PD5001")]);
}

#[test]
fn a_first_segment_that_is_damaged_is_no_conversation_unless_all_are() {
    let healthy = sample("recorded-healthy.pcap");
    let syn = healthy.frames.iter().position(is_tcp).unwrap();
    // Octets of IPv4 and TCP: the sender's address and port, the sequence number, the flags.
    for (octet, bit) in [(15, 0x10), (21, 0x10), (24, 0x80), (33, 0x02), (33, 0x10)] {
        let mut frames: Frames<'_> = healthy.frames.iter().map(Cow::Borrowed).collect();
        frames[syn].to_mut().data[ETHERNET + octet] ^= bit;
        assert_eq!(roots(&frames), [("connected", "-")], "octet {octet}");
    }
    // The server's answer: its sequence number, its flags.
    for (octet, bit) in [(24, 0x80), (33, 0x04), (33, 0x01)] {
        let mut frames: Frames<'_> = healthy.frames.iter().map(Cow::Borrowed).collect();
        frames[syn + 1].to_mut().data[ETHERNET + octet] ^= bit;
        assert_eq!(roots(&frames), [("connected", "-")], "octet {octet}");
        // Where the card is to fill in the checksum, nothing tells damage; but no call was up by then.
        frames[syn + 1].to_mut().data[ETHERNET + 36..][..2].fill(0);
        if octet == 33 {
            assert_eq!(roots(&frames), [("connected", "-")], "octet {octet}, unset");
        }
    }
    // As if every address had been replaced: then the checksums say nothing.
    let mut frames: Frames<'_> = healthy.frames.iter().map(Cow::Borrowed).collect();
    frames[syn].to_mut().data[ETHERNET + 15] ^= 0x10;
    for f in frames.iter_mut().filter(|f| is_tcp(f)) {
        f.to_mut().data[ETHERNET + 36] ^= 0x55;
    }
    assert_eq!(roots(&frames).len(), 2);
}

#[test]
fn a_disconnection_behind_the_end_of_tcp_does_not_come_before_what_ended_the_link() {
    let refused = sample("bad-challenge.pcap");
    let mut frames: Frames<'_> = refused.frames.iter().map(Cow::Borrowed).collect();
    let mut disconnection = frames.remove(22);
    disconnection.to_mut().at = frames[25].at;
    frames.insert(26, disconnection);
    assert_eq!(roots(&frames), [("failed", "PD0003")]);
}

#[test]
fn a_success_that_the_capture_lacks_was_there_where_both_went_on() {
    let refused = sample("mppe-refused.pcap");
    let mut frames: Frames<'_> = refused.frames.iter().map(Cow::Borrowed).collect();
    frames.remove(19);
    assert_eq!(roots(&frames), [("failed", "PD5001")]);
}

/// What is certain of a sample without one of its frames, and the root cause.
fn without(name: &str, n: usize) -> (Vec<&'static str>, Vec<(&'static str, &'static str)>) {
    let sample = sample(name);
    let mut frames: Frames<'_> = sample.frames.iter().map(Cow::Borrowed).collect();
    frames.remove(n);
    let Verdict { sure, roots, .. } =
        Verdict::of(&frames::analyse(&frames, None, &Searches::default()));
    (sure, roots)
}

#[test]
fn a_client_whose_vendor_the_capture_lacks_is_what_its_ppp_says() {
    // Windows by the RAS error in its Terminate-Request, and no word of pppd.
    let wanted = vec![("connected", "-"), ("failed", "PD0001")];
    assert_eq!(without("error5-race.pcap", 3), (vec![], wanted));
}

#[test]
fn a_client_that_nothing_names_is_no_certain_pppd() {
    let mut race = sample("error5-race.pcap");
    // The Terminate-Request says nothing in clear: of its RAS mark one octet differs.
    for f in &mut race.frames {
        if let Some(at) = f.data.windows(3).position(|w| w == [0x3C, 0xCD, 0x74]) {
            f.data[at] ^= 1;
        }
    }
    let mut frames: Frames<'_> = race.frames.iter().map(Cow::Borrowed).collect();
    frames.remove(3);
    let verdict = Verdict::of(&frames::analyse(&frames, None, &Searches::default()));
    assert_eq!(verdict.roots, [("connected", "-"), ("failed", "PD0002")]);
    assert_eq!(verdict.sure, [""; 0]);
}

#[test]
fn a_call_reply_that_the_capture_lacks_refuses_nothing() {
    // The call was up, and its Call-Disconnect-Notify is in the capture.
    let ended = sample("bad-challenge.pcap");
    let control = ended.frames.iter().enumerate().filter(|(n, f)| *n != 9 && is_tcp(f));
    let frames: Frames<'_> = control.map(|(_, f)| Cow::Borrowed(f)).collect();
    assert_eq!(roots(&frames), [("unknown", "-")]);
}

#[test]
fn a_call_reply_that_the_capture_cut_refuses_nothing() {
    let healthy = sample("recorded-healthy.pcap");
    let mut frames: Frames<'_> = healthy.frames.iter().take(13).map(Cow::Borrowed).collect();
    // Ethernet, IPv4 and TCP take 66 octets; the result is octet 16 of the reply.
    frames[11].to_mut().data.truncate(66 + 14);
    assert_eq!(roots(&frames), [("unknown", "-")]);
}

#[test]
#[ignore = "takes minutes"]
fn every_change_of_every_frame_of_every_recording() {
    let mut all = samples();
    if let Some(captures) = support::shared_captures() {
        all.extend(["lab", "public"].iter().flat_map(|f| recordings(&captures.join(f))));
    }
    // The longest first: at the end all cores have something to do.
    all.sort_by_key(|r| (Reverse(r.frames.len()), r.name.clone()));
    let (part, parts) = part();
    let all: Vec<Recording> =
        all.into_iter().enumerate().filter(|(n, _)| n % parts == part).map(|(_, r)| r).collect();
    let began = Instant::now();
    let kind = env::var("KIND").ok();
    let done = study(&all, |_, _, what| kind.as_ref().is_none_or(|k| k == what.kind()));
    for ((kind, from, to), (count, first)) in &done.changes {
        println!("{count:6} {kind:9} {from} -> {to}   first: {first}");
    }
    println!("{} recordings, part {} of {parts}, {:.0?}", all.len(), part + 1, began.elapsed());
    done.judge();
}

/// Which part of all recordings to take, from 0, and of how many.
fn part() -> (usize, usize) {
    let Ok(text) = env::var("PART") else { return (0, 1) };
    let (part, parts) = text.split_once('/').expect("PART is two numbers, such as 2/4");
    let (part, parts): (usize, usize) = (part.parse().unwrap(), parts.parse().unwrap());
    assert!((1..=parts).contains(&part), "PART={text}");
    (part - 1, parts)
}

/// Samples of which each frame is doubled and moved in the ordinary test too.
const ORDERED: [&str; 3] =
    ["recorded-healthy.pcap", "recorded-gre-blocked.pcap", "mppe-refused.pcap"];
/// Octets of its header, in the samples.
const ETHERNET: usize = 14;
/// Octets and frames of a capture that is tried frame by frame.
const SHORT: u64 = 1_000_000;
const FRAMES: usize = 5000;
