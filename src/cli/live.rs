//! The command `live`: listens on an interface and tells what goes wrong while it goes wrong.
//!
//! One thread: frames are taken as they come, and several times a second open conversations are looked at
//! (`pipeline::watch`). Time is that of the frames; only while nothing comes it is the clock's, so that a backlog is
//! never taken for a silence.

mod across;
mod keep;
mod lines;
pub(super) mod metrics;
mod screen;
mod seldom;
mod session;
mod show;
mod signals;

use std::io;
use std::io::Write;

use super::CliError;
use super::Environment;
use super::Status;
use super::fence;
use super::output;
use super::plan::Live;
use super::plan::Output;
use super::say;
use super::secrets;
use super::site;
use crate::capture::live::LiveError;
use crate::capture::live::Sniffer;
use crate::confine::User;
use crate::crypto::secret::Secrets;
use crate::report;
use crate::report::Format;
use crate::rules::Severity;
pub(super) use keep::KeepPlan;
pub(super) use keep::Rotate;
use lines::Lines;
use metrics::Listener;
use screen::Screen;
use session::Session;
use signals::Signals;

/// Runs the plan until its end, a signal, or an interface that cannot be listened on any more.
pub(super) fn run(
    plan: &Live,
    environment: &Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, CliError> {
    let Some(site) = site::load(plan.site.as_deref(), err) else { return Ok(Status::Error) };
    let secrets = match &plan.secrets {
        Some(path) => secrets::read(path, false, err)?,
        None => Secrets::default(),
    };
    let live = |e: LiveError| CliError::Live(e.to_string());
    let sniffer = Sniffer::open(&plan.capture).map_err(live)?;
    let listener = match plan.metrics {
        Some(address) => {
            Some(Listener::bind(address).map_err(|e| CliError::Live(format!("{address}: {e}")))?)
        }
        None => None,
    };
    // What needs rights is open.
    let user = fence::give_up_rights(environment, plan.user.as_deref())?;
    let mut session = Session::new(plan, sniffer, secrets, site, environment.allocated);
    writable(plan, &mut session).map_err(|e| as_whom(e, user.as_ref()))?;
    let signals = Signals::register()
        .map_err(|e| CliError::Live(format!("signals cannot be caught: {e}")))?;
    if let Some(Ok(address)) = listener.as_ref().map(Listener::address) {
        say(err, &format!("metrics at http://{address}/metrics"));
    }
    let on = session.interface();
    say(err, &format!("listening on {on}; times are UTC; Ctrl-C ends it with the report"));
    // A terminal that cannot be taken over still takes lines. It is out of reach later.
    let screen = plan.screen.then(|| Screen::open(plan.events, plan.capture.filter.clone()));
    let mut screen = screen.and_then(Result::ok);
    let places = [plan.keep.as_ref().map(|k| &*k.path), plan.output.file()];
    let lacking = fence::enclose_live(environment, places.into_iter().flatten());
    if let Some(listener) = listener {
        let served = listener.serve(session.shared());
        served.map_err(|e| CliError::Live(format!("metrics cannot be served: {e}")))?;
    }
    if let Some(note) = lacking.as_ref().filter(|_| screen.is_none()) {
        say(err, note);
    }
    let mut failed = None;
    let streams = plan.streams();
    let (whole, lines, shown) = {
        let mut lines = match plan.format {
            Format::Ndjson => Lines::objects(&mut *out, streams),
            Format::Text => Lines::text(&mut *out, plan.events),
            _ => Lines::text(&mut *err, plan.events),
        };
        let ran = match &mut screen {
            Some(screen) => session.run(screen, &signals),
            None => session.run(&mut lines, &signals),
        };
        let shown = screen.take().is_some();
        // Here the terminal is as it was.
        signals.ask();
        match ran {
            Ok(()) => {}
            Err(session::Stopped::Live(e)) => failed = Some(e),
            Err(session::Stopped::Output(e)) => return Err(CliError::Output(e)),
        }
        (session.finish(), lines, shown)
    };
    let worst = whole.worst;
    if streams {
        lines.finish(&whole.view).map_err(CliError::Output)?;
    } else {
        let render = |to: &mut dyn Write| report::render(plan.format, &whole.view, &plan.style, to);
        match &plan.output {
            Output::Nowhere => {}
            Output::Standard => report_at_end(plan, out, render).map_err(CliError::Output)?,
            Output::File(path) => output::replace(path, render).map_err(|e| CliError::File {
                name: path.display().to_string(),
                reason: e.to_string(),
            })?,
        }
    }
    if let Some(note) = lacking.filter(|_| shown) {
        say(err, &note);
    }
    if let Some(e) = failed {
        say(err, &e.to_string());
        return Ok(Status::Error);
    }
    Ok(if worst >= Some(Severity::Fault) { Status::Findings } else { Status::Clean })
}

/// Makes sure that everything that is to be written can be: hours later it would be too late.
fn writable(plan: &Live, session: &mut Session<'_>) -> Result<(), CliError> {
    if let Some(path) = plan.output.file() {
        let tried = output::Unfinished::begin(path).map(drop);
        tried.map_err(|e| CliError::File {
            name: path.display().to_string(),
            reason: e.to_string(),
        })?;
    }
    session.begin_to_keep()
}

/// Rights were given up: that is why something cannot be written, as a rule.
fn as_whom(error: CliError, user: Option<&User>) -> CliError {
    match user {
        Some(user) => CliError::Live(format!(
            "{error}; files are written as {}: choose a place where that user may write, or another user \
             with --user",
            user.name
        )),
        None => error,
    }
}

fn report_at_end(
    plan: &Live,
    out: &mut dyn Write,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if plan.format == Format::Text {
        writeln!(out)?;
    }
    render(out)
}
