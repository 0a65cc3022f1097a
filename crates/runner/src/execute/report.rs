//! What a run did, in numbers: plain data for views, the state and JSON.

use serde::{Deserialize, Serialize};

/// What a run did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunReport {
    /// The run's number in this warehouse.
    pub run: i64,
    /// `incremental`, `full`, `interval` or `fill_gaps`.
    pub mode: String,
    /// Sources, in the order in which they were read.
    pub sources: Vec<SourceReport>,
    /// Models, in load order.
    pub models: Vec<ModelReport>,
}

/// What a run did with one source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceReport {
    /// The source's name.
    pub source: String,
    /// What became of it.
    pub outcome: SourceOutcome,
    /// The batch that landed; 0 where nothing was new.
    pub batch: i64,
    /// Its tables.
    pub tables: Vec<TableReport>,
    /// Tables that an interval cannot be read of: they have no cursor that is a time.
    pub left_out: Vec<String>,
    /// What was seen that loses nothing and needs a look.
    pub notices: Vec<Notice>,
}

/// What became of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceOutcome {
    /// Its rows landed, or there was nothing new.
    Landed,
    /// It could not be reached; why.
    Unreachable(String),
    /// Something about it is wrong, and nothing more of it was landed; why.
    Stopped(String),
}

/// What landed of one table: `extracted = inserted + updated + deleted + unchanged + superseded + rejected`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    /// `source.table`.
    pub table: String,
    /// Rows read, and deletes that a reading of the whole table showed.
    pub extracted: i64,
    /// Keys that are new.
    pub inserted: i64,
    /// Keys whose values changed.
    pub updated: i64,
    /// Keys that are gone.
    pub deleted: i64,
    /// Rows that say what is landed already.
    pub unchanged: i64,
    /// States that a later one of the same batch follows.
    pub superseded: i64,
    /// Rows that went to the error events.
    pub rejected: i64,
}

impl SourceReport {
    /// Adds what another batch of the same source landed.
    pub(super) fn add(&mut self, other: Self) {
        self.batch = other.batch;
        self.notices.extend(other.notices);
        for counts in other.tables {
            match self.tables.iter_mut().find(|known| known.table == counts.table) {
                Some(known) => known.add(&counts),
                None => self.tables.push(counts),
            }
        }
    }
}

impl TableReport {
    /// Adds what a statement has counted, by name.
    pub(crate) fn count(&mut self, get: &dyn Fn(&str) -> i64) {
        self.extracted += get("extracted");
        self.inserted += get("inserted");
        self.updated += get("updated");
        self.deleted += get("deleted");
        self.unchanged += get("unchanged");
        self.superseded += get("superseded");
        self.rejected += get("rejected");
    }

    /// Adds what another batch landed of the same table.
    fn add(&mut self, other: &Self) {
        self.extracted += other.extracted;
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.deleted += other.deleted;
        self.unchanged += other.unchanged;
        self.superseded += other.superseded;
        self.rejected += other.rejected;
    }
}

/// What a run did with one model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelReport {
    /// The model's name.
    pub model: String,
    /// What became of it.
    pub outcome: ModelOutcome,
    /// Rows that the load evaluated.
    pub extracted: i64,
    /// Rows that are new.
    pub inserted: i64,
    /// Rows that changed.
    pub updated: i64,
    /// Rows that went.
    pub deleted: i64,
    /// Rows that were evaluated and are as they were.
    pub unchanged: i64,
    /// Rows that lost against the survivor of their key.
    pub superseded: i64,
    /// Rows that a check with `on_fail: reject` kept out. Reports of older versions do not say it.
    #[serde(default)]
    pub rejected: i64,
    /// Rows of facts that were bound to another version.
    pub rebound: i64,
    /// States that a rebuild forgets.
    #[serde(skip)]
    pub(super) lost: i64,
    /// What is worth telling of the data, without holding anything back.
    pub notices: Vec<Notice>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

impl ModelReport {
    /// Adds what a statement has counted, by name.
    pub(super) fn count(&mut self, get: &dyn Fn(&str) -> i64) {
        self.extracted += get("extracted");
        self.inserted += get("inserted");
        self.updated += get("updated");
        self.deleted += get("deleted");
        self.unchanged += get("unchanged");
        self.superseded += get("superseded");
        self.rejected += get("rejected");
        self.rebound += get("rebound");
        self.lost += get("lost");
    }

    /// A report of a model that has done nothing yet.
    pub(super) fn of(model: &str) -> Self {
        Self {
            model: model.to_owned(),
            outcome: ModelOutcome::UpToDate,
            extracted: 0,
            inserted: 0,
            updated: 0,
            deleted: 0,
            unchanged: 0,
            superseded: 0,
            rejected: 0,
            rebound: 0,
            lost: 0,
            notices: Vec::new(),
            milliseconds: 0,
        }
    }
}

/// What is worth telling of the data of a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The diagnostic code, such as DW0906.
    pub code: String,
    /// What was seen.
    pub message: String,
    /// The keys of the rows, at most 20.
    pub keys: Vec<String>,
}

/// What became of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelOutcome {
    /// Computed from what changed.
    Incremental,
    /// Computed whole.
    Full,
    /// Nothing that it reads has changed.
    UpToDate,
    /// A gate held it back.
    HeldBack,
    /// A model that it needs was held back.
    Waiting(String),
}
