//! The model: every name resolved, every default filled, every SQL text analyzed. It must not know of engines.

mod check;
mod dimension;
mod fact;
mod files;
mod milestone;
mod notify;
mod project;
mod query;
mod source;
mod unit_test;

pub use check::*;
pub use dimension::*;
pub use fact::*;
pub use files::*;
pub use milestone::*;
pub use notify::*;
pub use project::*;
pub use query::*;
pub use source::*;
pub use unit_test::*;

pub use crate::syntax::{
    Additivity, Aggregation, AggregationFunction, CheckSeverity, Contents, DetectDeletes, FactKind, FactOnDelete,
    FileFormat, FirstVersion, GivenMode, KeyStrategy, LagUnit, LateType0, Missing, NotifyFormat, NotifyOn, OnDelete,
    OnFail, OnSchemaChange, OpenEnd, Over, Retain, SourceType, Target, TargetType, Type1Scope, WhenNull,
};
