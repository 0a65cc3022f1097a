//! Import from files: groups them into tables by folder and name, lets the engine sniff their columns, and looks in the
//! data for a key and for whether a file holds changes or the whole table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dwc_compiler::diagnostic::Code;

use super::files_keys::propose_key;
use super::{CHANGED, Proposal, ProposedTable, check_source_name, number, rows, texts, to_name, yaml};
use crate::extract::files::{matching, parse_batch};
use crate::{DuckDbWarehouse, Error};

/// Proposes the YAML of files: a folder, which is gone through whole, or a glob; relative to the project's folder.
///
/// # Errors
/// There is no file of a known format, or one cannot be read.
pub fn import_files(name: &str, project: &Path, place: &str) -> Result<String, Error> {
    check_source_name(name)?;
    let mut found = Vec::new();
    let at = project.join(place);
    if at.is_dir() {
        walk(&at, &mut found)?;
    } else {
        found = matching(project, place)?;
    }
    let mut groups: BTreeMap<(String, Kind), Vec<PathBuf>> = BTreeMap::new();
    for path in found {
        let relative = relative_to(project, &path);
        if let Some(kind) = Kind::of(&relative) {
            groups.entry((pattern_of(&relative), kind)).or_default().push(path);
        }
    }
    if groups.is_empty() {
        return Err(Error::coded(Code::FileMissing, format!("no CSV, Parquet or NDJSON file is at `{place}`"))
            .help("name a folder or a glob, relative to the project's folder"));
    }
    let engine = DuckDbWarehouse::open(":memory:")?;
    let mut tables = Vec::new();
    for ((pattern, kind), mut files) in groups {
        files.sort();
        tables.push(propose(&engine, &pattern, kind, &files)?);
    }
    number(&mut tables);
    let notes = vec![
        "Types and keys were guessed from these files: confirm them.".to_owned(),
        "DATETIMEs have no zone: they are read in the project's. Add `timezone: …` if these files keep another."
            .to_owned(),
    ];
    Ok(yaml::write(&Proposal { name: name.to_owned(), ty: "files", url: None, notes, tables }))
}

/// A format, and whether the ending of the name says it to the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Csv,
    Parquet,
    Json,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        match plain.rsplit('.').next() {
            Some("csv") => Some(Kind::Csv),
            Some("parquet") => Some(Kind::Parquet),
            Some("json" | "ndjson" | "jsonl") => Some(Kind::Json),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Csv => "csv",
            Kind::Parquet => "parquet",
            Kind::Json => "json",
        }
    }
}

fn walk(at: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let unreadable = |cause| Error::because(format!("`{}` could not be read", at.display()), cause);
    for entry in fs::read_dir(at).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn relative_to(project: &Path, path: &Path) -> String {
    let whole = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let (project, path) = (whole(project), whole(path));
    path.strip_prefix(&project).unwrap_or(&path).to_string_lossy().replace('\\', "/")
}

/// A file's name with `{batch}` for the time in it, and what follows the time as `*`.
fn pattern_of(name: &str) -> String {
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
    let (stem, ending) = file.split_once('.').unwrap_or((file, ""));
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let starts = stem.char_indices().map(|(at, _)| at);
    let times = starts.flat_map(|from| {
        let ends = (from..=stem.len()).rev().filter(|end| stem.is_char_boundary(*end));
        ends.map(move |to| (from, to))
    });
    let Some((from, to)) = times.into_iter().find(|(from, to)| parse_batch(&stem[*from..*to]).is_some()) else {
        return name.to_owned();
    };
    let rest = if to < stem.len() { "*" } else { "" };
    format!("{folder}{}{{batch}}{rest}.{ending}", &stem[..from])
}

/// The name of a pattern's table: what it says beside the time, or its folder.
fn name_of(pattern: &str) -> String {
    let (folder, file) = pattern.rsplit_once('/').map_or(("", pattern), |(folder, file)| (folder, file));
    let said: String = file.split('.').next().unwrap_or_default().replace("{batch}", "").replace('*', "");
    let plain = said.trim_matches(|c: char| !c.is_alphanumeric());
    if plain.is_empty() { to_name(folder.rsplit('/').next().unwrap_or("rows")) } else { to_name(plain) }
}

fn propose(engine: &DuckDbWarehouse, pattern: &str, kind: Kind, files: &[PathBuf]) -> Result<ProposedTable, Error> {
    let mut table = ProposedTable { name: name_of(pattern), ..ProposedTable::default() };
    table.settings.push(("path", yaml::text(pattern)));
    if pattern.ends_with(".gz") {
        table.settings.push(("format", kind.word().to_owned()));
    }
    let unreadable = |error: Error| Error {
        code: Some(Code::FileUnreadable),
        message: format!("the files at `{pattern}` could not be read as {}", kind.word()),
        help: Some("look at the file, or import the others alone".to_owned()),
        ..error
    };
    let columns = match kind {
        Kind::Csv => {
            let (settings, how) = texts::look(&files[0])?;
            table.settings.extend(settings);
            rows::csv(engine, files, &how).map_err(unreadable)?
        }
        Kind::Json => rows::ndjson(engine, files).map_err(unreadable)?,
        Kind::Parquet => rows::parquet(engine, files).map_err(unreadable)?,
    };
    for name in columns.left_out {
        table.notes.push(format!("left out: column `{name}`, which not every file has"));
    }
    table.columns = columns.columns;
    propose_key(engine, pattern, files.len(), &mut table)?;
    let named = |name: &str| {
        table.columns.iter().find(|column| {
            column.name.eq_ignore_ascii_case(name) && matches!(column.ty.as_str(), "DATETIME" | "TIMESTAMP")
        })
    };
    table.cursor = CHANGED.iter().find_map(|name| named(name)).map(|column| column.name.clone());
    Ok(table)
}

/// The GoogleSQL type of an engine's type.
pub(super) fn type_of(engine: &str) -> String {
    if let Some(item) = engine.strip_suffix("[]").filter(|item| !item.contains(['(', '[']) && *item != "BLOB") {
        return format!("ARRAY<{}>", type_of(item));
    }
    match engine {
        "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "UTINYINT" | "USMALLINT" | "UINTEGER" => "INT64",
        "UBIGINT" | "HUGEINT" | "UHUGEINT" => "NUMERIC",
        "FLOAT" | "DOUBLE" => "FLOAT64",
        "BOOLEAN" => "BOOL",
        "DATE" => "DATE",
        "TIME" => "TIME",
        "BLOB" => "BYTES",
        "JSON" => "JSON",
        "TIMESTAMP WITH TIME ZONE" => "TIMESTAMP",
        _ if engine.starts_with("TIMESTAMP") => "DATETIME",
        _ if engine.starts_with("DECIMAL") => decimal(engine),
        _ if engine.starts_with("STRUCT") || engine.starts_with("MAP") || engine.ends_with("[]") => "JSON",
        _ => "STRING",
    }
    .to_owned()
}

fn decimal(engine: &str) -> &'static str {
    let mut numbers = engine.split(|c: char| !c.is_ascii_digit()).filter_map(|text| text.parse::<u32>().ok());
    let (digits, scale) = (numbers.next().unwrap_or(38), numbers.next().unwrap_or(0));
    if scale <= 9 && digits.saturating_sub(scale) <= 29 { "NUMERIC" } else { "BIGNUMERIC" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_a_name_is_the_batch() {
        assert_eq!(pattern_of("data/orders/2026-03-01T09.csv"), "data/orders/{batch}.csv");
        assert_eq!(pattern_of("data/orders_20260301_part1.csv.gz"), "data/orders_{batch}*.csv.gz");
        assert_eq!(pattern_of("data/countries.csv"), "data/countries.csv");
        assert_eq!(name_of("data/orders_{batch}*.csv.gz"), "orders");
        assert_eq!(name_of("data/orders/{batch}.csv"), "orders");
        assert_eq!(name_of("data/2 fast.csv"), "t_2_fast");
    }
}
