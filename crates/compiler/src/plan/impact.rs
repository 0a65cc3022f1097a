//! What is downstream of a change: models, views, measures, and by their lineage single columns. It must not judge whether
//! they break.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
        let mut impact = Impact::default();
        let own = self.by_name.get(owner.as_str()).filter(|_| before.kind == ObjectKind::Star);
        let mut touched: Touched<'_> = BTreeMap::from([(owner.as_str(), self.touched(change, own))]);
        for id in self.project.order.iter().filter(|id| own == Some(*id) || reached.contains(*id)) {
            self.columns(*id, owner, &mut touched, &mut impact);
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

    /// The columns of a model that are made of columns that change; they change those that are made of them.
    fn columns<'t>(&'t self, id: ModelId, owner: &str, touched: &mut Touched<'t>, impact: &mut Impact) {
        let name = self.project.model_name(id);
        let hit = |own: &str, origins: &[(String, String)]| {
            let changes = |(table, column): &(String, String)| {
                let table = table.strip_prefix("ref.").unwrap_or(table);
                touched.get(table).is_some_and(|columns| columns.contains(column.as_str()))
            };
            (name == owner && touched.get(owner).is_some_and(|columns| columns.contains(own)))
                || origins.iter().any(changes)
        };
        let mut found: Vec<&str> = Vec::new();
        match id {
            ModelId::Dimension(index) => {
                let members = self.project.dimensions[index].members();
                let attributes = members.into_iter().flat_map(|members| &members.attributes);
                let made = attributes.filter(|one| hit(&one.column.name, &one.origins));
                found.extend(made.map(|one| one.column.name.as_str()));
                // What changes itself is said already.
                if name != owner {
                    impact.columns.extend(found.iter().map(|column| format!("{name}.{column}")));
                }
            }
            ModelId::Fact(index) => {
                let made = self.project.facts[index].measures.iter().filter(|one| hit(&one.column.name, &one.origins));
                found.extend(made.map(|one| one.column.name.as_str()));
                impact.measures.extend(found.iter().map(|column| format!("{name}.{column}")));
            }
        }
        touched.entry(name).or_default().extend(found);
    }

    /// The columns of the changed object whose values change: those that the differences name, or all of them where its
    /// rows are others.
    fn touched<'t>(&'t self, change: &'t Change, own: Option<&ModelId>) -> BTreeSet<&'t str> {
        let mut all = altered(change);
        let named = |part: &'t str| {
            let (word, name) = part.split_once(' ')?;
            matches!(word, "measure" | "attribute" | "column").then_some(name)
        };
        all.extend(change.differences.iter().filter_map(|one| named(&one.part)));
        // Keys of roles are no measures.
        let keys = ["role", "lookup", "calendar", "key_type", "keys", "name", "process", "partitioning", "clustering"];
        let of_keys = |part: &str| keys.contains(&part.split(' ').next().unwrap_or(part));
        let others = |part: &'t str| named(part).is_none() && !of_keys(part);
        let is_whole = change.reload && change.differences.iter().any(|one| others(&one.part));
        match own.filter(|_| is_whole || (change.reload && change.differences.is_empty())) {
            Some(ModelId::Fact(index)) => {
                all.extend(self.project.facts[*index].measures.iter().map(|one| one.column.name.as_str()));
            }
            Some(ModelId::Dimension(index)) => {
                let members = self.project.dimensions[*index].members();
                let attributes = members.into_iter().flat_map(|members| &members.attributes);
                all.extend(attributes.map(|one| one.column.name.as_str()));
            }
            None => {}
        }
        all
    }
}

/// Columns by their model or source table.
type Touched<'t> = BTreeMap<&'t str, BTreeSet<&'t str>>;

/// The columns that a change takes away, renames or retypes, by the names that they had.
fn altered(change: &Change) -> BTreeSet<&str> {
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
