//! FORMAT: a literal format split at its specifiers, each value written by its type.
//! It must not hold the formats of dates: they are in the table.

use std::ops::Range;

use super::Lower;
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::{Value, quote_text};

impl Lower<'_> {
    /// FORMAT is split at its specifiers, so that each value is written by its type.
    pub(super) fn format_function(&mut self, args: &[Value], span: &Range<usize>) -> Value {
        self.expect(args[0].clone(), &Type::String, span.clone(), "the format of FORMAT");
        let Some(format) = args[0].as_text().map(str::to_string) else {
            let inputs: Vec<&Value> = args.iter().collect();
            let what = "FORMAT with a format that is not a literal";
            return self.unsupported_as(span.clone(), what, Type::String, &inputs);
        };
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = format.as_str();
        let mut next = 1;
        while let Some(at) = rest.find('%') {
            text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                text.push('%');
                rest = after;
                continue;
            }
            let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) else {
                return self.fail(ProblemKind::TypeMismatch, span.clone(), "FORMAT ends within a specifier");
            };
            let spec = &rest[..=end];
            rest = &rest[end + 1..];
            let Some(arg) = args.get(next) else {
                return self.fail(ProblemKind::ArgumentCount, span.clone(), "FORMAT has fewer values than specifiers");
            };
            next += 1;
            let number = arg.ty.is_numeric() || arg.ty == Type::Unknown;
            let fits = match spec.chars().last() {
                Some('d' | 'i' | 'u' | 'o' | 'x' | 'X') => matches!(arg.ty, Type::Int64 | Type::Unknown),
                Some('f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'a' | 'A') => number,
                Some('s') => matches!(arg.ty, Type::String | Type::Unknown),
                _ => true,
            };
            if !fits {
                let message = format!("FORMAT writes no {} as %{spec}", arg.ty);
                return self.fail(ProblemKind::TypeMismatch, span.clone(), message);
            }
            let Some(part) = specifier(spec, arg) else {
                let inputs: Vec<&Value> = args.iter().collect();
                let what = format!("FORMAT of {} as %{spec}", arg.ty);
                return self.unsupported_as(span.clone(), what, Type::String, &inputs);
            };
            if !text.is_empty() {
                parts.push(quote_text(&std::mem::take(&mut text)));
            }
            parts.push(part);
        }
        text.push_str(rest);
        if !text.is_empty() || parts.is_empty() {
            parts.push(quote_text(&text));
        }
        if next != args.len() {
            return self.fail(ProblemKind::ArgumentCount, span.clone(), "FORMAT has more values than specifiers");
        }
        let out = Value::over(Type::String, parts.join(" || "), &args.iter().collect::<Vec<_>>());
        if parts.len() > 1 { out.compound() } else { out }
    }
}

/// A printf specifier over a value; `None` when their pair is not translated.
fn specifier(spec: &str, arg: &Value) -> Option<String> {
    let kind = spec.chars().last()?;
    let flags = &spec[..spec.len() - 1];
    if flags.contains('*') {
        return None;
    }
    let quoted = quote_text(&format!("%{spec}"));
    let text = |inner: String| -> Option<String> {
        if flags.is_empty() { Some(inner) } else { Some(format!("dwc_format_string({quoted}, {inner})")) }
    };
    match (kind, &arg.ty) {
        ('s', Type::String) => text(arg.operand()),
        ('d' | 'i' | 'x' | 'X' | 'o', Type::Int64) => Some(if flags.is_empty() && matches!(kind, 'd' | 'i') {
            format!("CAST({} AS VARCHAR)", arg.sql)
        } else {
            format!("dwc_format_int64({quoted}, {})", arg.sql)
        }),
        ('f' | 'F' | 'e' | 'E' | 'g' | 'G', Type::Float64) => {
            Some(format!("dwc_format_float64({quoted}, {})", arg.sql))
        }
        ('f' | 'F', Type::Numeric(_)) => {
            Some(format!("dwc_format_numeric({quoted}, CAST({} AS DECIMAL(38,9)))", arg.sql))
        }
        ('t', ty) => {
            let inner = match ty {
                Type::String => arg.operand(),
                Type::Int64 | Type::Bool | Type::Date => format!("CAST({} AS VARCHAR)", arg.sql),
                Type::Numeric(_) | Type::BigNumeric(_) => {
                    format!("dwc_numeric_to_string({})", arg.sql)
                }
                Type::Float64 => format!("dwc_format_float_t({})", arg.sql),
                Type::DateTime => format!("dwc_datetime_to_string({})", arg.sql),
                Type::Timestamp => format!("dwc_timestamp_to_string({}, 'UTC')", arg.sql),
                Type::Bytes => format!("dwc_bytes_escaped({})", arg.sql),
                _ => return None,
            };
            text(format!("coalesce({inner}, 'NULL')"))
        }
        ('T', ty) => {
            let inner = match ty {
                Type::String => format!("dwc_literal_string({})", arg.sql),
                Type::Bytes => format!("dwc_bytes_literal({})", arg.sql),
                Type::Int64 | Type::Bool => format!("CAST({} AS VARCHAR)", arg.sql),
                Type::Date => format!("'DATE \"' || CAST({} AS VARCHAR) || '\"'", arg.sql),
                _ => return None,
            };
            text(format!("coalesce({inner}, 'NULL')"))
        }
        _ => None,
    }
}
