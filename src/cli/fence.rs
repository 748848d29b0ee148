//! An analysis gives up all that it does not need before it looks at what strangers sent.

use std::path::Path;
use std::path::PathBuf;

use super::Environment;
use super::output;
use super::plan;
use crate::confine;
use crate::confine::Fence;

/// Leaves the process its inputs and the places of its outputs, no other file, no network, no programs.
/// What was read before (secrets, rules of the site) is out of reach from here on. Returns what the system lacks
/// for that.
pub(super) fn enclose<'p>(
    environment: &Environment,
    inputs: &[PathBuf],
    outputs: impl IntoIterator<Item = &'p Path>,
) -> Option<String> {
    if !environment.confine {
        return None;
    }
    let fence = Fence {
        read: inputs.iter().filter(|path| !plan::is_stream(path)).cloned().collect(),
        write: outputs.into_iter().map(output::place).collect(),
        network: false,
    };
    confine::enclose(&fence).note()
}
