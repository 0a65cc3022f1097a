//! One value of the server as a value of the column's declared type. What does not fit exactly is refused, with the
//! reason, never bent: no rounding of decimals, no cutting of times, no wrapping of numbers.

use std::borrow::Cow;

use chrono::NaiveTime;
use chrono_tz::Tz;
use dwc_compiler::sql::googlesql::Type;
use mysql_async::Value;
use mysql_async::consts::{ColumnFlags, ColumnType};

use super::number;
use crate::extract::moment;

/// A value, ready for its column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Float(f64),
    /// An integer of `10^-scale`.
    Decimal(i128),
    Bool(bool),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
    /// Days since 1970.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970.
    Instant(i64),
}

/// A column as it is declared and as the server sends it.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The column's name.
    pub(super) name: String,
    /// Its declared type.
    pub(super) ty: Type,
    /// The server's type.
    pub(super) sent: ColumnType,
    /// How many digits after the second the server keeps.
    pub(super) decimals: u8,
    /// The zone of DATETIMEs.
    pub(super) zone: Tz,
}

impl Reading {
    /// What the server says of a column of its result.
    pub(super) fn new(name: &str, ty: &Type, zone: Tz, column: &mysql_async::Column) -> Self {
        let text = column.flags().intersects(ColumnFlags::ENUM_FLAG | ColumnFlags::SET_FLAG);
        let sent = if text { ColumnType::MYSQL_TYPE_STRING } else { column.column_type() };
        Self { name: name.to_owned(), ty: ty.clone(), sent, decimals: column.decimals().min(6), zone }
    }

    fn is_instant(&self) -> bool {
        matches!(self.sent, ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2)
    }

    fn is_bits(&self) -> bool {
        self.sent == ColumnType::MYSQL_TYPE_BIT
    }

    /// The value in the declared type, or why it has none.
    pub(super) fn cell<'a>(&self, value: &'a Value) -> Result<Cell<'a>, String> {
        if *value == Value::NULL {
            return Ok(Cell::Null);
        }
        let found = match &self.ty {
            Type::Int64 => whole(value, self.is_bits()).map(Cell::Int),
            Type::Float64 => float(value).map(Cell::Float),
            Type::Numeric(_) | Type::BigNumeric(_) => self.decimal(value).map(Cell::Decimal),
            Type::Bool => self.truth(value).map(Cell::Bool),
            Type::String | Type::Unknown => {
                return self.text(value).map(Cell::Text).ok_or_else(|| self.no("not UTF-8"));
            }
            Type::Bytes => match value {
                Value::Bytes(bytes) => Some(Cell::Bytes(bytes)),
                _ => None,
            },
            Type::Json => return self.json(value),
            Type::Date | Type::DateTime | Type::Timestamp => return self.moment(value),
            Type::Time => return self.time(value),
            Type::Interval | Type::Array(_) | Type::Struct(_) => None,
        };
        found.ok_or_else(|| self.no(&show(value)))
    }

    fn no(&self, why: &str) -> String {
        format!("`{}` is no {}: {why}", self.name, self.ty)
    }

    /// How many digits a decimal has, and how many after the point.
    pub(super) fn precision(ty: &Type) -> (u8, u8) {
        match ty {
            Type::Numeric(Some(p)) | Type::BigNumeric(Some(p)) => (p.digits.min(38), p.scale.min(18)),
            Type::BigNumeric(None) => (38, 18),
            _ => (38, 9),
        }
    }

    fn decimal(&self, value: &Value) -> Option<i128> {
        let (digits, scale) = Self::precision(&self.ty);
        match value {
            Value::Bytes(bits) if self.is_bits() => number::decimal(&number::bits(bits)?.to_string(), digits, scale),
            Value::Bytes(bytes) => number::decimal(std::str::from_utf8(bytes).ok()?.trim(), digits, scale),
            Value::Int(whole) => number::decimal(&whole.to_string(), digits, scale),
            Value::UInt(whole) => number::decimal(&whole.to_string(), digits, scale),
            // The shortest text of a binary number is what a reader of the source sees.
            Value::Float(short) => number::decimal(&short.to_string(), digits, scale),
            Value::Double(double) => number::decimal(&double.to_string(), digits, scale),
            Value::NULL | Value::Date(..) | Value::Time(..) => None,
        }
    }

    fn truth(&self, value: &Value) -> Option<bool> {
        let text = match value {
            Value::Bytes(bytes) if !self.is_bits() => std::str::from_utf8(bytes).ok()?.trim().to_ascii_lowercase(),
            other => whole(other, self.is_bits())?.to_string(),
        };
        match text.as_str() {
            "1" | "true" | "t" | "yes" | "y" => Some(true),
            "0" | "false" | "f" | "no" | "n" => Some(false),
            _ => None,
        }
    }

    fn text<'a>(&self, value: &'a Value) -> Option<Cow<'a, str>> {
        Some(match value {
            Value::Bytes(bytes) if self.is_bits() => Cow::Owned(number::bits(bytes)?.to_string()),
            Value::Bytes(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
            Value::Date(year, month, day, hour, minute, second, micros) => {
                let date = format!("{year:04}-{month:02}-{day:02}");
                Cow::Owned(match self.sent {
                    ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => date,
                    _ => format!("{date} {hour:02}:{minute:02}:{second:02}{}", fraction(*micros, self.decimals)),
                })
            }
            Value::Time(negative, days, hours, minutes, seconds, micros) => {
                let hours = days * 24 + u32::from(*hours);
                let sign = if *negative { "-" } else { "" };
                Cow::Owned(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{}", fraction(*micros, self.decimals)))
            }
            other => Cow::Owned(show(other)),
        })
    }

    fn json<'a>(&self, value: &'a Value) -> Result<Cell<'a>, String> {
        let text = self.text(value).ok_or_else(|| self.no("not UTF-8"))?;
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(Cell::Text(text)),
            Err(error) => Err(self.no(&error.to_string())),
        }
    }

    fn moment(&self, value: &Value) -> Result<Cell<'static>, String> {
        let read = match value {
            Value::Date(year, month, day, hour, minute, second, micros) => {
                moment::moment(*year, *month, *day, (*hour, *minute, *second, *micros))
                    .ok_or_else(|| self.no("a zero date"))
            }
            Value::Bytes(bytes) if !self.is_bits() => {
                std::str::from_utf8(bytes).ok().and_then(moment::read).ok_or_else(|| self.no(&show(value)))
            }
            other => Err(self.no(&show(other))),
        }?;
        match (&self.ty, self.is_instant()) {
            (Type::Date, _) if read.time() != NaiveTime::MIN => {
                Err(self.no("it has a time of day; declare it as DATETIME"))
            }
            (Type::Date, _) => Ok(Cell::Date(moment::days(read.date()))),
            (Type::DateTime, true) => Ok(Cell::Instant(moment::micros(moment::to_local(read, self.zone)))),
            (Type::Timestamp, false) => Ok(Cell::Instant(moment::micros(moment::to_utc(read, self.zone)))),
            _ => Ok(Cell::Instant(moment::micros(read))),
        }
    }

    fn time(&self, value: &Value) -> Result<Cell<'static>, String> {
        match value {
            Value::Time(false, 0, hours, minutes, seconds, micros) => {
                let whole = (i64::from(*hours) * 60 + i64::from(*minutes)) * 60 + i64::from(*seconds);
                Ok(Cell::Time(whole * 1_000_000 + i64::from(*micros)))
            }
            Value::Time(..) => Err(self.no("not a time of day; declare it as STRING")),
            other => Err(self.no(&show(other))),
        }
    }
}

fn whole(value: &Value, bits: bool) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::UInt(value) => i64::try_from(*value).ok(),
        Value::Bytes(bytes) if bits => i64::try_from(number::bits(bytes)?).ok(),
        Value::Bytes(bytes) => number::whole(std::str::from_utf8(bytes).ok()?),
        Value::Float(value) => number::whole_of(f64::from(*value)),
        Value::Double(value) => number::whole_of(*value),
        Value::NULL | Value::Date(..) | Value::Time(..) => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a FLOAT64 of a whole number is the nearest one, as in GoogleSQL")]
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(value) => Some(f64::from(*value)),
        Value::Double(value) => Some(*value),
        Value::Int(value) => Some(*value as f64),
        Value::UInt(value) => Some(*value as f64),
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.trim().parse().ok(),
        Value::NULL | Value::Date(..) | Value::Time(..) => None,
    }
}

fn fraction(micros: u32, decimals: u8) -> String {
    if decimals == 0 { String::new() } else { format!(".{micros:06}")[..=usize::from(decimals.min(6))].to_owned() }
}

/// A value as a reader would write it, for reasons.
fn show(value: &Value) -> String {
    match value {
        Value::NULL => "NULL".to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).chars().take(100).collect(),
        Value::Int(value) => value.to_string(),
        Value::UInt(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Date(year, month, day, hour, minute, second, _) => {
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        Value::Time(negative, days, hours, minutes, seconds, _) => {
            let sign = if *negative { "-" } else { "" };
            format!("{sign}{}:{minutes:02}:{seconds:02}", days * 24 + u32::from(*hours))
        }
    }
}

impl Reading {
    /// A value as JSON, for the row that an error event keeps: numbers and texts as they are, bytes in hexadecimal.
    pub(super) fn json_of(&self, value: &Value) -> serde_json::Value {
        match value {
            Value::NULL => serde_json::Value::Null,
            Value::Int(value) => (*value).into(),
            Value::UInt(value) => (*value).into(),
            Value::Float(value) => f64::from(*value).into(),
            Value::Double(value) => (*value).into(),
            Value::Bytes(bytes) => match self.text(value) {
                Some(text) => text.into_owned().into(),
                None => format!("0x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()).into(),
            },
            Value::Date(..) | Value::Time(..) => self.text(value).unwrap_or_default().into_owned().into(),
        }
    }
}
