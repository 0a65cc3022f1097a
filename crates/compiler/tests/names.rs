//! Names that become one table, view or column, and what BigQuery does not take: each is found by a check, at the place
//! that declares it, and a project that differs by a name alone is sound.

use dwc_compiler::check;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::source::{FileSet, SourceFile};

const DUCKDB: &str = "name: shop\ntimezone: UTC\ntargets: { dev: { type: duckdb } }\n";
const BIGQUERY: &str = "name: shop\ntimezone: UTC\ntargets: { prod: { type: bigquery, project: p, dataset: dw } }\n";

const STORE: &str =
    "dimension: store\nfrom: shop.stores\nnatural_key: store_id\neffective_at: at\nattributes: { label: { scd: 2 } }\n";

const SALE: &str = "fact: sale\nbusiness_process: selling\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: sold_at\ndimensions:\n  store: { on: store_id }\nmeasures:\n  amount: { additive: all, unit: won }\n";

fn shop(name: &str, orders: &str) -> String {
    format!(
        "source: {name}\ntype: files\ntables:\n  stores: {{ path: s.csv, contents: snapshot, primary_key: store_id, columns: {{ store_id: INT64, label: STRING, at: TIMESTAMP }} }}\n  orders: {{ path: o.csv, primary_key: order_id, columns: {{ order_id: INT64, store_id: INT64, sold_at: DATETIME, amount: INT64{orders} }} }}\n"
    )
}

/// What is found in the star with a project file, more columns of orders, and further or replaced files.
fn found(project: &str, orders: &str, files: &[(&str, String)]) -> Vec<(Code, String)> {
    let mut all: Vec<(&str, String)> = vec![
        ("dwc.yml", project.to_owned()),
        ("models/shop.yml", shop("shop", orders)),
        ("models/store.yml", STORE.to_owned()),
        ("models/sale.yml", SALE.to_owned()),
    ];
    all.retain(|(path, _)| !files.iter().any(|(other, _)| other == path));
    all.extend(files.iter().cloned());
    let files = all.into_iter().map(|(path, text)| SourceFile { path: path.to_owned(), text });
    let found = check(&FileSet::new(files.collect())).diagnostics;
    found.into_iter().map(|problem| (problem.code, problem.message)).collect()
}

/// One problem of a code, whose message says all of these words.
fn one(found: &[(Code, String)], code: Code, words: &[&str]) {
    let [(only, message)] = found else { panic!("{code:?}: {found:#?}") };
    assert_eq!(*only, code, "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` in: {message}");
    }
}

fn sale(changes: &[(&str, &str)]) -> (&'static str, String) {
    ("models/sale.yml", changed(SALE, changes))
}

fn store(changes: &[(&str, &str)]) -> (&'static str, String) {
    ("models/store.yml", changed(STORE, changes))
}

fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

#[test]
fn the_star_is_sound() {
    assert_eq!(found(DUCKDB, "", &[]), []);
    assert_eq!(found(BIGQUERY, "", &[]), []);
}

#[test]
fn models_and_sources_that_differ_by_case() {
    let other = changed(SALE, &[("fact: sale", "fact: Sale")]);
    one(&found(DUCKDB, "", &[("models/z.yml", other)]), Code::DuplicateName, &["`sale`", "`Sale`", "case"]);
    let other = changed(SALE, &[("fact: sale", "fact: STORE"), ("store: { on", "store: { dimension: store, on")]);
    one(&found(DUCKDB, "", &[("models/z.yml", other)]), Code::DuplicateName, &["`store`", "`STORE`"]);
    let other = shop("Shop", "");
    let found = found(DUCKDB, "", &[("models/z.yml", other)]);
    assert!(found.iter().all(|(code, _)| *code == Code::DuplicateName), "{found:#?}");
    assert!(found.iter().any(|(_, message)| message.contains("two sources have the names `shop` and `Shop`")));
}

#[test]
fn landed_tables_that_meet() {
    let table = |name: &str| format!("  {name}: {{ path: x.csv, primary_key: id, columns: {{ id: INT64 }} }}\n");
    let with = |names: &[&str]| {
        let text = shop("shop", "") + &names.iter().map(|name| table(name)).collect::<String>();
        vec![("models/shop.yml", text)]
    };
    one(&found(DUCKDB, "", &with(&["Orders"])), Code::DuplicateName, &["shop.orders", "shop.Orders"]);
    one(&found(DUCKDB, "", &with(&["orders__rows"])), Code::DuplicateName, &["shop__orders__rows"]);
    one(&found(DUCKDB, "", &with(&["orders__Changes"])), Code::DuplicateName, &["shop.orders"]);
    let mut files = with(&["eu__items"]);
    files.push(("models/eu.yml", "source: shop__eu\ntype: files\ntables:\n".to_owned() + &table("items")));
    one(&found(DUCKDB, "", &files), Code::DuplicateName, &["`shop__eu.items`", "`shop.eu__items`"]);
}

#[test]
fn views_that_meet_tables_and_views() {
    let role = |name: &str| sale(&[("  store: { on", &format!("  {name}: {{ dimension: store, on"))]);
    one(&found(DUCKDB, "", &[role("Store")]), Code::DuplicateName, &["dimension `store`", "the view of role `Store`"]);
    let dual = ("models/store.yml", changed(STORE, &[("scd: 2", "scd: 7")]));
    one(&found(DUCKDB, "", &[dual.clone(), role("store_as_is")]), Code::DuplicateName, &["store_as_is", "type-7"]);
    let twin = changed(SALE, &[("fact: sale", "fact: STORE_as_was")]);
    one(&found(DUCKDB, "", &[dual, ("models/z.yml", twin)]), Code::DuplicateName, &["`STORE_as_was`"]);
    let mini =
        "dimension: band\nkind: mini\nof: store\noutrigger: true\nattributes: { size: { expr: LENGTH(label) } }\n";
    one(
        &found(DUCKDB, "", &[("models/band.yml", mini.to_owned()), role("current_band")]),
        Code::DuplicateName,
        &["current_band"],
    );
    let two = sale(&[("  store: { on: store_id }", "  from_store: { dimension: store, on: store_id }")]);
    let again = changed(&two.1, &[("fact: sale", "fact: resale"), ("from_store", "From_Store")]);
    one(&found(DUCKDB, "", &[two, ("models/z.yml", again)]), Code::DuplicateName, &["From_Store"]);
}

#[test]
fn kept_histories_that_meet() {
    let twin = changed(STORE, &[("dimension: store", "dimension: store__keys"), ("shop.stores", "shop.others")]);
    let keyed = changed(STORE, &[("effective_at: at\n", "effective_at: at\nsurrogate_key: { strategy: sequence }\n")]);
    let others = shop("shop", "")
        + "  others: { path: x.csv, primary_key: store_id, columns: { store_id: INT64, label: STRING, at: TIMESTAMP } }\n";
    let files = [("models/store.yml", keyed), ("models/z.yml", twin), ("models/shop.yml", others)];
    let found = found(DUCKDB, "", &files);
    assert!(
        found.iter().any(|(code, message)| *code == Code::DuplicateName && message.contains("`store__keys`")),
        "{found:#?}"
    );
}

#[test]
fn columns_that_become_one() {
    let twice = |columns: &str| found(DUCKDB, columns, &[]);
    one(&twice(", note: STRING, NOTE: STRING"), Code::KeyNameCollision, &["shop.orders", "`note`", "`NOTE`"]);
    let collides = |file: (&'static str, String), orders: &str, words: &[&str]| {
        one(&found(DUCKDB, orders, &[file]), Code::KeyNameCollision, words);
    };
    // Measures, roles and attributes among themselves.
    let measures = (
        "  amount: { additive: all, unit: won }\n",
        "  amount: { additive: all, unit: won }\n  Amount: { additive: all, unit: won, expr: amount + 1 }\n",
    );
    collides(sale(&[measures]), "", &["measure `amount`", "measure `Amount`"]);
    let roles = (
        "  store: { on: store_id }\n",
        "  a: { dimension: store, on: store_id }\n  a_durable: { dimension: store, on: store_id }\n",
    );
    collides(sale(&[roles]), "", &["a_durable_key", "role `a`", "role `a_durable`"]);
    collides(
        store(&[("{ label: { scd: 2 } }", "{ label: { scd: 2 }, LABEL: { scd: 2, expr: label } }")]),
        "",
        &["`LABEL`"],
    );
    collides(
        store(&[("label: { scd: 2 }", "label: { scd: 2 }, Store_ID: { scd: 2, expr: label }")]),
        "",
        &["column `store_id`"],
    );
    // What the compiler adds.
    collides(
        store(&[("label: { scd: 2 }", "label: { scd: 3 }, previous_label: { scd: 1, expr: label }")]),
        "",
        &["companion"],
    );
    collides(
        store(&[("label: { scd: 2 }", "label: { scd: 2 }, STORE_key: { scd: 2, expr: label }")]),
        "",
        &["surrogate key"],
    );
    collides(
        store(&[("label: { scd: 2 }", "label: { scd: 2 }, store_durable_key: { scd: 2, expr: label }")]),
        "",
        &["durable key"],
    );
    collides(
        sale(&[("measures:", "degenerate: [sold_at_utc]\nmeasures:")]),
        ", sold_at_utc: TIMESTAMP",
        &["sold_at_utc", "in UTC"],
    );
    collides(
        sale(&[("measures:", "degenerate: [store_key]\nmeasures:")]),
        ", store_key: INT64",
        &["foreign key of role `store`"],
    );
    collides(
        sale(&[("  amount: {", "  order_id: { additive: none, unit: x }\n  amount: {")]),
        "",
        &["measure `order_id`"],
    );
    // The view of a role.
    let view = [
        sale(&[("  store: { on", "  pickup: { dimension: store, on")]),
        store(&[("label: { scd: 2 }", "label: { scd: 2 }, store_Label: { scd: 2, expr: label }")]),
    ];
    one(&found(DUCKDB, "", &view), Code::KeyNameCollision, &["view of role `pickup`", "`label`", "`store_Label`"]);
    // Columns that loads write.
    let flag = sale(&[("measures:", "degenerate: [IS_DELETED]\nmeasures:")]);
    one(&found(DUCKDB, ", IS_DELETED: BOOL", &[flag]), Code::ReservedColumn, &["IS_DELETED"]);
    let key = "dimension: store\nquery: SELECT store_id AS valid_from, label, `at` FROM {{ source('shop.stores') }}\nnatural_key: valid_from\neffective_at: at\nattributes: { label: { scd: 2 } }\n";
    one(&found(DUCKDB, "", &[("models/store.yml", key.to_owned())]), Code::ReservedColumn, &["valid_from"]);
}

#[test]
fn one_column_may_serve_twice() {
    let both = sale(&[("measures:", "degenerate: [order_id]\npartition_by: sold_at\nmeasures:")]);
    assert_eq!(found(DUCKDB, "", &[both]), []);
    let asked = sale(&[("{ on: store_id }", "{ on: store_id, as_of: sold_at }")]);
    assert_eq!(found(DUCKDB, "", &[asked]), []);
}

#[test]
fn a_list_names_a_column_once() {
    let twice =
        |file: (&'static str, String), words: &[&str]| one(&found(DUCKDB, "", &[file]), Code::WrongValue, words);
    twice(sale(&[("measures:", "degenerate: [order_id, ORDER_ID]\nmeasures:")]), &["`degenerate`", "`ORDER_ID` twice"]);
    twice(sale(&[("key: order_id", "key: [order_id, store_id, order_id]")]), &["`key`", "`order_id` twice"]);
    twice(
        sale(&[("measures:", "cluster_by: [store_key, store_key]\nmeasures:")]),
        &["`cluster_by`", "`store_key` twice"],
    );
    let stores = shop("shop", "").replace("primary_key: store_id", "primary_key: [store_id, store_id]");
    twice(("models/shop.yml", stores), &["`primary_key`", "`store_id` twice"]);
    let found = found(DUCKDB, "", &[store(&[("natural_key: store_id", "natural_key: [store_id, Store_Id]")])]);
    assert!(found.iter().any(|(_, message)| message == "`natural_key` names `Store_Id` twice"), "{found:?}");
}

#[test]
fn a_file_of_changes_deletes_nothing_by_what_it_lacks() {
    let with = |table: &str, setting: &str| {
        let text = shop("shop", "").replace(table, &format!("{table}, {setting}"));
        found(DUCKDB, "", &[("models/shop.yml", text)])
    };
    one(&with("path: o.csv", "detect_deletes: full_pass"), Code::MisplacedKey, &["`detect_deletes`", "`shop.orders`"]);
    one(&with("path: o.csv", "max_deleted_share: 0.5"), Code::MisplacedKey, &["`max_deleted_share`"]);
    assert_eq!(with("path: s.csv", "detect_deletes: full_pass"), []);
    assert_eq!(with("path: s.csv", "max_deleted_share: 0.5"), []);
}

#[test]
fn names_that_a_query_gives_are_names_too() {
    let query = |alias: &str| {
        let select = format!(
            "query: SELECT order_id AS `{alias}`, store_id, sold_at, amount FROM {{{{ source('shop.orders') }}}}\n"
        );
        sale(&[("from: shop.orders\n", &select), ("key: order_id", &format!("key: \"{alias}\""))])
    };
    assert_eq!(found(DUCKDB, "", &[query("order_no")]), []);
    one(&found(DUCKDB, "", &[query("_PARTITIONDATE")]), Code::ReservedName, &["_PARTITIONDATE"]);
    one(&found(DUCKDB, "", &[query("_batch")]), Code::ReservedName, &["_batch"]);
    let both = "query: SELECT order_id, store_id, sold_at, amount, 1 AS AMOUNT FROM {{ source('shop.orders') }}\n";
    one(
        &found(DUCKDB, "", &[sale(&[("from: shop.orders\n", both)])]),
        Code::AmbiguousColumn,
        &["several columns `amount`"],
    );
}

#[test]
fn what_big_query_does_not_take() {
    let limited = |orders: &str, files: &[(&str, String)], words: &[&str]| {
        assert_eq!(found(DUCKDB, orders, files), [], "{words:?}");
        one(&found(BIGQUERY, orders, files), Code::EngineLimit, words);
    };
    let clustered = |by: &str| [sale(&[("measures:", &format!("degenerate: [{by}]\ncluster_by: [{by}]\nmeasures:"))])];
    for ty in ["FLOAT64", "JSON", "BYTES", "TIME", "ARRAY<INT64>", "STRUCT<a INT64>"] {
        limited(&format!(", x: \"{ty}\""), &clustered("x"), &["`x`", "cluster"]);
    }
    for ty in ["INT64", "NUMERIC", "BIGNUMERIC", "BOOL", "STRING", "DATE", "DATETIME", "TIMESTAMP"] {
        assert_eq!(found(BIGQUERY, &format!(", x: {ty}"), &clustered("x")), [], "{ty}");
    }
    let measure = |length: usize| {
        let text = format!("amount: {{ description: {}, ", "가".repeat(length));
        [sale(&[("amount: { ", &text)])]
    };
    assert_eq!(found(BIGQUERY, "", &measure(1024)), []);
    limited("", &measure(1025), &["measure `amount`"]);
    let described =
        |length: usize| [store(&[("natural_key", &format!("description: {}\nnatural_key", "a".repeat(length)))])];
    assert_eq!(found(BIGQUERY, "", &described(16_384)), []);
    limited("", &described(16_385), &["dimension `store`"]);
    let column = format!(", x: {{ type: INT64, description: {} }}", "a".repeat(1025));
    limited(&column, &[], &["column `x`"]);
    let many = |count: usize| (0..count).map(|at| format!(", c{at}: INT64")).collect::<String>();
    assert_eq!(found(BIGQUERY, &many(9_991), &[]), []);
    limited(&many(9_992), &[], &["shop.orders", "columns"]);
    let role = "r".repeat(180);
    let long = [
        sale(&[("  store: { on", &format!("  {role}: {{ dimension: store, on"))]),
        store(&[("label: { scd: 2 }", &format!("{}: {{ scd: 2, expr: label }}", "a".repeat(120)))]),
    ];
    limited("", &long, &["view of role"]);
    let deep = (0..16).fold("INT64".to_owned(), |ty, _| format!("STRUCT<a {ty}>"));
    limited(&format!(", x: \"{deep}\""), &[], &["`x`"]);
    let dataset = BIGQUERY.replace("dataset: dw", "dataset: 창고");
    one(&found(&dataset, "", &[]), Code::EngineLimit, &["`창고`"]);
}

#[test]
fn a_key_is_clustered_by_where_big_query_can() {
    assert_eq!(
        found(BIGQUERY, "", &[("models/shop.yml", shop("shop", "").replace("order_id: INT64", "order_id: BYTES"))]),
        []
    );
}
