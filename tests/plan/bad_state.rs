//! A state that cannot be trusted: each kind has its code, and nothing is changed.

use crate::{execute, loaded, refused, rows};

#[test]
fn each_has_its_code_and_nothing_is_changed() {
    for (code, damage) in [
        ("DW0708", "DROP TABLE _dwc.consumed"),
        ("DW0708", "DROP TABLE _dwc.meta"),
        ("DW0708", "DROP TABLE _dwc.manifests"),
        ("DW0709", "UPDATE _dwc.meta SET serial = 7"),
        ("DW0709", "DELETE FROM _dwc.meta"),
        ("DW0709", "DELETE FROM _dwc.manifests"),
        ("DW0709", "UPDATE _dwc.manifests SET manifest = left(manifest, 200)"),
        ("DW0706", "UPDATE _dwc.manifests SET manifest = '{\"format\": 1, \"objects\": 3}'"),
        ("DW0706", "UPDATE _dwc.manifests SET manifest = 'nonsense'"),
        ("DW0705", "UPDATE _dwc.meta SET format = 99"),
        ("DW0705", "UPDATE _dwc.manifests SET manifest = replace(manifest, '{\"format\":1', '{\"format\":99')"),
    ] {
        let project = loaded();
        execute(&project, damage);
        let before = rows(&project, "SELECT * FROM dw.sale ORDER BY ALL");
        for command in [&["plan"][..], &["apply", "--auto-approve"], &["run"]] {
            let run = project.dwc(command);
            let run = refused(run, code);
            assert!(!run.stderr.contains("panicked"), "{damage}: {}", run.stderr);
        }
        assert_eq!(rows(&project, "SELECT * FROM dw.sale ORDER BY ALL"), before, "{damage}");
    }
}

#[test]
fn a_state_without_a_catalog_is_read() {
    let project = loaded();
    execute(&project, "DROP TABLE _dwc.catalog; ALTER TABLE dw.sale DROP COLUMN channel");
    let plan = crate::planned(&project);
    assert_eq!(plan["drift"][0]["kind"], "column_missing", "{plan:#}");
    crate::done(project.dwc(&["apply", "--auto-approve"]));
    crate::nothing_to_change(&project);
}
