//! Which measures a question names, and under which names the answer shows them.

use std::collections::BTreeMap;

use super::headers::Header;
use super::near;
use crate::model::{Fact, Measure, Project};

/// A measure that is asked for.
pub(super) struct Asked<'p> {
    /// As the question names it.
    pub(super) asked: String,
    /// Its fact.
    pub(super) fact: &'p Fact,
    /// The measure; the count of the fact's rows where there is none.
    pub(super) measure: Option<&'p Measure>,
    /// The name of its column in the answer: with the fact's where two columns would have one name.
    pub(super) heading: String,
}

pub(super) fn find<'p>(project: &'p Project, named: &[String]) -> Result<Vec<Asked<'p>>, Vec<String>> {
    let mut all: Vec<Asked<'p>> = Vec::new();
    let mut problems = Vec::new();
    for name in named {
        match one(project, name) {
            Ok((fact, measure)) => {
                let heading = measure.map_or(&fact.name, |measure| &measure.column.name).clone();
                let known = |other: &Asked<'_>| {
                    other.fact.name == fact.name
                        && other.measure.is_some() == measure.is_some()
                        && other.heading == heading
                };
                if !all.iter().any(known) {
                    all.push(Asked { asked: name.clone(), fact, measure, heading });
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    if named.is_empty() {
        problems.push("no measure is named".to_owned());
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// Names the columns of measures: with the fact's where two columns of an answer would have one name on either engine.
pub(super) fn head(all: &mut [Asked<'_>], headers: &[Header]) -> Result<(), Vec<String>> {
    let known: Vec<String> = headers.iter().map(|header| folded(&header.heading)).collect();
    let plain: Vec<String> = all.iter().map(|one| folded(&one.heading)).collect();
    for (at, one) in all.iter_mut().enumerate() {
        if known.contains(&plain[at]) || plain.iter().filter(|name| **name == plain[at]).count() > 1 {
            let column = if one.measure.is_some() { one.heading.as_str() } else { "rows" };
            one.heading = format!("{}.{column}", one.fact.name);
        }
    }
    let mut taken: BTreeMap<String, &str> =
        known.into_iter().zip(headers.iter().map(|header| header.heading.as_str())).collect();
    let mut problems = Vec::new();
    for one in all.iter() {
        if let Some(other) = taken.insert(folded(&one.heading), &one.heading) {
            problems.push(format!(
                "`{other}` and `{}` would be one column of the answer: ask for one of them",
                one.heading
            ));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// What an engine tells the columns of an answer apart by.
pub(super) fn folded(heading: &str) -> String {
    heading.replace('.', "__").to_lowercase()
}

/// A measure by `name`, or by `fact.name` where several facts have one; a fact's own name is the count of its rows.
fn one<'p>(project: &'p Project, name: &str) -> Result<(&'p Fact, Option<&'p Measure>), String> {
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
        [(fact, measure)] => Ok((fact, Some(measure))),
        [] => {
            if let (None, Some(counted)) = (fact, project.facts.iter().find(|fact| fact.name == name)) {
                return Ok((counted, None));
            }
            let measures = project.facts.iter().flat_map(|fact| fact.measures.iter().map(|m| m.column.name.as_str()));
            let known = measures.chain(project.facts.iter().map(|fact| fact.name.as_str()));
            Err(near(&format!("there is no measure `{name}`"), measure, known))
        }
        several => {
            let names: Vec<String> =
                several.iter().map(|(fact, m)| format!("`{}.{}`", fact.name, m.column.name)).collect();
            Err(format!("several facts have a measure `{name}`: name one of {}", names.join(", ")))
        }
    }
}
