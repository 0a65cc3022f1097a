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
            for (name, schema) in schemas() {
                std::fs::write(folder.join(name), format!("{schema:#}\n")).map_err(failed)?;
            }
        }
        None => {
            let all: serde_json::Map<String, serde_json::Value> =
                schemas().into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
            super::write_out(format!("{:#}\n", serde_json::Value::Object(all)).as_bytes())?;
        }
    }
    Ok(Exit::Done)
}
