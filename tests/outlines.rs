//! What a text report counts of a conversation that it does not tell one by one is what it would count of its mirror.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::Path;

use pptp_diag::pipeline::Options;
use pptp_diag::report::Rank;
use pptp_diag::report::view;
use pptp_diag::report::view::Filter;
use pptp_diag::report::view::Rest;
use pptp_diag::report::view::Settings;
use pptp_diag::report::view::Summary;
use pptp_diag::rules::Certainty;
use pptp_diag::rules::Severity;

/// All that is read of a conversation that is counted.
fn counted(c: &view::Conversation) -> (Rank, Summary, String) {
    let (mut summary, mut rest) = (Summary::default(), Rest::default());
    summary.add(c);
    rest.add(c);
    (Rank::of(c), summary, format!("{rest:?}"))
}

#[test]
fn an_outline_counts_as_its_mirror() {
    let filters = [
        Filter::default(),
        Filter { severity: Some(Severity::Fault), ..Filter::default() },
        Filter { certainty: Some(Certainty::Certain), ..Filter::default() },
        Filter { rules: vec!["PD8004".into()], ..Filter::default() },
    ];
    let mut ways = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "pcap" && e != "pcapng") {
            continue;
        }
        let analysis = support::analyse(fs::read(&path).unwrap(), Options::default());
        for d in &analysis.conversations {
            for filter in &filters {
                let settings = Settings { filter: filter.clone(), ..Settings::default() };
                let mirror = view::conversation(&d.conversation, &d.diagnosis, &settings);
                let outline = view::outline(&d.conversation, &d.diagnosis, &settings);
                let (of_mirror, of_outline) = (counted(&mirror), counted(&outline));
                assert_eq!(of_outline, of_mirror, "{path:?} {filter:?}");
                ways.push(of_mirror.2);
            }
        }
    }
    ways.sort();
    ways.dedup();
    assert!(ways.len() > 30, "{} ways to end", ways.len());
}
