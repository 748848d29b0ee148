//! What the process may still do: another user, no capabilities, files of its choice only, no programs, no
//! network.
//!
//! Captures come from strangers. Should one of them ever find a fault in a parser, it finds itself in a
//! process that can do nothing but read those captures and write that report. On Linux by Landlock (files,
//! TCP, signals) and seccomp (system calls); elsewhere nothing of this is available, and it says so.
//!
//! The order is: open what needs privileges, [`become_user`], [`enclose`], start threads, parse. Landlock and
//! capabilities belong to threads: those started before keep theirs. Nothing here can be undone.

#[cfg(not(target_os = "linux"))]
mod absent;
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod numbers;
#[cfg(target_os = "linux")]
mod users;

use std::path::PathBuf;

#[cfg(not(target_os = "linux"))]
use absent as system;
#[cfg(target_os = "linux")]
use users as system;

/// A user of this system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name, or the number where there is none.
    pub name: String,
    /// User number.
    pub uid: u32,
    /// Number of the user's own group.
    pub gid: u32,
}

impl User {
    /// The user of a name or a number. A number without a name is also taken for the number of the group.
    ///
    /// Asks the user database, which may be on the network: before [`enclose`].
    pub fn named(name: &str) -> Result<Self, ConfineError> {
        system::named(name)
    }

    /// Whom a process that runs as root is to become where nobody says whom: the caller of `sudo`, given by
    /// the values of `SUDO_UID` and `SUDO_GID`, else `nobody`. `None`: there is no such user.
    #[must_use]
    pub fn default_for_root(sudo_uid: Option<&str>, sudo_gid: Option<&str>) -> Option<Self> {
        system::default_for_root(sudo_uid, sudo_gid)
    }
}

/// Whether this process runs as root, that is, has something to give up by [`become_user`].
#[must_use]
pub fn is_root() -> bool {
    system::is_root()
}

/// Gives up what this process is and becomes `user`: no supplementary groups, no capabilities (effective,
/// permitted, inheritable, ambient; bounding where that is allowed), no new privileges by any program that it
/// may start. That it cannot be undone is tried. Before threads are started: they would keep their
/// capabilities.
///
/// A process that is that user already gives up its capabilities. Root is no user to become.
pub fn become_user(user: &User) -> Result<(), ConfineError> {
    system::become_user(user)
}

/// Gives up all capabilities, such as `setcap` put on the file of the program, and stays the same user.
/// Before threads are started: they would keep theirs.
pub fn drop_capabilities() -> Result<(), ConfineError> {
    system::drop_capabilities()
}

/// What a process needs from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fence {
    /// Files to be read, directories below which all may be read. What does not exist is left out.
    pub read: Vec<PathBuf>,
    /// Directories below which files may be created, written, renamed and removed; and single files, pipes or
    /// devices that may be written. What does not exist is left out.
    pub write: Vec<PathBuf>,
    /// Which new sockets may be made. Those that are open can be read, and accept connections, in any case.
    pub network: Network,
}

/// Which sockets may be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// None.
    #[default]
    None,
    /// Those by which the kernel is asked what interfaces there are; none that reaches another machine.
    Interfaces,
    /// Any.
    All,
}

/// How much of a [`Fence`] stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enclosed {
    /// Files, TCP and signals.
    pub landlock: Level,
    /// System calls.
    pub seccomp: bool,
}

/// How much of what was asked for Landlock enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// All of it.
    Full,
    /// What this kernel knows of it.
    Partial,
    /// Nothing.
    None,
}

/// Confines the process as far as the kernel can: to these files; without programs, new privileges, other
/// processes, mounts, namespaces, kernel modules, owners and modes of files; without network where that is not
/// wanted. Open files stay as they are. It never fails: what could not be done is in the answer.
///
/// Before threads are started: on those Landlock would not reach.
#[must_use]
pub fn enclose(fence: &Fence) -> Enclosed {
    #[cfg(target_os = "linux")]
    // Files first: the filter needs no file, but the rules need calls.
    return Enclosed { landlock: files::restrict(fence), seccomp: calls::restrict(fence) };
    #[cfg(not(target_os = "linux"))]
    return absent::enclose(fence);
}

impl Enclosed {
    /// For people: what this system lacks. `None`: nothing.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        if cfg!(not(target_os = "linux")) {
            return Some("this system has no means to confine the program".to_owned());
        }
        let files = match self.landlock {
            Level::Full => None,
            Level::Partial => Some("an older Landlock, which holds files but not all else"),
            Level::None => Some("no Landlock: every file of this user stays within reach"),
        };
        let calls = (!self.seccomp).then_some("no seccomp filter: every system call stays allowed");
        let lacks: Vec<&str> = files.into_iter().chain(calls).collect();
        (!lacks.is_empty()).then(|| format!("the kernel or container has {}", lacks.join("; ")))
    }
}

/// Why a process is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// The system knows no such user.
    #[error("{0}: no such user")]
    NoSuchUser(String),
    /// Root was asked for.
    #[error("{0}: has all rights: name a user that has none")]
    Root(String),
    /// The system refuses.
    #[error("cannot become the user {name}: {reason}")]
    Refused {
        /// Whom to become.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// Capabilities could not be given up.
    #[error("cannot give up capabilities: {0}")]
    Capabilities(String),
    /// The way back is open.
    #[error("the process could become root again")]
    Undone,
    /// This is not Linux.
    #[error("this system has no means to confine the program")]
    Unavailable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn notes_say_what_is_missing() {
        let note = |landlock, seccomp| Enclosed { landlock, seccomp }.note();
        assert_eq!(note(Level::Full, true), None);
        assert!(note(Level::Partial, true).unwrap().contains("older Landlock"));
        let all = note(Level::None, false).unwrap();
        assert!(all.contains("no Landlock") && all.contains("no seccomp"), "{all}");
    }
}
