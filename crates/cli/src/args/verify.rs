//! The arguments of `dwc verify`. It must not act on them.

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
