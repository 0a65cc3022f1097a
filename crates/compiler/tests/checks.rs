//! Checks that cannot be: each is said at its place, with what is wrong and what there is instead.

use dwc_compiler::check;
use dwc_compiler::source::{FileSet, SourceFile};

const SHOP: &str = "source: shop\ntype: files\ntables:\n  stores: { path: s.csv, primary_key: code, columns: { code: STRING, size: INT64 } }\n  orders:\n    path: o.csv\n    primary_key: [order_id]\n    columns: { order_id: INT64, store: STRING, ordered_at: TIMESTAMP, amount: NUMERIC, tags: JSON, paid: BOOL }\n    checks:\n";

/// What is wrong with a check, each with its code and the text that it stands at.
fn found(written: &str) -> Vec<String> {
    let source = format!("{SHOP}      - {written}\n");
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let project = "name: shop\ntimezone: UTC\ntargets: { dev: { type: duckdb } }\n";
    let files = FileSet::new(vec![file("dwc.yml", project), file("models/shop.yml", &source)]);
    let said = check(&files).diagnostics;
    let told = said.iter().map(|one| {
        let place = one
            .labels
            .first()
            .map_or("", |label| &files.get(label.span.file).text[label.span.lo as usize..label.span.hi as usize]);
        format!("{} {} @ {place}", one.code.id(), one.message)
    });
    told.collect()
}

#[test]
fn what_a_check_gets_wrong_is_said_where_it_stands() {
    let mut wrong = Vec::new();
    for (written, said) in [
        ("{ not_null: amout }", "DW0602 source table `shop.orders` has no column `amout` @ amout"),
        ("{ unique: [order_id, tags] }", "DW0607 values of `tags`, a JSON, are not compared @ [order_id, tags]"),
        ("{ accepted_values: { column: paid, values: [maybe] } }", "DW0122 `paid` is not a BOOL: maybe @ maybe"),
        ("{ accepted_values: { column: store, values: [] } }", "DW0122 a list of accepted values has no value @ []"),
        ("{ range: { column: amount } }", "DW0122 a range has neither `min` nor `max` @ { column: amount }"),
        ("{ range: { column: ordered_at, min: soon } }", "DW0122 `ordered_at` is not a TIMESTAMP: soon @ soon"),
        ("{ range: { column: amount, min: 9, max: 10 } }", ""),
        (
            "{ rows: { min: 3, max: 2 } }",
            "DW0122 no number of rows could fail, or none could pass @ { min: 3, max: 2 }",
        ),
        ("{ rows: { min: 3 }, threshold: 2 }", "DW0120 `threshold` does not apply to `rows` @ 2"),
        ("{ not_null: amount, threshold: 101% }", "DW0122 `101%` is neither a number of rows nor a share @ 101%"),
        ("{ freshness: { max_age: soon } }", "DW0111 `soon` is not a length of time @ soon"),
        (
            "{ freshness: { max_age: 1h, column: amount } }",
            "DW0503 `amount` is NUMERIC, and an instant is a DATE, DATETIME or TIMESTAMP @ amount",
        ),
        ("{ condition: amount + 1 }", "DW0607 the condition is NUMERIC, not BOOL @ amount + 1"),
        ("{ condition: SUM(amount) > 1 }", "DW0609 a condition of a check is over one row @ SUM(amount) > 1"),
        ("{ not_null: amount, where: amout > 1 }", "DW0602 unknown column `amout` @ amout"),
        (
            "{ relationships: { column: store, to: shop.store } }",
            "DW0201 there is no model or source table `shop.store` @ shop.store",
        ),
        (
            "{ relationships: { column: order_id, to: shop.stores } }",
            "DW0607 `order_id` is INT64, and `code` of `shop.stores` is STRING @ shop.stores",
        ),
        (
            "{ relationships: { column: [order_id, store], to: shop.stores } }",
            "DW0305 2 columns are looked for in 1 columns of `shop.stores` @ shop.stores",
        ),
        (
            "{ relationships: { column: store, to: shop.stores, field: size } }",
            "DW0607 `store` is STRING, and `size` of `shop.stores` is INT64 @ size",
        ),
        ("{ severity: bad, unique: store }", "DW0111 `severity` cannot be `bad` @ bad"),
        (
            "{ not_null: store }\n      - { not_null: store, severity: warn }",
            "DW0202 two checks of source table `shop.orders` have the name `not_null_store` @ { not_null: store, severity: warn }",
        ),
    ] {
        let expected: Vec<&str> = Some(said).filter(|said| !said.is_empty()).into_iter().collect();
        let found = found(written);
        if found != expected {
            wrong.push(format!("{written}\n  says {found:?}\n  not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
