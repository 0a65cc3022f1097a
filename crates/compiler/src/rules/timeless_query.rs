//! History is evaluated at instants of the past: a query that has no meaning there, and a table whose states are not kept
//! until then, would lose it without a word.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Project, Retain};
use crate::sql::temporal;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        let Some(members) = dimension.members().filter(|_| dimension.mini().is_none()) else { continue };
        if !temporal::is_temporal(project, members) {
            continue;
        }
        if let Some(refused) = temporal::refused(project, members) {
            found.push(temporal::refusal(dimension, members, &refused));
        }
        for table in temporal::tables_read(project, members) {
            let Some(span) = table.retain_span.filter(|_| table.retain == Retain::Current) else { continue };
            found.push(
                Diagnostic::new(
                    Code::StatesNotKept,
                    format!(
                        "the history of dimension `{}` needs every state of table `{}`, and its states are not kept",
                        dimension.name, table.address
                    ),
                )
                .at(span, "removes the states once they are loaded")
                .at(members.query.span, "is evaluated at every instant of the past")
                .help("remove `retain: current`, or declare `retain: history`"),
            );
        }
    }
}
