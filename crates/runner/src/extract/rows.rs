//! Rows: each is cast and taken, or rejected with its reasons, and staged in batches. It must not know of the view
//! that they are read in.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use dwc_compiler::cell::{Cell, Reading, Sent, Shape, Values};
use dwc_compiler::model::{DetectDeletes, Table};
use dwc_duckdb::duckdb::arrow::datatypes::SchemaRef;
use dwc_duckdb::duckdb::arrow::record_batch::RecordBatch;
use dwc_googlesql::Type;

use super::batch::Batch;
use crate::Error;
use crate::extract::moment;

/// Where gathered rows go.
pub(crate) trait Out {
    /// Takes rows: the declared columns, the state, the instant, and whether it is deleted.
    fn take(&mut self, batch: &RecordBatch) -> Result<(), Error>;
    /// Takes rows that do not cast: place, reason, row as JSON, then the columns of the key.
    fn reject(&mut self, batch: &RecordBatch) -> Result<(), Error>;
    /// There are no more.
    fn finish(self) -> Result<(), Error>;
}

/// Where a row was read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// Where its key says.
    Key,
    /// On this line of this file.
    Line(&'a str, u64),
}

/// The rows of a table that are gathered.
pub(crate) struct Rows<O> {
    readings: Vec<Reading>,
    key: Vec<usize>,
    marks: Option<(usize, DetectDeletes)>,
    delete_values: Vec<String>,
    at: i64,
    taken: Batch,
    rejected: Batch,
    rejections: u64,
    nameless: u64,
    out: O,
}

impl<O: Out> Rows<O> {
    /// Gathers rows of a result with these columns.
    pub(crate) fn new(
        table: &Table,
        zone: Tz,
        bound: NaiveDateTime,
        shapes: Vec<Shape>,
        out: impl FnOnce(&SchemaRef) -> Result<O, Error>,
    ) -> Result<Self, Error> {
        let readings: Vec<Reading> = table
            .columns
            .iter()
            .zip(shapes)
            .map(|(column, shape)| Reading { name: column.name.clone(), ty: column.ty.clone(), shape, zone })
            .collect();
        let place_of = |name: &String| table.columns.iter().position(|column| &column.name == name);
        let key: Vec<usize> = table.primary_key.iter().filter_map(place_of).collect();
        let marks = match table.detect_deletes {
            kind @ (DetectDeletes::Column | DetectDeletes::Operation) => {
                table.delete_column.as_ref().and_then(place_of).map(|place| (place, kind))
            }
            DetectDeletes::FullPass | DetectDeletes::None => None,
        };
        let types = table.columns.iter().map(|column| &column.ty);
        let taken = Batch::new(types.chain([&Type::Int64, &Type::Timestamp, &Type::Bool]));
        let keys = key.iter().map(|at| &table.columns[*at].ty);
        let rejected = Batch::new([&Type::String, &Type::String, &Type::String].into_iter().chain(keys));
        let out = out(taken.schema())?;
        let delete_values = table.delete_values.clone();
        let at = moment::micros(bound);
        Ok(Self { readings, key, marks, delete_values, at, taken, rejected, rejections: 0, nameless: 0, out })
    }

    /// Whether it is time to hand on.
    pub(crate) fn is_full(&self) -> bool {
        self.taken.is_full() || self.rejected.is_full()
    }

    /// Takes a row, or rejects it.
    pub(crate) fn push(&mut self, row: &(impl Values + ?Sized), state: i64, place: Place<'_>) {
        let mut cells = Vec::with_capacity(self.readings.len() + 3);
        let mut reasons: Vec<String> = Vec::new();
        for (at, reading) in self.readings.iter().enumerate() {
            cells.push(reading.cell(row.at(at)).unwrap_or_else(|reason| {
                reasons.push(reason);
                Cell::Null
            }));
        }
        for at in &self.key {
            if row.at(*at) == Sent::Null {
                reasons.push(format!("`{}` is NULL, and a part of the primary key", self.readings[*at].name));
            }
        }
        if reasons.is_empty() {
            let deleted = self.marks.is_some_and(|(at, kind)| is_deleted(&cells[at], kind, &self.delete_values));
            cells.extend([Cell::Int(state), Cell::Instant(self.at), Cell::Bool(deleted)]);
            self.taken.push(&cells);
            return;
        }
        self.rejections += 1;
        let is_blank = (0..self.readings.len()).all(|at| row.at(at) == Sent::Null);
        if !is_blank && self.key.iter().any(|at| cells[*at] == Cell::Null) {
            self.nameless += 1;
        }
        let key = |at: &usize| plain(&self.readings[*at].json_of(row.at(*at)));
        let place = match place {
            Place::Key => self.key.iter().map(key).collect::<Vec<_>>().join(", "),
            Place::Line(file, line) => format!("{file}:{line}"),
        };
        let kept: serde_json::Map<String, serde_json::Value> = self
            .readings
            .iter()
            .enumerate()
            .map(|(at, reading)| (reading.name.clone(), reading.json_of(row.at(at))))
            .collect();
        let texts = [place, reasons.join(", "), serde_json::Value::Object(kept).to_string()];
        let texts: Vec<Cell<'_>> = texts.into_iter().map(|text| Cell::Text(text.into())).collect();
        self.rejected.push(texts.iter().chain(self.key.iter().map(|at| &cells[*at])));
    }

    /// How many rows were rejected.
    pub(crate) fn rejections(&self) -> u64 {
        self.rejections
    }

    /// How many of them hold something, and not the key that would say which row they are.
    pub(crate) fn nameless(&self) -> u64 {
        self.nameless
    }

    /// Stages what was gathered, and says how many bytes it was.
    pub(crate) fn stage(&mut self) -> Result<u64, Error> {
        let mut bytes = 0;
        if let Some(batch) = self.taken.take()? {
            bytes += batch.get_array_memory_size();
            self.out.take(&batch)?;
        }
        if let Some(batch) = self.rejected.take()? {
            bytes += batch.get_array_memory_size();
            self.out.reject(&batch)?;
        }
        Ok(bytes as u64)
    }

    /// The reading came to its end.
    pub(crate) fn finish(mut self) -> Result<u64, Error> {
        let bytes = self.stage()?;
        self.out.finish()?;
        Ok(bytes)
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_deleted(cell: &Cell<'_>, kind: DetectDeletes, values: &[String]) -> bool {
    match (cell, kind) {
        (Cell::Null, _) => false,
        (Cell::Text(text), DetectDeletes::Operation) => values.contains(&text.trim().to_lowercase()),
        (_, DetectDeletes::Operation) => false,
        (Cell::Bool(mark), _) => *mark,
        (Cell::Int(mark), _) => *mark != 0,
        (Cell::Decimal(mark), _) => *mark != 0,
        (Cell::Float(mark), _) => *mark != 0.0,
        (Cell::Text(text), _) => matches!(text.trim().to_ascii_lowercase().as_str(), "1" | "true" | "t" | "yes" | "y"),
        // A moment of deletion marks one, but for the sentinels of a row that is not deleted.
        (Cell::Date(days), _) => {
            let at = NaiveDate::from_epoch_days(*days).map(|day| day.and_time(NaiveTime::MIN));
            at.is_some_and(|at| !moment::is_sentinel(at))
        }
        (Cell::Instant(micros), _) => {
            DateTime::from_timestamp_micros(*micros).is_some_and(|at| !moment::is_sentinel(at.naive_utc()))
        }
        _ => false,
    }
}
