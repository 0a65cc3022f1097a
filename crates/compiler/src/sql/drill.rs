//! Drilling across: measures of several facts side by side, by attributes of conformed dimensions. Each fact is
//! aggregated by itself and the results are joined, so that no fact fans out another; a sum that additivity forbids
//! is refused. (Kimball & Ross, The Data Warehouse Toolkit, 3rd ed., "Drilling across".)

use super::dialect::Dialect;
use super::names;
use crate::diagnostic::nearest;
use crate::model::{Additivity, Fact, Measure, ModelId, Project, star_columns};

/// The SQL that answers which measures, by which attributes.
///
/// # Errors
/// A name that nothing has, an attribute that a fact does not know, or a sum that additivity forbids, in one sentence.
pub fn drill_across(
    project: &Project,
    dialect: &dyn Dialect,
    schema: &str,
    measures: &[String],
    by: &[String],
    limit: u32,
) -> Result<String, String> {
    let mut chosen: Vec<(&Fact, Vec<&Measure>)> = Vec::new();
    for name in measures {
        let (fact, measure) = find_measure(project, name)?;
        match chosen.iter_mut().find(|(known, _)| known.name == fact.name) {
            Some((_, list)) => list.push(measure),
            None => chosen.push((fact, vec![measure])),
        }
    }
    if chosen.is_empty() {
        return Err("no measure is named".to_owned());
    }
    let quote = |name: &str| dialect.quote(name);
    let table = |name: &str| format!("{}.{}", quote(schema), quote(name));
    let mut parts = Vec::new();
    for (fact, measures) in &chosen {
        let mut joins: Vec<String> = Vec::new();
        let mut groups = Vec::new();
        for path in by {
            let (role, attribute) = path.split_once('.').ok_or_else(|| format!("`{path}` is no `role.attribute`"))?;
            let Some(found) = fact.roles.iter().find(|candidate| candidate.name == role) else {
                let known = fact.roles.iter().map(|candidate| candidate.name.as_str());
                return Err(near(&format!("fact `{}` has no role `{role}`", fact.name), role, known));
            };
            let dimension = &project.dimensions[found.dimension];
            let columns = star_columns(project, ModelId::Dimension(found.dimension));
            if !columns.iter().any(|column| column.name == attribute) {
                let known = columns.iter().map(|column| column.name.as_str());
                return Err(near(
                    &format!("dimension `{}` has no attribute `{attribute}`", dimension.name),
                    attribute,
                    known,
                ));
            }
            let alias = quote(&format!("_{role}"));
            let join = format!(
                "JOIN {} AS {alias} ON {alias}.{} = f.{}",
                table(&dimension.name),
                quote(&names::key(&dimension.name)),
                quote(&names::key(role))
            );
            if !joins.contains(&join) {
                joins.push(join);
            }
            groups.push((format!("{alias}.{}", quote(attribute)), quote(&dialect.heading(path))));
        }
        let mut items: Vec<String> = groups.iter().map(|(expr, name)| format!("{expr} AS {name}")).collect();
        for measure in measures {
            additive(fact, measure, by)?;
            items.push(format!("SUM(f.{0}) AS {0}", quote(&measure.column.name)));
        }
        let list: Vec<&str> = groups.iter().map(|(expr, _)| expr.as_str()).collect();
        let group = if list.is_empty() { String::new() } else { format!("\n  GROUP BY {}", list.join(", ")) };
        let joins = joins.iter().map(|join| format!("\n  {join}")).collect::<String>();
        parts.push(format!("SELECT {}\n  FROM {} AS f{joins}{group}", items.join(", "), table(&fact.name)));
    }
    let attributes: Vec<String> = by.iter().map(|path| quote(&dialect.heading(path))).collect();
    let mut from = format!("(\n  {}\n) AS a0", parts[0]);
    for (index, part) in parts.iter().enumerate().skip(1) {
        let on: Vec<String> = attributes
            .iter()
            .map(|name| {
                let before: Vec<String> = (0..index).map(|at| format!("a{at}.{name}")).collect();
                let before =
                    if before.len() == 1 { before[0].clone() } else { format!("COALESCE({})", before.join(", ")) };
                format!("a{index}.{name} IS NOT DISTINCT FROM {before}")
            })
            .collect();
        let on = if on.is_empty() { "TRUE".to_owned() } else { on.join(" AND ") };
        from = format!("{from}\nFULL JOIN (\n  {part}\n) AS a{index} ON {on}");
    }
    let mut items: Vec<String> = attributes
        .iter()
        .map(|name| {
            let all: Vec<String> = (0..parts.len()).map(|at| format!("a{at}.{name}")).collect();
            if all.len() == 1 {
                format!("{} AS {name}", all[0])
            } else {
                format!("COALESCE({}) AS {name}", all.join(", "))
            }
        })
        .collect();
    for (index, (_, measures)) in chosen.iter().enumerate() {
        items.extend(measures.iter().map(|measure| format!("a{index}.{0} AS {0}", quote(&measure.column.name))));
    }
    let order = if attributes.is_empty() {
        String::new()
    } else {
        let places: Vec<String> = (1..=attributes.len()).map(|place| place.to_string()).collect();
        format!("\nORDER BY {}", places.join(", "))
    };
    Ok(format!("SELECT {}\nFROM {from}{order}\nLIMIT {limit}", items.join(", ")))
}

/// A measure by `name`, or by `fact.name` where several facts have one.
fn find_measure<'p>(project: &'p Project, name: &str) -> Result<(&'p Fact, &'p Measure), String> {
    let (fact, measure) = name.split_once('.').map_or((None, name), |(fact, measure)| (Some(fact), measure));
    let found: Vec<(&Fact, &Measure)> = project
        .facts
        .iter()
        // An aggregate is another way to the same number: it answers only when it is named.
        .filter(|candidate| fact.map_or(candidate.rolls_up.is_none(), |fact| candidate.name == fact))
        .flat_map(|fact| fact.measures.iter().map(move |measure| (fact, measure)))
        .filter(|(_, candidate)| candidate.column.name == measure)
        .collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let known = project.facts.iter().flat_map(|fact| fact.measures.iter().map(|m| m.column.name.as_str()));
            Err(near(&format!("there is no measure `{name}`"), measure, known))
        }
        several => {
            let names: Vec<String> =
                several.iter().map(|(fact, m)| format!("`{}.{}`", fact.name, m.column.name)).collect();
            Err(format!("several facts have a measure `{name}`: name one of {}", names.join(", ")))
        }
    }
}

/// Refuses a sum over a dimension that the measure may not be summed over.
fn additive(fact: &Fact, measure: &Measure, by: &[String]) -> Result<(), String> {
    let grouped = |role: &String| by.iter().any(|path| path.split('.').next() == Some(role));
    match measure.additive {
        Additivity::All => Ok(()),
        Additivity::None => Err(format!(
            "measure `{}` of fact `{}` is non-additive: it may not be summed; divide two additive measures instead",
            measure.column.name, fact.name
        )),
        Additivity::Semi => match measure.not_over.iter().find(|role| !grouped(role)) {
            None => Ok(()),
            Some(role) => Err(format!(
                "measure `{}` may not be summed over `{role}`: group by an attribute of `{role}`",
                measure.column.name
            )),
        },
    }
}

fn near<'n>(message: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("{message}; did you mean `{near}`?"),
        None => message.to_owned(),
    }
}
