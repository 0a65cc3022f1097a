//! Writes the source files of the sample warehouse into the folder named on the command line.
//! It must not decide what is in them.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: sample_data FOLDER");
        return ExitCode::FAILURE;
    };
    match dwc_tests::sample_data::write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
