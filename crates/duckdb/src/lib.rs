//! The embedded engine: owns the DuckDB dependency and the scalar functions that its SQL cannot express.
//! Nothing else in the workspace names the `duckdb` crate; it must not know about models or plans.

use duckdb::Config;
pub use duckdb::{self, Connection, Error};

mod functions;

/// Settings without which DuckDB answers differently from GoogleSQL, or reaches for the network.
const SETTINGS: &str = "
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET default_null_order = 'nulls_first_on_asc_last_on_desc';
SET ieee_floating_point_ops = true;
SET preserve_insertion_order = true;
";

/// The oldest engine that can read a new file. Up to the version before, a file keeps three kilobytes for each column of a
/// table that was ever loaded or not, which are read whenever it is opened.
const READABLE_BY: &str = "v1.2.0";

/// Opens a database file, or one in memory when `path` is `:memory:`, with the settings and scalar
/// functions that translated GoogleSQL relies on.
///
/// # Errors
/// The engine's own: a file that is not a database, one that another process holds, or one of a newer version.
pub fn open(path: &str) -> Result<Connection, Error> {
    let connection = if path == ":memory:" {
        Connection::open_in_memory()?
    } else {
        Connection::open_with_flags(path, Config::default().with("storage_compatibility_version", READABLE_BY)?)?
    };
    prepare(&connection)?;
    Ok(connection)
}

/// The same for a file that is only read: it is not made where it is missing, and others may read it at the same time.
///
/// # Errors
/// As [`open`], and a file that is not there.
pub fn open_to_read(path: &str) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(path, Config::default().access_mode(duckdb::AccessMode::ReadOnly)?)?;
    prepare(&connection)?;
    Ok(connection)
}

/// Applies the settings and registers the scalar functions on a connection, also on a clone of one.
///
/// # Errors
/// When the engine refuses a setting, which happens only with another version than the pinned one.
pub fn prepare(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch(SETTINGS)?;
    functions::register(connection)
}
