//! Why a field may differ, and which fields are not compared.

use pptp_diag::wire::error::Fault;

use crate::compare::Difference;

/// A deviation that is known.
pub struct Explained {
    pub reason: &'static str,
    pub when: fn(&Difference) -> bool,
}

pub const EXPLAINED: &[Explained] = &[
    Explained {
        reason: "the capture cut the packet: tshark shows what is there, our parsers refuse a part of a message",
        when: |d| d.place.cut && d.fault.is_some() && d.ours.is_none(),
    },
    Explained {
        reason: "GRE that is not PPTP's: taken off by `link`, not read by `wire::gre`",
        when: |d| {
            let theirs = d.theirs.as_deref().unwrap_or_default();
            is_layer(d, "gre") && d.ours.is_none() && !theirs.contains("gre.proto=0x880b")
        },
    },
    Explained {
        reason: "several control messages in one segment: tshark reads the first one alone",
        when: |d| is_layer(d, "pptp") && d.theirs.is_none() && d.place.nth > 0,
    },
    Explained {
        reason: "a segment that begins inside a message: tshark takes it for one, our parser asks for the cookie",
        when: |d| {
            d.layer == "pptp" && matches!(d.fault, Some(Fault::BadMagic(_))) && d.ours.is_none()
        },
    },
    Explained {
        reason: "a Quality-Protocol with its Reporting-Period (RFC 1989 §2.1): tshark calls it malformed and stops",
        when: |d| {
            let quality = d.has.contains(&"lcp.opt.quality_protocol");
            d.layer == "lcp" && d.theirs.is_none() && quality && d.field.starts_with("lcp.opt.")
        },
    },
    Explained {
        reason: "an EAP Nak that asks for several methods (RFC 3748 §5.3.1): tshark names the first",
        when: |d| d.field == "eap.desired_type" && d.theirs.is_none(),
    },
    Explained {
        reason: "an address FF with a control other than 03 is no header of PPP (RFC 1662 §3.1): tshark takes it for one",
        when: |d| {
            let missing = d.ours.is_none() && d.theirs.as_deref() != Some("\"0x03\" [03]");
            let other = d.layer == "ppp" && d.field != "ppp" && !d.has.contains(&"ppp.control");
            other && (missing || d.ours.as_deref() == Some("Number(255)"))
        },
    },
    Explained {
        reason: "the message of a PAP answer is shorter than its length octet says: our parser keeps what is there",
        when: |d| d.field == "pap.message.length" && d.ours.is_some() && d.theirs.is_some(),
    },
];

/// Whether only one side has the whole layer.
fn is_layer(d: &Difference, layer: &str) -> bool {
    d.layer == layer && d.field == layer
}

/// Why a field that tshark gives is not compared.
pub fn not_compared(name: &str) -> Option<&'static str> {
    let told = |(names, why): &(&[&str], &'static str)| {
        let fits = |n: &&str| n.strip_suffix('*').map_or(*n == name, |head| name.starts_with(head));
        names.iter().any(fits).then_some(*why)
    };
    if name.ends_with("_bytes") {
        return Some(WHOLE_OPTION);
    }
    NOT_COMPARED.iter().find_map(told)
}

const WHOLE_OPTION: &str = "the octets of an option whose type, length and value are compared";

/// Names (`*` for any end) and why they are left out.
const NOT_COMPARED: &[(&[&str], &str)] = &[
    (
        &[
            "lcp.opt.addr_field_compress",
            "lcp.opt.field_compress",
            "lcp.opt.callback",
            "lcp.opt.multilink_ep_disc",
            "lcp.opt.multilink_mrru",
            "lcp.opt.multilink_ssnh",
            "ipcp.opt.addr",
            "ipcp.opt.compress",
            "ipcp.opt.pri_dns",
            "ipcp.opt.pri_nbns",
            "ipcp.opt.sec_dns",
            "ipcp.opt.sec_nbns",
            "ipv6cp.opt.interface_identifier",
            "ccp.opt.mppe",
        ],
        WHOLE_OPTION,
    ),
    (&["lcp.opt.asyncmap.*"], "a bit of a map that is compared whole"),
    (&["gre.flags_and_version"], "its bits are compared"),
    (
        &["gre.flags.recursion_control", "gre.flags.reserved", "gre.flags.strict_source_route"],
        "zero by RFC 2637, and ignored",
    ),
    (&["pptp.reserved", "eap.ms_chap_v2.reserved"], "reserved"),
    (
        &["pptp.phone_number_length", "pptp.dialed_number_length", "pptp.dialing_number_length"],
        "a text ends where its NULs begin, whatever its length field says",
    ),
    (&["eap.ms_chap_v2.length"], "says what the length of EAP says"),
    (&["ppp.direction"], "of the link header"),
    (
        &[
            "_ws.*",
            "pptp.magic_cookie.incorrect",
            "ppp.opt.len.invalid",
            "eap.mitm_attacks",
            "eap.retransmission",
        ],
        "a remark of tshark's",
    ),
    (
        &["ccp.opt.*", "ccp.opt_oui"],
        "of a compression that is not Microsoft's: type and length are compared",
    ),
    (
        &["lcp.opt.fcs_alternatives*", "ipcp.opt.*", "lcp.opt.data"],
        "of an option that is not used in PPTP: type and length are compared",
    ),
    (&["data.*"], "octets that no protocol takes"),
];
