//! JSON values that are changed, and read without strictness: JSON_SET, JSON_REMOVE, JSON_STRIP_NULLS, LAX_*.
//! It must not know paths: `json` reads them.

use duckdb::Connection;
use serde_json::{Map, Number, Value};

use super::json::{read, steps};
use super::numbers::float_text;
use super::vector::add;

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_json_set", |(j, p, v): (String, String, String)| {
        let (mut whole, value) = (parsed(&j)?, parsed(&v)?);
        set(&mut whole, &path(&p)?, value);
        Ok(Some(whole.to_string()))
    })?;
    add(c, "dwc_json_remove", |(j, p): (String, String)| {
        let (mut whole, steps) = (parsed(&j)?, path(&p)?);
        if steps.is_empty() {
            return Err("the JSONPath '$' removes everything".into());
        }
        remove(&mut whole, &steps);
        Ok(Some(whole.to_string()))
    })?;
    add(c, "dwc_json_strip_nulls", |(j,): (String,)| Ok(Some(stripped(parsed(&j)?).to_string())))?;
    add(c, "dwc_json_lax_bool", |(j,): (String,)| {
        Ok(match parsed(&j)? {
            Value::Bool(b) => Some(b),
            Value::Number(n) => n.as_f64().map(|x| x != 0.0),
            Value::String(s) if s.eq_ignore_ascii_case("true") => Some(true),
            Value::String(s) if s.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        })
    })?;
    add(c, "dwc_json_lax_int64", |(j,): (String,)| {
        Ok(match parsed(&j)? {
            Value::Bool(b) => Some(i64::from(b)),
            Value::Number(n) => whole(&n),
            Value::String(s) => s.trim().parse::<i64>().ok().or_else(|| number(&s).and_then(rounded)),
            _ => None,
        })
    })?;
    add(c, "dwc_json_lax_float64", |(j,): (String,)| {
        Ok(match parsed(&j)? {
            Value::Number(n) => n.as_f64(),
            Value::String(s) => number(&s),
            _ => None,
        })
    })?;
    add(c, "dwc_json_lax_string", |(j,): (String,)| {
        Ok(match parsed(&j)? {
            Value::Bool(b) => Some(b.to_string()),
            Value::String(s) => Some(s),
            Value::Number(n) if n.is_f64() => n.as_f64().map(float_text),
            Value::Number(n) => Some(n.to_string()),
            _ => None,
        })
    })
}

fn parsed(json: &str) -> Result<Value, String> {
    read(json).ok_or_else(|| format!("{json} is not JSON"))
}

fn path(text: &str) -> Result<Vec<String>, String> {
    steps(text).ok_or_else(|| format!("{text} is not a JSONPath"))
}

/// Puts a value at a path; members, elements and what stands at NULL are made, other types are left as they are.
fn set(at: &mut Value, steps: &[String], value: Value) {
    let Some((step, rest)) = steps.split_first() else {
        *at = value;
        return;
    };
    let index = step.parse::<usize>().ok();
    if at.is_null() {
        *at = if index.is_some() { Value::Array(vec![]) } else { Value::Object(Map::new()) };
    }
    match (at, index) {
        (Value::Object(members), _) => set(members.entry(step.clone()).or_insert(Value::Null), rest, value),
        (Value::Array(items), Some(i)) => {
            if items.len() <= i {
                items.resize(i + 1, Value::Null);
            }
            set(&mut items[i], rest, value);
        }
        _ => {}
    }
}

fn remove(at: &mut Value, steps: &[String]) {
    let Some((step, rest)) = steps.split_first() else { return };
    match (at, step.parse::<usize>().ok()) {
        (Value::Object(members), _) if rest.is_empty() => {
            members.remove(step);
        }
        (Value::Array(items), Some(i)) if rest.is_empty() && i < items.len() => {
            items.remove(i);
        }
        (Value::Object(members), _) => {
            if let Some(next) = members.get_mut(step) {
                remove(next, rest);
            }
        }
        (Value::Array(items), Some(i)) => {
            if let Some(next) = items.get_mut(i) {
                remove(next, rest);
            }
        }
        _ => {}
    }
}

fn stripped(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, stripped(v))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().filter(|v| !v.is_null()).map(stripped).collect()),
        other => other,
    }
}

fn whole(n: &Number) -> Option<i64> {
    n.as_i64().or_else(|| n.as_f64().and_then(rounded))
}

/// Halves are rounded away from zero.
fn rounded(x: f64) -> Option<i64> {
    let x = x.round();
    #[allow(clippy::cast_possible_truncation, reason = "whole and within the range")]
    (x.abs() < 9.2e18).then_some(x as i64)
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}
