//! Resolves mini-dimensions: their base, and attributes that tell combinations apart.

use super::resolve::{Scope, unknown};
use super::resolve_dimensions::{attributes, timeline};
use super::types::{KeyStrategy, Mini, Scd};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::{self, Document, Kind};
use dwc_googlesql::Type;

/// What a mini-dimension is made of: the members of its base, read as the base reads them, and its own attributes.
pub(super) fn mini(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Mini> {
    let Some(name) = &dimension.of else {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("mini-dimension `{}` has no `of`", dimension.dimension))
                .at(document.span(&["dimension"]), "its base dimension is not declared")
                .help("add `of:` with the dimension whose members have these attributes"),
        );
        return None;
    };
    let found = scope.dimension_documents.get(name).map(|index| &scope.documents[*index]);
    let base = found.and_then(|found| match &found.kind {
        Kind::Dimension(base) if base.kind.unwrap_or_default() == syntax::DimensionKind::Standard => {
            Some((found, base))
        }
        _ => None,
    });
    let Some((base_document, base)) = base else {
        let known = scope.dimension_documents.keys().map(String::as_str).filter(|known| *known != dimension.dimension);
        problems.push(match found {
            None => unknown("dimension", name, document.span(&["of"]), known),
            Some(_) => Diagnostic::new(Code::WrongValue, format!("`{name}` has no members of a source"))
                .at(document.span(&["of"]), "generated, or a mini-dimension itself")
                .help("name a dimension that is read from a source"),
        });
        return None;
    };
    // What is wrong with the base is said where the base is resolved.
    let mut known = Vec::new();
    let (mut members, sound) = timeline(base_document, base, scope, &mut known)?;
    members.attributes = attributes(document, dimension, &members, scope, Some(Scd::Type2), problems);
    members.key_strategy = KeyStrategy::Hash;
    for attribute in &members.attributes {
        let plain = matches!(attribute.column.ty, Type::String | Type::Int64 | Type::Date | Type::Bool | Type::Unknown);
        let path = ["attributes", attribute.column.name.as_str()];
        if !plain {
            problems.push(
                Diagnostic::new(
                    Code::TypeMismatch,
                    format!("attribute `{}` of a mini-dimension is {}", attribute.column.name, attribute.column.ty),
                )
                .at(document.key_span(&path), "every value would make a combination of its own")
                .help("declare `bands`, or an `expr` that gives a label, a whole number, a day or a flag"),
            );
        }
    }
    if dimension.attributes.as_ref().is_none_or(|attributes| attributes.is_empty()) {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("mini-dimension `{}` has no attribute", dimension.dimension))
                .at(document.span(&["dimension"]), "there is nothing to combine")
                .help("add `attributes:` with the attributes that change often"),
        );
        return None;
    }
    sound.then(|| Mini { base: name.clone(), outrigger: dimension.outrigger.unwrap_or(false), members })
}
