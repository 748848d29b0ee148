//! What PPP frames hold as our parsers read it, in tshark's names.

use pptp_diag::wire::error::WireError;
use pptp_diag::wire::ppp::ccp::{self, CcpOption, MppeBits};
use pptp_diag::wire::ppp::control::{self, Code, Packet};
use pptp_diag::wire::ppp::eap::{self, MsChapV2};
use pptp_diag::wire::ppp::ipcp::{self, IpcpOption};
use pptp_diag::wire::ppp::ipv6cp::{self, Ipv6cpOption};
use pptp_diag::wire::ppp::lcp::{self, LcpOption};
use pptp_diag::wire::ppp::options::{Options, RawOption};
use pptp_diag::wire::ppp::{Protocol, chap, mschap, pap};

use crate::ours::{Layer, Place, Value};

/// Adds the layer of a PPP information field, and those that it quotes.
pub fn packet(protocol: Protocol, input: &[u8], place: Place, out: &mut Vec<Layer>) {
    let name = match protocol {
        Protocol::Lcp => "lcp",
        Protocol::Ipcp => "ipcp",
        Protocol::Ccp => "ccp",
        Protocol::Ipv6cp => "ipv6cp",
        Protocol::Chap => "chap",
        Protocol::Pap => "pap",
        Protocol::Eap => "eap",
        _ => return,
    };
    let mut layer = Layer::new(name, place);
    let mut rejected = None;
    let read = match protocol {
        Protocol::Chap => header(input, CHAP, &mut layer).and_then(|()| of_chap(input, &mut layer)),
        Protocol::Pap => header(input, PAP, &mut layer).and_then(|()| of_pap(input, &mut layer)),
        Protocol::Eap => header(input, EAP, &mut layer).and_then(|()| of_eap(input, &mut layer)),
        _ => header(input, PPP, &mut layer).and_then(|()| {
            let packet = control::parse(input)?;
            if (protocol, packet.code) == (Protocol::Lcp, Code::ProtocolReject) {
                rejected = Some(lcp::protocol_reject(packet.data)?);
            }
            body(protocol, packet, &mut layer)
        }),
    };
    layer.fault = read.err().map(|error| error.fault);
    out.push(layer);
    if let Some((protocol, information)) = rejected {
        self::packet(protocol, information, Place { quoted: true, ..place }, out);
    }
}

/// Names of code, identifier and length.
type Header = [&'static str; 3];
const PPP: Header = ["ppp.code", "ppp.identifier", "ppp.length"];
const CHAP: Header = ["chap.code", "chap.identifier", "chap.length"];
const PAP: Header = ["pap.code", "pap.identifier", "pap.length"];
const EAP: Header = ["eap.code", "eap.id", "eap.len"];

/// The first four octets, which all of these protocols share.
fn header(input: &[u8], names: Header, layer: &mut Layer) -> Result<(), WireError> {
    let packet = control::parse(input)?;
    let values = [u64::from(packet.code.0), packet.id.into(), packet.data.len() as u64 + 4];
    names.iter().zip(values).for_each(|(name, value)| layer.number(name, value));
    Ok(())
}

fn body(protocol: Protocol, packet: Packet<'_>, l: &mut Layer) -> Result<(), WireError> {
    let data = packet.data;
    match packet.code {
        Code::ConfigureRequest
        | Code::ConfigureAck
        | Code::ConfigureNak
        | Code::ConfigureReject => {
            for raw in Options::new(data) {
                option(protocol, raw?, l);
            }
        }
        Code::TerminateRequest
        | Code::TerminateAck
        | Code::CodeReject
        | Code::ResetRequest
        | Code::ResetAck => {
            l.octets("ppp.data", data);
        }
        _ if protocol != Protocol::Lcp => {}
        Code::ProtocolReject => {
            l.number("lcp.rej_proto", lcp::protocol_reject(data)?.0.0);
        }
        Code::EchoRequest | Code::EchoReply | Code::DiscardRequest => {
            let (magic, rest) = lcp::magic_body(data)?;
            l.number("lcp.magic_number", magic);
            l.octets("lcp.data", rest);
        }
        Code::Identification => {
            let (magic, message) = lcp::magic_body(data)?;
            l.number("lcp.magic_number", magic);
            l.text("lcp.message", message);
        }
        Code::TimeRemaining => {
            let (magic, rest) = lcp::magic_body(data)?;
            l.number("lcp.magic_number", magic);
            if let &[a, b, c, d] = rest {
                l.number("lcp.secs_remaining", u32::from_be_bytes([a, b, c, d]));
            }
        }
        _ => {}
    }
    Ok(())
}

fn option(protocol: Protocol, raw: RawOption<'_>, l: &mut Layer) {
    let (kind, length) = match protocol {
        Protocol::Lcp => ("lcp.opt.type", "lcp.opt.length"),
        Protocol::Ipcp => ("ipcp.opt.type", "ipcp.opt.length"),
        Protocol::Ccp => ("ccp.opt.type", "ccp.opt.length"),
        _ => ("ipv6cp.opt.type", "ipv6cp.opt.length"),
    };
    l.number(kind, raw.kind);
    l.number(length, raw.value.len() as u64 + 2);
    match protocol {
        Protocol::Lcp => of_lcp(lcp::option(raw), l),
        Protocol::Ipcp => of_ipcp(ipcp::option(raw), l),
        Protocol::Ccp => {
            if let CcpOption::Mppe(bits) = ccp::option(raw) {
                l.number("ccp.opt.supported_bits", bits.0);
                for (name, bit) in MPPE {
                    l.number(name, bits.has(bit));
                }
            }
        }
        _ => {
            if let Ipv6cpOption::InterfaceIdentifier(octets) = ipv6cp::option(raw) {
                l.octets("ipv6cp.interface_identifier", &octets);
            }
        }
    }
}

fn of_lcp(option: LcpOption<'_>, l: &mut Layer) {
    match option {
        LcpOption::Mru(mru) => l.number("lcp.opt.mru", mru),
        LcpOption::Accm(map) => l.number("lcp.opt.asyncmap", map),
        LcpOption::Authentication { protocol, data } => {
            l.number("lcp.opt.auth_protocol", protocol.0);
            if let (Protocol::Chap, [algorithm]) = (protocol, data) {
                l.number("lcp.opt.algorithm", *algorithm);
            }
        }
        LcpOption::Quality { protocol, .. } => l.number("lcp.opt.quality_protocol", protocol.0),
        LcpOption::Magic(magic) => l.number("lcp.opt.magic_number", magic),
        LcpOption::Callback { operation, message } => {
            l.number("lcp.opt.operation", operation);
            l.octets("lcp.opt.message", message);
        }
        LcpOption::Mrru(mrru) => l.number("lcp.opt.mrru", mrru),
        LcpOption::EndpointDiscriminator { class, address } => {
            l.number("lcp.opt.ep_disc_class", class);
            match (class, <[u8; 4]>::try_from(address)) {
                (2, Ok(octets)) => {
                    l.fields.push(("lcp.opt.ip_address", Value::Address(octets.into())));
                }
                (3, _) => l.octets("lcp.opt.802_1_address", address),
                (4, _) => l.octets("lcp.opt.magic_block", address),
                (5, _) => l.octets("lcp.opt.psndn", address),
                _ => {}
            }
        }
        LcpOption::LinkDiscriminator(number) => l.number("lcp.opt.link_discrim", number),
        LcpOption::Pfc | LcpOption::Acfc | LcpOption::ShortSequence | LcpOption::Other(_) => {}
    }
}

fn of_ipcp(option: IpcpOption<'_>, l: &mut Layer) {
    let (name, address) = match option {
        IpcpOption::IpAddress(address) => ("ipcp.opt.ip_address", address),
        IpcpOption::PrimaryDns(address) => ("ipcp.opt.pri_dns_address", address),
        IpcpOption::SecondaryDns(address) => ("ipcp.opt.sec_dns_address", address),
        IpcpOption::PrimaryNbns(address) => ("ipcp.opt.pri_nbns_address", address),
        IpcpOption::SecondaryNbns(address) => ("ipcp.opt.sec_nbns_address", address),
        IpcpOption::Compression { protocol, data } => {
            l.number("ipcp.opt.compress_proto", protocol);
            if let (VAN_JACOBSON, [slots, slot]) = (protocol, data) {
                l.number("ipcp.opt.max_slot_id", *slots);
                l.number("ipcp.opt.comp_slot_id", slot & 1);
            }
            return;
        }
        IpcpOption::Other(_) => return,
    };
    l.fields.push((name, Value::Address(address)));
}

fn of_chap(input: &[u8], l: &mut Layer) -> Result<(), WireError> {
    match chap::parse(input)? {
        chap::Packet::Value { value_size, value, name, .. } => {
            l.number("chap.value_size", value_size);
            l.octets("chap.value", value);
            l.text("chap.name", name);
        }
        chap::Packet::Message { message, .. } => l.text("chap.message", message),
        chap::Packet::Other { data, .. } => l.octets("chap.stuff", data),
    }
    Ok(())
}

fn of_pap(input: &[u8], l: &mut Layer) -> Result<(), WireError> {
    match pap::parse(input)? {
        pap::Packet::Request { peer_id, password, .. } => {
            l.number("pap.peer_id.length", peer_id.len() as u64);
            l.text("pap.peer_id", peer_id);
            l.number("pap.password.length", password.len() as u64);
            l.text("pap.password", password);
        }
        pap::Packet::Ack { message, .. } | pap::Packet::Nak { message, .. } => {
            l.number("pap.message.length", message.len() as u64);
            l.text("pap.message", message);
        }
        pap::Packet::Unknown { data, .. } => l.octets("pap.stuff", data),
    }
    Ok(())
}

fn of_eap(input: &[u8], l: &mut Layer) -> Result<(), WireError> {
    let packet = eap::parse(input)?;
    let Some(kind) = packet.kind else { return Ok(()) };
    l.number("eap.type", kind.0);
    match kind {
        eap::Type::Notification => l.text("eap.notification", packet.data),
        eap::Type::Nak => {
            eap::nak(packet.data).for_each(|wanted| l.number("eap.desired_type", wanted.0));
        }
        eap::Type::Identity => l.text("eap.identity", packet.data),
        eap::Type::Md5 => {
            let (value, name) = eap::md5(packet.data)?;
            l.number("eap.md5.value_size", value.len() as u64);
            l.octets("eap.md5.value", value);
            l.octets("eap.md5.extra_data", name);
        }
        eap::Type::MsChapV2 => of_mschapv2(eap::mschapv2(packet.data)?, l),
        _ => {}
    }
    Ok(())
}

fn of_mschapv2(packet: MsChapV2<'_>, l: &mut Layer) {
    let (code, id) = match packet {
        MsChapV2::Challenge { id, value, name } => {
            l.number("eap.ms_chap_v2.value_size", value.len() as u64);
            l.octets("eap.ms_chap_v2.challenge", value);
            l.text("eap.ms_chap_v2.name", name);
            (chap::Code::Challenge, id)
        }
        MsChapV2::Response { id, value, name } => {
            l.number("eap.ms_chap_v2.value_size", value.len() as u64);
            if let Some(response) = mschap::response_v2(value) {
                l.octets("eap.ms_chap_v2.peer_challenge", &response.peer_challenge);
                l.octets("eap.ms_chap_v2.nt_response", &response.nt);
                l.number("eap.ms_chap_v2.flags", response.flags);
            }
            l.text("eap.ms_chap_v2.name", name);
            (chap::Code::Response, id)
        }
        MsChapV2::Success { id, message } => {
            l.text("eap.ms_chap_v2.message", message);
            (chap::Code::Success, id)
        }
        MsChapV2::Failure { id, message } => {
            l.text("eap.ms_chap_v2.message", message);
            (chap::Code::Failure, id)
        }
        MsChapV2::Other { code, .. } => return l.number("eap.ms_chap_v2.opcode", code),
    };
    l.number("eap.ms_chap_v2.opcode", code.0);
    l.number("eap.ms_chap_v2.id", id);
}

/// Protocol number of Van Jacobson compression in IPCP option 2 (RFC 1332 §4).
const VAN_JACOBSON: u16 = 0x002D;

const MPPE: [(&str, u32); 6] = [
    ("ccp.opt.supported_bits.h", MppeBits::STATELESS),
    ("ccp.opt.supported_bits.m", MppeBits::BITS_56),
    ("ccp.opt.supported_bits.s", MppeBits::BITS_128),
    ("ccp.opt.supported_bits.l", MppeBits::BITS_40),
    ("ccp.opt.supported_bits.d", MppeBits::OBSOLETE),
    ("ccp.opt.supported_bits.c", MppeBits::MPPC),
];
