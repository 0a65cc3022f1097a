//! What `dwc verify` asks of the loaded tables. It changes nothing.

use dwc_compiler::model::Project;
use dwc_compiler::plan::{Gate, Reads};

use super::run::plan;
use crate::{Error, Offence, Warehouse};

/// Checks the structure of every loaded table.
///
/// # Errors
/// An external system failed. What breaks a rule is the result.
pub fn audit(warehouse: &dyn Warehouse, project: &Project) -> Result<Vec<Offence>, Error> {
    asked(warehouse, project, |reads| if let Reads::Gate(gate) = reads { Some(gate) } else { None })
}

/// What is worth telling of the loaded tables, though it breaks no rule.
///
/// # Errors
/// An external system failed.
pub fn observe(warehouse: &dyn Warehouse, project: &Project) -> Result<Vec<Offence>, Error> {
    asked(warehouse, project, |reads| if let Reads::Notice(gate) = reads { Some(gate) } else { None })
}

fn asked(
    engine: &dyn Warehouse,
    project: &Project,
    of: impl Fn(&Reads) -> Option<&Gate>,
) -> Result<Vec<Offence>, Error> {
    let plan = plan(engine, project)?;
    let mut found = Vec::new();
    for statement in plan.models.iter().flat_map(|model| &model.audits) {
        let Some(gate) = of(&statement.reads) else { continue };
        let rows = engine.table(&statement.sql)?.1;
        let mut keys: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        if !keys.is_empty() {
            keys.sort();
            found.push(Offence::of(gate, keys));
        }
    }
    Ok(found)
}
