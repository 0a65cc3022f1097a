//! The canonical layout: what becomes of each way to write a thing, that it comes to rest, that nothing panics, and that
//! a layout which would change what a file says is refused.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_compiler::syntax::{Formatted, format};

fn laid_out(text: &str) -> Formatted {
    format(&FileSet::new(vec![SourceFile { path: "models/x.yml".to_owned(), text: text.to_owned() }]))
}

/// The text as it is written; checks that it is written so again.
fn written(text: &str) -> String {
    let formatted = laid_out(text);
    assert!(formatted.diagnostics.is_empty(), "{:?} of:\n{text}", formatted.diagnostics);
    let written = formatted.changed.into_iter().next().map_or_else(|| text.to_owned(), |(_, text)| text);
    let again = laid_out(&written);
    assert!(again.changed.is_empty() && again.diagnostics.is_empty(), "{again:?} after:\n{written}");
    written
}

#[track_caller]
fn becomes(text: &str, expected: &str) {
    assert_eq!(written(text), expected);
}

#[test]
fn two_spaces_for_each_level() {
    becomes(
        "a:\n    b:\n       c: 1\n    d:\n    -   1\n    -   - 2\n        - 3\n",
        "a:\n  b:\n    c: 1\n  d:\n    - 1\n    - - 2\n      - 3\n",
    );
}

#[test]
fn brackets_stay_on_one_line_or_on_many() {
    becomes("a: {b: 1,c: [1,2]}\n", "a: { b: 1, c: [1, 2] }\n");
    becomes("a: { b: 1,\n  c: 2 }\n", "a: { b: 1, c: 2 }\n");
    becomes("a: {\n      b: 1, c: 2\n}\n", "a: {\n  b: 1,\n  c: 2,\n}\n");
    let long = format!("a: {{ b: {} }}\n", "long ".repeat(100).trim_end());
    becomes(&long, &long);
}

#[test]
fn double_quotes_unless_the_text_has_some() {
    becomes(
        "a: 'x'\nb: 'say \"x\"'\nc: 'it''s'\nd: '1'\ne: \"a\\tb\"\n",
        "a: \"x\"\nb: 'say \"x\"'\nc: 'it''s'\nd: \"1\"\ne: \"a\\tb\"\n",
    );
}

#[test]
fn blanks_and_line_breaks() {
    becomes("\n\na: 1  \n\n\n\nb:\t2\n   \nc: 3\n\n\n", "a: 1\n\nb: 2\n\nc: 3\n");
    becomes("a: 1", "a: 1\n");
    becomes(
        "a: 1\r\nq: |\r\n  SELECT 1\r\n  FROM x\r\n# c\r\nb: 2\r\n",
        "a: 1\nq: |\n  SELECT 1\n  FROM x\n# c\nb: 2\n",
    );
    becomes("\u{feff}a: 1\n", "a: 1\n");
}

#[test]
fn sql_is_left_as_it_is() {
    let sql = "query: |\n  SELECT a,   b \n      \n\n\n    FROM x\t\n  WHERE '  ' = c   -- # no comment \n";
    becomes(sql, sql);
    becomes("query: |\n     SELECT a\n        FROM b\n", "query: |\n  SELECT a\n     FROM b\n");
    becomes(
        "a: |+\n  x\n\nb: >-\n   y\n   z\nc: |2-\n    x\n  y\n",
        "a: |+\n  x\n\nb: >-\n  y\n  z\nc: |2-\n    x\n  y\n",
    );
}

#[test]
fn comments_stay_with_their_neighbours() {
    becomes("#head  \n\n# second\na:    1     # one\n", "#head\n\n# second\na: 1 # one\n");
    becomes("a:\n    b: 1 # one\n    # c: 2\n    # d: 3\ne: 4\n", "a:\n  b: 1 # one\n  # c: 2\n  # d: 3\ne: 4\n");
    becomes("a:\n  - b # one\n  # - c\n", "a:\n  - b # one\n  # - c\n");
    becomes("a: {\n  b: 1, # one\n  # own line\n  c: 2\n}\n", "a: {\n  b: 1, # one\n  # own line\n  c: 2,\n}\n");
    becomes("a: |\n  x\n\n# foot\n", "a: |\n  x\n\n# foot\n");
}

#[test]
fn what_is_no_model_is_said_with_its_line() {
    for (text, code) in [
        ("a: [1\nb: 2\n", Code::YamlSyntax),
        ("a: 1\na: 2\n", Code::DuplicateYamlKey),
        ("a: &x 1\n", Code::YamlAlias),
        ("a: 1\n---\nb: 1\n", Code::YamlDocuments),
        ("", Code::EmptyFile),
    ] {
        let formatted = laid_out(text);
        assert!(formatted.changed.is_empty(), "{text}");
        assert_eq!(formatted.diagnostics.iter().map(|found| found.code).collect::<Vec<_>>(), [code], "{text}");
        assert!(!formatted.diagnostics[0].labels.is_empty(), "{text}");
    }
}

#[test]
fn a_layout_that_cannot_be_is_refused() {
    let deep: String = (0..40).map(|level| format!("{}a:\n", "  ".repeat(level))).collect();
    let formatted = laid_out(&format!("{deep}{}b: 1\n", "  ".repeat(40)));
    assert!(formatted.changed.is_empty());
    assert_eq!(formatted.diagnostics.len(), 1);
    assert_eq!(formatted.diagnostics[0].code, Code::UnformattableFile);
}

const MODEL: &str = "# 한 가게\ndimension: store # one\ndescription: >\n  한 가게,\n\n   \"one\" store\nquery: |2-\n\n    SELECT store_id, -- '{{'\n     \n  \
store_name, updated_at   \n  FROM {{ source('shop.stores') }} WHERE store_name <> '{{ var(\"city\") }}'\n\n# key\nnatural_key: [store_id,\n  # c\n  b]\n\
effective_at: 'updated_at'\ntags:\n- a # b\n# c\n-   - d\n    # e\n    - f: 1\n      g: 2\n\nattributes:\n    store_name: { scd: 2, expr: \"UPPER(\\u0073tore_name)\\\n    || 'ü'\" }\n    # last\n    \
plain: some\n      words # x\n    # y\n    other: { expr: [\n    ], more: {\n   # z\n   } }\n";

const GARBLE: &[&str] = &[
    "\0",
    "\t",
    "&a ",
    "!!x ",
    "{{",
    "}}",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    ": ",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "---\n",
    "|",
    ">-\n",
    "가",
    "\u{feff}",
    "? ",
    "- ",
    "# ",
    " #",
    " ",
    "   ",
    "\n  ",
    "\n    # c\n",
    "\n\n  #d",
    ",",
    "x: y\n",
];

/// Whatever the text: it is laid out for good, or refused for a reason; never with another meaning.
fn survives(text: &str, refused: &mut Vec<String>) {
    let formatted = laid_out(text);
    assert!(formatted.changed.is_empty() || formatted.diagnostics.is_empty());
    if formatted.diagnostics.iter().any(|found| found.code == Code::UnformattableFile) {
        refused.push(format!("{:?}\n{text}", formatted.diagnostics[0].labels));
    }
    if let Some((_, text)) = formatted.changed.first() {
        assert_eq!(&written(text), text);
    }
}

#[test]
fn a_model_cut_and_garbled_anywhere() {
    assert!(written(MODEL).len() > 500);
    let (mut refused, mut tried) = (Vec::new(), 0);
    for (at, _) in MODEL.char_indices() {
        survives(&MODEL[..at], &mut refused);
        survives(&MODEL[at..], &mut refused);
        for garble in GARBLE.iter().skip(at % 4).step_by(4) {
            survives(&format!("{}{garble}{}", &MODEL[..at], &MODEL[at..]), &mut refused);
            tried += 1;
        }
    }
    assert!(
        refused.len() * 50 < tried,
        "{} of {tried} are refused, such as\n{}",
        refused.len(),
        refused.iter().step_by(refused.len() / 20 + 1).cloned().collect::<Vec<_>>().join("\n=====\n")
    );
}
