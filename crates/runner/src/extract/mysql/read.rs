//! Reading: every table of a source in one consistent view, each by its cursor or whole, row by row.
//! It stages typed rows; it must not know what is done with them.

use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::model::Table;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params};

use super::columns;
use super::connect::{Access, Failure, open, patient, silent, within};
use super::cursor::pin;
use super::rows::Rows;
use crate::extract::meter::Meter;
use crate::extract::moment;
use crate::extract::staging::Staged;
use crate::extract::{Read, Reading, Request};

/// Reads every request in one view: the view's instant by the server's clock, UTC, and what each request gave.
pub(super) async fn read(
    access: &Access,
    zone: Tz,
    requests: &[Request<'_>],
    staged: &[Staged],
    meter: &mut Meter<'_>,
) -> Result<(NaiveDateTime, Vec<Read>), Failure> {
    let read = read_view(access, zone, requests, staged, meter);
    match access.snapshot {
        None => read.await,
        Some(snapshot) => tokio::time::timeout(snapshot, read).await.unwrap_or_else(|_| {
            Err(Failure::Unreachable(format!("the view was open for {} seconds", snapshot.as_secs())))
        }),
    }
}

async fn read_view(
    access: &Access,
    zone: Tz,
    requests: &[Request<'_>],
    staged: &[Staged],
    meter: &mut Meter<'_>,
) -> Result<(NaiveDateTime, Vec<Read>), Failure> {
    let mut connection = open(access).await?;
    let bound = within(access, "asking for the time", now(&mut connection)).await?;
    let begin = connection.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    within(access, "opening the view", begin).await?;
    let mut all = Vec::with_capacity(requests.len());
    let view = View { access, pace: Pace::new(access, 1), zone, bound };
    for (request, staged) in requests.iter().zip(staged) {
        meter.table(&request.table.address, None);
        all.push(read_table(&mut connection, &view, request, staged, meter).await?);
    }
    // Nothing was written: an error here only says that the connection is gone already.
    let _ = connection.query_drop("ROLLBACK").await;
    let _ = connection.disconnect().await;
    Ok((bound, all))
}

/// The server's own time, UTC.
pub(super) async fn now(connection: &mut Conn) -> Result<NaiveDateTime, mysql_async::Error> {
    let text: Option<String> = connection.query_first("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)").await?;
    Ok(text.as_deref().and_then(moment::read).unwrap_or_default())
}

/// What every reading of a view shares.
pub(super) struct View<'v> {
    /// How the source is spared.
    pub(super) access: &'v Access,
    /// How fast it is read.
    pub(super) pace: Pace,
    /// The zone of DATETIMEs.
    pub(super) zone: Tz,
    /// The instant that rows are of, UTC.
    pub(super) bound: NaiveDateTime,
}

async fn read_table(
    connection: &mut Conn,
    view: &View<'_>,
    request: &Request<'_>,
    staged: &Staged,
    meter: &mut Meter<'_>,
) -> Result<Read, Failure> {
    let View { access, zone, bound, .. } = *view;
    let table = request.table;
    let doing = format!("reading table `{}`", table.address);
    let there = patient(access, columns::look(connection, table)).await?;
    let changes = columns::check(table, &there, &request.known)?;
    let mut mark = None;
    let mut condition = (String::new(), Params::Empty);
    if let Some(cursor) = &table.cursor {
        let pin = pin(connection, table, cursor, zone, bound, &request.reading, &doing);
        let pinned = patient(access, pin).await?;
        let name = quote(cursor);
        match &request.reading {
            Reading::Whole | Reading::Chunks(_) => {}
            Reading::Since(since) => {
                let start = pinned.kind.start(since, table.lookback_seconds, zone, bound);
                condition = (format!(" WHERE {name} >= ? OR {name} IS NULL"), Params::Positional(vec![start]));
                mark = Some(since.cursor.clone());
            }
            Reading::Windows(windows) => condition = pinned.kind.within(&name, windows, zone),
        }
        mark = pinned.watermark.or(mark);
    }
    let mut tell = |rows, bytes| meter.add(rows, bytes);
    stream(connection, view, table, &columns::list(table, &there), condition, staged, &mut tell).await?;
    meter.done();
    Ok(Read { mark, columns: there, changes })
}

/// Stages the rows of a table that meet a condition.
pub(super) async fn stream(
    connection: &mut Conn,
    view: &View<'_>,
    table: &Table,
    list: &str,
    (condition, values): (String, Params),
    staged: &Staged,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<(), Failure> {
    let View { access, pace, zone, bound } = view;
    let doing = format!("reading table `{}`", table.address);
    let sql = format!("SELECT {list} FROM {}{condition}", quote_path(&table.physical));
    let mut result = within(access, &doing, connection.exec_iter(sql, values)).await?;
    let mut rows = Rows::new(table, *zone, *bound, result.columns_ref(), staged)?;
    let (mut read, mut told) = (0_i64, 0_i64);
    loop {
        let next = prompt(access.statement, pin!(result.next())).await.ok_or_else(|| silent(access))?;
        let Some(row) = next.map_err(|cause| Failure::of(&doing, cause))? else { break };
        read += 1;
        rows.push(&row.unwrap(), read);
        if read % PACED == 0 {
            pace.keep().await;
        }
        if rows.is_full() {
            let bytes = rows.stage()?;
            tell((read - told).unsigned_abs(), bytes);
            told = read;
        }
    }
    let bytes = rows.finish()?;
    tell((read - told).unsigned_abs(), bytes);
    Ok(())
}

/// What comes within a time; `None` where it does not. A row that has arrived already costs no look at the clock and is
/// not moved about: there are a million of them in a second.
async fn prompt<F: Future>(time: Duration, mut work: Pin<&mut F>) -> Option<F::Output> {
    let at_once = std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    });
    match at_once.await {
        Some(done) => Some(done),
        None => tokio::time::timeout(time, work).await.ok(),
    }
}

/// Rows after which the pace is looked at.
const PACED: i64 = 100;

/// Keeps a connection to its part of the rows that may be read in a second.
pub(super) struct Pace {
    /// How long a hundred rows may take at least.
    each: Option<Duration>,
    next: Mutex<Instant>,
}

impl Pace {
    /// The pace of one of so many connections.
    pub(super) fn new(access: &Access, connections: usize) -> Self {
        let rows = access.rows_per_second.map(f64::from);
        let each = rows.map(|rows| Duration::from_secs_f64(PACED as f64 * connections.max(1) as f64 / rows));
        Self { each, next: Mutex::new(Instant::now()) }
    }

    /// Waits until a hundred rows more may be read.
    async fn keep(&self) {
        let Some(each) = self.each else { return };
        let until = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            // Time that was lost to a slow server is not made good.
            *next = (*next + each).max(Instant::now());
            *next
        };
        tokio::time::sleep_until(until.into()).await;
    }
}

/// A name of the server.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table's name, or a database's and a table's.
pub(super) fn quote_path(name: &str) -> String {
    name.splitn(2, '.').map(quote).collect::<Vec<_>>().join(".")
}
