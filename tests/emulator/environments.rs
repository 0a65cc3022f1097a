//! Environments on BigQuery: clones that are planned, applied and loaded in, while their target goes on.

use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;

use super::{checked, done, dwc, emulated};

#[test]
fn planned_applied_loaded_compared_and_dropped() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(SHOP);
    let folder = disk.path();
    done(&emulator, folder, &["apply", "--auto-approve"]);
    done(&emulator, folder, &["run", "--until", "2026-03-01", "--at", "2026-03-01"]);
    let here = dwc_runner::DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    super::apply(&here, &checked(folder));
    let before = emulated(&emulator.warehouse("dw"), &here);
    let (code, told) = dwc(&emulator, folder, &["plan", "--env", "review"], None);
    assert!(code == Some(1) && told.contains("DW0719"), "{told}");
    // Killed in the middle it is not there, and is made by the same command.
    done(&emulator, folder, &["env", "create", "review", "--expires", "7d"]);
    let (code, told) = dwc(&emulator, folder, &["env", "create", "review"], None);
    assert!(code == Some(1) && told.contains("DW0720"), "{told}");
    assert!(done(&emulator, folder, &["env", "list"]).contains("review"));
    assert!(done(&emulator, folder, &["plan", "--env", "review"]).contains("no changes"));
    assert_eq!(emulated(&emulator.warehouse("dw_env_review"), &here), before);
    let text = done(&emulator, folder, &["env", "diff", "review"]);
    assert!(text.contains("hold the same rows") && !text.contains("added"), "{text}");
    // Another model, and what came since.
    let store = disk.read("models/store.yml");
    disk.write("models/store.yml", &format!("{store}  short: {{ scd: 1, expr: 'SUBSTR(store_name, 1, 1)' }}\n"));
    done(&emulator, folder, &["apply", "--auto-approve", "--env", "review"]);
    done(&emulator, folder, &["run", "--env", "review", "--at", "2026-04-01"]);
    assert_eq!(emulated(&emulator.warehouse("dw"), &here), before, "the target does not notice");
    let text = done(&emulator, folder, &["env", "diff", "review"]);
    assert!(text.contains("dw.store: column `short` is new"), "{text}");
    assert!(text.contains("dw.sale: 1 rows added, 1 removed, 0 changed"), "{text}");
    done(&emulator, folder, &["env", "drop", "review"]);
    assert!(done(&emulator, folder, &["env", "list"]).contains("no environments"));
    let (code, told) = dwc(&emulator, folder, &["env", "drop", "review"], None);
    assert!(code == Some(1) && told.contains("DW0719"), "{told}");
    done(&emulator, folder, &["env", "create", "late", "--expires", "0s"]);
    let (code, told) = dwc(&emulator, folder, &["run", "--env", "late"], None);
    assert!(code == Some(1) && told.contains("DW0721"), "{told}");
    done(&emulator, folder, &["env", "drop", "--expired"]);
    assert!(done(&emulator, folder, &["env", "list"]).contains("no environments"));
}
