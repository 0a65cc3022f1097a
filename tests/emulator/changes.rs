//! Changes of the models and of the warehouse: told, carried out through every kill, and taken back.

use dwc_bigquery::{Access, RowPolicy};
use dwc_compiler::plan::DriftKind;
use dwc_runner::{DuckDbWarehouse, Mode};
use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::project::Project;
use dwc_tests::shop::SHOP;

use super::{apply, checked, compare, done, dwc, embedded, emulated, killed, run};

/// The shop, applied and loaded on the emulator.
pub(super) fn loaded(emulator: &BigQueryEmulator) -> Project {
    let disk = Project::new(SHOP);
    done(emulator, disk.path(), &["apply", "--auto-approve"]);
    done(emulator, disk.path(), &["run", "--at", "2026-04-01"]);
    disk
}

fn edit(disk: &Project, file: &str, from: &str, to: &str) {
    let text = disk.read(file);
    assert!(text.contains(from), "{file} has no `{from}`");
    disk.write(file, &text.replace(from, to));
}

#[test]
fn what_others_have_changed_is_told_and_set_right() {
    let emulator = BigQueryEmulator::start();
    let disk = loaded(&emulator);
    let project = checked(disk.path());
    let there = emulator.warehouse("dw");
    assert!(dwc_runner::plan(&there, &project).expect("a plan").drift.is_empty());
    for damage in [
        "DROP TABLE `dw`.`sale`",
        "DROP VIEW `dw`.`order_date`",
        "ALTER TABLE `dw`.`store` DROP COLUMN store_name",
        "ALTER TABLE `dw`.`area` ADD COLUMN note STRING",
        "ALTER TABLE `dw`.`area` ADD PRIMARY KEY (area_key) NOT ENFORCED",
        "ALTER TABLE `dw`.`area` SET OPTIONS (description = 'others say this')",
        "ALTER TABLE `dw`.`area` ALTER COLUMN region_name SET OPTIONS (description = 'a name')",
    ] {
        there.table(damage).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let planned = dwc_runner::plan(&there, &project).expect("a plan");
    let told: Vec<(String, DriftKind)> =
        planned.drift.iter().map(|drift| (drift.address.clone(), drift.kind)).collect();
    let expected = [
        ("table dw.area", DriftKind::DescriptionChanged),
        ("table dw.area", DriftKind::KeysChanged),
        ("table dw.area", DriftKind::DescriptionChanged),
        ("table dw.area", DriftKind::ColumnAdded),
        ("table dw.sale", DriftKind::ObjectMissing),
        ("table dw.store", DriftKind::ColumnMissing),
        ("view dw.order_date", DriftKind::ObjectMissing),
    ];
    assert_eq!(told, expected.map(|(address, kind)| (address.to_owned(), kind)));
    let text = done(&emulator, disk.path(), &["plan"]);
    assert!(text.contains("column `note` was added in the warehouse; is left unchanged"), "{text}");
    done(&emulator, disk.path(), &["apply", "--auto-approve"]);
    done(&emulator, disk.path(), &["run", "--at", "2026-04-02"]);
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    apply(&here, &project);
    run(&here, &project, disk.path(), Mode::Incremental, None);
    let there = emulator.warehouse("dw");
    let mut expected = embedded(&here);
    expected.retain(|table, _| table.starts_with("dw.") || table.starts_with("dw_landing."));
    compare(&expected, &emulated(&there, &here));
    let planned = dwc_runner::plan(&there, &project).expect("a plan");
    assert!(planned.set.changes.is_empty(), "{:?}", planned.set);
}

#[test]
fn a_plan_asks_by_a_dry_run_what_a_load_reads() {
    let emulator = BigQueryEmulator::start();
    let disk = Project::new(SHOP);
    edit(&disk, "models/sale.yml", "event_time: ordered_at", "event_time: ordered_at\npartition_by: ordered_at");
    let text = done(&emulator, disk.path(), &["plan"]);
    assert!(text.contains("sale: all of them (unknown): `ordered_at` is not part of the grain key"), "{text}");
    done(&emulator, disk.path(), &["apply", "--auto-approve"]);
    let text = done(&emulator, disk.path(), &["plan"]);
    assert!(text.contains(" B a statement, ") && text.contains("USD on demand): `ordered_at` is not"), "{text}");
}

#[test]
fn a_table_of_others_under_a_needed_name_stops_an_apply() {
    let emulator = BigQueryEmulator::start();
    let disk = loaded(&emulator);
    emulator.warehouse("dw").table("CREATE TABLE `dw`.`city` (a INT64)").expect("a table of others");
    edit(&disk, "models/area.yml", "dimension: area", "dimension: city");
    edit(&disk, "models/sale.yml", "  area: { on: store_id }", "  city: { on: store_id }");
    disk.write("models/city.yml", &disk.read("models/area.yml"));
    std::fs::remove_file(disk.path().join("models/area.yml")).expect("a file");
    let (code, told) = dwc(&emulator, disk.path(), &["apply", "--auto-approve", "--allow-destructive", "area"], None);
    assert!(code == Some(1) && told.contains("DW0704"), "{code:?} {told}");
}

#[test]
fn a_change_that_is_killed_at_every_boundary_ends_and_is_taken_back() {
    let emulator = BigQueryEmulator::start();
    let disk = loaded(&emulator);
    let former = emulated(&emulator.warehouse("dw"), &as_embedded(&disk));
    // Others have set this on a table that is made again.
    let client = emulator.warehouse("dw");
    let set = Access {
        labels: [("team".to_owned(), "sales".to_owned())].into(),
        bindings: Some(vec![
            serde_json::json!({ "role": "roles/bigquery.dataViewer", "members": ["user:ann@example.com"] }),
        ]),
        rows: vec![RowPolicy {
            name: "all".to_owned(),
            filter: "TRUE".to_owned(),
            readers: vec!["allUsers".to_owned()],
        }],
        ..Access::default()
    };
    client.client().put_access("dw_landing", "shop__regions__rows", &set).expect("it is set");
    let is_set = || {
        let found = emulator.warehouse("dw").client().access("dw_landing", "shop__regions__rows");
        let found = found.expect("it is seen").expect("the table");
        assert_eq!(found.labels.get("team").map(String::as_str), Some("sales"));
        assert_eq!((&found.bindings, &found.rows), (&set.bindings, &set.rows));
    };
    is_set();
    // A column goes, one comes, one has another type, and a table is made again with its rows.
    edit(&disk, "models/store.yml", "  store_name: { scd: 2 }", "  shop_name: { scd: 2, expr: store_name }");
    edit(&disk, "models/shop.yml", "region_name: STRING, opened_on: DATE", "region_name: STRING, opened_on: STRING");
    edit(
        &disk,
        "models/sale.yml",
        "  amount: {",
        "  pieces: { expr: '1', type: INT64, additive: all, unit: sale }\n  amount: {",
    );
    let apply = ["apply", "--auto-approve", "--allow-destructive", "store", "--allow-destructive", "shop.regions"];
    let crashes = killed(&emulator, disk.path(), &apply);
    assert!(crashes > 4, "only {crashes} crash points were met");
    is_set();
    assert_eq!(killed(&emulator, disk.path(), &["plan"]), 0);
    done(&emulator, disk.path(), &["run", "--at", "2026-04-02", "--mode", "full"]);
    let here = as_embedded(&disk);
    let mut expected = embedded(&here);
    expected.retain(|table, _| table.starts_with("dw."));
    compare(&without_batches(expected, &here), &without_batches(emulated(&emulator.warehouse("dw"), &here), &here));
    // And back.
    let text = done(&emulator, disk.path(), &["state", "history"]);
    assert!(text.contains('2'), "{text}");
    for (file, text) in dwc_tests::project::files(SHOP) {
        disk.write(&file, &text);
    }
    let crashes = killed(&emulator, disk.path(), &["state", "rollback", "--auto-approve"]);
    assert!(crashes > 1, "only {crashes} crash points were met");
    is_set();
    let here = as_embedded(&disk);
    compare(&former, &emulated(&emulator.warehouse("dw"), &here));
    let planned = dwc_runner::plan(&emulator.warehouse("dw"), &checked(disk.path())).expect("a plan");
    assert!(planned.set.changes.is_empty() && planned.drift.is_empty(), "{planned:?}");
    done(&emulator, disk.path(), &["run", "--at", "2026-04-03"]);
}

#[test]
fn an_apply_of_other_models_does_not_go_on_with_one_that_was_cut_off() {
    let emulator = BigQueryEmulator::start();
    let disk = loaded(&emulator);
    let former = disk.read("models/sale.yml");
    edit(
        &disk,
        "models/sale.yml",
        "  amount: {",
        "  pieces: { expr: '1', type: INT64, additive: all, unit: sale }\n  amount: {",
    );
    // After what it begins with is written down.
    let (code, told) = dwc(&emulator, disk.path(), &["apply", "--auto-approve"], Some(3));
    assert_eq!(code, None, "{told}");
    let changed = disk.read("models/sale.yml");
    disk.write("models/sale.yml", &former);
    let (code, told) = dwc(&emulator, disk.path(), &["apply", "--auto-approve"], None);
    assert!(code == Some(1) && told.contains("DW0722"), "{code:?} {told}");
    disk.write("models/sale.yml", &changed);
    done(&emulator, disk.path(), &["apply", "--auto-approve"]);
    assert!(done(&emulator, disk.path(), &["plan"]).contains("no changes"));
}

/// The project as it is now, applied and loaded by one embedded run.
fn as_embedded(disk: &Project) -> DuckDbWarehouse {
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    apply(&here, &project);
    run(&here, &project, disk.path(), Mode::Incremental, None);
    here
}

/// The rows of the star without the number of the batch that loaded them.
fn without_batches(tables: super::Tables, like: &DuckDbWarehouse) -> super::Tables {
    let columns = super::tables(like);
    let cut = |(table, rows): (String, Vec<Vec<Option<String>>>)| {
        let known = columns.iter().find(|(schema, name, _)| format!("{schema}.{name}") == table);
        let at = known.and_then(|(_, _, columns)| columns.split(',').position(|column| column == "loaded_batch"));
        let mut rows: Vec<Vec<Option<String>>> = rows
            .into_iter()
            .map(|row| {
                row.into_iter().enumerate().filter(|(place, _)| Some(*place) != at).map(|(_, cell)| cell).collect()
            })
            .collect();
        rows.sort();
        (table, rows)
    };
    tables.into_iter().map(cut).collect()
}
