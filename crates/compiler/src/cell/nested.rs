//! Arrays and structs: a JSON document whose every leaf goes through the rules of its own type. It must not know where
//! the document comes from.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Cell, Kind, Reading, Sent, Shape, cut, json};
use dwc_googlesql::Type;

/// The document as its type takes it: leaves are texts, so that no reader of JSON bends them.
pub(super) fn cell(reading: &Reading, value: Sent<'_>) -> Result<Cell<'static>, String> {
    let Cell::Text(text) = (Reading { ty: Type::Json, ..reading.clone() }).cell(value)? else {
        return Ok(Cell::Null);
    };
    let fitted = fit(reading, &reading.ty, text.trim())?;
    Ok(if fitted == "null" { Cell::Null } else { Cell::Text(fitted.into()) })
}

fn fit(reading: &Reading, ty: &Type, document: &str) -> Result<String, String> {
    let wrong = |_| reading.no(&cut(document));
    match ty {
        _ if document == "null" => Ok("null".to_owned()),
        Type::Array(element) => {
            let values: Vec<&RawValue> = serde_json::from_str(document).map_err(wrong)?;
            // BigQuery stores no array with such an element, and what one engine takes is what the other takes.
            if values.iter().any(|value| value.get() == "null") {
                return Err(reading.no(&format!("it holds a NULL element, {}", cut(document))));
            }
            let fitted: Result<Vec<String>, String> =
                values.into_iter().map(|value| fit(reading, element, value.get())).collect();
            Ok(format!("[{}]", fitted?.join(",")))
        }
        Type::Struct(fields) => {
            let values = json::members(document).map_err(|_| reading.no(&cut(document)))?;
            let field = |field: &dwc_googlesql::Field| {
                let value =
                    values.iter().find(|(name, _)| *name == field.name).map_or("null", |(_, value)| value.get());
                Ok(format!("{}:{}", Value::from(field.name.as_str()), fit(reading, &field.ty, value)?))
            };
            let fitted: Result<Vec<String>, String> = fields.iter().map(field).collect();
            Ok(format!("{{{}}}", fitted?.join(",")))
        }
        Type::Json => Ok(document.to_owned()),
        ty => {
            let text = json::text(document).ok_or_else(|| reading.no(&cut(document)))?;
            let leaf = Reading { ty: ty.clone(), shape: Shape::of(Kind::Text), ..reading.clone() };
            leaf.cell(json::sent(document, &text)).map(|cell| written(ty, &cell, &text))
        }
    }
}

/// A leaf as a text that an engine's strict cast takes.
fn written(ty: &Type, cell: &Cell<'_>, text: &str) -> String {
    match (ty, cell) {
        (_, Cell::Null) => "null".to_owned(),
        (_, Cell::Bool(value)) => value.to_string(),
        (_, Cell::Int(value)) => value.to_string(),
        (Type::DateTime | Type::Timestamp, Cell::Instant(micros)) => {
            let at = chrono::DateTime::from_timestamp_micros(*micros).unwrap_or_default().naive_utc();
            Value::from(super::moment::write(at)).to_string()
        }
        (Type::String, _) => Value::from(text).to_string(),
        _ => Value::from(text.trim()).to_string(),
    }
}
