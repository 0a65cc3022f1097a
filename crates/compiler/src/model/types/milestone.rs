//! Milestones of an accumulating snapshot, and the measures that follow from them. They must not know of engines.

use super::{Column, Fact};
use crate::source::Span;
use crate::syntax::LagUnit;

/// A point of a process that each of its instances reaches, or has not reached yet.
#[derive(Debug, Clone)]
pub struct Milestone {
    /// Its name.
    pub name: String,
    /// The fact's column that says when it was reached; NULL until then.
    pub column: Column,
    /// The zone in which the column is a time of day.
    pub zone: String,
    /// The role of a calendar that has its day.
    pub role: String,
    /// Where it is declared.
    pub span: Span,
}

/// What a measure says of milestones, which are named by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derived {
    /// 1 for a row that has reached the milestone, 0 for any other.
    Reached(usize),
    /// 1 for a row that has reached the milestone and none after it, 0 for any other.
    WaitingAt(usize),
    /// The time from one milestone to a later one.
    Lag {
        /// The earlier one.
        from: usize,
        /// The later one.
        to: usize,
        /// What is counted.
        unit: LagUnit,
    },
}

impl Derived {
    /// Whether it is the time from one milestone to another.
    #[must_use]
    pub fn is_lag(self) -> bool {
        matches!(self, Derived::Lag { .. })
    }

    /// How it is computed, in the columns of its fact.
    #[must_use]
    pub fn formula(self, fact: &Fact) -> String {
        let column = |at: usize| fact.milestones.get(at).map_or("", |milestone| milestone.column.name.as_str());
        match self {
            Derived::Reached(at) => format!("1 if {} is not NULL, else 0", column(at)),
            Derived::WaitingAt(at) => {
                let later: Vec<&str> = (at + 1..fact.milestones.len()).map(column).collect();
                let verb = if later.len() == 1 { "is" } else { "are" };
                format!("1 if {} is not NULL and {} {verb} NULL, else 0", column(at), later.join(", "))
            }
            Derived::Lag { from, to, unit } => format!("{} − {}, in {}s", column(to), column(from), unit.word()),
        }
    }
}
