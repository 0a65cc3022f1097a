//! Cursors: where an increment starts, and how far it carries the watermark. It must not read rows.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dwc_compiler::model::Table;

use super::Server;
use super::access::Failure;
use super::gather::View;
use super::sql::{Part, Sql};
use crate::extract::moment;
use crate::extract::{Reading, SourceColumn, Watermark};
use crate::state::intervals::Interval;

/// What the values of a cursor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CursorKind {
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
    pub(super) fn start(self, since: &Watermark, lookback: i64, zone: Tz, bound: NaiveDateTime) -> Part {
        let text = || Part::from(since.cursor.as_str());
        match self {
            CursorKind::Text => text(),
            CursorKind::Number => {
                let signed = since.cursor.parse().map(Part::Int);
                signed.or_else(|_| since.cursor.parse().map(Part::Uint)).unwrap_or_else(|_| text())
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
                let back = lookback.saturating_add(set_back);
                Part::from(moment::write(moment::shift(at, -back)))
            }
        }
    }
}

impl CursorKind {
    /// The condition that a row is of one of these stretches of time, or of none. Where clocks were set back within one,
    /// it is that much wider at both ends: the same hour came twice.
    pub(super) fn within(self, name: &str, windows: &[Interval], zone: Tz) -> Sql {
        let mut parts = vec![Sql::new(format!("{name} IS NULL"))];
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
            let mut part = Sql::default();
            if window.from.is_some() {
                part = Sql::new(format!("{name} >= ")).value(moment::write(from)).text(" AND ");
            }
            parts.push(part.text(format!("{name} < ")).value(moment::write(to)));
        }
        Sql::join(parts, " OR ")
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
pub(super) async fn pin<S: Server>(
    connection: &mut S::Connection,
    table: &Table,
    there: &[SourceColumn],
    cursor: &str,
    view: &View,
    reading: &Reading,
    doing: &str,
) -> Result<Pinned, Failure> {
    let (zone, bound) = (view.zone, view.bound);
    let name = S::quote(cursor);
    let column = there.iter().find(|column| column.name.eq_ignore_ascii_case(cursor));
    let kind = column.map_or(CursorKind::Text, |column| S::cursor_kind(&column.ty));
    let mut sql = Sql::new(format!("SELECT {} FROM {}", S::greatest(kind, &name), S::path(&table.physical)));
    // Of windows, the greatest before their end: what lies beyond has not been read.
    if let Reading::Windows(windows) = reading {
        let end = windows.iter().map(|window| window.to).max().unwrap_or(bound);
        sql = sql.text(" WHERE ").then(kind.within(&name, &[Interval { from: None, to: end }], zone));
    }
    let greatest = S::ask(connection, &sql, doing).await?.into_iter().flatten().next().flatten();
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

    fn start(kind: CursorKind, cursor: &str, lookback: i64, zone: Tz, before: &str, now: &str) -> String {
        let at = |text: &str| moment::read(text).expect("a moment");
        let since = Watermark { cursor: cursor.to_owned(), bound: at(before) };
        match kind.start(&since, lookback, zone, at(now)) {
            Part::Bytes(text) => String::from_utf8_lossy(&text).into_owned(),
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
            "Uint(18446744073709551615)"
        );
        assert_eq!(start(CursorKind::Text, "k", 1800, seoul, before, now), "k");
        assert_eq!(
            start(CursorKind::Instant, "2026-03-01", i64::MAX, seoul, before, now),
            "0001-01-01 00:00:00.000000"
        );
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
