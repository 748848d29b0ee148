//! Negotiations of the LCP family (RFC 1661 §4): what each side asked, and what it was told.

use std::fmt;
use std::net::Ipv4Addr;
use std::ops::Deref;
use std::ops::DerefMut;
use std::sync::LazyLock;

use smallvec::SmallVec;

use super::SWAPPED;
use super::auth::Method;
use super::build::push_first;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::time::Span;

/// Which protocol is negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Layer {
    Lcp,
    Ccp,
    Ipcp,
    Ipv6cp,
    /// IPXCP, NBFCP and the like.
    OtherNcp,
}

impl Layer {
    /// The specification's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lcp => "LCP",
            Self::Ccp => "CCP",
            Self::Ipcp => "IPCP",
            Self::Ipv6cp => "IPV6CP",
            Self::OtherNcp => "NCP",
        }
    }
}

/// An option in a Configure packet, reduced to what rules and people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Opt {
    Mru(u16),
    Accm(u32),
    Authentication(Method),
    Magic(u32),
    Pfc,
    Acfc,
    Callback(u8),
    Mrru(u16),
    /// Supported bits of MPPE/MPPC.
    Mppe(Mppe),
    Address(Ipv4Addr),
    /// DNS or WINS server: option number and address.
    NameServer(u8, Ipv4Addr),
    /// The value of CCP option 21 (RFC 1977 §3).
    BsdCompress(u8),
    /// Any other option: its number and the length of its value.
    Other(u8, u8),
}

/// The supported bits of CCP option 18 (RFC 3078 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Mppe {
    pub bits_40: bool,
    pub bits_56: bool,
    pub bits_128: bool,
    pub stateless: bool,
    pub compression: bool,
}

impl Mppe {
    /// Whether any key length is asked for.
    #[must_use]
    pub const fn encrypts(self) -> bool {
        self.bits_40 || self.bits_56 || self.bits_128
    }

    /// The strongest key length asked for, in bits.
    #[must_use]
    pub const fn strongest(self) -> Option<u16> {
        match self {
            Self { bits_128: true, .. } => Some(128),
            Self { bits_56: true, .. } => Some(56),
            Self { bits_40: true, .. } => Some(40),
            _ => None,
        }
    }

    /// Whether both sets share a key length.
    #[must_use]
    pub const fn shares_key_length(self, other: Self) -> bool {
        self.bits_40 && other.bits_40
            || self.bits_56 && other.bits_56
            || self.bits_128 && other.bits_128
    }
}

impl fmt::Display for Mppe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths: Vec<&str> =
            [(self.bits_40, "40"), (self.bits_56, "56"), (self.bits_128, "128")]
                .into_iter()
                .filter_map(|(on, name)| on.then_some(name))
                .collect();
        if lengths.is_empty() {
            return f.write_str(if self.compression { "MPPC only" } else { "no encryption" });
        }
        let mode = if self.stateless { "stateless" } else { "stateful" };
        write!(f, "MPPE {}-bit {mode}", lengths.join("/"))?;
        if self.compression { f.write_str(" with MPPC") } else { Ok(()) }
    }
}

impl fmt::Display for Opt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mru(n) => write!(f, "MRU {n}"),
            Self::Accm(n) => write!(f, "ACCM {n:x}"),
            Self::Authentication(m) => write!(f, "auth {m}"),
            Self::Magic(n) => write!(f, "magic {n:08x}"),
            Self::Pfc => f.write_str("PFC"),
            Self::Acfc => f.write_str("ACFC"),
            Self::Callback(n) => write!(f, "callback {n}"),
            Self::Mrru(n) => write!(f, "MRRU {n}"),
            Self::Mppe(m) => m.fmt(f),
            Self::Address(a) => write!(f, "address {a}"),
            Self::NameServer(kind, a) => {
                write!(f, "{} {a}", if matches!(kind, 129 | 131) { "DNS" } else { "WINS" })
            }
            Self::BsdCompress(_) => f.write_str("option 21"),
            Self::Other(kind, _) => write!(f, "option {kind}"),
        }
    }
}

/// A Configure-Request.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Request {
    pub mark: Mark,
    pub id: u8,
    pub options: OptList,
    /// GRE sequence number.
    pub seq: Option<u32>,
}

/// How a Configure-Request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Reply {
    Ack,
    Nak,
    Reject,
}

/// The answer to a Configure-Request.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Answer {
    pub mark: Mark,
    pub id: u8,
    pub reply: Reply,
    pub options: OptList,
    /// Its identifier is not that of the newest request before it.
    pub stale: bool,
    /// No request with its identifier was newest before it: either it is stale, or the capture has it before
    /// its request.
    early: bool,
}

/// The options of one Configure packet: most have four at most.
pub type OptList = SmallVec<[Opt; 4]>;

/// One side's requests and the answers it got.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// The first requests, see [`limits::NEGOTIATION_KEPT`].
    pub requests: Vec<Request>,
    /// All of them, counted.
    pub request_count: u32,
    /// Newest request, as it was sent.
    pub last_request: Option<(Mark, u8)>,
    /// Its GRE sequence number.
    last_seq: Option<u32>,
    /// The first answers.
    pub answers: Vec<Answer>,
    /// All answers, counted.
    pub answer_count: u32,
    /// First Configure-Ack to this side.
    pub acked: Option<Mark>,
    /// Options of the newest Configure-Ack.
    pub agreed: OptList,
    /// Requests since the newest Ack: above zero after an Ack means the side negotiates again.
    pub asked_since_ack: u32,
}

/// One layer of one call.
#[derive(Clone, Debug, Default)]
pub struct Negotiation {
    /// By the direction of the requests: `[client's, server's]`.
    pub sides: [Side; 2],
    /// Terminate-Requests: when, who.
    pub terminated: Vec<(Mark, Dir)>,
    /// Sentences in Terminate-Requests (pppd family): when, who, what.
    pub reasons: Vec<(Mark, Dir, Box<str>)>,
    /// Terminate-Acks: when, who.
    pub terminate_acks: Vec<(Mark, Dir)>,
    /// The protocol was refused as a whole (LCP Protocol-Reject): when, by whom.
    pub rejected: Option<(Mark, Dir)>,
}

/// A layer that few calls negotiate: it takes room where it is.
#[derive(Clone, Debug, Default)]
pub struct Seldom(Option<Box<Negotiation>>);

impl Deref for Seldom {
    type Target = Negotiation;

    fn deref(&self) -> &Negotiation {
        static NONE: LazyLock<Negotiation> = LazyLock::new(Negotiation::default);
        self.0.as_deref().unwrap_or_else(|| &NONE)
    }
}

impl DerefMut for Seldom {
    fn deref_mut(&mut self) -> &mut Negotiation {
        self.0.get_or_insert_default()
    }
}

impl Seldom {
    pub(super) fn flip(&mut self) {
        if let Some(there) = &mut self.0 {
            there.flip();
        }
    }
}

impl Negotiation {
    /// When both sides had their Ack: the layer is open.
    #[must_use]
    pub fn opened(&self) -> Option<Mark> {
        let [a, b] = [self.sides[0].acked?, self.sides[1].acked?];
        Some(a.max(b))
    }

    /// Requests of one side.
    #[must_use]
    pub fn side(&self, dir: Dir) -> &Side {
        &self.sides[dir.index()]
    }

    /// Whether any packet of this layer was seen.
    #[must_use]
    pub fn any(&self) -> bool {
        self.sides.iter().any(|s| s.request_count > 0 || s.answer_count > 0)
            || !self.terminated.is_empty()
            || !self.terminate_acks.is_empty()
    }

    pub(super) fn request(&mut self, dir: Dir, request: Request) {
        let side = &mut self.sides[dir.index()];
        side.request_count += 1;
        if !side.was_sent_before_the_newest(&request) {
            side.asked_since_ack += 1;
            side.last_request = Some((request.mark, request.id));
            side.last_seq = request.seq;
        }
        // An Ack repeats the options of its request (RFC 1661 §5.2): this is it, if it came only just before.
        if let Some(ack) = side.answers.last_mut().filter(|a| a.early && a.reply == Reply::Ack)
            && (ack.id, &ack.options) == (request.id, &request.options)
            && request.mark.at - ack.mark.at < SWAPPED
        {
            (ack.early, ack.stale) = (false, false);
            side.acked.get_or_insert(ack.mark);
            side.agreed.clone_from(&ack.options);
            side.asked_since_ack = 0;
        }
        if side.requests.len() < limits::NEGOTIATION_KEPT {
            push_first(&mut side.requests, request);
        }
    }

    /// `dir`: the way the answer goes; it belongs to the requests of the other side.
    pub(super) fn answer(&mut self, dir: Dir, mark: Mark, id: u8, reply: Reply, options: OptList) {
        let side = &mut self.sides[dir.flip().index()];
        let early = side.last_request.is_none_or(|(_, newest)| newest != id);
        let stale = side.last_request.is_some_and(|(_, newest)| newest != id);
        side.answer_count += 1;
        // An Ack to an older request is discarded by its receiver (RFC 1661 §5.2).
        if reply == Reply::Ack && !stale {
            side.acked.get_or_insert(mark);
            side.agreed.clone_from(&options);
            side.asked_since_ack = 0;
        }
        if side.answers.len() < limits::NEGOTIATION_KEPT {
            let answer = Answer { mark, id, reply, options, stale, early };
            push_first(&mut side.answers, answer);
        }
    }

    pub(super) fn flip(&mut self) {
        self.sides.swap(0, 1);
        for (_, dir) in self.terminated.iter_mut().chain(&mut self.terminate_acks) {
            *dir = dir.flip();
        }
        if let Some((_, dir)) = &mut self.rejected {
            *dir = dir.flip();
        }
        for (_, dir, _) in &mut self.reasons {
            *dir = dir.flip();
        }
    }
}

impl Side {
    /// Whether this request only comes behind the newest one, but has an earlier GRE number.
    fn was_sent_before_the_newest(&self, request: &Request) -> bool {
        let earlier = self.last_seq.zip(request.seq).is_some_and(|(newest, seq)| {
            let by = newest.wrapping_sub(seq);
            by != 0 && by < OVERTAKEN
        });
        earlier && self.last_request.is_some_and(|(m, _)| request.mark.at - m.at < SWAPPED)
    }

    /// Shortest time from a request to its answer. Where identifiers do not tell (pppd repeats a request
    /// under the same one), the first answer belongs to the first request, and so on.
    #[must_use]
    pub fn answer_time(&self) -> Option<Span> {
        self.requests
            .iter()
            .zip(&self.answers)
            .map(|(r, a)| a.mark.at - r.mark.at)
            .filter(|s| s.0 > 0)
            .min()
    }

    /// The MPPE bits in an options list.
    #[must_use]
    pub fn mppe_of(options: &[Opt]) -> Option<Mppe> {
        options.iter().find_map(|o| if let Opt::Mppe(m) = o { Some(*m) } else { None })
    }

    /// The Maximum-Receive-Unit that this side asked for and was granted; 1500 where it named none
    /// (RFC 1661 §6.1).
    #[must_use]
    pub fn mru(&self) -> u16 {
        let asked =
            self.agreed.iter().find_map(|o| if let Opt::Mru(n) = o { Some(*n) } else { None });
        asked.unwrap_or(1500)
    }

    /// The authentication method in an options list.
    #[must_use]
    pub fn method_of(options: &[Opt]) -> Option<Method> {
        options.iter().find_map(|o| if let Opt::Authentication(m) = o { Some(*m) } else { None })
    }

    /// Every answer of one kind.
    pub fn answered(&self, reply: Reply) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(move |a| a.reply == reply)
    }
}

/// A network lets no more packets overtake one.
const OVERTAKEN: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Timestamp;

    const OPTIONS: &[Opt] = &[Opt::Mru(1400)];

    /// An Ack to identifier 2, then a request with identifier `id` this much later.
    fn acked_first(id: u8, after: Span) -> Negotiation {
        let mark = |at: Span| Mark { at: Timestamp(0) + at, ..Mark::default() };
        let mut n = Negotiation::default();
        let request = |id, at| Request { mark: mark(at), id, options: OPTIONS.into(), seq: None };
        n.request(Dir::ToServer, request(1, Span::ZERO));
        n.answer(Dir::ToClient, mark(Span::from_millis(5)), 2, Reply::Ack, OPTIONS.into());
        n.request(Dir::ToServer, request(id, Span(5_000_000 + after.0)));
        n
    }

    #[test]
    fn an_ack_just_before_its_request_counts() {
        let n = acked_first(2, Span::from_millis(30));
        let side = n.side(Dir::ToServer);
        assert!(side.acked.is_some() && !side.answers[0].stale);
        assert_eq!((side.asked_since_ack, side.agreed.as_slice()), (0, OPTIONS));
    }

    #[test]
    fn a_request_that_was_overtaken_is_not_the_newest() {
        let mark = |n: i64| Mark { at: Timestamp(n * 10_000_000), ..Mark::default() };
        let request =
            |at, id, seq| Request { mark: mark(at), id, options: OPTIONS.into(), seq: Some(seq) };
        for (late, acked) in [(request(2, 1, 6), true), (request(2, 3, 8), false)] {
            let mut n = Negotiation::default();
            n.request(Dir::ToServer, request(1, 2, 7));
            n.request(Dir::ToServer, late);
            n.answer(Dir::ToClient, mark(3), 2, Reply::Ack, OPTIONS.into());
            assert_eq!(n.side(Dir::ToServer).acked.is_some(), acked);
        }
    }

    #[test]
    fn an_ack_to_another_request_or_long_before_does_not() {
        for n in [acked_first(3, Span::from_millis(30)), acked_first(2, Span::from_secs(3))] {
            assert!(n.side(Dir::ToServer).acked.is_none());
        }
    }
}
