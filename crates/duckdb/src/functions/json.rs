//! JSON by GoogleSQL's paths, and values as JSON text. It must not know SQL types beyond text and numbers.

use std::collections::{BTreeMap, BTreeSet};

use duckdb::Connection;
use serde_json::Value;
use serde_json::value::RawValue;

use super::numbers::{float_text, float_text_with_point};
use super::vector::{Answer, add};

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_json_value", |(j, p): (String, String)| Ok(find(&j, &p)?.and_then(|v| scalar(&v))))?;
    add(c, "dwc_json_query", |(j, p): (String, String)| {
        Ok(find(&j, &p)?.filter(|v| v != "null").map(|v| compact(&v)))
    })?;
    add(c, "dwc_json_member", |(j, p): (String, String)| Ok(find(&j, &p)?.map(|v| compact(&v))))?;
    add(c, "dwc_json_values", |(j, p): (String, String)| match find(&j, &p)?.and_then(|v| items(&v)) {
        Some(items) if items.iter().all(|v| !v.starts_with(['[', '{'])) => {
            let texts: Vec<Value> = items.iter().map(|v| scalar(v).map_or(Value::Null, Value::String)).collect();
            Ok(Some(Value::Array(texts).to_string()))
        }
        _ => Ok(None),
    })?;
    add(c, "dwc_json_queries", |(j, p): (String, String)| match find(&j, &p)?.and_then(|v| items(&v)) {
        Some(items) => Ok(Some(Value::Array(items.iter().map(|v| Value::String(compact(v))).collect()).to_string())),
        None => Ok(None),
    })?;
    add(c, "dwc_json_key", |(j, k): (String, String)| {
        Ok(read(&j).and_then(|v| v.get(&k).cloned()).map(|v| v.to_string()))
    })?;
    add(c, "dwc_json_index", |(j, i): (String, i64)| {
        let at = usize::try_from(i).ok();
        Ok(read(&j).and_then(|v| v.get(at?).cloned()).map(|v| v.to_string()))
    })?;
    add(c, "dwc_json_key_list", |(j, depth, mode): (String, i64, String)| {
        let (into, nested) = match mode.to_ascii_lowercase().as_str() {
            "strict" => (false, false),
            "lax" => (true, false),
            "lax recursive" => (true, true),
            _ => return Err(format!("{mode} is not a mode of JSON_KEYS")),
        };
        if depth < 1 {
            return Err("the depth of JSON_KEYS is positive".into());
        }
        let mut keys = BTreeSet::new();
        let value = read(&j).ok_or_else(|| format!("{j} is not JSON"))?;
        key_paths(&value, "", depth, (into, nested), &mut keys);
        Ok(Some(Value::Array(keys.into_iter().map(Value::String).collect()).to_string()))
    })?;
    add(c, "dwc_parse_json", |(j,): (String,)| {
        let value = read(&j).ok_or_else(|| format!("{j} is not JSON"))?;
        match inexact(&j) {
            Some(number) => Err(format!("a number of JSON that FLOAT64 does not hold: {number}")),
            None => Ok(Some(sorted(value).to_string())),
        }
    })?;
    add(c, "dwc_json_type", |(j,): (String,)| {
        Ok(read(&j).map(|v| {
            match v {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            }
            .to_string()
        }))
    })?;
    add(c, "dwc_json_to_bool", |(j,): (String,)| typed(&j, "BOOL", Value::as_bool))?;
    add(c, "dwc_json_to_int64", |(j,): (String,)| {
        typed(&j, "INT64", |v| {
            v.as_i64().or_else(|| {
                let x = v.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 9e18)?;
                #[allow(clippy::cast_possible_truncation, reason = "whole and within the range")]
                Some(x as i64)
            })
        })
    })?;
    add(c, "dwc_json_to_float64", |(j,): (String,)| typed(&j, "FLOAT64", Value::as_f64))?;
    add(c, "dwc_json_to_string", |(j,): (String,)| typed(&j, "STRING", |v| v.as_str().map(str::to_string)))?;
    add(c, "dwc_json_string", |(s,): (String,)| Ok(Some(Value::String(s).to_string())))?;
    add(c, "dwc_json_int64", |(n,): (i64,)| {
        // Beyond 2^53 a reader of JSON would lose digits, so that it is a string there.
        Ok(Some(if n.unsigned_abs() > 1 << 53 { format!("\"{n}\"") } else { n.to_string() }))
    })?;
    add(c, "dwc_json_float64_value", |(x,): (f64,)| {
        let text = if x.is_finite() { float_text_with_point(x) } else { format!("\"{}\"", infinite(x)) };
        Ok(Some(text))
    })?;
    add(c, "dwc_json_float64", |(x,): (f64,)| {
        Ok(Some(if x.is_finite() { float_text(x) } else { format!("\"{}\"", infinite(x)) }))
    })
}

fn infinite(x: f64) -> &'static str {
    match x {
        x if x.is_nan() => "NaN",
        x if x > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

/// A JSON value; of two members with one name the first counts.
pub(super) fn read(json: &str) -> Option<Value> {
    fn build(raw: &RawValue) -> Option<Value> {
        let text = raw.get();
        Some(match text.as_bytes().first()? {
            b'{' => {
                let members: Members = serde_json::from_str(text).ok()?;
                let pairs = members.0.into_iter().map(|(key, value)| Some((key, build(value)?)));
                Value::Object(pairs.collect::<Option<_>>()?)
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Value::Array(items.into_iter().map(build).collect::<Option<_>>()?)
            }
            _ => serde_json::from_str(text).ok()?,
        })
    }
    build(serde_json::from_str(json).ok()?)
}

/// The first number of a JSON text that neither an integer nor a FLOAT64 holds as it is written.
fn inexact(json: &str) -> Option<String> {
    fn find(raw: &RawValue) -> Option<String> {
        let text = raw.get();
        match text.as_bytes().first()? {
            b'{' => serde_json::from_str::<Members>(text).ok()?.0.into_iter().find_map(|(_, value)| find(value)),
            b'[' => serde_json::from_str::<Vec<&RawValue>>(text).ok()?.into_iter().find_map(find),
            b'-' | b'0'..=b'9' => {
                let is_whole = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
                let held = is_whole || text.parse::<f64>().is_ok_and(|x| digits(text) == digits(&format!("{x:e}")));
                (!held).then(|| text.to_owned())
            }
            _ => None,
        }
    }
    find(serde_json::from_str(json).ok()?)
}

/// The digits of a number from the first to the last that is not zero, and the power of ten behind them.
fn digits(number: &str) -> Option<(String, i64)> {
    let number = number.trim_start_matches('-').to_ascii_lowercase();
    let (mantissa, exponent) = number.split_once('e').unwrap_or((&number, "0"));
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{decimals}");
    let kept = all.trim_end_matches('0');
    let power = exponent.parse::<i64>().ok()? - i64::try_from(decimals.len()).ok()?;
    let power = power + i64::try_from(all.len() - kept.len()).ok()?;
    let kept = kept.trim_start_matches('0').to_owned();
    Some(if kept.is_empty() { (kept, 0) } else { (kept, power) })
}

fn typed<R>(json: &str, ty: &str, take: impl Fn(&Value) -> Option<R>) -> Answer<R> {
    let value = read(json).ok_or_else(|| format!("{json} is not JSON"))?;
    take(&value).map(Some).ok_or_else(|| format!("the JSON value is not of type {ty}"))
}

/// The paths of members down to a depth; a lax mode looks into arrays, and a recursive one into arrays of arrays.
fn key_paths(value: &Value, at: &str, depth: i64, (into, nested): (bool, bool), keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) if depth > 0 => {
            for (key, value) in members {
                let path = if at.is_empty() { step_text(key) } else { format!("{at}.{}", step_text(key)) };
                key_paths(value, &path, depth - 1, (into, nested), keys);
                keys.insert(path);
            }
        }
        Value::Array(items) if into => {
            for item in items.iter().filter(|item| nested || !item.is_array()) {
                key_paths(item, at, depth, (into, nested), keys);
            }
        }
        _ => {}
    }
}

/// A key within a path: in quotes where it would be read as another.
fn step_text(key: &str) -> String {
    let quoted =
        Value::String(key.to_string()).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    if key.contains('.') || quoted.len() != key.len() + 2 { quoted } else { key.to_string() }
}

/// The JSON type keeps its keys in order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<(String, Value)> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The members of an object; of two with one name the first counts.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct First;
        impl<'de> serde::de::Visitor<'de> for First {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.entry(key).or_insert(value);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(First)
    }
}

/// A scalar as text; a number keeps its digits.
fn scalar(json: &str) -> Option<String> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok(),
        b'[' | b'{' => None,
        _ if json == "null" => None,
        _ => Some(json.to_string()),
    }
}

fn items(json: &str) -> Option<Vec<String>> {
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(items.into_iter().map(|v| v.get().to_string()).collect())
}

/// JSON text without the spaces between its parts.
fn compact(json: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::with_capacity(json.len()), false, false);
    for ch in json.chars() {
        if inside {
            inside = escaped || ch != '"';
            escaped = !escaped && ch == '\\';
        } else if ch == '"' {
            inside = true;
        } else if ch.is_ascii_whitespace() {
            continue;
        }
        out.push(ch);
    }
    out
}

/// The text of the value at a path; a text that is not JSON has none, a path that is not a path is an error.
fn find(json: &str, path: &str) -> Result<Option<String>, String> {
    let steps = steps(path).ok_or_else(|| format!("{path} is not a JSONPath"))?;
    let Ok(whole) = serde_json::from_str::<&RawValue>(json) else {
        return Ok(None);
    };
    let mut value = whole.get().to_string();
    for step in steps {
        let next = match value.as_bytes().first() {
            Some(b'{') => serde_json::from_str::<Members>(&value)
                .ok()
                .and_then(|members| members.0.get(&step).map(|v| v.get().to_string())),
            Some(b'[') => step.parse::<usize>().ok().and_then(|i| items(&value)?.into_iter().nth(i)),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// `$.a.b[0]['c']` as keys.
pub(super) fn steps(path: &str) -> Option<Vec<String>> {
    let mut rest = path.strip_prefix('$')?;
    let mut out = Vec::new();
    while let Some(first) = rest.chars().next() {
        rest = &rest[1..];
        match first {
            '.' if rest.starts_with('"') => {
                let end = rest[1..].find('"')?;
                out.push(rest[1..=end].to_string());
                rest = &rest[end + 2..];
            }
            '.' => {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return None;
                }
                out.push(rest[..end].to_string());
                rest = &rest[end..];
            }
            '[' => {
                let end = rest.find(']')?;
                let inner = rest[..end].trim();
                let key = inner
                    .strip_prefix('\'')
                    .and_then(|k| k.strip_suffix('\''))
                    .or_else(|| inner.strip_prefix('"').and_then(|k| k.strip_suffix('"')))
                    .unwrap_or(inner);
                out.push(key.to_string());
                rest = &rest[end + 1..];
            }
            _ => return None,
        }
    }
    Some(out)
}
