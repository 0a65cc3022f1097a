//! Results never depend on the machine: its zone, its locale, and the folder that a command is called from.

use dwc_tests::project::Project;

const PROJECT: &str = include_str!("mutants.project");

/// Everything that the star holds after a load, and what a question answers.
fn loaded(variables: &[(&str, &str)], elsewhere: bool) -> Vec<String> {
    let project = Project::new(PROJECT);
    let caller = Project::new("");
    let folder = project.path().to_string_lossy().into_owned();
    let dwc = |arguments: &[&str]| {
        let run = if elsewhere {
            let mut all = vec!["--project-dir", folder.as_str()];
            all.extend(arguments);
            caller.dwc_with(variables, &all)
        } else {
            project.dwc_with(variables, arguments)
        };
        assert_eq!(run.code, Some(0), "{variables:?} {arguments:?}: {}", run.stderr);
        run.stdout
    };
    let mut found = vec![dwc(&["plan", "--sql"])];
    dwc(&["apply", "--auto-approve"]);
    dwc(&["run", "--mode", "full", "--at", "2026-01-02T12:00:00"]);
    found.push(dwc(&[
        "query",
        "amount,quantity",
        "--by",
        "sale_date.date,customer.city,product.brand",
        "--format",
        "csv",
    ]));
    found.push(dwc(&[
        "query",
        "amount",
        "--by",
        "product.product_name",
        "--where",
        "sale_date.date = DATE '2026-01-01'",
        "--format",
        "json",
    ]));
    let warehouse =
        dwc_duckdb::open(&project.path().join("target/warehouse.duckdb").to_string_lossy()).expect("the warehouse");
    for table in [
        "dw.customer",
        "dw.product",
        "dw.date",
        "dw.sale",
        "dw.daily",
        "dw_history.customer",
        "dw_landing.shop__sales__rows",
    ] {
        let sql = format!("SELECT CAST(t AS VARCHAR) FROM {table} AS t ORDER BY 1");
        let mut statement = warehouse.prepare(&sql).expect("a statement");
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        found.extend(rows.map(|row| format!("{table}: {}", row.expect("a row"))));
    }
    found
}

#[test]
fn a_load_and_its_answers_are_the_same_in_every_zone_locale_and_folder() {
    let expected = loaded(&[("TZ", "UTC"), ("LC_ALL", "C")], false);
    assert!(expected.len() > 90, "{expected:#?}");
    assert!(expected.iter().any(|row| row.contains("Tea")), "{expected:#?}");
    for (zone, locale, elsewhere) in [
        ("Asia/Seoul", "ko_KR.UTF-8", false),
        ("America/New_York", "tr_TR.UTF-8", true),
        ("Pacific/Apia", "de_DE.UTF-8", false),
    ] {
        let found = loaded(&[("TZ", zone), ("LC_ALL", locale), ("LANG", locale)], elsewhere);
        assert_eq!(found, expected, "{zone} {locale}");
    }
}
