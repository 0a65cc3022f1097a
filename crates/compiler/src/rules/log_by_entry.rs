//! A table that names its rows by the entries of a log, where a dimension's members are named by another column: the delete
//! of an entry does not end a member, and the end of an interval is not seen.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DetectDeletes, Project};
use crate::sql::temporal;

pub(super) fn check(project: &Project, found: &mut Vec<Diagnostic>) {
    for dimension in &project.dimensions {
        let Some(members) = dimension.members().filter(|_| dimension.mini().is_none()) else { continue };
        if !members.has_versions() || members.effective_to.is_some() {
            continue;
        }
        let Some((table, key)) = temporal::other_key(project, members) else { continue };
        if table.is_log && table.detect_deletes == DetectDeletes::None {
            continue;
        }
        found.push(
            Diagnostic::new(
                Code::LogByEntry,
                format!(
                    "dimension `{}` keeps the history of `{}`, but a row of table `{}` is identified by `{}`",
                    dimension.name,
                    key.join("`, `"),
                    table.address,
                    table.primary_key.join("`, `")
                ),
            )
            .at(dimension.span, "the end of a row does not end the member")
            .help(format!(
                "for a log of changes declare the table as `contents: log` with `primary_key: [{}]` and `sequence: {}`; where \
                 its rows are intervals, add `effective_to: …` to the dimension",
                key.join(", "),
                table.primary_key.last().map_or("…", String::as_str)
            )),
        );
    }
}
