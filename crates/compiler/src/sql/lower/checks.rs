//! Checks of loaded tables: all checks of rows are one pass over their table. It must not judge what was counted.

use std::collections::BTreeMap;

use dwc_googlesql::{Column as SqlColumn, Tables, Type, with_room};

use super::{Lowering, problems_at};
use crate::diagnostic::Diagnostic;
use crate::model::{
    CHECKED, Check, CheckKind, DimensionKind, ModelId, Project, Referenced, Table, TargetType, star_columns,
};
use crate::plan::{CheckPass, PlannedCheck};
use crate::sql::names;

/// The relation that the conditions of checks are over.
const ROWS: &str = "checked.rows";

/// The statements of every check of a project, source tables first, then models in load order.
///
/// # Errors
/// What the engine has no equal of in a condition, at its check.
pub fn checks(project: &Project, engine: TargetType, schema: &str) -> Result<Vec<CheckPass>, Vec<Diagnostic>> {
    Lowering::new(project, engine, schema).checks()
}

/// A table that is checked.
struct Checked<'a> {
    called: String,
    model: Option<String>,
    tables: Vec<String>,
    /// The rows: a path, or a query in parentheses.
    rows: String,
    columns: Vec<SqlColumn>,
    /// What names a row.
    key: Vec<(String, Type)>,
    /// What tells two members apart that have the same value; rows themselves where there is none.
    member: Option<String>,
    zone: String,
    checks: &'a [Check],
}

impl Lowering<'_> {
    pub(super) fn checks(&self) -> Result<Vec<CheckPass>, Vec<Diagnostic>> {
        let tables = self.project.tables.iter().map(|table| self.checked_table(table));
        let models = self.project.order.iter().map(|id| self.checked_model(*id));
        let (mut passes, mut problems) = (Vec::new(), Vec::new());
        for table in tables.chain(models).filter(|table| !table.checks.is_empty()) {
            match self.passes(&table) {
                Ok(found) => passes.extend(found),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(passes) } else { Err(problems) }
    }

    fn checked_table<'a>(&self, table: &'a Table) -> Checked<'a> {
        let key = table.landing_key().into_iter().map(|name| {
            let ty = table.column(&name).map_or(Type::String, |column| column.ty.clone());
            (name, ty)
        });
        let mut columns = super::relations::sql_columns(&table.columns);
        if table.primary_key.is_empty() {
            columns.push(SqlColumn::new(crate::model::ROW_KEY, Type::String));
        }
        Checked {
            called: format!("source table `{}`", table.address),
            model: None,
            tables: vec![table.address.clone()],
            rows: self.landing_live(table),
            columns,
            key: key.collect(),
            member: None,
            zone: self.project.zone_of(table).name().to_owned(),
            checks: &table.checks,
        }
    }

    fn checked_model(&self, id: ModelId) -> Checked<'_> {
        let project = self.project;
        let name = project.model_name(id);
        let (kind, checks, key, member) = match id {
            ModelId::Dimension(index) => {
                let dimension = &project.dimensions[index];
                let key = dimension.members().map(|members| members.natural_key.as_slice()).unwrap_or_default();
                ("dimension", &dimension.checks, key, Some(names::durable_key(name)))
            }
            ModelId::Fact(index) => ("fact", &project.facts[index].checks, project.facts[index].key.as_slice(), None),
        };
        let mut key: Vec<(String, Type)> = key.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
        // A version is named by when it began, too.
        if let ModelId::Dimension(index) = id
            && project.dimensions[index].members().is_some_and(crate::model::Members::has_versions)
        {
            key.push(("valid_from".to_owned(), Type::Timestamp));
        }
        let (tables, _) = self.reads(id);
        Checked {
            called: format!("{kind} `{name}`"),
            model: Some(name.to_owned()),
            tables,
            rows: self.known_rows(id),
            columns: self.star_sql_columns(id),
            key,
            member,
            zone: project.timezone.name().to_owned(),
            checks,
        }
    }

    fn star_sql_columns(&self, id: ModelId) -> Vec<SqlColumn> {
        let column = |column: crate::model::StarColumn| SqlColumn {
            folds_case: column.folds_case,
            ..SqlColumn::new(column.name, column.ty)
        };
        star_columns(self.project, id).into_iter().map(column).collect()
    }

    /// The rows of a model that its sources have given: no reserved and no inferred members.
    fn known_rows(&self, id: ModelId) -> String {
        let star = self.star(self.project.model_name(id));
        let ModelId::Dimension(index) = id else { return star };
        let dimension = &self.project.dimensions[index];
        let key = self.dialect.quote(&names::key(&dimension.name));
        let inferred = match dimension.kind {
            DimensionKind::Standard(_) => format!(" AND NOT {}", self.dialect.quote("is_inferred")),
            _ => String::new(),
        };
        format!("(SELECT * FROM {star} WHERE {key} >= 0{inferred})")
    }

    /// One pass for everything that is asked of rows and of their number, and one for each key that is to be unique.
    fn passes(&self, table: &Checked<'_>) -> Result<Vec<CheckPass>, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut planned = Vec::new();
        for check in table.checks {
            let statements = self.statement(table, &[check]).and_then(|alone| Ok((alone, self.failing(table, check)?)));
            match statements {
                Ok((alone, keys)) => planned.push(PlannedCheck {
                    check: check.clone(),
                    called: table.called.clone(),
                    model: table.model.clone(),
                    tables: table.tables.clone(),
                    alone,
                    keys,
                }),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let is_unique = |planned: &PlannedCheck| matches!(planned.check.kind, CheckKind::Unique { .. });
        let (unique, rest): (Vec<_>, Vec<_>) = planned.into_iter().partition(is_unique);
        let mut passes = Vec::new();
        if !rest.is_empty() {
            let checks: Vec<&Check> = rest.iter().map(|planned| &planned.check).collect();
            passes.push(CheckPass { sql: self.statement(table, &checks)?, checks: rest });
        }
        passes.extend(unique.into_iter().map(|one| CheckPass { sql: one.alone.clone(), checks: vec![one] }));
        Ok(passes)
    }

    fn statement(&self, table: &Checked<'_>, checks: &[&Check]) -> Result<String, Vec<Diagnostic>> {
        match checks {
            [check] if matches!(check.kind, CheckKind::Unique { .. }) => {
                let groups = self.groups(table, check)?;
                let [rows, several] =
                    [self.text("COALESCE(SUM(_g._rows), 0)"), self.text(&self.count_if("_g._several > 1"))];
                Ok(format!("SELECT {rows} AS _1, {several} AS _2, {} AS _3\nFROM {groups} AS _g", self.text("NULL")))
            }
            checks => self.pass(table, checks),
        }
    }

    /// The keys of some rows that fail a check, among rows that have a model's columns.
    pub(super) fn failing_in(&self, id: ModelId, rows: &str, check: &Check) -> Result<Option<String>, Vec<Diagnostic>> {
        self.failing(&Checked { rows: rows.to_owned(), ..self.checked_model(id) }, check)
    }

    /// The keys of some rows that fail a check.
    fn failing(&self, table: &Checked<'_>, check: &Check) -> Result<Option<String>, Vec<Diagnostic>> {
        Ok(match &check.kind {
            CheckKind::Rows { .. } | CheckKind::Freshness { .. } => None,
            CheckKind::Unique { .. } => Some(format!(
                "SELECT _g.key_text\nFROM {} AS _g\nWHERE _g._several > 1\nORDER BY 1\nLIMIT 20",
                self.groups(table, check)?
            )),
            CheckKind::Row { .. } | CheckKind::Relationship { .. } => {
                let rows = self.judged(table, &[check])?;
                let key: Vec<(&str, &Type)> = table.key.iter().map(|(name, ty)| (name.as_str(), ty)).collect();
                // The grand total has no key.
                let key = if key.is_empty() { self.dialect.string("") } else { self.readable_values(&key, "_p") };
                Some(format!("SELECT {key} AS key_text\nFROM (\n{rows}\n) AS _p\nWHERE _p._f0\nORDER BY 1\nLIMIT 20"))
            }
        })
    }

    /// The keys that are to be unique, with the number of their rows and of what has them.
    fn groups(&self, table: &Checked<'_>, check: &Check) -> Result<String, Vec<Diagnostic>> {
        let CheckKind::Unique { columns } = &check.kind else { return Ok(String::new()) };
        let of = |name: &String| format!("{CHECKED}.{}", names::backquoted(name));
        let present: Vec<String> = columns.iter().map(|name| format!("{} IS NOT NULL", of(name))).collect();
        let mut list: Vec<String> = columns.iter().map(of).collect();
        list.extend(table.member.iter().map(of));
        let filter = check.filter.iter().map(|filter| format!(" AND {}", names::nested(filter)));
        let text = format!(
            "SELECT {} FROM `{ROWS}` AS {CHECKED} WHERE {}{}",
            list.join(", "),
            present.join(" AND "),
            filter.collect::<String>()
        );
        let rows = self.translated(&text, &self.relations(table, &[check]), check)?;
        let columns: Vec<&SqlColumn> =
            columns.iter().filter_map(|name| table.columns.iter().find(|column| &column.name == name)).collect();
        let told = |column: &&SqlColumn| {
            let expr = format!("_u.{}", self.dialect.quote(&column.name));
            if column.folds_case { self.dialect.folded(&expr) } else { expr }
        };
        let by: Vec<String> = columns.iter().map(told).collect();
        let texts: Vec<(&str, &Type)> = columns.iter().map(|column| (column.name.as_str(), &column.ty)).collect();
        let text = self.readable_values(&texts, "_u");
        let several = match &table.member {
            Some(member) => format!("COUNT(DISTINCT _u.{})", self.dialect.quote(member)),
            None => "COUNT(*)".to_owned(),
        };
        Ok(format!(
            "(\n  SELECT MIN({text}) AS key_text, COUNT(*) AS _rows, {several} AS _several\n  FROM (\n{rows}\n) AS _u\n  GROUP BY {}\n)",
            by.join(", ")
        ))
    }

    /// The rows with what each check says of them.
    fn judged(&self, table: &Checked<'_>, checks: &[&Check]) -> Result<String, Vec<Diagnostic>> {
        let Some(first) = checks.first() else { return Ok(String::new()) };
        let mut items: Vec<String> =
            table.key.iter().map(|(name, _)| format!("{CHECKED}.{}", names::backquoted(name))).collect();
        for (at, check) in checks.iter().enumerate() {
            let filter = check.filter.as_ref().map_or_else(|| "TRUE".to_owned(), |filter| names::nested(filter));
            // What is not checked is not evaluated.
            let within = |expr: &str, otherwise: &str| match &check.filter {
                Some(_) => format!("IF({filter}, {expr}, {otherwise})"),
                None => expr.to_owned(),
            };
            items.push(format!("COALESCE({filter}, FALSE) AS _w{at}"));
            items.push(match &check.kind {
                CheckKind::Row { fails } => {
                    format!("COALESCE({}, FALSE) AS _f{at}", within(&names::nested(fails), "FALSE"))
                }
                CheckKind::Relationship { columns, fields, .. } => {
                    let of = |name: &String| format!("{CHECKED}.{}", names::backquoted(name));
                    let present = columns.iter().map(|name| format!("{} IS NOT NULL", of(name)));
                    let equal: Vec<String> = columns
                        .iter()
                        .zip(fields)
                        .map(|(column, field)| format!("_to.{} = {}", names::backquoted(field), of(column)))
                        .collect();
                    let fails = format!(
                        "({} AND NOT EXISTS (SELECT 1 FROM `{}` AS _to WHERE {}))",
                        present.collect::<Vec<_>>().join(" AND "),
                        relation(at),
                        equal.join(" AND ")
                    );
                    format!("COALESCE({}, FALSE) AS _f{at}", within(&fails, "FALSE"))
                }
                CheckKind::Freshness { column: Some((name, ty)), .. } => {
                    let column = format!("{CHECKED}.{}", names::backquoted(name));
                    let instant = names::instant(&column, ty, &table.zone);
                    // A time that stands for no end is no row's.
                    let known = format!("IF({instant} < TIMESTAMP '9000-01-01 00:00:00+00', {instant}, NULL)");
                    format!("{} AS _f{at}", within(&known, "NULL"))
                }
                CheckKind::Freshness { .. } | CheckKind::Rows { .. } | CheckKind::Unique { .. } => {
                    format!("FALSE AS _f{at}")
                }
            });
        }
        let text = format!("SELECT {} FROM `{ROWS}` AS {CHECKED}", items.join(", "));
        self.translated(&text, &self.relations(table, checks), first)
    }

    /// Counts, for each check, the rows that are checked and those that fail.
    fn pass(&self, table: &Checked<'_>, checks: &[&Check]) -> Result<String, Vec<Diagnostic>> {
        let rows = self.judged(table, checks)?;
        let mut columns = Vec::new();
        for (at, check) in checks.iter().enumerate() {
            columns.push(self.text(&self.count_if(&format!("_p._w{at}"))));
            let is_dated = matches!(&check.kind, CheckKind::Freshness { column: Some(_), .. });
            let [failing, newest] = if is_dated {
                ["'0'".to_owned(), self.dialect.instant_text(&format!("MAX(_p._f{at})"))]
            } else {
                [self.text(&self.count_if(&format!("_p._f{at}"))), self.text("NULL")]
            };
            columns.extend([failing, newest]);
        }
        let columns: Vec<String> =
            columns.iter().enumerate().map(|(at, column)| format!("{column} AS _{}", at + 1)).collect();
        Ok(format!("SELECT {}\nFROM (\n{rows}\n) AS _p", columns.join(",\n  ")))
    }

    fn text(&self, expr: &str) -> String {
        format!("CAST({expr} AS {})", self.dialect.ty(&Type::String))
    }

    fn count_if(&self, condition: &str) -> String {
        format!("{}({condition})", self.dialect.words().count_if)
    }

    /// The relations that the statement of some checks reads.
    fn relations(&self, table: &Checked<'_>, checks: &[&Check]) -> Tables {
        let mut catalog = Tables::default();
        catalog.add_as(ROWS, table.rows.clone(), table.columns.clone());
        let mut known: BTreeMap<String, (String, Vec<SqlColumn>)> = BTreeMap::new();
        for (at, check) in checks.iter().enumerate() {
            let CheckKind::Relationship { to, .. } = &check.kind else { continue };
            known.insert(
                relation(at),
                match to {
                    Referenced::Model(id) => (self.known_rows(*id), self.star_sql_columns(*id)),
                    Referenced::Table(address) => match self.project.table(address) {
                        Some(table) => (self.landing_live(table), super::relations::sql_columns(&table.columns)),
                        None => continue,
                    },
                },
            );
        }
        for (name, (rows, columns)) in known {
            catalog.add_as(&name, rows, columns);
        }
        catalog
    }

    fn translated(&self, text: &str, catalog: &Tables, check: &Check) -> Result<String, Vec<Diagnostic>> {
        with_room(text, || self.dialect.query(text, catalog)).map_err(|found| problems_at(found, check.span))
    }
}

/// The relation in which the values of a check are looked for.
fn relation(check: usize) -> String {
    format!("checked.to_{check}")
}
