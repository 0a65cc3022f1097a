//! Leases: one process at a time changes a landing table or a model, and those with other parts work beside it.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use dwc_runner::{Claim, DuckDbWarehouse, Mode, Part, RunOptions};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;

use super::changes::loaded;
use super::{apply, checked, compare, done, dwc, embedded_but, emulated_but, run};

/// A second source with a dimension of its own, beside the shop.
const WEB: &str = "\
#- models/web.yml
source: web
type: files
tables:
  pages:
    path: data/pages/{batch}.csv
    primary_key: page_id
    columns: { page_id: INT64, title: STRING }
#- models/page.yml
dimension: page
from: web.pages
natural_key: page_id
attributes:
  title: { scd: 2 }
#- data/pages/2026-03-01.csv
page_id,title
1,home
2,cart
";

#[test]
fn one_process_at_a_time_holds_a_warehouse() {
    let emulator = BigQueryEmulator::start();
    let disk = loaded(&emulator);
    let there = emulator.warehouse("dw");
    let lease = there.lease(&Claim::Warehouse).expect("BigQuery answers").expect("a lease");
    // The test process holds it, and lives.
    for arguments in [&["run"][..], &["apply", "--auto-approve"], &["rebuild", "store", "--auto-approve"]] {
        let (code, told) = dwc(&emulator, disk.path(), arguments, None);
        assert!(code == Some(3) && told.contains("DW0920"), "{arguments:?}: {code:?} {told}");
        assert!(told.contains(&std::process::id().to_string()), "{told}");
    }
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| done(&emulator, disk.path(), &["run", "--wait", "2m", "--at", "2026-04-02"]));
        std::thread::sleep(std::time::Duration::from_secs(1));
        assert!(!waiting.is_finished());
        drop(lease);
        waiting.join()
    });
    assert!(waiting.is_ok());
    let unlock = |expected: &str| {
        let text = done(&emulator, disk.path(), &["state", "unlock", "--auto-approve"]);
        assert!(text.contains(expected), "{text}");
    };
    unlock("nobody holds");
    // A process of this machine that is no more has left its lock; one of another machine is not known to be gone.
    let left = |owner: &str| {
        let sql = format!(
            "INSERT INTO `dw_dwc`.`leases` (owner, part, since, until) VALUES ('{owner}', 'the warehouse', \
             CURRENT_TIMESTAMP(), TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR))"
        );
        there.table(&sql).unwrap_or_else(|error| panic!("{error:?}"));
    };
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a host");
    left(&format!("{}:{}", host.trim(), 4_194_303));
    done(&emulator, disk.path(), &["run", "--at", "2026-04-03"]);
    left("elsewhere:1");
    let (code, told) = dwc(&emulator, disk.path(), &["run"], None);
    assert!(code == Some(3) && told.contains("`elsewhere:1` holds the warehouse"), "{told}");
    unlock("taken from `elsewhere:1`");
    done(&emulator, disk.path(), &["run", "--at", "2026-04-04"]);
}

fn beside_the_shop() -> (BigQueryEmulator, Project) {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(&format!("{SHOP}{WEB}"));
    done(&emulator, disk.path(), &["apply", "--auto-approve"]);
    done(&emulator, disk.path(), &["run", "--at", "2026-04-01"]);
    disk.write("data/pages/2026-03-05.csv", "page_id,title\n2,basket\n3,help\n");
    disk.write(
        "data/stores/2026-03-05.csv",
        "store_id,store_name,region_id,updated_at\n2,둘둘,1,2026-03-05 00:00:00\n",
    );
    (emulator, disk)
}

/// What the embedded engine makes of the project's files, but for the numbers of batches.
fn ends_as_embedded(emulator: &BigQueryEmulator, disk: &Project) {
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    apply(&here, &project);
    run(&here, &project, disk.path(), Mode::Incremental, None);
    let there = emulator.warehouse("dw");
    let mut expected = embedded_but(&here, &["loaded_batch"]);
    expected.retain(|table, _| table.starts_with("dw."));
    compare(&expected, &emulated_but(&there, &here, &["loaded_batch"]));
    let sql = "SELECT CAST(COUNT(*) AS STRING), CAST(COUNT(DISTINCT run) AS STRING), CAST(COUNTIF(status = 'done') AS STRING) FROM `dw_dwc`.`runs`";
    let counted = there.table(sql).unwrap_or_else(|error| panic!("{error:?}")).1.remove(0);
    assert!(counted.iter().all(|count| *count == counted[0]), "{counted:?}");
}

#[test]
fn processes_with_other_parts_work_at_the_same_time() {
    let (emulator, disk) = beside_the_shop();
    std::thread::scope(|scope| {
        for source in ["shop", "web"] {
            let (emulator, disk) = (&emulator, &disk);
            scope.spawn(move || done(emulator, disk.path(), &["run", "--land", source, "--at", "2026-04-02"]));
        }
    });
    std::thread::scope(|scope| {
        for model in ["store", "page", "area"] {
            let (emulator, disk) = (&emulator, &disk);
            let arguments = ["run", "--no-land", "--select", model, "--at", "2026-04-02", "--wait", "2m"];
            scope.spawn(move || done(emulator, disk.path(), &arguments));
        }
    });
    done(&emulator, disk.path(), &["run", "--no-land", "--at", "2026-04-02"]);
    ends_as_embedded(&emulator, &disk);
}

#[test]
fn what_is_held_is_refused_to_others_and_a_commit_of_others_is_worked_upon() {
    let (emulator, disk) = beside_the_shop();
    let there = emulator.warehouse("dw");
    let lease = there.lease(&Claim::Parts(BTreeSet::from(["landing `web.pages`".to_owned()])));
    let lease = lease.expect("BigQuery answers").expect("a lease");
    for arguments in [&["run"][..], &["run", "--land", "web"], &["apply", "--auto-approve"]] {
        let (code, told) = dwc(&emulator, disk.path(), arguments, None);
        assert!(code == Some(3) && told.contains("DW0920") && told.contains("holds landing `web.pages`"), "{told}");
    }
    // The state as this process has read it is not that of the warehouse any more.
    done(&emulator, disk.path(), &["run", "--land", "shop", "--at", "2026-04-02"]);
    let options = RunOptions {
        mode: Mode::Incremental,
        at: NaiveDateTime::parse_from_str("2026-04-02 00:00:00", "%Y-%m-%d %H:%M:%S").expect("a time"),
        until: None,
        select: Vec::new(),
        part: Part::Land(vec!["web".to_owned()]),
    };
    let project = checked(disk.path());
    let (report, _) = dwc_runner::run(&there, &project, disk.path(), &options, &mut |_| {})
        .unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(report.sources.len(), 1, "{report:?}");
    drop(lease);
    done(&emulator, disk.path(), &["run", "--no-land", "--at", "2026-04-02"]);
    ends_as_embedded(&emulator, &disk);
}
