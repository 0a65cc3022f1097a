//! The views that a project needs: roles of dimensions, a type-7 dimension as it was and as it is, the outrigger of type 5.

use std::collections::{BTreeMap, BTreeSet};

use super::Lowering;
use crate::model::{Dimension, Members, ModelId, star_columns};
use crate::plan::{Object, ObjectKind};
use crate::sql::names;

impl Lowering<'_> {
    /// The views that a policy asks for: a type-7 dimension as it was and as it is, and the outrigger of type 5.
    pub(super) fn type_views(&self, dimension: &Dimension) -> Vec<Object> {
        let quote = |name: &str| self.dialect.quote(name);
        let view = |name: String, description: String, definition: String| Object {
            kind: ObjectKind::View,
            schema: self.schema.clone(),
            name,
            owner: dimension.name.clone(),
            description,
            columns: Vec::new(),
            definition,
            load: String::new(),
            key: Vec::new(),
            design: BTreeMap::new(),
            foreign: Vec::new(),
            was: None,
            protect: false,
        };
        let name = &dimension.name;
        let table = self.star(name);
        let id = self.project.model(name);
        let columns = id.map(|id| star_columns(self.project, id)).unwrap_or_default();
        if let Some(mini) = dimension.mini() {
            if !mini.outrigger {
                return Vec::new();
            }
            let items: Vec<String> = columns
                .iter()
                .filter(|column| column.name != "loaded_batch")
                .map(|column| format!("{} AS {}", quote(&column.name), quote(&names::current(&column.name))))
                .collect();
            return vec![view(
                names::current(name),
                format!("{name} as the members of {} are now: join it to `{}`.", mini.base, mini.base),
                format!("SELECT\n  {}\nFROM {table}", items.join(",\n  ")),
            )];
        }
        if !dimension.members().is_some_and(Members::is_dual) {
            return Vec::new();
        }
        let key = names::key(name);
        let versions = ["valid_from", "valid_to", "is_current"];
        let list = |left_out: &[&str]| {
            let kept: Vec<String> = columns
                .iter()
                .filter(|column| !left_out.contains(&column.name.as_str()))
                .map(|column| quote(&column.name))
                .collect();
            kept.join(",\n  ")
        };
        let durable = quote(&names::durable_key(name));
        let [as_was, as_is] = names::DUAL_VIEWS.map(|suffix| format!("{name}_{suffix}"));
        vec![
            view(
                as_was,
                format!("{name} as it was: join `{key}` to the key of a role."),
                format!("SELECT\n  {}\nFROM {table}", list(&[])),
            ),
            view(
                as_is,
                format!("{name} as it is, one row per member: join its durable key to the durable key of a role."),
                format!(
                    "SELECT\n  {}\nFROM (\n  SELECT _d.*, ROW_NUMBER() OVER (PARTITION BY _d.{durable} ORDER BY _d.valid_from DESC) AS _place\n  FROM {table} AS _d\n) AS _d\nWHERE _d._place = 1",
                    list(&[&[key.as_str()][..], &versions[..]].concat())
                ),
            ),
        ]
    }

    /// One view per role that is not named like its dimension: its columns carry the role's name.
    pub(super) fn role_views(&self) -> Vec<Object> {
        let models: BTreeSet<&str> = self.project.order.iter().map(|id| self.project.model_name(*id)).collect();
        let mut views: BTreeMap<String, Object> = BTreeMap::new();
        for role in self.project.facts.iter().flat_map(|fact| &fact.roles) {
            let dimension = &self.project.dimensions[role.dimension];
            if models.contains(role.name.as_str()) || views.contains_key(&role.name) {
                continue;
            }
            let items: Vec<String> = star_columns(self.project, ModelId::Dimension(role.dimension))
                .iter()
                .map(|column| {
                    let own = column.name.strip_prefix(&format!("{}_", dimension.name)).unwrap_or(&column.name);
                    let quote = |name: &str| self.dialect.quote(name);
                    format!("{} AS {}", quote(&column.name), quote(&format!("{}_{own}", role.name)))
                })
                .collect();
            let object = Object {
                kind: ObjectKind::View,
                schema: self.schema.clone(),
                name: role.name.clone(),
                owner: dimension.name.clone(),
                description: format!("{} in the role of {}.", dimension.name, role.name.replace('_', " ")),
                columns: Vec::new(),
                definition: format!("SELECT\n  {}\nFROM {}", items.join(",\n  "), self.star(&dimension.name)),
                load: String::new(),
                key: Vec::new(),
                design: BTreeMap::new(),
                foreign: Vec::new(),
                was: None,
                protect: false,
            };
            views.insert(role.name.clone(), object);
        }
        views.into_values().collect()
    }
}
