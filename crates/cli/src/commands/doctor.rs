//! `dwc doctor`: whether the target can be used, before the first run. It changes nothing.

use dwc_compiler::model::TargetType;
use dwc_runner::{Connection, Error, Finding, examine};

use super::{context, write_out};
use crate::args::{Format, Global};
use crate::exit::Exit;

pub(super) fn run(global: &Global) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let (name, target) = context.target()?;
    let findings = match target.ty {
        TargetType::Bigquery => {
            let mut settings = context.bigquery(name, target)?;
            // A doctor says at once what a run would wait for.
            settings.connection = Connection { pace: settings.connection.pace.impatient(), ..settings.connection };
            examine(settings, &|| chrono::Utc::now().naive_utc())
        }
        TargetType::Duckdb => {
            let state = context.warehouse_to_read()?.state()?;
            let found = state.map_or("opens; nothing was applied to it".to_owned(), |state| {
                format!("opens; the state's serial is {}", state.serial)
            });
            vec![Finding { what: "warehouse".to_owned(), found, help: None }]
        }
    };
    write_out(told(&findings, global).as_bytes())?;
    Ok(if findings.iter().all(|finding| finding.help.is_none()) { Exit::Done } else { Exit::WorldFailed })
}

fn told(findings: &[Finding], global: &Global) -> String {
    if global.format == Format::Json {
        let all: Vec<_> = findings
            .iter()
            .map(|finding| {
                serde_json::json!({
                    "what": finding.what, "found": finding.found, "ok": finding.help.is_none(), "help": finding.help,
                })
            })
            .collect();
        return format!("{}\n", serde_json::Value::Array(all));
    }
    findings
        .iter()
        .map(|finding| match &finding.help {
            None => format!("ok  {}: {}\n", finding.what, finding.found),
            Some(help) => format!("no  {}: {}\n    hint: {help}\n", finding.what, finding.found),
        })
        .collect()
}
