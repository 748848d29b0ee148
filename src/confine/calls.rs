//! System calls by a seccomp filter on all threads. What is forbidden fails with `EPERM`, as it does for
//! a user who may not; it ends no program.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
pub(super) use filter::restrict;

/// For this processor no filter can be made.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
pub(super) fn restrict(_: &super::Fence) -> bool {
    false
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
mod filter {
    use std::collections::BTreeMap;

    use nix::libc;
    use nix::libc::c_int;
    use nix::libc::c_long;
    use seccompiler::BackendError;
    use seccompiler::BpfProgram;
    use seccompiler::Error;
    use seccompiler::SeccompAction;
    use seccompiler::SeccompCmpArgLen as Length;
    use seccompiler::SeccompCmpOp as Compare;
    use seccompiler::SeccompCondition;
    use seccompiler::SeccompFilter;
    use seccompiler::SeccompRule;
    use seccompiler::TargetArch;
    use seccompiler::apply_filter_all_threads;

    use crate::confine::Fence;
    use crate::confine::Network;
    use crate::confine::numbers;

    /// Forbidden calls, each with the arguments for which it is; without any it always is.
    type Calls = BTreeMap<c_long, Vec<SeccompRule>>;

    /// Whether the filter is in place.
    pub(in crate::confine) fn restrict(fence: &Fence) -> bool {
        // C libraries that do not find `clone3` make their threads with `clone`, whose flags can be seen.
        let clone3 = Calls::from([(numbers::CLONE3, Vec::new())]);
        let forbidden = forbidden(fence);
        apply(clone3, libc::ENOSYS).is_ok()
            && forbidden.is_ok_and(|calls| apply(calls, libc::EPERM).is_ok())
    }

    fn apply(calls: Calls, answer: c_int) -> Result<(), Error> {
        let filter = SeccompFilter::new(
            calls,
            SeccompAction::Allow,
            SeccompAction::Errno(answer.unsigned_abs()),
            TargetArch::try_from(std::env::consts::ARCH)?,
        )?;
        apply_filter_all_threads(&BpfProgram::try_from(filter)?)
    }

    fn forbidden(fence: &Fence) -> Result<Calls, BackendError> {
        let always = numbers::ALWAYS.iter().copied().flatten();
        let network = numbers::NETWORK.iter().filter(|_| fence.network != Network::All);
        let mut calls: Calls = always.chain(network).map(|n| (*n, Vec::new())).collect();
        // Commands are 32 bits wide: the kernel does not look at the others.
        let commands = TERMINAL.map(|c| rule(COMMAND, Length::Dword, Compare::Eq, u64::from(c)));
        calls.insert(libc::SYS_ioctl, commands.into_iter().collect::<Result<_, _>>()?);
        let spaces = NAMESPACES.map(|n| rule(FLAGS, Length::Qword, Compare::MaskedEq(n), n));
        calls.insert(libc::SYS_clone, spaces.into_iter().collect::<Result<_, _>>()?);
        // Without an address `sendto` is what `send` is on a connection.
        let addressed = condition(ADDRESS, Length::Qword, Compare::Ne, 0)?;
        match fence.network {
            Network::All => {}
            Network::None => {
                calls.insert(libc::SYS_sendto, vec![SeccompRule::new(vec![addressed])?]);
            }
            Network::Interfaces => {
                let family = |f| condition(FAMILY, Length::Dword, Compare::Ne, f);
                let other = SeccompRule::new(vec![family(NETLINK)?, family(UNIX)?])?;
                calls.insert(libc::SYS_socket, vec![other]);
                let foreign =
                    |argument| condition(argument, Length::Dword, Compare::Ne, NETLINK_ADDRESS);
                calls.insert(libc::SYS_bind, vec![SeccompRule::new(vec![foreign(BIND_LENGTH)?])?]);
                let other = SeccompRule::new(vec![addressed, foreign(SEND_LENGTH)?])?;
                calls.insert(libc::SYS_sendto, vec![other]);
            }
        }
        #[cfg(target_arch = "x86_64")]
        {
            let alike: Vec<c_long> = calls.keys().copied().collect();
            for number in alike.iter().chain(numbers::X32_ONLY) {
                calls.entry(number | numbers::X32).or_default();
            }
        }
        Ok(calls)
    }

    fn rule(
        argument: u8,
        length: Length,
        compare: Compare,
        value: u64,
    ) -> Result<SeccompRule, BackendError> {
        SeccompRule::new(vec![condition(argument, length, compare, value)?])
    }

    fn condition(
        argument: u8,
        length: Length,
        compare: Compare,
        value: u64,
    ) -> Result<SeccompCondition, BackendError> {
        SeccompCondition::new(argument, length, compare, value)
    }

    // Places among the arguments of `ioctl`, `clone`, `socket`, `bind` and `sendto`.
    const COMMAND: u8 = 1;
    const FLAGS: u8 = 0;
    const FAMILY: u8 = 0;
    const BIND_LENGTH: u8 = 2;
    const ADDRESS: u8 = 4;
    const SEND_LENGTH: u8 = 5;

    /// Families of sockets.
    const UNIX: u64 = 1;
    const NETLINK: u64 = 16;
    /// Octets of an address of netlink; none of another family is as long.
    const NETLINK_ADDRESS: u64 = 12;

    /// TIOCSTI types into the terminal what the shell then runs; TIOCLINUX pastes on the console.
    const TERMINAL: [u32; 2] = [0x5412, 0x541C];

    /// Mount, cgroup, UTS, IPC, user, PID and network namespaces.
    const NAMESPACES: [u64; 7] =
        [0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000];
}
