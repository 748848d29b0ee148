//! What the layer noticed about the capture as a whole, each once.

use super::LinkNote;
use crate::base::frame::{FrameRef, LinkType};
use crate::base::limits;

/// The notes so far.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<LinkNote>,
    /// Link types that were met and are not known.
    unknown_links: Vec<LinkType>,
}

impl Notes {
    /// In the order of their first frames.
    pub(super) fn all(&self) -> &[LinkNote] {
        &self.notes
    }

    #[cold]
    pub(super) fn unknown_link(&mut self, link: LinkType, frame: FrameRef) {
        if self.unknown_links.len() >= UNKNOWN_LINKS || self.unknown_links.contains(&link) {
            return;
        }
        self.unknown_links.push(link);
        let name = link.name().map(|n| format!(" ({n})")).unwrap_or_default();
        let text = format!(
            "link type {}{name} is not one that this program reads: its frames are skipped",
            link.0
        );
        self.notes.push(LinkNote { code: "unknown-link-type", text, frame });
    }

    pub(super) fn fragments_dropped(&mut self, frame: FrameRef) {
        self.once("fragments-dropped", frame, || {
            "IP fragments were given up: too many at one time, or the rest of a datagram did not \
             come in time"
                .to_owned()
        });
    }

    pub(super) fn too_many_control_ports(&mut self, frame: FrameRef) {
        self.once("too-many-control-ports", frame, || {
            "control messages were seen on more TCP ports than are followed: name the port"
                .to_owned()
        });
    }

    pub(super) fn tunnels_too_deep(&mut self, frame: FrameRef) {
        self.once("tunnels-too-deep", frame, || {
            format!("packets inside more than {} tunnels are not looked at", limits::TUNNEL_DEPTH)
        });
    }

    fn once(&mut self, code: &'static str, frame: FrameRef, text: impl FnOnce() -> String) {
        if self.notes.iter().all(|n| n.code != code) {
            self.notes.push(LinkNote { code, text: text(), frame });
        }
    }
}

/// Unknown link types that are noted; a hostile capture can name thousands.
pub(super) const UNKNOWN_LINKS: usize = 16;
