//! Functions with a date part: truncating, differences, adding, extracting, last day, arrays of dates.
//! Weeks, zones and clamping are decided here; parsing and formatting are in the table.

use std::ops::Range;

use sqlparser::ast::{DateTimeField, Expr, Interval};

use super::Lower;
use super::date_parts::{Part, duration, first_day, truncated};
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::Value;

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
            self.report(ProblemKind::TypeMismatch, at, format!("`{expr}` is not a date part"), None);
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
        // The functions of DATETIME and TIMESTAMP take each other's type.
        let timed =
            matches!(own, Type::DateTime | Type::Timestamp) && matches!(value.ty, Type::DateTime | Type::Timestamp);
        if dated && (name.starts_with("DATE_") || name.ends_with("_TRUNC")) || timed || value.ty == own {
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
        let Some(ty) = crate::coerce::common(&[&a, &b]) else {
            return self.fail(
                ProblemKind::TypeMismatch,
                span.clone(),
                format!("`{name}` between {} and {}", a.ty, b.ty),
            );
        };
        let (a, b) = (crate::coerce::convert(a, &ty), crate::coerce::convert(b, &ty));
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
        if count.as_text().is_some_and(|t| t.parse::<i64>().is_err()) {
            return None;
        }
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
            _ => match self.interval_text(interval, &span) {
                Some(value) => value,
                None => self.fail(ProblemKind::TypeMismatch, span, "an INTERVAL takes an INT64 and a part, or a text"),
            },
        }
    }

    fn last_day(&mut self, args: &[&Expr], span: &Range<usize>) -> Value {
        let Some(value) = self.moment(args.first(), "DATE_LAST_DAY", span) else {
            return Value::unknown();
        };
        if value.ty == Type::Timestamp {
            let help = Some("name the zone: LAST_DAY(DATE(timestamp, 'zone'))".into());
            self.report(ProblemKind::TypeMismatch, span.clone(), "LAST_DAY takes DATE or DATETIME", help);
            return Value::unknown();
        }
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

    pub(super) fn extract(&mut self, field: &DateTimeField, expr: &Expr, span: Range<usize>) -> Value {
        let Some(part) = Part::of_field(field) else {
            return self.fail(ProblemKind::TypeMismatch, span, format!("{field} is not a date part"));
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
            Type::Interval => return self.interval_part(field, &value, &span),
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
