//! The zone of a query's moments without one: that of the source that gave them, where one did. It must not convert.

use dwc_googlesql::Type;

use super::types::{Project, Query};

/// The zone in which a column of a query is a time of day: a DATETIME's is that of the sources that it comes from, where
/// they agree; a day is one of the business.
pub(crate) fn zone_of<'p>(project: &'p Project, query: &Query, column: &str, ty: &Type) -> &'p str {
    let output = query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(column));
    let origins = output.filter(|_| *ty == Type::DateTime).map_or(&[][..], |output| output.origins.as_slice());
    let mut zones =
        origins.iter().filter_map(|(table, _)| project.table(table)).map(|table| project.zone_of(table).name());
    match zones.next() {
        Some(zone) if zones.all(|other| other == zone) => zone,
        _ => project.timezone.name(),
    }
}
