//! CAST and SAFE_CAST: one DuckDB text per pair of types. It must not hold implicit conversions.

use std::ops::Range;

use sqlparser::ast::{ArrayElemTypeDef, CastFormat, CastKind, DataType, ExactNumberInfo, Expr};

use super::Lower;
use super::literals::text_of;
use crate::coerce;
use crate::problem::ProblemKind;
use crate::types::{Field, Precision, Type};
use crate::value::{Literal, Value, quote_text, tried};

impl Lower<'_> {
    pub(super) fn cast_node(
        &mut self,
        kind: &CastKind,
        expr: &Expr,
        to: &DataType,
        format: Option<&CastFormat>,
        span: Range<usize>,
    ) -> Value {
        let foreign = match kind {
            CastKind::DoubleColon => Some(("`::`", "CAST(... AS type)")),
            CastKind::TryCast => Some(("TRY_CAST", "SAFE_CAST(... AS type)")),
            _ => None,
        };
        if let Some((word, instead)) = foreign {
            let help = Some(format!("write {instead}").into());
            self.report(ProblemKind::UnknownFunction, span, format!("GoogleSQL does not have {word}"), help);
            return Value::unknown();
        }
        if let (Expr::Array(array), Some(Type::Array(item))) = (expr, read_type(to)) {
            let items = array.elem.iter().map(|e| {
                let value = self.expr(e);
                let at = self.span_of(e);
                self.expect(value, &item, at, "the element")
            });
            let items: Vec<Value> = items.collect();
            let texts: Vec<&str> = items.iter().map(|v| v.sql.as_str()).collect();
            let ty = Type::Array(item);
            let sql = format!("CAST([{}] AS {})", texts.join(", "), ty.duckdb());
            return Value::over(ty, sql, &items.iter().collect::<Vec<_>>());
        }
        let value = self.expr(expr);
        let bounded = matches!(to, DataType::String(Some(_)) | DataType::Bytes(Some(_)));
        let Some(to) = self.data_type(to, span.clone()) else {
            return Value::unknown();
        };
        let beyond = match &to {
            Type::Numeric(Some(p)) => p.scale > 9 || p.digits < p.scale.max(1) || p.digits > p.scale + 29,
            Type::BigNumeric(Some(p)) => p.scale > 38 || p.digits < p.scale.max(1) || p.digits > p.scale + 38,
            _ => false,
        };
        if beyond {
            return self.fail(ProblemKind::TypeMismatch, span, format!("{to} has too many digits"));
        }
        if bounded {
            return self.unsupported_as(span, format!("CAST to {to} of a length"), to, &[&value]);
        }
        match format {
            None => self.cast(value, &to, matches!(kind, CastKind::SafeCast), span),
            Some(CastFormat::ValueAtTimeZone(..)) if value.ty != Type::Timestamp && to != Type::Timestamp => {
                let message = format!("CAST of {} to {to} takes no AT TIME ZONE", value.ty);
                self.fail(ProblemKind::TypeMismatch, span, message)
            }
            Some(_) if !has_format(&value.ty, &to) => {
                self.fail(ProblemKind::TypeMismatch, span, format!("CAST of {} to {to} takes no FORMAT", value.ty))
            }
            Some(format) => self.cast_format(value, &to, format, span),
        }
    }

    /// A type as the query spells it.
    pub(super) fn data_type(&mut self, ty: &DataType, span: Range<usize>) -> Option<Type> {
        let known = read_type(ty);
        if known.is_none() {
            self.report(ProblemKind::TypeMismatch, span, format!("GoogleSQL does not have the type {ty}"), None);
        }
        known
    }

    pub(super) fn cast(&mut self, value: Value, to: &Type, safe: bool, span: Range<usize>) -> Value {
        let plain = to.plain();
        let Some((sql, fallible)) = conversion(&value, &plain) else {
            let possible = possible(&value.ty, &plain);
            if possible {
                return self.unsupported_as(
                    span,
                    format!("CAST from {} to {plain}", value.ty),
                    plain.clone(),
                    &[&value],
                );
            }
            return self.fail(ProblemKind::TypeMismatch, span, format!("{} does not cast to {plain}", value.ty));
        };
        if value.ty == Type::Timestamp && plain == Type::Date {
            self.zone_lint(span.clone());
        }
        let (sql, fallible) = match to {
            Type::Numeric(Some(_)) => (format!("CAST(CAST({sql} AS {}) AS DECIMAL(38,9))", to.duckdb()), true),
            _ => (sql, fallible),
        };
        let mut out = Value::over(plain.clone(), sql, &[&value]);
        if safe && fallible {
            match tried(&out, &[&value]) {
                Some(sql) => out.sql = sql,
                None => {
                    return self.unsupported_as(span, "SAFE_CAST over an expression that may fail", plain, &[&value]);
                }
            }
        }
        if value.ty == plain {
            out.compound = value.compound;
            out.kind = value.kind;
        }
        out
    }

    fn cast_format(&mut self, value: Value, to: &Type, format: &CastFormat, span: Range<usize>) -> Value {
        let (format, zone) = match format {
            CastFormat::Value(f) => (f, None),
            CastFormat::ValueAtTimeZone(f, z) => (f, Some(self.literal(z))),
        };
        let Some(Some(text)) = text_of(&format.value) else {
            return self.unsupported_as(span, "a FORMAT that is not a literal", to.clone(), &[&value]);
        };
        if value.ty.is_numeric() && *to == Type::String {
            let of = match &value.ty {
                Type::Int64 => "int64",
                Type::Numeric(_) => "numeric",
                Type::Float64 => "float64",
                _ => "",
            };
            let sql = format!("dwc_picture_{of}({}, {})", quote_text(&text), value.sql);
            return match is_picture(&text) && !of.is_empty() {
                true => Value::over(Type::String, sql, &[&value]),
                false => self.unsupported_as(
                    span,
                    format!("CAST of {} with FORMAT '{text}'", value.ty),
                    to.clone(),
                    &[&value],
                ),
            };
        }
        let Some(pattern) = format_model(&text) else {
            return self.unsupported_as(span, format!("CAST with FORMAT '{text}'"), to.clone(), &[&value]);
        };
        let pattern = quote_text(&pattern);
        let zone = zone.map_or_else(|| "'UTC'".to_string(), |z| z.sql);
        let sql = match (&value.ty, to) {
            (Type::Date, Type::String) => format!("dwc_format_date({pattern}, {})", value.sql),
            (Type::DateTime, Type::String) => {
                format!("dwc_format_datetime({pattern}, {})", value.sql)
            }
            (Type::Timestamp, Type::String) => {
                format!("dwc_format_timestamp({pattern}, {}, {zone})", value.sql)
            }
            (Type::String, Type::Date) => format!("dwc_parse_date({pattern}, {})", value.sql),
            (from, to) => {
                let what = format!("CAST from {from} to {to} with FORMAT");
                return self.unsupported_as(span, what, to.clone(), &[&value]);
            }
        };
        Value::over(to.clone(), sql, &[&value])
    }
}

/// The DuckDB text of a cast, and whether it can fail for some value.
fn conversion(value: &Value, to: &Type) -> Option<(String, bool)> {
    let x = &value.sql;
    let native = |fallible: bool| Some((format!("CAST({x} AS {})", to.duckdb()), fallible));
    let call = |name: &str, fallible: bool| Some((format!("{name}({x})"), fallible));
    if matches!(value.literal, Some(Literal::Null)) || value.ty == Type::Unknown {
        return Some((format!("CAST({x} AS {})", to.duckdb()), false));
    }
    if let (Some(text), Type::Date | Type::DateTime | Type::Timestamp | Type::Time) = (value.as_text(), to) {
        return Some((super::moment_literal(text, to), true));
    }
    match (&value.ty, to) {
        (Type::Array(a), Type::Array(b)) if **a == Type::Unknown || a == b => native(false),
        (Type::Struct(a), Type::Struct(b)) if a.len() == b.len() && coerce::converts(&value.ty, to) => {
            let same = a.iter().zip(b).all(|(a, b)| super::names::same(&a.name, &b.name));
            same.then(|| (x.clone(), false))
        }
        (from, to) if from == to => Some((x.clone(), false)),
        (Type::Int64, Type::String) => native(false),
        (Type::Float64, Type::String) => call("dwc_float_to_string", false),
        (Type::Numeric(_) | Type::BigNumeric(_), Type::String) => call("dwc_numeric_to_string", false),
        (Type::Bool | Type::Date, Type::String) => native(false),
        (Type::DateTime, Type::String) => call("dwc_datetime_to_string", false),
        (Type::Time, Type::String) => call("dwc_time_to_string", false),
        (Type::Interval, Type::String) => call("dwc_interval_to_string", false),
        (Type::Timestamp, Type::String) => Some((format!("dwc_timestamp_to_string({x}, 'UTC')"), false)),
        (Type::Bytes, Type::String) => call("decode", true),
        (Type::String, Type::Bytes) => call("encode", false),
        (Type::Float64, Type::Int64) => call("dwc_float_to_int64", true),
        (Type::Numeric(_) | Type::BigNumeric(_), Type::Int64) => Some((format!("CAST(round({x}, 0) AS BIGINT)"), true)),
        (Type::Bool, Type::Int64) | (Type::Int64, Type::Bool) => native(false),
        (Type::String, Type::Int64) => call("dwc_to_int64", true),
        (Type::String, Type::Float64) => call("dwc_to_float64", true),
        (Type::String, Type::Numeric(_)) => call("dwc_to_numeric", true),
        (Type::String, Type::BigNumeric(_)) => match value.as_text() {
            Some(text) if exact_bignumeric(text) => native(true),
            _ => None,
        },
        (Type::Float64, Type::Numeric(_)) => call("dwc_float_to_numeric", true),
        (Type::Int64, Type::Float64 | Type::Numeric(_) | Type::BigNumeric(_))
        | (Type::Numeric(_), Type::Float64 | Type::BigNumeric(_))
        | (Type::BigNumeric(_), Type::Float64) => native(false),
        (Type::BigNumeric(_), Type::Numeric(_)) => native(true),
        (Type::String, Type::Bool) => call("dwc_to_bool", true),
        (Type::String, Type::Date) => call("dwc_to_date", true),
        (Type::String, Type::DateTime) => call("dwc_to_datetime", true),
        (Type::String, Type::Time) => call("dwc_to_time", true),
        (Type::String, Type::Timestamp) => Some((format!("dwc_to_timestamp({x}, 'UTC')"), true)),
        (Type::String, Type::Json) => None,
        (Type::Date, Type::DateTime | Type::Timestamp)
        | (Type::DateTime | Type::Timestamp, Type::Date | Type::Time) => native(false),
        (Type::DateTime, Type::Timestamp) | (Type::Timestamp, Type::DateTime) => Some((x.clone(), false)),
        _ => None,
    }
}

/// Casts that GoogleSQL has and this file does not.
fn possible(from: &Type, to: &Type) -> bool {
    matches!(
        (from, to),
        (Type::Float64 | Type::String, Type::BigNumeric(_))
            | (Type::String, Type::Interval | Type::Range(_))
            | (Type::Range(_), Type::String)
            | (Type::Struct(_), Type::Struct(_))
            | (Type::Array(_), Type::Array(_))
    )
}

/// Whether DuckDB's 18 decimals keep the number whole.
fn exact_bignumeric(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.trim_start_matches(['-', '+']);
    digits.len() <= 20
        && fraction.len() <= 18
        && digits.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        && !(digits.is_empty() && fraction.is_empty())
}

/// Whether a FORMAT of numbers has a layout that DuckDB's function writes: signs and a currency around digits with separators.
/// Hexadecimal, exponential and minimal ones are not among them.
fn is_picture(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let first = upper.find(['0', '9', '.', 'D', 'V']).unwrap_or(upper.len());
    let last = upper.rfind(['0', '9', '.', 'D', 'V', ',', 'G']).map_or(first, |at| at + 1);
    let number = &upper[first..last.max(first)];
    let (whole, decimals) = number.split_at(number.find(['.', 'D', 'V']).unwrap_or(number.len()));
    let is_number = number.contains(['0', '9'])
        && whole.chars().all(|c| "09,G".contains(c))
        && decimals.chars().skip(1).all(|c| "09".contains(c));
    // Each of them once: all of the signs are of one kind, and so are the currencies.
    let mut kinds = String::new();
    let mut take = |mut around: &str, known: &[(&str, char)]| {
        while !around.is_empty() {
            let Some((rest, kind)) = known.iter().find_map(|(word, kind)| Some((around.strip_prefix(word)?, *kind)))
            else {
                return false;
            };
            if kinds.contains(kind) {
                return false;
            }
            kinds.push(kind);
            around = rest;
        }
        true
    };
    let before = [("FM", 'F'), ("B", 'B'), ("S", 'S'), ("$", 'C'), ("L", 'C'), ("C", 'C')];
    let after = [("FM", 'F'), ("B", 'B'), ("S", 'S'), ("MI", 'S'), ("PR", 'S'), ("$", 'C'), ("L", 'C'), ("C", 'C')];
    text.is_ascii() && is_number && take(&upper[..first], &before) && take(&upper[last.max(first)..], &after)
}

/// Format elements of CAST as strftime elements; `None` when one has no equal.
fn format_model(text: &str) -> Option<String> {
    const ELEMENTS: [(&str, &str); 14] = [
        ("YYYY", "%Y"),
        ("YY", "%y"),
        ("MONTH", "%^B"),
        ("MON", "%^b"),
        ("MM", "%m"),
        ("DDD", "%j"),
        ("DD", "%d"),
        ("HH24", "%H"),
        ("HH12", "%I"),
        ("HH", "%I"),
        ("MI", "%M"),
        ("SS", "%S"),
        ("AM", "%p"),
        ("PM", "%p"),
    ];
    let mut out = String::new();
    let mut rest = text;
    'text: while let Some(first) = rest.chars().next() {
        for (element, spec) in ELEMENTS {
            if let Some(head) = rest.get(..element.len())
                && head.eq_ignore_ascii_case(element)
            {
                if (spec.contains('^') || spec == "%p") && head != element {
                    return None;
                }
                out.push_str(spec);
                rest = &rest[element.len()..];
                continue 'text;
            }
        }
        if !matches!(first, '-' | '/' | ':' | '.' | ',' | ' ' | ';') {
            return None;
        }
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    Some(out)
}

fn read_type(ty: &DataType) -> Option<Type> {
    Some(match ty {
        DataType::Int64
        | DataType::BigInt(_)
        | DataType::Int(_)
        | DataType::Integer(_)
        | DataType::SmallInt(_)
        | DataType::TinyInt(_) => Type::Int64,
        DataType::Float64 => Type::Float64,
        DataType::Numeric(p) | DataType::Decimal(p) => Type::Numeric(precision(*p)),
        DataType::BigNumeric(p) | DataType::BigDecimal(p) => Type::BigNumeric(precision(*p)),
        DataType::Bool | DataType::Boolean => Type::Bool,
        DataType::String(_) => Type::String,
        DataType::Bytes(_) => Type::Bytes,
        DataType::Date => Type::Date,
        DataType::Datetime(_) => Type::DateTime,
        DataType::Time(..) => Type::Time,
        DataType::Timestamp(..) => Type::Timestamp,
        DataType::Interval { .. } => Type::Interval,
        DataType::JSON => Type::Json,
        DataType::Custom(name, parts) if parts.is_empty() => match Type::parse(&name.to_string())? {
            ty @ (Type::Range(_) | Type::Geography) => ty,
            _ => return None,
        },
        DataType::Array(ArrayElemTypeDef::AngleBracket(item)) => Type::Array(Box::new(read_type(item)?)),
        DataType::Struct(fields, _) => Type::Struct(
            fields
                .iter()
                .map(|f| {
                    let name = f.field_name.as_ref().map_or_else(String::new, |n| n.value.clone());
                    Some(Field { name, ty: read_type(&f.field_type)? })
                })
                .collect::<Option<Vec<_>>>()?,
        ),
        _ => return None,
    })
}

fn precision(info: ExactNumberInfo) -> Option<Precision> {
    match info {
        ExactNumberInfo::None => None,
        ExactNumberInfo::Precision(p) => Some(Precision { digits: u8::try_from(p).ok()?, scale: 0 }),
        ExactNumberInfo::PrecisionAndScale(p, s) => {
            Some(Precision { digits: u8::try_from(p).ok()?, scale: u8::try_from(s).ok()? })
        }
    }
}

/// Whether a FORMAT says how a type becomes another.
fn has_format(from: &Type, to: &Type) -> bool {
    let moment = |ty: &Type| matches!(ty, Type::Date | Type::DateTime | Type::Timestamp | Type::Time);
    match (from, to) {
        (Type::Unknown, _) | (Type::Bytes, Type::String) | (Type::String, Type::Bytes) => true,
        (from, Type::String) => moment(from) || from.is_numeric(),
        (Type::String, to) => moment(to),
        _ => false,
    }
}
