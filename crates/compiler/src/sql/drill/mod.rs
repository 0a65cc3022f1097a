//! Drilling across: measures of several facts side by side, by attributes of conformed dimensions. Each fact is
//! aggregated by itself and the results are put together, so that no fact fans out another; a sum that additivity forbids
//! is refused. (Kimball & Ross, The Data Warehouse Toolkit, 3rd ed., "Drilling across".)
//! The whole answer is one GoogleSQL text, which each engine's dialect renders.

mod filters;
mod headers;
mod measures;
mod part;

use dwc_googlesql::{Column as SqlColumn, ProblemKind, Tables, Type, analyze_query};

use super::dialect::{Dialect, DuckDb};
use super::names;
use crate::diagnostic::nearest;
use crate::model::{Fact, ModelId, Project, star_columns};

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Measures: `measure` or `fact.measure`; a fact's own name counts its rows.
    pub measures: Vec<String>,
    /// Headers: `role.attribute`, `dimension.attribute`, or a degenerate column.
    pub by: Vec<String>,
    /// GoogleSQL conditions over headers, all of which must hold.
    pub filters: Vec<String>,
    /// Headers and measures of the answer, each with `asc` or `desc` behind it where it is said.
    pub order_by: Vec<String>,
    /// The most rows; all of them when left out.
    pub limit: Option<u64>,
    /// Attributes as they are now, instead of as they were.
    pub as_is: bool,
    /// Rows that are deleted in the source count too.
    pub with_deleted: bool,
}

/// The SQL that answers a question.
///
/// # Errors
/// A name that nothing has, an attribute that a fact does not know, or a sum that additivity forbids: a sentence each.
pub fn drill_across(
    project: &Project,
    dialect: &dyn Dialect,
    schema: &str,
    question: &Question,
) -> Result<String, Vec<String>> {
    let catalog = catalog(project, dialect, schema);
    let Read { headers, asked, parts, .. } = read(project, dialect, &catalog, question)?;
    let text = together(dialect, &headers, &asked, &parts, question)?;
    dialect.query(&text, &catalog).map_err(|found| found.into_iter().map(|problem| problem.message).collect())
}

/// The facts that answer a question on the embedded engine, and the columns of the answer.
///
/// # Errors
/// As [`drill_across`].
pub(crate) fn answered(project: &Project, question: &Question) -> Result<(Vec<String>, Vec<SqlColumn>), Vec<String>> {
    let Read { facts, headers, asked, parts } = read(project, &DuckDb, &catalog(project, &DuckDb, ""), question)?;
    let heads = headers.iter().map(|header| SqlColumn::new(&header.heading, header.ty.clone()));
    let values = asked.iter().enumerate().map(|(place, one)| {
        let ty = parts.iter().find_map(|part| {
            let at = part.measures.iter().position(|measure| *measure == place)?;
            part.types.get(headers.len() + at).cloned()
        });
        SqlColumn::new(&one.heading, ty.unwrap_or(Type::Unknown))
    });
    Ok((facts.iter().map(|fact| fact.name.clone()).collect(), heads.chain(values).collect()))
}

/// A question as it is understood.
struct Read<'p> {
    facts: Vec<&'p Fact>,
    headers: Vec<headers::Header>,
    asked: Vec<measures::Asked<'p>>,
    parts: Vec<Answered>,
}

fn read<'p>(
    project: &'p Project,
    dialect: &dyn Dialect,
    catalog: &Tables,
    question: &Question,
) -> Result<Read<'p>, Vec<String>> {
    let mut asked = measures::find(project, &question.measures)?;
    let mut facts: Vec<&Fact> = Vec::new();
    for one in &asked {
        if !facts.iter().any(|known| known.name == one.fact.name) {
            facts.push(one.fact);
        }
    }
    let headers = headers::find(project, &facts, &question.by)?;
    measures::head(&mut asked, &headers)?;
    let filters = filters::read(project, &facts, &question.filters)?;
    let mut parts = Vec::new();
    let mut problems = Vec::new();
    for (at, fact) in facts.iter().enumerate() {
        let star = part::Star { project, fact, at, headers: &headers, filters: &filters, question };
        match star.parts(&asked) {
            Ok(found) => parts.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let answered: Vec<Answered> = parts
        .into_iter()
        .map(|(measures, text)| {
            let outcome = analyze_query(&text, catalog);
            let problem = outcome
                .problems
                .iter()
                .find(|problem| dialect.name() == "duckdb" || problem.kind != ProblemKind::Unsupported);
            let problem = problem.filter(|found| !found.kind.is_lint());
            match (outcome.analysis, problem) {
                (Some(analysis), None) => {
                    let types = analysis.output.iter().map(|column| column.ty.clone()).collect();
                    Ok(Answered { measures, text, types })
                }
                (_, problem) => Err(vec![problem.map_or_else(String::new, |problem| problem.message.clone())]),
            }
        })
        .collect::<Result<_, _>>()?;
    Ok(Read { facts, headers, asked, parts: answered })
}

/// One part of an answer: the measures that it gives, by their places in the question, and the types of its columns.
struct Answered {
    measures: Vec<usize>,
    text: String,
    types: Vec<Type>,
}

/// The parts, one below the other, then one row per group: a group that two facts have is one row, NULL-safe, and a part
/// that has no row of a group leaves its measures NULL there.
fn together(
    dialect: &dyn Dialect,
    headers: &[headers::Header],
    asked: &[measures::Asked<'_>],
    parts: &[Answered],
    question: &Question,
) -> Result<String, Vec<String>> {
    let groups: Vec<String> = (0..headers.len()).map(|at| format!("g{at}")).collect();
    let named = |name: &str| names::backquoted(&dialect.heading(name));
    let mut rows = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let mut items = groups.clone();
        for place in 0..asked.len() {
            let own = part.measures.contains(&place);
            // Each part but the one that gives it says NULL of its type.
            let ty = parts.iter().find_map(|other| {
                let at = other.measures.iter().position(|measure| *measure == place)?;
                other.types.get(headers.len() + at)
            });
            items.push(match ty {
                Some(ty) if !own => format!("CAST(NULL AS {ty}) AS m{place}"),
                _ => format!("m{place}"),
            });
        }
        rows.push(format!("SELECT {} FROM (\n{}\n) AS a{index}", items.join(", "), part.text));
    }
    let single = parts.len() == 1;
    let heads = headers.iter().zip(&groups).map(|(header, group)| format!("{group} AS {}", named(&header.heading)));
    let values = asked.iter().enumerate().map(|(place, one)| {
        let value = if single { format!("m{place}") } else { format!("MAX(m{place})") };
        format!("{value} AS {}", named(&one.heading))
    });
    let items: Vec<String> = heads.chain(values).collect();
    let grouped = if single || groups.is_empty() { String::new() } else { format!("\nGROUP BY {}", groups.join(", ")) };
    let order = order(headers, asked, question)?;
    let limit = question.limit.map(|limit| format!("\nLIMIT {limit}")).unwrap_or_default();
    Ok(format!(
        "SELECT {}\nFROM (\n{}\n) AS answer{grouped}{order}{limit}",
        items.join(", "),
        rows.join("\nUNION ALL\n")
    ))
}

/// As asked, then by the headers, so that the same question has the same order.
fn order(
    headers: &[headers::Header],
    asked: &[measures::Asked<'_>],
    question: &Question,
) -> Result<String, Vec<String>> {
    let names: Vec<Vec<&str>> = headers
        .iter()
        .map(|header| vec![header.heading.as_str(), header.asked.as_str()])
        .chain(asked.iter().map(|one| vec![one.heading.as_str(), one.asked.as_str()]))
        .collect();
    let mut keys: Vec<String> = Vec::new();
    let mut taken: Vec<usize> = Vec::new();
    let mut problems = Vec::new();
    for item in &question.order_by {
        let mut words = item.split_whitespace();
        let (name, direction) = (words.next().unwrap_or_default(), words.next().unwrap_or("asc"));
        if words.next().is_some() || !["asc", "desc"].contains(&direction.to_ascii_lowercase().as_str()) {
            problems.push(format!("`{item}` is not a column of the answer, with an optional `asc` or `desc`"));
            continue;
        }
        match names.iter().position(|names| names.contains(&name)) {
            Some(place) => {
                keys.push(format!("{} {}", place + 1, direction.to_uppercase()));
                taken.push(place);
            }
            None => problems.push(near(
                &format!("the answer has no column `{name}`"),
                name,
                names.iter().flat_map(|names| names.iter().copied()),
            )),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    keys.extend((0..headers.len()).filter(|place| !taken.contains(place)).map(|place| (place + 1).to_string()));
    Ok(if keys.is_empty() { String::new() } else { format!("\nORDER BY {}", keys.join(", ")) })
}

/// Every table of the star, as `ref.name`.
fn catalog(project: &Project, dialect: &dyn Dialect, schema: &str) -> Tables {
    let mut catalog = Tables::default();
    let dimensions = (0..project.dimensions.len()).map(ModelId::Dimension);
    for id in dimensions.chain((0..project.facts.len()).map(ModelId::Fact)) {
        let name = project.model_name(id);
        let columns = star_columns(project, id)
            .into_iter()
            .map(|column| SqlColumn { folds_case: column.folds_case, ..SqlColumn::new(column.name, column.ty) })
            .collect();
        let physical = format!("{}.{}", dialect.quote(schema), dialect.quote(name));
        catalog.add_as(&format!("ref.{name}"), physical, columns);
    }
    catalog
}

fn near<'n>(message: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("{message}; did you mean `{near}`?"),
        None => message.to_owned(),
    }
}
