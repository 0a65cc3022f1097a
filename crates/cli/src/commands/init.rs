//! `dwc init`: a small project that checks, applies and runs as it is.

use std::fs;

use dwc_compiler::diagnostic::Code;
use dwc_runner::Error;
use serde_json::json;

use super::say_done;
use crate::args::Global;
use crate::exit::Exit;

const FILES: &[(&str, &str)] = &[
    ("dwc.yml", include_str!("../scaffold/dwc.yml")),
    ("models/sources/shop.yml", include_str!("../scaffold/models/sources/shop.yml")),
    ("models/dimensions/date.yml", include_str!("../scaffold/models/dimensions/date.yml")),
    ("models/dimensions/customer.yml", include_str!("../scaffold/models/dimensions/customer.yml")),
    ("models/facts/sale.yml", include_str!("../scaffold/models/facts/sale.yml")),
    ("models/tests/customer.yml", include_str!("../scaffold/models/tests/customer.yml")),
    ("models/tests/sale.yml", include_str!("../scaffold/models/tests/sale.yml")),
    ("data/customers/2026-01-01.csv", include_str!("../scaffold/data/customers/2026-01-01.csv")),
    ("data/sales/2026-01-01.csv", include_str!("../scaffold/data/sales/2026-01-01.csv")),
    (".gitignore", "target/\n"),
];

pub(super) fn run(global: &Global) -> Result<Exit, Error> {
    let folder = &global.project_dir;
    if folder.join("dwc.yml").exists() {
        return Err(Error::coded(Code::ProjectExists, format!("`{}` already has a project", folder.display()))
            .help("name another folder with `--project-dir`"));
    }
    let mut written = Vec::new();
    for (name, text) in FILES {
        let path = folder.join(name);
        if path.exists() {
            continue;
        }
        let done = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        done.map_err(|cause| Error::because(format!("`{}` could not be written", path.display()), cause))?;
        written.push(*name);
    }
    let sentence = format!(
        "created a project in {}; try `dwc check`, `dwc test`, `dwc apply` and `dwc run` there",
        folder.display()
    );
    say_done(global, &sentence, &json!({ "folder": folder, "files": written }))
}
