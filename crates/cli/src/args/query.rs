//! What `dwc query` takes. It must not do anything with it.

/// What `dwc query` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct QueryArgs {
    /// Measures: `measure` or `fact.measure`, separated by commas; a fact's own name counts its rows
    #[arg(value_delimiter = ',', required = true)]
    pub(crate) measures: Vec<String>,
    /// Headers: `role.attribute`, `dimension.attribute` or a degenerate column, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// A GoogleSQL condition on headers; all conditions must hold
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) filters: Vec<String>,
    /// Columns of the answer to order by, each with an optional ` desc`, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    pub(crate) order_by: Vec<String>,
    /// The maximum number of rows; all rows by default
    #[arg(long)]
    pub(crate) limit: Option<u64>,
    /// Attributes as they are now, instead of as they were at the time of the event
    #[arg(long)]
    pub(crate) as_is: bool,
    /// Also count rows that are deleted in the source
    #[arg(long)]
    pub(crate) with_deleted: bool,
    /// Print the statement instead of running it
    #[arg(long)]
    pub(crate) sql: bool,
}
