//! The property can fail: faults that are planted in a warehouse are found.

use dwc_tests::warehouse::Warehouse;

use crate::model::{Random, SHAPES, Shape};
use crate::{case, check};

/// What a landing does that keeps no former state of the customers.
fn forgets(warehouse: &Warehouse) {
    warehouse.execute(
        "DELETE FROM dw_landing.s__customers__changes AS c WHERE NOT EXISTS (\
         SELECT 1 FROM dw_landing.s__customers__rows AS r WHERE r._batch = c._batch AND r._state = c._state)",
    );
}

/// What a landing does that moves the beginnings of wages.
fn dates_late(warehouse: &Warehouse) {
    warehouse.execute("UPDATE dw_landing.s__wages__changes SET since = since + INTERVAL 1 HOUR WHERE v = 'x'");
}

/// What a load does that keeps the version which it should end.
fn ends_nothing(warehouse: &Warehouse) {
    warehouse.execute(
        "UPDATE dw_history.two_logs SET v = 'x' WHERE _event_at = (SELECT MAX(_event_at) FROM dw_history.two_logs)",
    );
    warehouse.execute("UPDATE dw.two_logs SET v = 'x' WHERE is_current AND two_logs_key >= 0");
}

fn found(name: &str, fault: &dyn Fn(&Warehouse)) {
    let shapes: Vec<&Shape> = SHAPES.iter().filter(|shape| shape.name == name).collect();
    for seed in 1..=12 {
        let case = case(&mut Random(seed), 4);
        assert_eq!(check(&case, &shapes, &|_| ()), Ok(()), "seed {seed} without a fault");
        if check(&case, &shapes, fault).is_err() {
            return;
        }
    }
    panic!("the fault is not found");
}

#[test]
fn forgotten_states_of_a_joined_table_are_found() {
    found("left_join", &forgets);
}

#[test]
fn intervals_that_begin_late_are_found() {
    found("two_intervals", &dates_late);
}

#[test]
fn a_wrong_version_is_found() {
    found("two_logs", &ends_nothing);
}
