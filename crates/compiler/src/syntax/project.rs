//! The project file `dwc.yml`, one to one. Nothing is resolved and no default is filled here.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::common::LintLevel;

/// The project file.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The project's name.
    pub name: String,
    /// The IANA zone of the business: the day of an event is its day there.
    pub timezone: String,
    /// The folder that holds the models; `models` when left out.
    pub models: Option<String>,
    /// The schema (on BigQuery the dataset) of the star's tables; `dw` when left out.
    pub schema: Option<String>,
    /// Warehouses by name.
    pub targets: IndexMap<String, Target>,
    /// The target of commands that name none; the first one when left out.
    pub default_target: Option<String>,
    /// Values for `{{ var('name') }}` in models.
    pub vars: Option<IndexMap<String, String>>,
    /// Lint levels by code, such as `DW0412`.
    pub lints: Option<IndexMap<String, LintLevel>>,
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
        }
    }
}

/// A warehouse.
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
    /// The memory that DuckDB may take before it works on disk, such as `2GB`; four fifths of the machine's when left out.
    #[schemars(extend("x-in" = ["duckdb"]))]
    pub memory_limit: Option<String>,
    /// The Google Cloud project of a BigQuery warehouse.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub project: Option<String>,
    /// The BigQuery location, such as `asia-northeast3`.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub location: Option<String>,
    /// The dataset of a BigQuery warehouse, where it differs from the project's `schema`.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub dataset: Option<String>,
    /// The Cloud Storage bucket through which batches go to BigQuery; straight into it when left out.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub bucket: Option<String>,
    /// The bytes that one script of BigQuery may bill; one that would bill more is refused.
    #[schemars(extend("x-in" = ["bigquery"]))]
    pub maximum_bytes_billed: Option<u64>,
}

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetType {
    /// The embedded engine.
    Duckdb,
    /// Google BigQuery.
    Bigquery,
}
