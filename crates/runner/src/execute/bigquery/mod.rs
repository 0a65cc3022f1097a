//! What still stands beside the units of work on BigQuery: landing, apply and snapshots, each one script in one transaction
//! with its record in the state. It must not know BigQuery's protocol.

mod apply;
mod cast;
mod land;
mod land_warehouse;
mod snapshot;
mod staged;

use serde_json::Value;

pub(super) use apply::apply;
pub(super) use land::{land, land_taken};
pub(super) use snapshot::rollback;

fn number(json: &Value, name: &str) -> i64 {
    let value = &json[name];
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}
