//! What products write where a scenario does not say: taken from captures, published source and
//! [MS-PTPT].

/// Fields of SCCRQ or SCCRP, OCRQ or OCRP.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile {
    pub(super) host: &'static str,
    pub(super) firmware: u16,
    pub(super) framing: u32,
    pub(super) bearer: u32,
    pub(super) channels: u16,
    /// Of an OCRQ.
    pub(super) serial: u16,
    pub(super) min_bps: u32,
    pub(super) max_bps: u32,
    pub(super) window: u16,
    /// Bearer and framing of an OCRQ.
    pub(super) call_types: u32,
    /// Of an OCRP; `None` repeats what the request asked for.
    pub(super) speed: Option<u32>,
    pub(super) reply_window: Option<u16>,
}

/// By the vendor string of the sender; `client` tells pptp-linux from accel-ppp.
pub(super) fn of(vendor: &str, client: bool) -> Profile {
    match (vendor, client) {
        ("Microsoft Windows NT", _) => {
            Profile { firmware: 2195, serial: 49_611, reply_window: Some(16_384), ..MICROSOFT }
        }
        ("Microsoft", _) => Profile { reply_window: Some(16_384), ..MICROSOFT },
        ("", true) => MICROSOFT,
        ("linux" | "MoretonBay", _) => Profile { framing: 0, bearer: 0, channels: 1, ..LINUX },
        ("cananian", false) => Profile { channels: 1, ..LINUX },
        ("Cisco Systems, Inc.", _) => Profile {
            host: "router",
            firmware: 4608,
            channels: 0,
            speed: Some(64_000),
            reply_window: Some(16),
            ..LINUX
        },
        ("MikroTik", _) => {
            Profile { host: "MikroTik", framing: 2, bearer: 0, channels: 0, ..LINUX }
        }
        _ => LINUX,
    }
}

/// pptp-linux.
const LINUX: Profile = Profile {
    host: "local",
    firmware: 1,
    framing: 3,
    bearer: 3,
    channels: 65_535,
    serial: 0,
    min_bps: 2400,
    max_bps: 10_000_000,
    window: 3,
    call_types: 3,
    speed: None,
    reply_window: None,
};

/// Windows Vista and later.
const MICROSOFT: Profile = Profile {
    host: "",
    firmware: 0,
    framing: 1,
    bearer: 1,
    channels: 0,
    serial: 1,
    min_bps: 300,
    max_bps: 100_000_000,
    window: 64,
    call_types: 3,
    speed: None,
    reply_window: None,
};
