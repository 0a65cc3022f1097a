//! MySQL and MariaDB: a source is read in one consistent view, streamed, and staged as typed rows in files, so that memory
//! is bounded whatever the table's size. The first load of a large table goes by ranges of its key, in parallel.
//! It must not know what is done with the staged rows, nor write into the state.

mod batch;
mod cell;
mod chunks;
mod connect;
mod cursor;
mod first;
mod number;
mod read;
mod rows;

use std::time::Duration;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::model::Source;

pub(crate) use connect::{Failure, open, options};
pub(crate) use first::first_load;

use crate::Error;
use crate::extract::Request;
use crate::extract::meter::Meter;
use crate::extract::staging::Staged;

/// Pauses before another attempt at a source that does not answer.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];

/// What reading a source gave.
pub(crate) struct Extraction {
    /// The instant of the view, UTC.
    pub(crate) bound: NaiveDateTime,
    /// One per request, in their order: the greatest value of the cursor in this view, not beyond the view's own time nor
    /// the end of the windows.
    pub(crate) marks: Vec<Option<String>>,
}

/// Stages every request, read in one view. A source that does not answer is tried again, from the start.
pub(crate) fn extract(
    source: &Source,
    requests: &[Request<'_>],
    staged: &[Staged],
    meter: &mut Meter<'_>,
) -> Result<Extraction, Failure> {
    let options = options(source)?;
    let zone: Tz = source.timezone.parse().unwrap_or(Tz::UTC);
    let read = attempts(|| block_on(read::read(options.clone(), zone, requests, staged, meter)));
    read.map(|(bound, marks)| Extraction { bound, marks })
}

/// Tries until there is an answer, or something that another attempt does not mend, or enough was tried.
fn attempts<T>(mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    let mut pauses = PAUSES.iter();
    loop {
        match attempt() {
            Err(Failure::Unreachable(reason)) => match pauses.next() {
                Some(pause) => std::thread::sleep(*pause),
                None => return Err(Failure::Unreachable(reason)),
            },
            done => return done,
        }
    }
}

/// Runs one connection's work on this thread.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|cause| Error::because("the reader of a source could not start", cause))?.block_on(work)
}
