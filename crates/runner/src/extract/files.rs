//! Files: finds those that are not loaded yet, in the order of their batches, and stages their rows.
//! The engine reads them; every value is read as text where the format has no types, so that what does not cast is kept.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{DetectDeletes, EXTRA, FileFormat, Files, ROW_KEY, Table};
use dwc_compiler::plan::Stage;
use dwc_compiler::sql::googlesql::Type;
use sha2::{Digest, Sha256};

use super::columns::{compare, undeclared};
use super::{SourceColumn, csv};
use crate::state::{self, literal};
use crate::{DuckDbWarehouse, Error};

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The time of extraction in its name, or that of the run.
    pub(crate) at: NaiveDateTime,
    /// Path relative to the project.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// The files that a table's pattern names, in the order of their batches and then of their names.
pub(crate) fn find(folder: &Path, table: &Table, files: &Files, now: NaiveDateTime) -> Result<Vec<Found>, Error> {
    let parts: Vec<&str> = files.path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let start = if files.path.starts_with('/') { PathBuf::from("/") } else { folder.to_path_buf() };
    let mut found = Vec::new();
    walk(&start, &parts, None, &mut found)?;
    let mut all: Vec<Found> = found
        .into_iter()
        .filter_map(|(path, batch)| {
            let at = match &batch {
                Some(text) => parse_batch(text)?,
                None => now,
            };
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            Some(Found { at, name, path })
        })
        .collect();
    if all.is_empty() {
        return Err(Error::coded(
            Code::FileMissing,
            format!("no file of table `{}` is at `{}`", table.address, files.path),
        )
        .help("put the files there, or correct `path`; it is relative to the project's folder"));
    }
    all.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    Ok(all)
}

/// Every file that a pattern names.
pub(crate) fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let start = if pattern.starts_with('/') { PathBuf::from("/") } else { folder.to_path_buf() };
    let mut found = Vec::new();
    walk(&start, &parts, None, &mut found)?;
    Ok(found.into_iter().map(|(path, _)| path).collect())
}

fn walk(
    at: &Path,
    parts: &[&str],
    batch: Option<String>,
    found: &mut Vec<(PathBuf, Option<String>)>,
) -> Result<(), Error> {
    let Some((part, rest)) = parts.split_first() else {
        if at.is_file() {
            found.push((at.to_path_buf(), batch));
        }
        return Ok(());
    };
    if !part.contains(['*', '?', '{']) {
        return walk(&at.join(part), rest, batch, found);
    }
    let Ok(entries) = std::fs::read_dir(at) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(|cause| Error::because(format!("`{}` could not be read", at.display()), cause))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(captured) = matches(part, &name) {
            walk(&entry.path(), rest, captured.or_else(|| batch.clone()), found)?;
        }
    }
    Ok(())
}

/// A path as the engine takes it for the name of one file, whatever it holds: its own patterns are written out.
pub(crate) fn as_name(path: &Path) -> String {
    let mut name = String::new();
    for c in path.to_string_lossy().chars() {
        match c {
            '*' | '?' | '[' => name.extend(['[', c, ']']),
            _ => name.push(c),
        }
    }
    name
}

/// The time in the name of a file that a pattern fits; `None` where it has none.
pub(crate) fn time_of(pattern: &str, name: &str) -> Option<NaiveDateTime> {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    let (patterns, names) = (parts(pattern), parts(name));
    if patterns.len() != names.len() {
        return None;
    }
    let mut batch = None;
    for (pattern, name) in patterns.iter().zip(&names) {
        batch = matches(pattern, name)?.or(batch);
    }
    parse_batch(&batch?)
}

/// Whether a name fits a pattern of `*`, `?` and `{batch}`, and what `{batch}` stands for.
#[allow(clippy::option_option)]
fn matches(pattern: &str, name: &str) -> Option<Option<String>> {
    if let Some(rest) = pattern.strip_prefix("{batch}") {
        return (1..=name.len())
            .rev()
            .filter(|end| name.is_char_boundary(*end) && parse_batch(&name[..*end]).is_some())
            .find_map(|end| matches(rest, &name[end..]).map(|_| Some(name[..end].to_owned())));
    }
    let mut characters = pattern.chars();
    match characters.next() {
        None => name.is_empty().then_some(None),
        Some('*') => (0..=name.len())
            .filter(|end| name.is_char_boundary(*end))
            .find_map(|end| matches(characters.as_str(), &name[end..])),
        Some('?') => {
            let mut rest = name.chars();
            rest.next()?;
            matches(characters.as_str(), rest.as_str())
        }
        Some(character) => matches(characters.as_str(), name.strip_prefix(character)?),
    }
}

/// The time in a file's name: a day, an hour, a minute or a second, in UTC.
pub(crate) fn parse_batch(text: &str) -> Option<NaiveDateTime> {
    let plain: String = text.trim_end_matches('Z').replace(['T', '_', ' '], "T").replace(['-', ':'], "");
    let digits = |range: std::ops::Range<usize>, of: &str| of.get(range).and_then(|part| part.parse::<u32>().ok());
    let (day, time) = plain.split_once('T').unwrap_or((&plain, ""));
    if day.len() != 8 || !matches!(time.len(), 0 | 2 | 4 | 6) || !plain.chars().all(|c| c.is_ascii_digit() || c == 'T')
    {
        return None;
    }
    let date = chrono::NaiveDate::from_ymd_opt(day[..4].parse().ok()?, digits(4..6, day)?, digits(6..8, day)?)?;
    let part = |from: usize| if time.len() > from { digits(from..from + 2, time) } else { Some(0) };
    date.and_hms_opt(part(0)?, part(2)?, part(4)?)
}

/// The digest of a file's bytes, as it is written into the state.
pub(crate) fn digest(path: &Path) -> Result<String, Error> {
    let unreadable = |cause| Error::because(format!("`{}` could not be read", path.display()), cause);
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash).map_err(unreadable)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// How many rows a file gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Staged {
    pub(crate) read: i64,
    pub(crate) rejected: i64,
    /// Lines that are not rows of its format: what it lacks may stand in them.
    pub(crate) unreadable: i64,
    /// How its columns differ from those of the file before.
    pub(crate) changes: Vec<String>,
}

/// Makes an empty staging table.
pub(crate) fn make_stage(warehouse: &DuckDbWarehouse, stage: &Stage) -> Result<(), Error> {
    let columns: Vec<String> = stage.columns.iter().map(|(name, ty)| format!("{} {ty}", quote(name))).collect();
    warehouse.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE {} ({}, _state BIGINT, _at TIMESTAMP, _deleted BOOLEAN)",
        stage.path,
        columns.join(", ")
    ))
}

/// Stages the rows of one file. `place` keeps the states of later files after those of earlier ones.
pub(crate) fn stage(
    warehouse: &DuckDbWarehouse,
    table: &Table,
    files: &Files,
    stage: &Stage,
    found: &Found,
    place: usize,
    batch: i64,
) -> Result<Staged, Error> {
    let path = literal(&as_name(&found.path));
    let mut copied = None;
    let reader = match files.format {
        FileFormat::Csv => {
            let copy = Copy::new(found)?;
            let reader = copy.reader();
            copied = Some(copy);
            reader
        }
        FileFormat::Parquet => format!("read_parquet({path})"),
        FileFormat::Json => {
            let keys = keys(warehouse, &path, table, found)?;
            let columns: Vec<String> = keys.iter().map(|name| format!("{}: 'JSON'", literal(name))).collect();
            format!("read_json({path}, format = 'newline_delimited', columns = {{{}}})", columns.join(", "))
        }
    };
    let mut there = columns(warehouse, &reader, found)?;
    there.retain(|column| copied.is_none() || column.name != csv::LINE);
    if let Some(copied) = &copied {
        copied.check_header(table, found)?;
    }
    check_columns(table, &there, found)?;
    let changes = changes(warehouse, table, &there, found, files.format)?;
    let extra = extra(table, &there, files.format);
    let columns: Vec<(String, String)> = table
        .columns
        .iter()
        .map(|column| {
            let ty = stage.columns.iter().find(|(name, _)| name == &column.name).map_or("VARCHAR", |(_, ty)| ty);
            (quote(&column.name), ty.to_owned())
        })
        .collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let raw: Vec<String> = columns
        .iter()
        .map(|(name, ty)| match files.format {
            _ if name.trim_matches('"') == EXTRA => format!("{extra} AS {name}"),
            FileFormat::Json if ty != "JSON" && !ty.ends_with("[]") && !ty.starts_with("STRUCT") => {
                format!("json_extract_string({name}, '$') AS {name}")
            }
            _ => name.clone(),
        })
        .collect();
    warehouse.execute(&format!(
        "CREATE OR REPLACE TEMP TABLE raw_rows AS SELECT {}, {} AS _line FROM {reader}",
        raw.join(", "),
        if copied.is_some() { format!("CAST({} AS BIGINT) - 1", csv::LINE) } else { "row_number() OVER ()".to_owned() }
    ))?;
    let there_of = |name: &str| {
        let name = name.trim_matches('"');
        there.iter().find(|column| column.name == name).map_or("VARCHAR", |column| column.ty.as_str())
    };
    let cast: Vec<String> = columns
        .iter()
        .map(|(name, ty)| format!("{} AS {name}", cast(name, ty, files.format, there_of(name))))
        .collect();
    let failed: Vec<String> = columns
        .iter()
        .map(|(name, ty)| {
            format!("({name} IS NOT NULL AND {} IS NULL)", self::cast(name, ty, files.format, there_of(name)))
        })
        .collect();
    let failed = failed.join(" OR ");
    let reasons: Vec<String> = columns
        .iter()
        .map(|(name, ty)| {
            let declared =
                table.column(name.trim_matches('"')).map_or_else(String::new, |column| column.ty.to_string());
            let article = if declared.starts_with(['A', 'I']) { "an" } else { "a" };
            format!(
                "CASE WHEN {name} IS NOT NULL AND {} IS NULL THEN {} || left(CAST({name} AS VARCHAR), 100) END",
                self::cast(name, ty, files.format, there_of(name)),
                literal(&format!("`{}` is not {article} {declared}: ", name.trim_matches('"')))
            )
        })
        .collect();
    let place_of = literal(&found.name);
    let address = literal(&table.address);
    warehouse.execute(&format!(
        "INSERT INTO _dwc.error_events\nSELECT {batch}, {address}, 'cast', {place_of} || ':' || (_line + 1), \
         concat_ws(', ', {}), CAST(to_json(r) AS VARCHAR)\nFROM raw_rows AS r WHERE {failed} ORDER BY _line",
        reasons.join(", ")
    ))?;
    let rejected = warehouse.number(&format!("SELECT COUNT(*) FROM raw_rows WHERE {failed}"))?.unwrap_or(0);
    let malformed = match &copied {
        Some(copied) => copied.keep_broken(warehouse, found, &address, batch)?,
        None => 0,
    };
    let deleted = delete_mark(table, &quote);
    let (key_name, key_value) = row_key(table, "_line");
    let offset = (place as u64) << 32;
    let at = found.at.format("%Y-%m-%d %H:%M:%S");
    warehouse.execute(&format!(
        "INSERT INTO {} ({key_name}{}, _state, _at, _deleted)\nSELECT {key_value}{}, {offset} + _line, TIMESTAMP '{at}', {deleted}\n\
         FROM (SELECT {}, _line FROM raw_rows WHERE NOT ({failed})) AS r",
        stage.path,
        names.join(", "),
        names.join(", "),
        cast.join(", ")
    ))?;
    let read = warehouse.number("SELECT COUNT(*) FROM raw_rows")?.unwrap_or(0) + malformed;
    warehouse.execute("DROP TABLE raw_rows")?;
    Ok(Staged { read, rejected: rejected + malformed, unreadable: malformed, changes })
}

/// Whether a row says of itself that it is deleted, as SQL that both engines read; `at` writes a column.
pub(crate) fn delete_mark(table: &Table, at: &dyn Fn(&str) -> String) -> String {
    let Some(column) = table.delete_column.as_ref().and_then(|name| table.column(name)) else {
        return "FALSE".to_owned();
    };
    let at = at(&column.name);
    match (table.detect_deletes, &column.ty) {
        (DetectDeletes::Operation, Type::String) => {
            let values: Vec<String> = table.delete_values.iter().map(|value| literal(value)).collect();
            format!("COALESCE(LOWER(TRIM({at})) IN ({}), FALSE)", values.join(", "))
        }
        (DetectDeletes::Column, Type::Bool) => format!("COALESCE({at}, FALSE)"),
        (DetectDeletes::Column, Type::String) => {
            format!("COALESCE(LOWER(TRIM({at})) IN ('1', 'true', 't', 'yes', 'y'), FALSE)")
        }
        // A moment of deletion marks one, but for the sentinels of a row that is not deleted.
        (DetectDeletes::Column, Type::Date | Type::DateTime | Type::Timestamp) => {
            format!("COALESCE(EXTRACT(YEAR FROM {at}) BETWEEN 2 AND 9998, FALSE)")
        }
        (DetectDeletes::Column, ty) if ty.is_numeric() => format!("COALESCE({at} <> 0, FALSE)"),
        _ => "FALSE".to_owned(),
    }
}

/// The column and the SQL of the key that a row without a primary key gets: its hash, and its ordinal among equals in
/// the order of `line`. Both are empty where rows have a key.
pub(crate) fn row_key(table: &Table, line: &str) -> (String, String) {
    if !table.primary_key.is_empty() {
        return (String::new(), String::new());
    }
    let names: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let row = format!("md5(CAST(to_json(struct_pack({})) AS VARCHAR))", pack(&names));
    (
        format!("{}, ", quote(ROW_KEY)),
        format!("{row} || '#' || row_number() OVER (PARTITION BY {row} ORDER BY {line}), "),
    )
}

/// A day as a text spells it.
const DAY: &str = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{1,2}-[0-9]{1,2}";
/// A time of day as a text spells it.
const CLOCK: &str = "([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9]([.][0-9]{1,6}0*)?)?";

/// A text or typed value as the column's type; NULL where it does not fit: nothing is rounded, cut or guessed.
fn cast(name: &str, ty: &str, format: FileFormat, there: &str) -> String {
    let is_text = format != FileFormat::Parquet || there == "VARCHAR";
    let text = if is_text { format!("trim({name})") } else { format!("CAST({name} AS VARCHAR)") };
    let like =
        |pattern: &str, cast: String| format!("CASE WHEN regexp_full_match({text}, '{pattern}') THEN {cast} END");
    match ty {
        "VARCHAR" if there == "BLOB" => format!("TRY(decode({name}))"),
        "VARCHAR" => format!("CAST({name} AS VARCHAR)"),
        "BIGINT" if is_text => like("[+-]?[0-9]+", format!("TRY_CAST({text} AS BIGINT)")),
        "BIGINT" if ["DOUBLE", "FLOAT", "DECIMAL"].iter().any(|word| there.starts_with(word)) => {
            format!("CASE WHEN {name} = trunc({name}) THEN TRY_CAST({name} AS BIGINT) END")
        }
        "BLOB" if is_text && format != FileFormat::Parquet => format!("TRY(from_base64({name}))"),
        "JSON" if format == FileFormat::Csv => format!("CASE WHEN json_valid({name}) THEN CAST({name} AS JSON) END"),
        "BOOLEAN" if is_text => format!(
            "CASE WHEN lower({text}) IN ('true', 't', 'yes', 'y', '1') THEN TRUE \
             WHEN lower({text}) IN ('false', 'f', 'no', 'n', '0') THEN FALSE END"
        ),
        "BOOLEAN" if there != "BOOLEAN" => format!("CASE WHEN {name} IN (0, 1) THEN {name} <> 0 END"),
        "DATE" if is_text => like(DAY, format!("TRY_CAST({text} AS DATE)")),
        "DATE" if there.starts_with("TIMESTAMP") => {
            format!("CASE WHEN {name} = date_trunc('day', {name}) THEN TRY_CAST({name} AS DATE) END")
        }
        "TIME" if is_text => like(CLOCK, format!("TRY_CAST({text} AS TIME)")),
        "TIMESTAMP" if is_text => {
            let zoned = format!("make_timestamp(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)))");
            format!(
                "CASE WHEN regexp_full_match({text}, '{DAY}([ Tt]{CLOCK})?') THEN TRY_CAST({text} AS TIMESTAMP) \
                 WHEN regexp_full_match({text}, '{DAY}[ Tt]{CLOCK} ?([Zz]|UTC|[+-](0?[0-9]|1[0-5])(:?[0-5][0-9])?)') THEN {zoned} END"
            )
        }
        ty if ty.starts_with("DECIMAL") => {
            let scale = ty.trim_end_matches(')').rsplit(',').next().map_or("0", str::trim);
            let pattern = format!("[+-]?([0-9]+([.][0-9]{{0,{scale}}}0*)?|[.][0-9]{{1,{scale}}}0*)");
            like(&pattern, format!("TRY_CAST({text} AS {ty})"))
        }
        _ => format!("TRY_CAST({name} AS {ty})"),
    }
}

/// The copy of a CSV file that the engine reads, which goes with it.
struct Copy {
    path: PathBuf,
    copied: csv::Copied,
}

impl Drop for Copy {
    fn drop(&mut self) {
        // A file that stays is in the system's folder for such.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Copy {
    fn new(found: &Found) -> Result<Self, Error> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("dwc-{}-{number}.csv", std::process::id()));
        let copied = csv::copy(&found.path, &path)
            .map_err(|cause| Error::because(format!("`{}` could not be read", found.name), cause))?;
        let copied = copied.ok_or_else(|| {
            Error::coded(Code::FileUnreadable, format!("line 1 of `{}` is not a header of CSV in UTF-8", found.name))
                .help("write the names of the columns into the first line, in UTF-8 and with closed quotes")
        })?;
        Ok(Self { path, copied })
    }

    fn reader(&self) -> String {
        let longest = self.copied.longest.max(2_000_000);
        let columns: Vec<String> = std::iter::once(csv::LINE)
            .chain(self.copied.header.iter().map(String::as_str))
            .scan(std::collections::BTreeMap::<String, usize>::new(), |seen, name| {
                let again = seen.entry(name.to_lowercase()).or_default();
                *again += 1;
                Some(if *again > 1 || name.is_empty() { format!("{name}_{again}") } else { name.to_owned() })
            })
            .map(|name| format!("{}: 'VARCHAR'", literal(&name)))
            .collect();
        format!(
            "read_csv({}, auto_detect = false, header = true, columns = {{{}}}, delim = ',', quote = '\"', escape = '\"', \
             new_line = '\\n', allow_quoted_nulls = false, max_line_size = {longest})",
            literal(&self.path.to_string_lossy()),
            columns.join(", ")
        )
    }

    /// Refuses a declared column that the header names twice.
    fn check_header(&self, table: &Table, found: &Found) -> Result<(), Error> {
        let count = |name: &str| self.copied.header.iter().filter(|other| *other == name).count();
        match table.columns.iter().find(|column| count(&column.name) > 1) {
            None => Ok(()),
            Some(column) => {
                let message = format!("the header of `{}` has the column `{}` twice", found.name, column.name);
                Err(Error::coded(Code::FileColumns, message).help("give each column of the file a name of its own"))
            }
        }
    }

    /// Keeps the lines that are not rows as error events.
    fn keep_broken(&self, warehouse: &DuckDbWarehouse, found: &Found, address: &str, batch: i64) -> Result<i64, Error> {
        for some in self.copied.broken.chunks(500) {
            let rows: Vec<String> = some
                .iter()
                .map(|broken| {
                    let place = literal(&format!("{}:{}", found.name, broken.line));
                    let text = literal(&broken.text.replace('\0', " "));
                    format!("({batch}, {address}, 'line', {place}, {}, {text})", literal(&broken.reason))
                })
                .collect();
            warehouse.execute(&format!("INSERT INTO _dwc.error_events VALUES {}", rows.join(", ")))?;
        }
        Ok(i64::try_from(self.copied.broken.len()).unwrap_or(i64::MAX))
    }
}

/// The keys of a file of objects that are declared, and those that its table takes as they come.
fn keys(warehouse: &DuckDbWarehouse, path: &str, table: &Table, found: &Found) -> Result<Vec<String>, Error> {
    let mut keys: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    keys.retain(|name| name != EXTRA);
    let others = warehouse
        .rows(&format!(
            "SELECT DISTINCT unnest(json_keys(json)) AS name FROM read_ndjson_objects({path}) ORDER BY name"
        ))
        .map_err(|error| unreadable(found, error))?;
    for other in others.into_iter().flatten().flatten() {
        if !keys.iter().any(|name| name.eq_ignore_ascii_case(&other)) {
            keys.push(other);
        }
    }
    Ok(keys)
}

fn unreadable(found: &Found, error: Error) -> Error {
    Error {
        code: Some(Code::FileUnreadable),
        message: format!("`{}` is no file of its format", found.name),
        help: Some("look at the file, or declare its `format`".to_owned()),
        span: None,
        cause: error.cause,
    }
}

/// The columns of a file.
fn columns(warehouse: &DuckDbWarehouse, reader: &str, found: &Found) -> Result<Vec<SourceColumn>, Error> {
    let rows = warehouse.rows(&format!("DESCRIBE SELECT * FROM {reader}")).map_err(|error| unreadable(found, error))?;
    let column = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        Some(SourceColumn { name: row.next()?, ty: row.next()? })
    };
    Ok(rows.into_iter().filter_map(column).collect())
}

/// How the columns of a file differ from those of the file before. One that is read again changes nothing: it is older.
fn changes(
    warehouse: &DuckDbWarehouse,
    table: &Table,
    there: &[SourceColumn],
    found: &Found,
    format: FileFormat,
) -> Result<Vec<String>, Error> {
    let again = format!(
        "SELECT COUNT(*) FROM _dwc.files WHERE source_table = {} AND path = {}",
        literal(&table.address),
        literal(&found.name)
    );
    if warehouse.number(&again)? != Some(0) {
        return Ok(Vec::new());
    }
    let mut known = state::source_columns(warehouse, &table.address)?;
    let mut all = there.to_vec();
    if format == FileFormat::Json {
        // An object need not name every key: what it lacks is not gone.
        all.extend(known.iter().filter(|column| !there.contains(column)).cloned());
        known.retain(|column| all.contains(column));
    }
    let changes = compare(table, &all, &known)?;
    state::put_source_columns(warehouse, &table.address, &all)?;
    Ok(changes)
}

/// What is not declared, as one object: what a reader of JSON would take for an inexact number becomes a text.
pub(crate) fn extra(table: &Table, there: &[SourceColumn], format: FileFormat) -> String {
    let value = |column: &SourceColumn| {
        let name = quote(&column.name);
        match column.ty.as_str() {
            "BLOB" => format!("hex({name})"),
            ty if format == FileFormat::Parquet
                && ["DECIMAL", "DATE", "TIME", "HUGEINT", "UHUGEINT"].iter().any(|word| ty.starts_with(word)) =>
            {
                format!("CAST({name} AS VARCHAR)")
            }
            _ => name,
        }
    };
    let parts: Vec<String> = undeclared(table, there)
        .into_iter()
        .map(|column| format!("{}, {}", literal(&column.name), value(column)))
        .collect();
    if parts.is_empty() { "NULL".to_owned() } else { format!("json_object({})", parts.join(", ")) }
}

/// Compares the columns of a file with those declared: one that is missing would silently be NULL.
fn check_columns(table: &Table, there: &[SourceColumn], found: &Found) -> Result<(), Error> {
    let missing: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|name| *name != EXTRA && !there.iter().any(|column| column.name == *name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = there.iter().map(|column| column.name.as_str()).collect();
    Err(Error::coded(
        Code::FileColumns,
        format!(
            "`{}` has no column {}",
            found.name,
            missing.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
        ),
    )
    .help(format!("its columns are {}; declare table `{}` as the file is", names.join(", "), table.address)))
}

/// Columns as the fields of one value.
pub(crate) fn pack(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name} := {name}")).collect::<Vec<_>>().join(", ")
}

pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_found_in_a_name() {
        assert_eq!(matches("{batch}.csv", "2026-03-01T09.csv"), Some(Some("2026-03-01T09".to_owned())));
        assert_eq!(matches("orders_{batch}_*.csv", "orders_20260301_part1.csv"), Some(Some("20260301".to_owned())));
        assert_eq!(matches("{batch}.csv", "readme.csv"), None);
        assert_eq!(matches("*.parquet", "a.parquet"), Some(None));
    }

    #[test]
    fn a_batch_is_a_time_in_utc() {
        let at = |text: &str| parse_batch(text).map(|at| at.to_string());
        assert_eq!(at("2026-03-01").as_deref(), Some("2026-03-01 00:00:00"));
        assert_eq!(at("2026-03-01T09").as_deref(), Some("2026-03-01 09:00:00"));
        assert_eq!(at("20260301T0930Z").as_deref(), Some("2026-03-01 09:30:00"));
        assert_eq!(at("2026-13-01"), None);
    }
}
