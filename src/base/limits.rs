//! Every bound of the program. Reaching one is reported as a note, never silent.
//!
//! Some have a second, small value for fuzzing: a small input then reaches them, and none takes long.

/// Largest record that is read from a capture, octets. libpcap's own bound is 262,144 for most links.
pub const CAPTURE_RECORD: usize = 1 << 20;
/// Largest pcapng block, octets (libpcap allows 16 MiB).
pub const PCAPNG_BLOCK: usize = 16 << 20;
/// Interfaces of one pcapng section.
pub const PCAPNG_INTERFACES: usize = 65_536;
/// Window of the file reader, octets; grows to one record where a record is larger.
pub const READ_WINDOW: usize = 256 << 10;
/// Largest capture that is held in memory, octets: one whose format needs jumps, from a stream.
pub const HELD_CAPTURE: u64 = bound(512 << 20, 16 << 20);
/// Octets that a compressed capture may unpack to.
pub const DECOMPRESSED: u64 = bound(32 << 30, 16 << 20);
/// Memory of one decompressor, octets: the largest window or dictionary that `zstd --long` and `xz -9`
/// ask for is 128 MiB.
pub const DECOMPRESSOR_MEMORY: u64 = bound(160 << 20, 8 << 20);
/// Compressions around a capture that are opened.
pub const COMPRESSION_DEPTH: usize = 2;
/// IP datagrams under reassembly at one time.
pub const DEFRAG_DATAGRAMS: usize = bound(256, 8);
/// Octets held for reassembly of IP fragments, all datagrams together.
pub const DEFRAG_OCTETS: usize = bound(4 << 20, 128 << 10);
/// How long a fragment waits for the rest, in seconds (RFC 791 suggests 15, RFC 1122 60 to 120).
pub const DEFRAG_SECONDS: i64 = 60;
/// Nested tunnels or headers that are opened.
pub const TUNNEL_DEPTH: usize = 4;
/// Control ports learned by the magic cookie.
pub const LEARNED_PORTS: usize = 16;
/// TCP segments held out of order, per direction.
pub const TCP_HELD_SEGMENTS: usize = 16;
/// Octets held out of order, per direction.
pub const TCP_HELD_OCTETS: usize = 64 << 10;
/// The same, all connections together.
pub const TCP_HELD_TOTAL: usize = 8 << 20;
/// Octets of an incomplete control message. The longest message of RFC 2637 has 220.
pub const CONTROL_MESSAGE: usize = 1024;
/// TCP connections followed at one time.
pub const TCP_CONNECTIONS: usize = bound(fit(131_072), 8);
/// TCP connections that are not followed any more, but recognised.
pub const TCP_PAST: usize = bound(fit(8_192), 8);
/// Datagrams remembered to recognise copies, a power of two.
pub const COPIES_WINDOW: usize = bound(16_384, 64);
/// Conversations open at one time; those that were silent longest are closed when it is reached.
pub const CONVERSATIONS: usize = bound(131_072, 8);
/// Conversations whose control connection is closed and that wait for late packets; beyond it the first of
/// them is concluded, and what comes late is dropped.
pub const LINGERING: usize = bound(192, 4);
/// Conversations that are closed and concluded whose late packets are recognised.
pub const TOMBS: usize = bound(8192, 4);
/// Conversations that were closed to make room whose packets are recognised.
pub const TOMBS_EVICTED: usize = bound(131_072, 4);
/// Conversations between the same two hosts that a packet of unknown belonging is tried on, the newest.
pub const CANDIDATES: usize = 64;
/// Events on the timeline of one conversation; later ones are counted only.
pub const TIMELINE_EVENTS: usize = bound(4096, 128);
/// Events kept over all open conversations.
pub const TIMELINE_TOTAL: usize = bound(6_000_000, 512);
/// Calls of one control connection.
pub const CALLS: usize = bound(64, 4);
/// Requests or answers kept of one negotiation and side; the count goes on.
pub const NEGOTIATION_KEPT: usize = bound(64, 16);
/// Challenges, Responses or verdicts kept of one authentication attempt.
pub const AUTH_KEPT: usize = bound(32, 8);
/// Authentication attempts kept of one call.
pub const AUTH_ATTEMPTS: usize = bound(16, 4);
/// Octets kept of a text from the wire.
pub const WIRE_TEXT: usize = 512;
/// Conversations with a refused log-on that wait for the next tries of their clients.
pub const EPISODES_WAITING: usize = bound(1024, 4);
/// Log-ons remembered, to be compared with others of the same client.
pub const EPISODE_LOGONS: usize = bound(4096, 8);
/// Log-ons in other conversations told of one conversation.
pub const ELSEWHERE_KEPT: usize = 32;
/// Conversations that findings across conversations take into account at one time; at this number they are
/// looked at, and the older half is forgotten.
pub const CENSUS: usize = bound(4096, 8);
/// Findings across conversations that are kept beyond that.
pub const FOUND_TOGETHER: usize = bound(1000, 4);
/// Log-ons of each of them.
pub const CENSUS_LOGONS: usize = 16;
/// Challenges of each of them.
pub const CENSUS_CHALLENGES: usize = 4;
/// Searches for a 16-bit hash tail in one run (each costs up to 65,536 DES operations).
pub const TAIL_SEARCHES: usize = bound(256, 8);
/// Such searches whose results are kept.
pub const TAIL_RESULTS: usize = bound(1024, 8);
/// Largest first octet of a hash tail: all there are.
pub const TAIL_FIRST: u8 = bound(u8::MAX, 3);
/// Octets of a secrets file.
pub const SECRETS_FILE: u64 = 1 << 20;
/// Octets of a file with the site's own rules.
pub const SITE_RULE_FILE: u64 = 1 << 20;
/// Files with the site's own rules that are read from one directory.
pub const SITE_RULE_FILES: usize = 1000;
/// Rules of the site, all files together.
pub const SITE_RULES: usize = 10_000;
/// Parentheses, `!`, `any` and `count` inside each other in the condition of a site rule.
pub const SITE_CONDITION_DEPTH: usize = 64;
/// Frames given as evidence of a site rule.
pub const SITE_EVIDENCE: usize = 10;
/// Mistakes in the site's rules that are told one by one.
pub const SITE_MISTAKES: usize = 100;

/// Octets of one PPP frame from inside a tunnel: the largest IP packet and a protocol field. Whatever
/// unpacks to more is an error.
pub const INNER_FRAME: usize = 65_535 + 2;
/// Keys remembered by a stateless MPPE decryptor, so that overtaken packets can still be read.
pub const MPPE_KEYS: usize = 32;
/// Key changes that an MPPE decryptor makes at once, and the most it saves up: the coherency count of a
/// forged packet asks for up to 4,095, each a SHA-1 and an RC4 key schedule.
pub const MPPE_STEPS: u32 = 16_384;
/// Key changes that every packet adds to what an MPPE decryptor may make.
pub const MPPE_STEPS_PER_PACKET: u32 = 64;
/// Rounds of 4,096 packets that are tried for a capture that begins in the middle of an MPPE session.
pub const MPPE_ROUNDS: u32 = bound(256, 2);
/// History of MPPC, octets (RFC 2118 §4); no packet unpacks to more.
pub const MPPC_HISTORY: usize = 8192;
/// Headers that Van Jacobson decompression remembers: all that an octet can number (RFC 1144 §3.2.3).
pub const VJ_SLOTS: usize = 256;
/// Fragments under reassembly of one multilink bundle.
pub const MULTILINK_FRAGMENTS: usize = 128;
/// Octets under reassembly of one multilink bundle.
pub const MULTILINK_OCTETS: usize = 64 << 10;
/// Links of one multilink bundle.
pub const MULTILINK_LINKS: usize = 16;
/// Calls whose tunnels are opened at one time.
pub const OPENED_TUNNELS: usize = bound(4096, 4);
/// Keys that are tried on one direction of a call.
pub const KEY_CANDIDATES: usize = 64;
/// Encrypted packets on which keys are tried before a direction is given up.
pub const KEY_TRIALS: u32 = 64;
/// Frames that a key on trial has opened and that wait until it is proven.
pub const KEY_HELD: usize = 16;
/// How often one direction of a call may begin anew: CCP opened again, or the keys fit no more.
pub const KEY_RESTARTS: u8 = 16;
/// Packets from inside that wait to be taken away.
pub const INNER_QUEUE: usize = bound(4096, 16);
/// TCP segments remembered inside a tunnel to recognise those that are sent again, per direction.
pub const INNER_SEGMENTS: usize = 128;
/// DNS queries inside a tunnel whose answers are awaited.
pub const INNER_QUERIES: usize = 64;
/// Runs of lost synchronisation, and protocols, kept of one direction of a tunnel.
pub const INNER_KEPT: usize = 16;
/// Runs of kept frames of a live capture whose place in the files is remembered.
pub const KEPT_RUNS: usize = 65_536;
/// Files with kept frames of a live capture whose names are remembered.
pub const KEPT_FILES: usize = 4096;
/// Octets of an HTTP request, its head only: no more is asked for.
pub const HTTP_REQUEST: usize = 8 << 10;
/// Header lines of an HTTP request.
pub const HTTP_HEADERS: usize = 64;
/// HTTP connections open at one time; the oldest one is closed when it is reached.
pub const HTTP_CONNECTIONS: usize = 64;

/// From this many entries on, a table that has a bound takes the room for all of them at once: growing step by
/// step would leave holes as large as itself in the heap. Room that is not used takes no memory.
pub const GROWS_TO: usize = bound(1024, 4);

/// Entries that fit into a hash table of so many places, a power of two; one more would double it.
const fn fit(places: usize) -> usize {
    places / 8 * 7
}

const fn bound<T: Copy>(real: T, fuzzing: T) -> T {
    if cfg!(fuzzing) { fuzzing } else { real }
}
