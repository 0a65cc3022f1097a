//! The types of GoogleSQL: read from a YAML spelling, written for BigQuery and for DuckDB.
//! It must not decide which conversions are implicit: that is `coerce`.

use std::fmt;

/// Declared digits of a `NUMERIC(p, s)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Precision {
    /// All digits.
    pub digits: u8,
    /// Digits after the point.
    pub scale: u8,
}

/// One field of a struct; a field without name has an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// Empty when the field is anonymous.
    pub name: String,
    /// The field's type.
    pub ty: Type,
}

/// A GoogleSQL type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are the type names of GoogleSQL")]
pub enum Type {
    Int64,
    Float64,
    Numeric(Option<Precision>),
    BigNumeric(Option<Precision>),
    Bool,
    String,
    Bytes,
    Date,
    DateTime,
    Time,
    Timestamp,
    Interval,
    Json,
    /// A GEOGRAPHY, which only BigQuery has.
    Geography,
    Array(Box<Type>),
    Struct(Vec<Field>),
    /// Half-open, of DATE, DATETIME or TIMESTAMP; an absent bound is unbounded.
    Range(Box<Type>),
    /// The type of an untyped NULL, and of an expression that has a problem: it unifies with every type.
    Unknown,
}

impl Type {
    /// NUMERIC without declared digits.
    pub const NUMERIC: Type = Type::Numeric(None);
    /// BIGNUMERIC without declared digits.
    pub const BIGNUMERIC: Type = Type::BigNumeric(None);

    /// Reads a type as YAML and DDL spell it: `INT64`, `NUMERIC(12, 2)`, `ARRAY<STRUCT<a INT64>>`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Type> {
        let mut reader = Reader { rest: text.trim() };
        let ty = reader.ty()?;
        reader.rest.trim().is_empty().then_some(ty)
    }

    /// The type without declared digits, as expressions see it.
    #[must_use]
    pub fn plain(&self) -> Type {
        match self {
            Type::Numeric(_) => Type::NUMERIC,
            Type::BigNumeric(_) => Type::BIGNUMERIC,
            Type::Array(item) => Type::Array(Box::new(item.plain())),
            Type::Range(item) => Type::Range(Box::new(item.plain())),
            Type::Struct(fields) => {
                Type::Struct(fields.iter().map(|f| Field { name: f.name.clone(), ty: f.ty.plain() }).collect())
            }
            other => other.clone(),
        }
    }

    /// The type that stores it in DuckDB. TIMESTAMP is kept as naive UTC, so both TIMESTAMP and DATETIME are
    /// `TIMESTAMP` there; BIGNUMERIC keeps 18 of its 38 decimals.
    #[must_use]
    pub fn duckdb(&self) -> String {
        match self {
            Type::Int64 => "BIGINT".into(),
            Type::Float64 => "DOUBLE".into(),
            Type::Numeric(None) => "DECIMAL(38,9)".into(),
            Type::BigNumeric(None) => "DECIMAL(38,18)".into(),
            Type::Numeric(Some(p)) | Type::BigNumeric(Some(p)) => {
                format!("DECIMAL({},{})", p.digits.min(38), p.scale.min(18))
            }
            Type::Bool => "BOOLEAN".into(),
            Type::String | Type::Unknown => "VARCHAR".into(),
            Type::Bytes => "BLOB".into(),
            Type::Date => "DATE".into(),
            Type::DateTime | Type::Timestamp => "TIMESTAMP".into(),
            Type::Time => "TIME".into(),
            Type::Interval => "INTERVAL".into(),
            Type::Json => "JSON".into(),
            Type::Geography => "VARCHAR".into(),
            Type::Array(item) => format!("{}[]", item.duckdb()),
            Type::Range(item) => format!("STRUCT(\"start\" {0}, \"end\" {0})", item.duckdb()),
            Type::Struct(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .enumerate()
                    .map(|(i, f)| format!("{} {}", quoted(&field_name(&f.name, i)), f.ty.duckdb()))
                    .collect();
                format!("STRUCT({})", fields.join(", "))
            }
        }
    }

    /// The type with INT64 in the place of every NULL without a type, as GoogleSQL has it in what a query returns.
    #[must_use]
    pub fn settled(&self) -> Type {
        match self {
            Type::Unknown => Type::Int64,
            Type::Array(item) => Type::Array(Box::new(item.settled())),
            Type::Struct(fields) => {
                Type::Struct(fields.iter().map(|f| Field { name: f.name.clone(), ty: f.ty.settled() }).collect())
            }
            other => other.clone(),
        }
    }

    /// Whether GROUP BY, DISTINCT and set operations take it.
    #[must_use]
    pub fn is_groupable(&self) -> bool {
        match self {
            Type::Json | Type::Geography => false,
            Type::Array(item) => item.is_groupable(),
            Type::Struct(fields) => fields.iter().all(|f| f.ty.is_groupable()),
            _ => true,
        }
    }

    /// Whether ORDER BY, MIN and MAX take it.
    #[must_use]
    pub fn is_orderable(&self) -> bool {
        !matches!(self, Type::Json | Type::Geography | Type::Array(_) | Type::Struct(_))
    }

    /// Whether arithmetic is defined on it.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        matches!(self, Type::Int64 | Type::Float64 | Type::Numeric(_) | Type::BigNumeric(_))
    }
}

/// The name under which DuckDB keeps a struct field, which must have one.
pub(super) fn field_name(name: &str, position: usize) -> String {
    if name.is_empty() { format!("_field_{}", position + 1) } else { name.to_string() }
}

/// A DuckDB identifier, always quoted.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Type::Int64 => "INT64",
            Type::Float64 => "FLOAT64",
            Type::Numeric(None) => "NUMERIC",
            Type::BigNumeric(None) => "BIGNUMERIC",
            Type::Numeric(Some(p)) => return write!(f, "NUMERIC({}, {})", p.digits, p.scale),
            Type::BigNumeric(Some(p)) => return write!(f, "BIGNUMERIC({}, {})", p.digits, p.scale),
            Type::Bool => "BOOL",
            Type::String => "STRING",
            Type::Bytes => "BYTES",
            Type::Date => "DATE",
            Type::DateTime => "DATETIME",
            Type::Time => "TIME",
            Type::Timestamp => "TIMESTAMP",
            Type::Interval => "INTERVAL",
            Type::Json => "JSON",
            Type::Geography => "GEOGRAPHY",
            Type::Unknown => "NULL",
            Type::Range(item) => return write!(f, "RANGE<{item}>"),
            Type::Array(item) => return write!(f, "ARRAY<{item}>"),
            Type::Struct(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|x| format!("{} {}", x.name, x.ty).trim().to_string()).collect();
                return write!(f, "STRUCT<{}>", fields.join(", "));
            }
        };
        f.write_str(word)
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn word(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    fn take(&mut self, mark: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `(12, 2)` or `(12)`; `Some(None)` when there is none, `None` when it is malformed.
    fn numbers(&mut self) -> Option<Option<Precision>> {
        if !self.take('(') {
            return Some(None);
        }
        let digits = self.word()?.parse().ok()?;
        let scale = if self.take(',') { self.word()?.parse().ok()? } else { 0 };
        self.take(')').then_some(Some(Precision { digits, scale }))
    }

    /// `<T>`.
    fn inside(&mut self) -> Option<Type> {
        if !self.take('<') {
            return None;
        }
        let item = self.ty()?;
        self.take('>').then_some(item)
    }

    fn ty(&mut self) -> Option<Type> {
        Some(match self.word()?.to_ascii_uppercase().as_str() {
            "INT64" | "INT" | "INTEGER" | "BIGINT" | "SMALLINT" | "TINYINT" | "BYTEINT" => Type::Int64,
            "FLOAT64" => Type::Float64,
            "NUMERIC" | "DECIMAL" => Type::Numeric(self.numbers()?),
            "BIGNUMERIC" | "BIGDECIMAL" => Type::BigNumeric(self.numbers()?),
            "BOOL" | "BOOLEAN" => Type::Bool,
            "STRING" => {
                self.numbers()?;
                Type::String
            }
            "BYTES" => {
                self.numbers()?;
                Type::Bytes
            }
            "DATE" => Type::Date,
            "DATETIME" => Type::DateTime,
            "TIME" => Type::Time,
            "TIMESTAMP" => Type::Timestamp,
            "INTERVAL" => Type::Interval,
            "JSON" => Type::Json,
            "GEOGRAPHY" => Type::Geography,
            "RANGE" => match self.inside()? {
                item @ (Type::Date | Type::DateTime | Type::Timestamp) => Type::Range(Box::new(item)),
                _ => return None,
            },
            "ARRAY" => Type::Array(Box::new(self.inside()?)),
            "STRUCT" => {
                if !self.take('<') {
                    return None;
                }
                let mut fields = Vec::new();
                loop {
                    let before = self.rest;
                    let name = self.word()?.to_string();
                    let field = match self.ty() {
                        Some(ty) => Field { name, ty },
                        None => {
                            self.rest = before;
                            Field { name: String::new(), ty: self.ty()? }
                        }
                    };
                    fields.push(field);
                    if !self.take(',') {
                        break;
                    }
                }
                if !self.take('>') {
                    return None;
                }
                Type::Struct(fields)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_and_written_back() {
        for text in ["INT64", "NUMERIC(12, 2)", "ARRAY<STRING>", "STRUCT<a INT64, b ARRAY<STRUCT<x FLOAT64>>>"] {
            assert_eq!(Type::parse(text).map(|t| t.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Type::parse("decimal(10,2)").map(|t| t.duckdb()).as_deref(), Some("DECIMAL(10,2)"));
        assert_eq!(Type::parse("ARRAY<"), None);
        assert_eq!(Type::parse("VARCHAR"), None);
    }
}
