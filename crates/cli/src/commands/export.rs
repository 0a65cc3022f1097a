//! `dwc export`: schedules for other tools, as files.

use dwc_docs::airflow::{self, Dags, Tasks};
use dwc_runner::Error;

use super::{context, output, write_out};
use crate::args::{AirflowArgs, Global, Per};
use crate::exit::Exit;

pub(super) fn airflow(global: &Global, args: &AirflowArgs) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let here = std::path::absolute(&global.project_dir)
        .map_err(|cause| Error::because("the project's folder has no path", cause))?;
    let dags = Dags {
        tasks: match args.per {
            Per::Source => Tasks::Sources,
            Per::Model => Tasks::Models,
        },
        command: args.command.clone(),
        folder: args.deployed_at.clone().unwrap_or_else(|| here.to_string_lossy().into_owned()),
        target: global.target.clone(),
        pool: args.pool.clone(),
        retries: args.retries,
    };
    let text = airflow::render(&context.project, &dags);
    let Some(path) = &args.out else {
        write_out(text.as_bytes())?;
        return Ok(Exit::Done);
    };
    output::write(path, &text, "a file of DAGs", "written by `dwc export airflow`")?;
    Ok(Exit::Done)
}
