//! A table that is joined into a history holds since its own instants: without one, what changed between two batches is
//! dated by the batch, and several states of one batch are one.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::Project;
use crate::sql::temporal;
use dwc_googlesql::Type;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        let Some(members) = dimension.members().filter(|_| dimension.mini().is_none()) else { continue };
        for table in temporal::undated(project, members) {
            let instants: Vec<&str> = table
                .columns
                .iter()
                .filter(|column| matches!(column.ty, Type::Timestamp | Type::DateTime))
                .map(|column| column.name.as_str())
                .collect();
            let lint = "if you mean the time of the batch, set `lints: { DW0511: { level: off, reason: … } }` on the dimension";
            let help = match instants.as_slice() {
                [] => {
                    format!(
                        "add a column to `{}` that records when a row changed, and declare it as `cursor`; {lint}",
                        table.address
                    )
                }
                names => format!("add `cursor: {}` to table `{}`; {lint}", names.join("` or `cursor: "), table.address),
            };
            found.push(
                Diagnostic::new(
                    Code::UndatedTable,
                    format!(
                        "the history of dimension `{}` reads table `{}`, which does not record when its rows changed",
                        dimension.name, table.address
                    ),
                )
                .at(members.query.span, "its states hold since the batch that brings them")
                .help(help),
            );
        }
    }
}
