//! An editor with a YAML language server completes and checks model files from the schemas in `schemas/`.

use std::path::PathBuf;
use std::process::Command;

use dwc_tests::project::repository;

/// The script of the language server that `tools/setup-tests` installs.
fn server() -> PathBuf {
    let output =
        Command::new(repository().join("tools/setup-tests")).arg("--print-yaml-server").output().expect("a shell");
    assert!(output.status.success(), "the YAML language server is missing: tools/setup-tests");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

#[test]
fn a_language_server_checks_and_completes_from_the_schemas() {
    let root = repository().canonicalize().expect("the repository");
    let output = Command::new("node")
        .arg(root.join("tests/editor/drive.mjs"))
        .arg(server())
        .arg(&root)
        .output()
        .expect("node is missing: apt-get install -y nodejs npm");
    let text = String::from_utf8_lossy(&output.stdout);
    let said: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr));
    });
    let list = |key: &str| -> Vec<String> { serde_json::from_value(said[key].clone()).expect("a list of texts") };
    let faulty = list("faulty");
    assert!(faulty.iter().any(|found| found.starts_with("3:") && found.contains("natural_kye")), "{faulty:?}");
    assert!(faulty.iter().any(|found| found.starts_with("4:") && found.contains("close")), "{faulty:?}");
    let proposed = list("proposed");
    for key in ["natural_key", "effective_at", "first_version"] {
        assert!(proposed.iter().any(|label| label == key), "{key} is not among {proposed:?}");
    }
    assert_eq!(list("sound"), Vec::<String>::new());
}
