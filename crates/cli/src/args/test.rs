//! What `dwc test` takes. It must not do anything with it.

use std::path::PathBuf;

/// Which unit tests are run, and what is written of them.
#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    /// Tests to run: each text selects the tests whose names contain it; all tests by default
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Write the results to a file as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write what came out into the tests' files, in place of the rows that were expected
    #[arg(long)]
    pub(crate) update: bool,
    /// Show also the models, attributes and measures that no test expects
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Run the tests again whenever a file of the project changes, until Ctrl-C
    #[arg(long, conflicts_with = "update")]
    pub(crate) watch: bool,
}
