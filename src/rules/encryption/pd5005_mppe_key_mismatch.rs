//! PD5005: both sides encrypt, with different keys.

use std::collections::BTreeSet;

use super::agreed;
use super::encrypted;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::inside::Inside;
use crate::model::inside::KeyedBy;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD5005",
        name: "mppe-key-mismatch",
        title: "Both sides encrypt, with different keys",
        severity: Fault,
        yields_to: ["PD0001", "PD0002"],
        page: "pd5005_mppe_key_mismatch.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected || !encrypted(call) {
        return None;
    }
    let open = call.ccp.opened()?;
    let proven = opened_apart(call, open)
        .or_else(|| Dir::BOTH.into_iter().find_map(|sender| fits_nothing(call, open, sender)));
    let seen = || Dir::BOTH.into_iter().find_map(|by| garbage(call, open, by));
    proven.or_else(seen).or_else(|| {
        Dir::BOTH.into_iter().filter(|by| c.point.is_at(*by)).find_map(|by| resets(call, open, by))
    })
}

/// With the password: each side encrypts under the keys of another Response.
fn opened_apart(call: &Call, open: Mark) -> Option<Hit> {
    let [up, down] = &call.inside;
    let (up, down) = (up.as_deref()?, down.as_deref()?);
    let (client, server) = (keyed(up)?, keyed(down)?);
    // Another attempt has keys of its own, which count when CCP opens anew.
    if client.attempt != server.attempt || client.response == server.response {
        return None;
    }
    let (n, m) = (client.response + 1, server.response + 1);
    Some(
        Hit::new(Certainty::Certain, format!("the client encrypts with the keys of its Response {n}, the server with those of Response {m}"))
            .detail(format!("With the password {} packets of the client open under the keys that come from Response {n}, and {} of the server under those from Response {m}: the IP checksums inside prove it. CCP opened all the same, since it tests no keys; each side decrypts the other's data to nonsense. The client made more than one Response, and the sides hold different ones for the accepted one: the timing race.", up.proven, down.proven))
            .frame(client.mark, format!("Response {n}: the client's keys come from it"))
            .culprit(server.mark, format!("Response {m}: the server's keys come from it"))
            .frame(open, "CCP is open")
            .frame(client.proven_at, format!("opens with the keys of Response {n}"))
            .frame(server.proven_at, format!("opens with the keys of Response {m}")),
    )
}

/// With the password: the other direction opens, what `sender` sends opens with no Response's keys.
fn fits_nothing(call: &Call, open: Mark, sender: Dir) -> Option<Hit> {
    let own = call.inside[sender.index()].as_deref()?;
    let other = call.inside[sender.flip().index()].as_deref()?;
    let good = keyed(other)?;
    let unfit = own.unfit.filter(|u| u.tried >= TRIED && u.plausible * 4 <= u.tried)?;
    let damaged = call.gre[sender.index()].damage.is_some();
    if own.keyed_by.is_some() || unfit.first < open || damaged {
        return None;
    }
    let (who, whom) = (sender.sender(), sender.receiver());
    let n = good.response + 1;
    Some(
        Hit::new(Certainty::Certain, format!("the {whom} encrypts with the keys of Response {n}, the {who} with keys of no Response"))
            .detail(format!("With the password {} packets of the {whom} open under the keys that come from Response {n}: the IP checksums inside prove it. Of the {who}'s packets {} were tried with the keys of every Response, and give nonsense. So the {who} took its keys from something else, and what it sends arrives as nonsense.", other.proven, unfit.tried))
            .frame(good.mark, format!("Response {n}: the {whom}'s keys come from it"))
            .frame(open, "CCP is open")
            .frame(good.proven_at, format!("of the {whom}: opens with the keys of Response {n}"))
            .culprit(unfit.first, format!("first packet of the {who} that opens with no keys")),
    )
}

/// The Response that keys a direction, beyond doubt.
fn keyed(inside: &Inside) -> Option<KeyedBy> {
    inside.keyed_by.filter(|by| by.by_checksum && inside.proven >= PROVEN)
}

/// What `by` decrypts is nonsense: it rejects protocols that nobody speaks, another one each time.
fn garbage(call: &Call, open: Mark, by: Dir) -> Option<Hit> {
    let rejects: Vec<(Mark, u16)> = call
        .protocol_rejects
        .iter()
        .filter(|(m, dir, protocol)| *dir == by && *m > open && !SPOKEN.contains(protocol))
        .map(|&(m, _, protocol)| (m, protocol))
        .collect();
    let distinct: BTreeSet<u16> = rejects.iter().map(|(_, p)| *p).collect();
    if distinct.len() < 3 {
        return None;
    }
    let (first, last) = (rejects.first()?.0, rejects.last()?.0);
    let data = &call.data[by.flip().index()];
    let begun = data.first?;
    // Right from the start it is the keys; later something else may have broken the stream.
    let (certainty, since) = if first.at - begun.at <= FROM_THE_START {
        (Certainty::Certain, "from the first packets on")
    } else {
        (Certainty::Likely, "after a while")
    };
    let list: Vec<String> = distinct.iter().take(4).map(|p| format!("{p:04x}")).collect();
    let (who, other) = (by.sender(), by.receiver());
    let mut hit = Hit::new(certainty, format!("the {who} decrypts the {other}'s data to nonsense: the keys differ"))
        .detail(format!("CCP opened and both sides encrypt. But {since} the {who} rejects protocols that nobody sends, {} different ones in {} Protocol-Rejects ({}): that is what decryption with a wrong key gives. The packets arrive; their content is lost.", distinct.len(), rejects.len(), list.join(", ")))
        .frame(open, "CCP is open")
        .frame(begun, format!("first encrypted packet of the {other}"))
        .culprit(first, format!("the {who} rejects protocol {:04x}", rejects.first()?.1));
    for (m, protocol) in rejects.iter().skip(1).take(2) {
        hit = hit.frame(*m, format!("and {protocol:04x}"));
    }
    if rejects.len() > 3 {
        hit = hit.frame(last, "and so on");
    }
    Some(hit.missing("Whether the same bytes arrive as were sent: damage on the way looks alike. Capture at both ends, or give the password: it tells which side's keys are right."))
}

/// Stateful mode: `by` asks for a reset again and again although all packets arrive at its own side.
fn resets(call: &Call, open: Mark, by: Dir) -> Option<Hit> {
    let asked = u64::from(call.resets[by.index()]);
    let data = &call.data[by.flip().index()];
    let gre = &call.gre[by.flip().index()];
    let stateful = agreed(call, by.flip()).is_some_and(|m| !m.stateless);
    if !stateful || asked < 10 || asked * 2 < data.wrapped || gre.missing + gre.late > 0 {
        return None;
    }
    let (who, other) = (by.sender(), by.receiver());
    Some(
        Hit::new(Certainty::Likely, format!("the {who} cannot decrypt what the {other} sends: {asked} Reset-Requests for {} packets", data.wrapped))
            .detail(format!("Encryption is stateful. The {who} sent {asked} CCP Reset-Requests for {} encrypted packets, although none of them got lost or overtaken, and this capture was taken on its side. A reset mends a lost packet; it does not mend a wrong key.", data.wrapped))
            .frame(open, "CCP is open")
            .culprit(data.first?, format!("first encrypted packet of the {other}"))
            .frame_if(data.last, "newest one, resets still going on")
            .missing("The password, if you can give it: it tells which side's keys are right."),
    )
}

/// PPP protocols that are spoken, or asked for by healthy stacks (RFC 1661 §2 and the PPP number list):
/// their rejection says that the peer lacks them, no more.
const SPOKEN: [u16; 22] = [
    0x0021, 0x002b, 0x002d, 0x002f, 0x003d, 0x003f, 0x0057, 0x00fb, 0x00fd, 0x8021, 0x8029, 0x802b,
    0x803f, 0x804f, 0x8057, 0x80fb, 0x80fd, 0x8281, 0xc021, 0xc029, 0xc02b, 0xc02d,
];
/// Packets with a right checksum that make sure of a key.
const PROVEN: u64 = 3;
/// Packets that must have been tried before no key fits.
const TRIED: u32 = 8;
/// Nonsense within this time of the first data is nonsense from the start.
const FROM_THE_START: Span = Span::from_secs(30);
