//! `dwc docs build`: the model's site, as files.

use std::fs;
use std::path::PathBuf;

use dwc_docs::{Status, build};
use dwc_runner::Error;
use serde_json::json;

use super::{context, output, say_done};
use crate::args::Global;
use crate::exit::Exit;

pub(super) fn run(global: &Global, out: Option<PathBuf>) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    if let Some(folder) = &out {
        output::may_write_into(folder, "a site of models", &["index.html", "site.js", "search.js"])?;
    }
    // The site is built without a warehouse too; freshness is shown where there is one.
    let state = match context.existing_warehouse()? {
        Some(warehouse) => warehouse.state()?,
        None => None,
    };
    let status = Status {
        tables: state.map(|state| state.tables.into_iter().map(|t| (t.table, t.bound)).collect()).unwrap_or_default(),
    };
    let pages = build(&context.project, &status);
    let folder = out.unwrap_or_else(|| global.project_dir.join("target/docs"));
    for page in &pages {
        let path = folder.join(&page.path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &page.content));
        written.map_err(|cause| Error::because(format!("`{}` could not be written", path.display()), cause))?;
    }
    let names: Vec<&String> = pages.iter().map(|page| &page.path).collect();
    let sentence = format!("{} pages; open {}", pages.len(), folder.join("index.html").display());
    say_done(global, &sentence, &json!({ "folder": folder, "pages": names }))
}
