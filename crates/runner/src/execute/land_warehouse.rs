//! Landing of tables that another tool has put into the same warehouse: they are read where they lie, by their cursor
//! or whole, and compared with what is landed. It must not write to them.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::cell::landed;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Column, DetectDeletes, EXTRA, Source, Table};
use dwc_compiler::plan::Landing;
use dwc_compiler::sql::googlesql::Type;

use super::land::{check_deleted, check_rejected, commit, is_empty, merge, notice, report_of};
use super::land_keys;
use super::reading::{advance, reading};
use super::report::{Notice, SourceReport, TableReport};
use super::run::{Mode, RunOptions};
use crate::extract::columns::{compare, missing};
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
    let Requests { requests, left_out, notices } =
        requests(warehouse, schema, tables, options, |table| columns(warehouse, schema, table))?;
    if requests.is_empty() {
        return Ok(SourceReport { left_out, notices, ..report_of(source) });
    }
    let zone: Tz = source.timezone.parse().unwrap_or(Tz::UTC);
    let mut notices = notices;
    let report = commit(warehouse, source, options.mode, options.at, |batch, record| {
        for (request, landing) in &requests {
            let (counts, held) = land_table(warehouse, schema, request, landing, zone, options, batch)?;
            record(counts)?;
            notices.extend(held);
            state::put_source_columns(warehouse, &request.table.address, &request.known)?;
        }
        Ok(())
    })?;
    Ok(SourceReport { left_out, notices, ..report })
}

/// What a run reads of a source that lies in the warehouse.
pub(super) struct Requests<'a> {
    /// The tables, each with the columns that it has now.
    pub(super) requests: Vec<(Request<'a>, &'a Landing)>,
    /// Tables that an interval cannot be read of.
    pub(super) left_out: Vec<String>,
    /// What has changed of their columns.
    pub(super) notices: Vec<Notice>,
}

/// Decides what is read of each table, and compares its columns with those declared and those of the last reading.
pub(super) fn requests<'a>(
    state: &DuckDbWarehouse,
    schema: &str,
    tables: &[(&'a Table, &'a Landing)],
    options: &RunOptions,
    columns: impl Fn(&Table) -> Result<Vec<SourceColumn>, Error>,
) -> Result<Requests<'a>, Error> {
    let mut all = Requests { requests: Vec::new(), left_out: Vec::new(), notices: Vec::new() };
    for (table, landing) in tables {
        let there = columns(table)?;
        check_columns(schema, table, &there)?;
        let known = state::source_columns(state, &table.address)?;
        all.notices.extend(notice(table, &compare(table, &there, &known)?));
        match reading(state, table, options.mode)? {
            Some(reading) => all.requests.push((Request { table, reading, known: there }, landing)),
            None => all.left_out.extend(matches!(options.mode, Mode::Interval(_)).then(|| table.address.clone())),
        }
    }
    Ok(all)
}

/// The columns that are there.
fn columns(warehouse: &DuckDbWarehouse, schema: &str, table: &Table) -> Result<Vec<SourceColumn>, Error> {
    let there = warehouse.rows(&format!(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = {} AND table_name = {} \
         ORDER BY ordinal_position",
        literal(schema),
        literal(&table.physical)
    ))?;
    let word = |value: Option<&Option<String>>| value.cloned().flatten().unwrap_or_default();
    Ok(there.iter().map(|row| SourceColumn { name: word(row.first()), ty: word(row.get(1)) }).collect())
}

/// Stops where a table is not there, or lacks a column that is declared.
fn check_columns(schema: &str, table: &Table, there: &[SourceColumn]) -> Result<(), Error> {
    let missing = missing(table, |column| there.iter().any(|other| other.name == column.name));
    if there.is_empty() {
        return Err(Error::coded(
            Code::FileMissing,
            format!("the warehouse has no table `{schema}.{}`", table.physical),
        )
        .help("let the other tool land it first, or correct the source's `schema` or the table's `name`"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = there.iter().map(|column| column.name.as_str()).collect();
    let missing: Vec<String> = missing.iter().map(|column| format!("`{}`", column.name)).collect();
    Err(Error::coded(Code::FileColumns, format!("`{schema}.{}` has no column {}", table.physical, missing.join(", ")))
        .help(format!("its columns are {}", names.join(", "))))
}

/// Stretches of time as a cursor of a type shows them.
pub(super) fn stretches(ty: &Type, windows: &[Interval], zone: Tz) -> Vec<(Option<NaiveDateTime>, NaiveDateTime)> {
    let shown = |window: &Interval| {
        let from = window.from.unwrap_or(window.to);
        let (from, to) = match ty {
            Type::Timestamp => (from, window.to),
            Type::Date => {
                let (from, to) = moment::local_window(from, window.to, zone);
                moment::whole_days(from, to)
            }
            _ => moment::local_window(from, window.to, zone),
        };
        (window.from.map(|_| from), to)
    };
    windows.iter().map(shown).collect()
}

/// The condition that a row is of one of these stretches of time, or of none.
fn within(cursor: &Column, ty: &str, windows: &[Interval], zone: Tz) -> String {
    let name = quote(&cursor.name);
    let at = |at| format!("CAST(TIMESTAMP {} AS {ty})", literal(&moment::write(at)));
    let mut parts = vec![format!("{name} IS NULL")];
    for (from, to) in stretches(&cursor.ty, windows, zone) {
        let begin = from.map_or_else(String::new, |from| format!("{name} >= {} AND ", at(from)));
        parts.push(format!("({begin}{name} < {})", at(to)));
    }
    format!(" WHERE {}", parts.join(" OR "))
}

/// Lands one table. Gives also what is said where rows without a key hold back what it lacks.
fn land_table(
    warehouse: &DuckDbWarehouse,
    schema: &str,
    request: &Request<'_>,
    landing: &Landing,
    zone: Tz,
    options: &RunOptions,
    batch: i64,
) -> Result<(TableReport, Option<Notice>), Error> {
    let table = request.table;
    let mut counts = TableReport { table: table.address.clone(), ..TableReport::default() };
    let path = format!("{}.{}", quote(schema), quote(&table.physical));
    let ty =
        |name: &str| landing.stage.columns.iter().find(|(column, _)| column == name).map_or("VARCHAR", |(_, ty)| ty);
    let cursor = table.cursor.as_ref().and_then(|cursor| table.column(cursor));
    let filter = match (cursor, &request.reading) {
        (Some(cursor), Reading::Since(mark)) => {
            let back = if table.lookback_seconds > 0 {
                format!(" - INTERVAL {} SECOND", table.lookback_seconds)
            } else {
                String::new()
            };
            let from = format!("CAST({} AS {}){back}", literal(&mark.cursor), ty(&cursor.name));
            format!(" WHERE {0} IS NULL OR {0} >= {from}", quote(&cursor.name))
        }
        (Some(cursor), Reading::Windows(windows)) => within(cursor, ty(&cursor.name), windows, zone),
        _ => String::new(),
    };
    files::make_stage(warehouse, &landing.stage)?;
    warehouse.set_batch(batch, 0, &options.at)?;
    read_rows(warehouse, &path, &filter, request)?;
    counts.rejected = reject(warehouse, request, zone, batch)?;
    let read = warehouse.number(&format!("SELECT COUNT(*) FROM {READ}"))?.unwrap_or(0);
    check_rejected(table, read, counts.rejected)?;
    let names: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let cast: Vec<String> =
        casts(request, zone).into_iter().map(|(name, cast)| format!("{cast} AS {}", quote(&name))).collect();
    let (key_name, key_value) = files::row_key(table, "_line");
    warehouse.execute(&format!(
        "INSERT INTO {stage} ({key_name}{list}, _state, _at, _deleted)\n\
         SELECT {key_value}{list}, _line, getvariable('dwc_at'), {deleted}\n\
         FROM (SELECT {cast}, _line FROM {READ} WHERE _line NOT IN (SELECT _line FROM {REJECTS})) AS r",
        stage = landing.stage.path,
        list = names.join(", "),
        cast = cast.join(", "),
        deleted = files::delete_mark(table, &quote),
    ))?;
    land_keys::check_unique(warehouse, table, &landing.stage.path)?;
    let shows_absent = request.reading == Reading::Whole
        && (table.detect_deletes == DetectDeletes::FullPass || table.primary_key.is_empty());
    let held = if shows_absent && !is_empty(warehouse, landing)? {
        land_keys::nameless(warehouse, table, REJECTS)?
    } else {
        None
    };
    if shows_absent && held.is_none() {
        check_deleted(warehouse, table, landing)?;
        for statement in &landing.absent {
            warehouse.execute(&statement.sql)?;
        }
        // A row that was read and rejected is not gone.
        if !table.primary_key.is_empty() {
            warehouse.execute(&format!(
                "DELETE FROM {} AS s WHERE s._deleted AND EXISTS (SELECT 1 FROM {REJECTS} AS r WHERE {})",
                landing.stage.path,
                land_keys::same_key(table, &table.primary_key, "r", "s")
            ))?;
        }
    }
    let mark = match cursor {
        Some(cursor) => {
            let windowed = matches!(request.reading, Reading::Windows(_));
            let rows = warehouse.rows(&format!(
                "SELECT CAST(MAX(CAST({} AS {})) AS VARCHAR) FROM {path}{}",
                quote(&cursor.name),
                ty(&cursor.name),
                if windowed { filter.as_str() } else { "" }
            ))?;
            rows.into_iter().next().and_then(|row| row.into_iter().next().flatten())
        }
        None => None,
    };
    merge(warehouse, landing, &mut counts)?;
    advance(warehouse, request, mark.as_deref(), &options.at, batch)?;
    counts.extracted += counts.rejected;
    warehouse.execute(&format!("DROP TABLE {}; DROP TABLE {READ}; DROP TABLE {REJECTS}", landing.stage.path))?;
    Ok((counts, held))
}

/// The rows that are read, in their own types.
const READ: &str = "dwc_read";
/// The rows that do not cast, with their keys.
const REJECTS: &str = "dwc_rejected";

/// Reads rows into a temporary table, each with a number.
fn read_rows(warehouse: &DuckDbWarehouse, path: &str, filter: &str, request: &Request<'_>) -> Result<(), Error> {
    let table = request.table;
    let of = |column: &Column| match column.name.as_str() {
        EXTRA => format!("{} AS {}", files::extra(table, &request.known), quote(EXTRA)),
        name if request.known.iter().any(|there| there.name == name) => quote(name),
        name => format!("CAST(NULL AS VARCHAR) AS {}", quote(name)),
    };
    let list: Vec<String> = table.columns.iter().map(of).collect();
    warehouse.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE {READ} AS SELECT {}, row_number() OVER () AS _line FROM {path}{filter}",
        list.join(", ")
    ))
}

/// The declared columns, each with its cast.
fn casts(request: &Request<'_>, zone: Tz) -> Vec<(String, String)> {
    let zone = literal(zone.name());
    let of = |column: &Column| {
        let name = column.name.clone();
        if name == EXTRA {
            return (name, quote(EXTRA));
        }
        let there = request.known.iter().find(|known| known.name == name).map_or("VARCHAR", |known| known.ty.as_str());
        let cast = landed::cast(&quote(&name), there, &column.ty, &zone);
        (name, cast)
    };
    request.table.columns.iter().map(of).collect()
}

/// Keeps the rows that do not cast as error events, and counts them.
fn reject(warehouse: &DuckDbWarehouse, request: &Request<'_>, zone: Tz, batch: i64) -> Result<i64, Error> {
    let table = request.table;
    let casts = casts(request, zone);
    let not_cast = casts.iter().filter(|(name, _)| name != EXTRA).map(|(name, cast)| {
        let ty = table.column(name).map_or_else(String::new, |column| column.ty.to_string());
        let reason = literal(&format!("`{name}` is not {} {ty}", if ty.starts_with(['A', 'I']) { "an" } else { "a" }));
        format!("CASE WHEN {} IS NOT NULL AND {cast} IS NULL THEN {reason} END", quote(name))
    });
    let null_key = table.primary_key.iter().map(|key| {
        let reason = literal(&format!("`{key}` is NULL, and a part of the primary key"));
        format!("CASE WHEN {} IS NULL THEN {reason} END", quote(key))
    });
    let reasons: Vec<String> = not_cast.chain(null_key).collect();
    let keys: String = casts
        .iter()
        .filter(|(name, _)| table.primary_key.contains(name))
        .map(|(name, cast)| format!("{cast} AS {}, ", quote(name)))
        .collect();
    let place: Vec<String> =
        table.primary_key.iter().map(|key| format!("COALESCE(CAST({} AS VARCHAR), 'NULL')", quote(key))).collect();
    let place = if place.is_empty() { "''".to_owned() } else { place.join(" || ', ' || ") };
    let names: Vec<String> = casts.iter().map(|(name, _)| quote(name)).collect();
    warehouse.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE {REJECTS} AS SELECT * FROM (\n\
         SELECT {keys}_line, {place} AS _place, concat_ws(', ', {}) AS _reason, \
         CAST(to_json(struct_pack({})) AS VARCHAR) AS _row FROM {READ}\n\
         ) WHERE _reason <> ''",
        reasons.join(", "),
        files::pack(&names.iter().map(String::as_str).collect::<Vec<_>>())
    ))?;
    state::keep_events(warehouse, (batch, &table.address), REJECTS)?;
    Ok(warehouse.number(&format!("SELECT COUNT(*) FROM {REJECTS}"))?.unwrap_or(0))
}
