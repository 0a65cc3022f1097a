//! The embedded warehouse: a DuckDB file. The engine's own file lock keeps a second process out, and falls with its owner.

mod beside;
mod catalog;
mod engine;
mod migrate;
pub(crate) mod snapshot;
mod there;
mod unit;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_duckdb::Connection;
use dwc_duckdb::duckdb::types::{TimeUnit, Value, ValueRef};
use dwc_googlesql::DUCKDB_PRELUDE;

use crate::Error;

/// Rows of a query, each value as text; NULL as `None`.
pub type Rows = Vec<Vec<Option<String>>>;

/// An open DuckDB warehouse.
pub struct DuckDbWarehouse {
    connection: Connection,
    path: Option<PathBuf>,
}

impl DuckDbWarehouse {
    /// Opens a file, making it and its folder where they are missing. `:memory:` opens one that is gone with the process.
    ///
    /// # Errors
    /// Another process holds the file, or it is not a DuckDB database of a version that can be read.
    pub fn open(path: &str) -> Result<Self, Error> {
        if path != ":memory:"
            && let Some(folder) = Path::new(path).parent()
        {
            std::fs::create_dir_all(folder)
                .map_err(|cause| Error::because(format!("the folder of `{path}` could not be made"), cause))?;
            if !Path::new(path).exists() {
                make(path)?;
            }
        }
        let connection = dwc_duckdb::open(path).map_err(|cause| unopened(path, cause))?;
        connection.execute_batch(DUCKDB_PRELUDE)?;
        Ok(Self { connection, path: (path != ":memory:").then(|| PathBuf::from(path)) })
    }

    /// Opens a file to read it: nothing is made or changed, and readers do not keep each other waiting. A run that starts
    /// meanwhile finds the file in use. Where there is no file, an empty warehouse in memory stands for it.
    ///
    /// # Errors
    /// Another process is changing the file, or it is not a DuckDB database of a version that can be read.
    pub fn open_to_read(path: &str) -> Result<Self, Error> {
        if path == ":memory:" || !Path::new(path).exists() {
            return Self::open(":memory:");
        }
        let connection = dwc_duckdb::open_to_read(path).map_err(|cause| unopened(path, cause))?;
        connection.execute_batch(DUCKDB_PRELUDE)?;
        Ok(Self { connection, path: Some(PathBuf::from(path)) })
    }

    /// The file; `None` for a warehouse in memory.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Reads another file beside this one, under a name.
    pub(crate) fn attach(&self, path: &Path, name: &str) -> Result<(), Error> {
        let path = path.to_string_lossy();
        let sql = format!("ATTACH {} AS {name} (READ_ONLY)", crate::state::literal(&path));
        self.connection.execute_batch(&sql).map_err(|cause| unopened(&path, cause))
    }

    /// Sets how much memory the process may take before the engine works on disk, such as `2GB`. The engine gets three
    /// quarters of it: it does not count what its allocator keeps, nor what is read on its way to it.
    ///
    /// # Errors
    /// The engine's own, for a text that is not a whole number of `MB` or `GB`.
    pub fn limit_memory(&self, limit: &str) -> Result<(), Error> {
        let (number, unit) = limit.split_at(limit.len().saturating_sub(2));
        let smaller = if unit == "GB" { "MB" } else { "KB" };
        let engine = match number.trim().parse::<u64>() {
            Ok(number) => format!("{}{smaller}", number * 750),
            Err(_) => limit.to_owned(),
        };
        self.execute(&format!("SET memory_limit = {}", crate::state::literal(&engine)))
    }

    /// The engine's connection, for reading what was loaded.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Executes one statement or several.
    ///
    /// # Errors
    /// The engine's own, with the statement that it refused.
    pub fn execute(&self, sql: &str) -> Result<(), Error> {
        self.connection.execute_batch(sql).map_err(|cause| refused(sql, cause))
    }

    /// The rows of a query, each value as text; NULL as `None`.
    ///
    /// # Errors
    /// The engine's own, with the statement that it refused.
    pub fn rows(&self, sql: &str) -> Result<Rows, Error> {
        Ok(self.table(sql)?.1)
    }

    /// The column names and rows of a query.
    ///
    /// # Errors
    /// The engine's own, with the statement that it refused.
    pub fn table(&self, sql: &str) -> Result<(Vec<String>, Rows), Error> {
        let mut statement = self.connection.prepare(sql).map_err(|cause| refused(sql, cause))?;
        let mut rows = statement.query([]).map_err(|cause| refused(sql, cause))?;
        let names = rows.as_ref().map(|statement| statement.column_names()).unwrap_or_default();
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(|cause| refused(sql, cause))? {
            let mut values = Vec::with_capacity(names.len());
            for index in 0..names.len() {
                values.push(text(row.get_ref(index).map_err(|cause| refused(sql, cause))?));
            }
            all.push(values);
        }
        Ok((names, all))
    }

    /// Whether there is a table or view of this name, found by it.
    pub(crate) fn has_table(&self, schema: &str, name: &str) -> Result<bool, Error> {
        let sql = format!("SELECT 0 FROM {schema}.{name} LIMIT 0");
        match self.connection.prepare(&sql) {
            Ok(_) => Ok(true),
            // The engine has no other word for it; what it says otherwise is told.
            Err(cause) if cause.to_string().contains("does not exist") => Ok(false),
            Err(cause) => Err(refused(&sql, cause)),
        }
    }

    /// Says which batch statements take up, the last one that they took up before, and its instant.
    pub(crate) fn set_batch(&self, batch: i64, since: i64, at: &NaiveDateTime) -> Result<(), Error> {
        self.execute(&format!(
            "SET VARIABLE dwc_batch = {batch}::BIGINT; SET VARIABLE dwc_since = {since}::BIGINT; SET VARIABLE dwc_at = TIMESTAMP '{}'",
            at.format("%Y-%m-%d %H:%M:%S%.f")
        ))
    }

    /// Runs work in one transaction: all of it is kept, or nothing.
    pub(crate) fn transaction<T, E: From<Error>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.execute("BEGIN TRANSACTION")?;
        match work() {
            Ok(value) => {
                self.execute("COMMIT")?;
                Ok(value)
            }
            Err(error) => {
                // The engine may have rolled back by itself; then there is nothing left to roll back.
                let _ = self.connection.execute_batch("ROLLBACK");
                Err(error)
            }
        }
    }
}

/// Makes a file under a name of this process and links it to its own when it is whole: half a file is none that the engine
/// opens. Where another process was quicker, its file stays.
fn make(path: &str) -> Result<(), Error> {
    let fresh = format!("{path}.{}.new", std::process::id());
    let wrong = |cause| Error::because(format!("`{path}` could not be made"), cause);
    // Of a process that had this number and was killed.
    let _ = std::fs::remove_file(&fresh);
    dwc_duckdb::open(&fresh).map_err(|cause| unopened(path, cause))?;
    let linked = std::fs::hard_link(&fresh, path);
    if linked.as_ref().is_err_and(|cause| cause.kind() != ErrorKind::AlreadyExists) {
        // A file system without links.
        return std::fs::rename(&fresh, path).map_err(wrong);
    }
    std::fs::remove_file(&fresh).map_err(wrong)
}

/// Why a file could not be opened.
fn unopened(path: &str, cause: dwc_duckdb::Error) -> Error {
    // The engine's words for it: a file's blocks and checksums are spoken of where it is damaged.
    let said = cause.to_string();
    if ["Could not set lock", "Conflicting lock"].iter().any(|words| said.contains(words)) {
        Error {
            code: Some(Code::WarehouseInUse),
            message: format!("another process holds the warehouse `{path}`"),
            help: Some("wait for it, or stop it; the process releases the lock when it ends".to_owned()),
            span: None,
            cause: Some(Box::new(cause)),
        }
    } else {
        Error {
            code: Some(Code::WarehouseUnreadable),
            message: format!("`{path}` could not be opened as a DuckDB warehouse"),
            help: Some("restore it from a copy, or name another file in the target's `path`".to_owned()),
            span: None,
            cause: Some(Box::new(cause)),
        }
    }
}

fn refused(sql: &str, cause: dwc_duckdb::Error) -> Error {
    let first = sql.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let statement = if std::env::var_os("DWC_SHOW_SQL").is_some() { sql } else { first };
    let help = if cause.to_string().starts_with("Out of Memory Error") {
        "raise the target's `memory_limit`, or remove it; loading a table takes about 2 MB for each of its columns"
    } else {
        "set DWC_SHOW_SQL=1 to see the whole statement"
    };
    Error {
        code: None,
        message: format!("the warehouse refused a statement: {statement}"),
        help: Some(help.to_owned()),
        span: None,
        cause: Some(Box::new(cause)),
    }
}

/// A value as text, the way SQL would print it.
pub(crate) fn text(value: ValueRef<'_>) -> Option<String> {
    Some(match value {
        ValueRef::Null => return None,
        ValueRef::Boolean(v) => v.to_string(),
        ValueRef::TinyInt(v) => v.to_string(),
        ValueRef::SmallInt(v) => v.to_string(),
        ValueRef::Int(v) => v.to_string(),
        ValueRef::BigInt(v) => v.to_string(),
        ValueRef::HugeInt(v) => v.to_string(),
        ValueRef::UTinyInt(v) => v.to_string(),
        ValueRef::USmallInt(v) => v.to_string(),
        ValueRef::UInt(v) => v.to_string(),
        ValueRef::UBigInt(v) => v.to_string(),
        ValueRef::Float(v) => v.to_string(),
        ValueRef::Double(v) => v.to_string(),
        ValueRef::Decimal(v) => {
            let digits = v.to_string();
            if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_owned() } else { digits }
        }
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ValueRef::Date32(days) => chrono::DateTime::from_timestamp(i64::from(days) * 86_400, 0)
            .map_or_else(|| days.to_string(), |at| at.format("%Y-%m-%d").to_string()),
        ValueRef::Timestamp(unit, value) => {
            let micros = match unit {
                TimeUnit::Second => value.saturating_mul(1_000_000),
                TimeUnit::Millisecond => value.saturating_mul(1000),
                TimeUnit::Microsecond => value,
                TimeUnit::Nanosecond => value / 1000,
            };
            chrono::DateTime::from_timestamp_micros(micros)
                .map_or_else(|| micros.to_string(), |at| at.format("%Y-%m-%d %H:%M:%S%.f").to_string())
        }
        other => {
            let owned: Value = other.to_owned();
            format!("{owned:?}")
        }
    })
}
