//! PD4001: the server says that user name or password is wrong (691).

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::text::lossy;
use crate::model::auth::Method;
use crate::model::auth::Verdict;
use crate::model::conversation::Conversation;
use crate::model::fingerprint::Family;
use crate::model::logon::Logon;
use crate::model::proof::Verified;
use crate::rules::Certainty;
use crate::rules::error5::race;
use crate::rules::error5::scene::Scene;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4001",
        name: "bad-credentials",
        title: "The server says that user name or password is wrong (691)",
        severity: Fault,
        yields_to: ["PD0001", "PD0002", "PD0004", "PD0005", "PD4002", "PD4003", "PD4004", "PD4005", "PD4009", "PD4010"],
        page: "pd4001_bad_credentials.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    if race::answers_superseded(&scene).is_some() {
        return None;
    }
    refused(&scene).or_else(|| terminated(&scene))
}

fn refused(scene: &Scene<'_>) -> Option<Hit> {
    let failure = scene.attempt.failure()?;
    let server = scene.c.family(Dir::ToClient);
    let mschap =
        matches!(scene.attempt.method, Method::MsChapV1 | Method::MsChapV2 | Method::EapMsChapV2);
    let eap = scene.attempt.method.is_eap() && failure.error.is_none();
    let (certainty, form, why) = match failure.error {
        Some(691) if server == Family::AccelPpp => (
            Certainty::Likely,
            "E=691",
            " accel-ppp sends 691 for every refusal, also for account restrictions and a silent RADIUS server: read its log.",
        ),
        Some(691) => (Certainty::Certain, "E=691", ""),
        None if mschap && !eap && failure.text.is_empty() && server.is_pppd() => (
            Certainty::Likely,
            "an empty Failure",
            " pppd sends an empty Failure where it finds no secret for the user name (and where its RADIUS plug-in drops the reason): the name is more suspect than the password.",
        ),
        None if eap => {
            let nak = scene.attempt.eap.iter().any(|e| e.kind == EAP_NAK);
            if nak {
                return None;
            }
            (Certainty::Likely, "EAP Failure", " EAP gives no reason with it.")
        }
        _ => return None,
    };
    let user = scene.attempt.user().map(lossy).unwrap_or_default();
    let (certainty, supplied) = match scene.attempt.proof.verified {
        Verified::Mismatch => (
            Certainty::Certain,
            " The Response was not made with the password that you supplied: the user typed another one.",
        ),
        Verified::Match => (
            Certainty::Likely,
            " But the Response does fit the password that you supplied, so the fault lies in what the server knows of the account.",
        ),
        Verified::NotChecked => (certainty, ""),
    };
    let sound = match scene.attempt.proof.answers.last() {
        Some(Some(_)) => {
            " The Response is well formed and answers this Challenge (proven without the password)."
        }
        _ => "",
    };
    let domain = if user.contains(['\\', '@']) {
        " The name carries a domain; a server that does not take it off finds no such user."
    } else {
        ""
    };
    let last = scene.attempt.responses.len().saturating_sub(1);
    let next = Next::of(scene, failure);
    Some(
        Hit::new(
            certainty,
            format!("the server refuses user \"{user}\": wrong user name or password ({form})"),
        )
        .detail(format!(
            "The server's verdict is {form}.{why}{sound}{supplied}{domain}{}",
            next.text
        ))
        .frame_if(scene.attempt.challenges.last().map(|k| k.mark), "Challenge")
        .frame_if(scene.attempt.responses.last().map(|r| r.mark), scene.say_response(last))
        .culprit(
            failure.mark,
            if eap { "EAP Failure".to_owned() } else { format!("Failure: \"{}\"", failure.text) },
        )
        .frame_if(next.accepted, "the next try, accepted")
        .explicit(),
    )
}

/// What became of the user's next try.
#[derive(Default)]
struct Next {
    accepted: Option<Mark>,
    text: String,
}

impl Next {
    fn of(scene: &Scene<'_>, failure: &Verdict) -> Self {
        let user = scene.attempt.user().unwrap_or_default();
        let later = |l: &&Logon| l.success && *l.name == *user && l.verdict.at > failure.mark.at;
        let Some(next) = scene.c.elsewhere.iter().find(later) else { return Self::default() };
        let after = next.verdict.at - failure.mark.at;
        let password = if next.other_password { ", with another password" } else { "" };
        Self {
            accepted: Some(next.verdict),
            text: format!(" {after} later the same user was accepted{password}."),
        }
    }
}

/// The Failure itself is not in the capture, but the server says in its Terminate-Request why it closes.
fn terminated(scene: &Scene<'_>) -> Option<Hit> {
    if !scene.attempt.verdicts.is_empty() || scene.attempt.responses.is_empty() {
        return None;
    }
    let (terminate, text) = scene
        .call
        .terminate_texts()
        .find(|(t, text)| t.dir == Dir::ToClient && text.contains("Authentication failed"))?;
    // pppd uses the same sentence when its Challenges run out unanswered: that is no verdict (PD0009).
    let first = scene.attempt.responses.first()?.mark;
    let asked_again = scene.attempt.challenges.iter().any(|k| k.mark.frame > first.frame);
    if asked_again {
        return None;
    }
    let user = scene.attempt.user().map(lossy).unwrap_or_default();
    let last = scene.attempt.responses.len() - 1;
    Some(
        Hit::new(Certainty::Likely, format!("the server refuses user \"{user}\"; its Failure packet got lost"))
            .detail(format!("No CHAP Failure is in the capture, but the server closes the link right after the Response and says \"{text}\". The Failure with the reason was lost before this point."))
            .frame_if(scene.attempt.responses.last().map(|r| r.mark), scene.say_response(last))
            .culprit(terminate.mark, format!("Terminate-Request of the server: \"{text}\""))
            .missing("The lost Failure carried the error number; the server's log has the reason.")
            .explicit(),
    )
}

/// EAP type Nak (RFC 3748 §5.3).
const EAP_NAK: u8 = 3;
