//! Scalar functions in Rust, for what GoogleSQL has and DuckDB's SQL cannot say. One function per meaning.
//! All give NULL when an argument is NULL. It must not hold what a macro of the prelude can say.

mod buckets;
mod formats;
mod json;
mod made;
mod moments;
mod net;
mod numbers;
mod parses;
mod pictures;
mod regexps;
mod strings;
mod vector;
mod zones;

use duckdb::Connection;

/// Registers every function on one connection.
pub(crate) fn register(connection: &Connection) -> Result<(), duckdb::Error> {
    numbers::register(connection)?;
    strings::register(connection)?;
    moments::register(connection)?;
    buckets::register(connection)?;
    formats::register(connection)?;
    parses::register(connection)?;
    pictures::register(connection)?;
    json::register(connection)?;
    made::register(connection)?;
    net::register(connection)?;
    regexps::register(connection)
}
