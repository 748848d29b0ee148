//! PD8009: a Challenge value, or a Peer-Challenge, is used again in another attempt.

use std::collections::BTreeMap;

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::text::hex;
use crate::model::auth::Attempt;
use crate::model::auth::Credential;
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

/// Shorter values may be equal by chance.
const TELLING: usize = 8;
