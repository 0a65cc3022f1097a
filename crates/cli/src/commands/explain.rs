//! `dwc explain`: prints the page of a diagnostic code.

use dwc_compiler::diagnostic::{Code, nearest};
use dwc_runner::Error;

use crate::exit::Exit;

pub(super) fn run(id: &str) -> Result<Exit, Error> {
    let Some(code) = Code::of(id) else {
        eprintln!("error: there is no code `{}`", id.escape_debug());
        let id = id.to_ascii_uppercase();
        if let Some(near) = nearest(&id, Code::ALL.iter().map(|code| code.id())) {
            eprintln!("help: did you mean `{near}`?");
        }
        return Ok(Exit::InputWrong);
    };
    super::write_out(code.page().0.as_bytes())?;
    Ok(Exit::Done)
}
