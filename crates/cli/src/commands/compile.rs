//! `dwc compile`: every statement of a target as files, for reading and for review.

use std::fs;
use std::path::PathBuf;

use dwc_compiler::plan::{LoadPlan, Statement, diff};
use dwc_compiler::sql;
use dwc_runner::Error;
use serde_json::json;

use super::{context, output, say_done};
use crate::args::Global;
use crate::exit::Exit;

pub(super) fn run(global: &Global, out: Option<PathBuf>) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    if let Some(folder) = &out {
        output::may_write_into(folder, "a folder of compiled statements", &["schema.sql"])?;
    }
    let (name, target) = context.target()?;
    let schema = context.schema(target);
    let plan = match sql::load_plan(&context.project, target.ty, &schema) {
        Ok(plan) => plan,
        Err(problems) => {
            context.report(&problems);
            return Ok(Exit::InputWrong);
        }
    };
    let manifest = sql::manifest(&context.project, target.ty, &schema);
    let ddl = sql::change_statements(&context.project, target.ty, &schema, &diff(None, &manifest));
    let folder = out.unwrap_or_else(|| global.project_dir.join("target/compiled").join(name));
    let mut files = vec![("schema.sql".to_owned(), joined(ddl.iter().map(|statement| statement.sql.as_str())))];
    files.extend(loads(&plan));
    for (path, text) in &files {
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|cause| Error::because(format!("`{}` could not be written", path.display()), cause))?;
    }
    let names: Vec<&String> = files.iter().map(|(path, _)| path).collect();
    let sentence = format!("{} files in {}", files.len(), folder.display());
    say_done(global, &sentence, &json!({ "target": name, "folder": folder, "files": names }))
}

fn loads(plan: &LoadPlan) -> Vec<(String, String)> {
    let statements = |list: &[Statement]| joined(list.iter().map(|statement| statement.sql.as_str()));
    let mut files = Vec::new();
    for landing in &plan.landings {
        files.push((format!("landing/{}.first.sql", landing.table), statements(&landing.first)));
        files.push((format!("landing/{}.sql", landing.table), statements(&landing.merge)));
    }
    for model in &plan.models {
        files.push((format!("load/{}.full.sql", model.name), statements(&model.full)));
        if let Some(incremental) = &model.incremental {
            files.push((format!("load/{}.incremental.sql", model.name), statements(incremental)));
        }
        let audits = joined(model.audits.iter().map(|rule| rule.statement.sql.as_str()));
        files.push((format!("audit/{}.sql", model.name), audits));
    }
    files
}

fn joined<'s>(statements: impl Iterator<Item = &'s str>) -> String {
    statements.map(|statement| format!("{statement};\n\n")).collect()
}
