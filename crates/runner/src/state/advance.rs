//! How far a table has been read, as a reading records it: the watermark and the time that is loaded. It must not decide
//! what is read.

use chrono::NaiveDateTime;

use super::intervals::{self, Interval};
use crate::extract::{Reading, moment};
use crate::{DuckDbWarehouse, Error, state};

/// A reading of a table that has landed.
#[derive(Debug, Clone)]
pub struct Read {
    /// `source.table`.
    pub table: String,
    /// Which of its rows were read.
    pub reading: Reading,
    /// How far the cursor has got.
    pub mark: Option<String>,
    /// The time until which rows were read, UTC.
    pub bound: NaiveDateTime,
    /// The batch that landed them.
    pub batch: i64,
}

/// Records how far a table has been read, once its rows are merged. What was read of windows moves the watermark only
/// where no hole is before them, and never back.
pub(super) fn advance(warehouse: &DuckDbWarehouse, read: &Read) -> Result<(), Error> {
    let Read { table: address, reading, mark, bound, batch } = read;
    let (mark, batch) = (mark.as_deref(), *batch);
    match reading {
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
