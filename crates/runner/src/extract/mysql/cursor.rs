//! Cursors: where an increment starts, and how far it carries the watermark. It must not read rows.

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use dwc_compiler::model::Table;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Value};

use super::connect::Failure;
use super::read::{quote, quote_path};
use crate::extract::moment;
use crate::extract::{Reading, Watermark};
use crate::state::intervals::Interval;

/// What the values of a cursor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CursorKind {
    /// An instant, UTC.
    Instant,
    /// A time by the clocks of the source's zone.
    Local,
    /// A day there.
    Day,
    /// A whole number.
    Number,
    /// A text.
    Text,
}

impl CursorKind {
    /// Where an increment starts: the watermark less the lookback. After clocks were set back, that much earlier.
    pub(super) fn start(self, since: &Watermark, lookback: u64, zone: Tz, bound: NaiveDateTime) -> Value {
        let text = || Value::from(since.cursor.as_str());
        match self {
            CursorKind::Text => text(),
            CursorKind::Number => {
                let signed = since.cursor.parse::<i64>().map(Value::from);
                signed.or_else(|_| since.cursor.parse::<u64>().map(Value::from)).unwrap_or_else(|_| text())
            }
            CursorKind::Instant | CursorKind::Local | CursorKind::Day => {
                let Some(at) = moment::read(&since.cursor) else {
                    return text();
                };
                let set_back = match self {
                    CursorKind::Local | CursorKind::Day => {
                        (moment::offset_at(since.bound, zone) - moment::offset_at(bound, zone)).max(0)
                    }
                    _ => 0,
                };
                let back = i64::try_from(lookback).unwrap_or(i64::MAX).saturating_add(i64::from(set_back));
                let start = TimeDelta::try_seconds(back).and_then(|back| at.checked_sub_signed(back));
                start.map_or_else(|| Value::from("0001-01-01 00:00:00"), |start| Value::from(moment::write(start)))
            }
        }
    }
}

impl CursorKind {
    /// The condition that a row is of one of these stretches of time, or of none. Where clocks were set back within one,
    /// it is that much wider at both ends: the same hour came twice.
    pub(super) fn within(self, name: &str, windows: &[Interval], zone: Tz) -> (String, Params) {
        let mut parts = vec![format!("{name} IS NULL")];
        let mut values = Vec::new();
        for window in windows {
            let from = window.from.unwrap_or(window.to);
            let (from, to) = match self {
                CursorKind::Local => moment::local_window(from, window.to, zone),
                CursorKind::Day => {
                    let (from, to) = moment::local_window(from, window.to, zone);
                    moment::whole_days(from, to)
                }
                _ => (from, window.to),
            };
            if window.from.is_some() {
                parts.push(format!("{name} >= ? AND {name} < ?"));
                values.push(Value::from(moment::write(from)));
            } else {
                parts.push(format!("{name} < ?"));
            }
            values.push(Value::from(moment::write(to)));
        }
        (format!(" WHERE {}", parts.join(" OR ")), Params::Positional(values))
    }
}

/// A cursor in the view.
pub(super) struct Pinned {
    /// What its values are.
    pub(super) kind: CursorKind,
    /// `None` where no row has a cursor.
    pub(super) watermark: Option<String>,
}

/// Pins the bound of an increment. A cursor that is ahead of the view's own time does not carry the watermark with it,
/// or every change until then would be missed.
pub(super) async fn pin(
    connection: &mut Conn,
    table: &Table,
    cursor: &str,
    zone: Tz,
    bound: NaiveDateTime,
    reading: &Reading,
    doing: &str,
) -> Result<Pinned, Failure> {
    let failed = |cause| Failure::of(doing, cause);
    let from = quote_path(&table.physical);
    let name = quote(cursor);
    let probe = connection.prep(format!("SELECT {name} FROM {from}")).await.map_err(failed)?;
    let kind = match probe.columns().first().map(mysql_async::Column::column_type) {
        Some(kind) => {
            use mysql_async::consts::ColumnType as Sent;
            match kind {
                Sent::MYSQL_TYPE_TIMESTAMP | Sent::MYSQL_TYPE_TIMESTAMP2 => CursorKind::Instant,
                Sent::MYSQL_TYPE_DATETIME | Sent::MYSQL_TYPE_DATETIME2 => CursorKind::Local,
                Sent::MYSQL_TYPE_DATE | Sent::MYSQL_TYPE_NEWDATE => CursorKind::Day,
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
    // Of windows, the greatest before their end: what lies beyond has not been read.
    let (filter, values) = match reading {
        Reading::Windows(windows) => {
            let end = windows.iter().map(|window| window.to).max().unwrap_or(bound);
            kind.within(&name, &[Interval { from: None, to: end }], zone)
        }
        Reading::Whole | Reading::Chunks(_) | Reading::Since(_) => (String::new(), Params::Empty),
    };
    let greatest: Option<Option<String>> = connection
        .exec_first(format!("SELECT CAST(MAX({name}) AS CHAR) FROM {from}{filter}"), values)
        .await
        .map_err(failed)?;
    let greatest = greatest.flatten();
    let now = match kind {
        CursorKind::Instant => Some(bound),
        CursorKind::Local | CursorKind::Day => Some(moment::to_local(bound, zone)),
        CursorKind::Number | CursorKind::Text => None,
    };
    let watermark = match (now, greatest.as_deref().and_then(moment::read)) {
        (Some(now), Some(at)) if at > now => Some(moment::write(now)),
        _ => greatest,
    };
    Ok(Pinned { kind, watermark })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(kind: CursorKind, cursor: &str, lookback: u64, zone: Tz, before: &str, now: &str) -> String {
        let at = |text: &str| moment::read(text).unwrap_or_default();
        let since = Watermark { cursor: cursor.to_owned(), bound: at(before) };
        match kind.start(&since, lookback, zone, at(now)) {
            Value::Bytes(text) => String::from_utf8_lossy(&text).into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_increment_starts_at_the_watermark_less_the_lookback() {
        let (before, now) = ("2026-03-01 00:00:00", "2026-03-01 01:00:00");
        let seoul = Tz::Asia__Seoul;
        let at = start(CursorKind::Local, "2026-03-01 08:59:00", 1800, seoul, before, now);
        assert_eq!(at, "2026-03-01 08:29:00.000000");
        assert_eq!(start(CursorKind::Number, "41", 1800, seoul, before, now), "Int(41)");
        assert_eq!(
            start(CursorKind::Number, "18446744073709551615", 0, seoul, before, now),
            "UInt(18446744073709551615)"
        );
        assert_eq!(start(CursorKind::Text, "k", 1800, seoul, before, now), "k");
        assert_eq!(start(CursorKind::Instant, "2026-03-01", u64::MAX, seoul, before, now), "0001-01-01 00:00:00");
    }

    #[test]
    fn an_increment_starts_earlier_after_clocks_were_set_back() {
        let (before, now) = ("2026-10-25 00:50:00", "2026-10-25 01:20:00");
        let local = start(CursorKind::Local, "2026-10-25 01:50:00", 0, Tz::Europe__London, before, now);
        assert_eq!(local, "2026-10-25 00:50:00.000000");
        let instant = start(CursorKind::Instant, "2026-10-25 00:50:00", 0, Tz::Europe__London, before, now);
        assert_eq!(instant, "2026-10-25 00:50:00.000000");
    }
}
