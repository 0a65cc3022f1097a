//! The cell rules in the embedded engine's words, for a table that another tool has landed beside the warehouse: NULL where
//! a value does not fit. It must not decide what becomes of such a row.

use super::Reading;
use dwc_googlesql::{Field, Type};

/// A day as a text spells it: a regular expression of RE2, as those below.
pub const DAY: &str = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{1,2}-[0-9]{1,2}";
/// A time of day as a text spells it.
pub const CLOCK: &str = "([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9]([.][0-9]{1,6}0*)?)?";
/// How far from UTC a text says that it is.
pub const OFFSET: &str = " ?([Zz]|UTC|[+-](0?[0-9]|1[0-5])(:?[0-5][0-9])?)";

/// A floating-point number as a text spells it.
pub const FLOAT: &str = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?";

/// The texts of decimals that lose nothing with so many digits after the point.
#[must_use]
pub fn decimals(scale: u8) -> String {
    format!("[+-]?([0-9]+([.][0-9]{{0,{scale}}}0*)?|[.][0-9]{{1,{scale}}}0*)")
}

/// An array whose every element fits; one that is NULL does not. A text is taken apart first, so that its elements are held
/// to the rules of texts.
fn array(at: &str, there: &str, element: &Type, zone: &str) -> String {
    let (list, of) = match there.strip_suffix("[]") {
        Some(of) => (at.to_owned(), of),
        None => (format!("TRY_CAST({at} AS VARCHAR[])"), "VARCHAR"),
    };
    let fitted = format!("list_transform({list}, lambda _v: {})", cast("_v", of, element, zone));
    format!("CASE WHEN len(list_filter({fitted}, lambda _f: _f IS NULL)) = 0 THEN {fitted} END")
}

/// A value of a type, unless an array in it holds NULL.
fn whole(at: &str, ty: &Type) -> String {
    match holds_null(at, ty) {
        Some(holds) => format!("CASE WHEN NOT COALESCE({holds}, FALSE) THEN {at} END"),
        None => at.to_owned(),
    }
}

/// Whether an array in a value holds NULL; `None` where its type has no array.
fn holds_null(at: &str, ty: &Type) -> Option<String> {
    match ty {
        Type::Array(element) => {
            let within = holds_null("_e", element).map_or_else(String::new, |holds| format!(" OR {holds}"));
            Some(format!("len(list_filter({at}, lambda _e: _e IS NULL{within})) > 0"))
        }
        Type::Struct(fields) => {
            let of = |field: &Field| {
                holds_null(&format!("struct_extract({at}, '{}')", field.name.replace('\'', "''")), &field.ty)
            };
            let parts: Vec<String> =
                fields.iter().filter_map(of).map(|holds| format!("COALESCE({holds}, FALSE)")).collect();
            (!parts.is_empty()).then(|| format!("({})", parts.join(" OR ")))
        }
        _ => None,
    }
}

/// A column `at` of an engine's type `there` as the declared type. Texts of moments without a zone are of `zone`, a literal.
#[must_use]
pub fn cast(at: &str, there: &str, to: &Type, zone: &str) -> String {
    let ty = to.duckdb();
    match to {
        Type::Array(element) => return array(at, there, element, zone),
        Type::Struct(_) => return whole(&format!("TRY_CAST({at} AS {ty})"), to),
        _ => {}
    }
    let text = format!("trim({at}, ' ' || chr(9) || chr(10) || chr(13))");
    let like = |text: &str, pattern: &str, cast: &str| {
        format!("CASE WHEN regexp_full_match({text}, '{pattern}') THEN {cast} END")
    };
    let is_binary = ["DOUBLE", "FLOAT"].contains(&there);
    let is_number = is_binary
        || [
            "DECIMAL",
            "HUGEINT",
            "UHUGEINT",
            "UBIGINT",
            "BIGINT",
            "INTEGER",
            "UINTEGER",
            "SMALLINT",
            "USMALLINT",
            "TINYINT",
            "UTINYINT",
        ]
        .iter()
        .any(|word| there.starts_with(word));
    let is_moment = there.starts_with("TIMESTAMP");
    let is_instant = there == "TIMESTAMP WITH TIME ZONE";
    // A sentinel that a zone would move beyond the ends of time stays.
    let local = |utc: &str| format!("COALESCE(TRY(dwc_to_zone({utc}, {zone})), {utc})");
    let utc = |local: &str| format!("COALESCE(TRY(dwc_from_zone({local}, {zone})), {local})");
    let micros = |instant: &str| format!("make_timestamp(epoch_us({instant}))");
    match (to, there) {
        (Type::String | Type::Unknown, "BLOB") => format!("TRY(decode({at}))"),
        (Type::String | Type::Unknown, _) => format!("CAST({at} AS VARCHAR)"),
        (Type::Int64, "VARCHAR") => like(&text, "[+-]?[0-9]+", &format!("TRY_CAST({text} AS BIGINT)")),
        (Type::Int64, there) if is_binary || there.starts_with("DECIMAL") => {
            format!("CASE WHEN {at} = trunc({at}) THEN TRY_CAST({at} AS BIGINT) END")
        }
        (Type::Float64, "VARCHAR") => {
            let cast = format!("CASE WHEN NOT isinf(TRY_CAST({text} AS DOUBLE)) THEN TRY_CAST({text} AS DOUBLE) END");
            like(&text, FLOAT, &cast)
        }
        (Type::Numeric(_) | Type::BigNumeric(_), there) if is_binary => {
            format!("CASE WHEN CAST(TRY_CAST({at} AS {ty}) AS {there}) = {at} THEN TRY_CAST({at} AS {ty}) END")
        }
        (Type::Numeric(_) | Type::BigNumeric(_), there) if there == "VARCHAR" || is_number => {
            let text = if is_number { format!("CAST({at} AS VARCHAR)") } else { text };
            like(&text, &decimals(Reading::precision(to).1), &format!("TRY_CAST({text} AS {ty})"))
        }
        (Type::Bool, "VARCHAR") => format!(
            "CASE WHEN lower({text}) IN ('true', 't', 'yes', 'y', '1') THEN TRUE \
             WHEN lower({text}) IN ('false', 'f', 'no', 'n', '0') THEN FALSE END"
        ),
        (Type::Bool, _) if is_number => format!("CASE WHEN {at} IN (0, 1) THEN {at} <> 0 END"),
        (Type::Json, "VARCHAR") => format!("CASE WHEN json_valid({at}) THEN CAST({at} AS JSON) END"),
        (Type::Json, _) => format!("to_json({at})"),
        (Type::Date, "VARCHAR") => like(&text, DAY, &format!("TRY_CAST({text} AS DATE)")),
        (Type::Date, _) if is_moment => {
            let at = if is_instant { local(&micros(at)) } else { at.to_owned() };
            format!("CASE WHEN {at} = date_trunc('day', {at}) THEN TRY_CAST({at} AS DATE) END")
        }
        (Type::Time, "VARCHAR") => like(&text, CLOCK, &format!("TRY_CAST({text} AS TIME)")),
        (Type::Time | Type::Int64, _) if is_moment => format!("CASE WHEN FALSE THEN CAST(NULL AS {ty}) END"),
        (Type::DateTime | Type::Timestamp, "VARCHAR") => {
            let plain = format!("TRY_CAST({text} AS TIMESTAMP)");
            let zoned = micros(&format!("TRY_CAST({text} AS TIMESTAMPTZ)"));
            let (plain, zoned) =
                if matches!(to, Type::DateTime) { (plain, local(&zoned)) } else { (utc(&plain), zoned) };
            format!(
                "CASE WHEN regexp_full_match({text}, '{DAY}([ Tt]{CLOCK})?') THEN {plain} \
                 WHEN regexp_full_match({text}, '{DAY}[ Tt]{CLOCK}{OFFSET}') THEN {zoned} END"
            )
        }
        (Type::DateTime, _) if is_instant => local(&micros(at)),
        (Type::Timestamp, _) if is_instant => micros(at),
        (Type::DateTime | Type::Timestamp, "TIMESTAMP_NS") => {
            format!("CASE WHEN epoch_ns({at}) % 1000 = 0 THEN CAST({at} AS TIMESTAMP) END")
        }
        _ => format!("TRY_CAST({at} AS {ty})"),
    }
}
