//! A unit of work on the embedded engine: a transaction that walks its steps. It must not decide what they are.

use std::collections::BTreeMap;

use dwc_compiler::plan::{Reads, Statement};

use super::DuckDbWarehouse;
use super::beside::Beside;
use crate::warehouse::row;
use crate::warehouse::unit::{Done, Found, Held, Keep, Make, Step, Undone, Unit};
use crate::warehouse::version::VersionChange;
use crate::{Error, Offence, crash, state};

/// How many rejected rows are told by their keys.
const TOLD: u8 = 20;

impl DuckDbWarehouse {
    /// Carries out a unit; see [`crate::Warehouse::commit`].
    pub(super) fn carry_out(&self, make: &mut Make<'_, '_>) -> Result<Option<Done>, Undone> {
        let Some(unit) = make(self)? else { return Ok(None) };
        // What is not kept is tried out beside a file that is open to be read alone.
        let place = Beside::new();
        let beside = if unit.keep == Keep::Never { place.of(self, unit.statements())? } else { None };
        let done = beside.as_ref().unwrap_or(self).walk(&unit)?;
        crash::point();
        Ok(Some(done))
    }

    fn walk(&self, unit: &Unit<'_>) -> Result<Done, Undone> {
        self.transaction(|| {
            self.set_batch(unit.batch, unit.since, &unit.at)?;
            let from = unit.from.map_or("0001-01-01".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S%.f").to_string());
            self.execute(&format!("SET VARIABLE dwc_from = TIMESTAMP '{from}'"))?;
            let mut found = Vec::new();
            for (place, step) in unit.steps.iter().enumerate() {
                match step {
                    Step::Consumed(batch) => self.execute(&format!("SET VARIABLE dwc_consumed = {batch}::BIGINT"))?,
                    Step::At(at) => self.set_batch(unit.batch, unit.since, at)?,
                    Step::Statement(statement) => {
                        found.extend(self.find(statement, unit.batch)?.map(|one| (place, one)))
                    }
                }
            }
            if unit.keep == Keep::Never || (unit.keep == Keep::UnlessLost && Done::lost(&found) > 0) {
                return Err(Undone::NotKept(found));
            }
            unit.record(self, &found)?;
            crash::point();
            Ok(Done { found, kept: true })
        })
    }

    /// Executes one statement, and reads what it finds.
    fn find(&self, statement: &Statement, batch: i64) -> Result<Option<Found>, Undone> {
        let sql = &statement.sql;
        Ok(match &statement.reads {
            Reads::Nothing => {
                self.execute(sql)?;
                None
            }
            Reads::Counts => Some(Found::Counts(self.named(sql)?)),
            Reads::Versions => Some(Found::Versions(self.read(sql, VersionChange::read)?)),
            Reads::Gate(gate) => match self.keys(sql)? {
                keys if keys.is_empty() => None,
                keys => return Err(Undone::Held(Held::Offence(Offence::of(gate, keys)))),
            },
            Reads::Notice(_) => Some(Found::Keys(self.keys(sql)?)),
            Reads::Events { table } => {
                state::errors::keep_events(self, (batch, table), "cast", &format!("(\n{sql}\n)"))?;
                None
            }
            Reads::Screened { model, screen, reason, columns, .. } => {
                state::errors::keep_screened(self, (model, screen, reason), columns, sql)?;
                let first = format!("SELECT r.key_text FROM (\n{sql}\n) AS r ORDER BY r.key_text LIMIT {TOLD}");
                Some(Found::Keys(self.keys(&first)?))
            }
        })
    }

    /// One row of named counts.
    pub(crate) fn named(&self, sql: &str) -> Result<BTreeMap<String, i64>, Error> {
        let (names, rows) = self.table(sql)?;
        let counts = row::read(rows, |row| names.iter().map(|_| row.number_or_null()).collect::<Result<Vec<_>, _>>())?;
        let first = counts.into_iter().next().into_iter().flatten();
        // What counts nothing is NULL where it is a sum.
        Ok(names.into_iter().zip(first).map(|(name, count)| (name, count.unwrap_or(0))).collect())
    }

    /// The first column of a query, sorted, without NULL.
    fn keys(&self, sql: &str) -> Result<Vec<String>, Error> {
        Ok(row::keys(self.rows(sql)?))
    }
}
