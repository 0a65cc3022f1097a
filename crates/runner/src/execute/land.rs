//! Landing: what is new of one source becomes the current state of its tables, in one unit of work with the record of the
//! batch, its files and its watermarks. It decides what is read; it must not know how a source is read, nor by which engine.

use std::path::Path;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{OnSchemaChange, Source, SourceType, Table};
use dwc_compiler::plan::{Landing, LoadPlan};

use super::crash;
use super::land_batch::Batch;
use super::land_database::land_database;
use super::land_files::land_files;
use super::land_keys::holds_deletes;
use super::land_warehouse::land_warehouse;
use super::report::{Notice, SourceOutcome, SourceReport};
use super::run::{Dated, Mode, RunOptions};
use crate::state::{self, change::StateChange};
use crate::warehouse::unit::{Keep, Unit};
use crate::{DuckDbWarehouse, Error, Warehouse};

/// What to do about too many rows that do not cast.
pub(super) const TOO_MANY_REJECTED: &str =
    "compare the source with the declared types; `max_rejected_share` sets the share that is allowed";

/// What dates the batches of a database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dates {
    /// The run's time, where it was given.
    pub(super) given: Option<NaiveDateTime>,
    /// The time of the last batch of the source.
    pub(super) last: Option<NaiveDateTime>,
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
    engine: &dyn Warehouse,
    folder: &Path,
    source: &Source,
    tables: &[(&Table, &Landing)],
    plan: &LoadPlan,
    (options, dated): (&RunOptions, Dated),
    tell: &mut dyn FnMut(&str),
) -> Result<SourceReport, Error> {
    // Where a clock goes back, the order of arrival decides: no batch is dated before the last one of its source.
    let last = state::last_bound(engine.store(), &source.name)?;
    let options = &RunOptions { at: last.map_or(options.at, |last| last.max(options.at)), ..options.clone() };
    let dates = Dates { given: (dated == Dated::ByRun).then_some(options.at), last };
    // A model that takes the state after each batch needs each time of extraction as a batch of its own. A full run reads
    // files again that are landed: their times are past, and what they say together is what holds.
    let by_batch = plan.models.iter().filter(|model| model.by_batch);
    let split = matches!(options.mode, Mode::Incremental | Mode::FillGaps)
        && by_batch.flat_map(|model| &model.tables).any(|name| tables.iter().any(|(table, _)| &table.address == name));
    match source.ty {
        SourceType::Files => land_files(engine, folder, source, tables, split, options),
        SourceType::Mysql | SourceType::Postgres => {
            land_database(engine, folder, source, tables, (options, dates), tell)
        }
        SourceType::Warehouse => land_warehouse(engine, source, tables, options),
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

/// One unit for a source: what `take` reads as the batch of a number is merged, and the batch is recorded with what it
/// merged.
pub(super) fn commit<'a>(
    engine: &dyn Warehouse,
    source: &Source,
    mode: Mode,
    at: NaiveDateTime,
    take: &mut dyn FnMut(i64) -> Result<Vec<Batch<'a>>, Error>,
) -> Result<SourceReport, Error> {
    crash::point();
    let mut taken: Vec<Batch<'a>> = Vec::new();
    let mut report = report_of(source);
    let mut landed = Vec::new();
    let done = engine.commit(&mut |state: &DuckDbWarehouse| {
        report.batch = state.count("SELECT MAX(batch) FROM _dwc.batches")? + 1;
        let batch = report.batch;
        taken = take(batch)?;
        crash::point();
        let (mut steps, mut records) = (Vec::new(), Vec::new());
        landed.clear();
        for table in &mut taken {
            records.append(&mut table.records);
            let first = steps.len();
            table.add_to(&mut steps, engine.ty());
            landed.push(table.landed(batch, first..steps.len()));
        }
        records.extend(landed.iter().cloned().map(StateChange::Landed));
        records.push(StateChange::Batch { batch, source: source.name.clone(), mode: mode.name().to_owned(), at });
        let name = format!("land_{}", source.name);
        Ok(Some(Unit { name, batch, since: 0, at, from: None, steps, records, keep: Keep::Always }))
    });
    for table in &taken {
        table.forget(engine.store());
    }
    let found = done?.map(|done| done.found).unwrap_or_default();
    for (table, landed) in taken.iter().zip(&landed) {
        report.tables.push(landed.report(&found));
        let of_this = found.iter().filter(|(place, _)| landed.steps.contains(place));
        let nameless = of_this.map(|(_, found)| found.count("nameless")).sum();
        report.notices.extend(holds_deletes(table.table, nameless));
    }
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
    Err(Error::coded(
        Code::TooManyRejected,
        format!(
            "{rejected} of {read} rows of table `{}` do not cast, more than the share of {}",
            table.address, table.max_rejected_share
        ),
    )
    .at(table.span)
    .help(TOO_MANY_REJECTED))
}
