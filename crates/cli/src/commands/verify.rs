//! `dwc verify`: checks the structure of every loaded table, compares its rows with what is landed, repairs what differs, and
//! makes the declared checks.

use dwc_compiler::diagnostic::{Diagnostic, Severity};
use dwc_compiler::model::asks_modified;
use dwc_runner::{Checked, Claim, CompareOptions, Compared, Error, ModelReport, audit, check, compare, waiting};

use super::context::{self, Context};
use super::now;
use super::run::diagnostic;
use crate::args::{Format, Global, VerifyArgs};
use crate::exit::Exit;
use crate::views::diagnostics::counted;

pub(super) fn run(global: &Global, asked: &VerifyArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let warehouse = if asked.repair { context.warehouse()? } else { context.warehouse_to_read()? };
    let _lease = match asked.repair {
        true => context::lease(warehouse.as_ref(), &Claim::Warehouse, std::time::Duration::ZERO)?,
        false => None,
    };
    let select = selected(&context, warehouse.as_ref())?;
    let compared = if asked.structure {
        Compared::default()
    } else {
        let options = CompareOptions { select: select.clone(), at: now(None)?, repairs: asked.repair };
        compare(warehouse.as_ref(), &context.project, &options)?
    };
    let audit = audit(warehouse.as_ref(), &context.project, &select)?;
    let checked = if asked.structure {
        Checked::default()
    } else {
        check(warehouse.as_ref(), &context.project, &select, now(None)?)?
    };
    let is_sound = audit.offences.is_empty() && compared.offences.is_empty() && checked.failed.is_empty();
    let warned = compared.mended.iter().chain(&checked.warned);
    let warned = warned.map(|offence| Diagnostic { severity: Severity::Warning, ..diagnostic(offence) });
    let wrong = audit.told.iter().chain(&audit.offences).chain(&compared.offences).chain(&checked.failed);
    let found: Vec<Diagnostic> = wrong.map(diagnostic).chain(warned).collect();
    if !found.is_empty() || global.format == Format::Json {
        context.report(&found);
    }
    for report in &compared.repaired {
        eprintln!("{}", repaired(report));
    }
    if !compared.waiting.is_empty() {
        eprintln!("not compared, because `dwc run` has yet to load what is landed: {}", compared.waiting.join(", "));
    }
    if is_sound {
        eprintln!("every loaded table passes its checks");
        return Ok(Exit::Done);
    }
    Ok(Exit::InputWrong)
}

/// The models of `--select` by name; none where it is not given.
fn selected(context: &Context<'_>, warehouse: &dyn dwc_runner::Warehouse) -> Result<Vec<String>, Error> {
    let words = &context.global.select;
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let changed = if asks_modified(words) { waiting(warehouse, &context.project)? } else { Vec::new() };
    let chosen = dwc_compiler::model::select_modified(&context.project, words, &changed).map_err(context::no_model)?;
    Ok(chosen.into_iter().map(|id| context.project.model_name(id).to_owned()).collect())
}

fn repaired(report: &ModelReport) -> String {
    let rows = |count: i64, what: &str| format!("{} {what}", counted(usize::try_from(count).unwrap_or(0), "row"));
    format!(
        "repaired `{}`: {}, {}, {}",
        report.model,
        rows(report.inserted, "inserted"),
        rows(report.updated, "updated"),
        rows(report.deleted, "deleted")
    )
}
