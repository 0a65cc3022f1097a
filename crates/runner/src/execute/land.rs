//! Landing: what is new of one source becomes the current state of its tables, in one transaction with the record of the
//! batch, its files and its watermarks. It decides what is read; it must not know how a source is read.

use std::path::Path;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{OnSchemaChange, Source, SourceType, Table};
use dwc_compiler::plan::{Landing, LoadPlan, Reads};

use super::land_database::land_database;
use super::land_files::land_files;
use super::land_warehouse::land_warehouse;
use super::report::{Notice, SourceOutcome, SourceReport, TableReport};
use super::run::{Dated, Mode, RunOptions};
use super::{bigquery, crash};
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Engine, Error};

/// What dates the batches of a database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dates {
    /// The run's time, where it was given.
    given: Option<NaiveDateTime>,
    /// The time of the last batch of the source.
    last: Option<NaiveDateTime>,
}

impl Dates {
    /// The time of a batch that the server's clock dates by `bound`.
    pub(super) fn of(self, bound: NaiveDateTime) -> NaiveDateTime {
        let at = self.given.unwrap_or(bound);
        self.last.map_or(at, |last| last.max(at))
    }
}

/// Lands what is new of one source.
pub(super) fn land(
    engine: Engine<'_>,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    plan: &LoadPlan,
    (options, dated): (&RunOptions, Dated),
    tell: &mut dyn FnMut(&str),
) -> Result<SourceReport, Error> {
    // Where a clock goes back, the order of arrival decides: no batch is dated before the last one of its source.
    let last = state::last_bound(engine.state(), &source.name)?;
    let options = &RunOptions { at: last.map_or(options.at, |last| last.max(options.at)), ..options.clone() };
    let dates = Dates { given: (dated == Dated::ByRun).then_some(options.at), last };
    // A model that takes the state after each batch needs each time of extraction as a batch of its own. A full run reads
    // files again that are landed: their times are past, and what they say together is what holds.
    let by_batch = plan.models.iter().filter(|model| model.by_batch);
    let split = matches!(options.mode, Mode::Incremental | Mode::FillGaps)
        && by_batch.flat_map(|model| &model.tables).any(|name| tables.iter().any(|(table, _)| &table.address == name));
    let warehouse = match engine {
        Engine::DuckDb(warehouse) => warehouse,
        Engine::BigQuery(remote) => match source.ty {
            SourceType::Mysql | SourceType::Postgres => {
                return land_database(engine, folder, source, tables, (options, dates), tell);
            }
            _ => return bigquery::land(remote, folder, source, tables, split, options),
        },
    };
    match source.ty {
        SourceType::Files => land_files(warehouse, folder, source, tables, split, options),
        SourceType::Mysql | SourceType::Postgres => {
            land_database(engine, folder, source, tables, (options, dates), tell)
        }
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
        notices: Vec::new(),
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
            state::put_table_batch(warehouse, batch, &counts)?;
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

/// What a run says of a table whose columns changed.
pub(super) fn notice(table: &Table, changes: &[String]) -> Option<Notice> {
    let what = if table.on_schema_change == OnSchemaChange::Evolve {
        "what is not declared lands in `_extra`"
    } else {
        "what is not declared is left out"
    };
    (!changes.is_empty()).then(|| Notice {
        code: Code::SourceChanged.id().to_owned(),
        message: format!("the columns of table `{}` of the source have changed, and {what}", table.address),
        keys: changes.to_vec(),
    })
}

/// Stops a batch of which more rows do not cast than the declared share.
pub(super) fn check_rejected(table: &Table, read: i64, rejected: i64) -> Result<(), Error> {
    let share = if read > 0 { rejected as f64 / read as f64 } else { 0.0 };
    if share <= table.max_rejected_share {
        return Ok(());
    }
    Err(too_many_rejected(table, rejected, read))
}

pub(super) fn too_many_rejected(table: &Table, rejected: i64, read: i64) -> Error {
    Error::coded(
        Code::TooManyRejected,
        format!(
            "{rejected} of {read} rows of table `{}` do not cast, more than the share of {}",
            table.address, table.max_rejected_share
        ),
    )
    .help("compare the source with the declared types; `max_rejected_share` sets the share that is allowed")
}

/// Stops a reading of the whole table that would delete more than the declared share of it.
pub(super) fn check_deleted(warehouse: &DuckDbWarehouse, table: &Table, landing: &Landing) -> Result<(), Error> {
    let counted = warehouse.rows(&format!(
        "SELECT COUNT(*), count_if(NOT EXISTS (SELECT 1 FROM {} AS s WHERE {})) FROM {} AS l WHERE NOT l._deleted",
        landing.stage.path,
        super::land_keys::same_key(table, &table.landing_key(), "s", "l"),
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
            format!("a read of table `{}` lacks {gone} of {all} rows", table.address),
        )
        .help("check the source; if the rows are really gone, declare a greater `max_deleted_share`"));
    }
    Ok(())
}

/// Whether a table has no landed rows.
pub(super) fn is_empty(warehouse: &DuckDbWarehouse, landing: &Landing) -> Result<bool, Error> {
    Ok(warehouse.rows(&format!("SELECT 1 FROM {} LIMIT 1", landing.rows))?.is_empty())
}

/// Merges a staged batch into the landed rows, and counts what it did.
pub(super) fn merge(warehouse: &DuckDbWarehouse, landing: &Landing, counts: &mut TableReport) -> Result<(), Error> {
    let is_first = is_empty(warehouse, landing)? && warehouse.rows(&landing.repeated)?.is_empty();
    for statement in if is_first { &landing.first } else { &landing.merge } {
        if matches!(statement.reads, Reads::Counts) {
            let found = warehouse.named(&statement.sql)?;
            counts.count(&|name| found.get(name).copied().unwrap_or(0));
        } else {
            warehouse.execute(&statement.sql)?;
        }
    }
    Ok(())
}
