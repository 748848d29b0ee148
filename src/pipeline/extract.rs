//! Which frames of a capture matter to PPTP: control connections, GRE, the ICMP errors about them, and
//! their fragments. An extract of these loses nothing that a rule reads.

use crate::base::frame::Frame;
use crate::link::Linker;

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
        self.linker.datagram(frame).is_some() || self.linker.holds_fragment()
    }
}
