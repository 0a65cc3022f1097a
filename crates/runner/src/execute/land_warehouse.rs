//! Landing of tables that another tool has put into the same warehouse: they are read where they lie, by their cursor
//! or whole, and compared with what is landed. It must not write to them.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{DetectDeletes, Source, Table, TargetType};
use dwc_compiler::plan::{Gate, Landing, Reads, Statement};
use dwc_compiler::sql;
use dwc_googlesql::Type;

use super::land::{commit, notice, report_of};
use super::land_batch::{Batch, Pass};
use super::reading::reading;
use super::report::SourceReport;
use super::run::{Mode, RunOptions};
use crate::extract::columns::{compare, missing};
use crate::extract::{Reading, Request, SourceColumn};
use crate::state;
use crate::state::advance::Read;
use crate::state::change::StateChange;
use crate::warehouse::there::There;
use crate::warehouse::unit::Step;
use crate::{Error, Warehouse};

/// Lands what is new of one source, in one unit that also reads it.
pub(super) fn land_warehouse(
    engine: &dyn Warehouse,
    source: &Source,
    tables: &[(&Table, &Landing)],
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    let Some(schema) = source.schema.as_deref().or(engine.default_schema()) else {
        return Err(Error::coded(Code::MissingSetting, format!("source `{}` has no `schema`", source.name))
            .help("name the schema or the dataset that the tables are in"));
    };
    let names: Vec<&str> = tables.iter().map(|(table, _)| table.physical.as_str()).collect();
    let mut columns = engine.columns_there(schema, &names)?;
    let mut report = report_of(source);
    let (mut requests, mut landings) = (Vec::new(), Vec::new());
    for (table, landing) in tables {
        let there = columns.remove(&table.physical).unwrap_or_default();
        check_columns(schema, table, &there)?;
        let known = state::source_columns(engine.store(), &table.address)?;
        report.notices.extend(notice(table, &compare(table, &there, &known)?));
        match reading(engine.store(), table, options.mode)? {
            Some(reading) => {
                requests.push(Request { table, reading, known: there });
                landings.push(*landing);
            }
            None => report.left_out.extend(matches!(options.mode, Mode::Interval(_)).then(|| table.address.clone())),
        }
    }
    if requests.is_empty() {
        return Ok(report);
    }
    let all: Vec<&Request<'_>> = requests.iter().collect();
    let there = engine.read_there(source, schema, &all)?;
    let landed = commit(engine, source, options.mode, options.at, &mut |batch| {
        let each = requests.iter().zip(&landings).zip(&there);
        Ok(each
            .map(|((request, landing), there)| batch_of(engine.ty(), request, landing, there, options, batch))
            .collect())
    })?;
    report.add(landed);
    Ok(report)
}

/// Stops where a table is not there, or lacks a column that is declared.
fn check_columns(schema: &str, table: &Table, there: &[SourceColumn]) -> Result<(), Error> {
    let missing = missing(table, |column| there.iter().any(|other| other.name == column.name));
    if there.is_empty() {
        return Err(Error::coded(
            Code::FileMissing,
            format!("the warehouse has no table `{schema}.{}`", table.physical),
        )
        .at(table.span)
        .help("let the other tool land it first, or correct the source's `schema` or the table's `name`"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = there.iter().map(|column| column.name.as_str()).collect();
    let missing: Vec<String> = missing.iter().map(|column| format!("`{}`", column.name)).collect();
    Err(Error::coded(Code::FileColumns, format!("`{schema}.{}` has no column {}", table.physical, missing.join(", ")))
        .at(table.span)
        .help(format!("its columns are {}", names.join(", "))))
}

/// What is read of one table as a batch.
fn batch_of<'a>(
    engine: TargetType,
    request: &Request<'a>,
    landing: &'a Landing,
    there: &There,
    options: &RunOptions,
    batch: i64,
) -> Batch<'a> {
    let table = request.table;
    let before = there.before.iter().map(|sql| Statement { sql: sql.clone(), reads: Reads::Nothing });
    let events = Statement {
        sql: format!("SELECT _e._place, _e._reason, _e._row FROM {} AS _e", there.rejects),
        reads: Reads::Events { table: table.address.clone() },
    };
    let rejected =
        Statement { sql: format!("SELECT COUNT(*) AS rejected FROM {}", there.rejects), reads: Reads::Counts };
    let is_whole = request.reading == Reading::Whole
        && (table.detect_deletes == DetectDeletes::FullPass || table.primary_key.is_empty());
    let has_key = !table.primary_key.is_empty();
    // The row that had come furthest may be gone; the watermark does not go back for that.
    let mark = match (&request.reading, &there.mark) {
        (Reading::Since(since), None) => Some(since.cursor.clone()),
        (_, mark) => mark.clone(),
    };
    let read = Read { table: table.address.clone(), reading: request.reading.clone(), mark, bound: options.at, batch };
    Batch {
        table,
        landing,
        before: before.chain([too_many(engine, table, there), events, rejected]).map(Step::from).collect(),
        rows: there.rows.clone(),
        rejected: has_key.then(|| there.rejects.clone()),
        nameless: has_key.then(|| nameless(engine, table, landing, there)),
        is_first: false,
        passes: vec![Pass { files: None, at: options.at, is_whole }],
        rejections: 0,
        records: vec![
            StateChange::Read(read),
            StateChange::Columns { table: table.address.clone(), columns: request.known.clone() },
        ],
        leftovers: there.leftovers.clone(),
    }
}

/// Stops a batch of which more rows do not cast than the declared share.
fn too_many(engine: TargetType, table: &Table, there: &There) -> Statement {
    let text = sql::dialect(engine).ty(&Type::String);
    let share = table.max_rejected_share;
    let sql = format!(
        "SELECT CONCAT(CAST(_n.rejected AS {text}), ' of ', CAST(_n.seen AS {text})) AS key_text FROM (\n\
         SELECT (SELECT COUNT(*) FROM {}) AS rejected, (SELECT COUNT(*) FROM {}) AS seen\n\
         ) AS _n WHERE _n.rejected > 0 AND _n.rejected / _n.seen > {share}",
        there.rejects, there.read
    );
    let gate = Gate {
        code: Code::TooManyRejected,
        message: format!("more rows of table `{}` do not cast than the share of {share}", table.address),
        span: table.span,
        help: super::land::TOO_MANY_REJECTED.to_owned(),
    };
    Statement { sql, reads: Reads::Gate(gate) }
}

/// A query of the rows without a key, where a reading that lacks rows could delete some.
fn nameless(engine: TargetType, table: &Table, landing: &Landing, there: &There) -> String {
    let quote = |name: &String| sql::dialect(engine).quote(name);
    let null: Vec<String> = table.primary_key.iter().map(|key| format!("_r.{} IS NULL", quote(key))).collect();
    // A first reading deletes nothing.
    format!(
        "SELECT 1 FROM {} AS _r WHERE ({}) AND EXISTS (SELECT 1 FROM {} AS _l)",
        there.rejects,
        null.join(" OR "),
        landing.rows
    )
}
