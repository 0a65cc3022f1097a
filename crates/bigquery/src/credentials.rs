//! Who dwc is to Google: application-default credentials, in their documented order. It must not print a secret.
//! <https://cloud.google.com/docs/authentication/application-default-credentials>

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use gcp_bigquery_client::auth::Authenticator;
use gcp_bigquery_client::error::BQError;
use gcp_bigquery_client::yup_oauth2;
use serde_json::Value;
use yup_oauth2::authenticator::{ApplicationDefaultCredentialsTypes, Authenticator as Yup, DefaultAuthenticator};

use crate::failure::{Failure, Kind};

/// What a token may be used for: BigQuery, and objects that a load job reads.
const SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/devstorage.read_write"];

/// Where credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A token that is given as it is: for emulators and tests, and for tools that fetch one themselves.
    Token,
    /// A file, and the type that it names.
    File(PathBuf, String),
    /// The machine's metadata server.
    Metadata,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Token => write!(f, "the token in DWC_BIGQUERY_TOKEN"),
            Source::File(path, ty) => write!(f, "{ty} of {}", path.display()),
            Source::Metadata => write!(f, "the machine's metadata server"),
        }
    }
}

/// Gives tokens.
#[derive(Clone)]
pub struct Credentials {
    source: Source,
    giver: Giver,
}

#[derive(Clone)]
enum Giver {
    Fixed(Arc<str>),
    Yup(DefaultAuthenticator),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.source)
    }
}

impl Credentials {
    /// A token that is used as it is.
    #[must_use]
    pub fn token(token: &str) -> Self {
        Self { source: Source::Token, giver: Giver::Fixed(Arc::from(token)) }
    }

    /// The application-default credentials: `DWC_BIGQUERY_TOKEN`, the file of `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's
    /// well-known file, the metadata server.
    pub(crate) async fn find(env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        if let Some(token) = env("DWC_BIGQUERY_TOKEN").filter(|token| !token.is_empty()) {
            return Ok(Self::token(&token));
        }
        if let Some(path) = env("GOOGLE_APPLICATION_CREDENTIALS").filter(|path| !path.is_empty()) {
            return Self::file(Path::new(&path)).await;
        }
        let folder = env("CLOUDSDK_CONFIG").map(PathBuf::from).or_else(|| {
            let appdata = env("APPDATA").map(|folder| PathBuf::from(folder).join("gcloud"));
            appdata.or_else(|| env("HOME").map(|home| PathBuf::from(home).join(".config/gcloud")))
        });
        if let Some(path) = folder.map(|folder| folder.join("application_default_credentials.json"))
            && path.is_file()
        {
            return Self::file(&path).await;
        }
        let options = yup_oauth2::ApplicationDefaultCredentialsFlowOpts::default();
        match yup_oauth2::ApplicationDefaultCredentialsAuthenticator::builder(options).await {
            ApplicationDefaultCredentialsTypes::InstanceMetadata(builder) => {
                let yup = builder.build().await.map_err(|error| none(&error.to_string()))?;
                Ok(Self { source: Source::Metadata, giver: Giver::Yup(yup) })
            }
            ApplicationDefaultCredentialsTypes::ServiceAccount(builder) => {
                let yup = builder.build().await.map_err(|error| none(&error.to_string()))?;
                Ok(Self { source: Source::Metadata, giver: Giver::Yup(yup) })
            }
        }
    }

    async fn file(path: &Path) -> Result<Self, Failure> {
        let wrong = |what: &str| none(&format!("`{}` {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&format!("could not be read: {error}")))?;
        // What a parser says of a key file could quote the key.
        let json: Value = serde_json::from_str(&text).map_err(|_| wrong("is not JSON"))?;
        let ty = json["type"].as_str().unwrap_or_default().to_owned();
        let yup: Yup<_> = match ty.as_str() {
            "service_account" => {
                let key = serde_json::from_value(json).map_err(|_| wrong("is not a complete service account key"))?;
                yup_oauth2::ServiceAccountAuthenticator::builder(key).build().await
            }
            "authorized_user" => {
                let secret = serde_json::from_value(json).map_err(|_| wrong("is not a complete user credential"))?;
                yup_oauth2::AuthorizedUserAuthenticator::builder(secret).build().await
            }
            "external_account" => {
                let secret = serde_json::from_value(json).map_err(|_| wrong("is not a complete external account"))?;
                yup_oauth2::ExternalAccountAuthenticator::builder(secret).build().await
            }
            other => return Err(wrong(&format!("holds credentials of the unknown type `{other}`"))),
        }
        .map_err(|_| wrong("holds a key that cannot be used"))?;
        Ok(Self { source: Source::File(path.to_owned(), ty), giver: Giver::Yup(yup) })
    }

    /// Where they come from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// A token that holds now.
    pub(crate) async fn access(&self) -> Result<String, Failure> {
        match &self.giver {
            Giver::Fixed(token) => Ok(token.to_string()),
            Giver::Yup(yup) => match yup.token(&SCOPES).await {
                Ok(token) => token.token().map(str::to_owned).ok_or_else(|| none("Google returned no token")),
                Err(error) => Err(none(&format!("{} returned no token: {}", self.source, told(&error)))),
            },
        }
    }
}

/// What may be said of a failure to get a token: an answer's body could hold a secret.
fn told(error: &yup_oauth2::Error) -> String {
    match error {
        yup_oauth2::Error::HttpError(_) | yup_oauth2::Error::HttpClientError(_) => {
            "its server was not reached".to_owned()
        }
        yup_oauth2::Error::AuthError(refused) => format!("refused, {}", refused.error.as_str()),
        yup_oauth2::Error::JSONError(_) => "its server's answer is not JSON".to_owned(),
        _ => "it was refused".to_owned(),
    }
}

fn none(message: &str) -> Failure {
    Failure::new(Kind::Credentials, message)
}

#[async_trait]
impl Authenticator for Credentials {
    async fn access_token(&self) -> Result<String, BQError> {
        self.access().await.map_err(|_| BQError::NoToken)
    }
}
