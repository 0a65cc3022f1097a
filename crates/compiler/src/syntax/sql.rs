//! SQL in YAML: a scalar with its templates expanded, and the way back from a place in it to the bytes of the file.

use std::ops::Range;

use granit_parser::ScalarStyle;
use minijinja::{Environment, Error as Failure, ErrorKind, UndefinedBehavior, Value as Jinja};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// A SQL text of a file.
#[derive(Debug, Clone)]
pub struct Sql {
    /// The text, templates expanded.
    pub text: String,
    /// A template of it does not expand: the text is not what its writer meant.
    pub broken: bool,
    file: FileId,
    /// The scalar's own bytes in the file.
    whole: (u32, u32),
    /// Where each byte of the decoded text stands in the file; `None` where that cannot be said.
    places: Option<Vec<u32>>,
    /// `(start in the expanded text, end in it, start in the decoded text, end in it)` of every template.
    templates: Vec<(usize, usize, usize, usize)>,
}

impl Sql {
    /// The bytes of the file that a range of the text stands for: the template where it came from one, the whole
    /// scalar where that cannot be said.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        let whole = Span { file: self.file, lo: self.whole.0, hi: self.whole.1 };
        let Some(places) = &self.places else { return whole };
        let (start, end) = (self.decoded(range.start, false), self.decoded(range.end.max(range.start), true));
        let lo = places.get(start).copied().unwrap_or(whole.hi);
        let hi = if end > start { places.get(end - 1).map_or(whole.hi, |at| at + 1) } else { lo };
        Span { file: self.file, lo: lo.min(whole.hi), hi: hi.clamp(lo.min(whole.hi), whole.hi) }
    }

    fn decoded(&self, at: usize, end: bool) -> usize {
        let mut shift: isize = 0;
        for (start, stop, from, to) in &self.templates {
            let inside = if end { at > *start && at <= *stop } else { at >= *start && at < *stop };
            if inside {
                return if end { *to } else { *from };
            }
            if at >= *stop {
                shift = *to as isize - *stop as isize;
            }
        }
        usize::try_from(at as isize + shift).unwrap_or(0)
    }
}

/// Expands the templates of a scalar. A template that does not expand is left as it is, with its problem.
pub(super) fn expand(
    file: FileId,
    source: &str,
    place: (u32, u32),
    decoded: &str,
    style: ScalarStyle,
    vars: &dyn Fn(&str) -> Option<String>,
    problems: &mut Vec<Diagnostic>,
) -> Sql {
    let mut sql = Sql {
        text: String::new(),
        broken: false,
        file,
        whole: place,
        places: places(source, place, decoded, style),
        templates: Vec::new(),
    };
    if !decoded.contains('{') && !decoded.contains('\u{1e}') {
        decoded.clone_into(&mut sql.text);
        return sql;
    }
    let mut at = 0;
    while let Some(open) = decoded[at..].find("{{").map(|found| at + found) {
        sql.text.push_str(&decoded[at..open]);
        let Some(close) = decoded[open..].find("}}").map(|found| open + found + 2) else {
            let here = sql.text.len();
            sql.text.push_str(&decoded[open..]);
            problems.push(
                Diagnostic::new(Code::Template, "a template is not closed")
                    .at(sql.span(here..here + 2), "opened here")
                    .help("close it with `}}`"),
            );
            sql.broken = true;
            return sql;
        };
        let start = sql.text.len();
        match evaluate(decoded[open + 2..close - 2].trim(), vars) {
            Ok(value) => sql.text.push_str(&value),
            Err(reason) => {
                sql.broken = true;
                sql.text.push_str(&decoded[open..close]);
                let span = sql.span(start..sql.text.len());
                problems.push(
                    Diagnostic::new(Code::Template, reason)
                        .at(span, "in this template")
                        .help("a model's SQL knows `source('source.table')`, `ref('model')` and `var('name')`"),
                );
            }
        }
        sql.templates.push((start, sql.text.len(), open, close));
        at = close;
    }
    sql.text.push_str(&decoded[at..]);
    for (mark, what) in
        [("{%", "control flow is"), ("{#", "template comments are"), ("\u{1e}", "control characters are")]
    {
        if let Some(found) = sql.text.find(mark) {
            problems.push(
                Diagnostic::new(Code::Template, format!("{what} not part of a model's SQL"))
                    .at(sql.span(found..found + mark.len()), "here")
                    .help("a model's SQL is one SELECT; choose between values with CASE, or with `var`"),
            );
        }
    }
    sql
}

/// The value of one template expression.
fn evaluate(text: &str, vars: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    // Only names of calls are known: no filter reads the clock or the environment.
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_function("source", |name: String, table: Option<String>| match table {
        None => Ok(format!("`{name}`")),
        Some(table) => {
            Err(Failure::new(ErrorKind::InvalidOperation, format!("write it as one name, `source('{name}.{table}')`")))
        }
    });
    environment.add_function("ref", |name: String| format!("`ref.{name}`"));
    environment.add_function("var", |name: String| format!("\u{1f}{name}"));
    let value: Jinja = environment
        .compile_expression(text)
        .and_then(|expression| expression.eval(()))
        .map_err(|error| format!("`{text}` does not expand: {}", error.detail().unwrap_or("not an expression")))?;
    let value = value.to_string();
    match value.strip_prefix('\u{1f}') {
        None => Ok(value),
        Some(name) => vars(name).ok_or_else(|| format!("the project has no var `{name}`")),
    }
}

/// Where each byte of a decoded scalar stands in the file.
fn places(source: &str, (lo, hi): (u32, u32), decoded: &str, style: ScalarStyle) -> Option<Vec<u32>> {
    let raw = source.get(lo as usize..hi as usize)?;
    let simple = |start: u32| Some((0..u32::try_from(decoded.len()).ok()?).map(|at| start + at).collect());
    match style {
        ScalarStyle::Plain if raw == decoded => simple(lo),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if raw.get(1..raw.len().checked_sub(1)?)? == decoded => {
            simple(lo + 1)
        }
        _ => aligned(source, (lo, hi), decoded),
    }
}

/// Walks both texts side by side: indentation, line folds, the block header and escapes stand in the file alone.
fn aligned(source: &str, (lo, hi): (u32, u32), decoded: &str) -> Option<Vec<u32>> {
    let raw = source.as_bytes();
    let (mut at, end) = (lo as usize, hi as usize);
    if matches!(raw.get(at), Some(b'|' | b'>')) {
        at += source[at..end].find('\n')? + 1;
    }
    let mut places = Vec::with_capacity(decoded.len());
    for byte in decoded.bytes() {
        if byte == b'\n' || byte == b' ' {
            while at < end && matches!(raw[at], b'\r') {
                at += 1;
            }
            places.push(u32::try_from(at.min(end)).ok()?);
            if at < end && raw[at] == byte {
                at += 1;
                if byte == b'\n' {
                    let next = source.get(at..end).map_or(0, |rest| rest.len() - rest.trim_start_matches(' ').len());
                    // The block's indentation is not part of the text; what is deeper is matched as it comes.
                    let deeper = decoded.as_bytes()[places.len()..].iter().take_while(|b| **b == b' ').count();
                    at += next.saturating_sub(deeper);
                }
            } else if at < end && raw[at] == b'\n' {
                at += 1;
                at += source.get(at..end).map_or(0, |rest| rest.len() - rest.trim_start_matches(' ').len());
            }
            continue;
        }
        while at < end && raw[at] != byte {
            at += 1;
        }
        if at >= end {
            return None;
        }
        places.push(u32::try_from(at).ok()?);
        at += 1;
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span_of(source: &str, token: &str) -> String {
        let (tree, problems) = super::super::yaml::parse(FileId(0), source);
        assert!(problems.is_empty(), "{problems:?}");
        let tree = tree.unwrap();
        let id = tree.child(tree.root, "query").unwrap();
        let node = tree.node(id);
        let super::super::yaml::Value::Scalar(text, style) = &node.value else { panic!("a scalar") };
        let mut problems = Vec::new();
        let sql = expand(FileId(0), source, (node.lo, node.hi), text, *style, &|_| Some("v".into()), &mut problems);
        let start = sql.text.find(token).unwrap();
        let span = sql.span(start..start + token.len());
        source[span.lo as usize..span.hi as usize].to_owned()
    }

    #[test]
    fn a_token_is_found_in_every_style_of_scalar() {
        assert_eq!(span_of("query: SELECT spendd FROM t\n", "spendd"), "spendd");
        assert_eq!(span_of("query: \"SELECT spendd\"\n", "spendd"), "spendd");
        assert_eq!(span_of("# 주석\nquery: |\n  SELECT '고객',\n    spendd\n  FROM t\n", "spendd"), "spendd");
        assert_eq!(span_of("query: >\n  SELECT a,\n  spendd\n  FROM t\n", "spendd"), "spendd");
        assert_eq!(span_of("query: 'it''s spendd'\n", "spendd"), "spendd");
    }

    #[test]
    fn a_template_is_found_whole_and_what_follows_it_exactly() {
        let text = "query: |\n  SELECT a FROM {{ source('s.orders') }} AS o WHERE spendd = {{ var('x') }}\n";
        assert_eq!(span_of(text, "`s.orders`"), "{{ source('s.orders') }}");
        assert_eq!(span_of(text, "spendd"), "spendd");
    }
}
