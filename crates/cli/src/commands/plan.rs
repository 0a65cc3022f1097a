//! `dwc plan`: what an apply would change, for reading, for a review, as JSON or as SQL, or saved for `dwc apply FILE`.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{ModelId, TargetType, select_modified};
use dwc_compiler::plan::{ChangeSet, diff};
use dwc_compiler::sql::{self, PartitionMode};
use dwc_runner::{Error, Figures, Planned, SavedPlan, Warehouse, figures, plan, read_revision};

use super::context::{self, Context};
use super::{output, write_out};
use crate::args::{Format, Global, PlanArgs};
use crate::exit::Exit;
use crate::views;
use crate::views::plan::{Made, Plan};

pub(super) fn run(global: &Global, args: &PlanArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    if let Some(revision) = &args.against {
        return against(&context, args, revision);
    }
    if let Some(file) = &args.out {
        output::may_overwrite(file, "a saved plan", "\"dwc\":")?;
    }
    let (target, _) = context.target()?;
    let warehouse = context.warehouse_to_read()?;
    let planned = plan(warehouse.as_ref(), &context.project)?;
    if let Some(file) = &args.out {
        SavedPlan::of(&planned, context.place()?, &args.allow_destructive)?.write(file)?;
    }
    let mut view = Plan::of(&context.project, target, &planned, sql::load_modes(&context.project));
    only_selected(&context, &planned.set, &mut view)?;
    if let Some(environment) = &args.data {
        view.put_data(environment, &data(&context, warehouse.as_ref(), environment, &planned, &view)?);
    }
    let mut under = String::new();
    if warehouse.ty() == TargetType::Bigquery {
        // A fact that is not there yet cannot be asked.
        let bytes = |mode: &PartitionMode| warehouse.bytes_of(&mode.sample).ok().flatten();
        let modes = sql::partition_modes(&context.project, warehouse.schema(&context.project));
        under = views::partitions::human(&modes, &bytes);
    }
    // Nothing was written: a file of thousands of tables need not be taken down one by one.
    std::mem::forget(warehouse);
    write_plan(global, args, &view, &under)
}

/// What the tables that change hold now, and in an environment in which the change is carried out.
fn data(
    context: &Context<'_>,
    warehouse: &dyn Warehouse,
    name: &str,
    planned: &Planned,
    view: &Plan,
) -> Result<Vec<Figures>, Error> {
    let global = Global { env: Some(name.to_owned()), ..context.global.clone() };
    let Some(own) = context::load(&global)? else { return Ok(Vec::new()) };
    let environment = own.warehouse_to_read()?;
    if !plan(environment.as_ref(), &own.project)?.set.changes.is_empty() {
        return Err(Error::coded(Code::NotApplied, format!("environment `{name}` does not have these models"))
            .help(format!("run `dwc apply --env {name}` and `dwc run --env {name}` first")));
    }
    figures(warehouse, environment.as_ref(), &context.project, planned, &view.models())
}

/// The plan from another revision of the models to these, by the files alone.
fn against(context: &Context<'_>, args: &PlanArgs, revision: &str) -> Result<Exit, Error> {
    let (_, target) = context.target()?;
    let schema = context.schema(target);
    let former = dwc_compiler::check(&read_revision(&context.global.project_dir, revision)?).project;
    let Some(former) = former else {
        return Err(Error::coded(Code::UnknownRevision, format!("the models at `{revision}` do not pass `dwc check`"))
            .help("check out that revision and run `dwc check`, or name one that passes"));
    };
    let before = sql::manifest(&former, target.ty, &context.schema_of(&former, target));
    let wanted = sql::manifest(&context.project, target.ty, &schema);
    let set = diff(Some(&before), &wanted);
    let statements = sql::change_statements(&context.project, target.ty, &schema, &set);
    let mut view = Plan::new(Made {
        project: &context.project,
        target: revision,
        set: &set,
        statements: &statements,
        before: Some(&before),
        wanted: &wanted,
        loads: sql::load_modes(&context.project),
        warehouse: None,
    });
    only_selected(context, &set, &mut view)?;
    write_plan(context.global, args, &view, "")
}

/// Leaves what `--select` names; a saved plan is always whole.
fn only_selected(context: &Context<'_>, set: &ChangeSet, view: &mut Plan) -> Result<(), Error> {
    let words = &context.global.select;
    if words.is_empty() {
        return Ok(());
    }
    let chosen = select_modified(&context.project, words, &changed(context, set)).map_err(context::no_model)?;
    let names: Vec<&str> = chosen.into_iter().map(|id| context.project.model_name(id)).collect();
    view.only(&names);
    Ok(())
}

/// The models that a change set changes, source tables by the models that read them.
fn changed(context: &Context<'_>, set: &ChangeSet) -> Vec<ModelId> {
    let owners: std::collections::BTreeSet<&str> = set
        .changes
        .iter()
        .filter_map(|change| change.after.as_ref().or(change.before.as_ref()))
        .map(|object| object.owner.as_str())
        .collect();
    let project = &context.project;
    let reads = |id: &ModelId| {
        let tables = project.query(*id).map(|query| &query.analysis.tables);
        tables.is_some_and(|tables| tables.iter().any(|used| owners.contains(used.table.as_str())))
    };
    project.order.iter().copied().filter(|id| owners.contains(project.model_name(*id)) || reads(id)).collect()
}

/// `under` is what stands below the text for reading.
fn write_plan(global: &Global, args: &PlanArgs, view: &Plan, under: &str) -> Result<Exit, Error> {
    let text = match global.format {
        Format::Json => format!("{}\n", view.json()?),
        Format::Markdown => view.markdown(),
        _ if args.sql => view.sql(),
        _ => format!("{}{under}", view.human(views::color(global))),
    };
    write_out(text.as_bytes())?;
    Ok(if args.detailed_exitcode && !view.is_empty() { Exit::ChangesPresent } else { Exit::Done })
}
