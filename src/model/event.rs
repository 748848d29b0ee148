//! The timeline: what a person would write down while watching.

use std::borrow::Cow;

use crate::base::addr::Dir;
use crate::base::frame::Mark;

/// Which protocol an event belongs to, for filters and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// TCP of the control connection.
    Tcp,
    /// A PPTP control message.
    Control,
    /// LCP.
    Lcp,
    /// PAP, CHAP or EAP.
    Authentication,
    /// CCP.
    Ccp,
    /// IPCP, IPV6CP and the other network control protocols.
    Network,
    /// First user data of a direction.
    Data,
    /// An ICMP error.
    Icmp,
    /// Something that fits nowhere else.
    Other,
}

/// One event. Text in `detail` may come from a peer: make it visible before printing.
#[derive(Clone, Debug)]
pub struct Event {
    /// When and where.
    pub mark: Mark,
    /// Which way; an ICMP error is shown as sent to its receiver.
    pub dir: Dir,
    /// Index of the call, where the event belongs to one.
    pub call: Option<u8>,
    /// Protocol.
    pub kind: Kind,
    /// Name of the message in the specification's words: `LCP Configure-Request`.
    pub label: Cow<'static, str>,
    /// Identifier and fields that matter.
    pub detail: Box<str>,
}
