//! The tables of docs/values.md: every declared type, by every kind of file and every value, lands as the page says or is
//! rejected.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::values::{Case, cases, landed};
use dwc_tests::warehouse::Warehouse;

/// A project of one table `t` for each declared type, and the cases of each.
fn by_type(section: &str, wanted: &dyn Fn(&Case) -> bool) -> Vec<(String, Vec<Case>)> {
    let mut types: Vec<(String, Vec<Case>)> = Vec::new();
    for case in cases(section).into_iter().filter(wanted) {
        match types.iter_mut().find(|(ty, _)| *ty == case.ty) {
            Some((_, cases)) => cases.push(case),
            None => types.push((case.ty.clone(), vec![case])),
        }
    }
    types
}

fn check(section: &str, ending: &str, write: impl Fn(&Project, &Warehouse, &str, &[Case])) {
    check_some(section, &|_| true, ending, write);
}

fn check_some(
    section: &str,
    wanted: &dyn Fn(&Case) -> bool,
    ending: &str,
    write: impl Fn(&Project, &Warehouse, &str, &[Case]),
) {
    let types = by_type(section, wanted);
    let mut models =
        "#- dwc.yml\nname: shop\ntimezone: UTC\ntargets: { dev: { type: duckdb, path: target/w.duckdb } }\n\
         #- models/shop.yml\nsource: shop\ntype: files\ntimezone: Asia/Seoul\ntables:\n"
            .to_owned();
    for (at, (ty, _)) in types.iter().enumerate() {
        models += &format!(
            "  t{at}:\n    path: t{at}/{{batch}}.{ending}\n    primary_key: id\n    columns: {{ id: INT64, v: \"{ty}\" }}\n"
        );
    }
    let project = Project::new(&models);
    let warehouse = Warehouse::apply(project.path());
    for (at, (_, cases)) in types.iter().enumerate() {
        project.write(&format!("t{at}/.keep"), "");
        write(&project, &warehouse, &format!("t{at}/2026-03-01.{ending}"), cases);
    }
    warehouse.run(Mode::Incremental);
    let mut wrong = Vec::new();
    for (at, (ty, cases)) in types.iter().enumerate() {
        let rows = warehouse.rows(&format!("SELECT id, {} FROM dw_landing.shop__t{at}", landed(ty)));
        let events = warehouse.rows(&format!("SELECT place FROM _dwc.error_events WHERE source_table = 'shop.t{at}'"));
        let rejected = cases.iter().filter(|case| case.lands.is_none()).count();
        if events.len() != rejected {
            wrong.push(format!("{ending} {ty}: {} events, not {rejected}", events.len()));
        }
        for (id, case) in cases.iter().enumerate() {
            let found = rows.iter().find(|row| row[0] == id.to_string()).map(|row| row[1].clone());
            if found != case.lands {
                wrong.push(format!("{ending} {ty} {:?}: {found:?}, not {:?}", case.value, case.lands));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_of_csv() {
    check("From a text", "csv", |project, _, path, cases| {
        let line = |(id, case): (usize, &Case)| format!("{id},\"{}\"\n", case.value.replace('"', "\"\""));
        project.write(path, &format!("id,v\n{}", cases.iter().enumerate().map(line).collect::<String>()));
    });
}

#[test]
fn texts_of_ndjson() {
    check("From a text", "ndjson", |project, _, path, cases| {
        let line = |(id, case): (usize, &Case)| {
            // A document is one of the file's own.
            let is_document = case.value.starts_with(['{', '[']) && case.ty != "STRING";
            let value = serde_json::Value::from(case.value.as_str()).to_string();
            match is_document && serde_json::from_str::<serde_json::Value>(&case.value).is_ok() {
                true => format!("{{\"id\": {id}, \"v\": {}}}\n", case.value),
                false if is_document => format!("{{\"id\": {id}, \"v\": {{\"a\": 1, \"a\": 2}}}}\n"),
                false => format!("{{\"id\": {id}, \"v\": {value}}}\n"),
            }
        };
        project.write(path, &cases.iter().enumerate().map(line).collect::<String>());
    });
}

fn parquet(project: &Project, warehouse: &Warehouse, path: &str, rows: &[String]) {
    let path = project.path().join(path);
    warehouse.execute(&format!("COPY ({}) TO '{}' (FORMAT parquet)", rows.join(" UNION ALL "), path.display()));
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[test]
fn texts_of_parquet() {
    check("From a text", "parquet", |project, warehouse, path, cases| {
        let row = |(id, case): (usize, &Case)| format!("SELECT {id} AS id, {} AS v", literal(&case.value));
        parquet(project, warehouse, path, &cases.iter().enumerate().map(row).collect::<Vec<_>>());
    });
}

#[test]
fn numbers_of_ndjson() {
    check("From a number", "ndjson", |project, _, path, cases| {
        let line = |(id, case): (usize, &Case)| format!("{{\"id\": {id}, \"v\": {}}}\n", case.value);
        project.write(path, &cases.iter().enumerate().map(line).collect::<String>());
    });
}

#[test]
fn numbers_of_parquet() {
    check("From a number", "parquet", |project, warehouse, path, cases| {
        // The widest decimal that holds all of them has a scale; whole numbers have none.
        let scale = cases.iter().map(|case| case.value.split_once('.').map_or(0, |(_, rest)| rest.len())).max();
        let row = |(id, case): (usize, &Case)| {
            format!("SELECT {id} AS id, {}::DECIMAL(38, {}) AS v", case.value, scale.unwrap_or(0))
        };
        let is_string = cases.iter().any(|case| case.ty == "STRING");
        let plain = |(id, case): (usize, &Case)| format!("SELECT {id} AS id, {}::BIGINT AS v", case.value);
        let rows: Vec<String> = match is_string {
            true => cases.iter().enumerate().map(plain).collect(),
            false => cases.iter().enumerate().map(row).collect(),
        };
        parquet(project, warehouse, path, &rows);
    });
}

#[test]
fn moments_of_parquet() {
    for kind in ["local", "instant"] {
        let of_kind = |case: &Case| case.value.strip_prefix(kind).map(|rest| rest.trim().trim_matches('`').to_owned());
        check_some("From a moment", &|case| of_kind(case).is_some(), "parquet", |project, warehouse, path, cases| {
            let row = |(id, case): (usize, &Case)| {
                let text = of_kind(case).unwrap_or_default();
                match kind {
                    "local" => format!("SELECT {id} AS id, TIMESTAMP '{text}' AS v"),
                    _ => format!("SELECT {id} AS id, TIMESTAMPTZ '{text}+00' AS v"),
                }
            };
            parquet(project, warehouse, path, &cases.iter().enumerate().map(row).collect::<Vec<_>>());
        });
    }
}

/// The cases of a table that another tool has landed beside the warehouse, of which every column is of one type there.
#[test]
fn texts_of_a_landed_table() {
    let types = by_type("From a text", &|case| !case.value.contains("\"a\": 1, \"a\""));
    let mut models =
        "#- dwc.yml\nname: shop\ntimezone: UTC\ntargets: { dev: { type: duckdb, path: target/w.duckdb } }\n\
         #- models/other.yml\nsource: other\ntype: warehouse\nschema: other\ntimezone: Asia/Seoul\ntables:\n"
            .to_owned();
    for (at, (ty, _)) in types.iter().enumerate() {
        models += &format!("  t{at}: {{ primary_key: id, columns: {{ id: INT64, v: \"{ty}\" }} }}\n");
    }
    let project = Project::new(&models);
    let warehouse = Warehouse::apply(project.path());
    warehouse.execute("CREATE SCHEMA other");
    for (at, (_, cases)) in types.iter().enumerate() {
        let rows = cases.iter().enumerate().map(|(id, case)| format!("({id}, {})", literal(&case.value)));
        let rows = rows.collect::<Vec<_>>().join(", ");
        warehouse.execute(&format!("CREATE TABLE other.t{at} AS SELECT * FROM (VALUES {rows}) AS r(id, v)"));
    }
    warehouse.run(Mode::Incremental);
    let mut wrong = Vec::new();
    for (at, (ty, cases)) in types.iter().enumerate() {
        let rows = warehouse.rows(&format!("SELECT id, {} FROM dw_landing.other__t{at}", landed(ty)));
        for (id, case) in cases.iter().enumerate() {
            let found = rows.iter().find(|row| row[0] == id.to_string()).map(|row| row[1].clone());
            if found != case.lands {
                wrong.push(format!("{ty} {:?}: {found:?}, not {:?}", case.value, case.lands));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
