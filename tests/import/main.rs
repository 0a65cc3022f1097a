//! `dwc import`: what it writes passes `dwc check` unchanged, loads, and says what a person has to decide.

use dwc_runner::DuckDbWarehouse;
use dwc_tests::mariadb::MariaDb;
use dwc_tests::postgres::Postgres;
use dwc_tests::project::{Project, Run};

const EMPTY: &str =
    "#- dwc.yml\nname: imported\ntimezone: Asia/Seoul\ntargets: { dev: { type: duckdb, path: target/w.duckdb } }\n";

const SHOP: &str = "CREATE DATABASE shop; USE shop;
  CREATE TABLE stores (store_id INT PRIMARY KEY, name VARCHAR(50) COMMENT 'What \"it\" is called: ', open_now TINYINT(1),
    grade TINYINT(1), opened DATE, updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    KEY (updated_at)) COMMENT 'A store # that sells';
  CREATE TABLE `order-items` (order_id BIGINT UNSIGNED, line_no INT, store_id INT, price DECIMAL(12, 2), wide DECIMAL(40, 12),
    span TIME, clock TIME, doc JSON, place POINT, modified DATETIME NULL, `odd name` INT, deleted_at DATETIME NULL,
    PRIMARY KEY (order_id, line_no), FOREIGN KEY (store_id) REFERENCES stores (store_id));
  CREATE TABLE payments (id BIGINT PRIMARY KEY, paid DECIMAL(12, 2), created_at DATETIME DEFAULT CURRENT_TIMESTAMP);
  CREATE TABLE log (message TEXT);
  CREATE VIEW latest AS SELECT * FROM stores;
  INSERT INTO stores (store_id, name, open_now, grade, opened) VALUES (1, 'Mapo', 1, 3, '2026-01-01');
  INSERT INTO `order-items` VALUES (1, 1, 1, 9.90, 1.5, '30:00:00', '10:00:00', '{}', POINT(1, 2), '2026-01-01', 1, NULL);
  INSERT INTO payments VALUES (1, 9.90, '2026-01-01');";

fn done(run: Run) -> Run {
    assert_eq!(run.code, Some(0), "{run:?}");
    run
}

#[test]
fn a_database_becomes_a_source_that_loads() {
    let server = MariaDb::start();
    server.execute(SHOP);
    let project = Project::new(EMPTY);
    let address = server.url("shop");
    let variables = [("SHOP_DB_URL", address.as_str())];
    let out = "models/sources/shop.yml";
    let run = done(
        project.dwc_with(&variables, &["import", "mysql", "--name", "shop", "--url-env", "SHOP_DB_URL", "--out", out]),
    );
    assert!(run.stdout.is_empty(), "{run:?}");
    let text = project.read(out);
    assert!(!text.contains("127.0.0.1"), "{text}");
    assert_eq!(text, include_str!("shop.yml"), "{text}");
    done(project.dwc(&["check"]));
    done(project.dwc(&["apply", "--auto-approve"]));
    let run = done(project.dwc_with(&variables, &["run", "--format", "json"]));
    for table in ["shop.stores", "shop.order_items", "shop.payments"] {
        assert!(run.stdout.contains(table), "{run:?}");
    }
    let again =
        project.dwc_with(&variables, &["import", "mysql", "--name", "shop", "--url-env", "SHOP_DB_URL", "--out", out]);
    assert_eq!(again.code, Some(1), "{again:?}");
}

#[test]
fn names_that_differ_by_case_are_told_apart() {
    let server = MariaDb::start();
    server.execute(
        "CREATE DATABASE cased; USE cased;
         CREATE TABLE orders (id INT PRIMARY KEY); CREATE TABLE Orders (id INT PRIMARY KEY);
         CREATE TABLE orders_2 (id INT PRIMARY KEY);
         INSERT INTO orders VALUES (1); INSERT INTO Orders VALUES (1), (2); INSERT INTO orders_2 VALUES (1), (2), (3);",
    );
    let project = Project::new(EMPTY);
    let address = server.url("cased");
    let variables = [("DB_URL", address.as_str())];
    let out = "models/sources/cased.yml";
    let import = ["import", "mysql", "--name", "cased", "--url-env", "DB_URL", "--out", out];
    done(project.dwc_with(&variables, &import));
    done(project.dwc(&["check"]));
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc_with(&variables, &["run"]));
    let warehouse =
        DuckDbWarehouse::open(&project.path().join("target/w.duckdb").to_string_lossy()).expect("a warehouse");
    let counts = ["Orders", "orders", "orders_2"].map(|physical| {
        // The line above the physical name is the name in the project.
        let text = project.read(out);
        let before = text.split_once(&format!("    name: \"{physical}\"\n")).map(|(before, _)| before);
        let name =
            before.and_then(|before| before.lines().last()).map_or(physical, |line| line.trim().trim_matches(':'));
        warehouse.rows(&format!("SELECT count(*) FROM dw_landing.cased__{name}")).expect("rows")[0][0]
            .clone()
            .unwrap_or_default()
    });
    assert_eq!(counts, ["2", "1", "3"], "{}", project.read(out));
}

#[test]
fn what_a_collation_does_besides_case_is_said_as_the_server_does_it() {
    let server = MariaDb::start();
    let known = "SELECT FULL_COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY \
        WHERE FULL_COLLATION_NAME REGEXP \
        '^utf8mb4_(general|unicode|unicode_520|uca1400)(_nopad)?(_ai|_as)?_c[is]$|^utf8mb4_(nopad_)?bin$' ORDER BY 1";
    let collations: Vec<String> = server.query(known).into_iter().map(|row| row[0].clone()).collect();
    assert!(collations.len() > 8, "{collations:?}");
    let columns: Vec<String> = collations
        .iter()
        .map(|name| format!("{name} VARCHAR(20) CHARACTER SET utf8mb4 COLLATE {name} NOT NULL UNIQUE"))
        .collect();
    server.execute(&format!(
        "CREATE DATABASE texts; USE texts; CREATE TABLE t (id INT PRIMARY KEY, free VARCHAR(20), {})",
        columns.join(", ")
    ));
    let project = Project::new(EMPTY);
    let address = server.url("texts");
    let variables = [("DB_URL", address.as_str())];
    let out = "models/sources/texts.yml";
    done(project.dwc_with(&variables, &["import", "mysql", "--name", "texts", "--url-env", "DB_URL", "--out", out]));
    done(project.dwc(&["check"]));
    let text = project.read(out);
    let said = |what: &str, name: &str| {
        let ending = format!(" that differ in {what} alone are equal in the source and different here");
        text.lines().any(|line| line.ends_with(&ending) && line.contains(&format!("`{name}`")))
    };
    for name in &collations {
        let equal = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|text| text.bytes().map(|b| format!("{b:02X}")).collect::<String>());
            server.query(&format!("SELECT _utf8mb4 X'{one}' COLLATE {name} = _utf8mb4 X'{other}'"))[0][0] == "1"
        };
        let what = match (equal("S\u{e9}", "Se"), equal("Se ", "Se")) {
            (true, true) => "accents or spaces at the end",
            (true, false) => "accents",
            (false, true) => "spaces at the end",
            (false, false) => "",
        };
        for told in ["accents or spaces at the end", "accents", "spaces at the end"] {
            assert_eq!(said(told, name), told == what, "{name} {told}\n{text}");
        }
        let folds = text.contains(&format!("      {name}: {{ type: STRING, collation: \"und:ci\" }}"));
        assert_eq!(folds, equal("sE", "Se"), "{name}\n{text}");
    }
    assert!(!text.contains("`free`"), "{text}");
}

#[test]
fn a_postgres_database_becomes_a_source_that_loads() {
    let server = Postgres::start();
    server.query(
        "postgres",
        r#"CREATE SCHEMA sales; CREATE TYPE mood AS ENUM ('good', 'bad');
           CREATE TABLE stores (store_id INT PRIMARY KEY, name TEXT, opened DATE, feeling mood, place INET,
             updated_at TIMESTAMPTZ NOT NULL DEFAULT now());
           CREATE INDEX ON stores (updated_at);
           COMMENT ON TABLE stores IS 'A store # that sells'; COMMENT ON COLUMN stores.name IS 'What "it" is called: ';
           CREATE TABLE sales."Order Items" (order_id BIGINT, line_no INT, store_id INT REFERENCES stores (store_id),
             price NUMERIC(12, 2), wide NUMERIC(40, 12), free NUMERIC, tags TEXT[], doc JSONB, raw BYTEA, span INTERVAL,
             modified TIMESTAMP, "odd name" INT, deleted_at TIMESTAMP, PRIMARY KEY (order_id, line_no));
           CREATE TABLE visits (id BIGINT, day DATE, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
           CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
           CREATE TABLE log (message TEXT); CREATE VIEW latest AS SELECT * FROM stores;
           INSERT INTO stores VALUES (1, 'Mapo', '2026-01-01', 'good', '10.0.0.1');
           INSERT INTO sales."Order Items" (order_id, line_no, price, tags) VALUES (1, 1, 9.90, '{a,b}');
           INSERT INTO visits VALUES (1, '2026-01-01')"#,
    );
    let project = Project::new(EMPTY);
    let address = server.url("postgres");
    let variables = [("SHOP_DB_URL", address.as_str())];
    let out = "models/sources/shop.yml";
    let import = ["import", "postgres", "--name", "shop", "--url-env", "SHOP_DB_URL", "--out", out];
    done(project.dwc_with(&variables, &import));
    let text = project.read(out);
    assert_eq!(text, include_str!("postgres.yml"), "{text}");
    done(project.dwc(&["check"]));
    done(project.dwc(&["apply", "--auto-approve"]));
    let run = done(project.dwc_with(&variables, &["run", "--format", "json"]));
    for table in ["shop.stores", "shop.sales_Order_Items", "shop.visits"] {
        assert!(run.stdout.contains(table), "{run:?}");
    }
}

#[test]
fn a_server_that_is_down_is_said_without_its_address() {
    let project = Project::new(EMPTY);
    let run = project.dwc_with(
        &[("SHOP_DB_URL", "mysql://root:hunter2@127.0.0.1:1/shop")],
        &["import", "mysql", "--name", "shop", "--url-env", "SHOP_DB_URL"],
    );
    assert!(run.code.is_some_and(|code| code != 0) && run.stderr.contains("DW0930"), "{run:?}");
    assert!(!run.stderr.contains("hunter2"), "{run:?}");
}

#[test]
fn an_address_in_place_of_a_variable_is_refused_without_its_password() {
    let project = Project::new(EMPTY);
    for (kind, address) in [
        ("mysql", "mysql://root:hunter2@127.0.0.1:3306/shop"),
        ("postgres", "postgres://root:hunter2@127.0.0.1:5432/shop"),
        ("mysql", "hunter2 is the password"),
        ("mysql", "DB_URL') }} hunter2"),
    ] {
        let run = project.dwc(&["import", kind, "--name", "shop", "--url-env", address, "--out", "models/shop.yml"]);
        assert!(run.code == Some(1) && run.stderr.contains("DW0934"), "{run:?}");
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
        assert!(!project.path().join("models/shop.yml").exists());
    }
}

#[test]
fn files_become_a_source_that_loads() {
    let project = Project::new(EMPTY);
    for (name, text) in [
        (
            "data/orders/2026-03-01T09.csv",
            "order_id,line_no,sku,price,note,updated_at\n1,1,007,9.90,a,2026-03-01 08:00:00\n1,2,010,0.5,,2026-03-01 08:00:00\n",
        ),
        (
            "data/orders/2026-03-01T10.csv",
            "order_id,line_no,sku,price,note,updated_at\n2,1,011,1,b,2026-03-01 09:30:00\n",
        ),
        ("data/sellers_20260301.csv", "seller_id,name\n1,Kim\n2,Lee\n3,Park\n4,Choi\n"),
        ("data/sellers_20260302.csv", "seller_id,name\n1,Kim\n2,Lee\n3,Park\n5,Jung\n"),
        (
            "data/events.ndjson",
            "{\"id\": 1, \"tags\": [\"a\"], \"at\": \"2026-03-01 10:00:00\", \"ratio\": 0.5}\n{\"id\": 2, \"tags\": [], \"at\": null, \"ratio\": 1}\n",
        ),
        ("data/words.csv", "word,odd name\na,1\na,1\n"),
        ("data/readme.txt", "not data\n"),
    ] {
        project.write(name, text);
    }
    done(project.dwc(&["import", "files", "--name", "drop", "data", "--out", "models/drop.yml"]));
    let text = project.read("models/drop.yml");
    assert_eq!(text, include_str!("drop.yml"), "{text}");
    done(project.dwc(&["check"]));
    done(project.dwc(&["apply", "--auto-approve"]));
    let run = done(project.dwc(&["run", "--format", "json"]));
    assert!(run.stdout.contains("drop.orders") && run.stdout.contains("drop.events"), "{run:?}");
    let run = done(project.dwc(&["import", "files", "--name", "words", "data/w*.csv"]));
    assert!(run.stdout.contains("path: \"data/words.csv\""), "{run:?}");
    assert_eq!(project.dwc(&["import", "files", "--name", "none", "nothing"]).code, Some(1));
}

/// Odd files, each with the settings and columns that are proposed for it.
const ODD: &[(&str, &[u8], &str)] = &[
    ("semicolons.csv", b"id;price\n1;1,5\n2;2,5\n", "delimiter: \";\""),
    ("tabs.csv", b"id\tsize\n1\t5\" inch\n2\t6\" inch\n", "quote: \"\""),
    ("pipes.csv", b"id|at|v\n1|2026-03-01 09:00:00|\\N\n2|2026-03-01 10:00:00|7\n", "null_marker: \"\\\\N\""),
    ("korean.csv", b"id,\xb1\xdd\xbe\xd7(\xbf\xf8)\n1,10\n2,20\n", "encoding: cp949"),
    ("latin.csv", b"id,city\n1,M\xfcnchen\n", "encoding: windows-1252"),
    ("wide.csv", b"\xff\xfei\0d\0,\0v\0\n\x001\0,\0a\0\n\0", "encoding: utf-16"),
    ("escaped.csv", b"id,v\n1,\"a \\\" b\"\n", "escape: \"\\\\\""),
    ("doubled.csv", b"id,v,v,,_x,odd name,ID\n1,a,b,c,d,e,f\n", "name: \"v#2\""),
    ("codes.csv", b"id,zip,phone,n,big,f,day,when,t\n1,00123,+821,1.50,12345678901234567890,1e5,2026-3-1,2026-03-01T09:00:00Z,09:30\n", "when: TIMESTAMP"),
    ("quoted.csv", b"\"id\",\"a \"\"b\"\" c\"\n1,\"x\ny\"\n2,\"\"\n", "name: \"a \\\"b\\\" c\""),
    ("broken.csv", b"id,v\n1,a\n2,\"b\n3,c,d\n4,e\n5,\"x, y\"\n6,\"z, y\"\n7,f\n", "v: STRING"),
    ("bom.csv", b"\xef\xbb\xbfid,v\n1,a\n", "id: INT64"),
    ("lines.csv", b"id,v\r1,a\r2,b\r", "v: STRING"),
    ("one.csv", b"just one\n1\n2\n", "name: \"just one\""),
    ("head.csv", b"id,v\n", "id: STRING"),
    ("keys.ndjson", "{\"id\": 1, \"금액(원)\": 12345678901234567890, \"doc\": {\"a\": 1}}\n{\"id\": 2, \"_x\": true}\n".as_bytes(), "name: \"금액(원)\""),
];

#[test]
fn what_is_written_of_odd_files_passes_and_runs() {
    let project = Project::new(EMPTY);
    for (name, bytes, _) in ODD {
        std::fs::create_dir_all(project.path().join("data")).expect("a folder");
        std::fs::write(project.path().join("data").join(name), bytes).expect("a file");
    }
    done(project.dwc(&["import", "files", "--name", "odd", "data", "--out", "models/odd.yml"]));
    let text = project.read("models/odd.yml");
    let tables: Vec<&str> = text.split("    path: ").collect();
    for (name, _, expected) in ODD {
        let table = tables.iter().find(|table| table.starts_with(&format!("\"data/{name}\"")));
        assert!(table.is_some_and(|table| table.contains(expected)), "{name} {expected}:\n{text}");
    }
    done(project.dwc(&["check"]));
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
    let warehouse = project.path().join("target/w.duckdb").display().to_string();
    let engine = dwc_runner::DuckDbWarehouse::open_to_read(&warehouse).expect("it opens");
    let rejected =
        engine.rows("SELECT source_table, place, reason FROM _dwc.error_events WHERE source_table <> 'odd.broken'");
    assert_eq!(rejected.expect("events"), Vec::<Vec<Option<String>>>::new());
}
