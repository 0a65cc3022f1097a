//! `dwc state show`: what the warehouse knows of itself.

use dwc_runner::Error;

use super::{context, write_out};
use crate::args::{Format, Global};
use crate::exit::Exit;
use crate::views;

pub(super) fn show(global: &Global) -> Result<Exit, Error> {
    let Some(context) = context::load(global)? else { return Ok(Exit::InputWrong) };
    let warehouse = context.warehouse()?;
    let Some(report) = warehouse.state()? else {
        eprintln!("nothing has been applied to this warehouse");
        return Ok(Exit::Done);
    };
    let text = if global.format == Format::Json {
        let json = serde_json::to_string_pretty(&report)
            .map_err(|cause| Error::because("the state could not be written", cause))?;
        format!("{json}\n")
    } else {
        views::state::human(&report)
    };
    write_out(text.as_bytes())?;
    Ok(Exit::Done)
}
