//! A fix is a change of a file's text that solves a problem. It must not write a file.

use std::collections::BTreeMap;

use super::Diagnostic;
use crate::source::{FileId, FileSet, Span};

/// What to change so that a problem is solved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Another word in the place of a wrong one.
    Replace {
        /// Where the wrong word is; quotes around it may belong to it.
        span: Span,
        /// The wrong word.
        wrong: String,
        /// The word to write.
        right: String,
    },
    /// Quotes around a text that YAML would otherwise read in parts.
    Quote {
        /// Where the text is.
        span: Span,
        /// The text.
        text: String,
    },
    /// A key that is missing, above the first key of its record. The user writes its value.
    AddKey {
        /// The first key of the record.
        before: Span,
        /// The key to add.
        key: String,
    },
}

/// A change of the text of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty where something is only added.
    pub span: Span,
    /// What is written there.
    pub text: String,
    /// Nothing is left to the user.
    pub is_complete: bool,
}

impl Fix {
    /// The change of the text; `None` where the wrong word is not there as it was understood, as in a template.
    #[must_use]
    pub fn edit(&self, files: &FileSet) -> Option<Edit> {
        match self {
            Fix::Replace { span, wrong, right } => {
                let there = text(files, *span)?;
                let quote = there.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
                let inner = match quote {
                    Some(quote) => there.strip_prefix(quote)?.strip_suffix(quote)?,
                    None => there,
                };
                let text = quote.map_or_else(|| right.clone(), |quote| format!("{quote}{right}{quote}"));
                (inner == wrong && is_plain(right)).then_some(Edit { span: *span, text, is_complete: true })
            }
            Fix::Quote { span, text: words } => {
                let quote = ['"', '\''].into_iter().find(|quote| !words.contains([*quote, '\\']))?;
                let text = format!("{quote}{words}{quote}");
                (self::text(files, *span)? == words).then_some(Edit { span: *span, text, is_complete: true })
            }
            Fix::AddKey { before, key } => {
                let whole = &files.get(before.file).text;
                let line = whole[..before.lo as usize].rsplit('\n').next()?;
                let is_own_line = line.chars().all(|c| matches!(c, ' ' | '-'));
                let rest = if is_own_line { format!("\n{}", " ".repeat(line.len())) } else { ", ".to_owned() };
                let span = Span { hi: before.lo, ..*before };
                Some(Edit { span, text: format!("{key}: {rest}"), is_complete: false })
            }
        }
    }
}

/// The files that complete fixes change, as they are with them, and how many fixes they are. Of fixes that overlap, the first
/// one is made.
#[must_use]
pub fn fixed(files: &FileSet, problems: &[Diagnostic]) -> (BTreeMap<FileId, String>, usize) {
    let mut edits: Vec<Edit> = problems
        .iter()
        .filter_map(|problem| problem.fix.as_ref()?.edit(files))
        .filter(|edit| edit.is_complete)
        .collect();
    edits.sort_by_key(|edit| edit.span);
    edits.dedup_by(|later, earlier| later.span.file == earlier.span.file && later.span.lo < earlier.span.hi);
    let mut changed: BTreeMap<FileId, String> = BTreeMap::new();
    for edit in edits.iter().rev() {
        let text = changed.entry(edit.span.file).or_insert_with(|| files.get(edit.span.file).text.clone());
        text.replace_range(edit.span.lo as usize..edit.span.hi as usize, &edit.text);
    }
    (changed, edits.len())
}

fn text(files: &FileSet, span: Span) -> Option<&str> {
    files.get(span.file).text.get(span.lo as usize..span.hi as usize)
}

/// Whether a word can stand in YAML and in SQL as it is.
fn is_plain(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::SourceFile;

    fn files(text: &str) -> FileSet {
        FileSet::new(vec![SourceFile { path: "a.yml".to_owned(), text: text.to_owned() }])
    }

    fn span(text: &str, part: &str) -> Span {
        let lo = u32::try_from(text.find(part).expect("the part")).expect("a small text");
        Span { file: FileId(0), lo, hi: lo + u32::try_from(part.len()).expect("a small text") }
    }

    fn wrong(text: &str, part: &str, wrong: &str, right: &str) -> Diagnostic {
        Diagnostic::new(Code::UnknownKey, "").meant(span(text, part), wrong, Some(right))
    }

    #[test]
    fn words_are_replaced_within_their_quotes_and_nothing_else_is() {
        let text = "a: custmer\nb: 'prodcut'\nc: `stor`\nd: {{ var('custmer') }}\n";
        let all = [
            wrong(text, "custmer", "custmer", "customer"),
            wrong(text, "'prodcut'", "prodcut", "product"),
            wrong(text, "`stor`", "stor", "store"),
            wrong(text, "{{ var('custmer') }}", "custmer", "customer"),
            wrong(text, "custmer", "custmer", "customers"),
            wrong(text, "a", "a", "two words"),
        ];
        let (changed, count) = fixed(&files(text), &all);
        assert_eq!(count, 3);
        assert_eq!(changed[&FileId(0)], "a: customer\nb: 'product'\nc: `store`\nd: {{ var('custmer') }}\n");
    }

    #[test]
    fn a_missing_key_stands_above_the_first_one() {
        for (text, first, becomes) in [
            ("a: 1\n", "a", "key: \na: 1\n"),
            ("t:\n  - a: 1\n", "a", "t:\n  - key: \n    a: 1\n"),
            ("t: { a: 1 }\n", "a", "t: { key: , a: 1 }\n"),
        ] {
            let fix = Fix::AddKey { before: span(text, first), key: "key".to_owned() };
            let edit = fix.edit(&files(text)).expect("an edit");
            assert!(!edit.is_complete);
            let mut after = text.to_owned();
            after.replace_range(edit.span.lo as usize..edit.span.hi as usize, &edit.text);
            assert_eq!(after, becomes);
        }
    }
}
