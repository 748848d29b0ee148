//! Every bound of the program. Reaching one is reported as a note, never silent.

/// Largest record that is read from a capture, octets. libpcap's own bound is 262,144 for most links.
pub const CAPTURE_RECORD: usize = 1 << 20;
/// Largest pcapng block, octets (libpcap allows 16 MiB).
pub const PCAPNG_BLOCK: usize = 16 << 20;
/// Interfaces of one pcapng section.
pub const PCAPNG_INTERFACES: usize = 65_536;
/// Window of the file reader, octets; grows to one record where a record is larger.
pub const READ_WINDOW: usize = 512 << 10;
/// Largest capture that is held in memory, octets: one whose format needs jumps, from a stream.
pub const HELD_CAPTURE: u64 = 512 << 20;
/// Octets that a compressed capture may unpack to.
pub const DECOMPRESSED: u64 = 32 << 30;
/// Memory of one decompressor, octets: the largest window or dictionary that `zstd --long` and `xz -9`
/// ask for is 128 MiB.
pub const DECOMPRESSOR_MEMORY: u64 = 160 << 20;
/// Compressions around a capture that are opened.
pub const COMPRESSION_DEPTH: usize = 2;
/// IP datagrams under reassembly at one time.
pub const DEFRAG_DATAGRAMS: usize = 256;
/// Octets held for reassembly of IP fragments, all datagrams together.
pub const DEFRAG_OCTETS: usize = 4 << 20;
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
/// Octets of an incomplete control message. The longest message of RFC 2637 has 220.
pub const CONTROL_MESSAGE: usize = 1024;
/// TCP connections followed at one time.
pub const TCP_CONNECTIONS: usize = 16_384;
/// GRE directions followed at one time.
pub const GRE_DIRECTIONS: usize = 65_536;
/// Datagrams remembered to recognise copies, per address pair and protocol.
pub const COPIES_WINDOW: usize = 64;
/// Address pairs for which copies are recognised at one time.
pub const COPIES_PAIRS: usize = 16_384;
/// Conversations open at one time; the oldest idle one is closed when it is reached.
pub const CONVERSATIONS: usize = 65_536;
/// Events on the timeline of one conversation; later ones are counted only.
pub const TIMELINE_EVENTS: usize = 4096;
/// Events kept over all open conversations.
pub const TIMELINE_TOTAL: usize = 2_000_000;
/// Calls of one control connection.
pub const CALLS: usize = 64;
/// Requests or answers kept of one negotiation and side; the count goes on.
pub const NEGOTIATION_KEPT: usize = 64;
/// Challenges, Responses or verdicts kept of one authentication attempt.
pub const AUTH_KEPT: usize = 32;
/// Authentication attempts kept of one call.
pub const AUTH_ATTEMPTS: usize = 16;
/// Octets kept of a text from the wire.
pub const WIRE_TEXT: usize = 512;
/// Conversations with a refused log-on that wait for the next tries of their clients.
pub const EPISODES_WAITING: usize = 1024;
/// Log-ons remembered, to be compared with others of the same client.
pub const EPISODE_LOGONS: usize = 16_384;
/// Log-ons in other conversations told of one conversation.
pub const ELSEWHERE_KEPT: usize = 32;
/// Conversations that findings across conversations take into account.
pub const CENSUS: usize = 200_000;
/// Log-ons of each of them.
pub const CENSUS_LOGONS: usize = 16;
/// Challenges of each of them.
pub const CENSUS_CHALLENGES: usize = 4;
/// Searches for a 16-bit hash tail in one run (each costs up to 65,536 DES operations).
pub const TAIL_SEARCHES: usize = 1024;
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
