//! The arguments of `dwc verify`. It must not act on them.

use std::path::PathBuf;

/// The arguments of `dwc verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Check the structure alone, without computing the tables again and without declared checks
    #[arg(long, conflicts_with = "repair")]
    pub(crate) structure: bool,
    /// Load the rows that differ again, with --sources also into what is landed
    #[arg(long)]
    pub(crate) repair: bool,
    /// Also compare what is landed with these sources or tables; with all databases where none is named
    #[arg(long, value_name = "SOURCE,SOURCE.TABLE", value_delimiter = ',', num_args = 0.., require_equals = true)]
    pub(crate) sources: Option<Vec<String>>,
    /// Compare rows of facts by their event time, and rows of sources by their cursor, from a time on: `2026-03-01`,
    /// `2026-03-01T09:30`, or an age such as `2d`
    #[arg(long, value_name = "WHEN", conflicts_with = "structure")]
    pub(crate) since: Option<String>,
    /// With --sources, compare the rows of so many percent of the keys: the same keys each time
    #[arg(long, value_name = "PERCENT", requires = "sources", value_parser = percent)]
    pub(crate) sample: Option<u32>,
    /// Write the results to a file as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the results to a file as Markdown, too
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// From which level on a finding ends the command with exit code 1
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error)]
    pub(crate) fail_on: FailOn,
}

/// From which level on a finding fails a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FailOn {
    /// Errors alone.
    Error,
    /// Warnings, too.
    Warn,
}

/// A percentage as ten-thousandths, of which there is at least one.
fn percent(text: &str) -> Result<u32, String> {
    let wrong = || "write a number above 0 and up to 100, such as 10 or 0.5".to_owned();
    let number: f64 = text.trim_end_matches('%').parse().map_err(|_| wrong())?;
    if !(number > 0.0 && number <= 100.0) {
        return Err(wrong());
    }
    // At most 10,000.
    Ok(((number * 100.0).round() as u32).max(1))
}
