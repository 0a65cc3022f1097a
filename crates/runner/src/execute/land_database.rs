//! Landing databases: what is read of a server waits in files until all of it is there, and lands then, in one
//! transaction. A first load lands before the increment that follows it. It must not know the server's protocol.

use std::fs;
use std::path::Path;

use chrono::NaiveDateTime;
use dwc_compiler::model::{DetectDeletes, Source, Table};
use dwc_compiler::plan::{Landing, Stage};
use dwc_compiler::sql;

use super::land::{Dates, check_rejected, commit, notice, report_of};
use super::land_batch::{Batch, Pass, deliver_keys, deliver_rows};
use super::land_keys;
use super::reading::{miss, reading};
use super::report::{Notice, SourceOutcome, SourceReport};
use super::run::{Mode, RunOptions};
use crate::extract::database::{self, Extraction, Failure};
use crate::extract::meter::Meter;
use crate::extract::staging::{self, Staged};
use crate::extract::{Reading, Request, SourceColumn, files};
use crate::state::advance::Read;
use crate::state::change::StateChange;
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Error, Warehouse};

/// Lands what is new of a database.
pub(super) fn land_database(
    engine: &dyn Warehouse,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    (options, dates): (&RunOptions, Dates),
    tell: &mut dyn FnMut(&str),
) -> Result<SourceReport, Error> {
    let warehouse = engine.store();
    let folder = staging::named_folder(&engine.address()?, folder);
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
struct Taken<'a> {
    request: &'a Request<'a>,
    landing: &'a Landing,
    staged: &'a [Staged],
    /// How far the cursor has got.
    mark: Option<&'a str>,
    /// The columns that the source's table has; `None` where they were not looked at.
    columns: Option<&'a [SourceColumn]>,
}

/// Lands what was read until `bound`, in one unit with the record of the batch, which is dated `at`.
fn commit_taken(
    engine: &dyn Warehouse,
    folder: &Path,
    source: &Source,
    mode: Mode,
    (bound, at): (NaiveDateTime, NaiveDateTime),
    taken: &[Taken<'_>],
) -> Result<SourceReport, Error> {
    let mut notices = Vec::new();
    let landed = commit(engine, source, mode, at, &mut |batch| {
        notices.clear();
        taken.iter().map(|taken| batch_of(engine, folder, taken, batch, (bound, at), &mut notices)).collect()
    })?;
    notices.extend(landed.notices);
    Ok(SourceReport { notices, ..landed })
}

/// Whether nothing of a table was ever read to its end.
fn is_first(warehouse: &DuckDbWarehouse, table: &Table) -> Result<bool, Error> {
    let known = warehouse
        .number(&format!("SELECT COUNT(*) FROM _dwc.watermarks WHERE source_table = {}", literal(&table.address)))?;
    Ok(known == Some(0))
}

/// Lands a table that was read in chunks, and says how the increment after it reads. `None` where it is read in one view.
fn land_first(
    engine: &dyn Warehouse,
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

/// What was read of a table as a batch.
fn batch_of<'a>(
    engine: &dyn Warehouse,
    folder: &Path,
    taken: &Taken<'a>,
    batch: i64,
    (bound, at): (NaiveDateTime, NaiveDateTime),
    notices: &mut Vec<Notice>,
) -> Result<Batch<'a>, Error> {
    let (local, table) = (engine.store(), taken.request.table);
    let address = &table.address;
    let waiting = sql::waiting(table);
    let rejects = files::rejects_of(&waiting);
    staging::view(local, &waiting, taken.staged.iter().map(|staged| staged.rows.as_path()), at)?;
    make_rejects(local, table, &waiting, &rejects)?;
    staging::load(local, &rejects, taken.staged.iter().map(|staged| staged.rejects.as_path()))?;
    let count = |from: &str| local.count(&format!("SELECT COUNT(*) FROM {from}"));
    let rejections = count(&rejects)?;
    check_rejected(table, count(&waiting.path)? + rejections, rejections)?;
    land_keys::check_unique(local, table, &waiting.path)?;
    let shows_absent = taken.request.reading == Reading::Whole
        && table.detect_deletes == DetectDeletes::FullPass
        && state::has_rows(local, address)?;
    let held = if shows_absent { land_keys::nameless(local, table, &rejects)? } else { None };
    let is_whole = shows_absent && held.is_none();
    notices.extend(held);
    let read = Read {
        table: address.clone(),
        reading: taken.request.reading.clone(),
        mark: taken.mark.map(str::to_owned),
        bound,
        batch,
    };
    let mut records = vec![StateChange::Read(read)];
    if rejections > 0 {
        records.push(StateChange::Events { batch, table: address.clone(), screen: "cast", rows: rejects.clone() });
    }
    if let Some(columns) = taken.columns {
        records.push(StateChange::Columns { table: address.clone(), columns: columns.to_vec() });
    }
    let rejected = if is_whole && rejections > 0 && !table.primary_key.is_empty() {
        Some(deliver_keys(engine, table, &rejects, folder)?)
    } else {
        None
    };
    let drop = format!("DROP VIEW {}; DROP TABLE {rejects}", waiting.path);
    Ok(Batch {
        table,
        landing: taken.landing,
        before: Vec::new(),
        rows: deliver_rows(engine, table, &waiting, None, folder, "")?,
        rejected,
        nameless: None,
        is_first: land_keys::is_first(local, table, &waiting.path)?,
        passes: vec![Pass { files: None, at, is_whole }],
        rejections,
        records,
        leftovers: vec![drop],
    })
}

/// The table of rejected rows: with their keys, so that a full pass knows them.
pub(super) fn make_rejects(local: &DuckDbWarehouse, table: &Table, stage: &Stage, rejects: &str) -> Result<(), Error> {
    let ty = |key: &String| stage.columns.iter().find(|(name, _)| name == key);
    let keys: String =
        table.primary_key.iter().filter_map(ty).map(|(name, ty)| format!(", {} {ty}", files::quote(name))).collect();
    local.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE {rejects} (_place VARCHAR, _reason VARCHAR, _row VARCHAR{keys})"
    ))
}
