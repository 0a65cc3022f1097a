//! Every mistake of a project is said in one run: a key that is not known hides no column that is not, a query that is wrong
//! hides no role, and a cycle hides nothing of its models. What one mistake causes elsewhere is not said again.

use dwc_compiler::check;
use dwc_compiler::source::{FileSet, SourceFile};

const PROJECT: &str = "name: shop\ntimezone: UTC\ntargets: { dev: { type: duckdb } }\n";

const SHOP: &str = "source: shop\ntype: files\ntables:\n  stores: { path: s.csv, contents: snapshot, primary_key: store_id, columns: { store_id: INT64, label: STRING, at: TIMESTAMP } }\n  orders: { path: o.csv, primary_key: order_id, columns: { order_id: INT64, store_id: INT64, sold_at: TIMESTAMP, amount: INT64 } }\n";

const STORE: &str =
    "dimension: store\nfrom: shop.stores\nnatural_key: store_id\neffective_at: at\nattributes: { label: { scd: 2 } }\n";

const SALE: &str = "fact: sale\nbusiness_process: selling\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: sold_at\ndimensions:\n  store: { on: store_id }\nmeasures:\n  amount: { additive: all, unit: won }\n";

/// The codes found in the star, by file, with texts changed and files added.
fn codes(changes: &[(&str, &[(&str, &str)])], added: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![("dwc.yml", PROJECT), ("shop.yml", SHOP), ("store.yml", STORE), ("sale.yml", SALE)];
    files.extend(added);
    let files: Vec<SourceFile> = files
        .into_iter()
        .map(|(path, text)| {
            let changes = changes.iter().filter(|(changed, _)| *changed == path).flat_map(|(_, changes)| *changes);
            let text = changes.fold(text.to_owned(), |text, (from, to)| {
                assert!(text.contains(from), "{from}");
                text.replace(from, to)
            });
            SourceFile { path: path.to_owned(), text }
        })
        .collect();
    let files = FileSet::new(files);
    let found = check(&files).diagnostics;
    found.iter().map(|one| format!("{} {}", files.get(one.labels[0].span.file).path, one.code.id())).collect()
}

#[test]
fn a_wrong_key_hides_nothing_of_its_file() {
    let sale = |changes: &[(&str, &str)]| codes(&[("sale.yml", changes)], &[]);
    assert_eq!(
        sale(&[
            ("business_process", "busines_process"),
            ("event_time: sold_at", "event_time: sold"),
            ("on: store_id", "on: shop_id")
        ]),
        ["sale.yml DW0101", "sale.yml DW0602", "sale.yml DW0602"]
    );
    assert_eq!(
        sale(&[("additive: all", "additive: every"), ("event_time: sold_at", "event_time: sold")]),
        ["sale.yml DW0602", "sale.yml DW0111"]
    );
    assert_eq!(
        sale(&[("fact: sale\n", "fact: sale\ntags: {}\n"), ("  store: {", "  stoer: {")]),
        ["sale.yml DW0103", "sale.yml DW0501"]
    );
    // What is left out for one mistake is not missed again.
    assert_eq!(sale(&[("grain:", "grian:")]), ["sale.yml DW0101"]);
    assert_eq!(sale(&[("{ additive: all, unit: won }", "{ aditive: all, unit: won }")]), ["sale.yml DW0101"]);
    assert_eq!(sale(&[("measures:", "measurs:")]), ["sale.yml DW0101"]);
}

#[test]
fn a_wrong_file_hides_nothing_of_the_others() {
    let project = [("timezone: UTC", "timezone: UTC\ncolour: red")];
    let sale = [("on: store_id", "on: shop_id"), ("  store: {", "  stoer: {")];
    assert_eq!(
        codes(&[("dwc.yml", &project), ("sale.yml", &sale)], &[]),
        ["dwc.yml DW0101", "sale.yml DW0501", "sale.yml DW0602"]
    );
    // A project file that cannot be read at all.
    let sale = [("additive: all, ", "")];
    assert_eq!(
        codes(&[("dwc.yml", &[("timezone: UTC\n", "")]), ("sale.yml", &sale)], &[]),
        ["dwc.yml DW0102", "sale.yml DW0402"]
    );
    // A source that lost a table: nobody misses it, and the rest is checked.
    let table = [(
        "  stores: { path: s.csv, contents: snapshot, primary_key: store_id, columns",
        "  stores: { path: s.csv, column",
    )];
    let found = codes(&[("shop.yml", &table), ("sale.yml", &sale)], &[]);
    assert_eq!(found, ["sale.yml DW0402", "shop.yml DW0102", "shop.yml DW0101"]);
}

#[test]
fn a_wrong_query_hides_nothing_of_its_model() {
    let query =
        "query: SELECT order_id, store_id, sold_at, amount + label AS amount FROM {{ source('shop.orders') }}\n";
    let changes =
        [("from: shop.orders\n", query), ("event_time: sold_at", "event_time: sold"), ("additive: all, ", "")];
    assert_eq!(codes(&[("sale.yml", &changes)], &[]), ["sale.yml DW0602", "sale.yml DW0602", "sale.yml DW0402"]);
    let broken = "query: SELECT order_id store_id, FROM\n";
    let changes = [("from: shop.orders\n", broken), ("  store: {", "  stoer: {"), ("additive: all, ", "")];
    let found = codes(&[("sale.yml", &changes)], &[]);
    assert_eq!(found, ["sale.yml DW0601", "sale.yml DW0501", "sale.yml DW0402"]);
    let template = "query: SELECT * FROM {{ sourc('shop.orders') }}\n";
    let changes = [("from: shop.orders\n", template), ("additive: all, ", "")];
    assert_eq!(codes(&[("sale.yml", &changes)], &[]), ["sale.yml DW0112", "sale.yml DW0402"]);
    let store = [
        ("natural_key: store_id\n", ""),
        ("effective_at: at", "effective_at: att"),
        ("{ label: { scd: 2 } }", "{ label: {}, lable: { scd: 2 } }"),
    ];
    assert_eq!(
        codes(&[("store.yml", &store)], &[]),
        ["store.yml DW0303", "store.yml DW0602", "store.yml DW0502", "store.yml DW0602"]
    );
}

#[test]
fn a_fact_says_all_that_is_wrong_with_it() {
    let changes = [
        ("grain: { description: one row per order, key: order_id }\n", ""),
        ("event_time: sold_at", "event_time: sold\npartition_by: sold_on\ndegenerate: [order_no]"),
        ("{ on: store_id }", "{ on: shop_id, as_of: then }"),
        ("additive: all, ", ""),
    ];
    let found = codes(&[("sale.yml", &changes)], &[]);
    assert_eq!(found.iter().filter(|code| code.ends_with("DW0602")).count(), 5, "{found:#?}");
    assert!(
        found.contains(&"sale.yml DW0301".to_owned()) && found.contains(&"sale.yml DW0402".to_owned()),
        "{found:#?}"
    );
    assert_eq!(found.len(), 7, "{found:#?}");
}

#[test]
fn a_dimension_that_is_wrong_hides_nothing_of_its_facts() {
    let store = [("effective_at: at", "effective_at: att")];
    let sale = [("on: store_id", "on: shop_id")];
    assert_eq!(codes(&[("store.yml", &store), ("sale.yml", &sale)], &[]), ["sale.yml DW0602", "store.yml DW0602"]);
}

#[test]
fn a_lint_is_said_beside_an_error() {
    let sale = [("unit: won", "currency: KRW"), ("event_time: sold_at", "event_time: sold")];
    let again = "fact: paid\nbusiness_process: paying\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: sold_at\ndimensions: { store: { on: store_id } }\nmeasures:\n  amount: { additive: none, currency: KRW }\n  fee: { expr: feee, additive: all, unit: won }\n  other: { expr: amount, additive: all }\n";
    let found = codes(&[("sale.yml", &sale)], &[("paid.yml", again)]);
    assert!(
        found.contains(&"paid.yml DW0602".to_owned()) && found.contains(&"sale.yml DW0602".to_owned()),
        "{found:#?}"
    );
}

/// A fact that reads what is said.
fn reading(name: &str, query: &str) -> String {
    SALE.replace("fact: sale", &format!("fact: {name}"))
        .replace("from: shop.orders\n", &format!("query: |\n  {query}\n"))
}

#[test]
fn a_reference_is_read_from_the_sql() {
    let lints = "lints: { DW0404: { level: off, reason: a test } }\n";
    let select = "SELECT order_id, store_id, sold_at, amount FROM {{ source('shop.orders') }}";
    for text in [
        format!("-- {{{{ ref('b') }}}}\n  {select}"),
        format!("/* ref('b') `ref.b` */ {select}"),
        format!("{select} WHERE 'ref(b)' != \"{{{{ ref('b') }}}}\""),
    ] {
        let a = reading("a", &text) + lints;
        let b = reading("b", "SELECT order_id, store_id, sold_at, amount FROM {{ ref('a') }}") + lints;
        let found = codes(&[], &[("a.yml", &a), ("b.yml", &b)]);
        assert!(found.iter().all(|code| !code.contains("DW0203") && !code.contains("DW0604")), "{text}: {found:#?}");
    }
    // Whatever way it is written in, a reference is one.
    for from in ["{{ ref( \"b\" ) }}", "`ref.b`", "ref.b", "(SELECT * FROM {{ref('b')}})"] {
        let a = reading("a", &format!("SELECT order_id, store_id, sold_at, amount FROM {from} AS x")) + lints;
        let b = reading("b", select) + lints;
        let found = codes(&[], &[("a.yml", &a), ("b.yml", &b)]);
        assert!(found.iter().all(|code| code.contains("DW0602")), "{from}: {found:#?}");
    }
}

#[test]
fn every_cycle_is_said_with_the_rest() {
    let reads = |name: &str, other: &str| {
        reading(name, &format!("SELECT order_id, store_id, sold_at, amount FROM {{{{ ref('{other}') }}}}"))
            .replace("additive: all, ", "")
    };
    let files = [
        ("a.yml", reads("a", "b")),
        ("b.yml", reads("b", "a")),
        ("c.yml", reads("c", "d")),
        ("d.yml", reads("d", "c")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let found = codes(&[], &files);
    assert_eq!(found.iter().filter(|code| code.ends_with("DW0203")).count(), 2, "{found:#?}");
    assert_eq!(found.iter().filter(|code| code.ends_with("DW0402")).count(), 4, "{found:#?}");
    assert_eq!(found.len(), 6, "{found:#?}");
}
