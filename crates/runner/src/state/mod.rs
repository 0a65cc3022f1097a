//! State: what the warehouse knows of itself, in its own `_dwc` schema. Every change of it commits together with the
//! change of data that it records. It must not decide what to load.

pub(crate) mod advance;
pub(crate) mod applied;
pub(crate) mod change;
pub(crate) mod errors;
pub(crate) mod history;
pub(crate) mod intervals;
pub(crate) mod runs;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{ModelId, Project};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::extract::{SourceColumn, Watermark};
use crate::warehouse::row::Row;
use crate::{DuckDbWarehouse, Error, Warehouse};
use intervals::Gap;

/// The version of these tables.
const STATE_FORMAT: i64 = 1;

const TABLES: &str = "
CREATE SCHEMA IF NOT EXISTS _dwc;
CREATE TABLE IF NOT EXISTS _dwc.meta (format BIGINT NOT NULL, serial BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.manifests (serial BIGINT NOT NULL, applied_at TIMESTAMP NOT NULL, manifest VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.catalog (serial BIGINT NOT NULL, catalog VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.journal (digest VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.batches (
  batch BIGINT NOT NULL, source VARCHAR NOT NULL, mode VARCHAR NOT NULL, bound TIMESTAMP NOT NULL
);
CREATE TABLE IF NOT EXISTS _dwc.table_batches (
  batch BIGINT NOT NULL, source_table VARCHAR NOT NULL, extracted BIGINT NOT NULL, inserted BIGINT NOT NULL,
  updated BIGINT NOT NULL, deleted BIGINT NOT NULL, unchanged BIGINT NOT NULL, superseded BIGINT NOT NULL,
  rejected BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS _dwc.files (source_table VARCHAR NOT NULL, path VARCHAR NOT NULL, digest VARCHAR NOT NULL, batch BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.watermarks (source_table VARCHAR NOT NULL, cursor_value VARCHAR, bound TIMESTAMP NOT NULL, batch BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.loaded (source_table VARCHAR NOT NULL, loaded_from TIMESTAMP, loaded_to TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.missed (source_table VARCHAR NOT NULL, missed_from TIMESTAMP, missed_to TIMESTAMP NOT NULL, reason VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.source_columns (
  source_table VARCHAR NOT NULL, place BIGINT NOT NULL, name VARCHAR NOT NULL, type VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS _dwc.consumed (model VARCHAR NOT NULL, batch BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.purged (source_table VARCHAR NOT NULL, batch BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS _dwc.error_events (
  batch BIGINT NOT NULL, source_table VARCHAR NOT NULL, screen VARCHAR NOT NULL, place VARCHAR NOT NULL,
  reason VARCHAR NOT NULL, source_row VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS _dwc.error_details (
  batch BIGINT NOT NULL, source_table VARCHAR NOT NULL, screen VARCHAR NOT NULL, place VARCHAR NOT NULL,
  column_name VARCHAR NOT NULL, value VARCHAR
);
CREATE TABLE IF NOT EXISTS _dwc.screens (
  source_table VARCHAR NOT NULL, screen VARCHAR NOT NULL, kind VARCHAR NOT NULL, on_fail VARCHAR NOT NULL,
  severity VARCHAR NOT NULL, asks VARCHAR NOT NULL, description VARCHAR, owner VARCHAR
);
CREATE TABLE IF NOT EXISTS _dwc.runs (
  run BIGINT NOT NULL, started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP, mode VARCHAR NOT NULL,
  status VARCHAR NOT NULL, report VARCHAR
);
";

/// The columns of what an environment says of itself.
pub(crate) const ENVIRONMENT: &str = "(name VARCHAR NOT NULL, target VARCHAR NOT NULL, serial BIGINT NOT NULL, \
                                      created_at TIMESTAMP NOT NULL, expires_at TIMESTAMP)";

/// Whether some states of a source table have landed and were removed since. A full pass reads all files again, and their
/// states with them.
pub(crate) fn are_states_gone(warehouse: &DuckDbWarehouse, table: &str) -> Result<bool, Error> {
    if !has(warehouse, "purged")? {
        return Ok(false);
    }
    let table = literal(table);
    let gone = warehouse.count(&format!(
        "SELECT COUNT(*) FROM _dwc.table_batches AS t JOIN _dwc.purged AS p USING (source_table) \
         WHERE t.source_table = {table} AND t.batch <= p.batch AND t.updated + t.deleted + t.superseded > 0 \
         AND NOT EXISTS (SELECT 1 FROM _dwc.table_batches AS l JOIN _dwc.batches AS b USING (batch) \
         WHERE l.source_table = {table} AND l.batch > p.batch AND b.mode = 'full' \
         AND EXISTS (SELECT 1 FROM _dwc.files AS f WHERE f.source_table = {table}))"
    ))?;
    Ok(gone > 0)
}

/// Makes the tables of the state where they are missing.
pub(crate) fn prepare(warehouse: &DuckDbWarehouse) -> Result<(), Error> {
    check_format(warehouse)?;
    warehouse.execute(TABLES)?;
    warehouse.execute(&format!("CREATE TABLE IF NOT EXISTS _dwc.environment {ENVIRONMENT}"))?;
    if warehouse.count("SELECT COUNT(*) FROM _dwc.meta")? == 0 {
        warehouse.execute(&format!("INSERT INTO _dwc.meta VALUES ({STATE_FORMAT}, 0)"))?;
    }
    Ok(())
}

/// The tables that every state has had; later ones are made where they are missing.
const FIRST_TABLES: &[&str] = &[
    "meta",
    "manifests",
    "batches",
    "table_batches",
    "files",
    "watermarks",
    "loaded",
    "missed",
    "source_columns",
    "consumed",
    "purged",
    "error_events",
    "runs",
];

/// Whether the warehouse has a state at all.
pub(crate) fn exists(warehouse: &DuckDbWarehouse) -> Result<bool, Error> {
    let mut missing = Vec::new();
    for name in FIRST_TABLES {
        if !has(warehouse, name)? {
            missing.push(*name);
        }
    }
    if missing.len() == FIRST_TABLES.len() {
        return Ok(false);
    }
    check_format(warehouse)?;
    if missing.is_empty() {
        return Ok(true);
    }
    Err(Error::coded(Code::StateIncomplete, format!("the warehouse's state has no table `{}`", missing.join("`, `")))
        .help("restore the warehouse from a copy, or take it back with `dwc state rollback`; nothing was changed"))
}

/// Whether the state has a table of this name. It asks for the name alone: the engine's list of tables is made of all
/// that the warehouse has.
pub(crate) fn has(warehouse: &DuckDbWarehouse, table: &str) -> Result<bool, Error> {
    warehouse.has_table("_dwc", table)
}

fn check_format(warehouse: &DuckDbWarehouse) -> Result<(), Error> {
    if !has(warehouse, "meta")? {
        return Ok(());
    }
    match warehouse.number("SELECT MAX(format) FROM _dwc.meta")? {
        Some(format) if format > STATE_FORMAT => Err(Error::coded(
            Code::StateNewer,
            format!("the warehouse's state has format {format}, and this dwc knows {STATE_FORMAT}"),
        )
        .help("use the dwc that wrote it, or a newer one")),
        _ => Ok(()),
    }
}

pub(crate) fn damaged(reason: &str) -> Error {
    Error::coded(Code::StateDamaged, format!("the warehouse's state cannot be read: {reason}"))
        .help("restore the warehouse from a copy; nothing was changed")
}

/// The last batch that a model has consumed; 0 where it has to be computed whole.
pub(crate) fn consumed(warehouse: &DuckDbWarehouse, model: &str) -> Result<i64, Error> {
    let sql = format!("SELECT MAX(batch) FROM _dwc.consumed WHERE model = {}", literal(model));
    warehouse.count(&sql)
}

/// Records that a model has consumed every batch up to one.
pub(crate) fn consume(warehouse: &DuckDbWarehouse, model: &str, batch: i64) -> Result<(), Error> {
    let model = literal(model);
    warehouse.execute(&format!(
        "DELETE FROM _dwc.consumed WHERE model = {model};\nINSERT INTO _dwc.consumed VALUES ({model}, {batch})"
    ))
}

/// Records what a batch landed of a table.
pub(crate) fn put_table_batch(
    warehouse: &DuckDbWarehouse,
    batch: i64,
    counts: &crate::TableReport,
) -> Result<(), Error> {
    warehouse.execute(&format!(
        "INSERT INTO _dwc.table_batches VALUES ({batch}, {}, {}, {}, {}, {}, {}, {}, {})",
        literal(&counts.table),
        counts.extracted,
        counts.inserted,
        counts.updated,
        counts.deleted,
        counts.unchanged,
        counts.superseded,
        counts.rejected
    ))
}

/// Forgets how far a table has been read: the next run reads all of it.
pub(crate) fn reread(warehouse: &DuckDbWarehouse, address: &str) -> Result<(), Error> {
    for table in ["watermarks", "files", "loaded"] {
        warehouse.execute(&format!("DELETE FROM _dwc.{table} WHERE source_table = {}", literal(address)))?;
    }
    Ok(())
}

/// Records that files of a table have landed.
fn put_files(warehouse: &DuckDbWarehouse, table: &str, files: &[(String, String)], batch: i64) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    let address = literal(table);
    let names: Vec<String> = files.iter().map(|(name, _)| literal(name)).collect();
    let rows: Vec<String> = names
        .iter()
        .zip(files)
        .map(|(name, (_, digest))| format!("({address}, {name}, '{digest}', {batch})"))
        .collect();
    warehouse.execute(&format!(
        "DELETE FROM _dwc.files WHERE source_table = {address} AND path IN ({});\n\
         INSERT INTO _dwc.files VALUES {}",
        names.join(", "),
        rows.join(", ")
    ))
}

/// Whether a batch has ever put a row into the landed rows of a table.
pub(crate) fn has_rows(warehouse: &DuckDbWarehouse, table: &str) -> Result<bool, Error> {
    let found = warehouse.count(&format!(
        "SELECT COUNT(*) FROM _dwc.table_batches WHERE source_table = {} AND inserted > 0",
        literal(table)
    ))?;
    Ok(found != 0)
}

/// How far a table has been read; `None` where it is read whole next.
pub(crate) fn watermark(warehouse: &DuckDbWarehouse, address: &str) -> Result<Option<Watermark>, Error> {
    let sql = format!(
        "SELECT cursor_value, bound FROM _dwc.watermarks WHERE source_table = {} AND cursor_value IS NOT NULL",
        literal(address)
    );
    let marks = warehouse.read(&sql, |row| Ok(Watermark { cursor: row.text()?, bound: row.instant()? }))?;
    Ok(marks.into_iter().next())
}

/// The time of the last batch of a source.
pub(crate) fn last_bound(warehouse: &DuckDbWarehouse, source: &str) -> Result<Option<NaiveDateTime>, Error> {
    let sql = format!("SELECT MAX(bound) FROM _dwc.batches WHERE source = {}", literal(source));
    Ok(warehouse.read(&sql, Row::instant_or_null)?.into_iter().next().flatten())
}

/// Records how far a table has been read.
pub(crate) fn put_watermark(
    warehouse: &DuckDbWarehouse,
    address: &str,
    cursor: Option<&str>,
    bound: &NaiveDateTime,
    batch: i64,
) -> Result<(), Error> {
    let address = literal(address);
    warehouse.execute(&format!(
        "DELETE FROM _dwc.watermarks WHERE source_table = {address};\n\
         INSERT INTO _dwc.watermarks VALUES ({address}, {}, TIMESTAMP '{}', {batch})",
        cursor.map_or_else(|| "NULL".to_owned(), literal),
        bound.format("%Y-%m-%d %H:%M:%S%.f")
    ))
}

/// The columns that a table of a source had when it was read last; none where it never was.
pub(crate) fn source_columns(warehouse: &DuckDbWarehouse, address: &str) -> Result<Vec<SourceColumn>, Error> {
    let sql =
        format!("SELECT name, type FROM _dwc.source_columns WHERE source_table = {} ORDER BY place", literal(address));
    warehouse.read(&sql, |row| Ok(SourceColumn { name: row.text()?, ty: row.text()? }))
}

/// Records the columns that a table of a source has.
pub(crate) fn put_source_columns(
    warehouse: &DuckDbWarehouse,
    address: &str,
    columns: &[SourceColumn],
) -> Result<(), Error> {
    let address = literal(address);
    let rows: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| format!("({address}, {at}, {}, {})", literal(&column.name), literal(&column.ty)))
        .collect();
    warehouse.execute(&format!(
        "DELETE FROM _dwc.source_columns WHERE source_table = {address};\nINSERT INTO _dwc.source_columns VALUES {}",
        rows.join(", ")
    ))
}

/// What is loaded, as `dwc state show` says it.
#[derive(Debug, Clone, Serialize)]
pub struct StateReport {
    /// How often something was applied.
    pub serial: i64,
    /// Source tables, by address.
    pub tables: Vec<TableState>,
    /// Time that no run has loaded, by table.
    pub gaps: Vec<Gap>,
    /// `(model, last batch consumed)`.
    pub models: Vec<(String, i64)>,
    /// The latest runs, newest first: run, mode, status, started.
    pub runs: Vec<(i64, String, String, String)>,
    /// How many rows are kept as error events.
    pub error_events: i64,
}

/// What is loaded of one source table.
#[derive(Debug, Clone, Serialize)]
pub struct TableState {
    /// `source.table`.
    pub table: String,
    /// The last batch that landed.
    pub batch: i64,
    /// The instant of that batch, UTC.
    pub bound: String,
    /// The cursor's watermark, where the table is read by one.
    pub watermark: Option<String>,
    /// Files landed.
    pub files: i64,
}

/// Reads what is loaded.
pub(crate) fn report(warehouse: &DuckDbWarehouse) -> Result<Option<StateReport>, Error> {
    if !exists(warehouse)? {
        return Ok(None);
    }
    let tables = warehouse.read(
        "SELECT t.source_table, MAX(t.batch), MAX(b.bound),
           (SELECT MAX(w.cursor_value) FROM _dwc.watermarks AS w WHERE w.source_table = t.source_table),
           (SELECT COUNT(*) FROM _dwc.files AS f WHERE f.source_table = t.source_table)
         FROM _dwc.table_batches AS t JOIN _dwc.batches AS b USING (batch)
         GROUP BY t.source_table ORDER BY t.source_table",
        |row| {
            let (table, batch, bound) = (row.text()?, row.number()?, row.text()?);
            Ok(TableState { table, batch, bound, watermark: row.cell()?, files: row.number()? })
        },
    )?;
    let known = "SELECT source_table FROM _dwc.loaded UNION SELECT source_table FROM _dwc.missed ORDER BY 1";
    let mut gaps = Vec::new();
    for table in warehouse.read(known, Row::text)? {
        gaps.extend(intervals::gaps(warehouse, &table)?);
    }
    let models = "SELECT model, batch FROM _dwc.consumed ORDER BY model";
    let models = warehouse.read(models, |row| Ok((row.text()?, row.number()?)))?;
    let runs = "SELECT run, mode, status, started_at FROM _dwc.runs ORDER BY run DESC LIMIT 10";
    let runs = warehouse.read(runs, |row| Ok((row.number()?, row.text()?, row.text()?, row.text()?)))?;
    Ok(Some(StateReport {
        serial: warehouse.count("SELECT MAX(serial) FROM _dwc.meta")?,
        tables,
        gaps,
        models,
        runs,
        error_events: warehouse.count("SELECT COUNT(*) FROM _dwc.error_events")?,
    }))
}

/// 128 bits of the SHA-256 of a text.
pub(crate) fn digest(text: &[u8]) -> String {
    Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A text as a SQL literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl DuckDbWarehouse {
    /// What is loaded, or `None` where nothing was ever applied.
    ///
    /// # Errors
    /// A state that cannot be read.
    pub fn state(&self) -> Result<Option<StateReport>, Error> {
        report(self)
    }
}

/// The models that the next run computes anew: an apply has changed them, or nothing was loaded into them yet.
///
/// # Errors
/// A state that cannot be read.
pub fn waiting(warehouse: &dyn Warehouse, project: &Project) -> Result<Vec<ModelId>, Error> {
    if !exists(warehouse.store())? {
        return Ok(Vec::new());
    }
    let loaded = warehouse.store().rows("SELECT model FROM _dwc.consumed WHERE batch > 0")?;
    let loaded: std::collections::HashSet<String> =
        loaded.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
    let waits = |id: &ModelId| project.query(*id).is_some() && !loaded.contains(project.model_name(*id));
    Ok(project.order.iter().copied().filter(waits).collect())
}
