//! A migration of the embedded engine: one transaction. It must not decide what its statements are.

use super::DuckDbWarehouse;
use crate::state;
use crate::warehouse::migration::{Migrated, Migration};
use crate::{Error, crash};

impl DuckDbWarehouse {
    /// Carries out a migration; see [`crate::Warehouse::migrate`].
    pub(super) fn carry_over(&self, migration: &Migration<'_>) -> Result<Migrated, Error> {
        crash::point();
        let snapshot = if migration.keeps { self.snapshot(migration.serial)? } else { None };
        crash::point();
        self.transaction(|| {
            state::prepare(self)?;
            for statement in migration.statements {
                self.execute(&statement.sql)?;
                crash::point();
            }
            migration.record(self, &self.catalog()?.of(&[migration.wanted]))?;
            crash::point();
            Ok::<(), Error>(())
        })?;
        crash::point();
        Ok(Migrated { snapshot: snapshot.map(|file| file.display().to_string()), notes: Vec::new() })
    }
}
