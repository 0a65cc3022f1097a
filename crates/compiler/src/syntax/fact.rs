//! A fact as its YAML says it, one to one. Nothing is resolved and no default is filled here.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::check::{Check, Scalar};
use super::common::{LintLevel, Names};
use super::milestones::Lags;

/// A fact file.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-kind" = { "key": "kind", "default": "transaction" }))]
pub struct Fact {
    /// The name of the fact and of its table.
    pub fact: String,
    /// The kind of fact. Defaults to `transaction`.
    pub kind: Option<FactKind>,
    /// One sentence for analysts.
    pub description: Option<String>,
    /// The business process that it measures: its row in the bus matrix.
    pub business_process: Option<String>,
    /// The team that is responsible for it.
    pub owner: Option<String>,
    /// Free words for `--select tag:word`.
    pub tags: Option<Vec<String>>,
    /// The fact's previous name. The table is renamed instead of rebuilt.
    pub was: Option<String>,
    /// Refuse every plan that would lose its data.
    pub protect: Option<bool>,
    /// What one row is, as a sentence and as key columns.
    pub grain: Option<Grain>,
    /// The source table to read, as `source.table`. For an aggregate, the fact that it rolls up.
    pub from: Option<String>,
    /// A GoogleSQL SELECT that returns the grain, the dimensions' keys and the measures' inputs.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub query: Option<String>,
    /// The column with the time of the event. Dimensions are looked up as of this time.
    pub event_time: Option<String>,
    /// The fact's dimensions, by role.
    pub dimensions: Option<IndexMap<String, Role>>,
    /// The milestones of the process, by name and in their order: each the DATE, DATETIME or TIMESTAMP column that says when
    /// it was reached, or a role of a calendar.
    #[schemars(extend("x-in" = ["accumulating_snapshot"]))]
    pub milestones: Option<IndexMap<String, String>>,
    /// The time that it takes from one milestone to another, as measures.
    #[schemars(extend("x-in" = ["accumulating_snapshot"]))]
    pub lags: Option<Lags>,
    /// Columns of the fact that are keys of a dimension without attributes, such as an order number.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub degenerate: Option<Vec<String>>,
    /// Measures by name.
    pub measures: Option<IndexMap<String, Measure>>,
    /// What a delete in the source does to the row. Defaults to `remove`.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub on_delete: Option<FactOnDelete>,
    /// What happens if several rows have the same grain key. Defaults to `error`.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub on_duplicate: Option<OnDuplicate>,
    /// Declares that loaded rows never change, so that loads only insert.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub insert_only: Option<bool>,
    /// What happens if a row of an `insert_only` fact has changed in the source. Defaults to `error`.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub on_update: Option<OnUpdate>,
    /// The DATE, DATETIME or TIMESTAMP column to partition by. Defaults to `event_time`.
    pub partition_by: Option<String>,
    /// Up to four columns to cluster by. Defaults to the first dimension keys.
    pub cluster_by: Option<Names>,
    /// What the loaded rows are to meet: `dwc verify` checks it.
    pub checks: Option<Vec<Check>>,
    /// Lint levels of this model, by code.
    pub lints: Option<IndexMap<String, LintLevel>>,
}

/// The kinds of fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// One row per event.
    #[default]
    Transaction,
    /// One row per member and period.
    PeriodicSnapshot,
    /// One row per process instance, updated as its milestones are reached.
    AccumulatingSnapshot,
    /// One row per event without a measure.
    Factless,
    /// Another fact, rolled up to a coarser grain.
    Aggregate,
}

/// What one row of a fact is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grain {
    /// The sentence: one row per …
    pub description: String,
    /// The columns whose values are unique together.
    pub key: Option<Names>,
}

/// The use of a dimension by a fact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The dimension. Defaults to the dimension with the name of the role.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub dimension: Option<String>,
    /// The fact's columns with the dimension's natural key, in its order. For a calendar, the instant or day.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub on: Option<Names>,
    /// The column with the instant at which to look up the version. Defaults to the fact's `event_time`.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub as_of: Option<String>,
    /// What a key without a member gets. Defaults to `infer`, or to `unknown` for a role of a calendar, of the time of
    /// day or of a mini-dimension, whose rows are not inferred.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub missing: Option<Missing>,
    /// What a NULL key means. Defaults to `unknown`.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub when_null: Option<WhenNull>,
    /// What the role means, for analysts.
    pub description: Option<String>,
    /// The role's previous name.
    pub was: Option<String>,
}

/// What a key without a member gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// An inferred member with only its key, filled in later under the same surrogate key.
    #[default]
    Infer,
    /// The unknown member, until the real member arrives.
    Unknown,
    /// The batch is held back.
    Error,
}

/// What a NULL key means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenNull {
    /// The value should be there but is missing: member −1.
    #[default]
    Unknown,
    /// There is nothing to point to: member −2.
    NotApplicable,
    /// The milestone has not been reached: member −4.
    NotYet,
}

/// What a delete in the source does to a fact row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactOnDelete {
    /// The row is removed from the fact.
    #[default]
    Remove,
    /// The row stays, with `is_deleted` set.
    Flag,
    /// The row stays unchanged.
    Ignore,
}

/// What happens if a row of an `insert_only` fact has changed in the source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUpdate {
    /// The batch is held back.
    #[default]
    Error,
    /// The row keeps its first values, and the run reports it.
    Keep,
}

/// What happens if several rows have the same grain key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnDuplicate {
    /// Keep the row with the greatest value of this column.
    pub keep_latest_by: String,
}

/// A measure of a fact.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The GoogleSQL type. Defaults to the type of the expression.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// A GoogleSQL expression over the columns of the query. Defaults to the column with the same name.
    /// In an aggregate, an aggregation over the columns of the fact that it rolls up, such as `SUM(amount)`.
    pub expr: Option<String>,
    /// The dimensions over which the measure may be summed.
    pub additive: Option<Additivity>,
    /// The roles over which a semi-additive measure may not be summed. Roles in `over` are included automatically.
    pub not_over: Option<Vec<String>>,
    /// What replaces the sum over a role, by role, such as `{ snapshot_date: last }` for a balance.
    pub over: Option<IndexMap<String, Over>>,
    /// How a non-additive measure is aggregated. Without it, `dwc query` refuses the measure.
    pub aggregation: Option<Aggregation>,
    /// The unit of measurement, such as `piece`.
    pub unit: Option<String>,
    /// The ISO 4217 currency code of an amount.
    pub currency: Option<String>,
    /// The difference from what the query gives that `dwc verify` tolerates, such as `0.01`. Defaults to 0.
    pub within: Option<Scalar>,
    /// What the measure means, for analysts.
    pub description: Option<String>,
    /// The measure's previous name.
    pub was: Option<String>,
}

/// The dimensions over which a measure may be summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Additivity {
    /// Over every dimension.
    All,
    /// Over all but those in `not_over`: a balance is not summed over time.
    Semi,
    /// Over none: a ratio or a unit price.
    None,
}

/// What replaces the sum over a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// The sum on the last day of the period on which the fact has rows. For roles of a calendar or time of day.
    Last,
    /// The sum on the first day of the period on which the fact has rows. For roles of a calendar or time of day.
    First,
    /// The sum over all members, divided by the number of members for which the fact has rows in the period.
    Average,
    /// The least sum of a member.
    Min,
    /// The greatest sum of a member.
    Max,
}

impl Over {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Over::Last => "last",
            Over::First => "first",
            Over::Average => "average",
            Over::Min => "min",
            Over::Max => "max",
        }
    }
}

/// How a non-additive measure is aggregated: by a function of its rows, or as a ratio of two sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aggregation {
    /// By one function of its rows.
    Function(AggregationFunction),
    /// The sum of one additive measure of the fact, divided by the sum of another.
    Ratio([String; 2]),
}

impl std::fmt::Display for Aggregation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Aggregation::Function(function) => f.write_str(function.word()),
            Aggregation::Ratio([above, below]) => write!(f, "{{ ratio: [{above}, {below}] }}"),
        }
    }
}

/// A function of the rows of a non-additive measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregationFunction {
    /// The mean of the rows that have a value.
    Average,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The number of distinct values.
    CountDistinct,
}

impl AggregationFunction {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            AggregationFunction::Average => "average",
            AggregationFunction::Min => "min",
            AggregationFunction::Max => "max",
            AggregationFunction::CountDistinct => "count_distinct",
        }
    }
}

/// A ratio of two measures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ratio {
    /// The two additive measures of the fact: the sum of the first is divided by the sum of the second.
    ratio: Vec<String>,
}

impl Serialize for Aggregation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Aggregation::Function(function) => function.serialize(serializer),
            Aggregation::Ratio(pair) => Ratio { ratio: pair.to_vec() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Aggregation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Aggregation;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("average, min, max, count_distinct, or a ratio")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Aggregation, E> {
                AggregationFunction::deserialize(de::value::StrDeserializer::new(word)).map(Aggregation::Function)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Aggregation, A::Error> {
                let ratio = Ratio::deserialize(de::value::MapAccessDeserializer::new(map))?.ratio;
                let pair = ratio.try_into().map_err(|_| de::Error::custom("a ratio names two measures"))?;
                Ok(Aggregation::Ratio(pair))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Aggregation {
    fn schema_name() -> Cow<'static, str> {
        "Aggregation".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let function = generator.subschema_for::<AggregationFunction>();
        let ratio = generator.subschema_for::<Ratio>();
        json_schema!({
            "description": "How a non-additive measure is aggregated: by a function of its rows, or as a ratio of two sums.",
            "anyOf": [function, ratio]
        })
    }
}
