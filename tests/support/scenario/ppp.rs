//! PPP frames: which protocol a line means, and the packets that LCP and all NCPs share.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use pptp_diag::base::addr::Dir;
use pptp_diag::wire::ppp::control::{Code, Packet};
use pptp_diag::wire::ppp::lcp::{LcpOption, OptionType};
use pptp_diag::wire::ppp::mppe::Header;
use pptp_diag::wire::ppp::options::Options;
use pptp_diag::wire::ppp::{Frame, Protocol, chap, options};

use super::auth::{Challenge, Method, Response};
use super::gre::Fields;
use super::inner::{self, Ciphers};
use super::keys::{self, Keys};
use super::world::{Command, World};
use super::{ip, ncp};

/// What both PPP implementations remember; pairs are by [`Dir::index`] of the sender.
#[derive(Default)]
pub(super) struct Ppp {
    /// How each side agreed to authenticate itself.
    pub(super) methods: [Option<Method>; 2],
    pub(super) challenges: Vec<Challenge>,
    pub(super) responses: Vec<Response>,
    pub(super) newest_pap: u8,
    pub(super) newest_eap: u8,
    /// Magic number of each side.
    magic: [u32; 2],
    /// Address of each side inside the tunnel.
    inner: [Option<Ipv4Addr>; 2],
    /// Newest packet of protocol, side and code: identifier and data.
    newest: BTreeMap<(u16, usize, u8), (u8, Vec<u8>)>,
    /// Newest identifier of a protocol and side.
    ids: BTreeMap<(u16, usize), u8>,
    /// Newest information field of protocol and side.
    frames: BTreeMap<(u16, usize), Vec<u8>>,
    mppe_count: [u16; 2],
    pub(super) ciphers: Ciphers,
    echo_count: [u16; 2],
}

impl Ppp {
    /// A new call: nothing agreed. Challenges and Responses keep their numbers.
    pub(super) fn forget_link(&mut self) {
        let challenges = std::mem::take(&mut self.challenges);
        let responses = std::mem::take(&mut self.responses);
        *self = Self { challenges, responses, ..Self::default() };
    }
}

impl World {
    /// Every line that is carried in GRE with a sequence number.
    pub(super) fn send_ppp(&mut self, command: &mut Command) {
        let dir = command.dir();
        // `call=` and `length=` of a PPP line are the GRE header's.
        let mut fields = Fields::read(&mut command.keys);
        let address_control = !command.keys.flag("noff");
        let short_protocol = command.keys.flag("short");
        let count: u32 = match command.what.as_str() {
            "data" => command.keys.number("count").unwrap_or(1),
            _ => 1,
        };
        let every = command.keys.seconds("every").unwrap_or(20 * ip::MILLISECOND);
        let data = (command.what == "data").then(|| Data::read(&mut command.keys, &self.ppp, dir));
        for n in 0..count {
            if n > 0 {
                self.now += every;
            }
            let (protocol, information) = match &data {
                Some(data) => self.data(data, dir, n == 0),
                None => self.information(command),
            };
            self.ppp.frames.insert((protocol.0, dir.index()), information.clone());
            let frame =
                Frame { address_control, short_protocol, protocol, information: &information };
            let mut octets = Vec::new();
            frame.emit(&mut octets);
            self.send_frame(&command.carriage, dir, &mut fields, &octets);
        }
    }

    fn information(&mut self, command: &mut Command) -> (Protocol, Vec<u8>) {
        match command.what.as_str() {
            "ppp" => {
                let Some(protocol) = command.keys.number("protocol") else {
                    command.fail("needs `protocol=0x…`")
                };
                (Protocol(protocol), command.keys.hex("hex").unwrap_or_default())
            }
            "pap" => (Protocol::Pap, self.pap(command)),
            "chap" => (Protocol::Chap, self.chap(command)),
            "eap" => (Protocol::Eap, self.eap(command)),
            what => {
                let Some((_, protocol)) = CONTROLLED.iter().find(|(name, _)| *name == what) else {
                    command.fail(&format!("`{what}` is no kind of packet"))
                };
                (*protocol, self.control_packet(command, *protocol))
            }
        }
    }

    /// LCP, CCP or an NCP (RFC 1661 §5).
    fn control_packet(&mut self, command: &mut Command, protocol: Protocol) -> Vec<u8> {
        let dir = command.dir();
        let Some((_, code)) = CODES.iter().find(|(name, _)| *name == command.message) else {
            command.unknown_message()
        };
        let asked = match *code {
            Code::ConfigureAck | Code::ConfigureNak | Code::ConfigureReject => {
                Some(Code::ConfigureRequest)
            }
            Code::TerminateAck => Some(Code::TerminateRequest),
            Code::EchoReply => Some(Code::EchoRequest),
            Code::ResetAck => Some(Code::ResetRequest),
            _ => None,
        };
        let question = asked
            .and_then(|code| self.ppp.newest.get(&(protocol.0, dir.flip().index(), code.0)))
            .cloned();
        let own = (protocol.0, dir.index());
        let id = command.keys.number("id").unwrap_or_else(|| match &question {
            Some((id, _)) => *id,
            None => self.ppp.ids.get(&own).map_or(1, |id| id.wrapping_add(1)),
        });
        let data = match *code {
            Code::ConfigureRequest | Code::ConfigureNak | Code::ConfigureReject => {
                ncp::options(protocol, &mut command.keys)
            }
            Code::ConfigureAck => self.acknowledged(command, protocol, question.as_ref()),
            _ => self.body(command, protocol, *code),
        };
        if asked.is_none() {
            self.ppp.ids.insert(own, id);
        }
        self.ppp.newest.insert((protocol.0, dir.index(), code.0), (id, data.clone()));
        if *code == Code::ConfigureRequest {
            self.note_magic(dir, protocol, &data);
        }
        let mut out = Vec::new();
        Packet { code: *code, id, data: &data }.emit(&mut out);
        out
    }

    /// The options of a Configure-Ack: those of the request, unless the line gives others.
    fn acknowledged(
        &mut self,
        command: &mut Command,
        protocol: Protocol,
        question: Option<&(u8, Vec<u8>)>,
    ) -> Vec<u8> {
        let empty = command.keys.flag("empty");
        let given = ncp::options(protocol, &mut command.keys);
        let data = match question {
            Some((_, options)) if given.is_empty() && !empty => options.clone(),
            _ => given,
        };
        for option in Options::new(&data).map_while(Result::ok) {
            let dir = command.dir();
            if protocol == Protocol::Lcp && option.kind == OptionType::Authentication.0 {
                self.ppp.methods[dir.index()] = method(option.value);
            }
            if let (Protocol::Ipcp, 3, Ok(addr)) =
                (protocol, option.kind, <[u8; 4]>::try_from(option.value))
            {
                self.ppp.inner[dir.flip().index()] = Some(addr.into());
            }
        }
        data
    }

    fn note_magic(&mut self, dir: Dir, protocol: Protocol, data: &[u8]) {
        if protocol != Protocol::Lcp {
            return;
        }
        for option in Options::new(data).map_while(Result::ok) {
            if let LcpOption::Magic(magic) = pptp_diag::wire::ppp::lcp::option(option) {
                self.ppp.magic[dir.index()] = magic;
            }
        }
    }

    /// Data of the codes that carry no options.
    fn body(&mut self, command: &mut Command, protocol: Protocol, code: Code) -> Vec<u8> {
        let dir = command.dir();
        let keys = &mut command.keys;
        let own_magic = self.ppp.magic[dir.index()];
        let peer = dir.flip().index();
        let mut data = Vec::new();
        match code {
            Code::EchoRequest | Code::EchoReply | Code::DiscardRequest | Code::Identification => {
                data.extend(keys.number("magic").unwrap_or(own_magic).to_be_bytes());
            }
            Code::TerminateRequest => {
                if let Some(ras) = keys.number::<u32>("ras") {
                    data.extend(keys.number("magic").unwrap_or(own_magic).to_be_bytes());
                    data.extend(RAS_MARK);
                    data.extend(ras.to_be_bytes());
                }
            }
            Code::CodeReject => {
                let rejected = self.ppp.frames.get(&(protocol.0, peer)).cloned();
                data = keys.hex("hex").or(rejected).unwrap_or_default();
            }
            Code::ProtocolReject => {
                let Some(rejected) = keys.number::<u16>("protocol") else {
                    command.origin.fail("needs `protocol=0x…`")
                };
                let information = self.ppp.frames.get(&(rejected, peer)).cloned();
                data.extend(rejected.to_be_bytes());
                data.extend(keys.hex("hex").or(information).unwrap_or_default());
            }
            _ => {}
        }
        data.extend(keys.text("text").unwrap_or_default().into_bytes());
        data.extend(keys.hex("hex").unwrap_or_default());
        data
    }

    /// One data packet: clear IP or what looks like MPPE.
    fn data(&mut self, data: &Data, dir: Dir, first: bool) -> (Protocol, Vec<u8>) {
        if let Some(seal) = data.seal {
            let (_, packet) = self.clear_data(data, dir);
            let mut seal = seal;
            seal.flush &= first;
            return (Protocol::Compressed, seal.seal(&mut self.ppp, dir, &packet));
        }
        if data.clear {
            return self.clear_data(data, dir);
        }
        let count = &mut self.ppp.mppe_count[dir.index()];
        let header = Header {
            flushed: !data.stateful || *count == 0 || data.flushed,
            front: false,
            compressed: false,
            encrypted: true,
            count: *count,
        };
        *count = (*count + 1) & 0x0FFF;
        let mut information = header.emit().to_vec();
        information.extend(self.noise.octets(data.length.saturating_sub(2)));
        (Protocol::Compressed, information)
    }
}

impl World {
    /// An ICMP echo, or the TCP segment that the line asks for.
    fn clear_data(&mut self, data: &Data, dir: Dir) -> (Protocol, Vec<u8>) {
        if let Some(seq) = data.tcp {
            return (Protocol::Ipv4, inner::segment(data.src, data.dst, seq, data.length));
        }
        let count = &mut self.ppp.echo_count[dir.index()];
        *count += 1;
        let kind = if dir == Dir::ToServer { 8 } else { 0 };
        let mut echo = vec![kind, 0, 0, 0, 0x12, 0x34];
        echo.extend(count.to_be_bytes());
        echo.extend((0..data.length.saturating_sub(28)).map(|n| n.to_le_bytes()[0]));
        let sum = ip::checksum(&[&echo]);
        echo[2..4].copy_from_slice(&sum.to_be_bytes());
        (Protocol::Ipv4, ip::inner(data.src, data.dst, ip::ICMP, echo))
    }
}

/// A `data` line.
struct Data {
    /// Octets of the PPP information field.
    length: usize,
    clear: bool,
    stateful: bool,
    flushed: bool,
    /// Really encrypted.
    seal: Option<inner::Seal>,
    /// Sequence number of a TCP segment in the place of an echo.
    tcp: Option<u32>,
    src: Ipv4Addr,
    dst: Ipv4Addr,
}

impl Data {
    fn read(keys: &mut Keys, ppp: &Ppp, dir: Dir) -> Self {
        let usual = [Ipv4Addr::new(10, 9, 0, 100), Ipv4Addr::new(10, 9, 0, 1)];
        let address = |dir: Dir| ppp.inner[dir.index()].unwrap_or(usual[dir.index()]);
        let (mppe, clear) = (keys.flag("mppe"), keys.flag("ip"));
        if mppe && clear {
            keys.fail("either `mppe` or `ip`");
        }
        let (stateful, flushed) = (keys.flag("stateful"), keys.flag("flushed"));
        let seal = inner::Seal::read(keys, stateful, flushed);
        Self {
            length: keys.number("len").unwrap_or(88),
            clear,
            stateful,
            flushed,
            seal,
            tcp: keys.number("tcp"),
            src: keys.address("src").unwrap_or_else(|| address(dir)),
            dst: keys.address("dst").unwrap_or_else(|| address(dir.flip())),
        }
    }
}

/// The options of a LCP line, in the line's order.
pub(super) fn lcp_option(key: &str, value: &str, keys: &Keys, out: &mut Vec<u8>) {
    let origin = &keys.origin;
    match key {
        "mru" => LcpOption::Mru(keys::number(key, value, origin)),
        "accm" => LcpOption::Accm(keys::number(key, value, origin)),
        "magic" => LcpOption::Magic(keys::number(key, value, origin)),
        "mrru" => LcpOption::Mrru(keys::number(key, value, origin)),
        "pfc" => LcpOption::Pfc,
        "acfc" => LcpOption::Acfc,
        "callback" => LcpOption::Callback { operation: 6, message: &[] },
        "auth" => {
            let Some((_, octets)) = AUTH.iter().find(|(name, _)| *name == value) else {
                keys.fail(&format!("`auth={value}`: mschapv2, mschapv1, md5, pap, eap"))
            };
            return options::emit(OptionType::Authentication.0, octets, out);
        }
        _ => unreachable!("the caller asks for these keys alone"),
    }
    .emit(out);
}

/// How the value of an Authentication-Protocol option is answered.
fn method(value: &[u8]) -> Option<Method> {
    Some(match value {
        [0xC2, 0x23, 0x81] => Method::V2,
        [0xC2, 0x23, 0x80] => Method::V1,
        [0xC2, 0x23, a] if *a == chap::Algorithm::Md5.0 => Method::Md5,
        _ => return None,
    })
}

const AUTH: [(&str, &[u8]); 5] = [
    ("mschapv2", &[0xC2, 0x23, 0x81]),
    ("mschapv1", &[0xC2, 0x23, 0x80]),
    ("md5", &[0xC2, 0x23, 0x05]),
    ("pap", &[0xC0, 0x23]),
    ("eap", &[0xC2, 0x27]),
];

/// Between magic number and error number of a Windows Terminate-Request.
const RAS_MARK: [u8; 4] = [0x00, 0x3C, 0xCD, 0x74];

const CONTROLLED: [(&str, Protocol); 7] = [
    ("lcp", Protocol::Lcp),
    ("ccp", Protocol::Ccp),
    ("ipcp", Protocol::Ipcp),
    ("ipv6cp", Protocol::Ipv6cp),
    ("ipxcp", Protocol::Ipxcp),
    ("nbfcp", Protocol::Nbfcp),
    ("bacp", Protocol::Bacp),
];

const CODES: [(&str, Code); 14] = [
    ("request", Code::ConfigureRequest),
    ("ack", Code::ConfigureAck),
    ("nak", Code::ConfigureNak),
    ("reject", Code::ConfigureReject),
    ("termreq", Code::TerminateRequest),
    ("termack", Code::TerminateAck),
    ("codereject", Code::CodeReject),
    ("protreject", Code::ProtocolReject),
    ("echoreq", Code::EchoRequest),
    ("echorep", Code::EchoReply),
    ("discard", Code::DiscardRequest),
    ("ident", Code::Identification),
    ("resetreq", Code::ResetRequest),
    ("resetack", Code::ResetAck),
];
