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
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Global {
    /// The folder with `dwc.yml`
    #[arg(long, global = true, value_name = "FOLDER", default_value = ".", env = "DWC_PROJECT_DIR")]
    pub(crate) project_dir: PathBuf,
    /// The warehouse to work on; the project's default target when left out
    #[arg(long, global = true, value_name = "NAME", env = "DWC_TARGET")]
    pub(crate) target: Option<String>,
    /// An environment of the target, as `dwc env create` made it
    #[arg(long, global = true, value_name = "NAME", env = "DWC_ENV")]
    pub(crate) env: Option<String>,
    /// Models: names, `+name` with what it reads, `name+` with what reads it, `tag:word`, `state:modified`
    #[arg(long, global = true, value_name = "MODELS", num_args = 1..)]
    pub(crate) select: Vec<String>,
    /// How results are written
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
    /// For reading, with the lines of the files
    Human,
    /// One line per problem
    Concise,
    /// For programs, on standard output
    Json,
    /// For a review comment; only `dwc plan` writes it
    Markdown,
    /// Comma-separated values with a header; only `dwc query` writes it
    Csv,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a project that checks, applies and runs as it is
    Init,
    /// Look at a source and write its YAML
    #[command(subcommand)]
    Import(ImportFrom),
    /// Validate the project; needs no database
    Check,
    /// Lay out the project's YAML in the one way, comments and all
    Fmt {
        /// Files or folders instead of the project's own
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Write nothing: name the files whose layout would change, and exit with 1 where there are any
        #[arg(long)]
        check: bool,
    },
    /// Show the models and sources, or the YAML of one of them with every default filled in
    Show {
        /// The name of a model or a source
        model: Option<String>,
    },
    /// Write the SQL of a target into files
    Compile {
        /// The folder; `target/compiled/TARGET` when left out
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Show what an apply would change
    Plan(PlanArgs),
    /// Make the warehouse what the models say
    Apply {
        /// A plan saved by `dwc plan -o`: it is applied as it was looked at, or not at all
        #[arg(value_name = "FILE")]
        plan: Option<PathBuf>,
        /// Wait so long for another process that holds the warehouse, such as 30m
        #[arg(long, value_name = "TIME")]
        wait: Option<String>,
        /// Do not ask, for pipelines
        #[arg(long)]
        auto_approve: bool,
        /// Let a change lose the data of this model or table; may be given several times
        #[arg(long, value_name = "NAME")]
        allow_destructive: Vec<String>,
    },
    /// Load what is new in the sources
    Run(RunArgs),
    /// Compute a dimension's history, or a fact, anew from what is landed
    Rebuild {
        /// The model's name
        name: String,
        /// The day or time, UTC, since which a dimension's history is computed anew; all of it when left out
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Do not ask, for pipelines
        #[arg(long)]
        auto_approve: bool,
        /// Forget states of this model that landing no longer holds
        #[arg(long, value_name = "NAME")]
        allow_destructive: Vec<String>,
        /// The rebuild's time in UTC; now when left out
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Check that the target can be used: credentials, permissions, locations, the clock
    Doctor,
    /// Check the structure of every loaded table
    Verify,
    /// Measures by attributes, drilled across facts
    Query(QueryArgs),
    /// Draw what reads what
    Graph {
        /// How it is drawn
        #[arg(long = "as", value_enum, default_value_t = GraphFormat::Text)]
        drawn: GraphFormat,
    },
    /// The model's site for analysts
    #[command(subcommand)]
    Docs(DocsCommand),
    /// What the warehouse knows of itself
    #[command(subcommand)]
    State(StateCommand),
    /// Copies of a target to plan, apply and load in
    #[command(subcommand)]
    Env(EnvCommand),
    /// Schedules for other tools
    #[command(subcommand)]
    Export(ExportCommand),
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

/// What is planned.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanArgs {
    /// Print the statements
    #[arg(long)]
    pub(crate) sql: bool,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Save the plan, for `dwc apply FILE`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write down in the saved plan that it may lose the data of this model or table; may be given several times
    #[arg(long, value_name = "NAME", requires = "out")]
    pub(crate) allow_destructive: Vec<String>,
    /// Compare with the models of another git revision instead of the warehouse; needs neither it nor credentials
    #[arg(long, value_name = "REV", conflicts_with = "out")]
    pub(crate) against: Option<String>,
    /// Show rows and sums as they are, and as they are in this environment, in which the models are applied and loaded
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with = "against")]
    pub(crate) data: Option<String>,
    /// Show which versions a rebuild of this model would change, instead
    #[arg(long, value_name = "NAME", conflicts_with_all = ["sql", "detailed_exitcode", "out", "against", "data"])]
    pub(crate) rebuild: Option<String>,
    /// The day or time since which the rebuild would compute the history anew
    #[arg(long, value_name = "TIME", requires = "rebuild")]
    pub(crate) from: Option<String>,
}

/// What is looked at.
/// The database that an import looks at.
#[derive(Debug, clap::Args)]
pub(crate) struct FromDatabase {
    /// The source's name in the project
    #[arg(long)]
    pub(crate) name: String,
    /// The environment variable with the address, such as SHOP_DB_URL
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) url_env: String,
    /// The file to write, in the project's folder; standard output when left out
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
        /// The file to write, in the project's folder; standard output when left out
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// What a run reads.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// How much of the sources is read
    #[arg(long, value_enum, default_value_t = RunMode::Incremental)]
    pub(crate) mode: RunMode,
    /// The begin of an interval in UTC, such as 2026-03-20T09
    #[arg(long, value_name = "TIME", required_if_eq("mode", "interval"))]
    pub(crate) from: Option<String>,
    /// The end of an interval in UTC, which is no part of it
    #[arg(long, value_name = "TIME", required_if_eq("mode", "interval"))]
    pub(crate) to: Option<String>,
    /// Read only what other runs have missed; `dwc state show` lists it
    #[arg(long, conflicts_with_all = ["mode", "from", "to"])]
    pub(crate) fill_gaps: bool,
    /// Land these sources and load no model, for schedulers that make each a step
    #[arg(long, value_name = "SOURCES", num_args = 1.., conflicts_with = "select")]
    pub(crate) land: Vec<String>,
    /// Load models from what is landed, and read no source
    #[arg(long, conflicts_with_all = ["land", "fill_gaps"])]
    pub(crate) no_land: bool,
    /// Wait so long for another process that holds the warehouse, such as 30m
    #[arg(long, value_name = "TIME")]
    pub(crate) wait: Option<String>,
    /// Leave files of later batches for a later run, such as 2026-03-20T00
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// The time in UTC that the run takes itself to be at: it dates what no file's name dates; now when left out
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

/// How much of the sources a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunMode {
    /// What is new
    Incremental,
    /// Everything, so that deletes and missed changes are seen
    Full,
    /// The rows whose time is between `--from` and `--to`; no delete is inferred
    Interval,
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
    /// Write the site; it works from files, without a server
    Build {
        /// The folder; `target/docs` when left out
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
    /// What is a task of its own beside each source
    #[arg(long, value_enum, default_value_t = Per::Source)]
    pub(crate) per: Per,
    /// The file to write; standard output when left out
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The command that runs dwc where Airflow's workers are
    #[arg(long, value_name = "COMMAND", default_value = "dwc")]
    pub(crate) command: String,
    /// The project's folder where Airflow's workers are; where it is here when left out
    #[arg(long, value_name = "FOLDER")]
    pub(crate) deployed_at: Option<String>,
    /// The pool of the tasks; give it one slot where the warehouse is a DuckDB file
    #[arg(long, value_name = "NAME", default_value = "dwc")]
    pub(crate) pool: String,
    /// How often a task that failed is tried again
    #[arg(long, value_name = "TIMES", default_value_t = 2)]
    pub(crate) retries: u32,
}

/// What is a task of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Per {
    /// Each source, and all models as one
    Source,
    /// Each source, and each model
    Model,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Loaded tables, consumed batches and the latest runs
    Show,
    /// What was applied when
    History,
    /// Take the warehouse back to before an apply that lost data: its rows, its tables and its state
    Rollback {
        /// The serial to go back to; the latest snapshot when left out
        #[arg(long, value_name = "SERIAL")]
        to: Option<i64>,
        /// Do not ask, for pipelines
        #[arg(long)]
        auto_approve: bool,
    },
    /// Say who holds the warehouse, and take it from whoever does where that is not the engine's own lock
    Unlock {
        /// Do not ask, for pipelines
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
        /// The target to copy; the project's default target when left out
        #[arg(long, value_name = "TARGET")]
        from: Option<String>,
        /// How long it may be used, such as 7d
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// The environments of a target
    List,
    /// What differs between an environment and its target: tables, columns, and rows by their keys
    Diff {
        /// The environment's name
        name: String,
    },
    /// Remove an environment
    Drop {
        /// The environment's name
        #[arg(required_unless_present = "expired")]
        name: Option<String>,
        /// Remove every environment whose time is over
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

/// What `dwc query` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct QueryArgs {
    /// Measures: `measure` or `fact.measure`, separated by commas; a fact's own name counts its rows
    #[arg(value_delimiter = ',', required = true)]
    pub(crate) measures: Vec<String>,
    /// Headers: `role.attribute`, `dimension.attribute` or a degenerate column, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// A GoogleSQL condition over headers; all of them must hold
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) filters: Vec<String>,
    /// Columns of the answer to order by, each with ` desc` behind it for the greatest first, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    pub(crate) order_by: Vec<String>,
    /// The most rows; all of them when left out
    #[arg(long)]
    pub(crate) limit: Option<u64>,
    /// Attributes as they are now, instead of as they were at the time of the event
    #[arg(long)]
    pub(crate) as_is: bool,
    /// Count rows that are deleted in the source too
    #[arg(long)]
    pub(crate) with_deleted: bool,
    /// Print the statement instead of its answer
    #[arg(long)]
    pub(crate) sql: bool,
}
