//! `dwc verify`: checks the structure of every loaded table.

use dwc_compiler::diagnostic::Diagnostic;
use dwc_runner::{Error, audit};

use super::{context, run::diagnostic};
use crate::args::{Format, Global};
use crate::exit::Exit;

pub(super) fn run(global: &Global) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let warehouse = context.warehouse_to_read()?;
    let audit = audit(warehouse.as_ref(), &context.project)?;
    let is_sound = audit.offences.is_empty();
    let found: Vec<Diagnostic> = audit.told.iter().chain(&audit.offences).map(diagnostic).collect();
    if !found.is_empty() || global.format == Format::Json {
        context.report(&found);
    }
    if is_sound {
        eprintln!("every loaded table passes its checks");
        return Ok(Exit::Done);
    }
    Ok(Exit::InputWrong)
}
