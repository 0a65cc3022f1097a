//! Google's SQL analyzer and reference evaluator, behind a process for each core.
//! It carries requests and answers; what BigQuery refuses is decided in `oracles/googlesql/`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::project::repository;

/// A row, by column name.
pub type Row = serde_json::Map<String, Value>;

/// One catalog: it starts empty and keeps what the scripts before have created.
pub struct GoogleSql {
    session: u64,
    project: String,
}

/// What BigQuery would say against a statement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AnalyzerError {
    /// The text of the statement; the whole script where it does not parse.
    pub statement: String,
    /// Line of the script, from 1.
    pub line: usize,
    /// Column of the line, from 1.
    pub column: usize,
    /// The message, without its position.
    pub message: String,
}

/// A function of the analyzer.
#[derive(Debug, Clone, Deserialize)]
pub struct Builtin {
    /// In upper case, with its namespace.
    pub name: String,
    /// Calls made from its signatures; empty where none can be written without its own kind of query.
    pub calls: Vec<BuiltinCall>,
}

/// A call that the analyzer takes.
#[derive(Debug, Clone, Deserialize)]
pub struct BuiltinCall {
    /// The expression.
    pub sql: String,
    /// Its type as BigQuery writes it.
    #[serde(rename = "type")]
    pub ty: String,
}

/// A table that a query or a script finds in place.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<(String, String)>,
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// A table of the given (column, BigQuery type) pairs, without rows.
    pub fn new(columns: &[(&str, &str)]) -> Self {
        let columns = columns.iter().map(|(name, sql)| ((*name).into(), (*sql).into())).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row: one JSON array, each value a scalar that casts to its column's type.
    #[must_use]
    pub fn row(mut self, values: Value) -> Self {
        let Value::Array(values) = values else { panic!("a row is an array: {values}") };
        assert_eq!(values.len(), self.columns.len(), "one value a column: {values:?}");
        self.rows.push(values);
        self
    }
}

impl GoogleSql {
    /// An empty catalog of the project `project`.
    pub fn start() -> Self {
        Self::for_project("project")
    }

    /// An empty catalog whose unqualified datasets belong to `project`.
    pub fn for_project(project: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { session: NEXT.fetch_add(1, Ordering::Relaxed), project: project.to_owned() }
    }

    /// Analyzes the statements in order; each sees the tables that those before it have made.
    pub fn analyze_script(&self, sql: &str) -> Vec<AnalyzerError> {
        let mut reply = self.ask(json!({ "operation": "analyze_script", "sql": sql })).expect("a script is analyzed");
        serde_json::from_value(reply["errors"].take()).expect("the oracle lists errors")
    }

    /// The rows of a query, or of an expression as the column `value`.
    pub fn evaluate(&self, sql: &str, tables: &[(&str, Table)]) -> Result<Vec<Row>, String> {
        let request = json!({ "operation": "evaluate", "sql": sql, "tables": given(tables) });
        let mut reply = self.ask(request)?;
        Ok(serde_json::from_value(reply["rows"].take()).expect("the oracle lists rows"))
    }

    /// Runs a script over the tables and returns those named in `read` as it leaves them.
    /// `parameters` are (name, BigQuery type, value).
    pub fn execute_script(
        &self,
        sql: &str,
        tables: &[(&str, Table)],
        parameters: &[(&str, &str, Value)],
        read: &[&str],
    ) -> Result<IndexMap<String, Vec<Row>>, String> {
        let parameters: IndexMap<_, _> = parameters.iter().map(|(name, sql, value)| (*name, (*sql, value))).collect();
        let mut reply = self.ask(json!({
            "operation": "execute_script", "sql": sql, "tables": given(tables),
            "parameters": parameters, "read": read,
        }))?;
        Ok(serde_json::from_value(reply["tables"].take()).expect("the oracle lists tables"))
    }

    /// The analyzer's builtin functions, each with calls over `shop.orders` that it takes.
    pub fn functions(&self) -> Vec<Builtin> {
        let mut reply = self.ask(json!({ "operation": "functions" })).expect("the functions are listed");
        serde_json::from_value(reply["functions"].take()).expect("the oracle lists functions")
    }

    /// Empties the catalog.
    pub fn reset(&self) {
        self.ask(json!({ "operation": "reset" })).expect("a catalog is emptied");
    }

    fn ask(&self, mut request: Value) -> Result<Value, String> {
        request["session"] = self.session.into();
        request["project"] = self.project.as_str().into();
        let mut reply = process(self.session).lock().unwrap_or_else(PoisonError::into_inner).ask(&request);
        match reply["failure"].take() {
            Value::String(failure) => Err(failure),
            _ => Ok(reply),
        }
    }
}

fn given(tables: &[(&str, Table)]) -> Value {
    let tables = tables
        .iter()
        .map(|(name, table)| ((*name).to_owned(), json!({ "columns": table.columns, "rows": table.rows })));
    Value::Object(tables.collect())
}

/// A process ends when the suite does, because its input closes.
struct Process {
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// The process that keeps the session's catalog. Sessions are dealt out in turn.
fn process(session: u64) -> &'static Mutex<Process> {
    static PROCESSES: OnceLock<Vec<OnceLock<Mutex<Process>>>> = OnceLock::new();
    let processes = PROCESSES.get_or_init(|| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (0..cores).map(|_| OnceLock::new()).collect()
    });
    let place = usize::try_from(session).expect("few sessions") % processes.len();
    processes[place].get_or_init(|| Mutex::new(Process::start()))
}

impl Process {
    fn start() -> Self {
        let setup = repository().join("tools/setup-tests");
        let output = Command::new(&setup)
            .arg("--print-googlesql")
            .stderr(Stdio::inherit())
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", setup.display()));
        let python = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(output.status.success(), "Google's analyzer is missing; install it with `tools/setup-tests`");
        let mut child = Command::new(python)
            .arg("-B")
            .arg(repository().join("tests/oracles/googlesql/serve.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("Google's analyzer does not start ({error}); run `tools/setup-tests`"));
        let input = child.stdin.take().expect("the input is piped");
        let output = BufReader::new(child.stdout.take().expect("the output is piped"));
        Self { _child: child, input, output }
    }

    fn ask(&mut self, request: &Value) -> Value {
        let mut answer = String::new();
        writeln!(self.input, "{request}").expect("Google's analyzer has ended; its stderr says why");
        self.output.read_line(&mut answer).expect("Google's analyzer answers");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    }
}
