//! Checks of loaded tables: the statements that count what fails, and what the counts mean. It must not know of engines.

use chrono::{DateTime, NaiveDateTime};

use crate::model::{Check, CheckKind, CheckSeverity, Threshold};

/// One statement that answers several checks of a table. Its one row has three texts for each check, in their order: the
/// number of rows that are checked, the number of those that fail, and the microseconds since 1970 of the newest row, where
/// the check asks for it.
#[derive(Debug, Clone)]
pub struct CheckPass {
    /// The statement.
    pub sql: String,
    /// The checks.
    pub checks: Vec<PlannedCheck>,
}

/// A check of a table.
#[derive(Debug, Clone)]
pub struct PlannedCheck {
    /// The check.
    pub check: Check,
    /// The table as messages call it, such as ``fact `sale` ``.
    pub called: String,
    /// The model; `None` for a check of a source table.
    pub model: Option<String>,
    /// The source tables whose last batch tells the age of the rows.
    pub tables: Vec<String>,
    /// The statement of a [`CheckPass`] that answers it alone.
    pub alone: String,
    /// The statement that gives the keys of some failing rows, one in each row; `None` where rows are not checked.
    pub keys: Option<String>,
}

/// What a statement has said of a check.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Rows that were checked.
    pub checked: u64,
    /// Rows that failed; keys that several rows share.
    pub failing: u64,
    /// The microseconds since 1970 of the newest row.
    pub newest: Option<i64>,
}

impl PlannedCheck {
    /// What is wrong at a time in UTC; `None` where nothing is. `landed` is the time of the last batch.
    #[must_use]
    pub fn failure(&self, seen: &Seen, landed: Option<NaiveDateTime>, now: NaiveDateTime) -> Option<String> {
        let (called, name) = (&self.called, &self.check.name);
        let fails = |what: String| format!("{called} fails check `{name}`: {what}");
        match &self.check.kind {
            CheckKind::Rows { min, max } => {
                let is_outside = min.is_some_and(|min| seen.checked < min) || max.is_some_and(|max| seen.checked > max);
                is_outside.then(|| fails(format!("{}, not {}", rows(seen.checked), self.check.says)))
            }
            CheckKind::Freshness { seconds, written, column } => {
                let newest = match column {
                    Some(_) => seen.newest.and_then(DateTime::from_timestamp_micros).map(|at| at.naive_utc()),
                    None => landed,
                };
                let what = match column {
                    Some((column, _)) => format!("the newest `{column}`"),
                    None => "the last batch".to_owned(),
                };
                let Some(newest) = newest else {
                    return Some(fails(format!("there is no row, and {what} is missing")));
                };
                let age = now - newest;
                let is_old = age.num_seconds() > i64::try_from(*seconds).unwrap_or(i64::MAX);
                is_old.then(|| fails(format!("{what} is of {newest} UTC, more than {written} ago")))
            }
            _ if !self.check.threshold.is_exceeded(seen.failing, seen.checked) => None,
            kind => {
                let what = match kind {
                    CheckKind::Unique { .. } => format!("{} of several of {}", keys(seen.failing), rows(seen.checked)),
                    _ => format!("{} of {}", seen.failing, rows(seen.checked)),
                };
                let allowed = match self.check.threshold {
                    Threshold::Rows(0) => String::new(),
                    Threshold::Rows(allowed) => format!(", more than {allowed}"),
                    Threshold::Share(share) => format!(", more than {}%", share * 100.0),
                };
                Some(fails(format!("{what}{allowed}")))
            }
        }
    }

    /// What to do about a failure.
    #[must_use]
    pub fn help(&self) -> String {
        let owner = self.check.owner.as_ref().map_or_else(String::new, |owner| format!(", or ask {owner}"));
        format!("correct the rows where they come from, or the check{owner}")
    }

    /// Whether a failure is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.check.severity == CheckSeverity::Error
    }
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn keys(count: u64) -> String {
    if count == 1 { "1 key".to_owned() } else { format!("{count} keys") }
}
