//! What a verification has looked at: a record for each rule, check and comparison, with what it has found inside it. It must
//! not decide what is looked at, nor how it is told.

use dwc_compiler::source::Span;

use crate::Offence;

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The model, or the source table as `source.table`; a source that does not answer.
    pub of: String,
    /// What kind of thing it is.
    pub at: Aspect,
    /// The rule or the check by its name, or what was compared.
    pub name: String,
    /// Where it is declared.
    pub span: Option<Span>,
    /// Why it was not looked at; `None` where it was.
    pub left_out: Option<String>,
    /// How many rows were compared or checked, where they were counted.
    pub rows: Option<i64>,
    /// How many rows differ by no more than is tolerated.
    pub tolerated: i64,
    /// Only a part of the rows was compared: which, as a person reads it.
    pub part: Option<String>,
    /// What was found.
    pub findings: Vec<Weighed>,
}

/// What kind of thing is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// A rule of the structure of a loaded table.
    Rule,
    /// A model beside what is landed.
    Landed,
    /// A landed table beside its source.
    Source,
    /// A declared check.
    Check,
}

/// Something that was found, with its weight.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// What it means.
    pub weight: Weight,
    /// What it is.
    pub offence: Offence,
}

/// What a finding means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It fails.
    Error,
    /// It is worth telling.
    Warning,
    /// A repair has mended it.
    Mended,
}

/// What became of something that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was found that is not mended.
    Passed,
    /// Only warnings were found.
    Warned,
    /// An error was found.
    Failed,
    /// It was not looked at.
    LeftOut,
}

impl Looked {
    /// Something in which nothing has been found yet.
    pub(super) fn new(of: &str, at: Aspect, name: &str, span: Option<Span>) -> Self {
        Self {
            of: of.to_owned(),
            at,
            name: name.to_owned(),
            span,
            left_out: None,
            rows: None,
            tolerated: 0,
            part: None,
            findings: Vec::new(),
        }
    }

    /// Something that was not looked at.
    pub(super) fn left_out(self, why: impl Into<String>) -> Self {
        Self { left_out: Some(why.into()), ..self }
    }

    /// Adds findings of a weight.
    pub(super) fn add(&mut self, weight: Weight, offences: impl IntoIterator<Item = Offence>) {
        self.findings.extend(offences.into_iter().map(|offence| Weighed { weight, offence }));
    }

    /// What became of it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let has = |weight| self.findings.iter().any(|finding| finding.weight == weight);
        match &self.left_out {
            _ if has(Weight::Error) => Outcome::Failed,
            _ if has(Weight::Warning) => Outcome::Warned,
            Some(_) => Outcome::LeftOut,
            None => Outcome::Passed,
        }
    }
}

/// What was found of a weight, in order.
#[must_use]
pub fn found(looked: &[Looked], weight: Weight) -> Vec<Offence> {
    let findings = looked.iter().flat_map(|one| &one.findings);
    findings.filter(|finding| finding.weight == weight).map(|finding| finding.offence.clone()).collect()
}
