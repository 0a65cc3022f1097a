//! Landing databases: what is read of a server waits in files until all of it is there, and lands then, in one
//! transaction. A first load lands before the increment that follows it. It must not know the server's protocol.

use std::fs;
use std::path::Path;

use chrono::NaiveDateTime;
use dwc_compiler::model::{DetectDeletes, Source, Table};
use dwc_compiler::plan::{Landing, Stage};

use super::land::{Dates, check_deleted, check_rejected, commit, is_empty, merge, notice, report_of};
use super::reading::{advance, miss, reading};
use super::report::{Notice, SourceOutcome, SourceReport, TableReport};
use super::run::{Mode, RunOptions};
use super::{bigquery, land_keys};
use crate::extract::database::{self, Extraction, Failure};
use crate::extract::meter::Meter;
use crate::extract::staging::{self, Staged};
use crate::extract::{Reading, Request, SourceColumn, files};
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Engine, Error};

/// Lands what is new of a database.
pub(super) fn land_database(
    engine: Engine<'_>,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    (options, dates): (&RunOptions, Dates),
    tell: &mut dyn FnMut(&str),
) -> Result<SourceReport, Error> {
    let warehouse = engine.state();
    let folder = match engine {
        Engine::DuckDb(warehouse) => staging::folder(warehouse, folder)?,
        Engine::BigQuery(remote) => staging::named_folder(&remote.address(), folder),
    };
    let mut report = report_of(source);
    let (mut requests, mut landings) = (Vec::new(), Vec::new());
    for (table, landing) in tables {
        match reading(warehouse, table, options.mode)? {
            Some(reading) => {
                let known = state::source_columns(warehouse, &table.address)?;
                requests.push(Request { table, reading, known });
                landings.push(*landing);
            }
            None => report.left_out.extend(matches!(options.mode, Mode::Interval(_)).then(|| table.address.clone())),
        }
    }
    let down = |report: SourceReport, requests: &[Request<'_>], reason: String| {
        miss(warehouse, requests, options, &reason)?;
        Ok(SourceReport { outcome: SourceOutcome::Unreachable(reason), ..report })
    };
    let mut meter = Meter::new(tell);
    for at in 0..requests.len() {
        if requests[at].reading != Reading::Whole || !is_first(warehouse, requests[at].table)? {
            continue;
        }
        match land_first(engine, &folder, source, &requests[at], landings[at], (options, dates), &mut meter) {
            Ok(None) => {}
            Ok(Some((landed, reading))) => {
                report.add(landed);
                requests[at].reading = reading;
            }
            Err(Failure::Unreachable(reason)) => return down(report, &requests, reason),
            Err(Failure::Stopped(error)) => return Err(error),
        }
    }
    if requests.is_empty() {
        return Ok(report);
    }
    let staged: Vec<Staged> =
        requests.iter().map(|request| Staged::new(&folder, &request.table.address.replace('.', "__"))).collect();
    let landed = match database::extract(source, &requests, &staged, &mut meter) {
        Err(Failure::Unreachable(reason)) => down(report, &requests, reason),
        Err(Failure::Stopped(error)) => Err(error),
        Ok(Extraction { bound, tables: read }) => {
            report
                .notices
                .extend(requests.iter().zip(&read).filter_map(|(request, read)| notice(request.table, &read.changes)));
            meter.say(&format!("landing source {}", source.name));
            let taken: Vec<Taken<'_>> = requests
                .iter()
                .zip(&landings)
                .zip(read.iter().zip(&staged))
                .map(|((request, landing), (read, staged))| Taken {
                    request,
                    landing,
                    staged: std::slice::from_ref(staged),
                    mark: read.mark.as_deref(),
                    columns: Some(&read.columns),
                })
                .collect();
            commit_taken(engine, &folder, source, options.mode, (bound, dates.of(bound)), &taken).map(|landed| {
                report.add(landed);
                report
            })
        }
    };
    for path in staged.iter().flat_map(|staged| [&staged.rows, &staged.rejects]) {
        // Files that stay are made anew by the next run.
        let _ = fs::remove_file(path);
    }
    landed
}

/// What was read of one table, and waits in files.
pub(super) struct Taken<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) landing: &'a Landing,
    pub(super) staged: &'a [Staged],
    /// How far the cursor has got.
    pub(super) mark: Option<&'a str>,
    /// The columns that the source's table has; `None` where they were not looked at.
    pub(super) columns: Option<&'a [SourceColumn]>,
}

/// Lands what was read until `bound`, in one transaction with the record of the batch, which is dated `at`.
fn commit_taken(
    engine: Engine<'_>,
    folder: &Path,
    source: &Source,
    mode: Mode,
    (bound, at): (NaiveDateTime, NaiveDateTime),
    taken: &[Taken<'_>],
) -> Result<SourceReport, Error> {
    match engine {
        Engine::DuckDb(warehouse) => {
            let mut notices = Vec::new();
            let landed = commit(warehouse, source, mode, at, |batch, record| {
                for taken @ Taken { request, columns, .. } in taken {
                    record(land_table(warehouse, taken, batch, (&bound, &at), &mut notices)?)?;
                    if let Some(columns) = columns {
                        state::put_source_columns(warehouse, &request.table.address, columns)?;
                    }
                }
                Ok(())
            })?;
            Ok(SourceReport { notices, ..landed })
        }
        Engine::BigQuery(warehouse) => bigquery::land_taken(warehouse, folder, source, mode, (bound, at), taken),
    }
}

/// Whether nothing of a table was ever read to its end.
fn is_first(warehouse: &DuckDbWarehouse, table: &Table) -> Result<bool, Error> {
    let known = warehouse
        .number(&format!("SELECT COUNT(*) FROM _dwc.watermarks WHERE source_table = {}", literal(&table.address)))?;
    Ok(known == Some(0))
}

/// Lands a table that was read in chunks, and says how the increment after it reads. `None` where it is read in one view.
fn land_first(
    engine: Engine<'_>,
    folder: &Path,
    source: &Source,
    request: &Request<'_>,
    landing: &Landing,
    (options, dates): (&RunOptions, Dates),
    meter: &mut Meter<'_>,
) -> Result<Option<(SourceReport, Reading)>, Failure> {
    let folder = folder.join(request.table.address.replace('.', "__"));
    let Some(first) = database::first_load(source, request.table, &folder, meter)? else { return Ok(None) };
    meter.say(&format!("landing {}", request.table.address));
    let (mark, bound) = (first.watermark.cursor.clone(), first.watermark.bound);
    let reading = Reading::Chunks(first.watermark.clone());
    let chunks = Request { table: request.table, reading, known: Vec::new() };
    let taken = Taken { request: &chunks, landing, staged: &first.staged, mark: Some(&mark), columns: None };
    let landed = commit_taken(engine, &folder, source, options.mode, (bound, dates.of(bound)), &[taken])?;
    // A folder that stays is of a table that has a watermark: nothing looks into it again but to remove it.
    let _ = fs::remove_dir_all(&folder);
    Ok(Some((landed, Reading::Since(first.watermark))))
}

fn land_table(
    warehouse: &DuckDbWarehouse,
    taken: &Taken<'_>,
    batch: i64,
    (bound, at): (&NaiveDateTime, &NaiveDateTime),
    notices: &mut Vec<Notice>,
) -> Result<TableReport, Error> {
    let Taken { request, landing, staged, mark, .. } = *taken;
    let table = request.table;
    let rejects = files::quote(&format!("rejects_of_{}", landing.stage.path.trim_matches('"')));
    // What a reading of the whole table lacks is deleted by rows that are added to the stage.
    let adds_absent = request.reading == Reading::Whole
        && table.detect_deletes == DetectDeletes::FullPass
        && !is_empty(warehouse, landing)?;
    let rows = staged.iter().map(|staged| staged.rows.as_path());
    if adds_absent {
        files::make_stage(warehouse, &landing.stage)?;
        staging::load_stage(warehouse, &landing.stage, rows, *at)?;
    } else {
        staging::view(warehouse, &landing.stage, rows, *at)?;
    }
    make_rejects(warehouse, table, &landing.stage, &rejects)?;
    staging::load(warehouse, &rejects, staged.iter().map(|staged| staged.rejects.as_path()))?;
    let count =
        |table: &str| Ok::<i64, Error>(warehouse.number(&format!("SELECT COUNT(*) FROM {table}"))?.unwrap_or(0));
    let rejected = count(&rejects)?;
    let mut counts = TableReport { table: table.address.clone(), rejected, ..TableReport::default() };
    state::keep_events(warehouse, (batch, &table.address), &rejects)?;
    check_rejected(table, count(&landing.stage.path)? + rejected, rejected)?;
    warehouse.set_batch(batch, 0, at)?;
    land_keys::check_unique(warehouse, table, &landing.stage.path)?;
    let held = if adds_absent { land_keys::nameless(warehouse, table, &rejects)? } else { None };
    if adds_absent && held.is_none() {
        check_deleted(warehouse, table, landing)?;
        for statement in &landing.absent {
            warehouse.execute(&statement.sql)?;
        }
        // A row that was read and rejected is not gone.
        warehouse.execute(&format!(
            "DELETE FROM {} AS s WHERE s._deleted AND EXISTS (SELECT 1 FROM {rejects} AS r WHERE {})",
            landing.stage.path,
            land_keys::same_key(table, &table.primary_key, "r", "s")
        ))?;
    }
    notices.extend(held);
    merge(warehouse, landing, &mut counts)?;
    advance(warehouse, request, mark, bound, batch)?;
    counts.extracted += counts.rejected;
    let kind = if adds_absent { "TABLE" } else { "VIEW" };
    warehouse.execute(&format!("DROP {kind} {}; DROP TABLE {rejects}", landing.stage.path))?;
    Ok(counts)
}

/// The table of rejected rows: with their keys, so that a full pass knows them.
pub(super) fn make_rejects(
    warehouse: &DuckDbWarehouse,
    table: &Table,
    stage: &Stage,
    rejects: &str,
) -> Result<(), Error> {
    let ty = |key: &String| stage.columns.iter().find(|(name, _)| name == key);
    let keys: String =
        table.primary_key.iter().filter_map(ty).map(|(name, ty)| format!(", {} {ty}", files::quote(name))).collect();
    warehouse.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE {rejects} (_place VARCHAR, _reason VARCHAR, _row VARCHAR{keys})"
    ))
}
