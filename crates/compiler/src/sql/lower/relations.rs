//! What the relations of a derived increment stand for: subqueries over landing tables, in one engine's words.

use std::collections::BTreeSet;

use dwc_googlesql::{Column as SqlColumn, Tables, Type};

use super::Lowering;
use super::dimension::Extent;
use crate::model::{Column, Query, Table, star_columns};
use crate::sql::names;
use crate::sql::touched::{ROW, Relation, Rows};

impl Lowering<'_> {
    /// The landed rows with their housekeeping columns, deleted ones among them.
    pub(super) fn landing_rows(&self, table: &Table) -> String {
        self.path(&self.landing_schema(), &(names::landed(table) + names::LANDED_TABLES[0]))
    }

    /// Old and new images of changed rows.
    pub(super) fn landing_changes(&self, table: &Table) -> String {
        self.path(&self.landing_schema(), &(names::landed(table) + names::LANDED_TABLES[1]))
    }

    /// The live rows, as a source's own table would show them.
    pub(in crate::sql) fn landing_live(&self, table: &Table) -> String {
        self.path(&self.landing_schema(), &names::landed(table))
    }

    /// A table's rows as of a moment: those that live now, those that lived when a batch had landed, or all of them.
    fn rows_as_of(&self, table: &Table, moment: Moment) -> String {
        match moment {
            Moment::Now => return self.landing_live(table),
            Moment::Ever => return self.landing_rows(table),
            Moment::Batch => {}
        }
        let quote = |name: &str| self.dialect.quote(name);
        let columns: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
        let columns = columns.join(", ");
        let key: Vec<String> = table.landing_key().iter().map(|column| self.landed(table, "_c", column)).collect();
        let batch = self.dialect.words().batch;
        // What a later batch changed stood as its first old image says.
        format!(
            "(SELECT {columns} FROM {rows} WHERE _batch <= {batch} AND NOT _deleted \
             UNION ALL SELECT {columns} FROM (SELECT _c.*, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY _batch) AS _place \
             FROM {changes} AS _c WHERE _image = 'old' AND _batch > {batch}) AS _c WHERE _place = 1 AND NOT _deleted)",
            rows = self.landing_rows(table),
            changes = self.landing_changes(table),
            key = key.join(", "),
        )
    }

    /// The catalog of a user's query: the source tables that it reads by their rows at a moment, models by their tables.
    pub(super) fn catalog(&self, query: &Query, moment: Moment) -> Tables {
        let mut catalog = Tables::default();
        for used in &query.analysis.tables {
            if let Some(table) = self.project.table(&used.table) {
                catalog.add_as(&table.address, self.rows_as_of(table, moment), sql_columns(&table.columns));
            } else if let Some(id) = used.table.strip_prefix("ref.").and_then(|name| self.project.model(name)) {
                let columns = star_columns(self.project, id);
                let columns = columns
                    .into_iter()
                    .map(|column| SqlColumn { folds_case: column.folds_case, ..SqlColumn::new(column.name, column.ty) })
                    .collect();
                catalog.add_as(&used.table, self.star(self.project.model_name(id)), columns);
            }
        }
        catalog
    }

    /// Adds what the relations of an increment stand for.
    pub(super) fn add_relations(&self, catalog: &mut Tables, relations: &[Relation], key: &[Column], moment: Moment) {
        let mut waiting: Vec<&Relation> = relations.iter().collect();
        // A joined relation names one before it; the others name none.
        waiting.sort_by_key(|relation| matches!(relation.rows, Rows::Joined { .. }));
        let mut known: Known<'_> = Vec::new();
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|relation| {
                let Some(table) = self.project.table(&relation.table) else { return false };
                let Some(physical) = self.physical(table, &relation.rows, (&known, key), moment) else { return true };
                catalog.add_as(&relation.name, physical.clone(), sql_columns(&table.columns));
                known.push((relation.name.clone(), (table, physical)));
                false
            });
            if waiting.len() == before {
                break;
            }
        }
    }

    fn physical(
        &self,
        table: &Table,
        rows: &Rows,
        (known, key): (&Known<'_>, &[Column]),
        moment: Moment,
    ) -> Option<String> {
        let quote = |name: &str| self.dialect.quote(name);
        let columns: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
        let columns = columns.join(", ");
        let live = self.rows_as_of(table, moment);
        let changes = self.landing_changes(table);
        let words = self.dialect.words();
        let since = match moment {
            Moment::Now | Moment::Ever => words.since.to_owned(),
            Moment::Batch => format!("{} AND _batch <= {}", words.since, words.batch),
        };
        Some(match rows {
            Rows::Changed => format!("(SELECT {columns} FROM {changes} WHERE _batch > {since})"),
            Rows::LiveAndChanged => format!(
                "(SELECT {columns} FROM {live} AS _r UNION ALL SELECT {columns} FROM {changes} WHERE _batch > {since})"
            ),
            Rows::Touched(pairs) => {
                let of = |alias: &str, name: &str| format!("{alias}.{}", quote(name));
                let all: Vec<String> = table.columns.iter().map(|column| of("_r", &column.name)).collect();
                let keys: BTreeSet<String> = pairs.iter().map(|(_, key)| quote(key)).collect();
                // A comparison of a folded text and another folds both.
                let equal = |(column, named): &(String, String)| {
                    let mut sides = [of("_k", named), of("_r", column)];
                    if folds(&table.columns, column) || folds(key, named) {
                        sides = sides.map(|side| self.dialect.folded(&side));
                    }
                    sides.join(" = ")
                };
                let equal: Vec<String> = pairs.iter().map(equal).collect();
                let nullable: Vec<String> = pairs
                    .iter()
                    .filter(|(column, _)| !table.primary_key.contains(column))
                    .map(|(column, _)| format!("{} IS NULL", of("_r", column)))
                    .collect();
                // A join with the few keys, and rows without one apart: an EXISTS that is correlated, or an OR beside it,
                // is answered by reading the whole table.
                let mut touched = format!(
                    "SELECT {} FROM {live} AS _r JOIN (SELECT DISTINCT {} FROM touched) AS _k ON {}",
                    all.join(", "),
                    keys.into_iter().collect::<Vec<_>>().join(", "),
                    equal.join(" AND ")
                );
                if !nullable.is_empty() {
                    let without = nullable.join(" OR ");
                    touched
                        .push_str(&format!(" UNION ALL SELECT {} FROM {live} AS _r WHERE {without}", all.join(", ")));
                }
                format!("({touched})")
            }
            Rows::Joined { column, other, other_column } => {
                let (_, (theirs, physical)) = known.iter().find(|(name, _)| name == other)?;
                let mut sides = [format!("_r.{}", quote(column)), format!("_o.{}", quote(other_column))];
                if folds(&table.columns, column) || folds(&theirs.columns, other_column) {
                    sides = sides.map(|side| self.dialect.folded(&side));
                }
                let [own, theirs] = sides;
                format!("(SELECT {columns} FROM {live} AS _r WHERE {own} IN (SELECT {theirs} FROM {physical} AS _o))")
            }
        })
    }

    /// Every state that landed since the model last loaded, with its housekeeping columns; `_gone_since` is when a reading
    /// found the row gone that this one found again.
    pub(super) fn states(&self, table: &Table, since: &str, extent: Extent) -> String {
        self.states_of(table, since, extent, None)
    }

    /// Every state that is landed of the rows that `of` names, or of all, with the name of its row beside it.
    pub(super) fn named_states(&self, table: &Table, of: Option<&str>) -> String {
        let only = |alias: &str| {
            of.map_or_else(String::new, |of| {
                format!(" AND {} IN (SELECT _o.{ROW} FROM {of} AS _o)", self.row_name(table, alias))
            })
        };
        self.states_of(table, "0", Extent::Full, Some(&only))
    }

    /// What is listed of every landed state, once, under the condition that is said of an alias; nothing tells which
    /// state it is of, so that no state is looked for twice.
    pub(super) fn values_of_states(
        &self,
        table: &Table,
        list: &dyn Fn(&str) -> String,
        condition: &dyn Fn(&str) -> String,
        is_comparable: bool,
    ) -> String {
        let union = if is_comparable { "UNION DISTINCT" } else { "UNION ALL" };
        let of = |alias: &str, word: &str| match condition(alias) {
            none if none.is_empty() => String::new(),
            some => format!(" {word} {some}"),
        };
        format!(
            "(SELECT {} FROM {} AS _s WHERE _s._image = 'new'{} {union} SELECT {} FROM {} AS _r{})",
            list("_s"),
            self.landing_changes(table),
            of("_s", "AND"),
            list("_r"),
            self.landing_rows(table),
            of("_r", "WHERE"),
        )
    }

    /// The one column that names a row of a table by its value, across its states, and is compared as it is written.
    fn row_column(table: &Table) -> Option<Column> {
        let key = table.landing_key();
        let [name] = key.as_slice() else { return None };
        let column = table.column(name)?;
        // A number with a fraction may be no number; of all others equal values are one key.
        let is_plain = matches!(
            column.ty,
            Type::Int64
                | Type::String
                | Type::Date
                | Type::DateTime
                | Type::Timestamp
                | Type::Time
                | Type::Bool
                | Type::Bytes
                | Type::Numeric(_)
                | Type::BigNumeric(_)
        ) && !column.folds_case;
        is_plain.then(|| column.clone())
    }

    /// The type of what names a row of a table.
    pub(super) fn row_type(table: &Table) -> Type {
        Self::row_column(table).map_or(Type::String, |column| column.ty)
    }

    /// What names a row of a table, across its states: the value of its key, or a text of its parts.
    pub(super) fn row_name(&self, table: &Table, alias: &str) -> String {
        if let Some(column) = Self::row_column(table) {
            return self.landed(table, alias, &column.name);
        }
        let parts: Vec<String> = table
            .landing_key()
            .iter()
            .map(|name| {
                let ty = table.column(name).map_or(&Type::String, |column| &column.ty);
                self.dialect.key_part(&self.landed(table, alias, name), ty)
            })
            .collect();
        self.dialect.concat(&parts)
    }

    /// That two aliases are states of one row.
    pub(super) fn same_row(&self, table: &Table, a: &str, b: &str) -> String {
        let key: Vec<String> = table
            .landing_key()
            .iter()
            .map(|column| format!("{} = {}", self.landed(table, a, column), self.landed(table, b, column)))
            .collect();
        key.join(" AND ")
    }

    /// The states with the names of their rows, where `only` says of which rows of an alias.
    fn states_of(&self, table: &Table, since: &str, extent: Extent, only: Option<&dyn Fn(&str) -> String>) -> String {
        let named = only.is_some();
        let only = |alias: &str| only.map_or_else(String::new, |only| only(alias));
        let quote = |name: &str| self.dialect.quote(name);
        let list = |alias: &str| {
            let columns = table.columns.iter().map(|column| quote(&column.name));
            let housekeeping = ["_at", "_batch", "_state", "_deleted"].map(str::to_owned);
            let mut all: Vec<String> = columns.chain(housekeeping).map(|column| format!("{alias}.{column}")).collect();
            if named {
                all.push(format!("{} AS {ROW}", self.row_name(table, alias)));
            }
            all.join(", ")
        };
        let same = |a: &str, b: &str| self.same_row(table, a, b);
        let rows = self.landing_rows(table);
        let changes = self.landing_changes(table);
        let gone_since = if table.deletes_by_reading() {
            // Several readings of one batch leave several images: the one before this reading counts.
            let last = |which: &str| format!("MAX(CASE WHEN {which} THEN _o._at END)");
            // Where every state is kept, the readings before this one are all known, whenever they came.
            let kept = if named { "_o._image = 'new' OR " } else { "" };
            format!(
                "(SELECT CASE WHEN {gone} > COALESCE({live}, {}) THEN {gone} END FROM {changes} AS _o \
                 WHERE ({kept}_o._image = 'old' AND _o._batch = _s._batch) AND _o._at < _s._at AND {})",
                self.dialect.words().beginning,
                same("_o", "_s"),
                gone = last("_o._deleted"),
                live = last("NOT _o._deleted"),
            )
        } else {
            format!("CAST(NULL AS {})", self.dialect.ty(&Type::Timestamp))
        };
        // A deleted row whose delete is no longer among the changes is an event that who consumed them has; it is evaluated
        // anew with everything else.
        let live = if extent == Extent::Full && since == "0" { "" } else { " AND NOT _r._deleted" };
        format!(
            "(SELECT {}, {gone_since} AS _gone_since FROM {changes} AS _s WHERE _s._image = 'new' AND _s._batch > {since}{} \
             UNION ALL SELECT {}, CAST(NULL AS {}) AS _gone_since FROM {rows} AS _r WHERE _r._batch > {since}{live}{} \
             AND NOT EXISTS (SELECT 1 FROM {changes} AS _c WHERE _c._image = 'new' AND _c._batch = _r._batch \
             AND _c._state = _r._state AND {}))",
            list("_s"),
            only("_s"),
            list("_r"),
            self.dialect.ty(&Type::Timestamp),
            only("_r"),
            same("_c", "_r")
        )
    }
}

/// Relations by name, each with its table and what it stands for.
type Known<'p> = Vec<(String, (&'p Table, String))>;

/// Whether a column of this name is compared without case.
fn folds(columns: &[Column], name: &str) -> bool {
    columns.iter().any(|column| column.folds_case && column.name.eq_ignore_ascii_case(name))
}

/// When a query reads its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// As they are landed now.
    Now,
    /// As they were when the batch that is consumed had landed.
    Batch,
    /// As they are landed now, with those that the source has deleted as they were last known.
    Ever,
}

/// A table's columns as the SQL room sees them.
pub(in crate::sql) fn sql_columns(columns: &[Column]) -> Vec<SqlColumn> {
    columns
        .iter()
        .map(|column| SqlColumn { folds_case: column.folds_case, ..SqlColumn::new(&column.name, column.ty.clone()) })
        .collect()
}
