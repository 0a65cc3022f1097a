//! PostgreSQL sources against a real server: types, increments, first loads, TLS, servers that go away.

mod dated;
mod faults;
mod increments;
mod tls;
mod types;

use dwc_tests::postgres::Postgres;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

/// A project with one source on a server; `tables` is YAML below `tables:`, `settings` YAML of the source.
fn project(url: &str, settings: &str, tables: &str) -> Project {
    let tables: String = tables.lines().map(|line| format!("  {line}\n")).collect();
    Project::new(&format!(
        "#- dwc.yml\nname: shop\ntimezone: Asia/Seoul\ntargets: {{ dev: {{ type: duckdb, path: target/w.duckdb }} }}\n\
         #- models/shop.yml\nsource: shop\ntype: postgres\nurl: \"{url}\"\n{settings}tables:\n{tables}"
    ))
}

/// A server with a database `shop`, and a warehouse of its tables.
fn shop(sql: &str, settings: &str, tables: &str) -> (Postgres, Project, Warehouse) {
    let server = Postgres::start();
    server.query("postgres", "CREATE DATABASE shop");
    server.query("shop", sql);
    let project = project(&server.url("shop"), settings, tables);
    let warehouse = Warehouse::apply(project.path());
    (server, project, warehouse)
}
