//! The columns of the star's tables, in table order: what the DDL creates, the docs show and `ref` reads.
//! It must not know of engines.

use dwc_googlesql::{Column as SqlColumn, Type};

use super::types::{
    Column, Dimension, DimensionKind, Fact, ModelId, Project, Role, StoredAttribute, StoredValue, WhenNull,
};
use crate::sql::names;

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRole {
    /// The table's own surrogate key.
    SurrogateKey,
    /// The key that stays the same across versions.
    DurableKey,
    /// Part of the natural key of a dimension, or of the grain of a fact.
    NaturalKey,
    /// An attribute of a dimension.
    Attribute,
    /// A foreign key to a dimension.
    ForeignKey,
    /// A degenerate dimension.
    Degenerate,
    /// A measure.
    Measure,
    /// When the event took place.
    EventTime,
    /// Validity, flags and batches that a load writes.
    Housekeeping,
}

/// A column of a table of the star.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarColumn {
    /// Its name.
    pub name: String,
    /// Its GoogleSQL type.
    pub ty: Type,
    /// What it says, for analysts.
    pub description: String,
    /// What it is for.
    pub role: ColumnRole,
    /// It is never NULL.
    pub required: bool,
    /// The name it had before.
    pub was: Option<String>,
    /// Its texts are compared without case.
    pub folds_case: bool,
}

fn column(name: &str, ty: &Type, role: ColumnRole, description: &str) -> StarColumn {
    StarColumn {
        name: name.to_owned(),
        ty: ty.clone(),
        description: description.to_owned(),
        role,
        required: false,
        was: None,
        folds_case: false,
    }
}

fn required(mut column: StarColumn) -> StarColumn {
    column.required = true;
    column
}

/// The columns of a model's table.
#[must_use]
pub fn star_columns(project: &Project, id: ModelId) -> Vec<StarColumn> {
    match id {
        ModelId::Dimension(index) => dimension_columns(&project.dimensions[index]),
        ModelId::Fact(index) => fact_columns(&project.dimensions, &project.facts[index]),
    }
}

/// Columns as the SQL room sees them.
pub(super) fn sql_columns(columns: &[StarColumn]) -> Vec<SqlColumn> {
    columns
        .iter()
        .map(|column| SqlColumn { folds_case: column.folds_case, ..SqlColumn::new(&column.name, column.ty.clone()) })
        .collect()
}

/// Columns that loads write; no attribute, key or measure may have their names.
pub(crate) const RESERVED_COLUMNS: &[&str] =
    &["valid_from", "valid_to", "is_current", "is_deleted", "is_inferred", "loaded_batch"];

pub(super) fn dimension_columns(dimension: &Dimension) -> Vec<StarColumn> {
    use ColumnRole::{Attribute as A, DurableKey, Housekeeping, NaturalKey, SurrogateKey};
    let mut key = required(column(
        &names::key(&dimension.name),
        &Type::Int64,
        SurrogateKey,
        "Surrogate key: join facts by it. Negative keys are reserved members.",
    ));
    key.was = dimension.was.as_deref().map(names::key);
    match &dimension.kind {
        DimensionKind::Calendar(_) => {
            let mut all = vec![key];
            all.extend(CALENDAR.iter().map(|(name, ty, description, _)| column(name, ty, A, description)));
            all
        }
        DimensionKind::Mini(mini) => {
            let mut all = vec![key];
            all.extend(mini.members.stored().iter().map(attribute_column));
            all.push(column("loaded_batch", &Type::Int64, Housekeeping, "The batch that brought the combination."));
            all
        }
        DimensionKind::Junk(junk) => {
            let mut all = vec![key];
            all.extend(junk.attributes.iter().map(|attribute| {
                let own = &attribute.column;
                StarColumn { was: attribute.was.clone(), ..column(&own.name, &own.ty, A, &own.description) }
            }));
            all.push(column("loaded_batch", &Type::Int64, Housekeeping, "The batch that brought the combination."));
            all
        }
        DimensionKind::TimeOfDay => {
            let mut all = vec![key];
            all.extend(TIME_OF_DAY.iter().map(|(name, ty, description, _)| column(name, ty, A, description)));
            all
        }
        DimensionKind::Standard(members) => {
            let mut durable = required(column(
                &names::durable_key(&dimension.name),
                &Type::Int64,
                DurableKey,
                "Durable key: the same for every version of a member.",
            ));
            durable.was = dimension.was.as_deref().map(names::durable_key);
            let mut all = vec![key, durable];
            for part in &members.natural_key {
                let key = column(&part.name, &part.ty, NaturalKey, &part.description);
                all.push(StarColumn { folds_case: part.folds_case, ..key });
            }
            all.extend(members.stored().iter().map(attribute_column));
            for mini in &members.outriggers {
                all.push(required(column(
                    &names::outrigger_key(mini),
                    &Type::Int64,
                    ColumnRole::ForeignKey,
                    &format!("The row of `{mini}` that the member has now."),
                )));
            }
            if members.has_versions() {
                all.push(required(column(
                    "valid_from",
                    &Type::Timestamp,
                    Housekeeping,
                    "The instant since which the version holds.",
                )));
                all.push(column(
                    "valid_to",
                    &Type::Timestamp,
                    Housekeeping,
                    "The instant until which it holds, itself outside.",
                ));
                all.push(required(column("is_current", &Type::Bool, Housekeeping, "The version holds now.")));
            }
            all.push(required(column("is_deleted", &Type::Bool, Housekeeping, "The member is deleted in its source.")));
            all.push(required(column(
                "is_inferred",
                &Type::Bool,
                Housekeeping,
                "A fact named the member before its source did; its attributes are not known yet.",
            )));
            all.push(column("loaded_batch", &Type::Int64, Housekeeping, "The batch that wrote the row last."));
            all
        }
    }
}

fn attribute_column(stored: &StoredAttribute<'_>) -> StarColumn {
    let attribute = &stored.attribute.column;
    let description = match stored.value {
        StoredValue::Previous => format!("`{}` before its latest change.", attribute.name),
        StoredValue::Last if stored.name != attribute.name => format!("`{}` as it is now.", attribute.name),
        _ => attribute.description.clone(),
    };
    let mut one = column(&stored.name, &attribute.ty, ColumnRole::Attribute, &description);
    one.folds_case = attribute.folds_case;
    one.was = stored.attribute.was.as_ref().map(|was| stored.name.replace(&attribute.name, was));
    one
}

pub(super) fn fact_columns(dimensions: &[Dimension], fact: &Fact) -> Vec<StarColumn> {
    let mut all = Vec::new();
    for (name, ty, source) in stored_columns(fact) {
        let in_key = fact.key.iter().any(|key| key.name == name);
        let degenerate = fact.degenerate.iter().find(|column| column.name == name);
        let mut one = match source {
            Stored::Measure(index) => {
                let measure = &fact.measures[index];
                let mut one = column(&name, &ty, ColumnRole::Measure, &measure.column.description);
                one.was.clone_from(&measure.was);
                one
            }
            Stored::Instant(of) => {
                column(&name, &ty, ColumnRole::EventTime, &format!("The instant of `{}` in UTC.", of.name))
            }
            Stored::Column if degenerate.is_some() => {
                column(&name, &ty, ColumnRole::Degenerate, degenerate.map_or("", |column| &column.description))
            }
            Stored::Column if fact.event_time.as_ref().is_some_and(|event| event.name == name) => {
                column(&name, &ty, ColumnRole::EventTime, "When the event took place.")
            }
            Stored::Column if fact.milestones.iter().any(|milestone| milestone.column.name == name) => {
                let reached = fact.milestones.iter().find(|milestone| milestone.column.name == name);
                let reached = reached.map_or("", |milestone| milestone.name.as_str());
                column(&name, &ty, ColumnRole::EventTime, &format!("When `{reached}` was reached; NULL until then."))
            }
            Stored::Column => column(
                &name,
                &ty,
                ColumnRole::NaturalKey,
                fact.key.iter().find(|key| key.name == name).map_or("", |key| &key.description),
            ),
        };
        one.required = in_key;
        one.folds_case = fact.key.iter().chain(&fact.degenerate).any(|known| known.name == name && known.folds_case);
        all.push(one);
    }
    for role in &fact.roles {
        let dimension = &dimensions[role.dimension];
        let description = if role.description.is_empty() {
            format!("The {} of the row.", role.name.replace('_', " "))
        } else {
            role.description.clone()
        };
        let mut key = required(column(&names::key(&role.name), &Type::Int64, ColumnRole::ForeignKey, &description));
        key.was = role.was.as_deref().map(names::key);
        all.push(key);
        if dimension.members().is_some() && fact.rolls_up.is_none() {
            let mut durable = required(column(
                &names::durable_key(&role.name),
                &Type::Int64,
                ColumnRole::DurableKey,
                &match dimension.mini() {
                    None => durable_advice(role, dimension),
                    Some(mini) => format!("The durable key of the member of `{}`.", mini.base),
                },
            ));
            durable.was = role.was.as_deref().map(names::durable_key);
            all.push(durable);
        }
    }
    if fact.on_delete == crate::syntax::FactOnDelete::Flag {
        all.push(required(column(
            "is_deleted",
            &Type::Bool,
            ColumnRole::Housekeeping,
            "The row is deleted in its source.",
        )));
    }
    all.push(column("loaded_batch", &Type::Int64, ColumnRole::Housekeeping, "The batch that wrote the row last."));
    all
}

/// How a durable key is joined, which finds one row only: a member has as many rows as it has versions.
fn durable_advice(role: &Role, dimension: &Dimension) -> String {
    let (role, name) = (&role.name, &dimension.name);
    let durable = names::durable_key(name);
    match dimension.members() {
        Some(members) if members.is_dual() => {
            format!(
                "The durable key of the {role}: join `{name}_{}` by it for values as they are now.",
                names::DUAL_VIEWS[1]
            )
        }
        Some(members) if members.has_versions() => format!(
            "The durable key of the {role}, the same for all its versions: for values as they are now, left join `{name}` on `{durable}` and `is_current`."
        ),
        _ => format!("The durable key of the {role}: join `{name}` by `{durable}`, which has one row per member."),
    }
}

/// Where a stored column of a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// The query's column of that name.
    Column,
    /// The instant of a column.
    Instant(Column),
    /// The measure of this index.
    Measure(usize),
}

/// The columns of a fact besides its roles' keys, in table order, none twice.
pub(crate) fn stored_columns(fact: &Fact) -> Vec<(String, Type, Stored)> {
    let mut all: Vec<(String, Type, Stored)> = Vec::new();
    let mut add = |name: &str, ty: &Type, stored: Stored| {
        if !all.iter().any(|(known, _, _)| known == name) {
            all.push((name.to_owned(), ty.clone(), stored));
        }
    };
    let role_keys: Vec<String> = fact.roles.iter().map(|role| names::key(&role.name)).collect();
    let times = fact.event_time.iter().chain(fact.milestones.iter().map(|milestone| &milestone.column));
    for column in fact.key.iter().chain(&fact.degenerate).chain(times).chain(&fact.partition_by) {
        if !role_keys.contains(&column.name) {
            add(&column.name, &column.ty, Stored::Column);
        }
    }
    if fact.rolls_up.is_none() {
        for column in fact.event_time.iter().chain(fact.roles.iter().filter_map(|role| role.as_of.as_ref())) {
            add(&names::utc(column), &Type::Timestamp, Stored::Instant(column.clone()));
        }
    }
    for (index, measure) in fact.measures.iter().enumerate() {
        add(&measure.column.name, &measure.column.ty, Stored::Measure(index));
    }
    all
}

/// A generated column: name, type, description, and its GoogleSQL over the day or minute `d`.
pub(crate) type Generated = (&'static str, Type, &'static str, &'static str);

/// Columns of a calendar that do not depend on its settings, then those that do (without an expression).
pub(crate) const CALENDAR: &[Generated] = &[
    ("date", Type::Date, "The day.", "d"),
    ("year", Type::Int64, "Calendar year.", "EXTRACT(YEAR FROM d)"),
    ("quarter", Type::Int64, "Quarter of the year, 1 to 4.", "EXTRACT(QUARTER FROM d)"),
    ("month", Type::Int64, "Month of the year, 1 to 12.", "EXTRACT(MONTH FROM d)"),
    ("day_of_month", Type::Int64, "Day of the month, 1 to 31.", "EXTRACT(DAY FROM d)"),
    ("day_of_year", Type::Int64, "Day of the year, 1 to 366.", "EXTRACT(DAYOFYEAR FROM d)"),
    (
        "day_of_week",
        Type::Int64,
        "Day of the ISO week, Monday 1 to Sunday 7.",
        "MOD(EXTRACT(DAYOFWEEK FROM d) + 5, 7) + 1",
    ),
    ("iso_week", Type::Int64, "ISO week of the ISO year, 1 to 53.", "EXTRACT(ISOWEEK FROM d)"),
    ("iso_year", Type::Int64, "ISO year: the year of the week's Thursday.", "EXTRACT(ISOYEAR FROM d)"),
    ("year_month", Type::String, "Year and month, such as 2026-03.", "FORMAT_DATE('%Y-%m', d)"),
    ("month_name", Type::String, "Name of the month.", "FORMAT_DATE('%B', d)"),
    ("day_name", Type::String, "Name of the day.", "FORMAT_DATE('%A', d)"),
    ("is_weekend", Type::Bool, "Saturday or Sunday.", "EXTRACT(DAYOFWEEK FROM d) IN (1, 7)"),
    ("is_month_end", Type::Bool, "The last day of its month.", "d = LAST_DAY(d, MONTH)"),
    ("fiscal_year", Type::Int64, "Fiscal year, named by the calendar year in which it ends.", ""),
    ("fiscal_quarter", Type::Int64, "Quarter of the fiscal year, 1 to 4.", ""),
    ("is_holiday", Type::Bool, "A holiday of the calendar.", ""),
    ("holiday_name", Type::String, "Name of the holiday; NULL on other days.", ""),
    ("day_type", Type::String, "Weekday, Weekend or Holiday.", ""),
];

/// Columns of a time-of-day dimension, over the minute `m` of the day.
pub(crate) const TIME_OF_DAY: &[Generated] = &[
    (
        "time_of_day",
        Type::String,
        "The minute, such as 09:30.",
        "CONCAT(LPAD(CAST(DIV(m, 60) AS STRING), 2, '0'), ':', LPAD(CAST(MOD(m, 60) AS STRING), 2, '0'))",
    ),
    ("hour", Type::Int64, "Hour of the day, 0 to 23.", "DIV(m, 60)"),
    ("minute", Type::Int64, "Minute of the hour, 0 to 59.", "MOD(m, 60)"),
    ("half_day", Type::String, "AM or PM.", "IF(m < 720, 'AM', 'PM')"),
    (
        "part_of_day",
        Type::String,
        "Night, Morning, Afternoon or Evening.",
        "CASE WHEN m < 360 THEN 'Night' WHEN m < 720 THEN 'Morning' WHEN m < 1080 THEN 'Afternoon' ELSE 'Evening' END",
    ),
];

/// The reserved members of every dimension: key and label.
pub const RESERVED: &[(i64, &str)] = &[(-1, "Unknown"), (-2, "Not applicable"), (-3, "Rejected"), (-4, "Not yet")];

/// The surrogate key of the member that stands for a NULL.
#[must_use]
pub fn reserved_key(when_null: WhenNull) -> i64 {
    match when_null {
        WhenNull::Unknown => -1,
        WhenNull::NotApplicable => -2,
        WhenNull::NotYet => -4,
    }
}
