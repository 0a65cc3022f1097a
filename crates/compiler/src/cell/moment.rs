//! Days, times and instants: from the texts and parts that a source sends to microseconds, and between zones.
//! A local time that comes twice is the first; one that is skipped counts with the offset before the gap, as in GoogleSQL.

use chrono::{DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// The moment of the server's parts; `None` for a zero date.
#[must_use]
pub fn moment(year: u16, month: u8, day: u8, time: (u8, u8, u8, u32)) -> Option<NaiveDateTime> {
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day)).filter(|_| year > 0)?;
    let (hour, minute, second, micros) = time;
    date.and_hms_micro_opt(u32::from(hour), u32::from(minute), u32::from(second), micros)
}

/// Days since 1970.
#[must_use]
pub fn days(date: NaiveDate) -> i32 {
    i32::try_from((date - NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// Microseconds since 1970.
#[must_use]
pub fn micros(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp_micros()
}

/// The instant of a local time, in UTC.
#[must_use]
pub fn to_utc(local: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    let seconds = match zone.offset_from_local_datetime(&local) {
        MappedLocalTime::Single(offset) => east(&offset),
        MappedLocalTime::Ambiguous(one, other) => east(&one).max(east(&other)),
        MappedLocalTime::None => offset_at(shift(local, -86_400), zone),
    };
    shift(local, -seconds)
}

/// What clocks in a zone show at an instant.
#[must_use]
pub fn to_local(utc: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    shift(utc, offset_at(utc, zone))
}

/// Seconds east of UTC at an instant.
#[must_use]
pub fn offset_at(utc: NaiveDateTime, zone: Tz) -> i64 {
    east(&zone.offset_from_utc_datetime(&utc))
}

/// Seconds east of UTC.
fn east(offset: &impl Offset) -> i64 {
    i64::from(offset.fix().local_minus_utc())
}

/// A stretch between two instants as clocks in a zone show it, that much wider as they were set back within it.
#[must_use]
pub fn local_window(from: NaiveDateTime, to: NaiveDateTime, zone: Tz) -> (NaiveDateTime, NaiveDateTime) {
    let set_back = (offset_at(from, zone) - offset_at(to, zone)).max(0);
    (shift(to_local(from, zone), -set_back), shift(to_local(to, zone), set_back))
}

/// The stretch of whole days that holds another one: a cursor of days says no more.
#[must_use]
pub fn whole_days(from: NaiveDateTime, to: NaiveDateTime) -> (NaiveDateTime, NaiveDateTime) {
    let end = to.checked_add_signed(TimeDelta::days(1) - TimeDelta::microseconds(1)).unwrap_or(to);
    (from.date().and_time(NaiveTime::MIN), end.date().and_time(NaiveTime::MIN))
}

/// A moment some seconds later, kept within the years 1 to 9999: a sentinel stays at its end of time.
#[must_use]
pub fn shift(at: NaiveDateTime, seconds: i64) -> NaiveDateTime {
    let (first, last) = ends();
    let shifted = TimeDelta::try_seconds(seconds).and_then(|by| at.checked_add_signed(by));
    shifted.unwrap_or(if seconds < 0 { first } else { last }).clamp(first, last)
}

/// The first and the last moment that every engine has.
fn ends() -> (NaiveDateTime, NaiveDateTime) {
    // The years 1 to 9999 hold 3,652,059 days.
    let first = DateTime::UNIX_EPOCH.naive_utc() - TimeDelta::days(719_162);
    (first, first + TimeDelta::days(3_652_059) - TimeDelta::microseconds(1))
}

/// Whether a moment says that something has not taken place: it lies in the first or the last year there is.
#[must_use]
pub fn is_sentinel(at: NaiveDateTime) -> bool {
    !(2..=9998).contains(&at.year())
}

/// A moment as a text spells it: a day, or a day and a time, which may say how far from UTC it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelled {
    /// What clocks show.
    pub local: NaiveDateTime,
    /// Seconds east of UTC, where the text says them.
    pub offset: Option<i32>,
    /// The text has a time of day.
    pub has_time: bool,
}

impl Spelled {
    /// A moment that the source's type is sure of.
    pub(super) fn typed(local: NaiveDateTime) -> Self {
        Self { local, offset: None, has_time: true }
    }

    /// Reads `2026-03-01`, `2026-03-01 09:30` or `2026-03-01T09:30:00.25+09:00`; `Z` and ` UTC` are UTC. Nothing is cut:
    /// a fraction finer than a microsecond, second 60 and years beyond 1 to 9999 are not read.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (year, rest) = number(text, 4, 4)?;
        let (month, rest) = number(rest.strip_prefix('-')?, 1, 2)?;
        let (day, rest) = number(rest.strip_prefix('-')?, 1, 2)?;
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|_| year > 0)?;
        if rest.is_empty() {
            return Some(Self { local: date.and_time(NaiveTime::MIN), offset: None, has_time: false });
        }
        let (micros, rest) = clock(rest.strip_prefix([' ', 'T', 't'])?)?;
        let local = date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::microseconds(micros))?;
        let offset = if rest.is_empty() { None } else { Some(offset(rest)?) };
        Some(Self { local, offset, has_time: true })
    }
}

/// A number of so many digits, and what follows it.
fn number(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    (digits >= least).then(|| Some((text[..digits].parse().ok()?, &text[digits..])))?
}

/// Microseconds since midnight of `9:30`, `09:30:00` or `09:30:00.25`, and what follows them.
fn clock(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = number(text, 1, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 1, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => number(rest, 1, 2)?,
        None => (0, rest),
    };
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("", rest),
    };
    let exact = fraction.trim_end_matches('0');
    if hour > 23 || minute > 59 || second > 59 || exact.len() > 6 {
        return None;
    }
    let micros: i64 = format!("{exact:0<6}").parse().ok()?;
    let whole = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    Some((whole * 1_000_000 + micros, rest))
}

/// Microseconds since midnight of a time of day.
pub(super) fn time_of_day(text: &str) -> Option<i64> {
    clock(text).filter(|(_, rest)| rest.is_empty()).map(|(micros, _)| micros)
}

/// Seconds east of UTC of `Z`, ` UTC`, `+09`, `+0900`, `+09:00` or, as old zones have it, `+08:27:52`.
fn offset(text: &str) -> Option<i32> {
    let text = text.strip_prefix(' ').unwrap_or(text);
    if matches!(text, "Z" | "z" | "UTC") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, rest) = number(text.strip_prefix(['+', '-'])?, 1, 2)?;
    let part = |rest: &str| number(rest.strip_prefix(':').unwrap_or(rest), 2, 2).map(|(n, rest)| (n, rest.len()));
    let (minutes, left) = if rest.is_empty() { (0, 0) } else { part(rest)? };
    let rest = &rest[rest.len() - left..];
    let (seconds, left) = if rest.is_empty() { (0, 0) } else { part(rest)? };
    if left > 0 || hours > 15 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(sign * i32::try_from((hours * 60 + minutes) * 60 + seconds).ok()?)
}

/// A moment as the server's or a text column's text spells it: a day, or a day and a time.
#[must_use]
pub fn read(text: &str) -> Option<NaiveDateTime> {
    Spelled::read(text.trim()).map(|spelled| spelled.local)
}

/// A moment as a watermark and a parameter spell it.
#[must_use]
pub fn write(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_placed_in_its_zone() {
        let at = |text: &str, zone: Tz| read(text).map(|local| to_utc(local, zone).to_string());
        assert_eq!(at("2026-03-01 08:00:00", Tz::Asia__Seoul).as_deref(), Some("2026-02-28 23:00:00"));
        assert_eq!(at("2026-10-25 01:30:00", Tz::Europe__London).as_deref(), Some("2026-10-25 00:30:00"));
        assert_eq!(at("2026-03-29 01:30:00", Tz::Europe__London).as_deref(), Some("2026-03-29 01:30:00"));
    }

    #[test]
    fn a_window_over_clocks_set_back_holds_both_hours() {
        let at = |text: &str| read(text).unwrap_or_default();
        let window = |from: &str, to: &str| {
            let (from, to) = local_window(at(from), at(to), Tz::Europe__London);
            format!("{from} {to}")
        };
        assert_eq!(window("2026-10-25 00:50:00", "2026-10-25 01:20:00"), "2026-10-25 00:50:00 2026-10-25 02:20:00");
        assert_eq!(window("2026-07-01 00:00:00", "2026-07-01 01:00:00"), "2026-07-01 01:00:00 2026-07-01 02:00:00");
    }

    #[test]
    fn a_text_spells_a_moment_or_none() {
        let at = |text: &str| Spelled::read(text).map(|s| (s.local.to_string(), s.offset, s.has_time));
        let some = |local: &str, offset, has_time| Some((local.to_owned(), offset, has_time));
        assert_eq!(at("2026-3-1"), some("2026-03-01 00:00:00", None, false));
        assert_eq!(at("2026-03-01T09:30"), some("2026-03-01 09:30:00", None, true));
        assert_eq!(at("2026-03-01 09:30:00.250+09:00"), some("2026-03-01 09:30:00.250", Some(32_400), true));
        assert_eq!(at("2026-03-01 09:30:00 UTC"), some("2026-03-01 09:30:00", Some(0), true));
        assert_eq!(at("2026-03-01T09:30:00-0330"), some("2026-03-01 09:30:00", Some(-12_600), true));
        assert_eq!(at("0001-01-01 00:00:00+08:27:52"), some("0001-01-01 00:00:00", Some(30_472), true));
        assert_eq!(at("2026-03-01 09:30:00.0000010"), some("2026-03-01 09:30:00.000001", None, true));
        for none in [
            "2026-03-01 09:30:60",
            "2026-03-01 24:00:00",
            "2026-03-01 09:30:00.0000001",
            "12026-01-01",
            "0000-01-01",
            "2026-02-30",
            "infinity",
            "epoch",
            "0044-03-15 (BC)",
            "2026-03-01T",
            "2026-03-01 09",
            "2026-03-01 09:30:00+",
            "+2026-01-01",
            "2026-03-01 09:30:00+99:00",
            "20260301",
            "2026-03-01 09:30:00 KST",
        ] {
            assert_eq!(at(none), None, "{none}");
        }
        assert_eq!(time_of_day("24:00:00"), None);
        assert_eq!(time_of_day("9:05:00.5"), Some(32_700_500_000));
    }

    #[test]
    fn a_zero_date_is_no_moment() {
        assert_eq!(moment(0, 0, 0, (0, 0, 0, 0)), None);
        assert_eq!(moment(2026, 2, 0, (0, 0, 0, 0)), None);
        assert_eq!(moment(2026, 2, 30, (0, 0, 0, 0)), None);
        assert_eq!(days(NaiveDate::from_ymd_opt(1969, 12, 31).unwrap()), -1);
    }
}
