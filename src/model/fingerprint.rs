//! What software a peer seems to be. Evidence about software, never about its patch level: a service
//! pack cannot be read from the wire.

use super::call::Call;
use super::call::Reason;
use super::control::Start;
use super::conversation::Conversation;
use crate::base::addr::Dir;

/// Families that rules tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Family {
    /// Windows NT 4.0 (firmware 1381 or Identification `MSRASV4.00`).
    WindowsNt4,
    /// Vendor `Microsoft Windows NT` of another build: 2000, XP, 2003.
    WindowsNt5,
    /// Vendor `Microsoft`: Vista, Server 2008 and later.
    WindowsVista,
    PptpLinux,
    Pptpd,
    AccelPpp,
    CiscoIos,
    MikroTik,
    Apple,
    Yamaha,
    Nmap,
    Ixia,
    /// pppd, told by its texts alone.
    Pppd,
    /// Windows RAS, told by its Terminate-Request or Identification alone.
    WindowsRas,
    Other,
}

/// A guess with its grounds.
#[derive(Clone, Debug)]
pub struct Implementation {
    /// Family.
    pub family: Family,
    /// As the report names it; may hold text from the wire.
    pub name: String,
    /// Whether the sign is known from captures, documents or sources; `false`: by analogy only.
    pub verified: bool,
}

impl Family {
    /// Whether it is a Windows that says `Microsoft Windows NT`.
    #[must_use]
    pub const fn is_old_windows(self) -> bool {
        matches!(self, Self::WindowsNt4 | Self::WindowsNt5)
    }

    /// Whether its PPP is pppd.
    #[must_use]
    pub const fn is_pppd(self) -> bool {
        matches!(self, Self::PptpLinux | Self::Pptpd | Self::Pppd)
    }
}

impl Conversation {
    /// Family of a side, `Other` where nothing is known.
    #[must_use]
    pub fn family(&self, sender_of: Dir) -> Family {
        self.peer(sender_of).implementation.as_ref().map_or(Family::Other, |i| i.family)
    }

    /// Whether the capture has the client's Start-Control-Connection-Request as far as the vendor, which
    /// alone tells every software.
    #[must_use]
    pub fn has_client_vendor(&self) -> bool {
        let mut requests = self.control.iter().filter_map(|k| k.start_request.as_ref());
        requests.any(|s| !s.cut || !s.vendor.is_empty())
    }

    /// Whether the client says `Microsoft Windows NT`, or is a Windows of which the capture lacks what it says.
    #[must_use]
    pub fn may_be_old_windows(&self) -> bool {
        let client = self.family(Dir::ToServer);
        client.is_old_windows() || client == Family::WindowsRas && !self.has_client_vendor()
    }
}

/// Names both sides as far as their messages allow.
pub(super) fn identify(c: &mut Conversation) {
    let client =
        c.control.iter().rev().find_map(|k| k.start_request.as_ref()).and_then(client_by_start);
    let server =
        c.control.iter().rev().find_map(|k| k.start_reply.as_ref()).and_then(server_by_start);
    c.client.implementation = refine(client, by_ppp(&c.calls, Dir::ToServer));
    c.server.implementation = refine(server, by_ppp(&c.calls, Dir::ToClient));
}

fn client_by_start(s: &Start) -> Option<Implementation> {
    if s.cut && s.vendor.is_empty() {
        return None;
    }
    Some(match (&*s.vendor, s.firmware) {
        ("Microsoft Windows NT", 1381) => guess(Family::WindowsNt4, "Windows NT 4.0", false),
        ("Microsoft Windows NT", 2195) => guess(Family::WindowsNt5, "Windows 2000", true),
        ("Microsoft Windows NT", 2600) => guess(Family::WindowsNt5, "Windows XP", true),
        ("Microsoft Windows NT", n) => {
            guess(Family::WindowsNt5, &format!("Windows (NT family, build {n})"), true)
        }
        ("Microsoft", _) => guess(Family::WindowsVista, "Windows (Vista or later)", true),
        ("cananian", _) => guess(Family::PptpLinux, "pptp-linux", true),
        ("ixia", _) => guess(Family::Ixia, "Ixia tester", true),
        ("nmap", _) => guess(Family::Nmap, "nmap scan", true),
        ("", 0) if s.host.is_empty() && s.framing == 1 && s.bearer == 1 => {
            guess(Family::Apple, "Mac OS X", true)
        }
        ("", _) => return None,
        (vendor, _) => guess(Family::Other, vendor, true),
    })
}

fn server_by_start(s: &Start) -> Option<Implementation> {
    if s.cut && s.vendor.is_empty() {
        return None;
    }
    Some(match (&*s.vendor, s.firmware) {
        ("linux" | "MoretonBay", _) => guess(Family::Pptpd, "pptpd", true),
        ("cananian", _) => guess(Family::AccelPpp, "accel-ppp", true),
        ("Microsoft Windows NT", 1381) => guess(Family::WindowsNt4, "Windows NT 4.0", false),
        ("Microsoft Windows NT", n) => {
            guess(Family::WindowsNt5, &format!("Windows server (NT family, build {n})"), false)
        }
        ("Microsoft", _) => guess(Family::WindowsVista, "Windows Server (2008 or later)", true),
        ("Cisco Systems, Inc.", _) => guess(Family::CiscoIos, "Cisco IOS", true),
        ("MikroTik", _) => guess(Family::MikroTik, "MikroTik RouterOS", true),
        ("YAMAHA Corporation", _) => guess(Family::Yamaha, "Yamaha RT router", true),
        ("", _) => return None,
        (vendor, _) => guess(Family::Other, vendor, true),
    })
}

/// What PPP alone tells of the side that sends in `dir`.
fn by_ppp(calls: &[Call], dir: Dir) -> Option<Implementation> {
    let identifications = calls.iter().flat_map(|c| &c.identifications).filter(|i| i.1 == dir);
    for (_, _, text) in identifications {
        let by_version = match text.get(..10) {
            Some("MSRASV4.00") => Some(guess(Family::WindowsNt4, "Windows NT 4.0", false)),
            Some("MSRASV5.00") => Some(guess(Family::WindowsNt5, "Windows 2000", true)),
            Some("MSRASV5.10") => Some(guess(Family::WindowsNt5, "Windows XP", true)),
            Some("MSRASV5.20") => {
                Some(guess(Family::WindowsRas, "Windows (Server 2003 or later)", true))
            }
            _ => None,
        };
        if by_version.is_some() {
            return by_version;
        }
    }
    let reasons = calls.iter().flat_map(|c| &c.terminates).filter(|t| t.dir == dir);
    for t in reasons {
        match &t.reason {
            Reason::Ras(_) => return Some(guess(Family::WindowsRas, "Windows RAS", true)),
            Reason::Text(text) if PPPD_TEXTS.iter().any(|p| text.contains(p)) => {
                return Some(guess(Family::Pppd, "pppd", true));
            }
            _ => {}
        }
    }
    let granted = calls.iter().flat_map(|c| &c.attempts).filter(|a| a.toward == dir);
    let texts: Vec<&str> = granted.flat_map(|a| &a.verdicts).map(|v| &*v.text).collect();
    if texts.iter().any(|t| t.contains("M=Access granted") || t.contains("M=Access denied")) {
        return Some(guess(Family::Pppd, "pppd", true));
    }
    if texts.iter().any(|t| t.contains("M=Authentication succeeded")) {
        return Some(guess(Family::AccelPpp, "accel-ppp", true));
    }
    None
}

/// The control connection names the product; only an NT 4.0 Identification says more than its vendor.
fn refine(start: Option<Implementation>, ppp: Option<Implementation>) -> Option<Implementation> {
    match (start, ppp) {
        (Some(s), Some(p)) if s.family == Family::WindowsNt5 && p.family == Family::WindowsNt4 => {
            Some(p)
        }
        (Some(s), _) => Some(s),
        (None, p) => p,
    }
}

fn guess(family: Family, name: &str, verified: bool) -> Implementation {
    Implementation { family, name: name.to_owned(), verified }
}

/// Sentences that pppd writes into Terminate-Requests.
const PPPD_TEXTS: [&str; 6] = [
    "Failed to authenticate ourselves to peer",
    "Authentication failed",
    "peer refused to authenticate",
    "MPPE required but",
    "MPPE disabled",
    "User request",
];
