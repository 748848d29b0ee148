//! Files, TCP, abstract sockets and signals by Landlock, as far as the kernel knows them.

use std::path::PathBuf;

use landlock::ABI;
use landlock::Access;
use landlock::AccessFs;
use landlock::AccessNet;
use landlock::BitFlags;
use landlock::PathBeneath;
use landlock::PathFd;
use landlock::Ruleset;
use landlock::RulesetAttr;
use landlock::RulesetCreated;
use landlock::RulesetCreatedAttr;
use landlock::RulesetError;
use landlock::RulesetStatus;
use landlock::Scope;

use super::Fence;
use super::Level;
use super::Network;

/// Forbids every file that the fence does not name.
pub(super) fn restrict(fence: &Fence) -> Level {
    match enforce(fence) {
        Ok(RulesetStatus::FullyEnforced) => Level::Full,
        Ok(RulesetStatus::PartiallyEnforced) => Level::Partial,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Level::None,
    }
}

fn enforce(fence: &Fence) -> Result<RulesetStatus, RulesetError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(RIGHTS))?
        .scope(Scope::from_all(RIGHTS))?;
    if fence.network != Network::All {
        rules = rules.handle_access(AccessNet::from_all(RIGHTS))?;
    }
    let mut rules = rules.create()?;
    allow(
        &mut rules,
        &fence.read,
        AccessFs::ReadFile | AccessFs::ReadDir,
        AccessFs::ReadFile.into(),
    );
    allow(&mut rules, &fence.write, write_below(), write_one());
    Ok(rules.restrict_self()?.ruleset)
}

/// A path that is not there, or is an anonymous pipe, which Landlock leaves alone, gets no rule. It is opened
/// as it would be later, so symbolic links and `/dev/fd` lead to the file itself.
fn allow(
    rules: &mut RulesetCreated,
    paths: &[PathBuf],
    below: BitFlags<AccessFs>,
    one: BitFlags<AccessFs>,
) {
    for path in paths {
        if let Ok(opened) = PathFd::new(path) {
            let rights = if path.is_dir() { below } else { one };
            let _ = rules.add_rule(PathBeneath::new(opened, rights));
        }
    }
}

/// `Refer`: to rename from one directory into another.
fn write_below() -> BitFlags<AccessFs> {
    AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::RemoveFile
        | AccessFs::Refer
}

/// `IoctlDev`: it may be a terminal.
fn write_one() -> BitFlags<AccessFs> {
    AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev
}

/// The newest version whose rights are handled. Later ones know nothing that the filter of calls leaves open.
const RIGHTS: ABI = ABI::V6;
