//! Functions with a date part: truncating, differences, adding, extracting, last day, arrays of dates.
//! Weeks, zones and clamping are decided here; parsing and formatting are in the table.

use std::ops::Range;

use sqlparser::ast::{DateTimeField, Expr, Interval};

use super::Lower;
use super::calls::plain_args;
use crate::sql::googlesql::problem::ProblemKind;
use crate::sql::googlesql::types::Type;
use crate::sql::googlesql::value::Value;

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

const DAYS: [&str; 7] = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

impl Part {
    fn named(name: &str) -> Option<Part> {
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
    fn of(expr: &Expr) -> Option<Part> {
        match expr {
            Expr::Identifier(ident) => Part::named(&ident.value),
            Expr::Function(f) if f.name.to_string().eq_ignore_ascii_case("WEEK") => match plain_args(f)?.as_slice() {
                [Expr::Identifier(day)] => Part::week(&day.value),
                _ => None,
            },
            _ => None,
        }
    }

    fn week(day: &str) -> Option<Part> {
        let at = DAYS.iter().position(|d| d.eq_ignore_ascii_case(day))?;
        Some(Part::Week(u8::try_from(at).ok()?))
    }

    fn of_field(field: &DateTimeField) -> Option<Part> {
        match field {
            DateTimeField::Week(Some(day)) => Part::week(&day.value),
            other => Part::named(&other.to_string()),
        }
    }

    /// DuckDB's word, for parts that both engines understand alike.
    fn word(self) -> &'static str {
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

    fn micros(self) -> Option<i64> {
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

    fn is_clock(self) -> bool {
        self != Part::Day && self.micros().is_some()
    }

    fn is_calendar(self) -> bool {
        matches!(
            self,
            Part::Day | Part::Week(_) | Part::IsoWeek | Part::Month | Part::Quarter | Part::Year | Part::IsoYear
        )
    }
}

impl Lower<'_> {
    /// The functions of this file; `None` for every other name.
    pub(super) fn date_function(&mut self, name: &str, args: &[&Expr], span: &Range<usize>) -> Option<Value> {
        let value = match name {
            "DATE_TRUNC" | "DATETIME_TRUNC" | "TIMESTAMP_TRUNC" | "TIME_TRUNC" => self.trunc(name, args, span),
            "DATE_DIFF" | "DATETIME_DIFF" | "TIMESTAMP_DIFF" | "TIME_DIFF" => self.diff(name, args, span),
            "DATE_ADD" | "DATE_SUB" | "DATETIME_ADD" | "DATETIME_SUB" | "TIMESTAMP_ADD" | "TIMESTAMP_SUB"
            | "TIME_ADD" | "TIME_SUB" => self.add(name, args, span),
            "LAST_DAY" => self.last_day(args, span),
            "GENERATE_DATE_ARRAY" | "GENERATE_TIMESTAMP_ARRAY" => self.series(name, args, span),
            "CURRENT_DATE" | "CURRENT_DATETIME" | "CURRENT_TIME" | "CURRENT_TIMESTAMP" => {
                self.current(name, args, span)
            }
            "DATE" | "DATETIME" | "TIMESTAMP" | "TIME" => self.constructor(name, args, span),
            _ => return None,
        };
        Some(value)
    }

    fn part(&mut self, expr: Option<&&Expr>, name: &str, span: &Range<usize>) -> Option<Part> {
        let Some(expr) = expr else {
            self.report(ProblemKind::ArgumentCount, span.clone(), format!("`{name}` needs a date part"), None);
            return None;
        };
        let part = Part::of(expr);
        if part.is_none() {
            let at = self.span_of(*expr);
            self.report(ProblemKind::TypeMismatch, at, format!("`{expr}` is no date part"), None);
        }
        part
    }

    /// The value of a date function's first argument: its type must be one of the function's family, or a literal.
    fn moment(&mut self, expr: Option<&&Expr>, name: &str, span: &Range<usize>) -> Option<Value> {
        let Some(expr) = expr else {
            self.report(ProblemKind::ArgumentCount, span.clone(), format!("`{name}` needs a value"), None);
            return None;
        };
        let value = self.expr(expr);
        let own = match name.split('_').next() {
            Some("TIMESTAMP") => Type::Timestamp,
            Some("DATETIME") => Type::DateTime,
            Some("TIME") => Type::Time,
            _ => Type::Date,
        };
        let dated = matches!(value.ty, Type::Date | Type::DateTime | Type::Timestamp);
        if dated && (name.starts_with("DATE_") || name.ends_with("_TRUNC")) || value.ty == own {
            return Some(value);
        }
        let at = self.span_of(*expr);
        Some(self.expect(value, &own, at, &format!("the argument of {name}")))
    }

    fn bad_part(&mut self, name: &str, span: &Range<usize>, ty: &Type) -> Value {
        self.fail(ProblemKind::TypeMismatch, span.clone(), format!("`{name}` does not take this date part on {ty}"))
    }

    fn trunc(&mut self, name: &str, args: &[&Expr], span: &Range<usize>) -> Value {
        let Some(value) = self.moment(args.first(), name, span) else {
            return Value::unknown();
        };
        let Some(part) = self.part(args.get(1), name, span) else {
            return Value::unknown();
        };
        let ty = value.ty.clone();
        if args.len() > 3 || args.len() == 3 && ty != Type::Timestamp {
            return self.fail(
                ProblemKind::ArgumentCount,
                span.clone(),
                format!("`{name}` does not take {} arguments", args.len()),
            );
        }
        let fits = match ty {
            Type::Date => part.is_calendar(),
            Type::Time => part.is_clock(),
            _ => part.is_calendar() || part.is_clock(),
        };
        if !fits {
            return self.bad_part(name, span, &ty);
        }
        let zone = args.get(2).map(|e| {
            let zone = self.expr(e);
            let at = self.span_of(*e);
            self.expect(zone, &Type::String, at, "the time zone")
        });
        let zone = zone.filter(|z| z.as_text() != Some("UTC"));
        let sql = match (&ty, &zone) {
            (Type::Time, _) => format!("dwc_time_trunc({}, {})", value.sql, part.micros().unwrap_or(1)),
            (_, Some(zone)) if part.is_clock() => {
                let local = format!("dwc_to_zone({}, {})", value.sql, zone.sql);
                format!("{} - ({local} - {})", value.operand(), truncated(&local, part, &Type::Timestamp))
            }
            (_, Some(zone)) => {
                let local = format!("dwc_to_zone({}, {})", value.sql, zone.sql);
                format!("dwc_from_zone({}, {})", truncated(&local, part, &Type::Timestamp), zone.sql)
            }
            (Type::Date, None) if matches!(part, Part::Week(_) | Part::IsoWeek | Part::IsoYear) => {
                format!("dwc_day_in_range({})", truncated(&value.sql, part, &ty))
            }
            (_, None) if matches!(part, Part::Week(_) | Part::IsoWeek | Part::IsoYear) => {
                format!("dwc_moment_in_range({})", truncated(&value.sql, part, &ty))
            }
            _ => truncated(&value.sql, part, &ty),
        };
        let mut out = Value::over(ty, sql, &[&value]);
        if let Some(zone) = &zone {
            out.absorb(zone);
        }
        if zone.is_some() && part.is_clock() { out.compound() } else { out }
    }

    fn diff(&mut self, name: &str, args: &[&Expr], span: &Range<usize>) -> Value {
        if args.len() != 3 {
            return self.fail(ProblemKind::ArgumentCount, span.clone(), format!("`{name}` takes 3 arguments"));
        }
        let (Some(a), Some(b)) = (self.moment(args.first(), name, span), self.moment(args.get(1), name, span)) else {
            return Value::unknown();
        };
        let Some(part) = self.part(args.get(2), name, span) else {
            return Value::unknown();
        };
        let Some(ty) = crate::sql::googlesql::coerce::common(&[&a, &b]) else {
            return self.fail(
                ProblemKind::TypeMismatch,
                span.clone(),
                format!("`{name}` between {} and {}", a.ty, b.ty),
            );
        };
        let (a, b) = (crate::sql::googlesql::coerce::convert(a, &ty), crate::sql::googlesql::coerce::convert(b, &ty));
        let day = |v: &Value| match ty {
            Type::Date => v.sql.clone(),
            _ => format!("CAST({} AS DATE)", v.sql),
        };
        let sql = match (&ty, part) {
            (Type::Timestamp, part) => match part.micros() {
                Some(1) => format!("epoch_us({}) - epoch_us({})", a.sql, b.sql),
                Some(unit) => format!("dwc_truncating_div(epoch_us({}) - epoch_us({}), {unit})", a.sql, b.sql),
                None => return self.bad_part(name, span, &ty),
            },
            (Type::Time, part) if part.is_clock() => {
                format!("date_diff('{}', {}, {})", part.word(), b.sql, a.sql)
            }
            (Type::Date, part) if part.is_clock() => return self.bad_part(name, span, &ty),
            (Type::Date | Type::DateTime, Part::Day) => {
                format!("date_diff('day', {}, {})", day(&b), day(&a))
            }
            (Type::Date | Type::DateTime, Part::Week(_) | Part::IsoWeek) => {
                let first = first_day(part);
                format!(
                    "date_diff('day', dwc_week_start({}, {first}), dwc_week_start({}, {first})) // 7",
                    day(&b),
                    day(&a)
                )
            }
            (Type::Date | Type::DateTime, Part::IsoYear) => {
                format!("date_part('isoyear', {}) - date_part('isoyear', {})", a.sql, b.sql)
            }
            (Type::Date | Type::DateTime, part) if part.is_calendar() || part.is_clock() => {
                format!("date_diff('{}', {}, {})", part.word(), b.sql, a.sql)
            }
            _ => return self.bad_part(name, span, &ty),
        };
        Value::over(Type::Int64, sql, &[&a, &b]).compound()
    }

    fn add(&mut self, name: &str, args: &[&Expr], span: &Range<usize>) -> Value {
        let Some(value) = self.moment(args.first(), name, span) else {
            return Value::unknown();
        };
        let Some(Expr::Interval(interval)) = args.get(1) else {
            return self.fail(ProblemKind::TypeMismatch, span.clone(), format!("`{name}` takes an INTERVAL second"));
        };
        let Some((count, part)) = self.interval_parts(interval) else {
            return self.unsupported(span.clone(), "this form of INTERVAL");
        };
        let ty = value.ty.clone();
        let fits = match ty {
            Type::Date => part.is_calendar(),
            Type::Timestamp | Type::Time => part.micros().is_some(),
            _ => part.is_calendar() || part.is_clock(),
        };
        if !fits || matches!(part, Part::IsoWeek | Part::IsoYear) {
            return self.bad_part(name, span, &ty);
        }
        let plus = name.ends_with("_ADD");
        if ty == Type::Date && part == Part::Day {
            return self.shift_date(&value, &count, plus);
        }
        let step = duration(&count, part);
        let sql = format!("{} {} {step}", value.operand(), if plus { '+' } else { '-' });
        let inputs = [&value, &count];
        match ty {
            Type::Date => Value::over(ty, format!("dwc_day_in_range(CAST({sql} AS DATE))"), &inputs),
            Type::Time => Value::over(ty, sql, &inputs).compound(),
            _ => Value::over(ty, format!("dwc_moment_in_range({sql})"), &inputs),
        }
    }

    fn interval_parts(&mut self, interval: &Interval) -> Option<(Value, Part)> {
        if interval.last_field.is_some() {
            return None;
        }
        let part = Part::of_field(interval.leading_field.as_ref()?)?;
        let count = self.expr(&interval.value);
        let at = self.span_of(interval.value.as_ref());
        // `INTERVAL '5' DAY` is written by some.
        let count = match count.as_text().and_then(|t| t.parse::<i64>().ok()) {
            Some(n) => super::literals::int(n),
            None => self.expect(count, &Type::Int64, at, "the count of an INTERVAL"),
        };
        Some((count, part))
    }

    /// An interval that stands alone.
    pub(super) fn interval_value(&mut self, interval: &Interval, span: Range<usize>) -> Value {
        match self.interval_parts(interval) {
            Some((count, part)) if part.is_calendar() || part.is_clock() => {
                Value::over(Type::Interval, duration(&count, part), &[&count])
            }
            _ => self.unsupported(span, "this form of INTERVAL"),
        }
    }

    fn last_day(&mut self, args: &[&Expr], span: &Range<usize>) -> Value {
        let Some(value) = self.moment(args.first(), "DATE_LAST_DAY", span) else {
            return Value::unknown();
        };
        let part = match args.get(1) {
            Some(_) => self.part(args.get(1), "LAST_DAY", span),
            None => Some(Part::Month),
        };
        let Some(part) = part else {
            return Value::unknown();
        };
        let day = format!("CAST({} AS DATE)", value.sql);
        let sql = match part {
            Part::Month => format!("last_day({})", value.sql),
            Part::Quarter => format!("last_day(date_trunc('quarter', {}) + INTERVAL 2 MONTH)", value.sql),
            Part::Year => format!("make_date(year({}), 12, 31)", value.sql),
            Part::Week(_) | Part::IsoWeek => {
                format!("dwc_day_in_range(dwc_week_start({day}, {}) + 6)", first_day(part))
            }
            Part::IsoYear => {
                format!("dwc_iso_year_start(CAST(date_part('isoyear', {}) AS INTEGER) + 1) - 1", value.sql)
            }
            _ => return self.bad_part("LAST_DAY", span, &value.ty),
        };
        Value::over(Type::Date, sql, &[&value]).compound()
    }

    /// `GENERATE_DATE_ARRAY(from, to, INTERVAL n part)`: each element is counted from the first, so that the
    /// 31st stays the last day of a short month.
    fn series(&mut self, name: &str, args: &[&Expr], span: &Range<usize>) -> Value {
        let (ty, own) =
            if name == "GENERATE_DATE_ARRAY" { (Type::Date, "DATE_ADD") } else { (Type::Timestamp, "TIMESTAMP_ADD") };
        let (Some(from), Some(to)) = (self.moment(args.first(), own, span), self.moment(args.get(1), own, span)) else {
            return Value::unknown();
        };
        let from = self.expect(from, &ty, span.clone(), "the first of the array");
        let to = self.expect(to, &ty, span.clone(), "the last of the array");
        let (count, part) = match args.get(2) {
            None if ty == Type::Date => (super::literals::int(1), Part::Day),
            Some(Expr::Interval(interval)) => match self.interval_parts(interval) {
                Some(parts) => parts,
                None => return self.unsupported(span.clone(), "this form of INTERVAL"),
            },
            _ => {
                return self.fail(
                    ProblemKind::ArgumentCount,
                    span.clone(),
                    format!("`{name}` takes an INTERVAL third"),
                );
            }
        };
        if ty == Type::Timestamp && part.micros().is_none() || ty == Type::Date && !part.is_calendar() {
            return self.bad_part(name, span, &ty);
        }
        let inputs = [&from, &to, &count];
        let sql = match (&ty, part) {
            (Type::Date, Part::Day) => {
                format!("dwc_date_array({}, {}, {})", from.sql, to.sql, count.sql)
            }
            (Type::Date, Part::Week(_)) => format!("dwc_date_array({}, {}, 7 * {})", from.sql, to.sql, count.operand()),
            (Type::Date, _) => {
                let months = match part {
                    Part::Quarter => 3,
                    Part::Year => 12,
                    _ => 1,
                };
                format!("dwc_month_array({}, {}, {months} * {})", from.sql, to.sql, count.operand())
            }
            _ => format!(
                "dwc_timestamp_array({}, {}, {} * {})",
                from.sql,
                to.sql,
                part.micros().unwrap_or(1),
                count.operand()
            ),
        };
        Value::over(Type::Array(Box::new(ty)), sql, &inputs)
    }

    fn current(&mut self, name: &str, args: &[&Expr], span: &Range<usize>) -> Value {
        if args.len() > 1 || name == "CURRENT_TIMESTAMP" && !args.is_empty() {
            return self.fail(
                ProblemKind::ArgumentCount,
                span.clone(),
                format!("`{name}` does not take {} arguments", args.len()),
            );
        }
        let now = match args.first() {
            None => "dwc_now()".to_string(),
            Some(zone) => {
                let value = self.expr(zone);
                let at = self.span_of(*zone);
                let value = self.expect(value, &Type::String, at, "the time zone");
                format!("dwc_to_zone(dwc_now(), {})", value.sql)
            }
        };
        match name {
            "CURRENT_DATE" => Value::new(Type::Date, format!("CAST({now} AS DATE)")),
            "CURRENT_TIME" => Value::new(Type::Time, format!("CAST({now} AS TIME)")),
            "CURRENT_DATETIME" => Value::new(Type::DateTime, now),
            _ => Value::new(Type::Timestamp, now),
        }
    }

    /// `DATE(x)`, `DATETIME(x)`, `TIMESTAMP(x)`: a conversion by the type of the first argument.
    fn constructor(&mut self, name: &str, exprs: &[&Expr], span: &Range<usize>) -> Value {
        let args: Vec<Value> = exprs.iter().map(|e| self.expr(e)).collect();
        let to = match name {
            "DATE" => Type::Date,
            "DATETIME" => Type::DateTime,
            "TIME" => Type::Time,
            _ => Type::Timestamp,
        };
        let inputs: Vec<&Value> = args.iter().collect();
        match args.as_slice() {
            [x] => match (&x.ty, &to) {
                (Type::String, Type::Date | Type::DateTime | Type::Timestamp)
                | (Type::Date | Type::DateTime | Type::Timestamp, _)
                | (Type::Unknown, _) => self.cast(x.clone(), &to, false, span.clone()),
                (ty, _) => {
                    let message = format!("`{name}` does not take ({ty})");
                    self.fail(ProblemKind::TypeMismatch, span.clone(), message)
                }
            },
            [x, zone] if x.ty == Type::Timestamp && zone.ty == Type::String && to != Type::Timestamp => {
                let local = format!("dwc_to_zone({}, {})", x.sql, zone.sql);
                let sql = if to == Type::DateTime { local } else { format!("CAST({local} AS {})", to.duckdb()) };
                Value::over(to, sql, &inputs)
            }
            [x, zone] if to == Type::Timestamp && zone.ty == Type::String && x.ty == Type::String => {
                Value::over(to, format!("dwc_to_timestamp({}, {})", x.sql, zone.sql), &inputs)
            }
            [x, zone]
                if to == Type::Timestamp && zone.ty == Type::String && matches!(x.ty, Type::Date | Type::DateTime) =>
            {
                Value::over(to, format!("dwc_from_zone(CAST({} AS TIMESTAMP), {})", x.sql, zone.sql), &inputs)
            }
            [date, time] if to == Type::DateTime && date.ty == Type::Date && time.ty == Type::Time => {
                Value::over(to, format!("{} + {}", date.operand(), time.operand()), &inputs).compound()
            }
            _ => self.table_function(name, args, span),
        }
    }

    pub(super) fn extract(&mut self, field: &DateTimeField, expr: &Expr, span: Range<usize>) -> Value {
        let Some(part) = Part::of_field(field) else {
            return self.fail(ProblemKind::TypeMismatch, span, format!("{field} is no date part"));
        };
        let (value, zoned) = match expr {
            Expr::AtTimeZone { timestamp, time_zone } => {
                let value = self.expr(timestamp);
                let at = self.span_of(timestamp.as_ref());
                let value = self.expect(value, &Type::Timestamp, at, "the operand of AT TIME ZONE");
                let zone = self.expr(time_zone);
                let at = self.span_of(time_zone.as_ref());
                let zone = self.expect(zone, &Type::String, at, "the time zone");
                let sql = format!("dwc_to_zone({}, {})", value.sql, zone.sql);
                (Value::over(Type::Timestamp, sql, &[&value, &zone]), true)
            }
            other => (self.expr(other), false),
        };
        if value.ty == Type::Timestamp && !zoned && !part.is_clock() {
            self.zone_lint(span.clone());
        }
        let x = &value.sql;
        let ty = match part {
            Part::Date => Type::Date,
            Part::Time => Type::Time,
            Part::DateTime => Type::DateTime,
            _ => Type::Int64,
        };
        let fits = match value.ty {
            Type::Unknown | Type::DateTime | Type::Timestamp => true,
            Type::Date => part.is_calendar() || matches!(part, Part::DayOfWeek | Part::DayOfYear),
            Type::Time => part.is_clock(),
            Type::Interval => return self.unsupported(span, "EXTRACT from an INTERVAL"),
            _ => false,
        };
        if !fits {
            return self.fail(
                ProblemKind::TypeMismatch,
                span,
                format!("EXTRACT of {field} does not take {}", value.ty),
            );
        }
        let sql = match part {
            Part::Date => format!("CAST({x} AS DATE)"),
            Part::Time => format!("CAST({x} AS TIME)"),
            Part::DateTime => x.clone(),
            Part::DayOfWeek => format!("dayofweek({x}) + 1"),
            Part::DayOfYear => format!("dayofyear({x})"),
            Part::Week(first) => format!("dwc_week_number({x}, {first})"),
            Part::IsoWeek => format!("date_part('week', {x})"),
            Part::IsoYear => format!("date_part('isoyear', {x})"),
            Part::Millisecond => format!("date_part('millisecond', {x}) % 1000"),
            Part::Microsecond => format!("date_part('microsecond', {x}) % 1000000"),
            part => format!("date_part('{}', {x})", part.word()),
        };
        Value::over(ty, sql, &[&value]).compound()
    }

    pub(super) fn zone_lint(&mut self, span: Range<usize>) {
        self.report(
            ProblemKind::DateFromTimestampWithoutZone,
            span,
            "a day is taken from a TIMESTAMP in UTC",
            Some("name the zone whose days are meant, as in DATE(ts, 'Asia/Seoul')".into()),
        );
    }
}

fn first_day(part: Part) -> u8 {
    match part {
        Part::Week(first) => first,
        _ => 1,
    }
}

/// A truncated DATE, DATETIME or naive TIMESTAMP.
fn truncated(x: &str, part: Part, ty: &Type) -> String {
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
fn duration(count: &Value, part: Part) -> String {
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
