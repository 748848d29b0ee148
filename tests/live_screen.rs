//! The full-screen view in a real terminal: tmux draws it, in a network namespace that the test makes for itself.
#![cfg(all(have_libpcap, target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // Tests have a clock, to end in time.

#[path = "support/namespace.rs"]
mod namespace;

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;
use std::time::Instant;

use libpcap::Capture;
use pptp_diag::base::time::Timestamp;
use pptp_diag::capture;

#[test]
fn a_race_is_named_explained_and_reported_and_the_terminal_is_given_back() {
    if !Command::new("tmux").arg("-V").output().is_ok_and(|o| o.status.success()) {
        println!("skipped: no tmux here");
        return;
    }
    let test = "a_race_is_named_explained_and_reported_and_the_terminal_is_given_back";
    namespace::inside(test, || {
        let terminal = Terminal::start();
        let page = terminal.shows("waiting for PPTP on pdv0");
        assert!(page.contains("q end"), "{page}");
        assert_eq!(terminal.is("#{alternate_on}"), "1");
        replay("recorded-race.pcap");
        let page = terminal.shows("PD0002");
        let row = page.lines().find(|line| line.contains("FAULT") && line.contains("▸"));
        assert!(row.is_some_and(|row| row.contains("alice") && row.contains("auth")), "{page}");
        terminal.types("Enter");
        terminal.shows("FAILED at authentication");
        terminal.types("m");
        terminal.shows("│─────▶│    Start-Control-Connection-Request");
        terminal.types("End");
        terminal.shows("LCP Terminate-Request");
        terminal.types("q");
        terminal.shows("events, the newest first");
        terminal.types("p");
        terminal.shows("PAUSED");
        terminal.tmux(&["resize-window", "-x", "130", "-y", "40"]);
        terminal.shows("server");
        terminal.types("q");
        terminal.shows("status 1");
        assert_eq!(terminal.is("#{alternate_on} #{cursor_flag}"), "0 1");
        let page = terminal.tmux(&["capture-pane", "-p", "-S", "-"]);
        assert!(
            page.contains("MS-CHAPv2 timing race") && page.contains("pptp-diag explain PD0002")
        );
        let modes = |name| fs::read_to_string(terminal.folder.join(name)).unwrap();
        assert_eq!(modes("before"), modes("after"));
    });
}

#[test]
fn control_c_ends_it_and_dumb_terminals_get_lines() {
    if !Command::new("tmux").arg("-V").output().is_ok_and(|o| o.status.success()) {
        println!("skipped: no tmux here");
        return;
    }
    namespace::inside("control_c_ends_it_and_dumb_terminals_get_lines", || {
        let terminal = Terminal::start();
        terminal.shows("waiting for PPTP on pdv0");
        terminal.types("C-c");
        terminal.shows("status 0");
        let page = terminal.tmux(&["capture-pane", "-p"]);
        assert!(page.contains("NO PPTP FOUND"), "{page}");
        drop(terminal);
        let terminal = Terminal::with("TERM=dumb");
        terminal.shows("Ctrl-C ends it with the report");
        sleep(Duration::from_millis(500));
        assert_eq!(terminal.is("#{alternate_on}"), "0");
        terminal.types("C-c");
        terminal.shows("status 0");
    });
}

/// A terminal of 80 by 24 in which the program runs, as from a shell.
struct Terminal {
    folder: PathBuf,
}

impl Terminal {
    fn start() -> Self {
        Self::with("NOTHING=1")
    }

    fn with(variable: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pptp-diag-screen-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let program = env!("CARGO_BIN_EXE_pptp-diag");
        let at = folder.display();
        let line = format!(
            "stty -g > {at}/before; env LC_ALL=C.UTF-8 {variable} {program} live -i pdv0 --user root; echo status $?; \
             stty -g > {at}/after; exec sleep 60"
        );
        let terminal = Self { folder };
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", &line]);
        terminal
    }

    fn tmux(&self, words: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.arg("-u").arg("-S").arg(self.folder.join("socket")).args(words).env_remove("TMUX");
        let done = tmux.output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn types(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn is(&self, format: &str) -> String {
        self.tmux(&["display-message", "-p", format]).trim().to_owned()
    }

    /// Waits until this is on the screen; the screen then.
    fn shows(&self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let page = self.tmux(&["capture-pane", "-p"]);
            if page.contains(text) {
                return page;
            }
            assert!(start.elapsed() < PATIENCE, "no {text} on\n{page}");
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let socket = self.folder.join("socket");
        let _ = Command::new("tmux").arg("-S").arg(socket).arg("kill-server").output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Sends a sample at several times its pace.
fn replay(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    let mut source = capture::open(&path, 0).unwrap();
    let mut out = Capture::from_device("pdv1").unwrap().open().unwrap();
    let mut last: Option<Timestamp> = None;
    while let Some(frame) = source.next_frame().unwrap() {
        let gap = last.map_or(0, |last| (frame.at - last).0.max(0));
        sleep(Duration::from_nanos(u64::try_from(gap).unwrap()) / SPEED);
        last = Some(frame.at);
        out.sendpacket(frame.data).unwrap();
    }
}

const SPEED: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(20);
