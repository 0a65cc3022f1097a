//! What BigQuery's failures mean to a user of dwc: a code, BigQuery's own words with the job and the place, and what to do.

use dwc_bigquery::{Failure, Kind};
use dwc_compiler::diagnostic::Code;

use super::BigQueryWarehouse;
use super::script::{HELD, MOVED};
use crate::Error;

/// A failure as one of ours.
pub(crate) fn worldly(failure: Failure) -> Error {
    // The second is a commit that is under way, still after the waits of a transaction that meets another.
    if failure.message.contains(MOVED) || failure.message.contains("aborted due to concurrent update") {
        return BigQueryWarehouse::moved();
    }
    let (code, help) = match failure.kind {
        Kind::Credentials => (
            Code::BigQueryCredentials,
            "run `gcloud auth application-default login`, or name a key file in GOOGLE_APPLICATION_CREDENTIALS; `dwc doctor` shows what it finds",
        ),
        Kind::Denied => (
            Code::BigQueryDenied,
            "give the account `roles/bigquery.jobUser` on the project and `roles/bigquery.dataEditor` on its datasets",
        ),
        Kind::NotFound => (
            Code::BigQueryNotFound,
            "check the target's `project`, `dataset` and `location`: a job sees only datasets in its own location",
        ),
        Kind::Quota => (Code::BigQueryQuota, "wait and run it again; what was committed stays"),
        Kind::TooManyBytes => (
            Code::BigQueryBytes,
            "check `dwc plan` for what is not pruned, or raise the target's `maximum_bytes_billed`",
        ),
        Kind::Refused | Kind::Taken => {
            (Code::BigQueryRefused, "`dwc compile` writes the SQL of the target; the job's id finds it in the console")
        }
        Kind::Cancelled => (Code::BigQueryCancelled, "run it again; what was committed stays"),
        Kind::Unreachable => {
            (Code::BigQueryUnreachable, "check the network and https://status.cloud.google.com, and run it again")
        }
    };
    let mut message = format!("bigquery: {}", failure.message.trim_end_matches('.'));
    if !failure.reason.is_empty() {
        message.push_str(&format!(" ({})", failure.reason));
    }
    if !failure.location.is_empty() {
        message.push_str(&format!(", at {}", failure.location));
    }
    if let Some(job) = &failure.job {
        message.push_str(&format!(", job {job}"));
    }
    Error::coded(code, message).help(help)
}

/// The statement that held a script back, and the JSON that it gave.
pub(crate) fn held_by(error: &Error) -> Option<(usize, serde_json::Value)> {
    let (_, rest) = error.message.split_once(HELD)?;
    let (step, json) = rest.split_once(':')?;
    let value = serde_json::Deserializer::from_str(json).into_iter().next()?.ok()?;
    Some((step.parse().ok()?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_found_in_the_words_around_it() {
        let message = r#"Query error: dwc-held:3:["a: [1]","b"] at [12:3]"#;
        let failure = Failure { message: message.to_owned(), ..Failure::new(Kind::Refused, "") };
        let (step, keys) = held_by(&worldly(failure)).expect("a gate");
        assert_eq!((step, keys), (3, serde_json::json!(["a: [1]", "b"])));
        let failure = Failure::new(Kind::Refused, "Query error: dwc-moved at [9:3]");
        assert_eq!(worldly(failure).code, Some(Code::WarehouseMoved));
    }
}
