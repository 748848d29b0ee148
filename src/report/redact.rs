//! A report for strangers: other names for users, hosts and domains, addresses of the documentation
//! ranges, the same ones throughout, in every format. Frame numbers, times and findings stay.
//!
//! What stays as well: free sentences of peers (the text of a Failure, say), without the names in them,
//! and what the site's own rules say, without addresses. A name that is a word of the catalogue (`server`)
//! is replaced only where it stands as a name.

mod addresses;
mod cover;
mod names;

use std::borrow::Cow;

use self::cover::Cover;
use super::view::Conversation;
use super::view::Finding;
use super::view::Note;
use super::view::Origin;
use super::view::Step;
use super::view::View;

/// The same report with nothing in it that tells whose it is.
#[must_use]
pub fn redact(mut view: View) -> View {
    let mut cover = Cover::new(&view);
    // All addresses must be known before the first gets another.
    visit(&mut view, &mut |place, text| cover.learn(place, text));
    visit(&mut view, &mut |place, text| cover.replace(place, text));
    for (n, capture) in view.captures.iter_mut().enumerate() {
        capture.name = format!("capture-{}", n + 1);
    }
    for c in &mut view.conversations {
        c.shown.names = Vec::new();
    }
    view
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Client,
    Server,
    /// A name and nothing else.
    Name,
    Sentence,
}

type Visitor<'v> = dyn FnMut(Place, &mut String) + 'v;

/// Every text that may hold a name or an address.
fn visit(view: &mut View, each: &mut Visitor<'_>) {
    for c in &mut view.captures {
        notes(&mut c.notes, each);
    }
    notes(&mut view.notes, each);
    for c in &mut view.conversations {
        conversation(c, each);
    }
    findings(&mut view.findings, each);
}

fn conversation(c: &mut Conversation, each: &mut Visitor<'_>) {
    each(Place::Client, &mut c.client.address);
    each(Place::Server, &mut c.server.address);
    for peer in [&mut c.client, &mut c.server] {
        sentences(peer.implementation.as_mut(), each);
    }
    for call in &mut c.calls {
        if let Some(user) = &mut call.authentication.user {
            each(Place::Name, user);
        }
        sentences(call.client_address.as_mut(), each);
    }
    findings(&mut c.findings, each);
    sentences(&mut c.missing, each);
    notes(&mut c.notes, each);
    steps(&mut c.timeline, each);
    steps(&mut c.shown.last_steps, each);
}

fn findings(findings: &mut [Finding], each: &mut Visitor<'_>) {
    for f in findings {
        sentences([&mut f.summary, &mut f.detail], each);
        sentences(own(&mut f.client_sees), each);
        sentences(f.evidence.iter_mut().map(|e| &mut e.text), each);
        sentences(own(f.fix.iter_mut().map(|s| &mut s.text)), each);
        sentences(f.missing.as_mut(), each);
        // The catalogue's own sources have section numbers that look like addresses.
        if f.origin == Origin::Site {
            sentences(own(&mut f.references), each);
        }
    }
}

/// Texts that are not the catalogue's: nobody's name is in that.
fn own<'t>(
    texts: impl IntoIterator<Item = &'t mut Cow<'static, str>>,
) -> impl Iterator<Item = &'t mut String> {
    texts.into_iter().filter(|t| matches!(t, Cow::Owned(_))).map(Cow::to_mut)
}

fn notes(notes: &mut [Note], each: &mut Visitor<'_>) {
    sentences(notes.iter_mut().map(|n| &mut n.text), each);
}

fn steps(steps: &mut [Step], each: &mut Visitor<'_>) {
    sentences(steps.iter_mut().flat_map(|s| [&mut s.label, &mut s.detail]), each);
}

fn sentences<'t>(texts: impl IntoIterator<Item = &'t mut String>, each: &mut Visitor<'_>) {
    for text in texts {
        each(Place::Sentence, text);
    }
}

#[cfg(test)]
mod tests;
