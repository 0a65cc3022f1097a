//! A value as a source sends it, and as its column takes it. It must not decide whether the one fits the other.

use std::borrow::Cow;

/// A value as a source sends it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sent<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A whole number that may be beyond the signed ones.
    Uint(u64),
    /// A short binary number.
    Float(f32),
    /// A binary number.
    Double(f64),
    /// A truth.
    Bool(bool),
    /// The text of a number.
    Number(&'a str),
    /// A text or bytes, as the column's kind says.
    Bytes(&'a [u8]),
    /// Year, month, day, hour, minute, second, microseconds.
    Moment(u16, u8, u8, u8, u8, u8, u32),
    /// Negative, days, hours, minutes, seconds, microseconds.
    Time(bool, u32, u8, u8, u8, u32),
}

/// The values of a row.
pub trait Values {
    /// The value of a column of the reading.
    fn at(&self, column: usize) -> Sent<'_>;
}

/// What the source's type says of the values beyond themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: a text is a text.
    Plain,
    /// Texts that are numbers.
    Number,
    /// Moments without a time of day.
    Day,
    /// Moments by the clocks of the source's zone.
    Local,
    /// Moments in UTC.
    Instant,
    /// Bytes that are a number.
    Bits,
    /// Bytes that are spelt `\\x` and hexadecimal digits.
    Hex,
    /// Texts of a file: bytes are spelt in base64.
    Text,
}

/// A column as the source sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What its type says.
    pub kind: Kind,
    /// How many digits after the second the source keeps.
    pub decimals: u8,
}

impl Shape {
    /// A column of a kind, moments with microseconds.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self { kind, decimals: 6 }
    }
}

/// A value, ready for its column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A binary number.
    Float(f64),
    /// An integer of `10^-scale`.
    Decimal(i128),
    /// A truth.
    Bool(bool),
    /// A text, also a JSON document, an array or a struct.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// Days since 1970.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970.
    Instant(i64),
}

/// A value as a reader would write it, for reasons: cut to a readable length.
pub(super) fn show(value: Sent<'_>) -> String {
    match value {
        Sent::Null => "NULL".to_owned(),
        Sent::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => cut(text),
            Err(_) => cut(&hexadecimal(bytes)),
        },
        Sent::Number(text) => cut(text),
        Sent::Bool(value) => value.to_string(),
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

/// Characters of a value that a reason shows.
const SHOWN: usize = 100;

/// A text on one line and of a readable length.
#[must_use]
pub fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Bytes in hexadecimal, as an error event keeps what is not a text.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2 + 2);
    text.push_str("0x");
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

/// Bytes as JSON spells them.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    ::base64::Engine::encode(&::base64::engine::general_purpose::STANDARD, bytes)
}
