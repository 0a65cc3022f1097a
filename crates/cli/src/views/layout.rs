//! What became of the layout of files: their names on standard output, how many on standard error.

use std::io::{self, Write as _};

use dwc_runner::Error;
use serde::Serialize;

use super::diagnostics::{counted, printable};
use crate::args::{Format, Global};

#[derive(Serialize)]
struct Layout<'a> {
    format_version: u32,
    /// How many files were looked at.
    files: usize,
    /// The files whose layout has changed, or with `--check` would change.
    changed: &'a [&'a str],
}

pub(crate) fn print(changed: &[&str], files: usize, check: bool, global: &Global) -> Result<(), Error> {
    let text = match global.format {
        Format::Json => {
            let layout = Layout { format_version: 1, files, changed };
            format!("{:#}\n", serde_json::to_value(layout).unwrap_or_default())
        }
        _ => changed.iter().map(|path| format!("{}\n", printable(path))).collect(),
    };
    let written = io::stdout().write_all(text.as_bytes());
    written.map_err(|cause| Error::because("standard output could not be written", cause))?;
    if !global.quiet && global.format != Format::Json {
        let looked_at = counted(files, "file");
        match (changed.len(), check) {
            (0, _) => eprintln!("{looked_at} in the layout of `dwc fmt`"),
            (count, true) => eprintln!("{count} of {looked_at} not in the layout of `dwc fmt`"),
            (count, false) => eprintln!("{count} of {looked_at} reformatted"),
        }
    }
    Ok(())
}
