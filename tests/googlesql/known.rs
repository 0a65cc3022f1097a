//! Every builtin function of Google's analyzer is known with its signatures, or excluded with a reason. The calls are
//! made from the analyzer's own signatures: what it takes is taken here, with the same type.

use std::collections::BTreeSet;

use dwc_googlesql::{ProblemKind, Tables, analyze_query, excluded};
use dwc_tests::googlesql::GoogleSql;

use super::analyzer::{STATEMENTS, lines};

/// Functions of which the oracle makes no call from a signature: a statement of the suite has one.
const BY_HAND: &[&str] = &[
    "GROUPING",
    "KEYS.ADD_KEY_FROM_RAW_BYTES",
    "KEYS.NEW_KEYSET",
    "KEYS.NEW_WRAPPED_KEYSET",
    "KEYS.ROTATE_KEYSET",
    "KEYS.ROTATE_WRAPPED_KEYSET",
];

/// Calls by their beginning that BigQuery refuses, and the analyzer takes.
const NOT_IN_BIGQUERY: &[(&str, &str)] = &[];

/// What is wrong with a call on BigQuery, or the type that it has here.
fn ours(call: &str, catalog: &Tables) -> Result<String, String> {
    let outcome = analyze_query(&format!("SELECT {call} AS v FROM shop.orders"), catalog);
    let wrong = |kind| !matches!(kind, ProblemKind::Unsupported | ProblemKind::DateFromTimestampWithoutZone);
    if let Some(problem) = outcome.problems.iter().find(|p| wrong(p.kind)) {
        return Err(format!("{:?}: {}", problem.kind, problem.message));
    }
    let analysis = outcome.analysis.ok_or("it does not parse")?;
    Ok(analysis.output[0].ty.to_string())
}

#[test]
fn every_builtin_function_is_known_or_excluded() {
    let catalog = Tables::default().with("shop.orders", &[("id", "INT64")]).expect("the type is known");
    let excluded: BTreeSet<&str> = excluded().collect();
    let functions = GoogleSql::start().functions();
    assert!(functions.len() >= 400, "{} functions", functions.len());
    let (mut odd, mut equal) = (Vec::new(), 0);
    for function in &functions {
        if excluded.contains(function.name.as_str()) {
            continue;
        }
        if function.calls.is_empty() {
            let call = format!("{}(", function.name);
            let stated = lines(STATEMENTS).any(|statement| statement.contains(&call));
            if !BY_HAND.contains(&function.name.as_str()) || !stated {
                odd.push(format!("no call of {}", function.name));
            }
        }
        for call in &function.calls {
            if NOT_IN_BIGQUERY.iter().any(|(beginning, _)| call.sql.starts_with(beginning)) {
                continue;
            }
            match ours(&call.sql, &catalog) {
                Ok(ty) if ty.replace('`', "") == call.ty.replace('`', "") => equal += 1,
                Ok(ty) => odd.push(format!("{} is {} there and {ty} here", call.sql, call.ty)),
                Err(problem) => odd.push(format!("{} is refused: {problem}", call.sql)),
            }
        }
    }
    println!("{equal} calls are taken by both, {} functions excluded", excluded.len());
    assert!(odd.is_empty(), "{} differ\n{}", odd.len(), odd.join("\n"));
    assert!(equal >= 1200, "{equal} calls");
}

#[test]
fn an_excluded_function_is_refused_with_its_reason() {
    let catalog = Tables::default();
    let message = |sql: &str| analyze_query(sql, &catalog).problems.into_iter().next().map(|p| (p.kind, p.message));
    for name in excluded() {
        let (kind, message) = message(&format!("SELECT {name}(1) AS v")).expect("it is refused");
        assert_eq!(kind, ProblemKind::UnknownFunction, "{name}");
        assert!(message.starts_with(&format!("`{name}` ")) && !message.contains("unknown"), "{message}");
    }
    let (_, service) = message("SELECT AI.GENERATE('a') AS v").expect("it is refused");
    assert_eq!(service, "`AI.GENERATE` calls a model or a service, which a load cannot repeat");
}
