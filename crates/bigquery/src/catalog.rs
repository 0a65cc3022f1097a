//! Datasets and tables as BigQuery has them now. It must not decide what they should be.

use std::future::Future;

use gcp_bigquery_client::error::BQError;

use crate::client::Client;
use crate::failure::{Failure, Kind};
use crate::retry::is_worth_retrying;
use crate::transport::unreachable;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, in the API's words.
    pub ty: String,
    /// `NULLABLE`, `REQUIRED` or `REPEATED`.
    pub mode: String,
    /// What it says.
    pub description: String,
}

/// What there is to know of a table or a view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableFacts {
    /// `TABLE`, `VIEW` or another.
    pub ty: String,
    /// What it holds.
    pub description: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The column that it is partitioned by, and by what length.
    pub partitioned: Option<(String, String)>,
    /// Statements must restrict the partition.
    pub requires_filter: bool,
    /// The columns that it is clustered by.
    pub clustered: Vec<String>,
    /// Bytes and rows that it holds.
    pub bytes: Option<u64>,
    /// Rows that it holds.
    pub rows: Option<u64>,
    /// A view's query.
    pub query: Option<String>,
}

impl Client {
    /// The location of a dataset; `None` where there is no such dataset.
    ///
    /// # Errors
    /// It may not be seen, or BigQuery was not reached.
    pub fn dataset_location(&self, dataset: &str) -> Result<Option<String>, Failure> {
        let project = &self.settings.project;
        let found = self.wait(self.tried(|| self.google.dataset().get(project, dataset)))?;
        Ok(found.map(|dataset| dataset.location.unwrap_or_default()))
    }

    /// The names of the project's datasets.
    ///
    /// # Errors
    /// They may not be seen, or BigQuery was not reached.
    pub fn datasets(&self) -> Result<Vec<String>, Failure> {
        let project = &self.settings.project;
        self.names(|page| async move {
            let options = gcp_bigquery_client::dataset::ListOptions::default().max_results(1000);
            let options = page.into_iter().fold(options, gcp_bigquery_client::dataset::ListOptions::page_token);
            let found = self.google.dataset().list(project, options).await?;
            let names = found.datasets.into_iter().map(|dataset| dataset.dataset_reference.dataset_id);
            Ok((names.collect(), found.next_page_token))
        })
    }

    /// A table or view; `None` where there is none of the name.
    ///
    /// # Errors
    /// It may not be seen, or BigQuery was not reached.
    pub fn table(&self, dataset: &str, table: &str) -> Result<Option<TableFacts>, Failure> {
        let project = &self.settings.project;
        let found = self.wait(self.tried(|| self.google.table().get(project, dataset, table, None)))?;
        Ok(found.map(|table| {
            let columns = table.schema.fields.unwrap_or_default().into_iter().map(|field| Column {
                ty: serde_json::to_value(&field.r#type)
                    .ok()
                    .and_then(|ty| ty.as_str().map(str::to_owned))
                    .unwrap_or_default(),
                mode: field.mode.unwrap_or_else(|| "NULLABLE".to_owned()),
                description: field.description.unwrap_or_default(),
                name: field.name,
            });
            TableFacts {
                columns: columns.collect(),
                ty: table.r#type.unwrap_or_default(),
                description: table.description.unwrap_or_default(),
                partitioned: table.time_partitioning.map(|by| (by.field.unwrap_or_default(), by.r#type)),
                requires_filter: table.require_partition_filter.unwrap_or_default(),
                clustered: table.clustering.and_then(|by| by.fields).unwrap_or_default(),
                bytes: table.num_bytes.and_then(|bytes| bytes.parse().ok()),
                rows: table.num_rows.and_then(|rows| rows.parse().ok()),
                query: table.view.map(|view| view.query),
            }
        }))
    }

    /// The names of a dataset's tables and views; none where there is no such dataset.
    ///
    /// # Errors
    /// They may not be seen, or BigQuery was not reached.
    pub fn tables(&self, dataset: &str) -> Result<Vec<String>, Failure> {
        let project = &self.settings.project;
        self.names(|page| async move {
            let options = gcp_bigquery_client::table::ListOptions::default().max_results(1000);
            let options = page.into_iter().fold(options, gcp_bigquery_client::table::ListOptions::page_token);
            let found = self.google.table().list(project, dataset, options).await?;
            let tables = found.tables.unwrap_or_default();
            let names = tables.into_iter().map(|table| table.table_reference.table_id);
            Ok((names.collect(), found.next_page_token))
        })
    }

    /// Every page of a list of names; none of what is not there.
    fn names<F: Future<Output = Result<(Vec<String>, Option<String>), BQError>>>(
        &self,
        list: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<String>, Failure> {
        self.wait(async {
            let (mut names, mut page): (Vec<String>, Option<String>) = (Vec::new(), None);
            loop {
                let Some((found, next)) = self.tried(|| list(page.clone())).await? else { return Ok(names) };
                names.extend(found);
                if next.is_none() {
                    return Ok(names);
                }
                page = next;
            }
        })
    }

    /// Asks until there is an answer; `None` for what is not there.
    async fn tried<T, F: Future<Output = Result<T, BQError>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<Option<T>, Failure> {
        let pace = self.transport.pace;
        let mut nth = 0;
        loop {
            let (failure, again) = match ask().await {
                Ok(found) => return Ok(Some(found)),
                Err(BQError::ResponseError { error }) => {
                    let body = serde_json::json!({ "error": {
                        "message": error.error.message,
                        "errors": error.error.errors,
                    }});
                    let status = u16::try_from(error.error.code).unwrap_or(500);
                    let failure = Failure::of_answer(status, &body.to_string());
                    let again = is_worth_retrying(Some(status), &failure.reason);
                    (failure, again)
                }
                Err(BQError::RequestError(error)) => (unreachable(&error), !error.is_decode()),
                // Whose message says why there is none.
                Err(_) => match self.transport.credentials.access().await {
                    Err(failure) => (failure, false),
                    Ok(_) => (Failure::new(Kind::Credentials, "Google returned no token"), false),
                },
            };
            if failure.kind == Kind::NotFound {
                return Ok(None);
            }
            nth += 1;
            if !again || nth >= pace.tries {
                return Err(failure);
            }
            tokio::time::sleep(pace.wait(nth - 1, None)).await;
        }
    }
}
