//! CAST of a number to STRING by a FORMAT such as `FM9,999.00`. It must not decide which formats are taken: it is given those
//! of one layout, as the compiler has read them.

use duckdb::Connection;

use super::vector::{Numeric, add};

const ONE: u128 = 1_000_000_000;

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_picture_int64", |(format, x): (String, i64)| {
        let picture = Picture::read(&format)?;
        let digits = x.unsigned_abs().to_string();
        Ok(Some(picture.write(x < 0, &digits, &"0".repeat(picture.decimals))))
    })?;
    add(c, "dwc_picture_numeric", |(format, x): (String, Numeric)| {
        let picture = Picture::read(&format)?;
        let kept = picture.decimals.min(9);
        // Halves are rounded away from zero.
        let unit = 10_u128.pow(u32::try_from(9 - kept).unwrap_or(0));
        let rounded = (x.0.unsigned_abs() + unit / 2) / unit * unit;
        let mut decimals = format!("{:09}", rounded % ONE);
        decimals.truncate(kept);
        decimals.push_str(&"0".repeat(picture.decimals - kept));
        Ok(Some(picture.write(x.0 < 0, &(rounded / ONE).to_string(), &decimals)))
    })?;
    add(c, "dwc_picture_float64", |(format, x): (String, f64)| {
        let picture = Picture::read(&format)?;
        if !x.is_finite() {
            return Ok(Some(picture.write(x < 0.0, if x.is_nan() { "NAN" } else { "INF" }, "")));
        }
        let digits = format!("{:.*}", picture.decimals, x.abs());
        let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
        Ok(Some(picture.write(x < 0.0, whole, decimals)))
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Before the number, where it is negative.
    Plain,
    /// `S` before the number.
    Before,
    /// `S` after it.
    After,
    /// `MI`
    Minus,
    /// `PR`
    Angles,
}

/// A format that has been read.
struct Picture {
    /// `FM`: without blanks, and without zeros at the end.
    is_bare: bool,
    /// `B`: blanks where the whole part is zero.
    blanks_zero: bool,
    sign: Sign,
    currency: &'static str,
    /// `0`, `9` and `,`
    whole: Vec<char>,
    /// Whether a point is written: not for `V`.
    point: bool,
    decimals: usize,
}

impl Picture {
    fn read(format: &str) -> Result<Self, String> {
        let mut all = Self {
            is_bare: false,
            blanks_zero: false,
            sign: Sign::Plain,
            currency: "",
            whole: Vec::new(),
            point: false,
            decimals: 0,
        };
        let mut is_whole = true;
        let mut rest = format;
        while let Some(first) = rest.chars().next() {
            let mut length = 1;
            match first.to_ascii_uppercase() {
                'F' => (all.is_bare, length) = (true, 2),
                'B' => all.blanks_zero = true,
                'M' => (all.sign, length) = (Sign::Minus, 2),
                'P' => (all.sign, length) = (Sign::Angles, 2),
                'S' => {
                    let is_after = !all.whole.is_empty() || all.decimals > 0;
                    all.sign = if is_after { Sign::After } else { Sign::Before };
                }
                '$' | 'L' => all.currency = "$",
                'C' => all.currency = if first == 'C' { "USD" } else { "usd" },
                '.' | 'D' => (all.point, is_whole) = (true, false),
                'V' => is_whole = false,
                ',' | 'G' => all.whole.push(','),
                '0' | '9' if is_whole => all.whole.push(first),
                '0' | '9' => all.decimals += 1,
                _ => return Err(format!("{format} is not a format of a number")),
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(all)
    }

    /// The text of a number by its digits before and behind the point.
    fn write(&self, is_negative: bool, whole: &str, decimals: &str) -> String {
        let places = self.whole.iter().filter(|place| **place != ',').count();
        let whole = whole.trim_start_matches('0');
        let is_special = whole.starts_with(['N', 'I']);
        let room = if is_special { self.whole.len() } else { places };
        let is_beyond = whole.len() > room;
        if is_special && !is_beyond {
            let after = " ".repeat(self.decimals + usize::from(self.point));
            return self.signed(is_negative, whole.starts_with('N'), room - whole.len(), &format!("{whole}{after}"));
        }
        let mut behind = if is_beyond { "#".repeat(self.decimals) } else { decimals.to_owned() };
        if self.is_bare && !is_beyond {
            behind.truncate(behind.trim_end_matches('0').len());
        }
        let shown = if whole.is_empty() && behind.is_empty() && places > 0 { "0" } else { whole };
        let mut digits = shown.chars();
        let mut left = places;
        let mut blanks = 0;
        let mut text = String::new();
        let mut has_zero = false;
        for place in &self.whole {
            if *place == ',' {
                // Before the first digit it is a blank.
                if text.is_empty() {
                    blanks += 1
                } else {
                    text.push(',')
                }
                continue;
            }
            has_zero |= *place == '0';
            if is_beyond {
                text.push('#');
            } else if left <= shown.len() {
                text.extend(digits.next());
            } else if has_zero {
                text.push('0');
            } else {
                blanks += 1;
            }
            left -= 1;
        }
        if self.point {
            text.push('.');
        }
        text.push_str(&behind);
        if self.blanks_zero && whole.is_empty() {
            let all = self.signed(is_negative, false, blanks, &text);
            return if self.is_bare { String::new() } else { " ".repeat(all.len()) };
        }
        self.signed(is_negative, whole.starts_with('N'), blanks, &text)
    }

    /// A number with its sign and its currency behind blanks.
    fn signed(&self, is_negative: bool, is_nan: bool, blanks: usize, text: &str) -> String {
        let (before, after) = match (self.sign, is_negative) {
            (Sign::Plain, true) => ("-", ""),
            (Sign::Plain, false) => (" ", ""),
            (Sign::Before, true) => ("-", ""),
            (Sign::Before, false) => (if is_nan { " " } else { "+" }, ""),
            (Sign::After, true) => ("", "-"),
            (Sign::After, false) => ("", if is_nan { " " } else { "+" }),
            (Sign::Minus, true) => ("", "-"),
            (Sign::Minus, false) => ("", " "),
            (Sign::Angles, true) => ("<", ">"),
            (Sign::Angles, false) => (" ", " "),
        };
        let all = format!("{}{before}{}{text}{after}", " ".repeat(blanks), self.currency);
        if self.is_bare { all.replace(' ', "") } else { all }
    }
}
