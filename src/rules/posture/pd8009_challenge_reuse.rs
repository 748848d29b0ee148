//! PD8009: a Challenge value, or a Peer-Challenge, is used again in another attempt.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::text::hex;
use crate::base::time::Span;
use crate::model::auth::Attempt;
use crate::model::auth::Credential;
use crate::model::census::Census;
use crate::model::census::Digest;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8009",
        name: "challenge-reuse",
        title: "A challenge value repeats across attempts",
        severity: Warning,
        yields_to: [],
        page: "pd8009_challenge_reuse.md",
        across: across,
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let attempts: Vec<&Attempt> = c.calls.iter().flat_map(|call| &call.attempts).collect();
    let challenges = attempts
        .iter()
        .enumerate()
        .flat_map(|(n, a)| a.challenges.iter().map(move |k| (n, a.toward, &*k.value, k.mark)));
    let peers = attempts.iter().enumerate().flat_map(|(n, a)| {
        a.responses.iter().filter_map(move |r| match &r.credential {
            Credential::MsChapV2 { peer_challenge, .. } => {
                Some((n, a.toward.flip(), peer_challenge.as_slice(), r.mark))
            }
            _ => None,
        })
    });
    reused(challenges, "Challenge").or_else(|| reused(peers, "Peer-Challenge"))
}

/// The same value in two conversations: of one server to any client, or of one client to any server.
fn across(census: &Census) -> Vec<Hit> {
    let mut seen: BTreeMap<(IpAddr, &[u8]), (&Digest, Mark)> = BTreeMap::new();
    let mut hits: BTreeMap<IpAddr, Hit> = BTreeMap::new();
    for d in &census.digests {
        for (dir, value, mark) in d.challenges.iter().filter(|(_, v, _)| v.len() >= TELLING) {
            let host = if *dir == Dir::ToClient { d.server.addr } else { d.client };
            let (before, first) = *seen.entry((host, value)).or_insert((d, *mark));
            // A capture may hold one conversation twice, before and behind a NAT; its packets are a moment
            // apart.
            let apart = (mark.at - first.at).0.saturating_abs() >= APART.0;
            if before.id == d.id || before.may_be(d) || !apart {
                continue;
            }
            hits.entry(host).or_insert_with(|| again(host, value, (before, first), (d, *mark)));
        }
    }
    hits.into_values().collect()
}

fn again(host: IpAddr, value: &[u8], before: (&Digest, Mark), now: (&Digest, Mark)) -> Hit {
    let shown = hex(value, 8);
    Hit::new(Certainty::Certain, format!("{host} uses one challenge in two conversations"))
        .detail(format!("{host} sent the challenge {shown} in conversation {} and again in conversation {}. It must be new and unpredictable each time: who recorded the first answer can give it again, and tables of answers made in advance fit.", before.0.id, now.0.id))
        .frame(before.1, format!("challenge {shown}"))
        .culprit(now.1, "the same challenge in another conversation")
        .missing("A poor random source, two machines copied from one image, and somebody who replays look alike.")
        .in_conversations([before.0.id, now.0.id])
}

/// The first value that one side uses in two attempts.
fn reused<'a>(
    values: impl Iterator<Item = (usize, Dir, &'a [u8], Mark)>,
    what: &str,
) -> Option<Hit> {
    let mut seen: BTreeMap<(Dir, &[u8]), (usize, Mark)> = BTreeMap::new();
    for (attempt, dir, value, mark) in values {
        if value.len() < TELLING {
            continue;
        }
        let (before, first) = *seen.entry((dir, value)).or_insert((attempt, mark));
        if before == attempt {
            continue;
        }
        let who = dir.sender();
        let shown = hex(value, 8);
        return Some(
            Hit::new(Certainty::Certain, format!("the {who} uses one {what} in two attempts"))
                .detail(format!("The {who} sent the {what} {shown} in one authentication and again in another, {} later. It must be new and unpredictable each time: who recorded the first answer can give it again, and tables of answers made in advance fit.", mark.at - first.at))
                .frame(first, format!("{what} {shown}"))
                .culprit(mark, format!("the same {what} in another attempt"))
                .missing("A poor random source and somebody who replays look alike; other conversations with the same machine tell more."),
        );
    }
    None
}

/// The same packet at two places of the network passes within this time.
const APART: Span = Span::from_secs(5);
/// Shorter values may be equal by chance.
const TELLING: usize = 8;
