//! The zone of a query's moments without one: that of the source that gave them, where one did. It must not convert.

use dwc_googlesql::Type;

use super::types::{Project, Query};

/// The zone in which a column of a query is a time of day: a DATETIME's is that of the sources that it comes from, where
/// they agree; a day is one of the business.
pub(crate) fn zone_of<'p>(project: &'p Project, query: &Query, column: &str, ty: &Type) -> &'p str {
    let of_table = |table: &str| project.table(table).map(|table| project.zone_of(table).name());
    agreed(query, column, ty, of_table).unwrap_or_else(|| project.timezone.name())
}

/// The zone that the source tables of a DATETIME agree on.
pub(super) fn agreed<'z>(
    query: &Query,
    column: &str,
    ty: &Type,
    of_table: impl Fn(&str) -> Option<&'z str>,
) -> Option<&'z str> {
    let output = query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(column));
    let origins = output.filter(|_| *ty == Type::DateTime).map_or(&[][..], |output| output.origins.as_slice());
    let mut zones = origins.iter().filter_map(|(table, _)| of_table(table));
    let zone = zones.next()?;
    zones.all(|other| other == zone).then_some(zone)
}
