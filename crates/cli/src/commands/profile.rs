//! `dwc profile`: what the values of sources, tables and models say.

use dwc_compiler::diagnostic::{Code, nearest};
use dwc_compiler::sql::Subject;
use dwc_runner::Error;

use super::{context, write_out};
use crate::args::{Format, Global};
use crate::exit::Exit;
use crate::views::profile as view;

pub(super) fn run(global: &Global, names: &[String]) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let (_, target) = context.target()?;
    let project = &context.project;
    let schema = context.schema(target);
    let mut subjects = Vec::new();
    for name in names {
        let named = Subject::named(project, target.ty, &schema, name);
        if named.is_empty() {
            let models = project.order.iter().map(|id| project.model_name(*id));
            let sources = project.sources.iter().map(|source| source.name.as_str());
            let tables = project.tables.iter().map(|table| table.address.as_str());
            let help = nearest(name, models.chain(sources).chain(tables)).map_or_else(
                || "`dwc show` lists the models and sources; a table is `source.table`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("there is no source, table or model `{name}`");
            return Err(Error::coded(Code::UnknownName, message).help(help));
        }
        for subject in named {
            if !subjects.iter().any(|known: &Subject<'_>| known.name == subject.name) {
                subjects.push(subject);
            }
        }
    }
    let warehouse = context.warehouse_to_read()?;
    if warehouse.state()?.is_none() {
        return Err(Error::coded(Code::NotApplied, "nothing has been applied to this warehouse")
            .help("run `dwc apply` and `dwc run` first: a profile reads what is landed"));
    }
    let mut profiles = Vec::new();
    for subject in &subjects {
        let profile = subject.profile(&mut |sql| Ok(warehouse.table(sql)?.1), &|problems| {
            let said: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            Error::coded(Code::Query, format!("`{}` can't be profiled: {}", subject.name, said.join("; ")))
        })?;
        profiles.push(profile);
    }
    // What a reader of the answer takes its time for keeps no run waiting.
    drop(warehouse);
    let text = match global.format {
        Format::Json => view::json(&profiles),
        Format::Markdown => view::markdown(&profiles),
        _ => view::human(&profiles),
    };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}
