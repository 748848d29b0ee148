//! Forms of a fault that its page has no example of, because they are rare or uncertain: each is still found, with the
//! certainty that its evidence allows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pptp_diag::pipeline::Options;
use pptp_diag::rules::Certainty;
use support::analyse;

/// A scenario, the rule that must fire on it, how sure, and a part of what it says in one line.
struct Variant {
    rule: &'static str,
    certainty: Certainty,
    says: &'static str,
    scenario: &'static str,
}

const VARIANTS: &[Variant] = &[
    // No verdict in the capture: the repeated Challenge is all that there is.
    Variant {
        rule: "PD0001",
        certainty: Certainty::Possible,
        says: "in the middle of repeated Challenges",
        scenario: "client 192.0.2.10:1026 ttl=128\n\
            use connect vendor=\"Microsoft Windows NT\" firmware=1381 seq0=0 rtt=0.4\nuse link id=0 accm=-\n\
            +0.1 < chap challenge id=1 name=\"\" value=5B5D7C7D7B3F2F3E3C2C602132262628\n\
            +0.02 > chap response user=User password=clientPass peer=21402324255E262A28295F2B3A337C7E\n\
            +2.98 < chap challenge id=1 name=\"\" value=5B5D7C7D7B3F2F3E3C2C602132262628\n\
            +0.02 > chap response user=User password=clientPass peer=101112131415161718191A1B1C1D1E1F\n\
            +0.5 > lcp termreq ras=5\n+rtt < lcp termack\n+0.01 > ctl ccrq\nuntil +20\n",
    },
    // The client can answer, and does not answer this.
    Variant {
        rule: "PD4007",
        certainty: Certainty::Likely,
        says: "does not answer the server's EAP Request (EAP-TLS)",
        scenario: "use connect\nuse link auth=eap\n\
            +0.1 < eap request id=1 type=identity\n+0.1 > eap response id=1 type=identity identity=alice\n\
            +0.1 < eap request id=2 type=tls hex=20\n+3 < eap request id=2 type=tls hex=20\n\
            +3 < eap request id=2 type=tls hex=20\n+3 < eap request id=2 type=tls hex=20\n\
            +1 > lcp echoreq id=1\n+0.1 < lcp echorep id=1\n\
            +2 < lcp termreq id=2\n+0.1 > lcp termack\n+0.1 < ctl cdn\n",
    },
    // A Nak that wants nothing (type 0, RFC 3748 §5.3.1), and an end without an EAP Failure.
    Variant {
        rule: "PD4007",
        certainty: Certainty::Certain,
        says: "the server offers PEAP, the client wants none of its types",
        scenario: "use connect\nuse link auth=eap\n\
            +0.1 < eap request id=1 type=identity\n+0.1 > eap response id=1 type=identity identity=alice\n\
            +0.1 < eap request id=2 type=25 hex=20\n+0.1 > eap response id=2 type=nak want=0\n\
            +0.1 < lcp termreq id=2\n+0.1 > lcp termack\n+0.1 < ctl cdn\n",
    },
    Variant {
        rule: "PD4007",
        certainty: Certainty::Certain,
        says: "the client wants EAP only, the server MS-CHAPv2 only",
        scenario: "use connect\n+0.1 > lcp request id=0 mru=1400 magic=0x1d563575\n\
            +0.1 < lcp request id=0 auth=mschapv2 magic=0x6729a099\n+0.1 > lcp nak auth=eap\n+0.1 < lcp ack\n\
            +0.1 < lcp request id=1 auth=mschapv2 magic=0x6729a099\n+0.1 > lcp nak auth=eap\n\
            +0.1 < lcp termreq id=2\n+0.1 > lcp termack\n+0.1 < ctl cdn\n",
    },
    // CHAP-MD5 gives no keys; nobody says so, but who asked for them leaves at once.
    Variant {
        rule: "PD5004",
        certainty: Certainty::Likely,
        says: "the client requires encryption, but CHAP-MD5 yields no keys",
        scenario: "use connect\nuse link auth=md5\n\
            +0.02 < chap challenge id=19 name=pptpd\n+0.02 > chap response id=19 user=alice password=secret\n\
            +0.02 < chap success id=19 text=hello\n+0.02 > ccp request id=4 mppe=128\n\
            +0.03 < ccp reject id=4 mppe=128\n+0.04 > lcp termreq id=5\n+0.02 < lcp termack\n+0.01 > ctl ccrq\n",
    },
    // The server repeats an address of its own that the client does not want.
    Variant {
        rule: "PD6004",
        certainty: Certainty::Likely,
        says: "the server insists on address 10.9.0.1",
        scenario: "use connect\nuse link\nuse chap\n\
            +0.02 > ipcp request id=1 addr=10.9.0.100\n+0.02 < ipcp ack\n\
            +0.02 < ipcp request id=1 addr=10.9.0.1\n+0.02 > ipcp nak addr=10.1.1.1\n\
            +0.02 < ipcp request id=2 addr=10.9.0.1\n+0.02 > ipcp nak addr=10.1.1.1\n\
            +0.1 > lcp termreq id=2\n+0.02 < lcp termack\n+0.3 > ctl ccrq\n",
    },
    Variant {
        rule: "PD6004",
        certainty: Certainty::Certain,
        says: "the server assigns the client no address",
        scenario: "use connect\nuse link\nuse chap\n\
            +0.02 > ipcp request id=1 addr=0.0.0.0\n+0.02 < ipcp ack\n\
            +0.1 > lcp termreq id=2\n+0.02 < lcp termack\n+0.3 > ctl ccrq\n",
    },
    // One round alone proves nothing, but the client says what it is.
    Variant {
        rule: "PD6004",
        certainty: Certainty::Certain,
        says: "no agreement on IP addresses: the client closes with RAS error 738",
        scenario: "use connect\nuse link\nuse chap\n\
            +0.02 > ipcp request id=1 addr=0.0.0.0\n+0.1 > lcp termreq id=2 ras=738\n\
            +0.02 < lcp termack\n+0.3 > ctl ccrq\n",
    },
    // Ten minutes to the second without data, twenty after the beginning.
    Variant {
        rule: "PD7008",
        certainty: Certainty::Possible,
        says: "perhaps a limit (idle time-out)",
        scenario: "use connect\nuse link\nuse chap\nuse network\nuse traffic\n\
            +600 > data len=100 noff\n+600 < lcp termreq id=2\n+0.1 > lcp termack\n+0.1 < ctl cdn\n",
    },
];

#[test]
fn rare_forms_are_found() {
    let mut bad = Vec::new();
    for v in VARIANTS {
        let bytes = support::scenario::capture(v.scenario, "tests/variants.rs", 1);
        let analysis = analyse(bytes, Options::default());
        let findings = &analysis.conversations[0].diagnosis.findings;
        let told: Vec<_> =
            findings.iter().map(|f| (f.rule.id, f.certainty, f.summary.as_str())).collect();
        let wanted = |(id, certainty, summary): &(&str, Certainty, &str)| {
            *id == v.rule && *certainty == v.certainty && summary.contains(v.says)
        };
        if !told.iter().any(wanted) {
            bad.push(format!("{} ({}): {told:#?}", v.rule, v.says));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
