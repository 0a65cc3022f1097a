//! The reference of the language as Markdown, made from the same schemas that editors check with: no key is described twice.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::shape::{ONLY_IN, texts};

const INTRODUCTION: &str = "# The language

Each file below `models/` declares one model or some unit tests; `dwc.yml` declares the project. A key that is not listed here is refused, with
the key that was probably meant. So is a key that does not apply to the kind of file or record that it is in. SQL is GoogleSQL
on both engines. Name source tables as `{{ source('source.table') }}` and models as `{{ ref('model') }}`;
`{{ var('name') }}` inserts a variable of the project. `{{ env('NAME') }}` works only in connections and targets, and its value
never reaches SQL, a plan or a page.

`dwc show NAME` prints a model or a source as YAML with every default filled in. The output is itself a valid file.

This page is generated from the types of the language; `dwc schema --write FOLDER` writes the same as JSON Schemas.
";

/// Every key of every file, with what it says.
#[must_use]
pub fn reference() -> String {
    let kinds = [
        ("Project: `dwc.yml`", super::schema::of::<super::Project>()),
        ("Source", super::schema::of::<super::Source>()),
        ("Dimension", super::schema::of::<super::Dimension>()),
        ("Fact", super::schema::of::<super::Fact>()),
        ("Tests", super::schema::of::<super::Tests>()),
    ];
    let mut text = INTRODUCTION.to_owned();
    let mut told = BTreeSet::new();
    for (title, schema) in &kinds {
        section(&mut text, "##", title, schema);
        for (name, part) in schema["$defs"].as_object().into_iter().flatten() {
            let worth = part["properties"].is_object() || part["oneOf"].is_array();
            if worth && told.insert(name.clone()) {
                section(&mut text, "###", name, part);
            }
        }
    }
    text
}

fn section(text: &mut String, level: &str, title: &str, schema: &Json) {
    let _ = write!(text, "\n{level} {title}\n\n{}\n", described(schema));
    if let Some(keys) = schema["properties"].as_object() {
        // Which kinds a key is for, where that is not the same for all of them.
        let differs = keys.values().any(|value| !texts(&value[ONLY_IN]).is_empty());
        text.push_str(if differs {
            "\n| key | applies to | meaning |\n|---|---|---|\n"
        } else {
            "\n| key | meaning |\n|---|---|\n"
        });
        for (key, value) in keys {
            let kinds: Vec<String> = texts(&value[ONLY_IN]).iter().map(|kind| format!("`{kind}`")).collect();
            let kinds = match kinds.is_empty() {
                _ if !differs => String::new(),
                true => "| all ".to_owned(),
                false => format!("| {} ", kinds.join(", ")),
            };
            let needed = schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == key));
            let needed = if needed { " (required)" } else { "" };
            let _ = writeln!(text, "| `{key}`{needed} {kinds}| {} |", described(value));
        }
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        text.push_str("\n| value | meaning |\n|---|---|\n");
        for choice in choices {
            if let Some(value) = choice["const"].as_str() {
                let _ = writeln!(text, "| `{value}` | {} |", described(choice));
            }
        }
    }
}

fn described(schema: &Json) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}
