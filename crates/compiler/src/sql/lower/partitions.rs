//! Which partitions of a fact a load can affect, as a proof from what is declared: never from what is likely. A row that
//! may lie in another partition than the batch says would be inserted again beside itself.

use serde::Serialize;

use super::Lowering;
use crate::model::{Fact, Project};
use crate::sql::names;
use crate::sql::touched::Increment;
use dwc_googlesql::Type;

/// The partitions that a load can affect, in words of its statements.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Range {
    /// The first of their days, as a query.
    first: String,
    /// The last of their days, as a query.
    last: String,
    /// The condition that a row of the fact, as `_f`, lies in them.
    pub(super) within_f: String,
    /// The same, for a row as `_t`.
    within_t: String,
}

/// Days of which a statement of a whole load writes rows at most: a row may leave the partition of another day, and BigQuery
/// lets one statement change 4,000 of them.
/// <https://cloud.google.com/bigquery/quotas#partitioned_tables>
const DAYS_AT_ONCE: u32 = 2000;

/// A whole load that is written in pieces of so many days.
#[derive(Serialize)]
pub(super) struct Pieces {
    /// The day of a row `_s`, the least there is for one without.
    day: String,
    /// How many days are written at once.
    most: u32,
}

/// How the loads of a fact treat the partitions of its table on BigQuery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionMode {
    /// The fact.
    pub model: String,
    /// The column that the table is partitioned by.
    pub column: String,
    /// Why a load reads no partition but those of its batch, or why it reads them all.
    pub proof: Result<String, String>,
    /// A query that reads what a statement of a load reads at most, of a batch that touches yesterday and today: for a dry run.
    pub sample: String,
}

/// How the loads of every partitioned fact treat its partitions, in load order, where the star lies in `schema`.
#[must_use]
pub fn partition_modes(project: &Project, schema: &str) -> Vec<PartitionMode> {
    let lowering = Lowering::new(project, crate::model::TargetType::Bigquery, schema);
    let mode = |fact: &Fact| {
        let partition = fact.partition_by.as_ref()?;
        let column = partition.name.clone();
        let key: Vec<String> = fact.key.iter().map(|column| column.name.clone()).collect();
        let increment = lowering.increment(&fact.query, &key);
        let proof = match &increment {
            Err(whole) if !fact.insert_only => Err(format!("it is recomputed in full: {}", whole.reason)),
            increment => proof(fact, &column, increment.as_ref().ok()),
        };
        let sample = lowering.sample(fact, &column, &partition.ty, proof.is_ok());
        Some(PartitionMode { model: fact.name.clone(), column, proof, sample })
    };
    project.facts.iter().filter_map(mode).collect()
}

/// Why the partitions of the batch are all that a load can affect, or why that cannot be said.
fn proof(fact: &Fact, column: &str, increment: Option<&Increment>) -> Result<String, String> {
    if fact.insert_only {
        return Ok(format!(
            "`insert_only`: rows never change, so a row of the batch is new or already in its partition of `{column}`"
        ));
    }
    if !fact.key.iter().any(|key| key.name == column) {
        return Err(format!(
            "`{column}` is not part of the grain key and may change: a changed row may lie in any partition; declare \
             `insert_only` where rows never change"
        ));
    }
    match increment {
        Some(increment) if increment.key.iter().any(|key| key == column) => {
            Ok(format!("`{column}` is part of the grain key and of the touched keys"))
        }
        Some(_) => Err(format!("the touched keys do not contain `{column}`")),
        None => Err("it is recomputed in full".to_owned()),
    }
}

impl Lowering<'_> {
    fn sample(&self, fact: &Fact, column: &str, ty: &Type, prunes: bool) -> String {
        let (table, name) = (self.star(&fact.name), self.dialect.quote(column));
        let yesterday = match ty {
            Type::Date => "DATE_SUB(CURRENT_DATE(), INTERVAL 1 DAY)",
            Type::DateTime => "DATETIME_SUB(DATETIME_TRUNC(CURRENT_DATETIME(), DAY), INTERVAL 1 DAY)",
            _ => "TIMESTAMP_SUB(TIMESTAMP_TRUNC(CURRENT_TIMESTAMP(), DAY), INTERVAL 1 DAY)",
        };
        // A table may ask for a condition on its partitions even where all of them are read.
        let condition =
            if prunes { format!("{name} >= {yesterday}") } else { format!("{name} IS NOT NULL OR {name} IS NULL") };
        format!("SELECT * FROM {table} WHERE {condition}")
    }

    /// The partitions of rows `_f` whose instant is not before the first that changes, where they are partitioned by the day
    /// or the local time of that instant: it lies less than a day from it in every zone.
    pub(super) fn partitions_from(&self, fact: &Fact, as_of: &str) -> Option<String> {
        let column = fact.partition_by.as_ref().filter(|_| self.dialect.prunes_partitions())?;
        let is_local = column.ty != Type::Timestamp && names::utc(column) == as_of;
        let of = if column.ty == Type::Date { "DATE" } else { "DATETIME" };
        is_local.then(|| {
            format!(
                "_f.{} >= {of}(TIMESTAMP_SUB(GREATEST({}, TIMESTAMP '0001-01-02 00:00:00+00'), INTERVAL 1 DAY))",
                self.dialect.quote(&column.name),
                self.dialect.words().changed_from
            )
        })
    }

    /// How a load that computes a fact whole is divided, where the engine limits what one statement may change.
    pub(super) fn pieces(&self, fact: &Fact, increment: Option<&Increment>) -> Option<Pieces> {
        let is_whole = increment.is_none() && self.dialect.prunes_partitions();
        let column = fact.partition_by.as_ref().filter(|_| is_whole)?;
        let name = self.dialect.quote(&column.name);
        Some(Pieces { day: format!("COALESCE(DATE(_s.{name}), DATE '0001-01-01')"), most: DAYS_AT_ONCE })
    }

    /// The partitions that a load of a fact can affect, where the engine prunes and a proof is there.
    pub(super) fn range(&self, fact: &Fact, increment: Option<&Increment>) -> Option<Range> {
        let column = fact.partition_by.as_ref().filter(|_| self.dialect.prunes_partitions())?;
        proof(fact, &column.name, increment).ok()?;
        let name = self.dialect.quote(&column.name);
        let rows = if fact.insert_only {
            format!("SELECT {name} FROM bound")
        } else {
            format!("SELECT {name} FROM touched UNION ALL SELECT {name} FROM bound")
        };
        let day = |end: &str| match column.ty {
            Type::Date => format!("SELECT {end}({name}) FROM ({rows}) AS _r"),
            _ => format!("SELECT DATE({end}({name})) FROM ({rows}) AS _r"),
        };
        // A part of the grain key is never NULL. Another column may be, and rows without a day have a partition of their own.
        let may_be_null = !fact.key.iter().any(|key| key.name == column.name);
        let within = |alias: &str| {
            let days = match column.ty {
                Type::Date => format!("{alias}.{name} BETWEEN dwc_first AND dwc_last"),
                _ => {
                    let of = if column.ty == Type::DateTime { "DATETIME" } else { "TIMESTAMP" };
                    format!(
                        "{alias}.{name} >= {of}(dwc_first) AND {alias}.{name} < {of}(DATE_ADD(dwc_last, INTERVAL 1 DAY))"
                    )
                }
            };
            if may_be_null { format!("({days} OR {alias}.{name} IS NULL)") } else { days }
        };
        Some(Range { first: day("MIN"), last: day("MAX"), within_f: within("_f"), within_t: within("_t") })
    }
}
