//! PD3003: LCP never agrees on one option.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Answer;
use crate::model::negotiation::Opt;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Request;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD3003",
        name: "lcp-no-convergence",
        title: "LCP options never agree",
        severity: Fault,
        yields_to: ["PD2004", "PD3002", "PD3004"],
        page: "pd3003_lcp_no_convergence.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Link {
        return None;
    }
    let end = c.closing();
    let silent = c.visibility.until - c.ended.at >= AFTER;
    if end.is_none() && !silent {
        return None;
    }
    let (asker, rounds) = Dir::BOTH
        .into_iter()
        .filter_map(|d| Some((d, longest(call.lcp.side(d))?)))
        .max_by_key(|(_, rounds)| rounds.len())?;
    Some(hit(asker, &rounds, end))
}

/// One request and the answer that turned the option in question down.
struct Round<'a> {
    request: &'a Request,
    asked: Opt,
    answer: &'a Answer,
    told: Opt,
}

/// The rounds over the option that was turned down most often, where that was too often.
fn longest(side: &Side) -> Option<Vec<Round<'_>>> {
    let mut by_option: Vec<Vec<Round<'_>>> = Vec::new();
    for answer in side.answers.iter().filter(|a| !a.stale && a.reply != Reply::Ack) {
        let request = side
            .requests
            .iter()
            .rev()
            .find(|r| r.id == answer.id && r.mark.frame < answer.mark.frame);
        let Some(request) = request else { continue };
        for &told in answer.options.iter().filter(|o| counts(**o)) {
            let same = request.options.iter().find(|o| kind(**o) == kind(told));
            let Some(&asked) = same else { continue };
            let round = Round { request, asked, answer, told };
            match by_option.iter_mut().find(|r| r.iter().any(|x| kind(x.told) == kind(told))) {
                Some(rounds) => rounds.push(round),
                None => by_option.push(vec![round]),
            }
        }
    }
    by_option.into_iter().filter(|rounds| stuck(side, rounds)).max_by_key(Vec::len)
}

/// Too many rounds over one option, and the newest request still has it.
fn stuck(side: &Side, rounds: &[Round<'_>]) -> bool {
    let rejects = rounds.iter().filter(|r| r.answer.reply == Reply::Reject).count();
    let insists = rounds.last().is_some_and(|last| {
        side.requests.last().is_some_and(|r| r.options.iter().any(|o| kind(*o) == kind(last.told)))
    });
    insists && (rounds.len() >= N_FAIL || rejects >= REJECTS)
}

/// Option 3 has rules of its own, and a magic number is turned down where it is one's own (PD3004).
const fn counts(o: Opt) -> bool {
    !matches!(o, Opt::Authentication(_) | Opt::Magic(_))
}

/// The option's number (RFC 1661 §6 and its extensions).
const fn kind(o: Opt) -> u8 {
    match o {
        Opt::Mru(_) => 1,
        Opt::Accm(_) => 2,
        Opt::Authentication(_) => 3,
        Opt::Magic(_) => 5,
        Opt::Pfc => 7,
        Opt::Acfc => 8,
        Opt::Callback(_) => 13,
        Opt::Mrru(_) => 17,
        Opt::BsdCompress(_) => 21,
        Opt::Other(n, _) | Opt::NameServer(n, _) => n,
        Opt::Mppe(_) => 18,
        Opt::Address(_) => 0,
    }
}

fn hit(asker: Dir, rounds: &[Round<'_>], end: Option<(Mark, Dir)>) -> Hit {
    let (who, other) = (asker.sender(), asker.flip().sender());
    let count = rounds.len();
    let (option, told) = rounds.last().map_or((String::new(), String::new()), |r| {
        let told = match r.answer.reply {
            Reply::Reject => "rejects it".to_owned(),
            _ => format!("wants {}", r.told),
        };
        (r.asked.to_string(), told)
    });
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("LCP never agrees: the {who} insists on {option}, the {other} {told}"),
    )
    .detail(format!("In {count} rounds the {who} asked for {option}, and each time the {other} {told}. A side that is told so has to change the value or leave the option out (RFC 1661 §4.6, §5.3, §5.4); the {who} does neither."))
    .explicit();
    for (n, r) in rounds.iter().take(SHOWN).enumerate() {
        hit = hit.frame(r.request.mark, format!("the {who} asks for {}", r.asked));
        let text = match r.answer.reply {
            Reply::Reject => format!("the {other} rejects {}", r.told),
            _ => format!("the {other} wants {}", r.told),
        };
        hit =
            if n == 1 { hit.culprit(r.answer.mark, text) } else { hit.frame(r.answer.mark, text) };
    }
    match end {
        Some((m, by)) => hit.frame(m, format!("the {} gives up", by.sender())),
        None => hit,
    }
}

/// Max-Failure of RFC 1661 §4.6.
const N_FAIL: usize = 5;
/// A rejected option must not come again; twice may be packets that crossed.
const REJECTS: usize = 3;
/// Rounds shown as evidence.
const SHOWN: usize = 3;
/// T_AFTER of the catalogue.
const AFTER: Span = Span::from_secs(10);
