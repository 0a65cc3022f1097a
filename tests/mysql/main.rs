//! MySQL sources against a real server: types, increments, deletes, error events, servers that are down.

mod collation;
mod faults;
mod first_load;
mod increments;
mod schema_changes;
mod tls;
mod types;
mod windows;

use dwc_tests::mariadb::MariaDb;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

/// A project with one source on a server; `tables` is YAML below `tables:`.
fn project(url: &str, tables: &str) -> Project {
    let tables: String = tables.lines().map(|line| format!("  {line}\n")).collect();
    Project::new(&format!(
        "#- dwc.yml\nname: shop\ntimezone: Asia/Seoul\ntargets: {{ dev: {{ type: duckdb, path: target/w.duckdb }} }}\n\
         #- models/shop.yml\nsource: shop\ntype: mysql\nurl: \"{url}\"\ntables:\n{tables}"
    ))
}

/// A server with a database `shop`, and a warehouse of its tables.
fn shop(sql: &str, tables: &str) -> (MariaDb, Project, Warehouse) {
    let server = MariaDb::start();
    server.execute(&format!("CREATE DATABASE shop; USE shop; {sql}"));
    let project = project(&server.url("shop"), tables);
    let warehouse = Warehouse::apply(project.path());
    (server, project, warehouse)
}
