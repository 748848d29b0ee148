//! Finds names and addresses in texts, and puts others in their places.

use super::Place;
use super::addresses;
use super::addresses::Addresses;
use super::addresses::Kind;
use super::names::Names;
use super::names::is_letter;
use crate::report::view::View;

/// What takes the places of what.
pub(super) struct Cover {
    names: Names,
    addresses: Addresses,
}

impl Cover {
    /// Knows the names of a report, and not yet its addresses.
    pub(super) fn new(view: &View) -> Self {
        let names = view.conversations.iter().flat_map(|c| &c.shown.names);
        Self { names: Names::new(names), addresses: Addresses::default() }
    }

    /// Remembers the addresses of a text.
    pub(super) fn learn(&mut self, place: Place, text: &str) {
        let kind = match place {
            Place::Client => Kind::Client,
            Place::Server => Kind::Server,
            Place::Name | Place::Sentence => Kind::Other,
        };
        let Self { names, addresses } = self;
        scan(names, place, text, |piece| {
            if let Piece::Address(address) = piece {
                addresses.learn(address, kind);
            }
        });
    }

    /// Replaces the names and addresses of a text.
    pub(super) fn replace(&mut self, place: Place, text: &mut String) {
        let mut out = String::with_capacity(text.len());
        let Self { names, addresses } = self;
        scan(names, place, text, |piece| match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Name(instead) => out.push_str(instead),
            Piece::Address(address) => out.push_str(&addresses.instead(address).to_string()),
        });
        *text = out;
    }
}

/// Takes a text apart.
fn scan(names: &Names, place: Place, text: &str, mut each: impl FnMut(Piece<'_>)) {
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let (piece, length) = piece(names, place, before, rest);
        let length = length.max(first.len_utf8());
        let (taken, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        before = taken.chars().next_back();
        rest = tail;
        each(piece.unwrap_or(Piece::Text(taken)));
    }
}

/// What a text begins with, none where it is plain; and its length.
fn piece<'n>(
    names: &'n Names,
    place: Place,
    before: Option<char>,
    rest: &str,
) -> (Option<Piece<'n>>, usize) {
    let inside = before.is_some_and(is_letter) && rest.starts_with(is_letter);
    if !inside {
        if let Some(found) = names.at_start(rest) {
            let after = rest.get(found.length..).and_then(|t| t.chars().next());
            if !found.common || is_quoted(place, before, after) {
                return (Some(Piece::Name(found.instead)), found.length);
            }
        }
        if !matches!(before, Some('.' | '§'))
            && let Some((address, length)) = addresses::at_start(rest)
        {
            return (Some(Piece::Address(address)), length);
        }
    }
    (None, rest.find(|c| !is_letter(c)).unwrap_or(rest.len()))
}

/// Whether what stands between these two is a name, not a word: `"User"`, `"ACME\User"`, `"User@acme"`.
fn is_quoted(place: Place, before: Option<char>, after: Option<char>) -> bool {
    let marks = |c: Option<char>| match c {
        Some(c) => matches!(c, '"' | '\\' | '@' | '…'),
        None => place == Place::Name,
    };
    marks(before) && marks(after)
}

/// A part of a text.
enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
    Address(std::net::IpAddr),
}
