//! SQL: what a user wrote is read here (`googlesql`), what an engine runs is written here.

pub mod googlesql;
