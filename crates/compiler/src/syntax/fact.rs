//! A fact as its YAML says it, one to one. Nothing is resolved and no default is filled here.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::common::{LintLevel, Names};

/// A fact file.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-kind" = { "key": "kind", "default": "transaction" }))]
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
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub query: Option<String>,
    /// The column that holds when the event took place; dimensions are looked up as of it.
    pub event_time: Option<String>,
    /// The fact's dimensions, by role.
    pub dimensions: Option<IndexMap<String, Role>>,
    /// Columns of the fact that are keys of a dimension without attributes, such as an order number.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub degenerate: Option<Vec<String>>,
    /// Measures by name.
    pub measures: Option<IndexMap<String, Measure>>,
    /// What a delete in the source does to the row; `remove` when left out.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub on_delete: Option<FactOnDelete>,
    /// What several rows of one grain key do; `error` when left out.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub on_duplicate: Option<OnDuplicate>,
    /// Rows never change once loaded: the load only inserts.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub insert_only: Option<bool>,
    /// What a row of an `insert_only` fact does when it has changed in the source; `error` when left out.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub on_update: Option<OnUpdate>,
    /// The DATE, DATETIME or TIMESTAMP column to partition by; `event_time` when left out.
    pub partition_by: Option<String>,
    /// Up to four columns to cluster by; the first dimension keys when left out.
    pub cluster_by: Option<Names>,
    /// Lint levels of this model alone, by code.
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
    /// A rollup of another fact.
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

/// A dimension in the role that it plays for a fact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The dimension; the one named like the role when left out.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub dimension: Option<String>,
    /// The fact's columns that hold the dimension's natural key, in its order; for a calendar, the instant or day.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub on: Option<Names>,
    /// The column with the instant to look a version up at; the fact's `event_time` when left out.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub as_of: Option<String>,
    /// What a key without a member gets; `infer` when left out, and `unknown` for a role of a calendar, of the time of day or
    /// of a mini-dimension, whose rows are not inferred.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub missing: Option<Missing>,
    /// What a NULL key means; `unknown` when left out.
    #[schemars(extend("x-in" = ["transaction", "periodic_snapshot", "accumulating_snapshot", "factless"]))]
    pub when_null: Option<WhenNull>,
    /// What the role means, for analysts.
    pub description: Option<String>,
    /// Another name that the role had before.
    pub was: Option<String>,
}

/// What a key without a member gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A member with the key alone, filled in later under the same surrogate key.
    #[default]
    Infer,
    /// The unknown member, until the member arrives.
    Unknown,
    /// The batch is held back.
    Error,
}

/// What a NULL key means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenNull {
    /// The value should be there and is not: member −1.
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
    /// The row leaves the fact.
    #[default]
    Remove,
    /// The row stays, with `is_deleted` set.
    Flag,
    /// The row stays as it was.
    Ignore,
}

/// What a row of an `insert_only` fact does when it has changed in the source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUpdate {
    /// The batch is held back.
    #[default]
    Error,
    /// The row stays as it was loaded first, and the run says so.
    Keep,
}

/// What several rows of one grain key do.
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
    /// The GoogleSQL type; that of the expression when left out.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// A GoogleSQL expression over the columns of the query; the column of the same name when left out.
    /// In an aggregate, an aggregation over the columns of the fact it rolls up, such as `SUM(amount)`.
    pub expr: Option<String>,
    /// Over which dimensions the measure may be summed.
    pub additive: Option<Additivity>,
    /// The roles that a semi-additive measure may not be summed over; those in `over` are among them without being named.
    pub not_over: Option<Vec<String>>,
    /// What stands instead of the sum over a role, by role: a balance is not summed over days, `{ snapshot_date: last }`.
    pub over: Option<IndexMap<String, Over>>,
    /// How a non-additive measure is asked for; without it, `dwc query` refuses the measure.
    pub aggregation: Option<Aggregation>,
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

/// What stands instead of a sum over a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// The sum of the last day on which the fact has rows in the period; the role is of a calendar or of the time of day.
    Last,
    /// The sum of the first day on which the fact has rows in the period; the role is of a calendar or of the time of day.
    First,
    /// The sums of the members, divided by the number of members on which the fact has rows in the period.
    Average,
    /// The least of the sums of the members.
    Min,
    /// The greatest of the sums of the members.
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

/// How a non-additive measure is asked for: by one function of its rows, or as a ratio of two sums.
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

/// One function of the rows of a non-additive measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregationFunction {
    /// The mean of the rows that have a value.
    Average,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// How many different values there are.
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
            "description": "How a non-additive measure is asked for: by one function of its rows, or as a ratio of two sums.",
            "anyOf": [function, ratio]
        })
    }
}
