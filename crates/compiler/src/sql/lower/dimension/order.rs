//! What orders the states of a member that one table gives. It must not know since when they hold.

use dwc_googlesql::Type;

use super::incoming::states_table;
use crate::model::{EffectiveAt, Members, Project, Table};
use crate::sql::names;

/// The alias of the column by which a table orders its states.
pub(super) const TABLE_ORDER: &str = "_order";

/// What orders the states of a member.
pub(in crate::sql::lower) struct Order<'p> {
    /// A column of the query, or of its one table.
    pub(in crate::sql::lower) column: &'p str,
    pub(in crate::sql::lower) ty: Type,
    pub(super) is_of_table: bool,
    /// A state that comes after one with a greater order never holds: nothing else says when either held.
    pub(super) overtakes: bool,
}

impl<'p> Order<'p> {
    pub(in crate::sql::lower) fn of(project: &'p Project, members: &'p Members) -> Option<Self> {
        let table = states_table(project, members);
        let of_table = |column: &'p str, overtakes| {
            let ty = table.and_then(|table| table.column(column))?.ty.clone();
            Some(Self { column, ty, is_of_table: true, overtakes })
        };
        if members.effective_at == EffectiveAt::Extracted
            && let Some(column) = table.and_then(Table::latest_by)
        {
            return of_table(column, true);
        }
        if let Some(column) = &members.sequence {
            let output = members.query.analysis.output.iter().find(|output| &output.name == column);
            let ty = output.map_or(Type::Int64, |output| output.ty.clone());
            return Some(Self { column, ty, is_of_table: false, overtakes: false });
        }
        of_table(table?.sequence.as_deref()?, false)
    }

    /// It as an expression over the query's rows.
    pub(super) fn sql(order: Option<&Self>) -> String {
        match order {
            None => "CAST(NULL AS INT64)".to_owned(),
            Some(order) if order.is_of_table => TABLE_ORDER.to_owned(),
            Some(order) => names::backquoted(order.column),
        }
    }
}
