//! Declared checks of the loaded tables: what each counts, and which of them fail. It changes nothing, and must not decide
//! what a check asks.

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Project;
use dwc_compiler::plan::{CheckPass, PlannedCheck, Seen};
use dwc_compiler::sql;

use super::looked::{Aspect, Looked, Weight, found};
use super::run::unsupported;
use crate::state::literal;
use crate::warehouse::refusal;
use crate::warehouse::row::{self, Row};
use crate::{Error, Offence, Warehouse};

/// What the checks of a project have found.
#[derive(Debug, Default)]
pub struct Checked {
    /// The checks, those of source tables first.
    pub looked: Vec<Looked>,
}

impl Checked {
    /// Checks that fail, and those that cannot be computed.
    #[must_use]
    pub fn failed(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Error)
    }

    /// Checks that fail and are declared as warnings.
    #[must_use]
    pub fn warned(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Warning)
    }
}

/// Makes the checks of source tables and models, at a time in UTC. With a selection, those of its models and of the source
/// tables that they read.
///
/// # Errors
/// An external system failed. What fails is the result.
pub fn check(
    engine: &dyn Warehouse,
    project: &Project,
    select: &[String],
    at: NaiveDateTime,
) -> Result<Checked, Error> {
    let passes = sql::checks(project, engine.ty(), engine.schema(project)).map_err(unsupported)?;
    let read = read_by(project, select);
    let is_selected = |check: &PlannedCheck| match &check.model {
        _ if select.is_empty() => true,
        Some(model) => select.contains(model),
        None => check.tables.iter().all(|table| read.contains(table)),
    };
    let mut done = Checked::default();
    for pass in passes.iter().filter(|pass| pass.checks.iter().all(is_selected)) {
        for (check, seen) in seen(engine, pass)? {
            let of = check.model.as_ref().or(check.tables.first()).map_or("", String::as_str);
            let mut looked = Looked::new(of, Aspect::Check, &check.check.name, Some(check.check.span));
            let found = match seen {
                Ok(seen) => {
                    looked.rows = i64::try_from(seen.checked).ok();
                    let landed = last_batch(engine, &check.tables)?;
                    let failure = check.failure(&seen, landed, at);
                    match failure {
                        Some(message) => {
                            let keys = failing_keys(engine, check, &seen)?;
                            Some(offence(check, Code::CheckFailed, message, keys))
                        }
                        None => None,
                    }
                }
                Err(said) => {
                    let what = format!("check `{}` of {} can't be computed", check.check.name, check.called);
                    let message = if is_private(project, check) { what } else { format!("{what}: {said}") };
                    Some(offence(check, Code::ExpressionFailed, message, Vec::new()))
                }
            };
            looked.add(if check.is_error() { Weight::Error } else { Weight::Warning }, found);
            done.looked.push(looked);
        }
    }
    Ok(done)
}

/// The keys of some rows that fail.
fn failing_keys(engine: &dyn Warehouse, check: &PlannedCheck, seen: &Seen) -> Result<Vec<String>, Error> {
    let Some(sql) = &check.keys else { return Ok(Vec::new()) };
    let mut keys = row::keys(engine.table(sql)?.1);
    let named = u64::try_from(keys.len()).unwrap_or(u64::MAX);
    if seen.failing > named {
        keys.push(format!("… and {} more", seen.failing - named));
    }
    Ok(keys)
}

/// Whether the engine's words may hold personal data.
fn is_private(project: &Project, check: &PlannedCheck) -> bool {
    let mut tables = check.tables.iter().filter_map(|table| project.table(table));
    tables.any(|table| table.columns.iter().any(|column| column.pii))
}

/// The source tables that models read.
fn read_by(project: &Project, models: &[String]) -> Vec<String> {
    let queries = models.iter().filter_map(|name| project.query(project.model(name)?));
    queries.flat_map(|query| &query.analysis.tables).map(|used| used.table.clone()).collect()
}

/// A check, and what was counted of it, or why the engine cannot say it.
type Counted<'p> = (&'p PlannedCheck, Result<Seen, String>);

/// What a pass says of each of its checks. A condition that fails on a row takes no other check with it.
fn seen<'p>(engine: &dyn Warehouse, pass: &'p CheckPass) -> Result<Vec<Counted<'p>>, Error> {
    let error = match answer(engine, &pass.sql) {
        Ok(mut row) => return pass.checks.iter().map(|check| Ok((check, Ok(counted(&mut row)?)))).collect(),
        Err(error) => error,
    };
    if refusal(&error).is_none() {
        return Err(error);
    }
    let alone = |check: &'p PlannedCheck| match answer(engine, &check.alone) {
        Ok(mut row) => Ok((check, Ok(counted(&mut row)?))),
        Err(error) => refusal(&error).map(|said| (check, Err(said))).ok_or(error),
    };
    pass.checks.iter().map(alone).collect()
}

/// The one row of a statement.
fn answer(engine: &dyn Warehouse, sql: &str) -> Result<Row, Error> {
    Ok(engine.table(sql)?.1.into_iter().next().unwrap_or_default().into())
}

fn counted(row: &mut Row) -> Result<Seen, Error> {
    Ok(Seen { checked: row.number()?, failing: row.number()?, newest: row.number_or_null()? })
}

/// When a batch of source tables last landed, UTC.
fn last_batch(engine: &dyn Warehouse, tables: &[String]) -> Result<Option<NaiveDateTime>, Error> {
    if tables.is_empty() {
        return Ok(None);
    }
    let list: Vec<String> = tables.iter().map(|table| literal(table)).collect();
    let sql = format!(
        "SELECT MAX(b.bound) FROM _dwc.table_batches AS t JOIN _dwc.batches AS b USING (batch) WHERE t.source_table IN ({})",
        list.join(", ")
    );
    Ok(engine.store().read(&sql, Row::instant_or_null)?.into_iter().next().flatten())
}

fn offence(check: &PlannedCheck, code: Code, message: String, keys: Vec<String>) -> Offence {
    Offence { code, message, keys, span: Some(check.check.span), help: check.help() }
}
