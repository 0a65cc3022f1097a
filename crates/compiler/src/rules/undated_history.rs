//! History that is dated by the batch loses what happened between two batches: where the source knows since when a
//! value holds, the dimension says so.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DimensionKind, EffectiveAt, Project};
use dwc_googlesql::Type;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        let DimensionKind::Standard(members) = &dimension.kind else { continue };
        if !members.has_versions() || members.effective_at != EffectiveAt::Extracted || members.extracted_is_declared {
            continue;
        }
        let instants: Vec<&str> = members
            .query
            .analysis
            .output
            .iter()
            .filter(|output| matches!(output.ty, Type::Timestamp | Type::DateTime))
            .map(|output| output.name.as_str())
            .collect();
        let help = match instants.as_slice() {
            [] => "add `effective_at: extracted` if you mean the time of the batch".to_owned(),
            names => {
                format!(
                    "add `effective_at: {}`, or `extracted` if you mean the time of the batch",
                    names.join("` or `")
                )
            }
        };
        found.push(
            Diagnostic::new(
                Code::UndatedHistory,
                format!("dimension `{}` keeps history but does not declare since when a value holds", dimension.name),
            )
            .at(dimension.span, "dated by the batch that brings it")
            .help(help),
        );
    }
}
