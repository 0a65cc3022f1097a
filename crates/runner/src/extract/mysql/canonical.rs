//! The texts by which values are summed up, in MySQL's words: each is what the warehouse makes of the landed value. A pair of
//! types that has no such text has none. It must not read rows.

use dwc_compiler::model::Column;
use dwc_googlesql::Type;

use super::Mysql;
use super::catalog::word;
use crate::extract::SourceColumn;
use crate::extract::database::{Canonical, Server};

/// The text of a declared column, from the type that it has there.
pub(super) fn of(column: &Column, there: &SourceColumn) -> Option<Canonical> {
    let name = Mysql::quote(&there.name);
    let text = format!("CAST({name} AS CHAR)");
    let ty = there.ty.to_ascii_lowercase();
    let word = word(&ty);
    let is_whole = matches!(word.as_str(), "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint");
    let is_text =
        matches!(word.as_str(), "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set");
    let is_bytes = matches!(word.as_str(), "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob");
    // Zeros before a number are no part of it.
    let whole = if ty.contains("zerofill") { format!("CAST({name} + 0 AS CHAR)") } else { text.clone() };
    let moment = format!("DATE_FORMAT({name}, '%Y-%m-%d %H:%i:%s.%f')");
    Some(match (&column.ty, word.as_str()) {
        (Type::Int64 | Type::Bool | Type::Numeric(_) | Type::BigNumeric(_), _) if is_whole => whole.into(),
        (Type::Int64 | Type::Bool, "bit") => format!("CAST({name} + 0 AS CHAR)").into(),
        (Type::Numeric(_) | Type::BigNumeric(_), "decimal") => {
            format!("IF(LOCATE('.', {text}) > 0, TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {text})), {text})")
                .into()
        }
        (Type::String, _) if is_text => format!("CONVERT({name} USING utf8mb4)").into(),
        (Type::Bytes, _) if is_bytes => format!("HEX({name})").into(),
        (Type::Date, "date") => text.into(),
        (Type::DateTime, "datetime") | (Type::Timestamp, "timestamp") => moment.into(),
        (Type::Timestamp, "datetime") => Canonical { sql: moment, by_clocks: true },
        (Type::Time, "time") => format!("TIME_FORMAT({name}, '%H:%i:%s.%f')").into(),
        _ => return None,
    })
}
