//! A rebuild: the history of one dimension since an instant is forgotten and computed from what is landed, or a fact
//! from all of it. The versions that change are told first; a rebuild that is only shown changes nothing.

use chrono::NaiveDateTime;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::Project;
use dwc_compiler::plan::Statement;
use dwc_compiler::sql;
use serde::Serialize;

use super::blame;
use super::report::ModelReport;
use super::run::{plan, take, unsupported};
use crate::state::change::StateChange;
use crate::warehouse::unit::{Done, Found, Held, Keep, Step, Unit};
use crate::warehouse::version::VersionChange;
use crate::{DuckDbWarehouse, Error, Offence, Warehouse};

/// What a rebuild is told.
#[derive(Debug, Clone)]
pub struct RebuildOptions {
    /// The model's name.
    pub model: String,
    /// The instant, UTC, since which the history of a dimension is computed anew; all of it where left out.
    pub from: Option<NaiveDateTime>,
    /// The time of the rebuild, UTC: the instant of rows whose source gives none.
    pub at: NaiveDateTime,
    /// States that landing no longer holds may be forgotten.
    pub may_lose: bool,
    /// Nothing is kept: the report says what would be.
    pub only_shown: bool,
}

/// What a rebuild did, or would do.
#[derive(Debug, Clone, Serialize)]
pub struct RebuildReport {
    /// What the load of the model did.
    pub load: ModelReport,
    /// States that are forgotten and that landing does not give again.
    pub lost: i64,
    /// Versions that change, at most 1,000 of them, by member and begin.
    pub versions: Vec<VersionChange>,
}

/// Rebuilds a model, or shows what that would change.
///
/// # Errors
/// No model of the name, models that are not applied, states that would be lost and were not allowed to be, or an external system failed.
/// Offences of data are part of the result.
pub fn rebuild(
    engine: &dyn Warehouse,
    project: &Project,
    options: &RebuildOptions,
) -> Result<(RebuildReport, Vec<Offence>), Error> {
    let plan = plan(engine, project)?;
    let Some(model) = plan.models.iter().find(|model| model.name == options.model) else {
        return Err(Error::coded(Code::UnknownName, format!("`{}` is not a model that is loaded", options.model))
            .help("name a dimension or a fact that is read from a source"));
    };
    let rebuild =
        sql::rebuild_statements(project, engine.ty(), engine.schema(project), model.model).map_err(unsupported)?;
    if rebuild.is_none() && options.from.is_some() {
        return Err(Error::coded(Code::WrongValue, format!("`{}` is a fact, which has no history", model.name))
            .help("leave `--from` out: a fact is computed from everything that is landed"));
    }
    let mut report = RebuildReport { load: ModelReport::of(&model.name), lost: 0, versions: Vec::new() };
    let mut offences = Vec::new();
    let statements = rebuild.as_ref().unwrap_or(&model.full);
    if let Err(held) = carry_out(engine, &model.name, statements, options, &mut report) {
        match blame::held(engine, project, model.model, held) {
            Held::Offence(offence) => offences.push(offence),
            Held::World(error) => return Err(error),
        }
    }
    Ok((report, offences))
}

fn carry_out(
    engine: &dyn Warehouse,
    model: &str,
    statements: &[Statement],
    options: &RebuildOptions,
    report: &mut RebuildReport,
) -> Result<(), Held> {
    let keep = match (options.only_shown, options.may_lose) {
        (true, _) => Keep::Never,
        (false, true) => Keep::Always,
        (false, false) => Keep::UnlessLost,
    };
    let unit = |state: &DuckDbWarehouse| {
        let batch = state.count("SELECT MAX(batch) FROM _dwc.batches")?;
        Ok(Some(Unit {
            name: format!("rebuild_{model}"),
            batch,
            since: 0,
            at: options.at,
            from: options.from,
            steps: statements.iter().map(Step::from).collect(),
            records: vec![StateChange::Consumed { model: model.to_owned(), batch }],
            keep,
        }))
    };
    let done = engine.commit(&mut |state| unit(state))?;
    let Some(Done { found, kept }) = done else { return Ok(()) };
    for (_, found) in &found {
        if let Found::Versions(rows) = found {
            report.versions.clone_from(rows);
        }
    }
    take(statements, found, &mut report.load);
    report.lost = std::mem::take(&mut report.load.lost);
    if !kept && !options.only_shown {
        return Err(lossy(model, options, report.lost).into());
    }
    Ok(())
}

/// Why a rebuild is not carried out that would lose states.
fn lossy(model: &str, options: &RebuildOptions, lost: i64) -> Error {
    let since = options.from.map_or(String::new(), |from| format!(" since {}", from.format("%Y-%m-%d %H:%M:%S")));
    Error::coded(
        Code::StatesLost,
        format!("a rebuild of `{model}`{since} would lose {lost} states that landing no longer has"),
    )
    .help(format!(
        "declare `retain: history` for its table to keep them from now on; if you mean the loss, add --allow-destructive {model}"
    ))
}
