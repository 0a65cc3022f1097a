//! The packages of `tools/package`: what is in them, that the same binary gives the same bytes, and that they run where
//! they are put, with nothing but themselves. The binary is the one of the other suites, so it also knows the folder of the
//! build; that of a release does not, and `search_path.rs` is shown to see to it.

mod contents;
mod installed;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use dwc_tests::project::{dwc_binary, repository};

/// A package, as its two files.
struct Packages {
    folder: tempfile::TempDir,
}

impl Packages {
    /// The only file with an ending.
    fn file(&self, end: &str) -> PathBuf {
        let files =
            std::fs::read_dir(self.folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
        let mut found: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(end)).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    fn wheel(&self) -> PathBuf {
        self.file(".whl")
    }

    fn tar(&self) -> PathBuf {
        self.file(".tar.gz")
    }
}

/// The tested binary without its symbols, which would be most of a package.
fn binary() -> &'static Path {
    static BINARY: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BINARY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("built");
        done(Command::new("strip").arg("-o").arg(&path).arg(dwc_binary()));
        (folder, path)
    });
    path
}

/// Packages a binary, started in a folder.
fn package(binary: &Path, at: &Path) -> Packages {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(repository().join("tools/package"));
    done(command.current_dir(at).arg("--binary").arg(binary).arg("--out").arg(folder.path()));
    Packages { folder }
}

/// The packages of the tested binary, made once.
fn packages() -> &'static Packages {
    static PACKAGES: OnceLock<Packages> = OnceLock::new();
    PACKAGES.get_or_init(|| package(binary(), &repository()))
}

/// What a command prints; the test fails where the command does.
fn done(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (said, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{said}\n{talk}");
    said.into_owned()
}

/// A command with nothing in its environment, as `env -i` starts one.
fn bare(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().args(arguments);
    command
}

/// Unpacks an archive into a new folder.
fn unpacked(archive: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let by: &[&str] = if archive.extension().is_some_and(|end| end == "whl") {
        &["python3", "-m", "zipfile", "-e"]
    } else {
        &["tar", "--no-same-owner", "-C", ".", "-xzf"]
    };
    let mut command = Command::new(by[0]);
    command.args(&by[1..]).arg(archive).current_dir(folder.path());
    if by[0] == "python3" {
        command.arg(".");
    }
    done(&mut command);
    folder
}

/// Every file below a folder, by its path there, sorted.
fn files(folder: &Path) -> Vec<String> {
    fn add(root: &Path, at: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                add(root, &path, found);
            } else {
                found.push(path.strip_prefix(root).expect("below").display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    add(folder, folder, &mut found);
    found.sort();
    found
}

/// The commands of dwc as its help lists them, such as `docs build`; those that only group others are among them.
fn commands() -> Vec<String> {
    fn add(above: &[&str], found: &mut Vec<String>) {
        let help = done(Command::new(dwc_binary()).args(above).arg("--help"));
        let Some((_, listed)) = help.split_once("\nCommands:\n") else { return };
        let (listed, _) = listed.split_once("\n\n").expect("options follow the commands");
        for line in listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let name = line.split_whitespace().next().expect("a name");
            if name != "help" {
                let all: Vec<&str> = above.iter().copied().chain([name]).collect();
                found.push(all.join(" "));
                add(&all, found);
            }
        }
    }
    let mut found = Vec::new();
    add(&[], &mut found);
    assert!(found.len() > 30 && found.contains(&"docs build".to_owned()), "{found:?}");
    found
}
