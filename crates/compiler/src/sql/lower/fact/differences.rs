//! How a loaded fact differs from what its query gives now: rows that it lacks, rows that it has too many, and rows with other
//! values. It must not change anything.

use chrono::NaiveDateTime;
use dwc_googlesql::Type;

use super::{Load, stored};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Fact;
use crate::plan::{Gate, Reads, Statement};
use crate::source::Span;
use crate::sql::lower::reconcile::Valued;
use crate::sql::lower::{Comparison, Lowering};
use crate::sql::names;
use crate::sql::template::Col;

/// How many rows are named.
const NAMED: usize = 20;

const REPAIR: &str = "run `dwc verify --repair`, and look for what has changed the table besides dwc";

impl Lowering<'_> {
    /// The comparison of a fact with what its query gives; `tolerant` writes the load that leaves alone what is tolerated.
    pub(in crate::sql::lower) fn compared_fact(
        &self,
        fact: &Fact,
        tolerant: &Lowering<'_>,
    ) -> Result<Comparison, Vec<Diagnostic>> {
        let key: Vec<Col> = fact.key.iter().map(Col::key).collect();
        let tolerates = fact.measures.iter().any(|measure| measure.within.is_some());
        let repair = tolerates.then(|| tolerant.fact_statements(fact, &fact.query.text, None)).transpose()?;
        Ok(Comparison {
            statements: self.fact_statements(fact, &fact.query.text, None)?,
            removes_doubled: self.without_doubled(&fact.name, &key),
            repair,
            is_recent: self.since.is_some() && fact.event_time.is_some(),
        })
    }

    /// A column of a fact, which a repair leaves as it is where it is near enough.
    pub(super) fn stored_column(&self, fact: &Fact, name: &str, ty: &Type) -> Col {
        let within = self.tolerates.then(|| within(fact, name)).flatten();
        Col::new(name, ty).within(within, ty)
    }

    /// That a row of the fact under an alias took place at or after an instant, UTC, with the same of its partitions where they
    /// follow from it; `None` for a fact without an event time.
    pub(super) fn recent(&self, fact: &Fact, since: &NaiveDateTime, alias: &str) -> Option<String> {
        let event = fact.event_time.as_ref()?;
        let is_stored = |wanted: &str| stored(fact).iter().any(|(name, _)| name == wanted);
        let utc = names::utc(event);
        let column = if is_stored(&utc) { utc } else { event.name.clone() };
        let ty = if column == event.name { &event.ty } else { &Type::Timestamp };
        let literal = |at: &NaiveDateTime, ty: &Type| {
            let text = match ty {
                Type::Date => at.format("%Y-%m-%d"),
                _ => at.format("%Y-%m-%d %H:%M:%S%.6f"),
            };
            format!("CAST('{text}' AS {})", self.dialect.ty(ty))
        };
        let of = |name: &str| format!("{alias}.{}", self.dialect.quote(name));
        let mut all = vec![format!("{} >= {}", of(&column), literal(since, ty))];
        // Its local day lies less than a day from the instant in every zone.
        if let Some(partition) = &fact.partition_by
            && partition.name == event.name
            && partition.name != column
            && let Some(day) = since.checked_sub_days(chrono::Days::new(1))
        {
            all.push(format!("{} >= {}", of(&partition.name), literal(&day, &partition.ty)));
        }
        Some(all.join(" AND "))
    }

    /// What differs between `bound` and the fact's table.
    pub(super) fn differences(&self, fact: &Fact, load: &Load<'_>) -> Vec<Statement> {
        let names: Vec<&str> = fact.key.iter().map(|column| column.name.as_str()).collect();
        let key = &load.key;
        let recent = self.since.as_ref().and_then(|since| self.recent(fact, since, "_p"));
        let table = recent.map_or_else(
            || load.table.clone(),
            |recent| format!("(SELECT * FROM {} AS _p WHERE {recent})", load.table),
        );
        let equal = key.iter().map(|column| format!("{} = {}", self.told("_f", column), self.told("_b", column)));
        let equal = equal.collect::<Vec<_>>().join(" AND ");
        let (given, found) = (self.readable_key(&names, "_b"), self.readable_key(&names, "_f"));
        let fact_at = |code, message: &str, rows: String| {
            self.named(code, format!("fact `{}` {message}", fact.name), fact.span, &rows)
        };
        let mut all = vec![fact_at(
            Code::MissingRows,
            "lacks rows that its query gives",
            format!(
                "SELECT {given} AS key_text FROM bound AS _b WHERE NOT EXISTS (SELECT 1 FROM {table} AS _f WHERE {equal})"
            ),
        )];
        // A row that is once inserted stays, also if the query no longer gives it.
        if !fact.insert_only {
            all.push(fact_at(
                Code::ExtraRows,
                "has rows that its query does not give",
                format!(
                    "SELECT {found} AS key_text FROM {table} AS _f WHERE NOT EXISTS (SELECT 1 FROM bound AS _b WHERE {equal})"
                ),
            ));
        }
        all.push(self.doubled(&table, key));
        all.push(counted("compared", "bound AS _b"));
        if !fact.keeps_rows {
            let columns = self.compared_columns(fact, load);
            let told = self.told_differences(&columns, "_f", "_b");
            let [differ, beyond] = self.differ(&columns, "_f", "_b");
            let parts: Vec<String> = [found, self.dialect.string(": ")].into_iter().chain(told).collect();
            if !differ.is_empty() {
                all.push(fact_at(
                    Code::DifferentRows,
                    "has rows with other values than its query gives",
                    format!(
                        "SELECT RTRIM({}, '; ') AS key_text FROM {table} AS _f JOIN bound AS _b ON {equal} WHERE {}",
                        self.dialect.concat(&parts),
                        beyond
                    ),
                ));
            }
            if columns.iter().any(|column| column.within.is_some()) {
                let near = format!("{table} AS _f JOIN bound AS _b ON {equal} WHERE ({differ}) AND NOT ({beyond})");
                all.push(counted("tolerated", &near));
            }
        }
        all
    }

    /// The columns whose values are compared, with their types.
    fn compared_columns(&self, fact: &Fact, load: &Load<'_>) -> Vec<Valued> {
        let is_key = |name: &str| fact.key.iter().any(|key| key.name == name && !key.folds_case);
        let plain = stored(fact).into_iter().filter(|(name, _)| !is_key(name));
        let flag = load.flags_deletes.then(|| ("is_deleted".to_owned(), Type::Bool));
        let keys = load.roles.iter().flat_map(|role| std::iter::once(&role.key).chain(&role.durable));
        let all = plain.chain(flag).chain(keys.map(|name| (name.clone(), Type::Int64)));
        all.map(|(name, ty)| Valued { within: within(fact, &name), name, ty }).collect()
    }

    /// How many keys several rows of a table share. The structure's checks name them.
    pub(in crate::sql::lower) fn doubled(&self, table: &str, key: &[Col]) -> Statement {
        let list = key.iter().map(|column| self.told("_f", column)).collect::<Vec<_>>().join(", ");
        Statement {
            sql: format!(
                "SELECT COUNT(*) AS doubled FROM (SELECT COUNT(*) AS n FROM {table} AS _f GROUP BY {list} HAVING COUNT(*) > 1) AS _g"
            ),
            reads: Reads::Counts,
        }
    }

    /// Removes the rows that share a key.
    pub(in crate::sql::lower) fn without_doubled(&self, model: &str, key: &[Col]) -> Statement {
        let list = key.iter().map(|column| self.told("_d", column)).collect::<Vec<_>>().join(", ");
        let named = key.iter().enumerate().map(|(at, column)| format!("{} AS k{at}", self.told("_d", column)));
        let equal = key.iter().enumerate().map(|(at, column)| format!("_m.k{at} = {}", self.told("_f", column)));
        let table = self.star(model);
        Statement {
            sql: format!(
                "DELETE FROM {table} AS _f\nWHERE EXISTS (\n  SELECT 1 FROM (SELECT {} FROM {table} AS _d GROUP BY {list} HAVING COUNT(*) > 1) AS _m\n  WHERE {}\n)",
                named.collect::<Vec<_>>().join(", "),
                equal.collect::<Vec<_>>().join(" AND "),
            ),
            reads: Reads::Nothing,
        }
    }

    /// Names rows by the text that a query gives of each: the first of them, and how many there are beside.
    fn named(&self, code: Code, message: String, span: Span, rows: &str) -> Statement {
        let more = self.dialect.concat(&[
            self.dialect.string("… and "),
            self.dialect.readable(&format!("_n.of_all - {NAMED}"), &Type::Int64),
            self.dialect.string(" more"),
        ]);
        Statement {
            sql: format!(
                "SELECT CASE WHEN _n.nth <= {NAMED} THEN _n.key_text ELSE {more} END AS key_text\nFROM (\n  \
                 SELECT _r.key_text, ROW_NUMBER() OVER (ORDER BY _r.key_text) AS nth, COUNT(*) OVER () AS of_all\n  \
                 FROM (\n{rows}\n  ) AS _r\n) AS _n\nWHERE _n.nth <= {NAMED} + 1\nORDER BY _n.nth"
            ),
            reads: Reads::Notice(Gate { code, message, span, help: REPAIR.to_owned() }),
        }
    }
}

/// How far a column of a fact may lie from what the query gives.
fn within(fact: &Fact, column: &str) -> Option<String> {
    fact.measures.iter().find(|measure| measure.column.name == column)?.within.clone()
}

/// Counts rows under a name.
fn counted(name: &str, rows: &str) -> Statement {
    Statement { sql: format!("SELECT COUNT(*) AS {name} FROM {rows}"), reads: Reads::Counts }
}
