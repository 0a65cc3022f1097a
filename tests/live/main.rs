//! A real account: the shop is applied and loaded into datasets of its own, compared with the embedded engine, and removed.
//! It runs where `DWC_LIVE_PROJECT` names a project, and says that it was left out where it does not.

use dwc_bigquery::{Client, Connection, Job, Settings, Work};
use dwc_runner::{BigQuerySettings, BigQueryWarehouse, DuckDbWarehouse, Mode, Part, RunOptions, Warehouse, parse_time};
use dwc_tests::project::{Project, at, checked};
use dwc_tests::shop::SHOP;

/// The datasets of a warehouse, by their endings.
const ENDINGS: [&str; 5] = ["", "_landing", "_history", "_dwc", "_staging"];

/// Removes the datasets that the suite made, also where it fails.
struct Removed {
    settings: Settings,
    dataset: String,
}

impl Drop for Removed {
    fn drop(&mut self) {
        let Ok(client) = Client::new(self.settings.clone()) else { return };
        for ending in ENDINGS {
            let dataset = format!("{}{ending}", self.dataset);
            let job = Job {
                id: format!("dwc_live_drop_{dataset}"),
                labels: Default::default(),
                work: Work::Query(format!("DROP SCHEMA IF EXISTS `{dataset}` CASCADE")),
            };
            if let Err(failure) = client.run(&job) {
                eprintln!("`{dataset}` was not removed: {failure}");
            }
        }
    }
}

/// Compared on both: what they give must be the same, times of bookkeeping aside.
const QUESTIONS: [&str; 6] = [
    "SELECT * FROM {dw}.sale ORDER BY order_id",
    "SELECT * FROM {dw}.store ORDER BY store_key",
    "SELECT * FROM {dw}.area ORDER BY area_key",
    "SELECT COUNT(*) AS days, MIN(date_key) AS first_day FROM {dw}.date",
    "SELECT * FROM {dw}_landing.shop__orders ORDER BY order_id",
    "SELECT * FROM {dw}_landing.shop__regions ORDER BY region_id",
];

#[test]
fn a_real_account_gives_the_rows_of_the_embedded_engine() {
    let Ok(account) = std::env::var("DWC_LIVE_PROJECT") else {
        eprintln!("left out: DWC_LIVE_PROJECT names no project");
        return;
    };
    let dataset = format!("dwc_live_{}", std::process::id());
    let settings = BigQuerySettings {
        project: account.clone(),
        dataset: dataset.clone(),
        location: std::env::var("DWC_LIVE_LOCATION").ok(),
        bucket: std::env::var("DWC_LIVE_BUCKET").ok(),
        maximum_bytes_billed: Some(10 << 30),
        labels: [("dwc_target".to_owned(), "live".to_owned())].into(),
        connection: Connection::from_environment(),
    };
    let _removed = Removed {
        settings: Settings {
            project: account,
            location: settings.location.clone(),
            labels: settings.labels.clone(),
            maximum_bytes_billed: None,
            connection: settings.connection.clone(),
        },
        dataset: dataset.clone(),
    };
    let disk = Project::new(SHOP);
    let project = checked(disk.path());
    let here = DuckDbWarehouse::open(":memory:").expect("a warehouse in memory");
    let there = BigQueryWarehouse::open(settings).unwrap_or_else(|error| panic!("{error:?}"));
    let run = |engine: &dyn Warehouse, until: &str| {
        let options = RunOptions {
            mode: Mode::Incremental,
            at: at("2026-04-01"),
            until: parse_time(until),
            select: Vec::new(),
            part: Part::Everything,
        };
        let done = dwc_runner::run(engine, &project, disk.path(), &options, &mut |_| ());
        let (report, offences) = done.unwrap_or_else(|error| panic!("{error:?}"));
        assert!(offences.is_empty(), "{offences:?}");
        report
            .models
            .into_iter()
            .map(|model| (model.model, model.inserted, model.updated, model.deleted))
            .collect::<Vec<_>>()
    };
    let engines: [&dyn Warehouse; 2] = [&here, &there];
    let reports = engines.map(|engine| {
        dwc_runner::apply(engine, &project, at("2026-01-01"), &[]).unwrap_or_else(|error| panic!("{error:?}"));
        ["2026-03-01", "2026-03-02", "2026-03-02"].map(|until| run(engine, until))
    });
    assert_eq!(reports[0], reports[1]);
    for question in QUESTIONS {
        let expected = here.table(&question.replace("{dw}", "dw")).expect("rows");
        let found = there.table(&question.replace("{dw}", &dataset)).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(expected, found, "{question}");
    }
    let audited = dwc_runner::audit(&there, &project, &[]).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(audited.offences().is_empty(), "{:?}", audited.offences());
    eprintln!("{:?}", there.spent());
}
