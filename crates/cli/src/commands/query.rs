//! `dwc query`: measures by attributes, drilled across facts.

use std::io::IsTerminal as _;

use dwc_compiler::diagnostic::Code;
use dwc_compiler::sql::{self, Question};
use dwc_runner::Error;

use super::{context, write_data, write_out};
use crate::args::{Format, Global, QueryArgs};
use crate::exit::Exit;
use crate::views;

/// The most rows that are written to a terminal; what is written elsewhere is whole.
const ON_A_TERMINAL: usize = 100;

pub(super) fn run(global: &Global, asked: &QueryArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let (_, target) = context.target()?;
    let question = Question {
        measures: asked.measures.clone(),
        by: asked.by.clone(),
        filters: asked.filters.clone(),
        order_by: asked.order_by.clone(),
        limit: asked.limit,
        as_is: asked.as_is,
        with_deleted: asked.with_deleted,
    };
    let schema = context.schema(target);
    let text =
        sql::drill_across(&context.project, sql::dialect(target.ty), &schema, &question).map_err(|problems| {
            Error::coded(Code::Query, problems.join("\n")).help("`dwc show` lists measures, roles and attributes")
        })?;
    if asked.sql {
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
        Format::Csv => views::table::csv(&names, &rows),
        _ => {
            let most = if std::io::stdout().is_terminal() { ON_A_TERMINAL } else { usize::MAX };
            views::table::human(&names, &rows, most)
        }
    };
    if global.format == Format::Csv {
        write_data(answer.as_bytes())?
    } else {
        write_out(answer.as_bytes())?
    }
    Ok(Exit::Done)
}
