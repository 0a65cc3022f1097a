//! What may stand on the command line. It must not do anything with it.

mod errors;
mod query;
mod run;
mod test;
mod verify;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
pub(crate) use errors::ErrorsArgs;
pub(crate) use query::QueryArgs;
pub(crate) use run::{RunArgs, RunMode, RunsArgs, RunsCommand};
pub(crate) use test::TestArgs;
pub(crate) use verify::{FailOn, VerifyArgs};

/// Compiles declarative star schemas: validates, plans, renders, loads, verifies and documents them.
#[derive(Debug, Parser)]
#[command(name = "dwc", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Global {
    /// The folder with `dwc.yml`
    #[arg(long, global = true, value_name = "FOLDER", default_value = ".", env = "DWC_PROJECT_DIR")]
    pub(crate) project_dir: PathBuf,
    /// The target to work on, if not the project's default
    #[arg(long, global = true, value_name = "NAME", env = "DWC_TARGET")]
    pub(crate) target: Option<String>,
    /// An environment of the target, created by `dwc env create`
    #[arg(long, global = true, value_name = "NAME", env = "DWC_ENV")]
    pub(crate) env: Option<String>,
    /// Models: names, `+name` (and all it reads), `name+` (and all that read it), `tag:word`, `state:modified`
    #[arg(long, global = true, value_name = "MODELS", num_args = 1..)]
    pub(crate) select: Vec<String>,
    /// The format of the results
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// No colors; `NO_COLOR` does the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, with the lines of the files
    Human,
    /// One line per problem
    Concise,
    /// For programs, on standard output
    Json,
    /// For a review comment; only for `dwc plan` and `dwc profile`
    Markdown,
    /// Comma-separated values with a header; only for `dwc query`
    Csv,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a project that you can check, apply and run right away
    Init,
    /// Inspect a source and write its YAML
    #[command(subcommand)]
    Import(ImportFrom),
    /// Validate the project; needs no database
    Check {
        /// Correct misspelled names and keys in the project's files first
        #[arg(long)]
        fix: bool,
    },
    /// Format the project's YAML in the standard layout; keeps comments
    Fmt {
        /// Files or folders to format; the project's own by default
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Write nothing: list the files whose layout would change, and exit with 1 if there are any
        #[arg(long)]
        check: bool,
    },
    /// Show the models and sources, or the YAML of one of them with every default filled in
    Show {
        /// The name of a model or a source
        model: Option<String>,
    },
    /// Write the SQL of a target to files
    Compile {
        /// The folder to write to; `target/compiled/TARGET` by default
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Show what an apply would change
    Plan(PlanArgs),
    /// Make the warehouse match the models
    Apply {
        /// A plan saved by `dwc plan -o`: it is applied exactly as saved, or not at all
        #[arg(value_name = "FILE")]
        plan: Option<PathBuf>,
        /// How long to wait for another process that holds the warehouse, such as 30m
        #[arg(long, value_name = "TIME")]
        wait: Option<String>,
        /// Do not ask for confirmation, for pipelines
        #[arg(long)]
        auto_approve: bool,
        /// Allow changes to lose the data of this model or table; can be repeated
        #[arg(long, value_name = "NAME")]
        allow_destructive: Vec<String>,
    },
    /// Load what is new in the sources
    Run(RunArgs),
    /// List the runs of the warehouse, and show what one of them did
    Runs(RunsArgs),
    /// Recompute a dimension's history, or a fact, from what is landed
    Rebuild {
        /// The model's name
        name: String,
        /// The UTC day or time since which a dimension's history is recomputed; all of it by default
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Do not ask for confirmation, for pipelines
        #[arg(long)]
        auto_approve: bool,
        /// Allow the rebuild to lose states of this model that landing no longer has
        #[arg(long, value_name = "NAME")]
        allow_destructive: Vec<String>,
        /// The time of the rebuild in UTC; now by default
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Run the unit tests of the models; needs no warehouse and no source
    Test(TestArgs),
    /// Check that the target can be used: credentials, permissions, locations, the clock
    Doctor,
    /// Compare every loaded table with what is landed, and make the declared checks
    Verify(VerifyArgs),
    /// Show what the values of a source, a table or a model say, with suggestions for the YAML
    Profile {
        /// Sources, tables as `source.table`, or models
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
    /// Show the rows that were not loaded, with the place and the reason
    Errors(ErrorsArgs),
    /// Answer measures by attributes, across facts
    Query(QueryArgs),
    /// Draw which model reads which
    Graph {
        /// The format of the drawing
        #[arg(long = "as", value_enum, default_value_t = GraphFormat::Text)]
        drawn: GraphFormat,
    },
    /// Build the documentation site for analysts
    #[command(subcommand)]
    Docs(DocsCommand),
    /// Show or change the state of the warehouse
    #[command(subcommand)]
    State(StateCommand),
    /// Manage copies of a target to plan, apply and load in
    #[command(subcommand)]
    Env(EnvCommand),
    /// Export schedules for other tools
    #[command(subcommand)]
    Export(ExportCommand),
    /// Print the page of a diagnostic code
    Explain {
        /// The code, such as DW0101
        code: String,
    },
    /// Write the JSON Schemas of the YAML, for editors
    #[command(hide = true)]
    Schema {
        /// The folder to write to; without it, they are printed as one object
        #[arg(long, value_name = "FOLDER")]
        write: Option<PathBuf>,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write man pages, one per command
    Manual {
        /// The folder to write to
        folder: PathBuf,
    },
}

/// What is planned.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanArgs {
    /// Print the statements
    #[arg(long)]
    pub(crate) sql: bool,
    /// Exit with 2 if there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Save the plan, for `dwc apply FILE`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Allow the saved plan to lose the data of this model or table; can be repeated
    #[arg(long, value_name = "NAME", requires = "out")]
    pub(crate) allow_destructive: Vec<String>,
    /// Compare with the models of another git revision; needs no warehouse and no credentials
    #[arg(long, value_name = "REV", conflicts_with = "out")]
    pub(crate) against: Option<String>,
    /// Compare rows and sums with this environment, in which the models are applied and loaded
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with = "against")]
    pub(crate) data: Option<String>,
    /// Show instead which versions a rebuild of this model would change
    #[arg(long, value_name = "NAME", conflicts_with_all = ["sql", "detailed_exitcode", "out", "against", "data"])]
    pub(crate) rebuild: Option<String>,
    /// The UTC day or time since which the rebuild would recompute the history
    #[arg(long, value_name = "TIME", requires = "rebuild")]
    pub(crate) from: Option<String>,
}

/// The database that an import looks at.
#[derive(Debug, clap::Args)]
pub(crate) struct FromDatabase {
    /// The source's name in the project
    #[arg(long)]
    pub(crate) name: String,
    /// The name of the environment variable that contains the address, such as SHOP_DB_URL
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) url_env: String,
    /// The file to write, relative to the project's folder; standard output by default
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportFrom {
    /// A MySQL or MariaDB database
    Mysql(FromDatabase),
    /// A PostgreSQL database
    Postgres(FromDatabase),
    /// CSV, Parquet or NDJSON files
    Files {
        /// The source's name in the project
        #[arg(long)]
        name: String,
        /// A folder or a glob, relative to the project's folder
        #[arg(value_name = "FOLDER_OR_GLOB")]
        place: String,
        /// The file to write, relative to the project's folder; standard output by default
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// How a graph is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// One line per model
    Text,
    /// For Graphviz
    Dot,
    /// For Markdown pages
    Mermaid,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DocsCommand {
    /// Write the site; it needs no server
    Build {
        /// The folder to write to; `target/docs` by default
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
}

/// What is written for another tool.
#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Three DAGs for Apache Airflow: hourly, nightly, and an interval by hand
    Airflow(AirflowArgs),
}

/// How the DAGs are made.
#[derive(Debug, clap::Args)]
pub(crate) struct AirflowArgs {
    /// Which tasks there are besides one per source
    #[arg(long, value_enum, default_value_t = Per::Source)]
    pub(crate) per: Per,
    /// The file to write; standard output by default
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The command that runs dwc on Airflow's workers
    #[arg(long, value_name = "COMMAND", default_value = "dwc")]
    pub(crate) command: String,
    /// The project's folder on Airflow's workers; the same path as here by default
    #[arg(long, value_name = "FOLDER")]
    pub(crate) deployed_at: Option<String>,
    /// The pool of the tasks; give it one slot if the warehouse is a DuckDB file
    #[arg(long, value_name = "NAME", default_value = "dwc")]
    pub(crate) pool: String,
    /// How often a failed task is retried
    #[arg(long, value_name = "TIMES", default_value_t = 2)]
    pub(crate) retries: u32,
}

/// What is a task of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Per {
    /// One task per source, and one for all models
    Source,
    /// One task per source, and one per model
    Model,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Show loaded tables, consumed batches and the latest runs
    Show,
    /// List the applies
    History,
    /// Roll the warehouse back to before an apply that lost data: rows, tables and state
    Rollback {
        /// The serial to go back to; the latest snapshot by default
        #[arg(long, value_name = "SERIAL")]
        to: Option<i64>,
        /// Do not ask for confirmation, for pipelines
        #[arg(long)]
        auto_approve: bool,
    },
    /// Show who holds the warehouse, and release it unless the lock is the engine's own
    Unlock {
        /// Do not ask for confirmation, for pipelines
        #[arg(long)]
        auto_approve: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EnvCommand {
    /// Copy a target
    Create {
        /// The environment's name
        name: String,
        /// The target to copy, if not the project's default
        #[arg(long, value_name = "TARGET")]
        from: Option<String>,
        /// How long it can be used, such as 7d
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// List the environments of a target
    List,
    /// Compare an environment with its target: tables, columns, and rows by their keys
    Diff {
        /// The environment's name
        name: String,
    },
    /// Remove an environment
    Drop {
        /// The environment's name
        #[arg(required_unless_present = "expired")]
        name: Option<String>,
        /// Remove every expired environment
        #[arg(long, conflicts_with = "name")]
        expired: bool,
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
