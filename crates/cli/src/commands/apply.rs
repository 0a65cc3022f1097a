//! `dwc apply`: makes the warehouse what the models say, after a look at the plan.

use std::io::{IsTerminal as _, Write as _};

use dwc_compiler::sql;
use dwc_runner::{Error, apply, changes};

use super::{context, now};
use crate::args::Global;
use crate::exit::Exit;
use crate::views;

pub(super) fn run(global: &Global, auto_approve: bool, allowed: &[String]) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let (target, _) = context.target()?;
    let warehouse = context.warehouse()?;
    let (set, serial, _) = changes(&warehouse, &context.project)?;
    if set.changes.is_empty() {
        eprintln!("nothing to change");
        return Ok(Exit::Done);
    }
    if asks(auto_approve) {
        let loads = sql::load_modes(&context.project);
        eprint!(
            "{}",
            views::plan::Plan::new(&context.project, target, serial, &set, loads).human(views::color(global))
        );
        if !confirmed(&format!("apply this to `{target}`?")) {
            return Ok(Exit::InputWrong);
        }
    }
    let report = apply(&warehouse, &context.project, &now(None)?.format("%Y-%m-%d %H:%M:%S").to_string(), allowed)?;
    eprintln!("applied {} changes to `{target}`; the state's serial is {}", report.changed, report.serial);
    Ok(Exit::Done)
}

/// Whether a person is there to be asked.
pub(super) fn asks(auto_approve: bool) -> bool {
    !auto_approve && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, and says so where the answer is not `yes`.
pub(super) fn confirmed(question: &str) -> bool {
    eprint!("\n{question} type yes: ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    let confirmed = read.is_ok() && answer.trim() == "yes";
    if !confirmed {
        eprintln!("nothing was changed");
    }
    confirmed
}
