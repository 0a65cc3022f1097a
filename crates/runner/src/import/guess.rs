//! Which type a column has by its values: the narrowest one that takes all of them by the rules of its cells, so that what
//! is proposed also runs. It must not know where values come from.

use chrono_tz::Tz;
use dwc_compiler::cell::moment::Spelled;
use dwc_compiler::cell::{Kind, Reading, Sent, Shape};
use dwc_googlesql::Type;

/// Types that are tried, the narrowest first.
const TRIED: [Type; 8] = [
    Type::Int64,
    Type::Bool,
    Type::Date,
    Type::DateTime,
    Type::Time,
    Type::Numeric(None),
    Type::BigNumeric(None),
    Type::Float64,
];

/// What the values of a column have shown.
#[derive(Debug, Clone)]
pub(super) struct Guess {
    /// Of each type that is tried, whether it took every value.
    fits: [bool; TRIED.len()],
    is_seen: bool,
    /// A moment said how far from UTC it is.
    has_offset: bool,
    /// A value is an object or a list.
    is_document: bool,
}

impl Default for Guess {
    fn default() -> Self {
        Self { fits: [true; TRIED.len()], is_seen: false, has_offset: false, is_document: false }
    }
}

impl Guess {
    /// Sees a field of a text file.
    pub(super) fn text(&mut self, text: &str) {
        let plain = text.trim();
        let digits = plain.trim_start_matches(['+', '-']);
        // Leading zeros and signs are of codes.
        let zeros = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && !plain.starts_with('+');
        self.see(Sent::Bytes(text.as_bytes()), |ty| match ty {
            Type::Int64 | Type::Numeric(_) | Type::BigNumeric(_) => is_number && !zeros,
            // More digits than a binary number keeps are of a decimal one.
            Type::Float64 => is_number && !zeros && (plain.contains(['e', 'E']) || figures(plain) <= 15),
            Type::Bool => plain.eq_ignore_ascii_case("true") || plain.eq_ignore_ascii_case("false"),
            _ => true,
        });
        self.has_offset |= Spelled::read(plain).is_some_and(|spelled| spelled.offset.is_some());
    }

    /// Sees a value of a JSON object: its document, and what that says.
    pub(super) fn json(&mut self, document: &str, value: Sent<'_>) {
        if document.starts_with(['{', '[']) {
            self.is_document = true;
            self.is_seen = true;
            return;
        }
        match value {
            Sent::Null => {}
            Sent::Number(_) => self.see(value, |ty| match ty {
                // A fraction of JSON is a binary number for most who write it.
                Type::Numeric(_) | Type::BigNumeric(_) => !document.contains(['.', 'e', 'E']),
                Type::Int64 => !document.contains(['.', 'e', 'E']),
                Type::Float64 => true,
                _ => false,
            }),
            Sent::Bool(_) => self.see(value, |ty| matches!(ty, Type::Bool)),
            Sent::Bytes(bytes) => {
                self.see(value, |ty| matches!(ty, Type::Date | Type::DateTime | Type::Time));
                let text = std::str::from_utf8(bytes).unwrap_or_default();
                self.has_offset |= Spelled::read(text.trim()).is_some_and(|spelled| spelled.offset.is_some());
            }
            _ => self.fits = [false; TRIED.len()],
        }
    }

    fn see(&mut self, value: Sent<'_>, may: impl Fn(&Type) -> bool) {
        self.is_seen = true;
        for (fits, ty) in self.fits.iter_mut().zip(&TRIED) {
            if *fits {
                let reading =
                    Reading { name: String::new(), ty: ty.clone(), shape: Shape::of(Kind::Text), zone: Tz::UTC };
                *fits = may(ty) && reading.cell(value).is_ok();
            }
        }
    }

    /// The type.
    pub(super) fn ty(&self) -> &'static str {
        if self.is_document {
            return "JSON";
        }
        let first = self.fits.iter().position(|fits| *fits).filter(|_| self.is_seen);
        match first.map(|at| &TRIED[at]) {
            Some(Type::Int64) => "INT64",
            Some(Type::Bool) => "BOOL",
            Some(Type::Date) => "DATE",
            Some(Type::DateTime) if self.has_offset => "TIMESTAMP",
            Some(Type::DateTime) => "DATETIME",
            Some(Type::Time) => "TIME",
            Some(Type::Numeric(_)) => "NUMERIC",
            Some(Type::BigNumeric(_)) => "BIGNUMERIC",
            Some(Type::Float64) => "FLOAT64",
            _ => "STRING",
        }
    }
}

/// How many digits of a decimal number matter.
fn figures(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).skip_while(|digit| *digit == '0').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_type_that_takes_all_is_guessed() {
        for (values, ty) in [
            (&["1", "-7"][..], "INT64"),
            (&["1", "2.50"], "NUMERIC"),
            (&["1", "2e5"], "FLOAT64"),
            (&["1.5", "123456789012345678901234567890123.25"], "STRING"),
            (&["007", "12"], "STRING"),
            (&["+8210", "+8211"], "STRING"),
            (&["12345678901234567890"], "NUMERIC"),
            (&["0.1234567891"], "BIGNUMERIC"),
            (&["true", "False"], "BOOL"),
            (&["0", "1"], "INT64"),
            (&["2026-03-01"], "DATE"),
            (&["2026-03-01", "2026-03-01 09:30"], "DATETIME"),
            (&["2026-03-01T09:30:00Z"], "TIMESTAMP"),
            (&["01/03/2026"], "STRING"),
            (&["09:30", "9:30:00"], "TIME"),
            (&["nan"], "STRING"),
            (&[], "STRING"),
        ] {
            let mut guess = Guess::default();
            values.iter().for_each(|value| guess.text(value));
            assert_eq!(guess.ty(), ty, "{values:?}");
        }
    }
}
