//! Who is told what happened in a run: a real server takes the messages, and each is compared with what the run did. Runs are
//! remembered with their reports, and metrics say the same in numbers.

mod told;

use dwc_tests::project::{Project, Run};

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: warehouse.duckdb }, other: { type: duckdb, path: other.duckdb } }
notify:
  everyone: { to: \"{{ env('HOOKS') }}/everyone\" }
  chat: { to: \"{{ env('HOOKS') }}/chat\", format: slack, on: [failed, held_back, stopped, recovered] }
  cards: { to: \"{{ env('HOOKS') }}/cards\", format: teams, on: [held_back], owner: Sales & <friends> }
  stock_team: { to: \"{{ env('HOOKS') }}/stock\", select: [tag:stock] }
  elsewhere: { to: \"{{ env('HOOKS') }}/elsewhere\", targets: other }
#- models/shop.yml
source: shop
type: files
tables:
  orders:
    path: data/orders/{batch}.csv
    primary_key: [order_id, line_no]
    columns: { order_id: INT64, line_no: INT64, ordered_at: TIMESTAMP, amount: NUMERIC }
#- models/depot.yml
source: depot
type: files
tables:
  stock:
    path: data/stock/{batch}.csv
    primary_key: [item]
    columns: { item: INT64, counted_at: TIMESTAMP, pieces: INT64 }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/sale.yml
fact: sale
owner: Sales & <friends>
business_process: ordering
grain:
  description: one row per order
  key: order_id
from: shop.orders
event_time: ordered_at
dimensions: { order_date: { dimension: date, on: ordered_at } }
measures: { amount: { additive: all, currency: KRW } }
#- models/daily.yml
fact: daily
kind: aggregate
business_process: ordering
grain: { description: one row per day }
from: sale
dimensions: { order_date: {} }
measures: { total: { expr: SUM(amount), additive: all, currency: KRW } }
#- models/count.yml
fact: stock_count
tags: [stock]
business_process: counting
grain: { description: one row per item, key: item }
from: depot.stock
event_time: counted_at
dimensions: { count_date: { dimension: date, on: counted_at } }
measures: { pieces: { additive: semi, over: { count_date: last } } }
#- data/orders/2026-03-01.csv
order_id,line_no,ordered_at,amount
1,1,2026-03-01 01:00:00,1000
#- data/stock/2026-03-01.csv
item,counted_at,pieces
1,2026-03-01 00:00:00,5
";

/// Two lines of one order, which the grain rules out.
const DOUBLED: &str = "order_id,line_no,ordered_at,amount\n7,1,2026-03-02 01:00:00,100\n7,2,2026-03-02 01:00:00,200\n";

/// The shop, applied.
fn project() -> Project {
    let project = Project::new(SHOP);
    for target in ["dev", "other"] {
        let applied = project.dwc(&["apply", "--auto-approve", "--target", target]);
        assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    }
    project
}

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

#[test]
fn runs_are_listed_and_shown_with_what_they_did() {
    let project = project();
    assert!(project.dwc(&["runs"]).stderr.contains("nothing has been run in this warehouse"));
    assert_eq!(project.dwc_with(&[("HOOKS", "http://127.0.0.1:9")], &["run", "--env", "x"]).code, Some(1));
    assert_eq!(project.dwc(&["run"]).code, Some(0));
    project.write("data/orders/2026-03-02.csv", DOUBLED);
    assert_eq!(project.dwc(&["run"]).code, Some(1));

    let all = json(&project.dwc(&["runs", "--format", "json"]));
    let all = all.as_array().expect("a list");
    let said: Vec<(i64, &str)> =
        all.iter().map(|run| (run["run"].as_i64().unwrap_or(0), run["status"].as_str().unwrap_or(""))).collect();
    assert_eq!(said, [(2, "held_back"), (1, "done")]);
    for run in all {
        let (started, finished) = (run["started_at"].as_str(), run["finished_at"].as_str());
        assert!(started.is_some() && started <= finished, "{run}");
    }
    let listed = project.dwc(&["runs"]).stdout;
    let line = |number: &str| listed.lines().find(|line| line.contains(&format!("│ {number:>3} "))).unwrap_or("");
    // Two order lines landed, and no row of the star changed.
    let cells: Vec<&str> = line("2").split('┆').flat_map(|part| part.split_whitespace()).collect();
    assert!(line("2").contains("held_back") && line("2").contains("sale held back"), "{listed}");
    assert!(cells.contains(&"2") && cells.contains(&"0"), "{listed}");
    assert_eq!(json(&project.dwc(&["runs", "--limit", "1", "--format", "json"])).as_array().map(Vec::len), Some(1));

    let shown = project.dwc(&["runs", "show", "2"]);
    for part in
        ["run 2 (incremental) was started at", ": held back", "shop.orders", "is not complete: one model was held back"]
    {
        assert!(shown.stdout.contains(part), "`{part}` is not in {}", shown.stdout);
    }
    assert_eq!(json(&project.dwc(&["runs", "show", "--format", "json"]))["run"], 2);
    assert_eq!(json(&project.dwc(&["runs", "show", "1", "--format", "json"]))["report"]["models"][0]["inserted"], 1);
    let unknown = project.dwc(&["runs", "show", "9"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("the warehouse remembers no run 9"), "{}", unknown.stderr);
}

#[test]
fn metrics_say_what_a_run_did() {
    let project = project();
    assert_eq!(project.dwc(&["run", "--metrics", "dwc.prom"]).code, Some(0));
    let samples = |project: &Project| -> std::collections::BTreeMap<String, f64> {
        let text = project.read("dwc.prom");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.rsplit_once(' ').expect("a sample"))
            .map(|(name, value)| (name.to_owned(), value.parse().expect("a number")))
            .collect()
    };
    let first = samples(&project);
    let of = "project=\"shop\",target=\"dev\"";
    assert_eq!(first[&format!("dwc_run_success{{{of}}}")], 1.0);
    assert_eq!(first[&format!("dwc_run_number{{{of}}}")], 1.0);
    assert_eq!(first[&format!("dwc_source_rows{{{of},table=\"shop.orders\",outcome=\"inserted\"}}")], 1.0);
    assert_eq!(first[&format!("dwc_model_rows{{{of},model=\"sale\",outcome=\"inserted\"}}")], 1.0);
    assert_eq!(first[&format!("dwc_model_loaded{{{of},model=\"daily\"}}")], 1.0);

    project.write("data/orders/2026-03-02.csv", DOUBLED);
    assert_eq!(project.dwc(&["run", "--metrics", "dwc.prom"]).code, Some(1));
    let second = samples(&project);
    assert_eq!(second[&format!("dwc_run_success{{{of}}}")], 0.0);
    for (model, loaded) in [("sale", 0.0), ("daily", 0.0), ("stock_count", 1.0)] {
        assert_eq!(second[&format!("dwc_model_loaded{{{of},model=\"{model}\"}}")], loaded, "{model}");
    }
    // Every metric is declared once, before its samples.
    let text = project.read("dwc.prom");
    let mut declared = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# TYPE ") {
            Some(line) => declared.push(line.split(' ').next().unwrap_or_default()),
            None if line.starts_with('#') => {}
            None => assert_eq!(line.split('{').next(), declared.last().copied(), "{text}"),
        }
    }
    assert_eq!(declared.len(), declared.iter().collect::<std::collections::BTreeSet<_>>().len());
    // A run that fails before it has a report says that, too.
    project.write("models/date.yml", &project.read("models/date.yml").replace("2026-12-31", "2027-12-31"));
    assert_eq!(project.dwc(&["run", "--metrics", "dwc.prom"]).code, Some(1));
    assert_eq!(samples(&project)[&format!("dwc_run_success{{{of}}}")], 0.0);
}
