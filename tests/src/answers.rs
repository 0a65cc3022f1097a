//! Answers beside plain SQL: every measure of a star by every attribute of every role, as `dwc query` gives it and as it
//! comes from the raw rows. The raw side is written by hand: a relation `raw.<fact>` with one row per row of the fact under
//! the fact's own column names, and a relation `raw.<dimension>` with one row per member and validity (`since`, `until`).
//! It must not read a row of a fact, or of a dimension of members, from the star.

use std::fmt::Write as _;

use dwc_compiler::model::{
    Additivity, Aggregation, AggregationFunction, ColumnRole, DimensionKind, Fact, Measure, ModelId, Over, Project,
    Role, StarColumn, WhenNull, star_columns,
};
use dwc_compiler::sql::{self, DuckDb, Question};

use crate::warehouse::Warehouse;

/// Compares the answers, and says how many of a measure by an attribute there were.
pub fn compare(warehouse: &Warehouse) -> usize {
    let project = warehouse.project();
    let mut compared = 0;
    for fact in &project.facts {
        let (asked, refused): (Vec<&Measure>, Vec<&Measure>) =
            fact.measures.iter().partition(|measure| is_asked(measure));
        for measure in refused {
            let question = question(fact, &[measure], None, false);
            assert!(sql::drill_across(project, &DuckDb, warehouse.schema(), &question).is_err(), "{question:?}");
        }
        for (by, rows) in groups(warehouse, fact) {
            warehouse.execute(&format!("CREATE OR REPLACE TABLE raw.asked AS {rows}"));
            let rows = "SELECT * FROM raw.asked";
            // What an aggregate counts are its groups, which no raw row is.
            let counted = fact.rolls_up.is_none();
            let question = question(fact, &asked, Some(by.clone()), counted);
            let text = sql::drill_across(project, &DuckDb, warehouse.schema(), &question).expect("an answer");
            let mut values: Vec<String> = Vec::new();
            let mut joins = String::new();
            for (at, measure) in asked.iter().enumerate() {
                let _ = write!(
                    joins,
                    "\nLEFT JOIN ({}) AS v{at}(k, v) ON v{at}.k IS NOT DISTINCT FROM g.k",
                    value(fact, measure, &by, rows)
                );
                values.push(format!("v{at}.v"));
            }
            if counted {
                let _ = write!(
                    joins,
                    "\nLEFT JOIN (SELECT k, count(*) FROM ({rows}) GROUP BY 1) AS c(k, v) ON c.k IS NOT DISTINCT FROM g.k"
                );
                values.push("c.v".to_owned());
            }
            let plain = format!("SELECT g.k, {} FROM (SELECT DISTINCT k FROM ({rows})) AS g{joins}", values.join(", "));
            let count = values.len();
            assert_eq!(
                rounded(warehouse, &text, count),
                rounded(warehouse, &plain, count),
                "{} by {by}\n{text}\n{plain}",
                fact.name
            );
            compared += count;
        }
    }
    compared
}

fn is_asked(measure: &Measure) -> bool {
    measure.additive != Additivity::None || measure.aggregation.is_some()
}

fn question(fact: &Fact, measures: &[&Measure], by: Option<String>, counted: bool) -> Question {
    let mut named: Vec<String> =
        measures.iter().map(|measure| format!("{}.{}", fact.name, measure.column.name)).collect();
    named.extend(counted.then(|| fact.name.clone()));
    Question { measures: named, by: by.into_iter().collect(), ..Question::default() }
}

/// The headers that a fact is asked by, each with its raw rows: those of the fact with the header as `k`.
fn groups(warehouse: &Warehouse, fact: &Fact) -> Vec<(String, String)> {
    let project = warehouse.project();
    let mut all = Vec::new();
    for role in &fact.roles {
        let dimension = ModelId::Dimension(role.dimension);
        for column in star_columns(project, dimension) {
            if matches!(column.role, ColumnRole::Attribute | ColumnRole::NaturalKey) {
                all.push((format!("{}.{}", role.name, column.name), of_role(warehouse, fact, role, &column)));
            }
        }
    }
    if fact.rolls_up.is_none() {
        let mut own: Vec<&str> = fact.degenerate.iter().chain(&fact.key).map(|column| column.name.as_str()).collect();
        own.sort_unstable();
        own.dedup();
        all.extend(
            own.into_iter()
                .map(|name| (name.to_owned(), format!("SELECT f.*, f.{name} AS k FROM raw.{} AS f", fact.name))),
        );
    }
    all
}

/// The fact that has the columns which a role is looked up by.
fn source<'p>(project: &'p Project, fact: &'p Fact, role: &str) -> (&'p Fact, &'p Role) {
    let base = fact.rolls_up.map_or(fact, |index| &project.facts[index]);
    (base, base.roles.iter().find(|known| known.name == role).expect("a role"))
}

fn of_role(warehouse: &Warehouse, fact: &Fact, role: &Role, column: &StarColumn) -> String {
    let project = warehouse.project();
    let dimension = &project.dimensions[role.dimension];
    let (base, declared) = source(project, fact, &role.name);
    let name = &dimension.name;
    let table = format!("{}.{name}", warehouse.schema());
    let types =
        warehouse.rows(&format!("SELECT type FROM pragma_table_info('{table}') WHERE name = '{}'", column.name));
    let ty = &types[0][0];
    let reserved = |key: i8| format!("(SELECT {} FROM {table} WHERE {name}_key = {key})", column.name);
    let null = reserved(match declared.when_null {
        WhenNull::Unknown => -1,
        WhenNull::NotApplicable => -2,
        WhenNull::NotYet => -4,
    });
    // What has not happened has no version yet.
    let mut undated = String::new();
    let on: Vec<String> = declared.on.iter().map(|column| format!("f.{}", column.name)).collect();
    let (join, mut known) = match &dimension.kind {
        DimensionKind::Calendar(_) => (
            format!("{table} AS d ON d.date = CAST({} AS DATE) AND d.date_key > 0", on[0]),
            "d.date IS NOT NULL".to_owned(),
        ),
        DimensionKind::TimeOfDay => (
            format!("{table} AS d ON d.time_of_day = strftime(CAST({} AS TIMESTAMP), '%H:%M')", on[0]),
            "d.time_of_day IS NOT NULL".to_owned(),
        ),
        DimensionKind::Standard(members) => {
            let mut conditions: Vec<String> =
                members.natural_key.iter().zip(&on).map(|(key, on)| format!("d.{} = {on}", key.name)).collect();
            if let Some(at) = declared.as_of.as_ref().or(base.event_time.as_ref()) {
                conditions.push(format!("d.since <= f.{0} AND f.{0} < d.until", at.name));
                if members.has_versions() {
                    undated = format!("WHEN f.{} IS NULL THEN {}", at.name, reserved(-4));
                }
            }
            (format!("raw.{name} AS d ON {}", conditions.join(" AND ")), "d.since IS NOT NULL".to_owned())
        }
        DimensionKind::Mini(_) | DimensionKind::Junk(_) => panic!("no raw rows of combinations"),
    };
    let is_null = on.iter().map(|on| format!("{on} IS NULL")).collect::<Vec<_>>().join(" OR ");
    if matches!(dimension.kind, DimensionKind::TimeOfDay) {
        known = format!("{known} AND NOT ({is_null})");
    }
    format!(
        "SELECT f.*, CASE WHEN {is_null} THEN {null} {undated} WHEN {known} THEN CAST(d.{} AS {ty}) ELSE {} END AS k FROM raw.{} AS f LEFT JOIN {join}",
        column.name,
        reserved(-1),
        fact.name
    )
}

/// A measure by `k` over raw rows, in SQL that follows the declaration's words one by one.
fn value(fact: &Fact, measure: &Measure, by: &str, rows: &str) -> String {
    let name = &measure.column.name;
    let plain = |value: String| format!("SELECT k, {value} FROM ({rows}) GROUP BY 1");
    match (measure.additive, &measure.aggregation) {
        (Additivity::All, _) => plain(format!("sum({name})")),
        (Additivity::None, Some(Aggregation::Function(function))) => plain(match function {
            AggregationFunction::Average => format!("avg({name})"),
            AggregationFunction::Min => format!("min({name})"),
            AggregationFunction::Max => format!("max({name})"),
            AggregationFunction::CountDistinct => format!("count(DISTINCT {name})"),
        }),
        (Additivity::None, Some(Aggregation::Ratio([above, below]))) => {
            // A quotient of NUMERIC has nine places, and one that ends in 5 there rounds otherwise than what it came from.
            plain(format!("round(CAST(sum({above}) AS DOUBLE) / nullif(sum({below}), 0), 9)"))
        }
        (Additivity::None, None) => panic!("{name} is refused"),
        (Additivity::Semi, _) => semi_additive(fact, measure, by, rows),
    }
}

/// What stands for the members of each role, one role after the other: first the day, then the others.
fn semi_additive(fact: &Fact, measure: &Measure, by: &str, rows: &str) -> String {
    let name = &measure.column.name;
    // A column that a role is looked up by is of the role, as an attribute of it is.
    let own = || fact.roles.iter().find(|role| role.on.iter().any(|on| on.name == by)).map(|role| role.name.as_str());
    let role = by.split_once('.').map(|(role, _)| role).or_else(own);
    let member = |role: &str| {
        let role = fact.roles.iter().find(|known| known.name == role).expect("a role");
        role.on[0].name.clone()
    };
    let mut live = format!("SELECT * FROM ({rows})");
    let mut left = Vec::new();
    for (over, what) in &measure.over {
        let member = member(over);
        let same = if role == Some(over) { "q.k IS NOT DISTINCT FROM p.k" } else { "TRUE" };
        match what {
            Over::Last | Over::First => {
                let word = if *what == Over::Last { "max" } else { "min" };
                live = format!(
                    "SELECT p.* FROM ({live}) AS p WHERE p.{member} = (SELECT {word}(q.{member}) FROM ({rows}) AS q WHERE {same})"
                );
            }
            _ => left.push((member, *what)),
        }
    }
    let Some((member, what)) = left.pop() else {
        return format!("SELECT k, sum({name}) FROM ({live}) GROUP BY 1");
    };
    assert!(left.is_empty(), "plain SQL for two roles is not written");
    let sums =
        format!("SELECT k, {member} AS m, sum({name}) AS v FROM ({live}) WHERE {member} IS NOT NULL GROUP BY 1, 2");
    match what {
        Over::Min => format!("SELECT k, min(v) FROM ({sums}) GROUP BY 1"),
        Over::Max => format!("SELECT k, max(v) FROM ({sums}) GROUP BY 1"),
        _ => {
            // A day counts in its period, whoever has rows on it.
            let own = measure.over.iter().any(|(known, _)| role == Some(known));
            let same = if own { "q.k IS NOT DISTINCT FROM s.k" } else { "TRUE" };
            let count = format!("(SELECT count(DISTINCT q.{member}) FROM ({live}) AS q WHERE {same})");
            format!("SELECT s.k, sum(s.v) / CAST(any_value({count}) AS DOUBLE) FROM ({sums}) AS s GROUP BY 1")
        }
    }
}

fn rounded(warehouse: &Warehouse, text: &str, count: usize) -> Vec<Vec<String>> {
    let names: Vec<String> = (0..count).map(|at| format!("v{at}")).collect();
    let values: Vec<String> = names.iter().map(|name| format!("round(CAST({name} AS DOUBLE), 4)")).collect();
    let rows = warehouse.rows(&format!(
        "SELECT CAST(k AS VARCHAR), {} FROM ({text}) AS t(k, {}) ORDER BY ALL",
        values.join(", "),
        names.join(", ")
    ));
    assert!(!rows.is_empty(), "{text}");
    rows
}
