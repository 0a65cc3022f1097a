//! A fact as its YAML says it, one to one. Nothing is resolved and no default is filled here.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::common::{LintLevel, Names};

/// A fact file.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The fact's name; its table is named by it.
    pub fact: String,
    /// What a row stands for in time; `transaction` when left out.
    pub kind: Option<FactKind>,
    /// One sentence for analysts.
    pub description: Option<String>,
    /// The business process that it measures: the row of the bus matrix.
    pub business_process: Option<String>,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// Free words to select it by.
    pub tags: Option<Vec<String>>,
    /// Another name that the fact had before; the table is renamed instead of rebuilt.
    pub was: Option<String>,
    /// Refuses every plan that would lose its data.
    pub protect: Option<bool>,
    /// What one row is, in words and as key columns.
    pub grain: Option<Grain>,
    /// The source table it is read from, as `source.table`; for an aggregate, the fact it rolls up.
    pub from: Option<String>,
    /// A GoogleSQL SELECT that yields the grain, the dimensions' keys and the measures' inputs.
    pub query: Option<String>,
    /// The column that holds when the event took place; dimensions are looked up as of it.
    pub event_time: Option<String>,
    /// The fact's dimensions, by role.
    pub dimensions: Option<IndexMap<String, Role>>,
    /// Columns of the fact that are keys of a dimension without attributes, such as an order number.
    pub degenerate: Option<Vec<String>>,
    /// Measures by name.
    pub measures: Option<IndexMap<String, Measure>>,
    /// What a delete in the source does to the row; `remove` when left out.
    pub on_delete: Option<FactOnDelete>,
    /// What several rows of one grain key do; `error` when left out.
    pub on_duplicate: Option<OnDuplicate>,
    /// Rows never change once loaded: the load only inserts.
    pub insert_only: Option<bool>,
    /// What a row of an `insert_only` fact does when it has changed in the source; `error` when left out.
    pub on_update: Option<OnUpdate>,
    /// The DATE, DATETIME or TIMESTAMP column to partition by; `event_time` when left out.
    pub partition_by: Option<String>,
    /// Up to four columns to cluster by; the first dimension keys when left out.
    pub cluster_by: Option<Names>,
    /// Lint levels of this model alone, by code.
    pub lints: Option<IndexMap<String, LintLevel>>,
}

/// The kinds of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// One row per event.
    Transaction,
    /// One row per member and period.
    PeriodicSnapshot,
    /// One row per process instance, updated as its milestones are reached.
    AccumulatingSnapshot,
    /// One row per event without a measure.
    Factless,
    /// A rollup of another fact.
    Aggregate,
}

/// What one row of a fact is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grain {
    /// The sentence: one row per …
    pub description: String,
    /// The columns whose values are unique together.
    pub key: Option<Names>,
}

/// A dimension in the role that it plays for a fact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The dimension; the one named like the role when left out.
    pub dimension: Option<String>,
    /// The fact's columns that hold the dimension's natural key, in its order; for a calendar, the instant or day.
    pub on: Option<Names>,
    /// The column with the instant to look a version up at; the fact's `event_time` when left out.
    pub as_of: Option<String>,
    /// What a key without a member gets; `infer` when left out.
    pub missing: Option<Missing>,
    /// What a NULL key means; `unknown` when left out.
    pub when_null: Option<WhenNull>,
    /// What the role means, for analysts.
    pub description: Option<String>,
    /// Another name that the role had before.
    pub was: Option<String>,
}

/// What a key without a member gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A member with the key alone, filled in later under the same surrogate key.
    Infer,
    /// The unknown member, until the member arrives.
    Unknown,
    /// The batch is held back.
    Error,
}

/// What a NULL key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenNull {
    /// The value should be there and is not: member −1.
    Unknown,
    /// There is nothing to point to: member −2.
    NotApplicable,
    /// The milestone has not been reached: member −4.
    NotYet,
}

/// What a delete in the source does to a fact row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactOnDelete {
    /// The row leaves the fact.
    Remove,
    /// The row stays, with `is_deleted` set.
    Flag,
    /// The row stays as it was.
    Ignore,
}

/// What a row of an `insert_only` fact does when it has changed in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUpdate {
    /// The batch is held back.
    Error,
    /// The row stays as it was loaded first, and the run says so.
    Keep,
}

/// What several rows of one grain key do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnDuplicate {
    /// Keep the row with the greatest value of this column.
    pub keep_latest_by: String,
}

/// A measure of a fact.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The GoogleSQL type; that of the expression when left out.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// A GoogleSQL expression over the columns of the query; the column of the same name when left out.
    /// In an aggregate, an aggregation over the columns of the fact it rolls up, such as `SUM(amount)`.
    pub expr: Option<String>,
    /// Over which dimensions the measure may be summed.
    pub additive: Option<Additivity>,
    /// The roles that a semi-additive measure may not be summed over.
    pub not_over: Option<Vec<String>>,
    /// The unit that is counted, such as `piece`.
    pub unit: Option<String>,
    /// The ISO 4217 code of an amount.
    pub currency: Option<String>,
    /// What the measure says, for analysts.
    pub description: Option<String>,
    /// Another name that the measure had before.
    pub was: Option<String>,
}

/// Over which dimensions a measure may be summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Additivity {
    /// Over every dimension.
    All,
    /// Over all but those in `not_over`: a balance is not summed over time.
    Semi,
    /// Over none: a ratio or a unit price.
    None,
}
