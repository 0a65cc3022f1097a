//! The part of a project that a test needs: its models with all that they read. It is compiled by itself, so that a test of
//! one model costs the same however large the project is. It must not run anything.

use std::collections::BTreeSet;

use dwc_compiler::model::{Files, Missing, ModelId, Project, SourceType, Subject, UnitTest, select};
use dwc_compiler::source::{FileId, FileSet, Span};
use dwc_compiler::syntax::FileFormat;

use super::given;
use crate::{Error, Offence};

/// A part of a project, its sources being those of tests.
pub(super) struct Part {
    pub(super) project: Project,
    /// The files of the part, by the ids of the whole.
    files: Vec<FileId>,
}

/// The models that a test needs with all that they read, and the tables that it names: what decides its part.
pub(super) fn needed(project: &Project, test: &UnitTest) -> Vec<String> {
    let mut models: BTreeSet<String> = test.models().into_iter().map(str::to_owned).collect();
    let rejected = test.expect.iter().filter_map(|expected| match &expected.of {
        Subject::Rejected(name) => Some(name.as_str()),
        _ => None,
    });
    let (rejecting, rejected): (Vec<&str>, Vec<&str>) = rejected.partition(|name| project.model(name).is_some());
    models.extend(rejecting.into_iter().map(str::to_owned));
    let given = test.given.iter().flat_map(|run| &run.tables).map(|table| table.address.as_str());
    let tables: BTreeSet<&str> = given.chain(rejected).collect();
    let reads = |id: &ModelId| {
        let query = project.query(*id);
        query.is_some_and(|query| query.analysis.tables.iter().any(|used| tables.contains(used.table.as_str())))
    };
    // What is to be reported may be of any model that reads what is given.
    if !test.diagnostics.is_empty() || models.is_empty() {
        models.extend(project.order.iter().filter(|id| reads(id)).map(|id| project.model_name(*id).to_owned()));
    }
    // A fact gives members to a dimension that does not have them yet.
    let mut chosen = chosen(project, &models);
    let infers = |id: &ModelId| match id {
        ModelId::Fact(index) => project.facts[*index]
            .roles
            .iter()
            .any(|role| role.missing == Missing::Infer && chosen.contains(&ModelId::Dimension(role.dimension))),
        ModelId::Dimension(_) => false,
    };
    let inferring: Vec<ModelId> = project.order.iter().copied().filter(|id| reads(id) && infers(id)).collect();
    if !inferring.is_empty() {
        models.extend(inferring.into_iter().map(|id| project.model_name(id).to_owned()));
        chosen = self::chosen(project, &models);
    }
    let models = chosen.iter().map(|id| format!("model {}", project.model_name(*id)));
    models.chain(tables.into_iter().map(|table| format!("table {table}"))).collect()
}

/// Models with all that they read.
fn chosen(project: &Project, models: &BTreeSet<String>) -> Vec<ModelId> {
    let words: Vec<String> = models.iter().map(|model| format!("+{model}")).collect();
    if words.is_empty() { Vec::new() } else { select(project, &words).unwrap_or_default() }
}

impl Part {
    /// Compiles the part of a project that has these models and tables.
    pub(super) fn new(files: &FileSet, project: &Project, needed: &[String]) -> Result<Self, Error> {
        let mut wanted: BTreeSet<FileId> = BTreeSet::new();
        let mut tables: BTreeSet<&str> = BTreeSet::new();
        for name in needed {
            if let Some(table) = name.strip_prefix("table ") {
                tables.insert(table);
            }
            let Some(id) = name.strip_prefix("model ").and_then(|name| project.model(name)) else { continue };
            wanted.insert(match id {
                ModelId::Dimension(index) => project.dimensions[index].file,
                ModelId::Fact(index) => project.facts[index].file,
            });
            let query = project.query(id).into_iter();
            tables.extend(query.flat_map(|query| &query.analysis.tables).map(|used| used.table.as_str()));
        }
        let named = project.tables.iter().filter(|table| tables.contains(table.address.as_str()));
        wanted.extend(named.filter_map(|table| Some(project.source_of(table)?.span.file)));
        let is_project = |path: &str| path == "dwc.yml" || path == "dwc.yaml";
        let kept: Vec<(FileId, _)> =
            files.iter().filter(|(id, file)| wanted.contains(id) || is_project(&file.path)).collect();
        let part = FileSet::new(kept.iter().map(|(_, file)| (*file).clone()).collect());
        let ids: Vec<FileId> = kept.into_iter().map(|(id, _)| id).collect();
        let mut checked = dwc_compiler::check(&part);
        let (mut project, ids) = match checked.project.take() {
            Some(project) => (project, ids),
            // A rule of the whole design that a part breaks says nothing of the test.
            None => {
                let whole = dwc_compiler::check(files);
                let project = whole.project.ok_or_else(|| {
                    Error::because("the project could not be compiled again", std::io::Error::other("it has problems"))
                })?;
                (project, files.iter().map(|(id, _)| id).collect())
            }
        };
        give(&mut project);
        Ok(Self { project, files: ids })
    }

    /// A problem of the part at its place in the whole.
    pub(super) fn placed(&self, offence: Offence) -> Offence {
        let span = offence.span.and_then(|span| {
            let file = self.files.get(span.file.0 as usize)?;
            Some(Span { file: *file, ..span })
        });
        Offence { span, ..offence }
    }
}

/// Lets every source be what tests give: files of its own for a source of files, with the same contents and names that say the
/// same; tables beside the star for databases and landed tables.
fn give(project: &mut Project) {
    for source in project.sources.iter_mut().filter(|source| source.ty != SourceType::Files) {
        source.ty = SourceType::Warehouse;
        source.schema = Some(given::SCHEMA.to_owned());
    }
    for table in &mut project.tables {
        match &mut table.files {
            Some(files) => {
                *files = Files {
                    path: given::pattern(&table.address, files),
                    format: FileFormat::Json,
                    text: dwc_compiler::model::Text::default(),
                    ..files.clone()
                };
                for column in &mut table.columns {
                    column.header = None;
                }
            }
            None => table.physical.clone_from(&table.address),
        }
    }
}
