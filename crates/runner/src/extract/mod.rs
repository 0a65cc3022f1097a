//! Extraction: rows of a source go into a staging table, typed; a row that does not cast goes to the error events.
//! It must not know what is done with them.

pub(crate) mod files;
pub(crate) mod mysql;

/// A day, hour, minute or second as people and file names write it, in UTC.
#[must_use]
pub fn parse_time(text: &str) -> Option<chrono::NaiveDateTime> {
    files::parse_batch(text)
}
