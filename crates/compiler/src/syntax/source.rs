//! A source as its YAML says it, one to one. Nothing is resolved and no default is filled here.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{ColumnType, Names};

/// A source file: one database, folder or landed schema with its tables.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-kind" = { "key": "type", "default": null }))]
pub struct Source {
    /// The source's name.
    pub source: String,
    /// What it is read with.
    #[serde(rename = "type")]
    pub ty: SourceType,
    /// What the source is, for analysts.
    pub description: Option<String>,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// Where a database is reached; take it from the environment: `{{ env('SHOP_DB_URL') }}`.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub url: Option<String>,
    /// Where a replica of the database is reached, which is read instead as long as it answers.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub replica_url: Option<String>,
    /// How often a source that does not answer is tried again, each time after a longer pause; 2 when left out.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub retries: Option<u32>,
    /// The most rows to read in a second, over all connections; no limit when left out.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub max_rows_per_second: Option<u32>,
    /// How long the server may take to answer a statement or to send the next row, as `10m`; `30m` when left out.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub statement_timeout: Option<String>,
    /// How long one view of the source may stay open, as `2h`; no limit when left out.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub snapshot_timeout: Option<String>,
    /// The IANA zone of DATETIMEs without one; the project's when left out.
    pub timezone: Option<String>,
    /// The schema or dataset in which another tool has landed the tables of a `warehouse` source.
    #[schemars(extend("x-in" = ["warehouse"]))]
    pub schema: Option<String>,
    /// The most connections to open at once; 2 when left out.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub max_connections: Option<u32>,
    /// Rows of one chunk of a first load, which goes by ranges of the key; 250000 when left out.
    #[schemars(extend("x-in" = ["mysql", "postgres"]))]
    pub chunk_rows: Option<u32>,
    /// What the bytes of the files stand for, such as `utf-16`, `latin-1` or `cp949`; `utf-8` when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub encoding: Option<String>,
    /// What stands between two fields of CSV; `,` when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub delimiter: Option<String>,
    /// The character around fields of CSV that hold any other, `""` where there is none; `"` when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub quote: Option<String>,
    /// The character before a quote that belongs to the text; when left out, the quote itself is written twice.
    #[schemars(extend("x-in" = ["files"]))]
    pub escape: Option<String>,
    /// The field without quotes that is NULL in CSV, such as `\N`, beside the empty one, which always is.
    #[schemars(extend("x-in" = ["files"]))]
    pub null_marker: Option<String>,
    /// The longest row that is read, as `256MB`; `64MB` when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub longest_row: Option<String>,
    /// Tables by name.
    pub tables: IndexMap<String, Table>,
}

/// What a source is read with.
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
    /// The table's name in the source, where it differs.
    #[schemars(extend("x-in" = ["mysql", "postgres", "warehouse"]))]
    pub name: Option<String>,
    /// Files of a `files` source, relative to the project: a glob, where `{batch}` stands for the time of
    /// extraction in the file's name, such as `2026-03-01T09`.
    #[schemars(extend("x-in" = ["files"]))]
    pub path: Option<String>,
    /// The files' format; by their ending when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub format: Option<FileFormat>,
    /// What one file holds: changed rows (the default), or the whole table at its time, so that a missing row is a delete.
    pub contents: Option<Contents>,
    /// How often a file comes, as `1h` or `1d`: one that is missing is a gap.
    #[schemars(extend("x-in" = ["files"]))]
    pub every: Option<String>,
    /// What the bytes of the files stand for, such as `utf-16`, `latin-1` or `cp949`; as the source says when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub encoding: Option<String>,
    /// What stands between two fields of CSV; as the source says when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub delimiter: Option<String>,
    /// The character around fields of CSV that hold any other, `""` where there is none; as the source says when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub quote: Option<String>,
    /// The character before a quote that belongs to the text; when left out, the quote itself is written twice.
    #[schemars(extend("x-in" = ["files"]))]
    pub escape: Option<String>,
    /// The field without quotes that is NULL in CSV, such as `\N`, beside the empty one, which always is.
    #[schemars(extend("x-in" = ["files"]))]
    pub null_marker: Option<String>,
    /// The longest row that is read, as `256MB`; as the source says when left out.
    #[schemars(extend("x-in" = ["files"]))]
    pub longest_row: Option<String>,
    /// The columns that name a row.
    pub primary_key: Option<Names>,
    /// The column that grows with every change of a row; increments are read by it.
    pub cursor: Option<String>,
    /// How far before the watermark an increment starts, for commits that come late, as `30m`, `2h` or `1d`.
    #[schemars(extend("x-in" = ["mysql", "postgres", "warehouse"]))]
    pub lookback: Option<String>,
    /// The column that orders the states of one row within a batch; `cursor` when left out.
    pub sequence: Option<String>,
    /// How deletes are seen; `none` when left out.
    pub detect_deletes: Option<DetectDeletes>,
    /// The boolean column, or the operation column whose value `D` or `delete` marks a delete.
    pub delete_column: Option<String>,
    /// The values of the operation column that mark a delete, whatever their case; `D`, `delete` and `deleted` when left out.
    pub delete_values: Option<Names>,
    /// What becomes of a column that the source has and that is not declared; `discard` when left out.
    pub on_schema_change: Option<OnSchemaChange>,
    /// Columns of the source that are left alone, whatever becomes of them.
    pub ignore_columns: Option<Names>,
    /// Which states are kept once every model has consumed them; `current` when left out.
    pub retain: Option<Retain>,
    /// The share of rows that may fail to cast before the batch stops, 0 to 1; 1 when left out: all that cast load.
    pub max_rejected_share: Option<f64>,
    /// The share of rows that a full pass may delete before it stops, 0 to 1; when left out, one that would empty the
    /// table stops, and one that would delete more than half of a hundred rows or more.
    pub max_deleted_share: Option<f64>,
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

/// What one file holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contents {
    /// Rows that are new or have changed.
    #[default]
    Changes,
    /// Every row of the table.
    Snapshot,
    /// Entries of a log of changes: several states of each row, in the order of `sequence`. Files and databases have logs.
    Log,
}

/// How deletes are seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetectDeletes {
    /// By a pass that reads every row.
    FullPass,
    /// By a boolean column.
    Column,
    /// By a column that names the operation.
    Operation,
    /// Not at all.
    #[default]
    None,
}

/// What becomes of a column that the source has and that is not declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnSchemaChange {
    /// It lands, as a value in the JSON column `_extra`.
    Evolve,
    /// One that is new, gone or of another type stops the source.
    Freeze,
    /// It is left out, and a run says so once.
    #[default]
    Discard,
}

/// Which landed states are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retain {
    /// The current one.
    #[default]
    Current,
    /// Every one.
    History,
}
