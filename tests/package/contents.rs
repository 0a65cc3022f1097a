//! What is in the packages. Each is read with other tools than those that wrote it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dwc_tests::project::{dwc_binary, repository};
use sha2::{Digest as _, Sha256};

use super::{bare, binary, commands, done, files, package, packages, unpacked};

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn the_same_binary_gives_the_same_bytes() {
    // Another place, another time of the file, another folder to start from.
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    fs::copy(binary(), &copy).expect("a copy");
    let (first, again) = (packages(), package(&copy, folder.path()));
    for (one, other) in [(first.wheel(), again.wheel()), (first.tar(), again.tar())] {
        assert_eq!(one.file_name(), other.file_name());
        assert!(fs::read(&one).expect("a package") == fs::read(&other).expect("a package"), "{}", one.display());
    }
}

#[test]
fn the_wheel_records_every_file() {
    let folder = unpacked(&packages().wheel());
    let (data, info) = (format!("dwc-{VERSION}.data"), format!("dwc-{VERSION}.dist-info"));
    let mut expected = vec![
        format!("{data}/data/lib/dwc/libduckdb.so"),
        format!("{data}/scripts/dwc"),
        format!("{info}/METADATA"),
        format!("{info}/RECORD"),
        format!("{info}/WHEEL"),
        format!("{info}/licenses/LICENSE"),
        format!("{info}/licenses/THIRD-PARTY-LICENSES"),
    ];
    expected.sort();
    assert_eq!(files(folder.path()), expected);
    let record = fs::read_to_string(folder.path().join(&info).join("RECORD")).expect("a record");
    let mut reckoned: Vec<String> = Vec::new();
    for name in &expected {
        if name.ends_with("/RECORD") {
            reckoned.push(format!("{name},,"));
        } else {
            let content = fs::read(folder.path().join(name)).expect("a file");
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&content));
            reckoned.push(format!("{name},sha256={digest},{}", content.len()));
        }
    }
    let mut recorded: Vec<&str> = record.lines().collect();
    recorded.sort_unstable();
    reckoned.sort();
    assert_eq!(recorded, reckoned);
    let same = |name: &str, path: &Path| {
        assert!(fs::read(folder.path().join(name)).expect("a member") == fs::read(path).expect("a file"), "{name}");
    };
    same(&format!("{data}/scripts/dwc"), binary());
    same(&format!("{info}/licenses/LICENSE"), &repository().join("LICENSE"));
    let wheel = fs::read_to_string(folder.path().join(&info).join("WHEEL")).expect("a text");
    let file = packages().wheel();
    let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
    let tag = name.strip_prefix(&format!("dwc-{VERSION}-")).expect("the name and the version");
    assert_eq!(wheel, format!("Wheel-Version: 1.0\nGenerator: dwc\nRoot-Is-Purelib: false\nTag: {tag}\n"));
    let metadata = fs::read_to_string(folder.path().join(&info).join("METADATA")).expect("a text");
    let (headers, readme) = metadata.split_once("\n\n").expect("headers");
    assert!(headers.contains("\nName: dwc\n") && headers.contains(&format!("\nVersion: {VERSION}\n")), "{headers}");
    assert!(headers.contains("\nLicense-Expression: Apache-2.0\n"), "{headers}");
    assert_eq!(readme, fs::read_to_string(repository().join("README.md")).expect("a text"));
}

/// The highest version of a symbol that a file takes from the system, such as GLIBC_2.34.
fn highest(file: &Path, of: &str) -> (u32, u32, u32) {
    let symbols = done(Command::new("objdump").arg("-T").arg(file));
    let versions = symbols.lines().filter(|line| line.contains("*UND*")).filter_map(|line| {
        let (_, version) = line.split_once(&format!("({of}_"))?;
        let mut numbers = version.split(')').next()?.split('.').map(|number| number.parse().expect("a number"));
        Some((numbers.next()?, numbers.next()?, numbers.next().unwrap_or(0)))
    });
    versions.max().unwrap_or_default()
}

#[test]
fn the_tag_names_the_oldest_system() {
    let library = repository().join(".duckdb/libduckdb.so");
    let (_, glibc, _) = highest(binary(), "GLIBC").max(highest(&library, "GLIBC"));
    assert!(glibc >= 17, "{glibc}");
    // Systems with glibc 2.24 have the C++ library that DuckDB needs.
    assert!(highest(&library, "GLIBCXX") <= (3, 4, 22) && highest(binary(), "GLIBCXX") <= (3, 4, 22));
    let tag = format!("-py3-none-manylinux_2_{}_{}.whl", glibc.max(24), std::env::consts::ARCH);
    let wheel = packages().wheel();
    assert!(wheel.to_string_lossy().ends_with(&tag), "{} {tag}", wheel.display());
}

#[test]
fn the_archive_holds_what_a_system_needs() {
    let folder = unpacked(&packages().tar());
    let mut expected: Vec<String> = [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "THIRD-PARTY-LICENSES",
        "bin/dwc",
        "lib/dwc/libduckdb.so",
        "share/bash-completion/completions/dwc",
        "share/fish/vendor_completions.d/dwc.fish",
        "share/man/man1/dwc.1",
        "share/zsh/site-functions/_dwc",
    ]
    .map(str::to_owned)
    .into();
    expected.extend(commands().iter().map(|command| format!("share/man/man1/dwc-{}.1", command.replace(' ', "-"))));
    expected.sort();
    let tar = packages().tar();
    let name = tar.file_name().and_then(|name| name.to_str()).expect("a name").trim_end_matches(".tar.gz");
    let root = folder.path().join(name);
    assert_eq!(files(&root), expected);
    assert_eq!(files(folder.path()).len(), expected.len(), "all below one folder");
    // Nobody's name, no time of this machine, and only the binary is run.
    let listed = done(Command::new("tar").args(["--numeric-owner", "--utc", "-tvzf"]).arg(&tar).env("LC_ALL", "C"));
    for line in listed.lines() {
        let mode = if line.ends_with("/bin/dwc") { "-rwxr-xr-x 0/0 " } else { "-rw-r--r-- 0/0 " };
        assert!(line.starts_with(mode) && line.contains(" 1980-01-01 00:00 "), "{line}");
    }
}

#[test]
fn every_command_has_its_page_and_its_completions() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = done(Command::new(dwc_binary()).arg("manual").arg(folder.path()).args(["--format", "json"]));
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["pages"].as_array().map(Vec::len), Some(commands().len() + 1));
    let scripts =
        ["bash", "zsh", "fish"].map(|shell| (shell, done(Command::new(dwc_binary()).args(["completions", shell]))));
    for command in commands() {
        let path = folder.path().join(format!("dwc-{}.1", command.replace(' ', "-")));
        let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // A page escapes hyphens, so that they are not typeset.
        let page = page.replace("\\-", "-");
        assert!(page.contains(&format!("\n.TH dwc-{} 1 ", command.replace(' ', "-"))), "{page}");
        let help = done(Command::new(dwc_binary()).args(command.split(' ')).arg("--help"));
        let options =
            help.lines().filter_map(|line| line.trim_start().split_once("--").filter(|(short, _)| short.len() < 5));
        let mut seen = 0;
        for (_, option) in options {
            let option: String = option.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            assert!(page.contains(&format!("--{option}")), "{command} --{option}\n{page}");
            seen += 1;
        }
        assert!(seen > 6, "{help}");
        for (shell, script) in &scripts {
            let last = command.split(' ').next_back().expect("a word");
            let is_word =
                |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == last);
            assert!(script.lines().any(is_word), "{shell} does not know {command}");
        }
    }
}

#[test]
fn a_page_of_others_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("dwc-plan.1"), ".TH plan 1\n").expect("a file");
    fs::write(folder.path().join("other.1"), "other").expect("a file");
    let mut command = Command::new(dwc_binary());
    command.arg("manual").arg(folder.path());
    let ran = command.stdin(Stdio::null()).output().expect("dwc starts");
    assert_eq!(ran.status.code(), Some(1));
    let talk = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(talk.contains("DW0117") && talk.contains("dwc-plan.1` exists and is not a man page of dwc"), "{talk}");
    assert_eq!(files(folder.path()), ["dwc-plan.1", "other.1"]);
    fs::remove_file(folder.path().join("dwc-plan.1")).expect("a file");
    // Its own pages are written again, beside those of others.
    for _ in 0..2 {
        done(&mut command);
    }
    assert_eq!(fs::read_to_string(folder.path().join("other.1")).expect("a file"), "other");
}

/// A binary names the sources of what is linked into it, in the places of its panics: each package of others by its version.
#[test]
fn every_package_in_the_binary_has_its_licence() {
    let bytes = fs::read(binary()).expect("the binary");
    let text = String::from_utf8_lossy(&bytes);
    let mut built: BTreeSet<String> = BTreeSet::new();
    for path in text.split("/registry/src/").skip(1) {
        let folder = path.split('/').nth(1).expect("a folder");
        let (name, version) = folder.rsplit_once('-').expect("a version");
        if version.contains('.') {
            built.insert(format!("{name} {version}: "));
        }
    }
    assert!(built.len() > 50 && built.iter().any(|name| name.starts_with("clap_builder ")), "{built:?}");
    let folder = unpacked(&packages().wheel());
    let path = format!("dwc-{VERSION}.dist-info/licenses/THIRD-PARTY-LICENSES");
    let licences = fs::read_to_string(folder.path().join(path)).expect("a text");
    let missing: Vec<&String> =
        built.iter().filter(|name| !licences.lines().any(|line| line.starts_with(name.as_str()))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(licences.contains("\nDuckDB (libduckdb) ") && licences.contains("Stichting DuckDB Foundation"));
    assert!(licences.contains("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"));
}

#[test]
fn a_binary_that_would_not_find_its_library_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(repository().join("tools/package"));
    let ran = command.arg("--binary").arg("/bin/sh").arg("--out").arg(folder.path().join("none")).output();
    let ran = ran.expect("the script starts");
    let talk = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(
        !ran.status.success() && talk.contains("does not look for the DuckDB library in $ORIGIN/../lib/dwc"),
        "{talk}"
    );
    assert_eq!(files(folder.path()), [""; 0]);
}

/// The build script, built and run as Cargo does.
#[test]
fn a_packaged_binary_knows_no_folder_of_the_build() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("rpath");
    done(
        Command::new("rustc")
            .args(["--edition", "2024", "-o"])
            .arg(&script)
            .arg(repository().join("crates/duckdb/search_path.rs")),
    );
    let said = |variables: &[(&str, &str)]| -> Vec<String> {
        let said = done(bare(&script, &[]).envs(variables.iter().copied()));
        said.lines()
            .filter_map(|line| Some(line.strip_prefix("cargo:rustc-link-arg=-Wl,-rpath,")?.to_owned()))
            .collect()
    };
    let built = ("DUCKDB_LIB_DIR", "/nowhere/duckdb");
    let linux = ("CARGO_CFG_TARGET_OS", "linux");
    assert_eq!(said(&[linux, built]), ["$ORIGIN/../lib/dwc", "$ORIGIN", "/nowhere/duckdb"]);
    assert_eq!(said(&[linux, built, ("DWC_PACKAGED", "1")]), ["$ORIGIN/../lib/dwc", "$ORIGIN"]);
    assert_eq!(said(&[linux]), ["$ORIGIN/../lib/dwc", "$ORIGIN"]);
    let macos = ("CARGO_CFG_TARGET_OS", "macos");
    assert_eq!(said(&[macos, built, ("DWC_PACKAGED", "1")]), ["@loader_path/../lib/dwc", "@loader_path"]);
    // The tested binary is one of the build: the package's folders come first, so it uses the package's library, too.
    let dynamic = done(Command::new("readelf").args(["--wide", "--dynamic"]).arg(dwc_binary()).env("LC_ALL", "C"));
    let (_, path) = dynamic.split_once("path: [").expect("a path");
    assert!(path.starts_with("$ORIGIN/../lib/dwc:$ORIGIN:/"), "{path}");
}
