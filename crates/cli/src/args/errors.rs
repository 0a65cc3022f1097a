//! The arguments of `dwc errors`. It must not do anything with them.

/// The arguments of `dwc errors`.
#[derive(Debug, clap::Args)]
pub(crate) struct ErrorsArgs {
    /// Show the rows of batches at or after this UTC day or time
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Show the rows of this source table, as source.table; can be repeated
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Vec<String>,
    /// Show the rows that this screen found: the name of a check, or `cast`, `line` or `key`; can be repeated
    #[arg(long, value_name = "SCREEN")]
    pub(crate) screen: Vec<String>,
    /// The greatest number of rows to show, the latest first; 100 by default, and all with `--format json`
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<usize>,
}
