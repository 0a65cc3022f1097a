//! The client: settings, the runtime that its requests run on, and what Ctrl-C does. It must not know what a job is for.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use gcp_bigquery_client::client_builder::ClientBuilder;
use tokio::runtime::Runtime;

use crate::credentials::{Credentials, Source};
use crate::failure::{Failure, Kind};
use crate::retry::Pace;
use crate::transport::Transport;

/// Google's address.
const GOOGLE: &str = "https://bigquery.googleapis.com";
/// The address of Cloud Storage.
const STORAGE: &str = "https://storage.googleapis.com";

/// What a client is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The project in which jobs run and whose datasets are meant.
    pub project: String,
    /// The location of jobs and datasets; BigQuery's own choice where left out.
    pub location: Option<String>,
    /// Labels of every job.
    pub labels: BTreeMap<String, String>,
    /// A query that would bill more bytes is refused.
    pub maximum_bytes_billed: Option<u64>,
    /// How BigQuery is reached.
    pub connection: Connection,
}

/// How BigQuery is reached.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// Another address than Google's.
    pub endpoint: Option<String>,
    /// The credentials; the application-default ones where left out.
    pub credentials: Option<Credentials>,
    /// How failures are waited for.
    pub pace: Pace,
}

impl Connection {
    /// What the environment says: `DWC_BIGQUERY_ENDPOINT` is another address than Google's, and `DWC_BIGQUERY_PACE`
    /// (milliseconds, tries) is for suites that make servers fail.
    #[must_use]
    pub fn from_environment() -> Self {
        let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let pace = named("DWC_BIGQUERY_PACE").map_or_else(Pace::default, |text| Pace::parse(&text));
        Self { endpoint: named("DWC_BIGQUERY_ENDPOINT"), credentials: None, pace }
    }
}

/// A connection to BigQuery, for use from code that is not async.
pub struct Client {
    pub(crate) settings: Settings,
    pub(crate) base: String,
    pub(crate) storage: String,
    pub(crate) transport: Transport,
    /// Datasets and tables are asked for through this one.
    pub(crate) google: gcp_bigquery_client::Client,
    pub(crate) running: Arc<Mutex<Option<String>>>,
    runtime: Runtime,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("project", &self.settings.project).field("base", &self.base).finish()
    }
}

impl Client {
    /// A client with the credentials of its environment; nothing is asked of BigQuery yet.
    ///
    /// # Errors
    /// There are no credentials, or they cannot be used.
    pub fn new(settings: Settings) -> Result<Self, Failure> {
        // Another crate of the process may have chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Kind::Unreachable, format!("no thread could be started: {error}")))?;
        let Connection { endpoint, credentials, pace } = settings.connection.clone();
        let endpoint = endpoint.map(|address| address.trim_end_matches('/').to_owned());
        let base = endpoint.clone().unwrap_or_else(|| GOOGLE.to_owned());
        let storage = endpoint.unwrap_or_else(|| STORAGE.to_owned());
        let credentials = match credentials {
            Some(credentials) => credentials,
            None => runtime.block_on(Credentials::find(&|name| std::env::var(name).ok()))?,
        };
        let transport = Transport::new(credentials.clone(), pace)?;
        let google = runtime
            .block_on(async {
                let mut builder = ClientBuilder::new();
                builder.with_v2_base_url(format!("{base}/bigquery/v2")).with_client(transport.http.clone());
                builder.build_from_authenticator(Arc::new(credentials)).await
            })
            .map_err(|_| Failure::new(Kind::Unreachable, "the TLS setup of this machine cannot be used"))?;
        let client = Self { settings, base, storage, transport, google, running: Arc::default(), runtime };
        client.listen();
        Ok(client)
    }

    /// How long to wait after the `nth` time, from 0, that others came first.
    #[must_use]
    pub fn pause(&self, nth: u32) -> std::time::Duration {
        self.transport.pace.wait(nth.min(5), None)
    }

    /// The project in which jobs run.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.settings.project
    }

    /// The declared location.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.settings.location.as_deref()
    }

    /// Where the credentials come from.
    #[must_use]
    pub fn source(&self) -> &Source {
        self.transport.credentials.source()
    }

    /// Gets a token, to see that one can be had.
    ///
    /// # Errors
    /// There is none to be had.
    pub fn authenticate(&self) -> Result<(), Failure> {
        self.wait(self.transport.credentials.access()).map(|_| ())
    }

    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Ctrl-C cancels the job that runs, and its caller hears of it as a failure. A second one, or one without a job, ends
    /// the process as it would have without us.
    fn listen(&self) {
        let (transport, base, running) = (self.transport.clone(), self.base.clone(), self.running.clone());
        let (project, location) = (self.settings.project.clone(), self.settings.location.clone());
        self.runtime.spawn(async move {
            let mut has_asked = false;
            while tokio::signal::ctrl_c().await.is_ok() {
                let job = running.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let Some(job) = job.filter(|_| !has_asked) else { std::process::exit(130) };
                has_asked = true;
                let transport = transport.clone();
                let url = format!("{base}/bigquery/v2/projects/{project}/jobs/{job}/cancel");
                let location = location.clone();
                tokio::spawn(async move {
                    // The job tells whether it was cancelled.
                    let _ = transport
                        .send(&|http| http.post(&url).query(&[("location", location.as_deref())]).body(""))
                        .await;
                });
            }
        });
    }
}

/// Labels hold lowercase letters, digits, `_` and `-`, at most 63.
/// <https://cloud.google.com/bigquery/docs/labels-intro#requirements>
pub(crate) fn label(text: &str) -> String {
    let clean = |c: char| if c.is_lowercase() || c.is_ascii_digit() || "_-".contains(c) { c } else { '_' };
    text.to_lowercase().chars().map(clean).take(63).collect()
}
