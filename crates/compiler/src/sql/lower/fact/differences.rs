//! How a loaded fact differs from what its query gives now: rows that it lacks, rows that it has too many, and rows with other
//! values. It must not change anything.

use dwc_googlesql::Type;

use super::{Load, stored};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Fact;
use crate::plan::{Gate, Reads, Statement};
use crate::source::Span;
use crate::sql::lower::{Comparison, Lowering};
use crate::sql::template::Col;

/// How many rows are named.
const NAMED: usize = 20;

const REPAIR: &str = "run `dwc verify --repair`, and look for what has changed the table besides dwc";

impl Lowering<'_> {
    /// The comparison of a fact with what its query gives.
    pub(in crate::sql::lower) fn compared_fact(&self, fact: &Fact) -> Result<Comparison, Vec<Diagnostic>> {
        let key: Vec<Col> = fact.key.iter().map(Col::key).collect();
        Ok(Comparison {
            statements: self.fact_statements(fact, &fact.query.text, None)?,
            removes_doubled: self.without_doubled(&fact.name, &key),
        })
    }

    /// What differs between `bound` and the fact's table.
    pub(super) fn differences(&self, fact: &Fact, load: &Load<'_>) -> Vec<Statement> {
        let names: Vec<&str> = fact.key.iter().map(|column| column.name.as_str()).collect();
        let (table, key) = (&load.table, &load.key);
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
        all.push(self.doubled(&fact.name, key));
        if !fact.keeps_rows {
            let (told, differ) = self.told_differences(&self.compared_columns(fact, load), "_f", "_b");
            let parts: Vec<String> = [found, self.dialect.string(": ")].into_iter().chain(told).collect();
            if !differ.is_empty() {
                all.push(fact_at(
                    Code::DifferentRows,
                    "has rows with other values than its query gives",
                    format!(
                        "SELECT RTRIM({}, '; ') AS key_text FROM {table} AS _f JOIN bound AS _b ON {equal} WHERE {}",
                        self.dialect.concat(&parts),
                        differ.join(" OR ")
                    ),
                ));
            }
        }
        all
    }

    /// The columns whose values are compared, with their types.
    fn compared_columns(&self, fact: &Fact, load: &Load<'_>) -> Vec<(String, Type)> {
        let is_key = |name: &str| fact.key.iter().any(|key| key.name == name && !key.folds_case);
        let plain = stored(fact).into_iter().filter(|(name, _)| !is_key(name));
        let flag = load.flags_deletes.then(|| ("is_deleted".to_owned(), Type::Bool));
        let keys = load.roles.iter().flat_map(|role| std::iter::once(&role.key).chain(&role.durable));
        plain.chain(flag).chain(keys.map(|name| (name.clone(), Type::Int64))).collect()
    }

    /// How many keys several rows of a table share. The structure's checks name them.
    pub(in crate::sql::lower) fn doubled(&self, model: &str, key: &[Col]) -> Statement {
        let list = key.iter().map(|column| self.told("_f", column)).collect::<Vec<_>>().join(", ");
        let table = self.star(model);
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
