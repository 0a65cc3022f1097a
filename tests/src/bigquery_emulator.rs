//! bqemulator: the REST API of BigQuery on an embedded engine, one process per suite, with what it does otherwise mended by
//! `oracles/bigquery/emulator.py`. It must not know any statement that dwc generates.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use dwc_bigquery::{Connection, Credentials, Pace};
use dwc_runner::{BigQuerySettings, BigQueryWarehouse};

use crate::project::repository;

/// A running emulator; it ends when it is dropped.
pub struct BigQueryEmulator {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl BigQueryEmulator {
    /// Starts an emulator, and waits until it answers.
    pub fn start() -> Self {
        let setup = repository().join("tools/setup-tests");
        let output = Command::new(&setup)
            .arg("--print-bigquery-emulator")
            .stderr(Stdio::inherit())
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", setup.display()));
        assert!(output.status.success(), "bqemulator is missing; install it with `tools/setup-tests`");
        let python = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new(python)
            .arg("-B")
            .arg(repository().join("tests/oracles/bigquery/emulator.py"))
            .args(["start", "--rest-port", "0", "--grpc-port", "0", "--log-format", "json"])
            .env("BQEMU_ENABLE_FORMAT_EXTENSIONS", "false")
            .env("BQEMU_UPLOAD_STAGING_DIR", folder.path().join("uploads"))
            .env("BQEMU_GCS_LOCAL_ROOT", folder.path().join("buckets"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("bqemulator does not start ({error}); run `tools/setup-tests`"));
        let (sender, ports) = mpsc::channel();
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|output| Box::new(output) as Box<dyn Read + Send>),
            child.stderr.take().map(|output| Box::new(output) as Box<dyn Read + Send>),
        ];
        for output in outputs.into_iter().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                    if event["event"] == "rest.listen" {
                        // Nobody may be listening any more.
                        let _ = sender.send(event["port"].as_u64().unwrap_or_default());
                    } else if std::env::var_os("DWC_SHOW_EMULATOR").is_some() {
                        eprintln!("{line}");
                    }
                }
            });
        }
        let port = ports.recv_timeout(Duration::from_secs(60)).expect("bqemulator says its port");
        let emulator = Self { child, port: u16::try_from(port).expect("a port"), _folder: folder };
        let clock = Instant::now();
        while TcpStream::connect(("127.0.0.1", emulator.port)).is_err() {
            assert!(clock.elapsed() < Duration::from_secs(60), "bqemulator does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        emulator
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How a client reaches it.
    pub fn connection(&self) -> Connection {
        Connection {
            endpoint: Some(self.address()),
            credentials: Some(Credentials::token("emulated")),
            pace: Pace {
                first: Duration::from_millis(20),
                poll: Duration::from_millis(5),
                tries: 4,
                ..Pace::default()
            },
        }
    }

    /// A project's warehouse on it, in a dataset of its own.
    pub fn warehouse(&self, dataset: &str) -> BigQueryWarehouse {
        let settings = BigQuerySettings {
            project: "emulated".to_owned(),
            dataset: dataset.to_owned(),
            location: None,
            bucket: None,
            maximum_bytes_billed: None,
            labels: [("dwc_target".to_owned(), "emulated".to_owned())].into(),
            connection: self.connection(),
        };
        BigQueryWarehouse::open(settings).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// The variables with which `dwc` reaches it.
    pub fn variables(&self) -> Vec<(String, String)> {
        [
            ("DWC_BIGQUERY_ENDPOINT", self.address().as_str()),
            ("DWC_BIGQUERY_TOKEN", "emulated"),
            ("DWC_BIGQUERY_PACE", "20,4"),
            ("GCP_PROJECT", "emulated"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

impl Drop for BigQueryEmulator {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
