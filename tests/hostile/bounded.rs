//! Work is bounded: what is nested too deep is refused with a code, what reads the one before twice is not multiplied, and
//! findings beyond a number are counted.

use std::time::{Duration, Instant};

use dwc_runner::Mode;
use dwc_tests::project::{Project, Run};
use dwc_tests::warehouse::Warehouse;

const SHOP: &str = "\
#- dwc.yml
name: example
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/warehouse.duckdb }, prod: { type: bigquery, project: p, dataset: dw, location: US } }
#- models/shop.yml
source: shop
type: files
tables:
  stores:
    path: data/stores.csv
    contents: snapshot
    primary_key: [store_id]
    columns: { store_id: INT64, store_name: STRING, updated_at: TIMESTAMP }
#- data/stores.csv
store_id,store_name,updated_at
1,first,2024-01-01T00:00:00Z
2,second,2024-01-01T00:00:00Z
3,,2024-01-01T00:00:00Z
";

/// A project with one dimension over a query.
pub(crate) fn project(query: &str, expr: &str) -> Project {
    let indented = query.replace('\n', "\n  ");
    Project::new(&format!(
        "{SHOP}#- models/store.yml
dimension: store
description: A store.
query: |
  {indented}
natural_key: [store_id]
effective_at: updated_at
attributes:
  store_name:
    scd: 1
    expr: {expr}
"
    ))
}

fn timed(project: &Project, arguments: &[&str]) -> (Run, Duration) {
    let clock = Instant::now();
    let run = project.dwc(arguments);
    (run, clock.elapsed())
}

fn done(run: Run) -> Run {
    assert_eq!(run.code, Some(0), "{}\n{}", run.stderr, run.stdout);
    run
}

/// Work without a bound takes longer than this on any machine; how fast bounded work is, benchmarks say.
const STUCK: Duration = Duration::from_secs(300);

/// The names of the stores that a load gives.
fn names(project: &Project) -> Vec<String> {
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Full);
    let rows = warehouse.rows("SELECT store_name FROM dw.store WHERE store_key > 0 ORDER BY store_id");
    rows.into_iter().flatten().collect()
}

#[test]
fn what_is_nested_too_deep_is_refused_with_a_code_and_what_is_not_runs() {
    let from = "SELECT * FROM {{ source('shop.stores') }}";
    let chain = |part: &str, count: usize| vec![part; count].join("");
    for (count, fits) in [(395, true), (405, false), (3_000, false), (100_000, false)] {
        for query in [
            format!("{from} WHERE store_id = 0{}", chain(" OR store_id = 1", count / 2)),
            format!(
                "SELECT store_id, store_name{} AS store_name, updated_at FROM {{{{ source('shop.stores') }}}}",
                chain(" || 'x'", count)
            ),
            format!(
                "SELECT store_id + 0{} AS store_id, store_name, updated_at FROM {{{{ source('shop.stores') }}}}",
                chain(" + 0 * 1", count / 2)
            ),
            format!("{from}{}", chain(&format!(" UNION ALL {from}"), count)),
        ] {
            if count > 5_000 && query.len() > 4_000_000 {
                continue;
            }
            let project = project(&query, "store_name");
            let (run, took) = timed(&project, &["check"]);
            if fits {
                assert_eq!(run.code, Some(0), "{count} of {}: {}", &query[..120], run.stderr);
            } else {
                assert_eq!(
                    run.code,
                    Some(1),
                    "{count} of {}: {}",
                    &query[..120],
                    &run.stderr[..run.stderr.len().min(500)]
                );
                assert!(run.stderr.contains("DW0114"), "{}", &run.stderr[..run.stderr.len().min(500)]);
            }
            assert!(took < STUCK, "{count} of {} took {took:?}", &query[..120]);
        }
    }
    let deep = |levels: usize| format!("{}store_name{}", "(".repeat(levels), ")".repeat(levels));
    done(project(from, &deep(40)).dwc(&["check"]));
    let run = project(from, &deep(5_000)).dwc(&["check"]);
    assert!(run.code == Some(1) && run.stderr.contains("DW0114"), "{}", run.stderr);
}

#[test]
fn the_longest_rows_of_operators_that_check_takes_are_loaded() {
    let or = vec!["store_id = 2"; 195].join(" OR ");
    let joined = vec!["''"; 390].join(" || ");
    let project = project(
        &format!("SELECT * FROM {{{{ source('shop.stores') }}}} WHERE {or}"),
        &format!("store_name || {joined}"),
    );
    assert_eq!(names(&project), ["second"]);
}

#[test]
fn expressions_that_read_the_one_before_twice_are_not_multiplied() {
    for levels in [3, 5, 9, 20] {
        let mut query =
            "WITH c0 AS (SELECT store_id, store_name, updated_at FROM {{ source('shop.stores') }})".to_owned();
        for level in 1..=levels {
            let before = level - 1;
            query.push_str(&format!(
                ",\n c{level} AS (SELECT a.store_id, b.store_name, a.updated_at FROM c{before} AS a JOIN c{before} AS b ON a.store_id = b.store_id)"
            ));
        }
        query.push_str(&format!("\nSELECT * FROM c{levels} WHERE store_id < 3"));
        let project = project(&query, "store_name");
        let (run, took) = timed(&project, &["compile"]);
        done(run);
        assert!(took < STUCK, "{levels} levels took {took:?}");
        if levels == 3 {
            assert_eq!(names(&project), ["first", "second"]);
        }
    }
}

#[test]
fn findings_beyond_a_number_are_counted() {
    let columns: String = (0..20_000).map(|at| format!("  c{at}: {{ scd: 1, expr: nothing_{at} }}\n")).collect();
    let project = project("SELECT * FROM {{ source('shop.stores') }}", "store_name");
    project.write(
        "models/other.yml",
        &format!("dimension: other\ndescription: Other.\nfrom: shop.stores\nnatural_key: [store_id]\neffective_at: updated_at\nattributes:\n{columns}"),
    );
    let (run, took) = timed(&project, &["check"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("… and 19900 more of DW0602 unknown-column"),
        "{}",
        &run.stderr[run.stderr.len() - 500..]
    );
    assert!(run.stderr.contains("20000 errors"));
    assert!(run.stderr.lines().count() < 2_000);
    assert!(took < STUCK, "{took:?}");
    let (run, took) = timed(&project, &["check", "--format", "json"]);
    assert_eq!(run.stdout.matches("\"DW0602\"").count(), 20_000);
    assert!(took < STUCK, "{took:?}");
}

#[test]
fn places_in_one_long_line_are_found_at_once() {
    let items: Vec<String> = (0..20_000).map(|at| format!("'가{at}'")).collect();
    let query = format!("SELECT * FROM {{{{ source('shop.stores') }}}} WHERE store_name NOT IN ({})", items.join(", "));
    let (run, took) = timed(&project(&query, "store_name"), &["check"]);
    done(run);
    assert!(took < STUCK, "{took:?}");
}
