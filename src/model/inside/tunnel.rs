//! The keys of one call while its packets pass, and the frames that they open. Gone, and wiped, when the
//! conversation closes.

use std::net::Ipv4Addr;

use super::Inside;
use super::flows::Flows;
use super::way::Plain;
use super::way::Way;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::crypto::secret::Secrets;
use crate::inside::multilink::Format;
use crate::inside::multilink::Reassembler;
use crate::inside::trial;
use crate::inside::trial::Verdict;
use crate::inside::vj::Vj;
use crate::model::call::Call;
use crate::model::negotiation::Opt;
use crate::wire::ppp;
use crate::wire::ppp::Protocol;
use crate::wire::ppp::control;

/// Takes the IP packets that come out: the frame that carried one, the packet, whether it is proven.
pub type Sink<'a> = dyn FnMut(Mark, &[u8], bool) + 'a;

/// Where a frame comes from.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Direction.
    pub dir: Dir,
    /// The frame of the capture.
    pub mark: Mark,
    /// Whether a GRE packet before it is missing, or comes late.
    pub disordered: bool,
    /// Whether the capture cut it.
    pub cut: bool,
}

/// The openers of both directions.
#[derive(Debug)]
pub struct Tunnel {
    ways: [Way; 2],
    lines: [Line; 2],
    flows: Flows,
}

/// What lies between the PPP frames of one direction and its IP packets.
#[derive(Debug)]
struct Line {
    vj: Vj,
    multilink: Option<Reassembler>,
}

impl Tunnel {
    /// Nothing opened yet.
    #[must_use]
    pub fn new() -> Self {
        let line = || Line { vj: Vj::new(u8::MAX), multilink: None };
        Self {
            ways: [Way::default(), Way::default()],
            lines: [line(), line()],
            flows: Flows::default(),
        }
    }

    /// Takes one PPP frame of the call, after the model has read it.
    pub fn observe(
        &mut self,
        call: &mut Call,
        at: Place,
        octets: &[u8],
        secrets: &Secrets,
        sink: &mut Sink<'_>,
    ) {
        let Ok(frame) = ppp::parse(octets) else { return };
        if at.disordered {
            self.lines[at.dir.index()].vj.lost();
        }
        if frame.protocol == Protocol::Ccp {
            let reset = |p: control::Packet<'_>| p.code == control::Code::ResetAck;
            if control::parse(frame.information).is_ok_and(reset) {
                self.ways[at.dir.index()].reset();
            }
        } else if frame.protocol.0 < CONTROL {
            let agreed = call.ccp.side(at.dir.flip()).acked.is_some();
            let wrapped = matches!(frame.protocol, Protocol::Compressed | Protocol::CompressedLink);
            if agreed || wrapped || frame.protocol == Protocol::Multilink {
                self.ways[at.dir.index()].refresh(call, at.dir, secrets);
            }
            self.data(call, at, frame, sink, NESTED);
        }
    }

    /// Client and server were taken for each other.
    pub fn flip(&mut self) {
        self.ways.swap(0, 1);
        self.lines.swap(0, 1);
        self.flows.flip();
    }

    fn data(
        &mut self,
        call: &mut Call,
        at: Place,
        frame: ppp::Frame<'_>,
        sink: &mut Sink<'_>,
        depth: usize,
    ) {
        let way = &mut self.ways[at.dir.index()];
        match frame.protocol {
            Protocol::Compressed | Protocol::CompressedLink => {
                let facts = facts(call, at.dir);
                facts.wrapped += 1;
                if at.cut {
                    facts.cut += 1;
                    return;
                }
                for plain in way.open(frame.information, at.mark, facts) {
                    self.opened(call, at, &plain, sink);
                }
            }
            Protocol::Multilink if depth > 0 => {
                for whole in self.reassemble(call, at.dir, frame.information) {
                    if let Ok(frame) = ppp::parse(&whole) {
                        self.data(call, at, frame, sink, depth - 1);
                    }
                }
            }
            _ if at.cut => {}
            _ => {
                way.beside(frame);
                self.packet(call, at, frame, false, sink);
            }
        }
    }

    /// A frame came out of a packet of protocol 00FD.
    fn opened(&mut self, call: &mut Call, at: Place, plain: &Plain, sink: &mut Sink<'_>) {
        let facts = facts(call, at.dir);
        facts.opened += 1;
        let Ok(frame) = ppp::parse(&plain.frame) else { return };
        facts.count(frame.protocol.0);
        let at = Place { mark: plain.mark, ..at };
        let proven = self.packet(call, at, frame, plain.late, sink);
        self::facts(call, at.dir).proven += u64::from(proven);
    }

    /// A plain frame: takes the IP packet out of it. Returns whether the packet proves itself.
    fn packet(
        &mut self,
        call: &mut Call,
        at: Place,
        frame: ppp::Frame<'_>,
        late: bool,
        sink: &mut Sink<'_>,
    ) -> bool {
        let vj = &mut self.lines[at.dir.index()].vj;
        let rebuilt = match frame.protocol {
            Protocol::Ipv4 => {
                let verdict = trial::ipv4(frame.information);
                if verdict > Verdict::Implausible {
                    let proven = verdict == Verdict::Proven;
                    self.ip(call, at, frame.information, late, proven, sink);
                    return proven;
                }
                return false;
            }
            Protocol::Ipv6 => {
                if trial::ipv6(frame.information) > Verdict::Implausible {
                    self.ip(call, at, frame.information, late, false, sink);
                }
                return false;
            }
            Protocol::VjUncompressed => vj.uncompressed(frame.information),
            Protocol::VjCompressed => vj.compressed(frame.information),
            _ => return false,
        };
        // Where the sum does not hold, a packet before it is missing and its numbers are wrong.
        match rebuilt {
            Ok(rebuilt) if rebuilt.checksum_holds => {
                self.ip(call, at, &rebuilt.packet, late, true, sink);
                true
            }
            _ => false,
        }
    }

    fn ip(
        &mut self,
        call: &mut Call,
        at: Place,
        packet: &[u8],
        late: bool,
        proven: bool,
        sink: &mut Sink<'_>,
    ) {
        let client = client_address(call);
        let [a, b] = &mut call.inside;
        let both = [a, b].map(|i| &mut i.get_or_insert_default().traffic);
        self.flows.packet(both, at.dir, at.mark, packet, client, late);
        sink(at.mark, packet, proven);
    }

    fn reassemble(&mut self, call: &Call, dir: Dir, fragment: &[u8]) -> Vec<Vec<u8>> {
        let line = &mut self.lines[dir.index()].multilink;
        let receiver = &call.lcp.side(dir.flip()).agreed;
        let short = receiver.iter().any(|o| matches!(o, Opt::Other(SHORT_NUMBERS, _)));
        let format = if short { Format::Short } else { Format::Long };
        let bundle = line.get_or_insert_with(|| Reassembler::new(format));
        bundle.push(0, fragment).unwrap_or_default()
    }
}

impl Default for Tunnel {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a PPP frame is user data, of which a tunnel is opened.
#[must_use]
pub fn carries_data(octets: &[u8]) -> bool {
    ppp::parse(octets).is_ok_and(|frame| frame.protocol.0 < CONTROL)
}

/// Whether anything of a call may be opened: where somebody answered, there must be a secret of his.
#[must_use]
pub fn worth_opening(call: &Call, secrets: &Secrets) -> bool {
    if secrets.is_empty() {
        return false;
    }
    let mut names = call.attempts.iter().flat_map(|a| &a.responses).map(|r| &*r.name).peekable();
    names.peek().is_none()
        || names.any(|n| secrets.for_user(&crate::base::text::lossy(n)).next().is_some())
}

/// Facts of a direction, begun where there are none.
fn facts(call: &mut Call, dir: Dir) -> &mut Inside {
    call.inside[dir.index()].get_or_insert_default()
}

/// The address in the client's acknowledged IPCP request (RFC 1332 §3.3).
fn client_address(call: &Call) -> Option<Ipv4Addr> {
    let side = call.ipcp.side(Dir::ToServer);
    side.agreed.iter().find_map(|o| if let Opt::Address(a) = o { Some(*a) } else { None })
}

/// PPP protocols from here on are no user data (RFC 1661 §2).
const CONTROL: u16 = 0x4000;
/// Multilink inside multilink is not opened again and again.
const NESTED: usize = limits::COMPRESSION_DEPTH;
/// LCP option 18 (RFC 1990 §5.1.2).
const SHORT_NUMBERS: u8 = 18;
