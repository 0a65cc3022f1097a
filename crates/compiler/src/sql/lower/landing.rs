//! Landing: a staged batch becomes the current state of a source table, and the images of what it changed.

use serde::Serialize;

use super::Lowering;
use crate::model::{Contents, Retain, Table, TargetType};
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
    pub(super) fn landing(&self, table: &Table) -> Landing {
        let stage = stage_of(table, self.dialect).path;
        let columns: Vec<Col> = table.landed_columns().iter().map(|(name, ty)| Col::new(name, ty)).collect();
        let key: Vec<Col> = table.landing_key().into_iter().map(Col::plain).collect();
        let snapshot = table.files.as_ref().is_some_and(|files| files.contents == Contents::Snapshot);
        // A reading of the whole table has one state per row, whatever its cursor says.
        let by = table.sequence.as_ref().or(table.cursor.as_ref()).filter(|_| !snapshot);
        let context = Context {
            address: &table.address,
            stage: &stage,
            rows: self.landing_rows(table),
            changes: self.landing_changes(table),
            order: by.into_iter().map(Col::plain).chain([Col::plain("_state")]).collect(),
            values: columns.iter().filter(|column| !key.iter().any(|k| k.name() == column.name())).cloned().collect(),
            key,
            columns,
            several: snapshot,
            // What a database gives is its row as it is now; a file may come after a later one, but a snapshot that does
            // is followed by the later ones once more.
            newest: table.files.as_ref().filter(|_| !snapshot).and_then(|files| {
                let timed = files.path.contains("{batch}").then_some("_at");
                by.map(String::as_str).or(timed)
            }),
        };
        let keeps = table.retain == Retain::History;
        Landing {
            table: table.address.clone(),
            rows: context.rows.clone(),
            absent: self.render("absent", &context),
            repeated: format!(
                "SELECT 1 AS repeated FROM {stage} AS _s GROUP BY {} HAVING COUNT(*) > 1 LIMIT 1",
                context
                    .key
                    .iter()
                    .map(|key| format!("_s.{}", self.dialect.quote(key.name())))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            first: self.render("landing_first", &context),
            merge: self.render("landing", &context),
            purge: if keeps { Vec::new() } else { vec![self.purge(table)] },
            stage: stage_of(table, self.dialect),
        }
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
