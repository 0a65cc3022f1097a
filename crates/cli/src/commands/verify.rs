//! `dwc verify`: checks the structure of every loaded table, compares its rows with what is landed and that with the sources,
//! repairs what differs, and makes the declared checks.

use std::collections::BTreeSet;

use dwc_compiler::diagnostic::{Code, Diagnostic, Severity};
use dwc_compiler::model::{Project, Table, asks_modified};
use dwc_runner::{
    Checked, Claim, CompareOptions, Compared, Error, ModelOutcome, Offence, ReconcileOptions, Reconciled,
    TableReconciled, audit, check, compare, reconcile, waiting,
};

use super::context::{self, Context};
use super::now;
use super::run::diagnostic;
use crate::args::{FailOn, Format, Global, VerifyArgs};
use crate::exit::Exit;
use crate::views::diagnostics::counted;
use crate::views::progress::Progress;

pub(super) fn run(global: &Global, asked: &VerifyArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let tables = asked.sources.as_ref().map(|names| tables(&context.project, names)).transpose()?;
    let warehouse = if asked.repair { context.warehouse()? } else { context.warehouse_to_read()? };
    let _lease = match asked.repair {
        true => context::lease(warehouse.as_ref(), &Claim::Warehouse, std::time::Duration::ZERO)?,
        false => None,
    };
    let select = selected(&context, warehouse.as_ref())?;
    let at = now(None)?;
    // What is landed is mended before the star that is compared with it.
    let reconciled = match tables {
        Some(named) => {
            let tables = read_by(&context.project, named, &select);
            let options = ReconcileOptions { tables, at, repairs: asked.repair };
            let progress = Progress::new(global);
            let folder = &global.project_dir;
            let mut tell = |step: &str| progress.step(step);
            let done = reconcile(warehouse.as_ref(), &context.project, folder, &options, &mut tell);
            progress.finish();
            done?
        }
        None => Reconciled::default(),
    };
    let compared = if asked.structure {
        Compared::default()
    } else {
        compare(
            warehouse.as_ref(),
            &context.project,
            &CompareOptions { select: select.clone(), at, repairs: asked.repair },
        )?
    };
    let audit = audit(warehouse.as_ref(), &context.project, &select)?;
    let checked =
        if asked.structure { Checked::default() } else { check(warehouse.as_ref(), &context.project, &select, at)? };
    let offences = [&audit.offences, &reconciled.offences, &compared.offences, &checked.failed];
    let told = [&audit.told, &reconciled.told];
    let warned = reconciled.mended.iter().chain(&compared.mended).chain(&checked.warned);
    let warned = warned.map(|offence| Diagnostic { severity: Severity::Warning, ..diagnostic(offence) });
    let found: Vec<Diagnostic> =
        told.into_iter().flatten().chain(offences.into_iter().flatten()).map(diagnostic).chain(warned).collect();
    if !found.is_empty() || global.format == Format::Json {
        context.report(&found);
    }
    for table in &reconciled.tables {
        eprintln!("{}", told_of(table));
    }
    let loaded = reconciled.models.iter().filter(|report| report.outcome != ModelOutcome::UpToDate);
    for report in loaded.chain(&compared.repaired) {
        eprintln!("{}", repaired(&report.model, report.inserted, report.updated, report.deleted));
    }
    if !compared.waiting.is_empty() {
        eprintln!("not compared, because `dwc run` has yet to load what is landed: {}", compared.waiting.join(", "));
    }
    let fails = |all: &[&Vec<Offence>]| all.iter().any(|some| !some.is_empty());
    if fails(&offences) || (asked.fail_on == FailOn::Warn && fails(&[told[0], told[1], &checked.warned])) {
        // A source that does not answer may do so later.
        let codes = || offences.into_iter().flatten().map(|offence| offence.code);
        let may_pass = codes().count() > 0 && codes().all(|code| Exit::of(Some(code)) == Exit::WorldFailed);
        return Ok(if may_pass { Exit::WorldFailed } else { Exit::InputWrong });
    }
    eprintln!("every loaded table passes its checks");
    Ok(Exit::Done)
}

/// The addresses of the tables that `--sources` names; all of the project's where it names none.
fn tables(project: &Project, names: &[String]) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        let is_named = |table: &&Table| &table.source == name || &table.address == name;
        let before = all.len();
        all.extend(project.tables.iter().filter(is_named).map(|table| table.address.clone()));
        if all.len() == before {
            let known: Vec<&str> = project.sources.iter().map(|source| source.name.as_str()).collect();
            return Err(Error::coded(Code::UnknownName, format!("there is no source or source table `{name}`"))
                .help(format!("the sources are {}; write a table as `source.table`", known.join(", "))));
        }
    }
    if all.is_empty() {
        all.extend(project.tables.iter().map(|table| table.address.clone()));
    }
    Ok(all)
}

/// Those of the tables that models of these names read; all of them where none is named.
fn read_by(project: &Project, tables: Vec<String>, models: &[String]) -> Vec<String> {
    if models.is_empty() {
        return tables;
    }
    let queries = models.iter().filter_map(|name| project.model(name)).filter_map(|id| project.query(id));
    let read: BTreeSet<&str> =
        queries.flat_map(|query| &query.analysis.tables).map(|used| used.table.as_str()).collect();
    tables.into_iter().filter(|table| read.contains(table.as_str())).collect()
}

/// What is said of one table that was compared with its source.
fn told_of(table: &TableReconciled) -> String {
    let TableReconciled { table: name, left_out, .. } = table;
    if let Some(why) = left_out {
        return format!("not compared with its source: `{name}`, because {why}");
    }
    let parts = [
        (table.missing, "missing"),
        (table.different, "different"),
        (table.extra, "gone from the source"),
        (table.newer, "left to the next run"),
        (table.rejected, "without a place in the declared types"),
    ];
    let parts: String =
        parts.iter().filter(|(rows, _)| *rows > 0).map(|(rows, what)| format!(", {rows} {what}")).collect();
    let why = table.unsummed.as_ref().map_or_else(String::new, |column| format!(" (`{column}` has no sum)"));
    let mut told = format!("compared `{name}` with its source: {} read{why}{parts}", rows(table.read));
    if let Some(done) = &table.repaired {
        told = format!("{told}\n{}", repaired(name, done.inserted, done.updated, done.deleted));
    }
    told
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

fn repaired(name: &str, inserted: i64, updated: i64, deleted: i64) -> String {
    format!("repaired `{name}`: {} inserted, {} updated, {} deleted", rows(inserted), rows(updated), rows(deleted))
}

fn rows(count: i64) -> String {
    counted(usize::try_from(count).unwrap_or(0), "row")
}
