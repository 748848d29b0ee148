//! Where fuzzing begins: real captures, and what is taken out of them, in the form that each target reads.

use pptp_diag::link::Linker;
use pptp_diag::link::protocol;
use pptp_diag::wire::gre;
use pptp_diag::wire::ppp;
use pptp_diag::wire::ppp::Protocol;

use super::captures::MAGICS;
use super::frames;
use super::frames::Captured;

/// Inputs of a target that a capture file gives.
#[must_use]
pub fn of_capture(target: &str, file: &[u8]) -> Vec<Vec<u8>> {
    match target {
        "captures" | "files" => vec![file.to_vec()],
        "compressed" => {
            let choice = MAGICS.iter().position(|magic| file.starts_with(magic));
            let choice = choice.and_then(|n| u8::try_from(n).ok());
            choice.map(|n| [&[n], file].concat()).into_iter().collect()
        }
        "links" | "conversations" | "extracts" => vec![frames::write(&frames::of_capture(file))],
        "wire" => messages(&frames::of_capture(file)),
        "flow" => vec![datagrams(&frames::of_capture(file))],
        "inside" => inside(&frames::of_capture(file)),
        _ => Vec::new(),
    }
}

/// Inputs of a target that need no capture.
#[must_use]
pub fn own(target: &str) -> Vec<Vec<u8>> {
    let text = |form: u8, text: &str| [&[form], text.as_bytes()].concat();
    match target {
        "links" | "conversations" | "extracts" => (0..10)
            .flat_map(|n| [vec![0x80, n], vec![0x80, n, 9, 20, 0, 40, 0, 1, 1, 7, 0, 3]])
            .collect(),
        "fragments" => vec![
            [&[0, 3, 2, 4, 9, 0, 1, 0x82, 2, 1, 0, 5, 3, 0, 0][..], &[0xAB; 100]].concat(),
            [&[1, 2, 2, 4, 0, 1, 0x82, 2, 1, 0, 0, 0][..], &[0xAB; 64]].concat(),
        ],
        "flow" => vec![vec![0, 2, 0, 9, 0, 40, 1, 0, 1, 1, 1, 1, 144, 9, 9, 9]],
        "inside" => vec![
            vec![0, 2, 0, 0, 4, 1, 2, 3, 4, 0x0F, 2, 1, 2, 0, 3, 1, 2, 3],
            vec![6, 0, 0, 0, 8, 0xC0, 0, 0, 0, 1, 2, 3, 4],
        ],
        "texts" => vec![
            text(
                0,
                "# names\nalice \"pass word\" # x\n'b' * nthash:0123456789abcdef0123456789ABCDEF *\n",
            ),
            text(0, "DOMAIN\\\\bob pptpd se\\ cret 10.0.0.1\n"),
            text(1, "Error 619: A connection to the remote computer could not be established"),
            text(1, "LCP: timeout sending Config-Requests"),
            text(1, "KB 222060"),
            text(1, "PD0002"),
            text(2, "\u{1B}[31m\u{202E}abc"),
        ],
        "site_rules" => vec![
            text(1, "outcome == \"failed\" and any(calls, authentication.user != null)"),
            text(1, "!(count(timeline, label == \"x\") >= 3) || client.address in 192.0.2.0/24"),
            text(1, "duration < 1.5e3 && any(findings, rule ~ \"PD\")"),
        ],
        _ => Vec::new(),
    }
}

/// Inputs of `site_rules` that a rule file gives: the whole, and each condition.
#[must_use]
pub fn of_rules(file: &str) -> Vec<Vec<u8>> {
    let whole = [&[0], file.as_bytes()].concat();
    let conditions = file.lines().filter_map(|line| line.strip_prefix("when = "));
    let alone = conditions.map(|c| [&[1], c.trim_matches(['\'', '"']).as_bytes()].concat());
    [whole].into_iter().chain(alone).collect()
}

/// What protocol each payload is of, and the payload.
fn payloads(frames: &[Captured]) -> Vec<(u8, Vec<u8>)> {
    let mut linker = Linker::new(&[]);
    let datagrams = frames.iter().enumerate().filter_map(|(n, captured)| {
        let d = linker.datagram(&captured.frame(n))?;
        Some((d.protocol, d.payload.to_vec()))
    });
    datagrams.collect()
}

fn datagrams(frames: &[Captured]) -> Vec<u8> {
    let mut out = vec![1];
    for (n, (kind, payload)) in payloads(frames).into_iter().take(40).enumerate() {
        let kind = match kind {
            protocol::TCP => 0,
            protocol::GRE => 2,
            _ => 3,
        };
        let length = u16::try_from(payload.len()).unwrap_or_default();
        out.extend([kind, 0, u8::from(n % 2 == 1)]);
        out.extend(length.to_be_bytes());
        out.extend(&payload[..usize::from(length)]);
    }
    out
}

fn messages(frames: &[Captured]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for (kind, payload) in payloads(frames).into_iter().take(60) {
        match kind {
            protocol::TCP => out.push([&[1], payload.get(20..).unwrap_or_default()].concat()),
            protocol::ICMP => out.push([&[2], &*payload].concat()),
            protocol::GRE => {
                out.push([&[0], &*payload].concat());
                let Some(frame) = ppp_frame(&payload) else { continue };
                let parser = match frame.protocol {
                    Protocol::Pap => 6,
                    Protocol::Chap => 7,
                    Protocol::Eap => 8,
                    _ => 5,
                };
                out.push([&[parser], frame.information].concat());
                let options = frame.information.get(4..).unwrap_or_default();
                let walker = match frame.protocol {
                    Protocol::Lcp => 10,
                    Protocol::Ccp => 11,
                    Protocol::Ipcp => 12,
                    Protocol::Ipv6cp => 13,
                    Protocol::Chap => 16,
                    Protocol::Eap => 9,
                    _ => continue,
                };
                out.push([&[walker], options].concat());
            }
            _ => {}
        }
    }
    out
}

fn inside(frames: &[Captured]) -> Vec<Vec<u8>> {
    // MPPE, MPPC, Deflate, BSD-Compress, VJ, Multilink: their packets look alike from outside.
    let heads: [&[u8]; 6] = [&[1, 2, 0, 0, 0, 0], &[2], &[3], &[4, 12], &[5, 15], &[6, 0]];
    let mut all: Vec<Vec<u8>> = heads.iter().map(|head| head.to_vec()).collect();
    for (kind, payload) in payloads(frames) {
        let Some(frame) = ppp_frame(&payload).filter(|_| kind == protocol::GRE) else { continue };
        let length = u16::try_from(frame.information.len()).unwrap_or_default().to_be_bytes();
        for (n, input) in all.iter_mut().enumerate().filter(|(_, input)| input.len() < 2000) {
            if n > 0 {
                input.push(0x30);
            }
            input.extend(length);
            input.extend(frame.information);
        }
    }
    all
}

fn ppp_frame(payload: &[u8]) -> Option<ppp::Frame<'_>> {
    ppp::parse(gre::parse(payload).ok()?.payload).ok()
}
