//! `dwc env`: copies of a target to plan, apply and load in.

use chrono::TimeDelta;
use dwc_compiler::diagnostic::Code;
use dwc_compiler::model::{TargetType, seconds};
use dwc_runner::{
    Claim, Engine, Environment, Error, clone_environment, cloned_environments, compare_clone, compare_environment,
    create_environment, drop_clone, drop_environment, environment_path, environments, not_applied, unknown_environment,
};

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
            drop_one(&context, name)?;
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
    if is_on_bigquery(context)? {
        let (warehouse, copy) = (context.bigquery_of(None)?, context.bigquery_of(Some(name))?);
        let _lease = warehouse.lease(&Claim::Warehouse)?;
        clone_environment(&warehouse, &copy, (name, target), at, until.transpose()?)?;
        eprintln!("`{name}` is a clone of `{target}` in `{}`; use it with `--env {name}`", copy.schema());
        return Ok(Exit::Done);
    }
    let file = context.file()?;
    environment_path(&file, name)?;
    if !file.is_file() {
        return Err(not_applied(target));
    }
    let path = create_environment(context.duckdb()?, name, target, at, until.transpose()?)?;
    eprintln!("`{name}` is a copy of `{target}` in {}; use it with `--env {name}`", path.display());
    Ok(Exit::Done)
}

fn is_on_bigquery(context: &Context<'_>) -> Result<bool, Error> {
    Ok(context.target()?.1.ty == TargetType::Bigquery)
}

fn all(context: &Context<'_>) -> Result<Vec<Environment>, Error> {
    if is_on_bigquery(context)? {
        cloned_environments(&context.bigquery_of(None)?)
    } else {
        environments(&context.file()?)
    }
}

fn list(context: &Context<'_>) -> Result<Exit, Error> {
    let all = all(context)?;
    let text = if context.global.format == Format::Json { json(&all)? } else { views::env::list(&all, now(None)?) };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}

fn diff(context: &Context<'_>, name: &str) -> Result<Exit, Error> {
    let found = if is_on_bigquery(context)? {
        let own = context.bigquery_of(Some(name))?;
        if Engine::from(&own).environment()?.is_none() {
            return Err(unknown_environment(name));
        }
        compare_clone(&own, &context.bigquery_of(None)?, &context.project)?
    } else {
        let file = context.file()?;
        let own = environment_path(&file, name)?;
        if !own.is_file() {
            return Err(unknown_environment(name));
        }
        compare_environment(&own, &file, &context.project)?
    };
    let text = if context.global.format == Format::Json { json(&found)? } else { views::env::diff(&found) };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}

fn drop_one(context: &Context<'_>, name: &str) -> Result<(), Error> {
    if is_on_bigquery(context)? {
        drop_clone(&context.bigquery_of(None)?, name)
    } else {
        drop_environment(&context.file()?, name)
    }
}

fn drop_expired(context: &Context<'_>) -> Result<Exit, Error> {
    let at = now(None)?;
    for environment in all(context)?.iter().filter(|environment| environment.is_expired(at)) {
        drop_one(context, &environment.name)?;
        eprintln!("dropped `{}`", environment.name);
    }
    Ok(Exit::Done)
}

fn json(data: &impl serde::Serialize) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(data)
        .map_err(|cause| Error::because("the environments could not be written", cause))?;
    Ok(format!("{text}\n"))
}
