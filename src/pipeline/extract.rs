//! Which frames of a capture matter to PPTP: control connections, GRE, the ICMP errors about them, and
//! their fragments. An extract of these loses nothing that a rule reads.

use etherparse::TcpSlice;

use crate::base::frame::Frame;
use crate::link::Linker;
use crate::link::protocol;
use crate::wire::icmp;

/// Tells frames that matter from those that do not; frames are to be shown in capture order.
#[derive(Debug)]
pub struct Extract {
    linker: Linker,
}

impl Extract {
    /// `ports`: control ports besides 1723.
    #[must_use]
    pub fn new(ports: &[u16]) -> Self {
        Self { linker: Linker::new(ports) }
    }

    /// Whether to keep this frame. A fragment is kept when its datagram may turn out to matter.
    pub fn keeps(&mut self, frame: &Frame<'_>) -> bool {
        let about = match self.linker.datagram(frame) {
            None => return self.linker.holds_fragment(),
            Some(d) => match d.protocol {
                protocol::ICMP | protocol::ICMPV6 => {
                    About::of(if d.src.is_ipv4() { 4 } else { 6 }, d.payload)
                }
                protocol::TCP if TcpSlice::from_slice(d.payload).is_err() => About::Nothing,
                _ => About::Pptp,
            },
        };
        match about {
            About::Pptp => true,
            About::Tcp(a, b) => self.linker.is_control_port(a) || self.linker.is_control_port(b),
            About::Nothing => false,
        }
    }
}

enum About {
    Pptp,
    Tcp(u16, u16),
    Nothing,
}

impl About {
    /// What an ICMP error quotes.
    fn of(family: u8, payload: &[u8]) -> Self {
        match icmp::parse(family, payload) {
            Ok(Some(e)) if e.quoted.protocol == protocol::GRE => Self::Pptp,
            Ok(Some(e)) => e.quoted.tcp_ports().map_or(Self::Nothing, |(a, b)| Self::Tcp(a, b)),
            _ => Self::Nothing,
        }
    }
}
