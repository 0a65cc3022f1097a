//! Reading: every table of a source in one consistent view, each by its cursor or whole, row by row.
//! It hands on batches of typed rows; it must not know where they go.

use std::sync::mpsc::SyncSender;

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{DetectDeletes, Table};
use dwc_compiler::sql::googlesql::Type;
use dwc_duckdb::duckdb::arrow::record_batch::RecordBatch;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Params, Value};

use super::batch::Batch;
use super::cell::{Cell, Reading};
use super::connect::{Failure, open};
use super::moment;
use crate::Error;

/// How far a table has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watermark {
    /// The cursor's greatest value in the last view, as the server writes it.
    pub(crate) cursor: String,
    /// The instant of that view, UTC.
    pub(crate) bound: NaiveDateTime,
}

/// What is read of one table.
pub(crate) struct Request<'a> {
    /// The table.
    pub(crate) table: &'a Table,
    /// Where the last reading ended; `None` reads the table whole.
    pub(crate) since: Option<Watermark>,
}

/// What reading a table gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extracted {
    /// Rows read.
    pub(crate) read: i64,
    /// Rows that do not cast.
    pub(crate) rejected: i64,
    /// Every row of the table was read.
    pub(crate) whole: bool,
    /// The greatest value of the cursor in this view, not beyond the view's own time.
    pub(crate) watermark: Option<String>,
}

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
    let text: Option<String> = connection
        .query_first("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)")
        .await
        .map_err(failed)?;
    let bound = text.as_deref().and_then(moment::read).unwrap_or_default();
    connection
        .query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        .await
        .map_err(failed)?;
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
fn give(hand: &SyncSender<Message>, message: Message) -> Result<(), Failure> {
    hand.send(message).map_err(|_| {
        Failure::Stopped(Error::coded(
            Code::SourceRefused,
            "the rows of a source were not taken",
        ))
    })
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
    let mut done = Extracted {
        whole: true,
        ..Extracted::default()
    };
    let mut condition = (String::new(), Params::Empty);
    if let Some(cursor) = &table.cursor {
        let pinned = pin(connection, table, cursor, zone, bound, &doing).await?;
        if let Some(since) = &request.since {
            let start = pinned
                .kind
                .start(since, table.lookback_seconds, zone, bound);
            let name = quote(cursor);
            condition = (
                format!(" WHERE {name} >= ? OR {name} IS NULL"),
                Params::Positional(vec![start]),
            );
            done.whole = false;
        }
        done.watermark = pinned
            .watermark
            .or_else(|| request.since.as_ref().map(|since| since.cursor.clone()));
    }
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| quote(&column.name))
        .collect();
    let sql = format!(
        "SELECT {} FROM {}{}",
        columns.join(", "),
        quote_path(&table.physical),
        condition.0
    );
    let mut result = connection
        .exec_iter(sql, condition.1)
        .await
        .map_err(|cause| Failure::of(&doing, cause))?;
    let mut rows = Rows::new(table, zone, bound, result.columns_ref());
    loop {
        let row = match result.next().await {
            Ok(Some(row)) => row.unwrap(),
            Ok(None) => break,
            Err(cause) => return Err(Failure::of(&doing, cause)),
        };
        done.read += 1;
        done.rejected += i64::from(!rows.push(&row, done.read));
        if rows.taken.is_full() || rows.rejected.is_full() {
            rows.hand_on(place, hand)?;
        }
    }
    rows.hand_on(place, hand)?;
    Ok(done)
}

/// The rows of a table that are gathered.
struct Rows {
    readings: Vec<Reading>,
    key: Vec<usize>,
    marks: Option<(usize, DetectDeletes)>,
    at: i64,
    taken: Batch,
    rejected: Batch,
}

impl Rows {
    fn new(table: &Table, zone: Tz, bound: NaiveDateTime, sent: &[mysql_async::Column]) -> Self {
        let readings: Vec<Reading> = table
            .columns
            .iter()
            .zip(sent)
            .map(|(column, sent)| Reading::new(&column.name, &column.ty, zone, sent))
            .collect();
        let place_of = |name: &String| table.columns.iter().position(|column| &column.name == name);
        let key: Vec<usize> = table.primary_key.iter().filter_map(place_of).collect();
        let marks = match table.detect_deletes {
            kind @ (DetectDeletes::Column | DetectDeletes::Operation) => table
                .delete_column
                .as_ref()
                .and_then(place_of)
                .map(|place| (place, kind)),
            DetectDeletes::FullPass | DetectDeletes::None => None,
        };
        let types = table.columns.iter().map(|column| &column.ty);
        let taken = Batch::new(types.chain([&Type::Int64, &Type::Timestamp, &Type::Bool]));
        let keys = key.iter().map(|at| &table.columns[*at].ty);
        let rejected = Batch::new(
            [&Type::String, &Type::String, &Type::String]
                .into_iter()
                .chain(keys),
        );
        Self {
            readings,
            key,
            marks,
            at: moment::micros(bound),
            taken,
            rejected,
        }
    }

    /// Takes a row, or rejects it: whether it was taken.
    fn push(&mut self, row: &[Value], state: i64) -> bool {
        let mut cells = Vec::with_capacity(row.len() + 3);
        let mut reasons: Vec<String> = Vec::new();
        for (reading, value) in self.readings.iter().zip(row) {
            cells.push(reading.cell(value).unwrap_or_else(|reason| {
                reasons.push(reason);
                Cell::Null
            }));
        }
        for at in &self.key {
            if row[*at] == Value::NULL {
                reasons.push(format!(
                    "`{}` is NULL, and a part of the primary key",
                    self.readings[*at].name
                ));
            }
        }
        if reasons.is_empty() {
            let deleted = self
                .marks
                .is_some_and(|(at, kind)| is_deleted(&cells[at], kind));
            cells.extend([
                Cell::Int(state),
                Cell::Instant(self.at),
                Cell::Bool(deleted),
            ]);
            self.taken.push(&cells);
            return true;
        }
        let place: Vec<String> = self
            .key
            .iter()
            .map(|at| plain(&self.readings[*at].json_of(&row[*at])))
            .collect();
        let kept: serde_json::Map<String, serde_json::Value> = self
            .readings
            .iter()
            .zip(row)
            .map(|(reading, value)| (reading.name.clone(), reading.json_of(value)))
            .collect();
        let texts = [
            place.join(", "),
            reasons.join(", "),
            serde_json::Value::Object(kept).to_string(),
        ];
        let texts: Vec<Cell<'_>> = texts
            .into_iter()
            .map(|text| Cell::Text(text.into()))
            .collect();
        self.rejected
            .push(texts.iter().chain(self.key.iter().map(|at| &cells[*at])));
        false
    }

    fn hand_on(&mut self, place: usize, hand: &SyncSender<Message>) -> Result<(), Failure> {
        if let Some(batch) = self.taken.take()? {
            give(hand, Message::Rows(place, batch))?;
        }
        if let Some(batch) = self.rejected.take()? {
            give(hand, Message::Rejected(place, batch))?;
        }
        Ok(())
    }
}

fn plain(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn is_deleted(cell: &Cell<'_>, kind: DetectDeletes) -> bool {
    match (cell, kind) {
        (Cell::Null, _) => false,
        (Cell::Text(text), DetectDeletes::Operation) => {
            matches!(
                text.trim().to_ascii_lowercase().as_str(),
                "d" | "delete" | "deleted"
            )
        }
        (_, DetectDeletes::Operation) => false,
        (Cell::Bool(mark), _) => *mark,
        (Cell::Int(mark), _) => *mark != 0,
        (Cell::Text(text), _) => matches!(
            text.trim().to_ascii_lowercase().as_str(),
            "1" | "true" | "t" | "yes" | "y"
        ),
        // A moment of deletion marks one.
        (Cell::Date(_) | Cell::Instant(_), _) => true,
        _ => false,
    }
}

/// What the values of a cursor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CursorKind {
    /// An instant, UTC.
    Instant,
    /// A day or a time by the clocks of the source's zone.
    Local,
    /// A whole number.
    Number,
    /// A text.
    Text,
}

impl CursorKind {
    /// Where an increment starts: the watermark less the lookback. After clocks were set back, that much earlier.
    fn start(self, since: &Watermark, lookback: u64, zone: Tz, bound: NaiveDateTime) -> Value {
        let text = || Value::from(since.cursor.as_str());
        match self {
            CursorKind::Text => text(),
            CursorKind::Number => {
                let signed = since.cursor.parse::<i64>().map(Value::from);
                signed
                    .or_else(|_| since.cursor.parse::<u64>().map(Value::from))
                    .unwrap_or_else(|_| text())
            }
            CursorKind::Instant | CursorKind::Local => {
                let Some(at) = moment::read(&since.cursor) else {
                    return text();
                };
                let set_back = match self {
                    CursorKind::Local => (moment::offset_at(since.bound, zone)
                        - moment::offset_at(bound, zone))
                    .max(0),
                    _ => 0,
                };
                let back = i64::try_from(lookback)
                    .unwrap_or(i64::MAX)
                    .saturating_add(i64::from(set_back));
                let start =
                    TimeDelta::try_seconds(back).and_then(|back| at.checked_sub_signed(back));
                start.map_or_else(
                    || Value::from("0001-01-01 00:00:00"),
                    |start| Value::from(moment::write(start)),
                )
            }
        }
    }
}

/// A cursor in the view.
struct Pinned {
    kind: CursorKind,
    /// `None` where no row has a cursor.
    watermark: Option<String>,
}

/// Pins the bound of an increment. A cursor that is ahead of the view's own time does not carry the watermark with it,
/// or every change until then would be missed.
async fn pin(
    connection: &mut Conn,
    table: &Table,
    cursor: &str,
    zone: Tz,
    bound: NaiveDateTime,
    doing: &str,
) -> Result<Pinned, Failure> {
    let failed = |cause| Failure::of(doing, cause);
    let from = quote_path(&table.physical);
    let name = quote(cursor);
    let probe = connection
        .prep(format!("SELECT {name} FROM {from}"))
        .await
        .map_err(failed)?;
    let kind = match probe
        .columns()
        .first()
        .map(mysql_async::Column::column_type)
    {
        Some(kind) => {
            use mysql_async::consts::ColumnType as Sent;
            match kind {
                Sent::MYSQL_TYPE_TIMESTAMP | Sent::MYSQL_TYPE_TIMESTAMP2 => CursorKind::Instant,
                Sent::MYSQL_TYPE_DATETIME
                | Sent::MYSQL_TYPE_DATETIME2
                | Sent::MYSQL_TYPE_DATE
                | Sent::MYSQL_TYPE_NEWDATE => CursorKind::Local,
                Sent::MYSQL_TYPE_TINY
                | Sent::MYSQL_TYPE_SHORT
                | Sent::MYSQL_TYPE_INT24
                | Sent::MYSQL_TYPE_LONG
                | Sent::MYSQL_TYPE_LONGLONG => CursorKind::Number,
                _ => CursorKind::Text,
            }
        }
        None => CursorKind::Text,
    };
    let greatest: Option<Option<String>> = connection
        .query_first(format!("SELECT CAST(MAX({name}) AS CHAR) FROM {from}"))
        .await
        .map_err(failed)?;
    let greatest = greatest.flatten();
    let now = match kind {
        CursorKind::Instant => Some(bound),
        CursorKind::Local => Some(moment::to_local(bound, zone)),
        CursorKind::Number | CursorKind::Text => None,
    };
    let watermark = match (now, greatest.as_deref().and_then(moment::read)) {
        (Some(now), Some(at)) if at > now => Some(moment::write(now)),
        _ => greatest,
    };
    Ok(Pinned { kind, watermark })
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
                format!(
                    "the source has no table `{}`, which `{}` is read from",
                    table.physical, table.address
                ),
            )
            .help("correct the declaration, or give the user the right to read it"),
        ));
    }
    let missing: Vec<String> = table
        .columns
        .iter()
        .filter(|column| {
            !there
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&column.name))
        })
        .map(|column| format!("`{}`", column.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Stopped(
        Error::coded(
            Code::SourceColumns,
            format!(
                "table `{}` of the source has no column {}",
                table.address,
                missing.join(", ")
            ),
        )
        .help(format!(
            "its columns are {}; declare it as it is",
            there.join(", ")
        )),
    ))
}

fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table's name, or a database's and a table's.
fn quote_path(name: &str) -> String {
    name.splitn(2, '.').map(quote).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(
        kind: CursorKind,
        cursor: &str,
        lookback: u64,
        zone: Tz,
        before: &str,
        now: &str,
    ) -> String {
        let at = |text: &str| moment::read(text).unwrap_or_default();
        let since = Watermark {
            cursor: cursor.to_owned(),
            bound: at(before),
        };
        match kind.start(&since, lookback, zone, at(now)) {
            Value::Bytes(text) => String::from_utf8_lossy(&text).into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_increment_starts_at_the_watermark_less_the_lookback() {
        let (before, now) = ("2026-03-01 00:00:00", "2026-03-01 01:00:00");
        let seoul = Tz::Asia__Seoul;
        let at = start(
            CursorKind::Local,
            "2026-03-01 08:59:00",
            1800,
            seoul,
            before,
            now,
        );
        assert_eq!(at, "2026-03-01 08:29:00.000000");
        assert_eq!(
            start(CursorKind::Number, "41", 1800, seoul, before, now),
            "Int(41)"
        );
        assert_eq!(
            start(
                CursorKind::Number,
                "18446744073709551615",
                0,
                seoul,
                before,
                now
            ),
            "UInt(18446744073709551615)"
        );
        assert_eq!(start(CursorKind::Text, "k", 1800, seoul, before, now), "k");
        assert_eq!(
            start(
                CursorKind::Instant,
                "2026-03-01",
                u64::MAX,
                seoul,
                before,
                now
            ),
            "0001-01-01 00:00:00"
        );
    }

    #[test]
    fn an_increment_starts_earlier_after_clocks_were_set_back() {
        let (before, now) = ("2026-10-25 00:50:00", "2026-10-25 01:20:00");
        let local = start(
            CursorKind::Local,
            "2026-10-25 01:50:00",
            0,
            Tz::Europe__London,
            before,
            now,
        );
        assert_eq!(local, "2026-10-25 00:50:00.000000");
        let instant = start(
            CursorKind::Instant,
            "2026-10-25 00:50:00",
            0,
            Tz::Europe__London,
            before,
            now,
        );
        assert_eq!(instant, "2026-10-25 00:50:00.000000");
    }
}
