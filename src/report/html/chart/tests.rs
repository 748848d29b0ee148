//! Charts of calls made by hand, the largest above all.

use super::*;
use crate::base::time::Span;
use crate::model::series::BUCKETS;
use crate::model::trips::TRIPS_KEPT;
use crate::report::view::tests::failed;

fn drawn(c: &Conversation) -> String {
    let mut out = Vec::new();
    render(c, 0, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn series(octets: [Vec<u64>; 2], missing: [Vec<u32>; 2]) -> Series {
    let [up, down] =
        octets.map(|octets| (octets.iter().map(|n| u32::from(*n > 0)).collect(), octets));
    let [up_missing, down_missing] = missing;
    Series {
        start: String::new(),
        bucket: 0.5,
        to_server: Track { packets: up.0, octets: up.1, missing: up_missing },
        to_client: Track { packets: down.0, octets: down.1, missing: down_missing },
        offset: Span::from_secs(2),
    }
}

fn echo(at: i64, milliseconds: f64, over: &'static str) -> Echo {
    let offset = Span(at);
    Echo { time: String::new(), round_trip: milliseconds / 1e3, from: "client", over, offset }
}

#[test]
fn says_in_words_what_it_draws() {
    let mut c = failed(&[]);
    c.calls[0].series = Some(series([vec![1250, 0, 12_500], vec![100]], [vec![0, 0, 3], vec![]]));
    c.calls[0].echoes = [(1, 30.0), (2, 10.0), (3, 20.0)]
        .map(|(s, took)| echo(s * 1_000_000_000, took, CONTROL))
        .to_vec();
    assert!(worthwhile(&c.calls[0]));
    let page = drawn(&c);
    for words in [
        "role=\"img\"><title>Traffic of conversation 1 over time</title>",
        "client to server: 2 packets, 13.8 kB, at most 200 kbit/s. server to client: 1 packet, 100 octets, \
         at most 1.6 kbit/s. missing packets: 3 client to server, 0 server to client, at most 3 in 500 ms. \
         PPTP echo: median 20 ms, longest 30 ms</desc>",
        ">30 ms</text>",
        "GRE payload in steps of 500 ms. Missing: ",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("LCP"));
}

#[test]
fn nothing_is_drawn_of_nothing() {
    let c = failed(&[]);
    assert!(!worthwhile(&c.calls[0]));
    assert_eq!(drawn(&c), "");
}

#[test]
fn the_largest_stays_small() {
    let mut c = failed(&[]);
    let wild: Vec<u32> = (0..).take(BUCKETS).map(|n: u32| n * 7919 % 1000).collect();
    let octets: Vec<u64> = wild.iter().map(|n| u64::from(*n) * 100_000).collect();
    c.calls[0].series = Some(series([octets.clone(), octets], [wild.clone(), wild]));
    let trips = (0..).take(4 * TRIPS_KEPT).map(|n: u32| {
        let over = if n.is_multiple_of(2) { CONTROL } else { "lcp" };
        echo(i64::from(n) * 300_000_000, f64::from(n * 37 % 101), over)
    });
    c.calls[0].echoes = trips.collect();
    let page = drawn(&c);
    assert!(page.len() < 5000, "{} octets", page.len());
}

/// Clocks that jump by centuries and trips of no time: still numbers, and all of them on the drawing.
#[test]
fn clocks_may_jump() {
    let mut c = failed(&[]);
    let mut jumping = series([vec![u64::MAX, 0, 1], vec![]], [vec![u32::MAX], vec![1]]);
    (jumping.bucket, jumping.offset) = (1.3e8, Span(i64::MIN));
    c.calls[0].series = Some(jumping);
    c.calls[0].echoes =
        vec![echo(i64::MAX, 9.2e12, "lcp"), echo(-5, 0.0, CONTROL), echo(0, 0.0, "lcp")];
    let page = drawn(&c);
    assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    c.calls[0].series = None;
    for e in &mut c.calls[0].echoes {
        (e.round_trip, e.offset) = (0.0, Span::ZERO);
    }
    let page = drawn(&c);
    assert!(page.contains("longest 0 ms") && !page.contains("NaN"), "{page}");
}
