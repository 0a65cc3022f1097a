//! Days, times and instants: from the parts that the server sends to microseconds, and between zones.
//! A local time that comes twice is the first; one that is skipped counts with the offset before the gap, as in GoogleSQL.

use chrono::{Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// The moment of the server's parts; `None` for a zero date.
pub(crate) fn moment(year: u16, month: u8, day: u8, time: (u8, u8, u8, u32)) -> Option<NaiveDateTime> {
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day)).filter(|_| year > 0)?;
    let (hour, minute, second, micros) = time;
    date.and_hms_micro_opt(u32::from(hour), u32::from(minute), u32::from(second), micros)
}

/// Days since 1970.
pub(crate) fn days(date: NaiveDate) -> i32 {
    i32::try_from((date - NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// Microseconds since 1970.
pub(crate) fn micros(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp_micros()
}

/// The instant of a local time, in UTC.
pub(crate) fn to_utc(local: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    let seconds = match zone.offset_from_local_datetime(&local) {
        MappedLocalTime::Single(offset) => offset.fix().local_minus_utc(),
        MappedLocalTime::Ambiguous(one, other) => one.fix().local_minus_utc().max(other.fix().local_minus_utc()),
        MappedLocalTime::None => offset_at(local.checked_sub_signed(TimeDelta::days(1)).unwrap_or(local), zone),
    };
    shift(local, -seconds)
}

/// What clocks in a zone show at an instant.
pub(crate) fn to_local(utc: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    shift(utc, offset_at(utc, zone))
}

/// Seconds east of UTC at an instant.
pub(crate) fn offset_at(utc: NaiveDateTime, zone: Tz) -> i32 {
    zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()
}

/// A stretch between two instants as clocks in a zone show it, that much wider as they were set back within it.
pub(crate) fn local_window(from: NaiveDateTime, to: NaiveDateTime, zone: Tz) -> (NaiveDateTime, NaiveDateTime) {
    let set_back = (offset_at(from, zone) - offset_at(to, zone)).max(0);
    (shift(to_local(from, zone), -set_back), shift(to_local(to, zone), set_back))
}

/// The stretch of whole days that holds another one: a cursor of days says no more.
pub(crate) fn whole_days(from: NaiveDateTime, to: NaiveDateTime) -> (NaiveDateTime, NaiveDateTime) {
    let end = to.checked_add_signed(TimeDelta::days(1) - TimeDelta::microseconds(1)).unwrap_or(to);
    (from.date().and_time(NaiveTime::MIN), end.date().and_time(NaiveTime::MIN))
}

/// A moment some seconds later, kept within the years 1 to 9999: a sentinel stays at its end of time.
fn shift(at: NaiveDateTime, seconds: i32) -> NaiveDateTime {
    let shifted = at.checked_add_signed(TimeDelta::seconds(i64::from(seconds))).unwrap_or(at);
    let end = |year, month, day, time| NaiveDate::from_ymd_opt(year, month, day).map(|day| day.and_time(time));
    match shifted.year() {
        ..=0 => end(1, 1, 1, NaiveTime::MIN).unwrap_or(at),
        10_000.. => {
            let last = end(9999, 12, 31, NaiveTime::MIN).and_then(|day| day.checked_add_signed(TimeDelta::days(1)));
            last.and_then(|day| day.checked_sub_signed(TimeDelta::microseconds(1))).unwrap_or(at)
        }
        _ => shifted,
    }
}

/// Whether a moment says that something has not taken place: it lies in the first or the last year there is.
pub(crate) fn is_sentinel(at: NaiveDateTime) -> bool {
    !(2..=9998).contains(&at.year())
}

/// A moment as the server's or a text column's text spells it: a day, or a day and a time.
pub(crate) fn read(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN)))
}

/// A moment as a watermark and a parameter spell it.
pub(crate) fn write(at: NaiveDateTime) -> String {
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
    fn a_zero_date_is_no_moment() {
        assert_eq!(moment(0, 0, 0, (0, 0, 0, 0)), None);
        assert_eq!(moment(2026, 2, 0, (0, 0, 0, 0)), None);
        assert_eq!(moment(2026, 2, 30, (0, 0, 0, 0)), None);
        assert_eq!(days(NaiveDate::from_ymd_opt(1969, 12, 31).unwrap()), -1);
    }
}
