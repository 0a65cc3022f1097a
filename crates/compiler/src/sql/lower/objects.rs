//! The objects that a project needs in a warehouse, as plain data. It must not write statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use dwc_googlesql::Type;
use rayon::prelude::*;

use super::depends::{depends_digest, key_collation, landed_zones, read_in, reading};
use super::design::{checked, design};
use super::digest::load_digest;
use super::dimension::Order;
use super::states::{CONSUMED, KEPT};
use super::{Lowering, temporal};
use crate::model::{
    Dimension, Fact, KeyStrategy, ModelId, Project, StarColumn, Table, TargetType, clusters, star_columns,
};
use crate::plan::{MANIFEST_FORMAT, Manifest, Object, ObjectColumn, ObjectKind, STATES};
use crate::sql::names;

/// The objects that a project needs in a warehouse whose star lies in `schema`.
#[must_use]
pub fn manifest(project: &Project, engine: TargetType, schema: &str) -> Manifest {
    let lowering = Lowering::new(project, engine, schema);
    let mut objects = BTreeMap::new();
    for object in lowering.objects() {
        objects.insert(object.address(), Arc::new(object));
    }
    Manifest { format: MANIFEST_FORMAT, project: project.name.clone(), objects }
}

impl Lowering<'_> {
    fn objects(&self) -> Vec<Object> {
        let mut all = Vec::new();
        let kept = temporal::kept(self.project);
        all.par_extend(
            self.project
                .tables
                .par_iter()
                .flat_map_iter(|table| self.landing_objects(table, kept.contains(&table.address))),
        );
        all.par_extend(self.project.order.par_iter().flat_map_iter(|id| {
            let behind = match *id {
                ModelId::Dimension(index) => self.history_objects(&self.project.dimensions[index]),
                ModelId::Fact(_) => Vec::new(),
            };
            std::iter::once(self.star_object(*id)).chain(behind)
        }));
        all.extend(self.role_views());
        all.extend(self.project.dimensions.iter().flat_map(|dimension| self.type_views(dimension)));
        all
    }

    fn landing_objects(&self, table: &Table, keeps: bool) -> Vec<Object> {
        let columns = table.landed_columns();
        let object = |suffix: &str, extra: &[(&str, Type)], description: &str| Object {
            kind: ObjectKind::Landing,
            schema: self.landing_schema(),
            name: names::landed(table) + suffix,
            owner: table.address.clone(),
            description: description.to_owned(),
            columns: columns
                .iter()
                .map(|(name, ty)| {
                    let described = table.column(name).map_or("", |column| &column.description);
                    object_column(name, ty, described)
                })
                .chain(extra.iter().map(|(name, ty)| object_column(name, ty, "")))
                .collect(),
            definition: self.cluster_by_key(
                &table.landing_key(),
                &columns.iter().map(|(name, ty)| object_column(name, ty, "")).collect::<Vec<_>>(),
            ),
            load: String::new(),
            key: table.landing_key(),
            design: read_in(self.project, table)
                .map(|zone| ("timezone".to_owned(), zone.to_owned()))
                .into_iter()
                .chain(key_collation(table.primary_key.iter().filter_map(|key| table.column(key))))
                .collect(),
            foreign: Vec::new(),
            was: None,
            protect: false,
        };
        let mut view = object("", &[], &format!("Live rows of {}.", table.address));
        view.kind = ObjectKind::View;
        let list: Vec<String> = columns.iter().map(|(name, _)| self.dialect.quote(name)).collect();
        view.definition = format!("SELECT {} FROM {} WHERE NOT _deleted", list.join(", "), self.landing_rows(table));
        view.columns.clear();
        view.key.clear();
        let housekeeping =
            [("_deleted", Type::Bool), ("_at", Type::Timestamp), ("_batch", Type::Int64), ("_state", Type::Int64)];
        let images = [
            ("_batch", Type::Int64),
            ("_state", Type::Int64),
            ("_image", Type::String),
            ("_at", Type::Timestamp),
            ("_deleted", Type::Bool),
        ];
        let mut changes = object(
            names::LANDED_TABLES[1],
            &images,
            &format!("Images of rows of {} that models have yet to consume.", table.address),
        );
        changes.design.insert(STATES.to_owned(), if keeps { KEPT } else { CONSUMED }.to_owned());
        let mut rows = object(
            names::LANDED_TABLES[0],
            &housekeeping,
            &format!("Every landed row of {}, deleted ones among them.", table.address),
        );
        rows.design.extend(checked(&table.checks));
        rows.design.extend(reading(table).map(|(part, says)| (part.to_owned(), says)));
        vec![rows, changes, view]
    }

    fn star_object(&self, id: ModelId) -> Object {
        let project = self.project;
        let (description, was, protect, definition) = match id {
            ModelId::Dimension(index) => {
                let dimension = &project.dimensions[index];
                (dimension.description.clone(), dimension.was.clone(), dimension.protect, String::new())
            }
            ModelId::Fact(index) => {
                let fact = &project.facts[index];
                let description = if fact.description.is_empty() {
                    fact.grain.clone()
                } else {
                    format!("{} Grain: {}.", fact.description, fact.grain)
                };
                (description, fact.was.clone(), fact.protect, self.fact_clauses(fact))
            }
        };
        Object {
            kind: ObjectKind::Star,
            schema: self.schema.clone(),
            name: project.model_name(id).to_owned(),
            owner: project.model_name(id).to_owned(),
            description,
            columns: star_columns(project, id).iter().map(star_column).collect(),
            definition,
            load: load_digest(project, id) + &depends_digest(project, id),
            key: star_key(project, id),
            design: design(project, id),
            foreign: Vec::new(),
            was,
            protect,
        }
    }

    /// What stands behind a dimension: its kept events, the timeline of a mini-dimension, and the numbers of its keys.
    fn history_objects(&self, dimension: &Dimension) -> Vec<Object> {
        let Some(members) = dimension.members() else { return Vec::new() };
        let mut columns: Vec<ObjectColumn> =
            members.natural_key.iter().map(|column| object_column(&column.name, &column.ty, "")).collect();
        columns.extend(members.attributes.iter().map(|attribute| {
            let mut column = object_column(&attribute.column.name, attribute.kept_type(), "");
            column.was.clone_from(&attribute.was);
            column
        }));
        let sequence = Order::of(self.project, members).map_or(Type::Int64, |order| order.ty);
        columns.extend(
            [
                ("_event_at", Type::Timestamp),
                ("_event_sequence", sequence),
                ("_batch", Type::Int64),
                ("_state", Type::Int64),
                ("_gone", Type::Bool),
            ]
            .iter()
            .map(|(name, ty)| object_column(name, ty, "")),
        );
        let key: Vec<String> = members.natural_key.iter().map(|column| column.name.clone()).collect();
        let object =
            |name: String, was, description, columns: Vec<ObjectColumn>, key: &[String], is_numbers: bool| Object {
                kind: ObjectKind::History,
                schema: self.history_schema(),
                name,
                owner: dimension.name.clone(),
                description,
                definition: self.cluster_by_key(key, &columns),
                columns,
                load: String::new(),
                key: key.to_vec(),
                design: landed_zones(self.project, members)
                    .into_iter()
                    .chain(key_collation(&members.natural_key).filter(|_| !is_numbers))
                    .collect(),
                foreign: Vec::new(),
                was,
                protect: dimension.protect,
            };
        let name = &dimension.name;
        let mut all = vec![object(
            name.clone(),
            dimension.was.clone(),
            format!("Every state of the members of {name}, as its source gave it."),
            columns,
            &key,
            false,
        )];
        if let Some(mini) = dimension.mini() {
            let version = [("_version_key", Type::Int64), (&names::durable_key(&mini.base), Type::Int64)]
                .map(|(name, ty)| object_column(name, &ty, ""));
            let own = members.natural_key.iter().chain(members.attributes.iter().map(|a| &a.column));
            let mut columns: Vec<ObjectColumn> = version.into_iter().collect();
            columns[1].was = self.former_name(&mini.base).map(names::durable_key);
            columns.extend(own.map(|column| object_column(&column.name, &column.ty, "")));
            columns.extend(
                [
                    (names::key(name).as_str(), Type::Int64),
                    ("valid_from", Type::Timestamp),
                    ("valid_to", Type::Timestamp),
                    ("is_current", Type::Bool),
                    ("is_deleted", Type::Bool),
                    ("is_inferred", Type::Bool),
                    ("loaded_batch", Type::Int64),
                ]
                .map(|(name, ty)| object_column(name, &ty, "")),
            );
            for column in columns.iter_mut().filter(|column| column.name == names::key(name)) {
                column.was = dimension.was.as_deref().map(names::key);
            }
            let was = dimension.was.as_deref().map(names::mini_timeline);
            let description = format!("Which member of {} had which combination of {name} when.", mini.base);
            all.push(object(names::mini_timeline(name), was, description, columns, &key, false));
        }
        if members.key_strategy == KeyStrategy::Sequence {
            let columns = ["_hash", "_key"].map(|name| object_column(name, &Type::Int64, "")).to_vec();
            let was = dimension.was.as_deref().map(names::key_numbers);
            let description = format!("Which number stands for which version of {name}.");
            all.push(object(names::key_numbers(name), was, description, columns, &["_hash".to_owned()], true));
        }
        all
    }

    fn former_name(&self, dimension: &str) -> Option<&str> {
        self.project.dimensions.iter().find(|other| other.name == dimension)?.was.as_deref()
    }

    /// Partitioning and clustering of a fact, where the engine has them.
    /// <https://cloud.google.com/bigquery/docs/creating-partitioned-tables>
    fn fact_clauses(&self, fact: &Fact) -> String {
        if !self.dialect.has_physical_design() {
            return String::new();
        }
        let mut clauses = String::new();
        if let Some(column) = &fact.partition_by {
            let quoted = self.dialect.quote(&column.name);
            let by = match column.ty {
                Type::Timestamp => format!("TIMESTAMP_TRUNC({quoted}, DAY)"),
                Type::DateTime => format!("DATETIME_TRUNC({quoted}, DAY)"),
                _ => quoted,
            };
            clauses.push_str(&format!("\nPARTITION BY {by}"));
        }
        clauses.push_str(&self.cluster(&fact.cluster_by));
        clauses
    }

    /// The columns of a key to cluster by: those of types that the engine clusters by.
    fn cluster_by_key(&self, key: &[String], types: &[ObjectColumn]) -> String {
        let clusters = |name: &&String| {
            let column = types.iter().find(|column| column.name == **name);
            column.and_then(|column| Type::parse(&column.ty)).is_none_or(|ty| clusters(&ty))
        };
        self.cluster(&key.iter().filter(clusters).cloned().collect::<Vec<_>>())
    }

    /// The engine clusters by four columns at most.
    fn cluster(&self, columns: &[String]) -> String {
        if !self.dialect.has_physical_design() || columns.is_empty() {
            return String::new();
        }
        let by: Vec<String> = columns.iter().take(4).map(|name| self.dialect.quote(name)).collect();
        format!("\nCLUSTER BY {}", by.join(", "))
    }
}

/// The columns that tell the rows of a star table apart in the words of its model.
fn star_key(project: &Project, id: ModelId) -> Vec<String> {
    let columns = match id {
        ModelId::Dimension(index) => project.dimensions[index].members().map(|members| &members.natural_key),
        ModelId::Fact(index) => Some(&project.facts[index].key),
    };
    columns.into_iter().flatten().map(|column| column.name.clone()).collect()
}

fn object_column(name: &str, ty: &Type, description: &str) -> ObjectColumn {
    ObjectColumn {
        name: name.to_owned(),
        ty: ty.to_string(),
        description: description.to_owned(),
        required: false,
        was: None,
    }
}

fn star_column(column: &StarColumn) -> ObjectColumn {
    ObjectColumn {
        name: column.name.clone(),
        ty: column.ty.to_string(),
        description: column.description.clone(),
        required: column.required,
        was: column.was.clone(),
    }
}
