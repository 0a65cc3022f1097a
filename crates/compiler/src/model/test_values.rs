//! The values of unit tests: a literal as the JSON that a source gives, and as the text that a warehouse answers with. The
//! cell rules of files decide what fits a type. It must not know tables.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use dwc_googlesql::Type;
use serde_json::Value as Json;

use crate::cell::{Cell, Kind, Reading, Shape, hexadecimal, json, moment};
use crate::syntax::{Literal, LiteralValue};

/// A literal as the JSON text of a value of a type.
pub(super) fn document(literal: &Literal, ty: &Type) -> String {
    let quoted = |text: &str| Json::String(text.to_owned()).to_string();
    match (&literal.value, ty) {
        (LiteralValue::Null, _) => "null".to_owned(),
        (LiteralValue::Scalar { text, plain }, ty) => {
            let is_bare = match ty {
                Type::Bool | Type::Json if matches!(text.as_str(), "true" | "false") => true,
                Type::Int64 | Type::Float64 | Type::Numeric(_) | Type::BigNumeric(_) | Type::Json => {
                    text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && json::check(text).is_ok()
                }
                _ => false,
            };
            if *plain && is_bare { text.clone() } else { quoted(text) }
        }
        (LiteralValue::List(items), ty) => {
            let element = match ty {
                Type::Array(element) => element,
                other => other,
            };
            let items: Vec<String> = items.iter().map(|item| document(item, element)).collect();
            format!("[{}]", items.join(", "))
        }
        (LiteralValue::Map(entries), ty) => {
            let of = |name: &str| match ty {
                Type::Struct(fields) => {
                    fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map_or(ty, |field| &field.ty)
                }
                other => other,
            };
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, _, value)| format!("{}: {}", quoted(name), document(value, of(name))))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// The value of a JSON text as a warehouse writes it, by the cell rules of files.
///
/// # Errors
/// Why it is not of the type.
pub(super) fn value(document: &str, column: &str, ty: &Type, zone: Tz) -> Result<Option<String>, String> {
    let reading = Reading { name: column.to_owned(), ty: ty.clone(), shape: Shape::of(Kind::Text), zone };
    let text = json::text(document).unwrap_or(Cow::Borrowed(document));
    let sent = match ty {
        Type::Json | Type::Array(_) | Type::Struct(_) if document != "null" => {
            crate::cell::Sent::Bytes(document.as_bytes())
        }
        _ => json::sent(document, &text),
    };
    let cell = reading.cell(sent)?;
    // The ends of time are the same everywhere.
    if *ty == Type::Timestamp
        && let Some(at) = moment::Spelled::read(&text).filter(|at| at.offset.is_none() && moment::is_sentinel(at.local))
    {
        return Ok(canonical(&Cell::Instant(moment::micros(at.local)), ty));
    }
    Ok(canonical(&cell, ty))
}

/// An instant or a day within a value of such a type, in UTC.
pub(super) fn instant(document: &str, column: &str, ty: &Type, zone: Tz) -> Option<chrono::NaiveDateTime> {
    let reading = Reading { name: column.to_owned(), ty: ty.clone(), shape: Shape::of(Kind::Text), zone };
    let text = json::text(document)?;
    match reading.cell(json::sent(document, &text)).ok()? {
        Cell::Date(days) => {
            let day = NaiveDate::from_epoch_days(days)?.and_time(NaiveTime::MIN);
            Some(moment::to_utc(day, zone))
        }
        Cell::Instant(micros) => {
            let at = DateTime::from_timestamp_micros(micros)?.naive_utc();
            Some(if *ty == Type::DateTime { moment::to_utc(at, zone) } else { at })
        }
        _ => None,
    }
}

fn canonical(cell: &Cell<'_>, ty: &Type) -> Option<String> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Int(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Decimal(value) => {
            let (_, scale) = Reading::precision(ty);
            let digits = format!("{:0>width$}", value.unsigned_abs(), width = usize::from(scale) + 1);
            let (whole, part) = digits.split_at(digits.len() - usize::from(scale));
            let sign = if *value < 0 { "-" } else { "" };
            let text = format!("{sign}{whole}.{part}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Cell::Bool(value) => value.to_string(),
        Cell::Text(text) if matches!(ty, Type::Json | Type::Array(_) | Type::Struct(_)) => canonical_document(text),
        Cell::Text(text) => text.to_string(),
        Cell::Bytes(bytes) => hexadecimal(bytes).trim_start_matches("0x").to_owned(),
        Cell::Date(days) => NaiveDate::from_epoch_days(*days)?.format("%Y-%m-%d").to_string(),
        Cell::Time(micros) => {
            let at = NaiveTime::MIN + TimeDelta::microseconds(*micros);
            let text = at.format("%H:%M:%S%.6f").to_string();
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Cell::Instant(micros) => {
            DateTime::from_timestamp_micros(*micros)?.naive_utc().format("%Y-%m-%d %H:%M:%S%.f").to_string()
        }
    })
}

/// A JSON text in one spelling.
#[must_use]
pub fn canonical_document(text: &str) -> String {
    serde_json::from_str::<Json>(text).map_or_else(|_| text.to_owned(), |value| value.to_string())
}

/// A value as a reader of a test writes it: instants by the clocks of a zone.
#[must_use]
pub fn shown(value: &str, ty: &Type, zone: Tz) -> String {
    let without_midnight = |text: String| text.strip_suffix(" 00:00:00").map(str::to_owned).unwrap_or(text);
    match (ty, moment::read(value)) {
        (Type::Timestamp, Some(at)) if !moment::is_sentinel(at) => {
            let local = moment::to_local(at, zone);
            // An hour that comes twice is written in UTC.
            if moment::to_utc(local, zone) != at {
                return format!("{value}Z");
            }
            without_midnight(local.format("%Y-%m-%d %H:%M:%S%.f").to_string())
        }
        (Type::Timestamp | Type::DateTime, Some(_)) => without_midnight(value.to_owned()),
        _ => value.to_owned(),
    }
}
