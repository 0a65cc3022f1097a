//! Each rule on a star that has one fault: text in, codes out.

use crate::diagnostic::Code;
use crate::source::{FileSet, SourceFile};

const STAR: &[(&str, &str)] = &[
    ("dwc.yml", "name: shop\ntimezone: Asia/Seoul\ntargets: { dev: { type: duckdb } }\n"),
    (
        "models/shop.yml",
        "source: shop\ntype: files\ntables:\n  stores: { path: s.csv, contents: snapshot, primary_key: store_id, columns: { store_id: INT64, store_name: STRING, region_id: INT64, at: TIMESTAMP } }\n  regions: { path: r.csv, primary_key: region_id, columns: { region_id: INT64, region_name: STRING } }\n  orders: { path: o.csv, primary_key: order_id, columns: { order_id: INT64, store_id: INT64, ordered_at: TIMESTAMP, amount: NUMERIC, balance: NUMERIC } }\n",
    ),
    ("models/date.yml", "dimension: date\nkind: calendar\nfirst_day: 2026-01-01\nlast_day: 2026-12-31\n"),
    (
        "models/store.yml",
        "dimension: store\nfrom: shop.stores\nnatural_key: store_id\neffective_at: at\nattributes: { store_name: { scd: 2 } }\n",
    ),
    (
        "models/sale.yml",
        "fact: sale\nbusiness_process: selling\ngrain: { description: one row per order, key: order_id }\nfrom: shop.orders\nevent_time: ordered_at\ndimensions:\n  order_date: { dimension: date, on: ordered_at }\n  store: { on: store_id }\nmeasures:\n  amount: { additive: all, currency: KRW }\n  balance: { additive: semi, over: { order_date: last }, unit: won }\n",
    ),
];

/// The codes found in the star with one file changed: each `from` in it becomes `to`; a new file is added.
fn codes(path: &str, change: &[(&str, &str)]) -> Vec<Code> {
    let mut files: Vec<SourceFile> =
        STAR.iter().map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() }).collect();
    match files.iter_mut().find(|file| file.path == path) {
        Some(file) => {
            for (from, to) in change {
                assert!(file.text.contains(from), "{from}");
                file.text = file.text.replace(from, to);
            }
        }
        None => files.push(SourceFile { path: path.to_owned(), text: change[0].1.to_owned() }),
    }
    crate::check(&FileSet::new(files)).diagnostics.into_iter().map(|found| found.code).collect()
}

#[test]
fn a_sound_star_has_no_finding() {
    assert_eq!(codes("models/sale.yml", &[]), []);
}

#[test]
fn what_a_fact_lacks_is_found() {
    let sale = "models/sale.yml";
    assert_eq!(codes(sale, &[("business_process: selling\n", "")]), [Code::FactWithoutProcess]);
    let roles = "dimensions:\n  order_date: { dimension: date, on: ordered_at }\n  store: { on: store_id }\n";
    assert_eq!(
        codes(sale, &[(roles, ""), ("semi, over: { order_date: last }", "none")]),
        [Code::FactWithoutDimensions]
    );
    let measures = "measures:\n  amount: { additive: all, currency: KRW }\n  balance: { additive: semi, over: { order_date: last }, unit: won }\n";
    assert_eq!(codes(sale, &[(measures, "")]), [Code::FactWithoutMeasures]);
    assert_eq!(codes(sale, &[("fact: sale\n", "fact: sale\nkind: factless\n")]), [Code::FactlessWithMeasures]);
    assert_eq!(codes(sale, &[("event_time: ordered_at\n", "")]), [Code::VersionsWithoutInstant]);
    assert_eq!(codes(sale, &[(", currency: KRW", "")]), [Code::AmountWithoutCurrency]);
    let snapshot = "fact: sale\nkind: accumulating_snapshot\n";
    assert_eq!(codes(sale, &[("fact: sale\n", snapshot)]), [Code::SnapshotWithoutMilestones]);
}

#[test]
fn roles_are_told_apart() {
    let added = "  store: { on: store_id }\n  date: { on: ordered_at }\n";
    assert_eq!(codes("models/sale.yml", &[("  store: { on: store_id }\n", added)]), [Code::AmbiguousRole]);
    let many: String = (0..21).map(|n| format!("  store_{n}: {{ dimension: store, on: store_id }}\n")).collect();
    assert_eq!(codes("models/sale.yml", &[("  store: { on: store_id }\n", &many)]), [Code::Centipede]);
}

#[test]
fn dimensions_are_conformed_and_flat() {
    let again = "dimension: shop_again\nfrom: shop.stores\nnatural_key: store_id\neffective_at: at\nattributes: { region_id: { scd: 1 } }\n";
    assert_eq!(codes("models/again.yml", &[("", again)]), [Code::DuplicateConformed]);
    let region = "dimension: region\nfrom: shop.regions\nnatural_key: region_id\nattributes: { store_name: { scd: 1, expr: LENGTH(region_name) } }\n";
    assert_eq!(codes("models/region.yml", &[("", region)]), [Code::DuplicateConformed]);
    let flat = "dimension: region\nquery: |\n  SELECT store_id AS region_no, region_id FROM {{ source('shop.stores') }}\nnatural_key: region_no\nattributes: { region_id: { scd: 1 } }\n";
    let found = codes("models/region.yml", &[("", flat)]);
    assert!(found.contains(&Code::DuplicateConformed), "{found:?}");
    assert_eq!(codes("models/store.yml", &[("effective_at: at\n", "")]), [Code::UndatedHistory]);
    assert_eq!(codes("models/store.yml", &[("effective_at: at\n", "effective_at: extracted\n")]), []);
}

#[test]
fn facts_are_not_joined_and_sums_mean_something() {
    let joined = "fact: again\nbusiness_process: selling\ngrain: { description: one row per order, key: order_id }\nquery: SELECT order_id, store_id, ordered_at, amount FROM {{ ref('sale') }} JOIN {{ source('shop.orders') }} USING (order_id, ordered_at, amount)\nevent_time: ordered_at\ndimensions: { store: { on: store_id } }\nmeasures: { amount: { additive: all, currency: KRW } }\n";
    assert_eq!(codes("models/again.yml", &[("", joined)]), [Code::FactJoinsFact]);
    let rolled = |role: &str, measure: &str| {
        format!(
            "fact: by_role\nkind: aggregate\nbusiness_process: selling\ngrain: {{ description: one row per member }}\nfrom: sale\ndimensions: {{ {role}: {{}} }}\nmeasures: {{ total: {{ expr: SUM({measure}), additive: all, unit: won }} }}\n"
        )
    };
    assert_eq!(codes("models/by.yml", &[("", &rolled("store", "amount"))]), []);
    assert_eq!(codes("models/by.yml", &[("", &rolled("store", "balance"))]), [Code::NonAdditiveSum]);
    assert_eq!(codes("models/by.yml", &[("", &rolled("order_date", "balance"))]), []);
    let other = rolled("store", "amount").replace("total", "amount");
    assert_eq!(codes("models/by.yml", &[("", &other)]), [Code::UnconformedMeasure]);
}

#[test]
fn measures_of_one_name_have_one_type() {
    let again = |expr: &str| {
        format!(
            "fact: again\nbusiness_process: paying\ngrain: {{ description: one row per order, key: order_id }}\nfrom: shop.orders\nevent_time: ordered_at\ndimensions: {{ store: {{ on: store_id }} }}\nmeasures: {{ amount: {{ expr: {expr}, additive: all, currency: KRW }} }}\n"
        )
    };
    assert_eq!(codes("models/again.yml", &[("", &again("amount"))]), []);
    assert_eq!(codes("models/again.yml", &[("", &again("CAST(amount AS INT64)"))]), [Code::UnconformedMeasure]);
}

#[test]
fn levels_are_set_with_a_reason() {
    let sale = "models/sale.yml";
    let off = "lints: { DW0413: { level: off, reason: the unit is in the name } }\nfact: sale\n";
    assert_eq!(codes(sale, &[(", currency: KRW", ""), ("fact: sale\n", off)]), []);
    let unknown = "lints: { DW0499: { level: off, reason: none } }\nfact: sale\n";
    assert_eq!(codes(sale, &[("fact: sale\n", unknown)]), [Code::UnknownName]);
    let error = "lints: { DW0602: { level: off, reason: none } }\nfact: sale\n";
    assert_eq!(codes(sale, &[("fact: sale\n", error)]), [Code::WrongValue]);
}

#[test]
fn a_balance_says_what_stands_instead_of_its_sum() {
    let sale = "models/sale.yml";
    let over = "over: { order_date: last }";
    assert_eq!(codes(sale, &[(over, "not_over: [order_date]")]), [Code::SemiAdditiveWithoutRule]);
    assert_eq!(
        codes(sale, &[(over, "not_over: [store], over: { order_date: last }")]),
        [Code::SemiAdditiveWithoutRule]
    );
    assert_eq!(codes(sale, &[(", over: { order_date: last }", "")]), [Code::SemiAdditiveWithoutRule]);
    assert_eq!(codes(sale, &[(over, "over: { order_date: average, store: max }")]), []);
    assert_eq!(codes(sale, &[(over, "over: { store: last }")]), [Code::WrongValue]);
    assert_eq!(codes(sale, &[(over, "over: { order_dat: last }")]), [Code::UnknownName]);
    assert_eq!(codes(sale, &[("semi, over", "all, over")]), [Code::WrongValue]);
    let ratio = |parts: &str| format!("none, aggregation: {{ ratio: [{parts}] }}");
    assert_eq!(codes(sale, &[("semi, over: { order_date: last }", &ratio("amount, amount"))]), []);
    assert_eq!(codes(sale, &[("semi, over: { order_date: last }", &ratio("amount, balance"))]), [Code::WrongValue]);
    assert_eq!(codes(sale, &[("semi, over: { order_date: last }", &ratio("amount, amunt"))]), [Code::UnknownName]);
    assert_eq!(codes(sale, &[("additive: all", "additive: all, aggregation: average")]), [Code::WrongValue]);
}

#[test]
fn a_role_name_means_one_dimension() {
    let again = |role: &str| {
        format!(
            "fact: again\nbusiness_process: paying\ngrain: {{ description: one row per order, key: order_id }}\nfrom: shop.orders\nevent_time: ordered_at\ndimensions: {{ {role} }}\nmeasures: {{ paid: {{ expr: amount, additive: all, unit: won }} }}\n"
        )
    };
    assert_eq!(codes("models/again.yml", &[("", &again("order_date: { dimension: date, on: ordered_at }"))]), []);
    let other = again("order_date: { dimension: store, on: store_id }");
    assert_eq!(codes("models/again.yml", &[("", &other)]), [Code::RoleOfTwoDimensions]);
    let taken = again("store: { dimension: date, on: ordered_at }");
    assert!(codes("models/again.yml", &[("", &taken)]).iter().all(|code| *code == Code::RoleOfTwoDimensions));
}

#[test]
fn a_sum_is_found_anywhere_in_an_expression() {
    let sale = STAR[4].1.replace(
        "measures:\n",
        "measures:\n  price: { expr: amount, additive: none, unit: won }\n  pieces: { expr: amount, additive: all, unit: piece }\n",
    );
    let found = |expr: &str| {
        let by = format!(
            "fact: by_role\nkind: aggregate\nbusiness_process: selling\ngrain: {{ description: one row per member }}\nfrom: sale\ndimensions: {{ store: {{}} }}\nmeasures: {{ total: {{ expr: \"{expr}\", type: NUMERIC, additive: none, unit: x }} }}\n"
        );
        let mut files: Vec<SourceFile> =
            STAR.iter().map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() }).collect();
        files[4].text.clone_from(&sale);
        files.push(SourceFile { path: "models/by.yml".to_owned(), text: by });
        let found = crate::check(&FileSet::new(files)).diagnostics;
        found.into_iter().map(|found| found.code).collect::<Vec<_>>()
    };
    for expr in [
        "SUM(price)",
        "sum(`price`)",
        "ROUND(SUM(price), 2)",
        "SUM(ROUND(price, 2))",
        "SUM(COALESCE(price, 0))",
        "SUM(price) / COUNT(*)",
        "SUM(price * 1.1)",
        "SUM(price + 1)",
        "SUM(-price)",
        "SUM(CAST(price AS NUMERIC))",
        "SUM(CASE WHEN pieces > 1 THEN price ELSE 0 END)",
        "SUM(IF(pieces > 1, price, 0))",
        "SUM(price * price)",
        "SUM(balance)",
        "SUM(balance * pieces)",
        "SUM(price / pieces)",
        "SUM((SELECT price))",
        "SAFE_DIVIDE(SUM(COALESCE(balance, 0)), SUM(pieces))",
    ] {
        assert_eq!(found(expr), [Code::NonAdditiveSum], "{expr}");
    }
    for expr in [
        "SUM(pieces)",
        "SUM(price * pieces)",
        "SUM(price / 100 * pieces)",
        "SUM(pieces / price)",
        "SUM(CASE WHEN price > 10 THEN pieces END)",
        "SUM(IF(price > 10, 1, 0))",
        "AVG(price)",
        "MAX(price) - MIN(price)",
        "COUNT(price)",
        "SUM(pieces) / COUNT(DISTINCT price)",
    ] {
        assert_eq!(found(expr), [], "{expr}");
    }
}

/// A star of orders with their lines, payments and customers, whose fact is read by a query.
fn lines(key: &str, measures: &str, query: &str) -> Vec<Code> {
    let shop = "source: shop\ntype: files\ntables:\n  orders: { path: o.csv, primary_key: order_id, columns: { order_id: INT64, customer_id: INT64, at: TIMESTAMP, fee: NUMERIC } }\n  items: { path: i.csv, primary_key: [order_id, line_no], columns: { order_id: INT64, line_no: INT64, amount: NUMERIC } }\n  details: { path: d.csv, primary_key: [order_id, line_no], columns: { order_id: INT64, line_no: INT64, weight: NUMERIC } }\n  payments: { path: p.csv, primary_key: payment_id, columns: { payment_id: INT64, order_id: INT64, paid: NUMERIC } }\n  customers: { path: c.csv, contents: snapshot, primary_key: customer_id, columns: { customer_id: INT64, label: STRING, credit: NUMERIC } }\n  rates: { path: r.csv, primary_key: [order_id, since], columns: { order_id: INT64, since: TIMESTAMP, rate: NUMERIC } }\n";
    let customer =
        "dimension: customer\nfrom: shop.customers\nnatural_key: customer_id\nattributes: { label: { scd: 1 } }\n";
    let fact = format!(
        "fact: line\nbusiness_process: selling\ngrain: {{ description: one row per line, key: [{key}] }}\nquery: |\n  {query}\nevent_time: at\ndimensions: {{ customer: {{ on: customer_id }} }}\nmeasures: {{ {measures} }}\n"
    );
    let files = [("dwc.yml", STAR[0].1), ("shop.yml", shop), ("customer.yml", customer), ("line.yml", &fact)];
    let files = files.map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() });
    crate::check(&FileSet::new(files.into())).diagnostics.into_iter().map(|found| found.code).collect()
}

#[test]
fn a_measure_of_a_coarser_grain_is_found() {
    let key = "order_id, line_no";
    let from = "FROM {{ source('shop.items') }} AS i JOIN {{ source('shop.orders') }} AS o USING (order_id)";
    let query = |columns: &str| format!("SELECT i.order_id, i.line_no, o.customer_id, o.at, {columns} {from}");
    let fee = "fee: { additive: all, unit: won }";
    assert_eq!(lines(key, fee, &query("o.fee")), [Code::CoarserMeasure]);
    let on = query("o.fee").replace("USING (order_id)", "ON o.order_id = i.order_id WHERE i.amount > 0");
    assert_eq!(lines(key, fee, &on), [Code::CoarserMeasure]);
    assert_eq!(
        lines(key, "half: { expr: ROUND(fee / 2), additive: all, unit: won }", &query("o.fee")),
        [Code::CoarserMeasure]
    );
    let over =
        format!("{} JOIN {{{{ source('shop.customers') }}}} AS c ON c.customer_id = o.customer_id", query("c.credit"));
    assert_eq!(lines(key, "credit: { additive: all, unit: won }", &over), [Code::CoarserMeasure]);
    // Allocated, not summed, of the grain, of a row that is one of the line, or of one line of each order.
    assert_eq!(lines(key, "fee: { additive: none, unit: won }", &query("o.fee")), []);
    assert_eq!(lines(key, "share: { expr: fee * amount, additive: all, unit: won }", &query("o.fee, i.amount")), []);
    assert_eq!(lines(key, fee, &query("o.fee / COUNT(*) OVER (PARTITION BY i.order_id) AS fee")), []);
    assert_eq!(lines(key, "amount: { additive: all, unit: won }", &query("i.amount")), []);
    let details = format!(
        "{} JOIN {{{{ source('shop.details') }}}} AS d ON d.order_id = i.order_id AND d.line_no = i.line_no",
        query("d.weight")
    );
    assert_eq!(lines(key, "weight: { additive: all, unit: kilogram }", &details), []);
    assert_eq!(lines(key, fee, &format!("{} WHERE i.line_no = 1", query("o.fee"))), []);
    let once = "CASE WHEN i.line_no = 1 THEN o.fee ELSE 0 END AS fee";
    assert_eq!(lines(key, fee, &query(once)), []);
}

#[test]
fn a_coarser_measure_is_found_however_the_query_is_written() {
    let key = "order_id, line_no";
    let fee = "fee: { additive: all, unit: won }";
    let (items, orders) = ("{{ source('shop.items') }}", "{{ source('shop.orders') }}");
    for query in [
        // The key is named by the other table; the value is computed from it.
        format!(
            "SELECT o.order_id, i.line_no, o.customer_id, o.at, o.fee FROM {items} AS i JOIN {orders} AS o ON o.order_id = i.order_id"
        ),
        format!(
            "SELECT i.order_id, i.line_no, o.customer_id, o.at, COALESCE(o.fee, 0) * 1.1 AS fee FROM {items} AS i JOIN {orders} AS o USING (order_id)"
        ),
        format!(
            "SELECT i.order_id, i.line_no, o.customer_id, o.at, o.fee FROM {items} AS i, {orders} AS o WHERE i.order_id = o.order_id"
        ),
        format!(
            "SELECT i.order_id, i.line_no, o.customer_id, o.at, o.charge AS fee FROM {items} AS i JOIN (SELECT x.order_id AS id, x.customer_id, x.at, x.fee AS charge FROM {orders} AS x) AS o ON o.id = i.order_id"
        ),
        format!(
            "WITH o AS (SELECT * FROM {orders} WHERE fee > 0) SELECT i.order_id, i.line_no, o.customer_id, o.at, o.fee FROM {items} AS i JOIN o ON o.order_id = i.order_id"
        ),
    ] {
        assert_eq!(lines(key, fee, &query), [Code::CoarserMeasure], "{query}");
    }
    // The same repetition, summed: an order's fee is added once per line of it.
    let grouped = |value: &str| {
        format!(
            "SELECT o.order_id, o.customer_id, o.at, {value} FROM {items} AS i JOIN {orders} AS o USING (order_id) GROUP BY o.order_id, o.customer_id, o.at"
        )
    };
    assert_eq!(lines("order_id", fee, &grouped("SUM(o.fee) AS fee")), [Code::CoarserMeasure]);
    for right in
        ["MAX(o.fee) AS fee", "SUM(i.amount) AS fee", "SUM(DISTINCT o.fee) AS fee", "SUM(o.fee * i.amount) AS fee"]
    {
        assert_eq!(lines("order_id", fee, &grouped(right)), [], "{right}");
    }
}

#[test]
fn a_chasm_trap_is_found() {
    let query = |joins: &str| {
        format!(
            "SELECT o.order_id, o.customer_id, o.at, SUM(p.paid) AS paid {joins} GROUP BY o.order_id, o.customer_id, o.at"
        )
    };
    let found = |joins: &str| lines("order_id", "paid: { additive: all, unit: won }", &query(joins));
    let orders = "FROM {{ source('shop.orders') }} AS o";
    let payments = "JOIN {{ source('shop.payments') }} AS p";
    let items = "JOIN {{ source('shop.items') }} AS i";
    assert_eq!(
        found(&format!("{orders} {payments} ON p.order_id = o.order_id {items} ON i.order_id = o.order_id")),
        [Code::ChasmTrap]
    );
    assert_eq!(
        found(&format!("{orders} LEFT {payments} USING (order_id) LEFT {items} USING (order_id)")),
        [Code::ChasmTrap]
    );
    assert_eq!(
        found(&format!("{orders} {payments} ON p.order_id = o.order_id {items} ON i.order_id = p.order_id")),
        [Code::ChasmTrap]
    );
    // One of them is one row, by its key, by a value, by a range, or summed first.
    assert_eq!(found(&format!("{orders} {payments} USING (order_id)")), []);
    let one =
        format!("{orders} {payments} ON p.order_id = o.order_id {items} ON i.order_id = o.order_id AND i.line_no = 1");
    assert_eq!(found(&one), []);
    let range = format!(
        "{orders} {payments} ON p.order_id = o.order_id JOIN {{{{ source('shop.rates') }}}} AS r ON r.order_id = o.order_id AND r.since <= o.at"
    );
    assert_eq!(found(&range), []);
    let summed = format!(
        "{orders} {payments} ON p.order_id = o.order_id JOIN (SELECT order_id, SUM(amount) AS amount FROM {{{{ source('shop.items') }}}} GROUP BY order_id) AS i ON i.order_id = o.order_id"
    );
    assert_eq!(found(&summed), []); // What a repeated row does not change, and a fact of which each row is such a pair.
    let grouped = |value: &str| {
        lines(
            "order_id",
            "paid: { additive: all, unit: won }",
            &query(&format!("{orders} {payments} ON p.order_id = o.order_id {items} ON i.order_id = o.order_id"))
                .replace("SUM(p.paid)", value),
        )
    };
    assert_eq!(grouped("COUNT(DISTINCT p.payment_id)"), []);
    assert_eq!(grouped("MAX(p.paid)"), []);
    assert_eq!(grouped("COUNT(*)"), [Code::ChasmTrap]);
    let pairs = |value: &str| {
        let query = format!(
            "SELECT p.payment_id, i.order_id, i.line_no, o.customer_id, o.at, {value} {orders} {payments} ON p.order_id = o.order_id {items} ON i.order_id = o.order_id"
        );
        lines("payment_id, order_id, line_no", "paid: { additive: all, unit: won }", &query)
    };
    assert_eq!(pairs("p.paid * i.amount AS paid"), []);
    assert_eq!(pairs("p.paid"), [Code::ChasmTrap]);
    let commas = "FROM {{ source('shop.orders') }} AS o, {{ source('shop.payments') }} AS p, {{ source('shop.items') }} AS i WHERE p.order_id = o.order_id AND i.order_id = o.order_id";
    assert_eq!(found(commas), [Code::ChasmTrap]);
}

#[test]
fn texts_that_are_compared_without_case_are_found_where_that_decides_nothing() {
    let found = |stores: &str, orders: &str, read: &str, sold: &str| {
        let shop = format!(
            "source: shop\ntype: mysql\nurl: \"{{{{ env('U') }}}}\"\ntables:\n  stores: {{ primary_key: code, columns: {{ code: {stores}, label: STRING }} }}\n  orders: {{ primary_key: order_id, columns: {{ order_id: INT64, code: {orders}, sold_at: TIMESTAMP, amount: NUMERIC }} }}\n"
        );
        let store = format!("dimension: store\n{read}\nnatural_key: code\nattributes: {{ label: {{ scd: 1 }} }}\n");
        let sale = format!(
            "fact: sale\nbusiness_process: selling\ngrain: {{ description: one row per order, key: order_id }}\n{sold}\nevent_time: sold_at\ndimensions: {{ store: {{ on: code }} }}\nmeasures: {{ amount: {{ additive: all, unit: won }} }}\n"
        );
        let files = [("dwc.yml", STAR[0].1), ("shop.yml", &shop), ("store.yml", &store), ("sale.yml", &sale)];
        let files = files.map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() });
        let found = crate::check(&FileSet::new(files.into())).diagnostics;
        found.into_iter().map(|found| found.code).collect::<Vec<_>>()
    };
    let (plain, folding) = ("STRING", "{ type: STRING, collation: \"und:ci\" }");
    let (stores, orders) = ("from: shop.stores", "from: shop.orders");
    let folded = "query: SELECT LOWER(code) AS code, label FROM {{ source('shop.stores') }}";
    let sold = "query: SELECT order_id, LOWER(code) AS code, sold_at, amount FROM {{ source('shop.orders') }}";
    assert_eq!(found(plain, plain, stores, orders), []);
    assert_eq!(found(folding, folding, stores, orders), []);
    assert_eq!(found(folding, folding, folded, sold), []);
    assert_eq!(found(plain, folding, stores, orders), [Code::CollatedKey]);
    assert_eq!(found(folding, plain, stores, orders), [Code::CollatedKey]);
    assert!(found("{ type: INT64, collation: \"und:ci\" }", plain, stores, orders).contains(&Code::MisplacedKey));
    assert_eq!(found("{ type: STRING, collation: \"und:cs\" }", plain, stores, orders), [Code::WrongValue]);
    // A join of two columns that are compared in two ways.
    let joined = |on: &str| {
        format!(
            "query: SELECT o.order_id, LOWER(o.code) AS code, o.sold_at, o.amount FROM {{{{ source('shop.orders') }}}} AS o JOIN {{{{ source('shop.stores') }}}} AS s ON {on}"
        )
    };
    assert_eq!(found(plain, folding, stores, &joined("s.code = o.code")), [Code::CollatedKey]);
    assert_eq!(found(folding, folding, folded, &joined("s.code = o.code")), []);
    assert_eq!(found(folding, folding, folded, &joined("LOWER(s.code) = LOWER(o.code)")), []);
    // What would have to choose a spelling.
    let chosen = |items: &str, rest: &str| {
        let sold = format!("query: SELECT {items} FROM {{{{ source('shop.orders') }}}} AS o {rest}");
        found(folding, folding, stores, &sold)
    };
    let all = "order_id, code, sold_at, amount";
    let by = "GROUP BY order_id, code, sold_at, amount";
    assert_eq!(chosen(all, ""), []);
    assert_eq!(chosen(all, by), [Code::CollatedKey]);
    assert_eq!(chosen(&format!("DISTINCT {all}"), ""), [Code::CollatedKey]);
    assert_eq!(
        chosen(
            "order_id, MIN(code) AS code, ANY_VALUE(sold_at) AS sold_at, SUM(amount) AS amount",
            "GROUP BY order_id"
        ),
        [Code::CollatedKey]
    );
    let folded_by = "GROUP BY order_id, LOWER(code), sold_at, amount";
    assert_eq!(chosen("order_id, LOWER(code) AS code, sold_at, amount", folded_by), []);
    assert_eq!(chosen("order_id, NULLIF(code, 'x') AS code, sold_at, amount", ""), [Code::CollatedKey]);
    assert_eq!(chosen(all, "WHERE code IN (SELECT DISTINCT LOWER(code) FROM {{ source('shop.stores') }})"), []);
    assert_eq!(chosen(all, "JOIN {{ source('shop.stores') }} AS s USING (code)"), [Code::CollatedKey]);
    assert_eq!(chosen(all, "QUALIFY ROW_NUMBER() OVER (PARTITION BY code ORDER BY sold_at) = 1"), []);
}

#[test]
fn an_order_that_contradicts_the_table_is_refused() {
    let found = |table: &str, says: &str| {
        let shop = format!(
            "source: shop\ntype: files\ntables:\n  stores: {{ path: s.csv, {table}, primary_key: store_id, columns: {{ store_id: INT64, label: STRING, version: INT64, at: TIMESTAMP }} }}\n"
        );
        let store = format!(
            "dimension: store\nfrom: shop.stores\nnatural_key: store_id\n{says}attributes: {{ label: {{ scd: 1 }} }}\n"
        );
        let files = [("dwc.yml", STAR[0].1), ("shop.yml", &shop), ("store.yml", &store)];
        let files = files.map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() });
        let found = crate::check(&FileSet::new(files.into())).diagnostics;
        found.into_iter().map(|found| found.code).collect::<Vec<_>>()
    };
    assert_eq!(found("sequence: version", "sequence: version\n"), []);
    assert_eq!(found("sequence: version", "sequence: at\n"), [Code::MisplacedKey]);
    assert_eq!(found("cursor: at", "sequence: version\n"), [Code::MisplacedKey]);
    assert_eq!(found("cursor: at", "effective_at: at\nsequence: version\n"), []);
    assert_eq!(found("contents: snapshot", "sequence: version\n"), []);
}

#[test]
fn a_policy_that_governs_nothing_is_found() {
    let store = "models/store.yml";
    let attributes = "attributes: { store_name: { scd: 2 } }";
    let with = |policy: &str, types: &str| {
        let changed = format!("{policy}\nattributes: {{ {types} }}");
        codes(store, &[(attributes, changed.as_str())])
    };
    assert_eq!(with("open_end: none", "store_name: { scd: 2 }"), []);
    assert_eq!(with("open_end: none", "store_name: { scd: 1 }"), [Code::IdlePolicy]);
    assert_eq!(with("first_version: own_instant", "store_name: { scd: 6 }"), []);
    assert_eq!(with("first_version: own_instant", "store_name: { scd: 3 }"), [Code::IdlePolicy]);
    assert_eq!(with("type1_scope: current", "store_name: { scd: 2 }"), [Code::IdlePolicy]);
    assert_eq!(with("type1_scope: current", "store_name: { scd: 2 }, region_id: { scd: 1 }"), []);
    assert_eq!(with("late_type0: keep", "store_name: { scd: 2 }"), [Code::IdlePolicy]);
    assert_eq!(with("late_type0: keep", "store_name: { scd: 0 }"), []);
}
