//! Uploads that are cut at every request end as one job with the whole file.

use std::io::Write;

use dwc_bigquery::{Job, Kind, Load, Work};
use dwc_tests::bigquery_server::{BigQueryServer, Fault};

use super::client;

/// A file of so many bytes, none like its neighbours.
pub(crate) fn file(length: usize) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let bytes: Vec<u8> = (0..length).map(|at| (at * 7 % 251) as u8).collect();
    file.write_all(&bytes).expect("it is written");
    file
}

pub(crate) fn load(file: &tempfile::NamedTempFile) -> Job {
    Job {
        id: "stage".to_owned(),
        labels: Default::default(),
        work: Work::Load(Load {
            dataset: "dw_staging".to_owned(),
            table: "orders".to_owned(),
            columns: vec![("order_id".to_owned(), "INT64".to_owned()), ("note".to_owned(), "STRING".to_owned())],
            file: file.path().to_owned(),
            object: None,
            appends: false,
        }),
    }
}

fn is_whole(server: &BigQueryServer, file: &tempfile::NamedTempFile) {
    let world = server.world();
    assert_eq!(world.made, ["stage_0"]);
    assert_eq!(world.files["stage_0"], std::fs::read(file.path()).expect("the file"));
}

#[test]
fn a_file_goes_up_in_parts() {
    // Two parts of 8 MiB and a rest; of the first one the server takes half.
    let (server, file) = (BigQueryServer::start(), file((17 << 20) + 5));
    client(&server, 3).run(&load(&file)).expect("it is loaded");
    is_whole(&server, &file);
    let world = server.world();
    let body = &world.bodies["stage_0"]["configuration"]["load"];
    assert_eq!(body["sourceFormat"], "PARQUET");
    assert_eq!(body["writeDisposition"], "WRITE_TRUNCATE");
    assert_eq!(body["destinationTable"]["tableId"], "orders");
    assert_eq!(body["schema"]["fields"][0]["type"], "INTEGER");
}

#[test]
fn a_request_that_is_cut_is_made_good() {
    let file = file((9 << 20) + 1);
    for fault in [Fault::Refused, Fault::Cut, Fault::CutInside, Fault::Status(503, "backendError", None)] {
        for nth in 1..=6 {
            let server = BigQueryServer::start();
            server.world().faults.insert(nth, fault.clone());
            let done = client(&server, 4).run(&load(&file));
            done.unwrap_or_else(|error| panic!("{fault:?} at {nth}: {error:?}\n{:?}", server.world().requests));
            is_whole(&server, &file);
        }
    }
}

#[test]
fn an_upload_that_was_killed_is_done_once_by_the_next() {
    let file = file((9 << 20) + 1);
    for fault in [Fault::Refused, Fault::Cut] {
        for nth in 1.. {
            let server = BigQueryServer::start();
            server.world().dead_from = Some((nth, fault.clone()));
            let is_done = client(&server, 1).run(&load(&file)).is_ok();
            server.heal();
            client(&server, 1).run(&load(&file)).expect("it is loaded");
            is_whole(&server, &file);
            if is_done {
                break;
            }
        }
    }
}

#[test]
fn a_bucket_takes_the_file_where_one_is_named() {
    let (server, file) = (BigQueryServer::start(), file(1000));
    let mut job = load(&file);
    if let Work::Load(load) = &mut job.work {
        load.object = Some(("shop-bucket".to_owned(), "dwc/orders.parquet".to_owned()));
    }
    client(&server, 2).run(&job).expect("it is loaded");
    let world = server.world();
    let body = &world.bodies["stage_0"]["configuration"]["load"];
    assert_eq!(body["sourceUris"][0], "gs://shop-bucket/dwc/orders.parquet");
    assert!(world.requests.iter().any(|request| request == "POST /upload/storage/v1/b/shop-bucket/o"), "{world:?}");
}

#[test]
fn a_file_that_is_gone_is_said() {
    let server = BigQueryServer::start();
    let gone = file(1);
    let job = load(&gone);
    drop(gone);
    let failure = client(&server, 2).run(&job).expect_err("there is no file");
    assert_eq!(failure.kind, Kind::Refused);
    assert!(failure.message.contains("could not be read"), "{failure}");
}
