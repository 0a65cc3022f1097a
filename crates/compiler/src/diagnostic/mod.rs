//! A diagnostic is data: what is wrong with the user's model, where, and what to do. It must not know how it is drawn.

mod codes;
mod remedy;

pub use codes::{Code, Page};
pub use dwc_googlesql::nearest;
pub use remedy::Remedy;

use crate::source::{FileSet, Span};

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It stops the command.
    Error,
    /// It is shown.
    Warning,
}

/// A place in a file with what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is said of it, short; may be empty.
    pub text: String,
}

/// One problem of the user's model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of problem.
    pub code: Code,
    /// How much it matters here; levels of the project and the model are applied already.
    pub severity: Severity,
    /// The headline: stands alone, lowercase, no full stop.
    pub message: String,
    /// Places, the first of them the main one; empty only for a problem of the project as a whole.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem at the level that its code has by default.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds a place; the first one added is the main one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `models/x.yml:3:5: error[DW0102]: message`, the form that one line of a log can hold.
    #[must_use]
    pub fn concise(&self, files: &FileSet) -> String {
        let level = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = self.labels.first().map(|label| {
            let (line, column) = files.position(label.span);
            format!("{}:{line}:{column}: ", files.get(label.span.file).path)
        });
        format!("{}{level}[{}]: {}", place.unwrap_or_default(), self.code.id(), self.message)
    }
}

/// Orders problems as a reader goes through the project: by file, place, code. Equal ones are said once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (a.labels.first().map(|l| l.span), a.code.id(), &a.message).cmp(&(
            b.labels.first().map(|l| l.span),
            b.code.id(),
            &b.message,
        ))
    });
    diagnostics.dedup();
}
