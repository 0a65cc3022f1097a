//! The project file `dwc.yml`, one to one. Nothing is resolved and no default is filled here.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::common::LintLevel;
use super::notify::Notify;

/// The project file.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The name of the project.
    pub name: String,
    /// The IANA time zone of the business, which decides the day of an event.
    pub timezone: String,
    /// The folder that contains the models. Defaults to `models`.
    pub models: Option<String>,
    /// The schema (on BigQuery the dataset) of the star's tables. Defaults to `dw`.
    pub schema: Option<String>,
    /// Targets by name.
    pub targets: IndexMap<String, Target>,
    /// The target of commands without `--target`. Defaults to the first target.
    pub default_target: Option<String>,
    /// Values for `{{ var('name') }}` in models.
    pub vars: Option<IndexMap<String, String>>,
    /// Lint levels by code, such as `DW0412`.
    pub lints: Option<IndexMap<String, LintLevel>>,
    /// Webhooks that are told what happened in a run or a verification, by name.
    pub notify: Option<IndexMap<String, Notify>>,
}

impl Project {
    /// What stands for a project file that could not be read.
    pub(super) fn unread() -> Self {
        Self {
            name: String::new(),
            timezone: "UTC".to_owned(),
            models: None,
            schema: None,
            targets: IndexMap::new(),
            default_target: None,
            vars: None,
            lints: None,
            notify: None,
        }
    }
}

/// A warehouse that the project is compiled for.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-kind" = { "key": "type", "default": null }))]
pub struct Target {
    /// The engine.
    #[serde(rename = "type")]
    pub ty: TargetType,
    /// The file of a DuckDB warehouse, relative to the project.
    #[schemars(extend("x-in" = ["duckdb"]))]
    pub path: Option<String>,
    /// The memory that a process may use before DuckDB works on disk, such as `2GB`. Defaults to four fifths of the machine's.
    #[schemars(extend("x-in" = ["duckdb"]))]
    pub memory_limit: Option<String>,
    /// The Google Cloud project of a BigQuery warehouse.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub project: Option<String>,
    /// The BigQuery location, such as `asia-northeast3`.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub location: Option<String>,
    /// The dataset of a BigQuery warehouse, if it differs from the project's `schema`.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub dataset: Option<String>,
    /// The Cloud Storage bucket for uploading batches. Without it, batches are uploaded directly to BigQuery.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub bucket: Option<String>,
    /// The maximum number of bytes that a BigQuery script may bill. A script that would bill more is refused.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub maximum_bytes_billed: Option<u64>,
}

/// The engine of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetType {
    /// The embedded engine.
    Duckdb,
    /// Google BigQuery.
    Bigquery,
}
