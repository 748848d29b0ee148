//! Users, groups and capabilities of Linux.

use nix::unistd;
use nix::unistd::Gid;
use nix::unistd::Uid;
use rustix::thread;
use rustix::thread::CapabilitySet;
use rustix::thread::CapabilitySets;

use super::ConfineError;
use super::User;

pub(super) fn named(name: &str) -> Result<User, ConfineError> {
    let missing = || ConfineError::NoSuchUser(name.to_owned());
    if let Ok(Some(user)) = unistd::User::from_name(name) {
        return Ok(user.into());
    }
    by_number(name.parse().map_err(|_| missing())?).ok_or_else(missing)
}

pub(super) fn default_for_root(sudo_uid: Option<&str>, sudo_gid: Option<&str>) -> Option<User> {
    let number = |text: Option<&str>| text?.trim().parse().ok().filter(|n| *n != 0);
    let caller = number(sudo_uid).and_then(by_number).map(|user| match number(sudo_gid) {
        Some(gid) => User { gid, ..user },
        None => user,
    });
    caller.or_else(|| named("nobody").ok())
}

/// `u32::MAX` means "as it is" to the system calls, and is no user.
fn by_number(uid: u32) -> Option<User> {
    match unistd::User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => Some(user.into()),
        _ => (uid != u32::MAX).then(|| User { name: uid.to_string(), uid, gid: uid }),
    }
}

impl From<unistd::User> for User {
    fn from(user: unistd::User) -> Self {
        Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }
    }
}

pub(super) fn is_root() -> bool {
    unistd::geteuid().is_root()
}

pub(super) fn become_user(user: &User) -> Result<(), ConfineError> {
    if user.uid == 0 {
        return Err(ConfineError::Root(user.name.clone()));
    }
    // Needs a capability that goes with the user.
    close_bounding_set();
    if !is(user) {
        let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
        // Groups while there is the right to change them.
        unistd::setgroups(&[gid])
            .and_then(|()| unistd::setresgid(gid, gid, gid))
            .and_then(|()| unistd::setresuid(uid, uid, uid))
            .map_err(|e| ConfineError::Refused {
                name: user.name.clone(),
                reason: e.desc().to_owned(),
            })?;
    }
    drop_capabilities()?;
    let root = Uid::from_raw(0);
    if !is(user) || unistd::setresuid(root, root, root).is_ok() {
        return Err(ConfineError::Undone);
    }
    Ok(())
}

/// Real, effective and saved.
fn is(user: &User) -> bool {
    let users = unistd::getresuid().map(|r| [r.real, r.effective, r.saved]);
    let groups = unistd::getresgid().map(|r| [r.real, r.effective, r.saved]);
    users.is_ok_and(|all| all.iter().all(|u| u.as_raw() == user.uid))
        && groups.is_ok_and(|all| all.iter().all(|g| g.as_raw() == user.gid))
}

pub(super) fn drop_capabilities() -> Result<(), ConfineError> {
    let failed = |e: rustix::io::Errno| ConfineError::Capabilities(e.to_string());
    close_bounding_set();
    // Kernels before 4.3 have none.
    let _ = thread::clear_ambient_capability_set();
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    thread::set_capabilities(None, none).map_err(failed)?;
    thread::set_no_new_privs(true).map_err(failed)?;
    let left = thread::capabilities(None).map_err(failed)?;
    if left.effective.is_empty() && left.permitted.is_empty() {
        Ok(())
    } else {
        Err(ConfineError::Capabilities("some are left".to_owned()))
    }
}

/// No program can give them back. Only who may change capabilities may do this; for others
/// `no_new_privs` does the same.
fn close_bounding_set() {
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        // The first that the kernel does not know is the end, as is the first that is refused.
        if thread::remove_capability_from_bounding_set(capability).is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_by_name_and_number() {
        let root = User::named("root").unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert_eq!(User::named("0").unwrap().name, "root");
        let unknown =
            User { name: "3999999990".to_owned(), uid: 3_999_999_990, gid: 3_999_999_990 };
        assert_eq!(User::named("3999999990").unwrap(), unknown);
        for name in ["no such user", "", "-1", "4294967295", "4294967296"] {
            assert!(matches!(User::named(name), Err(ConfineError::NoSuchUser(_))), "{name}");
        }
    }

    #[test]
    fn the_caller_of_sudo_or_nobody() {
        let caller = User::default_for_root(Some("3999999990"), Some("77")).unwrap();
        assert_eq!((caller.uid, caller.gid), (3_999_999_990, 77));
        let nobody = User::named("nobody").ok();
        for uid in [None, Some("0"), Some("what"), Some("4294967295")] {
            assert_eq!(User::default_for_root(uid, Some("77")), nobody);
        }
    }

    #[test]
    fn root_is_nobody_to_become() {
        let root = User::named("root").unwrap();
        assert!(matches!(become_user(&root), Err(ConfineError::Root(_))));
    }
}
