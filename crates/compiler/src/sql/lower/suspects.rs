//! Which expression of a model fails on the data, and on which row: queries that evaluate each expression alone, over the
//! landed rows or a range of them, so that halving the range finds one row. It must not judge what an engine answers.

use std::collections::BTreeSet;

use dwc_googlesql::{Column as SqlColumn, ColumnKind, OutputColumn, PartOf, Tables, Type, analyze_query, parts};

use super::Lowering;
use super::dimension::values_text;
use super::relations::sql_columns;
use super::screens::fails;
use crate::model::{CHECKED, Check, Column, ModelId, Project, Query, Table, TargetType, star_columns};
use crate::source::Span;
use crate::sql::names;

/// Which landed rows expressions are evaluated over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// Those that live now.
    Live,
    /// Every state that is still landed: history is made of states that may have passed since.
    States,
}

/// An expression of a model that may have failed.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// The column that it gives; `None` for the conditions of the query.
    pub column: Option<String>,
    /// Where it is written.
    pub span: Span,
    /// It reads personal data, which the engine's words may hold.
    pub is_private: bool,
    /// The tables whose rows may make it fail.
    pub tables: Vec<SuspectTable>,
    sql: String,
    /// How many tables its query reads.
    marks: usize,
}

/// A table whose rows may make an expression fail.
#[derive(Debug, Clone)]
pub struct SuspectTable {
    /// `source.table`, or `ref.model`.
    pub name: String,
    /// The number that its marks have.
    mark: usize,
    bounds: String,
    row: String,
}

/// A range of rows, by a number that is made of their keys: both ends are in it.
pub type RowRange = (i64, i64);

/// More rows than a table has.
const EVERY: i64 = 1_000_000_000_000_000;

/// The range without a row.
pub const NO_ROWS: RowRange = (0, -1);

/// The range of all rows.
pub const ALL_ROWS: RowRange = (-1, i64::MAX);

impl Suspect {
    /// The query that evaluates the expression; it fails where the expression does. Tables without a range are read whole.
    #[must_use]
    pub fn sql(&self, ranges: &[RowRange]) -> String {
        let mut sql = self.sql.clone();
        for (table, range) in self.tables.iter().zip(ranges) {
            sql = marked(&sql, table.mark, *range);
        }
        (0..self.marks).fold(sql, |sql, table| marked(&sql, table, ALL_ROWS))
    }
}

impl SuspectTable {
    /// The least and the greatest number of the rows in a range, in one row.
    #[must_use]
    pub fn bounds(&self, range: RowRange) -> String {
        marked(&self.bounds, self.mark, range)
    }

    /// The key of a row in a range and the values of the columns that the expression reads, in one row.
    #[must_use]
    pub fn row(&self, range: RowRange) -> String {
        marked(&self.row, self.mark, range)
    }
}

/// Control characters are not part of a user's SQL.
fn mark(table: usize, end: char) -> String {
    format!("\u{1}{end}{table}\u{1}")
}

fn marked(sql: &str, table: usize, (first, last): RowRange) -> String {
    sql.replace(&mark(table, 'f'), &first.to_string()).replace(&mark(table, 'l'), &last.to_string())
}

/// Every expression of a model that may fail on the data: the conditions of its query, then its columns, then the
/// expressions over them.
#[must_use]
pub fn suspects(project: &Project, engine: TargetType, schema: &str, id: ModelId, landed: Landed) -> Vec<Suspect> {
    Lowering::new(project, engine, schema).suspects(id, landed)
}

/// An expression over a query: its column, its type, its text, where it is written, and the source columns that it is made of.
type Expression<'a> = (&'a str, &'a Type, &'a str, Span, &'a [(String, String)]);

/// A table of a query with its rows in reach of a range.
struct Ranged {
    name: String,
    rows: String,
    key: Vec<String>,
    columns: Vec<(String, Type)>,
    hidden: Vec<String>,
}

impl Lowering<'_> {
    fn suspects(&self, id: ModelId, landed: Landed) -> Vec<Suspect> {
        let Some(query) = self.project.query(id) else { return Vec::new() };
        let ranged = self.ranged(query, landed);
        let mut catalog = Tables::default();
        for table in &ranged {
            let columns = table.columns.iter().map(|(name, ty)| SqlColumn::new(name, ty.clone()));
            catalog.add_as(&table.name, table.rows.clone(), columns.collect());
        }
        let suspect = |column: Option<(&str, Option<&Type>)>,
                       text: &str,
                       span,
                       by_row,
                       origins: &[(String, String)]| {
            let value = analyze_query(text, &catalog).analysis?.output.into_iter().next()?;
            let ty = column.and_then(|(_, declared)| declared).unwrap_or(&value.ty);
            let inner = self.dialect.query(text, &catalog).ok()?;
            // A number is stored in the column's own digits.
            let read = format!("_p.{}", self.dialect.quote(&value.name));
            let read = if ty.is_numeric() { format!("CAST({read} AS {})", self.dialect.ty(ty)) } else { read };
            // Made into a text, a value has to be computed: whether it is NULL may be known without.
            let read = format!("MAX({})", self.dialect.readable(&read, ty));
            // What several rows make together, some of them would make otherwise.
            let by_row = by_row && (value.kind != ColumnKind::Aggregated || column.is_none());
            let tables = ranged.iter().enumerate().filter(|_| by_row).filter_map(|(at, table)| {
                let own: Vec<&str> =
                    origins.iter().filter(|(name, _)| *name == table.name).map(|(_, column)| column.as_str()).collect();
                // Several states of one key would each show other values.
                let shown: &[&str] = if landed == Landed::Live { &own } else { &[] };
                (column.is_none() || !own.is_empty()).then(|| self.suspect_table(at, table, shown))
            });
            Some(Suspect {
                column: column.map(|(name, _)| name.to_owned()),
                span,
                is_private: ranged.iter().any(|table| {
                    let own = || origins.iter().filter(|(name, _)| *name == table.name);
                    own().any(|(_, column)| table.hidden.iter().any(|hidden| hidden.eq_ignore_ascii_case(column)))
                }),
                tables: tables.collect(),
                marks: ranged.len(),
                sql: format!("SELECT {read} FROM (\n{inner}\n) AS _p"),
            })
        };
        let whole = names::nested(&query.text);
        let output = &query.analysis.output;
        let place =
            |column: &OutputColumn| query.places.get(&column.name.to_lowercase()).copied().unwrap_or(query.span);
        let mut alone = BTreeSet::new();
        let mut all = Vec::new();
        for part in parts(&query.text, output) {
            match part.of {
                PartOf::Condition(at) => {
                    let own = query.conditions.get(at).copied().flatten();
                    let span = own.or(query.condition).unwrap_or(query.span);
                    all.push(suspect(None, &part.text, span, part.by_row, &query.analysis.used));
                }
                PartOf::Column(at) => {
                    let Some(column) = output.get(at) else { continue };
                    if column.kind != ColumnKind::Aggregated {
                        alone.insert(at);
                    }
                    all.push(suspect(
                        Some((&column.name, None)),
                        &part.text,
                        place(column),
                        part.by_row,
                        &column.origins,
                    ));
                }
            }
        }
        for (_, column) in output.iter().enumerate().filter(|(at, _)| !alone.contains(at)) {
            let text = format!("SELECT _q.{} AS _value FROM {whole} AS _q", names::backquoted(&column.name));
            all.push(suspect(Some((&column.name, None)), &text, place(column), true, &column.origins));
        }
        for (column, ty, expr, span, origins) in self.expressions(id) {
            let text = format!("SELECT {} AS _value FROM {whole} AS _q", names::nested(expr));
            all.push(suspect(Some((column, Some(ty))), &text, span, true, origins));
        }
        for check in self.screens(self.checks_of(id)) {
            let rows = self.unloaded_text(id, &query.text);
            let text = format!("SELECT {} AS _value FROM {} AS {CHECKED}", fails(check, None), names::nested(&rows));
            all.push(suspect(Some((&check.name, None)), &text, check.span, true, &self.origins_of(id, query, check)));
        }
        let any = format!("SELECT COUNT(*) AS _value FROM {whole} AS _q");
        let by_row = output.iter().all(|column| column.kind != ColumnKind::Aggregated);
        all.push(suspect(None, &any, query.span, by_row, &query.analysis.used));
        all.into_iter().flatten().collect()
    }

    /// The source columns that a check is made of.
    fn origins_of(&self, id: ModelId, query: &Query, check: &Check) -> Vec<(String, String)> {
        let is_read = |name: &String| check.reads.contains(name);
        let plain = query.analysis.output.iter().filter(|column| is_read(&column.name)).map(|one| &one.origins[..]);
        let made =
            self.expressions(id).into_iter().filter(|(column, ..)| check.reads.iter().any(|name| name == column));
        plain.chain(made.map(|(.., origins)| origins)).flatten().cloned().collect()
    }

    fn checks_of(&self, id: ModelId) -> &[Check] {
        match id {
            ModelId::Dimension(index) => &self.project.dimensions[index].checks,
            ModelId::Fact(index) => &self.project.facts[index].checks,
        }
    }

    /// The rows that a query makes, as the screens of a model judge them.
    fn unloaded_text(&self, id: ModelId, query: &str) -> String {
        match id {
            ModelId::Fact(index) => self.incoming_text(&self.project.facts[index], query),
            ModelId::Dimension(index) => match self.project.dimensions[index].members() {
                Some(members) => values_text(members, query),
                None => query.to_owned(),
            },
        }
    }

    /// What a model computes over the columns of its query.
    fn expressions(&self, id: ModelId) -> Vec<Expression<'_>> {
        match id {
            ModelId::Dimension(index) => {
                let members = self.project.dimensions[index].members();
                let all = members.into_iter().flat_map(|members| &members.attributes);
                all.map(|one| (&*one.column.name, one.kept_type(), one.expr.as_str(), one.written, &one.origins[..]))
                    .collect()
            }
            ModelId::Fact(index) => {
                let all = self.project.facts[index].measures.iter();
                all.map(|one| (&*one.column.name, &one.column.ty, one.expr.as_str(), one.written, &one.origins[..]))
                    .collect()
            }
        }
    }

    fn suspect_table(&self, at: usize, table: &Ranged, read: &[&str]) -> SuspectTable {
        let number = self.row_number(&table.key_types());
        let key: Vec<(&str, &Type)> = table.shown(table.key.iter().map(String::as_str));
        let is_read = |name: &str| read.iter().any(|read| read.eq_ignore_ascii_case(name));
        let values: Vec<(&str, &Type)> = table.shown(
            table
                .columns
                .iter()
                .map(|(name, _)| name.as_str())
                .filter(|name| is_read(name) && !table.key.iter().any(|key| key == name)),
        );
        let text = |columns: &[(&str, &Type)]| {
            if columns.is_empty() { "''".to_owned() } else { self.readable_values(columns, "_r") }
        };
        SuspectTable {
            name: table.name.clone(),
            mark: at,
            bounds: format!("SELECT MIN({number}), MAX({number}) FROM {} AS _r", table.rows),
            row: format!("SELECT {}, {} FROM {} AS _r LIMIT 1", text(&key), text(&values), table.rows),
        }
    }

    /// A number that is made of a row's key; -1 for a row without one.
    fn row_number(&self, key: &[(&str, &Type)]) -> String {
        let parts: Vec<String> = key
            .iter()
            .map(|(name, ty)| self.dialect.key_part(&format!("_r.{}", self.dialect.quote(name)), ty))
            .collect();
        format!("COALESCE({}, -1)", self.dialect.hash60(&self.dialect.concat(&parts)))
    }

    /// The tables of a query: those of sources by their landed rows, models by their tables.
    fn ranged(&self, query: &Query, landed: Landed) -> Vec<Ranged> {
        let mut all: Vec<Ranged> = Vec::new();
        for used in &query.analysis.tables {
            if all.iter().any(|known| known.name == used.table) {
                continue;
            }
            let at = all.len();
            if let Some(table) = self.project.table(&used.table) {
                all.push(self.ranged_table(at, table, landed));
            } else if let Some(id) = used.table.strip_prefix("ref.").and_then(|name| self.project.model(name)) {
                all.push(self.ranged_model(at, &used.table, id));
            }
        }
        all
    }

    fn ranged_table(&self, at: usize, table: &Table, landed: Landed) -> Ranged {
        let landed_columns = table.landed_columns();
        let list: Vec<String> = landed_columns.iter().map(|(name, _)| self.dialect.quote(name)).collect();
        let list = list.join(", ");
        let rows = self.landing_rows(table);
        let source = match landed {
            Landed::Live => format!("SELECT {list} FROM {rows} WHERE NOT _deleted"),
            Landed::States => {
                format!("SELECT {list} FROM {rows} UNION ALL SELECT {list} FROM {}", self.landing_changes(table))
            }
        };
        let columns = sql_columns(&table.columns).into_iter().map(|column| (column.name, column.ty));
        let row_key = landed_columns.into_iter().filter(|(name, _)| table.column(name).is_none());
        let mut ranged = Ranged {
            name: table.address.clone(),
            rows: String::new(),
            key: table.landing_key(),
            columns: columns.chain(row_key).collect(),
            hidden: table.columns.iter().filter(|column| column.pii).map(|column| column.name.clone()).collect(),
        };
        ranged.rows = self.in_range(at, &format!("({source})"), &ranged.key_types());
        ranged
    }

    fn ranged_model(&self, at: usize, name: &str, id: ModelId) -> Ranged {
        let columns = star_columns(self.project, id);
        let (key, others): (&[Column], Vec<&Column>) = match id {
            ModelId::Dimension(index) => match self.project.dimensions[index].members() {
                Some(members) => (&members.natural_key, members.attributes.iter().map(|one| &one.column).collect()),
                None => (&[], Vec::new()),
            },
            ModelId::Fact(index) => {
                let fact = &self.project.facts[index];
                (&fact.key, fact.degenerate.iter().collect())
            }
        };
        let mut ranged = Ranged {
            name: name.to_owned(),
            rows: String::new(),
            key: key.iter().map(|column| column.name.clone()).collect(),
            hidden: others.iter().filter(|column| column.pii).map(|column| column.name.clone()).collect(),
            columns: columns.into_iter().map(|column| (column.name, column.ty)).collect(),
        };
        let star = self.star(self.project.model_name(id));
        ranged.rows = if key.is_empty() { star } else { self.in_range(at, &star, &ranged.key_types()) };
        ranged
    }

    /// A condition of the query is not taken below a limit: it is asked of the rows of the range alone.
    fn in_range(&self, at: usize, rows: &str, key: &[(&str, &Type)]) -> String {
        format!(
            "(SELECT * FROM {rows} AS _r WHERE {} BETWEEN {} AND {} LIMIT {EVERY})",
            self.row_number(key),
            mark(at, 'f'),
            mark(at, 'l')
        )
    }
}

impl Ranged {
    /// The columns of the key with their types.
    fn key_types(&self) -> Vec<(&str, &Type)> {
        self.typed(self.key.iter().map(String::as_str))
    }

    /// Columns that may be shown: not those that hold personal data.
    fn shown<'a>(&'a self, names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, &'a Type)> {
        self.typed(names.filter(|name| !self.hidden.iter().any(|hidden| hidden == name)))
    }

    fn typed<'a>(&'a self, names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, &'a Type)> {
        let find = |name| self.columns.iter().find(|(known, _)| known == name);
        names.filter_map(find).map(|(name, ty)| (name.as_str(), ty)).collect()
    }
}
