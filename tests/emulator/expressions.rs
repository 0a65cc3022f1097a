//! An expression that fails on a row holds its model back on the emulator as on the embedded engine, and names that row.

use dwc_compiler::diagnostic::Code;
use dwc_runner::{DuckDbWarehouse, Mode, ModelOutcome, Warehouse};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;

use super::{apply, checked, run};

#[test]
fn the_row_and_the_column_of_a_failing_expression_are_the_same() {
    let emulator = BigQueryEmulator::start();
    let expr = "CAST(CONCAT(IF(order_id = 11, 'x', ''), CAST(amount AS STRING)) AS NUMERIC)";
    let disk = Project::new(&SHOP.replace("amount: { additive", &format!("amount: {{ expr: \"{expr}\", additive")));
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = emulator.warehouse("dw");
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    for engine in engines {
        apply(engine, &project);
        let (report, offences) = run(engine, &project, disk.path(), Mode::Incremental, None);
        let held = report.models.iter().filter(|model| model.outcome == ModelOutcome::HeldBack);
        assert_eq!(held.map(|model| model.model.as_str()).collect::<Vec<_>>(), ["sale"]);
        let [offence] = offences.as_slice() else { panic!("{offences:?}") };
        assert_eq!(offence.code, Code::ExpressionFailed, "{offence:?}");
        assert!(offence.message.contains("of fact `sale`"), "{offence:?}");
        let [row] = offence.keys.as_slice() else { panic!("{offence:?}") };
        assert!(row.starts_with("`shop.orders` order_id=11"), "{row}");
    }
}
