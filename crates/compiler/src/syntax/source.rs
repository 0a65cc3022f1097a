//! A source as its YAML says it, one to one. Nothing is resolved and no default is filled here.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::common::{ColumnType, Names};

/// A source file: one database, folder or landed schema with its tables.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-kind" = { "key": "type", "default": null }))]
pub struct Source {
    /// The source's name.
    pub source: String,
    /// The kind of source.
    #[serde(rename = "type")]
    pub ty: SourceType,
    /// What the source is, for analysts.
    pub description: Option<String>,
    /// The team that is responsible for it.
    pub owner: Option<String>,
    /// The address of the database. Take it from the environment: `{{ env('SHOP_DB_URL') }}`.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub url: Option<String>,
    /// The address of a replica, which is read instead as long as it answers.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub replica_url: Option<String>,
    /// How often dwc retries if the source does not answer, with growing pauses. Defaults to 2.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub retries: Option<u32>,
    /// The maximum number of rows to read per second, over all connections. Defaults to no limit.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub max_rows_per_second: Option<u32>,
    /// How long the server may take to answer a statement or to send the next row, such as `10m`. Defaults to `30m`.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub statement_timeout: Option<String>,
    /// How long one snapshot of the source may stay open, such as `2h`. Defaults to no limit.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub snapshot_timeout: Option<String>,
    /// The IANA time zone of the source's DATETIMEs. Defaults to the project's.
    pub timezone: Option<String>,
    /// The schema or dataset in which another tool has landed the tables of a `warehouse` source.
    #[schemars(extend("x-in" = ["warehouse"]))]
    pub schema: Option<String>,
    /// The maximum number of open connections. Defaults to 2.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub max_connections: Option<u32>,
    /// The number of rows per chunk of a first load, which reads ranges of the key. Defaults to 250000.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub chunk_rows: Option<u32>,
    /// The character encoding of the files, such as `utf-16`, `latin-1` or `cp949`. Defaults to `utf-8`.
    #[schemars(extend("x-in" = ["files"]))]
    pub encoding: Option<String>,
    /// The text between two CSV fields. Defaults to `,`.
    #[schemars(extend("x-in" = ["files"]))]
    pub delimiter: Option<String>,
    /// The character around quoted CSV fields, or `""` if fields are never quoted. Defaults to `"`.
    #[schemars(extend("x-in" = ["files"]))]
    pub quote: Option<String>,
    /// The character before a quote that belongs to the text. By default, such a quote is doubled.
    #[schemars(extend("x-in" = ["files"]))]
    pub escape: Option<String>,
    /// An unquoted CSV field that is NULL, such as `\N`. The empty field is always NULL.
    #[schemars(extend("x-in" = ["files"]))]
    pub null_marker: Option<String>,
    /// The maximum size of a row, such as `256MB`. Defaults to `64MB`.
    #[schemars(extend("x-in" = ["files"]))]
    pub longest_row: Option<String>,
    /// Tables by name.
    pub tables: IndexMap<String, Table>,
}

/// The kind of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceType {
    /// CSV, Parquet or NDJSON files.
    Files,
    /// A MySQL or MariaDB server.
    Mysql,
    /// A PostgreSQL server.
    Postgres,
    /// Tables that another tool has landed in the warehouse.
    Warehouse,
}

impl SourceType {
    /// Whether it is a server that is asked for rows.
    #[must_use]
    pub fn is_database(self) -> bool {
        matches!(self, SourceType::Mysql | SourceType::Postgres)
    }
}

/// A table of a source.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What one row is, for analysts.
    pub description: Option<String>,
    /// The table's name in the source, if it differs.
    #[schemars(extend("x-in" = ["mysql", "postgres", "warehouse"]))]
    pub name: Option<String>,
    /// The files, relative to the project: a glob, in which `{batch}` stands for the time of extraction in the
    /// file's name, such as `2026-03-01T09`.
    #[schemars(extend("x-in" = ["files"]))]
    pub path: Option<String>,
    /// The format of the files. Defaults to the format of the file extension.
    #[schemars(extend("x-in" = ["files"]))]
    pub format: Option<FileFormat>,
    /// What a file contains: changed rows (the default), or the whole table at its time: a missing row is a delete.
    pub contents: Option<Contents>,
    /// How often a file is delivered, such as `1h` or `1d`. A missing file is a gap.
    #[schemars(extend("x-in" = ["files"]))]
    pub every: Option<String>,
    /// The character encoding of the files, such as `utf-16`, `latin-1` or `cp949`. Defaults to the source's.
    #[schemars(extend("x-in" = ["files"]))]
    pub encoding: Option<String>,
    /// The text between two CSV fields. Defaults to the source's.
    #[schemars(extend("x-in" = ["files"]))]
    pub delimiter: Option<String>,
    /// The character around quoted CSV fields, or `""` if fields are never quoted. Defaults to the source's.
    #[schemars(extend("x-in" = ["files"]))]
    pub quote: Option<String>,
    /// The character before a quote that belongs to the text. By default, such a quote is doubled.
    #[schemars(extend("x-in" = ["files"]))]
    pub escape: Option<String>,
    /// An unquoted CSV field that is NULL, such as `\N`. The empty field is always NULL.
    #[schemars(extend("x-in" = ["files"]))]
    pub null_marker: Option<String>,
    /// The maximum size of a row, such as `256MB`. Defaults to the source's.
    #[schemars(extend("x-in" = ["files"]))]
    pub longest_row: Option<String>,
    /// The columns that identify a row.
    pub primary_key: Option<Names>,
    /// The column that grows with every change of a row. Increments are read by it.
    pub cursor: Option<String>,
    /// How far before the watermark an increment starts, to catch late commits, such as `30m`, `2h` or `1d`.
    #[schemars(extend("x-in" = ["mysql", "postgres", "warehouse"]))]
    pub lookback: Option<String>,
    /// The column that orders the states of one row: the greatest is the live one. Defaults to `cursor`.
    pub sequence: Option<String>,
    /// How deletes are detected. Defaults to `none`.
    pub detect_deletes: Option<DetectDeletes>,
    /// The boolean column that marks a delete, or the operation column with values such as `D` or `delete`.
    pub delete_column: Option<String>,
    /// The values of the operation column that mark a delete, in any case. Defaults to `D`, `delete` and `deleted`.
    pub delete_values: Option<Names>,
    /// What happens to a column of the source that is not declared. Defaults to `discard`.
    pub on_schema_change: Option<OnSchemaChange>,
    /// Columns of the source to ignore, even if they change.
    pub ignore_columns: Option<Names>,
    /// Which states are kept once every model has consumed them. Defaults to `current`.
    pub retain: Option<Retain>,
    /// The share of rows, from 0 to 1, that may fail to cast before the batch is stopped. Defaults to 1: never stop.
    pub max_rejected_share: Option<f64>,
    /// The share of rows, from 0 to 1, that a full pass may delete before it is stopped. By default, a pass is stopped
    /// if it would empty the table, or delete more than half of a table with 100 rows or more.
    pub max_deleted_share: Option<f64>,
    /// What the landed rows are to meet: `dwc verify` checks it.
    pub checks: Option<Vec<Check>>,
    /// Columns by name, each a GoogleSQL type, or a type with a description.
    pub columns: IndexMap<String, ColumnType>,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// Comma-separated values with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// One JSON object per line.
    Json,
}

/// What a file contains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contents {
    /// Rows that are new or have changed.
    #[default]
    Changes,
    /// Every row of the table.
    Snapshot,
    /// Entries of a change log: several states of each row, in the order of `sequence`. For files and databases.
    Log,
}

/// How deletes are detected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetectDeletes {
    /// By reading every row: a missing row is a delete.
    FullPass,
    /// By a boolean column.
    Column,
    /// By a column with the operation.
    Operation,
    /// Not at all.
    #[default]
    None,
}

/// What happens to a column of the source that is not declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnSchemaChange {
    /// It lands, as a value in the JSON column `_extra`.
    Evolve,
    /// A column that is new, dropped or of another type stops the source.
    Freeze,
    /// It is left out, and a run reports it once.
    #[default]
    Discard,
}

/// Which landed states are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retain {
    /// Only the current state.
    #[default]
    Current,
    /// Every state.
    History,
}
