//! Options of LCP, CCP, IPCP and IPV6CP lines, in the order in which the line gives them.

use pptp_diag::wire::ppp::ccp::{CcpOption, MppeBits};
use pptp_diag::wire::ppp::ipcp::IpcpOption;
use pptp_diag::wire::ppp::ipv6cp::Ipv6cpOption;
use pptp_diag::wire::ppp::{Protocol, options};

use super::keys::{self, Keys, parsed};
use super::parse::Origin;
use super::ppp::lcp_option;

/// Takes all option keys of a line and writes the options.
pub(super) fn options(protocol: Protocol, keys: &mut Keys) -> Vec<u8> {
    let mut out = Vec::new();
    let wanted: &[&str] = match protocol {
        Protocol::Lcp => {
            &["opt", "mru", "accm", "auth", "magic", "pfc", "acfc", "callback", "mrru"]
        }
        Protocol::Ipcp => &["opt", "addr", "dns", "dns2", "wins", "wins2", "vj"],
        Protocol::Ipv6cp => &["opt", "ifid"],
        Protocol::Ccp => &["opt", "mppe", "bits"],
        _ => &["opt"],
    };
    // MPPE's qualifiers are no options of their own.
    let qualifiers = match protocol {
        Protocol::Ccp => (keys.flag("stateful"), keys.flag("mppc")),
        _ => (false, false),
    };
    let mut mppe_written = false;
    while let Some((key, value)) = keys.first_of(wanted) {
        match (protocol, key.as_str()) {
            (_, "opt") => raw(&value, &keys.origin, &mut out),
            (Protocol::Lcp, key) => lcp_option(key, &value, keys, &mut out),
            (Protocol::Ipcp, key) => ipcp_option(key, &value, &keys.origin, &mut out),
            (Protocol::Ccp, key) => {
                let bits = match key {
                    "bits" => keys::number(key, &value, &keys.origin),
                    _ => mppe_bits(&value, qualifiers, &keys.origin),
                };
                CcpOption::Mppe(MppeBits(bits)).emit(&mut out);
                mppe_written = true;
            }
            (_, key) => {
                let octets = keys::hex(key, &value, &keys.origin);
                let Ok(ifid) = octets.try_into() else { keys.fail("`ifid` has 8 octets") };
                Ipv6cpOption::InterfaceIdentifier(ifid).emit(&mut out);
            }
        }
    }
    if qualifiers.1 && !mppe_written {
        CcpOption::Mppe(MppeBits(MppeBits::MPPC)).emit(&mut out);
    }
    out
}

/// `TYPE:HEX`.
fn raw(value: &str, origin: &Origin, out: &mut Vec<u8>) {
    let Some((kind, octets)) = value.split_once(':') else {
        origin.fail(&format!("`opt={value}`: write opt=TYPE:HEX"))
    };
    options::emit(keys::number("opt", kind, origin), &keys::hex("opt", octets, origin), out);
}

fn ipcp_option(key: &str, value: &str, origin: &Origin, out: &mut Vec<u8>) {
    match key {
        "addr" => IpcpOption::IpAddress(parsed(key, value, origin)),
        "dns" => IpcpOption::PrimaryDns(parsed(key, value, origin)),
        "dns2" => IpcpOption::SecondaryDns(parsed(key, value, origin)),
        "wins" => IpcpOption::PrimaryNbns(parsed(key, value, origin)),
        "wins2" => IpcpOption::SecondaryNbns(parsed(key, value, origin)),
        // Sixteen slots, slot identifiers may be compressed (RFC 1332 §4).
        _ => IpcpOption::Compression { protocol: 0x002D, data: &[0x0F, 0x01] },
    }
    .emit(out);
}

/// `128`, `128+40`, `none`.
fn mppe_bits(value: &str, (stateful, mppc): (bool, bool), origin: &Origin) -> u32 {
    let mut bits = 0;
    if !stateful && value != "none" {
        bits |= MppeBits::STATELESS;
    }
    if mppc {
        bits |= MppeBits::MPPC;
    }
    for length in value.split('+') {
        bits |= match length {
            "128" => MppeBits::BITS_128,
            "56" => MppeBits::BITS_56,
            "40" => MppeBits::BITS_40,
            "none" => 0,
            _ => origin.fail(&format!("`mppe={value}`: 128, 56, 40, joined by `+`, or none")),
        };
    }
    bits
}
