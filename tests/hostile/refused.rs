//! What is refused rather than done to something else: expressions that would end their parentheses, folders that do not exist,
//! files that are not of the kind that is written.

use dwc_compiler::model::TargetType;
use dwc_compiler::source::{FileSet, SourceFile};
use dwc_runner::Mode;
use dwc_tests::project::{Project, Run, files};
use dwc_tests::warehouse::Warehouse;

use crate::bounded::project;

const STORES: &str = "SELECT * FROM {{ source('shop.stores') }}";

fn refused(run: &Run, code: &str) {
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains(code), "{}", run.stderr);
}

fn stores(project: &Project) -> Vec<String> {
    let warehouse = Warehouse::apply(project.path());
    warehouse.run(Mode::Full);
    warehouse.run(Mode::Incremental);
    let rows =
        warehouse.rows("SELECT store_id || ' ' || store_name FROM dw.store WHERE store_key > 0 ORDER BY store_id");
    rows.into_iter().flatten().collect()
}

#[test]
fn an_expression_is_one_expression() {
    for expr in [
        "store_name) AS x, (store_name",
        "store_name, store_id",
        "store_name; SELECT 1",
        "store_name FROM t",
        "store_name AS x",
    ] {
        refused(&project(STORES, &format!("\"{expr}\"")).dwc(&["check"]), "DW0601");
    }
}

#[test]
fn comments_and_semicolons_that_end_a_text_end_nothing_else() {
    let with_comment = project(
        "SELECT * FROM {{ source('shop.stores') }} -- all of them\nWHERE store_id <> 2 # but one\n; -- the end",
        "\"UPPER(store_name) -- in capitals\"",
    );
    assert_eq!(stores(&with_comment), ["1 FIRST", "NULL"]);
}

#[test]
fn two_signs_in_a_row_keep_the_filter_on_both_engines() {
    let project = project(
        "SELECT * FROM {{ source('shop.stores') }} WHERE - -store_id < 2 AND store_name IS NOT NULL",
        "store_name",
    );
    assert_eq!(stores(&project), ["1 first"]);
    let out = project.path().join("out");
    let run = project.dwc(&["compile", "--target", "prod", "--out", &out.to_string_lossy()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let sql = project.read("out/load/store.incremental.sql");
    assert!(sql.contains("-(-store_id) < 2"), "{sql}");
    assert!(!sql.contains("--store_id"), "{sql}");
}

#[test]
fn set_operations_keep_their_parentheses() {
    let part = |name: &str| {
        format!(
            "SELECT store_id, '{name}' AS store_name, updated_at FROM {{{{ source('shop.stores') }}}} WHERE store_id = 1"
        )
    };
    // Without the parentheses the last DISTINCT would take in the first SELECT too.
    let query = format!(
        "SELECT 1 AS store_id, CAST(COUNT(*) AS STRING) AS store_name, TIMESTAMP '2024-01-01' AS updated_at FROM ({} UNION ALL ({} UNION DISTINCT {})) AS u",
        part("a"),
        part("a"),
        part("a")
    );
    assert_eq!(stores(&project(&query, "store_name")), ["1 2"]);
    let query = query.replacen("UNION ALL (", "EXCEPT DISTINCT (", 1).replacen("UNION DISTINCT", "EXCEPT DISTINCT", 1);
    assert_eq!(stores(&project(&query, "store_name")), ["1 1"]);
}

#[test]
fn pipes_after_a_select_keep_their_filter() {
    let query = "SELECT * FROM {{ source('shop.stores') }} |> WHERE store_id = 2";
    assert_eq!(stores(&project(query, "store_name")), ["2 second"]);
}

#[test]
fn texts_of_users_are_texts_in_generated_sql() {
    let holiday = "date.yml\ndimension: date\nkind: calendar\ndescription: A day.\nfirst_day: 2026-01-01\nlast_day: 2026-01-02\n\
                   holidays: { 2026-01-01: \"New\\nYear's \\\\ 'Day'\" }\n";
    let project = project(STORES, "store_name");
    project.write("models/date.yml", holiday.split_once('\n').unwrap().1);
    let warehouse = Warehouse::apply(project.path());
    let rows = warehouse.rows("SELECT holiday_name FROM dw.date WHERE date_key = 20260101");
    assert_eq!(rows, [["New\nYear's \\ 'Day'"]]);
}

#[test]
fn a_models_folder_that_does_not_exist_is_said_and_a_link_is_followed() {
    let fixture = project(STORES, "store_name");
    let text = fixture.read("dwc.yml");
    fixture.write("dwc.yml", &format!("{text}models: mdoels\n"));
    refused(&fixture.dwc(&["check"]), "DW0116");
    fixture.write("dwc.yml", &format!("{text}models: dwc.yml\n"));
    refused(&fixture.dwc(&["check"]), "DW0116");
    fixture.write("dwc.yml", &text);
    let elsewhere = Project::new("");
    elsewhere.write("team/city.yml", "dimension: city\ndescription: A city.\nfrom: shop.towns\nnatural_key: [store_id]\neffective_at: updated_at\nattributes: { store_name: { scd: 1 } }\n");
    std::os::unix::fs::symlink(elsewhere.path().join("team"), fixture.path().join("models/linked")).unwrap();
    // A link that leads back to where it stands is not an endless path.
    std::os::unix::fs::symlink(fixture.path().join("models"), fixture.path().join("models/again")).unwrap();
    let run = fixture.dwc(&["check"]);
    refused(&run, "shop.towns");
    assert!(run.stderr.contains("models/linked/city.yml"), "{}", run.stderr);
    assert!(!run.stderr.contains("DW0202"), "{}", run.stderr);
    std::os::unix::fs::symlink(fixture.path().join("nowhere"), fixture.path().join("models/broken")).unwrap();
    refused(&fixture.dwc(&["check"]), "is a link to nothing");
}

#[test]
fn a_password_in_an_address_is_shown_by_no_command() {
    let source = "source: bank\ntype: mysql\nurl: mysql://reader:s3cr3t@db/bank\nreplica_url: mysql://reader:s3cr3t@db2/bank\n\
        tables:\n  t: { primary_key: id, columns: { id: INT64 } }\n";
    let fixture = project(STORES, "store_name");
    fixture.write("models/bank.yml", source);
    for arguments in [&["check"][..], &["show", "bank"], &["show", "bank", "--format", "json"], &["plan"], &["compile"]]
    {
        let run = fixture.dwc(arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {run:?}");
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("s3cr3t"), "{arguments:?}: {run:?}");
    }
    assert!(fixture.dwc(&["show", "bank"]).stdout.contains("mysql://reader:******@db2/bank"));
}

#[test]
fn files_of_another_kind_are_not_overwritten() {
    let project = project(STORES, "store_name");
    let model = project.read("models/store.yml");
    refused(&project.dwc(&["plan", "-o", "models/store.yml"]), "DW0117");
    refused(&project.dwc(&["export", "airflow", "--out", "models/store.yml"]), "DW0117");
    refused(&project.dwc(&["compile", "--out", "models"]), "DW0117");
    refused(&project.dwc(&["docs", "build", "--out", "models"]), "DW0117");
    refused(&project.dwc(&["compile", "--out", "dwc.yml"]), "DW0117");
    assert_eq!(project.read("models/store.yml"), model);
    for arguments in [
        ["plan", "-o", "saved.plan"].as_slice(),
        &["export", "airflow", "--out", "dags.py"],
        &["compile", "--out", "compiled"],
        &["docs", "build", "--out", "site"],
    ] {
        for _ in 0..2 {
            let run = project.dwc(arguments);
            assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.stderr);
        }
    }
}

#[test]
fn what_keeps_a_model_from_being_compiled_is_found_by_check() {
    let shop = files(include_str!("mutants.project")).into_iter().filter(|(path, _)| path.ends_with(".yml"));
    let files = FileSet::new(shop.map(|(path, text)| SourceFile { path, text }).collect());
    let project = dwc_compiler::check(&files).project.expect("a project");
    for engine in [TargetType::Duckdb, TargetType::Bigquery] {
        assert!(dwc_compiler::sql::load_plan(&project, engine, "dw").is_ok());
    }
}
