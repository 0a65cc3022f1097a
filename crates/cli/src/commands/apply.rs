//! `dwc apply`: makes the warehouse what the models say, after a look at the plan, or carries out a saved plan.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use dwc_compiler::sql;
use dwc_runner::{Claim, Error, SavedPlan, carry_out, plan};
use serde_json::json;

use super::{context, now, say_done};
use crate::args::Global;
use crate::exit::Exit;
use crate::views;
use crate::views::diagnostics::counted;

/// What is applied, as it stands on the command line.
pub(super) struct Asked<'a> {
    pub(super) plan: Option<&'a PathBuf>,
    pub(super) wait: Option<&'a str>,
    pub(super) auto_approve: bool,
    pub(super) allowed: &'a [String],
}

pub(super) fn run(global: &Global, asked: &Asked<'_>) -> Result<Exit, Error> {
    let saved = asked.plan.map(|file| SavedPlan::read(Path::new(file))).transpose()?;
    let global = placed(global, saved.as_ref());
    let Some(context) = context::load(&global)? else { return Ok(Exit::InputWrong) };
    let (target, _) = context.target()?;
    if let Some(saved) = &saved {
        saved.belongs(context.place()?)?;
    }
    let longest = super::run::wait(asked.wait)?;
    let warehouse = context.warehouse_within(longest)?;
    let _lease = context::lease(warehouse.as_ref(), &Claim::Warehouse, longest)?;
    let planned = plan(warehouse.as_ref(), &context.project)?;
    let mut allowed = asked.allowed.to_vec();
    if let Some(saved) = &saved {
        saved.still(&planned)?;
        allowed.extend(saved.allow_destructive.iter().cloned());
    }
    if planned.set.changes.is_empty() && planned.drift.is_empty() {
        return say_done(&global, "nothing to change", &json!({ "target": target, "changed": 0 }));
    }
    // Who applies a saved plan has looked at it.
    if saved.is_none() && asks(asked.auto_approve) {
        let loads = sql::load_modes(&context.project);
        eprint!("{}", views::plan::Plan::of(&context.project, target, &planned, loads).human(views::color(&global)));
        if !confirmed(&format!("apply this to `{target}`?")) {
            return Ok(Exit::InputWrong);
        }
    }
    let report = carry_out(warehouse.as_ref(), &context.project, &planned, now(None)?, &allowed)?;
    if let Some(snapshot) = &report.snapshot {
        eprintln!("the warehouse as it was is kept in {snapshot}");
    }
    for note in &report.notes {
        eprintln!("{note}");
    }
    let changes = counted(report.changed, "change");
    let sentence = format!("applied {changes} to `{target}`; the state's serial is {}", report.serial);
    let data = json!({
        "target": target,
        "changed": report.changed,
        "serial": report.serial,
        "snapshot": report.snapshot,
        "notes": report.notes,
    });
    say_done(&global, &sentence, &data)
}

/// A saved plan goes where it was made for, unless the command line says where.
fn placed(global: &Global, saved: Option<&SavedPlan>) -> Global {
    let mut global = global.clone();
    if let Some(saved) = saved.filter(|_| global.target.is_none() && global.env.is_none()) {
        global.target = Some(saved.target.clone());
        global.env.clone_from(&saved.environment);
    }
    global
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
