//! The analysis of captures: read, diagnose, report.

use std::cell::RefCell;
use std::io;
use std::io::IsTerminal as _;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;

use super::CliError;
use super::Environment;
use super::Status;
use super::annotate;
use super::decrypt;
use super::decrypt::Export;
use super::ended::Ended;
use super::explain;
use super::fence;
use super::gather;
use super::memory::Memory;
use super::output;
use super::parallel;
use super::plan;
use super::plan::Analyze;
use super::plan::Output;
use super::progress::Progress;
use super::reading;
use super::say;
use super::secrets;
use super::site;
use super::stream;
use super::stream::Stream;
use crate::capture::CaptureError;
use crate::capture::CaptureFacts;
use crate::capture::timeline::Input;
use crate::capture::timeline::Timeline;
use crate::crypto::secret::Secrets;
use crate::crypto::tail::Searches;
use crate::pipeline::Analyzer;
use crate::pipeline::Diagnosed;
use crate::pipeline::Options;
use crate::pipeline::finish_together;
use crate::report;
use crate::report::Format;
use crate::report::view;
use crate::report::view::View;
use crate::site::SiteRules;

/// Runs the plan. Captures that cannot be read are named and left out; the others are analysed.
pub(super) fn run(
    plan: &Analyze,
    environment: &Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, CliError> {
    let Some(site) = site::load(plan.site.as_deref(), err) else { return Ok(Status::Error) };
    only_known_rules(plan, &site)?;
    let secrets = match &plan.secrets {
        Some(path) => secrets::read(path, plan.quiet, err)?,
        None => Secrets::default(),
    };
    let outputs = [plan.output.file(), plan.decrypt.as_deref(), plan.annotate.as_deref()];
    if let Some(note) = fence::enclose(environment, &plan.inputs, outputs.into_iter().flatten())
        && plan.style.verbose
        && !plan.quiet
    {
        say(err, &format!("note: {note}"));
    }
    let (inputs, errors) = readable(&plan.inputs);
    let mut unreadable = !errors.is_empty();
    for e in errors {
        say(err, &e.to_string());
    }
    if inputs.is_empty() {
        return Ok(Status::Error);
    }
    let mut run = Run {
        by_number: plan.format != Format::Ndjson,
        settings: view::Settings {
            timeline: plan.style.verbose || plan.format.draws_messages(),
            secrets: plan.secrets.is_some(),
            names: plan.redact,
            filter: plan.filter.clone(),
        },
        site,
        points: Vec::new(),
        facts: Vec::new(),
        ended: kept(plan),
        memory: Memory::new(plan.max_memory, environment.allocated),
        processors: environment.processors,
    };
    let sieve = reading::sieve(&plan.ports);
    let searches = Searches::default();
    for members in reading::points(&inputs, &plan.ports, environment.processors) {
        let options = Options {
            ports: plan.ports.clone(),
            secrets: secrets.clone(),
            searches: searches.clone(),
            inner: plan.decrypt.is_some(),
            lean: !run.settings.timeline && !run.site.need_timeline(),
        };
        let (timeline, errors) = Timeline::sifted(&members, environment.processors, sieve.clone());
        unreadable |= !errors.is_empty();
        for e in errors {
            say(err, &e.to_string());
        }
        run.points.push((timeline, Analyzer::new(options)));
    }
    let streams = stream::is_possible(plan, run.points.len());
    let mut streamed = if streams { Some(Stream::begin(plan, out)?) } else { None };
    // Lines on a terminal tell of progress enough.
    let seen = plan.output == Output::Standard && io::stdout().is_terminal();
    let mut progress = Progress::new(&plan.inputs, plan.quiet || (streams && seen));
    let failed = match (&plan.decrypt, &mut streamed) {
        (Some(path), _) => run.decrypt(&mut progress, path)?,
        (None, Some(s)) => {
            run.read(&mut progress, Beside::Report(s)).map_err(|e| stream::failed(plan, e))?
        }
        (None, None) => run.read(&mut progress, Beside::Nothing).map_err(CliError::Output)?,
    };
    progress.finish();
    for e in failed {
        unreadable = true;
        say(err, &e.to_string());
    }
    if run.facts.is_empty() {
        return Ok(Status::Error);
    }
    if !plan.quiet {
        run.warn_of_damage(err);
    }
    let mut view = run.finish();
    if plan.decrypt.is_some() && !plan.quiet {
        decrypt::tell(&view, err);
    }
    if let Err(nothing) = view.select(&plan.selection) {
        say(err, &nothing);
        return Ok(Status::Error);
    }
    if let Some(path) = &plan.annotate {
        let frames = annotate::write(plan, path, &inputs, &view, environment.processors)?;
        if !plan.quiet {
            say(err, &format!("{frames} frames have comments in {}", path.display()));
        }
    }
    let view = if plan.redact { report::redact::redact(view) } else { view };
    let worst = if let Some(stream) = streamed {
        stream.finish(&view).map_err(|e| stream::failed(plan, e))?
    } else {
        write(&view, plan, out)?;
        view.summary.worst()
    };
    Ok(match plan.fail_on {
        _ if unreadable => Status::Error,
        Some(least) if worst >= Some(least) => Status::Findings,
        _ => Status::Clean,
    })
}

/// The inputs that can be opened as captures, each with its index in the report, and why others cannot.
pub(super) fn readable(paths: &[PathBuf]) -> (Vec<(u32, Input)>, Vec<CaptureError>) {
    let mut inputs = Vec::new();
    let mut errors = Vec::new();
    for input in paths.iter().map(|path| plan::input(path)) {
        match input.probe() {
            Ok(()) => inputs.push((u32::try_from(inputs.len()).unwrap_or(u32::MAX), input)),
            Err(e) => errors.push(e),
        }
    }
    (inputs, errors)
}

/// What is kept of conversations that are over: for a report of bounded length what it tells in detail.
fn kept(plan: &Analyze) -> Ended {
    let all = plan.style.verbose
        || plan.redact
        || plan.annotate.is_some()
        || !plan.selection.is_empty()
        || plan.format != Format::Text && plan.output != Output::Nowhere;
    if all { Ended::newest(usize::MAX) } else { Ended::worst(report::TEXT_HOLDS) }
}

/// Every `--rule` must name a rule; those of the site are known only now.
fn only_known_rules(plan: &Analyze, site: &SiteRules) -> Result<(), CliError> {
    for word in plan.filter.rules.iter().filter(|word| site.find(word).is_none()) {
        explain::find(word).map_err(CliError::Usage)?;
    }
    Ok(())
}

/// What is written while captures are read.
enum Beside<'w, 'o> {
    Nothing,
    /// Packets from inside the tunnels.
    Inner(&'w mut Export<&'o mut dyn Write>),
    /// Conversations that are over.
    Report(&'w mut Stream<'o>),
}

impl Beside<'_, '_> {
    /// Takes a conversation that is over.
    fn take(
        &mut self,
        ended: &mut Ended,
        d: &Diagnosed,
        settings: &view::Settings,
        site: &SiteRules,
    ) -> io::Result<()> {
        if let Self::Report(stream) = self {
            return stream.conversation(&gather::mirror(d, settings, site));
        }
        // What a rule of the site makes of it only the whole mirror tells.
        let outline = || view::outline(&d.conversation, &d.diagnosis, settings);
        if !site.all().is_empty() || !ended.counts(outline) {
            ended.add(gather::mirror(d, settings, site));
        }
        Ok(())
    }
}

struct Run {
    /// Whether conversations are told in the order in which they began, or in which they ended.
    by_number: bool,
    settings: view::Settings,
    /// The site's own rules.
    site: SiteRules,
    /// One timeline and analysis for each point at which captures were taken.
    points: Vec<(Timeline, Analyzer)>,
    /// Facts of the captures that are read, by their indexes.
    facts: Vec<(u32, CaptureFacts)>,
    /// Mirrors of what is over: the facts themselves need not be kept.
    ended: Ended,
    memory: Memory,
    processors: usize,
}

impl Run {
    /// Reads all captures; returns what failed in the middle. What was read before stays.
    /// An error is one of writing what is written beside.
    fn read(
        &mut self,
        progress: &mut Progress,
        mut beside: Beside<'_, '_>,
    ) -> io::Result<Vec<CaptureError>> {
        // A conversation of several points is complete only at the end of all.
        let drain = self.points.len() == 1;
        let progress = Mutex::new(progress);
        let mut failed = Vec::new();
        if !drain && matches!(beside, Beside::Nothing) {
            let threads = self.processors.min(self.points.len());
            let nothing = |_: &mut Analyzer| Ok(());
            let no_room = |_: &mut Analyzer| false;
            let read = parallel::each(&mut self.points, threads, |(timeline, analyzer)| {
                reading::read_through(timeline, analyzer, &progress, &mut { nothing }, &mut {
                    no_room
                })
            });
            for of_one in read {
                failed.extend(of_one?);
            }
        } else {
            for (point, (timeline, analyzer)) in self.points.iter_mut().enumerate() {
                let names = decrypt::names(timeline.facts());
                let (memory, ended) = (self.memory, RefCell::new(&mut self.ended));
                let of_one = reading::read_through(
                    timeline,
                    analyzer,
                    &progress,
                    &mut |analyzer| {
                        if let Beside::Inner(export) = &mut beside {
                            for packet in analyzer.drain_inner() {
                                export.packet(point, &packet, &names)?;
                            }
                        }
                        if drain {
                            let ended = &mut ended.borrow_mut();
                            tell_closed(analyzer, &mut beside, ended, &self.settings, &self.site)?;
                        }
                        Ok(())
                    },
                    &mut |analyzer| drain && keep_within(memory, &mut ended.borrow_mut(), analyzer),
                );
                failed.extend(of_one?);
                if drain {
                    // One by one: what is open may be much.
                    analyzer.end();
                    let ended = ended.into_inner();
                    tell_closed(analyzer, &mut beside, ended, &self.settings, &self.site)?;
                }
            }
        }
        for (timeline, _) in &mut self.points {
            self.facts.extend_from_slice(timeline.facts());
        }
        self.facts.sort_by_key(|(index, _)| *index);
        Ok(failed)
    }

    /// The same, with the packets from inside the tunnels written to `path`.
    fn decrypt(
        &mut self,
        progress: &mut Progress,
        path: &Path,
    ) -> Result<Vec<CaptureError>, CliError> {
        let mut failed = Vec::new();
        let written = output::replace_private(path, |out| {
            let mut export = Export::new(out)?;
            failed = self.read(progress, Beside::Inner(&mut export))?;
            export.finish().map(|_| ())
        });
        let name = || path.display().to_string();
        written.map_err(|e| CliError::File { name: name(), reason: e.to_string() })?;
        Ok(failed)
    }

    fn warn_of_damage(&self, err: &mut dyn Write) {
        for (_, facts) in &self.facts {
            warn_of_damage(facts, err);
        }
    }

    fn finish(self) -> View {
        let Self { by_number, settings, site, points, facts, ended, .. } = self;
        let analyzers = points.into_iter().map(|(_, analyzer)| analyzer).collect();
        let analysis = finish_together(analyzers);
        gather::whole(analysis, ended.take(), &facts, by_number, &settings, &site)
    }
}

/// Tells the conversations that are over, and lets go of them.
fn tell_closed(
    analyzer: &mut Analyzer,
    beside: &mut Beside<'_, '_>,
    ended: &mut Ended,
    settings: &view::Settings,
    site: &SiteRules,
) -> io::Result<()> {
    while let Some(closed) = analyzer.pop_closed() {
        beside.take(ended, &closed, settings, site)?;
    }
    Ok(())
}

/// Makes room where memory runs short: what is over goes before what is open. Returns whether something that
/// was open is over for that.
fn keep_within(memory: Memory, ended: &mut Ended, analyzer: &mut Analyzer) -> bool {
    if memory.is_short() {
        ended.shed();
    }
    if memory.is_short() {
        analyzer.shed_past();
    }
    memory.is_short() && analyzer.shed() > 0
}

/// One line for everything that means that a capture breaks off or is damaged.
pub(super) fn warn_of_damage(facts: &CaptureFacts, err: &mut dyn Write) {
    for note in facts.notes.iter().filter(|n| DAMAGE.contains(&n.code)) {
        say(err, &format!("warning: {}: {}", facts.name, note.text));
    }
}

fn write(view: &View, plan: &Analyze, out: &mut dyn Write) -> Result<(), CliError> {
    let render = |out: &mut dyn Write| report::render(plan.format, view, &plan.style, out);
    match &plan.output {
        Output::Nowhere => Ok(()),
        Output::Standard => render(out).map_err(|e| stream::failed(plan, e)),
        Output::File(path) => output::replace(path, render).map_err(|e| stream::failed(plan, e)),
    }
}

/// Notes of the readers that mean that a capture breaks off or is damaged.
const DAMAGE: [&str; 6] = [
    "cut-short",
    "damaged-block",
    "frame-table-damaged",
    "read-error",
    "record-too-large",
    "unpacks-too-large",
];
