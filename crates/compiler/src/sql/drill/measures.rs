//! Which measures a question names, and under which names the answer shows them.

use std::collections::BTreeMap;

use super::headers::Header;
use super::near;
use crate::model::{AggregationFunction, Derived, Fact, Measure, Project};

/// What stands before the name of a lag for another function of its rows.
const OF_LAG: [(&str, AggregationFunction); 3] = [
    ("average_", AggregationFunction::Average),
    ("min_", AggregationFunction::Min),
    ("max_", AggregationFunction::Max),
];

/// What stands for the counters of all milestones of a fact, after its name.
const PIPELINE: &str = "pipeline";

/// A measure with its fact; without one, the count of the fact's rows.
#[derive(Clone, Copy)]
struct Found<'p> {
    fact: &'p Fact,
    measure: Option<&'p Measure>,
    function: Option<AggregationFunction>,
}

/// A measure that is asked for.
pub(super) struct Asked<'p> {
    /// As the question names it.
    pub(super) asked: String,
    /// Its fact.
    pub(super) fact: &'p Fact,
    /// The measure; the count of the fact's rows where there is none.
    pub(super) measure: Option<&'p Measure>,
    /// The function of its rows that is asked for, where that is not the declared one.
    pub(super) function: Option<AggregationFunction>,
    /// The name of its column in the answer: with the fact's where two columns would have one name.
    pub(super) heading: String,
}

pub(super) fn find<'p>(project: &'p Project, named: &[String]) -> Result<Vec<Asked<'p>>, Vec<String>> {
    let mut all: Vec<Asked<'p>> = Vec::new();
    let mut problems = Vec::new();
    for name in named {
        match several(project, name) {
            Ok(found) => {
                for Found { fact, measure, function } in found {
                    let own = measure.map_or(&fact.name, |measure| &measure.column.name);
                    let heading = OF_LAG.iter().find(|(_, known)| Some(*known) == function);
                    let heading = heading.map_or_else(|| own.clone(), |(prefix, _)| format!("{prefix}{own}"));
                    let known = |other: &Asked<'_>| {
                        other.fact.name == fact.name
                            && other.measure.is_some() == measure.is_some()
                            && other.heading == heading
                    };
                    if !all.iter().any(known) {
                        all.push(Asked { asked: name.clone(), fact, measure, function, heading });
                    }
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

/// What a name asks for: a measure, or the counters of all milestones of a fact, in their order.
fn several<'p>(project: &'p Project, name: &str) -> Result<Vec<Found<'p>>, String> {
    if let Some((fact, PIPELINE)) = name.split_once('.')
        && let Some(fact) = project.facts.iter().find(|known| known.name == fact)
        && fact.measures.iter().all(|measure| measure.column.name != PIPELINE)
    {
        let is_counter = |measure: &&Measure| measure.derived.is_some_and(|derived| !derived.is_lag());
        let counters = fact.measures.iter().filter(is_counter);
        let all: Vec<Found<'p>> =
            counters.map(|measure| Found { fact, measure: Some(measure), function: None }).collect();
        return if all.is_empty() { Err(format!("fact `{}` has no milestones", fact.name)) } else { Ok(all) };
    }
    one(project, name).map(|found| vec![found])
}

/// A measure by `name`, or by `fact.name` where several facts have one; a fact's own name is the count of its rows.
fn one<'p>(project: &'p Project, name: &str) -> Result<Found<'p>, String> {
    let (fact, measure) = name.split_once('.').map_or((None, name), |(fact, measure)| (Some(fact), measure));
    // An aggregate is another way to the same number: it answers only when it is named.
    let is_meant = |candidate: &&Fact| fact.map_or(candidate.rolls_up.is_none(), |fact| candidate.name == fact);
    let named = |name: &str, function: Option<AggregationFunction>| -> Vec<Found<'p>> {
        let facts = project.facts.iter().filter(is_meant);
        let all = facts
            .flat_map(|fact| fact.measures.iter().map(move |measure| Found { fact, measure: Some(measure), function }));
        all.filter(|found| found.measure.is_some_and(|measure| measure.column.name == name)).collect()
    };
    let mut found = named(measure, None);
    if found.is_empty() {
        let is_lag = |found: &Found<'_>| found.measure.and_then(|measure| measure.derived).is_some_and(Derived::is_lag);
        let of_lag = OF_LAG.iter().filter_map(|(prefix, function)| {
            let lag = measure.strip_prefix(prefix)?;
            Some(named(lag, Some(*function)).into_iter().filter(is_lag).collect::<Vec<_>>())
        });
        found = of_lag.flatten().collect();
    }
    match found.as_slice() {
        [found] => Ok(*found),
        [] => {
            if let (None, Some(counted)) = (fact, project.facts.iter().find(|fact| fact.name == name)) {
                return Ok(Found { fact: counted, measure: None, function: None });
            }
            let measures = project.facts.iter().flat_map(|fact| fact.measures.iter().map(|m| m.column.name.as_str()));
            let known = measures.chain(project.facts.iter().map(|fact| fact.name.as_str()));
            Err(near(&format!("there is no measure `{name}`"), measure, known))
        }
        several => {
            let names: Vec<String> = several.iter().map(|found| format!("`{}.{measure}`", found.fact.name)).collect();
            Err(format!("several facts have a measure `{name}`: name one of {}", names.join(", ")))
        }
    }
}
