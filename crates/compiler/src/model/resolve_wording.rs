//! Resolves how an attribute's values read: labels for flags and codes, and what stands for NULL. It must not know what is
//! loaded.

use dwc_googlesql::Type;

use super::resolve::Scope;
use super::resolve_queries::Typed;
use super::test_values::{document as value_document, value};
use super::types::Wording;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{self, Document, Literal, LiteralValue, Scalar};

/// How the values of an attribute read: `typed` is its expression, `ty` the type of what it shows.
pub(super) fn wording(
    document: &Document,
    dimension: &syntax::Dimension,
    name: &str,
    (typed, ty): (&Typed, &Type),
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Wording> {
    let attribute = dimension.attributes.as_ref()?.get(name)?;
    let labels = labels(document, name, attribute, &typed.ty, scope, problems);
    let null = match &attribute.when_null {
        Some(Scalar(text)) => when_null(document, name, (text, ty), scope, problems),
        None => dimension.when_null.clone().filter(|_| *ty == Type::String),
    };
    if labels.is_empty() && null.is_none() {
        return None;
    }
    Some(Wording {
        ty: if labels.is_empty() { ty.clone() } else { typed.ty.clone() },
        labels,
        null,
        written: document.key_span(&["attributes", name, "labels"]),
    })
}

/// Whether an attribute shows labels in the place of its values.
pub(super) fn has_labels(attribute: &syntax::Attribute) -> bool {
    attribute.labels.is_some() && attribute.bands.is_none()
}

fn labels(
    document: &Document,
    name: &str,
    attribute: &syntax::Attribute,
    ty: &Type,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let Some(declared) = &attribute.labels else { return Vec::new() };
    let path = ["attributes", name, "labels"];
    let at = document.key_span(&path);
    if attribute.bands.is_some() {
        problems.push(
            Diagnostic::new(Code::MisplacedKey, "`labels` does not apply to an attribute with `bands`")
                .at(at, "would be ignored")
                .help("remove the key; each band has its label"),
        );
        return Vec::new();
    }
    if !matches!(ty, Type::Bool | Type::Int64 | Type::String | Type::Unknown) {
        problems.push(
            Diagnostic::new(
                Code::TypeMismatch,
                format!("`labels` are for BOOL, INT64 and STRING, and the expression is {ty}"),
            )
            .at(at, format!("is {ty}"))
            .help("declare `bands` for a number, or give an `expr` that is a code"),
        );
        return Vec::new();
    }
    let mut found: Vec<(String, String)> = Vec::new();
    for (written, label) in declared {
        let place = ["attributes", name, "labels", written.as_str()];
        let span = document.key_span(&place);
        let text = match ty {
            Type::Bool | Type::Int64 => match text_of(written, name, ty, span, scope) {
                Ok(text) => text,
                Err(reason) => {
                    problems.push(
                        Diagnostic::new(Code::WrongValue, format!("a label is for no value of `{name}`: {reason}"))
                            .at(span, format!("`{name}` is {ty}"))
                            .help(if *ty == Type::Bool {
                                "the values are `true` and `false`"
                            } else {
                                "write a whole number"
                            }),
                    );
                    continue;
                }
            },
            _ => written.clone(),
        };
        if found.iter().any(|(known, _)| *known == text) {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`labels` has two labels for `{text}`"))
                    .at(span, "again here")
                    .help("give each value one label"),
            );
            continue;
        }
        found.push((text, label.clone()));
    }
    let lacking = ["true", "false"].into_iter().find(|one| !found.iter().any(|(value, _)| value == one));
    if let Some(lacking) = lacking.filter(|_| *ty == Type::Bool) {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("`labels` of `{name}` has none for `{lacking}`"))
                .at(at, "a flag has two values")
                .help(format!("add `{lacking}:` with its label; `when_null` is the text for NULL")),
        );
    }
    found
}

/// What NULL reads as, as the text of a value of the attribute's type.
fn when_null(
    document: &Document,
    name: &str,
    (written, ty): (&str, &Type),
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<String> {
    let span = document.span(&["attributes", name, "when_null"]);
    match ty {
        Type::Unknown => None,
        Type::String => Some(written.to_owned()),
        Type::Bytes
        | Type::Interval
        | Type::Json
        | Type::Geography
        | Type::Array(_)
        | Type::Struct(_)
        | Type::Range(_) => {
            problems.push(
                Diagnostic::new(Code::TypeMismatch, format!("`when_null` is for a single value, and `{name}` is {ty}"))
                    .at(span, format!("`{name}` is {ty}"))
                    .help("remove the key, or give an `expr` that is a text, a number, a flag or a time"),
            );
            None
        }
        _ => match text_of(written, name, ty, span, scope) {
            Ok(text) => Some(text),
            Err(reason) => {
                problems.push(
                    Diagnostic::new(
                        Code::WrongValue,
                        format!("`when_null: {written}` is no value of attribute `{name}`: {reason}"),
                    )
                    .at(span, format!("`{name}` is {ty}"))
                    .help(format!("write a {ty}; to read it as a text, make the attribute a STRING")),
                );
                None
            }
        },
    }
}

/// A value as it is written, as the text of its type.
fn text_of(written: &str, name: &str, ty: &Type, span: Span, scope: &Scope<'_>) -> Result<String, String> {
    let literal = Literal { span, value: LiteralValue::Scalar { text: written.to_owned(), plain: true } };
    let found = value(&value_document(&literal, ty), name, ty, scope.timezone)?;
    found.ok_or_else(|| "it is NULL".to_owned())
}
