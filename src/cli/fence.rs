//! An analysis gives up all that it does not need before it looks at what strangers sent.

use std::path::Path;
use std::path::PathBuf;

use super::CliError;
use super::Environment;
use super::output;
use super::plan;
use crate::confine;
use crate::confine::ConfineError;
use crate::confine::Fence;
use crate::confine::Network;
use crate::confine::User;

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
        network: Network::None,
    };
    confine::enclose(&fence).note()
}

/// The same for live capture: the interface is open, so its rights are given up, and the process becomes
/// `user`, or whoever called sudo, or nobody. To be called before anything is created or started.
pub(super) fn give_up_rights(
    environment: &Environment,
    user: Option<&str>,
) -> Result<Option<User>, CliError> {
    let failed = |e: ConfineError| CliError::Live(e.to_string());
    if !environment.confine {
        return Ok(None);
    }
    let wanted = match user {
        // Root wants to stay what it is.
        Some("root" | "0") => return Ok(None),
        Some(name) => Some(User::named(name).map_err(failed)?),
        None if confine::is_root() => {
            let (uid, gid) = environment.sudo.map(|(u, g)| (u.to_string(), g.to_string())).unzip();
            User::default_for_root(uid.as_deref(), gid.as_deref())
        }
        None => None,
    };
    match &wanted {
        // A container may leave root alone, or root without the right to become another.
        Some(user) => confine::become_user(user).map_err(|e| match e {
            ConfineError::Refused { .. } => CliError::Live(format!(
                "{e}: name another user with --user; --user root stays root"
            )),
            e => failed(e),
        })?,
        None => confine::drop_capabilities().map_err(failed)?,
    }
    Ok(wanted)
}

/// Leaves a live capture the places of its outputs, no other file, no network but questions about
/// interfaces, no programs. Returns what the system lacks for that.
pub(super) fn enclose_live<'p>(
    environment: &Environment,
    outputs: impl IntoIterator<Item = &'p Path>,
) -> Option<String> {
    if !environment.confine {
        return None;
    }
    let write: Vec<PathBuf> = outputs.into_iter().map(output::place).collect();
    let fence = Fence { read: write.clone(), write, network: Network::Interfaces };
    confine::enclose(&fence).note()
}
