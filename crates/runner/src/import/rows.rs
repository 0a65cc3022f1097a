//! The rows of some files as they are looked at: their columns with names of the language and guessed types, and the values
//! in a table `sniffed` beside the file of each. It must not decide what is proposed of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dwc_compiler::cell::json;
use dwc_compiler::cell::{Cell, cut};
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Encoding, Text};
use dwc_googlesql::Type;
use indexmap::IndexMap;

use super::files::type_of;
use super::guess::Guess;
use super::{ProposedColumn, is_name, to_name};
use crate::extract::batch::Batch;
use crate::extract::files::csv::{self, Unreadable};
use crate::extract::files::{input, ndjson, quote};
use crate::state::literal;
use crate::{DuckDbWarehouse, Error};

/// Columns of some files.
pub(super) struct Columns {
    /// Those that every file has.
    pub(super) columns: Vec<ProposedColumn>,
    /// The others, as the files call them.
    pub(super) left_out: Vec<String>,
}

/// The rows of CSV.
pub(super) fn csv(engine: &DuckDbWarehouse, files: &[PathBuf], how: &Text) -> Result<Columns, Error> {
    let mut all: Vec<Vec<String>> = Vec::new();
    for file in files {
        let mut names = Vec::new();
        let read: Result<(), Ended> = csv::read(open(file, how.encoding)?, how, |_, line| match line {
            csv::Line::Header(fields) => {
                names = (0..fields.len()).map(|at| String::from_utf8_lossy(fields.at(at).0).into_owned()).collect();
                Err(Ended::Enough)
            }
            _ => Ok(()),
        });
        match read {
            Ok(()) | Err(Ended::Enough) => all.push(addresses(&names)),
            Err(Ended::Unreadable) => return Err(said(file)),
        }
    }
    let first = all.first().cloned().unwrap_or_default();
    let (wanted, others): (Vec<String>, Vec<String>) =
        first.into_iter().partition(|name| all.iter().all(|names| names.contains(name)));
    let mut columns = named(&wanted);
    let mut guesses = vec![Guess::default(); columns.len()];
    let mut table = Sniffed::new(engine, &columns)?;
    for (file, names) in files.iter().zip(&all) {
        let places: Vec<Option<usize>> =
            wanted.iter().map(|name| names.iter().position(|other| other == name)).collect();
        let of_file = file.to_string_lossy();
        let read: Result<(), Ended> = csv::read(open(file, how.encoding)?, how, |_, line| {
            let csv::Line::Row(fields) = line else { return Ok(()) };
            let value = |at: usize| match fields.at(at) {
                (b"", false) => None,
                (text, false) if how.null_marker.as_deref().map(str::as_bytes) == Some(text) => None,
                (text, _) => std::str::from_utf8(text).ok(),
            };
            let values: Vec<Option<&str>> = places.iter().map(|place| place.and_then(value)).collect();
            for (guess, value) in guesses.iter_mut().zip(&values) {
                if let Some(value) = value {
                    guess.text(value);
                }
            }
            table.push(&values, &of_file).map_err(Ended::from)
        });
        if let Err(Ended::Unreadable) = read {
            return Err(said(file));
        }
    }
    table.finish()?;
    for (column, guess) in columns.iter_mut().zip(&guesses) {
        guess.ty().clone_into(&mut column.ty);
    }
    Ok(Columns { columns, left_out: others.iter().map(|name| cut(name)).collect() })
}

/// The rows of NDJSON: every key of an object is a column.
pub(super) fn ndjson(engine: &DuckDbWarehouse, files: &[PathBuf]) -> Result<Columns, Error> {
    let longest = Text::default().longest_row;
    let mut guesses: IndexMap<String, Guess> = IndexMap::new();
    let each = |file: &Path, take: &mut dyn FnMut(&json::Members<'_>) -> Result<(), Ended>| {
        let read: Result<(), Ended> = ndjson::read(open(file, Encoding::Utf8)?, longest, |_, line| match line {
            ndjson::Line::Object(members) => take(members),
            ndjson::Line::Broken(..) => Ok(()),
        });
        if let Err(Ended::Unreadable) = read { Err(said(file)) } else { Ok(()) }
    };
    for file in files {
        each(file, &mut |members| {
            for (name, value) in members {
                let guess = guesses.entry(name.to_string()).or_default();
                if let Some(text) = json::text(value.get()) {
                    guess.json(value.get(), json::sent(value.get(), &text));
                }
            }
            Ok(())
        })?;
    }
    let names: Vec<String> = guesses.keys().cloned().collect();
    let mut columns = named(&names);
    let mut table = Sniffed::new(engine, &columns)?;
    for file in files {
        let of_file = file.to_string_lossy();
        each(file, &mut |members| {
            let mut values: Vec<Option<String>> = vec![None; names.len()];
            for (name, value) in members {
                let text = json::text(value.get()).filter(|_| value.get() != "null");
                if let (Some(at), Some(text)) = (guesses.get_index_of(name.as_ref()), text) {
                    values[at] = Some(text.into_owned());
                }
            }
            let values: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
            table.push(&values, &of_file).map_err(Ended::from)
        })?;
    }
    table.finish()?;
    for (column, guess) in columns.iter_mut().zip(guesses.values()) {
        guess.ty().clone_into(&mut column.ty);
    }
    Ok(Columns { columns, left_out: Vec::new() })
}

/// The rows of Parquet, which says its types itself.
pub(super) fn parquet(engine: &DuckDbWarehouse, files: &[PathBuf]) -> Result<Columns, Error> {
    let mut all: Vec<Vec<(String, String)>> = Vec::new();
    for file in files {
        let rows = engine.rows(&format!("DESCRIBE SELECT * FROM read_parquet({})", literal(&as_name(file))))?;
        let column = |row: Vec<Option<String>>| {
            let mut row = row.into_iter().flatten();
            Some((row.next()?, row.next()?))
        };
        all.push(rows.into_iter().filter_map(column).collect());
    }
    let first = all.first().cloned().unwrap_or_default();
    let has = |columns: &Vec<(String, String)>, name: &str| columns.iter().any(|(other, _)| other == name);
    let (wanted, others): (Vec<_>, Vec<_>) =
        first.into_iter().partition(|(name, _)| all.iter().all(|columns| has(columns, name)));
    let mut columns = named(&wanted.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    for (column, (_, ty)) in columns.iter_mut().zip(&wanted) {
        column.ty = type_of(ty);
    }
    let parts = wanted.iter().zip(&columns);
    let list: Vec<String> = parts
        .map(|((name, _), column)| format!("CAST({} AS VARCHAR) AS {}", quote(name), quote(&column.name)))
        .collect();
    let list = if list.is_empty() { "NULL AS _nothing".to_owned() } else { list.join(", ") };
    let names: Vec<String> = files.iter().map(|file| literal(&as_name(file))).collect();
    engine.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE sniffed AS SELECT {list}, _file FROM \
         read_parquet([{}], union_by_name = true, filename = '_file')",
        names.join(", ")
    ))?;
    Ok(Columns { columns, left_out: others.into_iter().map(|(name, _)| cut(&name)).collect() })
}

fn as_name(file: &Path) -> String {
    crate::extract::files::as_name(file)
}

fn open(file: &Path, encoding: Encoding) -> Result<Box<dyn std::io::Read>, Error> {
    input::open(file, encoding)
        .map_err(|cause| Error::because(format!("`{}` could not be read", file.display()), cause))
}

fn said(file: &Path) -> Error {
    Error::coded(Code::FileUnreadable, format!("`{}` has no rows that can be read", file.display()))
}

/// Why the reading of a file ended early.
enum Ended {
    Enough,
    Unreadable,
}

impl From<Unreadable> for Ended {
    fn from(_: Unreadable) -> Self {
        Ended::Unreadable
    }
}

impl From<Error> for Ended {
    fn from(_: Error) -> Self {
        Ended::Unreadable
    }
}

/// The names of a header by which each is told apart.
fn addresses(names: &[String]) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for name in names {
        seen.push(name);
        let again = seen.iter().filter(|other| *other == name).count();
        let is_plain = !name.is_empty() && names.iter().filter(|other| *other == name).count() == 1;
        all.push(if is_plain { name.clone() } else { format!("{name}#{again}") });
    }
    all
}

/// Columns of these names in the files, each with one of the language.
fn named(headers: &[String]) -> Vec<ProposedColumn> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut columns = Vec::new();
    for header in headers {
        let plain = if is_name(header) { header.clone() } else { to_name(header) };
        let plain: String = plain.chars().take(60).collect();
        let mut name = plain.clone();
        let mut number = 1;
        while !taken.insert(name.to_lowercase()) {
            number += 1;
            name = format!("{plain}_{number}");
        }
        let header = (name != *header).then(|| header.clone());
        columns.push(ProposedColumn { name, header, ..ProposedColumn::default() });
    }
    columns
}

/// The table of values as texts.
struct Sniffed<'e> {
    appender: dwc_duckdb::duckdb::Appender<'e>,
    batch: Batch,
}

impl<'e> Sniffed<'e> {
    fn new(engine: &'e DuckDbWarehouse, columns: &[ProposedColumn]) -> Result<Self, Error> {
        let list: String = columns.iter().map(|column| format!("{} VARCHAR, ", quote(&column.name))).collect();
        engine.execute(&format!("CREATE OR REPLACE TEMP TABLE sniffed ({list}_file VARCHAR)"))?;
        let appender = engine.connection().appender("sniffed")?;
        let types = vec![Type::String; columns.len() + 1];
        Ok(Self { appender, batch: Batch::new(&types) })
    }

    fn push(&mut self, values: &[Option<&str>], file: &str) -> Result<(), Error> {
        let cells = values.iter().map(|value| value.map_or(Cell::Null, |text| Cell::Text(text.into())));
        let cells: Vec<Cell<'_>> = cells.chain([Cell::Text(file.into())]).collect();
        self.batch.push(&cells);
        if self.batch.is_full() { self.hand_on() } else { Ok(()) }
    }

    fn hand_on(&mut self) -> Result<(), Error> {
        if let Some(batch) = self.batch.take()? {
            self.appender.append_record_batch(batch)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Error> {
        self.hand_on()?;
        Ok(self.appender.flush()?)
    }
}
