//! Names of columns that the compiler makes, and the GoogleSQL that it writes around a user's. One place per name.

use std::fmt::Write;

use crate::model::{Column, Fact, Role, Table};
use dwc_googlesql::{Type, trimmed};

/// The surrogate key of a dimension, and the foreign key of a role.
#[must_use]
pub fn key(name: &str) -> String {
    format!("{name}_key")
}

/// The durable key of a dimension, and of a role in a fact.
#[must_use]
pub fn durable_key(name: &str) -> String {
    format!("{name}_durable_key")
}

/// The column beside a type-3 attribute that holds the value before.
#[must_use]
pub fn previous(attribute: &str) -> String {
    format!("previous_{attribute}")
}

/// The column beside a type-6 attribute that holds the value as it is now; also the outrigger of a mini-dimension.
#[must_use]
pub fn current(name: &str) -> String {
    format!("current_{name}")
}

/// The key of the combination of a mini-dimension that a member has now, in its base dimension.
#[must_use]
pub fn outrigger_key(mini: &str) -> String {
    current(&key(mini))
}

/// The table behind a mini-dimension: which member had which combination when.
pub(crate) fn mini_timeline(mini: &str) -> String {
    format!("{mini}__members")
}

/// The table of the numbers that stand for the versions of a dimension with sequence keys.
pub(crate) fn key_numbers(dimension: &str) -> String {
    format!("{dimension}__keys")
}

/// The live rows of a source table, as they are landed.
pub(crate) fn landed(table: &Table) -> String {
    format!("{}__{}", table.source, table.name)
}

/// What follows [`landed`] in the names of the two tables behind it: every landed row, and the images of changed ones.
pub(crate) const LANDED_TABLES: [&str; 2] = ["__rows", "__changes"];

/// What follows the name of a type-7 dimension in the names of its two views.
pub const DUAL_VIEWS: [&str; 2] = ["as_was", "as_is"];

/// An identifier in GoogleSQL.
pub(crate) fn backquoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// A user's text in parentheses: without the comments that end it, of which the last would take the parenthesis with it.
pub(crate) fn nested(text: &str) -> String {
    format!("({})", trimmed(text))
}

/// A string literal in GoogleSQL.
pub(crate) fn literal(value: &str) -> String {
    let mut text = String::from("'");
    for character in value.chars() {
        match character {
            '\'' => text.push_str("\\'"),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('\'');
    text
}

/// The column of a fact that holds a column's instant in UTC.
pub(crate) fn utc(column: &Column) -> String {
    if column.ty == Type::Timestamp { column.name.clone() } else { format!("{}_utc", column.name) }
}

/// The column of a fact that holds the instant at which a role looks its version up.
pub(crate) fn as_of(fact: &Fact, role: &Role) -> Option<String> {
    role.as_of.as_ref().or(fact.event_time.as_ref()).map(utc)
}

/// A DATE, DATETIME or TIMESTAMP as the instant in UTC that it stands for in a zone. A sentinel that the zone moves out of
/// the years 1 to 9999 is the first or the last instant there is.
pub(crate) fn instant(expr: &str, ty: &Type, zone: &str) -> String {
    match ty {
        Type::Timestamp => expr.to_owned(),
        _ => format!(
            "COALESCE(SAFE.TIMESTAMP({expr}, '{zone}'), CASE EXTRACT(YEAR FROM {expr}) \
             WHEN 1 THEN TIMESTAMP '0001-01-01 00:00:00+00' WHEN 9999 THEN TIMESTAMP '9999-12-31 23:59:59.999999+00' END)"
        ),
    }
}

/// The day of a DATE, DATETIME or TIMESTAMP in a zone. A sentinel stays on its own day where the zone's day is out of the
/// years 1 to 9999.
pub(crate) fn day(expr: &str, ty: &Type, zone: &str) -> String {
    match ty {
        Type::Date => expr.to_owned(),
        Type::Timestamp => format!("COALESCE(SAFE.DATE({expr}, '{zone}'), DATE({expr}))"),
        _ => format!("DATE({expr})"),
    }
}

/// What clocks in a zone show at a DATETIME, TIME or TIMESTAMP.
pub(crate) fn local(expr: &str, ty: &Type, zone: &str) -> String {
    match ty {
        Type::Timestamp => format!("COALESCE(SAFE.DATETIME({expr}, '{zone}'), DATETIME({expr}))"),
        _ => expr.to_owned(),
    }
}
