//! What `dwc verify` asks of the loaded tables. It changes nothing.

use dwc_compiler::model::Project;
use dwc_compiler::plan::Reads;

use super::blame;
use super::looked::{Aspect, Looked, Weight, found};
use super::run::plan;
use crate::warehouse::row;
use crate::{Error, Offence, Warehouse};

/// What the rules of every loaded table have found.
#[derive(Debug, Default)]
pub struct Audit {
    /// The rules, in load order of their models.
    pub looked: Vec<Looked>,
}

impl Audit {
    /// What breaks a rule, or fails on a row.
    #[must_use]
    pub fn offences(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Error)
    }

    /// What is worth telling, though it breaks no rule.
    #[must_use]
    pub fn told(&self) -> Vec<Offence> {
        found(&self.looked, Weight::Warning)
    }
}

/// Checks the structure of every loaded table, or of those that are selected. A rule that computes a model's expressions fails
/// where they do: that is an offence of its model, and the others are checked.
///
/// # Errors
/// An external system failed. What breaks a rule is the result.
pub fn audit(engine: &dyn Warehouse, project: &Project, select: &[String]) -> Result<Audit, Error> {
    let plan = plan(engine, project)?;
    let mut all = Audit::default();
    for model in plan.models.iter().filter(|model| select.is_empty() || select.contains(&model.name)) {
        let mut has_failed = false;
        for rule in &model.audits {
            let (gate, weight) = match &rule.statement.reads {
                Reads::Gate(gate) => (gate, Weight::Error),
                Reads::Notice(gate) => (gate, Weight::Warning),
                _ => continue,
            };
            let mut looked = Looked::new(&model.name, Aspect::Rule, &rule.says, Some(gate.span));
            match engine.table(&rule.statement.sql) {
                Ok((_, rows)) => {
                    let keys = row::keys(rows);
                    looked.add(weight, (!keys.is_empty()).then(|| Offence::of(gate, keys)));
                }
                Err(_) if has_failed => looked = looked.left_out("an expression of the model fails on a row"),
                Err(error) => {
                    let offence = blame::failed(engine, project, model.model, &error).ok_or(error)?;
                    looked.add(Weight::Error, [offence]);
                    has_failed = true;
                }
            }
            all.looked.push(looked);
        }
    }
    Ok(all)
}
