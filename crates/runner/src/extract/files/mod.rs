//! Files: their rows are read one by one, judged by the rules of their columns, and staged. A line that is not a row goes
//! to the error events with its number. It must not decide which files are read, nor what becomes of the rows.

mod append;
pub(crate) mod csv;
mod csv_scan;
mod find;
mod header;
pub(crate) mod input;
pub(crate) mod ndjson;
mod parquet;
mod row;

use chrono_tz::Tz;
use dwc_compiler::cell::{Kind, Shape, json};
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{EXTRA, FileFormat, Files, Table};
use dwc_compiler::plan::Stage;
use dwc_googlesql::Type;

pub(crate) use append::{Intake, lines_of, rejects_of};
pub(crate) use find::{Found, as_name, by_name, digest, find, matching, parse_batch, time_of};

use super::SourceColumn;
use super::columns::compare;
pub(crate) use super::rows_sql::{extra, pack, quote, row_key};
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Error};
use append::Taking;
use csv::Unreadable;
use header::Header;
use row::Row;

/// How many rows a file gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Staged {
    pub(crate) read: i64,
    pub(crate) rejected: i64,
    /// Lines that are not rows of its format, and rows without a key that can be read: what it lacks may stand in them.
    pub(crate) unreadable: i64,
    /// How its columns differ from those of the file before.
    pub(crate) changes: Vec<String>,
}

/// Makes an empty staging table.
fn make_stage(warehouse: &DuckDbWarehouse, stage: &Stage) -> Result<(), Error> {
    let columns: Vec<String> = stage.columns.iter().map(|(name, ty)| format!("{} {ty}", quote(name))).collect();
    warehouse.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE {} ({}, _state BIGINT, _at TIMESTAMP, _deleted BOOLEAN)",
        stage.path,
        columns.join(", ")
    ))
}

/// One file that is staged.
struct Job<'a> {
    warehouse: &'a DuckDbWarehouse,
    table: &'a Table,
    files: &'a Files,
    found: &'a Found,
    zone: Tz,
    place: usize,
}

/// Reads the rows of one file. `place` keeps the states of later files after those of earlier ones.
pub(crate) fn stage(
    intake: &mut Intake<'_>,
    (files, zone): (&Files, Tz),
    found: &Found,
    place: usize,
) -> Result<Staged, Error> {
    let job = Job { warehouse: intake.warehouse(), table: intake.table(), files, found, zone, place };
    match files.format {
        FileFormat::Csv => job.csv(intake),
        FileFormat::Json => job.ndjson(intake),
        FileFormat::Parquet => job.parquet(intake),
    }
}

impl Job<'_> {
    /// Takes the rows of the file, whose columns are of these kinds.
    fn taking<'i, 'a>(&'i self, intake: &'i mut Intake<'a>, kinds: Vec<Kind>) -> Result<Taking<'i, 'a>, Error> {
        Taking::new(intake, self.zone, kinds.into_iter().map(Shape::of).collect(), self.found, self.place)
    }

    fn csv(&self, intake: &mut Intake<'_>) -> Result<Staged, Error> {
        let input = input::open(&self.found.path, self.files.text.encoding)
            .map_err(|cause| Error::because(format!("`{}` could not be read", self.found.name), cause))?;
        let mut taking = self.taking(intake, vec![Kind::Text; self.table.columns.len()])?;
        let mut header: Option<Header> = None;
        let mut changes = Vec::new();
        let mut row = Row::default();
        let null = self.files.text.null_marker.as_deref().map(str::as_bytes);
        let value = |fields: &csv::Fields, at: usize, row: &mut Row| match fields.at(at) {
            (b"", false) => row.null(),
            (text, false) if Some(text) == null => row.null(),
            (text, _) => row.bytes(text),
        };
        let read: Result<(), Stop> = csv::read(input, &self.files.text, |line, found| {
            match (found, &header) {
                (csv::Line::Header(fields), _) => {
                    let text = |at| String::from_utf8_lossy(fields.at(at).0).into_owned();
                    let read = Header::new(self.table, (0..fields.len()).map(text).collect(), self.found)?;
                    changes = self.changes(&read.columns("VARCHAR"))?;
                    header = Some(read);
                }
                (csv::Line::Row(fields), Some(header)) => {
                    row.clear();
                    for place in &header.places {
                        match place {
                            Some(at) => value(fields, *at, &mut row),
                            None => row.null(),
                        }
                    }
                    let extra = header.extra(|at| match fields.at(at) {
                        (b"", false) => None,
                        (text, false) if Some(text) == null => None,
                        (text, _) => Some(serde_json::Value::from(String::from_utf8_lossy(text)).to_string()),
                    });
                    put_extra(&mut row, extra.as_deref());
                    taking.row(line, &row)?;
                }
                (csv::Line::Broken(reason, text), _) => taking.broken(line, &reason, &text)?,
                (csv::Line::Row(_), None) => {}
            }
            Ok(())
        });
        read.map_err(|stop| stop.of(self, "CSV with the names of its columns in the first line"))?;
        taking.finish(changes)
    }

    fn ndjson(&self, intake: &mut Intake<'_>) -> Result<Staged, Error> {
        let input = input::open(&self.found.path, self.files.text.encoding)
            .map_err(|cause| Error::because(format!("`{}` could not be read", self.found.name), cause))?;
        let mut taking = self.taking(intake, vec![Kind::Text; self.table.columns.len()])?;
        let is_document: Vec<bool> = self
            .table
            .columns
            .iter()
            .map(|column| matches!(column.ty, Type::Json | Type::Array(_) | Type::Struct(_)))
            .collect();
        let mut header = Header::of_keys(self.table);
        let mut row = Row::default();
        let read: Result<(), Stop> = ndjson::read(input, self.files.text.longest_row, |line, found| {
            let members = match found {
                ndjson::Line::Object(members) => members,
                ndjson::Line::Broken(reason, text) => return Ok(taking.broken(line, &reason, &text)?),
            };
            header.see(members.iter().map(|(name, _)| name.as_ref()));
            let mut of = vec![None; header.len()];
            for (at, (name, _)) in members.iter().enumerate() {
                if let Some(place) = header.place_of(name) {
                    of[place] = Some(at);
                }
            }
            row.clear();
            for (column, place) in header.places.iter().enumerate() {
                let Some(document) = place.and_then(|place| of[place]).map(|at| members[at].1.get()) else {
                    row.null();
                    continue;
                };
                match json::text(document) {
                    _ if document == "null" => row.null(),
                    _ if is_document[column] => row.bytes(document.as_bytes()),
                    Some(text) => row.sent(json::sent(document, &text)),
                    // Half a character is rejected like bytes that are not UTF-8.
                    None => row.bytes(&json::bytes_of(document)),
                }
            }
            put_extra(&mut row, header.extra(|place| of[place].map(|at| members[at].1.get().to_owned())).as_deref());
            Ok(taking.row(line, &row)?)
        });
        read.map_err(|stop| stop.of(self, "NDJSON, an object on each line"))?;
        let changes = self.changes(&header.columns("JSON"))?;
        taking.finish(changes)
    }

    fn parquet(&self, intake: &mut Intake<'_>) -> Result<Staged, Error> {
        let unreadable = |cause| Stop::Parquet(cause).of(self, "Parquet");
        let reader = parquet::Reader::open(&self.found.path).map_err(unreadable)?;
        let names = reader.columns.iter().map(|column| column.name.clone()).collect();
        let header = Header::new(self.table, names, self.found)?;
        let mut there = self.describe()?;
        for (column, named) in there.iter_mut().zip(header.columns("")) {
            column.name = named.name;
        }
        let changes = self.changes(&there)?;
        let kind = |place: &Option<usize>| place.map_or(Kind::Plain, |at| reader.columns[at].kind);
        let mut kinds: Vec<Kind> = header.places.iter().map(kind).collect();
        kinds.resize(self.table.columns.len(), Kind::Text);
        let mut taking = self.taking(intake, kinds)?;
        let wanted = header.wanted();
        let mut row = Row::default();
        let read: Result<(), Stop> = reader.read(&wanted, |line, value| {
            row.clear();
            for place in &header.places {
                match place {
                    Some(at) => value.put(*at, &mut row),
                    None => row.null(),
                }
            }
            put_extra(&mut row, header.extra(|at| value.json(at)).as_deref());
            Ok(taking.row(line, &row)?)
        });
        read.map_err(|stop| stop.of(self, "Parquet"))?;
        taking.finish(changes)
    }

    /// The columns of a Parquet file in the engine's words, as the state knows them.
    fn describe(&self) -> Result<Vec<SourceColumn>, Error> {
        let path = literal(&as_name(&self.found.path));
        let rows = self.warehouse.rows(&format!("DESCRIBE SELECT * FROM read_parquet({path})"));
        let rows = rows.map_err(|error| Error {
            message: unreadable(&self.found.name, "Parquet"),
            code: Some(Code::FileUnreadable),
            ..error
        })?;
        let column = |row: Vec<Option<String>>| {
            let mut row = row.into_iter().flatten();
            Some(SourceColumn { name: row.next()?, ty: row.next()? })
        };
        Ok(rows.into_iter().filter_map(column).collect())
    }

    /// How the columns of the file differ from those of the file before. One that is read again changes nothing: it is
    /// older.
    fn changes(&self, there: &[SourceColumn]) -> Result<Vec<String>, Error> {
        let Self { warehouse, table, files, found, .. } = self;
        let mut known = state::source_columns(warehouse, &table.address)?;
        // An object need not name every key.
        let is_same = match files.format {
            FileFormat::Json => there.iter().all(|column| known.contains(column)),
            FileFormat::Csv | FileFormat::Parquet => known == there,
        };
        if is_same && !known.is_empty() {
            return Ok(Vec::new());
        }
        let again = format!(
            "SELECT COUNT(*) FROM _dwc.files WHERE source_table = {} AND path = {}",
            literal(&table.address),
            literal(&found.name)
        );
        if warehouse.count(&again)? != 0 {
            return Ok(Vec::new());
        }
        let mut all = there.to_vec();
        if files.format == FileFormat::Json {
            // What it lacks is not gone.
            all.extend(known.iter().filter(|column| !there.contains(column)).cloned());
            known.retain(|column| all.contains(column));
        }
        let changes = compare(table, &all, &known)?;
        state::put_source_columns(warehouse, &table.address, &all)?;
        Ok(changes)
    }
}

/// Why the reading of a file ended early.
enum Stop {
    /// A problem of its own.
    Said(Error),
    /// The file is not of its format.
    Text(Unreadable),
    /// The file is not Parquet, or damaged.
    Parquet(Box<dyn std::error::Error + Send + Sync>),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Said(error)
    }
}

impl From<Unreadable> for Stop {
    fn from(found: Unreadable) -> Self {
        Stop::Text(found)
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Stop {
    fn from(cause: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Stop::Parquet(cause)
    }
}

fn unreadable(name: &str, format: &str) -> String {
    format!("`{name}` is not {format}")
}

impl Stop {
    fn of(self, job: &Job<'_>, format: &str) -> Error {
        let name = &job.found.name;
        match self {
            Stop::Said(error) => error,
            Stop::Text(Unreadable::Io(cause)) => Error::because(format!("`{name}` could not be read"), cause),
            Stop::Text(Unreadable::Header(why)) => {
                Error::coded(Code::FileUnreadable, format!("{}: {why}", unreadable(name, format)))
                    .help("check its first line, or declare the file's `format`, `encoding`, `delimiter` or `quote`")
            }
            Stop::Parquet(cause) => Error {
                code: Some(Code::FileUnreadable),
                message: unreadable(name, format),
                help: Some("check the file, or declare its `format`".to_owned()),
                span: None,
                cause: Some(cause),
            },
        }
    }
}

/// Puts what is not declared into a row; no object where there is nothing.
fn put_extra(row: &mut Row, extra: Option<&str>) {
    match extra {
        Some("null") => row.null(),
        Some(object) => row.bytes(object.as_bytes()),
        None => {}
    }
}

/// Whether a table takes what is not declared.
fn takes_extra(table: &Table) -> bool {
    table.columns.iter().any(|column| column.name == EXTRA)
}
