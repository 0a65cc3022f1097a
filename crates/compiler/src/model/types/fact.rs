//! Facts, their roles and their measures. They must not know of engines.

use super::{Check, Column, Derived, Milestone, Query};
use crate::source::{FileId, Span};
use crate::syntax::{Additivity, Aggregation, FactKind, FactOnDelete, Missing, Over, WhenNull};

/// A fact.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The fact's name.
    pub name: String,
    /// What a row stands for in time.
    pub kind: FactKind,
    /// For analysts; may be empty.
    pub description: String,
    /// The row of the bus matrix; empty where not declared.
    pub business_process: String,
    /// The team that answers for it.
    pub owner: Option<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// The name it had before.
    pub was: Option<String>,
    /// It refuses plans that lose data.
    pub protect: bool,
    /// What one row is, in words.
    pub grain: String,
    /// The columns whose values are unique together.
    pub key: Vec<Column>,
    /// What it is read with.
    pub query: Query,
    /// The fact that an aggregate rolls up.
    pub rolls_up: Option<usize>,
    /// The column that holds when the event took place.
    pub event_time: Option<Column>,
    /// Roles in the order declared.
    pub roles: Vec<Role>,
    /// The milestones of an accumulating snapshot, in the order of the process.
    pub milestones: Vec<Milestone>,
    /// Degenerate dimensions.
    pub degenerate: Vec<Column>,
    /// Measures in the order declared.
    pub measures: Vec<Measure>,
    /// What a delete in the source does.
    pub on_delete: FactOnDelete,
    /// The column by which the survivor among duplicates is chosen.
    pub keep_latest_by: Option<String>,
    /// Rows never change.
    pub insert_only: bool,
    /// Rows that changed in the source stay as they were loaded, where rows never change.
    pub keeps_rows: bool,
    /// The column that it is partitioned by.
    pub partition_by: Option<Column>,
    /// Up to four columns that it is clustered by.
    pub cluster_by: Vec<String>,
    /// What its rows are to meet.
    pub checks: Vec<Check>,
    /// The file that declares it.
    pub file: FileId,
    /// Where it is declared: the value of `fact`.
    pub span: Span,
    /// Where its grain is declared.
    pub grain_span: Span,
}

/// A dimension in the role that it plays for a fact.
#[derive(Debug, Clone)]
pub struct Role {
    /// The role's name; its key column is `<name>_key`.
    pub name: String,
    /// Index into [`Project::dimensions`].
    pub dimension: usize,
    /// The fact's columns with the natural key, in its order; for a calendar, one instant or day.
    pub on: Vec<Column>,
    /// The column with the instant that a version is looked up at.
    pub as_of: Option<Column>,
    /// What a key without a member gets.
    pub missing: Missing,
    /// What a NULL key means.
    pub when_null: WhenNull,
    /// For analysts; may be empty.
    pub description: String,
    /// The name it had before.
    pub was: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// A measure of a fact.
#[derive(Debug, Clone)]
pub struct Measure {
    /// The column, its type and description.
    pub column: Column,
    /// A GoogleSQL expression over the columns of the query.
    pub expr: String,
    /// Over which dimensions it may be summed.
    pub additive: Additivity,
    /// Roles that a semi-additive measure may not be summed over, those of `over` among them.
    pub not_over: Vec<String>,
    /// What stands instead of the sum over a role, in the order declared.
    pub over: Vec<(String, Over)>,
    /// How a non-additive measure is asked for.
    pub aggregation: Option<Aggregation>,
    /// The unit that is counted.
    pub unit: Option<String>,
    /// The currency of an amount.
    pub currency: Option<String>,
    /// How far a loaded value may lie from what the query gives, as a decimal.
    pub within: Option<String>,
    /// The name it had before.
    pub was: Option<String>,
    /// What it says of the fact's milestones, where they imply it.
    pub derived: Option<Derived>,
    /// Source columns that it is made of, as `(table, column)`.
    pub origins: Vec<(String, String)>,
    /// Where it is declared.
    pub span: Span,
    /// Where its expression is written.
    pub written: Span,
}
