//! The packages, installed and run with an empty environment: moved, and through a link.

use std::fs;
use std::path::Path;
use std::process::Command;

use dwc_tests::project::repository;

use super::{bare, done, files, packages, unpacked};

/// Starts a binary, runs the project of `dwc init` with it from an empty folder, and compares the answer with the data.
fn runs_a_project(dwc: &Path, library: &Path) {
    let version = done(&mut bare(dwc, &["--version"]));
    assert_eq!(version, format!("dwc {}\n", env!("CARGO_PKG_VERSION")));
    // The loader prints what it would load, instead of starting the binary.
    let loaded = done(bare(dwc, &[]).env("LD_TRACE_LOADED_OBJECTS", "1"));
    let (_, path) = loaded.split_once("libduckdb.so => ").expect("the library");
    let (path, _) = path.split_once(" (0x").expect("an address");
    assert_eq!(fs::canonicalize(path).ok(), fs::canonicalize(library).ok(), "{loaded}");

    let (home, project) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let run = |arguments: &[&str]| {
        let mut command = bare(dwc, arguments);
        done(command.current_dir(project.path()).env("HOME", home.path()))
    };
    for command in ["init", "check", "apply --auto-approve", "run", "verify"] {
        run(&command.split(' ').collect::<Vec<_>>());
    }
    let answer = run(&["query", "amount", "--by", "customer.city", "--format", "csv"]);
    let rows = |name: &str| -> Vec<Vec<String>> {
        let text = fs::read_to_string(project.path().join("data").join(name)).expect("data of the project");
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let mut expected: Vec<String> = rows("customers/2026-01-01.csv")
        .iter()
        .map(|customer| {
            let sales = rows("sales/2026-01-01.csv");
            let sales = sales.iter().filter(|sale| sale[1] == customer[0]);
            let amount: i64 = sales.map(|sale| sale[3].parse::<i64>().expect("an amount")).sum();
            format!("{},{amount}", customer[2])
        })
        .collect();
    expected.sort();
    let mut answered: Vec<&str> = answer.lines().skip(1).collect();
    answered.sort_unstable();
    assert_eq!(answered, expected, "{answer}");
    // Nothing was fetched or kept: no extension of the engine, no cache.
    assert_eq!(files(home.path()), [""; 0]);
}

#[test]
fn the_wheel_is_installed_and_moved() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = folder.path().join("first");
    done(Command::new("python3").args(["-m", "venv"]).arg(&first));
    let pip = |arguments: &[&str]| {
        let mut command = Command::new(first.join("bin/python"));
        command.args(["-m", "pip", "--disable-pip-version-check", "--no-input"]).args(arguments);
        done(&mut command)
    };
    let wheel = packages().wheel();
    pip(&["install", "--no-index", "--no-deps", &wheel.to_string_lossy()]);
    assert!(pip(&["show", "dwc"]).contains(&format!("Version: {}\n", env!("CARGO_PKG_VERSION"))));
    runs_a_project(&first.join("bin/dwc"), &first.join("lib/dwc/libduckdb.so"));
    let entry = folder.path().join("link");
    let moved = folder.path().join("a new place");
    fs::rename(&first, &moved).expect("the folder is moved");
    std::os::unix::fs::symlink(moved.join("bin/dwc"), &entry).expect("a link");
    runs_a_project(&entry, &moved.join("lib/dwc/libduckdb.so"));
    fs::rename(&moved, &first).expect("the folder is moved back");
    pip(&["uninstall", "--yes", "dwc"]);
    let left = files(&first).into_iter().filter(|name| name.contains("dwc") || name.contains("duckdb"));
    assert_eq!(left.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_archive_runs_where_it_is_put() {
    let folder = unpacked(&packages().tar());
    let tar = packages().tar();
    let name = tar.file_name().and_then(|name| name.to_str()).expect("a name").trim_end_matches(".tar.gz");
    let moved = folder.path().join("opt");
    fs::rename(folder.path().join(name), &moved).expect("the folder is moved");
    runs_a_project(&moved.join("bin/dwc"), &moved.join("lib/dwc/libduckdb.so"));
    // Both in one folder.
    let flat = tempfile::tempdir().expect("a folder");
    for (from, to) in [("bin/dwc", "dwc"), ("lib/dwc/libduckdb.so", "libduckdb.so")] {
        fs::rename(moved.join(from), flat.path().join(to)).expect("a file is moved");
    }
    runs_a_project(&flat.path().join("dwc"), &flat.path().join("libduckdb.so"));
}

/// A release is built by a script that is used by nobody else: what it calls must be there.
#[test]
fn the_demo_takes_a_binary() {
    let folder = unpacked(&packages().tar());
    let tar = packages().tar();
    let name = tar.file_name().and_then(|name| name.to_str()).expect("a name").trim_end_matches(".tar.gz");
    // A copy of what the demo reads, so that two demos at once do not share a warehouse.
    let place = tempfile::tempdir().expect("a folder");
    done(
        Command::new("cp")
            .arg("-r")
            .args(["demo", "dwc.yml", "models"].map(|part| repository().join(part)))
            .arg(place.path()),
    );
    let mut demo = Command::new(place.path().join("demo"));
    let answer = done(demo.arg(folder.path().join(name).join("bin/dwc")));
    for column in ["amount", "quantity", "deliveries"] {
        assert!(answer.contains(column), "{answer}");
    }
}
