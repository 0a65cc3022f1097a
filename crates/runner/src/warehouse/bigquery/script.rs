//! A unit of work as one script: variables, a transaction that asserts where the state stands, statements, and at its end
//! what the statements have counted. It must not talk to BigQuery.

use chrono::NaiveDateTime;
use dwc_compiler::model::TargetType;
use dwc_compiler::plan::{Reads, Statement};
use dwc_compiler::sql;
use serde_json::Value;

use crate::Error;
use crate::state::damaged;
use crate::state::errors::{EVENTS, kept_details, kept_events};

/// What a gate's failure begins with, in the message of the job that it ends.
pub(super) const HELD: &str = "dwc-held:";
/// What a script that rolled itself back says besides what it has counted.
pub(super) const UNDONE: &str = "undone";
/// The message of a commit that finds another one before it.
pub(super) const MOVED: &str = "dwc-moved";

/// A text as a GoogleSQL literal.
pub(crate) fn text(value: &str) -> String {
    sql::dialect(TargetType::Bigquery).string(value)
}

/// An instant as a GoogleSQL literal.
pub(crate) fn instant(at: &NaiveDateTime) -> String {
    format!("TIMESTAMP '{}+00'", at.format("%Y-%m-%d %H:%M:%S%.6f"))
}

/// Rows that fail a screen: their temporary table, and names as literals.
#[derive(Debug, Clone)]
struct Screened {
    rows: String,
    model: String,
    screen: String,
    reason: String,
    columns: Vec<String>,
}

impl Screened {
    /// The statements that keep them as events with their details.
    fn kept(&self, state: &str) -> String {
        let [events, details] = EVENTS.map(|table| format!("`{state}`.`{table}`"));
        let (model, screen) = (self.model.as_str(), self.screen.as_str());
        let kept = [
            kept_events(&events, "dwc_batch", (model, screen, &self.reason), &self.rows),
            kept_details(&details, "dwc_batch", (model, screen), &self.columns, &self.rows),
        ];
        kept.iter().filter(|statement| !statement.is_empty()).map(|statement| format!("{statement};\n")).collect()
    }
}

/// A script that grows by statements.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    /// What it is called, in job ids and labels.
    pub(crate) name: String,
    batch: i64,
    since: i64,
    at: NaiveDateTime,
    from: Option<NaiveDateTime>,
    body: String,
    steps: usize,
    kept_if: Option<String>,
    /// The rows that fail screens.
    screened: Vec<Screened>,
    /// The queries of rows of source tables that do not cast, each with its table.
    events: Vec<(String, String)>,
}

impl Script {
    /// A script without statements.
    pub(crate) fn new(name: &str, batch: i64, since: i64, at: NaiveDateTime) -> Self {
        let (body, screened, events) = (String::new(), Vec::new(), Vec::new());
        Self { name: name.to_owned(), batch, since, at, from: None, body, steps: 0, kept_if: None, screened, events }
    }

    /// Says since which instant a rebuild computes anew.
    pub(crate) fn since(mut self, from: NaiveDateTime) -> Self {
        self.from = Some(from);
        self
    }

    /// Says on which condition over what was counted the transaction is kept; else it is rolled back without an error.
    pub(crate) fn kept_if(&mut self, condition: String) {
        self.kept_if = Some(condition);
    }

    /// Adds words as they are.
    pub(crate) fn raw(&mut self, sql: &str) {
        self.body.push_str(sql);
        self.body.push_str(";\n");
    }

    /// Adds a statement with what its rows mean, and gives its number.
    pub(crate) fn add(&mut self, statement: &Statement) -> usize {
        let step = self.steps;
        self.steps += 1;
        let sql = &statement.sql;
        match &statement.reads {
            Reads::Nothing => self.raw(sql),
            Reads::Counts => self.raw(&format!(
                "SET dwc_found = ARRAY_CONCAT(dwc_found, ARRAY(SELECT CONCAT('{step}:', TO_JSON_STRING(_r)) FROM (\n{sql}\n) AS _r))"
            )),
            Reads::Versions => self.raw(&format!(
                "SET dwc_found = ARRAY_CONCAT(dwc_found, ARRAY(SELECT CONCAT('{step}:', TO_JSON_STRING(_r)) FROM (\n{sql}\n) AS _r))"
            )),
            Reads::Notice(_) => self.raw(&format!(
                "SET dwc_found = ARRAY_CONCAT(dwc_found, ARRAY(SELECT CONCAT('{step}:', TO_JSON_STRING(_r.key_text)) FROM (\n{sql}\n) AS _r WHERE _r.key_text IS NOT NULL))"
            )),
            Reads::Screened { model, screen, reason, columns, .. } => {
                let rows = format!("dwc_screened_{step}");
                self.raw(&format!("CREATE OR REPLACE TEMP TABLE {rows} AS\n{sql}"));
                self.raw(&format!(
                    "SET dwc_found = ARRAY_CONCAT(dwc_found, ARRAY(SELECT CONCAT('{step}:', TO_JSON_STRING(_r.key_text)) FROM {rows} AS _r ORDER BY _r.key_text LIMIT 20))"
                ));
                let columns = columns.iter().map(|column| text(column)).collect();
                self.screened.push(Screened { rows, model: text(model), screen: text(screen), reason: text(reason), columns });
            }
            Reads::Events { table } => self.events.push((sql.clone(), text(table))),
            Reads::Gate(_) => {
                self.raw(&format!(
                    "SET dwc_keys = ARRAY(SELECT _r.key_text FROM (\n{sql}\n) AS _r WHERE _r.key_text IS NOT NULL)"
                ));
                self.holds_if("ARRAY_LENGTH(dwc_keys) > 0", step, "TO_JSON_STRING(dwc_keys)");
            }
        }
        step
    }

    /// Ends the script where a condition holds, with a JSON that says why.
    pub(crate) fn holds_if(&mut self, condition: &str, step: usize, json: &str) {
        self.raw(&format!("IF {condition} THEN\n  RAISE USING MESSAGE = CONCAT('{HELD}{step}:', {json});\nEND IF"));
    }

    /// The whole script, for the state of a serial, with the changes of state that go with it.
    pub(crate) fn text(self, state: &str, serial: i64, changes: &[String]) -> String {
        let events = self.screened.iter().map(|rows| rows.kept(state));
        let cast = self.events.iter().map(|(rows, table)| {
            format!(
                "INSERT INTO `{state}`.`error_events` (batch, source_table, screen, place, reason, source_row)\n\
                 SELECT dwc_batch, {table}, 'cast', _r._place, _r._reason, _r._row FROM (\n{rows}\n) AS _r\n\
                 WHERE NOT EXISTS (SELECT 1 FROM `{state}`.`error_events` AS _e WHERE _e.source_table = {table} \
                 AND _e.screen = 'cast' AND _e.place = _r._place AND _e.reason = _r._reason AND _e.source_row = _r._row);\n"
            )
        });
        let changes: String = events.chain(cast).chain(changes.iter().map(|change| format!("{change};\n"))).collect();
        let from = self.from.map_or_else(|| "TIMESTAMP '0001-01-01 00:00:00+00'".to_owned(), |from| instant(&from));
        let (end, body) = match &self.kept_if {
            None => ("COMMIT TRANSACTION".to_owned(), &self.body),
            Some(condition) => (
                format!(
                    "IF {condition} THEN\n  COMMIT TRANSACTION;\nELSE\n  ROLLBACK TRANSACTION;\n  \
                     SET dwc_found = ARRAY_CONCAT(dwc_found, ['{UNDONE}']);\nEND IF"
                ),
                &self.body,
            ),
        };
        format!(
            "DECLARE dwc_batch INT64 DEFAULT {batch};\n\
             DECLARE dwc_since INT64 DEFAULT {since};\n\
             DECLARE dwc_consumed INT64 DEFAULT 0;\n\
             DECLARE dwc_at TIMESTAMP DEFAULT {at};\n\
             DECLARE dwc_from TIMESTAMP DEFAULT {from};\n\
             {declared}\
             DECLARE dwc_keys ARRAY<STRING>;\n\
             DECLARE dwc_found ARRAY<STRING> DEFAULT [];\n\
             BEGIN TRANSACTION;\n\
             -- another commit since the state was read ends this one; of two at once BigQuery lets one through\n\
             IF NOT EXISTS (SELECT 1 FROM `{state}`.`commits` WHERE serial = {serial}) THEN\n  \
             RAISE USING MESSAGE = '{MOVED}';\nEND IF;\n\
             UPDATE `{state}`.`commits` SET serial = {next} WHERE serial = {serial};\n\
             {body}{changes}{end};\n\
             SELECT found FROM UNNEST(dwc_found) AS found;\n",
            declared = sql::SCRIPT_VARIABLES,
            batch = self.batch,
            since = self.since,
            at = instant(&self.at),
            next = serial + 1,
        )
    }
}

/// What a statement has counted: its number and a JSON.
pub(super) fn found(text: &str) -> Result<(usize, Value), Error> {
    let unread = || damaged(&format!("a script has counted `{text}`"));
    let (step, json) = text.split_once(':').ok_or_else(unread)?;
    Ok((step.parse().map_err(|_| unread())?, serde_json::from_str(json).map_err(|_| unread())?))
}
