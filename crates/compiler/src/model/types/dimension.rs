//! Dimensions, their attributes and their policies. They must not know of engines.

use dwc_googlesql::Type;

use super::{Check, Column, EffectiveAt, Query};
use crate::source::{FileId, Span};
use crate::sql::names;
use crate::syntax::{FirstVersion, KeyStrategy, LateType0, OnDelete, OpenEnd, Type1Scope};

/// A dimension.
#[derive(Debug, Clone)]
pub struct Dimension {
    /// The dimension's name.
    pub name: String,
    /// What one member is, for analysts; may be empty.
    pub description: String,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// The name it had before.
    pub was: Option<String>,
    /// It refuses plans that lose data.
    pub protect: bool,
    /// What its rows come from.
    pub kind: DimensionKind,
    /// What its rows are to meet.
    pub checks: Vec<Check>,
    /// The file that declares it.
    pub file: FileId,
    /// Where it is declared: the value of `dimension`.
    pub span: Span,
}

impl Dimension {
    /// The types of its natural key; empty for a generated dimension.
    #[must_use]
    pub fn key_types(&self) -> Vec<Type> {
        self.members().into_iter().flat_map(|members| &members.natural_key).map(|column| column.ty.clone()).collect()
    }

    /// The members that it, or the timeline behind it, is made of; a generated dimension has none.
    #[must_use]
    pub fn members(&self) -> Option<&Members> {
        match &self.kind {
            DimensionKind::Standard(members) => Some(members),
            DimensionKind::Mini(mini) => Some(&mini.members),
            DimensionKind::Calendar(_) | DimensionKind::TimeOfDay | DimensionKind::Junk(_) => None,
        }
    }

    /// What it is, where it is a junk dimension.
    #[must_use]
    pub fn junk(&self) -> Option<&Junk> {
        match &self.kind {
            DimensionKind::Junk(junk) => Some(junk),
            _ => None,
        }
    }

    /// Its attributes, where they are declared.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        match &self.kind {
            DimensionKind::Junk(junk) => &junk.attributes,
            _ => self.members().map_or(&[], |members| &members.attributes),
        }
    }

    /// What it is, where it is a mini-dimension.
    #[must_use]
    pub fn mini(&self) -> Option<&Mini> {
        match &self.kind {
            DimensionKind::Mini(mini) => Some(mini),
            _ => None,
        }
    }
}

/// What a dimension's rows come from.
#[derive(Debug, Clone)]
pub enum DimensionKind {
    /// Members of a source.
    Standard(Box<Members>),
    /// Combinations of attributes that another dimension's members have had.
    Mini(Box<Mini>),
    /// Combinations of flags and codes that rows of facts have.
    Junk(Junk),
    /// One row per day.
    Calendar(Calendar),
    /// One row per minute of the day.
    TimeOfDay,
}

/// A mini-dimension: each combination of its attributes is one row, and a timeline says which member had it when.
/// (Kimball & Ross, The Data Warehouse Toolkit, 3rd ed., type 4; with an outrigger, type 5.)
#[derive(Debug, Clone)]
pub struct Mini {
    /// The name of the dimension whose members have the attributes.
    pub base: String,
    /// The base carries the key of each member's present combination.
    pub outrigger: bool,
    /// The base's members, and the mini-dimension's attributes, all of type 2.
    pub members: Members,
}

/// A junk dimension: each combination of its attributes that a row of a fact has is one row, which the load of the fact adds.
/// (Kimball & Ross, The Data Warehouse Toolkit, 3rd ed.)
#[derive(Debug, Clone)]
pub struct Junk {
    /// Attributes in the order declared; their values are columns of facts.
    pub attributes: Vec<Attribute>,
    /// How many combinations there may be.
    pub max_members: u64,
}

/// Members of a source, with their history.
#[derive(Debug, Clone)]
pub struct Members {
    /// What they are read with.
    pub query: Query,
    /// Columns of the query that name a member.
    pub natural_key: Vec<Column>,
    /// Since when a row's values hold.
    pub effective_at: EffectiveAt,
    /// The column of the query that says until when a row's values hold, with its type.
    pub effective_to: Option<(String, Type)>,
    /// `effective_at: extracted` is written, not left out.
    pub extracted_is_declared: bool,
    /// The column that orders two states of one instant.
    pub sequence: Option<String>,
    /// What a delete does.
    pub on_delete: OnDelete,
    /// Where the first version starts.
    pub first_version: FirstVersion,
    /// What `valid_to` of the current version holds.
    pub open_end: OpenEnd,
    /// Which versions type 1 overwrites.
    pub type1_scope: Type1Scope,
    /// What becomes of a type-0 value when an earlier state arrives late.
    pub late_type0: LateType0,
    /// Where surrogate keys come from.
    pub key_strategy: KeyStrategy,
    /// Mixed into the surrogate key's hash; may be empty.
    pub salt: String,
    /// The keys that say what becomes of versions and of type 0 and 1, where they are written, with their places.
    pub policies: Vec<(&'static str, Span)>,
    /// Attributes in the order declared.
    pub attributes: Vec<Attribute>,
    /// Mini-dimensions whose present combination each member carries the key of, by name.
    pub outriggers: Vec<String>,
}

impl Members {
    /// Whether any attribute keeps history, so that a member has versions.
    #[must_use]
    pub fn has_versions(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.scd.has_versions())
    }

    /// Whether an earlier state matters once a later one is known.
    #[must_use]
    pub fn keeps_states(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.scd != Scd::Type1)
    }

    /// Whether it has views as it was and as it is (type 7).
    #[must_use]
    pub fn is_dual(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.scd == Scd::Type7)
    }

    /// The columns that its attributes become, in table order.
    #[must_use]
    pub fn stored(&self) -> Vec<StoredAttribute<'_>> {
        let type1 = if self.type1_scope == Type1Scope::All || !self.has_versions() {
            StoredValue::Last
        } else {
            StoredValue::Version
        };
        let mut all = Vec::new();
        for attribute in &self.attributes {
            let name = &attribute.column.name;
            let mut add = |name: String, value| all.push(StoredAttribute { name, attribute, value });
            match attribute.scd {
                Scd::Type0 => add(name.clone(), StoredValue::First),
                Scd::Type1 => add(name.clone(), type1),
                Scd::Type2 | Scd::Type7 => add(name.clone(), StoredValue::Version),
                Scd::Type3 => {
                    add(name.clone(), StoredValue::Last);
                    add(names::previous(name), StoredValue::Previous);
                }
                Scd::Type6 => {
                    add(name.clone(), StoredValue::Version);
                    add(names::current(name), StoredValue::Last);
                }
            }
        }
        all
    }
}

/// The policy for an attribute's changes, by Kimball's type number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scd {
    /// The first value stays.
    Type0,
    /// The latest value is everywhere.
    Type1,
    /// Each value has its version.
    Type2,
    /// The latest value is everywhere, and beside it the one before.
    Type3,
    /// Each value has its version, and beside it the latest one everywhere.
    Type6,
    /// Each value has its version, and views show the dimension as it was and as it is.
    Type7,
}

/// A column that an attribute becomes.
#[derive(Debug, Clone)]
pub struct StoredAttribute<'a> {
    /// The column's name.
    pub name: String,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// Which of the attribute's values it holds.
    pub value: StoredValue,
}

/// Which of an attribute's values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoredValue {
    /// That of the member's earliest state.
    First,
    /// That of the version.
    Version,
    /// That of the member's latest state.
    Last,
    /// The one before the latest change.
    Previous,
}

impl Scd {
    /// Kimball's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Scd::Type0 => 0,
            Scd::Type1 => 1,
            Scd::Type2 => 2,
            Scd::Type3 => 3,
            Scd::Type6 => 6,
            Scd::Type7 => 7,
        }
    }

    /// Whether each value has its version.
    #[must_use]
    pub fn has_versions(self) -> bool {
        matches!(self, Scd::Type2 | Scd::Type6 | Scd::Type7)
    }
}

/// An attribute of a dimension.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The column, its type and description.
    pub column: Column,
    /// The policy for its changes.
    pub scd: Scd,
    /// A GoogleSQL expression over the columns of the query.
    pub expr: String,
    /// `(hierarchy, level)`, level 1 the most general.
    pub hierarchy: Option<(String, u32)>,
    /// The name it had before.
    pub was: Option<String>,
    /// Source columns that it is made of, as `(table, column)`.
    pub origins: Vec<(String, String)>,
    /// Where its expression is written.
    pub written: Span,
    /// How its values read, where they do not read as the expression gives them.
    pub wording: Option<Wording>,
}

impl Attribute {
    /// The type of the values that its expression gives, which are kept of each member.
    #[must_use]
    pub fn kept_type(&self) -> &Type {
        self.wording.as_ref().map_or(&self.column.ty, |wording| &wording.ty)
    }

    /// What NULL reads as, as the text of a value of the attribute's type.
    #[must_use]
    pub fn when_null(&self) -> Option<&str> {
        self.wording.as_ref().and_then(|wording| wording.null.as_deref())
    }
}

/// How an attribute's values read. The events of a member keep the value, and its versions show the text: a text that
/// changes is neither a change of the member, nor lost on states that no source has any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The type of the value.
    pub ty: Type,
    /// Values with their labels, in the order declared. A value is written as the text that a warehouse casts it to.
    pub labels: Vec<(String, String)>,
    /// What NULL reads as, as the text of a value of the attribute's type.
    pub null: Option<String>,
    /// Where the labels are written.
    pub written: Span,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// First day, `YYYY-MM-DD`.
    pub first_day: String,
    /// Last day, `YYYY-MM-DD`.
    pub last_day: String,
    /// The month in which the fiscal year starts, 1 to 12.
    pub fiscal_year_starts: u8,
    /// `(YYYY-MM-DD, name)`, by day.
    pub holidays: Vec<(String, String)>,
}
