//! Diagnostics as drawings, by miette: the headline, the lines of the file with the place marked, and what to do.

use std::fmt;

use dwc_compiler::diagnostic::{Diagnostic, Severity};
use dwc_compiler::source::{FileId, FileSet};
use dwc_compiler::syntax::hide_secrets;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};

use super::diagnostics::printable;

pub(super) fn painter(terminal: bool, color: bool) -> GraphicalReportHandler {
    let theme = match (terminal, color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, _) => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false)
}

pub(super) fn draw(painter: &GraphicalReportHandler, files: &FileSet, diagnostic: &Diagnostic) -> String {
    let mut drawn = String::new();
    match painter.render_report(&mut drawn, &Drawing::of(files, diagnostic)) {
        Ok(()) => drawn,
        Err(fmt::Error) => printable(&diagnostic.concise(files)),
    }
}

/// A diagnostic, or the part of one that lies in another file.
#[derive(Debug)]
struct Drawing {
    code: Option<String>,
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    file: Option<Text>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<Drawing>,
}

impl Drawing {
    fn of(files: &FileSet, diagnostic: &Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let home = diagnostic.labels.first().map(|label| label.span.file);
        let mut drawing = Drawing {
            code: Some(format!("{} {}", diagnostic.code.id(), diagnostic.code.name())),
            severity,
            message: printable(&diagnostic.message),
            help: diagnostic.help.as_deref().map(printable),
            file: home.map(|file| Text::of(files, file)),
            labels: Vec::new(),
            elsewhere: Vec::new(),
        };
        for label in &diagnostic.labels {
            let text = printable(&label.text);
            let place = (label.span.lo as usize, (label.span.hi - label.span.lo) as usize);
            if Some(label.span.file) == home {
                drawing.labels.push(LabeledSpan::new_with_span(Some(text), place));
            } else {
                drawing.elsewhere.push(Drawing {
                    code: None,
                    severity: miette::Severity::Advice,
                    message: text,
                    help: None,
                    file: Some(Text::of(files, label.span.file)),
                    labels: vec![LabeledSpan::new_with_span(None, place)],
                    elsewhere: Vec::new(),
                });
            }
        }
        drawing
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl miette::Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.file.as_ref().map(|file| file as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.elsewhere.iter().map(|drawing| drawing as &dyn miette::Diagnostic)))
    }
}

/// A file's text, without what could steer a terminal: what replaces it has its length, so that places stay.
#[derive(Debug)]
struct Text {
    path: String,
    text: String,
}

impl Text {
    fn of(files: &FileSet, file: FileId) -> Self {
        let file = files.get(file);
        let harmless = |c: char| match c {
            '\n' | '\r' | '\t' => c,
            _ if c.is_ascii_control() => ' ',
            // The controls above ASCII take two bytes each, and so does the dot.
            _ if c.is_control() => '·',
            // Marks that turn the direction of writing take three.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            _ => c,
        };
        Text { path: file.path.clone(), text: hide_secrets(&file.text).chars().map(harmless).collect() }
    }
}

impl SourceCode for Text {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let lines = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            lines.data(),
            *lines.span(),
            lines.line(),
            lines.column(),
            lines.line_count(),
        )))
    }
}
