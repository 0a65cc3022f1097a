//! Projects written from one string, the built `dwc` binary, and data that is not in the repository.
//! It decides where things are found; it must not judge what dwc prints.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// An instant, UTC, as a command line takes it.
///
/// # Panics
/// The text is not an instant.
#[must_use]
pub fn at(text: &str) -> chrono::NaiveDateTime {
    dwc_runner::parse_time(text).unwrap_or_else(|| panic!("`{text}` is not an instant"))
}

/// The checked project of a folder; the test fails with its problems where it has errors.
pub fn checked(folder: &Path) -> dwc_compiler::model::Project {
    let files = dwc_runner::project::read(folder).expect("a project");
    let checked = dwc_compiler::check(&files);
    let problems: Vec<String> = checked.diagnostics.iter().map(|problem| problem.concise(&files)).collect();
    checked.project.unwrap_or_else(|| panic!("{problems:#?}"))
}

/// A project in a temporary folder, removed on drop.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What a finished `dwc` left behind.
#[derive(Debug)]
pub struct Run {
    /// Data: what a caller would pipe on.
    pub stdout: String,
    /// Talk: diagnostics and progress.
    pub stderr: String,
    /// The exit code; none when a signal ended the process.
    pub code: Option<i32>,
}

impl Project {
    /// Writes the files of a fixture: each begins with a line `#- models/x.yml`.
    pub fn new(fixture: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for (name, text) in files(fixture) {
            project.write(&name, &text);
        }
        project
    }

    /// The project's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes or replaces one file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("the file's folder is created");
        }
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// The text of one file.
    pub fn read(&self, name: &str) -> String {
        let path = self.path().join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Runs `dwc` in the project's folder to its end.
    pub fn dwc(&self, arguments: &[&str]) -> Run {
        finished(self.command(arguments).output().expect("dwc starts"))
    }

    /// Runs `dwc` with variables in its environment.
    pub fn dwc_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        finished(command.output().expect("dwc starts"))
    }

    /// Runs `dwc` and kills it with SIGKILL after `delay`, unless it has ended before.
    pub fn dwc_killed_after(&self, arguments: &[&str], delay: Duration) -> Run {
        let mut child =
            self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dwc starts");
        std::thread::sleep(delay);
        // An error here only says that the process has ended already.
        let _ = child.kill();
        finished(child.wait_with_output().expect("dwc is waited for"))
    }

    /// Runs `dwc` and kills it at a random moment before `longest`; also says which moment it was.
    pub fn dwc_killed_within(&self, arguments: &[&str], longest: Duration) -> (Run, Duration) {
        let delay = longest.mul_f64(random_fraction());
        (self.dwc_killed_after(arguments, delay), delay)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(dwc_binary());
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command
    }
}

fn finished(output: std::process::Output) -> Run {
    Run {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

/// A number from 0 up to 1, another one each time: every hasher of the standard library is seeded.
fn random_fraction() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0_u8) as f64 / (u64::MAX as f64 + 1.0)
}

/// The files of a fixture, as (path, text), in the fixture's order.
pub fn files(fixture: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in fixture.lines() {
        match (line.strip_prefix("#- "), files.last_mut()) {
            (Some(name), _) => files.push((name.trim().to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => assert!(line.trim().is_empty(), "text before the first `#- ` header: {line}"),
        }
    }
    files
}

/// The `dwc` binary of the same build profile as the running test.
pub fn dwc_binary() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("a test lives in target/<profile>/deps");
    let binary = profile.join(format!("dwc{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.is_file(), "{} is missing; build it with `cargo build -p dwc-cli`", binary.display());
    binary
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("tests/ is a folder of the repository").to_path_buf()
}

/// Larger data sets kept outside the repository: DWC_SHARED_DATA, or `../shared/data`.
/// A test that leaves something out where this is none says so by name.
pub fn shared_data() -> Option<PathBuf> {
    let folder = match std::env::var_os("DWC_SHARED_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => repository().join("../shared/data"),
    };
    folder.is_dir().then_some(folder)
}
