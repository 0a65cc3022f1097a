//! The screens of a dimension: the states that come in are judged before they become events. A state that is rejected stays in
//! `incoming`, which says what was read, and out of the timeline; so does an event that was kept before its check was declared.

use dwc_googlesql::{Column as SqlColumn, Type};

use super::context::Context;
use crate::diagnostic::Diagnostic;
use crate::model::{Dimension, Members};
use crate::plan::{Reads, Statement};
use crate::sql::lower::Lowering;
use crate::sql::lower::screens::{REJECTS, Screening};

/// What holds of a state that is judged, in GoogleSQL: a delete is not.
const LIVE: &str = "NOT _c._gone";

impl Lowering<'_> {
    /// What the screens of a dimension hold back and tell, and what its load is told of them; nothing where it has none.
    pub(super) fn dimension_screens<'c>(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'c>,
    ) -> Result<(Vec<Statement>, Option<Context<'c>>), Vec<Diagnostic>> {
        let screens = self.screens(&dimension.checks);
        if screens.is_empty() {
            return Ok((Vec::new(), None));
        }
        let values = values_of(members);
        let columns = with_event(&values);
        let judged = self.screened("incoming".to_owned(), &columns, &screens, Some(LIVE))?;
        let mut statements: Vec<Statement> = [
            format!(
                "-- {}: what the checks say of each state\nCREATE OR REPLACE TEMP TABLE judged AS\n{judged}",
                dimension.name
            ),
            "CREATE OR REPLACE TEMP TABLE incoming AS\nSELECT * FROM judged AS _j".to_owned(),
        ]
        .into_iter()
        .map(|sql| Statement { sql, reads: Reads::Nothing })
        .collect();
        statements.extend(self.screening(&Screening {
            model: &dimension.name,
            called: format!("dimension `{}`", dimension.name),
            screens: &screens,
            key: members.natural_key.iter().map(|column| column.name.as_str()).collect(),
            columns: &values,
            judged: "NOT _i._gone",
            share: self.rejected_share(&members.query),
            span: dimension.span,
        }));
        let rejects = self.rejects(&dimension.checks);
        if rejects && !self.compares {
            let sql = format!("SELECT COUNT(*) AS rejected FROM incoming AS _i WHERE _i.{REJECTS}");
            statements.push(Statement { sql, reads: Reads::Counts });
        }
        let unrejected = match rejects {
            true => Some(self.unrejected(context.history.clone(), &columns, &screens, LIVE)?),
            false => None,
        };
        Ok((statements, Some(Context { rejects, unrejected, ..context.clone() })))
    }
}

/// The natural key and the attributes of a dimension.
pub(super) fn values_of(members: &Members) -> Vec<SqlColumn> {
    let keys = members.natural_key.iter().map(|column| (column, &column.ty));
    let attributes = members.attributes.iter().map(|attribute| (&attribute.column, attribute.kept_type()));
    keys.chain(attributes)
        .map(|(column, ty)| SqlColumn { folds_case: column.folds_case, ..SqlColumn::new(&column.name, ty.clone()) })
        .collect()
}

fn with_event(values: &[SqlColumn]) -> Vec<SqlColumn> {
    let event = [
        ("_event_at", Type::Timestamp),
        ("_event_sequence", Type::Unknown),
        ("_batch", Type::Int64),
        ("_state", Type::Int64),
        ("_gone", Type::Bool),
    ];
    values.iter().cloned().chain(event.map(|(name, ty)| SqlColumn::new(name, ty))).collect()
}
