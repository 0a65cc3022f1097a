//! Tables that another tool has put into BigQuery: nothing leaves it. How far each cursor has come is read first; then a
//! script reads the rows up to there into temporary tables, and casts them. It must not write to the other tool's tables.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{EXTRA, ROW_KEY, Source, TargetType};
use dwc_compiler::sql::{self, DeleteMark};
use dwc_googlesql::Type;

use super::BigQueryWarehouse;
use super::cast::{Cast, as_text, cast, extra, quoted};
use super::script::{instant, text};
use crate::Error;
use crate::extract::{Reading, Request, SourceColumn, moment};
use crate::warehouse::row;
use crate::warehouse::there::{There, by_table, stretches};

/// The quoted path of something in the other tool's dataset, which may be of another project.
fn path(schema: &str, name: &str) -> String {
    let parts: Vec<String> = schema.split('.').map(quoted).collect();
    format!("{}.{name}", parts.join("."))
}

/// The columns of tables, by their names there.
pub(super) fn columns(
    warehouse: &BigQueryWarehouse,
    schema: &str,
    tables: &[&str],
) -> Result<BTreeMap<String, Vec<SourceColumn>>, Error> {
    let names: Vec<String> = tables.iter().map(|table| text(table)).collect();
    let found = warehouse.table(&format!(
        "SELECT table_name, column_name, data_type FROM {} WHERE table_name IN ({}) \
         AND NOT STARTS_WITH(column_name, '_PARTITION') ORDER BY table_name, ordinal_position",
        path(schema, "INFORMATION_SCHEMA.COLUMNS"),
        names.join(", ")
    ));
    let rows = match found {
        Ok((_, rows)) => rows,
        // Without its dataset a table is not there either, which is said of each.
        Err(error) if error.code == Some(Code::BigQueryNotFound) => Vec::new(),
        Err(error) => return Err(error),
    };
    by_table(rows)
}

/// How tables are read and cast by statements of a script. How far each cursor has come is read first.
pub(super) fn read(
    warehouse: &BigQueryWarehouse,
    source: &Source,
    schema: &str,
    requests: &[&Request<'_>],
) -> Result<Vec<There>, Error> {
    let choices: Vec<Choice<'_>> =
        requests.iter().map(|request| Choice::new(source, schema, request)).collect::<Result<_, _>>()?;
    let marks = marks(warehouse, &choices)?;
    Ok(choices.iter().zip(marks).map(|(choice, mark)| choice.there(mark)).collect())
}

/// What is read of one table, and how its columns are cast.
struct Choice<'a> {
    request: &'a Request<'a>,
    /// The other tool's table.
    from: String,
    /// What is read of it, in its own types: the declared columns.
    read: Vec<String>,
    /// The declared columns, each with its cast.
    casts: Vec<(&'a str, Cast)>,
    /// The texts of the primary key.
    place: String,
    zone: Tz,
}

impl<'a> Choice<'a> {
    fn new(source: &Source, schema: &str, request: &'a Request<'a>) -> Result<Self, Error> {
        let table = request.table;
        let there = |name: &str| {
            request.known.iter().find(|column| column.name == name).map_or("STRING", |column| column.ty.as_str())
        };
        let (mut read, mut casts) = (Vec::new(), Vec::new());
        for column in &table.columns {
            let name = quoted(&column.name);
            if column.name == EXTRA {
                read.push(format!("{} AS {name}", extra(table, &request.known)));
                casts.push((EXTRA, Cast { sql: format!("_s.{name}"), may_fail: false }));
            } else if !request.known.iter().any(|known| known.name == column.name) {
                let null = format!("CAST(NULL AS {})", column.ty);
                read.push(format!("{null} AS {name}"));
                casts.push((column.name.as_str(), Cast { sql: null, may_fail: false }));
            } else {
                read.push(format!("_s.{name} AS {name}"));
                casts.push((column.name.as_str(), cast(table, column, there(&column.name), source.timezone.name())?));
            }
        }
        let place: Vec<String> = table.primary_key.iter().map(|key| as_text(key, there(key))).collect();
        Ok(Self {
            request,
            from: path(schema, &quoted(&table.physical)),
            read,
            casts,
            place: if place.is_empty() { "''".to_owned() } else { format!("CONCAT({})", place.join(", ', ', ")) },
            zone: source.timezone,
        })
    }

    /// The cursor's cast and its type, where there is one.
    fn cursor(&self) -> Option<(&str, &Type)> {
        let cursor = self.request.table.cursor.as_deref()?;
        let (_, cast) = self.casts.iter().find(|(name, _)| *name == cursor)?;
        Some((&cast.sql, &self.request.table.column(cursor)?.ty))
    }

    /// The conditions on the cursor, of which a row has to meet one.
    fn bounds(&self, upto: Option<&str>) -> Option<Vec<String>> {
        let (cursor, ty) = self.cursor()?;
        match &self.request.reading {
            Reading::Since(since) => {
                let from = match (ty, moment::read(&since.cursor)) {
                    (Type::Date | Type::DateTime | Type::Timestamp, Some(at)) => {
                        written(ty, first_of(ty, moment::shift(at, -self.request.table.lookback_seconds)))
                    }
                    _ => value(ty, &since.cursor),
                };
                let upto = upto.map_or_else(String::new, |upto| format!(" AND {cursor} <= {}", value(ty, upto)));
                Some(vec![format!("({cursor} >= {from}{upto})")])
            }
            Reading::Windows(windows) => {
                let of = |(from, to): (Option<NaiveDateTime>, NaiveDateTime)| {
                    let begin = from.map_or_else(String::new, |from| format!("{cursor} >= {} AND ", written(ty, from)));
                    format!("({begin}{cursor} < {})", written(ty, to))
                };
                Some(stretches(ty, windows, self.zone).into_iter().map(of).collect())
            }
            Reading::Whole | Reading::Chunks(_) => None,
        }
    }

    /// How the rows are read and cast by a script.
    fn there(&self, mark: Option<String>) -> There {
        let table = self.request.table;
        let name = |what: &str| quoted(&format!("{what}__{}__{}", table.source, table.name));
        let (read, rejects) = (name("read"), name("rejects"));
        let filter = match (self.bounds(mark.as_deref()), self.cursor()) {
            (Some(bounds), Some((cursor, _))) => format!("\nWHERE {cursor} IS NULL OR {}", bounds.join(" OR ")),
            _ => String::new(),
        };
        let null_key = |key: &String| {
            let reason = text(&format!("`{key}` is NULL, and a part of the primary key"));
            (format!("_s.{} IS NULL", quoted(key)), reason)
        };
        let not_cast = |(name, cast): &(&str, Cast)| {
            let ty = table.column(name).map_or_else(String::new, |column| column.ty.to_string());
            let reason = text(&format!("`{name}` is not {} {ty}", if ty.starts_with(['A', 'I']) { "an" } else { "a" }));
            cast.may_fail.then(|| (format!("(_s.{} IS NOT NULL AND {} IS NULL)", quoted(name), cast.sql), reason))
        };
        let failures: Vec<(String, String)> =
            self.casts.iter().filter_map(not_cast).chain(table.primary_key.iter().map(null_key)).collect();
        let reasons: Vec<String> =
            failures.iter().map(|(failed, reason)| format!("IF({failed}, CONCAT(', ', {reason}), '')")).collect();
        let reason =
            if reasons.is_empty() { "''".to_owned() } else { format!("SUBSTR(CONCAT({}), 3)", reasons.join(", ")) };
        let keys: String = self
            .casts
            .iter()
            .filter(|(name, _)| table.primary_key.iter().any(|key| key == name))
            .map(|(name, cast)| format!("{} AS {}, ", cast.sql, quoted(name)))
            .collect();
        let statements = vec![
            format!(
                "CREATE OR REPLACE TEMP TABLE {read} AS\nSELECT {}\nFROM {} AS _s{filter}",
                self.read.join(", "),
                self.from
            ),
            format!(
                "CREATE OR REPLACE TEMP TABLE {rejects} AS\nSELECT * FROM (\n\
                 SELECT {keys}{} AS _place, {reason} AS _reason, TO_JSON_STRING(_s) AS _row FROM {read} AS _s\n\
                 ) AS _r WHERE _r._reason <> ''",
                self.place
            ),
        ];
        let failed: Vec<&str> = failures.iter().map(|(failed, _)| failed.as_str()).collect();
        let rows = self.rows(&read, &failed.join(" OR "));
        There { before: statements, read, rows, rejects, mark, leftovers: Vec::new() }
    }

    /// The rows that cast, as a relation of the landed types.
    fn rows(&self, read: &str, failed: &str) -> String {
        let table = self.request.table;
        let casts: Vec<String> =
            self.casts.iter().map(|(name, cast)| format!("{} AS {}", cast.sql, quoted(name))).collect();
        let kept = if failed.is_empty() { String::new() } else { format!(" WHERE NOT ({failed})") };
        let mut rows = format!("SELECT {} FROM {read} AS _s{kept}", casts.join(", "));
        if table.primary_key.is_empty() {
            // Its hash, and its ordinal among equals.
            rows = format!(
                "SELECT _h.* EXCEPT (_hash), CONCAT(_h._hash, '#', CAST(ROW_NUMBER() OVER (PARTITION BY _h._hash) AS STRING)) \
                 AS {} FROM (SELECT _c.*, TO_HEX(MD5(TO_JSON_STRING(_c))) AS _hash FROM ({rows}) AS _c) AS _h",
                quoted(ROW_KEY)
            );
        }
        let names: Vec<String> =
            table.landed_columns().iter().map(|(name, _)| format!("_r.{}", quoted(name))).collect();
        let by = |key: &String| sql::compared(table, TargetType::Bigquery, key, format!("_r.{}", quoted(key)));
        let key: Vec<String> = table.landing_key().iter().map(by).collect();
        let order = table.order().map_or_else(String::new, |by| format!(" ORDER BY _r.{}", quoted(by)));
        format!(
            "(SELECT {}, ROW_NUMBER() OVER (PARTITION BY {}{order}) AS _state, dwc_at AS _at, {} AS _deleted \
             FROM ({rows}) AS _r)",
            names.join(", "),
            key.join(", "),
            DeleteMark::of(table).sql(&|name| format!("_r.{}", quoted(name)))
        )
    }
}

/// How far each cursor has come among the rows that are to be read, in one query.
fn marks(warehouse: &BigQueryWarehouse, choices: &[Choice<'_>]) -> Result<Vec<Option<String>>, Error> {
    let mut marks = vec![None; choices.len()];
    let mut parts = Vec::new();
    for (at, choice) in choices.iter().enumerate() {
        let Some((cursor, ty)) = choice.cursor() else { continue };
        let furthest = match ty {
            Type::Timestamp => format!("FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%E6S', MAX({cursor}))"),
            Type::DateTime => format!("FORMAT_DATETIME('%Y-%m-%d %H:%M:%E6S', MAX({cursor}))"),
            _ => format!("CAST(MAX({cursor}) AS STRING)"),
        };
        let bounds = choice.bounds(None).map_or_else(String::new, |bounds| format!(" WHERE {}", bounds.join(" OR ")));
        parts.push(format!("SELECT {at} AS place, {furthest} AS mark FROM {} AS _s{bounds}", choice.from));
    }
    if parts.is_empty() {
        return Ok(marks);
    }
    let (_, rows) = warehouse.table(&parts.join("\nUNION ALL\n"))?;
    for (place, mark) in row::read(rows, |row| Ok((row.number::<usize>()?, row.cell()?)))? {
        let is_moment = mark.as_ref().is_some_and(|mark| mark.len() > 10);
        let at = mark.as_deref().and_then(moment::read).filter(|_| is_moment);
        marks[place] = at.map(|at| at.format("%Y-%m-%d %H:%M:%S%.f").to_string()).or(mark);
    }
    Ok(marks)
}

/// The first value of a type that is not before a moment: days begin at midnight.
fn first_of(ty: &Type, at: NaiveDateTime) -> NaiveDateTime {
    let begins = at.date().and_time(NaiveTime::MIN);
    match ty {
        Type::Date if begins < at => moment::shift(begins, 86_400),
        Type::Date => begins,
        _ => at,
    }
}

/// A moment as a literal of a type of time.
fn written(ty: &Type, at: NaiveDateTime) -> String {
    match ty {
        Type::Timestamp => instant(&at),
        Type::Date => format!("DATE '{}'", at.format("%Y-%m-%d")),
        _ => format!("DATETIME '{}'", at.format("%Y-%m-%d %H:%M:%S%.6f")),
    }
}

/// A watermark as a value of the cursor's type.
fn value(ty: &Type, mark: &str) -> String {
    match (ty, moment::read(mark)) {
        (Type::Date | Type::DateTime | Type::Timestamp, Some(at)) => written(ty, at),
        (Type::String, _) => text(mark),
        _ => format!("CAST({} AS {ty})", text(mark)),
    }
}
