//! What each page shows, taken from the model. It must not decide how it looks.

use dwc_compiler::model::{
    Additivity, Attribute, Derived, Dimension, DimensionKind, EffectiveAt, Fact, Members, Milestone, ModelId, Project, Scd,
    StarColumn, StoredAttribute, StoredValue, star_columns,
};
use serde::Serialize;

use crate::Status;

#[derive(Serialize)]
pub(crate) struct Index {
    root: &'static str,
    title: String,
    timezone: String,
    dimensions: Vec<Link>,
    /// Dimensions in the order of the matrix' columns.
    columns: Vec<Link>,
    matrix: Vec<MatrixRow>,
    sources: Vec<Link>,
    fresh: Vec<(String, String)>,
}

#[derive(Serialize, Clone)]
struct Link {
    name: String,
    href: String,
    description: String,
}

#[derive(Serialize)]
struct MatrixRow {
    process: String,
    fact: Link,
    grain: String,
    /// For each column, the roles in which the fact uses the dimension.
    cells: Vec<String>,
}

#[derive(Serialize)]
struct ColumnRow {
    name: String,
    ty: String,
    role: String,
    description: String,
    policy: String,
    /// Values and what they read as.
    wording: Vec<(String, String)>,
    lineage: Vec<String>,
    pii: bool,
}

#[derive(Serialize)]
pub(crate) struct DimensionPage {
    root: &'static str,
    title: String,
    description: String,
    owner: String,
    kind: String,
    natural_key: Vec<String>,
    effective_at: String,
    on_delete: String,
    hierarchies: Vec<(String, Vec<String>)>,
    columns: Vec<ColumnRow>,
    /// `(fact, role)` that use it.
    used_by: Vec<(Link, String)>,
    query: String,
}

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

#[derive(Serialize)]
pub(crate) struct SourcePage {
    root: &'static str,
    title: String,
    description: String,
    kind: String,
    owner: String,
    tables: Vec<SourceTable>,
}

#[derive(Serialize)]
struct SourceTable {
    name: String,
    description: String,
    key: String,
    cursor: String,
    fresh: String,
    columns: Vec<ColumnRow>,
}

impl DimensionPage {
    pub(crate) fn name(&self) -> &str {
        &self.title
    }
}

impl FactPage {
    pub(crate) fn name(&self) -> &str {
        &self.title
    }
}

impl SourcePage {
    pub(crate) fn name(&self) -> &str {
        &self.title
    }
}

fn dimension_link(project: &Project, index: usize) -> Link {
    let dimension = &project.dimensions[index];
    Link {
        name: dimension.name.clone(),
        href: format!("dimensions/{}.html", dimension.name),
        description: dimension.description.clone(),
    }
}

fn fact_link(fact: &Fact) -> Link {
    Link { name: fact.name.clone(), href: format!("facts/{}.html", fact.name), description: fact.description.clone() }
}

pub(crate) fn index(project: &Project, status: &Status) -> Index {
    let columns: Vec<Link> = (0..project.dimensions.len()).map(|index| dimension_link(project, index)).collect();
    let mut matrix: Vec<MatrixRow> = project
        .facts
        .iter()
        .map(|fact| MatrixRow {
            process: fact.business_process.clone(),
            fact: fact_link(fact),
            grain: fact.grain.clone(),
            cells: (0..project.dimensions.len())
                .map(|index| {
                    let roles: Vec<&str> = fact
                        .roles
                        .iter()
                        .filter(|role| role.dimension == index)
                        .map(|role| role.name.as_str())
                        .collect();
                    roles.join(", ")
                })
                .collect(),
        })
        .collect();
    matrix.sort_by(|a, b| (&a.process, &a.fact.name).cmp(&(&b.process, &b.fact.name)));
    Index {
        root: "",
        title: project.name.clone(),
        timezone: project.timezone.name().to_owned(),
        dimensions: columns.clone(),
        columns,
        matrix,
        sources: project
            .sources
            .iter()
            .map(|source| Link {
                name: source.name.clone(),
                href: format!("sources/{}.html", source.name),
                description: source.description.clone(),
            })
            .collect(),
        fresh: status.tables.clone(),
    }
}

pub(crate) fn dimensions(project: &Project) -> impl Iterator<Item = DimensionPage> + '_ {
    project.dimensions.iter().enumerate().map(|(index, dimension)| {
        let members = dimension.members();
        let used_by = project
            .facts
            .iter()
            .flat_map(|fact| fact.roles.iter().map(move |role| (fact, role)))
            .filter(|(_, role)| role.dimension == index)
            .map(|(fact, role)| (fact_link(fact), role.name.clone()))
            .collect();
        DimensionPage {
            root: "../",
            title: dimension.name.clone(),
            description: dimension.description.clone(),
            owner: dimension.owner.clone().unwrap_or_default(),
            kind: match &dimension.kind {
                DimensionKind::Standard(_) => "Dimension".to_owned(),
                DimensionKind::Calendar(calendar) => {
                    format!("Calendar, {} to {}", calendar.first_day, calendar.last_day)
                }
                DimensionKind::TimeOfDay => "Time of day".to_owned(),
                DimensionKind::Junk(junk) => format!("Junk dimension, up to {} combinations", junk.max_members),
                DimensionKind::Mini(mini) => format!("Mini-dimension of {}", mini.base),
            },
            natural_key: members
                .map(|m| m.natural_key.iter().map(|key| key.name.clone()).collect())
                .unwrap_or_default(),
            effective_at: members.map_or_else(String::new, |m| match &m.effective_at {
                EffectiveAt::Column(name, _) => name.clone(),
                EffectiveAt::Extracted => "the time of the batch".to_owned(),
            }),
            on_delete: members.map_or_else(String::new, |m| format!("{:?}", m.on_delete).to_lowercase()),
            hierarchies: members.map(hierarchies).unwrap_or_default(),
            columns: star_columns(project, ModelId::Dimension(index))
                .iter()
                .map(|column| dimension_column(project, dimension, column))
                .collect(),
            used_by,
            query: members.map_or_else(String::new, |m| m.query.text.trim().to_owned()),
        }
    })
}

fn hierarchies(members: &Members) -> Vec<(String, Vec<String>)> {
    let mut all: std::collections::BTreeMap<String, Vec<(u32, String)>> = std::collections::BTreeMap::new();
    for attribute in &members.attributes {
        if let Some((name, level)) = &attribute.hierarchy {
            all.entry(name.clone()).or_default().push((*level, attribute.column.name.clone()));
        }
    }
    all.into_iter()
        .map(|(name, mut levels)| {
            levels.sort();
            (name, levels.into_iter().map(|(_, level)| level).collect())
        })
        .collect()
}

fn dimension_column(project: &Project, dimension: &Dimension, column: &StarColumn) -> ColumnRow {
    let members = dimension.members();
    let combined = dimension.junk().and_then(|junk| junk.attributes.iter().find(|one| one.column.name == column.name));
    let stored = members.map(Members::stored).unwrap_or_default();
    let stored = stored.iter().find(|stored| stored.name == column.name);
    let attribute = stored.map(|stored| stored.attribute);
    ColumnRow {
        name: column.name.clone(),
        ty: column.ty.to_string(),
        role: format!("{:?}", column.role),
        description: column.description.clone(),
        policy: stored.map_or_else(String::new, |stored| {
            let meaning = match (stored.attribute.scd, stored.value) {
                (_, StoredValue::First) => "keeps its first value",
                (_, StoredValue::Previous) => "the value before the latest change",
                (Scd::Type1, _) => "overwritten",
                (Scd::Type3, _) => "overwritten, with the previous value next to it",
                (_, StoredValue::Last) => "as it is now, on every version",
                (_, StoredValue::Version) => "each value has its version",
            };
            format!("type {}: {meaning}", stored.attribute.scd.number())
        }),
        wording: stored.map(wording).or_else(|| combined.map(words)).unwrap_or_default(),
        lineage: attribute.map(|a| lineage(&a.origins)).unwrap_or_default(),
        pii: attribute.map_or_else(
            || {
                let output = members.and_then(|m| m.query.analysis.output.iter().find(|o| o.name == column.name));
                is_personal(project, output.map_or(&[], |output| output.origins.as_slice()))
            },
            |attribute| attribute.column.pii,
        ),
    }
}

/// Values of an attribute and what they read as, NULL last. The value before the first change is NULL all the same.
fn wording(stored: &StoredAttribute<'_>) -> Vec<(String, String)> {
    let mut all = words(stored.attribute);
    all.retain(|(value, _)| value != NULL || stored.value != StoredValue::Previous);
    all
}

const NULL: &str = "NULL";

fn words(attribute: &Attribute) -> Vec<(String, String)> {
    let Some(wording) = &attribute.wording else { return Vec::new() };
    let null = wording.null.iter().map(|null| (NULL.to_owned(), null.clone()));
    wording.labels.iter().cloned().chain(null).collect()
}

/// Whether a column is made of one that holds personal data.
fn is_personal(project: &Project, origins: &[(String, String)]) -> bool {
    origins.iter().any(|(table, column)| {
        project.table(table).and_then(|table| table.column(column)).is_some_and(|column| column.pii)
    })
}

fn lineage(origins: &[(String, String)]) -> Vec<String> {
    origins.iter().map(|(table, column)| format!("{table}.{column}")).collect()
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

pub(crate) fn sources<'p>(project: &'p Project, status: &'p Status) -> impl Iterator<Item = SourcePage> + 'p {
    project.sources.iter().map(|source| SourcePage {
        root: "../",
        title: source.name.clone(),
        description: source.description.clone(),
        kind: format!("{:?}", source.ty),
        owner: source.owner.clone().unwrap_or_default(),
        tables: project
            .tables
            .iter()
            .filter(|table| table.source == source.name)
            .map(|table| SourceTable {
                name: table.name.clone(),
                description: table.description.clone(),
                key: table.primary_key.join(", "),
                cursor: table.cursor.clone().unwrap_or_default(),
                fresh: status
                    .tables
                    .iter()
                    .find(|(name, _)| *name == table.address)
                    .map_or_else(String::new, |(_, until)| until.clone()),
                columns: table
                    .columns
                    .iter()
                    .map(|column| ColumnRow {
                        name: column.name.clone(),
                        ty: column.ty.to_string(),
                        role: String::new(),
                        description: column.description.clone(),
                        policy: String::new(),
                        wording: Vec::new(),
                        lineage: Vec::new(),
                        pii: column.pii,
                    })
                    .collect(),
            })
            .collect(),
    })
}

/// The search index as a script: pages work from a file, where nothing can be fetched.
pub(crate) fn search(project: &Project) -> String {
    let mut entries: Vec<(String, String, String)> = Vec::new();
    for id in &project.order {
        let name = project.model_name(*id).to_owned();
        let (folder, description) = match id {
            ModelId::Dimension(index) => ("dimensions", &project.dimensions[*index].description),
            ModelId::Fact(index) => ("facts", &project.facts[*index].description),
        };
        let href = format!("{folder}/{name}.html");
        for column in star_columns(project, *id) {
            entries.push((format!("{name}.{}", column.name), format!("{href}#{}", column.name), column.description));
        }
        entries.push((name, href, description.clone()));
    }
    for table in &project.tables {
        entries.push((
            table.address.clone(),
            format!("sources/{}.html#{}", table.source, table.name),
            table.description.clone(),
        ));
    }
    entries.sort();
    let json = serde_json::to_string(&entries).unwrap_or_else(|_| "[]".to_owned());
    // A text of a user must not end the script that holds it.
    format!("window.dwcSearch = {};\n", json.replace('<', "\\u003c"))
}

#[cfg(test)]
mod tests {
    use dwc_compiler::source::{FileSet, SourceFile};

    use crate::{Page, Status, build};

    fn site(description: &str) -> Vec<Page> {
        let files = [
            ("dwc.yml", "name: shop\ntimezone: Asia/Seoul\ntargets: { dev: { type: duckdb } }\n".to_owned()),
            (
                "models/shop.yml",
                "source: shop\ntype: files\ntables:\n  orders: { path: o.csv, primary_key: order_id, columns: { order_id: INT64, store: STRING, ordered_at: TIMESTAMP, amount: NUMERIC } }\n".to_owned(),
            ),
            ("models/date.yml", "dimension: date\nkind: calendar\nfirst_day: 2026-01-01\nlast_day: 2026-12-31\n".to_owned()),
            (
                "models/sale.yml",
                format!("fact: sale\ndescription: \"{description}\"\nbusiness_process: selling\ngrain: {{ description: one row per order, key: order_id }}\nfrom: shop.orders\nevent_time: ordered_at\ndimensions: {{ order_date: {{ dimension: date, on: ordered_at }} }}\nmeasures: {{ amount: {{ additive: all, currency: KRW }} }}\n"),
            ),
        ];
        let files = files.map(|(path, text)| SourceFile { path: path.to_owned(), text });
        let checked = dwc_compiler::check(&FileSet::new(files.into()));
        build(&checked.project.expect("a project"), &Status::default())
    }

    fn page<'p>(pages: &'p [Page], path: &str) -> &'p str {
        &pages.iter().find(|page| page.path == path).expect("the page").content
    }

    #[test]
    fn the_matrix_has_the_process_the_grain_and_the_role() {
        let pages = site("Sales.");
        let index = page(&pages, "index.html");
        for text in ["selling", "one row per order", "order_date", "facts/sale.html"] {
            assert!(index.contains(text), "{text}");
        }
        let fact = page(&pages, "facts/sale.html");
        assert!(fact.contains("shop.orders.amount") && fact.contains("SUM(f.amount) AS amount"), "{fact}");
    }

    #[test]
    fn a_hostile_description_is_text() {
        let pages = site("<script>alert(1)</script>");
        for page in &pages {
            assert!(!page.content.contains("<script>alert(1)"), "{}", page.path);
        }
    }

    #[test]
    fn every_link_leads_to_a_page() {
        let pages = site("Sales.");
        for page in pages.iter().filter(|page| page.path.ends_with(".html")) {
            let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for link in page.content.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let link = link.split('#').next().unwrap_or_default().replace("&#x2f;", "/");
                let target = match link.strip_prefix("../") {
                    Some(rest) => rest.to_owned(),
                    None if folder.is_empty() || link.is_empty() => link,
                    None => format!("{folder}/{link}"),
                };
                assert!(target.is_empty() || pages.iter().any(|page| page.path == target), "{} → {target}", page.path);
            }
        }
    }

    #[test]
    fn the_same_model_gives_the_same_bytes() {
        assert_eq!(site("Sales."), site("Sales."));
    }
}
