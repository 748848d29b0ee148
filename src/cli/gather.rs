//! From what the analysis leaves to what a report says: mirrors of conversations, and the whole view.

use super::ended::Told;
use crate::base::limits;
use crate::capture::CaptureFacts;
use crate::link::LinkNote;
use crate::pipeline::Analysis;
use crate::pipeline::Diagnosed;
use crate::report::grouped;
use crate::report::view;
use crate::report::view::Filter;
use crate::report::view::Note;
use crate::report::view::View;
use crate::site::SiteRules;

/// The mirror of a conversation. What a site rule asks for must be there while it is asked, whatever the
/// report is to show.
pub(super) fn mirror(
    d: &Diagnosed,
    settings: &view::Settings,
    site: &SiteRules,
) -> view::Conversation {
    let asked = view::Settings {
        timeline: settings.timeline || site.need_timeline(),
        filter: Filter::default(),
        ..*settings
    };
    let mut mirror = view::conversation(&d.conversation, &d.diagnosis, &asked);
    site.apply(&mut mirror);
    mirror.keep(&settings.filter);
    if !settings.timeline {
        mirror.timeline = Vec::new();
        for call in &mut mirror.calls {
            (call.series, call.echoes) = (None, Vec::new());
        }
    }
    mirror
}

/// The view of a whole run. `told` is what is kept of conversations that were over before its end.
pub(super) fn whole(
    analysis: Analysis,
    told: Told,
    captures: &[(u32, CaptureFacts)],
    by_number: bool,
    settings: &view::Settings,
    site: &SiteRules,
) -> View {
    let Analysis { conversations: rest, findings, findings_left_out, notes, copies, evicted } =
        analysis;
    let Told { mut conversations, left_out, rest: counted, note } = told;
    conversations.extend(rest.iter().map(|d| mirror(d, settings, site)));
    if by_number {
        conversations.sort_by_key(|c| c.id);
    }
    let captures = captures.iter().map(|(index, facts)| {
        let of_links = notes.iter().filter(|note| note.frame.capture() == *index);
        view::Capture::new(facts, of_links.map(link_note))
    });
    let across = findings.iter().map(view::across).filter(|f| settings.filter.keeps(f));
    let run_notes = run_notes(copies, evicted, findings_left_out);
    let mut view = View::new(captures.collect(), conversations, across.collect(), run_notes);
    view.summary += left_out;
    view.rest = counted;
    view.notes.extend(note);
    view
}

fn link_note(note: &LinkNote) -> Note {
    Note::new(note.code, &note.text)
}

fn run_notes(copies: u64, evicted: u64, findings_left_out: u64) -> Vec<Note> {
    let mut notes = Vec::new();
    if copies > 0 {
        let text = format!(
            "{} packets are in the capture twice (taken at two interfaces or hops); each is \
             counted once",
            grouped(copies)
        );
        notes.push(Note::new("copies", &text));
    }
    if evicted > 0 {
        let text = format!(
            "{} conversations were closed early because too many were open at one time, or memory \
             ran short (--max-memory allows more); what came in the minute and a half after that is \
             left out, what came later is a conversation of its own",
            grouped(evicted)
        );
        notes.push(Note::new("conversations-evicted", &text));
    }
    if findings_left_out > 0 {
        let text = format!(
            "findings that take several conversations: there was room for {}; {} that were found before \
             these are left out",
            grouped(u64::try_from(limits::FOUND_TOGETHER).unwrap_or(u64::MAX)),
            grouped(findings_left_out)
        );
        notes.push(Note::new("findings-left-out", &text));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_without_room_are_not_left_out_without_a_word() {
        assert!(run_notes(0, 0, 0).is_empty());
        let [note] = &run_notes(0, 0, 1234)[..] else { panic!("one note") };
        assert_eq!(note.code, "findings-left-out");
        assert!(note.text.contains("1,234 that"), "{}", note.text);
    }
}
