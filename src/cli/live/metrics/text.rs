//! Figures in the text format of Prometheus (version 0.0.4): `# HELP` and `# TYPE` once for each name, then its
//! samples.

use std::fmt::Display;
use std::fmt::Write as _;

use super::Figures;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;

/// What the format is called in HTTP.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics. `None`: there are no figures yet.
pub(super) fn render(figures: Option<&Figures>) -> String {
    let mut out = Metrics::default();
    out.gauge("build_info", "The program that runs").labelled(
        "version",
        env!("CARGO_PKG_VERSION"),
        1,
    );
    let Some(f) = figures else { return out.0 };
    out.gauge("start_time_seconds", "When the program began, Unix time").value(unix(f.started));
    out.gauge("capturing", "Whether packets are captured at present")
        .value(u8::from(f.down.is_none()));
    if let Some(at) = f.last_frame {
        out.gauge("last_frame_timestamp_seconds", "Time of the newest frame, Unix time")
            .value(unix(at));
    }
    out.counter("frames_received_total", "Frames that came from the interface")
        .value(f.frames_received);
    out.counter("frames_analysed_total", "Frames that went through the analysis")
        .value(f.frames_analysed);
    out.counter(
        "frames_dropped_total",
        "Frames lost before the program saw them, by who dropped them",
    )
    .labelled("by", "interface", f.dropped_by_interface)
    .labelled("by", "kernel", f.dropped_by_kernel);
    if let Some(kept) = f.kept {
        out.counter("frames_kept_total", "Frames written to files").value(kept.frames);
        out.gauge("keeping", "Whether frames are still written to files")
            .value(u8::from(kept.writing));
    }
    let mut open = out.gauge("conversations_open", "Open conversations by how far they got");
    for stage in Stage::ALL {
        let count = f.conversations_open.get(&stage).copied().unwrap_or_default();
        open = open.labelled("stage", stage.name(), count);
    }
    out.counter("conversations_started_total", "Conversations begun")
        .value(f.conversations_started);
    let mut ended = out.counter("conversations_ended_total", "Conversations over by their outcome");
    for outcome in [Outcome::Connected, Outcome::Failed, Outcome::Unknown] {
        let count = f.conversations_ended.get(&outcome).copied().unwrap_or_default();
        ended = ended.labelled("outcome", outcome.name(), count);
    }
    out.counter(
        "conversations_evicted_total",
        "Conversations given up before their end to make room",
    )
    .value(f.conversations_evicted);
    let mut findings = out.counter("findings_total", "Findings told, by rule");
    for (rule, count) in &f.findings {
        findings = findings.labelled("rule", rule, count);
    }
    if let Some(octets) = f.memory {
        out.gauge("memory_bytes", "Memory in use").value(octets);
    }
    if let Some(octets) = f.memory_limit {
        out.gauge("memory_limit_bytes", "What the memory may grow to").value(octets);
    }
    out.0
}

/// The lines so far.
#[derive(Default)]
struct Metrics(String);

/// The samples of one name.
struct Family<'a> {
    out: &'a mut String,
    name: &'static str,
}

impl Metrics {
    fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        let _ = writeln!(self.0, "# HELP {PREFIX}{name} {help}");
        let _ = writeln!(self.0, "# TYPE {PREFIX}{name} {kind}");
        Family { out: &mut self.0, name }
    }
}

impl Family<'_> {
    fn value(self, value: impl Display) {
        let _ = writeln!(self.out, "{PREFIX}{} {value}", self.name);
    }

    fn labelled(self, label: &str, name: &str, value: impl Display) -> Self {
        let name = escaped(name);
        let _ = writeln!(self.out, "{PREFIX}{}{{{label}=\"{name}\"}} {value}", self.name);
        self
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn unix(at: Timestamp) -> f64 {
    Span(at.0).as_secs()
}

const PREFIX: &str = "pptp_diag_";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli::live::metrics::KeptFigures;

    fn figures() -> Figures {
        Figures {
            started: Timestamp::from_parts(1_795_402_706, 500_000_000),
            down: None,
            last_frame: Some(Timestamp::from_parts(1_795_402_710, 0)),
            frames_received: 10,
            frames_analysed: 9,
            dropped_by_kernel: 1,
            dropped_by_interface: 2,
            kept: Some(KeptFigures { frames: 8, writing: true }),
            conversations_open: BTreeMap::from([(Stage::Link, 3)]),
            conversations_started: 7,
            conversations_ended: BTreeMap::from([(Outcome::Failed, 4)]),
            conversations_evicted: 0,
            findings: BTreeMap::from([("PD0002".to_owned(), 2), ("a\"b\\c\nd".to_owned(), 1)]),
            memory: Some(1 << 30),
            memory_limit: Some(1 << 31),
        }
    }

    #[test]
    fn each_sample_has_its_help_and_type_and_stands_once() {
        let text = render(Some(&figures()));
        assert!(text.ends_with('\n'));
        let (mut names, mut samples) = (BTreeSet::new(), BTreeSet::new());
        let mut lines = text.lines();
        let mut current = String::new();
        while let Some(line) = lines.next() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').unwrap();
                assert!(!words.is_empty() && names.insert(name.to_owned()), "{line}");
                let kind = lines.next().unwrap().strip_prefix("# TYPE ").unwrap();
                let kind = kind.strip_prefix(name).unwrap().trim();
                assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
                assert!(kind == "counter" || kind == "gauge", "{line}");
                name.clone_into(&mut current);
                continue;
            }
            let (sample, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(sample.split('{').next().unwrap(), current, "{line}");
            assert!(value.parse::<f64>().unwrap() >= 0.0, "{line}");
            assert!(samples.insert(sample.to_owned()), "{line} stands twice");
        }
        assert!(names.iter().all(|n| n.starts_with(PREFIX)), "{names:?}");
    }

    #[test]
    fn values_and_labels() {
        let text = render(Some(&figures()));
        for line in [
            concat!("pptp_diag_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "pptp_diag_start_time_seconds 1795402706.5",
            "pptp_diag_capturing 1",
            "pptp_diag_last_frame_timestamp_seconds 1795402710",
            "pptp_diag_frames_dropped_total{by=\"kernel\"} 1",
            "pptp_diag_frames_kept_total 8",
            "pptp_diag_conversations_open{stage=\"tcp\"} 0",
            "pptp_diag_conversations_open{stage=\"link\"} 3",
            "pptp_diag_conversations_ended_total{outcome=\"failed\"} 4",
            "pptp_diag_conversations_ended_total{outcome=\"connected\"} 0",
            "pptp_diag_findings_total{rule=\"PD0002\"} 2",
            r#"pptp_diag_findings_total{rule="a\"b\\c\nd"} 1"#,
            "pptp_diag_memory_limit_bytes 2147483648",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        let text = render(Some(&Figures { down: Some("down".to_owned()), ..Figures::default() }));
        assert!(text.contains("\npptp_diag_capturing 0\n"), "{text}");
        assert!(!text.contains("keeping") && !text.contains("memory"), "{text}");
        assert_eq!(render(None).lines().count(), 3);
    }
}
