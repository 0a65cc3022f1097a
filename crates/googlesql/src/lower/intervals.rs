//! INTERVAL: literals of several parts, what moments differ by, arithmetic, and its parts. A value is months, days
//! and microseconds in both engines. It must not shift moments: that is `dates`.

use std::ops::Range;

use sqlparser::ast::{BinaryOperator as Op, DateTimeField, Interval};

use super::Lower;
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::Value;

const PARTS: [&str; 6] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];

impl Lower<'_> {
    /// What two moments differ by, and sums, multiples and fractions of intervals; `None` for other operands.
    pub(super) fn interval_arithmetic(&mut self, l: &Value, op: &Op, r: &Value) -> Option<Value> {
        let both = format!("{}, {}", l.sql, r.sql);
        let name = match (&l.ty, op, &r.ty) {
            (Type::Date, Op::Minus, Type::Date) => "dwc_date_interval",
            (Type::DateTime, Op::Minus, Type::DateTime) => "dwc_datetime_interval",
            (Type::Timestamp, Op::Minus, Type::Timestamp) => "dwc_timestamp_interval",
            (Type::Time, Op::Minus, Type::Time) => "dwc_time_interval",
            (Type::Interval, Op::Plus, Type::Interval) => "dwc_interval_add",
            (Type::Interval, Op::Minus, Type::Interval) => "dwc_interval_subtract",
            (Type::Interval, Op::Multiply, Type::Int64) => "dwc_interval_multiply",
            (Type::Interval, Op::Divide, Type::Int64) => "dwc_interval_divide",
            (Type::Int64, Op::Multiply, Type::Interval) => {
                let sql = format!("dwc_interval_multiply({}, {})", r.sql, l.sql);
                return Some(Value::over(Type::Interval, sql, &[l, r]));
            }
            _ => return None,
        };
        Some(Value::over(Type::Interval, format!("{name}({both})"), &[l, r]))
    }

    /// `INTERVAL '1-2 3 4:5:6' YEAR TO SECOND` and `INTERVAL '1.5' SECOND`.
    pub(super) fn interval_text(&mut self, interval: &Interval, span: &Range<usize>) -> Option<Value> {
        let text = self.expr(&interval.value).as_text()?.to_string();
        let from = interval.leading_field.as_ref().and_then(place)?;
        let to = match &interval.last_field {
            Some(field) => place(field)?,
            None => from,
        };
        let Some((months, days, micros)) = parsed(&text, from, to) else {
            let message = format!("'{text}' is not an INTERVAL of {} TO {}", PARTS[from], PARTS[to]);
            return Some(self.fail(ProblemKind::TypeMismatch, span.clone(), message));
        };
        let sql = format!("dwc_interval({months}, {days}, {micros})");
        Some(Value::new(Type::Interval, sql))
    }

    /// `MAKE_INTERVAL(year, month, day, hour, minute, second)`, by place or by name.
    pub(super) fn make_interval(
        &mut self,
        args: Vec<Value>,
        spans: &[Range<usize>],
        named: &[(String, Value)],
        span: &Range<usize>,
    ) -> Value {
        let mut parts: Vec<Value> = Vec::new();
        for (arg, at) in args.into_iter().zip(spans) {
            parts.push(self.expect(arg, &Type::Int64, at.clone(), "a part of MAKE_INTERVAL"));
        }
        parts.resize_with(6, || super::literals::int(0));
        for (name, value) in named {
            let Some(at) = PARTS.iter().position(|p| p.eq_ignore_ascii_case(name)) else {
                let message = format!("MAKE_INTERVAL has no part `{name}`");
                return self.fail(ProblemKind::ArgumentCount, span.clone(), message);
            };
            parts[at] = self.expect(value.clone(), &Type::Int64, span.clone(), "a part of MAKE_INTERVAL");
        }
        let texts: Vec<String> = parts.iter().map(Value::operand).collect();
        let [y, mo, d, h, mi, s] = texts.as_slice() else { return Value::unknown() };
        let sql = format!("dwc_interval({y} * 12 + {mo}, {d}, (({h} * 60 + {mi}) * 60 + {s}) * 1000000)");
        Value::over(Type::Interval, sql, &parts.iter().collect::<Vec<_>>())
    }

    /// A part of an interval.
    pub(super) fn interval_part(&mut self, field: &DateTimeField, value: &Value, span: &Range<usize>) -> Value {
        let word = field.to_string().to_uppercase();
        let x = &value.sql;
        let sql = match word.as_str() {
            "YEAR" => format!("dwc_truncating_div(dwc_interval_months({x}), 12)"),
            "MONTH" => format!("dwc_interval_months({x}) % 12"),
            "DAY" => format!("dwc_interval_days({x})"),
            "HOUR" => format!("dwc_truncating_div(dwc_interval_micros({x}), 3600000000)"),
            "MINUTE" => format!("dwc_truncating_div(dwc_interval_micros({x}), 60000000) % 60"),
            "SECOND" => format!("dwc_truncating_div(dwc_interval_micros({x}), 1000000) % 60"),
            "MILLISECOND" => format!("dwc_truncating_div(dwc_interval_micros({x}), 1000) % 1000"),
            "MICROSECOND" => format!("dwc_interval_micros({x}) % 1000000"),
            _ => {
                let message = format!("EXTRACT of {field} does not take INTERVAL");
                return self.fail(ProblemKind::TypeMismatch, span.clone(), message);
            }
        };
        Value::over(Type::Int64, sql, &[value]).compound()
    }
}

fn place(field: &DateTimeField) -> Option<usize> {
    let word = field.to_string().to_uppercase();
    PARTS.iter().position(|p| *p == word)
}

/// Months, days and microseconds of a text that has the parts from one to another.
fn parsed(text: &str, from: usize, to: usize) -> Option<(i64, i64, i64)> {
    let text = text.trim();
    if from == to {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text.strip_prefix('+').unwrap_or(text)), |d| (-1, d));
        let unit = [12, 1, 1, 3_600_000_000, 60_000_000, 1_000_000][from];
        if from == 5 {
            return Some((0, 0, sign * seconds(digits)?));
        }
        let n: i64 = digits.parse().ok()?;
        let n = n.checked_mul(unit)?.checked_mul(sign)?;
        return Some(match from {
            0 | 1 => (n, 0, 0),
            2 => (0, n, 0),
            _ => (0, 0, n),
        });
    }
    if to < from {
        return None;
    }
    let mut words = text.split(' ').filter(|w| !w.is_empty());
    let signed = |word: &str| -> (i64, String) {
        match word.strip_prefix('-') {
            Some(rest) => (-1, rest.to_string()),
            None => (1, word.strip_prefix('+').unwrap_or(word).to_string()),
        }
    };
    let (mut months, mut days, mut micros) = (0, 0, 0);
    if from <= 1 {
        let (sign, word) = signed(words.next()?);
        months = if from == 0 && to >= 1 {
            let (years, rest) = word.split_once('-')?;
            sign * (years.parse::<i64>().ok()? * 12 + rest.parse::<i64>().ok()?)
        } else {
            sign * word.parse::<i64>().ok()?
        };
    }
    if from <= 2 && to >= 2 {
        let (sign, word) = signed(words.next()?);
        days = sign * word.parse::<i64>().ok()?;
    }
    if to >= 3 {
        let (sign, word) = signed(words.next()?);
        let pieces: Vec<&str> = word.split(':').collect();
        let first = from.max(3);
        if pieces.len() != to - first + 1 {
            return None;
        }
        for (i, piece) in pieces.iter().enumerate() {
            micros += match first + i {
                3 => piece.parse::<i64>().ok()?.checked_mul(3_600_000_000)?,
                4 => piece.parse::<i64>().ok()?.checked_mul(60_000_000)?,
                _ => seconds(piece)?,
            };
        }
        micros *= sign;
    }
    words.next().is_none().then_some((months, days, micros))
}

fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)
}
