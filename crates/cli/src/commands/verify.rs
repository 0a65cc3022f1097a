//! `dwc verify`: checks the structure of every loaded table.

use dwc_compiler::diagnostic::Diagnostic;
use dwc_runner::{Error, audit};

use super::{context, run::diagnostic};
use crate::args::Global;
use crate::exit::Exit;

pub(super) fn run(global: &Global) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let warehouse = context.warehouse_to_read()?;
    let audit = audit(warehouse.as_ref(), &context.project)?;
    let found: Vec<Diagnostic> = audit.offences.iter().map(diagnostic).collect();
    let told: Vec<Diagnostic> = audit.told.iter().map(diagnostic).collect();
    if !told.is_empty() {
        context.report(&told);
    }
    if found.is_empty() {
        eprintln!("every loaded table passes its checks");
        return Ok(Exit::Done);
    }
    context.report(&found);
    Ok(Exit::InputWrong)
}
