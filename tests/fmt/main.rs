//! `dwc fmt`: no file of the repository loses a value or a comment by it, whichever way it is written; what is formatted
//! is not touched; and where one file cannot be formatted, none is written.

use std::fs;
use std::path::{Path, PathBuf};

use dwc_compiler::source::{FileSet, SourceFile};
use dwc_compiler::syntax::format;
use dwc_tests::project::{Project, repository};

const UNTIDY: &str = "\
#- dwc.yml
name: shop   # the shop
timezone: Asia/Seoul
targets: {dev: {type: duckdb, path: target/warehouse.duckdb}}
#- models/store.yml
# A store.
dimension:   store
attributes:
    store_name: {scd: 2} # its name
    # city: { scd: 1 }
query: |
    SELECT store_id,
        store_name   
    FROM {{ source('shop.stores') }}
#- models/tidy.yml
dimension: tidy
";

const STORE: &str = "\
# A store.
dimension: store
attributes:
  store_name: { scd: 2 } # its name
  # city: { scd: 1 }
query: |
  SELECT store_id,
      store_name   
  FROM {{ source('shop.stores') }}
";

/// Every YAML file of the repository, whoever reads it, but for the fuzz targets' corpus, which is odd on purpose.
fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !matches!(name, ".git" | ".duckdb" | ".tools" | "target" | "node_modules" | "corpus") {
                yaml_files(&path, found);
            }
        } else if name.ends_with(".yml") || name.ends_with(".yaml") {
            found.push(path);
        }
    }
}

fn formatted(text: &str) -> Result<String, String> {
    let files = FileSet::new(vec![SourceFile { path: "x.yml".to_owned(), text: text.to_owned() }]);
    let found = format(&files);
    if let Some(problem) = found.diagnostics.first() {
        return Err(problem.concise(&files));
    }
    Ok(found.changed.into_iter().next().map_or_else(|| text.to_owned(), |(_, text)| text))
}

/// The values, as another library reads them.
fn values(text: &str) -> serde_yaml::Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error} in:\n{text}"))
}

/// Lines that hold a comment alone; a text has none of them in the repository.
fn comments(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with('#')).collect()
}

#[test]
fn no_file_of_the_repository_loses_anything() {
    let mut paths = Vec::new();
    yaml_files(&repository(), &mut paths);
    assert!(paths.len() > 50, "{} files", paths.len());
    for path in paths {
        let original = fs::read_to_string(&path).expect("a file");
        assert_eq!(formatted(&original).as_deref(), Ok(original.as_str()), "{} is not formatted", path.display());
        let deeper: String = std::iter::once("top:\n".to_owned())
            .chain(original.lines().map(|line| match line.trim() {
                "" => "\n".to_owned(),
                _ => format!("     {line}\n"),
            }))
            .collect();
        let spaced = original.replace(": { ", ":  {").replace(" }\n", "}   \n").replace("\n\n", "\n\n\n");
        for (how, text) in [
            ("with other line breaks", original.replace('\n', "\r\n")),
            ("below another key", deeper),
            ("with other blanks", spaced),
            ("without an end", original.trim_end().to_owned()),
        ] {
            let written = formatted(&text).unwrap_or_else(|said| panic!("{} {how}: {said}", path.display()));
            assert_eq!(values(&written), values(&text), "{} {how}", path.display());
            assert_eq!(comments(&written), comments(&text), "{} {how}", path.display());
            assert_eq!(formatted(&written).as_ref(), Ok(&written), "{} {how}, twice", path.display());
        }
    }
}

#[test]
fn what_is_not_formatted_is_written_and_nothing_else() {
    let project = Project::new(UNTIDY);
    let before = fs::metadata(project.path().join("models/tidy.yml")).expect("a file");
    let run = project.dwc(&["fmt", "--check"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), "dwc.yml\nmodels/store.yml\n"), "{run:?}");
    assert!(project.read("models/store.yml").contains("dimension:   store"), "a check writes nothing");

    let run = project.dwc(&["fmt"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "dwc.yml\nmodels/store.yml\n"), "{run:?}");
    assert_eq!(project.read("models/store.yml"), STORE);
    assert!(project.read("dwc.yml").contains("name: shop # the shop\n"), "{}", project.read("dwc.yml"));
    let after = fs::metadata(project.path().join("models/tidy.yml")).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!(before.ino(), after.ino(), "a formatted file is not written again");
    }
    assert_eq!(before.modified().ok(), after.modified().ok());

    for arguments in [&["fmt"][..], &["fmt", "--check"]] {
        let run = project.dwc(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    }
    let left: Vec<_> = fs::read_dir(project.path().join("models")).expect("a folder").collect();
    assert_eq!(left.len(), 2, "nothing is left beside the files: {left:?}");
}

#[test]
fn where_one_file_is_no_yaml_none_is_written() {
    let project = Project::new(UNTIDY);
    project.write("models/cut.yml", "fact: sale\nmeasures: { a: 1\n");
    project.write("models/facts/twice.yml", "fact: sale\ndescription: A sale.\nfact: sale\n");
    project.write("models/deep.yml", &format!("fact:\n{}x: 1\n", " ".repeat(70)));
    let run = project.dwc(&["fmt", "--format", "concise"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run:?}");
    for said in [
        "models/cut.yml:2:11: error[DW0106]",
        "models/deep.yml:2:71: error[DW0113]",
        "models/facts/twice.yml:3:1: error[DW0104]",
        "3 errors found",
    ] {
        assert!(run.stderr.contains(said), "{said} in {run:?}");
    }
    assert!(project.read("models/store.yml").contains("dimension:   store"), "nothing is written");
    let run = project.dwc(&["fmt", "--check", "--format", "json"]);
    assert_eq!(run.code, Some(1));
    let said: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(said["errors"], 3);
}

#[test]
fn files_and_folders_by_name() {
    let project = Project::new(UNTIDY);
    project.write("elsewhere/notes.yaml", "a:   1\n");
    let run = project.dwc(&["fmt", "--check", "models"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), "models/store.yml\n"), "{run:?}");
    let run = project.dwc(&["fmt", "--check", "."]);
    assert_eq!(run.stdout, "dwc.yml\nmodels/store.yml\n", "a project's folder stands for its files: {run:?}");
    let run = project.dwc(&["fmt", "elsewhere/notes.yaml", "elsewhere", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let said: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(said, serde_json::json!({ "format_version": 1, "files": 1, "changed": ["elsewhere/notes.yaml"] }));
    assert_eq!(project.read("elsewhere/notes.yaml"), "a: 1\n");
    let run = project.dwc(&["fmt", "models/absent.yml", "models/store.yml"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("`models/absent.yml` could not be read"), "{run:?}");
    assert!(project.read("models/store.yml").contains("dimension:   store"), "nothing is written");
}

#[cfg(unix)]
#[test]
fn a_file_stays_the_file_that_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new(UNTIDY);
    project.write("shared/store.yaml", "dimension:   shared\n");
    let shared = project.path().join("shared/store.yaml");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o640)).expect("permissions");
    std::os::unix::fs::symlink("../shared/store.yaml", project.path().join("models/linked.yml")).expect("a link");
    let run = project.dwc(&["fmt"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(project.read("shared/store.yaml"), "dimension: shared\n");
    let link = fs::symlink_metadata(project.path().join("models/linked.yml")).expect("a link");
    assert!(link.file_type().is_symlink(), "a link stays one");
    assert_eq!(fs::metadata(&shared).expect("a file").permissions().mode() & 0o777, 0o640);
}

#[test]
fn what_dwc_writes_itself_is_formatted() {
    let project = Project::new("");
    assert_eq!(project.dwc(&["init"]).code, Some(0));
    project.write("data/late/1.csv", "id,\"odd name\",at\n1,x,2026-01-01 00:00:00\n");
    let run =
        project.dwc(&["import", "files", "--name", "late", "data/late/*.csv", "--out", "models/sources/late.yml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let run = project.dwc(&["fmt", "--check"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}\n{}", project.read("models/sources/late.yml"));
}
