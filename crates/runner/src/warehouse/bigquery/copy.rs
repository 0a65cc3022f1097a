//! The embedded copy of the state: read once, changed by the same code as an embedded warehouse's own, and compared with
//! what BigQuery has when a unit is committed. It must not know what the tables of the state mean.

use serde_json::Value;

use super::script::text;
use super::{BigQueryWarehouse, Position};
use crate::state::errors::EVENTS;
use crate::state::{self, literal};
use crate::warehouse::row;
use crate::{DuckDbWarehouse, Error};

/// Rows of one table that go into a script as they are; more of them go through a staging table.
const INLINE: i64 = 50;
/// What only the begin and the end of a run record: it does not decide what a unit does.
const RUNS: &str = "runs";

/// What the state in BigQuery has beside the tables of the copy: it is of the moment, and no state goes back to it.
pub(crate) const BESIDES: [&str; 2] = ["commits", "leases"];

/// A column of a table of the state.
struct StateColumn {
    name: String,
    duckdb: String,
    required: bool,
}

impl StateColumn {
    fn googlesql(&self) -> &'static str {
        match self.duckdb.as_str() {
            "BIGINT" | "INTEGER" | "HUGEINT" => "INT64",
            "DOUBLE" => "FLOAT64",
            "BOOLEAN" => "BOOL",
            "TIMESTAMP" => "TIMESTAMP",
            _ => "STRING",
        }
    }

    /// The column as text, in GoogleSQL.
    fn as_text(&self) -> String {
        match self.googlesql() {
            "TIMESTAMP" => format!("FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%E6S', _t.`{}`)", self.name),
            _ => format!("CAST(_t.`{}` AS STRING)", self.name),
        }
    }

    /// A value of it as a GoogleSQL literal.
    fn literal(&self, value: Option<&str>) -> String {
        match (value, self.googlesql()) {
            (None, _) => "NULL".to_owned(),
            (Some(value), "INT64" | "FLOAT64" | "BOOL") => value.to_owned(),
            (Some(value), "TIMESTAMP") => format!("TIMESTAMP '{value}+00'"),
            (Some(value), _) => text(value),
        }
    }
}

/// Rows of the state as a relation.
fn inline(columns: &[StateColumn], rows: &[Vec<Option<String>>]) -> String {
    let row = |row: &Vec<Option<String>>| {
        let of = |(column, value): (&StateColumn, &Option<String>)| {
            format!("{} AS `{}`", column.literal(value.as_deref()), column.name)
        };
        format!("STRUCT({})", columns.iter().zip(row).map(of).collect::<Vec<_>>().join(", "))
    };
    format!("UNNEST([\n{}\n])", rows.iter().map(row).collect::<Vec<_>>().join(",\n"))
}

/// Whether a table of the state holds events: it is added to and never read back.
fn is_of_events(table: &str) -> bool {
    EVENTS.contains(&table)
}

/// The condition that an error event is not kept yet: one that is read again is the same event.
fn unless_kept(path: &str, columns: &[StateColumn]) -> String {
    let equal: Vec<String> = columns
        .iter()
        .filter(|column| column.name != "batch")
        .map(|StateColumn { name, required, .. }| match required {
            true => format!("_e.`{name}` = _n.`{name}`"),
            false => format!("_e.`{name}` IS NOT DISTINCT FROM _n.`{name}`"),
        })
        .collect();
    format!("\nWHERE NOT EXISTS (SELECT 1 FROM {path} AS _e WHERE {})", equal.join(" AND "))
}

fn tables(copy: &DuckDbWarehouse) -> Result<Vec<(String, Vec<StateColumn>)>, Error> {
    let sql = "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns \
               WHERE table_schema = '_dwc' ORDER BY table_name, ordinal_position";
    let columns = copy.read(sql, |row| {
        let (table, name, duckdb) = (row.text()?, row.text()?, row.text()?);
        Ok((table, StateColumn { name, duckdb, required: row.text()? == "NO" }))
    })?;
    let mut all: Vec<(String, Vec<StateColumn>)> = Vec::new();
    for (table, column) in columns {
        match all.last_mut().filter(|(last, _)| *last == table) {
            Some((_, columns)) => columns.push(column),
            None => all.push((table, vec![column])),
        }
    }
    Ok(all)
}

impl BigQueryWarehouse {
    /// The statements that make the tables of the state where they are missing; they may be executed again.
    pub(crate) fn state_tables(&self) -> Result<Vec<String>, Error> {
        let dataset = self.state_dataset();
        let location =
            self.client.location().map_or_else(String::new, |location| format!("location = {}", text(location)));
        let options = if location.is_empty() { String::new() } else { format!(" OPTIONS ({location})") };
        let expires = [location.as_str(), "default_table_expiration_days = 3"].map(str::to_owned);
        let expires: Vec<String> = expires.into_iter().filter(|option| !option.is_empty()).collect();
        let mut all = vec![
            format!("CREATE SCHEMA IF NOT EXISTS `{dataset}`{options}"),
            format!("CREATE SCHEMA IF NOT EXISTS `{}` OPTIONS ({})", self.staging_dataset(), expires.join(", ")),
        ];
        let scratch = DuckDbWarehouse::open(":memory:")?;
        state::prepare(&scratch)?;
        for (table, columns) in tables(&scratch)? {
            let columns: Vec<String> = columns
                .iter()
                .map(|column| {
                    let required = if column.required { " NOT NULL" } else { "" };
                    format!("`{}` {}{required}", column.name, column.googlesql())
                })
                .collect();
            all.push(format!("CREATE TABLE IF NOT EXISTS `{dataset}`.`{table}` ({})", columns.join(", ")));
        }
        all.push(format!(
            "CREATE TABLE IF NOT EXISTS `{dataset}`.`commits` (`lineage` STRING NOT NULL, `serial` INT64 NOT NULL)"
        ));
        all.push(format!(
            "CREATE TABLE IF NOT EXISTS `{dataset}`.`leases` (`owner` STRING NOT NULL, `part` STRING NOT NULL, \
             `since` TIMESTAMP NOT NULL, `until` TIMESTAMP NOT NULL)"
        ));
        all.push(format!(
            "INSERT INTO `{dataset}`.`commits` (lineage, serial)\nSELECT GENERATE_UUID(), 0 FROM (SELECT 1 AS one) \
             WHERE NOT EXISTS (SELECT 1 FROM `{dataset}`.`commits`)"
        ));
        Ok(all)
    }

    /// Reads the state that BigQuery has into the copy; an empty one where nothing was ever applied.
    pub(crate) fn read_state(&self) -> Result<(), Error> {
        let copy = &self.copy;
        copy.execute("DROP SCHEMA IF EXISTS _dwc CASCADE; DROP SCHEMA IF EXISTS _sent CASCADE; CREATE SCHEMA _sent")?;
        *self.position.borrow_mut() = Position::default();
        let dataset = self.state_dataset();
        let there = self.client.tables(&dataset).map_err(super::worldly)?;
        if !there.iter().any(|table| table == "commits") {
            return Ok(());
        }
        self.has_leases.set(there.iter().any(|table| table == "leases"));
        let commits = format!(
            "SELECT 'commits' AS name, TO_JSON_STRING(STRUCT(MIN(lineage) AS lineage, CAST(MAX(serial) AS STRING) AS serial)) AS line \
             FROM `{dataset}`.`commits`"
        );
        self.read_tables(&dataset, "", &there, Some(commits))?;
        if copy.count("SELECT COUNT(*) FROM _dwc.manifests")? == 0 {
            // An apply that was killed before its first commit has left empty tables.
            copy.execute("DROP SCHEMA _dwc CASCADE")?;
            return Ok(());
        }
        self.remember()
    }

    /// Reads the state that BigQuery has now, and does to it what was done to the copy and is not committed yet.
    pub(super) fn read_again(&self) -> Result<(), Error> {
        let copy = &self.copy;
        copy.execute("DROP SCHEMA IF EXISTS _pending CASCADE; CREATE SCHEMA _pending")?;
        let sent = copy.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = '_sent'")?;
        let is_sent = |table: &str| sent.iter().any(|row| row.first().and_then(Option::as_deref) == Some(table));
        let all = tables(copy)?;
        for (table, _) in &all {
            let (mine, sent) = (format!("SELECT * FROM _dwc.{table}"), format!("SELECT * FROM _sent.{table}"));
            let added = if is_sent(table) { format!("{mine} EXCEPT ALL {sent}") } else { mine.clone() };
            let gone = if is_sent(table) { format!("{sent} EXCEPT ALL {mine}") } else { format!("{mine} LIMIT 0") };
            copy.execute(&format!(
                "CREATE TABLE _pending.{table}_added AS {added}; CREATE TABLE _pending.{table}_gone AS {gone}"
            ))?;
        }
        self.read_state()?;
        state::prepare(copy)?;
        for (table, columns) in &all {
            let equal: Vec<String> =
                columns.iter().map(|column| format!("t.\"{0}\" IS NOT DISTINCT FROM g.\"{0}\"", column.name)).collect();
            copy.execute(&format!(
                "DELETE FROM _dwc.{table} AS t WHERE EXISTS (SELECT 1 FROM _pending.{table}_gone AS g WHERE {}); \
                 INSERT INTO _dwc.{table} SELECT * FROM _pending.{table}_added",
                equal.join(" AND ")
            ))?;
        }
        copy.execute("DROP SCHEMA _pending CASCADE")
    }

    /// Puts the state of another dataset, or of tables with a prefix, in the place of the copy's: what differs goes out with
    /// the next commit.
    pub(crate) fn take_state(&self, dataset: &str, prefix: &str) -> Result<(), Error> {
        let there = self.client.tables(dataset).map_err(super::worldly)?;
        let there: Vec<String> =
            there.into_iter().filter_map(|table| table.strip_prefix(prefix).map(str::to_owned)).collect();
        self.copy.execute("DROP SCHEMA IF EXISTS _dwc CASCADE; CREATE SCHEMA IF NOT EXISTS _sent")?;
        self.read_tables(dataset, prefix, &there, None)
    }

    /// Fills the copy's tables from those of a dataset that are `there`, by one query.
    fn read_tables(&self, dataset: &str, prefix: &str, there: &[String], besides: Option<String>) -> Result<(), Error> {
        let copy = &self.copy;
        state::prepare(copy)?;
        copy.execute("DELETE FROM _dwc.meta")?;
        let known = tables(copy)?;
        let mut parts: Vec<String> = besides.into_iter().collect();
        for (table, columns) in known.iter().filter(|(table, _)| there.contains(table)) {
            let path = super::quoted(dataset, &format!("{prefix}{table}"));
            // They are written alone: a warehouse may have many of them.
            if is_of_events(table) {
                continue;
            }
            let fields: Vec<String> =
                columns.iter().map(|column| format!("{} AS `{}`", column.as_text(), column.name)).collect();
            let newest = match table.as_str() {
                "manifests" => format!(" WHERE serial = (SELECT MAX(serial) FROM {path})"),
                RUNS => format!(" WHERE run > (SELECT MAX(run) - 10 FROM {path})"),
                _ => String::new(),
            };
            parts.push(format!(
                "SELECT '{table}' AS name, TO_JSON_STRING(STRUCT({})) AS line FROM {path} AS _t{newest}",
                fields.join(", ")
            ));
        }
        if parts.is_empty() {
            return Ok(());
        }
        let (_, rows) = self.table(&parts.join("\nUNION ALL\n"))?;
        for (name, line) in row::read(rows, |row| Ok((row.text()?, row.text()?)))? {
            let line: Value = serde_json::from_str(&line)
                .map_err(|error| state::damaged(&format!("a row of `{name}` cannot be read: {error}")))?;
            if name == "commits" {
                let lineage = line["lineage"].as_str().map(str::to_owned);
                let serial = line["serial"].as_str().and_then(|text| text.parse().ok());
                let (Some(lineage), Some(serial)) = (lineage, serial) else {
                    return Err(state::damaged("its position has no lineage or no serial"));
                };
                *self.position.borrow_mut() = Position { lineage, serial };
            } else if let Some((table, columns)) = known.iter().find(|(table, _)| *table == name) {
                let values: Vec<String> = columns
                    .iter()
                    .map(|column| match line[&column.name].as_str() {
                        Some(value) => format!("CAST({} AS {})", literal(value), column.duckdb),
                        None => "NULL".to_owned(),
                    })
                    .collect();
                copy.execute(&format!("INSERT INTO _dwc.{table} VALUES ({})", values.join(", ")))?;
            }
        }
        Ok(())
    }

    /// Every manifest that was applied, as its serial, its time and its text, in their order: the copy has the latest alone.
    pub(crate) fn manifests(&self) -> Result<Vec<Vec<Option<String>>>, Error> {
        let sql = format!(
            "SELECT CAST(serial AS STRING) AS serial, FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', applied_at) AS applied_at, \
             manifest FROM `{}`.`manifests` ORDER BY manifests.serial",
            self.state_dataset()
        );
        Ok(self.table(&sql)?.1)
    }

    /// Whether BigQuery has a state, even one without a manifest.
    pub(crate) fn has_position(&self) -> bool {
        !self.position.borrow().lineage.is_empty()
    }

    /// Makes the tables of the state, in BigQuery and in the copy, where they are missing.
    pub(crate) fn prepare_state(&self) -> Result<(), Error> {
        self.define("state", &self.state_tables()?)?;
        if !self.has_position() {
            self.read_state()?;
        }
        state::prepare(&self.copy)
    }

    /// Takes the copy for what BigQuery has now.
    pub(crate) fn remember(&self) -> Result<(), Error> {
        for (table, _) in tables(&self.copy)? {
            if is_of_events(&table) {
                self.copy.execute(&format!("DELETE FROM _dwc.{table}"))?;
            } else {
                self.is_sent(&table)?;
            }
        }
        Ok(())
    }

    /// Takes one table of the copy for what BigQuery has.
    pub(crate) fn is_sent(&self, table: &str) -> Result<(), Error> {
        self.copy.execute(&format!("CREATE OR REPLACE TABLE _sent.{table} AS SELECT * FROM _dwc.{table}"))
    }

    /// What BigQuery's state lacks of the copy, as statements. The runs are recorded by their own units alone: a unit's
    /// text, and with it its job's id, does not depend on which run it is of.
    pub(super) fn changes_of_state(&self, unit: &str) -> Result<Vec<String>, Error> {
        let copy = &self.copy;
        let dataset = self.state_dataset();
        let mut all = Vec::new();
        for (table, columns) in tables(copy)? {
            if table == RUNS && unit != "run" {
                continue;
            }
            let path = format!("`{dataset}`.`{table}`");
            let is_known = copy.count(&format!(
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '_sent' AND table_name = {}",
                literal(&table)
            ))? == 1;
            let (mine, sent) = (format!("_dwc.{table}"), format!("_sent.{table}"));
            let added = if is_known {
                format!("SELECT * FROM {mine} EXCEPT ALL SELECT * FROM {sent}")
            } else {
                format!("SELECT * FROM {mine}")
            };
            let names: Vec<String> = columns.iter().map(|column| format!("`{}`", column.name)).collect();
            let names = names.join(", ");
            if is_known {
                let gone = copy.rows(&format!("SELECT * FROM {sent} EXCEPT ALL SELECT * FROM {mine} ORDER BY ALL"))?;
                for row in &gone {
                    let equal: Vec<String> = columns
                        .iter()
                        .zip(row)
                        .map(|(column, value)| match value {
                            Some(_) => format!("_t.`{}` = {}", column.name, column.literal(value.as_deref())),
                            None => format!("_t.`{}` IS NULL", column.name),
                        })
                        .collect();
                    all.push(format!("DELETE FROM {path} AS _t WHERE {}", equal.join(" AND ")));
                }
            }
            let count = copy.count(&format!("SELECT COUNT(*) FROM ({added})"))?;
            if count == 0 {
                continue;
            }
            let is_many = count > INLINE;
            if is_many || is_of_events(&table) {
                let rows = if is_many {
                    self.staged(&table, &columns, &added)?
                } else {
                    inline(&columns, &copy.rows(&format!("{added} ORDER BY ALL"))?)
                };
                let new = if is_of_events(&table) { unless_kept(&path, &columns) } else { String::new() };
                all.push(format!("INSERT INTO {path} ({names})\nSELECT {names} FROM {rows} AS _n{new}"));
                continue;
            }
            let rows: Vec<String> = copy
                .rows(&format!("{added} ORDER BY ALL"))?
                .iter()
                .map(|row| {
                    let values: Vec<String> =
                        columns.iter().zip(row).map(|(column, value)| column.literal(value.as_deref())).collect();
                    format!("({})", values.join(", "))
                })
                .collect();
            all.push(format!("INSERT INTO {path} ({names}) VALUES\n{}", rows.join(",\n")));
        }
        Ok(all)
    }

    /// Stages rows of the copy, and gives a relation of the state's own types over them.
    fn staged(&self, table: &str, columns: &[StateColumn], rows: &str) -> Result<String, Error> {
        let list: Vec<String> = columns
            .iter()
            .map(|column| match column.googlesql() {
                "TIMESTAMP" => format!("epoch_us(\"{0}\") AS \"{0}\"", column.name),
                _ => format!("\"{}\"", column.name),
            })
            .collect();
        let file = std::env::temp_dir().join(format!("dwc_{}_{table}.parquet", std::process::id()));
        self.copy.execute(&format!(
            "COPY (SELECT {} FROM ({rows}) ORDER BY ALL) TO {} (FORMAT parquet)",
            list.join(", "),
            literal(&file.to_string_lossy())
        ))?;
        let types: Vec<(String, String)> = columns
            .iter()
            .map(|column| {
                let ty = if column.googlesql() == "TIMESTAMP" { "INT64" } else { column.googlesql() };
                (column.name.clone(), ty.to_owned())
            })
            .collect();
        let path = self.stage(&format!("state__{table}"), &types, &file)?;
        // A file that stays is overwritten by the next.
        let _ = std::fs::remove_file(&file);
        let back: Vec<String> = columns
            .iter()
            .map(|column| match column.googlesql() {
                "TIMESTAMP" => format!("TIMESTAMP_MICROS(`{0}`) AS `{0}`", column.name),
                _ => format!("`{}`", column.name),
            })
            .collect();
        Ok(format!("(SELECT {} FROM {path})", back.join(", ")))
    }
}
