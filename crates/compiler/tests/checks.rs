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

/// What is wrong with a check of a model, as code and message.
fn found_in(model: &str, written: &str) -> Vec<String> {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let source = SHOP.trim_end_matches("    checks:\n");
    let store = "dimension: store\nfrom: shop.stores\nnatural_key: [code]\neffective_at: extracted\ndescription: A store.\nattributes: { size: { scd: 2 } }\n";
    let sale = "fact: sale\nbusiness_process: selling\ngrain: { description: one row per order, key: [order_id] }\nfrom: shop.orders\nevent_time: ordered_at\ndimensions: { store: { on: store } }\nmeasures: { amount: { additive: all, currency: KRW } }\n";
    let with = |name: &str, text: &str| {
        if name == model { format!("{text}checks:\n  - {written}\n") } else { text.to_owned() }
    };
    let files = FileSet::new(vec![
        file("dwc.yml", "name: shop\ntimezone: UTC\ntargets: { dev: { type: duckdb } }\n"),
        file("models/shop.yml", source),
        file("models/store.yml", &with("store", store)),
        file("models/sale.yml", &with("sale", sale)),
    ]);
    let all = check(&files).diagnostics;
    let own = all.iter().filter(|one| one.code.id() == "DW0123");
    own.map(|one| one.message.clone()).collect()
}

#[test]
fn a_check_that_no_load_can_make_of_a_row_has_no_on_fail() {
    for (model, written, said) in [
        ("sale", "{ not_null: amount, on_fail: reject }", ""),
        ("sale", "{ condition: ordered_at IS NOT NULL, on_fail: tag }", ""),
        ("sale", "{ condition: ordered_at < CURRENT_TIMESTAMP(), on_fail: halt }", ""),
        ("sale", "{ not_null: amount, on_fail: reject, threshold: 3 }", ""),
        ("store", "{ range: { column: size, min: 1 }, where: code != 'x', on_fail: reject }", ""),
        (
            "sale",
            "{ unique: amount, on_fail: tag }",
            "`on_fail` does not apply to `unique`, which does not judge each row by itself",
        ),
        (
            "sale",
            "{ relationships: { column: order_id, to: shop.stores, field: size }, on_fail: reject }",
            "`on_fail` does not apply to `relationships`, which does not judge each row by itself",
        ),
        (
            "store",
            "{ rows: { min: 1 }, on_fail: halt }",
            "`on_fail` does not apply to `rows`, which does not judge each row by itself",
        ),
        (
            "sale",
            "{ freshness: { max_age: 1d }, on_fail: halt }",
            "`on_fail` does not apply to `freshness`, which does not judge each row by itself",
        ),
        (
            "sale",
            "{ condition: store_key > 0, on_fail: reject }",
            "a check with `on_fail` can't read `store_key` of fact `sale`, which is not known before the row is loaded",
        ),
        (
            "store",
            "{ not_null: code, where: is_current, on_fail: tag }",
            "a check with `on_fail` can't read `is_current` of dimension `store`, which is not known before the row is loaded",
        ),
        (
            "sale",
            "{ condition: ordered_at < CURRENT_TIMESTAMP(), on_fail: reject }",
            "`on_fail: reject` does not go with `CURRENT_TIMESTAMP`, whose result changes over time",
        ),
        (
            "sale",
            "{ not_null: amount, on_fail: reject, threshold: 0 }",
            "`on_fail: reject` with a threshold of 0 would reject no row",
        ),
    ] {
        let expected: Vec<&str> = Some(said).filter(|said| !said.is_empty()).into_iter().collect();
        assert_eq!(found_in(model, written), expected, "{model} {written}");
    }
    assert_eq!(
        found("{ not_null: store, on_fail: reject }"),
        ["DW0123 `on_fail` does not apply to source table `shop.orders`: source tables have no screens @ reject"]
    );
}
