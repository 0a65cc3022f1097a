//! A migration of a BigQuery warehouse: definitions first, each of which may be executed again; then one transaction with the
//! rows that tables start with, what has to be loaded anew, and the manifest. Killed anywhere, it is taken up where it was.
//! It must not decide what its statements are.

use dwc_compiler::plan::Object;
use dwc_compiler::sql::{self, Does};

use super::script::Script;
use super::{BigQueryWarehouse, quoted, worldly};
use crate::state::applied;
use crate::warehouse::migration::{Migrated, Migration};
use crate::{Error, crash};

impl BigQueryWarehouse {
    /// Carries out a migration; see [`crate::Warehouse::migrate`].
    pub(super) fn carry_over(&self, migration: &Migration<'_>) -> Result<Migrated, Error> {
        let serial = migration.serial;
        self.prepare_state()?;
        crash::point();
        let copy = self.copy();
        let snapshot = match migration.before {
            Some(before) if migration.keeps && !migration.resumes => Some(self.keep_as(before, serial)?),
            _ => None,
        };
        crash::point();
        if serial > 0 && !migration.resumes {
            let left = migration.left_aside.iter();
            let left: Vec<String> =
                left.map(|(schema, name)| format!("DROP TABLE IF EXISTS {}", quoted(schema, name))).collect();
            self.define("left_aside", &left)?;
            copy.transaction(|| {
                applied::begin(copy, &migration.digest)?;
                self.commit(Script::new("begin_apply", 0, 0, migration.at))
            })?;
            crash::point();
        }
        // What may not be executed twice has a job of its own: its id says that it was.
        let mut group: Vec<String> = Vec::new();
        let defines =
            migration.statements.iter().filter(|statement| matches!(statement.does, Does::Define | Does::Rename));
        for (at, statement) in defines.enumerate() {
            if statement.does == Does::Define {
                group.push(statement.sql.clone());
                continue;
            }
            self.define(&format!("define_{at}"), &std::mem::take(&mut group))?;
            self.define(&format!("rename_{at}"), std::slice::from_ref(&statement.sql))?;
            crash::point();
        }
        self.define("define", &group)?;
        let notes = self.hand_over(&migration.replaced)?;
        crash::point();
        let catalog = self.catalog()?.of(&[migration.wanted]);
        let mut script = Script::new("apply", 0, 0, migration.at);
        for statement in migration.statements.iter().filter(|statement| statement.does == Does::Fill) {
            script.raw(&statement.sql);
        }
        copy.transaction(|| {
            migration.record(copy, &catalog)?;
            self.commit(script)
        })?;
        crash::point();
        // A table that stepped aside goes when everything else is done: until then what takes its rows over can be done
        // again.
        let aside = migration.statements.iter().filter(|statement| statement.does == Does::Forget);
        self.define("aside", &aside.map(|statement| statement.sql.clone()).collect::<Vec<_>>())?;
        crash::point();
        Ok(Migrated { snapshot, notes })
    }

    /// Puts on the tables that were made again what others had set on those whose place they take. Gives what could not be.
    fn hand_over(&self, replaced: &[(&Object, &Object)]) -> Result<Vec<String>, Error> {
        let client = self.client();
        let mut notes = Vec::new();
        for (before, after) in replaced {
            let Some(access) = client.access(&before.schema, &sql::aside(before)).map_err(worldly)? else { continue };
            client.put_access(&after.schema, &after.name, &access).map_err(worldly)?;
            if access.bindings.is_none() {
                notes.push(format!(
                    "the grants on `{}` could not be read and are missing from the new table: this account needs \
                 `bigquery.tables.getIamPolicy` and `bigquery.tables.setIamPolicy`",
                    before.path()
                ));
            }
        }
        Ok(notes)
    }
}
