//! Syntax: each file one to one with its YAML, and a source map that gives every leaf its span. Nothing is resolved.

mod check;
mod common;
mod decode;
mod dimension;
mod document;
mod fact;
mod format;
mod layout;
mod milestones;
mod notify;
mod project;
mod reference;
mod schema;
mod secret;
mod shape;
mod source;
mod sql;
mod unit_test;
mod yaml;

pub use check::{AcceptedValues, Bounds, Check, CheckSeverity, Freshness, OnFail, Relationship, RowLimits, Scalar};
pub use common::{Collation, ColumnType, Level, LintLevel, Names};
pub use dimension::{
    Attribute, Band, Dimension, DimensionKind, FirstVersion, KeyStrategy, LateType0, OnDelete, OpenEnd, SurrogateKey,
    Type1Scope,
};
pub use document::{Document, Kind, MAX_FILE_BYTES, Parsed, expand_env, parse};
pub use fact::{
    Additivity, Aggregation, AggregationFunction, Fact, FactKind, FactOnDelete, Grain, Measure, Missing, OnDuplicate,
    OnUpdate, Over, Role, WhenNull,
};
pub use format::{Formatted, format};
pub use milestones::{Lag, LagUnit, Lags, PREVIOUS};
pub use notify::{Notify, NotifyFormat, NotifyOn};
pub use project::{Project, Target, TargetType};
pub use reference::reference;
pub use schema::schemas;
pub use secret::{has_secret, hide_secrets};
pub use source::{Contents, DetectDeletes, FileFormat, OnSchemaChange, Retain, Source, SourceType, Table};
pub use sql::Sql;
pub use unit_test::{
    Answer, Expect, ExpectedTable, Given, GivenMode, Literal, LiteralValue, Rejected, SomeRows, Test, Tests,
};
