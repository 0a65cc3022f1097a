//! A dimension as its YAML says it, one to one. Nothing is resolved and no default is filled here.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, Scalar};
use super::common::{LintLevel, Names};

/// A dimension file.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-kind" = { "key": "kind", "default": "standard" }))]
pub struct Dimension {
    /// The name of the dimension and of its table.
    pub dimension: String,
    /// The kind of dimension. Defaults to `standard`.
    pub kind: Option<DimensionKind>,
    /// One sentence for analysts: what a member is.
    pub description: Option<String>,
    /// The team that is responsible for it.
    pub owner: Option<String>,
    /// Free words for `--select tag:word`.
    pub tags: Option<Vec<String>>,
    /// The dimension's previous name. The table is renamed instead of rebuilt.
    pub was: Option<String>,
    /// Refuse every plan that would lose its data.
    pub protect: Option<bool>,
    /// The source table to read, as `source.table`. Declare either this or `query`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub from: Option<String>,
    /// A GoogleSQL SELECT that returns the natural key and the attributes. Declare either this or `from`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub query: Option<String>,
    /// The columns that identify a member in the source.
    #[schemars(extend("x-in" = ["standard"]))]
    pub natural_key: Option<Names>,
    /// The column with the instant since which a row's values hold, or `extracted` for the time of the batch.
    #[schemars(extend("x-in" = ["standard"]))]
    pub effective_at: Option<String>,
    /// The column with the instant until which a row's values hold, if rows are intervals. NULL, and an instant in the
    /// year 9000 or later, means no end.
    #[schemars(extend("x-in" = ["standard"]))]
    pub effective_to: Option<String>,
    /// The column that orders states with the same instant. Without it, the later batch wins.
    #[schemars(extend("x-in" = ["standard"]))]
    pub sequence: Option<String>,
    /// What a delete in the source does to the member. Defaults to `close`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub on_delete: Option<OnDelete>,
    /// Where the first version starts. Defaults to `beginning_of_time`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub first_version: Option<FirstVersion>,
    /// The `valid_to` of the current version. Defaults to `far_future`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub open_end: Option<OpenEnd>,
    /// The versions in which a type-1 attribute is overwritten. Defaults to `all`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub type1_scope: Option<Type1Scope>,
    /// What happens to a type-0 value when an earlier state arrives late. Defaults to `restate`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub late_type0: Option<LateType0>,
    /// The base dimension, whose members' fast-changing attributes the mini-dimension contains.
    #[schemars(extend("x-in" = ["mini"]))]
    pub of: Option<String>,
    /// Store the key of each member's current combination in the base dimension (type 5).
    #[schemars(extend("x-in" = ["mini"]))]
    pub outrigger: Option<bool>,
    /// How surrogate keys are generated.
    #[schemars(extend("x-in" = ["standard"]))]
    pub surrogate_key: Option<SurrogateKey>,
    /// The policy of every attribute without its own.
    #[schemars(extend("x-in" = ["standard"]))]
    pub scd: Option<u8>,
    /// How many combinations a junk dimension may have. A load that would make more is held back. Defaults to 10000.
    #[schemars(extend("x-in" = ["junk"]))]
    pub max_members: Option<u64>,
    /// What NULL reads as in every STRING attribute without its own, such as `Unknown` or `Not applicable`.
    #[schemars(extend("x-in" = ["standard", "mini", "junk"]))]
    pub when_null: Option<String>,
    /// Attributes by name.
    #[schemars(extend("x-in" = ["standard", "mini", "junk"]))]
    pub attributes: Option<IndexMap<String, Attribute>>,
    /// First day of a calendar, as `YYYY-MM-DD`.
    #[schemars(extend("x-in" = ["calendar"]))]
    pub first_day: Option<String>,
    /// Last day of a calendar, as `YYYY-MM-DD`.
    #[schemars(extend("x-in" = ["calendar"]))]
    pub last_day: Option<String>,
    /// The month, 1 to 12, in which the fiscal year starts.
    #[schemars(extend("x-in" = ["calendar"]))]
    pub fiscal_year_starts: Option<u8>,
    /// Holidays of a calendar: `YYYY-MM-DD` to the holiday's name.
    #[schemars(extend("x-in" = ["calendar"]))]
    pub holidays: Option<IndexMap<String, String>>,
    /// What the loaded rows are to meet: `dwc verify` checks it.
    #[schemars(extend("x-in" = ["standard"]))]
    pub checks: Option<Vec<Check>>,
    /// Lint levels of this model, by code.
    pub lints: Option<IndexMap<String, LintLevel>>,
}

/// The kinds of dimension.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DimensionKind {
    /// Members read from a source.
    #[default]
    Standard,
    /// One row per day, generated.
    Calendar,
    /// One row per minute of the day, generated.
    TimeOfDay,
    /// Combinations of fast-changing attributes of another dimension's members (type 4).
    Mini,
    /// Combinations of flags and codes of facts. Each load of a fact adds those that are new.
    Junk,
}

/// What a delete in the source does to a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The current version ends at the instant of the delete.
    #[default]
    Close,
    /// A version with `is_deleted` starts at the instant of the delete.
    Flag,
    /// Nothing happens.
    Ignore,
}

/// Where the first version of a member starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstVersion {
    /// At 0001-01-01: events older than the first known state find this version.
    #[default]
    BeginningOfTime,
    /// At its own instant: older events find no version.
    OwnInstant,
}

/// The `valid_to` of the current version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenEnd {
    /// 9999-12-31: `valid_from <= t AND t < valid_to` needs no NULL case.
    #[default]
    FarFuture,
    /// NULL.
    #[serde(rename = "none")]
    Null,
}

/// The versions in which a type-1 attribute is overwritten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Type1Scope {
    /// Every version of the member.
    #[default]
    All,
    /// Only the current version.
    Current,
}

/// What happens to a type-0 value when an earlier state arrives late. Either way it is reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LateType0 {
    /// The value of the earliest state, whenever it arrives.
    #[default]
    Restate,
    /// The value that was loaded first, which depends on arrival order.
    Keep,
}

/// How surrogate keys are generated.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurrogateKey {
    /// Where the numbers come from. Defaults to `hash`.
    pub strategy: Option<KeyStrategy>,
    /// A text that is added to the hash. Set it if two keys collide.
    pub salt: Option<String>,
}

/// Where surrogate keys come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyStrategy {
    /// 60 bits of a hash of the natural key: the same in every warehouse and after every rebuild.
    #[default]
    Hash,
    /// 1, 2, 3 and so on: compact and stable within one warehouse, but not after a rebuild from nothing.
    Sequence,
}

/// One band of values, with its label.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The band ends before this number. The last band has no end.
    pub below: Option<f64>,
    /// The value of the attribute for this band.
    pub label: String,
}

/// An attribute of a dimension.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The policy for changes, by Kimball's type number: 0 keeps the first value, 1 overwrites, 2 keeps history, 3
    /// keeps the previous value as `previous_…`, 6 keeps history and the current value as `current_…`, 7 keeps history and
    /// adds views as it was and as it is. Types 4 and 5 are dimensions of `kind: mini`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub scd: Option<u8>,
    /// Bands of a number, ascending. The attribute contains the band's label, or `Unknown` for NULL.
    #[schemars(extend("x-in" = ["standard", "mini"]))]
    pub bands: Option<Vec<Band>>,
    /// The text for each value of a BOOL, INT64 or STRING, such as `{ true: Gift, false: No gift }`. The attribute contains
    /// the label; a value without one stays as it is, and the load reports it.
    pub labels: Option<IndexMap<String, String>>,
    /// What NULL reads as: a text such as `Unknown` or `Not applicable`, or a value of the attribute's type. Defaults to the
    /// dimension's for STRING attributes.
    pub when_null: Option<Scalar>,
    /// A GoogleSQL expression over the columns of `from` or `query`. Defaults to the column with the same name.
    #[schemars(extend("x-in" = ["standard", "mini"]))]
    pub expr: Option<String>,
    /// The GoogleSQL type. Defaults to the type of the expression. In a junk dimension, the type of the facts' columns, which is
    /// required.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// What the attribute means, for analysts.
    pub description: Option<String>,
    /// The level in a hierarchy, as `hierarchy.level`. Level 1 is the most general.
    pub hierarchy: Option<String>,
    /// The column contains personal data.
    pub pii: Option<bool>,
    /// The attribute's previous name.
    pub was: Option<String>,
}
