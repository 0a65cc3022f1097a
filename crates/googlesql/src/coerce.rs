//! The implicit conversions of GoogleSQL: which type fits where, and which type several values share.
//! There are few, and none between STRING and a number. Explicit casts live in `lower::cast`.

use super::types::{Field, Type, field_name, quoted};
use super::value::{Literal, Value, quote_text};

/// Whether a value goes where `to` is wanted without a cast.
pub(super) fn fits(value: &Value, to: &Type) -> bool {
    converts(&value.ty, to)
        || matches!(
            (&value.literal, to),
            (Some(Literal::Str(_)), Type::Bytes) | (Some(Literal::Float(_)), Type::Numeric(_) | Type::BigNumeric(_))
        )
        || matches!((&value.literal, to), (Some(Literal::Str(text)), Type::Date | Type::DateTime | Type::Timestamp | Type::Time)
            if super::lower::is_moment(text, to))
}

/// Whether every value of one type is taken where the other is wanted.
pub(super) fn converts(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Unknown, _) | (_, Type::Unknown) => true,
        (Type::Int64, Type::Numeric(_) | Type::BigNumeric(_) | Type::Float64) => true,
        (Type::Numeric(_), Type::Numeric(_) | Type::BigNumeric(_) | Type::Float64) => true,
        (Type::BigNumeric(_), Type::BigNumeric(_) | Type::Float64) => true,
        (Type::Date, Type::DateTime) => true,
        (Type::Array(a), Type::Array(b)) => converts_inside(a, b),
        (Type::Struct(a), Type::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| converts_inside(&a.ty, &b.ty))
        }
        (a, b) => a == b,
    }
}

/// Inside arrays and structs only unknown parts adapt.
fn converts_inside(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Unknown, _) | (_, Type::Unknown) => true,
        (Type::Array(a), Type::Array(b)) => converts_inside(a, b),
        (Type::Struct(a), Type::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| converts_inside(&a.ty, &b.ty))
        }
        (a, b) => a.plain() == b.plain(),
    }
}

/// The type that all values convert to, if there is one.
pub(super) fn common(values: &[&Value]) -> Option<Type> {
    let mut best = Type::Unknown;
    // Columns decide first, literals adapt to them.
    let (literals, columns): (Vec<&Value>, Vec<&Value>) = values.iter().partition(|v| v.literal.is_some());
    for value in &columns {
        best = wider(&best, &value.ty)?;
    }
    for value in &literals {
        if best == Type::Unknown || !fits(value, &best) {
            best = wider(&best, &value.ty)?;
        }
    }
    values.iter().all(|v| fits(v, &best)).then_some(best)
}

/// The narrower type's values convert to the wider; `None` when neither converts.
pub(super) fn wider(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::Unknown, other) | (other, Type::Unknown) => Some(other.clone()),
        (Type::Array(x), Type::Array(y)) => wider_inside(x, y).map(|t| Type::Array(Box::new(t))),
        (Type::Struct(x), Type::Struct(y)) if x.len() == y.len() => x
            .iter()
            .zip(y)
            .map(|(x, y)| Some(Field { name: x.name.clone(), ty: wider(&x.ty, &y.ty)? }))
            .collect::<Option<Vec<_>>>()
            .map(Type::Struct),
        _ if converts(a, b) => Some(b.clone()),
        _ if converts(b, a) => Some(a.clone()),
        _ => None,
    }
}

fn wider_inside(a: &Type, b: &Type) -> Option<Type> {
    if a.is_numeric() && b.is_numeric() && a != b { None } else { wider(a, b) }
}

/// Writes the conversion of a value that `fits`.
pub(super) fn convert(value: Value, to: &Type) -> Value {
    if value.ty == *to || *to == Type::Unknown {
        return value;
    }
    let sql = match (&value.literal, to) {
        (Some(Literal::Null), _) => format!("CAST(NULL AS {})", to.duckdb()),
        (Some(Literal::Int(digits)), Type::Float64) => format!("{digits}e0"),
        (Some(Literal::Int(digits) | Literal::Float(digits)), Type::Numeric(_) | Type::BigNumeric(_)) => {
            format!("CAST('{digits}' AS {})", to.duckdb())
        }
        (Some(Literal::Str(text)), Type::Bytes) => format!("encode({})", quote_text(text)),
        (Some(Literal::Str(text)), Type::Date | Type::DateTime | Type::Timestamp | Type::Time) => {
            super::lower::moment_literal(text, to)
        }
        _ => match (&value.ty, to) {
            (Type::Unknown, _) => format!("CAST({} AS {})", value.sql, to.duckdb()),
            (a, b) if a.duckdb() == b.duckdb() => {
                return Value { ty: to.clone(), ..value };
            }
            (from, to) => reshaped(&value.sql, from, to, 0),
        },
    };
    let literal = match value.literal {
        Some(Literal::Null) => Some(Literal::Null),
        _ => None,
    };
    Value { ty: to.clone(), sql, compound: false, literal, ..value }
}

/// A value of one type as another that it converts to: structs field by field, whatever their names.
pub(super) fn reshaped(sql: &str, from: &Type, to: &Type, depth: usize) -> String {
    if from.duckdb() == to.duckdb() {
        return sql.to_string();
    }
    match (from, to) {
        (Type::Struct(fields), Type::Struct(named)) if fields.len() == named.len() => {
            let parts: Vec<String> = fields
                .iter()
                .zip(named)
                .enumerate()
                .map(|(i, (from, to))| {
                    let value = format!("struct_extract({sql}, {})", quote_text(&field_name(&from.name, i)));
                    format!("{} := {}", quoted(&field_name(&to.name, i)), reshaped(&value, &from.ty, &to.ty, depth))
                })
                .collect();
            format!("CASE WHEN {sql} IS NOT NULL THEN struct_pack({}) END", parts.join(", "))
        }
        (Type::Array(from), Type::Array(to)) if **from != Type::Unknown => {
            let name = format!("e{depth}");
            format!("list_transform({sql}, lambda {name}: {})", reshaped(&name, from, to, depth + 1))
        }
        _ => format!("CAST({sql} AS {})", to.duckdb()),
    }
}

/// An empty string is a string too: the text of a literal for messages.
pub(super) fn shown(value: &Value) -> String {
    match &value.literal {
        Some(Literal::Str(text)) => quote_text(text),
        _ => value.ty.to_string(),
    }
}
