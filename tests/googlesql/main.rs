//! GoogleSQL on DuckDB: every item of a corpus of queries with the rows that Google's evaluator returned must give
//! the same rows, or be refused at compile time with the reason. It judges meaning, never the DuckDB text.

mod analyzer;
mod compare;
mod edges;
mod generated;
mod guide;
mod known;
mod mutate;
mod pictures;
mod rare;
mod resolver;

use std::path::{Path, PathBuf};

use compare::{Item, Verdict};

#[test]
fn own_corpus_is_equal_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("googlesql");
    let report = compare::run(&compare::read(&folder.join("corpus.jsonl")));
    report.print("own corpus");
    assert_eq!(report.different, 0);
    assert!(report.equal >= 500, "{} equal", report.equal);
}

#[test]
fn shared_corpus_is_equal_or_refused() {
    let shared = std::env::var_os("DWC_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let corpus = shared.join("googlesql/corpus.jsonl");
    if !corpus.exists() {
        println!("left out: the shared corpus of GoogleSQL items is not at {}", corpus.display());
        return;
    }
    let items: Vec<Item> = compare::read(&corpus).into_iter().filter(|i| i.rows.is_some()).collect();
    let report = compare::run(&items);
    report.print("shared corpus");
    assert_eq!(report.different, 0);
    assert!(report.equal >= 250, "{} equal of {}", report.equal, items.len());
}

#[test]
fn nothing_panics_on_odd_text() {
    for sql in
        ["", "SELECT", "SELECT 1 +", "`", "SELECT '", "SELECT * FROM", "SELECT a.b.c[", "((((", "SELECT 김 FROM 철"]
    {
        let outcome = dwc_googlesql::analyze_query(sql, &compare::catalog());
        assert!(!outcome.problems.is_empty(), "{sql}");
    }
}

impl compare::Report {
    fn print(&self, name: &str) {
        for (item, verdict) in &self.notes {
            match verdict {
                Verdict::Refused(reason) => println!("refused: {} -- {reason}", item.sql),
                Verdict::Different(what) => println!("DIFFERENT: {}\n    {what}", item.sql),
                Verdict::Equal => {}
            }
        }
        println!("{name}: {} equal, {} refused, {} different", self.equal, self.refused, self.different);
    }
}
