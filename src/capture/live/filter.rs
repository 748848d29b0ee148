//! The filter that the system applies before it copies a frame: what can matter to PPTP, as text in the
//! language of libpcap (pcap-filter(7)). It keeps whatever the gate of the link layer keeps, and in doubt it
//! keeps: `tests/live_filter.rs` holds the two together. One thing it cannot do: learn a control port by its
//! messages. On ports that are not named it keeps the messages, and not the handshake around them.
//!
//! The words `vlan` and `pppoes` are not used. They move the offsets of all that follows them, the other
//! branches of an `or` as well, and on an interface `vlan` asks for the tag that the network card took off
//! and not for one in the frame. Tags in the frame are looked for by their octets instead; a tag that was taken off leaves
//! an untagged frame. So a filter of the user's behind ours means what it means alone.

use crate::base::frame::LinkType;

/// The filter for frames of this link type; `None` where the link type is one that no filter is known for,
/// so that everything has to be taken. `ports`: TCP control ports besides 1723.
#[must_use]
pub fn relevant(link: LinkType, ports: &[u16]) -> Option<String> {
    let net = Net::new(ports);
    Some(match link {
        LinkType::ETHERNET => net.ethernet(),
        LinkType::LINUX_SLL => net.cooked("link[14:2]", 16),
        LinkType::LINUX_SLL2 => net.cooked("link[0:2]", 20),
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType::NULL | LinkType::LOOP => {
            any(&[net.untagged(), "not (ip or ip6)".to_owned()])
        }
        _ => return None,
    })
}

/// Ours and the user's, each of which may be absent. The user's must be sound alone: it is put in
/// parentheses.
#[must_use]
pub fn both(ours: Option<String>, users: Option<&str>) -> Option<String> {
    match (ours, users) {
        (Some(ours), Some(users)) => Some(format!("({ours}) and ({users})")),
        (ours, users) => ours.or_else(|| users.map(str::to_owned)),
    }
}

/// How the octets of an IP packet are reached.
#[derive(Clone, Copy)]
struct At {
    /// `ip`, `ip6` or `link`.
    from: &'static str,
    /// Where the packet starts, counted from there.
    start: usize,
    /// Offsets must be constants: libpcap cannot translate computed ones into a cooked link header.
    constant: bool,
}

impl At {
    /// A number of one, two or four octets.
    fn octets(self, offset: usize, count: usize) -> String {
        format!("{}[{}:{count}]", self.from, self.start + offset)
    }

    /// The same behind a header whose length in words is the low half of the first octet.
    fn behind(self, words: &str, offset: usize, count: usize) -> String {
        format!("{}[{} + {words}:{count}]", self.from, self.start + offset)
    }
}

/// Conditions over IP packets.
struct Net {
    ports: Vec<u16>,
}

impl Net {
    fn new(more: &[u16]) -> Self {
        let mut ports = vec![CONTROL_PORT];
        ports.extend(more);
        ports.sort_unstable();
        ports.dedup();
        Self { ports }
    }

    /// IP right behind the link header, wherever that is.
    fn untagged(&self) -> String {
        let at = |from| At { from, start: 0, constant: false };
        any(&[all(&["ip", &self.v4(at("ip"))]), all(&["ip6", &self.v6(at("ip6"))])])
    }

    fn ethernet(&self) -> String {
        any(&[self.untagged(), self.carriers(12, 0)])
    }

    /// What else an EtherType announces that can carry IP, the type being at `offset` behind `tags` tags.
    fn carriers(&self, offset: usize, tags: usize) -> String {
        let kind = format!("link[{offset}:2]");
        let rest = offset + 2;
        let at = |start| At { from: "link", start, constant: false };
        let mut ways = Vec::new();
        if tags > 0 {
            ways.push(all(&[&is(&kind, &[0x0800]), &self.v4(at(rest))]));
            ways.push(all(&[&is(&kind, &[0x86DD]), &self.v6(at(rest))]));
        }
        let pppoe = is(&kind, &[PPPOE_SESSION]);
        if tags == TAGS_OPENED {
            ways.push(is(&kind, TAGS));
            ways.push(pppoe);
        } else {
            ways.push(all(&[&is(&kind, TAGS), &self.carriers(offset + 4, tags + 1)]));
            ways.push(all(&[&pppoe, &self.pppoe(rest, false)]));
        }
        ways.push(is(&kind, RARE_CARRIERS));
        // A length: LLC, with SNAP or with the access point of IP.
        let llc = any(&[is(&format!("link[{rest}:2]"), &[0xAAAA, 0x0606])]);
        ways.push(all(&[&format!("{kind} <= 1500"), &llc]));
        any(&ways)
    }

    /// Linux cooked captures: the protocol field and the length of the header. Device types are not looked
    /// at: protocols below 1536 are all taken, they tell LLC and PPP devices.
    fn cooked(&self, kind: &str, header: usize) -> String {
        any(&[
            self.untagged(),
            all(&[&is(kind, &[PPPOE_SESSION]), &self.pppoe(header, true)]),
            is(kind, TAGS),
            is(kind, RARE_CARRIERS),
            format!("{kind} < 1536"),
        ])
    }

    /// A PPPoE session header at `offset`, then the PPP protocol: IP, MPLS, or one octet (compressed, or
    /// address and control before it), which is rare.
    fn pppoe(&self, offset: usize, constant: bool) -> String {
        let protocol = format!("link[{}:2]", offset + 6);
        let at = At { from: "link", start: offset + 8, constant };
        any(&[
            all(&[&is(&protocol, &[0x0021]), &self.v4(at)]),
            all(&[&is(&protocol, &[0x0057]), &self.v6(at)]),
            is(&protocol, &[0x0281, 0x0283]),
            format!("{protocol} & 0x100 != 0"),
        ])
    }

    /// RFC 791 §3.1.
    fn v4(&self, at: At) -> String {
        let protocol = at.octets(9, 1);
        let place = at.octets(6, 2);
        let words = format!("(({} & 15) << 2)", at.octets(0, 1));
        let behind = |offset, count| {
            if at.constant {
                at.octets(20 + offset, count)
            } else {
                at.behind(&words, offset, count)
            }
        };
        let fragment = format!("{place} & 0x3fff != 0");
        let mut tcp = vec![fragment.clone(), self.ports(&behind(0, 2), &behind(2, 2))];
        let mut ways = vec![is(&protocol, CARRIERS_V4)];
        if at.constant {
            ways.push(format!("{} & 15 != 5", at.octets(0, 1)));
            tcp.push(control_message_at(At { start: at.start + 20, ..at }));
        } else {
            let offset = format!("{words} + (({} >> 4) << 2)", behind(12, 1));
            tcp.push(is(&at.behind(&offset, 4, 4), &[MAGIC]));
        }
        ways.push(all(&[&is(&protocol, &[TCP]), &any(&tcp)]));
        let later = format!("{place} & 0x1fff != 0");
        let tunnel = any(&[later, is(&behind(2, 2), TUNNEL_PORTS)]);
        ways.push(all(&[&is(&protocol, &[UDP]), &tunnel]));
        let whole = format!("{place} & 0x3fff = 0");
        ways.push(all(&[&is(&protocol, &[1]), &whole, &is(&behind(0, 1), ICMP_ERRORS)]));
        any(&ways)
    }

    /// RFC 8200 §3. Behind extension headers anything may follow, a fragment among it.
    fn v6(&self, at: At) -> String {
        let next = at.octets(6, 1);
        let payload = At { start: at.start + 40, ..at };
        let mut tcp = vec![self.ports(&payload.octets(0, 2), &payload.octets(2, 2))];
        if at.constant {
            tcp.push(control_message_at(payload));
        } else {
            let words = format!("(({} >> 4) << 2)", payload.octets(12, 1));
            tcp.push(is(&payload.behind(&words, 4, 4), &[MAGIC]));
        }
        any(&[
            is(&next, CARRIERS_V6),
            all(&[&is(&next, &[TCP]), &any(&tcp)]),
            all(&[&is(&next, &[UDP]), &is(&payload.octets(2, 2), TUNNEL_PORTS)]),
            all(&[&is(&next, &[58]), &format!("{} < 128", payload.octets(0, 1))]),
        ])
    }

    fn ports(&self, from: &str, to: &str) -> String {
        let ports: Vec<u32> = self.ports.iter().copied().map(u32::from).collect();
        any(&[is(from, &ports), is(to, &ports)])
    }
}

/// A control message at the start of what a TCP segment carries (RFC 2637 §1.4), with constant offsets:
/// behind a header without options or with time stamps alone. A header of another length is taken as it is.
fn control_message_at(segment: At) -> String {
    let length = format!("{} & 0xf0", segment.octets(12, 1));
    let magic = |header: usize| is(&segment.octets(header + 4, 4), &[MAGIC]);
    any(&[
        format!("({length} != 0x50 and {length} != 0x80)"),
        all(&[&is(&length, &[0x50]), &magic(20)]),
        all(&[&is(&length, &[0x80]), &magic(32)]),
    ])
}

/// One of some values.
fn is(what: &str, values: &[u32]) -> String {
    any(&values.iter().map(|v| format!("{what} = {v:#x}")).collect::<Vec<_>>())
}

fn any(ways: &[String]) -> String {
    match ways {
        [way] => way.clone(),
        _ => format!("({})", ways.join(" or ")),
    }
}

fn all(conditions: &[&str]) -> String {
    format!("({})", conditions.join(" and "))
}

/// RFC 2637 §1.3.
const CONTROL_PORT: u16 = 1723;
/// RFC 2637 §1.4.
const MAGIC: u32 = 0x1A2B_3C4D;
const TCP: u32 = 6;
const UDP: u32 = 17;
/// GRE, IPv4 and IPv6 in IP, the authentication header.
const CARRIERS_V4: &[u32] = &[47, 4, 41, 51];
/// The same and the other extension headers: hop by hop, routing, fragment, destination options.
const CARRIERS_V6: &[u32] = &[47, 4, 41, 51, 0, 43, 44, 60];
/// Unreachable, source quench, time exceeded, parameter problem.
const ICMP_ERRORS: &[u32] = &[3, 4, 11, 12];
/// VXLAN, GENEVE, TZSP.
const TUNNEL_PORTS: &[u32] = &[4789, 6081, 37008];
/// IEEE 802.1Q, 802.1ad, and the number before that.
const TAGS: &[u32] = &[0x8100, 0x88A8, 0x9100];
/// Tags in a frame that are looked behind; what has more is taken as it is.
const TAGS_OPENED: usize = 2;
const PPPOE_SESSION: u32 = 0x8864;
/// MPLS and transparent bridging: taken as they are.
const RARE_CARRIERS: &[u32] = &[0x8847, 0x8848, 0x6558];
