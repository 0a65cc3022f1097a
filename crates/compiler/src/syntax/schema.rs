//! JSON Schemas of the language, generated from its types: what an editor checks with, and what shapes are made of.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value as Json, json};

pub(super) fn of<T: JsonSchema>() -> Json {
    let generator = SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<T>().to_value()
}

/// The schemas of the language: file name and content, for the project's file, each kind of model file, and any of those.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Json)> {
    let kinds = [
        ("source.schema.json", of::<super::Source>()),
        ("dimension.schema.json", of::<super::Dimension>()),
        ("fact.schema.json", of::<super::Fact>()),
    ];
    let mut defs = serde_json::Map::new();
    let mut choices = Vec::new();
    for ((_, schema), key) in kinds.iter().zip(["source", "dimension", "fact"]) {
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
        "description": "A source, a dimension or a fact.",
        "type": "object",
        "anyOf": [{ "required": ["source"] }, { "required": ["dimension"] }, { "required": ["fact"] }],
        "allOf": choices,
        "$defs": defs,
    });
    let mut all = vec![("dwc.schema.json", of::<super::Project>())];
    all.extend(kinds);
    all.push(("model.schema.json", model));
    all
}
