//! `dwc runs`: what the warehouse remembers of its runs.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{Error, WhichRuns, runs};

use super::{context, write_out};
use crate::args::{Format, Global, RunsArgs, RunsCommand};
use crate::exit::Exit;
use crate::views;

pub(super) fn run(global: &Global, asked: &RunsArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let which = match asked.command {
        None => WhichRuns::Latest(asked.limit),
        Some(RunsCommand::Show { number: None }) => WhichRuns::Latest(1),
        Some(RunsCommand::Show { number: Some(number) }) => WhichRuns::Number(number),
    };
    let found = runs(context.warehouse_to_read()?.as_ref(), which)?;
    if let (WhichRuns::Number(number), []) = (which, found.as_slice()) {
        return Err(Error::coded(Code::UnknownName, format!("the warehouse remembers no run {number}"))
            .help("list its runs with `dwc runs`"));
    }
    if global.format == Format::Json {
        let data = match &asked.command {
            Some(_) => serde_json::to_value(found.first()),
            None => serde_json::to_value(&found),
        };
        let data = data.map_err(|cause| Error::because("the runs could not be written", cause))?;
        write_out(format!("{data:#}\n").as_bytes())?;
        return Ok(Exit::Done);
    }
    match (&asked.command, found.first()) {
        (_, None) => eprintln!("nothing has been run in this warehouse"),
        (Some(_), Some(entry)) => write_out(views::runs::one(entry).as_bytes())?,
        (None, Some(_)) => write_out(views::runs::list(&found).as_bytes())?,
    }
    Ok(Exit::Done)
}
