//! Which rows of a load have reached their milestones out of order. It must not hold them back: they are what the source says.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Fact, MILESTONE_ORDER, ModelId};
use crate::plan::{Gate, Reads, Statement};
use crate::sql::lower::Lowering;

impl Lowering<'_> {
    /// Says which bound rows fail the check that the milestones imply; nothing where a declared check stands in its place.
    pub(super) fn out_of_order(&self, fact: &Fact) -> Result<Option<Statement>, Vec<Diagnostic>> {
        let Some(first) = fact.milestones.first() else { return Ok(None) };
        let implied = |name: &str, lo: u32| name == MILESTONE_ORDER && lo == first.span.lo;
        let check = fact.checks.iter().find(|check| implied(&check.name, check.span.lo));
        let index = self.project.facts.iter().position(|known| known.name == fact.name);
        let (Some(check), Some(index)) = (check, index) else { return Ok(None) };
        let Some(sql) = self.failing_in(ModelId::Fact(index), "bound", check)? else { return Ok(None) };
        let names: Vec<&str> = fact.milestones.iter().map(|milestone| milestone.name.as_str()).collect();
        Ok(Some(Statement {
            sql,
            reads: Reads::Notice(Gate {
                code: Code::MilestonesOutOfOrder,
                message: format!(
                    "rows of fact `{}` reached their milestones in another order than {}",
                    fact.name,
                    names.join(", ")
                ),
                span: check.span,
                help: format!(
                    "correct the times in the source; `dwc verify` counts such rows as check `{MILESTONE_ORDER}`"
                ),
            }),
        }))
    }
}
