//! A check as its YAML says it, one to one. Nothing is resolved and no default is filled here.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::common::Names;

/// A condition that loaded rows are to meet. Declare one of `not_null`, `unique`, `accepted_values`, `relationships`,
/// `range`, `condition`, `rows` and `freshness`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The check's name, by which reports call it. Defaults to its kind and its columns, such as `not_null_amount`.
    pub name: Option<String>,
    /// What it is for, for readers.
    pub description: Option<String>,
    /// The columns that are never NULL.
    pub not_null: Option<Names>,
    /// The columns whose values are unique together. Rows in which one of them is NULL are left out. In a dimension, a value
    /// belongs to one member, in all of its versions.
    pub unique: Option<Names>,
    /// The values that a column may have. NULL passes.
    pub accepted_values: Option<AcceptedValues>,
    /// The table in which each value of a column occurs. NULL passes.
    pub relationships: Option<Relationship>,
    /// The least and the greatest value of a column, both allowed. NULL passes.
    pub range: Option<Bounds>,
    /// A GoogleSQL condition over the columns of one row. A row for which it is NULL passes.
    pub condition: Option<String>,
    /// How many rows there are.
    pub rows: Option<RowLimits>,
    /// How old the newest row may be.
    pub freshness: Option<Freshness>,
    /// A GoogleSQL condition on the rows that are checked. Defaults to every row.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// What a failed check means. Defaults to `error`.
    pub severity: Option<CheckSeverity>,
    /// How much may fail: a number of rows such as `10`, or a share of the checked rows such as `0.5%`. Defaults to none.
    pub threshold: Option<Scalar>,
    /// Makes the check a screen: what a load does with a row that fails. Only for a check that judges each row of a fact or a
    /// dimension by itself. Without it, `dwc verify` alone makes the check.
    pub on_fail: Option<OnFail>,
    /// The team that looks after it. Defaults to the owner of the model or source.
    pub owner: Option<String>,
}

/// What a load does with a row that fails a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// The row is not loaded; it becomes an error event.
    Reject,
    /// The row is loaded, and becomes an error event.
    Tag,
    /// The load of the model is held back.
    Halt,
}

/// What a failed check means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckSeverity {
    /// It is told.
    Warn,
    /// It is told, and `dwc verify` ends with exit code 1.
    #[default]
    Error,
}

/// The values that a column may have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedValues {
    /// The column.
    pub column: String,
    /// The values, in the type of the column.
    pub values: Vec<Scalar>,
}

/// The table in which each value of a column occurs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relationship {
    /// The column, or the columns of a key of several.
    pub column: Names,
    /// A dimension, a fact, or a source table as `source.table`.
    pub to: String,
    /// The columns there. Defaults to the natural key, the grain key or the primary key.
    pub field: Option<Names>,
}

/// The least and the greatest value of a column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The column.
    pub column: String,
    /// The least value, in the type of the column.
    pub min: Option<Scalar>,
    /// The greatest value, in the type of the column.
    pub max: Option<Scalar>,
}

/// How many rows there are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowLimits {
    /// The least number of rows.
    pub min: Option<u64>,
    /// The greatest number of rows.
    pub max: Option<u64>,
}

/// How old the newest row may be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    /// The age, such as `30m`, `2h` or `1d`.
    pub max_age: String,
    /// The DATE, DATETIME or TIMESTAMP column with the row's time. Defaults to a fact's `event_time`; without one, the age is
    /// that of the last batch which landed from the sources.
    pub column: Option<String>,
}

/// A single value, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar(pub String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Scalar)
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A single value.",
            "anyOf": [{ "type": "string" }, { "type": "number" }, { "type": "boolean" }]
        })
    }
}
