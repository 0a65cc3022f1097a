//! Dates and times from parts and from text as CAST reads them, into zones and back, and as text.
//! It must not read formats: those are in `formats` and `parses`.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use duckdb::Connection;

use super::vector::{Answer, Clock, Day, Moment, add};
use super::zones::{Zone, datetime, micros};

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_to_zone", |(t, zone): (Moment, String)| {
        let utc = datetime(t.0)?;
        Ok(Some(Moment(t.0 + i64::from(Zone::read(&zone)?.offset_at(utc)) * 1_000_000)))
    })?;
    add(c, "dwc_from_zone", |(t, zone): (Moment, String)| {
        micros(Zone::read(&zone)?.instant(datetime(t.0)?)).map(|m| Some(Moment(m)))
    })?;
    add(c, "dwc_day_in_range", |(d,): (Day,)| match date_of(d) {
        Ok(date) if (1..=9999).contains(&date.year()) => Ok(Some(d)),
        _ => Err("beyond the range of DATE".into()),
    })?;
    add(c, "dwc_moment_in_range", |(t,): (Moment,)| in_range(t.0))?;
    add(c, "dwc_date_add", |(d, n): (Day, i64)| {
        let moved = i32::try_from(n).ok().and_then(|n| d.0.checked_add(n)).map(Day);
        let kept = moved.filter(|d| date_of(*d).is_ok_and(|date| (1..=9999).contains(&date.year())));
        kept.map(Some).ok_or_else(|| "beyond the range of DATE".into())
    })?;
    add(c, "dwc_moment", |(from, n, unit): (i64, i64, i64)| {
        let moved = n.checked_mul(unit).and_then(|by| from.checked_add(by));
        moved.ok_or_else(|| "beyond the range of TIMESTAMP".to_string()).and_then(in_range)
    })?;
    add(c, "dwc_make_date", |(y, m, d): (i64, i64, i64)| {
        let date = i32::try_from(y)
            .ok()
            .filter(|y| (1..=9999).contains(y))
            .and_then(|y| NaiveDate::from_ymd_opt(y, u32::try_from(m).ok()?, u32::try_from(d).ok()?));
        date.map(|d| Some(day(d))).ok_or_else(|| format!("{y}-{m}-{d} is not a date"))
    })?;
    add(c, "dwc_make_datetime", |(y, m, d, h, n, s): (i64, i64, i64, i64, i64, i64)| {
        let date = i32::try_from(y)
            .ok()
            .filter(|y| (1..=9999).contains(y))
            .and_then(|y| NaiveDate::from_ymd_opt(y, u32::try_from(m).ok()?, u32::try_from(d).ok()?));
        let made = date.and_then(|date| Some(date.and_time(clock_of(h, n, s)?)));
        made.ok_or_else(|| format!("{y}-{m}-{d} {h}:{n}:{s} is not a datetime"))
            .and_then(|t| micros(t).map(|m| Some(Moment(m))))
    })?;
    add(c, "dwc_make_time", |(h, n, s): (i64, i64, i64)| {
        clock_of(h, n, s).map(|t| Some(clock(t))).ok_or_else(|| format!("{h}:{n}:{s} is not a time"))
    })?;
    add(c, "dwc_datetime_to_string", |(t,): (Moment,)| Ok(Some(text(datetime(t.0)?, ' '))))?;
    add(c, "dwc_json_datetime", |(t,): (Moment,)| Ok(Some(text(datetime(t.0)?, 'T'))))?;
    add(c, "dwc_time_to_string", |(t,): (Clock,)| Ok(Some(time_text(time_of(t)))))?;
    add(c, "dwc_timestamp_to_string", |(t, zone): (Moment, String)| {
        let utc = datetime(t.0)?;
        let offset = Zone::read(&zone)?.offset_at(utc);
        let local = utc + TimeDelta::seconds(i64::from(offset));
        let minutes = offset.abs() / 60;
        let sign = if offset < 0 { '-' } else { '+' };
        let tail = if minutes % 60 == 0 {
            format!("{sign}{:02}", minutes / 60)
        } else {
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        };
        Ok(Some(format!("{}{tail}", text(local, ' '))))
    })?;
    add(c, "dwc_to_date", |(s,): (String,)| {
        let mut text = Text::new(&s);
        let date = text.date().filter(|_| text.rest.is_empty());
        date.map(|date| Some(day(date))).ok_or_else(|| format!("\"{s}\" is not a DATE"))
    })?;
    add(c, "dwc_to_datetime", |(s,): (String,)| {
        let read = Text::new(&s).whole_moment(false);
        read.ok_or_else(|| format!("\"{s}\" is not a DATETIME")).and_then(|(t, _)| micros(t).map(|m| Some(Moment(m))))
    })?;
    add(c, "dwc_to_time", |(s,): (String,)| {
        let mut text = Text::new(&s);
        let time = text.time();
        match time {
            Some(time) if text.rest.is_empty() => Ok(Some(clock(time))),
            _ => Err(format!("\"{s}\" is not a TIME")),
        }
    })?;
    add(c, "dwc_to_timestamp", |(s, zone): (String, String)| {
        let (local, own) = Text::new(&s).whole_moment(true).ok_or_else(|| format!("\"{s}\" is not a TIMESTAMP"))?;
        let zone = Zone::read(own.as_deref().unwrap_or(&zone))?;
        micros(zone.instant(local)).map(|m| Some(Moment(m)))
    })
}

/// A moment from the year 1 up to the last microsecond of 9999.
fn in_range(micros: i64) -> Answer<Moment> {
    if (-62_135_596_800_000_000..253_402_300_800_000_000).contains(&micros) {
        return Ok(Some(Moment(micros)));
    }
    Err("beyond the range of TIMESTAMP".into())
}

pub(super) fn day(date: NaiveDate) -> Day {
    Day(date.num_days_from_ce() - 719_163)
}

pub(super) fn date_of(day: Day) -> Result<NaiveDate, String> {
    NaiveDate::from_num_days_from_ce_opt(day.0.saturating_add(719_163)).ok_or_else(|| "beyond the calendar".into())
}

pub(super) fn clock(time: NaiveTime) -> Clock {
    Clock(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1_000))
}

pub(super) fn time_of(clock: Clock) -> NaiveTime {
    let seconds = u32::try_from(clock.0 / 1_000_000).unwrap_or(0);
    let nanos = u32::try_from(clock.0 % 1_000_000 * 1_000).unwrap_or(0);
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).unwrap_or_default()
}

fn clock_of(h: i64, n: i64, s: i64) -> Option<NaiveTime> {
    NaiveTime::from_hms_opt(u32::try_from(h).ok()?, u32::try_from(n).ok()?, u32::try_from(s).ok()?)
}

fn text(t: NaiveDateTime, between: char) -> String {
    format!("{:04}-{:02}-{:02}{between}{}", t.year(), t.month(), t.day(), time_text(t.time()))
}

/// With no decimals, three or six, as needed.
pub(super) fn time_text(t: NaiveTime) -> String {
    let micros = t.nanosecond() / 1_000;
    let whole = format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second());
    match micros {
        0 => whole,
        m if m % 1_000 == 0 => format!("{whole}.{:03}", m / 1_000),
        m => format!("{whole}.{m:06}"),
    }
}

/// The canonical forms of dates and times, read from the left.
struct Text<'a> {
    rest: &'a str,
}

impl<'a> Text<'a> {
    fn new(text: &'a str) -> Self {
        Text { rest: text }
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let n = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if n < least {
            return None;
        }
        let (head, rest) = self.rest.split_at(n);
        self.rest = rest;
        head.parse().ok()
    }

    fn take(&mut self, mark: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(mark)?;
        Some(())
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.digits(4, 4)?;
        self.take('-')?;
        let month = self.digits(1, 2)?;
        self.take('-')?;
        let day = self.digits(1, 2)?;
        let year = i32::try_from(year).ok().filter(|y| *y > 0)?;
        NaiveDate::from_ymd_opt(year, month, day)
    }

    fn time(&mut self) -> Option<NaiveTime> {
        let hour = self.digits(1, 2)?;
        self.take(':')?;
        let minute = self.digits(1, 2)?;
        self.take(':')?;
        let second = self.digits(1, 2)?;
        let mut micros = 0;
        if self.rest.starts_with('.') {
            self.rest = &self.rest[1..];
            let n = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            if n > 6 {
                return None;
            }
            let (head, rest) = self.rest.split_at(n);
            micros = format!("{head:0<6}").parse().ok()?;
            self.rest = rest;
        }
        NaiveTime::from_hms_micro_opt(hour, minute, second, micros)
    }

    /// A date, optionally with a time, optionally with a zone.
    fn whole_moment(mut self, zoned: bool) -> Option<(NaiveDateTime, Option<String>)> {
        let date = self.date()?;
        let mut time = NaiveTime::default();
        let next = self.rest.chars().nth(1);
        if self.rest.starts_with([' ', 'T', 't']) && next.is_some_and(|c| c.is_ascii_digit()) {
            self.rest = &self.rest[1..];
            time = self.time()?;
        }
        let moment = date.and_time(time);
        if self.rest.is_empty() {
            return Some((moment, None));
        }
        if !zoned {
            return None;
        }
        let zone = self.rest.strip_prefix(' ').unwrap_or(self.rest);
        (!zone.is_empty() && !zone.starts_with(' ')).then(|| (moment, Some(zone.to_string())))
    }
}
