//! A policy for something that a dimension does not have governs nothing: its author relies on a setting without an effect.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DimensionKind, Members, Project, Scd};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        let DimensionKind::Standard(members) = &dimension.kind else { continue };
        // A mini-dimension keeps the history of its base's members by the base's policies.
        let has_mini =
            project.dimensions.iter().any(|other| other.mini().is_some_and(|mini| mini.base == dimension.name));
        for (key, span) in &members.policies {
            let Some(lacks) = lacking(members, key, has_mini) else { continue };
            found.push(
                Diagnostic::new(
                    Code::IdlePolicy,
                    format!("`{key}` of dimension `{}` has no effect: {lacks}", dimension.name),
                )
                .at(*span, "governs nothing")
                .help("remove the key, or give an attribute the type that it governs"),
            );
        }
    }
}

/// What a policy governs and the dimension does not have.
fn lacking(members: &Members, key: &str, has_mini: bool) -> Option<&'static str> {
    let has = |scd: Scd| members.attributes.iter().any(|attribute| attribute.scd == scd);
    match key {
        "first_version" | "open_end" if !members.has_versions() && !has_mini => Some("no attribute keeps versions"),
        "type1_scope" if !has(Scd::Type1) => Some("no attribute is of type 1"),
        "type1_scope" if !members.has_versions() => Some("no attribute keeps versions"),
        "late_type0" if !has(Scd::Type0) => Some("no attribute is of type 0"),
        _ => None,
    }
}
