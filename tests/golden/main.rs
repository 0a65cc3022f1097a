//! Golden SQL: a few loads of the sample warehouse on both engines, and the reference of the language, as a reader of
//! the repository finds them. `DWC_BLESS=1` writes them anew; the difference is what a reviewer reads.

use std::fs;
use std::path::PathBuf;

use dwc_compiler::model::TargetType;
use dwc_compiler::plan::{LoadPlan, Statement, diff};
use dwc_compiler::sql;
use dwc_tests::project::repository;

fn compare(path: PathBuf, text: &str) {
    if std::env::var_os("DWC_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        fs::write(&path, text).expect("the file is written");
        return;
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(known == text, "{} is out of date: DWC_BLESS=1 cargo test -p dwc-tests --test golden", path.display());
}

fn joined(statements: &[Statement]) -> String {
    statements.iter().map(|statement| format!("{};\n\n", statement.sql)).collect()
}

#[test]
fn the_sql_of_the_sample_is_what_was_read_last() {
    let files = dwc_runner::project::read(&repository()).expect("the sample");
    let project = dwc_compiler::check(&files).project.expect("a project");
    let folder = repository().join("tests/golden/expected");
    for (engine, name) in [(TargetType::Duckdb, "duckdb"), (TargetType::Bigquery, "bigquery")] {
        let plan: LoadPlan = sql::load_plan(&project, engine, "dw").expect("a load plan");
        let model = |name: &str| plan.models.iter().find(|model| model.name == name).expect("the model");
        let landing = plan.landings.iter().find(|landing| landing.table == "shop.orders").expect("the table");
        compare(folder.join(name).join("shop.orders.landing.sql"), &joined(&landing.merge));
        compare(folder.join(name).join("store.full.sql"), &joined(&model("store").full));
        let incremental = model("order_line").incremental.as_deref().expect("an increment");
        compare(folder.join(name).join("order_line.incremental.sql"), &joined(incremental));
        let manifest = sql::manifest(&project, engine, "dw");
        let ddl = sql::change_statements(&project, engine, "dw", &diff(None, &manifest));
        let star: Vec<&String> = ddl
            .iter()
            .map(|statement| &statement.sql)
            .filter(|sql| sql.contains("order_line") || sql.contains("store"))
            .collect();
        compare(
            folder.join(name).join("schema.sql"),
            &star.iter().map(|sql| format!("{sql};\n\n")).collect::<String>(),
        );
    }
}

#[test]
fn the_reference_says_what_the_types_say() {
    compare(repository().join("docs/language.md"), &dwc_compiler::syntax::reference());
}
