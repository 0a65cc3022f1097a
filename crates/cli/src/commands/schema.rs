//! `dwc schema`: the JSON Schemas of the YAML, for editors.

use std::path::Path;

use dwc_compiler::syntax::schemas;
use dwc_runner::Error;

use crate::exit::Exit;

pub(super) fn run(folder: Option<&Path>) -> Result<Exit, Error> {
    match folder {
        Some(folder) => {
            let failed = |cause| Error::because(format!("`{}` could not be written", folder.display()), cause);
            std::fs::create_dir_all(folder).map_err(failed)?;
            for (name, schema) in all() {
                std::fs::write(folder.join(name), format!("{schema:#}\n")).map_err(failed)?;
            }
        }
        None => {
            let all: serde_json::Map<String, serde_json::Value> =
                all().into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
            super::write_out(format!("{:#}\n", serde_json::Value::Object(all)).as_bytes())?;
        }
    }
    Ok(Exit::Done)
}

/// The schemas of the language, and those of plans.
fn all() -> Vec<(&'static str, serde_json::Value)> {
    let mut all = schemas();
    all.push(("plan.schema.json", crate::views::plan::Plan::schema()));
    all.push(("saved-plan.schema.json", schemars::schema_for!(dwc_runner::SavedPlan).to_value()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_schemas_are_those_of_the_types() {
        for (name, schema) in all() {
            let path = format!("{}/../../schemas/{name}", env!("CARGO_MANIFEST_DIR"));
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            let written: serde_json::Value = serde_json::from_str(&written).unwrap_or_default();
            assert!(written == schema, "{name} is out of date: dwc schema --write schemas");
        }
    }
}
