//! What can fail at BigQuery, in kinds that a caller can act on. A message holds BigQuery's own words and the job's name,
//! never a token, a header or the address of an upload.

use serde_json::Value;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No credentials were found, or they were refused.
    Credentials,
    /// The principal may not do it.
    Denied,
    /// A project, dataset, table or job that is not there.
    NotFound,
    /// A name that is taken.
    Taken,
    /// A rate or quota that waiting did not help.
    Quota,
    /// The job would read more than may be billed.
    TooManyBytes,
    /// BigQuery refused what was asked: a statement, a file, a setting.
    Refused,
    /// The job was cancelled.
    Cancelled,
    /// BigQuery was not reached, or did not answer as it should, however often it was tried.
    Unreachable,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind it is.
    pub kind: Kind,
    /// BigQuery's reason, such as `invalidQuery`; empty where it gave none.
    pub reason: String,
    /// What BigQuery says.
    pub message: String,
    /// Where in the query or in which object; empty where BigQuery says nothing of it.
    pub location: String,
    /// The job that failed, where it was one.
    pub job: Option<String>,
}

impl Failure {
    /// A failure of a kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, reason: String::new(), message: message.into(), location: String::new(), job: None }
    }

    /// Names the job.
    #[must_use]
    pub(crate) fn of_job(mut self, id: &str) -> Self {
        self.job = Some(id.to_owned());
        self
    }

    /// The failure that a status and an answer's body say.
    /// <https://cloud.google.com/bigquery/docs/error-messages>
    pub(crate) fn of_answer(status: u16, body: &str) -> Self {
        let value: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let first = &value["error"]["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let message = match text(&value["error"]["message"]) {
            empty if empty.is_empty() => format!("BigQuery answered with status {status}"),
            message => message,
        };
        let reason = text(&first["reason"]);
        Self { kind: kind(Some(status), &reason), message, location: text(&first["location"]), reason, job: None }
    }

    /// The failure of a job, from its `errorResult`.
    pub(crate) fn of_result(reason: &str, message: &str, location: &str) -> Self {
        Self {
            kind: kind(None, reason),
            reason: reason.to_owned(),
            message: message.to_owned(),
            location: location.to_owned(),
            job: None,
        }
    }
}

fn kind(status: Option<u16>, reason: &str) -> Kind {
    match (reason, status) {
        ("accessDenied" | "responseTooLarge", _) => Kind::Denied,
        ("notFound", _) | (_, Some(404)) => Kind::NotFound,
        ("duplicate", _) | (_, Some(409)) => Kind::Taken,
        ("quotaExceeded" | "rateLimitExceeded" | "jobRateLimitExceeded", _) | (_, Some(429)) => Kind::Quota,
        ("bytesBilledLimitExceeded", _) => Kind::TooManyBytes,
        ("stopped", _) => Kind::Cancelled,
        (_, Some(401)) => Kind::Credentials,
        (_, Some(403)) => Kind::Denied,
        ("backendError" | "internalError" | "jobBackendError" | "jobInternalError", _) => Kind::Unreachable,
        (_, Some(500..)) => Kind::Unreachable,
        _ => Kind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_decides_before_the_status() {
        let body =
            r#"{"error":{"code":403,"message":"Exceeded rate limits","errors":[{"reason":"rateLimitExceeded"}]}}"#;
        assert_eq!(Failure::of_answer(403, body).kind, Kind::Quota);
        assert_eq!(Failure::of_answer(403, "{}").kind, Kind::Denied);
        assert_eq!(Failure::of_answer(502, "<html>").kind, Kind::Unreachable);
        assert_eq!(Failure::of_answer(502, "<html>").message, "BigQuery answered with status 502");
        assert_eq!(Failure::of_result("invalidQuery", "no", "q").kind, Kind::Refused);
    }
}
