//! Loaded intervals: which time of a source table has been read, which was missed, and the gaps that follow from both.
//! It must not decide what closes a gap.

use chrono::NaiveDateTime;
use serde::Serialize;

use super::literal;
use crate::warehouse::row::Row;
use crate::{DuckDbWarehouse, Error};

/// A stretch of time, half-open, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Interval {
    /// Its begin; `None` reaches back to the beginning of time.
    pub from: Option<NaiveDateTime>,
    /// Its end, which is no part of it.
    pub to: NaiveDateTime,
}

impl Interval {
    /// Whether an instant is in it.
    pub(crate) fn holds(&self, at: NaiveDateTime) -> bool {
        self.from.is_none_or(|from| from <= at) && at < self.to
    }
}

/// Time of a source table that no run has loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// `source.table`.
    pub table: String,
    /// When it is.
    #[serde(flatten)]
    pub interval: Interval,
    /// Why it was not loaded, where a run has said so; empty for a hole between loaded intervals.
    pub reason: String,
}

/// Intervals in their order, those that meet as one.
fn union(mut all: Vec<Interval>) -> Vec<Interval> {
    all.sort();
    let mut merged: Vec<Interval> = Vec::with_capacity(all.len());
    for next in all {
        if next.from.is_some_and(|from| from >= next.to) {
            continue;
        }
        match merged.last_mut() {
            Some(last) if next.from.is_none_or(|from| from <= last.to) => last.to = last.to.max(next.to),
            _ => merged.push(next),
        }
    }
    merged
}

/// What is left of an interval without others, which are a union.
fn without(interval: Interval, covered: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::new();
    let mut from = interval.from;
    for other in covered {
        if from.is_some_and(|from| other.to <= from) {
            continue;
        }
        let Some(start) = other.from.filter(|start| from.is_none_or(|from| *start > from)) else {
            from = Some(other.to);
            continue;
        };
        if start >= interval.to {
            break;
        }
        left.push(Interval { from, to: start });
        from = Some(other.to);
    }
    if from.is_none_or(|from| from < interval.to) {
        left.push(Interval { from, to: interval.to });
    }
    left
}

/// The next two cells of a row.
fn interval(row: &mut Row) -> Result<Interval, Error> {
    Ok(Interval { from: row.instant_or_null()?, to: row.instant()? })
}

fn sql_instant(at: Option<NaiveDateTime>) -> String {
    at.map_or_else(|| "NULL".to_owned(), |at| format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S%.f")))
}

/// The intervals of a table that are loaded, in their order, none meeting another.
pub(crate) fn covered(warehouse: &DuckDbWarehouse, address: &str) -> Result<Vec<Interval>, Error> {
    let sql = format!("SELECT loaded_from, loaded_to FROM _dwc.loaded WHERE source_table = {}", literal(address));
    Ok(union(warehouse.read(&sql, interval)?))
}

fn missed(warehouse: &DuckDbWarehouse, address: &str) -> Result<Vec<(Interval, String)>, Error> {
    let sql = format!(
        "SELECT missed_from, missed_to, reason FROM _dwc.missed WHERE source_table = {} ORDER BY missed_from, missed_to",
        literal(address)
    );
    warehouse.read(&sql, |row| Ok((interval(row)?, row.text()?)))
}

fn put_missed(warehouse: &DuckDbWarehouse, address: &str, all: &[(Interval, String)]) -> Result<(), Error> {
    let table = literal(address);
    let mut sql = format!("DELETE FROM _dwc.missed WHERE source_table = {table}");
    for (interval, reason) in all {
        sql.push_str(&format!(
            ";\nINSERT INTO _dwc.missed VALUES ({table}, {}, {}, {})",
            sql_instant(interval.from),
            sql_instant(Some(interval.to)),
            literal(reason)
        ));
    }
    warehouse.execute(&sql)
}

/// Records that an interval is loaded; what was missed of it no longer is.
pub(crate) fn cover(
    warehouse: &DuckDbWarehouse,
    address: &str,
    loaded: impl IntoIterator<Item = Interval>,
) -> Result<(), Error> {
    let before = covered(warehouse, address)?;
    let mut all = before.clone();
    all.extend(loaded);
    let all = union(all);
    if all != before {
        let table = literal(address);
        let mut sql = format!("DELETE FROM _dwc.loaded WHERE source_table = {table}");
        for interval in &all {
            sql.push_str(&format!(
                ";\nINSERT INTO _dwc.loaded VALUES ({table}, {}, {})",
                sql_instant(interval.from),
                sql_instant(Some(interval.to))
            ));
        }
        warehouse.execute(&sql)?;
    }
    let known = missed(warehouse, address)?;
    let left: Vec<(Interval, String)> = known
        .iter()
        .flat_map(|(interval, reason)| without(*interval, &all).into_iter().map(move |part| (part, reason.clone())))
        .collect();
    if left == known { Ok(()) } else { put_missed(warehouse, address, &left) }
}

/// Records that an interval should have been loaded and was not. One that was missed before grows and has the new reason.
pub(crate) fn miss(warehouse: &DuckDbWarehouse, address: &str, interval: Interval, reason: &str) -> Result<(), Error> {
    let covered = covered(warehouse, address)?;
    let mut all = missed(warehouse, address)?;
    for mut part in without(interval, &covered) {
        all.retain(|(other, _)| {
            let meets = other.from.is_none_or(|from| from <= part.to) && part.from.is_none_or(|from| from <= other.to);
            if meets {
                part = Interval { from: part.from.min(other.from), to: part.to.max(other.to) };
            }
            !meets
        });
        all.push((part, reason.to_owned()));
    }
    put_missed(warehouse, address, &all)
}

/// Where the loaded time that reaches back to the beginning ends; `None` where none does.
pub(crate) fn end_without_hole(warehouse: &DuckDbWarehouse, address: &str) -> Result<Option<NaiveDateTime>, Error> {
    Ok(covered(warehouse, address)?.first().filter(|first| first.from.is_none()).map(|first| first.to))
}

/// The gaps of a table: what was missed, and the holes between what is loaded.
pub(crate) fn gaps(warehouse: &DuckDbWarehouse, address: &str) -> Result<Vec<Gap>, Error> {
    let covered = covered(warehouse, address)?;
    let missed = missed(warehouse, address)?;
    let missed_parts: Vec<Interval> = union(missed.iter().map(|(interval, _)| *interval).collect());
    let gap = |interval: Interval, reason: &str| Gap { table: address.to_owned(), interval, reason: reason.to_owned() };
    let mut all: Vec<Gap> = missed.iter().map(|(interval, reason)| gap(*interval, reason)).collect();
    for pair in covered.windows(2) {
        let hole = Interval { from: Some(pair[0].to), to: pair[1].from.unwrap_or(pair[0].to) };
        all.extend(without(hole, &missed_parts).into_iter().map(|part| gap(part, "")));
    }
    all.sort_by_key(|gap| gap.interval);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: i64, to: i64) -> Interval {
        let at = |hour: i64| chrono::DateTime::from_timestamp(hour * 3600, 0).unwrap().naive_utc();
        Interval { from: (from >= 0).then(|| at(from)), to: at(to) }
    }

    #[test]
    fn what_meets_is_one() {
        let all = union(vec![hours(5, 6), hours(1, 2), hours(2, 3), hours(-1, 1), hours(8, 8)]);
        assert_eq!(all, [hours(-1, 3), hours(5, 6)]);
    }

    #[test]
    fn what_is_left() {
        let covered = [hours(-1, 2), hours(4, 5), hours(8, 9)];
        assert_eq!(without(hours(0, 10), &covered), [hours(2, 4), hours(5, 8), hours(9, 10)]);
        assert_eq!(without(hours(-1, 2), &covered), []);
        assert_eq!(without(hours(-1, 4), &covered[1..]), [hours(-1, 4)]);
        assert_eq!(without(hours(4, 8), &covered), [hours(5, 8)]);
    }

    #[test]
    fn gaps_are_what_was_missed_and_the_holes_between() {
        let warehouse = DuckDbWarehouse::open(":memory:").unwrap();
        crate::state::prepare(&warehouse).unwrap();
        let told = || -> Vec<(Interval, String)> {
            gaps(&warehouse, "s.t").unwrap().into_iter().map(|gap| (gap.interval, gap.reason)).collect()
        };
        cover(&warehouse, "s.t", [hours(-1, 10)]).unwrap();
        assert_eq!(told(), []);
        miss(&warehouse, "s.t", hours(9, 11), "down").unwrap();
        miss(&warehouse, "s.t", hours(10, 12), "still down").unwrap();
        assert_eq!(told(), [(hours(10, 12), "still down".to_owned())]);
        cover(&warehouse, "s.t", [hours(13, 14)]).unwrap();
        assert_eq!(told(), [(hours(10, 12), "still down".to_owned()), (hours(12, 13), String::new())]);
        cover(&warehouse, "s.t", [hours(11, 13)]).unwrap();
        assert_eq!(told(), [(hours(10, 11), "still down".to_owned())]);
        cover(&warehouse, "s.t", [hours(9, 11)]).unwrap();
        assert_eq!(told(), []);
        assert_eq!(end_without_hole(&warehouse, "s.t").unwrap(), Some(hours(0, 14).to));
    }
}
