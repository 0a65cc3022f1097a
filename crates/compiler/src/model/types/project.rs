//! A checked project: its names are unique, its references exist, its types are known and its graph has no cycle.
//! It must not know of engines.

use crate::source::Span;
use chrono_tz::Tz;
use indexmap::IndexMap;

use super::{Dimension, Fact, Notify, Query, Scd, Source, Table};
use crate::syntax::Target;

/// A checked project.
#[derive(Debug)]
pub struct Project {
    /// The project's name.
    pub name: String,
    /// The IANA zone of the business.
    pub timezone: Tz,
    /// The schema of the star's tables.
    pub schema: String,
    /// Warehouses by name, in the order declared.
    pub targets: IndexMap<String, Target>,
    /// The target of commands that name none.
    pub default_target: String,
    /// Sources, by name.
    pub sources: Vec<Source>,
    /// Source tables, by address.
    pub tables: Vec<Table>,
    /// Dimensions, by name.
    pub dimensions: Vec<Dimension>,
    /// Facts, by name.
    pub facts: Vec<Fact>,
    /// Models in the order in which they load: a dimension before the facts that look it up.
    pub order: Vec<ModelId>,
    /// Webhooks that are told what happened in a run, in the order declared.
    pub notify: Vec<Notify>,
}

/// A dimension or a fact of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelId {
    /// Index into [`Project::dimensions`].
    Dimension(usize),
    /// Index into [`Project::facts`].
    Fact(usize),
}

impl Project {
    /// The source table of an address.
    #[must_use]
    pub fn table(&self, address: &str) -> Option<&Table> {
        self.tables.binary_search_by(|table| table.address.as_str().cmp(address)).ok().map(|at| &self.tables[at])
    }

    /// What a policy of a dimension would govern and the dimension does not have; none where it governs something.
    #[must_use]
    pub fn idle(&self, dimension: &Dimension, policy: &str) -> Option<&'static str> {
        let members = dimension.members()?;
        let has = |scd: Scd| members.attributes.iter().any(|attribute| attribute.scd == scd);
        // A mini-dimension keeps the history of its base's members by the base's policies.
        let is_base = |other: &Dimension| other.mini().is_some_and(|mini| mini.base == dimension.name);
        match policy {
            "first_version" | "open_end" if !members.has_versions() && !self.dimensions.iter().any(is_base) => {
                Some("no attribute keeps versions")
            }
            "type1_scope" if !has(Scd::Type1) => Some("no attribute is of type 1"),
            "type1_scope" if !members.has_versions() => Some("no attribute keeps versions"),
            "late_type0" if !has(Scd::Type0) => Some("no attribute is of type 0"),
            _ => None,
        }
    }

    /// The source of a table.
    #[must_use]
    pub fn source_of(&self, table: &Table) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == table.source)
    }

    /// The zone of times without one in a table.
    #[must_use]
    pub fn zone_of(&self, table: &Table) -> Tz {
        self.source_of(table).map_or(self.timezone, |source| source.timezone)
    }

    /// A model's name.
    #[must_use]
    pub fn model_name(&self, id: ModelId) -> &str {
        match id {
            ModelId::Dimension(index) => &self.dimensions[index].name,
            ModelId::Fact(index) => &self.facts[index].name,
        }
    }

    /// Where a model is declared.
    #[must_use]
    pub fn model_span(&self, id: ModelId) -> Span {
        match id {
            ModelId::Dimension(index) => self.dimensions[index].span,
            ModelId::Fact(index) => self.facts[index].span,
        }
    }

    /// A model's query; calendars have none.
    #[must_use]
    pub fn query(&self, id: ModelId) -> Option<&Query> {
        match id {
            ModelId::Dimension(index) => self.dimensions[index].members().map(|members| &members.query),
            ModelId::Fact(index) => Some(&self.facts[index].query),
        }
    }

    /// The models that a model reads or looks up directly, without repetition.
    #[must_use]
    pub fn upstream(&self, id: ModelId) -> Vec<ModelId> {
        self.upstream_by(id, |name| self.model(name))
    }

    /// [`Project::upstream`], with the caller's own way from a name to its model.
    pub(crate) fn upstream_by(&self, id: ModelId, model: impl Fn(&str) -> Option<ModelId>) -> Vec<ModelId> {
        let mut upstream: Vec<ModelId> = self
            .query(id)
            .into_iter()
            .flat_map(|query| &query.analysis.tables)
            .filter_map(|used| used.table.strip_prefix("ref.").and_then(&model))
            .collect();
        if let ModelId::Dimension(index) = id {
            upstream.extend(self.dimensions[index].mini().and_then(|mini| model(&mini.base)));
        }
        if let ModelId::Fact(index) = id {
            upstream.extend(self.facts[index].roles.iter().map(|role| ModelId::Dimension(role.dimension)));
            upstream.extend(self.facts[index].rolls_up.map(ModelId::Fact));
        }
        upstream.sort();
        upstream.dedup();
        upstream
    }

    /// The models that read or look up a model directly.
    #[must_use]
    pub fn downstream(&self, id: ModelId) -> Vec<ModelId> {
        self.order.iter().copied().filter(|other| self.upstream(*other).contains(&id)).collect()
    }

    /// A model's tags.
    #[must_use]
    pub fn tags(&self, id: ModelId) -> &[String] {
        match id {
            ModelId::Dimension(index) => &self.dimensions[index].tags,
            ModelId::Fact(index) => &self.facts[index].tags,
        }
    }

    /// The team that is responsible for a model.
    #[must_use]
    pub fn owner(&self, id: ModelId) -> Option<&str> {
        match id {
            ModelId::Dimension(index) => self.dimensions[index].owner.as_deref(),
            ModelId::Fact(index) => self.facts[index].owner.as_deref(),
        }
    }

    /// The model of a name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<ModelId> {
        let dimension = self.dimensions.iter().position(|dimension| dimension.name == name);
        let fact = || self.facts.iter().position(|fact| fact.name == name);
        dimension.map(ModelId::Dimension).or_else(|| fact().map(ModelId::Fact))
    }
}
