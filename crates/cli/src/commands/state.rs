//! `dwc state`: what the warehouse knows of itself, and the way back.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{Error, Holder, history as applies};

use super::apply::{asks, confirmed};
use super::{context, now, write_out};
use crate::args::{Format, Global, StateCommand};
use crate::exit::Exit;
use crate::views;

pub(super) fn run(global: &Global, command: &StateCommand) -> Result<Exit, Error> {
    match command {
        StateCommand::Show => show(global),
        StateCommand::History => history(global),
        StateCommand::Rollback { to, auto_approve } => rollback(global, *to, *auto_approve),
        StateCommand::Unlock { auto_approve } => unlock(global, *auto_approve),
    }
}

fn show(global: &Global) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let warehouse = context.warehouse_to_read()?;
    let Some(report) = warehouse.state()? else {
        eprintln!("nothing has been applied to this warehouse");
        return Ok(Exit::Done);
    };
    written(global, &report, || views::state::human(&report))
}

fn history(global: &Global) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let history = applies(context.warehouse_to_read()?.as_ref())?;
    written(global, &history, || views::state::history(&history))
}

fn rollback(global: &Global, to: Option<i64>, auto_approve: bool) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let (target, _) = context.target()?;
    let warehouse = context.warehouse()?;
    let question = format!(
        "take `{target}` back{}? the warehouse as it is now is kept",
        to.map_or_else(|| " to its latest snapshot".to_owned(), |serial| format!(" to serial {serial}"))
    );
    if asks(auto_approve) && !confirmed(&question) {
        return Ok(Exit::InputWrong);
    }
    let (serial, kept) = warehouse.rollback(to, now(None)?)?;
    eprintln!("`{target}` is back at serial {serial}; the warehouse as it was is kept in {kept}");
    eprintln!("the next run loads later data again");
    Ok(Exit::Done)
}

/// On DuckDB the engine's lock on the file is the lock, and goes with the process that holds it.
fn unlock(global: &Global, auto_approve: bool) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let opened = context.warehouse();
    let holders = opened.as_ref().map_or(Ok(Vec::new()), |warehouse| warehouse.holders())?;
    if let Ok(warehouse) = &opened
        && !holders.is_empty()
    {
        let held =
            |holder: &Holder| format!("`{}`, which holds {} since {} UTC", holder.owner, holder.part, holder.since);
        let question = format!("take it from {}?", holders.iter().map(held).collect::<Vec<_>>().join(", from "));
        if asks(auto_approve) && !confirmed(&question) {
            return Ok(Exit::InputWrong);
        }
        warehouse.unlock()?;
        let owners: Vec<String> = holders.iter().map(|holder| format!("`{}`", holder.owner)).collect();
        eprintln!("taken from {}: if it still runs, its next commit decides", owners.join(", "));
        return Ok(Exit::Done);
    }
    match opened {
        Err(error) if error.code == Some(Code::WarehouseInUse) => {
            Err(error.help("the lock belongs to the process: stop the process to release it"))
        }
        opened => {
            opened?;
            eprintln!("nobody holds the warehouse");
            Ok(Exit::Done)
        }
    }
}

fn written<T: serde::Serialize>(global: &Global, data: &T, human: impl Fn() -> String) -> Result<Exit, Error> {
    let text = if global.format == Format::Json {
        let json = serde_json::to_string_pretty(data)
            .map_err(|cause| Error::because("the state could not be written", cause))?;
        format!("{json}\n")
    } else {
        human()
    };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}
