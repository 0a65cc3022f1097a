//! The compiler: text in; diagnostics, star schema, plan and SQL out. No IO, no clock, no environment, no async.

pub mod diagnostic;
pub mod model;
pub mod plan;
pub mod source;
pub mod sql;
pub mod syntax;
