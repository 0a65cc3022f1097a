//! The lock of a BigQuery warehouse: a row with an owner and an expiry, so that a second process waits instead of doing
//! work that its commit would refuse. What keeps two commits apart is the serial that each of them asserts, not the lock:
//! one that expires too early costs time and nothing else.

use std::time::{Duration, Instant};

use dwc_bigquery::{Job, Work};
use dwc_compiler::diagnostic::Code;
use rustix::process::{Pid, test_kill_process};

use super::script::text;
use super::{BigQueryWarehouse, label, once, worldly};
use crate::Error;

/// After so many minutes a lock that was not prolonged is nobody's.
const MINUTES: u32 = 60;
/// A unit that begins so long after its lock was taken or prolonged prolongs it.
const PROLONGED_AFTER: Duration = Duration::from_secs(10 * 60);

/// Who holds a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The machine and the process: `host:1234`.
    pub owner: String,
    /// Since when, UTC.
    pub since: String,
    /// Until when unless it prolongs it, UTC.
    pub until: String,
}

/// A lock that is held; let go when it is dropped.
pub struct Lease<'w> {
    warehouse: &'w BigQueryWarehouse,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.warehouse.leased.set(None);
        // A lock that stays is nobody's once its process is gone, and expires elsewhere.
        let _ = self.warehouse.let_go(&owner());
    }
}

/// This process, as the owner of a lock.
fn owner() -> String {
    let host = rustix::system::uname();
    format!("{}:{}", host.nodename().to_string_lossy(), std::process::id())
}

/// Whether an owner is a process of this machine that is no more.
fn is_gone(owner: &str) -> bool {
    let me = self::owner();
    let (Some((host, process)), Some((here, _))) = (owner.rsplit_once(':'), me.rsplit_once(':')) else { return false };
    let Some(pid) = process.parse().ok().and_then(Pid::from_raw) else { return false };
    host == here && matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

impl BigQueryWarehouse {
    /// Takes the lock for what changes the warehouse, and reads the state anew where somebody has committed since it was
    /// read. A warehouse without a state has no lock: the first commit decides there.
    ///
    /// # Errors
    /// Another process holds it (DW0920), or BigQuery's own.
    pub fn lease(&self) -> Result<Option<Lease<'_>>, Error> {
        if !self.has_position() {
            return Ok(None);
        }
        if let Some(holder) = self.take(&owner(), None)? {
            let taken_over = is_gone(&holder.owner) && self.take(&owner(), Some(&holder.owner))?.is_none();
            if !taken_over {
                return Err(in_use(&holder));
            }
        }
        self.leased.set(Some(Instant::now()));
        Ok(Some(Lease { warehouse: self }))
    }

    /// Who holds the lock.
    ///
    /// # Errors
    /// BigQuery's own.
    pub fn holder(&self) -> Result<Option<Holder>, Error> {
        if !self.has_position() {
            return Ok(None);
        }
        let sql =
            format!("SELECT {HOLDER} FROM `{}`.`lock` WHERE until > CURRENT_TIMESTAMP() LIMIT 1", self.state_dataset());
        Ok(self.table(&sql)?.1.first().and_then(|row| holder(row)))
    }

    /// Takes the lock from whoever holds it, and gives it to nobody.
    ///
    /// # Errors
    /// BigQuery's own.
    pub fn unlock(&self) -> Result<(), Error> {
        let sql = format!("DELETE FROM `{}`.`lock` WHERE TRUE", self.state_dataset());
        self.lock_job(&sql).map(|_| ())
    }

    /// Makes a lock that is held last longer, where its time runs on. It is a statement of its own: a transaction that
    /// changed the lock would meet those who ask for it.
    pub(super) fn prolong(&self) -> Result<(), Error> {
        if self.leased.get().is_none_or(|since| since.elapsed() < PROLONGED_AFTER) {
            return Ok(());
        }
        let sql = format!(
            "UPDATE `{}`.`lock` SET until = {} WHERE owner = {}",
            self.state_dataset(),
            until(),
            text(&owner())
        );
        self.lock_job(&sql)?;
        self.leased.set(Some(Instant::now()));
        Ok(())
    }

    /// Takes the lock where nobody holds it, or `from` does; else says who does.
    fn take(&self, owner: &str, from: Option<&str>) -> Result<Option<Holder>, Error> {
        let dataset = self.state_dataset();
        let (owner, from) = (text(owner), text(from.unwrap_or(owner)));
        let sql = format!(
            "DECLARE dwc_holder STRING;\n\
             DECLARE dwc_serial INT64;\n\
             BEGIN TRANSACTION;\n\
             DELETE FROM `{dataset}`.`lock` WHERE until <= CURRENT_TIMESTAMP() OR owner IN ({owner}, {from});\n\
             SET dwc_holder = (SELECT MIN({HOLDER}) FROM `{dataset}`.`lock`);\n\
             IF dwc_holder IS NULL THEN\n  \
             INSERT INTO `{dataset}`.`lock` (owner, since, until) VALUES ({owner}, CURRENT_TIMESTAMP(), {until});\n\
             END IF;\n\
             SET dwc_serial = (SELECT MAX(serial) FROM `{dataset}`.`commits`);\n\
             COMMIT TRANSACTION;\n\
             SELECT dwc_holder AS holder, CAST(dwc_serial AS STRING) AS serial;\n",
            until = until()
        );
        let row = self.lock_job(&sql)?.into_iter().next().unwrap_or_default();
        if let Some(holder) = holder(&row) {
            return Ok(Some(holder));
        }
        let serial = row.get(1).and_then(|cell| cell.as_deref()?.parse::<i64>().ok());
        if serial != Some(self.position.borrow().serial) {
            self.read_state()?;
        }
        Ok(None)
    }

    fn let_go(&self, owner: &str) -> Result<(), Error> {
        let sql = format!("DELETE FROM `{}`.`lock` WHERE owner = {}", self.state_dataset(), text(owner));
        self.lock_job(&sql).map(|_| ())
    }

    fn lock_job(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let job = Job { id: format!("dwc_lock_{}", once()), labels: label("lock"), work: Work::Query(sql.to_owned()) };
        let (done, rows) = self.client.query(&job).map_err(worldly)?;
        self.add(&done);
        Ok(rows.rows)
    }
}

/// A row of the lock as one text of three lines.
const HOLDER: &str = "CONCAT(owner, '\\n', FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', since), '\\n', \
                      FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', until))";

fn until() -> String {
    format!("TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL {MINUTES} MINUTE)")
}

fn holder(row: &[Option<String>]) -> Option<Holder> {
    let mut lines = row.first()?.as_deref()?.lines().map(str::to_owned);
    Some(Holder { owner: lines.next()?, since: lines.next()?, until: lines.next()? })
}

fn in_use(holder: &Holder) -> Error {
    Error::coded(Code::WarehouseInUse, format!("`{}` holds the warehouse since {} UTC", holder.owner, holder.since))
        .help(format!(
            "wait for it with `--wait 30m`; its lock ends at {} UTC, and `dwc state unlock` ends it now",
            holder.until
        ))
}
