//! Reading: every table of a source in one consistent view, each by its cursor or whole, row by row.
//! It hands on batches of typed rows; it must not know where they go.

use std::sync::mpsc::SyncSender;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Table;
use dwc_duckdb::duckdb::arrow::record_batch::RecordBatch;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Params};

use super::connect::{Failure, open};
use super::cursor::pin;
use super::rows::Rows;
use crate::Error;
use crate::extract::moment;
use crate::extract::{Extracted, Reading, Request};

/// What the reader hands on, in this order: the view's instant, then each table's batches and its end.
pub(super) enum Message {
    /// The instant of the view, by the server's clock, UTC.
    View(NaiveDateTime),
    /// Rows of a request: the columns, then `_state`, `_at`, `_deleted`.
    Rows(usize, RecordBatch),
    /// Rows of a request that do not cast: place, reason, row as JSON, then the columns of the key.
    Rejected(usize, RecordBatch),
    /// A request is done.
    Done(usize, Extracted),
}

/// Reads every request in one view.
pub(super) async fn read(
    options: Opts,
    zone: Tz,
    requests: &[Request<'_>],
    hand: &SyncSender<Message>,
) -> Result<(), Failure> {
    let mut connection = open(options).await?;
    let failed = |cause| Failure::of("opening the view", cause);
    let text: Option<String> = connection.query_first("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)").await.map_err(failed)?;
    let bound = text.as_deref().and_then(moment::read).unwrap_or_default();
    connection.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await.map_err(failed)?;
    give(hand, Message::View(bound))?;
    for (place, request) in requests.iter().enumerate() {
        let done = read_table(&mut connection, zone, bound, place, request, hand).await?;
        give(hand, Message::Done(place, done))?;
    }
    // Nothing was written: an error here only says that the connection is gone already.
    let _ = connection.query_drop("ROLLBACK").await;
    let _ = connection.disconnect().await;
    Ok(())
}

/// The other end is gone only where it has failed; its own error is the one that is reported.
pub(super) fn give(hand: &SyncSender<Message>, message: Message) -> Result<(), Failure> {
    hand.send(message)
        .map_err(|_| Failure::Stopped(Error::coded(Code::SourceRefused, "the rows of a source were not taken")))
}

async fn read_table(
    connection: &mut Conn,
    zone: Tz,
    bound: NaiveDateTime,
    place: usize,
    request: &Request<'_>,
    hand: &SyncSender<Message>,
) -> Result<Extracted, Failure> {
    let table = request.table;
    let doing = format!("reading table `{}`", table.address);
    check_columns(connection, table, &doing).await?;
    let mut done = Extracted::default();
    let mut condition = (String::new(), Params::Empty);
    if let Some(cursor) = &table.cursor {
        let pinned = pin(connection, table, cursor, zone, bound, &request.reading, &doing).await?;
        let name = quote(cursor);
        match &request.reading {
            Reading::Whole => {}
            Reading::Since(since) => {
                let start = pinned.kind.start(since, table.lookback_seconds, zone, bound);
                condition = (format!(" WHERE {name} >= ? OR {name} IS NULL"), Params::Positional(vec![start]));
                done.watermark = Some(since.cursor.clone());
            }
            Reading::Windows(windows) => condition = pinned.kind.within(&name, windows, zone),
        }
        done.watermark = pinned.watermark.or(done.watermark);
    }
    let columns: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let sql = format!("SELECT {} FROM {}{}", columns.join(", "), quote_path(&table.physical), condition.0);
    let mut result = connection.exec_iter(sql, condition.1).await.map_err(|cause| Failure::of(&doing, cause))?;
    let mut rows = Rows::new(table, zone, bound, result.columns_ref());
    loop {
        let row = match result.next().await {
            Ok(Some(row)) => row.unwrap(),
            Ok(None) => break,
            Err(cause) => return Err(Failure::of(&doing, cause)),
        };
        done.read += 1;
        done.rejected += i64::from(!rows.push(&row, done.read));
        if rows.is_full() {
            rows.hand_on(place, hand)?;
        }
    }
    rows.hand_on(place, hand)?;
    Ok(done)
}

/// Compares the columns of a table with those declared, so that the message names them all.
async fn check_columns(connection: &mut Conn, table: &Table, doing: &str) -> Result<(), Failure> {
    let (schema, name) = match table.physical.split_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, table.physical.as_str()),
    };
    let there: Vec<String> = connection
        .exec(
            "SELECT column_name FROM information_schema.columns \
             WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? ORDER BY ordinal_position",
            (schema, name),
        )
        .await
        .map_err(|cause| Failure::of(doing, cause))?;
    if there.is_empty() {
        return Err(Failure::Stopped(
            Error::coded(
                Code::SourceColumns,
                format!("the source has no table `{}`, which `{}` is read from", table.physical, table.address),
            )
            .help("correct the declaration, or give the user the right to read it"),
        ));
    }
    let missing: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !there.iter().any(|name| name.eq_ignore_ascii_case(&column.name)))
        .map(|column| format!("`{}`", column.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Stopped(
        Error::coded(
            Code::SourceColumns,
            format!("table `{}` of the source has no column {}", table.address, missing.join(", ")),
        )
        .help(format!("its columns are {}; declare it as it is", there.join(", "))),
    ))
}

/// A name of the server.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table's name, or a database's and a table's.
pub(super) fn quote_path(name: &str) -> String {
    name.splitn(2, '.').map(quote).collect::<Vec<_>>().join(".")
}
