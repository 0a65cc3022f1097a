//! Given rows, put where a run reads its sources: files with an object on each line, in a folder that is gone with the test,
//! or tables in a schema beside the star. It must not decide what a run makes of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{NaiveDateTime, TimeDelta};
use dwc_compiler::cell::json;
use dwc_compiler::model::{Column, EXTRA, Files, GivenRun, GivenValue, Project, Table, UnitTest};
use dwc_googlesql::Type;

use crate::extract::files::quote;
use crate::state::literal;
use crate::{DuckDbWarehouse, Error};

/// The schema of given tables.
pub(super) const SCHEMA: &str = "_given";

/// Where the files of a table are: named by the time, one of many, or the one that is written again, as the table's own are.
pub(super) fn pattern(address: &str, files: &Files) -> String {
    let name = match &files.path {
        path if path.contains("{batch}") => "{batch}",
        path if path.contains(['*', '?', '[']) => "*",
        _ => ONE,
    };
    format!("{SCHEMA}/{address}/{name}.json")
}

/// The name of a file that is written again.
const ONE: &str = "rows";

/// The folder of a test.
pub(super) struct Place {
    folder: PathBuf,
}

impl Place {
    pub(super) fn new() -> Result<Self, Error> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let name = format!("dwc-test-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).map_err(|cause| unwritten(&folder, cause))?;
        Ok(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every table of a test, empty.
    pub(super) fn prepare(
        &self,
        warehouse: &DuckDbWarehouse,
        project: &Project,
        test: &UnitTest,
        at: NaiveDateTime,
    ) -> Result<(), Error> {
        warehouse.execute(&format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))?;
        for table in &project.tables {
            if table.files.is_some() {
                let folder = self.folder.join(SCHEMA).join(&table.address);
                fs::create_dir_all(&folder).map_err(|cause| unwritten(&folder, cause))?;
                // A source without a file is an error; one whose file holds nothing is not.
                self.write(table, at - TimeDelta::seconds(1), &[])?;
                continue;
            }
            let texts = texts(test, table);
            let columns: Vec<String> = declared(table)
                .map(|(at, column)| {
                    let ty = if texts.contains(&at) { "VARCHAR".to_owned() } else { column.ty.duckdb() };
                    format!("{} {ty}", quote(&column.name))
                })
                .collect();
            warehouse.execute(&format!("CREATE TABLE {} ({})", path(table), columns.join(", ")))?;
        }
        Ok(())
    }

    /// What a run finds.
    pub(super) fn give(
        &self,
        warehouse: &DuckDbWarehouse,
        project: &Project,
        test: &UnitTest,
        run: &GivenRun,
    ) -> Result<(), Error> {
        for given in &run.tables {
            let Some(table) = project.table(&given.address) else { continue };
            if table.files.is_some() {
                self.write(table, run.at, &given.rows)?;
                continue;
            }
            warehouse.execute(&format!("DELETE FROM {}", path(table)))?;
            let texts = texts(test, table);
            let row = |row: &Vec<GivenValue>| {
                let values = declared(table).filter_map(|(at, column)| {
                    let given = row.get(at)?;
                    Some(if texts.contains(&at) { text(given) } else { typed(given, &column.ty) })
                });
                format!("({})", values.collect::<Vec<_>>().join(", "))
            };
            let rows: Vec<String> = given.rows.iter().map(row).collect();
            if !rows.is_empty() {
                warehouse.execute(&format!("INSERT INTO {} VALUES {}", path(table), rows.join(", ")))?;
            }
        }
        Ok(())
    }

    /// A file of a table.
    fn write(&self, table: &Table, at: NaiveDateTime, rows: &[Vec<GivenValue>]) -> Result<(), Error> {
        let is_one = table.files.as_ref().is_some_and(|files| files.path.ends_with(&format!("/{ONE}.json")));
        let name = if is_one { ONE.to_owned() } else { at.format("%Y-%m-%dT%H%M%S").to_string() };
        let name = format!("{name}.json");
        let path = self.folder.join(SCHEMA).join(&table.address).join(name);
        let mut text = String::new();
        for row in rows {
            let members: Vec<String> = declared(table)
                .filter_map(|(at, column)| {
                    Some(format!("{}: {}", serde_json::Value::from(column.name.as_str()), row.get(at)?.document))
                })
                .collect();
            text.push_str(&format!("{{{}}}\n", members.join(", ")));
        }
        fs::write(&path, text).map_err(|cause| unwritten(&path, cause))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What stays is in the way of nothing.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The columns that are declared, with their places.
fn declared(table: &Table) -> impl Iterator<Item = (usize, &Column)> {
    table.columns.iter().enumerate().filter(|(_, column)| column.name != EXTRA)
}

/// The columns of which a test gives values that are not of their type: they are texts, which then do not cast.
fn texts(test: &UnitTest, table: &Table) -> BTreeSet<usize> {
    let given = test.given.iter().flat_map(|run| &run.tables).filter(|given| given.address == table.address);
    let values = given.flat_map(|given| &given.rows).flat_map(|row| row.iter().enumerate());
    values.filter(|(_, given)| given.value.is_none()).map(|(at, _)| at).collect()
}

/// A value as a text.
fn text(given: &GivenValue) -> String {
    match json::text(&given.document) {
        _ if given.document == "null" => "NULL".to_owned(),
        Some(text) => literal(&text),
        None => literal(&given.document),
    }
}

/// A value in its column's type.
fn typed(given: &GivenValue, ty: &Type) -> String {
    let Some(Some(value)) = &given.value else { return "NULL".to_owned() };
    match ty {
        Type::Bytes => format!("unhex({})", literal(value)),
        Type::Array(_) | Type::Struct(_) => format!("CAST(CAST({} AS JSON) AS {})", literal(value), ty.duckdb()),
        _ => format!("CAST({} AS {})", literal(value), ty.duckdb()),
    }
}

fn path(table: &Table) -> String {
    format!("{SCHEMA}.{}", quote(&table.physical))
}

fn unwritten(path: &Path, cause: std::io::Error) -> Error {
    Error::because(format!("`{}` could not be written", path.display()), cause)
}
