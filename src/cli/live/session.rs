//! A live capture: from frames to news, and to the report at the end.

use std::io;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use super::ended::Ended;
use super::show::Show;
use super::show::Wish;
use super::signals::Signals;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::capture::live::Heard;
use crate::capture::live::LiveError;
use crate::capture::live::Sniffer;
use crate::cli::gather;
use crate::cli::plan::Live;
use crate::crypto::secret::Secrets;
use crate::pipeline::Analyzer;
use crate::pipeline::Options;
use crate::pipeline::watch::Change;
use crate::pipeline::watch::News;
use crate::pipeline::watch::Watch;
use crate::report::event::Event;
use crate::report::event::What;
use crate::report::view;
use crate::report::view::Note;
use crate::report::view::Origin;
use crate::report::view::View;
use crate::rules::Severity;
use crate::site::SiteRules;

/// A live capture and all that is known of it.
pub(super) struct Session<'p> {
    plan: &'p Live,
    sniffer: Sniffer,
    analyzer: Analyzer,
    watch: Watch,
    site: SiteRules,
    settings: view::Settings,
    ended: Ended,
    /// Octets of memory in use.
    allocated: fn() -> Option<u64>,
    /// Capture time: of the newest frame, or of the clock while nothing comes.
    now: Timestamp,
    replenished: Timestamp,
    /// Since when the interface is away.
    gone: Option<Timestamp>,
    /// How often it was away, and how long in all.
    absences: (u32, Span),
    frames: u64,
    dropped: u64,
    /// Conversations closed for want of memory.
    shed: u64,
    worst: Option<Severity>,
}

/// Why a session stopped before anybody asked.
pub(super) enum Stopped {
    /// The interface cannot be listened on any more.
    Live(LiveError),
    /// Nobody takes what is written.
    Output(io::Error),
}

/// What is known at the end.
pub(super) struct Whole {
    pub(super) view: View,
    /// The worst finding of the whole session.
    pub(super) worst: Option<Severity>,
}

impl<'p> Session<'p> {
    pub(super) fn new(
        plan: &'p Live,
        sniffer: Sniffer,
        secrets: Secrets,
        site: SiteRules,
        allocated: fn() -> Option<u64>,
    ) -> Self {
        let given = !secrets.is_empty();
        let options = Options { ports: plan.capture.ports.clone(), secrets, inner: false };
        let now = clock();
        Self {
            plan,
            sniffer,
            analyzer: Analyzer::new(options),
            watch: Watch::default(),
            site,
            settings: view::Settings {
                timeline: plan.style.verbose || plan.format.draws_messages(),
                secrets: given,
                filter: plan.filter.clone(),
            },
            ended: Ended::default(),
            allocated,
            now,
            replenished: now,
            gone: None,
            absences: (0, Span::ZERO),
            frames: 0,
            dropped: 0,
            shed: 0,
            worst: None,
        }
    }

    /// Listens until the plan, the user or a signal ends it.
    #[allow(clippy::disallowed_methods)] // The clock of the user who waits.
    pub(super) fn run(&mut self, show: &mut dyn Show, signals: &Signals) -> Result<(), Stopped> {
        let started = Instant::now();
        let mut beat = started;
        loop {
            match self.sniffer.next(WAIT).map_err(Stopped::Live)? {
                Heard::Frame(frame) => {
                    self.now = self.now.max(frame.at);
                    self.frames += 1;
                    self.analyzer.push(&frame);
                }
                Heard::Quiet => self.now = self.now.max(clock()),
                Heard::Gone => self.gone(show)?,
                Heard::Back => self.back(show)?,
            }
            if self.frames.is_multiple_of(MEMORY_EVERY) {
                self.keep_within_memory(show)?;
            }
            let time = Instant::now();
            if time - beat >= BEAT {
                beat = time;
                self.look(show)?;
                if show.beat(self).map_err(Stopped::Output)? == Wish::End {
                    break;
                }
            }
            let over = self.plan.duration.is_some_and(|d| time - started >= d)
                || self.plan.count.is_some_and(|n| self.frames >= n);
            if over || signals.asked() {
                break;
            }
        }
        self.look(show)
    }

    /// Tells what is new.
    fn look(&mut self, show: &mut dyn Show) -> Result<(), Stopped> {
        self.analyzer.tick(self.now);
        if self.now - self.replenished >= REPLENISH {
            self.replenished = self.now;
            self.analyzer.replenish();
        }
        for news in self.watch.look(&mut self.analyzer, self.now) {
            self.tell(news, false, show)?;
        }
        self.take_closed(show)?;
        let drops = self.sniffer.drops();
        let dropped = drops.dropped_kernel + drops.dropped_interface;
        if dropped > self.dropped {
            let text =
                format!("{} packets were lost before they could be read", dropped - self.dropped);
            self.dropped = dropped;
            self.note("dropped", text, show)?;
        }
        self.keep_within_memory(show)
    }

    fn take_closed(&mut self, show: &mut dyn Show) -> Result<(), Stopped> {
        if self.analyzer.any_closed() {
            let closed: Vec<_> = self.analyzer.drain_closed().collect();
            for diagnosed in closed {
                let news = self.watch.closed(diagnosed);
                self.tell(news, true, show)?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, news: News, closed: bool, show: &mut dyn Show) -> Result<(), Stopped> {
        let c = gather::mirror(&news.now, &self.settings, &self.site);
        let mut whats = Vec::new();
        for change in news.changes {
            match change {
                Change::Began => whats.push(What::Began),
                Change::Reached(_) => whats.push(What::Reached),
                Change::Found(f) => {
                    let shown = c.findings.iter().find(|m| m.rule == f.rule.id);
                    whats.extend(shown.map(|m| self.found(m)));
                }
                Change::Withdrawn(rule) => {
                    whats.push(What::Withdrawn { rule: rule.id, name: rule.name });
                }
                Change::Ended(_) => {
                    let of_site = c.findings.iter().filter(|m| m.origin == Origin::Site);
                    whats.extend(of_site.map(|m| self.found(m)));
                    whats.push(What::Ended { primary: c.primary });
                }
            }
        }
        for what in whats {
            let event = Event::of(&c, self.now, what);
            show.event(&event, Some(&c)).map_err(Stopped::Output)?;
        }
        if closed {
            self.worst = self.worst.max(c.worst());
            show.closed(&c).map_err(Stopped::Output)?;
            self.ended.add(c);
        }
        Ok(())
    }

    fn found(&self, finding: &view::Finding) -> What {
        What::Found { finding: Box::new(finding.clone()), kept: Vec::new() }
    }

    fn note(
        &mut self,
        code: &'static str,
        text: String,
        show: &mut dyn Show,
    ) -> Result<(), Stopped> {
        show.event(&Event::note(self.now, code, text), None).map_err(Stopped::Output)
    }

    fn gone(&mut self, show: &mut dyn Show) -> Result<(), Stopped> {
        self.now = self.now.max(clock());
        self.gone = Some(self.now);
        self.absences.0 += 1;
        let text = format!("{} is down or gone: waiting for it", self.sniffer.facts().name);
        self.note("interface-down", text, show)
    }

    fn back(&mut self, show: &mut dyn Show) -> Result<(), Stopped> {
        self.now = self.now.max(clock());
        let away = self.gone.take().map_or(Span::ZERO, |since| self.now - since);
        self.absences.1 = Span(self.absences.1.0.saturating_add(away.0));
        let text =
            format!("{} is up again after {:.0} s", self.sniffer.facts().name, away.as_secs());
        self.note("interface-up", text, show)
    }

    /// Closes old conversations where memory runs short, and says so.
    fn keep_within_memory(&mut self, show: &mut dyn Show) -> Result<(), Stopped> {
        let ceiling = self.plan.max_memory / 10 * 9;
        let short = |s: &Self| (s.allocated)().is_some_and(|used| used > ceiling);
        let mut closed = 0;
        let mut rounds = 0;
        while short(self) && rounds < SHED_ROUNDS {
            rounds += 1;
            self.ended.shed();
            closed += self.analyzer.shed();
            self.take_closed(show)?;
        }
        if closed > 0 {
            self.shed += u64::try_from(closed).unwrap_or(u64::MAX);
            let text = format!("memory ran short: {closed} conversations were closed early");
            self.note("memory", text, show)?;
        }
        Ok(())
    }

    /// Ends it: what is open is told as it stands.
    pub(super) fn finish(mut self) -> Whole {
        self.sniffer.drops();
        let mut facts = self.sniffer.facts().clone();
        facts.until = Some(self.now);
        let (told, left_out) = self.ended.take();
        // Where conversations were written as they ended, nothing is told again.
        let told = if self.plan.streams() { Vec::new() } else { told };
        let captures = [(0, facts)];
        let analysis = self.analyzer.finish();
        let mut view = gather::whole(analysis, told, &captures, true, &self.settings, &self.site);
        view.notes.extend(left_out.filter(|_| !self.plan.streams()));
        if self.absences.0 > 0 {
            let away = self.gone.map_or(Span::ZERO, |since| self.now - since);
            let all = Span(self.absences.1.0.saturating_add(away.0));
            let text = format!(
                "the interface was down {} times, {:.0} s in all: packets of that time are missing",
                self.absences.0,
                all.as_secs()
            );
            view.notes.push(Note::new("interface-down", &text));
        }
        let worst = self.worst.max(view.all_findings().map(|f| f.severity).max());
        Whole { view, worst }
    }
}

#[allow(clippy::disallowed_methods)] // While no frame comes, this is the time of the capture.
fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// How long to wait for a frame.
const WAIT: Duration = Duration::from_millis(100);
/// Between two looks at open conversations.
const BEAT: Duration = Duration::from_millis(250);
/// Between two searches for hash tails, on the average.
const REPLENISH: Span = Span::from_secs(10);
/// Frames between two looks at the memory, besides those of every beat.
const MEMORY_EVERY: u64 = 4096;
/// Each closes an eighth of what is open.
const SHED_ROUNDS: u32 = 16;
