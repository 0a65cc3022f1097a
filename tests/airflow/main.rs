//! The exported DAGs in a real Airflow: imported, run, and skipped where a source is down.

use std::path::PathBuf;
use std::process::Command;

use dwc_runner::DuckDbWarehouse;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::{Project, dwc_binary, repository};

const SHOP: &str = "\
#- dwc.yml
name: shop of 서울
timezone: Asia/Seoul
targets: { dev: { type: duckdb, path: target/w.duckdb } }
#- models/shop.yml
source: shop
type: mysql
url: \"{{ env('SHOP_DB_URL') }}\"
retries: 0
tables:
  stores:
    primary_key: store_id
    cursor: updated_at
    columns: { store_id: INT64, store_name: STRING, updated_at: DATETIME }
#- models/visits.yml
source: visits
type: files
tables:
  visits: { path: \"visits/{batch}.csv\", primary_key: visit_id, columns: { visit_id: INT64, store_id: INT64, visited_at: TIMESTAMP, minutes: INT64 } }
#- models/store.yml
dimension: store
description: A store.
from: shop.stores
natural_key: store_id
attributes: { store_name: { scd: 1 } }
#- models/visit.yml
fact: visit
description: Visits of stores.
business_process: visiting
grain: { description: one row per visit, key: visit_id }
from: visits.visits
event_time: visited_at
dimensions: { store: { on: store_id } }
measures: { minutes: { additive: all } }
#- visits/2026-03-01.csv
visit_id,store_id,visited_at,minutes
1,1,2026-03-01 03:00:00,5
";

/// An Airflow with its own home, whose DAGs are those of a project.
struct Airflow<'p> {
    commands: PathBuf,
    project: &'p Project,
    url: String,
}

impl Airflow<'_> {
    fn run(&self, arguments: &[&str]) -> String {
        let home = self.project.path().join("airflow");
        let output = Command::new(self.commands.join("airflow"))
            .args(arguments)
            .env("AIRFLOW_HOME", &home)
            .env("AIRFLOW__CORE__DAGS_FOLDER", home.join("dags"))
            .env("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
            .env("NO_COLOR", "1")
            .env("SHOP_DB_URL", &self.url)
            .output()
            .expect("airflow starts; install it with `tools/setup-tests`");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{said}");
        said
    }

    /// Runs a DAG to its end, and says how often a task was skipped because of its exit code.
    fn dag(&self, arguments: &[&str]) -> usize {
        let said = self.run(&[&["dags", "test"], arguments].concat());
        assert!(said.contains("state=success"), "{said}");
        said.matches("Bash command returned exit code 99. Skipping.").count()
    }

    fn export(&self, per: &str) {
        let command = dwc_binary().display().to_string();
        let out = self.project.path().join("airflow/dags/dwc_shop.py").display().to_string();
        let run = self.project.dwc(&["export", "airflow", "--per", per, "--command", &command, "--out", &out]);
        assert_eq!(run.code, Some(0), "{run:?}");
    }
}

fn airflow() -> PathBuf {
    let tool = repository().join("tools/setup-tests");
    let output = Command::new(tool).arg("--print-airflow").output().expect("tools/setup-tests starts");
    assert!(output.status.success(), "Airflow is missing; install it with `tools/setup-tests`");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

#[test]
fn the_dags_load_and_skip() {
    let mut server = MariaDb::start();
    server.execute(
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1; CREATE DATABASE shop; USE shop;
         CREATE TABLE stores (store_id INT PRIMARY KEY, store_name VARCHAR(20), updated_at DATETIME);
         INSERT INTO stores VALUES (1, '하나', '2026-03-01')",
    );
    let project = Project::new(SHOP);
    let applied = project.dwc(&["apply", "--auto-approve"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let airflow = Airflow { commands: airflow(), project: &project, url: server.url("shop") };
    let file = project.path().join("target/w.duckdb").display().to_string();
    let rows = |sql: &str| -> Vec<String> {
        let engine = DuckDbWarehouse::open(&file).expect("it opens");
        engine.rows(sql).expect("rows").into_iter().flatten().map(Option::unwrap_or_default).collect()
    };
    let stores = || rows("SELECT store_name FROM dw.store WHERE store_key > 0 ORDER BY store_id");
    airflow.export("model");
    airflow.run(&["db", "migrate"]);
    airflow.run(&["pools", "set", "dwc", "1", "one writer of the warehouse"]);

    let id = |name: &str| format!("shop_20of_20_c11c_c6b8_{name}");
    assert_eq!(airflow.dag(&[&id("hourly")]), 0);
    assert_eq!(stores(), ["하나"]);
    assert_eq!(rows("SELECT COUNT(*) FROM dw.visit"), ["1"]);

    // An interval brings what its rows say; its parameters are words, whatever they hold.
    server.execute("INSERT INTO shop.stores VALUES (2, '둘', '2026-03-01 05:00:00'), (3, '셋', '2026-03-05')");
    let interval = "{\"from\": \"2026-02-28T19\", \"to\": \"2026-02-28T21\"}";
    assert_eq!(airflow.dag(&[&id("interval"), "--conf", interval]), 0);
    assert_eq!(stores(), ["하나", "둘"]);

    // A source that is down is skipped, and what needs nothing else with it; the rest goes on.
    airflow.export("source");
    server.stop();
    project.write("visits/2026-03-02.csv", "visit_id,store_id,visited_at,minutes\n2,1,2026-03-02 03:00:00,7\n");
    assert_eq!(airflow.dag(&[&id("hourly")]), 1);
    assert_eq!(rows("SELECT COUNT(*) FROM dw.visit"), ["2"]);
    server.start_again();
    assert_eq!(airflow.dag(&[&id("nightly")]), 0);
    assert_eq!(stores(), ["하나", "둘", "셋"]);
}
