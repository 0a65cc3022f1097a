//! Resolves calendars: their days, the start of their fiscal year and their holidays.

use super::types::Calendar;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::{self, Document};

pub(super) fn calendar(
    document: &Document,
    dimension: &syntax::Dimension,
    problems: &mut Vec<Diagnostic>,
) -> Option<Calendar> {
    let mut day = |key: &str, text: Option<&String>| {
        let Some(text) = text else {
            problems.push(
                Diagnostic::new(Code::MissingSetting, format!("calendar `{}` has no `{key}`", dimension.dimension))
                    .at(document.span(&["dimension"]), "a calendar")
                    .help(format!("add `{key}: 2020-01-01`")),
            );
            return None;
        };
        let parsed = text.parse::<chrono::NaiveDate>().ok();
        if parsed.is_none() {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{text}` is not a day"))
                    .at(document.span(&[key]), "not YYYY-MM-DD")
                    .help("write it as 2026-03-01"),
            );
        }
        parsed
    };
    let first = day("first_day", dimension.first_day.as_ref());
    let last = day("last_day", dimension.last_day.as_ref());
    let month = dimension.fiscal_year_starts.unwrap_or(1);
    if !(1..=12).contains(&month) {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("`{month}` is not a month"))
                .at(document.span(&["fiscal_year_starts"]), "1 to 12")
                .help("write the month as a number from 1 to 12"),
        );
    }
    let mut holidays = Vec::new();
    for (text, name) in dimension.holidays.iter().flatten() {
        match text.parse::<chrono::NaiveDate>() {
            Ok(day) => holidays.push((day.to_string(), name.clone())),
            Err(_) => problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{text}` is not a day"))
                    .at(document.key_span(&["holidays", text]), "not YYYY-MM-DD")
                    .help("write it as 2026-03-01"),
            ),
        }
    }
    let (first, last) = (first?, last?);
    if last < first {
        problems.push(
            Diagnostic::new(Code::WrongValue, "the calendar ends before it starts")
                .at(document.span(&["last_day"]), format!("before {first}"))
                .help("choose a `last_day` after `first_day`"),
        );
        return None;
    }
    holidays.sort();
    Some(Calendar { first_day: first.to_string(), last_day: last.to_string(), fiscal_year_starts: month, holidays })
}
