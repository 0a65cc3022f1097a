//! `dwc show`: the resolved model, every default filled.

use dwc_compiler::diagnostic::Code;
use dwc_compiler::model;
use dwc_runner::Error;

use super::{context, write_out};
use crate::args::{Format, Global};
use crate::exit::Exit;
use crate::views::model as view;

pub(super) fn run(global: &Global, name: Option<&str>) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let project = &context.project;
    let is_json = global.format == Format::Json;
    let Some(name) = name else {
        let text = if is_json { view::list_json(project) } else { view::list(project) };
        write_out(text.as_bytes())?;
        return Ok(Exit::Done);
    };
    let Some(declared) = model::filled(project, &context.files, name) else {
        let models = project.order.iter().map(|id| project.model_name(*id));
        let names = models.chain(project.sources.iter().map(|source| source.name.as_str()));
        let help = dwc_compiler::diagnostic::nearest(name, names).map_or_else(
            || "`dwc show` lists the models and sources".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Error::coded(Code::UnknownName, format!("there is no model or source `{name}`")).help(help));
    };
    let id = project.model(name);
    let text = if is_json { view::one_json(project, &declared, id) } else { view::one(project, &declared, id) };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}
