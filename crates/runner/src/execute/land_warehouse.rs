//! Landing of tables that another tool has put into the same warehouse: they are read where they lie, by their cursor
//! or whole, and compared with what is landed. It must not write to them.

use chrono_tz::Tz;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{DetectDeletes, EXTRA, FileFormat, Source, Table};
use dwc_compiler::plan::Landing;
use dwc_compiler::sql::googlesql::Type;

use super::land::{check_deleted, commit, merge, notice, report_of};
use super::reading::{advance, reading};
use super::report::{SourceReport, TableReport};
use super::run::{Mode, RunOptions, set};
use crate::extract::columns::compare;
use crate::extract::files::{self, quote};
use crate::extract::{Reading, Request, SourceColumn, moment};
use crate::state::intervals::Interval;
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Error};

/// Lands what is new of one source, in one transaction that also reads it.
pub(super) fn land_warehouse(
    warehouse: &DuckDbWarehouse,
    source: &Source,
    tables: &[(&Table, &Landing)],
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    let schema = source.schema.as_deref().unwrap_or("main");
    let (mut requests, mut left_out, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    for (table, landing) in tables {
        let there = columns(warehouse, schema, table)?;
        let known = state::source_columns(warehouse, &table.address)?;
        notices.extend(notice(table, &compare(table, &there, &known)?));
        match reading(warehouse, table, options.mode)? {
            Some(reading) => requests.push((Request { table, reading, known: there }, *landing)),
            None => left_out.extend(matches!(options.mode, Mode::Interval(_)).then(|| table.address.clone())),
        }
    }
    if requests.is_empty() {
        return Ok(SourceReport { left_out, ..report_of(source) });
    }
    let zone: Tz = source.timezone.parse().unwrap_or(Tz::UTC);
    let report = commit(warehouse, source, options.mode, options.at, |batch, record| {
        for (request, landing) in &requests {
            record(land_table(warehouse, schema, request, landing, zone, options, batch)?)?;
            state::put_source_columns(warehouse, &request.table.address, &request.known)?;
        }
        Ok(())
    })?;
    Ok(SourceReport { left_out, notices, ..report })
}

/// The columns that are there, among them those that are declared.
fn columns(warehouse: &DuckDbWarehouse, schema: &str, table: &Table) -> Result<Vec<SourceColumn>, Error> {
    let there = warehouse.rows(&format!(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = {} AND table_name = {} \
         ORDER BY ordinal_position",
        literal(schema),
        literal(&table.physical)
    ))?;
    let word = |value: Option<&Option<String>>| value.cloned().flatten().unwrap_or_default();
    let there: Vec<SourceColumn> =
        there.iter().map(|row| SourceColumn { name: word(row.first()), ty: word(row.get(1)) }).collect();
    let missing: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| *name != EXTRA && !there.iter().any(|column| column.name == *name))
        .collect();
    if there.is_empty() {
        return Err(Error::coded(
            Code::FileMissing,
            format!("the warehouse has no table `{schema}.{}`", table.physical),
        )
        .help("let the other tool land it first, or correct the source's `schema` or the table's `name`"));
    }
    if missing.is_empty() {
        return Ok(there);
    }
    let names: Vec<&str> = there.iter().map(|column| column.name.as_str()).collect();
    Err(Error::coded(Code::FileColumns, format!("`{schema}.{}` has no column {}", table.physical, missing.join(", ")))
        .help(format!("its columns are {}", names.join(", "))))
}

/// The condition that a row is of one of these stretches of time, or of none.
fn within(cursor: &str, ty: &str, table: &Table, windows: &[Interval], zone: Tz) -> String {
    let name = quote(cursor);
    let declared = table.column(cursor).map(|column| &column.ty);
    let mut parts = vec![format!("{name} IS NULL")];
    for window in windows {
        let from = window.from.unwrap_or(window.to);
        let (from, to) = match declared {
            Some(Type::Timestamp) => (from, window.to),
            Some(Type::Date) => {
                let (from, to) = moment::local_window(from, window.to, zone);
                moment::whole_days(from, to)
            }
            _ => moment::local_window(from, window.to, zone),
        };
        let at = |at| format!("CAST(TIMESTAMP {} AS {ty})", literal(&moment::write(at)));
        let begin = window.from.map_or_else(String::new, |_| format!("{name} >= {} AND ", at(from)));
        parts.push(format!("({begin}{name} < {})", at(to)));
    }
    format!(" WHERE {}", parts.join(" OR "))
}

fn land_table(
    warehouse: &DuckDbWarehouse,
    schema: &str,
    request: &Request<'_>,
    landing: &Landing,
    zone: Tz,
    options: &RunOptions,
    batch: i64,
) -> Result<TableReport, Error> {
    let table = request.table;
    let mut counts = TableReport { table: table.address.clone(), ..TableReport::default() };
    let path = format!("{}.{}", quote(schema), quote(&table.physical));
    let ty =
        |name: &str| landing.stage.columns.iter().find(|(column, _)| column == name).map_or("VARCHAR", |(_, ty)| ty);
    let filter = match (&table.cursor, &request.reading) {
        (Some(cursor), Reading::Since(mark)) => {
            let back = if table.lookback_seconds > 0 {
                format!(" - INTERVAL {} SECOND", table.lookback_seconds)
            } else {
                String::new()
            };
            let from = format!("CAST({} AS {}){back}", literal(&mark.cursor), ty(cursor));
            format!(" WHERE {0} IS NULL OR {0} >= {from}", quote(cursor))
        }
        (Some(cursor), Reading::Windows(windows)) => within(cursor, ty(cursor), table, windows, zone),
        _ => String::new(),
    };
    files::make_stage(warehouse, &landing.stage)?;
    set(warehouse, batch, 0, &options.at)?;
    let names: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let cast: Vec<String> = table
        .columns
        .iter()
        .map(|column| match column.name.as_str() {
            EXTRA => format!("{} AS {}", files::extra(table, &request.known, FileFormat::Parquet), quote(EXTRA)),
            name => format!("CAST({0} AS {1}) AS {0}", quote(name), ty(name)),
        })
        .collect();
    let (key_name, key_value) = files::row_key(table, "_line");
    warehouse.execute(&format!(
        "INSERT INTO {stage} ({key_name}{list}, _state, _at, _deleted)\n\
         SELECT {key_value}{list}, _line, getvariable('dwc_at'), {deleted}\n\
         FROM (SELECT {cast}, row_number() OVER () AS _line FROM {path}{filter}) AS r",
        stage = landing.stage.path,
        list = names.join(", "),
        cast = cast.join(", "),
        deleted = files::delete_mark(table),
    ))?;
    if request.reading == Reading::Whole
        && (table.detect_deletes == DetectDeletes::FullPass || table.primary_key.is_empty())
    {
        check_deleted(warehouse, table, landing)?;
        for statement in &landing.absent {
            warehouse.execute(&statement.sql)?;
        }
    }
    let mark = match &table.cursor {
        Some(cursor) => {
            let rows = warehouse.rows(&format!(
                "SELECT CAST(MAX({}) AS VARCHAR) FROM {path}{}",
                quote(cursor),
                match &request.reading {
                    Reading::Windows(_) => filter.as_str(),
                    _ => "",
                }
            ))?;
            rows.into_iter().next().and_then(|row| row.into_iter().next().flatten())
        }
        None => None,
    };
    merge(warehouse, landing, &mut counts)?;
    advance(warehouse, request, mark.as_deref(), &options.at, batch)?;
    warehouse.execute(&format!("DROP TABLE {}", landing.stage.path))?;
    Ok(counts)
}
