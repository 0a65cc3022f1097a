//! Time zones by name or offset, from the tz database that is compiled in. It must not format or parse moments.

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// A zone that a query names.
pub(super) enum Zone {
    Named(Tz),
    /// Seconds east of UTC.
    Fixed(i32),
}

impl Zone {
    pub(super) fn read(name: &str) -> Result<Zone, String> {
        if let Some(seconds) = offset(name.strip_prefix("UTC").unwrap_or(name)) {
            return Ok(Zone::Fixed(seconds));
        }
        match name.parse::<Tz>() {
            Ok(tz) => Ok(Zone::Named(tz)),
            Err(_) if name.eq_ignore_ascii_case("z") => Ok(Zone::Fixed(0)),
            Err(_) => Err(format!("\"{name}\" is not a time zone")),
        }
    }

    /// Seconds east of UTC at an instant.
    pub(super) fn offset_at(&self, utc: NaiveDateTime) -> i32 {
        match self {
            Zone::Fixed(seconds) => *seconds,
            Zone::Named(tz) => tz.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
        }
    }

    /// The instant of a local time. One that comes twice is the first; one that is skipped is counted with the
    /// offset before the gap.
    pub(super) fn instant(&self, local: NaiveDateTime) -> NaiveDateTime {
        let seconds = match self {
            Zone::Fixed(seconds) => *seconds,
            Zone::Named(tz) => match tz.offset_from_local_datetime(&local) {
                chrono::MappedLocalTime::Single(o) => o.fix().local_minus_utc(),
                chrono::MappedLocalTime::Ambiguous(a, b) => a.fix().local_minus_utc().max(b.fix().local_minus_utc()),
                chrono::MappedLocalTime::None => {
                    let before = local.checked_sub_signed(TimeDelta::days(1)).unwrap_or(local);
                    tz.offset_from_utc_datetime(&before).fix().local_minus_utc()
                }
            },
        };
        local.checked_sub_signed(TimeDelta::seconds(i64::from(seconds))).unwrap_or(local)
    }

    /// What `%Z` writes: the distance from UTC, also for zones that have a name.
    pub(super) fn name_at(&self, utc: NaiveDateTime) -> String {
        sign_text(self.offset_at(utc))
    }
}

fn sign_text(seconds: i32) -> String {
    if seconds == 0 {
        return "UTC".into();
    }
    let minutes = seconds.abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    if minutes % 60 == 0 {
        format!("UTC{sign}{}", minutes / 60)
    } else {
        format!("UTC{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }
}

/// `+9`, `-09:30`, `+0930`.
pub(super) fn offset(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let body = &text[1..];
    let (hours, minutes) = match body.split_once(':') {
        Some((h, m)) if m.len() == 2 => (h, m),
        Some(_) => return None,
        None => (body, "0"),
    };
    if hours.is_empty() || hours.len() > 2 || !hours.bytes().chain(minutes.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Microseconds since 1970 as a date and time.
pub(super) fn datetime(micros: i64) -> Result<NaiveDateTime, String> {
    DateTime::<Utc>::from_timestamp_micros(micros).map(|d| d.naive_utc()).ok_or_else(|| "beyond the calendar".into())
}

/// A date and time as microseconds since 1970, within the years 1 to 9999.
pub(super) fn micros(moment: NaiveDateTime) -> Result<i64, String> {
    let year = chrono::Datelike::year(&moment);
    if (1..=9999).contains(&year) {
        Ok(moment.and_utc().timestamp_micros())
    } else {
        Err("beyond the years 1 to 9999".into())
    }
}
