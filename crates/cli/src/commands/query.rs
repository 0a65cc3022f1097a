//! `dwc query`: measures by attributes, drilled across facts.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::sql;
use dwc_runner::Error;

use super::{context, write_out};
use crate::args::{Format, Global};
use crate::exit::Exit;
use crate::views;

pub(super) fn run(
    global: &Global,
    measures: &[String],
    by: &[String],
    limit: u32,
    show_sql: bool,
) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let (_, target) = context.target()?;
    let text =
        sql::drill_across(&context.project, sql::dialect(target.ty), &context.schema(target), measures, by, limit)
            .map_err(|message| {
                Error::coded(Code::Query, message).help("`dwc show` lists measures, roles and attributes")
            })?;
    if show_sql {
        write_out(format!("{text};\n").as_bytes())?;
        return Ok(Exit::Done);
    }
    let warehouse = context.warehouse_to_read()?;
    if warehouse.state()?.is_none() {
        return Err(Error::coded(Code::NotApplied, "nothing has been applied to this warehouse")
            .help("run `dwc apply` and `dwc run` first"));
    }
    let (names, rows) = warehouse.table(&text)?;
    // What a reader of the answer takes its time for keeps no run waiting.
    drop(warehouse);
    let answer = match global.format {
        Format::Json => views::table::json(&names, &rows),
        _ => views::table::human(&names, &rows),
    };
    write_out(answer.as_bytes())?;
    Ok(Exit::Done)
}
