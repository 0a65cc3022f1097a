//! Resolves sources: types are read, defaults filled, keys and cursors checked against the columns.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use dwc_googlesql::Type;

use super::folding;
use super::resolve::{check_source_name, resolve_zone};
use super::resolve_files::{check_headers, files_of};
use super::tolerance::tolerance;
use super::types::{Column, EXTRA, Source, Table};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::syntax::{self, Contents, DetectDeletes, Document, Names, OnSchemaChange, SourceType};

/// The source and its tables, with defaults where something is wrong: the problems say so.
pub(super) fn resolve_source(
    document: &Document,
    source: &syntax::Source,
    project_zone: Tz,
    problems: &mut Vec<Diagnostic>,
) -> (Source, Vec<Table>) {
    if source.source == "ref" {
        problems.push(
            Diagnostic::new(Code::ReservedName, "a source cannot be named `ref`")
                .at(document.span(&["source"]), "means a model in queries")
                .help("choose another name"),
        );
    }
    let declared = source.timezone.as_ref();
    let timezone = declared.map_or(project_zone, |zone| resolve_zone(zone, document.span(&["timezone"]), problems));
    if source.ty.is_database() && source.url.is_none() {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("source `{}` has no `url`", source.source))
                .at(document.span(&["source"]), "a database")
                .help("add `url: \"{{ env('…') }}\"`, so that no secret is in the file"),
        );
    }
    for (key, url) in [("url", &source.url), ("replica_url", &source.replica_url)] {
        if url.as_deref().is_some_and(syntax::has_secret) {
            problems.push(
                Diagnostic::new(Code::SecretInFile, format!("`{key}` of source `{}` holds a password", source.source))
                    .at(document.span(&[key]), "a secret")
                    .help("take it from the environment, `{{ env('…') }}`, and change the password"),
            );
        }
    }
    let tables =
        source.tables.iter().map(|(name, table)| resolve_table(document, source, name, table, problems)).collect();
    let at = |key: &str| document.span(&[key]);
    let statement = length(source.statement_timeout.as_deref(), at("statement_timeout"), problems);
    let snapshot = length(source.snapshot_timeout.as_deref(), at("snapshot_timeout"), problems);
    let resolved = Source {
        name: source.source.clone(),
        ty: source.ty,
        description: source.description.clone().unwrap_or_default(),
        owner: source.owner.clone(),
        url: source.url.clone().unwrap_or_default(),
        timezone,
        schema: source.schema.clone(),
        replica_url: source.replica_url.clone(),
        retries: source.retries.unwrap_or(2),
        max_rows_per_second: source.max_rows_per_second.filter(|rows| *rows > 0),
        statement_seconds: statement.unwrap_or(1800).max(1),
        snapshot_seconds: snapshot,
        max_connections: source.max_connections.unwrap_or(2).max(1),
        chunk_rows: u64::from(source.chunk_rows.unwrap_or(250_000).max(1)),
        span: document.span(&["source"]),
    };
    (resolved, tables)
}

fn resolve_table(
    document: &Document,
    source: &syntax::Source,
    name: &str,
    table: &syntax::Table,
    problems: &mut Vec<Diagnostic>,
) -> Table {
    let address = format!("{}.{name}", source.source);
    let at = |keys: &[&str]| {
        let path: Vec<&str> = ["tables", name].iter().chain(keys).copied().collect();
        document.span(&path)
    };
    let key_span = document.key_span(&["tables", name]);
    check_source_name(name, key_span, problems);
    let mut columns = Vec::new();
    let mut tolerances = BTreeMap::new();
    for (column, declared) in &table.columns {
        check_source_name(column, document.key_span(&["tables", name, "columns", column]), problems);
        let ty = read_type(&declared.ty, at(&["columns", column]), problems);
        if declared.collation.is_some() && !matches!(ty.plain(), Type::String | Type::Unknown) {
            problems.push(
                Diagnostic::new(Code::MisplacedKey, format!("`collation` of column `{column}` does not apply to {ty}"))
                    .at(at(&["columns", column, "collation"]), "only STRING columns have a collation")
                    .help("remove the key"),
            );
        }
        let (what, place) = (format!("column `{column}`"), at(&["columns", column, "within"]));
        let within = tolerance(declared.within.as_ref(), &what, &ty, place, problems);
        tolerances.extend(within.map(|within| (column.clone(), within)));
        columns.push(Column {
            name: column.clone(),
            ty,
            description: declared.description.clone().unwrap_or_default(),
            pii: declared.pii,
            header: declared.name.clone(),
            folds_case: declared.collation.is_some(),
        });
    }
    let declared = table.columns.keys();
    let declared = declared.map(|column| (column.as_str(), document.key_span(&["tables", name, "columns", column])));
    folding::table(&address, declared, problems);
    let on_schema_change = table.on_schema_change.unwrap_or_default();
    if on_schema_change == OnSchemaChange::Evolve {
        columns.push(Column {
            name: EXTRA.to_owned(),
            ty: Type::Json,
            description: "Columns of the source that are not declared, as a JSON object.".to_owned(),
            pii: false,
            header: None,
            folds_case: false,
        });
    }
    let names = |names: &Option<Names>| names.as_ref().map(|names| names.0.clone()).unwrap_or_default();
    let primary_key = names(&table.primary_key);
    folding::listed(document, &["tables", name, "primary_key"], &primary_key, problems);
    let mut used: Vec<(&str, &str)> = primary_key.iter().map(|column| ("primary_key", column.as_str())).collect();
    used.extend(table.cursor.as_deref().map(|column| ("cursor", column)));
    used.extend(table.sequence.as_deref().map(|column| ("sequence", column)));
    used.extend(table.delete_column.as_deref().map(|column| ("delete_column", column)));
    for (key, column) in used {
        if !table.columns.contains_key(column) {
            let near = nearest(column, table.columns.keys().map(String::as_str));
            let place = document.name_span(&["tables", name, key], column);
            problems.push(
                Diagnostic::new(Code::UnknownColumn, format!("table `{address}` has no column `{column}`"))
                    .at(place, "not among its columns")
                    .meant(place, column, near)
                    .or_help(|| "declare the column, or name one that is declared".to_owned()),
            );
        }
    }
    for (column, _) in table.columns.iter().filter(|(_, declared)| declared.within.is_some()) {
        let why = if !source.ty.is_database() {
            "only tables of databases are compared with their source"
        } else if primary_key.contains(column) {
            "rows are found by their key"
        } else {
            continue;
        };
        problems.push(
            Diagnostic::new(Code::MisplacedKey, format!("`within` of column `{column}` does not apply here"))
                .at(at(&["columns", column, "within"]), why)
                .help("remove the key"),
        );
    }
    check_headers(source, table, &at, problems);
    let files = files_of(document, source, table, (&address, key_span), &at, problems);
    let snapshot = files.as_ref().is_some_and(|files| files.contents == Contents::Snapshot);
    if primary_key.is_empty() && !snapshot && source.ty != SourceType::Warehouse {
        problems.push(
            Diagnostic::new(Code::MissingPrimaryKey, format!("table `{address}` has no primary key"))
                .at(key_span, "its rows cannot be identified")
                .help("name the columns that tell its rows apart, or for files that hold the whole table write `contents: snapshot`"),
        );
    }
    let is_log = table.contents == Some(Contents::Log);
    let named = is_log && table.delete_column.is_some();
    let or = if named { DetectDeletes::Operation } else { DetectDeletes::None };
    let detect_deletes = table.detect_deletes.unwrap_or(or);
    if is_log && table.sequence.is_none() && table.cursor.is_none() {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("the entries of log `{address}` have no order"))
                .at(at(&["contents"]), "the last entry of a row cannot be determined")
                .help("add `sequence: …` with the column that numbers the entries, or `cursor: …` with their time"),
        );
    }
    for value in names(&table.delete_values).iter().filter(|value| value.contains(['\'', '\\', ','])) {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("`{value}` is not a plain word"))
                .at(at(&["delete_values"]), "holds a quote, a comma or a backslash")
                .help("name the operation by letters and digits"),
        );
    }
    if table.contents.is_some() && !is_log && source.ty != SourceType::Files {
        problems.push(
            Diagnostic::new(Code::WrongValue, "`contents` of a table that is not a file is `log`")
                .at(at(&["contents"]), "only files hold changes or snapshots")
                .help("remove the key"),
        );
    }
    if matches!(detect_deletes, DetectDeletes::Column | DetectDeletes::Operation) && table.delete_column.is_none() {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("table `{address}` names no `delete_column`"))
                .at(at(&["detect_deletes"]), "deletes are seen by a column")
                .help("add `delete_column: …`"),
        );
    }
    let marked = matches!(detect_deletes, DetectDeletes::Column | DetectDeletes::Operation);
    let reads_whole = snapshot || detect_deletes == DetectDeletes::FullPass;
    let changes = files.as_ref().is_some_and(|files| files.contents == Contents::Changes);
    for (key, is_ignored, help) in [
        (
            "detect_deletes",
            changes && detect_deletes == DetectDeletes::FullPass,
            "write `contents: snapshot`: a row that is missing from a file of changes has not changed",
        ),
        (
            "lookback",
            table.lookback.is_some() && table.cursor.is_none(),
            "name the `cursor` that increments are read by",
        ),
        ("delete_column", table.delete_column.is_some() && !marked, "write `detect_deletes: column` or `operation`"),
        (
            "delete_values",
            table.delete_values.is_some() && detect_deletes != DetectDeletes::Operation,
            "write `detect_deletes: operation`",
        ),
        (
            "max_deleted_share",
            table.max_deleted_share.is_some() && !reads_whole,
            if changes {
                "write `contents: snapshot`: it is a limit of what a reading of the whole table deletes"
            } else {
                "write `detect_deletes: full_pass`: it is a limit of what a reading of the whole table deletes"
            },
        ),
    ] {
        if is_ignored {
            problems.push(
                Diagnostic::new(Code::MisplacedKey, format!("`{key}` of table `{address}` does not apply here"))
                    .at(document.key_span(&["tables", name, key]), "would be ignored")
                    .help(format!("remove the key, or {help}")),
            );
        }
    }
    let lookback = length(table.lookback.as_deref(), at(&["lookback"]), problems).unwrap_or(0);
    let lookback_seconds = i64::try_from(lookback).unwrap_or(i64::MAX);
    for (key, share) in
        [("max_rejected_share", table.max_rejected_share), ("max_deleted_share", table.max_deleted_share)]
    {
        if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{key}` is a share of rows, from 0 to 1"))
                    .at(at(&[key]), "outside")
                    .help("0.1 means one row in ten"),
            );
        }
    }
    Table {
        source: source.source.clone(),
        name: name.to_owned(),
        physical: table.name.clone().unwrap_or_else(|| name.to_owned()),
        description: table.description.clone().unwrap_or_default(),
        columns,
        read: BTreeSet::new(),
        primary_key,
        cursor: table.cursor.clone(),
        lookback_seconds,
        sequence: table.sequence.clone(),
        detect_deletes,
        delete_column: table.delete_column.clone(),
        delete_values: match names(&table.delete_values) {
            declared if declared.is_empty() => ["d", "delete", "deleted"].map(str::to_owned).to_vec(),
            declared => declared.iter().map(|value| value.trim().to_lowercase()).collect(),
        },
        is_log,
        on_schema_change,
        ignore_columns: names(&table.ignore_columns),
        retain: table.retain.unwrap_or_default(),
        retain_span: table.retain.is_some().then(|| document.span(&["tables", name, "retain"])),
        max_rejected_share: table.max_rejected_share.unwrap_or(1.0),
        max_deleted_share: table.max_deleted_share,
        tolerances,
        checks: Vec::new(),
        files,
        span: key_span,
        key_span: at(&["primary_key"]),
        address,
    }
}

/// A GoogleSQL type as written; STRING where it is none, with the problem said.
pub(super) fn read_type(text: &str, span: crate::source::Span, problems: &mut Vec<Diagnostic>) -> Type {
    Type::parse(text).unwrap_or_else(|| {
        let names = [
            "INT64",
            "FLOAT64",
            "NUMERIC",
            "BIGNUMERIC",
            "BOOL",
            "STRING",
            "BYTES",
            "DATE",
            "DATETIME",
            "TIME",
            "TIMESTAMP",
            "JSON",
        ];
        let diagnostic =
            Diagnostic::new(Code::UnknownType, format!("`{text}` is not a GoogleSQL type")).at(span, "not a type");
        let diagnostic = diagnostic.meant(span, text, nearest(&text.to_uppercase(), names));
        problems.push(diagnostic.or_help(|| format!("the types are {}, ARRAY<…> and STRUCT<…>", names.join(", "))));
        Type::Unknown
    })
}

/// A length of time as written, in seconds; where it is none the problem is said.
pub(super) fn length(text: Option<&str>, span: crate::source::Span, problems: &mut Vec<Diagnostic>) -> Option<u64> {
    let text = text?;
    let read = seconds(text);
    if read.is_none() {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("`{text}` is not a length of time"))
                .at(span, "a number and s, m, h or d")
                .help("write it as `30m`, `2h` or `1d`"),
        );
    }
    read
}

/// `30m` as 1800; `None` where a text is not a length of time.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let number: u64 = text[..text.len() - unit.len_utf8()].trim().parse().ok()?;
    let length = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    number.checked_mul(length)
}
