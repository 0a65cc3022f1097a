//! Landing: a staged batch becomes the current state of a source table, and the images of what it changed.

use dwc_googlesql::Type;
use serde::Serialize;

use super::Lowering;
use crate::diagnostic::Code;
use crate::model::{Contents, DetectDeletes, Table, TargetType};
use crate::plan::{Gate, Landing, Reads, Stage, Statement};
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
    /// A batch may hold several states of a row, of which one may repeat the one before it.
    repeats: bool,
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

/// The table of the embedded engine in which the rows of a reading wait.
#[must_use]
pub fn waiting(table: &Table) -> Stage {
    stage_of("batch", table, super::dialect(TargetType::Duckdb))
}

fn stage_of(what: &str, table: &Table, dialect: &dyn Dialect) -> Stage {
    Stage {
        path: dialect.quote(&format!("{what}__{}__{}", table.source, table.name)),
        columns: table.landed_columns().iter().map(|(name, ty)| (name.clone(), dialect.ty(ty))).collect(),
    }
}

/// The temporary table of the keys of a batch that do not cast.
fn rejected_of(table: &Table, dialect: &dyn Dialect) -> String {
    dialect.quote(&format!("rejected__{}__{}", table.source, table.name))
}

impl Lowering<'_> {
    pub(super) fn landing(&self, table: &Table, keeps: bool) -> Landing {
        let stage = stage_of("stage", table, self.dialect).path;
        let columns: Vec<Col> = table.landed_columns().iter().map(|(name, ty)| Col::new(name, ty)).collect();
        let key: Vec<Col> = table
            .landing_key()
            .into_iter()
            .map(|name| table.column(&name).map_or_else(|| Col::plain(&name), Col::key))
            .collect();
        let snapshot = table.files.as_ref().is_some_and(|files| files.contents == Contents::Snapshot);
        let by = table.order();
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
            repeats: !snapshot && !table.has_one_state(),
            newest: table.latest_by().or_else(|| {
                let files = table.files.as_ref().filter(|_| !snapshot)?;
                files.path.contains("{batch}").then_some("_at")
            }),
        };
        Landing {
            table: table.address.clone(),
            rows: context.rows.clone(),
            rejected: rejected_of(table, self.dialect),
            unique: (!table.primary_key.is_empty() && table.has_one_state()).then(|| self.unique(table, &stage)),
            lacking: (!table.primary_key.is_empty()).then(|| self.lacking(table, &context)),
            absent: self.render("absent", &context),
            spare: (!table.primary_key.is_empty()).then(|| self.spare(table, &context)),
            first: self.render("landing_first", &context),
            merge: self.render("landing", &context),
            purge: if keeps { Vec::new() } else { vec![self.purge(table)] },
            stage: stage_of("stage", table, self.dialect),
        }
    }

    /// Holds a batch back of which several rows share the primary key.
    fn unique(&self, table: &Table, stage: &str) -> Statement {
        let text = self.dialect.ty(&Type::String);
        let keys: Vec<String> = table.primary_key.iter().map(|key| self.landed(table, "_s", key)).collect();
        let named: Vec<String> = table
            .primary_key
            .iter()
            .zip(&keys)
            .map(|(key, by)| format!("{}, CAST({by} AS {text})", self.dialect.string(&format!("{key}="))))
            .collect();
        let sql = format!(
            "-- {}: each row is read once\nSELECT CONCAT({}, ' (', CAST(COUNT(*) AS {text}), ' rows)') AS key_text\n\
             FROM {stage} AS _s\nGROUP BY {}\nHAVING COUNT(*) > 1\nORDER BY key_text\nLIMIT 20",
            table.address,
            named.join(", ', ', "),
            keys.join(", ")
        );
        let gate = Gate {
            code: Code::BrokenPrimaryKey,
            message: format!("rows of `{}` share their primary key", table.address),
            span: table.key_span,
            help: "declare every column that tells the rows apart as `primary_key`; nothing of the source was landed"
                .to_owned(),
        };
        Statement { sql, reads: Reads::Gate(gate) }
    }

    /// Holds a reading of the whole table back that lacks more of the landed rows than may be gone.
    fn lacking(&self, table: &Table, context: &Context<'_>) -> Statement {
        let too_many = match table.max_deleted_share {
            Some(share) => format!("_n.landed > 0 AND _n.gone / _n.landed > {share}"),
            None => "_n.landed > 0 AND (_n.gone >= _n.landed OR (_n.landed >= 100 AND _n.gone / _n.landed > 0.5))"
                .to_owned(),
        };
        #[derive(Serialize)]
        struct Lacking<'a> {
            landing: &'a Context<'a>,
            text: String,
            too_many: String,
        }
        let context = Lacking { landing: context, text: self.dialect.ty(&Type::String), too_many };
        let sql = self.render("lacking", context).into_iter().map(|statement| statement.sql).collect();
        let gate = Gate {
            code: Code::TooManyDeleted,
            message: format!("a read of table `{}` lacks too many of the landed rows", table.address),
            span: table.span,
            help: "check the source; if the rows are really gone, declare a greater `max_deleted_share`".to_owned(),
        };
        Statement { sql, reads: Reads::Gate(gate) }
    }

    /// Takes out of the staged batch the deletes of rows that were read and do not cast.
    fn spare(&self, table: &Table, context: &Context<'_>) -> Statement {
        let equal: Vec<String> = table
            .primary_key
            .iter()
            .map(|key| format!("{} = {}", self.landed(table, "_r", key), self.landed(table, "_s", key)))
            .collect();
        let sql = format!(
            "-- {}: a row that was read and does not cast is not gone\nDELETE FROM {} AS _s\n\
             WHERE _s._deleted AND EXISTS (SELECT 1 FROM {} AS _r WHERE {})",
            table.address,
            context.stage,
            rejected_of(table, self.dialect),
            equal.join(" AND ")
        );
        Statement { sql, reads: Reads::Nothing }
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
