//! Jobs that run once however often they are sent. A job's id is its caller's, with an epoch: what is sent again finds the
//! job that is there, and the epoch moves only when the former job is known to have failed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::PoisonError;

use gcp_bigquery_client::model::job::Job as JobBody;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_configuration_load::JobConfigurationLoad;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::job_reference::JobReference;
use gcp_bigquery_client::model::table_field_schema::TableFieldSchema;
use gcp_bigquery_client::model::table_reference::TableReference;
use gcp_bigquery_client::model::table_schema::TableSchema;

use crate::client::{Client, label};
use crate::failure::{Failure, Kind};
use crate::results::Rows;
use crate::retry::may_run_again;
use crate::upload;

/// What a job does.
#[derive(Debug, Clone)]
pub enum Work {
    /// A query or a script.
    Query(String),
    /// A file of Parquet becomes rows of a table.
    Load(Load),
}

/// A load of Parquet.
#[derive(Debug, Clone)]
pub struct Load {
    /// The dataset of the table.
    pub dataset: String,
    /// The table; made where it is missing.
    pub table: String,
    /// Its columns: name and type of the API.
    pub columns: Vec<(String, String)>,
    /// The file.
    pub file: PathBuf,
    /// The file goes through this bucket, as this object; straight into BigQuery where left out.
    pub object: Option<(String, String)>,
    /// The rows are added to those that are there; else they take their place.
    pub appends: bool,
}

/// A job that is to be done once.
#[derive(Debug, Clone)]
pub struct Job {
    /// Letters, digits, `_` and `-`: the same for the same work at the same state, and for nothing else.
    pub id: String,
    /// Labels beside those of the client.
    pub labels: BTreeMap<String, String>,
    /// What it does.
    pub work: Work,
}

/// A job that is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Its whole id.
    pub id: String,
    /// It had been sent before this call, and was found.
    pub found: bool,
    /// Bytes read; billed ones where BigQuery says them.
    pub bytes: Option<u64>,
    /// Milliseconds of slots.
    pub slot_milliseconds: Option<u64>,
}

impl Client {
    /// Does a job once, and waits for its end.
    ///
    /// # Errors
    /// It failed, was cancelled, or BigQuery was not reached.
    pub fn run(&self, job: &Job) -> Result<Done, Failure> {
        self.wait(self.run_once(job))
    }

    /// Does a query once, and gives the rows of its last SELECT.
    ///
    /// # Errors
    /// It failed, was cancelled, or BigQuery was not reached.
    pub fn query(&self, job: &Job) -> Result<(Done, Rows), Failure> {
        self.wait(async {
            let done = self.run_once(job).await?;
            let rows = self.rows_of(&done.id).await?;
            Ok((done, rows))
        })
    }

    /// The bytes that a query would read. BigQuery does not run it, and bills nothing.
    ///
    /// # Errors
    /// BigQuery refuses the query, or was not reached.
    pub fn bytes_of(&self, sql: &str) -> Result<u64, Failure> {
        self.wait(async {
            let mut body = self.body(None, &BTreeMap::new(), &Work::Query(sql.to_owned()));
            if let Some(configuration) = &mut body.configuration {
                configuration.dry_run = Some(true);
            }
            let url = self.jobs_url();
            let answer = self.transport.json(&|http| http.post(&url).json(&body)).await?;
            Ok(number(&answer["statistics"]["totalBytesProcessed"]).unwrap_or(0))
        })
    }

    async fn run_once(&self, job: &Job) -> Result<Done, Failure> {
        let (mut epoch, mut failures) = (0, 0);
        loop {
            let id = format!("{}_{epoch}", job.id);
            let is_ours = self.start(&id, job).await?;
            let ended = self.end_of(&id).await?;
            let Some(failure) = failure_of(&ended) else { return Ok(done(id, !is_ours, &ended)) };
            if !is_ours {
                epoch = self.epoch_after(&job.id, epoch).await?;
            } else if may_run_again(&failure.reason, &failure.message) && failures + 1 < self.transport.pace.tries {
                tokio::time::sleep(self.transport.pace.wait(failures, None)).await;
                failures += 1;
                epoch += 1;
            } else {
                return Err(failure.of_job(&id));
            }
        }
    }

    /// Sends a job. Says whether it is of this call: a job of that id that was there before is another's.
    async fn start(&self, id: &str, job: &Job) -> Result<bool, Failure> {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned());
        let body = self.body(Some(id), &job.labels, &job.work);
        let (sent, answer) = match &job.work {
            Work::Load(load) if load.object.is_none() => {
                // A file is not sent again for a job that is there.
                if self.look(id).await?.is_some() {
                    return Ok(false);
                }
                let url = format!("{}/upload/bigquery/v2/projects/{}/jobs", self.base, self.settings.project);
                upload::send(&self.transport, &url, &[("uploadType", "resumable")], &body, &load.file).await
            }
            Work::Load(load) => {
                if self.look(id).await?.is_some() {
                    return Ok(false);
                }
                if let Some((bucket, object)) = &load.object {
                    self.put_object(bucket, object, &load.file).await?;
                }
                self.insert(&body).await
            }
            Work::Query(_) => self.insert(&body).await,
        };
        match answer {
            Ok(()) => Ok(true),
            // Of two tries the first may have been heard.
            Err(failure) if failure.kind == Kind::Taken => Ok(sent > 1),
            Err(failure) => Err(failure.of_job(id)),
        }
    }

    async fn insert(&self, body: &JobBody) -> (u32, Result<(), Failure>) {
        let url = self.jobs_url();
        let (sent, answer) = self.transport.send(&|http| http.post(&url).json(body)).await;
        (sent, answer.map(|_| ()))
    }

    /// Waits until a job has ended.
    async fn end_of(&self, id: &str) -> Result<serde_json::Value, Failure> {
        let mut nth = 0;
        loop {
            let Some(job) = self.look(id).await? else {
                return Err(Failure::new(Kind::NotFound, "BigQuery does not know a job that it took").of_job(id));
            };
            if job["status"]["state"] == "DONE" {
                *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
                return Ok(job);
            }
            tokio::time::sleep(self.transport.pace.look(nth)).await;
            nth += 1;
        }
    }

    /// A job as it is now.
    async fn look(&self, id: &str) -> Result<Option<serde_json::Value>, Failure> {
        let url = format!("{}/{id}", self.jobs_url());
        let location = self.settings.location.as_deref();
        match self.transport.json(&|http| http.get(&url).query(&[("location", location)])).await {
            Ok(job) => Ok(Some(job)),
            Err(failure) if failure.kind == Kind::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The first epoch after a failed one whose job did not fail or was never sent. Epochs are used without a hole, so that
    /// the last one is found in a logarithm of their number.
    async fn epoch_after(&self, stem: &str, failed: u32) -> Result<u32, Failure> {
        let (mut low, mut step) = (failed, 1);
        while self.look(&format!("{stem}_{}", low + step)).await?.is_some() {
            low += step;
            step *= 2;
        }
        let mut high = low + step;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.look(&format!("{stem}_{middle}")).await? {
                Some(_) => low = middle,
                None => high = middle,
            }
        }
        if low == failed {
            return Ok(failed + 1);
        }
        let last = self.end_of(&format!("{stem}_{low}")).await?;
        Ok(if failure_of(&last).is_some() { low + 1 } else { low })
    }

    pub(crate) fn jobs_url(&self) -> String {
        format!("{}/bigquery/v2/projects/{}/jobs", self.base, self.settings.project)
    }

    fn body(&self, id: Option<&str>, labels: &BTreeMap<String, String>, work: &Work) -> JobBody {
        let settings = &self.settings;
        let own = labels.iter().map(|(name, value)| (name.clone(), label(value)));
        let labels = settings.labels.clone().into_iter().chain(own).collect();
        let mut configuration = JobConfiguration { labels: Some(labels), ..JobConfiguration::default() };
        match work {
            Work::Query(sql) => {
                configuration.query = Some(JobConfigurationQuery {
                    query: sql.clone(),
                    use_legacy_sql: Some(false),
                    maximum_bytes_billed: settings.maximum_bytes_billed.map(|bytes| bytes.to_string()),
                    ..JobConfigurationQuery::default()
                });
            }
            Work::Load(load) => {
                let fields = load.columns.iter().map(|(name, ty)| field(name, ty)).collect();
                configuration.load = Some(JobConfigurationLoad {
                    destination_table: Some(TableReference::new(&settings.project, &load.dataset, &load.table)),
                    source_format: Some("PARQUET".to_owned()),
                    source_uris: load.object.as_ref().map(|(bucket, name)| vec![format!("gs://{bucket}/{name}")]),
                    schema: Some(TableSchema { fields: Some(fields) }),
                    create_disposition: Some("CREATE_IF_NEEDED".to_owned()),
                    write_disposition: Some(if load.appends { "WRITE_APPEND" } else { "WRITE_TRUNCATE" }.to_owned()),
                    ..JobConfigurationLoad::default()
                });
            }
        }
        JobBody {
            job_reference: Some(JobReference {
                job_id: id.map(str::to_owned),
                location: settings.location.clone(),
                project_id: Some(settings.project.clone()),
            }),
            configuration: Some(configuration),
            ..JobBody::default()
        }
    }
}

fn field(name: &str, ty: &str) -> TableFieldSchema {
    use gcp_bigquery_client::model::field_type::FieldType;
    let ty = match ty {
        "INT64" => FieldType::Integer,
        "FLOAT64" => FieldType::Float,
        "BOOL" => FieldType::Boolean,
        "BYTES" => FieldType::Bytes,
        "DATE" => FieldType::Date,
        "TIMESTAMP" => FieldType::Timestamp,
        "NUMERIC" => FieldType::Numeric,
        "BIGNUMERIC" => FieldType::Bignumeric,
        _ => FieldType::String,
    };
    TableFieldSchema::new(name, ty)
}

fn failure_of(job: &serde_json::Value) -> Option<Failure> {
    let error = job["status"]["errorResult"].as_object()?;
    let text = |name: &str| error.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    Some(Failure::of_result(text("reason"), text("message"), text("location")))
}

fn number(value: &serde_json::Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn done(id: String, found: bool, job: &serde_json::Value) -> Done {
    let statistics = &job["statistics"];
    let billed = number(&statistics["query"]["totalBytesBilled"]);
    Done {
        id,
        found,
        bytes: billed.or_else(|| number(&statistics["totalBytesProcessed"])),
        slot_milliseconds: number(&statistics["totalSlotMs"]),
    }
}
