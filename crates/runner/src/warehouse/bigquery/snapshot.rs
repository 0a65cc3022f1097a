//! Where snapshots of a BigQuery warehouse lie, and which there are. It must not take one.

use std::collections::BTreeMap;

use super::{BigQueryWarehouse, worldly};
use crate::Error;

/// The table of a snapshot that is made last, and by which it is known to be whole.
const LAST: &str = "dwc__manifests";

impl BigQueryWarehouse {
    /// The dataset of snapshots.
    pub(crate) fn snapshot_dataset(&self) -> String {
        format!("{}_snapshots", self.dataset)
    }

    /// What the names of the tables begin with that were kept before the apply after a serial, the latest where it was
    /// applied more than once. Only whole snapshots are among them.
    pub(crate) fn snapshots(&self) -> Result<BTreeMap<i64, String>, Error> {
        let tables = self.client.tables(&self.snapshot_dataset()).map_err(worldly)?;
        let mut all: BTreeMap<i64, (i64, String)> = BTreeMap::new();
        for prefix in tables.iter().filter_map(|name| name.strip_suffix(LAST)) {
            let parts = prefix.strip_prefix('s').and_then(|rest| rest.strip_suffix("__")?.split_once('_'));
            let Some((serial, commits)) = parts else { continue };
            let (Ok(serial), Ok(commits)) = (serial.parse(), commits.parse()) else { continue };
            let latest = all.entry(serial).or_insert_with(|| (commits, prefix.to_owned()));
            if latest.0 < commits {
                *latest = (commits, prefix.to_owned());
            }
        }
        Ok(all.into_iter().map(|(serial, (_, prefix))| (serial, prefix)).collect())
    }

    /// What the names of tables begin with that are kept now, before the apply after a serial: no two moments have one name.
    pub(crate) fn snapshot_prefix(&self, serial: i64) -> String {
        format!("s{serial}_{}__", self.commits())
    }
}
