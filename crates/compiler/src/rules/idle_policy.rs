//! A policy for something that a dimension does not have governs nothing: its author relies on a setting without an effect.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DimensionKind, Project};

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        let DimensionKind::Standard(members) = &dimension.kind else { continue };
        for (key, span) in &members.policies {
            let Some(lacks) = project.idle(dimension, key) else { continue };
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
