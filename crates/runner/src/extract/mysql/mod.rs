//! MySQL and MariaDB: a source is read in one consistent view, streamed, and staged as typed rows in files, so that memory
//! is bounded whatever the table's size. The first load of a large table goes by ranges of its key, in parallel.
//! It must not know what is done with the staged rows, nor write into the state.

mod batch;
mod cell;
mod chunks;
mod columns;
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

pub(crate) use connect::{Failure, access, open};
pub(crate) use first::first_load;

use crate::Error;
use crate::extract::meter::Meter;
use crate::extract::staging::Staged;
use crate::extract::{Read, Request};

/// The pause before another attempt at a source that does not answer: four times as long each time, up to a minute.
fn pause(attempt: u32) -> Duration {
    Duration::from_millis(300).saturating_mul(4_u32.saturating_pow(attempt)).min(Duration::from_secs(60))
}

/// What reading a source gave.
pub(crate) struct Extraction {
    /// The instant of the view, UTC.
    pub(crate) bound: NaiveDateTime,
    /// One per request, in their order.
    pub(crate) tables: Vec<Read>,
}

/// Stages every request, read in one view. A source that does not answer is tried again, from the start.
pub(crate) fn extract(
    source: &Source,
    requests: &[Request<'_>],
    staged: &[Staged],
    meter: &mut Meter<'_>,
) -> Result<Extraction, Failure> {
    let access = access(source)?;
    let zone: Tz = source.timezone.parse().unwrap_or(Tz::UTC);
    let read = attempts(access.retries, || block_on(read::read(&access, zone, requests, staged, meter)));
    read.map(|(bound, tables)| Extraction { bound, tables })
}

/// Tries until there is an answer, or something that another attempt does not mend, or enough was tried.
fn attempts<T>(retries: u32, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    let mut tried = 0;
    loop {
        match attempt() {
            Err(Failure::Unreachable(_)) if tried < retries => std::thread::sleep(pause(tried)),
            done => return done,
        }
        tried += 1;
    }
}

/// Runs one connection's work on this thread.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|cause| Error::because("the reader of a source could not start", cause))?.block_on(work)
}
