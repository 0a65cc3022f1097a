//! Extraction: rows of a source go into a staging table, typed; a row that does not cast goes to the error events.
//! It must not know what is done with them.

pub(crate) mod files;
