//! The screens of a fact: its rows are judged as its query gives them, before they are gated and bound. It must not load them.

use dwc_googlesql::{Column as SqlColumn, Type};

use super::on_column;
use crate::diagnostic::Diagnostic;
use crate::model::ModelId;
use crate::model::{Check, Fact, star_columns, stored_columns};
use crate::plan::{Reads, Statement};
use crate::sql::lower::Lowering;
use crate::sql::lower::screens::{REJECTS, Screening};

impl Lowering<'_> {
    /// Whether a load leaves rows out that fail one of the checks.
    pub(in crate::sql::lower) fn rejects(&self, checks: &[Check]) -> bool {
        checks.iter().any(Check::rejects)
    }

    /// The rows of a fact with what its screens say of them, where it has any.
    pub(super) fn screened_fact(&self, fact: &Fact, query: String) -> Result<String, Vec<Diagnostic>> {
        let screens = self.screens(&fact.checks);
        if screens.is_empty() {
            return Ok(query);
        }
        self.screened(format!("(\n{query}\n)"), &self.incoming_columns(fact), &screens, None)
    }

    /// What the screens of a fact hold back, tell and remove. Where rows that the source has deleted stay, the keys of those that
    /// are rejected are kept: they are not gone.
    pub(super) fn fact_screens(&self, fact: &Fact, keeps_gone: bool) -> Vec<Statement> {
        let screens = self.screens(&fact.checks);
        if screens.is_empty() {
            return Vec::new();
        }
        let columns = self.incoming_columns(fact);
        let mut statements = self.screening(&Screening {
            model: &fact.name,
            called: format!("fact `{}`", fact.name),
            screens: &screens,
            key: fact.key.iter().map(|column| column.name.as_str()).collect(),
            columns: &columns,
            judged: "TRUE",
            share: self.rejected_share(&fact.query),
            span: fact.span,
        });
        if !self.rejects(&fact.checks) {
            return statements;
        }
        if !self.compares {
            statements.push(Statement {
                sql: format!(
                    "SELECT COUNT(*) AS extracted, COUNT(*) AS rejected FROM incoming AS _i WHERE _i.{REJECTS}"
                ),
                reads: Reads::Counts,
            });
        }
        if keeps_gone {
            let key: Vec<String> =
                fact.key.iter().map(|column| format!("_i.{}", self.dialect.quote(&column.name))).collect();
            let sql = format!(
                "CREATE OR REPLACE TEMP TABLE screened AS\nSELECT DISTINCT {} FROM incoming AS _i WHERE _i.{REJECTS}",
                key.join(", ")
            );
            statements.push(Statement { sql, reads: Reads::Nothing });
        }
        statements.extend(self.without_rejected(fact));
        statements
    }

    /// Removes the rows that are rejected.
    pub(super) fn without_rejected(&self, fact: &Fact) -> Option<Statement> {
        self.rejects(&fact.checks).then(|| Statement {
            sql: format!(
                "-- {}: rows that a check rejects are not loaded\nDELETE FROM incoming AS _i WHERE _i.{REJECTS}",
                fact.name
            ),
            reads: Reads::Nothing,
        })
    }

    /// The columns that a fact's query is made into.
    fn incoming_columns(&self, fact: &Fact) -> Vec<SqlColumn> {
        let at = self.project.facts.iter().position(|one| one.name == fact.name).unwrap_or_default();
        let star = star_columns(self.project, ModelId::Fact(at));
        let stored = stored_columns(fact).into_iter().map(|(name, ty, _)| {
            let folds_case = star.iter().any(|column| column.name == name && column.folds_case);
            SqlColumn { folds_case, ..SqlColumn::new(name, ty) }
        });
        let on = fact.roles.iter().flat_map(|role| {
            role.on.iter().enumerate().map(move |(index, column)| {
                let dimension = &self.project.dimensions[role.dimension];
                let is_looked_up = dimension.members().is_some() || dimension.junk().is_some();
                let ty = if is_looked_up { column.ty.clone() } else { Type::Int64 };
                SqlColumn::new(on_column(role, index), ty)
            })
        });
        let latest = fact.keep_latest_by.iter().map(|_| SqlColumn::new("_latest", Type::Unknown));
        stored.chain(on).chain(latest).collect()
    }
}
