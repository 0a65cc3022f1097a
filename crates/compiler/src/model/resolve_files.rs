//! Resolves what a table says of its files: where they are, their format, and how their text is written. It must not look
//! at a file.

use super::resolve_sources::length;
use super::types::{Encoding, Files, Text};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::syntax::{self, Document, FileFormat, SourceType};

/// The files of a table, with defaults where something is wrong: the problems say so.
pub(super) fn files_of(
    document: &Document,
    source: &syntax::Source,
    table: &syntax::Table,
    (address, span): (&str, Span),
    at: &dyn Fn(&[&str]) -> Span,
    problems: &mut Vec<Diagnostic>,
) -> Option<Files> {
    if source.ty != SourceType::Files {
        return None;
    }
    let Some(path) = &table.path else {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("table `{address}` has no `path`"))
                .at(span, "a table of files")
                .help("add `path: data/…/{batch}.csv`"),
        );
        return None;
    };
    let format = table.format.or_else(|| match path.rsplit('.').next() {
        Some("csv") => Some(FileFormat::Csv),
        Some("parquet") => Some(FileFormat::Parquet),
        Some("json" | "ndjson" | "jsonl") => Some(FileFormat::Json),
        _ => None,
    });
    if format.is_none() {
        problems.push(
            Diagnostic::new(Code::MissingSetting, format!("the format of the files of `{address}` is not known"))
                .at(span, "by the ending of `path`")
                .help("add `format: csv`, `parquet` or `json`"),
        );
    }
    let name = address.rsplit('.').next().unwrap_or_default();
    let mut written = Written { document, source, table, name, format, at, problems };
    let text = written.text();
    Some(Files {
        path: path.clone(),
        format: format.unwrap_or(FileFormat::Csv),
        contents: table.contents.unwrap_or_default(),
        every_seconds: length(table.every.as_deref(), at(&["every"]), problems).filter(|every| *every > 0),
        text,
    })
}

/// Refuses a name in the files for a column that is read elsewhere, and one name for two columns.
pub(super) fn check_headers(
    source: &syntax::Source,
    table: &syntax::Table,
    at: &dyn Fn(&[&str]) -> Span,
    problems: &mut Vec<Diagnostic>,
) {
    for (column, declared) in &table.columns {
        let Some(name) = &declared.name else { continue };
        let span = at(&["columns", column, "name"]);
        if source.ty != SourceType::Files {
            problems.push(
                Diagnostic::new(Code::MisplacedKey, format!("`name` of column `{column}` has no meaning here"))
                    .at(span, "a column of files alone has another name there")
                    .help("rename the column in the model's query"),
            );
        } else if name.is_empty() {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`name` of column `{column}` is empty"))
                    .at(span, "the column's name in the files")
                    .help("write it as it is in the header"),
            );
        }
        let other = table
            .columns
            .iter()
            .find(|(other, declared)| *other != column && declared.name.as_deref().unwrap_or(other.as_str()) == name);
        if let Some((other, _)) = other {
            problems.push(
                Diagnostic::new(
                    Code::WrongValue,
                    format!("columns `{column}` and `{other}` are both `{name}` in the files"),
                )
                .at(span, "named twice")
                .help("give each its own; `name: \"amount#2\"` is the second of two that are called so"),
            );
        }
    }
}

/// What is declared of the text of files, by the table or for all tables of its source.
struct Written<'a> {
    document: &'a Document,
    source: &'a syntax::Source,
    table: &'a syntax::Table,
    name: &'a str,
    format: Option<FileFormat>,
    at: &'a dyn Fn(&[&str]) -> Span,
    problems: &'a mut Vec<Diagnostic>,
}

impl Written<'_> {
    fn text(&mut self) -> Text {
        let plain = Text::default();
        let (source, table) = (self.source, self.table);
        let encoding = self.said("encoding", (&table.encoding, &source.encoding), |text| {
            Encoding::parse(text).ok_or_else(|| {
                let near = nearest(&text.to_ascii_lowercase(), Encoding::NAMES);
                let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                (
                    format!("`{text}` is not an encoding"),
                    format!("{near}the encodings are {}", Encoding::NAMES.join(", ")),
                )
            })
        });
        let delimiter = self.said("delimiter", (&table.delimiter, &source.delimiter), |text| {
            let text = if text == "\\t" { "\t" } else { text };
            let is_wrong = text.is_empty() || text.contains(['\n', '\r']);
            if is_wrong {
                Err(wrong("delimiter", "one character or a few, such as `\";\"` or `\"\\t\"`"))
            } else {
                Ok(text.to_owned())
            }
        });
        let quote = self.said("quote", (&table.quote, &source.quote), |text| one("quote", text));
        let escape = self.said("escape", (&table.escape, &source.escape), |text| one("escape", text));
        let null_marker =
            self.said("null_marker", (&table.null_marker, &source.null_marker), |text| Ok(text.to_owned()));
        let longest_row = self.said("longest_row", (&table.longest_row, &source.longest_row), |text| {
            size(text).filter(|bytes| *bytes > 0).ok_or_else(|| wrong("longest_row", "a size, such as `256MB`"))
        });
        let text = Text {
            encoding: encoding.unwrap_or(plain.encoding),
            delimiter: delimiter.unwrap_or(plain.delimiter),
            quote: quote.unwrap_or(plain.quote),
            escape: escape.unwrap_or(plain.escape),
            null_marker: null_marker.or(plain.null_marker),
            longest_row: longest_row.unwrap_or(plain.longest_row),
        };
        let clash = text.quote.or(text.escape).filter(|_| {
            [text.quote, text.escape].into_iter().flatten().any(|special| text.delimiter.contains(special))
        });
        if clash.is_some() && self.format == Some(FileFormat::Csv) {
            let key = if self.table.delimiter.is_some() { Some("delimiter") } else { None };
            let span = key.map_or_else(|| self.document.span(&["source"]), |key| (self.at)(&[key]));
            self.problems.push(
                Diagnostic::new(Code::WrongValue, "the delimiter holds the quote or the escape")
                    .at(span, "the end of a field would be ambiguous")
                    .help("declare what the files have: `quote: \"\"` where fields are never quoted"),
            );
        }
        text
    }

    /// A key of the table, or else of its source, as it is meant.
    fn said<T>(
        &mut self,
        key: &str,
        (table, source): (&Option<String>, &Option<String>),
        read: impl Fn(&str) -> Result<T, (String, String)>,
    ) -> Option<T> {
        let is_here = table.is_some() || self.document.has(&["tables", self.name, key]);
        let span = if is_here { (self.at)(&[key]) } else { self.document.span(&[key]) };
        let is_nothing = match (table, source) {
            (Some(_), _) => false,
            (None, None) => self.document.has(&["tables", self.name, key]) || self.document.has(&[key]),
            (None, Some(_)) => self.document.has(&["tables", self.name, key]),
        };
        if is_nothing {
            self.problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{key}` is nothing in YAML"))
                    .at(span, "not a text")
                    .help("write it in quotes, such as `\"NULL\"`, or remove the key"),
            );
            return None;
        }
        let text = table.as_deref().or(source.as_deref())?;
        let takes = match self.format {
            Some(FileFormat::Parquet) => false,
            Some(FileFormat::Json) => matches!(key, "encoding" | "longest_row"),
            Some(FileFormat::Csv) | None => true,
        };
        if !takes {
            if table.is_some() {
                self.problems.push(
                    Diagnostic::new(Code::MisplacedKey, format!("`{key}` has no meaning for this format"))
                        .at(span, "not a key of its files")
                        .help("remove it, or correct `format`"),
                );
            }
            return None;
        }
        match read(text) {
            Ok(value) => Some(value),
            Err((message, help)) => {
                let known = Diagnostic::new(Code::WrongValue, message).at(span, "not understood").help(help);
                // What the source says of all its tables is said once.
                if !self.problems.contains(&known) {
                    self.problems.push(known);
                }
                None
            }
        }
    }
}

fn wrong(key: &str, meant: &str) -> (String, String) {
    (format!("`{key}` is not understood"), format!("write {meant}"))
}

/// One character, or none.
fn one(key: &str, text: &str) -> Result<Option<char>, (String, String)> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (None, _) => Ok(None),
        (Some(one), None) if !matches!(one, '\n' | '\r') => Ok(Some(one)),
        _ => Err(wrong(key, "one character, or `\"\"` where there is none")),
    }
}

/// `64MB` in bytes; `None` where a text is not a size.
fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" | "kib" => 1 << 10,
        "mb" | "mib" => 1 << 20,
        "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_encodings_are_read() {
        assert_eq!(size("64MB"), Some(64 << 20));
        assert_eq!(size("1 GiB"), Some(1 << 30));
        assert_eq!(size("300"), Some(300));
        assert_eq!(size("many"), None);
        assert_eq!(Encoding::parse("EUC-KR"), Some(Encoding::Cp949));
        assert_eq!(Encoding::parse("Latin 1"), Some(Encoding::Latin1));
        assert!(Encoding::NAMES.iter().all(|name| Encoding::parse(name).is_some()));
    }
}
