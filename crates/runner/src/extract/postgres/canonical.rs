//! The texts by which values are summed up, in PostgreSQL's words: each is what the warehouse makes of the landed value. A pair
//! of types that has no such text has none. It must not read rows.

use chrono_tz::Tz;
use dwc_compiler::model::Column;
use dwc_googlesql::Type;

use super::Postgres;
use crate::extract::SourceColumn;
use crate::extract::database::{Canonical, Server};

/// The text of a declared column, from the type that it has there.
pub(super) fn of(column: &Column, there: &SourceColumn, zone: Tz) -> Option<Canonical> {
    let name = Postgres::quote(&there.name);
    let text = format!("CAST({name} AS text)");
    let ty = there.ty.as_str();
    let is_whole = matches!(ty, "smallint" | "integer" | "bigint");
    let is_instant = ty.starts_with("timestamp") && ty.ends_with("with time zone");
    let is_local = ty.starts_with("timestamp") && !is_instant;
    let moment = |at: &str| format!("to_char({at}, 'YYYY-MM-DD HH24:MI:SS.US')");
    Some(match (&column.ty, ty) {
        (Type::Int64 | Type::Bool | Type::Numeric(_) | Type::BigNumeric(_), _) if is_whole => text.into(),
        (Type::Int64 | Type::Bool, "boolean") => {
            format!("CASE WHEN {name} THEN '1' WHEN NOT {name} THEN '0' END").into()
        }
        (Type::Numeric(_) | Type::BigNumeric(_), ty) if ty.starts_with("numeric") && !ty.ends_with("[]") => {
            format!("CASE WHEN {text} LIKE '%.%' THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END").into()
        }
        (Type::String, "text" | "uuid" | "citext") => text.into(),
        (Type::String, ty) if ty.starts_with("character varying") && !ty.ends_with("[]") => text.into(),
        // A cast loses the blanks at the end, which are read.
        (Type::String, ty) if ty.starts_with("character(") && !ty.ends_with("[]") => {
            format!("CASE WHEN {name} IS NOT NULL THEN concat({name}) END").into()
        }
        (Type::Bytes, "bytea") => format!("upper(encode({name}, 'hex'))").into(),
        (Type::Date, "date") => format!("to_char({name}, 'YYYY-MM-DD')").into(),
        (Type::DateTime, _) if is_local => moment(&name).into(),
        (Type::DateTime, _) if is_instant => moment(&format!("{name} AT TIME ZONE '{zone}'")).into(),
        (Type::Timestamp, _) if is_instant => moment(&format!("{name} AT TIME ZONE 'UTC'")).into(),
        (Type::Timestamp, _) if is_local => Canonical { sql: moment(&name), by_clocks: true },
        (Type::Time, ty) if ty.starts_with("time") && ty.ends_with("without time zone") => {
            format!("to_char(CAST({name} AS interval), 'HH24:MI:SS.US')").into()
        }
        _ => return None,
    })
}
