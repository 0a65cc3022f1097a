//! One value of the server as a value of the column's declared type. What does not fit exactly is refused, with the
//! reason, never bent: no rounding of decimals, no cutting of times, no wrapping of numbers.

use std::borrow::Cow;

use chrono::NaiveTime;
use chrono_tz::Tz;
use dwc_compiler::sql::googlesql::Type;

use super::number;
use crate::extract::moment;

/// A value as the server sends it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Sent<'a> {
    Null,
    Int(i64),
    Uint(u64),
    Float(f32),
    Double(f64),
    /// A text, a decimal, or bytes.
    Bytes(&'a [u8]),
    /// Year, month, day, hour, minute, second, microseconds.
    Moment(u16, u8, u8, u8, u8, u8, u32),
    /// Negative, days, hours, minutes, seconds, microseconds.
    Time(bool, u32, u8, u8, u8, u32),
}

/// The values of a row.
pub(crate) trait Values {
    /// The value of a column of the query.
    fn at(&self, column: usize) -> Sent<'_>;
}

/// What the server's type says of the values beyond themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Plain,
    /// Moments without a time of day.
    Day,
    /// Moments in UTC.
    Instant,
    /// Bytes that are a number.
    Bits,
    /// Bytes that are spelt `\\x` and hexadecimal digits.
    Hex,
}

/// A column as the server sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// What its type says.
    pub(crate) kind: Kind,
    /// How many digits after the second the server keeps.
    pub(crate) decimals: u8,
}

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
    Bytes(Cow<'a, [u8]>),
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
    /// As it is sent.
    pub(super) shape: Shape,
    /// The zone of times without one.
    pub(super) zone: Tz,
}

impl Reading {
    fn is_instant(&self) -> bool {
        self.shape.kind == Kind::Instant
    }

    fn is_bits(&self) -> bool {
        self.shape.kind == Kind::Bits
    }

    /// The value in the declared type, or why it has none.
    pub(super) fn cell<'a>(&self, value: Sent<'a>) -> Result<Cell<'a>, String> {
        if value == Sent::Null {
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
                Sent::Bytes(bytes) if self.shape.kind == Kind::Hex => number::hex(bytes).map(|b| Cell::Bytes(b.into())),
                Sent::Bytes(bytes) => Some(Cell::Bytes(bytes.into())),
                _ => None,
            },
            Type::Json => return self.json(value),
            Type::Date | Type::DateTime | Type::Timestamp => return self.moment(value),
            Type::Time => return self.time(value),
            Type::Interval | Type::Geography | Type::Array(_) | Type::Range(_) | Type::Struct(_) => None,
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

    fn decimal(&self, value: Sent<'_>) -> Option<i128> {
        let (digits, scale) = Self::precision(&self.ty);
        match value {
            Sent::Bytes(bits) if self.is_bits() => number::decimal(&number::bits(bits)?.to_string(), digits, scale),
            Sent::Bytes(bytes) => number::decimal(std::str::from_utf8(bytes).ok()?.trim(), digits, scale),
            Sent::Int(whole) => number::decimal(&whole.to_string(), digits, scale),
            Sent::Uint(whole) => number::decimal(&whole.to_string(), digits, scale),
            // The shortest text of a binary number is what a reader of the source sees.
            Sent::Float(short) => number::decimal(&short.to_string(), digits, scale),
            Sent::Double(double) => number::decimal(&double.to_string(), digits, scale),
            Sent::Null | Sent::Moment(..) | Sent::Time(..) => None,
        }
    }

    fn truth(&self, value: Sent<'_>) -> Option<bool> {
        let text = match value {
            Sent::Bytes(bytes) if !self.is_bits() => std::str::from_utf8(bytes).ok()?.trim().to_ascii_lowercase(),
            other => whole(other, self.is_bits())?.to_string(),
        };
        match text.as_str() {
            "1" | "true" | "t" | "yes" | "y" => Some(true),
            "0" | "false" | "f" | "no" | "n" => Some(false),
            _ => None,
        }
    }

    fn text<'a>(&self, value: Sent<'a>) -> Option<Cow<'a, str>> {
        Some(match value {
            Sent::Bytes(bytes) if self.is_bits() => Cow::Owned(number::bits(bytes)?.to_string()),
            Sent::Bytes(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
            Sent::Moment(year, month, day, hour, minute, second, micros) => {
                let date = format!("{year:04}-{month:02}-{day:02}");
                Cow::Owned(match self.shape.kind {
                    Kind::Day => date,
                    _ => format!("{date} {hour:02}:{minute:02}:{second:02}{}", fraction(micros, self.shape.decimals)),
                })
            }
            Sent::Time(negative, days, hours, minutes, seconds, micros) => {
                let hours = days * 24 + u32::from(hours);
                let sign = if negative { "-" } else { "" };
                Cow::Owned(format!(
                    "{sign}{hours:02}:{minutes:02}:{seconds:02}{}",
                    fraction(micros, self.shape.decimals)
                ))
            }
            other => Cow::Owned(show(other)),
        })
    }

    fn json<'a>(&self, value: Sent<'a>) -> Result<Cell<'a>, String> {
        let text = self.text(value).ok_or_else(|| self.no("not UTF-8"))?;
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(Cell::Text(text)),
            Err(error) => Err(self.no(&error.to_string())),
        }
    }

    fn moment(&self, value: Sent<'_>) -> Result<Cell<'static>, String> {
        let read = match value {
            Sent::Moment(year, month, day, hour, minute, second, micros) => {
                moment::moment(year, month, day, (hour, minute, second, micros)).ok_or_else(|| self.no("a zero date"))
            }
            Sent::Bytes(bytes) if !self.is_bits() => {
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

    fn time(&self, value: Sent<'_>) -> Result<Cell<'static>, String> {
        match value {
            Sent::Time(false, 0, hours, minutes, seconds, micros) => {
                let whole = (i64::from(hours) * 60 + i64::from(minutes)) * 60 + i64::from(seconds);
                Ok(Cell::Time(whole * 1_000_000 + i64::from(micros)))
            }
            Sent::Time(..) => Err(self.no("not a time of day; declare it as STRING")),
            Sent::Bytes(bytes) => {
                let text = std::str::from_utf8(bytes).unwrap_or_default();
                let read = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok();
                let midnight = read.map(|time| (time - NaiveTime::MIN).num_microseconds().unwrap_or_default());
                midnight.map(Cell::Time).ok_or_else(|| self.no(&show(value)))
            }
            other => Err(self.no(&show(other))),
        }
    }
}

fn whole(value: Sent<'_>, bits: bool) -> Option<i64> {
    match value {
        Sent::Int(value) => Some(value),
        Sent::Uint(value) => i64::try_from(value).ok(),
        Sent::Bytes(bytes) if bits => i64::try_from(number::bits(bytes)?).ok(),
        Sent::Bytes(bytes) => number::whole(std::str::from_utf8(bytes).ok()?),
        Sent::Float(value) => number::whole_of(f64::from(value)),
        Sent::Double(value) => number::whole_of(value),
        Sent::Null | Sent::Moment(..) | Sent::Time(..) => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a FLOAT64 of a whole number is the nearest one, as in GoogleSQL")]
fn float(value: Sent<'_>) -> Option<f64> {
    match value {
        Sent::Float(value) => Some(f64::from(value)),
        Sent::Double(value) => Some(value),
        Sent::Int(value) => Some(value as f64),
        Sent::Uint(value) => Some(value as f64),
        Sent::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.trim().parse().ok(),
        Sent::Null | Sent::Moment(..) | Sent::Time(..) => None,
    }
}

fn fraction(micros: u32, decimals: u8) -> String {
    if decimals == 0 { String::new() } else { format!(".{micros:06}")[..=usize::from(decimals.min(6))].to_owned() }
}

/// A value as a reader would write it, for reasons.
fn show(value: Sent<'_>) -> String {
    match value {
        Sent::Null => "NULL".to_owned(),
        Sent::Bytes(bytes) => String::from_utf8_lossy(bytes).chars().take(100).collect(),
        Sent::Int(value) => value.to_string(),
        Sent::Uint(value) => value.to_string(),
        Sent::Float(value) => value.to_string(),
        Sent::Double(value) => value.to_string(),
        Sent::Moment(year, month, day, hour, minute, second, _) => {
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        Sent::Time(negative, days, hours, minutes, seconds, _) => {
            let sign = if negative { "-" } else { "" };
            format!("{sign}{}:{minutes:02}:{seconds:02}", days * 24 + u32::from(hours))
        }
    }
}

impl Reading {
    /// A value as JSON, for the row that an error event keeps: numbers and texts as they are, bytes in hexadecimal.
    pub(super) fn json_of(&self, value: Sent<'_>) -> serde_json::Value {
        match value {
            Sent::Null => serde_json::Value::Null,
            Sent::Int(value) => value.into(),
            Sent::Uint(value) => value.into(),
            Sent::Float(value) => f64::from(value).into(),
            Sent::Double(value) => value.into(),
            Sent::Bytes(bytes) => match self.text(value) {
                Some(text) => text.into_owned().into(),
                None => format!("0x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()).into(),
            },
            Sent::Moment(..) | Sent::Time(..) => self.text(value).unwrap_or_default().into_owned().into(),
        }
    }
}
