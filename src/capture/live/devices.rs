//! Which interfaces there are, and whether the one that is listened on is still the same.

use std::net::IpAddr;

use libpcap::Device;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::{InterfaceFlags, if_indextoname, if_nametoindex};

use super::{ANY, Interface, InterfaceState, LiveError};
use crate::base::spelling;

pub(super) fn interfaces() -> Result<Vec<Interface>, LiveError> {
    let devices = Device::list().map_err(|e| LiveError::Other {
        interface: "interfaces".to_owned(),
        reason: super::handle::reason(&e),
    })?;
    let mut all: Vec<Interface> = devices.into_iter().filter_map(interface).collect();
    all.sort_by_key(rank);
    Ok(all)
}

/// The interface that is listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    /// 0 of [`ANY`], which is never gone.
    pub(super) index: u32,
}

/// How an interface stands at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Up,
    Down,
    /// There is none of its number. One of its name may be another one.
    Absent,
}

impl Target {
    /// By name, other name or number.
    pub(super) fn find(word: &str) -> Result<Self, LiveError> {
        if word == ANY && cfg!(target_os = "linux") {
            return Ok(Self { name: ANY.to_owned(), index: 0 });
        }
        let by_name = if_nametoindex(word).ok();
        by_name.or_else(|| word.parse().ok()).and_then(Self::numbered).ok_or_else(|| unknown(word))
    }

    fn numbered(index: u32) -> Option<Self> {
        let name = if_indextoname(index).ok()?.into_string().ok()?;
        // Of a number that is none an empty name can come back, and no error.
        (!name.is_empty()).then_some(Self { name, index })
    }

    /// The interface of the same name today.
    pub(super) fn anew(&self) -> Option<Self> {
        if_nametoindex(self.name.as_str()).ok().and_then(Self::numbered)
    }

    /// Whether it has another name by now.
    pub(super) fn is_renamed(&self) -> bool {
        Self::numbered(self.index).is_some_and(|now| now.name != self.name)
    }

    /// Looks for it by its number: an interface may be renamed.
    pub(super) fn presence(&self) -> Presence {
        if self.index == 0 {
            return Presence::Up;
        }
        let Some(Self { name, .. }) = Self::numbered(self.index) else { return Presence::Absent };
        // Without an answer nothing can be said, and what is heard will tell.
        let Ok(mut all) = getifaddrs() else { return Presence::Up };
        match all.find(|i| i.interface_name == name) {
            Some(i) if i.flags.contains(InterfaceFlags::IFF_UP) => Presence::Up,
            Some(_) => Presence::Down,
            None => Presence::Absent,
        }
    }
}

/// What libpcap lists that is no network interface (USB, Bluetooth, D-Bus, packet queues) has no number.
fn interface(device: Device) -> Option<Interface> {
    let index = if_nametoindex(device.name.as_str()).ok();
    if index.is_none() && device.name != ANY {
        return None;
    }
    let flags = &device.flags;
    let state = match (flags.is_up(), flags.is_running()) {
        (false, _) => InterfaceState::Down,
        (true, false) => InterfaceState::Up,
        (true, true) => InterfaceState::Running,
    };
    let mut addresses: Vec<IpAddr> = device.addresses.iter().map(|a| a.addr).collect();
    addresses.sort_unstable();
    addresses.dedup();
    Some(Interface {
        index,
        state,
        loopback: flags.is_loopback(),
        wireless: flags.is_wireless(),
        description: device.desc.unwrap_or_default(),
        addresses,
        name: device.name,
    })
}

fn rank(i: &Interface) -> (bool, bool, InterfaceState, bool, Option<u32>) {
    let useful = i.state != InterfaceState::Down && !i.addresses.is_empty();
    (i.index.is_none(), !useful, i.state, i.loopback, i.index)
}

fn unknown(word: &str) -> LiveError {
    let known: Vec<String> = interfaces().unwrap_or_default().into_iter().map(|i| i.name).collect();
    let nearest = spelling::nearest(word, known.iter().map(String::as_str)).map(str::to_owned);
    LiveError::NoSuchInterface { name: word.to_owned(), known, nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_name_and_by_number() {
        let loopback = interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let index = loopback.index.unwrap();
        let named = Target::find(&loopback.name).unwrap();
        assert_eq!(named, Target::find(&index.to_string()).unwrap());
        assert_eq!(named, Target { name: loopback.name, index });
        assert_ne!(named.presence(), Presence::Absent);
        assert_eq!(named.anew(), Some(named.clone()));
        let gone = Target { name: "gone0".to_owned(), index: u32::MAX };
        assert_eq!((gone.presence(), gone.anew()), (Presence::Absent, None));
    }

    #[test]
    fn says_which_there_are() {
        let loopback = interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap().name;
        for word in
            [format!("{loopback}x"), String::new(), "a\0b".to_owned(), "4294967295".to_owned()]
        {
            let error = Target::find(&word).unwrap_err();
            let LiveError::NoSuchInterface { name, known, .. } = &error else { panic!("{error}") };
            assert!(*name == word && known.contains(&loopback), "{error}");
        }
    }

    #[test]
    fn useful_interfaces_come_first() {
        let one = Interface::of_test;
        let mut all = [
            one("any", None, InterfaceState::Running, &[]),
            one("lo", Some(1), InterfaceState::Running, &["127.0.0.1"]),
            one("down0", Some(2), InterfaceState::Down, &["192.0.2.1"]),
            one("bare0", Some(3), InterfaceState::Running, &[]),
            one("eth0", Some(4), InterfaceState::Running, &["192.0.2.2"]),
            one("idle0", Some(5), InterfaceState::Up, &["192.0.2.3"]),
        ];
        all.sort_by_key(rank);
        assert_eq!(all.map(|i| i.name), ["eth0", "lo", "idle0", "bare0", "down0", "any"]);
    }
}
