//! `dwc query`: measures by attributes, drilled across facts.

use std::io::IsTerminal as _;

use dwc_compiler::diagnostic::Code;
use dwc_compiler::sql::{self, Question};
use dwc_runner::{Error, Warehouse, value_refused};

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
    let asked_as = |question: &Question| {
        sql::drill_across(&context.project, sql::dialect(target.ty), &schema, question).map_err(|problems| {
            Error::coded(Code::Query, problems.join("\n")).help("`dwc show` lists measures, roles and attributes")
        })
    };
    let text = asked_as(&question)?;
    if asked.sql {
        write_out(format!("{text};\n").as_bytes())?;
        return Ok(Exit::Done);
    }
    let warehouse = context.warehouse_to_read()?;
    if warehouse.state()?.is_none() {
        return Err(Error::coded(Code::NotApplied, "nothing has been applied to this warehouse")
            .help("run `dwc apply` and `dwc run` first"));
    }
    let (names, rows) = warehouse.table(&text).map_err(|error| {
        let ask = |question: &Question| warehouse.table(&asked_as(question)?).map(drop);
        refused(warehouse.as_ref(), &question, &ask, error)
    })?;
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

/// A question that a value keeps from being answered: a condition that has no value for it, or a measure beyond its type.
fn refused(
    engine: &dyn Warehouse,
    question: &Question,
    ask: &dyn Fn(&Question) -> Result<(), Error>,
    error: Error,
) -> Error {
    let Some(said) = value_refused(engine, &error) else { return error };
    let alone = |filter: &String| Question { filters: vec![filter.clone()], ..question.clone() };
    let fails = |question: &Question| ask(question).err().and_then(|error| value_refused(engine, &error));
    if fails(&Question { filters: Vec::new(), ..question.clone() }).is_none()
        && let Some((filter, said)) = question.filters.iter().find_map(|one| Some((one, fails(&alone(one))?)))
    {
        return Error::coded(Code::Query, format!("the condition `{filter}` can't be computed: {said}"))
            .help("write it so that it takes every value, such as with SAFE_CAST, SAFE_DIVIDE or NULLIF");
    }
    Error::coded(Code::Query, format!("the answer can't be computed: {said}"))
        .help("ask for fewer rows with `--where`, or for other measures")
}
