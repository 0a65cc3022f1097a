//! `dwc run`: the scheduled load.

use std::time::Duration;

use dwc_compiler::diagnostic::{Code, Diagnostic};
use dwc_compiler::model::{Project, asks_modified, seconds, select_modified};
use dwc_runner::{
    Error, Interval, Mode, ModelOutcome, Offence, Part, RunOptions, RunReport, SourceOutcome, SourceReport, claim,
    replay, run as run_project, waiting,
};

use super::{context, now, write_out};
use crate::args::{Format, Global, RunArgs, RunMode};
use crate::exit::Exit;
use crate::views;

pub(super) fn run(global: &Global, args: &RunArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let longest = wait(args.wait.as_deref())?;
    let warehouse = context.warehouse_within(longest)?;
    let select = if global.select.is_empty() {
        Vec::new()
    } else {
        // What an apply has changed waits to be computed anew.
        let waiting =
            if asks_modified(&global.select) { waiting(warehouse.as_ref(), &context.project)? } else { Vec::new() };
        let chosen = select_modified(&context.project, &global.select, &waiting).map_err(context::no_model)?;
        if chosen.is_empty() {
            eprintln!("no model has changed");
            return Ok(Exit::Done);
        }
        chosen.into_iter().map(|id| context.project.model_name(id).to_owned()).collect()
    };
    let options = RunOptions {
        mode: mode(args)?,
        at: now(args.at.as_deref())?,
        until: args.until.as_deref().map(|text| now(Some(text))).transpose()?,
        select,
        part: part(&context.project, args)?,
    };
    let _lease = context::lease(warehouse.as_ref(), &claim(&context.project, &options), longest)?;
    let progress = views::progress::Progress::new(global);
    let mut tell = |step: &str| progress.step(step);
    let (project, folder) = (&context.project, &global.project_dir);
    let outcome = if args.at.is_some() {
        replay(warehouse.as_ref(), project, folder, &options, &mut tell)
    } else {
        run_project(warehouse.as_ref(), project, folder, &options, &mut tell)
    };
    progress.finish();
    let (report, offences) = outcome?;
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
    Ok(ended(&report))
}

/// How a run ends that nothing in the data has stopped. Where a model was loaded, or a table of a source before it broke
/// off, something was done.
fn ended(report: &RunReport) -> Exit {
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
