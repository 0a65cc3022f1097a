//! What unit tests expect nothing of: a line per kind, and as JSON.

use std::fmt::Write as _;

use dwc_compiler::model::{Coverage, Covered};
use serde_json::{Value as Json, json};

fn kinds(coverage: &Coverage) -> [(&'static str, &Covered); 4] {
    [
        ("models", &coverage.models),
        ("attributes", &coverage.attributes),
        ("policies", &coverage.policies),
        ("measures", &coverage.measures),
    ]
}

pub(crate) fn human(coverage: &Coverage) -> String {
    let mut text = String::from("\nexpected by tests:\n");
    for (kind, covered) in kinds(coverage) {
        let _ = write!(text, "  {kind:<10} {} of {}", covered.all - covered.missing.len(), covered.all);
        if !covered.missing.is_empty() {
            let _ = write!(text, "; not {}", covered.missing.join(", "));
        }
        text.push('\n');
    }
    text
}

pub(crate) fn json(coverage: &Coverage) -> Json {
    let each = kinds(coverage).map(|(kind, covered)| {
        (
            kind.to_owned(),
            json!({ "expected": covered.all - covered.missing.len(), "all": covered.all, "missing": covered.missing }),
        )
    });
    Json::Object(each.into_iter().collect())
}
