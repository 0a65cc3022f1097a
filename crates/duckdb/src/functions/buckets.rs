//! Widths of time: buckets, the pieces of a range, and intervals in their usual parts.
//! It must not shift a moment by an INTERVAL: a macro or DuckDB does.

use chrono::{Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime};
use duckdb::Connection;

use super::moments::{date_of, day};
use super::vector::{Answer, Day, Moment, Span, add};
use super::zones::{datetime, micros};

const DAY: i64 = 86_400_000_000;
/// Pieces of one range: more would fill the memory.
const MOST: usize = 10_000_000;

pub(super) fn register(c: &Connection) -> Result<(), duckdb::Error> {
    add(c, "dwc_date_bucket", |(d, width, origin): (Day, Span, Day)| {
        if width.micros != 0 {
            return Err("the width of a bucket of DATEs has months or days alone".into());
        }
        let step = one_part(width)?;
        bucket(midnight(d)?, midnight(origin)?, step).map(|t| Some(day(t.date())))
    })?;
    add(c, "dwc_datetime_bucket", |(t, width, origin): (Moment, Span, Moment)| {
        bucket(datetime(t.0)?, datetime(origin.0)?, one_part(width)?).and_then(moment)
    })?;
    add(c, "dwc_timestamp_bucket", |(t, width, origin): (Moment, Span, Moment)| {
        if width.months != 0 {
            return Err("the width of a bucket of TIMESTAMPs has no months".into());
        }
        bucket(datetime(t.0)?, datetime(origin.0)?, one_part(width)?).and_then(moment)
    })?;
    add(c, "dwc_date_pieces", |(from, to, step, partial): (Day, Day, Span, bool)| {
        if step.micros != 0 || step.months != 0 && step.days != 0 {
            return Err("the step of a RANGE of DATEs has months or days alone".into());
        }
        pieces(midnight(from)?, midnight(to)?, step, partial, "%Y-%m-%d")
    })?;
    add(c, "dwc_datetime_pieces", |(from, to, step, partial): (Moment, Moment, Span, bool)| {
        if step.months != 0 && (step.days != 0 || step.micros != 0) {
            return Err("the step of a RANGE of DATETIMEs has months alone, or none".into());
        }
        pieces(datetime(from.0)?, datetime(to.0)?, step, partial, "%Y-%m-%d %H:%M:%S%.6f")
    })?;
    add(c, "dwc_timestamp_pieces", |(from, to, step, partial): (Moment, Moment, Span, bool)| {
        if step.months != 0 {
            return Err("the step of a RANGE of TIMESTAMPs has no months".into());
        }
        pieces(datetime(from.0)?, datetime(to.0)?, step, partial, "%Y-%m-%d %H:%M:%S%.6f")
    })?;
    add(c, "dwc_justify_hours", |(i,): (Span,)| {
        let total = i128::from(i.days) * i128::from(DAY) + i128::from(i.micros);
        span(i128::from(i.months), total / i128::from(DAY), total % i128::from(DAY))
    })?;
    add(c, "dwc_justify_days", |(i,): (Span,)| {
        let total = i128::from(i.months) * 30 + i128::from(i.days);
        span(total / 30, total % 30, i128::from(i.micros))
    })?;
    add(c, "dwc_justify_interval", |(i,): (Span,)| {
        let days = i128::from(i.months) * 30 + i128::from(i.days);
        let total = days * i128::from(DAY) + i128::from(i.micros);
        let days = total / i128::from(DAY);
        span(days / 30, days % 30, total % i128::from(DAY))
    })
}

/// An interval within GoogleSQL's range.
fn span(months: i128, days: i128, micros: i128) -> Answer<Span> {
    let beyond = || "beyond the range of INTERVAL".to_string();
    if months.abs() > 120_000 || days.abs() > 3_660_000 {
        return Err(beyond());
    }
    let [months, days] = [months, days].map(|n| i32::try_from(n).unwrap_or(0));
    Ok(Some(Span { months, days, micros: i64::try_from(micros).map_err(|_| beyond())? }))
}

/// What a bucket is wide.
enum Step {
    Months(i64),
    Micros(i64),
}

/// The one part of a width that is not zero.
fn one_part(width: Span) -> Result<Step, String> {
    let step = match (width.months, width.days, width.micros) {
        (n, 0, 0) if n != 0 => Step::Months(n.into()),
        (0, n, 0) if n != 0 => Step::Micros(i64::from(n) * DAY),
        (0, 0, n) if n != 0 => Step::Micros(n),
        _ => return Err("the width of a bucket has one part, which is not 0".into()),
    };
    match step {
        Step::Months(n) | Step::Micros(n) if n < 0 => Err("the width of a bucket is not negative".into()),
        step => Ok(step),
    }
}

/// The start of the bucket that a moment is in.
fn bucket(of: NaiveDateTime, origin: NaiveDateTime, step: Step) -> Result<NaiveDateTime, String> {
    let start = match step {
        Step::Micros(width) => {
            let since = (of - origin).num_microseconds().ok_or("beyond the range of a bucket")?;
            origin + chrono::TimeDelta::microseconds(since.div_euclid(width) * width)
        }
        Step::Months(width) => {
            let since = i64::from(of.year() - origin.year()) * 12 + i64::from(of.month()) - i64::from(origin.month());
            let whole = since.div_euclid(width) * width;
            // The day of the origin can be later in its month than the moment in its own.
            let start = months_after(origin, whole).filter(|start| *start <= of);
            start.or_else(|| months_after(origin, whole - width)).ok_or("beyond the range of a bucket")?
        }
    };
    if (1..=9999).contains(&start.year()) { Ok(start) } else { Err("a bucket that begins before the year 1".into()) }
}

fn midnight(d: Day) -> Result<NaiveDateTime, String> {
    date_of(d).map(|d| d.and_time(NaiveTime::MIN))
}

fn moment(t: NaiveDateTime) -> Answer<Moment> {
    micros(t).map(|m| Some(Moment(m)))
}

/// The same day of another month, or its last.
fn months_after(t: NaiveDateTime, n: i64) -> Option<NaiveDateTime> {
    let by = Months::new(u32::try_from(n.unsigned_abs()).ok()?);
    if n < 0 { t.checked_sub_months(by) } else { t.checked_add_months(by) }
}

/// The pieces of a range as JSON; the last one is shorter, or is left out.
fn pieces(from: NaiveDateTime, to: NaiveDateTime, step: Span, partial: bool, format: &str) -> Answer<String> {
    let width = i64::from(step.days) * DAY + step.micros;
    if step.months < 0 || step.days < 0 || step.micros < 0 {
        return Err("the step of a RANGE is not negative".into());
    }
    if step.months == 0 && width == 0 {
        return Err("the step of a RANGE is not 0".into());
    }
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).and_then(|d| d.and_hms_micro_opt(23, 59, 59, 999_999));
    let after = |n: i64| -> Option<NaiveDateTime> {
        let next = if step.months == 0 {
            from.checked_add_signed(chrono::TimeDelta::microseconds(width.checked_mul(n)?))
        } else {
            months_after(from, i64::from(step.months) * n)
        };
        next.filter(|next| last.is_some_and(|last| *next <= last))
    };
    let mut out = Vec::new();
    let (mut start, mut n) = (from, 1);
    while start < to {
        let end = after(n).filter(|end| *end <= to);
        if end.is_none() && !partial {
            break;
        }
        if out.len() == MOST {
            return Err(format!("a RANGE of more than {MOST} pieces"));
        }
        let end = end.unwrap_or(to);
        out.push(format!("{{\"start\":\"{}\",\"end\":\"{}\"}}", start.format(format), end.format(format)));
        (start, n) = (end, n + 1);
    }
    Ok(Some(format!("[{}]", out.join(","))))
}
