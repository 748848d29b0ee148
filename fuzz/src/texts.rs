//! Texts that people give: secrets files, and what `explain` is asked. And text from the wire made visible.

use std::ffi::OsString;

use pptp_diag::base::text;
use pptp_diag::cli;
use pptp_diag::cli::Environment;
use pptp_diag::crypto::secret::Secrets;
use pptp_diag::crypto::secret::SecretsError;
use pptp_diag::rules::index;

use super::reports::steers;

/// The first octet chooses the reader.
pub fn run(data: &[u8]) {
    let Some((&reader, rest)) = data.split_first() else { return };
    let words = String::from_utf8_lossy(rest);
    match reader % 3 {
        0 => secrets(&words),
        1 => explain(&words),
        _ => visible(rest),
    }
}

fn secrets(file: &str) {
    match Secrets::parse(file) {
        Ok(secrets) => {
            assert!(secrets.len() <= file.lines().count());
            let name: String = file.chars().take(20).collect();
            for name in [name.as_str(), "alice", r"DOMAIN\alice", "alice@realm"] {
                assert!(secrets.for_user(name).count() <= secrets.len());
            }
            assert!(!format!("{secrets:?}").contains("password: "));
        }
        Err(SecretsError { line, problem }) => {
            assert!((1..=file.split('\n').count()).contains(&line), "line {line}");
            assert!(!problem.contains(char::is_control));
        }
    }
}

fn explain(words: &str) {
    if words.contains('\0') {
        return;
    }
    let environment = Environment {
        interactive: false,
        terminal: false,
        color: false,
        unicode: true,
        width: Some(80),
        sudo: None,
        allocated: || None,
        processors: 1,
        confine: false,
    };
    for format in ["text", "json"] {
        let arguments = ["pptp-diag", "explain", "-f", format, "--", words].map(OsString::from);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let _ = cli::run(arguments, &environment, &mut out, &mut err);
        for said in [out, err] {
            let said = String::from_utf8(said).expect("it speaks UTF-8");
            assert!(!said.chars().any(|c| steers(c) && c != '\n'), "{said:?}");
        }
    }
    assert!(index::find_lines(words).len() <= index::LINES.len());
}

fn visible(octets: &[u8]) {
    let lossy = text::lossy(octets);
    assert!(lossy.len() <= 4 * octets.len());
    for max in [0, 1, 7, 1000] {
        let shown = text::visible(&lossy, max);
        assert!(!shown.chars().any(steers), "{shown:?}");
        assert!(shown.chars().count() <= 10 * max + 1);
    }
    assert!(text::hex(octets, 8).len() <= 8 * 2 + '…'.len_utf8());
}
