//! A warehouse beside a file that is only read: what statements change is copied into a file that goes again, everything
//! else is looked at where it lies. It must not change the file.

use std::path::PathBuf;

use dwc_compiler::plan::{Reads, Statement};

use super::DuckDbWarehouse;
use crate::Error;
use crate::extract::files::quote;
use crate::state::errors::EVENTS;

/// The name of the file that is read.
const READ: &str = "_read";

/// A file of its own, removed on drop.
pub(super) struct Beside {
    path: PathBuf,
}

impl Beside {
    /// A place for the copy.
    pub(super) fn new() -> Self {
        Self { path: std::env::temp_dir().join(format!("dwc-beside-{}.duckdb", std::process::id())) }
    }

    /// A warehouse in which the statements may be carried out as in the one that is given; `None` where that one
    /// is not a file that is only read.
    pub(super) fn of<'s>(
        &self,
        warehouse: &DuckDbWarehouse,
        statements: impl Iterator<Item = &'s Statement>,
    ) -> Result<Option<DuckDbWarehouse>, Error> {
        let Some(path) = warehouse.path() else { return Ok(None) };
        // One that is open to be changed tries them out by itself.
        let only_read = "SELECT 1 FROM duckdb_databases() WHERE database_name = current_database() AND readonly";
        if warehouse.number(only_read)?.is_none() {
            return Ok(None);
        }
        let statements: Vec<&Statement> = statements.collect();
        let beside = DuckDbWarehouse::open(&self.path.to_string_lossy())?;
        beside.attach(path, READ)?;
        let is_changed = |path: &str| {
            let verbs = ["INSERT INTO", "DELETE FROM", "UPDATE", "MERGE INTO"];
            verbs.iter().any(|verb| {
                let change = format!("{verb} {path}");
                statements.iter().any(|statement| statement.sql.contains(&change))
            })
        };
        let is_rejecting = statements.iter().any(|statement| matches!(statement.reads, Reads::Screened { .. }));
        let tables = format!(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{READ}' AND NOT temporary ORDER BY ALL"
        );
        for row in beside.rows(&tables)? {
            let [Some(schema), Some(name)] = row.as_slice() else { continue };
            // Rows that are rejected are kept there by the runner itself.
            let keeps = schema == "_dwc" && EVENTS.contains(&name.as_str()) && is_rejecting;
            let (schema, name) = (quote(schema), quote(name));
            let made = if keeps || is_changed(&format!("{schema}.{name}")) { "TABLE" } else { "VIEW" };
            beside.execute(&format!(
                "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE {made} {schema}.{name} AS SELECT * FROM {READ}.{schema}.{name}"
            ))?;
        }
        // Views are made as they were made there, in the same order.
        let views = format!(
            "SELECT schema_name, sql FROM duckdb_views() WHERE database_name = '{READ}' AND NOT internal ORDER BY view_oid"
        );
        for row in beside.rows(&views)? {
            let [Some(schema), Some(view)] = row.as_slice() else { continue };
            beside.execute(&format!("CREATE SCHEMA IF NOT EXISTS {}; {view}", quote(schema)))?;
        }
        Ok(Some(beside))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        for end in ["", ".wal"] {
            let mut path = self.path.clone().into_os_string();
            path.push(end);
            // What is left in the folder for temporary files harms nobody.
            let _ = std::fs::remove_file(path);
        }
    }
}
