//! `dwc plan`: what an apply would change, for reading, as JSON or as SQL.

use dwc_compiler::sql;
use dwc_runner::{Error, Warehouse, changes};

use super::{context, write_out};
use crate::args::{Format, Global};
use crate::exit::Exit;
use crate::views;

pub(super) fn run(global: &Global, show_sql: bool, detailed: bool) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let (target, declared) = context.target()?;
    let warehouse = context.warehouse()?;
    let (set, serial, _) = changes(&warehouse, &context.project)?;
    let loads = sql::load_modes(&context.project);
    let view = views::plan::Plan::new(&context.project, target, serial, &set, loads);
    let text = if global.format == Format::Json {
        format!("{}\n", view.json()?)
    } else if show_sql {
        let statements = sql::change_statements(&context.project, declared.ty, &context.schema(declared), &set);
        statements.iter().map(|statement| format!("{statement};\n")).collect()
    } else {
        let mut text = view.human(views::color(global));
        if let Warehouse::BigQuery(warehouse) = &warehouse {
            let size = |fact: &str| warehouse.size_of(fact).ok().flatten();
            text.push_str(&views::partitions::human(&sql::partition_modes(&context.project), &size));
        }
        text
    };
    write_out(text.as_bytes())?;
    Ok(if detailed && !set.changes.is_empty() { Exit::ChangesPresent } else { Exit::Done })
}
