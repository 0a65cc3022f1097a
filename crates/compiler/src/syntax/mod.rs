//! Syntax: each file one to one with its YAML, and a source map that gives every leaf its span. Nothing is resolved.

mod common;
mod dimension;
mod fact;
mod project;
mod source;

pub use common::{ColumnType, Level, LintLevel, Names};
pub use dimension::{
    Attribute, Dimension, DimensionKind, FirstVersion, OnDelete, OpenEnd, SurrogateKey, Type1Scope,
};
pub use fact::{
    Additivity, Fact, FactKind, FactOnDelete, Grain, Measure, Missing, OnDuplicate, Role, WhenNull,
};
pub use project::{Project, Target, TargetType};
pub use source::{Contents, DetectDeletes, FileFormat, Retain, Source, SourceType, Table};
