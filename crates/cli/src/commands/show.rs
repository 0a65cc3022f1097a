//! `dwc show`: the resolved model, every default filled.

use dwc_compiler::diagnostic::Code;
use dwc_runner::Error;

use super::{context, write_out};
use crate::args::Global;
use crate::exit::Exit;
use crate::views;

pub(super) fn run(global: &Global, name: Option<&str>) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let text = match name {
        None => views::model::list(&context.project),
        Some(name) => match context.project.model(name) {
            Some(id) => views::model::one(&context.project, id),
            None => {
                let names = context.project.order.iter().map(|id| context.project.model_name(*id));
                let help = dwc_compiler::diagnostic::nearest(name, names)
                    .map_or_else(|| "`dwc show` lists the models".to_owned(), |near| format!("did you mean `{near}`?"));
                return Err(Error::coded(Code::UnknownName, format!("there is no model `{name}`")).help(help));
            }
        },
    };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}
