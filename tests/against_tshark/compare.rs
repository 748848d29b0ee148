//! Two views of one recording laid side by side, and the figures of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use pptp_diag::wire::error::Fault;

use crate::explained::{EXPLAINED, not_compared};
use crate::ours::{self, Layer, Place, Value};
use crate::tshark::{self, Given, Layer as Theirs};

/// One field that the two do not read alike. A layer that only one of them has is one difference, with the
/// layer's name for the field.
#[derive(Clone, Debug)]
pub struct Difference {
    pub file: String,
    pub frame: u64,
    pub layer: &'static str,
    pub field: String,
    pub ours: Option<String>,
    pub theirs: Option<String>,
    /// Why our parser refused the layer, or the rest of it; where we have no such layer, another one of the
    /// frame.
    pub fault: Option<Fault>,
    pub place: Place,
    /// What else our parser finds in the layer.
    pub has: Vec<&'static str>,
    /// Where the layer in question is the n-th of its name in the frame, n.
    pub nth: usize,
}

/// Figures of one field.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    compared: u64,
    explained: u64,
    unexplained: u64,
}

/// Figures of all recordings.
#[derive(Debug, Default)]
pub struct Tally {
    recordings: u64,
    frames: u64,
    fields: BTreeMap<String, Count>,
    /// Names of fields that tshark gave, that we gave, and how often there was one that is not compared.
    given: BTreeSet<String>,
    ours: BTreeSet<String>,
    beside: BTreeMap<String, u64>,
    /// What differed, not yet judged.
    raw: Vec<Difference>,
}

/// What became of the differences.
pub struct Verdict {
    pub table: String,
    pub explained: usize,
    pub unexplained: Vec<Difference>,
    /// Explanations that nothing asked for.
    pub unused: Vec<&'static str>,
    /// Fields of tshark's that are neither read by us nor left out for a reason.
    pub unknown: Vec<String>,
}

impl Tally {
    /// Compares what both made of one recording.
    pub fn recording(&mut self, file: &str, ours: &ours::Frames, theirs: &tshark::Frames) {
        self.recordings += 1;
        let numbers: BTreeSet<u64> = ours.keys().chain(theirs.keys()).copied().collect();
        for frame in numbers {
            let ours = ours.get(&frame).map(Vec::as_slice).unwrap_or_default();
            let theirs = theirs.get(&frame).map(Vec::as_slice).unwrap_or_default();
            self.frames += u64::from(!ours.is_empty() && !theirs.is_empty());
            self.frame(file, frame, ours, theirs);
        }
    }

    fn frame(&mut self, file: &str, frame: u64, ours: &[Layer], theirs: &[Theirs]) {
        let names: BTreeSet<&'static str> =
            ours.iter().map(|l| l.name).chain(theirs.iter().map(|l| l.name)).collect();
        // What is quoted in a message that we refuse, we do not read either.
        let refused = ours.iter().find(|l| l.fault.is_some());
        for layer in names {
            let mut mine = ours.iter().filter(|l| l.name == layer);
            let mut other = theirs.iter().filter(|l| l.name == layer);
            for nth in 0.. {
                let pair = (mine.next(), other.next());
                let mine = pair.0.or(refused).cloned().unwrap_or_default();
                let blank = Difference {
                    file: file.to_owned(),
                    frame,
                    layer,
                    field: layer.to_owned(),
                    ours: None,
                    theirs: None,
                    fault: mine.fault,
                    place: mine.place,
                    has: mine.fields.iter().map(|(name, _)| *name).collect(),
                    nth,
                };
                match pair {
                    (None, None) => break,
                    (Some(mine), Some(other)) => self.layer(&blank, mine, other),
                    // Both found nothing that they can read.
                    (Some(mine), None) if mine.fields.is_empty() => {}
                    (Some(mine), None) => {
                        let ours = Some(format!("{:?}", mine.fields));
                        self.raw.push(Difference { ours, ..blank });
                    }
                    (None, Some(other)) => {
                        let shown = other.fields.iter().map(|f| format!("{}={} ", f.name, f.shown));
                        self.raw.push(Difference { theirs: Some(shown.collect()), ..blank });
                    }
                }
            }
        }
    }

    fn layer(&mut self, blank: &Difference, mine: &Layer, other: &Theirs) {
        let mine_names = mine.fields.iter().map(|(name, _)| *name);
        let names: BTreeSet<&str> =
            mine_names.chain(other.fields.iter().map(|f| f.name.as_str())).collect();
        for name in names {
            let mut ours = mine.fields.iter().filter(|(n, _)| *n == name).map(|(_, v)| v);
            let mut theirs = other.fields.iter().filter(|f| f.name == name);
            loop {
                let pair = (ours.next(), theirs.next());
                if pair.0.is_some() {
                    self.ours.insert(name.to_owned());
                }
                if pair.1.is_some() {
                    self.given.insert(name.to_owned());
                }
                match pair {
                    (None, None) => break,
                    // tshark leaves out what is empty, but for fields of a fixed size.
                    (Some(ours), None) if ours.is_empty() => {}
                    (None, Some(_)) if not_compared(name).is_some() => {
                        *self.beside.entry(name.to_owned()).or_default() += 1;
                    }
                    (Some(ours), Some(theirs)) if same(ours, theirs) => {
                        self.fields.entry(name.to_owned()).or_default().compared += 1;
                    }
                    (ours, theirs) => self.raw.push(Difference {
                        field: name.to_owned(),
                        ours: ours.map(|v| format!("{v:?}")),
                        theirs: theirs.map(|f| format!("{:?} {:02x?}", f.shown, f.octets)),
                        ..blank.clone()
                    }),
                }
            }
        }
    }

    /// Sorts the differences into explained and unexplained ones. A field that one side never has, in no
    /// packet at all, is none of this version of tshark, or none of ours: it is listed and not counted.
    pub fn verdict(mut self) -> Verdict {
        let (mut unexplained, mut used) = (Vec::new(), vec![0; EXPLAINED.len()]);
        for difference in std::mem::take(&mut self.raw) {
            let field = difference.field.as_str();
            let whole = field == difference.layer;
            let both = self.given.contains(field) && self.ours.contains(field);
            if !whole && !both {
                *self.beside.entry(difference.field).or_default() += 1;
                continue;
            }
            let count = self.fields.entry(difference.field.clone()).or_default();
            count.compared += 1;
            if let Some(at) = EXPLAINED.iter().position(|e| (e.when)(&difference)) {
                count.explained += 1;
                used[at] += 1;
            } else {
                count.unexplained += 1;
                unexplained.push(difference);
            }
        }
        let unused = EXPLAINED.iter().zip(&used).filter(|(_, n)| **n == 0).map(|(e, _)| e.reason);
        let strange = |name: &&String| not_compared(name).is_none() && !self.ours.contains(*name);
        let unknown = self.beside.keys().filter(strange).cloned().collect();
        Verdict {
            table: self.table(&used),
            explained: used.iter().sum(),
            unexplained,
            unused: unused.collect(),
            unknown,
        }
    }

    fn table(&self, used: &[usize]) -> String {
        let mut out =
            format!("{:<36}{:>10}{:>11}{:>13}\n", "field", "compared", "explained", "unexplained");
        let mut sum = Count::default();
        for (name, n) in &self.fields {
            let _ = writeln!(
                out,
                "{name:<36}{:>10}{:>11}{:>13}",
                n.compared, n.explained, n.unexplained
            );
            sum.compared += n.compared;
            sum.explained += n.explained;
            sum.unexplained += n.unexplained;
        }
        let _ = writeln!(
            out,
            "{:<36}{:>10}{:>11}{:>13}",
            format!("{} fields", self.fields.len()),
            sum.compared,
            sum.explained,
            sum.unexplained
        );
        let _ = writeln!(out, "{} frames of {} recordings", self.frames, self.recordings);
        out.push_str("\nexplained differences\n");
        for (explained, n) in EXPLAINED.iter().zip(used) {
            let _ = writeln!(out, "{n:>8}  {}", explained.reason);
        }
        out.push_str("\nnot compared\n");
        for (name, n) in &self.beside {
            let side =
                if self.ours.contains(name) { "tshark never gives it" } else { "not among ours" };
            let _ = writeln!(out, "{n:>8}  {name}: {}", not_compared(name).unwrap_or(side));
        }
        out
    }
}

fn same(ours: &Value, theirs: &Given) -> bool {
    match ours {
        Value::Number(n) => number(&theirs.shown) == Some(*n),
        Value::Octets(octets) => *octets == theirs.octets,
        Value::Text(octets) => {
            let end =
                theirs.octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
            *octets == theirs.octets[..end]
        }
        Value::Address(address) => address.to_string() == theirs.shown,
    }
}

/// `12`, `0x0c`; flags are `1` or, in later versions, `True`.
fn number(shown: &str) -> Option<u64> {
    match (shown, shown.strip_prefix("0x")) {
        ("True", _) => Some(1),
        ("False", _) => Some(0),
        (_, Some(hex)) => u64::from_str_radix(hex, 16).ok(),
        (decimal, None) => decimal.parse().ok(),
    }
}
