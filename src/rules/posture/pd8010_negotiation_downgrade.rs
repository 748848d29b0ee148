//! PD8010: authentication or encryption is stepped down in an open negotiation.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::auth::Method;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8010",
        name: "negotiation-downgrade",
        title: "Method or cipher stepped down in an open negotiation",
        severity: Warning,
        yields_to: [],
        page: "pd8010_negotiation_downgrade.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    c.calls.iter().find_map(of_call)
}

/// Something strong was offered, something weaker came out.
struct Step {
    from: String,
    to: String,
    offered: Mark,
    /// The answer that brought it about, its words, and the way it went.
    turned: Option<(Mark, String, Dir)>,
    settled: Option<Mark>,
}

fn of_call(call: &Call) -> Option<Hit> {
    let steps: Vec<Step> = [method(call), cipher(call)].into_iter().flatten().collect();
    let told: Vec<String> = steps.iter().map(|s| format!("{} to {}", s.from, s.to)).collect();
    if told.is_empty() {
        return None;
    }
    let told = told.join(", and ");
    let mut hit = Hit::new(Certainty::Certain, format!("stepped down from {told}"))
        .missing("Whether the peer itself turned down the stronger offer: nothing protects this negotiation, so whoever sits on the path can do it. Look into the settings of both ends, or capture at both.");
    let mut ttls = String::new();
    for s in steps {
        hit = hit.frame(s.offered, format!("{} offered", s.from));
        if let Some((mark, text, dir)) = s.turned {
            ttls = ttls_differ(call, dir);
            hit = hit.culprit(mark, text);
        }
        hit = hit.frame_if(s.settled, format!("settled: {}", s.to));
    }
    Some(hit.detail(format!("The stronger one was offered first, the weaker one came out: {told}. That is as a rule a matter of settings.{ttls}")))
}

/// The authentication method that the server asks for.
fn method(call: &Call) -> Option<Step> {
    let side = call.lcp.side(Dir::ToClient);
    let settled = side.acked?;
    let went_on = !call.attempts.is_empty() || call.ipcp.opened().is_some();
    if !went_on {
        return None;
    }
    let last = Side::method_of(&side.agreed);
    let weak = last.map_or(Some(0), strength)?;
    let mut offers = side.requests.iter().filter_map(|r| Some((r, Side::method_of(&r.options)?)));
    let (request, from) =
        offers.find(|(r, m)| r.mark < settled && strength(*m).is_some_and(|s| s > weak))?;
    let turned = side
        .answers
        .iter()
        .find(|a| {
            a.reply != Reply::Ack && a.mark > request.mark && Side::method_of(&a.options).is_some()
        })
        .map(|a| {
            let text = match (a.reply, Side::method_of(&a.options)) {
                (Reply::Nak, Some(m)) => format!("the client asks for {m} instead"),
                _ => "the client rejects it".to_owned(),
            };
            (a.mark, text, Dir::ToServer)
        });
    let to = last.map_or("no authentication", Method::name).to_owned();
    Some(Step {
        from: from.name().to_owned(),
        to,
        offered: request.mark,
        turned,
        settled: Some(settled),
    })
}

/// The key length of MPPE.
fn cipher(call: &Call) -> Option<Step> {
    let offers = Dir::BOTH.into_iter().flat_map(|dir| {
        let requests = call.ccp.side(dir).requests.iter();
        requests.filter_map(move |r| Some((Side::mppe_of(&r.options)?.strongest()?, r.mark, dir)))
    });
    let (bits, offered, asker) =
        offers.max_by_key(|(bits, mark, _)| (*bits, std::cmp::Reverse(mark.frame)))?;
    let settled = call.ccp.opened();
    let last: Option<u16> = match settled {
        Some(_) => {
            let agreed = Dir::BOTH
                .map(|dir| Side::mppe_of(&call.ccp.side(dir).agreed).and_then(Mppe::strongest));
            agreed.into_iter().min().flatten()
        }
        None => None,
    };
    // That nothing came out of it is known only where data really went in clear.
    let in_clear =
        call.data.iter().any(|d| d.clear > 0) && call.data.iter().all(|d| d.wrapped == 0);
    if last.is_some_and(|b| b >= bits) || (last.is_none() && !in_clear) {
        return None;
    }
    let refusal =
        call.ccp.side(asker).answers.iter().find(|a| a.reply != Reply::Ack && a.mark > offered);
    let turned = refusal
        .map(|a| {
            let text = match (a.reply, Side::mppe_of(&a.options)) {
                (Reply::Nak, Some(m)) => format!("the {} asks for {m} instead", asker.receiver()),
                _ => format!("the {} rejects it", asker.receiver()),
            };
            (a.mark, text, asker.flip())
        })
        .or_else(|| {
            call.ccp
                .rejected
                .map(|(m, by)| (m, format!("the {} rejects CCP as a whole", by.sender()), by))
        });
    let to = last.map_or_else(|| "no encryption".to_owned(), |b| format!("MPPE {b}-bit"));
    Some(Step { from: format!("MPPE {bits}-bit"), to, offered, turned, settled })
}

/// A second sender in a direction would show by another TTL.
fn ttls_differ(call: &Call, dir: Dir) -> String {
    match call.gre[dir.index()].ttl {
        Some((_, low, high)) if low != high => format!(
            " But the packets from the {} came with TTLs of {low} to {high}: see whether the refusal came the same way as the rest.",
            dir.sender()
        ),
        _ => String::new(),
    }
}

/// Order of the methods; equal numbers are no step. Of EAP only the outside shows here.
const fn strength(method: Method) -> Option<u8> {
    Some(match method {
        Method::None => 0,
        Method::Pap => 1,
        Method::ChapMd5 | Method::EapMd5 => 2,
        Method::MsChapV1 => 3,
        Method::MsChapV2 | Method::Eap | Method::EapTls | Method::EapMsChapV2 => 4,
        Method::Other => return None,
    })
}
