//! Resolves the measures of a fact: their expressions, types, additivity and tolerances. It must not judge whether a sum makes
//! sense.

use dwc_googlesql::Type;

use super::resolve::{Scope, check_name, unknown};
use super::resolve_queries::{declared_type, expression};
use super::tolerance::tolerance;
use super::types::{Column, Measure, Query, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::{self, Aggregation, AggregationFunction, Document, Over};

pub(super) fn resolve_measures(
    document: &Document,
    fact: &syntax::Fact,
    query: Option<&Query>,
    roles: &[Role],
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Measure> {
    let mut measures = Vec::new();
    for (name, measure) in fact.measures.iter().flatten() {
        let path = ["measures", name.as_str()];
        let span = document.key_span(&path);
        check_name(name, span, problems);
        if measure.additive.is_none() {
            problems.push(
                Diagnostic::new(Code::MissingAdditivity, format!("measure `{name}` does not declare its additivity"))
                    .at(span, "`additive` is missing")
                    .help("add `additive: all`, `semi` with `over: { role: last }`, or `none`"),
            );
        }
        let mut not_over = measure.not_over.clone().unwrap_or_default();
        for (index, role) in not_over.iter().enumerate() {
            let declared = fact.dimensions.iter().flatten().map(|(known, _)| known.as_str());
            let mut known = declared.chain(roles.iter().map(|role| role.name.as_str()));
            if !known.clone().any(|known| known == role) {
                let at = index.to_string();
                problems.push(unknown("role", role, document.span(&["measures", name, "not_over", &at]), &mut known));
            }
        }
        let over: Vec<(String, Over)> =
            measure.over.iter().flatten().map(|(role, over)| (role.clone(), *over)).collect();
        not_over.extend(
            over.iter().map(|(role, _)| role.clone()).filter(|role| !not_over.contains(role)).collect::<Vec<_>>(),
        );
        let typed =
            query.and_then(|query| expression(document, &path, name, measure.expr.as_deref(), query, scope, problems));
        let Some(typed) = typed else { continue };
        let ty = declared_type(document, &path, measure.ty.as_deref(), &typed.ty, problems);
        // What is counted may be of any type: the count is the number.
        let is_counted = measure.aggregation == Some(Aggregation::Function(AggregationFunction::CountDistinct));
        if !ty.is_numeric() && ty != Type::Unknown && !(is_counted && ty.is_groupable()) {
            problems.push(
                Diagnostic::new(Code::TextMeasure, format!("measure `{name}` is {ty}, and a measure is a number"))
                    .at(span, "not numeric")
                    .help("make it an attribute of a dimension, or a degenerate dimension; a flag becomes 0 or 1"),
            );
        }
        let (what, place) = (format!("measure `{name}`"), document.span(&["measures", name, "within"]));
        let within = tolerance(measure.within.as_ref(), &what, &ty, place, problems);
        let Some(additive) = measure.additive else { continue };
        measures.push(Measure {
            column: Column {
                name: name.clone(),
                ty,
                description: measure.description.clone().unwrap_or_default(),
                pii: false,
                header: None,
                folds_case: false,
            },
            expr: typed.text,
            additive,
            not_over,
            over,
            aggregation: measure.aggregation.clone(),
            unit: measure.unit.clone(),
            currency: measure.currency.clone(),
            within,
            was: measure.was.clone(),
            derived: None,
            origins: typed.origins,
            span,
            written: typed.written,
        });
    }
    measures
}
