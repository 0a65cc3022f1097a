//! Commands, one file each, thin: load, ask the compiler or the runner, hand the answer to a view.

mod apply;
mod check;
mod compile;
mod completions;
mod context;
mod docs;
mod doctor;
mod env;
mod errors;
mod explain;
mod export;
mod fmt;
mod graph;
mod import;
mod init;
mod manual;
mod notify;
mod output;
mod plan;
mod profile;
mod query;
mod rebuild;
mod run;
mod runs;
mod schema;
mod show;
mod state;
mod test;
mod verify;

use std::io::{IsTerminal as _, Write as _};

use dwc_compiler::diagnostic::Code;
use dwc_runner::Error;

use crate::args::{Args, Command, DocsCommand, ExportCommand, Format, Global, PlanArgs};
use crate::exit::Exit;
use crate::views::harmless;

pub(crate) fn run(args: &Args) -> Result<Exit, Error> {
    takes(args)?;
    match &args.command {
        Command::Init => init::run(&args.global),
        Command::Import(from) => import::run(&args.global, from),
        Command::Check { fix } => check::run(&args.global, *fix),
        Command::Fmt { paths, check } => fmt::run(&args.global, paths, *check),
        Command::Show { model } => show::run(&args.global, model.as_deref()),
        Command::Compile { out } => compile::run(&args.global, out.clone()),
        Command::Plan(PlanArgs { rebuild: Some(name), from, .. }) => rebuild::show(&args.global, name, from.as_deref()),
        Command::Plan(options) => plan::run(&args.global, options),
        Command::Rebuild { name, from, auto_approve, allow_destructive, at } => {
            let asked = rebuild::Asked { name, from: from.as_deref(), at: at.as_deref() };
            rebuild::run(&args.global, &asked, *auto_approve, allow_destructive)
        }
        Command::Apply { plan, wait, auto_approve, allow_destructive } => {
            let asked = apply::Asked {
                plan: plan.as_ref(),
                wait: wait.as_deref(),
                auto_approve: *auto_approve,
                allowed: allow_destructive,
            };
            apply::run(&args.global, &asked)
        }
        Command::Run(options) => run::run(&args.global, options),
        Command::Runs(asked) => runs::run(&args.global, asked),
        Command::Doctor => doctor::run(&args.global),
        Command::Test(options) => test::run(&args.global, options),
        Command::Verify(asked) => verify::run(&args.global, asked),
        Command::Profile { names } => profile::run(&args.global, names),
        Command::Errors(asked) => errors::run(&args.global, asked),
        Command::Query(asked) => query::run(&args.global, asked),
        Command::Graph { drawn } => graph::run(&args.global, *drawn),
        Command::Docs(DocsCommand::Build { out }) => docs::run(&args.global, out.clone()),
        Command::State(command) => state::run(&args.global, command),
        Command::Env(command) => env::run(&args.global, command),
        Command::Export(ExportCommand::Airflow(options)) => export::airflow(&args.global, options),
        Command::Explain { code } => explain::run(code),
        Command::Schema { write } => schema::run(write.as_deref()),
        Command::Completions { shell } => completions::run(*shell),
        Command::Manual { folder } => manual::run(&args.global, folder),
    }
}

/// Refuses a format that a command does not write, instead of another one in its place, and a selection that it would ignore.
fn takes(args: &Args) -> Result<(), Error> {
    let command = &args.command;
    let reads_no_models = matches!(
        command,
        Command::Init
            | Command::Import(_)
            | Command::Fmt { .. }
            | Command::Explain { .. }
            | Command::Profile { .. }
            | Command::Runs(_)
            | Command::Schema { .. }
            | Command::Completions { .. }
            | Command::Manual { .. }
    );
    if reads_no_models && !args.global.select.is_empty() {
        return Err(Error::coded(Code::WrongValue, "this command does not use models, but `--select` names some")
            .help("leave out `--select`"));
    }
    let (format, only) = match args.global.format {
        Format::Csv if !matches!(command, Command::Query(_)) => ("csv", "only `dwc query` writes `--format csv`"),
        Format::Markdown if !matches!(command, Command::Plan(_) | Command::Profile { .. }) => {
            ("markdown", "only `dwc plan` and `dwc profile` write `--format markdown`")
        }
        Format::Json => match command {
            Command::Graph { .. }
            | Command::Export(_)
            | Command::Explain { .. }
            | Command::Completions { .. }
            | Command::Import(_) => ("json", "this command writes a format of its own"),
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    Err(Error::coded(Code::WrongValue, only).help(format!("leave out `--format {format}`")))
}

/// Writes text to standard output, with nothing in it that could steer a terminal.
fn write_out(data: &[u8]) -> Result<(), Error> {
    let text = harmless(&String::from_utf8_lossy(data));
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|cause| Error::because("standard output could not be written", cause))
}

/// Writes data as it is, for the program behind a pipe or the file it goes to; a person at a terminal is spared what could
/// steer it.
fn write_data(data: &[u8]) -> Result<(), Error> {
    if std::io::stdout().is_terminal() {
        return write_out(data);
    }
    std::io::stdout().write_all(data).map_err(|cause| Error::because("standard output could not be written", cause))
}

/// Says what was done: a sentence for a person, on standard error; its data for a program, on standard output.
fn say_done(global: &Global, sentence: &str, data: &serde_json::Value) -> Result<Exit, Error> {
    if global.format == Format::Json {
        write_out(format!("{data:#}\n").as_bytes())?;
    } else {
        eprintln!("{sentence}");
    }
    Ok(Exit::Done)
}

/// A time on the command line, or now, in UTC.
fn now(text: Option<&str>) -> Result<chrono::NaiveDateTime, Error> {
    let Some(text) = text else { return Ok(chrono::Utc::now().naive_utc()) };
    dwc_runner::parse_time(text).ok_or_else(|| {
        Error::coded(Code::WrongValue, format!("`{text}` is not a time"))
            .help("write it as 2026-03-20, 2026-03-20T09 or 2026-03-20T09:30:00")
    })
}
