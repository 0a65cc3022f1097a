//! The model: every name resolved and every default filled. What is true once a [`Project`] is held stands with its type.

mod columns;
mod coverage;
mod filled;
mod folding;
mod graph;
mod limits;
mod naming;
mod read;
mod resolve;
mod resolve_additivity;
mod resolve_calendar;
mod resolve_dimensions;
mod resolve_facts;
mod resolve_files;
mod resolve_mini;
mod resolve_models;
mod resolve_queries;
mod resolve_sources;
mod resolve_unit_tests;
mod select;
mod test_values;
mod types;
mod zone;

pub(crate) use columns::{CALENDAR, Stored, TIME_OF_DAY, stored_columns};
pub use columns::{ColumnRole, RESERVED, StarColumn, reserved_key, star_columns};
pub use coverage::{Coverage, Covered, coverage};
pub use filled::filled;
pub(crate) use limits::clusters;
pub use naming::{is_name, to_name};
pub(crate) use resolve::resolve;
pub use resolve_sources::seconds;
pub(crate) use resolve_unit_tests::{REASON, resolve_unit_tests};
pub use select::{asks_modified, select, select_modified};
pub use test_values::{canonical_document, shown};
pub use types::*;
pub(crate) use zone::zone_of;
