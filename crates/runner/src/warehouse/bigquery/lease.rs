//! The leases of a BigQuery warehouse: rows with an owner and an expiry, for all of it or for landing tables and models, so
//! that a second process waits instead of doing work that its commit would refuse. What keeps two commits apart is the
//! serial that each of them asserts, not the leases: one that expires too early costs time and nothing else.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dwc_bigquery::{Job, Work};
use dwc_compiler::diagnostic::Code;
use rustix::process::{Pid, test_kill_process};

use super::script::text;
use super::{BigQueryWarehouse, label, once, worldly};
use crate::Error;
use crate::state::damaged;
use crate::warehouse::claim::{Claim, Holder, Lease};
use crate::warehouse::row;

/// After so many minutes a lease that was not prolonged is nobody's.
const MINUTES: u32 = 60;
/// A unit that begins so long after its lease was taken or prolonged prolongs it.
const PROLONGED_AFTER: Duration = Duration::from_secs(10 * 60);
/// The name of all parts.
const ALL: &str = "the warehouse";
/// More parts than these are held as the whole warehouse.
const PARTS: usize = 1000;

/// The names of what is held.
fn parts(claim: &Claim) -> Vec<&str> {
    match claim {
        Claim::Parts(parts) if parts.len() <= PARTS => parts.iter().map(String::as_str).collect(),
        _ => vec![ALL],
    }
}

/// This process, as the owner of leases.
fn owner() -> String {
    let host = rustix::system::uname();
    format!("{}:{}", host.nodename().to_string_lossy(), std::process::id())
}

/// Whether an owner is a process of this machine that has ended.
fn is_gone(owner: &str) -> bool {
    let me = self::owner();
    let (Some((host, process)), Some((here, _))) = (owner.rsplit_once(':'), me.rsplit_once(':')) else { return false };
    let Some(pid) = process.parse().ok().and_then(Pid::from_raw) else { return false };
    host == here && matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

impl BigQueryWarehouse {
    /// Takes leases for what changes the warehouse, and reads the state anew where somebody has committed since it was
    /// read. A warehouse without a state has none: the first commit decides there.
    ///
    /// # Errors
    /// Another process holds a part of it (DW0920), or BigQuery's own.
    pub fn lease(&self, claim: &Claim) -> Result<Option<Lease<'_>>, Error> {
        if !self.has_position() {
            return Ok(None);
        }
        if !self.has_leases.get() {
            self.define("state", &self.state_tables()?)?;
            self.has_leases.set(true);
        }
        let mut gone = BTreeSet::from([owner()]);
        while let Some(holder) = self.take(claim, &gone)? {
            if !is_gone(&holder.owner) || !gone.insert(holder.owner.clone()) {
                return Err(in_use(&holder));
            }
        }
        self.leased.set(Some(Instant::now()));
        let parts = parts(claim);
        *self.claimed.borrow_mut() = (parts != [ALL]).then(|| parts.join(", "));
        Ok(Some(Lease::new(|| {
            self.leased.set(None);
            // A lease that stays is nobody's once its process is gone, and expires elsewhere.
            let _ = self.let_go(&owner());
        })))
    }

    /// Who holds leases, in the order of their names.
    ///
    /// # Errors
    /// BigQuery's own.
    pub fn holders(&self) -> Result<Vec<Holder>, Error> {
        if !self.has_position() || !self.has_leases.get() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {HOLDER} AS holder FROM `{}`.`leases` WHERE until > CURRENT_TIMESTAMP() GROUP BY owner ORDER BY holder",
            self.state_dataset()
        );
        let holders = row::read(self.table(&sql)?.1, |row| Ok(holder(&row.text()?)))?;
        Ok(holders.into_iter().flatten().collect())
    }

    /// Takes the leases from whoever holds them, and gives them to nobody.
    ///
    /// # Errors
    /// BigQuery's own.
    pub fn unlock(&self) -> Result<(), Error> {
        let sql = format!("DELETE FROM `{}`.`leases` WHERE TRUE", self.state_dataset());
        self.lease_job(&sql).map(|_| ())
    }

    /// Makes leases that are held last longer, where their time runs on. It is a statement of its own: a transaction that
    /// changed them would meet those who ask for some.
    pub(super) fn prolong(&self) -> Result<(), Error> {
        if self.leased.get().is_none_or(|since| since.elapsed() < PROLONGED_AFTER) {
            return Ok(());
        }
        let sql = format!(
            "UPDATE `{}`.`leases` SET until = {} WHERE owner = {}",
            self.state_dataset(),
            until(),
            text(&owner())
        );
        self.lease_job(&sql)?;
        self.leased.set(Some(Instant::now()));
        Ok(())
    }

    /// Takes leases where nobody else than `mine` holds one of their parts; else says who does.
    fn take(&self, claim: &Claim, mine: &BTreeSet<String>) -> Result<Option<Holder>, Error> {
        let dataset = self.state_dataset();
        let texts = |all: &[&str]| all.iter().map(|one| text(one)).collect::<Vec<_>>().join(", ");
        let owner = text(&owner());
        let mine = texts(&mine.iter().map(String::as_str).collect::<Vec<_>>());
        let parts = parts(claim);
        let meets = if parts == [ALL] {
            "TRUE".to_owned()
        } else {
            format!("part = {} OR part IN UNNEST(dwc_parts)", text(ALL))
        };
        let sql = format!(
            "DECLARE dwc_parts ARRAY<STRING> DEFAULT [{parts}];\n\
             DECLARE dwc_holder STRING;\n\
             DECLARE dwc_others INT64;\n\
             DECLARE dwc_serial INT64;\n\
             BEGIN TRANSACTION;\n\
             DELETE FROM `{dataset}`.`leases` WHERE until <= CURRENT_TIMESTAMP() OR owner IN ({mine});\n\
             SET dwc_holder = (SELECT MIN(h.holder) FROM (SELECT {HOLDER} AS holder FROM `{dataset}`.`leases` WHERE {meets} GROUP BY owner) AS h);\n\
             SET dwc_others = (SELECT COUNT(*) FROM `{dataset}`.`leases`);\n\
             IF dwc_holder IS NULL THEN\n  \
             INSERT INTO `{dataset}`.`leases` (owner, part, since, until)\n  \
             SELECT {owner}, part, CURRENT_TIMESTAMP(), {until} FROM UNNEST(dwc_parts) AS part;\n\
             END IF;\n\
             SET dwc_serial = (SELECT MAX(serial) FROM `{dataset}`.`commits`);\n\
             COMMIT TRANSACTION;\n\
             SELECT dwc_holder AS holder, CAST(dwc_serial AS STRING) AS serial, CAST(dwc_others AS STRING) AS others;\n",
            parts = texts(&parts),
            until = until()
        );
        let answer = row::read(self.lease_job(&sql)?, |row| {
            Ok((row.cell()?, row.number_or_null::<i64>()?, row.number_or_null::<i64>()?))
        })?;
        let Some((held, serial, others)) = answer.into_iter().next() else {
            return Err(damaged("a lease was asked for, and nothing was said of it"));
        };
        if let Some(holder) = held.as_deref().and_then(holder) {
            return Ok(Some(holder));
        }
        self.is_alone.set(others == Some(0));
        if serial != Some(self.position.borrow().serial) {
            self.read_state()?;
        }
        Ok(None)
    }

    fn let_go(&self, owner: &str) -> Result<(), Error> {
        let sql = format!("DELETE FROM `{}`.`leases` WHERE owner = {}", self.state_dataset(), text(owner));
        self.lease_job(&sql).map(|_| ())
    }

    fn lease_job(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let job =
            Job { id: format!("dwc_lease_{}", once()), labels: label("lease"), work: Work::Query(sql.to_owned()) };
        let (done, rows) = self.client.query(&job).map_err(worldly)?;
        self.add(&done);
        Ok(rows.rows)
    }
}

/// The leases of one owner as one text of four lines.
const HOLDER: &str = "CONCAT(owner, '\\n', FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', MIN(since)), '\\n', \
                      FORMAT_TIMESTAMP('%Y-%m-%d %H:%M:%S', MAX(until)), '\\n', MIN(part))";

fn until() -> String {
    format!("TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL {MINUTES} MINUTE)")
}

fn holder(text: &str) -> Option<Holder> {
    let mut lines = text.lines().map(str::to_owned);
    Some(Holder { owner: lines.next()?, since: lines.next()?, until: lines.next()?, part: lines.next()? })
}

fn in_use(holder: &Holder) -> Error {
    Error::coded(Code::WarehouseInUse, format!("`{}` holds {} since {} UTC", holder.owner, holder.part, holder.since))
        .help(format!(
            "wait for it with `--wait 30m`; its lease ends at {} UTC, and `dwc state unlock` ends it now",
            holder.until
        ))
}
