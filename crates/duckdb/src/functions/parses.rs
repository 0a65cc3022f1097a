//! PARSE_DATE and its family: text read by GoogleSQL's format elements. It must not format.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use duckdb::Connection;

use super::formats::{DAYS, MONTHS};
use super::moments::{clock, day};
use super::vector::{Moment, add};
use super::zones::{Zone, datetime, micros, offset};

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_parse_date", |(f, s): (String, String)| {
        let t = Reader::read(&f, &s).and_then(|r| r.local()).ok_or_else(|| mismatch(&f, &s))?;
        micros(t).map(|_| Some(day(t.date())))
    })?;
    add(c, "dwc_parse_datetime", |(f, s): (String, String)| {
        let t = Reader::read(&f, &s).and_then(|r| r.local()).ok_or_else(|| mismatch(&f, &s))?;
        micros(t).map(|m| Some(Moment(m)))
    })?;
    add(c, "dwc_parse_time", |(f, s): (String, String)| {
        let t = Reader::read(&f, &s).and_then(|r| r.local()).ok_or_else(|| mismatch(&f, &s))?;
        Ok(Some(clock(t.time())))
    })?;
    add(c, "dwc_parse_timestamp", |(f, s, zone): (String, String, String)| {
        let read = Reader::read(&f, &s).ok_or_else(|| mismatch(&f, &s))?;
        if let Some(seconds) = read.epoch {
            return micros(datetime(seconds.checked_mul(1_000_000).ok_or_else(|| mismatch(&f, &s))?)?)
                .map(|m| Some(Moment(m)));
        }
        let zone = match (read.offset, &read.zone) {
            (Some(seconds), _) => Zone::Fixed(seconds),
            (None, Some(name)) => Zone::read(name)?,
            (None, None) => Zone::read(&zone)?,
        };
        let local = read.local().ok_or_else(|| mismatch(&f, &s))?;
        micros(zone.instant(local)).map(|m| Some(Moment(m)))
    })
}

fn mismatch(format: &str, text: &str) -> String {
    format!("\"{text}\" is not \"{format}\"")
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a str,
    year: Option<i32>,
    century: Option<i32>,
    year_of_century: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: Option<u32>,
    hour12: Option<u32>,
    afternoon: Option<bool>,
    minute: Option<u32>,
    second: Option<u32>,
    micros: u32,
    epoch: Option<i64>,
    offset: Option<i32>,
    zone: Option<String>,
}

impl<'a> Reader<'a> {
    fn read(format: &str, text: &'a str) -> Option<Reader<'a>> {
        let mut reader = Reader { rest: text.trim_start(), ..Reader::default() };
        reader.format(format)?;
        reader.rest.trim().is_empty().then_some(reader)
    }

    fn format(&mut self, format: &str) -> Option<()> {
        let mut chars = format.chars().peekable();
        while let Some(ch) = chars.next() {
            if ch.is_whitespace() {
                self.rest = self.rest.trim_start();
                continue;
            }
            if ch != '%' {
                self.rest = self.rest.strip_prefix(ch)?;
                continue;
            }
            match chars.next()? {
                // A fifth digit belongs to the year where none of the next number can follow.
                'Y' => {
                    let digits =
                        if chars.peek().is_some_and(|next| *next == '%' || next.is_ascii_digit()) { 4 } else { 5 };
                    self.year = Some(self.number(1, digits)?.cast_signed());
                }
                'E' => match chars.next()? {
                    'z' => self.zone_offset()?,
                    '4' => {
                        chars.next().filter(|c| *c == 'Y')?;
                        self.year = Some(self.number(4, 4)?.cast_signed());
                    }
                    '*' => {
                        chars.next().filter(|c| *c == 'S')?;
                        self.seconds(6)?;
                    }
                    digit if digit.is_ascii_digit() => {
                        chars.next().filter(|c| *c == 'S')?;
                        self.seconds(digit.to_digit(10)? as usize)?;
                    }
                    other => self.element(other)?,
                },
                'O' => self.element(chars.next()?)?,
                element => self.element(element)?,
            }
        }
        Some(())
    }

    fn element(&mut self, element: char) -> Option<()> {
        match element {
            'Y' => self.year = Some(self.number(1, 4)?.cast_signed()),
            'y' => self.year_of_century = Some(self.number(1, 2)?.cast_signed()),
            'C' => self.century = Some(self.number(1, 2)?.cast_signed()),
            'm' => self.month = Some(self.number(1, 2)?),
            'd' | 'e' => {
                self.rest = self.rest.trim_start_matches(' ');
                self.day = Some(self.number(1, 2)?);
            }
            'j' => self.day_of_year = Some(self.number(1, 3)?),
            'H' | 'k' => {
                self.rest = self.rest.trim_start_matches(' ');
                self.hour = Some(self.number(1, 2)?);
                self.hour12 = None;
            }
            'I' | 'l' => {
                self.rest = self.rest.trim_start_matches(' ');
                self.hour12 = Some(self.number(1, 2).filter(|h| (1..=12).contains(h))?);
                self.hour = None;
            }
            'M' => self.minute = Some(self.number(1, 2)?),
            'S' => self.second = Some(self.number(1, 2)?),
            'p' | 'P' => {
                let head = self.rest.get(..2)?.to_ascii_lowercase();
                self.afternoon = Some(match head.as_str() {
                    "am" => false,
                    "pm" => true,
                    _ => return None,
                });
                self.rest = &self.rest[2..];
            }
            'b' | 'B' | 'h' => self.month = Some(u32::try_from(self.name(&MONTHS)?).ok()? + 1),
            'a' | 'A' => {
                self.name(&DAYS)?;
            }
            'F' => self.format("%Y-%m-%d")?,
            'T' => self.format("%H:%M:%S")?,
            'R' => self.format("%H:%M")?,
            'D' | 'x' => self.format("%m/%d/%y")?,
            'X' => self.format("%H:%M:%S")?,
            'c' => self.format("%a %b %e %H:%M:%S %Y")?,
            'n' | 't' => self.rest = self.rest.trim_start(),
            's' => {
                let negative = self.rest.starts_with('-');
                self.rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
                let n = self.rest.bytes().take_while(u8::is_ascii_digit).count();
                let (head, rest) = self.rest.split_at(n);
                let seconds: i64 = head.parse().ok()?;
                self.rest = rest;
                self.epoch = Some(if negative { -seconds } else { seconds });
            }
            'z' => self.zone_offset()?,
            'Z' => {
                let n = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
                let (head, rest) = self.rest.split_at(n);
                self.zone = Some(head.to_string());
                self.rest = rest;
            }
            '%' => self.rest = self.rest.strip_prefix('%')?,
            _ => return None,
        }
        Some(())
    }

    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let n = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if n < least {
            return None;
        }
        let (head, rest) = self.rest.split_at(n);
        self.rest = rest;
        head.parse().ok()
    }

    fn seconds(&mut self, most: usize) -> Option<()> {
        self.second = Some(self.number(1, 2)?);
        if let Some(rest) = self.rest.strip_prefix('.') {
            let n = rest.bytes().take(most.min(6)).take_while(u8::is_ascii_digit).count();
            let (head, rest) = rest.split_at(n);
            self.micros = format!("{head:0<6}").parse().ok()?;
            self.rest = rest;
        }
        Some(())
    }

    /// The place of a full or three-letter name.
    fn name(&mut self, names: &[&str]) -> Option<usize> {
        for (i, name) in names.iter().enumerate() {
            for form in [name, &name[..3]] {
                if let Some(head) = self.rest.get(..form.len())
                    && head.eq_ignore_ascii_case(form)
                {
                    self.rest = &self.rest[form.len()..];
                    return Some(i);
                }
            }
        }
        None
    }

    fn zone_offset(&mut self) -> Option<()> {
        if let Some(rest) = self.rest.strip_prefix(['Z', 'z']) {
            self.rest = rest;
            self.offset = Some(0);
            return Some(());
        }
        let n = self.rest.bytes().take(6).take_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b':')).count();
        let (head, rest) = self.rest.split_at(n);
        self.rest = rest;
        let normal = if head.len() == 5 && !head.contains(':') {
            format!("{}:{}", &head[..3], &head[3..])
        } else {
            head.to_string()
        };
        self.offset = Some(offset(&normal)?);
        Some(())
    }

    /// Fields that the text does not give are those of 1970-01-01 00:00:00.
    fn local(&self) -> Option<NaiveDateTime> {
        if let Some(seconds) = self.epoch {
            return datetime(seconds.checked_mul(1_000_000)?).ok();
        }
        let year = match (self.year, self.century, self.year_of_century) {
            (Some(year), _, _) => year,
            (None, Some(century), y) => century * 100 + y.unwrap_or(0),
            (None, None, Some(y)) if y < 69 => 2000 + y,
            (None, None, Some(y)) => 1900 + y,
            (None, None, None) => 1970,
        };
        // In a zone to the east, the first day after the last year is in it.
        if !(1..=10_000).contains(&year) {
            return None;
        }
        let date = match self.day_of_year {
            Some(n) if self.month.is_none() && self.day.is_none() => NaiveDate::from_yo_opt(year, n)?,
            _ => NaiveDate::from_ymd_opt(year, self.month.unwrap_or(1), self.day.unwrap_or(1))?,
        };
        let hour = match (self.hour, self.hour12) {
            (Some(hour), _) => hour,
            (None, Some(hour)) => hour % 12 + if self.afternoon == Some(true) { 12 } else { 0 },
            (None, None) => 0,
        };
        let second = self.second.unwrap_or(0);
        // A leap second is the first of the next minute.
        let (second, carry) = if second == 60 { (59, 1) } else { (second, 0) };
        let time = NaiveTime::from_hms_micro_opt(hour, self.minute.unwrap_or(0), second, self.micros)?;
        date.and_time(time).checked_add_signed(chrono::TimeDelta::seconds(carry))
    }
}
