//! PD4009: the form of the user name (domain\user, user@realm) is not the one that the server knows.

use super::refusal::Refusal;
use crate::base::addr::Dir;
use crate::base::text::lossy;
use crate::model::auth::Credential;
use crate::model::auth::Response;
use crate::model::auth::Verdict;
use crate::model::conversation::Conversation;
use crate::model::logon;
use crate::model::logon::Logon;
use crate::model::proof::NameForm;
use crate::model::proof::Verified;
use crate::rules::Certainty;
use crate::rules::error5::race;
use crate::rules::error5::scene::Scene;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4009",
        name: "username-form",
        title: "The form of the user name is not the one that the server knows",
        severity: Fault,
        yields_to: ["PD0001", "PD0002", "PD0004", "PD0005", "PD4002", "PD4003", "PD4004", "PD4005"],
        page: "pd4009_username_form.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    if race::answers_superseded(&scene).is_some() {
        return None;
    }
    let failure = scene.attempt.failure()?;
    // Another number says that the account was found.
    if failure.error.is_some_and(|e| e != 691 && e != 649) {
        return None;
    }
    let (index, response) = scene
        .responses()
        .filter(|(_, r)| r.mark.frame < failure.mark.frame && r.credential != Credential::Opaque)
        .last()?;
    let case = Case { c, scene, failure, index, response };
    case.domain_hashed().or_else(|| case.other_form_worked()).or_else(|| case.no_such_name())
}

/// The refused Response.
struct Case<'a> {
    c: &'a Conversation,
    scene: Scene<'a>,
    failure: &'a Verdict,
    index: usize,
    response: &'a Response,
}

impl Case<'_> {
    /// The client hashed the domain too, where RFC 2759 wants the bare name.
    fn domain_hashed(&self) -> Option<Hit> {
        let proof = &self.scene.attempt.proof;
        let answer = proof.answers.get(self.index).copied().flatten()?;
        if answer.form != NameForm::Full {
            return None;
        }
        let name = lossy(&self.response.name);
        let (certainty, how) = match proof.verified {
            Verified::Match => (Certainty::Certain, "the supplied password"),
            _ => (Certainty::Likely, "the 16-bit-tail test, without the password"),
        };
        Some(self.hit(
            certainty,
            format!("the client hashed \"{name}\" with its domain; the server expects the bare user name"),
            format!("In MS-CHAPv2 the domain must not go into the hash (RFC 2759 §4, §8.2). The Response fits the Challenge only with the full name \"{name}\" (proven by {how}), so a server that follows the RFC gets another result and refuses a password that may be right."),
        ))
    }

    /// The same password under another form of the name was accepted, in this conversation, or minutes
    /// before or after it in another one.
    fn other_form_worked(&self) -> Option<Hit> {
        let class = self.scene.attempt.proof.password_class.get(self.index).copied().flatten()?;
        let name = &self.response.name;
        let contrast = |l: &Logon| {
            l.success
                && l.password_class == Some(class)
                && l.name != *name
                && same_user(&l.name, name)
        };
        let here = logon::all(self.c).map(|(l, ..)| l).find(|l| contrast(l));
        let good = here.or_else(|| self.c.elsewhere.iter().find(|l| contrast(l)).cloned())?;
        let (name, other) = (lossy(&self.response.name), lossy(&good.name));
        Some(
            self.hit(
                Certainty::Likely,
                format!("the server knows \"{other}\", not \"{name}\": the same password was accepted under that form"),
                format!("The password is the same in both log-ons (equal hash tails); only the form of the name differs. The server accepted \"{other}\" and refused \"{name}\"."),
            )
            .frame(good.response, format!("Response as \"{other}\""))
            .frame(good.verdict, "accepted"),
        )
    }

    /// pppd finds no secret for the name, which carries a domain.
    fn no_such_name(&self) -> Option<Hit> {
        let proof = &self.scene.attempt.proof;
        let sound = proof.answers.get(self.index).copied().flatten().is_some();
        let name = lossy(&self.response.name);
        let pppd = self.c.family(Dir::ToClient).is_pppd();
        let bare = bare(&self.response.name);
        let unknown = self.failure.error.is_none() && self.failure.text.is_empty();
        if !pppd || !sound || !unknown || bare.len() == self.response.name.len() {
            return None;
        }
        let bare = lossy(bare);
        Some(
            self.hit(
                Certainty::Likely,
                format!("the server finds no user \"{name}\": it may know \"{bare}\" only"),
                "pppd answers with a Failure without text where it has no secret for a name (a wrong password gets E=691). The name carries a domain or a blank, and pppd looks it up as it stands unless it is told to take the domain off. The Response itself is sound (proven without the password).".to_owned(),
            )
            .missing(format!("Whether the server knows \"{bare}\" is not in the capture: try that name, or look into the server's log. An unknown user, and pppd's RADIUS plug-in, look the same.")),
        )
    }

    fn hit(&self, certainty: Certainty, summary: String, detail: String) -> Hit {
        let refusal = Refusal { scene: self.scene, verdict: self.failure, error: 0 };
        let mut hit = refusal.hit(summary, detail);
        hit.certainty = certainty;
        hit
    }
}

/// The name without domain, realm and blanks around it.
fn bare(name: &[u8]) -> &[u8] {
    let user = name.rsplit(|&b| b == b'\\' || b == b'/').next().unwrap_or(name);
    let user = user.split(|&b| b == b'@').next().unwrap_or(user);
    user.trim_ascii()
}

fn same_user(a: &[u8], b: &[u8]) -> bool {
    bare(a).eq_ignore_ascii_case(bare(b))
}
