//! Where there is neither Landlock nor seccomp: nothing is done, and that is said.

use super::ConfineError;
use super::Enclosed;
use super::Fence;
use super::Level;
use super::User;

pub(super) fn named(_: &str) -> Result<User, ConfineError> {
    Err(ConfineError::Unavailable)
}

pub(super) fn default_for_root(_: Option<&str>, _: Option<&str>) -> Option<User> {
    None
}

pub(super) fn is_root() -> bool {
    false
}

pub(super) fn become_user(_: &User) -> Result<(), ConfineError> {
    Err(ConfineError::Unavailable)
}

pub(super) fn drop_capabilities() -> Result<(), ConfineError> {
    Err(ConfineError::Unavailable)
}

pub(super) fn enclose(_: &Fence) -> Enclosed {
    Enclosed { landlock: Level::None, seccomp: false }
}
