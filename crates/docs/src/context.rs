//! What each page shows, taken from the model. It must not decide how it looks.

mod dimension;
mod fact;

use dwc_compiler::model::{Fact, ModelId, Project, star_columns};
use serde::Serialize;

pub(crate) use self::dimension::dimensions;
pub(crate) use self::fact::facts;
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

/// Whether a column is made of one that holds personal data.
fn is_personal(project: &Project, origins: &[(String, String)]) -> bool {
    origins.iter().any(|(table, column)| {
        project.table(table).and_then(|table| table.column(column)).is_some_and(|column| column.pii)
    })
}

fn lineage(origins: &[(String, String)]) -> Vec<String> {
    origins.iter().map(|(table, column)| format!("{table}.{column}")).collect()
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
