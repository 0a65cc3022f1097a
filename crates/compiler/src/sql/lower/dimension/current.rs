//! Whether the current version of each member is what the source has now. It must not correct what differs: instants decide.

use dwc_googlesql::ColumnKind;

use super::gates::Audited;
use super::incoming::outer_text;
use super::screens::values_of;
use crate::diagnostic::Code;
use crate::model::{Dimension, Members, OnDelete, Scd, Table};
use crate::plan::{Gate, Reads, Statement};
use crate::sql::lower::Lowering;
use crate::sql::lower::relations::{Moment, sql_columns};
use crate::sql::lower::screens::REJECTS;
use crate::sql::names;

impl Lowering<'_> {
    /// The members as the landed rows have them now; of one table those alone that a load touched.
    pub(super) fn live_members(
        &self,
        dimension: &Dimension,
        members: &Members,
        touched: Option<&Table>,
    ) -> Option<String> {
        let mut catalog = self.catalog(&members.query, Moment::Now);
        if let Some(table) = touched {
            let quote = |name: &str| self.dialect.quote(name);
            let mut pairs = Vec::new();
            for key in &table.primary_key {
                let named = members.natural_key.iter().find(|column| {
                    members.query.analysis.output.iter().any(|output| {
                        output.name == column.name
                            && output.kind == ColumnKind::Direct
                            && output.origins.iter().any(|(_, origin)| origin == key)
                    })
                })?;
                pairs.push((key, named));
            }
            let columns: Vec<String> =
                table.columns.iter().map(|column| format!("_r.{}", quote(&column.name))).collect();
            let keys: Vec<String> = pairs.iter().map(|(_, member)| quote(&member.name)).collect();
            let on: Vec<String> = pairs
                .iter()
                .map(|(key, member)| format!("{} = {}", self.compared("_m", member), self.landed(table, "_r", key)))
                .collect();
            let physical = format!(
                "(SELECT {} FROM {} AS _r JOIN (SELECT DISTINCT {} FROM members) AS _m ON {})",
                columns.join(", "),
                self.landing_live(table),
                keys.join(", "),
                on.join(" AND ")
            );
            catalog.add_as(&table.address, physical, sql_columns(&table.columns));
        }
        let live = self.dialect.query(&outer_text(self.project, members, None, &[], &members.query.text), &catalog);
        debug_assert!(live.is_ok(), "what loads a dimension is written in the engine's words: {live:?}");
        let live = live.ok()?;
        if !self.rejects(&dimension.checks) {
            return Some(live);
        }
        self.screened(format!("(\n{live}\n)"), &values_of(members), &self.screens(&dimension.checks), None).ok()
    }

    /// Says which members' current versions are not what the source has: a later instant holds other values, or a delete.
    pub(super) fn current_differs(
        &self,
        dimension: &Dimension,
        members: &Members,
        live: &str,
        audited: Audited,
    ) -> Option<Statement> {
        if dimension.mini().is_some() {
            return None;
        }
        let quote = |name: &str| self.dialect.quote(name);
        // A load has the versions of the members that it touched at hand.
        let table = match audited {
            Audited::All => self.star(&dimension.name),
            Audited::Touched => "versions".to_owned(),
        };
        let keys: Vec<&str> = members.natural_key.iter().map(|column| column.name.as_str()).collect();
        let equal = |a: &str, b: &str| self.same_key(&members.natural_key, a, b);
        let there: Vec<String> = keys.iter().map(|key| format!("_l.{} IS NOT NULL", quote(key))).collect();
        let key = quote(&names::key(&dimension.name));
        let mut differs = vec![format!("_d.{key} IS NULL"), "_d.is_deleted".to_owned()];
        differs.extend(members.attributes.iter().filter(|attribute| attribute.scd != Scd::Type0).map(|attribute| {
            let value = |alias: &str| format!("{alias}.{}", quote(&attribute.column.name));
            let side = |value: &str| self.dialect.comparable(value, &attribute.column.ty);
            format!("{} IS DISTINCT FROM {}", side(&self.worded(&value("_l"), attribute)), side(&value("_d")))
        }));
        let current = if members.has_versions() { " AND _d.is_current" } else { "" };
        let mut sql = format!(
            "WITH live AS (\n{live}\n)\nSELECT {} AS key_text FROM live AS _l LEFT JOIN {table} AS _d ON {}{current} WHERE {} AND ({})",
            self.readable_key(&keys, "_l"),
            equal("_d", "_l"),
            there.join(" AND "),
            differs.join(" OR ")
        );
        // The present state of a member may be one that is rejected: the version before it stays.
        if self.rejects(&dimension.checks) {
            sql.push_str(&format!(" AND NOT _l.{REJECTS}"));
        }
        if members.on_delete != OnDelete::Ignore {
            sql.push_str(&format!(
                "\nUNION ALL\nSELECT {} AS key_text FROM {table} AS _d WHERE _d.{key} >= 0 AND NOT _d.is_deleted AND NOT _d.is_inferred{current} AND NOT EXISTS (SELECT 1 FROM live AS _l WHERE {})",
                self.readable_key(&keys, "_d"),
                equal("_l", "_d")
            ));
        }
        sql.push_str("\nORDER BY key_text\nLIMIT 20");
        Some(Statement {
            sql,
            reads: Reads::Notice(Gate {
                code: Code::CurrentDiffers,
                message: format!(
                    "the current versions of members of dimension `{}` are not what the source has",
                    dimension.name
                ),
                span: dimension.span,
                help:
                    "the source dates its present state before one that it gave earlier: correct the instant there, or \
                       declare `effective_at: extracted`"
                        .to_owned(),
            }),
        })
    }
}
