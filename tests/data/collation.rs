//! Keys that their source compares without case are compared so: `S01` and `s01` are one row, one member, one key.

use dwc_tests::collated::{LATER, SHOP};
use dwc_tests::project::Project;

use super::assert_run;

fn rows(project: &Project, sql: &str) -> Vec<String> {
    let path = project.path().join("warehouse.duckdb");
    let warehouse = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse");
    let rows = warehouse.rows(sql).expect("an answer");
    let word = |cell: Option<String>| cell.unwrap_or_else(|| "NULL".to_owned());
    rows.into_iter().map(|row| row.into_iter().map(word).collect::<Vec<_>>().join(" ")).collect()
}

const STORES: &str = "SELECT store_code, store_name, strftime(valid_from, '%Y-%m'), is_current, is_inferred \
                      FROM dw.store WHERE store_key >= 0 ORDER BY dwc_lower(store_code), valid_from";
const SALES: &str = "SELECT f.order_no, d.store_code, d.store_name, f.as_written, f.amount::INT, f.home, f.again \
                     FROM dw.sale AS f JOIN dw.store AS d USING (store_key) ORDER BY dwc_lower(f.order_no)";

/// Everything of the star that a reader sees, its keys among it.
fn star(project: &Project) -> Vec<Vec<String>> {
    let keys = "SELECT store_key, store_durable_key FROM dw.store ORDER BY ALL";
    let bound = "SELECT store_key, store_durable_key, outlet_key, outlet_durable_key FROM dw.sale ORDER BY ALL";
    // Spellings of one key have no order among themselves.
    let sorted = |sql: &str| {
        let mut all = rows(project, sql);
        all.sort();
        all
    };
    [STORES, SALES, keys, bound].into_iter().map(sorted).collect()
}

fn afresh(project: &Project) -> Vec<Vec<String>> {
    std::fs::remove_file(project.path().join("warehouse.duckdb")).expect("the warehouse");
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
    star(project)
}

#[test]
fn spellings_of_a_key_are_one_row_one_member_and_one_key() {
    let project = Project::new(SHOP);
    let checked = project.dwc(&["check"]);
    assert_run(&checked, 0, &[]);
    assert!(!checked.stderr.contains("DW0419"), "what is compared as its source does is no finding");
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
    let stores = rows(&project, STORES);
    assert_eq!(
        stores,
        [
            "S01 Alpha 0001-01 true false",
            "s02 Beta 0001-01 true false",
            "S09 NULL 0001-01 true true",
            "É03 Gamma 0001-01 true false",
        ]
    );
    assert_eq!(
        rows(&project, SALES),
        [
            "A1 S01 Alpha s01 10 1 1",
            "a2 s02 Beta S02 20 0 0",
            "A3 S09 NULL s09 30 NULL 0",
            "A4 S09 NULL S09 40 NULL 0",
            "A6 É03 Gamma é03 60 1 0",
        ]
    );
    let countries = "SELECT outlet_code, country FROM dw.outlet WHERE outlet_key >= 0 ORDER BY 1";
    assert_eq!(rows(&project, countries), ["S01 KR", "s02 KR"], "joined without case");

    let asked =
        ["query", "amount", "--by", "store.store_code", "--where", "store.store_code = 's01'", "--format", "csv"];
    assert_eq!(project.dwc(&asked).stdout.lines().last(), Some("S01,10"), "a question compares as its source does");

    // A state under another spelling is a state of the same row; the spelling that came last is shown.
    LATER.iter().for_each(|(path, text)| project.write(path, text));
    assert_run(&project.dwc(&["run"]), 0, &[]);
    let landed = "SELECT store_code, store_name FROM dw_landing.shop__stores ORDER BY dwc_lower(store_code)";
    assert_eq!(rows(&project, landed), ["s01 Alpha 2", "S02 Beta", "S09 Late", "É03 Gamma"]);
    assert_eq!(
        rows(&project, STORES),
        [
            "s01 Alpha 0001-01 false false",
            "s01 Alpha 2 2026-02 true false",
            "S02 Beta 0001-01 true false",
            "S09 Late 0001-01 true false",
            "É03 Gamma 0001-01 true false",
        ]
    );
    assert_eq!(
        rows(&project, SALES),
        [
            "a1 s01 Alpha 2 S01 11 1 1",
            "a2 S02 Beta S02 20 0 0",
            "A3 S09 Late s09 30 1 0",
            "A4 S09 Late S09 40 1 0",
            "A6 É03 Gamma é03 60 1 0",
            "B1 s01 Alpha 2 S01 5 1 1",
        ]
    );
    assert_run(&project.dwc(&["verify"]), 0, &[]);
    let then = star(&project);
    assert_run(&project.dwc(&["run", "--mode", "full"]), 0, &[]);
    assert_eq!(star(&project), then, "computed anew from what is landed");
    assert_eq!(afresh(&project), then, "loaded anew, whatever the batches were");
    assert_run(&project.dwc(&["verify"]), 0, &[]);
}

#[test]
fn a_row_goes_and_comes_back_under_any_spelling() {
    let changes = "contents: changes\n    columns: { store_code";
    let snapshot = "contents: snapshot\n    max_deleted_share: 1\n    retain: history\n    columns: { store_code";
    let project = Project::new(&SHOP.replace(changes, snapshot));
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
    let head = "store_code,store_name,region,updated_at\ns01,Alpha,Seoul,2026-01-01 00:00:00\n";
    project.write("data/stores/2026-03-01.csv", head);
    assert_run(&project.dwc(&["run"]), 0, &[]);
    let landed = "SELECT store_code FROM dw_landing.shop__stores";
    assert_eq!(rows(&project, landed), ["s01"], "it is there under another spelling, the others are gone");
    let open = "SELECT store_code FROM dw.store WHERE store_key >= 0 AND is_current AND NOT is_inferred ORDER BY 1";
    assert_eq!(rows(&project, open), ["s01"]);
    project.write("data/stores/2026-03-02.csv", &format!("{head}S02,Beta,busan,2026-03-02 00:00:00\n"));
    assert_run(&project.dwc(&["run"]), 0, &[]);
    assert_eq!(rows(&project, open), ["S02", "s01"]);
    let durable = "SELECT COUNT(*), COUNT(DISTINCT store_durable_key) FROM dw.store WHERE store_code = 'S02'";
    assert_eq!(rows(&project, durable), ["2 1"]);
    assert_run(&project.dwc(&["verify"]), 0, &[]);
}

#[test]
fn rows_of_one_reading_that_differ_by_case_share_their_key() {
    let project = Project::new(&SHOP.replace("contents: changes", "contents: snapshot"));
    project.write(
        "data/stores/2026-01-01.csv",
        "store_code,store_name,region,updated_at\nS01,Alpha,Seoul,2026-01-01 00:00:00\ns01,Alias,Seoul,2026-01-01 00:00:00\n",
    );
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 1, &["share their primary key", "store_code=s01 (2 rows"]);
}

/// Applies what loses data of every table and model, and loads.
fn applied_with_leave(project: &Project) {
    let mut arguments = vec!["apply", "--auto-approve"];
    let all = ["shop.stores", "shop.regions", "shop.orders", "store", "store_profile", "outlet", "region", "sale"];
    let allowed = all.map(|name| format!("--allow-destructive={name}"));
    arguments.extend(allowed.iter().map(String::as_str));
    assert_run(&project.dwc(&arguments), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
}

#[test]
fn a_collation_that_comes_is_another_key_and_ends_as_a_fresh_load() {
    let project = Project::new(SHOP);
    let declared = project.read("models/shop.yml");
    project.write("models/shop.yml", &declared.replace(", collation: \"und:ci\"", ""));
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
    assert_eq!(rows(&project, "SELECT COUNT(*) FROM dw.store WHERE store_code IN ('S01', 's01', 'S09', 's09')"), ["4"]);
    project.write("models/shop.yml", &declared);
    let said =
        ["its key is compared without case in store_code from now on", "keys of `store` are compared without case"];
    assert_run(&project.dwc(&["plan"]), 0, &said);
    applied_with_leave(&project);
    let changed = star(&project);
    assert_eq!(afresh(&project), changed);
}

#[test]
fn a_collation_that_goes_is_another_key_and_ends_as_a_fresh_load() {
    let project = Project::new(SHOP);
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 0, &[]);
    assert_run(&project.dwc(&["run"]), 0, &[]);
    let declared = project.read("models/shop.yml");
    project.write("models/shop.yml", &declared.replace(", collation: \"und:ci\"", ""));
    assert_run(&project.dwc(&["plan"]), 0, &["its key is compared as it is written from now on"]);
    assert_run(&project.dwc(&["apply", "--auto-approve"]), 1, &["would lose data of", "shop.stores"]);
    applied_with_leave(&project);
    assert_eq!(rows(&project, "SELECT COUNT(*) FROM dw.store WHERE store_code IN ('S01', 's01', 'S09', 's09')"), ["4"]);
    let changed = star(&project);
    assert_eq!(afresh(&project), changed);
    assert_run(&project.dwc(&["verify"]), 0, &[]);
}
