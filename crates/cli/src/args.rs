//! What may stand on the command line. It must not do anything with it.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

/// Compiles declared star schemas: validates, orders, renders, loads, verifies and documents them.
#[derive(Debug, Parser)]
#[command(name = "dwc", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// The folder with `dwc.yml`
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        default_value = ".",
        env = "DWC_PROJECT_DIR"
    )]
    pub(crate) project_dir: PathBuf,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Say errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// No colors; `NO_COLOR` does the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For reading, with the lines of the files
    Human,
    /// One line per problem
    Concise,
    /// For programs, on standard output
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Validate the project; needs no database
    Check,
    /// Print the page of a diagnostic code
    Explain {
        /// The code, such as DW0101
        code: String,
    },
    /// The JSON Schemas of the YAML, for editors
    #[command(hide = true)]
    Schema {
        /// The folder to write them into; without it they are printed as one object
        #[arg(long, value_name = "FOLDER")]
        write: Option<PathBuf>,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
