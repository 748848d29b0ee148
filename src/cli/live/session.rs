//! A live capture: from frames to news, and to the report at the end.

use std::io;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use super::across::Across;
use super::keep::Keep;
use super::metrics::Figures;
use super::metrics::KeptFigures;
use super::metrics::Shared;
use super::seldom::Seldom;
use super::show::Meters;
use super::show::Show;
use super::show::Wish;
use super::signals::Signals;
use crate::base::text::visible;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::capture::CaptureFacts;
use crate::capture::live::Heard;
use crate::capture::live::LiveError;
use crate::capture::live::Sniffer;
use crate::cli::CliError;
use crate::cli::ended::Ended;
use crate::cli::gather;
use crate::cli::memory;
use crate::cli::memory::Memory;
use crate::cli::plan::Live;
use crate::crypto::secret::Secrets;
use crate::pipeline::Analyzer;
use crate::pipeline::Options;
use crate::pipeline::watch::Change;
use crate::pipeline::watch::News;
use crate::pipeline::watch::Watch;
use crate::report::event::Event;
use crate::report::event::Kept;
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
    across: Across,
    memory: Memory,
    /// Capture time: of the newest frame, or of the clock while nothing comes.
    now: Timestamp,
    began: Timestamp,
    replenished: Timestamp,
    /// Since when the interface is away.
    gone: Option<Timestamp>,
    /// How often it was away, and how long in all.
    absences: (u32, Span),
    /// Frames lost so far; those not yet told; conversations closed for want of memory and not yet told.
    dropped: u64,
    lost: Seldom,
    shed: Seldom,
    worst: Option<Severity>,
    /// `None`: packets are not kept, or it has not begun.
    keep: Option<Keep>,
    /// What a keeper of packets asks about the interface; link types are added as they come.
    facts: CaptureFacts,
    figures: Figures,
    shared: Arc<Shared>,
    /// When the figures were handed on.
    shown: Option<Instant>,
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
        let options = Options { ports: plan.capture.ports.clone(), secrets, ..Options::default() };
        let now = clock();
        let facts = sniffer.facts().clone();
        Self {
            plan,
            sniffer,
            analyzer: Analyzer::new(options),
            watch: Watch::default(),
            site,
            settings: view::Settings {
                names: false,
                timeline: plan.style.verbose || plan.format.draws_messages(),
                secrets: given,
                filter: plan.filter.clone(),
            },
            ended: Ended::newest(KEPT),
            across: Across::default(),
            memory: Memory::new(plan.max_memory, allocated),
            now,
            began: now,
            replenished: now,
            gone: None,
            absences: (0, Span::ZERO),
            dropped: 0,
            lost: Seldom::default(),
            shed: Seldom::default(),
            worst: None,
            keep: None,
            facts,
            figures: Figures {
                started: now,
                memory_limit: Some(plan.max_memory),
                ..Figures::default()
            },
            shared: Arc::default(),
            shown: None,
        }
    }

    /// Begins to keep packets, if that is planned.
    pub(super) fn begin_to_keep(&mut self) -> Result<(), CliError> {
        if let Some(plan) = &self.plan.keep {
            let ports = &self.plan.capture.ports;
            self.keep = Some(Keep::open(plan, ports, &self.facts, self.now)?);
        }
        Ok(())
    }

    /// Where the newest figures are.
    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Name of the interface.
    pub(super) fn interface(&self) -> &str {
        &self.facts.name
    }

    /// Listens until the plan, the user or a signal ends it.
    #[allow(clippy::disallowed_methods)] // The clock of the user who waits.
    pub(super) fn run(&mut self, show: &mut dyn Show, signals: &Signals) -> Result<(), Stopped> {
        let started = Instant::now();
        let (mut beat, mut shown) = (started, started);
        loop {
            match self.sniffer.next(WAIT).map_err(Stopped::Live)? {
                Heard::Frame(frame) => {
                    self.now = self.now.max(frame.at);
                    self.figures.frames_analysed += 1;
                    self.figures.last_frame = Some(frame.at);
                    self.analyzer.push(&frame);
                    if let Some(keep) = &mut self.keep
                        && let Err(e) = keep.frame(&frame, &self.facts)
                    {
                        self.note("not-kept", e.to_string(), show)?;
                    }
                }
                Heard::Quiet => self.now = self.now.max(clock()),
                Heard::Gone => self.gone(show)?,
                Heard::Back => self.back(show)?,
            }
            if self.memory.is_short() {
                self.keep_within_memory(show)?;
            }
            let time = Instant::now();
            if time - beat >= BEAT {
                beat = time;
                self.look(show)?;
            }
            if time - shown >= SHOWN {
                shown = time;
                if show.beat(self).map_err(Stopped::Output)? == Wish::End {
                    break;
                }
            }
            let over = self.plan.duration.is_some_and(|d| time - started >= d)
                || self.plan.count.is_some_and(|n| self.figures.frames_analysed >= n);
            if over || signals.asked() {
                break;
            }
        }
        self.look(show)
    }

    /// What can be read off now.
    pub(super) fn meters(&self) -> Meters {
        Meters {
            interface: self.sniffer.facts().name.clone(),
            gone: self.gone,
            now: self.now,
            running: self.now - self.began,
            frames: self.figures.frames_analysed,
            dropped: self.dropped,
            memory: self.memory.used(),
        }
    }

    /// The conversations that are not closed: number, newest packet, whether the end was told.
    pub(super) fn open(&self) -> impl Iterator<Item = (u32, Timestamp, bool)> {
        self.analyzer.open().map(|c| (c.id, c.ended.at, self.watch.ended(c.id)))
    }

    /// All of an open conversation, its messages too.
    pub(super) fn glimpse(&mut self, id: u32) -> Option<view::Conversation> {
        let diagnosed = self.analyzer.glimpse(id)?;
        Some(gather::mirror(&diagnosed, &self.with_messages(), &self.site))
    }

    fn with_messages(&self) -> view::Settings {
        view::Settings { timeline: true, ..self.settings.clone() }
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
        for f in self.across.look(&mut self.analyzer, self.now, &self.settings.filter) {
            self.worst = self.worst.max(Some(f.severity));
            *self.figures.findings.entry(f.rule.to_string()).or_default() += 1;
            let event = Event::of_capture(self.now, self.found(&f));
            show.event(&event, None).map_err(Stopped::Output)?;
        }
        if let Some(Err(e)) = self.keep.as_mut().map(|k| k.tick(self.now)) {
            self.note("not-kept", e.to_string(), show)?;
        }
        let drops = self.sniffer.drops();
        self.figures.frames_received = drops.received;
        self.figures.dropped_by_kernel = drops.dropped_kernel;
        self.figures.dropped_by_interface = drops.dropped_interface;
        let dropped = drops.dropped_kernel + drops.dropped_interface;
        self.lost.add(dropped.saturating_sub(self.dropped));
        self.dropped = dropped;
        if let Some(count) = self.lost.due(self.now) {
            let text = format!(
                "{count} packets were lost before they could be read: a larger --buffer holds more of them"
            );
            self.note("dropped", text, show)?;
        }
        if let Some(count) = self.shed.due(self.now) {
            let text = format!("memory ran short: {count} conversations were closed early");
            self.note("memory", text, show)?;
        }
        self.hand_on();
        Ok(())
    }

    /// Gives the newest figures to whoever asks.
    #[allow(clippy::disallowed_methods)] // The clock of the user who waits.
    fn hand_on(&mut self) {
        let time = Instant::now();
        if self.plan.metrics.is_none() || self.shown.is_some_and(|t| time - t < FIGURES_EVERY) {
            return;
        }
        self.shown = Some(time);
        self.figures.conversations_open = self.watch.stages();
        self.figures.conversations_evicted = self.analyzer.evicted();
        self.figures.memory = self.memory.used();
        let name = &self.facts.name;
        self.figures.down = self.gone.map(|_| format!("{name} is down or gone"));
        self.figures.kept =
            self.keep.as_ref().map(|k| KeptFigures { frames: k.frames(), writing: k.is_writing() });
        self.shared.update(self.figures.clone());
    }

    fn take_closed(&mut self, show: &mut dyn Show) -> Result<(), Stopped> {
        while let Some(diagnosed) = self.analyzer.pop_closed() {
            let news = self.watch.closed(diagnosed);
            self.tell(news, true, show)?;
        }
        Ok(())
    }

    fn tell(&mut self, news: News, closed: bool, show: &mut dyn Show) -> Result<(), Stopped> {
        let mut c = if closed && show.messages() {
            gather::mirror(&news.now, &self.with_messages(), &self.site)
        } else {
            gather::mirror(&news.now, &self.settings, &self.site)
        };
        let mut whats = Vec::new();
        for change in news.changes {
            match change {
                Change::Began => {
                    self.figures.conversations_started += 1;
                    whats.push(What::Began);
                }
                Change::Reached(_) => whats.push(What::Reached),
                Change::Found(f) => {
                    let shown = c.findings.iter().find(|m| m.rule == f.rule.id);
                    whats.extend(shown.map(|m| self.found(m)));
                }
                // What was not shown is not taken back.
                Change::Withdrawn(rule, (severity, certainty)) => {
                    if self.settings.filter.admits(rule.id, severity, certainty) {
                        whats.push(What::Withdrawn { rule: rule.id, name: rule.name });
                    }
                }
                Change::Ended(_) => {
                    let of_site = c.findings.iter().filter(|m| m.origin == Origin::Site);
                    whats.extend(of_site.map(|m| self.found(m)));
                    whats.push(What::Ended { primary: c.primary });
                }
            }
        }
        for what in whats {
            if let What::Found { finding, .. } = &what {
                *self.figures.findings.entry(finding.rule.to_string()).or_default() += 1;
            }
            let event = Event::of(&c, self.now, what);
            show.event(&event, Some(&c)).map_err(Stopped::Output)?;
        }
        if closed {
            *self.figures.conversations_ended.entry(c.outcome).or_default() += 1;
            self.worst = self.worst.max(c.worst());
            show.closed(&c).map_err(Stopped::Output)?;
            if !self.settings.timeline {
                c.timeline = Vec::new();
            }
            if !self.plan.streams() {
                self.ended.add(c);
            }
        }
        Ok(())
    }

    fn found(&self, finding: &view::Finding) -> What {
        let place = |e: &view::Evidence| {
            let place = self.keep.as_ref()?.place(e.frame)?;
            let file = visible(&place.path.display().to_string(), LONGEST_NAME);
            Some(Kept { frame: e.frame, file, number: place.number })
        };
        let kept = finding.evidence.iter().filter_map(place).collect();
        What::Found { finding: Box::new(finding.clone()), kept }
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
        // It may have another link type now.
        self.facts = self.sniffer.facts().clone();
        self.note("interface-up", text, show)
    }

    /// Forgets what is over, then closes old conversations, until there is room.
    fn keep_within_memory(&mut self, show: &mut dyn Show) -> Result<(), Stopped> {
        for _ in 0..memory::ROUNDS {
            self.ended.shed();
            show.shed();
            self.analyzer.shed_past();
            if !self.memory.is_short() {
                break;
            }
            let closed = self.analyzer.shed();
            self.shed.add(u64::try_from(closed).unwrap_or(u64::MAX));
            self.take_closed(show)?;
            if closed == 0 || !self.memory.is_short() {
                break;
            }
        }
        Ok(())
    }

    /// Ends it: what is open is told as it stands.
    pub(super) fn finish(mut self) -> Whole {
        let until = self.now;
        let kept = self.keep.take().map_or(Ok(()), |k| k.finish(until));
        self.sniffer.drops();
        let mut facts = self.sniffer.facts().clone();
        facts.until = Some(self.now);
        let captures = [(0, facts)];
        let mut analysis = self.analyzer.finish();
        self.across.complete(&mut analysis);
        let told = self.ended.take();
        let mut view = gather::whole(analysis, told, &captures, true, &self.settings, &self.site);
        if let Err(e) = kept {
            view.notes.push(Note::new("not-kept", &e.to_string()));
        }
        if self.absences.0 > 0 {
            let away = self.gone.map_or(Span::ZERO, |since| self.now - since);
            let all = Span(self.absences.1.0.saturating_add(away.0));
            let often = match self.absences.0 {
                1 => "once".to_owned(),
                n => format!("{n} times"),
            };
            let text = format!(
                "the interface was down {often}, {:.0} s in all: packets of that time are missing",
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
const FIGURES_EVERY: Duration = Duration::from_secs(1);
const LONGEST_NAME: usize = 200;
/// Between two looks at what is shown, and at the keys.
const SHOWN: Duration = Duration::from_millis(60);
/// Between two searches for hash tails, on the average.
const REPLENISH: Span = Span::from_secs(10);
/// Conversations kept for the report, with faults and without.
const KEPT: usize = 5000;
