//! Requests: authenticated, tried again by BigQuery's rules, with what the server asks to wait. It must not know what a
//! request means.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client as Http, RequestBuilder};

use crate::credentials::Credentials;
use crate::failure::{Failure, Kind};
use crate::retry::{Pace, is_worth_retrying};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends requests.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) http: Http,
    pub(crate) credentials: Credentials,
    pub(crate) pace: Pace,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Why one try gave nothing, and whether another one may.
pub(crate) struct Tried {
    pub(crate) failure: Failure,
    pub(crate) again: bool,
    /// What the server asks to wait.
    pub(crate) asked: Option<Duration>,
}

impl Transport {
    pub(crate) fn new(credentials: Credentials, pace: Pace) -> Result<Self, Failure> {
        let http = Http::builder()
            .connect_timeout(Duration::from_secs(15))
            .timeout(PATIENCE)
            .user_agent(concat!("dwc/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| Failure::new(Kind::Unreachable, "the TLS setup of this machine cannot be used"))?;
        Ok(Self { http, credentials, pace })
    }

    /// Sends a request until it is answered for good. Also says how often it was sent: a request that was sent twice may
    /// have done its work the first time.
    pub(crate) async fn send(
        &self,
        request: &(dyn Fn(&Http) -> RequestBuilder + Sync),
    ) -> (u32, Result<Answer, Failure>) {
        let mut sent = 0;
        loop {
            sent += 1;
            match self.once(request).await {
                Ok(answer) => return (sent, Ok(answer)),
                Err(tried) if tried.again && sent < self.pace.tries => {
                    tokio::time::sleep(self.pace.wait(sent - 1, tried.asked)).await;
                }
                Err(tried) => return (sent, Err(tried.failure)),
            }
        }
    }

    /// An answer's JSON.
    pub(crate) async fn json(
        &self,
        request: &(dyn Fn(&Http) -> RequestBuilder + Sync),
    ) -> Result<serde_json::Value, Failure> {
        let answer = self.send(request).await.1?;
        serde_json::from_str(&answer.body)
            .map_err(|_| Failure::new(Kind::Unreachable, "BigQuery's answer was not JSON"))
    }

    /// Sends a request once.
    pub(crate) async fn once(&self, request: &(dyn Fn(&Http) -> RequestBuilder + Sync)) -> Result<Answer, Tried> {
        let token = self.credentials.access().await.map_err(|failure| Tried {
            again: failure.message.contains("not reached"),
            failure,
            asked: None,
        })?;
        let cut = |error: reqwest::Error| Tried { failure: unreachable(&error), again: true, asked: None };
        let response = request(&self.http).bearer_auth(token).send().await.map_err(cut)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.map_err(cut)?;
        // 308 is how an upload says that it waits for more.
        if (200..300).contains(&status) || status == 308 {
            return Ok(Answer { status, headers, body });
        }
        let failure = Failure::of_answer(status, &body);
        let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let again = is_worth_retrying(Some(status), &failure.reason);
        Err(Tried { failure, again, asked: asked.map(Duration::from_secs) })
    }
}

/// A connection that failed, without the address: that of an upload is a secret.
pub(crate) fn unreachable(error: &reqwest::Error) -> Failure {
    let what = if error.is_connect() {
        "could not be connected to"
    } else if error.is_timeout() {
        "did not answer in time"
    } else {
        "cut the connection"
    };
    Failure::new(Kind::Unreachable, format!("BigQuery {what}"))
}
