//! `dwc rebuild`: the history of a dimension, or a fact, computed anew from what is landed, after a look at the versions
//! that change.

use dwc_compiler::diagnostic::Diagnostic;
use dwc_runner::{Claim, Error, Offence, RebuildOptions, RebuildReport, rebuild};

use super::apply::{asks, confirmed};
use super::context::Context;
use super::run::diagnostic;
use super::{context, now, write_out};
use crate::args::{Format, Global};
use crate::exit::Exit;
use crate::views;

/// What is to be rebuilt, as it stands on the command line.
pub(super) struct Asked<'a> {
    pub(super) name: &'a str,
    pub(super) from: Option<&'a str>,
    pub(super) at: Option<&'a str>,
}

impl Asked<'_> {
    fn options(&self, allowed: &[String], only_shown: bool) -> Result<RebuildOptions, Error> {
        Ok(RebuildOptions {
            model: self.name.to_owned(),
            from: self.from.map(|text| now(Some(text))).transpose()?,
            at: now(self.at)?,
            may_lose: allowed.iter().any(|name| name == self.name),
            only_shown,
        })
    }
}

/// `dwc plan --rebuild NAME`: what a rebuild would change.
pub(super) fn show(global: &Global, name: &str, from: Option<&str>) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let warehouse = context.warehouse_to_read()?;
    let options = Asked { name, from, at: None }.options(&[], true)?;
    let (report, offences) = rebuild(warehouse.as_ref(), &context.project, &options)?;
    told(global, &context, &report, &offences, "would be")
}

pub(super) fn run(global: &Global, asked: &Asked<'_>, auto_approve: bool, allowed: &[String]) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let warehouse = context.warehouse()?;
    let _lease = context::lease(warehouse.as_ref(), &Claim::Warehouse, std::time::Duration::ZERO)?;
    if asks(auto_approve) {
        let (report, _) = rebuild(warehouse.as_ref(), &context.project, &asked.options(allowed, true)?)?;
        eprint!("{}", views::rebuild::human(&report, "would be"));
        if !confirmed(&format!("rebuild `{}`?", asked.name)) {
            return Ok(Exit::InputWrong);
        }
    }
    let (report, offences) = rebuild(warehouse.as_ref(), &context.project, &asked.options(allowed, false)?)?;
    told(global, &context, &report, &offences, "are")
}

fn told(
    global: &Global,
    context: &Context,
    report: &RebuildReport,
    offences: &[Offence],
    verb: &str,
) -> Result<Exit, Error> {
    if !offences.is_empty() {
        let found: Vec<Diagnostic> = offences.iter().map(diagnostic).collect();
        context.report(&found);
        return Ok(Exit::InputWrong);
    }
    let text = if global.format == Format::Json {
        let text = serde_json::to_string_pretty(report)
            .map_err(|cause| Error::because("the report could not be written", cause))?;
        format!("{text}\n")
    } else {
        views::rebuild::human(report, verb)
    };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}
