//! How a message reaches a webhook: tried again where that may help, and never in the way of the run. It must not know what
//! a message says.

use std::time::Duration;

use dwc_compiler::model::Notify;
use dwc_compiler::syntax::expand_env;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, StatusCode};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest wait that a server may ask for.
const LONGEST: Duration = Duration::from_secs(30);

/// How requests are sent.
#[derive(Debug, Clone, Copy)]
pub struct Posting {
    /// How often a request is sent at most.
    pub tries: u32,
    /// The first wait; each later one is four times as long.
    pub wait: Duration,
}

impl Default for Posting {
    fn default() -> Self {
        Self { tries: 3, wait: Duration::from_secs(1) }
    }
}

/// Sends messages, and says for each that did not arrive why. An address is a secret: no text of this names one.
#[must_use]
pub fn post(messages: &[(&Notify, String)], posting: Posting, env: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    // The client of BigQuery may have chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(PATIENCE).user_agent(concat!("dwc/", env!("CARGO_PKG_VERSION"))).build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (Ok(client), Ok(runtime)) = (client, runtime) else {
        return messages.iter().map(|(notify, _)| unsent(notify, "no connection could be made")).collect();
    };
    messages
        .iter()
        .filter_map(|(notify, body)| {
            let sent = match expand_env(&notify.to, env) {
                Err(variable) => Err(format!("the environment has no `{variable}`")),
                Ok(address) => runtime.block_on(deliver(&client, &address, body, posting)),
            };
            sent.err().map(|reason| unsent(notify, &reason))
        })
        .collect()
}

fn unsent(notify: &Notify, reason: &str) -> String {
    format!("the webhook `{}` was not told: {reason}", notify.name)
}

/// Sends one message until it is taken or refused for good.
async fn deliver(client: &Client, address: &str, body: &str, posting: Posting) -> Result<(), String> {
    let mut wait = posting.wait;
    let mut tried = 1;
    loop {
        let (reason, asked) = match once(client, address, body).await {
            Sent::Taken => return Ok(()),
            Sent::Refused(reason) => return Err(reason),
            Sent::Later(reason, asked) => (reason, asked),
        };
        if tried >= posting.tries {
            return Err(reason);
        }
        tokio::time::sleep(asked.unwrap_or(wait).min(LONGEST)).await;
        wait *= 4;
        tried += 1;
    }
}

/// What became of one request.
enum Sent {
    Taken,
    Refused(String),
    /// Another try may help, after the wait that the server asks for.
    Later(String, Option<Duration>),
}

async fn once(client: &Client, address: &str, body: &str) -> Sent {
    let request = client.post(address).header("content-type", "application/json").body(body.to_owned());
    match request.send().await {
        Ok(answer) => {
            let status = answer.status();
            let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            let reason = format!("it answered {}", status.as_u16());
            match status {
                _ if status.is_success() => Sent::Taken,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                    Sent::Later(reason, asked.map(Duration::from_secs))
                }
                _ if status.is_server_error() => Sent::Later(reason, asked.map(Duration::from_secs)),
                _ => Sent::Refused(reason),
            }
        }
        // The error's own text holds the address.
        Err(error) if error.is_builder() => Sent::Refused("its address cannot be used".to_owned()),
        Err(error) if error.is_timeout() => Sent::Later("it did not answer in time".to_owned(), None),
        Err(_) => Sent::Later("it could not be reached".to_owned(), None),
    }
}
