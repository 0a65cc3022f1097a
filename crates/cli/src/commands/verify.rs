//! `dwc verify`: checks the structure of every loaded table, compares its rows with what is landed and that with the sources,
//! repairs what differs, and makes the declared checks.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::{Code, Diagnostic, Severity};
use dwc_compiler::model::{Project, Table, asks_modified, seconds};
use dwc_runner::{
    Checked, Claim, CompareOptions, Compared, Error, Looked, ModelOutcome, ReconcileOptions, Reconciled,
    TableReconciled, Weight, audit, check, compare, reconcile, waiting,
};

use super::context::{self, Context};
use super::run::diagnostic;
use super::{notify, now, write_out};
use crate::args::{FailOn, Format, Global, VerifyArgs};
use crate::exit::Exit;
use crate::views::diagnostics::counted;
use crate::views::progress::Progress;
use crate::views::verify::Verified;

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
    let since = asked.since.as_deref().map(|text| since(text, at)).transpose()?;
    // What is landed is mended before the star that is compared with it.
    let reconciled = match tables {
        Some(named) => {
            let tables = read_by(&context.project, named, &select);
            let options =
                ReconcileOptions { since, share: asked.sample, ..ReconcileOptions::all(tables, at, asked.repair) };
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
            &CompareOptions { select: select.clone(), at, repairs: asked.repair, since },
        )?
    };
    let audit = audit(warehouse.as_ref(), &context.project, &select)?;
    let checked =
        if asked.structure { Checked::default() } else { check(warehouse.as_ref(), &context.project, &select, at)? };
    let looked = reconciled.looked.iter().chain(&audit.looked).chain(&compared.looked).chain(&checked.looked);
    let (target, _) = context.target()?;
    let verified = Verified {
        files: &context.files,
        project: &context.project,
        target,
        looked: looked.collect(),
        tables: &reconciled.tables,
        fail_on: asked.fail_on,
    };
    for (path, text) in [(&asked.junit, verified.junit()), (&asked.markdown, verified.markdown())] {
        if let Some(path) = path {
            std::fs::write(path, text)
                .map_err(|cause| Error::because(format!("`{}` could not be written", path.display()), cause))?;
        }
    }
    notify::tell_findings(&context, &verified.looked)?;
    let found = diagnostics(&verified.looked);
    if global.format == Format::Json {
        write_out(format!("{:#}\n", verified.json(&found)).as_bytes())?;
    } else if !found.is_empty() {
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
    for one in compared.looked.iter().filter(|one| one.part.is_some() || one.tolerated > 0) {
        eprintln!("{}", told_of_model(one));
    }
    if since.is_some() {
        let whole = compared.looked.iter().filter(|one| one.part.is_none() && one.left_out.is_none());
        let whole: Vec<&str> = whole.map(|one| one.of.as_str()).collect();
        if !whole.is_empty() {
            eprintln!("compared whole, because they have no event time: {}", whole.join(", "));
        }
    }
    let is_of =
        |weight: Weight| verified.looked.iter().any(|one| one.findings.iter().any(|found| found.weight == weight));
    if is_of(Weight::Error) || (asked.fail_on == FailOn::Warn && is_of(Weight::Warning)) {
        // A source that does not answer may do so later.
        let errors = verified.looked.iter().flat_map(|one| &one.findings).filter(|found| found.weight == Weight::Error);
        let mut codes = errors.map(|found| found.offence.code);
        let may_pass = is_of(Weight::Error) && codes.all(|code| Exit::of(Some(code)) == Exit::WorldFailed);
        return Ok(if may_pass { Exit::WorldFailed } else { Exit::InputWrong });
    }
    eprintln!("every loaded table passes its checks");
    Ok(Exit::Done)
}

/// What was found as diagnostics: what is worth telling, then errors, then what is mended.
fn diagnostics(looked: &[&Looked]) -> Vec<Diagnostic> {
    let of = |weight: Weight| {
        let findings = looked.iter().flat_map(|one| &one.findings).filter(move |found| found.weight == weight);
        findings.map(move |found| {
            let one = diagnostic(&found.offence);
            if weight == Weight::Error { one } else { Diagnostic { severity: Severity::Warning, ..one } }
        })
    };
    of(Weight::Warning).chain(of(Weight::Error)).chain(of(Weight::Mended)).collect()
}

/// A time, or one that lies so far back.
fn since(text: &str, at: NaiveDateTime) -> Result<NaiveDateTime, Error> {
    let back = seconds(text).and_then(|seconds| chrono::TimeDelta::try_seconds(i64::try_from(seconds).ok()?));
    match back.and_then(|back| at.checked_sub_signed(back)) {
        Some(since) => Ok(since),
        None => dwc_runner::parse_time(text).ok_or_else(|| {
            Error::coded(Code::WrongValue, format!("`{text}` is neither a time nor an age"))
                .help("write it as 2026-03-20, 2026-03-20T09:30:00, 12h or 2d")
        }),
    }
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
        (table.tolerated, "within the tolerance"),
        (table.extra, "gone from the source"),
        (table.newer, "left to the next run"),
        (table.rejected, "without a place in the declared types"),
    ];
    let parts: String =
        parts.iter().filter(|(rows, _)| *rows > 0).map(|(rows, what)| format!(", {rows} {what}")).collect();
    let why = table.unsummed.as_ref().map_or_else(String::new, |column| format!(" (`{column}` has no sum)"));
    let part = table.part().map_or_else(String::new, |part| format!(", {part}"));
    let mut told = format!("compared `{name}` with its source{part}: {} read{why}{parts}", rows(table.read));
    if let Some(done) = &table.repaired {
        told = format!("{told}\n{}", repaired(name, done.inserted, done.updated, done.deleted));
    }
    told
}

/// What is said of one model of which a part was compared, or a part of what differs is tolerated.
fn told_of_model(one: &Looked) -> String {
    let part = one.part.as_ref().map_or_else(String::new, |part| format!(" {part}"));
    let compared = one.rows.map_or_else(String::new, |compared| format!(": {} compared", rows(compared)));
    let near = if one.tolerated > 0 { format!(", {} within the tolerance", one.tolerated) } else { String::new() };
    format!("compared `{}` with what is landed{part}{compared}{near}", one.of)
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
