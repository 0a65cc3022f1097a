//! A flag that reads `true` and `false` in reports means nothing to those who did not name its column: Kimball asks for
//! words in its place.

use dwc_googlesql::Type;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::Project;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        for attribute in dimension.attributes().iter().filter(|attribute| attribute.column.ty == Type::Bool) {
            let name = &attribute.column.name;
            found.push(
                Diagnostic::new(
                    Code::FlagWithoutLabels,
                    format!("attribute `{name}` of dimension `{}` is a BOOL without labels", dimension.name),
                )
                .at(attribute.written, "reads as true and false")
                .help("add `labels:` with a text for each value, such as `{ true: Gift, false: No gift }`"),
            );
        }
    }
}
