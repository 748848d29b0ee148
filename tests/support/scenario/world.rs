//! The state of a scenario while its lines are carried out: the clock, the path, the two hosts.

use pptp_diag::base::addr::Dir;
use pptp_diag::base::time::Span;

use super::gre::Gre;
use super::ip::{Carriage, Path, Point};
use super::keys::{Keys, nanoseconds, parsed};
use super::parse::{Line, Origin, Word};
use super::ppp::Ppp;
use super::tcp::Tcp;
use super::{Packet, START};

/// One packet line, taken apart as far as all lines agree.
pub(super) struct Command {
    pub(super) origin: Origin,
    /// `None`: `!`, a third host.
    pub(super) dir: Option<Dir>,
    /// `tcp`, `lcp` …
    pub(super) what: String,
    /// `syn`, `request` …; empty where the kind of packet has none.
    pub(super) message: String,
    pub(super) keys: Keys,
    pub(super) carriage: Carriage,
}

impl Command {
    /// Client to server or back; a third host cannot send this.
    pub(super) fn dir(&self) -> Dir {
        self.dir.unwrap_or_else(|| self.fail("`!` sends ICMP only; here stands `>` or `<`"))
    }

    pub(super) fn fail(&self, problem: &str) -> ! {
        self.origin.fail(problem)
    }

    pub(super) fn unknown_message(&self) -> ! {
        self.fail(&format!("`{}` has no message `{}`", self.what, self.message))
    }
}

/// Everything that is remembered from line to line.
pub(super) struct World {
    pub(super) packets: Vec<Packet>,
    /// Nanoseconds from the start.
    pub(super) now: i64,
    pub(super) noise: Noise,
    pub(super) path: Path,
    pub(super) tcp: Tcp,
    pub(super) gre: Gre,
    pub(super) ppp: Ppp,
    /// How often `newcall` or `newconnection` stood.
    pub(super) calls_before: u16,
}

impl World {
    pub(super) fn new() -> Self {
        let mut noise = Noise(0);
        Self {
            packets: Vec::new(),
            now: 0,
            tcp: Tcp::new(&mut noise),
            noise,
            path: Path::default(),
            gre: Gre::default(),
            ppp: Ppp::default(),
            calls_before: 0,
        }
    }

    /// The packets by time; packets of one moment in the order of their lines.
    pub(super) fn finish(mut self) -> Vec<Packet> {
        self.packets.sort_by_key(|packet| packet.at);
        self.packets
    }

    /// Adds a frame that passes the capture point `after` nanoseconds from now.
    pub(super) fn capture(&mut self, after: i64, frame: Vec<u8>) {
        self.packets.push(Packet { at: START + Span(self.now + after), frame });
    }

    /// Carries one line out.
    pub(super) fn line(&mut self, line: Line) {
        let Line { origin, words } = line;
        match words.first() {
            Some(Word::Bare(word)) if is_time(word) || word == "x" => self.packet(words, origin),
            _ => self.directive(words, &origin),
        }
    }

    fn packet(&mut self, words: Vec<Word>, origin: Origin) {
        let mut words = words.into_iter().peekable();
        let lost = words.next_if_eq(&Word::Bare("x".into())).is_some();
        let mut bare = |what: &str| match words.next() {
            Some(Word::Bare(word)) => word,
            other => origin.fail(&format!("here stands {what}, not {other:?}")),
        };
        let time = bare("a time");
        let direction = bare("a direction: `>`, `<` or `!`");
        let dir = match direction.as_str() {
            ">" => Some(Dir::ToServer),
            "<" => Some(Dir::ToClient),
            "!" => None,
            _ => origin.fail(&format!("`{direction}` is no direction: `>`, `<` or `!`")),
        };
        self.now = self.time(&time, dir, &origin);
        let what = bare("what is sent");
        let message = if WITHOUT_MESSAGE.contains(&what.as_str()) {
            String::new()
        } else {
            bare("a message")
        };
        let mut keys = Keys::new(words, origin.clone());
        let carriage = Carriage::read(&mut keys, lost);
        let mut command = Command { origin, dir, what, message, keys, carriage };
        self.send(&mut command);
        command.keys.finish();
    }

    fn send(&mut self, command: &mut Command) {
        match command.what.as_str() {
            "tcp" => self.send_tcp(command),
            "ctl" => self.send_control(command),
            "gre" => self.send_gre(command),
            "icmp" => self.send_icmp(command),
            "ip" => self.send_raw_ip(command),
            _ => self.send_ppp(command),
        }
    }

    /// `1.25`, `+0.05`, `+rtt`, `+rtt+0.05`. `dir` decides what `rtt` is worth.
    fn time(&self, word: &str, dir: Option<Dir>, origin: &Origin) -> i64 {
        let Some(parts) = word.strip_prefix('+') else { return nanoseconds(word, origin) };
        let step = |part: &str| match part {
            "rtt" => self.path.turn(dir),
            part => nanoseconds(part, origin),
        };
        self.now + parts.split('+').map(step).sum::<i64>()
    }

    fn directive(&mut self, words: Vec<Word>, origin: &Origin) {
        let mut bare = Vec::new();
        let mut named = Vec::new();
        for word in words {
            match word {
                // `acks=on` reads like a key and is one of two ways to write it.
                Word::Key(key, value) if bare.is_empty() => bare.extend([key, value]),
                Word::Bare(word) => bare.push(word),
                word @ Word::Key(..) => named.push(word),
            }
        }
        let mut keys = Keys::new(named, origin.clone());
        let bare: Vec<_> = bare.iter().map(String::as_str).collect();
        match bare.as_slice() {
            ["point", point] => self.path.point = Point::read(point, origin),
            ["client", host] => {
                self.path.client = Path::host(host, self.path.client.1, origin);
                self.path.client_ttl = keys.number("ttl").unwrap_or(self.path.client_ttl);
            }
            ["server", host] => {
                self.path.server = Path::host(host, self.path.server.1, origin);
            }
            ["rtt", seconds] => self.path.rtt = nanoseconds(seconds, origin),
            ["acks", state @ ("on" | "off")] => self.gre.acks = *state == "on",
            ["seq0", number] => self.gre.start([parsed("seq0", number, origin); 2]),
            ["seq0"] => {
                let [client, server] = self.gre.starts();
                let client = keys.number("client").unwrap_or(client);
                self.gre.start([client, keys.number("server").unwrap_or(server)]);
            }
            ["until", time] => {
                self.now = self.time(time, None, origin);
                self.send_unrelated();
            }
            ["newcall"] => {
                let port = keys.number("port");
                self.new_call();
                self.tcp.fresh_with(port);
            }
            ["newconnection"] => {
                let port = keys.number("port");
                self.new_call();
                self.new_connection(port);
            }
            _ => origin.fail(&format!("neither a packet (no time) nor a directive: {bare:?}")),
        }
        keys.finish();
    }

    fn new_call(&mut self) {
        self.calls_before += 1;
        self.gre.forget();
        self.ppp.forget_link();
    }

    /// Forgets the TCP connection; the next one comes from `port`, or the port after the last one.
    pub(super) fn new_connection(&mut self, port: Option<u16>) {
        self.path.client.1 = port.unwrap_or(self.path.client.1.wrapping_add(1).max(1024));
        self.tcp = Tcp::new(&mut self.noise);
    }
}

fn is_time(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == '+')
}

/// Octets that look random and are always the same (splitmix64).
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    pub(super) fn octets(&mut self, count: usize) -> Vec<u8> {
        let words = count.div_ceil(8);
        let mut octets: Vec<u8> = (0..words).flat_map(|_| self.word().to_be_bytes()).collect();
        octets.truncate(count);
        octets
    }
}

/// Kinds of packet that have no message word.
const WITHOUT_MESSAGE: [&str; 4] = ["data", "ppp", "icmp", "ip"];
