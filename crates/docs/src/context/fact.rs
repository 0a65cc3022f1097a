//! What the page of a fact shows.

use dwc_compiler::model::{
    Additivity, Derived, DimensionKind, Fact, Milestone, ModelId, Project, StarColumn, star_columns,
};
use serde::Serialize;

use super::{ColumnRow, Link, dimension_link, is_personal, lineage};

#[derive(Serialize)]
pub(crate) struct FactPage {
    root: &'static str,
    title: String,
    description: String,
    owner: String,
    process: String,
    kind: String,
    grain: String,
    key: Vec<String>,
    star: Vec<StarPoint>,
    star_height: u32,
    columns: Vec<ColumnRow>,
    milestones: Vec<MilestoneRow>,
    measures: Vec<MeasureRow>,
    example: String,
    query: String,
    reads: Vec<String>,
}

/// A dimension around the fact, with its place in the drawing.
#[derive(Serialize)]
struct StarPoint {
    role: String,
    dimension: Link,
    x: u32,
    y: u32,
}

#[derive(Serialize)]
struct MeasureRow {
    name: String,
    ty: String,
    additive: String,
    unit: String,
    description: String,
    /// How it follows from milestones; empty where it does not.
    formula: String,
}

/// A milestone of an accumulating snapshot, in the order of the process.
#[derive(Serialize)]
struct MilestoneRow {
    name: String,
    column: String,
    role: String,
    /// The measures that count rows which have reached it, or wait at it.
    counted: Vec<String>,
    /// The lags that end with it.
    lags: Vec<String>,
}

impl FactPage {
    pub(crate) fn name(&self) -> &str {
        &self.title
    }
}

pub(crate) fn facts(project: &Project) -> impl Iterator<Item = FactPage> + '_ {
    project.facts.iter().enumerate().map(|(index, fact)| {
        let half = fact.roles.len().div_ceil(2).max(1);
        let star = fact
            .roles
            .iter()
            .enumerate()
            .map(|(at, role)| StarPoint {
                role: role.name.clone(),
                dimension: dimension_link(project, role.dimension),
                x: if at < half { 10 } else { 590 },
                y: u32::try_from(at % half).unwrap_or(0) * 56 + 20,
            })
            .collect();
        FactPage {
            root: "../",
            title: fact.name.clone(),
            description: fact.description.clone(),
            owner: fact.owner.clone().unwrap_or_default(),
            process: fact.business_process.clone(),
            kind: format!("{:?}", fact.kind),
            grain: fact.grain.clone(),
            key: fact.key.iter().map(|key| key.name.clone()).collect(),
            star,
            star_height: u32::try_from(half).unwrap_or(1) * 56 + 20,
            columns: star_columns(project, ModelId::Fact(index))
                .iter()
                .map(|column| fact_column(project, fact, column))
                .collect(),
            measures: fact
                .measures
                .iter()
                .map(|measure| MeasureRow {
                    name: measure.column.name.clone(),
                    ty: measure.column.ty.to_string(),
                    additive: match measure.additive {
                        Additivity::All => "additive".to_owned(),
                        Additivity::Semi => {
                            let over = measure.not_over.iter().map(|role| {
                                let declared = measure.over.iter().find(|(known, _)| known == role);
                                declared.map_or_else(
                                    || format!("not over {role}"),
                                    |(_, over)| format!("{} over {role}", over.word()),
                                )
                            });
                            format!("semi-additive: {}", over.collect::<Vec<_>>().join(", "))
                        }
                        Additivity::None => match &measure.aggregation {
                            Some(aggregation) => format!("non-additive: {aggregation}"),
                            None => "non-additive".to_owned(),
                        },
                    },
                    unit: measure.currency.clone().or_else(|| measure.unit.clone()).unwrap_or_default(),
                    description: measure.column.description.clone(),
                    formula: measure.derived.map_or_else(String::new, |derived| derived.formula(fact)),
                })
                .collect(),
            milestones: milestones(fact),
            example: example(project, fact),
            query: fact.query.text.trim().to_owned(),
            reads: fact.query.analysis.tables.iter().map(|used| used.table.clone()).collect(),
        }
    })
}

fn milestones(fact: &Fact) -> Vec<MilestoneRow> {
    let row = |(at, milestone): (usize, &Milestone)| {
        let named = |is_of: &dyn Fn(Derived) -> bool| -> Vec<String> {
            let of = fact.measures.iter().filter(|measure| measure.derived.is_some_and(is_of));
            of.map(|measure| measure.column.name.clone()).collect()
        };
        MilestoneRow {
            name: milestone.name.clone(),
            column: milestone.column.name.clone(),
            role: milestone.role.clone(),
            counted: named(&|derived| derived == Derived::Reached(at) || derived == Derived::WaitingAt(at)),
            lags: named(&|derived| matches!(derived, Derived::Lag { to, .. } if to == at)),
        }
    };
    fact.milestones.iter().enumerate().map(row).collect()
}

fn fact_column(project: &Project, fact: &Fact, column: &StarColumn) -> ColumnRow {
    let measure = fact.measures.iter().find(|measure| measure.column.name == column.name);
    let origins = measure.map(|measure| measure.origins.clone()).or_else(|| {
        let output = fact.query.analysis.output.iter().find(|output| output.name == column.name)?;
        Some(output.origins.clone())
    });
    ColumnRow {
        name: column.name.clone(),
        ty: column.ty.to_string(),
        role: format!("{:?}", column.role),
        description: column.description.clone(),
        policy: String::new(),
        wording: Vec::new(),
        pii: is_personal(project, origins.as_deref().unwrap_or_default()),
        lineage: lineage(&origins.unwrap_or_default()),
    }
}

/// A query to copy: the first additive measure by an attribute of the first two dimensions.
fn example(project: &Project, fact: &Fact) -> String {
    let measure = fact.measures.iter().find(|measure| measure.additive == Additivity::All);
    let what =
        measure.map_or_else(|| "COUNT(*) AS row_count".to_owned(), |m| format!("SUM(f.{0}) AS {0}", m.column.name));
    let mut items = Vec::new();
    let mut joins = String::new();
    for role in fact.roles.iter().take(2) {
        let dimension = &project.dimensions[role.dimension];
        let attribute = match &dimension.kind {
            DimensionKind::Calendar(_) => "year_month",
            DimensionKind::TimeOfDay => "hour",
            DimensionKind::Junk(junk) => junk.attributes.first().map_or("", |attribute| attribute.column.name.as_str()),
            DimensionKind::Standard(_) | DimensionKind::Mini(_) => dimension.members().map_or("", |members| {
                let attribute = members.attributes.first().map(|attribute| &attribute.column);
                attribute.unwrap_or(&members.natural_key[0]).name.as_str()
            }),
        };
        items.push(format!("{}.{attribute}", role.name));
        joins.push_str(&format!(
            "\nJOIN {schema}.{} AS {role} ON {role}.{}_key = f.{role}_key",
            dimension.name,
            dimension.name,
            schema = project.schema,
            role = role.name
        ));
    }
    let groups: Vec<String> = (1..=items.len()).map(|at| at.to_string()).collect();
    items.push(what);
    let by = if groups.is_empty() { String::new() } else { format!("\nGROUP BY {0}\nORDER BY {0}", groups.join(", ")) };
    format!("SELECT {}\nFROM {}.{} AS f{joins}{by}", items.join(", "), project.schema, fact.name)
}
