//! The temporal join in BigQuery's words: every statement of every shape passes Google's analyzer.

use std::fmt::Write;

use dwc_compiler::model::TargetType;
use dwc_compiler::plan::diff;
use dwc_compiler::sql;
use dwc_tests::googlesql::GoogleSql;
use dwc_tests::project::checked;

use crate::model::SHAPES;

#[test]
fn every_statement_passes_googles_analyzer() {
    let folder = crate::project::write(&SHAPES.iter().collect::<Vec<_>>());
    let model = checked(folder.path());
    let manifest = sql::manifest(&model, TargetType::Bigquery, "dw");
    let plan = sql::load_plan(&model, TargetType::Bigquery, "dw").expect("a load plan");
    let mut script = String::from(
        "DECLARE dwc_batch INT64;\nDECLARE dwc_since INT64;\nDECLARE dwc_consumed INT64;\nDECLARE dwc_at TIMESTAMP;\nDECLARE dwc_from TIMESTAMP;\n",
    );
    script.push_str(sql::SCRIPT_VARIABLES);
    let changes = sql::change_statements(&model, TargetType::Bigquery, "dw", &diff(None, &manifest));
    let mut statements: Vec<String> = changes.into_iter().map(|change| change.sql).collect();
    for landing in &plan.landings {
        let columns: Vec<String> = landing.stage.columns.iter().map(|(name, ty)| format!("`{name}` {ty}")).collect();
        statements.push(format!(
            "CREATE OR REPLACE TEMP TABLE {} ({}, _state INT64, _at TIMESTAMP, _deleted BOOL)",
            landing.stage.path,
            columns.join(", ")
        ));
        statements.extend(landing.merge.iter().map(|statement| statement.sql.clone()));
    }
    for load in &plan.models {
        let rebuilt = sql::rebuild_statements(&model, TargetType::Bigquery, "dw", load.model).expect("a rebuild");
        let all = load.full.iter().chain(load.incremental.iter().flatten()).chain(rebuilt.iter().flatten());
        statements.extend(all.map(|statement| statement.sql.clone()));
    }
    for statement in &statements {
        let _ = writeln!(script, "{statement};");
    }
    assert!(statements.len() > 500, "{} are too few to say anything", statements.len());
    let errors = GoogleSql::start().analyze_script(&script);
    assert!(errors.is_empty(), "{:#?}", errors.iter().take(3).collect::<Vec<_>>());
}
