//! The objects that a project needs in a warehouse, and the statements that make and alter them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Lowering;
use super::dimension::{numbers_name, timeline_name};
use super::relations::landed_columns;
use crate::model::{
    CALENDAR, Calendar, Dimension, DimensionKind, Fact, KeyStrategy, Members, ModelId, Project, RESERVED, StarColumn,
    TIME_OF_DAY, Table, TargetType, star_columns,
};
use crate::plan::{Action, Alteration, Change, ChangeSet, MANIFEST_FORMAT, Manifest, Object, ObjectColumn, ObjectKind};
use crate::sql::googlesql::{Tables, Type};
use crate::sql::names;

#[derive(Serialize)]
struct TableContext {
    comment: String,
    table: String,
    columns: Vec<ColumnContext>,
    clauses: String,
}

#[derive(Serialize)]
struct ColumnContext {
    name: String,
    ty: String,
    required: bool,
    options: String,
}

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

/// The statements that carry out a change set, in order.
#[must_use]
pub fn change_statements(project: &Project, engine: TargetType, schema: &str, set: &ChangeSet) -> Vec<String> {
    let lowering = Lowering::new(project, engine, schema);
    let mut statements: Vec<String> = [lowering.schema.clone(), lowering.landing_schema(), lowering.history_schema()]
        .iter()
        .filter(|_| set.changes.iter().any(|change| change.action == Action::Create))
        .map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {}", lowering.dialect.quote(schema)))
        .collect();
    for change in &set.changes {
        statements.extend(lowering.change(change));
    }
    statements
}

impl Lowering<'_> {
    fn objects(&self) -> Vec<Object> {
        let mut all = Vec::new();
        all.par_extend(self.project.tables.par_iter().flat_map_iter(|table| self.landing_objects(table)));
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

    fn landing_objects(&self, table: &Table) -> Vec<Object> {
        let columns = landed_columns(table);
        let object = |suffix: &str, extra: &[(&str, Type)], description: &str| Object {
            kind: ObjectKind::Landing,
            schema: self.landing_schema(),
            name: format!("{}__{}{suffix}", table.source, table.name),
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
            definition: self.cluster(&table.landing_key()),
            load: String::new(),
            was: None,
            protect: false,
        };
        let mut view = object("", &[], &format!("Live rows of {}.", table.address));
        view.kind = ObjectKind::View;
        let list: Vec<String> = columns.iter().map(|(name, _)| self.dialect.quote(name)).collect();
        view.definition = format!("SELECT {} FROM {} WHERE NOT _deleted", list.join(", "), self.landing_rows(table));
        view.columns.clear();
        let housekeeping =
            [("_deleted", Type::Bool), ("_at", Type::Timestamp), ("_batch", Type::Int64), ("_state", Type::Int64)];
        let images = [
            ("_batch", Type::Int64),
            ("_state", Type::Int64),
            ("_image", Type::String),
            ("_at", Type::Timestamp),
            ("_deleted", Type::Bool),
        ];
        vec![
            object(
                "__rows",
                &housekeeping,
                &format!("Every landed row of {}, deleted ones among them.", table.address),
            ),
            object(
                "__changes",
                &images,
                &format!("Images of rows of {} that models have yet to consume.", table.address),
            ),
            view,
        ]
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
            load: load_digest(project, id),
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
            let mut column = object_column(&attribute.column.name, &attribute.column.ty, "");
            column.was.clone_from(&attribute.was);
            column
        }));
        let sequence = members
            .sequence
            .as_ref()
            .and_then(|name| members.query.analysis.output.iter().find(|output| &output.name == name))
            .map_or(Type::Int64, |output| output.ty.clone());
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
        let object = |name: String, was: Option<String>, description: String, columns, key: &[String]| Object {
            kind: ObjectKind::History,
            schema: self.history_schema(),
            name,
            owner: dimension.name.clone(),
            description,
            columns,
            definition: self.cluster(key),
            load: String::new(),
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
        )];
        if let Some(mini) = dimension.mini() {
            let version = [("_version_key", Type::Int64), (&names::durable_key(&mini.base), Type::Int64)]
                .map(|(name, ty)| object_column(name, &ty, ""));
            let own = members.natural_key.iter().chain(members.attributes.iter().map(|a| &a.column));
            let mut columns: Vec<ObjectColumn> = version.into_iter().collect();
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
            let was = dimension.was.as_deref().map(timeline_name);
            let description = format!("Which member of {} had which combination of {name} when.", mini.base);
            all.push(object(timeline_name(name), was, description, columns, &key));
        }
        if members.key_strategy == KeyStrategy::Sequence {
            let columns = ["_hash", "_key"].map(|name| object_column(name, &Type::Int64, "")).to_vec();
            let was = dimension.was.as_deref().map(numbers_name);
            let description = format!("Which number stands for which version of {name}.");
            all.push(object(numbers_name(name), was, description, columns, &["_hash".to_owned()]));
        }
        all
    }

    /// The views that a policy asks for: a type-7 dimension as it was and as it is, and the outrigger of type 5.
    fn type_views(&self, dimension: &Dimension) -> Vec<Object> {
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
    fn role_views(&self) -> Vec<Object> {
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
                was: None,
                protect: false,
            };
            views.insert(role.name.clone(), object);
        }
        views.into_values().collect()
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

    /// The engine clusters by four columns at most.
    fn cluster(&self, columns: &[String]) -> String {
        if !self.dialect.has_physical_design() || columns.is_empty() {
            return String::new();
        }
        let by: Vec<String> = columns.iter().take(4).map(|name| self.dialect.quote(name)).collect();
        format!("\nCLUSTER BY {}", by.join(", "))
    }

    fn change(&self, change: &Change) -> Vec<String> {
        match (change.action, &change.before, &change.after) {
            (Action::Create, _, Some(after)) => self.create(after),
            (Action::Drop, Some(before), _) => vec![self.drop(before)],
            (Action::Rebuild, Some(before), Some(after)) => {
                let mut statements = vec![self.drop(before)];
                statements.extend(self.create(after));
                statements
            }
            (Action::Alter, _, Some(after)) if after.kind == ObjectKind::View => self.create(after),
            (Action::Alter, _, Some(after)) => {
                let altered = change.alterations.iter().flat_map(|alteration| self.alteration(after, alteration));
                // DuckDB does not commit a table that was altered again after its rows were changed.
                let filled = change.alterations.iter().filter_map(|alteration| match alteration {
                    Alteration::AddColumn(column) => self.reserved_in_column(after, column),
                    _ => None,
                });
                altered.chain(filled).collect()
            }
            _ => Vec::new(),
        }
    }

    fn drop(&self, object: &Object) -> String {
        let kind = if object.kind == ObjectKind::View { "VIEW" } else { "TABLE" };
        format!("DROP {kind} IF EXISTS {}", self.path(&object.schema, &object.name))
    }

    fn create(&self, object: &Object) -> Vec<String> {
        let path = self.path(&object.schema, &object.name);
        if object.kind == ObjectKind::View {
            let options = self.table_options(object);
            return vec![format!(
                "-- {}\nCREATE OR REPLACE VIEW {path}{options} AS\n{}",
                one_line(&object.description),
                object.definition
            )];
        }
        let mut clauses = object.definition.clone();
        clauses.push_str(&self.table_options(object));
        let context = TableContext {
            comment: format!("{}: {}", object.owner, one_line(&object.description)),
            table: path.clone(),
            columns: object
                .columns
                .iter()
                .map(|column| ColumnContext {
                    name: column.name.clone(),
                    ty: self.column_type(column),
                    required: column.required,
                    options: self.column_options(&column.description),
                })
                .collect(),
            clauses,
        };
        let mut statements = vec![self.render_one("table", context)];
        if !self.dialect.has_physical_design() {
            if !object.description.is_empty() {
                statements.push(self.comment_on(&format!("TABLE {path}"), &object.description));
            }
            for column in object.columns.iter().filter(|column| !column.description.is_empty()) {
                let target = format!("COLUMN {path}.{}", self.dialect.quote(&column.name));
                statements.push(self.comment_on(&target, &column.description));
            }
        }
        statements.extend(self.seed(object));
        statements
    }

    fn column_type(&self, column: &ObjectColumn) -> String {
        Type::parse(&column.ty).map_or_else(|| column.ty.clone(), |ty| self.dialect.ty(&ty))
    }

    fn comment_on(&self, target: &str, description: &str) -> String {
        format!("COMMENT ON {target} IS {}", self.dialect.string(description))
    }

    fn column_options(&self, description: &str) -> String {
        if description.is_empty() || !self.dialect.has_physical_design() {
            return String::new();
        }
        format!(" OPTIONS (description = {})", self.dialect.string(description))
    }

    fn table_options(&self, object: &Object) -> String {
        if !self.dialect.has_physical_design() {
            return String::new();
        }
        format!(
            "\nOPTIONS (description = {}, labels = [('dwc_project', {}), ('dwc_owner', {})])",
            self.dialect.string(&object.description),
            self.dialect.string(&label(&self.project.name)),
            self.dialect.string(&label(&object.owner))
        )
    }

    fn alteration(&self, after: &Object, alteration: &Alteration) -> Vec<String> {
        let path = self.path(&after.schema, &after.name);
        let quote = |name: &str| self.dialect.quote(name);
        let physical = self.dialect.has_physical_design();
        match alteration {
            Alteration::RenameTable(from) => {
                vec![format!("ALTER TABLE {} RENAME TO {}", self.path(&after.schema, from), quote(&after.name))]
            }
            Alteration::AddColumn(column) => {
                let mut statements = vec![format!(
                    "ALTER TABLE {path} ADD COLUMN IF NOT EXISTS {} {}{}",
                    quote(&column.name),
                    self.column_type(column),
                    self.column_options(&column.description)
                )];
                if !physical && !column.description.is_empty() {
                    statements
                        .push(self.comment_on(&format!("COLUMN {path}.{}", quote(&column.name)), &column.description));
                }
                statements
            }
            Alteration::DropColumn(name) => {
                vec![format!("ALTER TABLE {path} DROP COLUMN IF EXISTS {}", quote(name))]
            }
            Alteration::RenameColumn { from, to } => {
                vec![format!("ALTER TABLE {path} RENAME COLUMN {} TO {}", quote(from), quote(to))]
            }
            Alteration::DescribeColumn(column) if physical => vec![format!(
                "ALTER TABLE {path} ALTER COLUMN {} SET OPTIONS (description = {})",
                quote(&column.name),
                self.dialect.string(&column.description)
            )],
            Alteration::DescribeColumn(column) => {
                vec![self.comment_on(&format!("COLUMN {path}.{}", quote(&column.name)), &column.description)]
            }
            Alteration::Describe(text) if physical => {
                vec![format!("ALTER TABLE {path} SET OPTIONS (description = {})", self.dialect.string(text))]
            }
            Alteration::Describe(text) => vec![self.comment_on(&format!("TABLE {path}"), text)],
        }
    }

    /// The rows that a table of the star starts with: reserved members, and the rows of a generated dimension.
    fn seed(&self, object: &Object) -> Vec<String> {
        if object.kind != ObjectKind::Star {
            return Vec::new();
        }
        let Some(ModelId::Dimension(index)) = self.project.model(&object.owner) else { return Vec::new() };
        let dimension = &self.project.dimensions[index];
        let path = self.star(&dimension.name);
        let mut statements = vec![self.reserved(dimension, &path, object)];
        let generated = match &dimension.kind {
            DimensionKind::Standard(_) | DimensionKind::Mini(_) => None,
            DimensionKind::Calendar(calendar) => Some(calendar_text(&dimension.name, calendar)),
            DimensionKind::TimeOfDay => Some(time_of_day_text(&dimension.name)),
        };
        if let Some(text) = generated
            && let Ok(query) = self.dialect.query(&text, &Tables::default())
        {
            let columns: Vec<String> = object.columns.iter().map(|column| self.dialect.quote(&column.name)).collect();
            statements.push(format!("INSERT INTO {path} ({})\n{query}", columns.join(", ")));
        }
        statements
    }

    fn reserved(&self, dimension: &Dimension, path: &str, object: &Object) -> String {
        let names: Vec<String> = object.columns.iter().map(|column| self.dialect.quote(&column.name)).collect();
        let rows: Vec<String> = RESERVED
            .iter()
            .map(|(key, label)| {
                let values: Vec<String> =
                    object.columns.iter().map(|column| self.reserved_value(dimension, column, *key, label)).collect();
                format!("  ({})", values.join(", "))
            })
            .collect();
        format!("INSERT INTO {path} ({})\nVALUES\n{}", names.join(", "), rows.join(",\n"))
    }

    /// The reserved members' values of a column that a dimension gets later.
    fn reserved_in_column(&self, object: &Object, column: &ObjectColumn) -> Option<String> {
        let ModelId::Dimension(index) = self.project.model(&object.owner)? else { return None };
        if object.kind != ObjectKind::Star {
            return None;
        }
        let dimension = &self.project.dimensions[index];
        let key = self.dialect.quote(&names::key(&dimension.name));
        let values: Vec<String> = RESERVED
            .iter()
            .map(|(code, label)| format!("WHEN {code} THEN {}", self.reserved_value(dimension, column, *code, label)))
            .collect();
        let name = self.dialect.quote(&column.name);
        let path = self.star(&dimension.name);
        let is_null = values.iter().all(|value| value.ends_with("THEN NULL"));
        (!is_null).then(|| format!("UPDATE {path} SET {name} = CASE {key} {} END WHERE {key} < 0", values.join(" ")))
    }

    fn reserved_value(&self, dimension: &Dimension, column: &ObjectColumn, key: i64, label: &str) -> String {
        let words = self.dialect.words();
        let members = dimension.members();
        let natural = members.is_some_and(|m| m.natural_key.iter().any(|part| part.name == column.name));
        let outrigger =
            members.is_some_and(|m| m.outriggers.iter().any(|mini| names::outrigger_key(mini) == column.name));
        match column.name.as_str() {
            name if name == names::key(&dimension.name) || name == names::durable_key(&dimension.name) => {
                key.to_string()
            }
            _ if outrigger => key.to_string(),
            "valid_from" => words.beginning.to_owned(),
            "valid_to" => words.far_future.to_owned(),
            "is_current" => "TRUE".to_owned(),
            "is_deleted" | "is_inferred" => "FALSE".to_owned(),
            "loaded_batch" => "0".to_owned(),
            _ if column.ty == "STRING" && !natural => self.dialect.string(label),
            _ => "NULL".to_owned(),
        }
    }
}

fn calendar_text(name: &str, calendar: &Calendar) -> String {
    let shift = (13 - u32::from(calendar.fiscal_year_starts)) % 12;
    let holiday = if calendar.holidays.is_empty() {
        "CAST(NULL AS STRING)".to_owned()
    } else {
        let whens: Vec<String> = calendar
            .holidays
            .iter()
            .map(|(day, name)| format!("WHEN DATE '{day}' THEN '{}'", name.replace('\\', "\\\\").replace('\'', "\\'")))
            .collect();
        format!("CASE d {} END", whens.join(" "))
    };
    let weekend = "EXTRACT(DAYOFWEEK FROM d) IN (1, 7)";
    let mut items = vec![format!(
        "EXTRACT(YEAR FROM d) * 10000 + EXTRACT(MONTH FROM d) * 100 + EXTRACT(DAY FROM d) AS `{}`",
        names::key(name)
    )];
    for (column, _, _, expr) in CALENDAR {
        let expr = match *column {
            "fiscal_year" => format!("EXTRACT(YEAR FROM DATE_ADD(d, INTERVAL {shift} MONTH))"),
            "fiscal_quarter" => format!("EXTRACT(QUARTER FROM DATE_ADD(d, INTERVAL {shift} MONTH))"),
            "is_holiday" => format!("({holiday}) IS NOT NULL"),
            "holiday_name" => holiday.clone(),
            "day_type" => format!(
                "CASE WHEN ({holiday}) IS NOT NULL THEN 'Holiday' WHEN {weekend} THEN 'Weekend' ELSE 'Weekday' END"
            ),
            _ => (*expr).to_owned(),
        };
        items.push(format!("{expr} AS `{column}`"));
    }
    format!(
        "SELECT {} FROM UNNEST(GENERATE_DATE_ARRAY(DATE '{}', DATE '{}')) AS d",
        items.join(", "),
        calendar.first_day,
        calendar.last_day
    )
}

fn time_of_day_text(name: &str) -> String {
    let mut items = vec![format!("DIV(m, 60) * 100 + MOD(m, 60) AS `{}`", names::key(name))];
    items.extend(TIME_OF_DAY.iter().map(|(column, _, _, expr)| format!("{expr} AS `{column}`")));
    format!("SELECT {} FROM UNNEST(GENERATE_ARRAY(0, 1439)) AS m", items.join(", "))
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

/// Labels hold lowercase letters, digits, `_` and `-`, at most 63.
/// <https://cloud.google.com/bigquery/docs/labels-intro#requirements>
fn label(text: &str) -> String {
    let clean = |c: char| if c.is_lowercase() || c.is_ascii_digit() || "_-".contains(c) { c } else { '_' };
    text.to_lowercase().chars().map(clean).take(63).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A digest of what decides a model's rows: its query, its expressions, its policies, and those of nothing else.
fn load_digest(project: &Project, id: ModelId) -> String {
    let mut text = String::new();
    let mut add = |part: &dyn std::fmt::Debug| text.push_str(&format!("{part:?}\u{1f}"));
    match id {
        ModelId::Dimension(index) => match &project.dimensions[index].kind {
            DimensionKind::Standard(_) | DimensionKind::Mini(_) => {
                let Some(m) = project.dimensions[index].members() else { return String::new() };
                add(&(&m.query.text, &m.effective_at, &m.sequence, m.on_delete, m.first_version, m.open_end));
                add(&(m.type1_scope, m.late_type0, m.key_strategy, &m.salt));
                m.natural_key.iter().for_each(|column| add(&column.name));
                m.attributes.iter().for_each(|a| add(&(&a.column.name, a.scd, &a.expr)));
            }
            DimensionKind::Calendar(calendar) => add(calendar),
            DimensionKind::TimeOfDay => add(&"time_of_day"),
        },
        ModelId::Fact(index) => {
            let f = &project.facts[index];
            add(&(&f.query.text, f.rolls_up, f.on_delete, &f.keep_latest_by, &project.timezone));
            f.key.iter().for_each(|column| add(&column.name));
            f.measures.iter().for_each(|m| add(&(&m.column.name, &m.expr)));
            for role in &f.roles {
                let on: Vec<&str> = role.on.iter().map(|column| column.name.as_str()).collect();
                let as_of = role.as_of.as_ref().map(|column| &column.name);
                let dimension = &project.dimensions[role.dimension];
                add(&(&role.name, &dimension.name, on, as_of, role.missing, role.when_null));
                // Durable keys, and the keys of inferred members, are made by the dimension's strategy.
                add(&dimension.members().map(|members| (members.key_strategy, &members.salt)));
            }
        }
    }
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
