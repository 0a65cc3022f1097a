//! The cell rules: one value of a source as a value of the column's declared type. What does not fit exactly is refused,
//! with the reason, never bent: no rounding of decimals, no cutting of times, no wrapping of numbers. Databases, files and
//! landed tables share them.

pub mod json;
pub mod landed;
pub mod moment;
mod nested;
mod number;
mod sent;

use std::borrow::Cow;

use chrono::{NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

use dwc_googlesql::Type;
use moment::Spelled;
use sent::show;
pub use sent::{Cell, Kind, Sent, Shape, Values, base64, cut, hexadecimal};

/// A column as it is declared and as the source sends it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The column's name.
    pub name: String,
    /// Its declared type.
    pub ty: Type,
    /// As it is sent.
    pub shape: Shape,
    /// The zone of times without one.
    pub zone: Tz,
}

impl Reading {
    fn is(&self, kind: Kind) -> bool {
        self.shape.kind == kind
    }

    /// The value in the declared type.
    ///
    /// # Errors
    /// Why it has none.
    pub fn cell<'a>(&self, value: Sent<'a>) -> Result<Cell<'a>, String> {
        let value = match value {
            Sent::Null => return Ok(Cell::Null),
            Sent::Bytes(bytes) if self.is(Kind::Number) => match std::str::from_utf8(bytes) {
                Ok(text) => Sent::Number(text),
                Err(_) => value,
            },
            other => other,
        };
        let found = match &self.ty {
            Type::Int64 => self.whole(value).map(Cell::Int),
            Type::Float64 => float(value).map(Cell::Float),
            Type::Numeric(_) | Type::BigNumeric(_) => self.decimal(value).map(Cell::Decimal),
            Type::Bool => self.truth(value).map(Cell::Bool),
            Type::String | Type::Unknown => {
                return self.text(value).map(Cell::Text).ok_or_else(|| self.no(&format!("not UTF-8, {}", show(value))));
            }
            Type::Bytes => self.bytes(value).map(Cell::Bytes),
            Type::Json => return self.json(value),
            Type::Date | Type::DateTime | Type::Timestamp => return self.moment(value),
            Type::Time => return self.time(value),
            Type::Array(_) | Type::Struct(_) => return nested::cell(self, value),
            Type::Interval | Type::Geography | Type::Range(_) => None,
        };
        found.ok_or_else(|| self.no(&show(value)))
    }

    fn no(&self, why: &str) -> String {
        let article = if matches!(self.ty, Type::Int64 | Type::Interval | Type::Array(_)) { "an" } else { "a" };
        format!("`{}` is not {article} {}: {why}", self.name, self.ty)
    }

    /// How many digits a decimal has, and how many after the point.
    #[must_use]
    pub fn precision(ty: &Type) -> (u8, u8) {
        match ty {
            Type::Numeric(Some(p)) | Type::BigNumeric(Some(p)) => (p.digits.min(38), p.scale.min(18)),
            Type::BigNumeric(None) => (38, 18),
            _ => (38, 9),
        }
    }

    fn whole(&self, value: Sent<'_>) -> Option<i64> {
        match value {
            Sent::Int(value) => Some(value),
            Sent::Uint(value) => i64::try_from(value).ok(),
            Sent::Bytes(bytes) if self.is(Kind::Bits) => i64::try_from(number::bits(bytes)?).ok(),
            Sent::Number(text) => number::whole(text),
            Sent::Bytes(bytes) => number::digits(plain(bytes)?),
            Sent::Float(value) => number::whole_of(f64::from(value)),
            Sent::Double(value) => number::whole_of(value),
            Sent::Bool(value) => Some(value.into()),
            Sent::Null | Sent::Moment(..) | Sent::Time(..) => None,
        }
    }

    fn decimal(&self, value: Sent<'_>) -> Option<i128> {
        let (digits, scale) = Self::precision(&self.ty);
        match value {
            Sent::Bytes(bits) if self.is(Kind::Bits) => {
                number::decimal(&number::bits(bits)?.to_string(), digits, scale)
            }
            Sent::Bytes(bytes) => number::decimal(number::without_exponent(plain(bytes)?)?, digits, scale),
            Sent::Number(text) => number::decimal(text, digits, scale),
            Sent::Int(whole) => number::decimal(&whole.to_string(), digits, scale),
            Sent::Uint(whole) => number::decimal(&whole.to_string(), digits, scale),
            // The shortest text of a binary number is what a reader of the source sees.
            Sent::Float(short) => number::decimal(&short.to_string(), digits, scale),
            Sent::Double(double) => number::decimal(&double.to_string(), digits, scale),
            Sent::Bool(value) => number::decimal(if value { "1" } else { "0" }, digits, scale),
            Sent::Null | Sent::Moment(..) | Sent::Time(..) => None,
        }
    }

    fn truth(&self, value: Sent<'_>) -> Option<bool> {
        let is = |word: &str, words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        match value {
            Sent::Bool(value) => Some(value),
            Sent::Bytes(bytes) if !self.is(Kind::Bits) => {
                let word = plain(bytes)?;
                let yes = is(word, &["1", "true", "t", "yes", "y"]);
                (yes || is(word, &["0", "false", "f", "no", "n"])).then_some(yes)
            }
            other => match self.whole(other)? {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            },
        }
    }

    fn text<'a>(&self, value: Sent<'a>) -> Option<Cow<'a, str>> {
        Some(match value {
            Sent::Bytes(bytes) if self.is(Kind::Bits) => Cow::Owned(number::bits(bytes)?.to_string()),
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
                let fraction = fraction(micros, self.shape.decimals);
                Cow::Owned(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}"))
            }
            Sent::Number(text) => Cow::Borrowed(text),
            other => Cow::Owned(show(other)),
        })
    }

    fn bytes<'a>(&self, value: Sent<'a>) -> Option<Cow<'a, [u8]>> {
        let Sent::Bytes(bytes) = value else { return None };
        match self.shape.kind {
            Kind::Hex => number::hex(bytes).map(Cow::Owned),
            Kind::Text => {
                ::base64::Engine::decode(&::base64::engine::general_purpose::STANDARD, bytes).ok().map(Cow::Owned)
            }
            _ => Some(Cow::Borrowed(bytes)),
        }
    }

    fn json<'a>(&self, value: Sent<'a>) -> Result<Cell<'a>, String> {
        let text = self.text(value).ok_or_else(|| self.no(&format!("not UTF-8, {}", show(value))))?;
        match json::check(&text) {
            Ok(()) => Ok(Cell::Text(text)),
            Err(reason) => Err(self.no(&reason)),
        }
    }

    fn moment(&self, value: Sent<'_>) -> Result<Cell<'static>, String> {
        let is_typed = matches!(self.shape.kind, Kind::Day | Kind::Local | Kind::Instant);
        let read = match value {
            Sent::Moment(year, month, day, hour, minute, second, micros) => {
                let at = moment::moment(year, month, day, (hour, minute, second, micros));
                Spelled::typed(at.ok_or_else(|| self.no("a zero date"))?)
            }
            Sent::Bytes(bytes) if !self.is(Kind::Bits) => {
                plain(bytes).and_then(Spelled::read).ok_or_else(|| self.no(&show(value)))?
            }
            other => return Err(self.no(&show(other))),
        };
        let utc = match read.offset {
            Some(offset) => Some(moment::shift(read.local, -offset)),
            None => self.is(Kind::Instant).then_some(read.local),
        };
        let local = |at: Option<NaiveDateTime>| at.map_or(read.local, |utc| moment::to_local(utc, self.zone));
        match &self.ty {
            Type::Date => {
                let at = local(utc);
                let is_day =
                    !read.has_time || ((is_typed || matches!(value, Sent::Moment(..))) && at.time() == NaiveTime::MIN);
                if is_day {
                    Ok(Cell::Date(moment::days(at.date())))
                } else {
                    Err(self.no("it has a time of day; declare it as DATETIME"))
                }
            }
            Type::DateTime => Ok(Cell::Instant(moment::micros(local(utc)))),
            _ => {
                let utc = utc.unwrap_or_else(|| moment::to_utc(read.local, self.zone));
                Ok(Cell::Instant(moment::micros(utc)))
            }
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
                let micros = plain(bytes).and_then(moment::time_of_day);
                micros.map(Cell::Time).ok_or_else(|| self.no(&show(value)))
            }
            other => Err(self.no(&show(other))),
        }
    }

    /// A value as JSON, for the row that an error event keeps: numbers and texts as they are, bytes in hexadecimal.
    #[must_use]
    pub fn json_of(&self, value: Sent<'_>) -> serde_json::Value {
        match value {
            Sent::Null => serde_json::Value::Null,
            Sent::Int(value) => value.into(),
            Sent::Uint(value) => value.into(),
            Sent::Float(value) => f64::from(value).into(),
            Sent::Double(value) => value.into(),
            Sent::Bool(value) => value.into(),
            // A number of JSON would be read as a binary one.
            Sent::Number(text) => text.into(),
            Sent::Bytes(bytes) => match self.text(value) {
                Some(text) => text.into_owned().into(),
                None => hexadecimal(bytes).into(),
            },
            Sent::Moment(..) | Sent::Time(..) => self.text(value).unwrap_or_default().into_owned().into(),
        }
    }
}

/// A text without the blanks around it.
fn plain(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.trim_ascii()).ok()
}

#[allow(clippy::cast_precision_loss, reason = "a FLOAT64 of a whole number is the nearest one, as in GoogleSQL")]
fn float(value: Sent<'_>) -> Option<f64> {
    match value {
        Sent::Float(value) => Some(f64::from(value)),
        Sent::Double(value) => Some(value),
        Sent::Int(value) => Some(value as f64),
        Sent::Uint(value) => Some(value as f64),
        Sent::Bytes(bytes) => number::float(plain(bytes)?),
        Sent::Number(text) => number::float(text),
        Sent::Bool(value) => Some(f64::from(u8::from(value))),
        Sent::Null | Sent::Moment(..) | Sent::Time(..) => None,
    }
}

fn fraction(micros: u32, decimals: u8) -> String {
    if decimals == 0 { String::new() } else { format!(".{micros:06}")[..=usize::from(decimals.min(6))].to_owned() }
}
