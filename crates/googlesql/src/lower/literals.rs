//! Literals: what the parser left as written is unescaped here and written as DuckDB literals.

use std::ops::Range;

use sqlparser::ast::{Value as Literal, ValueWithSpan};

use super::Lower;
use crate::problem::ProblemKind;
use crate::types::Type;
use crate::value::{Literal as Known, Value, quote_text};

impl Lower<'_> {
    pub(super) fn literal(&mut self, literal: &ValueWithSpan) -> Value {
        let span = self.span(literal.span);
        match &literal.value {
            Literal::Number(digits, _) => self.number(digits, span),
            Literal::HexStringLiteral(digits) => match i64::from_str_radix(digits, 16) {
                Ok(n) => int(n),
                Err(_) => self.fail(ProblemKind::ParseError, span, format!("0x{digits} is not an INT64")),
            },
            Literal::Boolean(b) => Value::new(Type::Bool, if *b { "TRUE" } else { "FALSE" }),
            Literal::Null => {
                let mut value = Value::unknown();
                value.literal = Some(Known::Null);
                value
            }
            Literal::SingleQuotedByteStringLiteral(text)
            | Literal::DoubleQuotedByteStringLiteral(text)
            | Literal::TripleSingleQuotedByteStringLiteral(text)
            | Literal::TripleDoubleQuotedByteStringLiteral(text) => match unescape_bytes(text) {
                Some(bytes) => Value::new(Type::Bytes, blob(&bytes)),
                None => self.fail(ProblemKind::ParseError, span, "unknown escape sequence in a bytes literal"),
            },
            Literal::Placeholder(name) => self.unsupported(span, format!("the parameter {name}")),
            Literal::SingleQuotedString(text) if doubled(text, '\'') => {
                self.fail(ProblemKind::ParseError, span, "two strings without a space between them")
            }
            other => match text_of(other) {
                Some(Some(text)) => Value::string(&text),
                Some(None) => self.fail(ProblemKind::ParseError, span, "unknown escape sequence in a string literal"),
                None => self.unsupported(span, format!("the literal {other}")),
            },
        }
    }

    fn number(&mut self, digits: &str, span: Range<usize>) -> Value {
        if digits.contains(['.', 'e', 'E']) {
            let sql = if digits.contains(['e', 'E']) { digits.to_string() } else { format!("{digits}e0") };
            let mut value = Value::new(Type::Float64, sql);
            value.literal = Some(Known::Float(digits.to_string()));
            return value;
        }
        match digits.parse::<i64>() {
            Ok(n) => int(n),
            Err(_) => self.fail(ProblemKind::ParseError, span, format!("{digits} is beyond INT64")),
        }
    }
}

/// An INT64 literal, typed, because DuckDB would take a small one as 32 bits.
pub(super) fn int(n: i64) -> Value {
    let sql = if n == i64::MIN {
        "CAST('-9223372036854775808' AS BIGINT)".to_string()
    } else {
        format!("CAST({n} AS BIGINT)")
    };
    let mut value = Value::new(Type::Int64, sql);
    value.literal = Some(Known::Int(n.to_string()));
    value
}

/// The text of any string literal: outer `None` when it is not a string, inner when an escape is unknown.
pub(super) fn text_of(literal: &Literal) -> Option<Option<String>> {
    match literal {
        Literal::SingleQuotedString(text)
        | Literal::DoubleQuotedString(text)
        | Literal::TripleSingleQuotedString(text)
        | Literal::TripleDoubleQuotedString(text) => Some(unescape(text)),
        Literal::SingleQuotedRawStringLiteral(text)
        | Literal::DoubleQuotedRawStringLiteral(text)
        | Literal::TripleSingleQuotedRawStringLiteral(text)
        | Literal::TripleDoubleQuotedRawStringLiteral(text) => Some(Some(text.clone())),
        _ => None,
    }
}

/// Whether a quote stands twice in a text: it escapes nothing in GoogleSQL.
fn doubled(text: &str, quote: char) -> bool {
    let mut escaped = false;
    let mut before = false;
    for c in text.chars() {
        if c == quote && before && !escaped {
            return true;
        }
        before = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
    }
    false
}

/// Whether a text is one of GoogleSQL's forms of a moment: a day that exists, a time of day, a zone.
pub(crate) fn is_moment(text: &str, ty: &Type) -> bool {
    let text = text.trim_matches(' ');
    let number = |t: &str, most: usize, range: std::ops::RangeInclusive<u32>| {
        (1..=most).contains(&t.len()) && t.parse::<u32>().is_ok_and(|n| range.contains(&n))
    };
    let clock = |t: &str| {
        let (whole, fraction) = t.split_once('.').unwrap_or((t, "0"));
        let parts: Vec<&str> = whole.split(':').collect();
        parts.len() == 3
            && number(parts[0], 2, 0..=23)
            && number(parts[1], 2, 0..=59)
            && number(parts[2], 2, 0..=60)
            && (1..=9).contains(&fraction.len())
            && fraction.bytes().all(|b| b.is_ascii_digit())
    };
    let day = |t: &str| {
        let parts: Vec<&str> = t.split('-').collect();
        let [y, m, d] = parts.as_slice() else { return false };
        let (Ok(year), Ok(month)) = (y.parse::<u32>(), m.parse::<u32>()) else { return false };
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        y.len() <= 5 && (1..=9999).contains(&year) && number(m, 2, 1..=12) && number(d, 2, 1..=last)
    };
    let (date, rest) = text.split_once([' ', 'T', 't']).map_or((text, None), |(d, r)| (d, Some(r)));
    match ty {
        Type::Date => rest.is_none() && day(date),
        Type::Time => clock(text),
        Type::DateTime => day(date) && rest.is_none_or(clock),
        _ => {
            let bare = date.split_once('+').map_or(date, |(d, _)| d).trim_end_matches(['Z', 'z']);
            let Some(rest) = rest else { return day(bare) };
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
            day(date) && (end == 0 || clock(&rest[..end]))
        }
    }
}

/// Whether a text is a decimal number.
pub(super) fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(f64::is_finite) && text.contains(|c: char| c.is_ascii_digit())
}

/// GoogleSQL's escape sequences in strings.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escape = chars.next()?;
        match simple_escape(escape) {
            Some(byte) => out.push(char::from(byte)),
            None => out.push(char::from_u32(number_escape(escape, &mut chars)?)?),
        }
    }
    Some(out)
}

/// The same in bytes: `\x` and octal give bytes, not characters.
fn unescape_bytes(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.extend(c.to_string().bytes());
            continue;
        }
        let escape = chars.next()?;
        match simple_escape(escape) {
            Some(byte) => out.push(byte),
            None if matches!(escape, 'u' | 'U') => return None,
            None => out.push(u8::try_from(number_escape(escape, &mut chars)?).ok()?),
        }
    }
    Some(out)
}

fn simple_escape(escape: char) -> Option<u8> {
    Some(match escape {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '?' => b'?',
        '"' => b'"',
        '\'' => b'\'',
        '`' => b'`',
        _ => return None,
    })
}

fn number_escape(escape: char, chars: &mut std::str::Chars<'_>) -> Option<u32> {
    let (mut digits, count, radix) = match escape {
        'x' | 'X' => (String::new(), 2, 16),
        'u' => (String::new(), 4, 16),
        'U' => (String::new(), 8, 16),
        '0'..='3' => (escape.to_string(), 2, 8),
        _ => return None,
    };
    for _ in 0..count {
        digits.push(chars.next()?);
    }
    u32::from_str_radix(&digits, radix).ok()
}

/// A DuckDB BLOB literal.
fn blob(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|b| format!("\\x{b:02X}")).collect();
    format!("CAST('{hex}' AS BLOB)")
}

/// A string literal as a date or time: a plain DuckDB literal when it is in the canonical form without a zone,
/// else the function that reads GoogleSQL's forms.
pub(crate) fn moment_literal(text: &str, to: &Type) -> String {
    let (form, word, function) = match to {
        Type::Date => ("dddd-dd-dd", "DATE", "dwc_to_date"),
        Type::Time => ("dd:dd:dd", "TIME", "dwc_to_time"),
        Type::DateTime => ("dddd-dd-dd dd:dd:dd", "TIMESTAMP", "dwc_to_datetime"),
        _ => ("dddd-dd-dd dd:dd:dd", "TIMESTAMP", "dwc_to_timestamp"),
    };
    let utc = text.strip_suffix("+00:00").or_else(|| text.strip_suffix("+00")).or_else(|| text.strip_suffix(" UTC"));
    let bare = if *to == Type::Timestamp { utc.unwrap_or(text) } else { text };
    if is_form(bare, form) && !bare.starts_with("0000") {
        return format!("{word} {}", quote_text(bare));
    }
    match to {
        Type::Timestamp => format!("{function}({}, 'UTC')", quote_text(text)),
        _ => format!("{function}({})", quote_text(text)),
    }
}

fn is_form(text: &str, form: &str) -> bool {
    let (text, fraction) = text.split_once('.').unwrap_or((text, "0"));
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(t, f)| if f == b'd' { t.is_ascii_digit() } else { t == f })
        && (1..=6).contains(&fraction.len())
        && fraction.bytes().all(|b| b.is_ascii_digit())
}
