//! FORMAT_DATE and its family: GoogleSQL's format elements. It must not parse.

use chrono::{Datelike, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use duckdb::Connection;

use super::moments::{date_of, time_of};
use super::vector::{Answer, Clock, Day, Moment, add};
use super::zones::{Zone, datetime};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_format_date", |(f, d): (String, Day)| {
        write(&dated(&f), date_of(d)?.and_time(NaiveTime::default()), None)
    })?;
    add(c, "dwc_format_datetime", |(f, t): (String, Moment)| write(&f, datetime(t.0)?, None))?;
    add(c, "dwc_format_time", |(f, t): (String, Clock)| {
        write(&clocked(&f), chrono::NaiveDate::default().and_time(time_of(t)), None)
    })?;
    add(c, "dwc_format_timestamp", |(f, t, zone): (String, Moment, String)| {
        let utc = datetime(t.0)?;
        let zone = Zone::read(&zone)?;
        let offset = zone.offset_at(utc);
        write(&f, utc + TimeDelta::seconds(i64::from(offset)), Some((offset, zone.name_at(utc), utc)))
    })
}

/// The format for a DATE: elements of the clock stay as they are written.
fn dated(format: &str) -> String {
    kept(format, |rest| match rest.strip_prefix('E') {
        Some(rest) => rest.starts_with('z') || rest.chars().take(2).last() == Some('S'),
        None => rest.starts_with(|element| "HIklMpPrRSsTXcZz".contains(element)),
    })
}

/// The format for a TIME: elements of the date and of the zone stay as they are written.
fn clocked(format: &str) -> String {
    kept(format, |rest| {
        let rest = rest.strip_prefix(['E', 'O']).unwrap_or(rest);
        rest.starts_with("4Y") || rest.starts_with(|element| "aAbBCcdDeFgGhjmQsuUVwWxyYzZ".contains(element))
    })
}

/// A format in which the elements that `is_foreign`, told by what follows their `%`, are written out.
fn kept(format: &str, is_foreign: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(ch) = chars.next() {
        out.push(ch);
        if ch != '%' {
            continue;
        }
        if chars.as_str().starts_with('%') {
            out.extend(chars.next());
        } else if is_foreign(chars.as_str()) {
            out.push('%');
        }
    }
    out
}

fn write(format: &str, t: NaiveDateTime, zone: Option<(i32, String, NaiveDateTime)>) -> Answer<String> {
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(ch) = chars.next() {
        if ch != '%' {
            out.push(ch);
            continue;
        }
        let Some(mut element) = chars.next() else {
            out.push('%');
            break;
        };
        let upper = element == '^';
        if upper {
            element = chars.next().unwrap_or('%');
        }
        if element == 'E' {
            extended(&mut out, &mut chars, t, zone.as_ref());
            continue;
        }
        let text = simple(element, t, zone.as_ref()).ok_or_else(|| format!("%{element} is not a format element"))?;
        out.push_str(&if upper { text.to_uppercase() } else { text });
    }
    Ok(Some(out))
}

fn hour12(t: NaiveDateTime) -> u32 {
    match t.hour() % 12 {
        0 => 12,
        h => h,
    }
}

fn simple(element: char, t: NaiveDateTime, zone: Option<&(i32, String, NaiveDateTime)>) -> Option<String> {
    let month = MONTHS[t.month0() as usize];
    let sunday = t.weekday().num_days_from_sunday();
    let day = DAYS[sunday as usize];
    let iso = t.iso_week();
    let date = |t: NaiveDateTime| format!("{:02}/{:02}/{:02}", t.month(), t.day(), t.year().rem_euclid(100));
    let time = format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second());
    Some(match element {
        'A' => day.into(),
        'a' => day[..3].into(),
        'B' => month.into(),
        'b' | 'h' => month[..3].into(),
        'C' => format!("{:02}", t.year() / 100),
        'c' => format!("{} {} {:2} {time} {}", &day[..3], &month[..3], t.day(), t.year()),
        'D' | 'x' => date(t),
        'd' => format!("{:02}", t.day()),
        'e' => format!("{:2}", t.day()),
        'F' => format!("{:04}-{:02}-{:02}", t.year(), t.month(), t.day()),
        'G' => format!("{:04}", iso.year()),
        'g' => format!("{:02}", iso.year().rem_euclid(100)),
        'H' => format!("{:02}", t.hour()),
        'I' => format!("{:02}", hour12(t)),
        'j' => format!("{:03}", t.ordinal()),
        'k' => format!("{:2}", t.hour()),
        'l' => format!("{:2}", hour12(t)),
        'M' => format!("{:02}", t.minute()),
        'm' => format!("{:02}", t.month()),
        'n' => "\n".into(),
        'P' => if t.hour() < 12 { "am" } else { "pm" }.into(),
        'p' => if t.hour() < 12 { "AM" } else { "PM" }.into(),
        'Q' => (t.month0() / 3 + 1).to_string(),
        'R' => format!("{:02}:{:02}", t.hour(), t.minute()),
        'r' => {
            format!("{:02}:{:02}:{:02} {}", hour12(t), t.minute(), t.second(), if t.hour() < 12 { "AM" } else { "PM" })
        }
        'S' => format!("{:02}", t.second()),
        's' => zone.map_or(t, |z| z.2).and_utc().timestamp().to_string(),
        'T' | 'X' => time,
        't' => "\t".into(),
        'U' => format!("{:02}", (t.ordinal0() + 7 - sunday) / 7),
        'u' => t.weekday().number_from_monday().to_string(),
        'V' => format!("{:02}", iso.week()),
        'W' => format!("{:02}", (t.ordinal0() + 7 - t.weekday().num_days_from_monday()) / 7),
        'w' => sunday.to_string(),
        'Y' => t.year().to_string(),
        'y' => format!("{:02}", t.year().rem_euclid(100)),
        'Z' => zone.map_or_else(String::new, |z| z.1.clone()),
        'z' => zone.map_or_else(String::new, |z| numeric_zone(z.0, "")),
        '%' => "%".into(),
        _ => return None,
    })
}

fn numeric_zone(offset: i32, between: &str) -> String {
    let minutes = offset.abs() / 60;
    format!("{}{:02}{between}{:02}", if offset < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

/// `%Ez`, `%E4Y`, `%E3S`, `%E*S`.
fn extended(
    out: &mut String,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    t: NaiveDateTime,
    zone: Option<&(i32, String, NaiveDateTime)>,
) {
    match chars.next() {
        Some('z') => out.push_str(&zone.map_or_else(String::new, |z| numeric_zone(z.0, ":"))),
        Some('4') if chars.peek() == Some(&'Y') => {
            chars.next();
            out.push_str(&format!("{:04}", t.year()));
        }
        Some('*') if chars.peek() == Some(&'S') => {
            chars.next();
            let fraction = format!("{:06}", t.nanosecond() / 1_000);
            let fraction = fraction.trim_end_matches('0');
            out.push_str(&format!("{:02}", t.second()));
            if !fraction.is_empty() {
                out.push_str(&format!(".{fraction}"));
            }
        }
        Some(digit) if digit.is_ascii_digit() && chars.peek() == Some(&'S') => {
            chars.next();
            let n = digit.to_digit(10).unwrap_or(0) as usize;
            out.push_str(&format!("{:02}", t.second()));
            if n > 0 {
                let fraction = format!("{:09}", t.nanosecond());
                out.push_str(&format!(".{}", &fraction[..n.min(9)]));
            }
        }
        Some(other) => {
            if let Some(text) = simple(other, t, zone) {
                out.push_str(&text);
            }
        }
        None => out.push_str("%E"),
    }
}
