//! Resolves junk dimensions: attributes whose values are columns of the facts that use them. It must not know those facts.

use dwc_googlesql::Type;

use super::resolve::{Scope, check_name};
use super::resolve_dimensions::hierarchy;
use super::resolve_queries::Typed;
use super::resolve_sources::read_type;
use super::resolve_wording::{has_labels, wording};
use super::types::{Attribute, Column, Junk, Scd};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::sql::names;
use crate::syntax::{self, Document};

/// How many combinations there may be where a dimension does not say it.
const MEMBERS: u64 = 10_000;

/// What a junk dimension is made of.
pub(super) fn junk(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Junk> {
    let mut attributes = Vec::new();
    let mut sound = true;
    for (name, attribute) in dimension.attributes.iter().flatten() {
        let path = ["attributes", name.as_str()];
        let written = document.key_span(&path);
        check_name(name, written, problems);
        let Some(text) = &attribute.ty else {
            problems.push(
                Diagnostic::new(
                    Code::MissingSetting,
                    format!("attribute `{name}` of junk dimension `{}` has no type", dimension.dimension),
                )
                .at(written, "`type` is missing")
                .help("add `type:` with the type of the facts' columns, such as `BOOL`"),
            );
            sound = false;
            continue;
        };
        let span = document.span(&["attributes", name, "type"]);
        let ty = read_type(text, span, problems);
        if !matches!(ty, Type::String | Type::Int64 | Type::Date | Type::Bool | Type::Unknown) {
            problems.push(
                Diagnostic::new(Code::TypeMismatch, format!("attribute `{name}` of a junk dimension is {ty}"))
                    .at(span, "every value would make a combination of its own")
                    .help("make it a STRING, INT64, DATE or BOOL with few values; a number to add up is a measure"),
            );
        }
        let typed = Typed { text: names::backquoted(name), ty, origins: Vec::new(), written, folds_case: false };
        let shown = if has_labels(attribute) { Type::String } else { typed.ty.clone() };
        attributes.push(Attribute {
            wording: wording(document, dimension, name, (&typed, &shown), scope, problems),
            column: Column {
                name: name.clone(),
                ty: shown,
                description: attribute.description.clone().unwrap_or_default(),
                pii: attribute.pii.unwrap_or(false),
                header: None,
                folds_case: false,
            },
            scd: Scd::Type1,
            expr: typed.text,
            hierarchy: hierarchy(document, name, attribute, problems),
            was: attribute.was.clone(),
            origins: typed.origins,
            written,
        });
    }
    if attributes.is_empty() && sound {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("junk dimension `{}` has no attribute", dimension.dimension))
                .at(document.span(&["dimension"]), "there is nothing to combine")
                .help("add `attributes:` with the flags and codes of its facts"),
        );
        return None;
    }
    if dimension.max_members == Some(0) {
        problems.push(
            Diagnostic::new(Code::WrongValue, "`max_members: 0` lets no combination in")
                .at(document.span(&["max_members"]), "not above 0")
                .help("write the number of combinations that are still plausible"),
        );
    }
    sound.then(|| Junk { attributes, max_members: dimension.max_members.unwrap_or(MEMBERS) })
}

/// Whether the columns of a role give the attributes of a junk dimension, in their order.
pub(super) fn combined(
    document: &Document,
    (name, role): (&str, &syntax::Role),
    (target, junk): (&str, &Junk),
    columns: &[Column],
    at: Span,
    problems: &mut Vec<Diagnostic>,
) -> bool {
    let declared =
        [("missing", role.missing.is_some()), ("when_null", role.when_null.is_some()), ("as_of", role.as_of.is_some())];
    for (key, _) in declared.into_iter().filter(|(_, is_declared)| *is_declared) {
        problems.push(
            Diagnostic::new(
                Code::MisplacedKey,
                format!("`{key}` does not apply to a role of junk dimension `{target}`"),
            )
            .at(document.key_span(&["dimensions", name, key]), "would be ignored")
            .help("remove the key: the load adds each combination, and NULL is a value of it"),
        );
    }
    if columns.len() != junk.attributes.len() {
        let names: Vec<&str> = junk.attributes.iter().map(|attribute| attribute.column.name.as_str()).collect();
        problems.push(
            Diagnostic::new(
                Code::KeyMismatch,
                format!("role `{name}` names {} columns, and `{target}` has {} attributes", columns.len(), names.len()),
            )
            .at(at, format!("the attributes are {}", names.join(", ")))
            .help("name one column for each attribute, in their order"),
        );
        return false;
    }
    let mut fits = true;
    for (column, attribute) in columns.iter().zip(&junk.attributes) {
        let ty = attribute.kept_type();
        if column.ty.plain() != ty.plain() && column.ty != Type::Unknown && *ty != Type::Unknown {
            problems.push(
                Diagnostic::new(
                    Code::KeyMismatch,
                    format!(
                        "column `{}` is {}, and attribute `{}` of `{target}` is {ty}",
                        column.name, column.ty, attribute.column.name
                    ),
                )
                .at(at, format!("is {}", column.ty))
                .help(format!("cast the column to {ty} in the query, or declare the type of the attribute")),
            );
            fits = false;
        }
    }
    fits
}
