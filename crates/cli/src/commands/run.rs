//! `dwc run`: the scheduled load.

use std::path::Path;
use std::time::Duration;

use dwc_compiler::diagnostic::{Code, Diagnostic};
use dwc_compiler::model::{Project, asks_modified, seconds, select_modified};
use dwc_runner::{
    Error, Interval, Mode, ModelOutcome, Offence, Part, RunOptions, RunReport, SourceOutcome, SourceReport, Warehouse,
    claim, replay, run as run_project, waiting,
};

use super::{context, notify, now, write_out};
use crate::args::{Format, Global, RunArgs, RunMode};
use crate::exit::Exit;
use crate::views;
use crate::views::metrics::Measured;

pub(super) fn run(global: &Global, args: &RunArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let asked = Asked { context: &context, args, longest: wait(args.wait.as_deref())? };
    let options = RunOptions {
        mode: mode(args)?,
        at: now(args.at.as_deref())?,
        until: args.until.as_deref().map(|text| now(Some(text))).transpose()?,
        select: Vec::new(),
        part: part(&context.project, args)?,
    };
    let ended = match context.warehouse_within(asked.longest) {
        Ok(warehouse) => asked.run_on(warehouse.as_ref(), options),
        Err(error) => {
            notify::tell(&context, None, None, Err(&error))?;
            Err(error)
        }
    };
    if let Some(file) = &args.metrics {
        let of = Measured { project: &context.project.name, target: context.target()?.0, at: now(None)? };
        let ended = ended.as_ref().map(|ended| ended.as_ref());
        if let Some(text) = views::metrics::prometheus(&of, ended) {
            replace(file, &text)?;
        }
    }
    let Some((report, offences)) = ended? else {
        eprintln!("no model has changed");
        return Ok(Exit::Done);
    };
    if global.format == Format::Json {
        let text = serde_json::to_string_pretty(&report)
            .map_err(|cause| Error::because("the report could not be written", cause))?;
        write_out(format!("{text}\n").as_bytes())?;
    } else if !global.quiet {
        write_out(views::run::human(&report).as_bytes())?;
    }
    if !offences.is_empty() {
        let found: Vec<Diagnostic> = offences.iter().map(diagnostic).collect();
        context.report(&found);
        return Ok(Exit::InputWrong);
    }
    Ok(ended_as(&report))
}

/// A run that is asked for.
struct Asked<'a> {
    context: &'a context::Context<'a>,
    args: &'a RunArgs,
    longest: Duration,
}

impl Asked<'_> {
    /// Runs, and tells whom it concerns what happened; `None` where no selected model has changed.
    fn run_on(
        &self,
        warehouse: &dyn Warehouse,
        mut options: RunOptions,
    ) -> Result<Option<(RunReport, Vec<Offence>)>, Error> {
        let (context, global) = (self.context, self.context.global);
        if !global.select.is_empty() {
            options.select = self.selected(warehouse)?;
            if options.select.is_empty() {
                return Ok(None);
            }
        }
        let _lease = context::lease(warehouse, &claim(&context.project, &options), self.longest)?;
        let watch = notify::watch(context, warehouse)?;
        let progress = views::progress::Progress::new(global);
        let mut tell = |step: &str| progress.step(step);
        let (project, folder) = (&context.project, &global.project_dir);
        let outcome = if self.args.at.is_some() {
            replay(warehouse, project, folder, &options, &mut tell)
        } else {
            run_project(warehouse, project, folder, &options, &mut tell)
        };
        progress.finish();
        let ended = outcome.as_ref().map(|(report, offences)| (report, offences.as_slice()));
        notify::tell(context, Some(warehouse), watch, ended)?;
        outcome.map(Some)
    }

    /// The names of the selected models. What an apply has changed waits to be computed anew.
    fn selected(&self, warehouse: &dyn Warehouse) -> Result<Vec<String>, Error> {
        let (project, words) = (&self.context.project, &self.context.global.select);
        let waiting = if asks_modified(words) { waiting(warehouse, project)? } else { Vec::new() };
        let chosen = select_modified(project, words, &waiting).map_err(context::no_model)?;
        Ok(chosen.into_iter().map(|id| project.model_name(id).to_owned()).collect())
    }
}

/// Writes a file whole: whoever reads it at any time finds the old text or the new one.
fn replace(file: &Path, text: &str) -> Result<(), Error> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, file))
        .map_err(|cause| Error::because(format!("{} could not be written", file.display()), cause))
}

/// How a run ends that nothing in the data has stopped. Where a model was loaded, or a table of a source before it broke
/// off, something was done.
fn ended_as(report: &RunReport) -> Exit {
    let is_down = |source: &SourceReport| matches!(source.outcome, SourceOutcome::Unreachable(_));
    let nothing_landed = report.sources.iter().all(|source| is_down(source) && source.tables.is_empty());
    let nothing_loaded = report.models.iter().all(|model| model.outcome == ModelOutcome::UpToDate);
    match report.sources.iter().any(is_down) {
        false => Exit::Done,
        true if nothing_landed && nothing_loaded => Exit::NothingReachable,
        true => Exit::SomeUnreachable,
    }
}

/// Which part of a run is done, by the arguments.
fn part(project: &Project, args: &RunArgs) -> Result<Part, Error> {
    if args.no_land {
        return Ok(Part::Load);
    }
    for name in &args.land {
        if !project.sources.iter().any(|source| &source.name == name) {
            let known: Vec<&str> = project.sources.iter().map(|source| source.name.as_str()).collect();
            return Err(Error::coded(Code::UnknownName, format!("there is no source `{name}`"))
                .help(format!("the sources are {}", known.join(", "))));
        }
    }
    Ok(if args.land.is_empty() { Part::Everything } else { Part::Land(args.land.clone()) })
}

/// How long a warehouse that another process holds is waited for.
pub(super) fn wait(text: Option<&str>) -> Result<Duration, Error> {
    let Some(text) = text else { return Ok(Duration::ZERO) };
    seconds(text).map(Duration::from_secs).ok_or_else(|| {
        Error::coded(Code::WrongValue, format!("`{text}` is not a length of time"))
            .help("write it as `30m`, `2h` or `1d`")
    })
}

/// How much is read, by the arguments.
fn mode(args: &RunArgs) -> Result<Mode, Error> {
    let wrong = |message: &str| {
        Err(Error::coded(Code::WrongValue, message)
            .help("write `--mode interval --from 2026-03-20T09 --to 2026-03-20T12`"))
    };
    if args.mode != RunMode::Interval && (args.from.is_some() || args.to.is_some()) {
        return wrong("`--from` and `--to` are for `--mode interval`");
    }
    Ok(match args.mode {
        _ if args.fill_gaps => Mode::FillGaps,
        RunMode::Incremental => Mode::Incremental,
        RunMode::Full => Mode::Full,
        RunMode::Interval => {
            let (from, to) = (now(args.from.as_deref())?, now(args.to.as_deref())?);
            if from >= to {
                return wrong("the interval ends before it begins");
            }
            Mode::Interval(Interval { from: Some(from), to })
        }
    })
}

/// Offending rows as a diagnostic at the declaration that they offend.
pub(super) fn diagnostic(offence: &Offence) -> Diagnostic {
    let keys = offence.keys.join("; ");
    let message = if keys.is_empty() { offence.message.clone() } else { format!("{}: {keys}", offence.message) };
    let mut diagnostic = Diagnostic::new(offence.code, message);
    if let Some(span) = offence.span {
        diagnostic = diagnostic.at(span, "declared here");
    }
    diagnostic.help(&offence.help)
}
