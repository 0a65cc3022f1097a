//! What a measure declares of its aggregation, held against its additivity: a key that would mean nothing is refused.

use super::resolve::unknown;
use super::types::{Dimension, DimensionKind, Measure, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::{self, Additivity, Aggregation, Document, Over};

pub(super) fn check(
    document: &Document,
    fact: &syntax::Fact,
    measures: &[Measure],
    roles: &[Role],
    dimensions: &[Dimension],
    problems: &mut Vec<Diagnostic>,
) {
    for measure in measures {
        let name = &measure.column.name;
        let at = |key: &str| document.key_span(&["measures", name, key]);
        let mut refuse = |key: &str, needed: &str, help: &str| {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{key}` does not apply to measure `{name}`"))
                    .at(at(key), format!("only a measure of `additive: {needed}` has it"))
                    .help(help),
            );
        };
        if measure.additive != Additivity::Semi {
            if !measure.over.is_empty() {
                refuse("over", "semi", "leave it out, or write `additive: semi`");
            } else if !measure.not_over.is_empty() {
                refuse("not_over", "semi", "leave it out, or write `additive: semi`");
            }
        }
        if measure.additive != Additivity::None && measure.aggregation.is_some() {
            refuse("aggregation", "none", "leave it out, or write `additive: none`");
        }
        over(document, fact, measure, roles, dimensions, problems);
        if let (Additivity::None, Some(Aggregation::Ratio(parts))) = (measure.additive, &measure.aggregation) {
            ratio(document, fact, measure, parts, measures, problems);
        }
    }
}

fn over(
    document: &Document,
    fact: &syntax::Fact,
    measure: &Measure,
    roles: &[Role],
    dimensions: &[Dimension],
    problems: &mut Vec<Diagnostic>,
) {
    let name = &measure.column.name;
    let mut ordered: Option<&str> = None;
    for (role, over) in &measure.over {
        let at = document.key_span(&["measures", name, "over", role]);
        let Some(found) = roles.iter().find(|known| known.name == *role) else {
            let mut declared = fact.dimensions.iter().flatten().map(|(known, _)| known.as_str());
            // A role that is declared and did not resolve has its own problem already.
            if !declared.clone().any(|known| known == role) {
                problems.push(unknown("role", role, at, &mut declared));
            }
            continue;
        };
        if !matches!(over, Over::Last | Over::First) {
            continue;
        }
        let dimension = &dimensions[found.dimension];
        if !matches!(dimension.kind, DimensionKind::Calendar(_) | DimensionKind::TimeOfDay) {
            problems.push(
                Diagnostic::new(
                    Code::WrongValue,
                    format!("members of `{}` have no order: none of them is the {}", dimension.name, over.word()),
                )
                .at(at, format!("`{role}` is not a role of a calendar"))
                .help("write `average`, `min` or `max`"),
            );
        }
        if let Some(other) = ordered {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("measure `{name}` is taken at one moment of two roles"))
                    .at(at, format!("beside `{other}`"))
                    .help("keep `last` or `first` for one role, and write `average`, `min` or `max` for the other"),
            );
        }
        ordered = Some(role);
    }
}

fn ratio(
    document: &Document,
    fact: &syntax::Fact,
    measure: &Measure,
    parts: &[String; 2],
    measures: &[Measure],
    problems: &mut Vec<Diagnostic>,
) {
    let name = &measure.column.name;
    for (index, part) in parts.iter().enumerate() {
        let place = index.to_string();
        let at = document.span(&["measures", name, "aggregation", "ratio", &place]);
        let found = measures.iter().find(|other| other.column.name == *part);
        // A measure that is declared and did not resolve has its own problem already.
        let unresolved = found.is_none() && fact.measures.iter().flatten().any(|(known, _)| known == part);
        if unresolved || found.is_some_and(|other| other.additive == Additivity::All) {
            continue;
        }
        let additive: Vec<&str> = measures
            .iter()
            .filter(|other| other.additive == Additivity::All)
            .map(|other| other.column.name.as_str())
            .collect();
        let (message, said) = match found {
            Some(_) => (format!("`{part}` is not additive, and a ratio divides two sums"), "may not be summed"),
            None => (format!("there is no measure `{part}`"), "not a measure of this fact"),
        };
        let code = if found.is_some() { Code::WrongValue } else { Code::UnknownName };
        let diagnostic = Diagnostic::new(code, message).at(at, said);
        problems.push(if additive.is_empty() {
            diagnostic.help("declare the two measures with `additive: all`")
        } else {
            diagnostic.help(format!("the additive measures are {}", additive.join(", ")))
        });
    }
}
