//! The arguments of `dwc verify`. It must not do anything with them.

/// The arguments of `dwc verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Check the structure alone, without computing the tables again and without declared checks
    #[arg(long, conflicts_with = "repair")]
    pub(crate) structure: bool,
    /// Load the rows that differ from what is landed again
    #[arg(long)]
    pub(crate) repair: bool,
}
