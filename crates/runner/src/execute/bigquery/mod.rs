//! What still stands beside the units of work on BigQuery: apply and snapshots, each one script in one transaction with its
//! record in the state. It must not know BigQuery's protocol.

mod apply;
mod snapshot;

pub(super) use apply::apply;
pub(super) use snapshot::rollback;
