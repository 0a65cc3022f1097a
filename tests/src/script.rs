//! A project's loads as one BigQuery script, for Google's evaluator: what apply makes, what each run stages, lands and
//! loads. It must not know what becomes of the rows.

use std::fmt::Write;

use dwc_compiler::model::{Project, TargetType};
use dwc_compiler::plan::{Landing, LoadPlan, Reads, Statement, diff};
use dwc_compiler::sql;

/// A script that begins with what a first apply makes.
pub struct Script {
    text: String,
    plan: LoadPlan,
    batch: usize,
}

/// A row as it is staged: its values as SQL, the time of its reading, and whether it is a delete.
pub struct Staged {
    /// The values of the table's own columns, separated by commas.
    pub values: String,
    /// A TIMESTAMP as SQL.
    pub at: String,
    /// The row says that it is gone.
    pub deleted: bool,
}

/// A reading of a table: its rows, its time as a TIMESTAMP of SQL, and whether what it lacks is gone.
pub type Reading = (Vec<Staged>, String, bool);

impl Script {
    /// Declares what the loads use, and makes the objects of a project.
    pub fn of(project: &Project) -> Self {
        let manifest = sql::manifest(project, TargetType::Bigquery, "dw");
        let plan = sql::load_plan(project, TargetType::Bigquery, "dw").expect("a load plan");
        let mut text = String::from(
            "DECLARE dwc_batch INT64;\nDECLARE dwc_since INT64;\nDECLARE dwc_consumed INT64;\nDECLARE dwc_at TIMESTAMP;\n",
        );
        text.push_str(sql::SCRIPT_VARIABLES);
        for change in sql::change_statements(project, TargetType::Bigquery, "dw", &diff(None, &manifest)) {
            let _ = writeln!(text, "{};", change.sql);
        }
        Self { text, plan, batch: 0 }
    }

    /// A run: the staged rows of each table land, where there are any, and every model is loaded. `read` gives the
    /// reading of a table.
    pub fn run(&mut self, full: bool, read: &dyn Fn(&Landing) -> Option<Reading>) {
        self.batch += 1;
        let _ = writeln!(self.text, "SET dwc_batch = {};\nSET dwc_since = {};", self.batch, self.batch - 1);
        let plan = self.plan.clone();
        for landing in &plan.landings {
            let Some((rows, at, finds_absent)) = read(landing) else { continue };
            let _ = writeln!(self.text, "SET dwc_at = {at};");
            self.stage(landing, &rows);
            if finds_absent {
                self.add(&landing.absent);
            }
            self.add(&landing.merge);
        }
        for load in &plan.models {
            let incremental = load.incremental.as_ref().filter(|_| self.batch > 1 && !full);
            self.add(incremental.unwrap_or(&load.full));
        }
    }

    fn stage(&mut self, landing: &Landing, rows: &[Staged]) {
        let columns: Vec<String> = landing.stage.columns.iter().map(|(name, ty)| format!("`{name}` {ty}")).collect();
        let path = &landing.stage.path;
        let _ = writeln!(
            self.text,
            "CREATE OR REPLACE TEMP TABLE {path} ({}, _state INT64, _at TIMESTAMP, _deleted BOOL);",
            columns.join(", ")
        );
        let values = rows.iter().enumerate();
        let values = values.map(|(place, row)| format!("({}, {}, {}, {})", row.values, place + 1, row.at, row.deleted));
        let values: Vec<String> = values.collect();
        if !values.is_empty() {
            let _ = writeln!(self.text, "INSERT INTO {path} VALUES\n{};", values.join(",\n"));
        }
    }

    /// Statements but gates: a gate only reads, and what it guards against the cases do not hold.
    fn add(&mut self, statements: &[Statement]) {
        for statement in statements.iter().filter(|statement| matches!(statement.reads, Reads::Nothing)) {
            let _ = writeln!(self.text, "{};", statement.sql);
        }
    }

    /// The script as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }
}
