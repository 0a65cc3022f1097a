//! Landing: a staged batch becomes the current state of a source table, and the images of what it changed.

use serde::Serialize;

use super::Lowering;
use crate::model::{Contents, DetectDeletes, Table, TargetType};
use crate::plan::{Landing, Reads, Stage, Statement};
use crate::sql::dialect::Dialect;
use crate::sql::template::Col;

#[derive(Serialize)]
struct Context<'a> {
    address: &'a str,
    stage: &'a str,
    rows: String,
    changes: String,
    key: Vec<Col>,
    order: Vec<Col>,
    newest: Option<&'a str>,
    /// A batch may hold several readings of the whole table.
    several: bool,
    /// Every landed state is kept.
    keeps: bool,
    /// A SELECT of the rows that landed at a later time than the reading, as they were known before it; for a snapshot
    /// of which every state is kept.
    earlier: String,
    /// A state is told from an equal one by its reading: nothing in it orders it.
    by_time: bool,
    columns: Vec<Col>,
    values: Vec<Col>,
}

/// The staging table of a source table, in an engine's words.
#[must_use]
pub fn stage(table: &Table, engine: TargetType) -> Stage {
    stage_of(table, super::dialect(engine))
}

fn stage_of(table: &Table, dialect: &dyn Dialect) -> Stage {
    Stage {
        path: dialect.quote(&format!("stage__{}__{}", table.source, table.name)),
        columns: table.landed_columns().iter().map(|(name, ty)| (name.clone(), dialect.ty(ty))).collect(),
    }
}

impl Lowering<'_> {
    pub(super) fn landing(&self, table: &Table, keeps: bool) -> Landing {
        let stage = stage_of(table, self.dialect).path;
        let columns: Vec<Col> = table.landed_columns().iter().map(|(name, ty)| Col::new(name, ty)).collect();
        let key: Vec<Col> = table
            .landing_key()
            .into_iter()
            .map(|name| table.column(&name).map_or_else(|| Col::plain(&name), Col::key))
            .collect();
        let snapshot = table.files.as_ref().is_some_and(|files| files.contents == Contents::Snapshot);
        // A reading of the whole table has one state per row, whatever its cursor says.
        let by = table.sequence.as_ref().or(table.cursor.as_ref()).filter(|_| !snapshot);
        let context = Context {
            earlier: self.earlier(table),
            keeps,
            by_time: by.is_none() || table.deletes_by_reading() || table.detect_deletes == DetectDeletes::Column,
            address: &table.address,
            stage: &stage,
            rows: self.landing_rows(table),
            changes: self.landing_changes(table),
            order: by.into_iter().map(Col::plain).chain([Col::plain("_state")]).collect(),
            values: columns
                .iter()
                .filter(|column| !key.iter().any(|k| k.name() == column.name() && !k.is_folded()))
                .cloned()
                .collect(),
            key,
            columns,
            several: snapshot,
            // What a database gives is its row as it is now, unless a sequence says otherwise; a file may come after a
            // later one, but a snapshot that does is followed by the later ones once more.
            newest: match &table.files {
                Some(_) if snapshot => None,
                Some(files) => {
                    let timed = files.path.contains("{batch}").then_some("_at");
                    by.map(String::as_str).or(timed)
                }
                None => table.sequence.as_deref(),
            },
        };
        Landing {
            table: table.address.clone(),
            rows: context.rows.clone(),
            absent: self.render("absent", &context),
            repeated: format!(
                "SELECT 1 AS repeated FROM {stage} AS _s GROUP BY {} HAVING COUNT(*) > 1 LIMIT 1",
                context.key.iter().map(|key| self.landed(table, "_s", key.name())).collect::<Vec<_>>().join(", ")
            ),
            first: self.render("landing_first", &context),
            merge: self.render("landing", &context),
            purge: if keeps { Vec::new() } else { vec![self.purge(table)] },
            stage: stage_of(table, self.dialect),
        }
    }

    /// The rows that landed at a later time than the reading, each as the last state before it.
    fn earlier(&self, table: &Table) -> String {
        let list: Vec<String> = table.landing_key().iter().map(|key| self.landed(table, "_c", key)).collect();
        let equal: Vec<String> = table
            .landing_key()
            .iter()
            .zip(&list)
            .map(|(key, ours)| format!("{} = {ours}", self.landed(table, "_r", key)))
            .collect();
        format!(
            "(SELECT _e.* FROM (SELECT _c.*, ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY _c._at DESC, _c._batch DESC, \
             _c._state DESC) AS _place FROM {changes} AS _c JOIN {rows} AS _r ON {equal} \
             WHERE _c._image = 'new' AND _c._at < {at} AND _r._at > {at}) AS _e WHERE _e._place = 1)",
            by = list.join(", "),
            changes = self.landing_changes(table),
            rows = self.landing_rows(table),
            equal = equal.join(" AND "),
            at = self.dialect.words().at,
        )
    }

    fn purge(&self, table: &Table) -> Statement {
        Statement {
            sql: format!(
                "-- {}: images that every model has consumed\nDELETE FROM {} WHERE _batch <= {}",
                table.address,
                self.landing_changes(table),
                self.dialect.words().consumed
            ),
            reads: Reads::Nothing,
        }
    }
}
