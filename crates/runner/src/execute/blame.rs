//! A load that the engine has failed on the data: the model's expressions are evaluated one by one, and the rows of the one
//! that fails are halved until one is left. It must not decide what is evaluated: the compiler says it.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{ModelId, Project};
use dwc_compiler::sql::{self, ALL_ROWS, Landed, NO_ROWS, RowRange, Suspect};

use crate::warehouse::unit::Held;
use crate::warehouse::{refusal, row};
use crate::{Error, Offence, Warehouse};

/// What to do about it.
const HELP: &str = "correct the row in the source, leave it out with a condition, or write an expression that takes it, such as \
                    SAFE_CAST, SAFE_DIVIDE or NULLIF";

/// What ends the load of a model: where it is an expression that fails on a row, that expression and that row.
pub(super) fn held(engine: &dyn Warehouse, project: &Project, model: ModelId, held: Held) -> Held {
    match held {
        Held::World(error) => match failed(engine, project, model, &error) {
            Some(offence) => Held::Offence(offence),
            None => Held::World(error),
        },
        held @ Held::Offence(_) => held,
    }
}

/// The expression of a model that has failed with an error, and a row that it fails on; `None` for an error of another kind.
pub(super) fn failed(engine: &dyn Warehouse, project: &Project, model: ModelId, error: &Error) -> Option<Offence> {
    let said = refusal(error)?;
    let what = match model {
        ModelId::Dimension(index) => format!("dimension `{}`", project.dimensions[index].name),
        ModelId::Fact(index) => format!("fact `{}`", project.facts[index].name),
    };
    for landed in [Landed::Live, Landed::States] {
        for suspect in sql::suspects(project, engine.ty(), engine.schema(project), model, landed) {
            let Some(said) = fails(engine, &suspect, &[]) else { continue };
            let which = match &suspect.column {
                Some(column) => format!("`{column}` of {what} can't be computed"),
                None => format!("the query of {what} fails, in a condition, a join or a group"),
            };
            return Some(Offence {
                code: Code::ExpressionFailed,
                message: if suspect.is_private { which } else { format!("{which}: {said}") },
                keys: row(engine, &suspect),
                span: Some(suspect.span),
                help: HELP.to_owned(),
            });
        }
    }
    // BigQuery refuses for many reasons; the embedded engine has said that it is a value.
    if !engine.refuses_values_alone() {
        return None;
    }
    let query = project.query(model);
    let mut tables =
        query.iter().flat_map(|query| &query.analysis.tables).filter_map(|used| project.table(&used.table));
    let is_private = tables.any(|table| table.columns.iter().any(|column| column.pii));
    let which = format!("a value of {what} can't be computed or stored");
    Some(Offence {
        code: Code::ExpressionFailed,
        message: if is_private { which } else { format!("{which}: {said}") },
        keys: Vec::new(),
        span: query.map(|query| query.span),
        help: HELP.to_owned(),
    })
}

/// What the engine says where a value is the only reason that it can have; `None` for a failure of another kind.
#[must_use]
pub fn value_refused(engine: &dyn Warehouse, error: &Error) -> Option<String> {
    refusal(error).filter(|_| engine.refuses_values_alone())
}

/// What the engine says where an expression fails over the ranges of its tables.
fn fails(engine: &dyn Warehouse, suspect: &Suspect, ranges: &[RowRange]) -> Option<String> {
    engine.table(&suspect.sql(ranges)).err().as_ref().and_then(refusal)
}

/// The row that an expression fails on: one of each of its tables, as far as one alone makes it fail.
fn row(engine: &dyn Warehouse, suspect: &Suspect) -> Vec<String> {
    // What fails without a row is not a row's fault.
    if fails(engine, suspect, &vec![NO_ROWS; suspect.tables.len()]).is_some() {
        return Vec::new();
    }
    let mut ranges = vec![ALL_ROWS; suspect.tables.len()];
    let mut rows = Vec::new();
    for (at, table) in suspect.tables.iter().enumerate() {
        let is_one = loop {
            let range = ranges[at];
            let Some((first, last)) = bounds(engine, &table.bounds(range)) else { break false };
            if first >= last {
                ranges[at] = (first, last);
                break fails(engine, suspect, &ranges).is_some();
            }
            let middle = first + (last - first) / 2;
            let mut tried = ranges.clone();
            tried[at] = (first, middle);
            ranges[at] = if fails(engine, suspect, &tried).is_some() { tried[at] } else { (middle + 1, last) };
        };
        if !is_one {
            // Several rows fail together, as in a sum.
            ranges[at] = ALL_ROWS;
            continue;
        }
        let Ok((_, found)) = engine.table(&table.row(ranges[at])) else { continue };
        let Ok(found) = row::read(found, |row| Ok([row.cell()?, row.cell()?])) else { continue };
        let texts: Vec<String> = found.into_iter().flatten().flatten().filter(|text| !text.is_empty()).collect();
        if !texts.is_empty() {
            rows.push(format!("`{}` {}", table.name, texts.join(", ")));
        }
    }
    rows
}

fn bounds(engine: &dyn Warehouse, sql: &str) -> Option<(i64, i64)> {
    let (_, rows) = engine.table(sql).ok()?;
    let ends = row::read(rows, |row| Ok((row.number_or_null()?, row.number_or_null()?))).ok()?;
    ends.into_iter().next().and_then(|(first, last)| Some((first?, last?)))
}
