//! JSON Schemas of the language, generated from its types: what an editor checks with, and what shapes are made of.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value as Json, json};

use super::shape::{KIND, ONLY_IN, texts};

pub(super) fn of<T: JsonSchema>() -> Json {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    forbid(&mut schema);
    schema
}

/// Refuses in each record, by its kind, the keys that mean nothing there: an editor says it as `dwc check` does.
fn forbid(schema: &mut Json) {
    let defs = schema["$defs"].clone();
    add_rules(schema, &defs);
    for def in schema["$defs"].as_object_mut().into_iter().flat_map(|defs| defs.values_mut()) {
        add_rules(def, &defs);
    }
}

fn add_rules(record: &mut Json, defs: &Json) {
    let rules = kinds(record, defs);
    if !rules.is_empty() {
        record["allOf"] = Json::Array(rules);
    }
}

/// One rule for each kind of a record: which of its keys, and of the records in its mappings, are not to be written.
fn kinds(record: &Json, defs: &Json) -> Vec<Json> {
    let Some(key) = record[KIND]["key"].as_str() else { return Vec::new() };
    let default = record[KIND]["default"].as_str();
    let mut keys: Vec<(Option<&str>, &str, Vec<String>)> = Vec::new();
    for (name, property) in record["properties"].as_object().into_iter().flatten() {
        keys.push((None, name, texts(&property[ONLY_IN])));
        let inner = property["additionalProperties"]["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        let inner = inner.map(|inner| &defs[inner]).filter(|inner| inner.get(KIND).is_none());
        for (below, property) in inner.and_then(|inner| inner["properties"].as_object()).into_iter().flatten() {
            keys.push((Some(name), below, texts(&property[ONLY_IN])));
        }
    }
    keys.retain(|(_, _, only)| !only.is_empty());
    let all: BTreeSet<String> = keys.iter().flat_map(|(_, _, only)| only.iter().cloned()).collect();
    all.into_iter()
        .filter_map(|kind| {
            let mut then = serde_json::Map::new();
            for (around, name, _) in keys.iter().filter(|(_, _, only)| !only.contains(&kind)) {
                let at = match around {
                    None => &mut then,
                    // What is around it is not to be written either.
                    Some(around) if then.get(*around) == Some(&Json::Bool(false)) => continue,
                    Some(around) => {
                        let below = then
                            .entry((*around).to_owned())
                            .or_insert_with(|| json!({ "additionalProperties": { "properties": {} } }));
                        below["additionalProperties"]["properties"].as_object_mut()?
                    }
                };
                at.insert((*name).to_owned(), Json::Bool(false));
            }
            let is = json!({ "properties": { key: { "const": kind } } });
            let is = if default == Some(kind.as_str()) { is } else { with(is, "required", json!([key])) };
            Some(json!({ "if": is, "then": { "properties": then } }))
        })
        .collect()
}

fn with(mut value: Json, key: &str, to: Json) -> Json {
    value[key] = to;
    value
}

/// The schemas of the language: file name and content, for the project's file, each kind of model file, and any of those.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Json)> {
    let kinds = [
        ("source.schema.json", of::<super::Source>()),
        ("dimension.schema.json", of::<super::Dimension>()),
        ("fact.schema.json", of::<super::Fact>()),
        ("tests.schema.json", of::<super::Tests>()),
    ];
    let mut defs = serde_json::Map::new();
    let mut choices = Vec::new();
    for ((_, schema), key) in kinds.iter().zip(["source", "dimension", "fact", "tests"]) {
        let mut own = schema.clone();
        if let Some(found) = own["$defs"].as_object() {
            defs.extend(found.clone());
        }
        if let Some(object) = own.as_object_mut() {
            object.remove("$defs");
            object.remove("$schema");
        }
        defs.insert(format!("{key}_file"), own);
        choices.push(json!({ "if": { "required": [key] }, "then": { "$ref": format!("#/$defs/{key}_file") } }));
    }
    let model = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Model",
        "description": "A source, a dimension, a fact, or unit tests.",
        "type": "object",
        "anyOf": [
            { "required": ["source"] },
            { "required": ["dimension"] },
            { "required": ["fact"] },
            { "required": ["tests"] },
        ],
        "allOf": choices,
        "$defs": defs,
    });
    let mut all = vec![("dwc.schema.json", of::<super::Project>())];
    all.extend(kinds);
    all.push(("model.schema.json", model));
    all
}
