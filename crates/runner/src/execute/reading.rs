//! What a run reads of a table, and what is recorded once it has: the watermark, the time that is loaded, the time that was
//! missed. It must not know how a source is read.

use chrono::NaiveDateTime;
use dwc_compiler::model::{Column, Table};
use dwc_compiler::sql::googlesql::Type;

use super::run::{Mode, RunOptions};
use crate::extract::{Reading, Request, Watermark, moment};
use crate::state;
use crate::state::intervals::{self, Interval};
use crate::{DuckDbWarehouse, Error};

/// Which rows of a table a run reads; `None` where it reads none.
pub(super) fn reading(warehouse: &DuckDbWarehouse, table: &Table, mode: Mode) -> Result<Option<Reading>, Error> {
    let is_time = |column: &Column| matches!(column.ty, Type::Date | Type::DateTime | Type::Timestamp);
    let by_time = table.cursor.as_deref().and_then(|cursor| table.column(cursor)).is_some_and(is_time);
    let since =
        |mark: Option<Watermark>| mark.filter(|_| table.cursor.is_some()).map_or(Reading::Whole, Reading::Since);
    Ok(match mode {
        Mode::Full => Some(Reading::Whole),
        Mode::Incremental => Some(since(state::watermark(warehouse, &table.address)?)),
        Mode::Interval(window) => by_time.then(|| Reading::Windows(vec![window])),
        Mode::FillGaps => {
            let gaps = intervals::gaps(warehouse, &table.address)?;
            let mark = state::watermark(warehouse, &table.address)?;
            match (gaps.is_empty(), mark) {
                (true, _) => None,
                (false, Some(_)) if by_time => Some(Reading::Windows(gaps.iter().map(|gap| gap.interval).collect())),
                (false, mark) => Some(since(mark)),
            }
        }
    })
}

/// Records what a source that was not reached should have given.
pub(super) fn miss(
    warehouse: &DuckDbWarehouse,
    requests: &[Request<'_>],
    options: &RunOptions,
    reason: &str,
) -> Result<(), Error> {
    warehouse.transaction(|| {
        for request in requests {
            let address = &request.table.address;
            let windows = match &request.reading {
                Reading::Windows(windows) => windows.clone(),
                Reading::Whole | Reading::Chunks(_) | Reading::Since(_) => {
                    vec![Interval { from: intervals::end_without_hole(warehouse, address)?, to: options.at }]
                }
            };
            for window in windows {
                intervals::miss(warehouse, address, window, reason)?;
            }
        }
        Ok(())
    })
}

/// Records how far a table has been read, once its rows are merged. What was read of windows moves the watermark only
/// where no hole is before them, and never back.
pub(super) fn advance(
    warehouse: &DuckDbWarehouse,
    request: &Request<'_>,
    mark: Option<&str>,
    bound: &NaiveDateTime,
    batch: i64,
) -> Result<(), Error> {
    let address = &request.table.address;
    match &request.reading {
        Reading::Whole => intervals::cover(warehouse, address, [Interval { from: None, to: *bound }])?,
        Reading::Chunks(pinned) => {
            intervals::cover(warehouse, address, [Interval { from: None, to: pinned.bound }])?;
        }
        Reading::Since(since) => {
            intervals::cover(warehouse, address, [Interval { from: Some(since.bound), to: *bound }])?;
        }
        Reading::Windows(windows) => {
            let mut end = None;
            for window in windows {
                let to = window.to.min(*bound);
                intervals::cover(warehouse, address, [Interval { to, ..*window }])?;
                end = end.max(Some(to));
            }
            let known = state::watermark(warehouse, address)?;
            let is_later =
                |mark: &str| known.as_ref().is_some_and(|known| moment::read(mark) > moment::read(&known.cursor));
            let is_whole = intervals::end_without_hole(warehouse, address)? >= end;
            return match (mark.filter(|mark| is_whole && is_later(mark)), end) {
                (Some(mark), Some(end)) => state::put_watermark(warehouse, address, Some(mark), &end, batch),
                _ => Ok(()),
            };
        }
    }
    state::put_watermark(warehouse, address, mark, bound, batch)
}
