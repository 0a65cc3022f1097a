//! Nothing panics: cut, doubled and garbled files of a project are checked, and every place that is named exists.

use dwc_compiler::check;
use dwc_compiler::source::{FileSet, SourceFile};

const PROJECT: &str =
    "name: example\ntimezone: Asia/Seoul\ntargets: { dev: { type: duckdb, path: w.duckdb } }\nvars: { city: '서울' }\n";

const SOURCE: &str = "source: shop\ntype: mysql\nurl: \"{{ env('URL') }}\"\ntables:\n  stores:\n    primary_key: [store_id]\n    \
cursor: updated_at\n    columns: { store_id: INT64, store_name: STRING, updated_at: DATETIME }\n";

const DIMENSION: &str = "dimension: store\r\ndescription: >\n  한 가게,\n  \"one\" store\nquery: |2-\n\n    SELECT store_id, -- '{{'\n  \
store_name, updated_at\n  FROM {{ source('shop.stores') }} WHERE store_name <> '{{ var(\"city\") }}'\nnatural_key: [store_id]\n\
effective_at: updated_at\nattributes:\n  store_name: { scd: 2, expr: \"UPPER(\\u0073tore_name)\\\n    || 'ü'\" }\n  other: { expr: >-\n";

const GARBLE: &[&str] = &[
    "\0", "\t", "&a", "*a", "!!x ", "{{", "}}", "{%", "[", "}", "'", "\"", ": ", "\n", "\r", "---\n", "|", ">", "가",
    "\u{feff}", "? ",
];

fn survives(dimension: &str) {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let files = FileSet::new(vec![
        file("dwc.yml", PROJECT),
        file("models/shop.yml", SOURCE),
        file("models/store.yml", dimension),
    ]);
    for problem in check(&files).diagnostics {
        for label in &problem.labels {
            let text = &files.get(label.span.file).text;
            assert!(
                text.get(label.span.lo as usize..label.span.hi as usize).is_some(),
                "{problem:?} names no place of:\n{dimension}"
            );
        }
    }
}

#[test]
fn a_file_cut_anywhere() {
    for (at, _) in DIMENSION.char_indices() {
        survives(&DIMENSION[..at]);
        survives(&DIMENSION[at..]);
    }
}

#[test]
fn a_file_garbled_anywhere() {
    for (at, _) in DIMENSION.char_indices() {
        for garble in GARBLE {
            survives(&format!("{}{garble}{}", &DIMENSION[..at], &DIMENSION[at..]));
        }
    }
}
