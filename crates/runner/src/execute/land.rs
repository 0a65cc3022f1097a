//! Landing: what is new of one source becomes the current state of its tables, in one transaction with the record of the
//! batch, its files and its watermarks. It decides what is read; it must not know how a source is read.

use std::path::Path;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Column, DetectDeletes, Source, SourceType, Table};
use dwc_compiler::plan::{Landing, LoadPlan, Reads, Stage};
use dwc_compiler::sql::googlesql::Type;

use super::crash;
use super::land_files::land_files;
use super::land_warehouse::land_warehouse;
use super::report::{SourceOutcome, SourceReport, TableReport};
use super::run::{Mode, RunOptions, named, set};
use crate::extract::mysql::{Extraction, Failure};
use crate::extract::{Extracted, Reading, Request, Watermark, files, moment, mysql};
use crate::state::intervals::{self, Interval};
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Error};

/// Lands what is new of one source.
pub(super) fn land(
    warehouse: &DuckDbWarehouse,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    plan: &LoadPlan,
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    match source.ty {
        SourceType::Files => {
            // A model that takes the state after each batch needs each time of extraction as a batch of its own. A full
            // run reads files again that are landed: their times are past, and what they say together is what holds.
            let by_batch = plan.models.iter().filter(|model| model.by_batch);
            let split = matches!(options.mode, Mode::Incremental | Mode::FillGaps)
                && by_batch
                    .flat_map(|model| &model.tables)
                    .any(|name| tables.iter().any(|(table, _)| &table.address == name));
            land_files(warehouse, folder, source, tables, split, options)
        }
        SourceType::Mysql => land_mysql(warehouse, source, tables, options),
        SourceType::Warehouse => land_warehouse(warehouse, source, tables, options),
    }
}

pub(super) fn report_of(source: &Source) -> SourceReport {
    SourceReport {
        source: source.name.clone(),
        outcome: SourceOutcome::Landed,
        batch: 0,
        tables: Vec::new(),
        left_out: Vec::new(),
    }
}

/// One transaction for a source: `land_tables` merges, and the batch is recorded with what it merged.
pub(super) fn commit(
    warehouse: &DuckDbWarehouse,
    source: &Source,
    mode: Mode,
    bound: NaiveDateTime,
    land_tables: impl FnOnce(i64, &mut dyn FnMut(TableReport) -> Result<(), Error>) -> Result<(), Error>,
) -> Result<SourceReport, Error> {
    let mut report = report_of(source);
    crash::point();
    warehouse.transaction(|| {
        let batch = warehouse.number("SELECT MAX(batch) FROM _dwc.batches")?.unwrap_or(0) + 1;
        report.batch = batch;
        land_tables(batch, &mut |counts| {
            warehouse.execute(&format!(
                "INSERT INTO _dwc.table_batches VALUES ({batch}, {}, {}, {}, {}, {}, {}, {}, {})",
                literal(&counts.table),
                counts.extracted,
                counts.inserted,
                counts.updated,
                counts.deleted,
                counts.unchanged,
                counts.superseded,
                counts.rejected
            ))?;
            report.tables.push(counts);
            crash::point();
            Ok(())
        })?;
        warehouse.execute(&format!(
            "INSERT INTO _dwc.batches VALUES ({batch}, {}, '{}', TIMESTAMP '{}')",
            literal(&source.name),
            mode.name(),
            bound.format("%Y-%m-%d %H:%M:%S%.f")
        ))
    })?;
    Ok(report)
}

/// Reads a database into staging tables, which may take long and can fail, and lands them then.
fn land_mysql(
    warehouse: &DuckDbWarehouse,
    source: &Source,
    tables: &[(&Table, &Landing)],
    options: &RunOptions,
) -> Result<SourceReport, Error> {
    let (mut read, mut requests, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for (table, landing) in tables {
        match reading(warehouse, table, options.mode)? {
            Some(reading) => {
                read.push((*table, *landing));
                requests.push(Request { table, reading });
            }
            None => left_out.extend(matches!(options.mode, Mode::Interval(_)).then(|| table.address.clone())),
        }
    }
    if requests.is_empty() {
        return Ok(SourceReport { left_out, ..report_of(source) });
    }
    let tables = read.as_slice();
    let stages: Vec<&Stage> = tables.iter().map(|(_, landing)| &landing.stage).collect();
    let Extraction { bound, tables: extracted } = match mysql::extract(warehouse, source, &requests, &stages) {
        Ok(extraction) => extraction,
        Err(Failure::Unreachable(reason)) => {
            mysql::discard(warehouse, &stages)?;
            miss(warehouse, &requests, options, &reason)?;
            return Ok(SourceReport { outcome: SourceOutcome::Unreachable(reason), ..report_of(source) });
        }
        Err(Failure::Stopped(error)) => {
            mysql::discard(warehouse, &stages)?;
            return Err(error);
        }
    };
    let report = commit(warehouse, source, options.mode, bound, |batch, record| {
        for ((request, landing), extracted) in requests.iter().zip(tables.iter().map(|(_, l)| *l)).zip(&extracted) {
            record(land_extracted(warehouse, request, landing, extracted, batch, &bound)?)?;
        }
        Ok(())
    });
    mysql::discard(warehouse, &stages)?;
    Ok(SourceReport { left_out, ..report? })
}

/// Which rows of a table a run reads; `None` where it reads none.
pub(super) fn reading(warehouse: &DuckDbWarehouse, table: &Table, mode: Mode) -> Result<Option<Reading>, Error> {
    let is_time = |column: &Column| matches!(column.ty, Type::Date | Type::DateTime | Type::Timestamp);
    let by_time = table.cursor.as_deref().and_then(|cursor| table.column(cursor)).is_some_and(is_time);
    let since =
        |mark: Option<Watermark>| mark.filter(|_| table.cursor.is_some()).map_or(Reading::Whole, Reading::Since);
    Ok(match mode {
        Mode::Full => Some(Reading::Whole),
        Mode::Incremental => Some(since(state::watermark(warehouse, &table.address)?)),
        Mode::Interval(window) => by_time.then(|| Reading::Windows(vec![window])),
        Mode::FillGaps => {
            let gaps = intervals::gaps(warehouse, &table.address)?;
            let mark = state::watermark(warehouse, &table.address)?;
            match (gaps.is_empty(), mark) {
                (true, _) => None,
                (false, Some(_)) if by_time => Some(Reading::Windows(gaps.iter().map(|gap| gap.interval).collect())),
                (false, mark) => Some(since(mark)),
            }
        }
    })
}

/// Records what a source that was not reached should have given.
pub(super) fn miss(
    warehouse: &DuckDbWarehouse,
    requests: &[Request<'_>],
    options: &RunOptions,
    reason: &str,
) -> Result<(), Error> {
    warehouse.transaction(|| {
        for request in requests {
            let address = &request.table.address;
            let windows = match &request.reading {
                Reading::Windows(windows) => windows.clone(),
                Reading::Whole | Reading::Since(_) => {
                    vec![Interval { from: intervals::end_without_hole(warehouse, address)?, to: options.at }]
                }
            };
            for window in windows {
                intervals::miss(warehouse, address, window, reason)?;
            }
        }
        Ok(())
    })
}

/// Records how far a table has been read, once its rows are merged. What was read of windows moves the watermark only
/// where no hole is before them, and never back.
pub(super) fn advance(
    warehouse: &DuckDbWarehouse,
    request: &Request<'_>,
    mark: Option<&str>,
    bound: &NaiveDateTime,
    batch: i64,
) -> Result<(), Error> {
    let address = &request.table.address;
    match &request.reading {
        Reading::Whole => intervals::cover(warehouse, address, Interval { from: None, to: *bound })?,
        Reading::Since(since) => {
            intervals::cover(warehouse, address, Interval { from: Some(since.bound), to: *bound })?;
        }
        Reading::Windows(windows) => {
            let mut end = None;
            for window in windows {
                let to = window.to.min(*bound);
                intervals::cover(warehouse, address, Interval { to, ..*window })?;
                end = end.max(Some(to));
            }
            let known = state::watermark(warehouse, address)?;
            let is_later =
                |mark: &str| known.as_ref().is_some_and(|known| moment::read(mark) > moment::read(&known.cursor));
            let is_whole = intervals::end_without_hole(warehouse, address)? >= end;
            return match (mark.filter(|mark| is_whole && is_later(mark)), end) {
                (Some(mark), Some(end)) => state::put_watermark(warehouse, address, Some(mark), &end, batch),
                _ => Ok(()),
            };
        }
    }
    state::put_watermark(warehouse, address, mark, bound, batch)
}

fn land_extracted(
    warehouse: &DuckDbWarehouse,
    request: &Request<'_>,
    landing: &Landing,
    extracted: &Extracted,
    batch: i64,
    bound: &NaiveDateTime,
) -> Result<TableReport, Error> {
    let table = request.table;
    let mut counts =
        TableReport { table: table.address.clone(), rejected: extracted.rejected, ..TableReport::default() };
    let rejects = mysql::rejects(&landing.stage);
    warehouse.execute(&format!(
        "INSERT INTO _dwc.error_events SELECT {batch}, {}, 'cast', _place, _reason, _row FROM {rejects}",
        literal(&table.address)
    ))?;
    check_rejected(table, extracted.read, extracted.rejected)?;
    set(warehouse, batch, 0, bound)?;
    if request.reading == Reading::Whole && table.detect_deletes == DetectDeletes::FullPass {
        check_deleted(warehouse, table, landing)?;
        for statement in &landing.absent {
            warehouse.execute(&statement.sql)?;
        }
        // A row that was read and rejected is not gone.
        let key: Vec<String> =
            table.primary_key.iter().map(|key| format!("r.{0} = s.{0}", files::quote(key))).collect();
        warehouse.execute(&format!(
            "DELETE FROM {} AS s WHERE s._deleted AND EXISTS (SELECT 1 FROM {rejects} AS r WHERE {})",
            landing.stage.path,
            key.join(" AND ")
        ))?;
    }
    merge(warehouse, landing, &mut counts)?;
    advance(warehouse, request, extracted.watermark.as_deref(), bound, batch)?;
    counts.extracted += counts.rejected;
    Ok(counts)
}

/// Stops a batch of which more rows do not cast than the declared share.
pub(super) fn check_rejected(table: &Table, read: i64, rejected: i64) -> Result<(), Error> {
    let share = if read > 0 { rejected as f64 / read as f64 } else { 0.0 };
    if share <= table.max_rejected_share {
        return Ok(());
    }
    Err(Error::coded(
        Code::TooManyRejected,
        format!(
            "{rejected} of {read} rows of table `{}` do not cast, more than the share of {}",
            table.address, table.max_rejected_share
        ),
    )
    .help("look at the source against the declared types; `max_rejected_share` sets the share that is let through"))
}

/// Stops a reading of the whole table that would delete more than the declared share of it.
pub(super) fn check_deleted(warehouse: &DuckDbWarehouse, table: &Table, landing: &Landing) -> Result<(), Error> {
    let key: Vec<String> =
        table.landing_key().iter().map(|column| format!("s.{0} = l.{0}", files::quote(column))).collect();
    let counted = warehouse.rows(&format!(
        "SELECT COUNT(*), count_if(NOT EXISTS (SELECT 1 FROM {} AS s WHERE {})) FROM {} AS l WHERE NOT l._deleted",
        landing.stage.path,
        key.join(" AND "),
        landing.rows
    ))?;
    let number = |index: usize| {
        counted.first().and_then(|row| row[index].as_deref()).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0)
    };
    let (all, gone) = (number(0), number(1));
    let too_many = match table.max_deleted_share {
        Some(share) => all > 0.0 && gone / all > share,
        None => all > 0.0 && (gone >= all || (all >= 100.0 && gone / all > 0.5)),
    };
    if too_many && !table.primary_key.is_empty() {
        return Err(Error::coded(
            Code::TooManyDeleted,
            format!("a reading of table `{}` lacks {gone} of {all} rows", table.address),
        )
        .help("look at the source; if the rows are gone for good, declare a greater `max_deleted_share`"));
    }
    Ok(())
}

pub(super) fn merge(warehouse: &DuckDbWarehouse, landing: &Landing, counts: &mut TableReport) -> Result<(), Error> {
    for statement in &landing.merge {
        if matches!(statement.reads, Reads::Counts) {
            let found = named(warehouse, &statement.sql)?;
            let get = |name: &str| found.get(name).copied().unwrap_or(0);
            counts.extracted += get("extracted");
            counts.inserted += get("inserted");
            counts.updated += get("updated");
            counts.deleted += get("deleted");
            counts.unchanged += get("unchanged");
            counts.superseded += get("superseded");
        } else {
            warehouse.execute(&statement.sql)?;
        }
    }
    Ok(())
}
