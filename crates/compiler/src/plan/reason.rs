//! Why an object changes, as data, and the sentence that says it. It must not judge what a reason means for readers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::design::{self, QUERY, STATES};

/// One reason of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// A model or source table needs an object that is not there yet.
    New {
        /// It is a view.
        view: bool,
        /// The model or source table.
        owner: String,
    },
    /// The model or source table is no longer declared.
    Undeclared {
        /// The model or source table.
        owner: String,
    },
    /// Someone dropped it in the warehouse.
    Missing,
    /// A view selects something else.
    View,
    /// The object gets the name declared with `was`.
    Name {
        /// The name it has.
        before: String,
    },
    /// The object's description changes.
    Description {
        /// As it was.
        before: String,
        /// As it will be.
        after: String,
    },
    /// Partitioning or clustering changes.
    Layout {
        /// Which of the two.
        layout: Layout,
        /// As it was; null for none.
        before: Option<String>,
        /// As it will be; null for none.
        after: Option<String>,
    },
    /// A column is new.
    ColumnNew {
        /// The column.
        column: String,
        /// Its type.
        after: String,
    },
    /// A new column is never NULL, and the rows that are there have no value for it.
    ColumnUnfilled {
        /// The column.
        column: String,
    },
    /// A column gets the name declared with `was`.
    ColumnName {
        /// The name it has.
        before: String,
        /// The name it gets.
        after: String,
    },
    /// A column gets another type.
    ColumnType {
        /// The column.
        column: String,
        /// The type it has.
        before: String,
        /// The type it gets.
        after: String,
    },
    /// A column that was never NULL may be, or the other way round.
    ColumnNull {
        /// The column.
        column: String,
        /// It may be NULL from now on.
        after: bool,
    },
    /// A column's description changes.
    ColumnDescription {
        /// The column.
        column: String,
        /// As it was.
        before: String,
        /// As it will be.
        after: String,
    },
    /// A column is no longer declared.
    ColumnGone {
        /// The column.
        column: String,
        /// The type it has.
        before: String,
    },
    /// Columns that others added are not carried over.
    ForeignColumns {
        /// The columns.
        columns: Vec<String>,
    },
    /// Other columns tell the rows apart.
    Key {
        /// Which key it is.
        key: Key,
        /// The columns that told them apart.
        before: Vec<String>,
        /// The columns that will.
        after: Vec<String>,
    },
    /// A model that it reads has another name.
    ModelName {
        /// The name it had.
        before: String,
        /// The name it has.
        after: String,
    },
    /// A column of a model that it reads has another name.
    ModelColumnName {
        /// The model.
        model: String,
        /// The name the column had.
        before: String,
        /// The name it has.
        after: String,
    },
    /// A part of what the model declares differs.
    Part {
        /// The part, such as `on_delete`, `query` or `measure amount`.
        part: String,
        /// As it was; null where there was none.
        before: Option<String>,
        /// As it will be; null where it goes.
        after: Option<String>,
        /// The landed instants that depend on it are read anew from the source.
        reread: bool,
    },
    /// What fills it differs, and the state of an older version does not tell which part.
    Load,
    /// A row of it means something else than before.
    Meaning,
    /// Rows that come from no source are generated anew.
    Generated,
    /// Each value was cast to its new type for this plan, and none is lost.
    NoValueLost,
    /// A new attribute has no history before the change.
    HistoryStarts {
        /// The attribute.
        attribute: String,
        /// The source tables whose earlier states are not kept.
        tables: Vec<String>,
    },
}

/// How the rows of a table are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// `PARTITION BY`.
    Partitioning,
    /// `CLUSTER BY`.
    Clustering,
}

/// The key of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// Of a source table.
    PrimaryKey,
    /// Of a fact.
    Grain,
    /// Of a dimension.
    NaturalKey,
}

impl Layout {
    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Partitioning => "partitioning",
            Self::Clustering => "clustering",
        }
    }
}

impl Key {
    /// The key of the language that declares it.
    #[must_use]
    pub fn part(self) -> &'static str {
        match self {
            Self::PrimaryKey => "primary_key",
            Self::Grain => "grain",
            Self::NaturalKey => "natural_key",
        }
    }
}

impl Reason {
    /// The reason in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::New { view, owner } => format!("new {} of `{owner}`", if *view { "view" } else { "table" }),
            Self::Undeclared { owner } => format!("`{owner}` is no longer declared"),
            Self::Missing => "it is missing from the warehouse and will be recreated".to_owned(),
            Self::View => "the view's text changes".to_owned(),
            Self::Name { before } => format!("renamed from `{before}`"),
            Self::Description { .. } => "the description changes".to_owned(),
            Self::Layout { layout, before, after } => {
                let [before, after] = [before, after].map(|by| by.as_deref().unwrap_or("none"));
                format!("{} changes from {before} to {after}: the table is rebuilt", layout.word())
            }
            Self::ColumnNew { column, .. } => format!("column `{column}` is new"),
            Self::ColumnUnfilled { column } => {
                format!("column `{column}` is never NULL, and existing rows have no value")
            }
            Self::ColumnName { before, after } => format!("column `{before}` is renamed to `{after}`"),
            Self::ColumnType { column, before, after } => format!("column `{column}` changes from {before} to {after}"),
            Self::ColumnNull { column, after } => {
                format!("column `{column}` {} from now on", if *after { "may be NULL" } else { "is never NULL" })
            }
            Self::ColumnDescription { column, .. } => format!("the description of column `{column}` changes"),
            Self::ColumnGone { column, .. } => format!("column `{column}` is no longer declared"),
            Self::ForeignColumns { columns } => {
                format!("`{}` was added by others and is not carried over", columns.join("`, `"))
            }
            Self::Key { key, before, after } => {
                let [before, after] = [before, after].map(|columns| columns.join(", "));
                format!("the {} changes from ({before}) to ({after})", key.part().replace('_', " "))
            }
            Self::ModelName { before, after } => format!("`{before}`, which it reads, is renamed to `{after}`"),
            Self::ModelColumnName { model, before, after } => {
                format!("`{before}` of `{model}`, which it reads, is renamed to `{after}`")
            }
            Self::Part { part, before, after, reread } => {
                let sentence = part_changes(part, before.as_deref(), after.as_deref());
                match *reread {
                    true if design::is_of_reading(part) => format!("{sentence}: the next run reads the whole table"),
                    true => format!("{sentence}: its instants are read again"),
                    false => sentence,
                }
            }
            Self::Load => "the query, an expression or a policy changes: recomputed from landing".to_owned(),
            Self::Meaning => "its rows have a different meaning".to_owned(),
            Self::Generated => "its rows are regenerated".to_owned(),
            Self::NoValueLost => "no row loses its value".to_owned(),
            Self::HistoryStarts { attribute, tables } => {
                let tables: Vec<String> = tables.iter().map(|table| format!("`{table}`")).collect();
                format!(
                    "history of `{attribute}` starts now: landed states of {} are not kept (`retain: history`)",
                    tables.join(", ")
                )
            }
        }
    }
}

/// How one part of what a model declares changes.
fn part_changes(part: &str, before: Option<&str>, after: Option<&str>) -> String {
    if let Some(sentence) = collation(part, after) {
        return sentence;
    }
    let [then, now] = [before, after].map(|value| value.unwrap_or("not declared"));
    let (word, name) = part.split_once(' ').unwrap_or((part, ""));
    match word {
        design::CHECK | design::SCREEN => match (before, after) {
            (None, _) => format!("check `{name}` is new: {now}"),
            (_, None) => format!("check `{name}` is no longer declared"),
            _ => format!("check `{name}` changes from {then} to {now}"),
        },
        QUERY => "the query changes: recomputed from landing".to_owned(),
        STATES => format!("landed states are {now}"),
        "key_type" if !name.is_empty() => format!("the type of the key of `{name}` changes from {then} to {now}"),
        "keys" => format!("the keys of `{name}` change from {then} to {now}: it is looked up again"),
        "calendar" => format!("the days of calendar `{name}` change from {then} to {now}"),
        "milestones" => format!("the milestones change from {then} to {now}"),
        "surrogate_key" => format!("surrogate key changes from {then} to {now}: every key is recomputed"),
        _ if !name.is_empty() && design::is_of_reading(word) => {
            let word = if word == design::DELETES { "what marks a delete" } else { word };
            format!("{word} of `{name}` changes from {then} to {now}")
        }
        design::DELETES => format!("what marks a delete changes from {then} to {now}"),
        _ if name.is_empty() => format!("{} changes from {then} to {now}", word.replace('_', " ")),
        _ => format!("{word} `{name}` changes from {then} to {now}"),
    }
}

/// Texts that are compared in another way than before, where the part says that.
fn collation(part: &str, after: Option<&str>) -> Option<String> {
    let (word, of) = part.split_once(' ').unwrap_or((part, ""));
    Some(match (word, of, after) {
        (design::KEY_COLLATION, "", Some(columns)) => {
            format!("its key is compared without case in {columns} from now on")
        }
        (design::KEY_COLLATION, "", None) => "its key is compared as it is written from now on".to_owned(),
        (design::KEY_COLLATION, of, Some(_)) => {
            format!("keys of `{of}` are compared without case: it is looked up again")
        }
        (design::KEY_COLLATION, of, None) => {
            format!("keys of `{of}` are compared as they are written: it is looked up again")
        }
        (design::COLLATION, _, Some(columns)) => {
            format!("texts of {columns} are compared without case: recomputed from landing")
        }
        (design::COLLATION, _, None) => "texts are compared as they are written: recomputed from landing".to_owned(),
        _ => return None,
    })
}
