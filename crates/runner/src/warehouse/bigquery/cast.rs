//! A column of another tool's table as the declared type, in GoogleSQL: NULL where a value is none. It must not decide
//! what becomes of such a row.

use dwc_compiler::cell::landed::{self, CLOCK, DAY, FLOAT, OFFSET};
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{Column, Table};
use dwc_googlesql::{Field, Type};

use super::script::text;
use crate::Error;
use crate::extract::SourceColumn;
use crate::extract::columns::undeclared;

/// An expression over the row `_s`.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    /// The expression.
    pub(super) sql: String,
    /// A value may be none of the type.
    pub(super) may_fail: bool,
}

/// The name of a column or table, quoted.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// A declared column, of what the other tool's column holds. Times of day without a zone are of `zone`.
pub(super) fn cast(table: &Table, column: &Column, there: &str, zone: &str) -> Result<Cast, Error> {
    let at = format!("_s.{}", quoted(&column.name));
    let found = Type::parse(there);
    let exact = |sql: String| Cast { sql, may_fail: false };
    let fails = |sql: String| Cast { sql, may_fail: true };
    let to = &column.ty;
    let Some(from) = found.as_ref() else { return Ok(of_text(&format!("TO_JSON_STRING({at})"), to, &text(zone))) };
    if from == to || (from.plain() == to.plain() && to.plain() == *to) {
        // A view may give what no table stores.
        return Ok(match holds_null(&at, to, 0) {
            Some(holds) => fails(format!("IF({holds}, NULL, {at})")),
            None => exact(at),
        });
    }
    let zone = text(zone);
    Ok(match (from, to) {
        (_, Type::Array(_) | Type::Struct(_)) => {
            return Err(Error::coded(
                Code::FileColumns,
                format!("column `{}` of table `{}` is {there}, and declared as {to}", column.name, table.address),
            )
            .at(table.span)
            .help("declare it as it is, or as JSON"));
        }
        (Type::String, Type::Json) => fails(format!("SAFE.PARSE_JSON({at}, wide_number_mode => 'round')")),
        (_, Type::Json) => exact(format!("TO_JSON({at})")),
        (Type::Json | Type::Array(_) | Type::Struct(_), Type::String) => exact(format!("TO_JSON_STRING({at})")),
        (Type::Bytes, Type::String) => fails(format!("SAFE_CAST({at} AS STRING)")),
        // Without the zone, which is UTC for all of them.
        (Type::Timestamp, Type::String) => exact(format!("REPLACE(CAST({at} AS STRING), '+00', '')")),
        (_, Type::String) => exact(format!("CAST({at} AS STRING)")),
        (Type::String, _) => of_text(&at, to, &zone),
        (Type::Json, _) => of_text(&format!("JSON_VALUE({at})"), to, &zone),
        // A number with a fraction is not a whole number.
        (Type::Float64 | Type::Numeric(_) | Type::BigNumeric(_), Type::Int64) => {
            fails(format!("IF({at} = TRUNC({at}), SAFE_CAST({at} AS INT64), NULL)"))
        }
        (from, Type::Bool) if from.is_numeric() => fails(format!("CASE {at} WHEN 0 THEN FALSE WHEN 1 THEN TRUE END")),
        (Type::Bool, to) if to.is_numeric() => fails(safe(&format!("CAST({at} AS INT64)"), to)),
        (Type::DateTime, Type::Timestamp) => fails(format!("SAFE.TIMESTAMP({at}, {zone})")),
        (Type::Timestamp, Type::DateTime) => fails(format!("SAFE.DATETIME({at}, {zone})")),
        // A moment with a time of day is not a day, and a moment is not a time of day.
        (Type::DateTime, Type::Date) => fails(day(&at)),
        (Type::Timestamp, Type::Date) => fails(day(&format!("SAFE.DATETIME({at}, {zone})"))),
        (Type::DateTime | Type::Timestamp, Type::Time) => fails("CAST(NULL AS TIME)".to_owned()),
        // A number that the type would round is none of its values.
        (Type::Float64 | Type::Numeric(_) | Type::BigNumeric(_), Type::Numeric(_) | Type::BigNumeric(_)) => {
            let (cast, from) = (safe(&at, to), from.plain());
            fails(format!("IF(CAST({cast} AS {from}) = {at}, {cast}, NULL)"))
        }
        (from, to) if has_cast(from, to) => fails(safe(&at, to)),
        _ => of_text(&format!("TO_JSON_STRING({at})"), to, &zone),
    })
}

/// Whether an array in a value holds NULL; `None` where its type has no array.
fn holds_null(at: &str, ty: &Type, depth: usize) -> Option<String> {
    match ty {
        Type::Array(element) => {
            let name = format!("_e{depth}");
            let within = holds_null(&name, element, depth + 1).map_or_else(String::new, |holds| format!(" OR {holds}"));
            Some(format!("EXISTS(SELECT 1 FROM UNNEST({at}) AS {name} WHERE {name} IS NULL{within})"))
        }
        Type::Struct(fields) => {
            let of = |field: &Field| holds_null(&format!("{at}.{}", quoted(&field.name)), &field.ty, depth);
            let parts: Vec<String> = fields.iter().filter_map(of).collect();
            (!parts.is_empty()).then(|| format!("({})", parts.join(" OR ")))
        }
        _ => None,
    }
}

/// The day that begins at a moment; NULL where none does.
fn day(at: &str) -> String {
    format!("IF({at} = DATETIME_TRUNC({at}, DAY), DATE({at}), NULL)")
}

/// A text as a type, by the rules of `landed`. A moment without a zone is of `zone`.
fn of_text(at: &str, to: &Type, zone: &str) -> Cast {
    let text = format!("TRIM({at})");
    let like = |pattern: &str, cast: &str| format!("IF(REGEXP_CONTAINS({text}, r'^({pattern})$'), {cast}, NULL)");
    // Seconds are left out in texts of people, and GoogleSQL asks for them; zeros beyond microseconds say nothing.
    let moment = format!(
        "REGEXP_REPLACE(REGEXP_REPLACE({text}, r'([.][0-9]{{6}})0+', r'\\1'), \
         r'^((.*[Tt ])?[0-9]+:[0-9]+)( ?([Zz]|UTC|[+-].*))?$', r'\\1:00\\3')"
    );
    let (local, zoned) = (format!("{DAY}([ Tt]{CLOCK})?"), format!("{DAY}[ Tt]{CLOCK}{OFFSET}"));
    let either = |plain: &str, instant: &str| {
        format!(
            "CASE WHEN REGEXP_CONTAINS({text}, r'^{local}$') THEN {plain} \
             WHEN REGEXP_CONTAINS({text}, r'^{zoned}$') THEN {instant} END"
        )
    };
    let instant = safe(&moment, &Type::Timestamp);
    let sql = match to {
        Type::String => return Cast { sql: at.to_owned(), may_fail: false },
        Type::Float64 => {
            let cast = safe(&text, to);
            like(FLOAT, &format!("IF(IS_INF({cast}), NULL, {cast})"))
        }
        Type::Int64 => like("[+-]?[0-9]+", &safe(&text, to)),
        Type::Json => format!("SAFE.PARSE_JSON({at}, wide_number_mode => 'round')"),
        Type::Bool => format!(
            "CASE WHEN LOWER({text}) IN ('true', 't', 'yes', 'y', '1') THEN TRUE \
             WHEN LOWER({text}) IN ('false', 'f', 'no', 'n', '0') THEN FALSE END"
        ),
        Type::Numeric(_) | Type::BigNumeric(_) => {
            let scale = match to {
                Type::Numeric(Some(precision)) | Type::BigNumeric(Some(precision)) => precision.scale,
                Type::BigNumeric(None) => 38,
                _ => 9,
            };
            like(&landed::decimals(scale), &safe(&text, to))
        }
        Type::Date => like(DAY, &safe(&text, to)),
        Type::Time => like(CLOCK, &safe(&moment, to)),
        // A sentinel that a zone would move beyond the ends of time stays.
        Type::Timestamp => {
            let utc = format!("COALESCE(SAFE.TIMESTAMP({moment}, {zone}), SAFE.TIMESTAMP({moment}))");
            either(&utc, &instant)
        }
        Type::DateTime => either(&safe(&moment, to), &format!("SAFE.DATETIME({instant}, {zone})")),
        _ => safe(at, to),
    };
    Cast { sql, may_fail: true }
}

/// A cast that gives NULL where a value is none of the type. One to a type of declared digits would fail where a value has
/// more of them.
fn safe(at: &str, to: &Type) -> String {
    let plain = to.plain();
    let cast = format!("SAFE_CAST({at} AS {plain})");
    let (Type::Numeric(Some(precision)) | Type::BigNumeric(Some(precision))) = to else { return cast };
    let whole = usize::from(precision.digits.saturating_sub(precision.scale));
    let rounded = format!("ROUND({cast}, {})", precision.scale);
    let most = if matches!(plain, Type::Numeric(_)) { 29 } else { 38 };
    if whole >= most {
        return rounded;
    }
    format!("IF(ABS({rounded}) < {plain} '1{}', {rounded}, NULL)", "0".repeat(whole))
}

/// Whether GoogleSQL casts one to the other, texts aside.
/// <https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules>
fn has_cast(from: &Type, to: &Type) -> bool {
    let is_number = |ty: &Type| ty.is_numeric();
    match (from, to) {
        (Type::Date, Type::DateTime | Type::Timestamp) => true,
        (from, to) => is_number(from) && is_number(to),
    }
}

/// A value as text, for the place of a row that is rejected.
pub(super) fn as_text(name: &str, there: &str) -> String {
    let at = format!("_s.{}", quoted(name));
    let sql = match Type::parse(there) {
        Some(Type::Json | Type::Array(_) | Type::Struct(_)) | None => format!("TO_JSON_STRING({at})"),
        Some(_) => format!("SAFE_CAST({at} AS STRING)"),
    };
    format!("COALESCE({sql}, 'NULL')")
}

/// What is not declared, as one object: bytes are in hexadecimal, what a reader of JSON would take for an inexact number
/// and times are texts.
pub(super) fn extra(table: &Table, there: &[SourceColumn]) -> String {
    let value = |column: &SourceColumn| {
        let at = format!("_s.{}", quoted(&column.name));
        match Type::parse(&column.ty) {
            Some(Type::Bytes) => format!("TO_HEX({at})"),
            Some(Type::Timestamp) => format!("FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%E*S', {at})"),
            Some(Type::DateTime) => format!("FORMAT_DATETIME('%Y-%m-%d %H:%M:%E*S', {at})"),
            Some(Type::Numeric(_) | Type::BigNumeric(_) | Type::Date | Type::Time) => format!("CAST({at} AS STRING)"),
            _ => at,
        }
    };
    let parts: Vec<String> = undeclared(table, there)
        .into_iter()
        .map(|column| format!("{} AS {}", value(column), quoted(&column.name)))
        .collect();
    if parts.is_empty() { "CAST(NULL AS JSON)".to_owned() } else { format!("TO_JSON(STRUCT({}))", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_holds_is_cast_as_a_text() {
        let text = |to: &str| of_text("JSON_VALUE(_s.`a`)", &Type::parse(to).unwrap_or(Type::Unknown), "'UTC'").sql;
        assert!(text("DATE").ends_with("SAFE_CAST(TRIM(JSON_VALUE(_s.`a`)) AS DATE), NULL)"));
        assert!(text("NUMERIC").ends_with("SAFE_CAST(TRIM(JSON_VALUE(_s.`a`)) AS NUMERIC), NULL)"));
        assert_eq!(text("STRING"), "JSON_VALUE(_s.`a`)");
    }

    #[test]
    fn numbers_are_cast_to_numbers_and_days_are_not() {
        assert!(has_cast(&Type::BIGNUMERIC, &Type::NUMERIC) && has_cast(&Type::Int64, &Type::Float64));
        assert!(has_cast(&Type::Date, &Type::Timestamp) && !has_cast(&Type::Date, &Type::Int64));
        assert!(!has_cast(&Type::Bool, &Type::NUMERIC) && !has_cast(&Type::Bytes, &Type::Bool));
    }
}
