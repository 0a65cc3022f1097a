//! A MariaDB server of the test's own: fresh data folder, free port, UTC, killed on drop.
//! It decides how the server is started; it must not know what is loaded into it.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::certificate;

const INSTALL: &str = "install it with `apt-get install -y mariadb-server` or `tools/setup-tests`";

/// A running server; root has no password over TCP.
pub struct MariaDb {
    server: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl MariaDb {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        Self::start_in(|_| {})
    }

    /// Starts a server with a certificate, for `localhost` alone, of an authority of its own.
    pub fn start_with_certificate() -> Self {
        Self::start_in(|folder| certificate::make(Command::new("sh"), folder))
    }

    /// The authority that signed the server's certificate.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    fn start_in(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        prepare(folder.path());
        let data = folder.path().join("data");
        let user = format!("--user={}", user_name());
        let output = run(Command::new("mariadb-install-db")
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &user])
            // Servers that start at one time would meet in the common folder.
            .arg(format!("--tmpdir={}", folder.path().display()))
            .arg(format!("--datadir={}", data.display())));
        assert!(output.status.success(), "mariadb-install-db: {}", text(&output));
        let port = free_port();
        let server = serve(folder.path(), port);
        let mut started = Self { server, port, folder };
        started.wait();
        started
    }

    /// Kills the server; its data stay.
    pub fn stop(&mut self) {
        // Errors only say that the server is gone already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    /// Starts a server that was stopped, on the same port and data.
    pub fn start_again(&mut self) {
        self.server = serve(self.folder.path(), self.port);
        self.wait();
    }

    fn wait(&mut self) {
        let log = self.folder.path().join("server.log");
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.client(None).args(["-e", "SELECT 1"]).output().is_ok_and(|o| o.status.success()) {
            let ended = self.server.try_wait().ok().flatten().is_some();
            if ended || Instant::now() > deadline {
                panic!("mariadbd does not answer:\n{}", std::fs::read_to_string(&log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of one database, as dwc's connections take it.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// The server's folder, for files that a test hands to it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs statements; no database is chosen, so they name it or `USE` it.
    pub fn execute(&self, sql: &str) {
        self.query(sql);
    }

    /// Runs statements and returns the rows of all of them, as text; NULL reads `NULL`.
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        let output = run(self.client(None).args(["--batch", "--skip-column-names", "-e", sql]));
        assert!(output.status.success(), "{}\n{sql}", text(&output));
        let rows = String::from_utf8_lossy(&output.stdout);
        rows.lines().map(|row| row.split('\t').map(str::to_owned).collect()).collect()
    }

    /// Runs a dump or any other file of statements in one database.
    pub fn load_sql(&self, database: &str, file: &Path) {
        let input = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let output = run(self.client(Some(database)).stdin(input));
        assert!(output.status.success(), "{}: {}", file.display(), text(&output));
    }

    fn client(&self, database: Option<&str>) -> Command {
        let mut command = Command::new("mariadb");
        command
            .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--user=root"])
            .args(["--default-character-set=utf8mb4", &format!("--port={}", self.port)])
            .args(database)
            .stdin(Stdio::null());
        command
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(folder: &Path, port: u16) -> Child {
    let log = folder.join("server.log");
    Command::new(program("mariadbd"))
        .args(["--no-defaults", "--skip-name-resolve", "--bind-address=127.0.0.1"])
        .arg(format!("--user={}", user_name()))
        .args(["--default-time-zone=+00:00", "--character-set-server=utf8mb4"])
        .args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"])
        .arg(format!("--port={port}"))
        .arg(format!("--tmpdir={}", folder.display()))
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--socket={}", folder.join("s").display()))
        .args(["crt", "key"].iter().zip(["cert", "key"]).filter_map(|(end, option)| {
            let path = folder.join(format!("server.{end}"));
            path.exists().then(|| format!("--ssl-{option}={}", path.display()))
        }))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log).expect("the server's log is created"))
        .spawn()
        .unwrap_or_else(|error| panic!("mariadbd does not start ({error}); {INSTALL}"))
}

fn run(command: &mut Command) -> Output {
    let name = command.get_program().to_string_lossy().into_owned();
    command.output().unwrap_or_else(|error| panic!("{name} does not start ({error}); {INSTALL}"))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Debian keeps the server outside the PATH of ordinary users.
fn program(name: &str) -> String {
    let kept = format!("/usr/sbin/{name}");
    if Path::new(&kept).exists() { kept } else { name.to_owned() }
}

/// The server refuses to run as root unless it is told to.
fn user_name() -> String {
    let output = run(Command::new("id").arg("-un"));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("the port's number").port()
}
