//! A dimension as its YAML says it, one to one. Nothing is resolved and no default is filled here.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{LintLevel, Names};

/// A dimension file.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-kind" = { "key": "kind", "default": "standard" }))]
pub struct Dimension {
    /// The dimension's name; its table is named by it.
    pub dimension: String,
    /// What kind of table it is; an ordinary dimension when left out.
    pub kind: Option<DimensionKind>,
    /// One sentence for analysts: what one member is.
    pub description: Option<String>,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// Free words to select it by.
    pub tags: Option<Vec<String>>,
    /// Another name that the dimension had before; the table is renamed instead of rebuilt.
    pub was: Option<String>,
    /// Refuses every plan that would lose its data.
    pub protect: Option<bool>,
    /// The source table it is read from, as `source.table`. Either this or `query`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub from: Option<String>,
    /// A GoogleSQL SELECT that yields the natural key and the attributes. Either this or `from`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub query: Option<String>,
    /// The columns that name a member in the source.
    #[schemars(extend("x-in" = ["standard"]))]
    pub natural_key: Option<Names>,
    /// The column that holds the instant since which a row's values hold, or `extracted`: the time of the batch.
    #[schemars(extend("x-in" = ["standard"]))]
    pub effective_at: Option<String>,
    /// The column that holds the instant until which a row's values hold, where rows are intervals; NULL, and an instant
    /// from the year 9000 on, is no end.
    #[schemars(extend("x-in" = ["standard"]))]
    pub effective_to: Option<String>,
    /// The column that orders two states of one instant; without it the later batch wins.
    #[schemars(extend("x-in" = ["standard"]))]
    pub sequence: Option<String>,
    /// What a delete in the source does to the member; `close` when left out.
    #[schemars(extend("x-in" = ["standard"]))]
    pub on_delete: Option<OnDelete>,
    /// Where the first version starts; `beginning_of_time` when left out.
    #[schemars(extend("x-in" = ["standard"]))]
    pub first_version: Option<FirstVersion>,
    /// What `valid_to` of the current version holds; `far_future` when left out.
    #[schemars(extend("x-in" = ["standard"]))]
    pub open_end: Option<OpenEnd>,
    /// Which versions a type-1 attribute is overwritten in; `all` when left out.
    #[schemars(extend("x-in" = ["standard"]))]
    pub type1_scope: Option<Type1Scope>,
    /// What becomes of a type-0 value when an earlier state arrives late; `restate` when left out.
    #[schemars(extend("x-in" = ["standard"]))]
    pub late_type0: Option<LateType0>,
    /// The dimension whose members' fast-changing attributes a mini-dimension holds.
    #[schemars(extend("x-in" = ["mini"]))]
    pub of: Option<String>,
    /// The base dimension of a mini-dimension carries the key of each member's present combination (type 5).
    #[schemars(extend("x-in" = ["mini"]))]
    pub outrigger: Option<bool>,
    /// How surrogate keys are made.
    #[schemars(extend("x-in" = ["standard"]))]
    pub surrogate_key: Option<SurrogateKey>,
    /// The policy of every attribute that names none.
    #[schemars(extend("x-in" = ["standard"]))]
    pub scd: Option<u8>,
    /// Attributes by name.
    #[schemars(extend("x-in" = ["standard", "mini"]))]
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
    /// Lint levels of this model alone, by code.
    pub lints: Option<IndexMap<String, LintLevel>>,
}

/// The kinds of dimension.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DimensionKind {
    /// Members from a source.
    #[default]
    Standard,
    /// One row per day, generated.
    Calendar,
    /// One row per minute of the day, generated.
    TimeOfDay,
    /// Combinations of fast-changing attributes of another dimension's members (type 4).
    Mini,
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
    /// At 0001-01-01: events older than the first known state find it.
    #[default]
    BeginningOfTime,
    /// At its own instant: older events find no version.
    OwnInstant,
}

/// What `valid_to` of the current version holds.
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

/// Which versions a type-1 attribute is overwritten in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Type1Scope {
    /// Every version of the member.
    #[default]
    All,
    /// The current version alone.
    Current,
}

/// What becomes of a type-0 value when an earlier state arrives late. Both report it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LateType0 {
    /// The value of the earliest state, whenever it arrives.
    #[default]
    Restate,
    /// The value that was loaded first, which depends on the order of arrival.
    Keep,
}

/// How surrogate keys are made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurrogateKey {
    /// Where the numbers come from; `hash` when left out.
    pub strategy: Option<KeyStrategy>,
    /// A text mixed into the hash: the way out when two keys collide.
    pub salt: Option<String>,
}

/// Where surrogate keys come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyStrategy {
    /// 60 bits of a hash of the natural key: the same in every warehouse and after every rebuild.
    #[default]
    Hash,
    /// 1, 2, 3 and so on: compact, stable within one warehouse, and not after a rebuild from nothing.
    Sequence,
}

/// One band of values, with the label that stands for it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The band ends before this number; the last band has no end.
    pub below: Option<f64>,
    /// What the attribute holds for the values of the band.
    pub label: String,
}

/// An attribute of a dimension.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The policy for changes, by Kimball's type number: 0 keep the first value, 1 overwrite, 2 keep history, 3 keep the
    /// value before as `previous_…`, 6 keep history and the value as it is now as `current_…`, 7 keep history and views
    /// as it was and as it is. Types 4 and 5 are dimensions of `kind: mini`.
    #[schemars(extend("x-in" = ["standard"]))]
    pub scd: Option<u8>,
    /// Bands of a number, ascending: the attribute holds the label, or `Unknown` for NULL.
    pub bands: Option<Vec<Band>>,
    /// A GoogleSQL expression over the columns of `from` or `query`; the column of the same name when left out.
    pub expr: Option<String>,
    /// The GoogleSQL type; that of the expression when left out.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// What the attribute says, for analysts.
    pub description: Option<String>,
    /// Level in a hierarchy, as `hierarchy.level`, level 1 the most general.
    pub hierarchy: Option<String>,
    /// The column holds personal data.
    pub pii: Option<bool>,
    /// Another name that the attribute had before.
    pub was: Option<String>,
}
