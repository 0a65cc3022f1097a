//! `dwc errors`: the rows that were not loaded or fail a screen, with the place and the reason.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Project, select};
use dwc_runner::{Error, ErrorEvent, error_events};

use super::{context, now, write_out};
use crate::args::{ErrorsArgs, Format, Global};
use crate::exit::Exit;
use crate::views;

/// The most events that a person is shown.
const SHOWN: usize = 100;

pub(super) fn run(global: &Global, asked: &ErrorsArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let tables = tables(&context.project, &global.select, &asked.table)?;
    known_screens(&context.project, &asked.screen)?;
    let since: Option<NaiveDateTime> = asked.since.as_deref().map(|since| now(Some(since))).transpose()?;
    let warehouse = context.warehouse_to_read()?;
    if warehouse.state()?.is_none() {
        return Err(Error::coded(Code::NotApplied, "nothing has been applied to this warehouse")
            .help("run `dwc apply` and `dwc run` first"));
    }
    let mut events = error_events(warehouse.as_ref())?;
    drop(warehouse);
    let is_asked = |event: &ErrorEvent| {
        let of_table = tables.as_ref().is_none_or(|tables| tables.contains(&event.table));
        let of_screen = asked.screen.is_empty() || asked.screen.contains(&event.screen);
        of_table && of_screen && since.is_none_or(|since| event.at.is_some_and(|at| at >= since))
    };
    events.retain(is_asked);
    if global.format == Format::Json {
        events.truncate(asked.limit.unwrap_or(usize::MAX));
        let data = serde_json::to_value(&events).unwrap_or_default();
        write_out(format!("{data:#}\n").as_bytes())?;
        return Ok(Exit::Done);
    }
    if events.is_empty() {
        eprintln!("no row was kept out");
        return Ok(Exit::Done);
    }
    write_out(views::errors::human(&events, asked.limit.unwrap_or(SHOWN)).as_bytes())?;
    Ok(Exit::Done)
}

/// Refuses a name that no screen of the project has.
fn known_screens(project: &Project, named: &[String]) -> Result<(), Error> {
    let dimensions = project.dimensions.iter().flat_map(|dimension| &dimension.checks);
    let declared = dimensions.chain(project.facts.iter().flat_map(|fact| &fact.checks));
    let declared = declared.filter(|check| check.on_fail.is_some()).map(|check| check.name.as_str());
    let known: BTreeSet<&str> = declared.chain(["cast", "line", "key"]).collect();
    match named.iter().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Error::coded(Code::UnknownName, format!("there is no screen `{name}`"))
            .help(format!("the screens are {}", known.into_iter().collect::<Vec<_>>().join(", ")))),
    }
}

/// The source tables and models that are named, the tables that the models read among them; every one where none is.
fn tables(project: &Project, models: &[String], tables: &[String]) -> Result<Option<BTreeSet<String>>, Error> {
    if models.is_empty() && tables.is_empty() {
        return Ok(None);
    }
    let mut named = BTreeSet::new();
    for address in tables {
        if project.table(address).is_none() {
            let known: Vec<&str> = project.tables.iter().map(|table| table.address.as_str()).collect();
            return Err(Error::coded(Code::UnknownName, format!("there is no source table `{address}`"))
                .help(format!("the source tables are {}", known.join(", "))));
        }
        named.insert(address.clone());
    }
    if !models.is_empty() {
        for id in select(project, models).map_err(context::no_model)? {
            named.insert(project.model_name(id).to_owned());
            let read = project.query(id).into_iter().flat_map(|query| &query.analysis.tables);
            named.extend(read.map(|used| used.table.clone()));
        }
    }
    Ok(Some(named))
}
