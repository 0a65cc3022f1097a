//! `dwc env`: copies of a target to plan, apply and load in.

use chrono::TimeDelta;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::seconds;
use dwc_runner::{Error, Making};

use super::context::{self, Context};
use super::{now, write_out};
use crate::args::{EnvCommand, Format, Global};
use crate::exit::Exit;
use crate::views;

pub(super) fn run(global: &Global, command: &EnvCommand) -> Result<Exit, Error> {
    let mut global = global.clone();
    // These commands are about environments, not in one.
    global.env = None;
    if let EnvCommand::Create { from: Some(from), .. } = command {
        global.target = Some(from.clone());
    }
    let Some(context) = context::load(&global)? else { return Ok(Exit::InputWrong) };
    match command {
        EnvCommand::Create { name, expires, .. } => create(&context, name, expires.as_deref()),
        EnvCommand::List => list(&context),
        EnvCommand::Diff { name } => diff(&context, name),
        EnvCommand::Drop { name: Some(name), .. } => {
            context.environments()?.remove(name)?;
            eprintln!("dropped `{name}`");
            Ok(Exit::Done)
        }
        EnvCommand::Drop { .. } => drop_expired(&context),
    }
}

fn create(context: &Context<'_>, name: &str, expires: Option<&str>) -> Result<Exit, Error> {
    let (target, _) = context.target()?;
    let at = now(None)?;
    let until = expires.map(|text| {
        let length = seconds(text).and_then(|seconds| TimeDelta::try_seconds(i64::try_from(seconds).ok()?));
        length.and_then(|length| at.checked_add_signed(length)).ok_or_else(|| {
            Error::coded(Code::WrongValue, format!("`{text}` is not a length of time"))
                .help("write it as `12h` or `7d`")
        })
    });
    let expires = until.transpose()?;
    let place = context.environments()?.create(Making { name, target, at, expires })?;
    eprintln!("`{name}` is a copy of `{target}` in {place}; use it with `--env {name}`");
    Ok(Exit::Done)
}

fn list(context: &Context<'_>) -> Result<Exit, Error> {
    let all = context.environments()?.all()?;
    let text = if context.global.format == Format::Json { json(&all)? } else { views::env::list(&all, now(None)?) };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}

fn diff(context: &Context<'_>, name: &str) -> Result<Exit, Error> {
    let found = context.environments()?.diff(name, &context.project)?;
    let text = if context.global.format == Format::Json { json(&found)? } else { views::env::diff(&found) };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}

fn drop_expired(context: &Context<'_>) -> Result<Exit, Error> {
    let (at, environments) = (now(None)?, context.environments()?);
    for environment in environments.all()?.iter().filter(|environment| environment.is_expired(at)) {
        environments.remove(&environment.name)?;
        eprintln!("dropped `{}`", environment.name);
    }
    Ok(Exit::Done)
}

fn json(data: &impl serde::Serialize) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(data)
        .map_err(|cause| Error::because("the environments could not be written", cause))?;
    Ok(format!("{text}\n"))
}
