//! A batch of one table on its way into the landed rows: where its rows are, and the steps that merge them. It must not know
//! where they were read.

use std::ops::Range;
use std::path::Path;

use chrono::NaiveDateTime;
use dwc_compiler::model::{Table, TargetType};
use dwc_compiler::plan::{Landing, Reads, Stage, Statement};
use dwc_compiler::sql;
use dwc_googlesql::Type;

use crate::state::change::{Landed, StateChange};
use crate::warehouse::engine::Parcel;
use crate::warehouse::unit::Step;
use crate::{DuckDbWarehouse, Error, Warehouse};

/// Rows that are merged at once.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    /// The first and the last file among those of the batch; all of them where left out.
    pub(super) files: Option<(usize, usize)>,
    /// The instant of the rows, UTC.
    pub(super) at: NaiveDateTime,
    /// What they lack is gone.
    pub(super) is_whole: bool,
}

/// A batch of one table.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    /// The table.
    pub(super) table: &'a Table,
    /// How it is landed.
    pub(super) landing: &'a Landing,
    /// What is executed before the rows are merged.
    pub(super) before: Vec<Step<'a>>,
    /// The rows, as a relation where the statements are executed: the columns of the stage.
    pub(super) rows: String,
    /// The keys of rows that were read and do not cast, with `_file`, as a relation there; `None` where there are none.
    pub(super) rejected: Option<String>,
    /// A query there of rows without a key, any of which may be one that the reading lacks: it deletes nothing then. `None`
    /// where that is decided, as it is of rows that wait in the embedded engine.
    pub(super) nameless: Option<String>,
    /// The landed table is known to be empty, and no key comes twice.
    pub(super) is_first: bool,
    /// In which order the rows are merged.
    pub(super) passes: Vec<Pass>,
    /// How many rows were rejected before.
    pub(super) rejections: i64,
    /// What the state says afterwards, besides what is counted.
    pub(super) records: Vec<StateChange>,
    /// What the embedded engine forgets afterwards.
    pub(super) leftovers: Vec<String>,
}

impl<'a> Batch<'a> {
    /// Adds what merges the batch to the steps of a unit.
    pub(super) fn add_to(&mut self, steps: &mut Vec<Step<'a>>, engine: TargetType) {
        let dialect = sql::dialect(engine);
        let Landing { stage, rejected: spared, .. } = self.landing;
        let columns = stage.columns.iter().map(|(name, _)| dialect.quote(name));
        let own = ["_state", "_at", "_deleted"].map(str::to_owned);
        let columns: Vec<String> = columns.chain(own).map(|column| format!("_b.{column}")).collect();
        let is_written = self.passes.iter().any(|pass| pass.is_whole);
        let does = |sql: String| Step::from(Statement { sql, reads: Reads::Nothing });
        steps.append(&mut self.before);
        for (nth, pass) in self.passes.iter().enumerate() {
            let of_files = |column: &str, bits: u32| {
                let place = |file: usize| (file as u128) << bits;
                pass.files.map_or_else(String::new, |(first, last)| {
                    format!("\nWHERE _b.{column} BETWEEN {} AND {}", place(first), place(last + 1) - 1)
                })
            };
            // The state of a row of a file is the place of the file and the line.
            let rows = format!("SELECT {}\nFROM {} AS _b{}", columns.join(", "), self.rows, of_files("_state", 32));
            steps.push(does(dialect.temporary(&stage.path, &rows, is_written)));
            steps.push(Step::At(pass.at));
            // Of rows that wait in the embedded engine that is known.
            if self.nameless.is_some() {
                steps.extend(self.landing.unique.iter().map(Step::from));
            }
            if pass.is_whole {
                self.add_absent(steps, engine, &of_files("_file", 0));
            }
            let is_first = nth == 0 && self.is_first;
            steps.extend((if is_first { &self.landing.first } else { &self.landing.merge }).iter().map(Step::from));
        }
        steps.extend(dialect.without_temporary(&stage.path, is_written).map(does));
        if is_written && self.rejected.is_some() {
            steps.extend(dialect.without_temporary(spared, false).map(does));
        }
    }

    /// Adds the deletes of what a reading of the whole table lacks.
    fn add_absent(&self, steps: &mut Vec<Step<'a>>, engine: TargetType, of_files: &str) {
        let dialect = sql::dialect(engine);
        let Landing { stage, rejected: spared, lacking, absent, spare, .. } = self.landing;
        let does = |sql: String| Step::from(Statement { sql, reads: Reads::Nothing });
        match (lacking, &self.nameless) {
            (Some(lacking), Some(nameless)) => {
                let sql = format!(
                    "SELECT _g.key_text FROM (\n{}\n) AS _g WHERE NOT EXISTS ({nameless})",
                    lacking.sql.trim_end()
                );
                steps.push(Statement { sql, reads: lacking.reads.clone() }.into());
            }
            (Some(lacking), None) => steps.push(lacking.into()),
            (None, _) => {}
        }
        steps.extend(absent.iter().map(Step::from));
        if let (Some(spare), Some(rejected)) = (spare, &self.rejected) {
            let keys: Vec<String> =
                self.table.primary_key.iter().map(|key| format!("_b.{}", dialect.quote(key))).collect();
            let rows = format!("SELECT {} FROM {rejected} AS _b{of_files}", keys.join(", "));
            steps.push(does(dialect.temporary(spared, &rows, false)));
            steps.push(spare.into());
        }
        if let Some(nameless) = &self.nameless {
            let counted = nameless.replacen("SELECT 1", "SELECT COUNT(*) AS nameless", 1);
            steps.push(Statement { sql: counted, reads: Reads::Counts }.into());
            steps.push(does(format!("DELETE FROM {} AS _s\nWHERE _s._deleted AND EXISTS ({nameless})", stage.path)));
        }
    }

    /// What is recorded of the batch: what these steps count.
    pub(super) fn landed(&self, batch: i64, steps: Range<usize>) -> Landed {
        Landed { batch, table: self.table.address.clone(), rejected: self.rejections, steps }
    }

    /// Removes what the embedded engine does not need any more.
    pub(super) fn forget(&self, local: &DuckDbWarehouse) {
        for leftover in &self.leftovers {
            // What stays is replaced by the next batch.
            let _ = local.execute(leftover);
        }
    }
}

/// Puts the rows that wait in the embedded engine where statements read them, `what` telling them from others of the table.
/// Gives the relation.
pub(super) fn deliver_rows(
    engine: &dyn Warehouse,
    table: &Table,
    waiting: &Stage,
    order: Option<&str>,
    folder: &Path,
    what: &str,
) -> Result<String, Error> {
    let own = [("_state", Type::Int64), ("_at", Type::Timestamp), ("_deleted", Type::Bool)];
    let landed = table.landed_columns();
    let columns: Vec<(String, Type)> =
        landed.iter().cloned().chain(own.map(|(name, ty)| (name.to_owned(), ty))).collect();
    let name = format!("{}{what}", table.address.replace('.', "__"));
    engine.deliver(&Parcel { name: &name, columns: &columns, rows: &waiting.path, order, folder })
}

/// Puts the keys of rows that do not cast where statements read them; those of files with the place of their file,
/// `_file`. Gives the relation.
pub(super) fn deliver_keys(
    engine: &dyn Warehouse,
    table: &Table,
    rejects: &str,
    folder: &Path,
) -> Result<String, Error> {
    let landed = table.landed_columns();
    let keys = landed.iter().filter(|(name, _)| table.primary_key.contains(name)).cloned();
    let file = table.files.is_some().then(|| ("_file".to_owned(), Type::Int64));
    let columns: Vec<(String, Type)> = keys.chain(file).collect();
    let name = format!("{}__rejected", table.address.replace('.', "__"));
    engine.deliver(&Parcel { name: &name, columns: &columns, rows: rejects, order: Some("ALL"), folder })
}
