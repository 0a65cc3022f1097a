//! What a run reads of a table, and what is recorded once it has: the watermark, the time that is loaded, the time that was
//! missed. It must not know how a source is read.

use dwc_compiler::model::{Column, Table};
use dwc_googlesql::Type;

use super::run::{Mode, RunOptions};
use crate::extract::{Reading, Request, Watermark};
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
