//! The load plan: what a run executes, engine-neutral in shape, each statement already in one engine's words.
//! It decides nothing at run time: which variant runs follows from the model's record of consumed batches.

use crate::diagnostic::Code;
use crate::model::ModelId;
use crate::source::Span;

/// Everything that a run of a project can execute on one engine.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// One entry per source table, in address order.
    pub landings: Vec<Landing>,
    /// One entry per model with a query, in load order.
    pub models: Vec<ModelLoad>,
}

/// How a batch of one source table is landed. Its statements run in the transaction of its source.
#[derive(Debug, Clone)]
pub struct Landing {
    /// `source.table`.
    pub table: String,
    /// The quoted path of the landed rows, deleted ones among them.
    pub rows: String,
    /// The staging table that the batch is put into before.
    pub stage: Stage,
    /// The quoted path of a temporary table with the keys of rows that the batch has and that do not cast.
    pub rejected: String,
    /// Holds a batch back of which several rows share the primary key, where each row is read once.
    pub unique: Option<Statement>,
    /// Run first where the batch is a reading of the whole table: holds it back where it lacks a greater share of the
    /// landed rows than is declared. Nothing for a table without a primary key.
    pub lacking: Option<Statement>,
    /// Then adds a delete for every landed row that it lacks.
    pub absent: Vec<Statement>,
    /// Then removes those of rows that the batch has and that do not cast: they are not gone.
    pub spare: Option<Statement>,
    /// Puts the staged batch into a table without rows, where no key comes twice: the merge of that case, at the price of
    /// two copies.
    pub first: Vec<Statement>,
    /// Merges the staged batch.
    pub merge: Vec<Statement>,
    /// Removes images that every model has consumed: those of batches up to the last that all have consumed.
    pub purge: Vec<Statement>,
}

/// A staging table: the source's columns, then `_state INT64`, `_at TIMESTAMP`, `_deleted BOOL`.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The table's quoted path.
    pub path: String,
    /// `(name, engine's type)` of the source's columns in their order; a row key comes first where rows have no key.
    pub columns: Vec<(String, String)>,
}

/// How one model is loaded, in one transaction with its record of consumed batches.
#[derive(Debug, Clone)]
pub struct ModelLoad {
    /// The model.
    pub model: ModelId,
    /// Its name.
    pub name: String,
    /// The source tables that it reads.
    pub tables: Vec<String>,
    /// The models that must have loaded before.
    pub upstream: Vec<String>,
    /// Its query reads models: it is loaded anew whenever anything below them has changed.
    pub reads_models: bool,
    /// Its rows after each batch are events: batches are consumed one by one, in their order.
    pub by_batch: bool,
    /// Why changes cannot be applied alone, where they cannot.
    pub whole: Option<String>,
    /// Computes the model from everything that is landed.
    pub full: Vec<Statement>,
    /// Computes what the batches after the last one consumed can affect; `None` where the model is computed whole.
    pub incremental: Option<Vec<Statement>>,
    /// What holds of the loaded table, for `verify`.
    pub audits: Vec<Rule>,
}

/// What holds of a loaded table, and the statement that gives the rows of which it does not.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What holds, as a report names it, such as `one row per grain key`.
    pub says: String,
    /// Gives the rows that break it.
    pub statement: Statement,
}

impl Rule {
    /// A rule and what gives the rows that break it.
    pub(crate) fn new(says: impl Into<String>, statement: Statement) -> Self {
        Self { says: says.into(), statement }
    }
}

/// A statement with what the runner does with it.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The SQL. The batch, the last batch consumed and the batch's instant are variables: see `Words`.
    pub sql: String,
    /// What its rows mean.
    pub reads: Reads,
}

/// What the rows of a statement mean.
#[derive(Debug, Clone)]
pub enum Reads {
    /// Nothing.
    Nothing,
    /// One row of named counts for the run report.
    Counts,
    /// Every row is an offence: its first column says which key. One row is enough to hold the model back.
    Gate(Gate),
    /// Every row is worth telling: its first column says of which key. Nothing is held back.
    Notice(Gate),
    /// Every row fails a screen: its first column says which key, its second what the row holds, and the others hold the values
    /// of `columns`. It becomes an error event of the model and is told; nothing is held back.
    Screened {
        /// The model.
        model: String,
        /// The screen: `key`, or the name of a check.
        screen: String,
        /// Why, as the event says it.
        reason: String,
        /// The columns that the screen reads.
        columns: Vec<String>,
        /// What is told.
        gate: Gate,
    },
    /// Every row is a row of a source table that does not cast: `_place`, `_reason` and `_row`. It becomes an error event.
    Events {
        /// `source.table`.
        table: String,
    },
    /// Every row is a version that a rebuild changes: the change, the member, then begin, end and values before, and
    /// begin, end and values after.
    Versions,
}

/// What an offending row of a gate means.
#[derive(Debug, Clone)]
pub struct Gate {
    /// The kind of problem.
    pub code: Code,
    /// The headline, to which the keys are added.
    pub message: String,
    /// The declaration that the rows offend.
    pub span: Span,
    /// What to do.
    pub help: String,
}
