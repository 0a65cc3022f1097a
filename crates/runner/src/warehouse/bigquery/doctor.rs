//! A look at a target on BigQuery before its first run: credentials, permissions, locations, the clock. It changes nothing.

use chrono::NaiveDateTime;
use dwc_bigquery::{Client, Failure, Job, Settings, Work};

use super::{BigQuerySettings, label, once, worldly};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// What was found.
    pub found: String,
    /// What to do, where it is not well.
    pub help: Option<String>,
}

impl Finding {
    fn well(what: &str, found: impl Into<String>) -> Self {
        Self { what: what.to_owned(), found: found.into(), help: None }
    }

    fn ill(what: &str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.to_owned(), found: found.into(), help: Some(help.into()) }
    }

    fn failed(what: &str, failure: Failure) -> Self {
        let error = worldly(failure);
        let code = error.code.map_or_else(String::new, |code| format!("{} ", code.id()));
        Self::ill(what, format!("{code}{}", error.message), error.help.unwrap_or_default())
    }
}

/// Seconds by which the clocks may differ.
const SKEW: i64 = 30;

/// Looks at a target. `now` is the time of this machine.
#[must_use]
pub fn examine(settings: BigQuerySettings, now: &dyn Fn() -> NaiveDateTime) -> Vec<Finding> {
    let (dataset, bucket) = (settings.dataset.clone(), settings.bucket.clone());
    let location = settings.location.clone();
    let client = Client::new(Settings {
        project: settings.project,
        location: settings.location,
        labels: settings.labels,
        maximum_bytes_billed: settings.maximum_bytes_billed,
        connection: settings.connection,
    });
    let client = match client {
        Ok(client) => client,
        Err(failure) => return vec![Finding::failed("credentials", failure)],
    };
    if let Err(failure) = client.authenticate() {
        return vec![Finding::failed("credentials", failure)];
    }
    let mut all = vec![Finding::well("credentials", client.source().to_string())];
    let asked = clock(&client, now);
    let may_ask = asked.help.is_none() || asked.what == "clock";
    if may_ask {
        all.push(Finding::well("jobs", format!("may be run in project `{}`", client.project())));
    }
    all.push(asked);
    if !may_ask {
        return all;
    }
    for ending in ["", "_landing", "_history", "_dwc", "_staging"] {
        all.push(place(&client, &format!("{dataset}{ending}"), location.as_deref()));
    }
    if let Some(bucket) = bucket {
        all.push(match client.bucket_location(&bucket) {
            Ok(found) => same_place("bucket", &bucket, &found, location.as_deref()),
            Err(failure) => Finding::failed("bucket", failure),
        });
    }
    all
}

/// Runs a query that reads nothing, and compares the clocks.
fn clock(client: &Client, now: &dyn Fn() -> NaiveDateTime) -> Finding {
    let job = Job {
        id: format!("dwc_doctor_{}", once()),
        labels: label("doctor"),
        work: Work::Query("SELECT UNIX_SECONDS(CURRENT_TIMESTAMP()) AS now".to_owned()),
    };
    let (before, answer, after) = (now(), client.query(&job), now());
    let theirs = match answer {
        Ok((_, rows)) => rows.rows.first().and_then(|row| row.first()?.as_deref()?.parse::<i64>().ok()),
        Err(failure) => return Finding::failed("jobs", failure),
    };
    let Some(theirs) = theirs else {
        return Finding::ill("clock", "BigQuery did not return its time", "run it again");
    };
    let off = (before.and_utc().timestamp() - theirs).max(theirs - after.and_utc().timestamp()).max(0);
    if off <= SKEW {
        return Finding::well("clock", "agrees with BigQuery's");
    }
    Finding::ill(
        "clock",
        format!("differs from BigQuery's by {off} seconds"),
        "set this machine's clock: tokens are refused, and instants of batches are wrong",
    )
}

/// Whether a dataset is there, where it should be, and may be written.
fn place(client: &Client, dataset: &str, wanted: Option<&str>) -> Finding {
    let what = format!("dataset {dataset}");
    match client.dataset_location(dataset) {
        Err(failure) => Finding::failed(&what, failure),
        Ok(None) => {
            Finding::well(&what, "does not exist; `dwc apply` creates it, which needs bigquery.datasets.create")
        }
        Ok(Some(found)) => {
            let place = same_place(&what, dataset, &found, wanted);
            if place.help.is_some() {
                return place;
            }
            // A dry run asks for the permission and makes nothing.
            match client.bytes_of(&format!("CREATE TABLE `{dataset}`.`dwc_doctor` (a INT64)")) {
                Ok(_) => place,
                Err(failure) => Finding::failed(&what, failure),
            }
        }
    }
}

fn same_place(what: &str, name: &str, found: &str, wanted: Option<&str>) -> Finding {
    match wanted {
        Some(wanted) if !found.is_empty() && !found.eq_ignore_ascii_case(wanted) => Finding::ill(
            what,
            format!("`{name}` is in {found}, but the target declares {wanted}"),
            format!("write `location: {found}`, or choose another name: a job sees only datasets in its own location"),
        ),
        _ => Finding::well(what, format!("exists, in {}", if found.is_empty() { "its own location" } else { found })),
    }
}
