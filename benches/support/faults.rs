//! What the generated sessions do, in the scenario language of the tests: one that works, and one for each
//! kind of fault. Addresses, ids and whatever must differ from session to session are replaced later
//! ([`super::template`]); the values here are the ones that it looks for.

/// One kind of session.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Short name.
    pub name: &'static str,
    /// The rule that must be found; empty for the session that works.
    pub rule: &'static str,
    /// Everything up to the place where data may be put in.
    pub before: &'static str,
    /// The rest.
    pub after: &'static str,
}

/// Works: log-on, encryption, addresses, data, hang-up.
pub const HEALTHY: Script = Script {
    name: "healthy",
    rule: "",
    before: "\
use connect call=0xC1A5 server_call=0x5EC7
use link
use chap value=5B5D7C7D7B3F2F3E3C2C602132262628 peer=21402324255E262A28295F2B3A337C7E
use network
",
    after: "use hangup\n",
};

/// All that fail, or work badly.
pub const FAULTS: &[Script] = &[
    fault(
        "syn-unanswered",
        "PD1001",
        "\
0 > tcp syn
1 > tcp syn
3 > tcp syn
7 > tcp syn
15 > tcp syn
until 31
",
    ),
    fault(
        "tcp-refused",
        "PD1002",
        "\
0      > tcp syn
+0.020 < tcp rst
until 12
",
    ),
    fault(
        "no-sccrp",
        "PD1003",
        "\
rtt 0.020
0      > tcp syn
+rtt   < tcp synack
+rtt   > tcp ack
+0.080 > ctl sccrq
+60    > tcp fin
+rtt   < tcp ack
",
    ),
    fault(
        "gre-blocked",
        "PD2001",
        "\
use connect call=0xC1A5 server_call=0x5EC7
+0.029 > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+3     > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+3     > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+3     > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+3     > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+3     > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+3     > ctl ccrq
+rtt+0.030 < tcp fin
+0.015 > tcp fin
+rtt   < tcp ack
",
    ),
    fault(
        "lcp-silent",
        "PD3001",
        "\
use connect call=0xC1A5 server_call=0x5EC7
+0.030 > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+0.500 < gre ack
+2.500 > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+0.500 < gre ack
+2.500 > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+0.500 < gre ack
+2.500 > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+0.500 < gre ack
+2.500 > ctl ccrq
+rtt   < ctl cdn
+0.010 < tcp fin
",
    ),
    fault(
        "no-common-auth",
        "PD4006",
        "\
use connect server_vendor=\"Cisco Systems, Inc.\" call=0xC1A5 server_call=0x5EC7
+0.100     > lcp request id=1 mru=1400 accm=0 magic=0x1d563575 pfc acfc
+rtt+0.040 < lcp request id=1 auth=pap magic=0x6729a099
+rtt+0.010 > lcp nak auth=mschapv2
+0.001     < lcp ack
+rtt+0.005 < lcp request id=2 auth=pap magic=0x6729a099
+rtt+0.010 > lcp nak auth=mschapv2
+rtt+0.005 < lcp request id=3 auth=pap magic=0x6729a099
+rtt+0.010 > lcp nak auth=mschapv2
+rtt+0.005 < lcp termreq id=4
+rtt+0.005 > lcp termack
+rtt+0.050 < ctl cdn
+0.010     < tcp fin
+rtt+0.010 > tcp fin
",
    ),
    fault(
        "wrong-password",
        "PD4001",
        "\
use connect call=0xC1A5 server_call=0x5EC7
use link
+rtt+0.010 < chap challenge id=1 value=5B5D7C7D7B3F2F3E3C2C602132262628
+rtt+0.015 > chap response user=alice password=secrte peer=21402324255E262A28295F2B3A337C7E
+rtt+0.012 < chap failure error=691 message=\"\"
+0.010     < lcp termreq id=2 text=\"Authentication failed\"
+rtt+0.003 > lcp termack
+rtt+0.050 < ctl cdn
+0.010     < tcp fin
+rtt+0.010 > tcp fin
",
    ),
    fault(
        "error-5",
        "PD0002",
        "\
use connect rtt=2.5 call=0xC1A5 server_call=0x5EC7
use link
+0.1  < chap challenge id=1 value=5B5D7C7D7B3F2F3E3C2C602132262628
+0.02 > chap response id=1 user=alice password=secret peer=21402324255E262A28295F2B3A337C7E
+1.98 < chap challenge id=1 value=5B5D7C7D7B3F2F3E3C2C602132262628
+0.02 > chap response id=1 user=alice password=secret peer=101112131415161718191A1B1C1D1E1F
+0.50 < chap success of=1
+0.01 > lcp termreq id=2 text=\"Failed to authenticate ourselves to peer\"
+rtt  < lcp termack
+0.1  > ctl ccrq
+rtt  < ctl cdn
+0.01 > tcp fin
",
    ),
    fault(
        "mppe-refused",
        "PD5001",
        "\
use connect call=0xC1A5 server_call=0x5EC7
use link
use chap value=5B5D7C7D7B3F2F3E3C2C602132262628 peer=21402324255E262A28295F2B3A337C7E
+0.007 > ccp request id=1 mppe=128 noff
+0.031 < ipcp request id=1 addr=10.9.0.1 noff
+0.005 > ipcp termack noff
+0.017 < ccp request id=1 noff
+0.025 < ccp reject id=1 mppe=128 noff
+0.051 > ccp ack noff
+0.066 > lcp termreq id=2 text=\"MPPE required but peer refused\"
+0.025 < lcp termack
+0.114 > ctl ccrq
+rtt+0.001 < tcp fin
+0.045 > tcp fin
+rtt   < tcp ack
",
    ),
    fault(
        "control-lost",
        "PD1008",
        "\
use connect call=0xC1A5 server_call=0x5EC7
use link
use chap value=5B5D7C7D7B3F2F3E3C2C602132262628 peer=21402324255E262A28295F2B3A337C7E
use network
use traffic
+4         < tcp fin
+0.030     > ctl ccrq noack
+rtt       < tcp rst
",
    ),
    fault(
        "data-lost",
        "PD7005",
        "\
use connect call=0xC1A5 server_call=0x5EC7
use link
use chap value=5B5D7C7D7B3F2F3E3C2C602132262628 peer=21402324255E262A28295F2B3A337C7E
use network
use traffic
+0.200 < data len=88 noff short count=5 every=0.02
x +0.1 < data len=88 noff short
+0.020 < data len=88 noff short count=4 every=0.02
x +0.1 < data len=88 noff short
+0.020 < data len=88 noff short count=6 every=0.02
x +0.1 < data len=88 noff short
x +0.1 < data len=88 noff short
+0.020 < data len=88 noff short count=5 every=0.02
x +0.1 < data len=88 noff short
+0.020 < data len=88 noff short count=5 every=0.02
+0.100 > gre ack
use hangup
",
    ),
    fault(
        "data-reordered",
        "PD7004",
        "\
use connect call=0xC1A5 server_call=0x5EC7
use link
use chap value=5B5D7C7D7B3F2F3E3C2C602132262628 peer=21402324255E262A28295F2B3A337C7E
use network
use traffic
+0.2   < data len=88 noff short seq=15
+0.010 < data len=88 noff short seq=14
+0.010 < data len=88 noff short seq=16 count=6
+0.010 < data len=88 noff short seq=23
+0.010 < data len=88 noff short seq=22
+0.010 < data len=88 noff short seq=24 count=6
+0.010 < data len=88 noff short seq=31
+0.010 < data len=88 noff short seq=30
+0.010 < data len=88 noff short seq=32 count=6
+0.100 > gre ack
use hangup
",
    ),
];

const fn fault(name: &'static str, rule: &'static str, before: &'static str) -> Script {
    Script { name, rule, before, after: "" }
}
