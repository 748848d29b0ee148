//! Network namespaces for tests: a test runs itself again inside one of its own, where it may make interfaces
//! and nothing else hears it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::process::Command;

/// Runs `body` in a new network namespace with the joined interfaces `pdv0` (192.0.2.10) and `pdv1`, both up.
/// `test` is the whole name of the calling test. Skips where the system does not allow it.
pub fn inside(test: &str, body: impl FnOnce()) {
    inside_as(test, &["--user", "--map-root-user", "--net"], body);
}

/// The same with other arguments for `unshare`: `--net` alone keeps the real root.
pub fn inside_as(test: &str, kind: &[&str], body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        // Neighbour discovery would be heard as well.
        for which in ["all", "default"] {
            let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6"), "1");
        }
        join();
        body();
        return;
    }
    let probe = Command::new("unshare")
        .args(kind)
        .args(["ip", "link", "add", "pdv0", "type", "veth", "peer", "name", "pdv1"])
        .output();
    if !probe.as_ref().is_ok_and(|p| p.status.success()) {
        println!("skipped: no network namespace can be made here: {probe:?}");
        return;
    }
    again(test, kind, INSIDE);
}

/// Runs this test again under `unshare`, with a mark in the environment.
pub fn again(test: &str, kind: &[&str], mark: &str) {
    let done = Command::new("unshare")
        .args(kind)
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(mark, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{said}\n{errors}");
}

/// Makes the two interfaces.
pub fn join() {
    ip("link add pdv0 type veth peer name pdv1");
    ip("addr add 192.0.2.10/24 dev pdv0");
    ip("link set pdv0 up");
    ip("link set pdv1 up");
}

/// `ip` with these words.
pub fn ip(words: &str) {
    let done = Command::new("ip").args(words.split(' ')).output().unwrap();
    assert!(done.status.success(), "ip {words}: {}", String::from_utf8_lossy(&done.stderr));
}

const INSIDE: &str = "PPTP_DIAG_TEST_NAMESPACE";
