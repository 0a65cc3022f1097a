//! Import: looks at a source and proposes its YAML, with what was seen and what to decide as comments.
//! What it writes passes `dwc check` as it is. It reads; it must not change a source or a project.

mod database;
mod files;
mod files_keys;
mod guess;
mod mysql;
mod mysql_types;
mod postgres;
mod rows;
mod texts;
mod yaml;

use std::collections::BTreeSet;

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{is_name, to_name};

use crate::Error;

pub use files::import_files;
pub use mysql::import_mysql;
pub use postgres::import_postgres;

/// A source as it is proposed.
#[derive(Debug, Default)]
struct Proposal {
    /// The source's name.
    name: String,
    /// `mysql`, `postgres` or `files`.
    ty: &'static str,
    /// The connection's address, with `env`.
    url: Option<String>,
    /// Said at the top of the file.
    notes: Vec<String>,
    /// Tables in their order.
    tables: Vec<ProposedTable>,
}

/// A table as it is proposed.
#[derive(Debug, Default)]
struct ProposedTable {
    /// The table's name in the project.
    name: String,
    /// Its name in the source, where it differs.
    physical: Option<String>,
    /// What the source itself says of it.
    description: Option<String>,
    /// Said above the table: what was seen, what is to be decided.
    notes: Vec<String>,
    /// Settings as `(key, value)`, the value already YAML.
    settings: Vec<(&'static str, String)>,
    /// The columns that name a row.
    primary_key: Vec<String>,
    /// The column that increments are read by.
    cursor: Option<String>,
    /// Columns in their order.
    columns: Vec<ProposedColumn>,
}

/// A column as it is proposed.
#[derive(Debug, Default)]
struct ProposedColumn {
    /// The column's name.
    name: String,
    /// Its GoogleSQL type.
    ty: String,
    /// What the source itself says of it.
    description: Option<String>,
    /// Its name in the source, where it differs.
    header: Option<String>,
    /// Said beside it.
    note: Option<String>,
    /// Whether the source compares its texts without case.
    folds_case: bool,
}

/// Names that usually hold when a row was last changed, the surest first.
const CHANGED: &[&str] = &[
    "updated_at",
    "last_update",
    "last_updated",
    "last_updated_at",
    "modified_at",
    "last_modified",
    "last_modified_at",
    "date_modified",
    "modified",
    "updated",
    "update_time",
    "updated_time",
    "modified_time",
    "updated_on",
    "modified_on",
    "changed_at",
    "upd_date",
    "mod_date",
    "update_dt",
    "upd_dt",
    "mod_dt",
];

/// Gives tables whose names differ by case alone, or not at all, a number: they would land in one table.
fn number(tables: &mut [ProposedTable]) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for table in tables {
        let plain = table.name.clone();
        let mut again = 1;
        while !taken.insert(table.name.to_lowercase()) {
            again += 1;
            table.name = format!("{plain}_{again}");
        }
    }
}

/// Refuses a name that `dwc check` would refuse.
fn check_source_name(name: &str) -> Result<(), Error> {
    if is_name(name) && name != "ref" {
        return Ok(());
    }
    Err(Error::coded(Code::ReservedName, format!("`{name}` cannot be the name of a source"))
        .help("choose a name of letters, digits and `_` that starts with a letter"))
}
