//! The parts of a date: their names, what they divide, and the DuckDB text of truncating by and adding them.
//! It must not know functions: those are `dates`.

use sqlparser::ast::{DateTimeField, Expr};

use super::calls::plain_args;
use crate::types::Type;
use crate::value::Value;

/// A date part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    DayOfWeek,
    DayOfYear,
    /// The first day of the week, 0 for Sunday.
    Week(u8),
    IsoWeek,
    Month,
    Quarter,
    Year,
    IsoYear,
    Date,
    Time,
    DateTime,
}

pub(super) const DAYS: [&str; 7] = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

impl Part {
    pub(super) fn named(name: &str) -> Option<Part> {
        Some(match name.to_uppercase().as_str() {
            "MICROSECOND" => Part::Microsecond,
            "MILLISECOND" => Part::Millisecond,
            "SECOND" => Part::Second,
            "MINUTE" => Part::Minute,
            "HOUR" => Part::Hour,
            "DAY" => Part::Day,
            "DAYOFWEEK" => Part::DayOfWeek,
            "DAYOFYEAR" => Part::DayOfYear,
            "WEEK" => Part::Week(0),
            "ISOWEEK" => Part::IsoWeek,
            "MONTH" => Part::Month,
            "QUARTER" => Part::Quarter,
            "YEAR" => Part::Year,
            "ISOYEAR" => Part::IsoYear,
            "DATE" => Part::Date,
            "TIME" => Part::Time,
            "DATETIME" => Part::DateTime,
            _ => return None,
        })
    }

    /// The part that an argument names: `MONTH`, `WEEK(MONDAY)`.
    pub(super) fn of(expr: &Expr) -> Option<Part> {
        match expr {
            Expr::Identifier(ident) => Part::named(&ident.value),
            Expr::Function(f) if f.name.to_string().eq_ignore_ascii_case("WEEK") => match plain_args(f)?.as_slice() {
                [Expr::Identifier(day)] => Part::week(&day.value),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn week(day: &str) -> Option<Part> {
        let at = DAYS.iter().position(|d| d.eq_ignore_ascii_case(day))?;
        Some(Part::Week(u8::try_from(at).ok()?))
    }

    pub(super) fn of_field(field: &DateTimeField) -> Option<Part> {
        match field {
            DateTimeField::Week(Some(day)) => Part::week(&day.value),
            other => Part::named(&other.to_string()),
        }
    }

    /// DuckDB's word, for parts that both engines understand alike.
    pub(super) fn word(self) -> &'static str {
        match self {
            Part::Microsecond => "microsecond",
            Part::Millisecond => "millisecond",
            Part::Second => "second",
            Part::Minute => "minute",
            Part::Hour => "hour",
            Part::Month => "month",
            Part::Quarter => "quarter",
            Part::Year | Part::IsoYear => "year",
            Part::IsoWeek | Part::Week(_) => "week",
            _ => "day",
        }
    }

    pub(super) fn micros(self) -> Option<i64> {
        Some(match self {
            Part::Microsecond => 1,
            Part::Millisecond => 1_000,
            Part::Second => 1_000_000,
            Part::Minute => 60_000_000,
            Part::Hour => 3_600_000_000,
            Part::Day => 86_400_000_000,
            _ => return None,
        })
    }

    pub(super) fn is_clock(self) -> bool {
        self != Part::Day && self.micros().is_some()
    }

    pub(super) fn is_calendar(self) -> bool {
        matches!(
            self,
            Part::Day | Part::Week(_) | Part::IsoWeek | Part::Month | Part::Quarter | Part::Year | Part::IsoYear
        )
    }
}

pub(super) fn first_day(part: Part) -> u8 {
    match part {
        Part::Week(first) => first,
        _ => 1,
    }
}

/// A truncated DATE, DATETIME or naive TIMESTAMP.
pub(super) fn truncated(x: &str, part: Part, ty: &Type) -> String {
    let day = if *ty == Type::Date { x.to_string() } else { format!("CAST({x} AS DATE)") };
    let (sql, is_date) = match part {
        Part::Day if *ty == Type::Date => return x.to_string(),
        Part::Week(_) | Part::IsoWeek => (format!("dwc_week_start({day}, {})", first_day(part)), true),
        Part::IsoYear => (format!("dwc_iso_year_start(CAST(date_part('isoyear', {x}) AS INTEGER))"), true),
        part => (format!("date_trunc('{}', {x})", part.word()), false),
    };
    match (ty, is_date) {
        (Type::Date, false) => format!("CAST({sql} AS DATE)"),
        (Type::Date, true) => sql,
        (_, true) => format!("CAST({sql} AS TIMESTAMP)"),
        (_, false) => sql,
    }
}

/// A DuckDB interval of `count` parts.
pub(super) fn duration(count: &Value, part: Part) -> String {
    let word = part.word().to_uppercase();
    if let Some(n) = count.as_int()
        && (0..1_000_000_000).contains(&n)
        && part != Part::Quarter
    {
        return format!("INTERVAL {n} {word}");
    }
    match part {
        Part::Quarter => format!("to_months(CAST(3 * {} AS INTEGER))", count.operand()),
        Part::Week(_) => format!("to_days(CAST(7 * {} AS INTEGER))", count.operand()),
        Part::Day | Part::Month | Part::Year => {
            format!("to_{}s(CAST({} AS INTEGER))", part.word(), count.sql)
        }
        part => format!("to_microseconds({} * {})", part.micros().unwrap_or(1), count.operand()),
    }
}
