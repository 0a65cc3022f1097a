//! A PostgreSQL server of the test's own: fresh data folder, free port, a certificate of its own, killed on drop.
//! It decides how the server is started; it must not know what is loaded into it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::certificate;

const INSTALL: &str = "install it with `apt-get install -y postgresql` or `tools/setup-tests`";

/// A running server; `reader` has the password `secret`, over TCP.
pub struct Postgres {
    port: u16,
    folder: tempfile::TempDir,
}

impl Postgres {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let everyone = fs::Permissions::from_mode(0o777);
        fs::set_permissions(folder.path(), everyone).expect("a folder for the server's user");
        let started = Self { port: free_port(), folder };
        let password = started.path("password");
        fs::write(&password, "secret").expect("a password file");
        let done = as_user("initdb")
            .args(["--encoding=UTF8", "--locale=C", "--username=reader", "--auth=scram-sha-256", "--no-sync"])
            .arg(format!("--pwfile={}", password.display()))
            .arg(started.path("data"))
            .output();
        check("initdb", done);
        certificate::make(runner("sh"), started.folder.path());
        started.serve();
        started
    }

    /// Kills the server; its data stay.
    pub fn stop(&self) {
        // An error only says that the server is gone already.
        let _ = as_user("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(self.path("data")).output();
    }

    /// Starts the server, also after it was stopped, on the same port and data.
    pub fn serve(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c ssl=on -c timezone=UTC \
             -c ssl_cert_file={} -c ssl_key_file={}",
            self.port,
            self.path("server.crt").display(),
            self.path("server.key").display()
        );
        let done = as_user("pg_ctl")
            .args(["start", "-w", "-t", "60", "-o", &options, "-D"])
            .arg(self.path("data"))
            .arg("-l")
            .arg(self.path("server.log"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .output();
        check(&fs::read_to_string(self.path("server.log")).unwrap_or_default(), done);
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of one database, as dwc's connections take it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://reader:secret@127.0.0.1:{}/{database}", self.port)
    }

    /// The authority that signed the server's certificate, which is for `localhost` alone.
    pub fn authority(&self) -> PathBuf {
        self.path("ca.crt")
    }

    /// Runs statements in a database and returns the rows of the last, as text; NULL reads `NULL`.
    pub fn query(&self, database: &str, sql: &str) -> Vec<Vec<String>> {
        let done = Command::new(program("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-P", "null=NULL", "-F", "\t", "-c", sql])
            .arg(self.url(database))
            .stdin(Stdio::null())
            .output();
        let output = check(sql, done);
        let rows = String::from_utf8_lossy(&output.stdout).into_owned();
        rows.lines().map(|row| row.split('\t').map(str::to_owned).collect()).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn check(what: &str, done: std::io::Result<Output>) -> Output {
    let output = done.unwrap_or_else(|error| panic!("PostgreSQL does not start ({error}); {INSTALL}"));
    assert!(output.status.success(), "{}\n{what}\n{INSTALL}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Debian keeps the server's programs outside the PATH, by version.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut kept: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).collect();
    kept.retain(|path| path.exists());
    kept.sort();
    kept.pop().unwrap_or_else(|| name.into())
}

fn as_user(name: &str) -> Command {
    runner(&program(name).to_string_lossy())
}

/// A program of the server, which refuses to run as root.
fn runner(program: &str) -> Command {
    let user = Command::new("id").arg("-u").output().expect("`id`");
    if user.stdout.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", program]).current_dir(Path::new("/"));
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("the port's number").port()
}
