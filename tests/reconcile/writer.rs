//! A source that is written to while it is compared: what is newer than the last run is no finding.

use std::sync::atomic::{AtomicBool, Ordering};

use dwc_runner::Mode;
use dwc_tests::warehouse::Warehouse;

use super::{Server, told};

/// Comparisons beside a writer; `DWC_CLEAN_RUNS` takes another number.
const RUNS: usize = 12;

#[test]
fn a_writer_raises_no_alarm() {
    let runs = std::env::var("DWC_CLEAN_RUNS").map_or(RUNS, |n| n.parse().expect("DWC_CLEAN_RUNS is a number"));
    for server in Server::both() {
        server.execute("CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(20), updated_at TIMESTAMP(6) NULL)");
        let now = match &server {
            Server::MariaDb(_) => "UTC_TIMESTAMP(6)",
            Server::Postgres(_) => "clock_timestamp()",
        };
        server.execute(&format!("INSERT INTO orders VALUES (0, 'new', {now})"));
        let table = "orders:
  primary_key: id
  cursor: updated_at
  lookback: 1s
  columns: { id: INT64, status: STRING, updated_at: TIMESTAMP }";
        let warehouse = Warehouse::apply(server.project(table, "").path());
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for id in 1.. {
                    if is_done.load(Ordering::Relaxed) {
                        return;
                    }
                    server.execute(&format!("INSERT INTO orders VALUES ({id}, 'new', {now})"));
                    server.execute(&format!(
                        "UPDATE orders SET status = 'paid', updated_at = {now} WHERE id = {}",
                        id / 2
                    ));
                }
            });
            for _ in 0..runs {
                warehouse.run(Mode::Incremental);
                let found = warehouse.reconcile(false);
                let all = (told(&found.offences()), told(&found.told()));
                if all != (Vec::new(), Vec::new()) {
                    is_done.store(true, Ordering::Relaxed);
                    panic!("{all:#?}");
                }
            }
            is_done.store(true, Ordering::Relaxed);
        });
        assert!(server.query("SELECT COUNT(*) FROM orders")[0][0].parse::<usize>().expect("a count") > runs);
    }
}
