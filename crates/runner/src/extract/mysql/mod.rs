//! MySQL and MariaDB: a source is read in one consistent view, streamed, and staged in batches of typed rows.
//! One thread reads and casts while this one appends, so that memory is bounded whatever the table's size.
//! It must not know what is done with the staged rows, nor write into the state.

mod batch;
mod cell;
mod connect;
mod cursor;
mod number;
mod read;
mod rows;

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::model::Source;
use dwc_compiler::plan::Stage;

pub(crate) use connect::{Failure, open, options};

use super::files::{make_stage, quote};
use crate::extract::{Extracted, Request};
use crate::{DuckDbWarehouse, Error};
use read::Message;

/// Batches that wait for the warehouse at most.
const WAITING: usize = 2;
/// Pauses before another attempt at a source that does not answer.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];

/// What reading a source gave.
pub(crate) struct Extraction {
    /// The instant of the view, UTC.
    pub(crate) bound: NaiveDateTime,
    /// One per request, in their order.
    pub(crate) tables: Vec<Extracted>,
}

/// The table in which the rejected rows of a request wait for their batch.
pub(crate) fn rejects(stage: &Stage) -> String {
    quote(&format!("rejects_of_{}", stage.path.trim_matches('"')))
}

/// Stages every request, read in one view. A source that does not answer is tried again, from the start.
pub(crate) fn extract(
    warehouse: &DuckDbWarehouse,
    source: &Source,
    requests: &[Request<'_>],
    stages: &[&Stage],
) -> Result<Extraction, Failure> {
    let options = options(source)?;
    let zone: Tz = source.timezone.parse().unwrap_or(Tz::UTC);
    let mut pauses = PAUSES.iter();
    loop {
        for (request, stage) in requests.iter().zip(stages) {
            make_stage(warehouse, stage)?;
            make_rejects(warehouse, request, stage)?;
        }
        match attempt(warehouse, options.clone(), zone, requests, stages) {
            Err(Failure::Unreachable(reason)) => match pauses.next() {
                Some(pause) => std::thread::sleep(*pause),
                None => return Err(Failure::Unreachable(reason)),
            },
            done => return done,
        }
    }
}

/// Removes what an extraction staged.
pub(crate) fn discard(warehouse: &DuckDbWarehouse, stages: &[&Stage]) -> Result<(), Error> {
    for stage in stages {
        warehouse.execute(&format!("DROP TABLE IF EXISTS {}; DROP TABLE IF EXISTS {}", stage.path, rejects(stage)))?;
    }
    Ok(())
}

fn make_rejects(warehouse: &DuckDbWarehouse, request: &Request<'_>, stage: &Stage) -> Result<(), Error> {
    let keys: String = request
        .table
        .primary_key
        .iter()
        .filter_map(|key| stage.columns.iter().find(|(name, _)| name == key))
        .map(|(name, ty)| format!(", {} {ty}", quote(name)))
        .collect();
    warehouse.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE {} (_place VARCHAR, _reason VARCHAR, _row VARCHAR{keys})",
        rejects(stage)
    ))
}

fn attempt(
    warehouse: &DuckDbWarehouse,
    options: mysql_async::Opts,
    zone: Tz,
    requests: &[Request<'_>],
    stages: &[&Stage],
) -> Result<Extraction, Failure> {
    let (hand, taken) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|cause| Error::because("the reader of a source could not start", cause))?;
            runtime.block_on(read::read(options, zone, requests, &hand))
        });
        let staged = stage(warehouse, requests.len(), stages, taken);
        let read = reader.join().unwrap_or_else(|_| Err(Failure::Unreachable("the reader ended early".to_owned())));
        // Where the warehouse refused rows, the reader's own end is only the echo of that.
        let staged = staged?;
        read.map(|()| staged)
    })
}

/// Appends what the reader hands on.
fn stage(
    warehouse: &DuckDbWarehouse,
    requests: usize,
    stages: &[&Stage],
    taken: Receiver<Message>,
) -> Result<Extraction, Error> {
    let mut extraction = Extraction { bound: NaiveDateTime::default(), tables: vec![Extracted::default(); requests] };
    for message in taken {
        match message {
            Message::View(bound) => extraction.bound = bound,
            Message::Rows(place, batch) => append(warehouse, &stages[place].path, batch)?,
            Message::Rejected(place, batch) => append(warehouse, &rejects(stages[place]), batch)?,
            Message::Done(place, done) => extraction.tables[place] = done,
        }
    }
    Ok(extraction)
}

fn append(
    warehouse: &DuckDbWarehouse,
    table: &str,
    batch: dwc_duckdb::duckdb::arrow::record_batch::RecordBatch,
) -> Result<(), Error> {
    let failed = |cause| Error::because("the warehouse did not take rows of the source", cause);
    let name = table.trim_matches('"').replace("\"\"", "\"");
    let mut appender = warehouse.connection().appender_to_catalog_and_db(&name, "temp", "main").map_err(failed)?;
    appender.append_record_batch(batch).map_err(failed)?;
    appender.flush().map_err(failed)
}
