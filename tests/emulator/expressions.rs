//! An expression that fails on a row holds its model back on the emulator as on the embedded engine, and names that row.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{DuckDbWarehouse, Mode, ModelOutcome, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;

use super::{apply, checked, run};

/// Edits of the shop, the beginning of the message, and how much of the text the place has.
const FAILURES: [(&str, &str, &str, &str); 3] = [
    (
        "amount: { additive",
        "amount: { expr: \"CAST(CONCAT(IF(order_id = 11, 'x', ''), CAST(amount AS STRING)) AS NUMERIC)\", additive",
        "`amount` of fact `sale`",
        "CAST(CONCAT(",
    ),
    (
        "amount: { additive",
        "amount: { type: \"NUMERIC(8, 2)\", expr: \"amount * IF(order_id = 11, 1000000, 1)\", additive",
        "`amount` of fact `sale`",
        "amount * IF(",
    ),
    (
        "WHERE status <> 'cancelled'",
        "WHERE status <> 'cancelled' AND 1 / (order_id - 11) <> 0 AND amount > 0",
        "the query of fact `sale` fails, in a condition",
        "1 / (order_id - 11) <> 0",
    ),
];

#[test]
fn the_row_and_the_place_of_a_failing_expression_are_the_same() {
    for (from, to, message, text) in FAILURES {
        let shop = SHOP.replace(from, to);
        assert_ne!(shop, SHOP);
        let emulator = BigQueryEmulator::start();
        let disk = Project::new(&shop);
        let project = checked(disk.path());
        let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
        let there = emulator.warehouse("dw");
        let engines: [&dyn Warehouse; 2] = [&here, &there];
        let sale = std::fs::read_to_string(disk.path().join("models/sale.yml")).expect("the fact is written");
        for engine in engines {
            apply(engine, &project);
            let (report, offences) = run(engine, &project, disk.path(), Mode::Incremental, None);
            let held = report.models.iter().filter(|model| model.outcome == ModelOutcome::HeldBack);
            assert_eq!(held.map(|model| model.model.as_str()).collect::<Vec<_>>(), ["sale"]);
            let [offence] = offences.as_slice() else { panic!("{offences:?}") };
            assert_eq!(offence.code, Code::ExpressionFailed, "{offence:?}");
            assert!(offence.message.starts_with(message), "{offence:?}");
            let [row] = offence.keys.as_slice() else { panic!("{offence:?}") };
            assert!(row.starts_with("`shop.orders` order_id=11"), "{row}");
            let place = offence.span.expect("it has a place");
            let (start, end) = (place.lo as usize, place.hi as usize);
            assert!(sale[start..end].contains(text), "{} is not {text}", &sale[start..end]);
        }
    }
}
