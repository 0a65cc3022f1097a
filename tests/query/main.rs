//! `dwc query`: its answers are those of plain SQL over the raw rows, and what additivity forbids is refused.
//! It must not know the SQL that is made.

mod profile;

use std::path::Path;
use std::process::Command;

use dwc_compiler::sql::{self, Question};
use dwc_runner::Mode;
use dwc_tests::answers;
use dwc_tests::googlesql::GoogleSql;
use dwc_tests::project::{Project, Run, checked, dwc_binary, repository};
use dwc_tests::warehouse::Warehouse;

const STOCK: &str = "\
#- dwc.yml
name: stock
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/w.duckdb }, prod: { type: bigquery, project: p, dataset: dw } }
#- models/files.yml
source: files
type: files
tables:
  levels: { path: \"levels/{batch}.csv\", contents: snapshot, primary_key: [day, store, item], columns: { day: DATE, store: STRING, item: STRING, on_hand: INT64, value: NUMERIC } }
  sales: { path: \"sales/{batch}.csv\", contents: snapshot, primary_key: [sale], columns: { sale: INT64, day: DATE, sent: DATE, store: STRING, amount: NUMERIC, pieces: INT64 } }
  stores: { path: \"stores/{batch}.csv\", contents: snapshot, primary_key: [store], columns: { store: STRING, region: STRING, at: TIMESTAMP } }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/store.yml
dimension: store
from: files.stores
natural_key: store
effective_at: at
attributes: { region: { scd: 2 } }
#- models/level.yml
fact: level
kind: periodic_snapshot
business_process: stocking
grain: { description: one row per day and store and item, key: [day, store, item] }
from: files.levels
event_time: day
dimensions:
  snapshot_date: { dimension: date, on: day }
  store: { on: store }
degenerate: [item]
measures:
  on_hand: { additive: semi, over: { snapshot_date: last }, unit: piece }
  opening: { expr: on_hand, additive: semi, over: { snapshot_date: first }, unit: piece }
  mean: { expr: on_hand, additive: semi, over: { snapshot_date: average }, unit: piece }
  least: { expr: on_hand, additive: semi, over: { snapshot_date: min }, unit: piece }
  most: { expr: on_hand, additive: semi, over: { snapshot_date: max }, unit: piece }
  value: { additive: semi, over: { snapshot_date: last, store: average }, currency: KRW }
#- models/sale.yml
fact: sale
business_process: selling
grain: { description: one row per sale, key: [sale] }
from: files.sales
event_time: day
on_delete: flag
dimensions:
  sold_date: { dimension: date, on: day }
  sent_date: { dimension: date, on: sent, when_null: not_yet }
  store: { on: store }
measures:
  amount: { additive: all, currency: KRW }
  pieces: { additive: all, unit: piece }
  price: { expr: amount / pieces, additive: none, aggregation: { ratio: [amount, pieces] }, currency: KRW }
  mean_amount: { expr: amount, additive: none, aggregation: average, currency: KRW }
  least_amount: { expr: amount, additive: none, aggregation: min, currency: KRW }
  sizes: { expr: pieces, additive: none, aggregation: count_distinct, unit: size }
  shops: { expr: store, additive: none, aggregation: count_distinct, unit: store }
  bare: { expr: amount, additive: none, currency: KRW }
#- models/back.yml
fact: back
business_process: returning
grain: { description: one row per sale, key: [sale] }
from: files.sales
event_time: sent
dimensions:
  back_date: { dimension: date, on: sent, when_null: not_yet }
  store: { on: store }
measures:
  amount: { additive: all, currency: KRW }
#- levels/2026-03-01.csv
day,store,item,on_hand,value
2026-01-30,a,x,10,1000
2026-01-30,b,x,6,600
2026-01-31,a,x,8,800
2026-01-31,a,y,4,40
2026-02-01,b,x,5,500
2026-02-27,a,x,7,700
2026-02-27,b,x,3,300
#- sales/2026-03-01.csv
sale,day,sent,store,amount,pieces
1,2026-01-30,2026-02-01,a,100,2
2,2026-01-31,2026-02-01,a,90,1
3,2026-01-31,,b,50,2
4,2026-02-02,2026-02-03,b,30,3
#- stores/2025-12-01.csv
store,region,at
a,north,2025-12-01T00:00:00Z
b,south,2025-12-01T00:00:00Z
#- stores/2026-02-01.csv
store,region,at
a,north,2025-12-01T00:00:00Z
b,north,2026-02-01T00:00:00Z
";

fn stock() -> Project {
    loaded(STOCK)
}

fn loaded(text: &str) -> Project {
    let project = Project::new(text);
    for arguments in [&["apply", "--auto-approve"][..], &["run", "--at", "2026-03-02"]] {
        let run = project.dwc(arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
    }
    project
}

/// The rows of an answer, its heading first.
fn answer(project: &Project, arguments: &[&str]) -> Vec<String> {
    let run = project.dwc(&[&["query"], arguments, &["--format", "csv"]].concat());
    assert_eq!(run.code, Some(0), "{arguments:?} {run:?}");
    run.stdout.lines().map(str::to_owned).collect()
}

fn refused(project: &Project, arguments: &[&str]) -> String {
    let Run { stdout, stderr, code } = project.dwc(&[&["query"], arguments].concat());
    assert_eq!(code, Some(1), "{arguments:?} {stdout}");
    stderr
}

#[test]
fn a_balance_is_not_summed_over_time() {
    let stock = stock();
    let ask = |arguments: &[&str]| answer(&stock, arguments);
    let all = "on_hand,opening,mean,least,most";
    let head = "snapshot_date.year_month,on_hand,opening,mean,least,most";
    // January: 16 and 12; February: 5 and 10.
    assert_eq!(
        ask(&[all, "--by", "snapshot_date.year_month"]),
        [head, "2026-01,12,16,14,12,16", "2026-02,10,5,7.5,5,10"]
    );
    assert_eq!(ask(&[all]), ["on_hand,opening,mean,least,most", "10,16,10.75,5,16"]);
    // Store b has no row on the last day of January: no balance there, and 6 over two days on average.
    let by = "snapshot_date.year_month,store.store";
    assert_eq!(
        ask(&["on_hand,mean,least", "--by", by]),
        [
            "snapshot_date.year_month,store.store,on_hand,mean,least",
            "2026-01,a,12,11,10",
            "2026-01,b,,3,6",
            "2026-02,a,7,3.5,7",
            "2026-02,b,3,4,3"
        ]
    );
    assert_eq!(
        ask(&["on_hand", "--by", "date.date"]),
        ["date.date,on_hand", "2026-01-30,16", "2026-01-31,12", "2026-02-01,5", "2026-02-27,10"]
    );
    // A condition on another role leaves the last day where it is; one on the role itself moves it.
    assert_eq!(
        ask(&["on_hand", "--where", "store.store = 'b'", "--where", "date.year_month = '2026-01'"]),
        ["on_hand", ""]
    );
    assert_eq!(ask(&["on_hand", "--where", "date.date < '2026-01-31'"]), ["on_hand", "16"]);
    // On the last day, on average over the stores that have rows on it.
    assert_eq!(ask(&["value", "--by", "date.year_month"]), ["date.year_month,value", "2026-01,840", "2026-02,500"]);
}

#[test]
fn what_is_not_additive_is_asked_as_declared() {
    let stock = stock();
    let ask = |arguments: &[&str]| answer(&stock, arguments);
    let rows = ask(&["price,mean_amount,least_amount,sizes,sale", "--by", "store.store"]);
    assert_eq!(rows[0], "store.store,price,mean_amount,least_amount,sizes,sale");
    let numbers =
        |line: &str| line.split(',').skip(1).map(|text| text.parse::<f64>().expect("a number")).collect::<Vec<_>>();
    let near = |found: Vec<f64>, right: [f64; 5]| found.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(near(numbers(&rows[1]), [190.0 / 3.0, 95.0, 90.0, 2.0, 2.0]), "{rows:?}");
    assert!(near(numbers(&rows[2]), [16.0, 40.0, 30.0, 2.0, 2.0]), "{rows:?}");
    assert!(refused(&stock, &["bare"]).contains("aggregation: average"));
    // What is counted need not be a number.
    let counted = ask(&["shops", "--by", "sold_date.year_month"]);
    assert_eq!(counted, ["sold_date.year_month,shops", "2026-01,2", "2026-02,1"]);
}

#[test]
fn a_condition_without_a_value_is_named() {
    let stock = stock();
    let said =
        refused(&stock, &["sale.amount", "--where", "store.store != ''", "--where", "CAST(store.store AS INT64) = 1"]);
    let told = ["DW0707", "the condition `CAST(store.store AS INT64) = 1`", "is not an INT64"];
    assert!(told.iter().all(|text| said.contains(text)), "{said}");
}

#[test]
fn a_column_that_a_role_is_looked_up_by_tells_its_members_apart() {
    let stock = stock();
    let ask = |arguments: &[&str]| answer(&stock, arguments);
    let days = ["day,on_hand,opening", "2026-01-30,16,16", "2026-01-31,12,12", "2026-02-01,5,5", "2026-02-27,10,10"];
    assert_eq!(ask(&["on_hand,opening", "--by", "day"]), days);
    assert_eq!(ask(&["on_hand", "--where", "day < DATE '2026-02-01'"]), ["on_hand", "12"]);
    assert_eq!(ask(&["on_hand", "--where", "item = 'y'"]), ["on_hand", ""], "what is not of the day moves no period");
}

#[test]
fn facts_meet_on_dimensions() {
    let stock = stock();
    let ask = |arguments: &[&str]| answer(&stock, arguments);
    assert_eq!(
        ask(&["sale.amount,on_hand,back.amount", "--by", "date.year_month"]),
        ["date.year_month,sale.amount,on_hand,back.amount", "2026-01,240,12,", "2026-02,30,10,220", "Not yet,,,50"]
    );
    let by = "sent_date/snapshot_date.year_month";
    let rows = ask(&["sale.amount,on_hand", "--by", by]);
    assert_eq!(rows[0], "date.year_month,amount,on_hand");
    assert!(rows.contains(&"2026-02,220,10".to_owned()), "{rows:?}");
    assert!(
        refused(&stock, &["sale.amount,on_hand", "--by", "snapshot_date.year_month"])
            .contains("several roles of `date`")
    );
    assert!(refused(&stock, &["sale.amount", "--by", "store.regoin"]).contains("`region`"));
    assert!(refused(&stock, &["amount"]).contains("`back.amount`"));
    // As it was, store b was in the south in January; as it is, in the north.
    assert_eq!(ask(&["sale.amount", "--by", "store.region"]), ["store.region,amount", "north,220", "south,50"]);
    assert_eq!(ask(&["sale.amount", "--by", "store.region", "--as-is"]), ["store.region,amount", "north,270"]);
    assert_eq!(
        ask(&["pieces", "--by", "sale", "--order-by", "pieces desc,sale", "--limit", "3"]),
        ["sale,pieces", "4,3", "1,2", "3,2"]
    );
    assert_eq!(ask(&["pieces", "--where", "sale IN (1, 4)"]), ["pieces", "5"]);
    assert!(refused(&stock, &["pieces", "--where", "pieces > 1"]).contains("is a measure"));
    assert!(refused(&stock, &["pieces", "--where", "store.store IN (SELECT 'a')"]).contains("no query of its own"));
    assert_eq!(stock.dwc(&["check", "--format", "csv"]).code, Some(1));
}

#[test]
fn columns_of_an_answer_have_names_of_their_own() {
    let text = STOCK.replace("#- levels/", "  On_Hand: { expr: amount, additive: all, currency: KRW }\n#- levels/");
    let stock = loaded(&text);
    // Engines take names that differ by case alone for one.
    let ask = |arguments: &[&str]| answer(&stock, arguments);
    assert_eq!(ask(&["On_Hand,on_hand"]), ["back.On_Hand,level.on_hand", "270,10"]);
    assert_eq!(ask(&["on_hand"]), ["on_hand", "10"]);
    // The key of the fact and the count of its rows are both called by its name.
    assert_eq!(ask(&["sale", "--by", "sale", "--where", "sale < 3"]), ["sale,sale.rows", "1,1", "2,1"]);
    assert_eq!(ask(&["sale,back.amount"]), ["sale,amount", "4,270"]);
}

#[test]
fn deleted_rows_count_where_they_are_asked_for() {
    let stock = stock();
    let gone = stock.read("sales/2026-03-01.csv").replace("2,2026-01-31,2026-02-01,a,90,1\n", "");
    stock.write("sales/2026-03-03.csv", &gone);
    let run = stock.dwc(&["run", "--at", "2026-03-04"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(answer(&stock, &["sale.amount,sale"]), ["amount,sale", "180,3"]);
    assert_eq!(answer(&stock, &["sale.amount,sale", "--with-deleted"]), ["amount,sale", "270,4"]);
}

#[test]
fn the_statement_is_one_that_bigquery_takes() {
    let stock = Project::new(STOCK);
    let project = checked(stock.path());
    let analyzer = GoogleSql::start();
    let manifest = sql::manifest(&project, dwc_compiler::model::TargetType::Bigquery, "dw");
    let ddl = sql::change_statements(
        &project,
        dwc_compiler::model::TargetType::Bigquery,
        "dw",
        &dwc_compiler::plan::diff(None, &manifest),
    );
    let ddl: String = ddl.iter().map(|statement| format!("{};\n", statement.sql)).collect();
    let dialect = sql::dialect(dwc_compiler::model::TargetType::Bigquery);
    assert_eq!(analyzer.analyze_script(&ddl), []);
    let words = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    for as_is in [false, true] {
        let question = Question {
            measures: words("on_hand,mean,value,least,sale.amount,back.amount,price,sizes,sale"),
            by: words("date.year_month,store.region"),
            filters: vec!["store.region != 'x' AND date.year = 2026".to_owned()],
            order_by: words("on_hand desc"),
            limit: Some(10),
            as_is,
            with_deleted: false,
        };
        let text = sql::drill_across(&project, dialect, "dw", &question).expect("an answer");
        let problems = analyzer.analyze_script(&format!("{text};\n"));
        assert!(problems.is_empty(), "{problems:?}\n{text}");
    }
}

/// Every measure of the sample by every attribute, beside plain SQL over the rows of its files.
#[test]
fn every_measure_by_every_attribute_of_the_sample() {
    let root = repository();
    let warehouse = Warehouse::apply(&root);
    warehouse.run(Mode::Incremental);
    let setup = std::fs::read_to_string(root.join("tests/warehouses/marketplace/raw.sql")).expect("the raw rows");
    warehouse.execute(&setup.replace("@root", &root.display().to_string()));
    let asked = answers::compare(&warehouse);
    assert!(asked > 600, "{asked} answers");
}

/// The same of a star with every kind of semi-additive and non-additive measure.
#[test]
fn every_measure_by_every_attribute_of_the_stock() {
    let stock = Project::new(STOCK);
    let warehouse = Warehouse::apply(stock.path());
    warehouse.run(Mode::Incremental);
    let place = |name: &str| stock.path().join(name).display().to_string();
    warehouse.execute(&format!(
        "CREATE SCHEMA raw;
         CREATE TABLE raw.level AS SELECT *, on_hand AS opening, on_hand AS mean, on_hand AS least, on_hand AS most
           FROM read_csv('{}');
         CREATE TABLE raw.sale AS SELECT *, amount AS mean_amount, amount AS least_amount, pieces AS sizes, store AS shops
           FROM read_csv('{1}', types = {{'sent': 'DATE'}});
         CREATE TABLE raw.back AS SELECT * FROM read_csv('{1}', types = {{'sent': 'DATE'}});
         CREATE TABLE raw.store AS SELECT store, region,
           CASE WHEN lag(moment) OVER w IS NULL THEN TIMESTAMP '0001-01-01' ELSE moment END AS since,
           coalesce(lead(moment) OVER w, TIMESTAMP '9999-12-31') AS until
           FROM (SELECT DISTINCT store, region, CAST(\"at\" AS TIMESTAMP) + INTERVAL 9 HOUR AS moment FROM read_csv('{2}'))
           WINDOW w AS (PARTITION BY store ORDER BY moment);",
        place("levels/*.csv"),
        place("sales/*.csv"),
        place("stores/*.csv"),
    ));
    let asked = answers::compare(&warehouse);
    assert!(asked > 300, "{asked} answers");
}

/// Every example of the page, asked of the sample.
#[test]
fn every_example_of_the_page_is_answered() {
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["dwc.yml", "models"] {
        let done = Command::new("cp").arg("-r").arg(repository().join(name)).arg(copy.path()).status();
        assert!(done.is_ok_and(|status| status.success()), "{name}");
    }
    let dwc = |arguments: &[String]| {
        let output = Command::new(dwc_binary()).args(arguments).current_dir(copy.path()).output().expect("dwc starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().count()
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    dwc(&words("apply --auto-approve"));
    dwc(&words("run --at 2026-04-01"));
    let page = std::fs::read_to_string(Path::new(&repository()).join("docs/query.md")).expect("the page");
    let examples: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("$ dwc ")).collect();
    assert!(examples.len() > 5);
    for example in examples {
        // A quoted word holds its spaces.
        let arguments: Vec<String> = example
            .split('"')
            .enumerate()
            .flat_map(|(at, text)| {
                if at % 2 == 1 { vec![text.to_owned()] } else { text.split_whitespace().map(str::to_owned).collect() }
            })
            .collect();
        assert!(dwc(&arguments) > 1, "{example}");
    }
}
