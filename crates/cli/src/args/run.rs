//! The arguments of `dwc run` and `dwc runs`. It must not do anything with them.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// What a run reads.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// How much of the sources to read
    #[arg(long, value_enum, default_value_t = RunMode::Incremental)]
    pub(crate) mode: RunMode,
    /// The start of the interval in UTC, such as 2026-03-20T09
    #[arg(long, value_name = "TIME", required_if_eq("mode", "interval"))]
    pub(crate) from: Option<String>,
    /// The end of the interval in UTC, exclusive
    #[arg(long, value_name = "TIME", required_if_eq("mode", "interval"))]
    pub(crate) to: Option<String>,
    /// Read only what other runs have missed, as listed by `dwc state show`
    #[arg(long, conflicts_with_all = ["mode", "from", "to"])]
    pub(crate) fill_gaps: bool,
    /// Land these sources and load no model, for schedulers with one task per source
    #[arg(long, value_name = "SOURCES", num_args = 1.., conflicts_with = "select")]
    pub(crate) land: Vec<String>,
    /// Load models from what is landed; read no source
    #[arg(long, conflicts_with_all = ["land", "fill_gaps"])]
    pub(crate) no_land: bool,
    /// How long to wait for another process that holds the warehouse, such as 30m
    #[arg(long, value_name = "TIME")]
    pub(crate) wait: Option<String>,
    /// Leave the files of later batches for a later run, such as 2026-03-20T00
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// The time of the run in UTC, which dates everything that no file name dates; now by default
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Write metrics of the run for Prometheus to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
}

/// How much of the sources a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunMode {
    /// What is new
    Incremental,
    /// Everything, to find deletes and missed changes
    Full,
    /// The rows whose time is between `--from` and `--to`; no delete is inferred
    Interval,
}

/// Which runs are shown.
#[derive(Debug, clap::Args)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    /// The number of runs to list, the latest first
    #[arg(long, value_name = "RUNS", default_value_t = 20)]
    pub(crate) limit: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Show what a run did: rows landed and loaded, and what was held back
    Show {
        /// The number of the run; the latest by default
        number: Option<i64>,
    },
}
