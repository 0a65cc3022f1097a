//! Measures of one name are one measure: the same unit, currency, additivity and type, or another name.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Fact, Measure, Project};
use dwc_googlesql::Type;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, (&Fact, &Measure)> = BTreeMap::new();
    for fact in &project.facts {
        for measure in &fact.measures {
            let name = measure.column.name.as_str();
            let Some((other_fact, other)) = first.get(name) else {
                first.insert(name, (fact, measure));
                continue;
            };
            let differs = if measure.unit != other.unit {
                "unit"
            } else if measure.currency != other.currency {
                "currency"
            } else if measure.additive != other.additive {
                "additivity"
            } else if differs_in_type(measure, other) {
                "type"
            } else {
                continue;
            };
            found.push(
                Diagnostic::new(
                    Code::UnconformedMeasure,
                    format!(
                        "measure `{name}` has another {differs} in fact `{}` than in `{}`",
                        fact.name, other_fact.name
                    ),
                )
                .at(measure.span, "here")
                .at(other.span, "and here")
                .help("give both the same, or one of them another name"),
            );
        }
    }
}

/// Whether two measures have types that are known and not the same.
fn differs_in_type(measure: &Measure, other: &Measure) -> bool {
    let (ty, known) = (measure.column.ty.plain(), other.column.ty.plain());
    ty != known && ty != Type::Unknown && known != Type::Unknown
}
