//! What can fail in the world, and what data can offend: typed, with a code for the page that explains it.
//! A message never holds a secret: connection addresses are not part of it.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::plan::Gate;
use dwc_compiler::source::Span;

/// A failure that stops a command.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The page that explains it; `None` for a failure that has no page, such as a full disk.
    pub code: Option<Code>,
    /// What failed, lowercase, no full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The declaration that it is about, where there is one.
    pub span: Option<Span>,
    /// What was underneath.
    #[source]
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A failure with a page.
    #[must_use]
    pub fn coded(code: Code, message: impl Into<String>) -> Self {
        Self { code: Some(code), message: message.into(), help: None, span: None, cause: None }
    }

    /// A failure of something underneath.
    pub fn because(message: impl Into<String>, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { code: None, message: message.into(), help: None, span: None, cause: Some(Box::new(cause)) }
    }

    /// Says which declaration it is about.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Says which declaration it is about, where nothing has said it more closely.
    #[must_use]
    pub fn within(mut self, span: Span) -> Self {
        self.span = self.span.or(Some(span));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<dwc_duckdb::Error> for Error {
    fn from(cause: dwc_duckdb::Error) -> Self {
        Self {
            code: None,
            message: "the warehouse refused a statement".to_owned(),
            help: None,
            span: None,
            cause: Some(Box::new(cause)),
        }
    }
}

impl From<Error> for Offence {
    fn from(error: Error) -> Self {
        let mut message = error.message;
        if let Some(cause) = error.cause {
            message = format!("{message}: {cause}");
        }
        Offence {
            code: error.code.unwrap_or(Code::SourceRefused),
            message,
            keys: Vec::new(),
            span: error.span,
            help: error.help.unwrap_or_default(),
        }
    }
}

impl From<Offence> for Error {
    fn from(offence: Offence) -> Self {
        let keys = if offence.keys.is_empty() { String::new() } else { format!(": {}", offence.keys.join("; ")) };
        let error = Error::coded(offence.code, format!("{}{keys}", offence.message)).help(offence.help);
        match offence.span {
            Some(span) => error.at(span),
            None => error,
        }
    }
}

impl Offence {
    /// What rows that offend a gate mean, by their keys.
    pub(crate) fn of(gate: &Gate, keys: Vec<String>) -> Self {
        let (message, help) = (gate.message.clone(), gate.help.clone());
        Self { code: gate.code, message, keys, span: Some(gate.span), help }
    }
}

/// Rows of data that a declaration rules out, or a source that could not be landed.
#[derive(Debug, Clone)]
pub struct Offence {
    /// The kind of problem.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The keys of the rows, at most twenty; none where it is not about single rows.
    pub keys: Vec<String>,
    /// The declaration that they offend.
    pub span: Option<Span>,
    /// What to do.
    pub help: String,
}
