//! What is downstream of a change: models, views, measures, and by their lineage single columns. It must not judge whether
//! they break.

use std::collections::{BTreeSet, HashMap};

use super::change::{Action, Alteration, Change};
use super::manifest::{Manifest, ObjectKind};
use crate::model::{ModelId, Project};

/// What is downstream of one change, each list by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impact {
    /// Models that read or look up the object's model or source table, directly or through others.
    pub models: Vec<String>,
    /// Views over the object.
    pub views: Vec<String>,
    /// Measures, as `fact.measure`, that are made of the columns that change; all of a fact that is computed anew.
    pub measures: Vec<String>,
    /// Other columns, as `model.column`, that are made of the columns that change.
    pub columns: Vec<String>,
}

/// Who reads whom, looked up once for many changes.
#[derive(Debug)]
pub struct Impacts<'p> {
    project: &'p Project,
    readers: HashMap<ModelId, Vec<ModelId>>,
    by_name: HashMap<&'p str, ModelId>,
    views: HashMap<&'p str, Vec<&'p str>>,
}

impl<'p> Impacts<'p> {
    /// Looks up who reads whom in the models as they are now.
    #[must_use]
    pub fn new(project: &'p Project, wanted: &'p Manifest) -> Self {
        let by_name: HashMap<&str, ModelId> = project.order.iter().map(|id| (project.model_name(*id), *id)).collect();
        let mut readers: HashMap<ModelId, Vec<ModelId>> = HashMap::new();
        for id in &project.order {
            for up in project.upstream_by(*id, |name| by_name.get(name).copied()) {
                readers.entry(up).or_default().push(*id);
            }
        }
        let mut views: HashMap<&str, Vec<&str>> = HashMap::new();
        for (address, object) in wanted.objects.iter().filter(|(_, object)| object.kind == ObjectKind::View) {
            views.entry(&object.owner).or_default().push(address);
        }
        Self { project, readers, by_name, views }
    }

    /// What is downstream of a change. Nothing is of what is new.
    #[must_use]
    pub fn of(&self, change: &Change) -> Impact {
        let Some(before) = change.before.as_ref().filter(|_| change.action != Action::Create) else {
            return Impact::default();
        };
        let owner = change.after.as_ref().map_or(&before.owner, |after| &after.owner);
        let mut reached = BTreeSet::new();
        let mut waiting: Vec<ModelId> = match self.by_name.get(owner.as_str()) {
            Some(id) => self.readers.get(id).cloned().unwrap_or_default(),
            None => self.readers_of_table(owner),
        };
        while let Some(id) = waiting.pop() {
            if reached.insert(id) {
                waiting.extend(self.readers.get(&id).into_iter().flatten());
            }
        }
        let touched = touched(change);
        let mut impact = Impact::default();
        let own = self.by_name.get(owner.as_str()).filter(|_| before.kind == ObjectKind::Star);
        for id in own.into_iter().chain(&reached) {
            self.columns(*id, owner, &touched, &mut impact);
        }
        if change.reload
            && let Some(ModelId::Fact(index)) = own
        {
            let fact = &self.project.facts[*index];
            impact.measures.extend(fact.measures.iter().map(|one| format!("{}.{}", fact.name, one.column.name)));
        }
        impact.models = reached.iter().map(|id| self.project.model_name(*id).to_owned()).collect();
        if before.kind != ObjectKind::View {
            let over = self.views.get(owner.as_str()).into_iter().flatten();
            impact.views = over.map(|address| address.trim_start_matches("view ").to_owned()).collect();
        }
        for list in [&mut impact.models, &mut impact.views, &mut impact.measures, &mut impact.columns] {
            list.sort();
            list.dedup();
        }
        impact
    }

    fn readers_of_table(&self, table: &str) -> Vec<ModelId> {
        let reads = |id: &&ModelId| {
            self.project.query(**id).is_some_and(|query| query.analysis.tables.iter().any(|used| used.table == table))
        };
        self.project.order.iter().filter(reads).copied().collect()
    }

    /// The columns of a model that are made of columns that change.
    fn columns(&self, id: ModelId, owner: &str, touched: &BTreeSet<&str>, impact: &mut Impact) {
        let reference = format!("ref.{owner}");
        let made = |origins: &[(String, String)]| {
            origins
                .iter()
                .any(|(table, column)| (table == owner || table == &reference) && touched.contains(column.as_str()))
        };
        let name = self.project.model_name(id);
        match id {
            ModelId::Dimension(index) => {
                let members = self.project.dimensions[index].members();
                let attributes = members.into_iter().flat_map(|members| &members.attributes);
                let hit = attributes.filter(|attribute| made(&attribute.origins));
                impact.columns.extend(hit.map(|attribute| format!("{name}.{}", attribute.column.name)));
            }
            ModelId::Fact(index) => {
                let measures = self.project.facts[index].measures.iter().filter(|measure| made(&measure.origins));
                impact.measures.extend(measures.map(|measure| format!("{name}.{}", measure.column.name)));
            }
        }
    }
}

/// The columns that a change takes away, renames or retypes, by the names that they had.
fn touched(change: &Change) -> BTreeSet<&str> {
    let mut touched: BTreeSet<&str> = change
        .alterations
        .iter()
        .filter_map(|alteration| match alteration {
            Alteration::DropColumn(name) | Alteration::RenameColumn { from: name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    if let (Some(before), Some(after)) = (&change.before, &change.after) {
        for column in &after.columns {
            touched.extend(before.former(column).filter(|old| old.ty != column.ty).map(|old| old.name.as_str()));
        }
    }
    touched
}
