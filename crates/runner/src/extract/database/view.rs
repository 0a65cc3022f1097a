//! Reading: every table of a source in one consistent view, each by its cursor or whole, row by row.
//! It stages typed rows; it must not know what is done with them.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::model::Table;

use super::access::{Access, Failure};
use super::cursor::pin;
use super::gather::{Gather, Pace, View};
use super::sql::Sql;
use super::{Server, columns};
use crate::extract::meter::Meter;
use crate::extract::moment;
use crate::extract::staging::Staged;
use crate::extract::{Read, Reading, Request, SourceColumn};

/// Reads every request in one view: the view's instant by the server's clock, UTC, and what each request gave.
pub(super) async fn read<S: Server>(
    access: &Access<S>,
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

async fn read_view<S: Server>(
    access: &Access<S>,
    zone: Tz,
    requests: &[Request<'_>],
    staged: &[Staged],
    meter: &mut Meter<'_>,
) -> Result<(NaiveDateTime, Vec<Read>), Failure> {
    let mut connection = access.open().await?;
    let bound = now::<S>(access, &mut connection).await?;
    access.within(S::view(&mut connection, "opening the view")).await?;
    let view = View { pace: Pace::new(access.rows_per_second, 1), zone, bound };
    let mut all = Vec::with_capacity(requests.len());
    for (request, staged) in requests.iter().zip(staged) {
        meter.table(&request.table.address, None);
        all.push(read_table(access, &mut connection, &view, request, staged, meter).await?);
    }
    S::close(connection).await;
    Ok((bound, all))
}

/// The server's own time, UTC.
pub(super) async fn now<S: Server>(
    access: &Access<S>,
    connection: &mut S::Connection,
) -> Result<NaiveDateTime, Failure> {
    let asked = access.within(S::ask(connection, &Sql::new(S::NOW), "asking for the time")).await?;
    let text = asked.into_iter().flatten().flatten().next().unwrap_or_default();
    moment::read(&text).ok_or_else(|| Failure::refused("asking for the time", &format!("`{text}` is not a time")))
}

async fn read_table<S: Server>(
    access: &Access<S>,
    connection: &mut S::Connection,
    view: &View,
    request: &Request<'_>,
    staged: &Staged,
    meter: &mut Meter<'_>,
) -> Result<Read, Failure> {
    let table = request.table;
    let doing = format!("reading table `{}`", table.address);
    let there = access.within(columns::look::<S>(connection, table)).await?;
    let changes = columns::check(table, &there, &request.known)?;
    let mut mark = None;
    let mut condition = Sql::default();
    if let Some(cursor) = &table.cursor {
        let pin = pin::<S>(connection, table, &there, cursor, view, &request.reading, &doing);
        let pinned = access.within(pin).await?;
        let name = S::quote(cursor);
        match &request.reading {
            Reading::Whole | Reading::Chunks(_) => {}
            Reading::Since(since) => {
                let start = pinned.kind.start(since, table.lookback_seconds, view.zone, view.bound);
                condition = Sql::new(format!("{name} >= ")).value(start).text(format!(" OR {name} IS NULL"));
                mark = Some(since.cursor.clone());
            }
            Reading::Windows(windows) => condition = pinned.kind.within(&name, windows, view.zone),
        }
        mark = pinned.watermark.or(mark);
    }
    let list = columns::list::<S>(table, &there)?;
    let mut tell = |rows, bytes| meter.add(rows, bytes);
    stream(access, connection, view, &Query { table, there: &there, list: &list, condition }, staged, &mut tell)
        .await?;
    meter.done();
    Ok(Read { mark, columns: there, changes })
}

/// What is asked of one table.
pub(super) struct Query<'q> {
    /// The table.
    pub(super) table: &'q Table,
    /// The columns that it has.
    pub(super) there: &'q [SourceColumn],
    /// What is selected.
    pub(super) list: &'q str,
    /// Which rows; empty where it is all.
    pub(super) condition: Sql,
}

/// Stages the rows of a query.
pub(super) async fn stream<S: Server>(
    access: &Access<S>,
    connection: &mut S::Connection,
    view: &View,
    query: &Query<'_>,
    staged: &Staged,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<(), Failure> {
    let doing = format!("reading table `{}`", query.table.address);
    let mut sql = Sql::new(format!("SELECT {} FROM {}", query.list, S::path(&query.table.physical)));
    if !query.condition.is_empty() {
        sql = sql.text(" WHERE ").then(query.condition.clone());
    }
    let mut gather = Gather::new(view, query.table, staged, tell);
    S::stream(connection, access, &sql, query.there, &mut gather, &doing).await?;
    Ok(gather.finish()?)
}
