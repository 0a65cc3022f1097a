//! The client of BigQuery against a server with the faults of a network: every job is made once, what may be tried again is,
//! and nothing that is secret is said. It must not know what a job is for.

mod doctor;
mod runs;
mod uploads;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dwc_bigquery::{Client, Connection, Credentials, Failure, Job, Kind, Pace, Settings, Work};
use dwc_tests::bigquery_server::{BigQueryServer, Fault};

const TOKEN: &str = "ya29.a-token-that-nobody-may-see";

fn client(server: &BigQueryServer, tries: u32) -> Client {
    let pace = Pace { first: Duration::from_millis(5), poll: Duration::from_millis(2), tries, ..Pace::default() };
    let settings = Settings {
        project: "shop-project".to_owned(),
        location: Some("asia-northeast3".to_owned()),
        labels: [("dwc_project".to_owned(), "shop".to_owned())].into(),
        maximum_bytes_billed: Some(1_000_000),
        connection: Connection { endpoint: Some(server.address()), credentials: Some(Credentials::token(TOKEN)), pace },
    };
    Client::new(settings).expect("a client")
}

fn job(id: &str) -> Job {
    let labels = BTreeMap::from([("dwc_unit".to_owned(), "Load Orders".to_owned())]);
    Job { id: id.to_owned(), labels, work: Work::Query("SELECT 'the work'".to_owned()) }
}

fn fails(server: &BigQueryServer, times: u32, reason: &'static str, message: &'static str) {
    server.world().failing = Some(("the work".to_owned(), times, reason, message));
}

#[test]
fn a_job_runs_once_and_is_labelled() {
    let server = BigQueryServer::start();
    server.world().running = 3;
    let done = client(&server, 3).run(&job("step")).expect("it is done");
    assert_eq!((done.id.as_str(), done.found, done.bytes), ("step_0", false, Some(10_485_760)));
    let world = server.world();
    assert_eq!(world.made, ["step_0"]);
    let body = &world.bodies["step_0"];
    assert_eq!(body["jobReference"]["location"], "asia-northeast3");
    assert_eq!(body["configuration"]["labels"]["dwc_project"], "shop");
    assert_eq!(body["configuration"]["labels"]["dwc_unit"], "load_orders");
    assert_eq!(body["configuration"]["query"]["maximumBytesBilled"], "1000000");
    assert_eq!(body["configuration"]["query"]["useLegacySql"], false);
    let looks = world.requests.iter().filter(|request| request.starts_with("GET")).count();
    assert_eq!(looks, 4, "it was looked at until it was done");
}

#[test]
fn a_job_whose_answer_was_cut_is_found_and_not_made_again() {
    for fault in [Fault::Cut, Fault::CutInside] {
        let server = BigQueryServer::start();
        server.world().faults.insert(1, fault);
        client(&server, 3).run(&job("step")).expect("it is done");
        assert_eq!(server.world().made, ["step_0"]);
    }
}

#[test]
fn a_job_that_another_process_has_sent_is_waited_for() {
    let server = BigQueryServer::start();
    client(&server, 3).run(&job("step")).expect("it is done");
    let done = client(&server, 3).run(&job("step")).expect("it is found");
    assert!(done.found);
    assert_eq!(server.world().made, ["step_0"]);
}

#[test]
fn the_epoch_moves_when_the_former_job_has_failed() {
    let server = BigQueryServer::start();
    fails(&server, 1, "invalidQuery", "no such column");
    let failure = client(&server, 3).run(&job("step")).expect_err("it fails");
    assert_eq!((failure.kind, failure.job.as_deref()), (Kind::Refused, Some("step_0")));
    let done = client(&server, 3).run(&job("step")).expect("another one is made");
    assert_eq!((done.id.as_str(), done.found), ("step_1", false));
    assert_eq!(server.world().made, ["step_0", "step_1"]);
}

#[test]
fn many_failed_epochs_cost_a_logarithm_of_looks() {
    let server = BigQueryServer::start();
    fails(&server, 200, "invalidQuery", "no such column");
    for _ in 0..200 {
        assert!(client(&server, 1).run(&job("step")).is_err());
    }
    server.heal();
    let done = client(&server, 1).run(&job("step")).expect("the next one is made");
    assert_eq!(done.id, "step_200");
    assert!(server.world().requests.len() < 30, "{}", server.world().requests.len());
}

#[test]
fn a_job_that_failed_for_a_while_is_run_again() {
    for (reason, message) in [
        ("backendError", "try again"),
        ("jobRateLimitExceeded", "too many"),
        ("invalidQuery", "Transaction is aborted due to concurrent update against table dw.sale"),
    ] {
        let server = BigQueryServer::start();
        fails(&server, 2, reason, message);
        let done = client(&server, 5).run(&job("step")).expect("it is done at last");
        assert_eq!(done.id, "step_2", "{reason}");
    }
}

#[test]
fn requests_are_tried_again_by_bigquerys_rules() {
    for fault in [
        Fault::Refused,
        Fault::Status(429, "", None),
        Fault::Status(500, "internalError", None),
        Fault::Status(503, "backendError", None),
        Fault::Status(403, "rateLimitExceeded", None),
        Fault::Status(403, "quotaExceeded", None),
    ] {
        let server = BigQueryServer::start();
        server.world().faults.extend([(1, fault.clone()), (2, fault.clone())]);
        client(&server, 3).run(&job("step")).unwrap_or_else(|error| panic!("{fault:?}: {error:?}"));
        assert_eq!(server.world().made, ["step_0"]);
    }
    for (fault, kind) in [
        (Fault::Status(400, "invalid", None), Kind::Refused),
        (Fault::Status(401, "authError", None), Kind::Credentials),
        (Fault::Status(403, "accessDenied", None), Kind::Denied),
        (Fault::Status(404, "notFound", None), Kind::NotFound),
        (Fault::Status(501, "notImplemented", None), Kind::Unreachable),
    ] {
        let server = BigQueryServer::start();
        server.world().faults.insert(1, fault.clone());
        let failure = client(&server, 3).run(&job("step")).expect_err("it is refused");
        assert_eq!(failure.kind, kind, "{fault:?}");
        assert_eq!(server.world().requests.len(), 1, "{fault:?} is not tried again");
    }
}

#[test]
fn what_the_server_asks_to_wait_is_waited() {
    let server = BigQueryServer::start();
    server.world().faults.insert(1, Fault::Status(429, "rateLimitExceeded", Some(1)));
    let clock = Instant::now();
    client(&server, 3).run(&job("step")).expect("it is done");
    assert!(clock.elapsed() >= Duration::from_secs(1), "{:?}", clock.elapsed());
}

#[test]
fn rows_come_page_by_page_and_a_dry_run_makes_no_job() {
    let server = BigQueryServer::start();
    server.world().rows = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
    server.world().bytes = 123_456;
    let client = client(&server, 3);
    assert_eq!(client.bytes_of("SELECT 1"), Ok(123_456));
    assert_eq!(server.world().made, [""; 0]);
    let (_, rows) = client.query(&job("read")).expect("it is read");
    let values: Vec<&str> = rows.rows.iter().filter_map(|row| row[0].as_deref()).collect();
    assert_eq!((rows.names, values), (vec!["found".to_owned()], vec!["a", "b", "c", "d", "e"]));
    let pages = server.world().requests.iter().filter(|request| request.contains("/queries/")).count();
    assert_eq!(pages, 3);
}

#[test]
fn no_failure_says_a_secret() {
    let told = |failure: &Failure| format!("{failure} {failure:?}");
    let server = BigQueryServer::start();
    server.world().dead_from = Some((1, Fault::Refused));
    let here = client(&server, 2);
    let failure = here.run(&job("step")).expect_err("nobody answers");
    assert_eq!(failure.kind, Kind::Unreachable);
    assert!(!told(&failure).contains(TOKEN) && !format!("{here:?}").contains(TOKEN), "{failure:?}");
    server.heal();
    // The address of an upload lets anyone go on with it.
    server.world().dead_from = Some((3, Fault::Refused));
    let failure = here.run(&uploads::load(&uploads::file(100))).expect_err("the upload is cut");
    assert!(!told(&failure).contains("session") && !told(&failure).contains(TOKEN), "{failure:?}");
}
