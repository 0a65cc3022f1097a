//! Landed tables beside their sources, on real servers: what differs is found, named and mended, and nothing else is said.

mod classes;
mod command;
mod partial;
mod random;
mod values;
mod writer;

use dwc_runner::{Offence, TableReconciled};
use dwc_tests::mariadb::MariaDb;
use dwc_tests::postgres::Postgres;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

/// A server with a database `shop`.
enum Server {
    MariaDb(MariaDb),
    Postgres(Postgres),
}

impl Server {
    fn mariadb() -> Self {
        let server = MariaDb::start();
        server.execute("CREATE DATABASE shop");
        Server::MariaDb(server)
    }

    fn postgres() -> Self {
        let server = Postgres::start();
        server.query("postgres", "CREATE DATABASE shop");
        Server::Postgres(server)
    }

    fn both() -> [Self; 2] {
        [Self::mariadb(), Self::postgres()]
    }

    fn execute(&self, sql: &str) {
        match self {
            Server::MariaDb(server) => server.execute(&format!("USE shop; {sql}")),
            Server::Postgres(server) => drop(server.query("shop", sql)),
        }
    }

    fn query(&self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Server::MariaDb(server) => server.query(&format!("USE shop; {sql}")),
            Server::Postgres(server) => server.query("shop", sql),
        }
    }

    /// A project with the server as its source; `tables` is YAML below `tables:`, `models` further files.
    fn project(&self, tables: &str, models: &str) -> Project {
        let (ty, url) = match self {
            Server::MariaDb(server) => ("mysql", server.url("shop")),
            Server::Postgres(server) => ("postgres", server.url("shop")),
        };
        let tables: String = tables.lines().map(|line| format!("  {line}\n")).collect();
        Project::new(&format!(
            "#- dwc.yml\nname: shop\ntimezone: Asia/Seoul\ntargets: {{ dev: {{ type: duckdb, path: target/w.duckdb }} }}\n\
             #- models/shop.yml\nsource: shop\ntype: {ty}\nurl: \"{url}\"\ntables:\n{tables}{models}"
        ))
    }
}

/// What was said of a table.
fn of<'r>(tables: &'r [TableReconciled], name: &str) -> &'r TableReconciled {
    tables.iter().find(|table| table.table == name).unwrap_or_else(|| panic!("{name} is not among {tables:?}"))
}

/// Findings as a person reads them.
fn told(offences: &[Offence]) -> Vec<String> {
    offences.iter().map(|offence| format!("{} {}", offence.code.id(), offence.keys.join("; "))).collect()
}

/// That a warehouse is what its sources are.
fn assert_clean(warehouse: &Warehouse, context: &str) {
    let found = warehouse.reconcile(false);
    assert!(found.offences().is_empty() && found.told().is_empty(), "{context}\n{:#?}", found);
}
