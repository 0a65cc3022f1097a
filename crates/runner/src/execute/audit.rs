//! What `dwc verify` asks of the loaded tables. It changes nothing.

use dwc_compiler::model::Project;
use dwc_compiler::plan::Reads;

use super::blame;
use super::run::plan;
use crate::warehouse::row;
use crate::{Error, Offence, Warehouse};

/// What the checks of every loaded table have found.
pub struct Audit {
    /// What breaks a rule, or fails on a row.
    pub offences: Vec<Offence>,
    /// What is worth telling, though it breaks no rule.
    pub told: Vec<Offence>,
}

/// Checks the structure of every loaded table, or of those that are selected. A check that computes a model's expressions fails where they do: that is an
/// offence of its model, and the others are checked.
///
/// # Errors
/// An external system failed. What breaks a rule is the result.
pub fn audit(engine: &dyn Warehouse, project: &Project, select: &[String]) -> Result<Audit, Error> {
    let plan = plan(engine, project)?;
    let mut found = Audit { offences: Vec::new(), told: Vec::new() };
    for model in plan.models.iter().filter(|model| select.is_empty() || select.contains(&model.name)) {
        let mut has_failed = false;
        for statement in &model.audits {
            let (gate, list) = match &statement.reads {
                Reads::Gate(gate) => (gate, &mut found.offences),
                Reads::Notice(gate) => (gate, &mut found.told),
                _ => continue,
            };
            let rows = match engine.table(&statement.sql) {
                Ok((_, rows)) => rows,
                Err(_) if has_failed => continue,
                Err(error) => {
                    let offence = blame::failed(engine, project, model.model, &error).ok_or(error)?;
                    found.offences.push(offence);
                    has_failed = true;
                    continue;
                }
            };
            let keys = row::keys(rows);
            if !keys.is_empty() {
                list.push(Offence::of(gate, keys));
            }
        }
    }
    Ok(found)
}
