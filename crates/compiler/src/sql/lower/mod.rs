//! Lowering: a checked project becomes statements of one engine. Every decision falls here; templates write it down.

mod changes;
mod checks;
mod compared;
mod depends;
mod design;
mod digest;
mod dimension;
mod fact;
mod landing;
mod marks;
mod objects;
mod partitions;
mod probes;
mod reconcile;
pub(in crate::sql) mod relations;
mod screens;
mod seed;
mod states;
mod suspects;
mod views;

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;
use dwc_googlesql::{Problem, ProblemKind, with_room};
use rayon::prelude::*;

pub(crate) use self::dimension::as_of as temporal;
pub use changes::{ChangeStatement, Does, aside, change_statements};
pub use checks::checks;
pub use compared::compared;
pub use landing::waiting;
pub use marks::DeleteMark;
pub use objects::manifest;
pub use partitions::{PartitionMode, partition_modes};
pub use probes::{Asks, Probe, change_probes};
pub use reconcile::{Fetched, Only, Part, Reconciler, reconciled_columns, reconciler};
pub use states::{Start, starts};
pub use suspects::{ALL_ROWS, Landed, NO_ROWS, RowRange, Suspect, SuspectTable, suspects};

use self::dimension::Extent;
use super::dialect::{BigQuery, Dialect, DuckDb};
use super::template::{Rendered, Templates};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{ModelId, Project, TargetType};
use crate::plan::{LoadPlan, ModelLoad, Reads, Statement};
use crate::source::Span;

/// The state of one lowering: a project and the words of one engine.
pub(crate) struct Lowering<'a> {
    pub(crate) project: &'a Project,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) schema: String,
    templates: Templates,
    /// Statements are decided and not written down: what users wrote is translated alone.
    translates_only: bool,
    /// A load ends where it would change the model's table, and says what it would change.
    compares: bool,
    /// Rows of facts from before this instant, UTC, are not compared.
    since: Option<NaiveDateTime>,
    /// A load leaves values as they are that lie near enough to those that it would write.
    tolerates: bool,
    /// Which roles of which facts use a dimension, by its name.
    users: BTreeMap<&'a str, Vec<(usize, usize)>>,
}

/// How a model takes up changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadMode {
    /// The model's name.
    pub model: String,
    /// Why changes cannot be applied alone; `None` where they can.
    pub whole: Option<String>,
}

/// How every model with a query takes up changes, in load order; nothing is rendered for it.
#[must_use]
pub fn load_modes(project: &Project) -> Vec<LoadMode> {
    let lowering = Lowering::new(project, TargetType::Duckdb, &project.schema);
    let mode = |id: &ModelId| {
        let whole = match *id {
            ModelId::Dimension(index) => {
                let members = project.dimensions[index].members()?;
                with_room(&members.query.text, || lowering.whole_dimension(members))
            }
            ModelId::Fact(index) => {
                let fact = &project.facts[index];
                with_room(&fact.query.text, || lowering.whole_fact(fact))
            }
        };
        Some(LoadMode { model: project.model_name(*id).to_owned(), whole })
    };
    project.order.par_iter().filter_map(mode).collect()
}

/// The words of an engine.
#[must_use]
pub fn dialect(engine: TargetType) -> &'static dyn Dialect {
    match engine {
        TargetType::Duckdb => &DuckDb,
        TargetType::Bigquery => &BigQuery,
    }
}

/// Everything that a run of the project can execute on an engine, whose star lies in `schema`.
///
/// # Errors
/// What the engine has no equal of in a user's SQL (DW08), each at its place.
pub fn load_plan(project: &Project, engine: TargetType, schema: &str) -> Result<LoadPlan, Vec<Diagnostic>> {
    let lowering = Lowering::new(project, engine, schema);
    let kept = temporal::kept(project);
    let mut models: Vec<ModelLoad> = Vec::new();
    let mut problems = Vec::new();
    for id in &project.order {
        match lowering.model(*id) {
            Ok(load) => models.extend(load.map(with_gates_commented)),
            Err(found) => problems.extend(found),
        }
    }
    // The states of a table that no model reads yet wait for one.
    let read: HashSet<&String> = models.iter().flat_map(|load| &load.tables).collect();
    let keeps = |address: &String| kept.contains(address) || !read.contains(address);
    let landings = project.tables.iter().map(|table| lowering.landing(table, keeps(&table.address))).collect();
    if problems.is_empty() { Ok(LoadPlan { landings, models }) } else { Err(problems) }
}

/// What keeps a project from being compiled for the engines of its targets; a load plan of a project without such problems
/// is always made.
#[must_use]
pub fn uncompilable(project: &Project) -> Vec<Diagnostic> {
    let engines: Vec<TargetType> = [TargetType::Duckdb, TargetType::Bigquery]
        .into_iter()
        .filter(|engine| project.targets.values().any(|target| target.ty == *engine))
        .collect();
    let mut found = Vec::new();
    for engine in engines {
        let lowering = Lowering { translates_only: true, ..Lowering::new(project, engine, &project.schema) };
        let problems = project.order.par_iter().filter_map(|id| lowering.model(*id).err());
        found.extend(problems.collect::<Vec<_>>().into_iter().flatten());
        found.extend(lowering.checks().err().into_iter().flatten());
    }
    found
}

/// What a rebuild of a dimension executes: the states since an instant are forgotten and computed from everything that
/// is landed. A model that keeps no states has nothing of the kind.
///
/// # Errors
/// What the engine has no equal of in a user's SQL (DW08), each at its place.
pub fn rebuild_statements(
    project: &Project,
    engine: TargetType,
    schema: &str,
    id: ModelId,
) -> Result<Option<Vec<Statement>>, Vec<Diagnostic>> {
    let ModelId::Dimension(index) = id else { return Ok(None) };
    let dimension = &project.dimensions[index];
    let lowering = Lowering::new(project, engine, schema);
    let rebuilt = |members| lowering.dimension_statements(dimension, members, Extent::Rebuild);
    dimension.members().map(rebuilt).transpose()
}

/// What shows how a loaded model differs from what is landed, as its whole load would leave it.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The load up to the point where it would change the table, and what tells the differences. Nothing of it is kept.
    pub statements: Vec<Statement>,
    /// Removes the rows that share a key, so that a whole load gives each of them once.
    pub removes_doubled: Statement,
    /// The whole load that leaves alone what is tolerated; the model's own where it tolerates nothing.
    pub repair: Option<Vec<Statement>>,
    /// Only rows of the period that was asked for are compared.
    pub is_recent: bool,
}

/// How a model is compared with what is landed; of a fact with an event time, rows since an instant, UTC, where one is given.
///
/// # Errors
/// What an engine has no equal of in a user's SQL.
pub fn comparison(
    project: &Project,
    engine: TargetType,
    schema: &str,
    id: ModelId,
    since: Option<NaiveDateTime>,
) -> Result<Option<Comparison>, Vec<Diagnostic>> {
    let lowering = Lowering { compares: true, since, ..Lowering::new(project, engine, schema) };
    Ok(Some(match id {
        ModelId::Fact(index) => {
            let tolerant = Lowering { tolerates: true, ..Lowering::new(project, engine, schema) };
            lowering.compared_fact(&project.facts[index], &tolerant)?
        }
        ModelId::Dimension(index) => {
            let dimension = &project.dimensions[index];
            let Some(members) = dimension.members() else { return Ok(None) };
            Comparison {
                statements: lowering.dimension_statements(dimension, members, Extent::Full)?,
                removes_doubled: lowering.without_doubled(
                    &dimension.name,
                    &[crate::sql::template::Col::plain(crate::sql::names::key(&dimension.name))],
                ),
                repair: None,
                is_recent: false,
            }
        }
    }))
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(project: &'a Project, engine: TargetType, schema: &str) -> Self {
        let dialect = dialect(engine);
        let mut users: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (at, fact) in project.facts.iter().enumerate().filter(|(_, fact)| fact.rolls_up.is_none()) {
            for (place, role) in fact.roles.iter().enumerate() {
                users.entry(&project.dimensions[role.dimension].name).or_default().push((at, place));
            }
        }
        Self {
            project,
            dialect,
            schema: schema.to_owned(),
            templates: Templates::new(dialect),
            translates_only: false,
            compares: false,
            since: None,
            tolerates: false,
            users,
        }
    }

    fn model(&self, id: ModelId) -> Result<Option<ModelLoad>, Vec<Diagnostic>> {
        let text = self.project.query(id).map_or("", |query| query.text.as_str());
        with_room(text, || self.load_of(id))
    }

    fn load_of(&self, id: ModelId) -> Result<Option<ModelLoad>, Vec<Diagnostic>> {
        match id {
            ModelId::Dimension(index) => {
                let dimension = &self.project.dimensions[index];
                if let Some(Err(found)) = self.generated(dimension) {
                    return Err(problems_at(found, dimension.span));
                }
                dimension.members().map(|members| self.dimension(id, dimension, members)).transpose()
            }
            ModelId::Fact(index) => self.fact(id, &self.project.facts[index]).map(Some),
        }
    }

    /// Source tables and models that a model reads, by name.
    fn reads(&self, id: ModelId) -> (Vec<String>, Vec<String>) {
        let mut tables: Vec<String> = self
            .project
            .query(id)
            .into_iter()
            .flat_map(|query| &query.analysis.tables)
            .filter(|used| !used.table.starts_with("ref."))
            .map(|used| used.table.clone())
            .collect();
        tables.sort();
        tables.dedup();
        let upstream = self.project.upstream(id).into_iter().map(|up| self.project.model_name(up).to_owned()).collect();
        (tables, upstream)
    }

    fn reads_models(&self, id: ModelId) -> bool {
        let tables = self.project.query(id).map(|query| &query.analysis.tables);
        tables.is_some_and(|tables| tables.iter().any(|used| used.table.starts_with("ref.")))
    }

    pub(crate) fn path(&self, schema: &str, table: &str) -> String {
        format!("{}.{}", self.dialect.quote(schema), self.dialect.quote(table))
    }

    /// A table of the star.
    pub(crate) fn star(&self, table: &str) -> String {
        self.path(&self.schema, table)
    }

    /// The schema of landing tables.
    pub(crate) fn landing_schema(&self) -> String {
        format!("{}_landing", self.schema)
    }

    /// The schema of kept events.
    pub(crate) fn history_schema(&self) -> String {
        format!("{}_history", self.schema)
    }

    fn render(&self, template: &str, context: impl serde::Serialize) -> Vec<Statement> {
        if self.translates_only {
            return Vec::new();
        }
        self.templates.render(template, context).into_iter().map(statement).collect()
    }

    fn render_one(&self, template: &str, context: impl serde::Serialize) -> String {
        let sql: Vec<String> = self.templates.render(template, context).into_iter().map(|one| one.sql).collect();
        sql.join("\n")
    }
}

fn statement(rendered: Rendered) -> Statement {
    let reads = if rendered.reads.is_some() { Reads::Counts } else { Reads::Nothing };
    Statement { sql: rendered.sql, reads }
}

/// What an engine has no equal of in a user's SQL, at the place that declares it.
fn problems_at(found: Vec<Problem>, span: Span) -> Vec<Diagnostic> {
    found
        .into_iter()
        .map(|problem| {
            let code = match problem.kind {
                ProblemKind::Unwritable => Code::UnwritableSql,
                ProblemKind::TooDeep => Code::SqlDepth,
                _ => Code::UnsupportedSql,
            };
            let diagnostic = Diagnostic::new(code, problem.message).at(span, "in this query");
            match problem.help {
                Some(help) => diagnostic.help(help.text()),
                None => diagnostic,
            }
        })
        .collect()
}

/// Says above each gate what a row of it means: a reader of the SQL has no report to look at.
fn with_gates_commented(mut load: ModelLoad) -> ModelLoad {
    let audits = load.audits.iter_mut().map(|rule| &mut rule.statement);
    let all = load.full.iter_mut().chain(load.incremental.iter_mut().flatten()).chain(audits);
    for statement in all {
        if let Reads::Gate(gate) = &statement.reads {
            statement.sql = format!("-- a row here holds the load back: {}\n{}", gate.message, statement.sql);
        }
    }
    load
}
