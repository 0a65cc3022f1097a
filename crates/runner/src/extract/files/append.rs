//! Rows of a file on their way into the stage: batches are appended to a table of the engine, which keeps what exceeds its
//! memory on disk. It must not know formats.

use std::sync::Arc;

use chrono_tz::Tz;
use dwc_compiler::cell::{Shape, Values};
use dwc_compiler::model::Table;
use dwc_compiler::plan::Stage;
use dwc_duckdb::duckdb::Appender;
use dwc_duckdb::duckdb::arrow::array::{ArrayRef, Int64Array};
use dwc_duckdb::duckdb::arrow::datatypes::{DataType, Field, Schema};
use dwc_duckdb::duckdb::arrow::record_batch::RecordBatch;

use super::{Found, Staged};
use crate::extract::rows::{Out, Place, Rows};
use crate::extract::rows_sql::{quote, row_key};
use crate::extract::staging::typed;
use crate::state::literal;
use crate::{DuckDbWarehouse, Error};

/// The rows of files as they were judged, where they are not of the stage's types yet.
const ROWS: &str = "dwc_file_rows";
/// Lines that are not rows of which many are kept at once.
const LINES: usize = 500;
/// Bytes that are appended before the engine takes them into its own memory.
const WAITING: usize = 16 << 20;

/// The table of the rows of a stage's files that do not cast: `_place`, `_reason`, `_row`, the key, and `_file`, the place
/// of the file.
pub(crate) fn rejects_of(stage: &Stage) -> String {
    beside("rejects", stage)
}

/// The table of the lines of a stage's files that are no rows: `_place`, `_reason` and `_row`.
pub(crate) fn lines_of(stage: &Stage) -> String {
    beside("lines", stage)
}

fn beside(what: &str, stage: &Stage) -> String {
    quote(&format!("{what}_of_{}", bare(&stage.path)))
}

/// The name in a quoted path of one.
fn bare(path: &str) -> &str {
    path.trim_matches('"')
}

/// The columns of the primary key, in its order.
fn keys<'a>(table: &'a Table, stage: &'a Stage) -> impl Iterator<Item = (&'a str, &'a str)> {
    let of = |key: &'a String| stage.columns.iter().find(|(name, _)| name == key);
    table.primary_key.iter().filter_map(of).map(|(name, ty)| (name.as_str(), ty.as_str()))
}

struct Append<'a> {
    rows: Appender<'a>,
    rejects: Appender<'a>,
    /// Bytes that were appended since the engine took them: until then its limit does not count them.
    waiting: usize,
    /// The place of the file that is read.
    file: i64,
}

fn failed(cause: dwc_duckdb::duckdb::Error) -> Error {
    Error::because("rows of a file could not be staged", cause)
}

impl Append<'_> {
    fn appended(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.waiting += batch.get_array_memory_size();
        if self.waiting >= WAITING { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.waiting = 0;
        self.rows.flush().map_err(failed)?;
        self.rejects.flush().map_err(failed)
    }
}

impl Out for &mut Append<'_> {
    fn take(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows.append_record_batch(batch.clone()).map_err(failed)?;
        self.appended(batch)
    }

    fn reject(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let file: ArrayRef = Arc::new(Int64Array::from(vec![self.file; batch.num_rows()]));
        let field = Arc::new(Field::new("_file", DataType::Int64, false));
        let fields: Vec<_> = batch.schema().fields().iter().cloned().chain([field]).collect();
        let columns = batch.columns().iter().cloned().chain([file]).collect();
        let placed = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|cause| Error::because("rows of a file could not be staged", cause))?;
        self.appended(batch)?;
        self.rejects.append_record_batch(placed).map_err(failed)
    }

    fn finish(self) -> Result<(), Error> {
        Ok(())
    }
}

/// The rows of files that are read one after another, on their way into one stage. The engine keeps a table's memory until
/// the transaction ends, so that files have one together and none of its own.
pub(crate) struct Intake<'a> {
    warehouse: &'a DuckDbWarehouse,
    table: &'a Table,
    stage: &'a Stage,
    /// Rows go into a table of their own first: a cast, or a hash of the row, is still to come.
    is_raw: bool,
    out: Append<'a>,
}

impl<'a> Intake<'a> {
    /// Makes the tables that take the rows.
    pub(crate) fn new(warehouse: &'a DuckDbWarehouse, table: &'a Table, stage: &'a Stage) -> Result<Self, Error> {
        let is_raw = table.primary_key.is_empty() || stage.columns.iter().any(|(_, ty)| travelling(ty) != ty);
        let types = table.columns.iter().map(|column| {
            stage.columns.iter().find(|(name, _)| *name == column.name).map_or("VARCHAR", |(_, ty)| travelling(ty))
        });
        let types = types.chain(["BIGINT", "TIMESTAMP", "BOOLEAN"]);
        let columns: Vec<String> = types.enumerate().map(|(at, ty)| format!("c{at} {ty}")).collect();
        let key: String =
            keys(table, stage).map(|(name, ty)| format!(", {} {}", quote(name), travelling(ty))).collect();
        let (rejects, lines) = (rejects_of(stage), lines_of(stage));
        super::make_stage(warehouse, stage)?;
        warehouse.execute(&format!(
            "CREATE OR REPLACE TEMP TABLE {rejects} (_place VARCHAR, _reason VARCHAR, _row VARCHAR{key}, _file BIGINT);\n\
             CREATE OR REPLACE TEMP TABLE {lines} (_place VARCHAR, _reason VARCHAR, _row VARCHAR)"
        ))?;
        if is_raw {
            warehouse.execute(&format!("CREATE OR REPLACE TEMP TABLE {ROWS} ({})", columns.join(", ")))?;
        }
        let appender = |name: &str| warehouse.connection().appender(name).map_err(failed);
        let rows = appender(if is_raw { ROWS } else { bare(&stage.path) })?;
        let out = Append { rows, rejects: appender(bare(&rejects))?, waiting: 0, file: 0 };
        Ok(Self { warehouse, table, stage, is_raw, out })
    }

    /// The engine that takes the rows.
    pub(super) fn warehouse(&self) -> &'a DuckDbWarehouse {
        self.warehouse
    }

    /// The table whose files are read.
    pub(super) fn table(&self) -> &'a Table {
        self.table
    }

    /// All files were read: their rows are in the stage.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.out.flush()?;
        let Self { warehouse, table, stage, is_raw, out } = self;
        drop(out);
        if !is_raw {
            return Ok(());
        }
        let list = |of: &dyn Fn(&str) -> String| -> String {
            table.columns.iter().map(|column| of(&column.name)).collect::<Vec<_>>().join(", ")
        };
        let names = list(&quote);
        let ty = |name: &str| stage.columns.iter().find(|(column, _)| column == name).map_or("VARCHAR", |(_, ty)| ty);
        let cast: Vec<String> = table
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{} AS {}", typed(at, ty(&column.name)), quote(&column.name)))
            .collect();
        let key = row_key(table, "_state");
        let (key_name, key_value) =
            key.map_or_else(Default::default, |(name, key)| (format!("{name}, "), format!("{key}, ")));
        let width = table.columns.len();
        warehouse.execute(&format!(
            "INSERT INTO {path} ({key_name}{names}, _state, _at, _deleted)\n\
             SELECT {key_value}{names}, _state, _at, _deleted\n\
             FROM (SELECT {cast}, c{width} AS _state, c{} AS _at, c{} AS _deleted FROM {ROWS}) AS r",
            width + 1,
            width + 2,
            path = stage.path,
            cast = cast.join(", "),
        ))?;
        warehouse.execute(&format!("DROP TABLE {ROWS}"))
    }
}

/// Takes the rows of one file.
pub(super) struct Taking<'i, 'a> {
    warehouse: &'a DuckDbWarehouse,
    /// The quoted path of the table of lines that are no rows.
    broken: String,
    found: &'i Found,
    place: usize,
    rows: Rows<&'i mut Append<'a>>,
    read: i64,
    unreadable: i64,
    /// Lines that are not rows, as values of SQL.
    lines: Vec<String>,
}

impl<'i, 'a> Taking<'i, 'a> {
    /// Takes the rows of a file. `place` keeps its states after those of earlier files.
    pub(super) fn new(
        intake: &'i mut Intake<'a>,
        zone: Tz,
        shapes: Vec<Shape>,
        found: &'i Found,
        place: usize,
    ) -> Result<Self, Error> {
        let (warehouse, table, broken) = (intake.warehouse, intake.table, lines_of(intake.stage));
        intake.out.file = i64::try_from(place).unwrap_or(i64::MAX);
        let rows = Rows::new(table, zone, found.at, shapes, |_| Ok(&mut intake.out))?;
        Ok(Self { warehouse, broken, found, place, rows, read: 0, unreadable: 0, lines: Vec::new() })
    }

    /// Takes the row of a line.
    pub(super) fn row(&mut self, line: u64, row: &impl Values) -> Result<(), Error> {
        self.read += 1;
        let state = (self.place as u64) << 32 | (line & 0xffff_ffff);
        self.rows.push(row, state.cast_signed(), Place::Line(&self.found.name, line));
        if self.rows.is_full() {
            self.rows.stage()?;
        }
        Ok(())
    }

    /// Keeps a line that is not a row.
    pub(super) fn broken(&mut self, line: u64, reason: &str, text: &str) -> Result<(), Error> {
        self.unreadable += 1;
        let place = literal(&format!("{}:{line}", self.found.name));
        self.lines.push(format!("({place}, {}, {})", literal(reason), literal(&text.replace('\0', " "))));
        if self.lines.len() >= LINES { self.keep_lines() } else { Ok(()) }
    }

    fn keep_lines(&mut self) -> Result<(), Error> {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return Ok(());
        }
        self.warehouse.execute(&format!("INSERT INTO {} VALUES {}", self.broken, lines.join(", ")))
    }

    /// The file came to its end.
    pub(super) fn finish(mut self, changes: Vec<String>) -> Result<Staged, Error> {
        self.keep_lines()?;
        let (rejected, nameless) = (self.rows.rejections(), self.rows.nameless());
        self.rows.finish()?;
        Ok(Staged {
            read: self.read + self.unreadable,
            rejected: rejected + self.unreadable,
            unreadable: self.unreadable + nameless,
            changes,
        })
    }
}

/// The type in which a value of a type is appended.
fn travelling(ty: &str) -> &str {
    let is_text = ty == "JSON" || ty == "INTERVAL" || ty.ends_with("[]") || ty.starts_with("STRUCT");
    if is_text { "VARCHAR" } else { ty }
}
