//! `dwc manual`: man pages, one per command. They say what `--help` says, and nothing else.

use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;
use dwc_runner::Error;
use serde_json::json;

use super::{output, say_done};
use crate::args::{Args, Global};
use crate::exit::Exit;

/// How every page begins, below what keeps its quotes plain; a file without it is not one of ours.
const MARK: &str = "\n.TH dwc";

pub(super) fn run(global: &Global, folder: &Path) -> Result<Exit, Error> {
    let mut root = Args::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    write(&root, &mut pages)?;
    // A folder of man pages may hold those of others, so each file is asked for, and all of them before the first is written.
    for (name, _) in &pages {
        output::may_overwrite(&folder.join(name), "a man page of dwc", MARK)?;
    }
    for (name, page) in &pages {
        output::write(&folder.join(name), page, "a man page of dwc", MARK)?;
    }
    let names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
    let sentence = format!("{} man pages are in `{}`", pages.len(), folder.display());
    say_done(global, &sentence, &json!({ "folder": folder, "pages": names }))
}

/// Adds the page of a command, then those of its own commands.
fn write(command: &clap::Command, pages: &mut Vec<(String, String)>) -> Result<(), Error> {
    let page = Man::new(command.clone()).source(concat!("dwc ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    page.render(&mut text).map_err(|cause| Error::because("a man page could not be made", cause))?;
    pages.push((page.get_filename(), String::from_utf8_lossy(&text).into_owned()));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help") {
        write(inner, pages)?;
    }
    Ok(())
}
