//! `dwc doctor` says what is wrong with a target before a run meets it.

use std::process::Command;

use dwc_tests::bigquery_emulator::BigQueryEmulator;
use dwc_tests::bigquery_server::{BigQueryServer, Fault};
use dwc_tests::project::{Project, dwc_binary};

const PROJECT: &str = "\
#- dwc.yml
name: shop
timezone: Asia/Seoul
targets: { prod: { type: bigquery, project: emulated, dataset: dw, location: US } }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-03-01
last_day: 2026-03-31
";

/// The exit code, and what is said on both streams.
fn doctor(disk: &Project, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(disk.path()).arg("doctor").env_remove("GOOGLE_APPLICATION_CREDENTIALS");
    let output = command.envs(variables.iter().copied()).output().expect("dwc starts");
    let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), told)
}

#[test]
fn a_target_that_is_well() {
    let emulator = BigQueryEmulator::start();
    let server = BigQueryServer::before(Some(emulator.address()));
    let address = server.address();
    let variables =
        [("DWC_BIGQUERY_ENDPOINT", address.as_str()), ("DWC_BIGQUERY_TOKEN", "t"), ("DWC_BIGQUERY_PACE", "2,3")];
    let disk = Project::new(PROJECT);
    let (code, told) = doctor(&disk, &variables);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("ok  credentials: the token in DWC_BIGQUERY_TOKEN"), "{told}");
    assert!(told.contains("ok  clock: agrees with BigQuery's"), "{told}");
    assert!(told.contains("ok  dataset dw_staging: does not exist; `dwc apply` creates it"), "{told}");
    // Jobs that are refused.
    server.world().dead_from = Some((1, Fault::Status(403, "accessDenied", None)));
    let (code, told) = doctor(&disk, &variables);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("no  jobs: DW0951"), "{told}");
}

#[test]
fn a_dataset_of_another_location() {
    let emulator = BigQueryEmulator::start();
    let address = emulator.address();
    let variables =
        [("DWC_BIGQUERY_ENDPOINT", address.as_str()), ("DWC_BIGQUERY_TOKEN", "t"), ("DWC_BIGQUERY_PACE", "2,3")];
    let disk = Project::new(PROJECT);
    let mut command = Command::new(dwc_binary());
    command.arg("--project-dir").arg(disk.path()).args(["apply", "--auto-approve"]).envs(variables);
    let output = command.output().expect("dwc starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(doctor(&disk, &variables).0, Some(0));
    disk.write("dwc.yml", &disk.read("dwc.yml").replace("location: US", "location: asia-northeast3"));
    let (code, told) = doctor(&disk, &variables);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("`dw` is in US, but the target declares asia-northeast3"), "{told}");
}

#[test]
fn credentials_that_cannot_be_used_are_said_without_their_secret() {
    let disk = Project::new(PROJECT);
    let key = disk.path().join("key.json");
    let secret = "-----BEGIN PRIVATE KEY-----MIIEsecret";
    for (text, said) in [
        ("{", "is not JSON"),
        ("{\"type\": \"service_account\"}", "is not a complete service account key"),
        ("{\"type\": \"magic\"}", "holds credentials of the unknown type `magic`"),
        (
            &format!(
                "{{\"type\": \"service_account\", \"private_key\": \"{secret}\", \"client_email\": \"a@b\", \"token_uri\": \"http://127.0.0.1:1/t\"}}"
            ),
            "holds a key that cannot be used",
        ),
        (
            "{\"type\": \"authorized_user\", \"client_id\": \"i\", \"client_secret\": \"MIIEsecret\", \"refresh_token\": \"MIIEsecret\"}",
            "returned no token",
        ),
    ] {
        std::fs::write(&key, text).expect("a key");
        let name = key.display().to_string();
        let variables = [
            ("GOOGLE_APPLICATION_CREDENTIALS", name.as_str()),
            ("DWC_BIGQUERY_TOKEN", ""),
            ("DWC_BIGQUERY_ENDPOINT", "http://127.0.0.1:1"),
            ("DWC_BIGQUERY_PACE", "2,2"),
        ];
        let mut command = Command::new(dwc_binary());
        command.arg("--project-dir").arg(disk.path()).arg("doctor").envs(variables);
        let output = command.output().expect("dwc starts");
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(told.contains("DW0950") && told.contains(said), "{said}: {told}");
        assert!(!told.contains("MIIEsecret"), "{told}");
    }
}
