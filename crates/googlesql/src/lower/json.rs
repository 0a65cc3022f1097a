//! JSON made of values: TO_JSON, TO_JSON_STRING, JSON_OBJECT, JSON_ARRAY, and what JSON_SET and its kin change.
//! It must not read JSON: that is in the table of functions.

use std::ops::Range;

use super::Lower;
use crate::problem::ProblemKind;
use crate::types::{Type, field_name};
use crate::value::{Value, quote_text};

/// How numbers that a reader may not hold are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wide {
    /// As strings: TO_JSON_STRING.
    Quoted,
    /// As numbers: the JSON type.
    Plain,
}

impl Lower<'_> {
    /// The call when it makes or changes JSON.
    pub(super) fn json_function(
        &mut self,
        name: &str,
        args: &[Value],
        named: &[(String, Value)],
        spans: &[Range<usize>],
        span: &Range<usize>,
    ) -> Option<Value> {
        Some(match (name, args.len(), named.len()) {
            ("TO_JSON_STRING", 1, 0) => self.json_string(&args[0], span),
            ("TO_JSON", 1, 0) => {
                self.json_of(Type::Json, json_text(&args[0].sql, &args[0].ty, Wide::Plain, 0), args, span)
            }
            ("JSON_ARRAY", _, 0) => {
                let parts = args.iter().map(|a| json_text(&a.sql, &a.ty, Wide::Plain, 0)).collect::<Option<Vec<_>>>();
                let text = parts.map(|parts| {
                    if parts.is_empty() {
                        "'[]'".into()
                    } else {
                        format!("'[' || {} || ']'", parts.join(" || ',' || "))
                    }
                });
                self.json_of(Type::Json, text, args, span)
            }
            ("JSON_OBJECT", 0, 0) => self.json_of(Type::Json, Some("'{}'".into()), args, span),
            ("JSON_OBJECT", n, 0) if n % 2 == 0 && !matches!(args[0].ty, Type::Array(_)) => {
                let mut parts = Vec::new();
                for (pair, at) in args.chunks(2).zip(spans.chunks(2)) {
                    let key = self.expect(pair[0].clone(), &Type::String, at[0].clone(), "a key of JSON_OBJECT");
                    let value = json_text(&pair[1].sql, &pair[1].ty, Wide::Plain, 0);
                    parts.push(value.map(|value| format!("dwc_json_key_text({}) || {value}", key.sql)));
                }
                let text = parts.into_iter().collect::<Option<Vec<_>>>();
                let text = text.map(|parts| format!("'{{' || {} || '}}'", parts.join(" || ',' || ")));
                self.json_of(Type::Json, text, args, span)
            }
            ("JSON_SET", n, 0) if n >= 3 && n % 2 == 1 && args[0].ty == Type::Json => {
                let mut sql = args[0].sql.clone();
                for pair in args[1..].chunks(2) {
                    self.constant_path(name, &pair[0], span);
                    let value = json_text(&pair[1].sql, &pair[1].ty, Wide::Plain, 0)?;
                    sql = format!("dwc_json_set({sql}, {}, {value})", pair[0].sql);
                }
                Value::over(Type::Json, sql, &args.iter().collect::<Vec<_>>())
            }
            ("JSON_REMOVE", 2.., 0) if args[0].ty == Type::Json => {
                let mut sql = args[0].sql.clone();
                for path in &args[1..] {
                    self.constant_path(name, path, span);
                    sql = format!("dwc_json_remove({sql}, {})", path.sql);
                }
                Value::over(Type::Json, sql, &args.iter().collect::<Vec<_>>())
            }
            ("JSON_STRIP_NULLS", 1, 0) if args[0].ty == Type::Json => {
                Value::over(Type::Json, format!("dwc_json_strip_nulls({})", args[0].sql), &[&args[0]])
            }
            ("JSON_KEYS", 1 | 2, 0 | 1)
                if args[0].ty == Type::Json && named.iter().all(|(n, _)| n.eq_ignore_ascii_case("mode")) =>
            {
                let depth = match args.get(1) {
                    Some(depth) => self.expect(depth.clone(), &Type::Int64, spans[1].clone(), "the depth of JSON_KEYS"),
                    None => Value::new(Type::Int64, "NULL"),
                };
                let mode = match named.first() {
                    Some((_, mode)) => self.expect(mode.clone(), &Type::String, span.clone(), "the mode of JSON_KEYS"),
                    None => Value::new(Type::String, "'strict'"),
                };
                let sql = format!("dwc_json_keys({}, {}, {})", args[0].sql, depth.sql, mode.sql);
                Value::over(Type::Array(Box::new(Type::String)), sql, &[&args[0], &depth, &mode])
            }
            _ => return None,
        })
    }

    fn constant_path(&mut self, name: &str, path: &Value, span: &Range<usize>) {
        if path.ty != Type::String || !path.is_constant() {
            let message = format!("a path of `{name}` must be a constant STRING, found {}", path.ty);
            self.report(ProblemKind::TypeMismatch, span.clone(), message, None);
        }
    }

    fn json_of(&mut self, ty: Type, text: Option<String>, args: &[Value], span: &Range<usize>) -> Value {
        let inputs: Vec<&Value> = args.iter().collect();
        match text {
            Some(text) => Value::over(ty, format!("dwc_parse_json({text})"), &inputs),
            None => self.unsupported_as(span.clone(), "JSON of these types", ty, &inputs),
        }
    }

    fn json_string(&mut self, value: &Value, span: &Range<usize>) -> Value {
        match json_text(&value.sql, &value.ty, Wide::Quoted, 0) {
            Some(sql) => Value::over(Type::String, sql, &[value]),
            None => {
                self.unsupported_as(span.clone(), format!("TO_JSON_STRING of {}", value.ty), Type::String, &[value])
            }
        }
    }
}

/// The JSON text of a value by its type, as GoogleSQL writes it.
fn json_text(x: &str, ty: &Type, wide: Wide, depth: usize) -> Option<String> {
    let direct = match ty {
        Type::Int64 if wide == Wide::Plain => format!("CAST({x} AS VARCHAR)"),
        Type::Int64 => format!("dwc_json_int64({x})"),
        Type::Bool => format!("CAST({x} AS VARCHAR)"),
        Type::Float64 if wide == Wide::Plain => format!("dwc_json_float64_value({x})"),
        Type::Float64 => format!("dwc_json_float64({x})"),
        Type::Numeric(_) | Type::BigNumeric(_) if wide == Wide::Plain => format!("dwc_numeric_to_string({x})"),
        Type::Numeric(_) | Type::BigNumeric(_) => format!("dwc_json_numeric({x})"),
        Type::String => format!("dwc_json_string({x})"),
        Type::Bytes => format!("dwc_json_string(to_base64({x}))"),
        Type::Date => format!("'\"' || CAST({x} AS VARCHAR) || '\"'"),
        Type::DateTime => format!("'\"' || dwc_json_datetime({x}) || '\"'"),
        Type::Timestamp => format!("'\"' || dwc_json_datetime({x}) || 'Z\"'"),
        Type::Time => format!("'\"' || dwc_time_to_string({x}) || '\"'"),
        Type::Json => format!("CAST({x} AS VARCHAR)"),
        Type::Unknown => "NULL".into(),
        Type::Array(item) => {
            let name = format!("x{depth}");
            let inner = json_text(&name, item, wide, depth + 1)?;
            format!("'[' || array_to_string(list_transform({x}, lambda {name}: {inner}), ',') || ']'")
        }
        Type::Struct(fields) => {
            let mut parts = Vec::new();
            for (i, field) in fields.iter().enumerate() {
                let value = format!("struct_extract({x}, {})", quote_text(&field_name(&field.name, i)));
                let label = serde_json::to_string(&field.name).ok()?;
                let label = quote_text(&format!("{}{label}:", if i > 0 { "," } else { "" }));
                parts.push(format!("{label} || {}", json_text(&value, &field.ty, wide, depth)?));
            }
            let body = if parts.is_empty() { "''".to_string() } else { parts.join(" || ") };
            format!("'{{' || {body} || '}}'")
        }
        Type::Interval | Type::Geography | Type::Range(_) => return None,
    };
    Some(format!("coalesce({direct}, 'null')"))
}
