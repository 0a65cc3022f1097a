//! Every type of slowly changing dimension on a few customers: what the tables and views hold, what facts bind to, what
//! a late state changes and tells, and what a rebuild shows and does.

mod changes;
mod joined;
mod junk;
mod milestones;
mod refused;
mod told;
mod words;

use dwc_compiler::model::Project as Model;
use dwc_runner::{DuckDbWarehouse, Mode, RebuildOptions, RebuildReport, RunOptions, RunReport, parse_time};
use dwc_tests::project::{Project, at, repository};

struct Policies {
    folder: Project,
    model: Model,
    engine: DuckDbWarehouse,
}

/// The project, applied, with its models changed by `change`.
fn policies(change: impl Fn(&str) -> String) -> Policies {
    let folder = Project::new("");
    let from = repository().join("tests/warehouses/policies");
    for place in
        ["", "models/sources", "models/dimensions", "models/facts", "data/customers", "data/agents", "data/orders"]
    {
        let files = std::fs::read_dir(from.join(place)).expect("a folder").flatten();
        for file in files.filter(|file| file.path().is_file()) {
            let text = std::fs::read_to_string(file.path()).expect("a text");
            folder.write(
                format!("{place}/{}", file.file_name().to_string_lossy()).trim_start_matches('/'),
                &change(&text),
            );
        }
    }
    let files = dwc_runner::project::read(folder.path()).expect("a project");
    let checked = dwc_compiler::check(&files);
    let problems: Vec<String> = checked.diagnostics.iter().map(|problem| problem.concise(&files)).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let model = checked.project.expect("a project that checks");
    let engine = DuckDbWarehouse::open(":memory:").expect("a warehouse");
    dwc_runner::apply(&engine, &model, at("2026-01-01"), &[]).expect("applied");
    Policies { folder, model, engine }
}

impl Policies {
    /// Changes the models and applies them to the warehouse as it is.
    fn change(&mut self, file: &str, change: impl Fn(&str) -> String) {
        self.folder.write(file, &change(&self.folder.read(file)));
        let files = dwc_runner::project::read(self.folder.path()).expect("a project");
        let checked = dwc_compiler::check(&files);
        let problems: Vec<String> = checked.diagnostics.iter().map(|problem| problem.concise(&files)).collect();
        assert!(problems.is_empty(), "{problems:#?}");
        self.model = checked.project.expect("a project that checks");
        let allowed = ["customer".to_owned(), "agent".to_owned(), "customer_profile".to_owned()];
        dwc_runner::apply(&self.engine, &self.model, at("2026-02-02"), &allowed).expect("applied");
    }

    /// Loads the files up to a day.
    fn run(&self, until: &str) -> RunReport {
        let at = at(until);
        let options = RunOptions {
            mode: Mode::Incremental,
            at,
            until: Some(at),
            select: Vec::new(),
            part: dwc_runner::Part::Everything,
        };
        let (report, offences) =
            dwc_runner::run(&self.engine, &self.model, self.folder.path(), &options, &mut |_| ()).expect("a run");
        assert!(offences.is_empty(), "{offences:?}");
        let found = dwc_runner::audit(&self.engine, &self.model, &[]).expect("an audit");
        assert!(found.offences().is_empty(), "{:?}", found.offences());
        report
    }

    fn rebuild(&self, from: &str, may_lose: bool, only_shown: bool) -> Result<RebuildReport, dwc_runner::Error> {
        let options = RebuildOptions {
            model: "customer".to_owned(),
            from: parse_time(from),
            at: at("2026-04-01"),
            may_lose,
            only_shown,
        };
        let (report, offences) = dwc_runner::rebuild(&self.engine, &self.model, &options)?;
        assert!(offences.is_empty(), "{offences:?}");
        Ok(report)
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let rows = self.engine.rows(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        let text = |cell: Option<String>| cell.unwrap_or_else(|| "NULL".to_owned());
        rows.into_iter().map(|row| row.into_iter().map(text).collect::<Vec<_>>().join(" ")).collect()
    }

    fn customers(&self) -> Vec<String> {
        self.rows(
            "SELECT customer_id, strftime(valid_from, '%Y-%m-%d'), strftime(valid_to, '%Y-%m-%d'), channel, email, city, \
             region, previous_region, segment, current_segment, tier \
             FROM dw.customer WHERE customer_key >= 0 ORDER BY customer_id, valid_from",
        )
    }

    fn orders(&self) -> Vec<String> {
        self.rows(
            "SELECT o.order_id, COALESCE(c.city, '-'), COALESCE(c.tier, '-'), COALESCE(n.tier, '-'), \
             COALESCE(p.age_band, '-'), COALESCE(p.credit_band, '-'), a.agent_id, COALESCE(a.team, '-') \
             FROM dw.order AS o \
             JOIN dw.customer_as_was AS c ON c.customer_key = o.customer_key \
             LEFT JOIN dw.customer_as_is AS n ON n.customer_durable_key = o.customer_durable_key \
             JOIN dw.customer_profile AS p ON p.customer_profile_key = o.customer_profile_key \
             JOIN dw.agent AS a ON a.agent_key = o.agent_key ORDER BY 1",
        )
    }
}

#[test]
fn each_type_keeps_what_its_number_says() {
    let policies = policies(str::to_owned);
    policies.run("2026-02-01");
    let customers = policies.customers();
    assert_eq!(
        customers,
        [
            // Type 0 channel, 1 email, 2 city, 3 region with the one before, 6 segment with the one of now, 7 tier.
            "1 0001-01-01 2026-01-20 shop kim@new.example Seoul west north new regular silver",
            "1 2026-01-20 2026-01-25 shop kim@new.example Incheon west north regular regular silver",
            "1 2026-01-25 9999-12-31 shop kim@new.example Incheon west north regular regular gold",
            "2 0001-01-01 2026-01-28 web lee@example.com Busan south NULL new new silver",
        ]
    );
    assert_eq!(
        policies.orders(),
        [
            "100 Seoul silver gold under 20 none 7 A",
            "101 Incheon silver gold 20 to 59 small 9 -",
            "102 Incheon gold gold 20 to 59 small 9 -",
            "103 Busan silver silver 60 and over large 7 A",
            "104 Unknown Unknown - Unknown Unknown 7 A",
        ],
        "an order is as it was by its key, and as it is by its durable key"
    );
    let now = policies.rows(
        "SELECT DISTINCT c.customer_id, p.current_age_band, p.current_credit_band FROM dw.customer AS c \
         JOIN dw.current_customer_profile AS p USING (current_customer_profile_key) WHERE c.customer_key >= 0 ORDER BY 1",
    );
    assert_eq!(now, ["1 20 to 59 small", "2 60 and over large"], "every version shows the combination of now");
    let agents = policies.rows("SELECT agent_key, agent_id, is_inferred FROM dw.agent WHERE agent_key > 0 ORDER BY 1");
    assert_eq!(agents, ["1 7 false", "2 9 true"], "numbers from 1 on, an inferred member among them");
}

#[test]
fn a_late_state_is_spliced_in_and_told() {
    let policies = policies(str::to_owned);
    policies.run("2026-02-01");
    let report = policies.run("2026-03-01");
    let customers = policies.customers();
    assert_eq!(customers[0], "1 0001-01-01 2026-01-01 fair kim@new.example Daegu west north lead regular bronze");
    assert_eq!(customers[1], "1 2026-01-01 2026-01-20 fair kim@new.example Seoul west north new regular silver");
    let notices: Vec<String> = report
        .models
        .iter()
        .flat_map(|model| &model.notices)
        .map(|notice| format!("{} {}: {}", notice.code, notice.message, notice.keys.join("; ")))
        .collect();
    assert_eq!(
        notices,
        [
            "DW0906 an earlier state of members of dimension `agent` arrived late: their first values stay as they were loaded: agent_id=7",
            "DW0906 an earlier state of members of dimension `customer` arrived late: their first values are restated: customer_id=1",
        ]
    );
    let agents = policies.rows(
        "SELECT agent_key, agent_id, hired_as, team, strftime(valid_from, '%Y-%m-%d'), is_inferred \
         FROM dw.agent WHERE agent_key > 0 ORDER BY agent_id, valid_from",
    );
    assert_eq!(
        agents,
        ["1 7 clerk B 0001-01-01 false", "3 7 clerk A 2026-01-01 false", "2 9 clerk B 0001-01-01 false"],
        "the inferred member is filled in place, and the first version keeps the first number"
    );
    assert_eq!(
        policies.orders()[0],
        "100 Seoul silver gold under 20 none 7 A",
        "the order of January stays with January"
    );
}

#[test]
fn a_rebuild_is_shown_first_and_changes_what_it_showed() {
    let policies = policies(str::to_owned);
    policies.run("2026-02-01");
    let before = policies.customers();
    let same = policies.rebuild("2026-01-01", false, true).expect("shown");
    assert_eq!((same.versions.len(), same.load.unchanged), (0, 4), "nothing differs");

    // Somebody has spoilt the history and the versions that came of it.
    policies.engine.execute("UPDATE dw_history.customer SET city = 'Nowhere' WHERE city = 'Incheon'").expect("spoilt");
    policies.engine.execute("UPDATE dw.customer SET city = 'Nowhere' WHERE city = 'Incheon'").expect("spoilt");
    let spoilt = policies.customers();
    let shown = policies.rebuild("2026-01-15", false, true).expect("shown");
    assert_eq!(policies.customers(), spoilt, "what is shown changes nothing");
    assert_eq!(shown.lost, 0);
    let told: Vec<String> = shown
        .versions
        .iter()
        .map(|version| {
            let values = |state: &Option<dwc_runner::VersionState>| {
                state.as_ref().map_or("-".to_owned(), |state| {
                    let from = state.from.as_deref().unwrap_or_default();
                    format!("{} {}", &from[..10], state.values.split(", ").nth(2).unwrap_or_default())
                })
            };
            format!("{} {} {} → {}", version.change, version.member, values(&version.before), values(&version.after))
        })
        .collect();
    assert_eq!(
        told,
        [
            "update customer_id=1 2026-01-20 city=Nowhere → 2026-01-20 city=Incheon",
            "update customer_id=1 2026-01-25 city=Nowhere → 2026-01-25 city=Incheon",
        ]
    );
    policies.rebuild("2026-01-15", false, false).expect("rebuilt");
    assert_eq!(policies.customers(), before);
}

#[test]
fn a_rebuild_that_would_forget_asks_for_leave() {
    let policies = policies(|text| text.replace("    retain: history\n", ""));
    policies.run("2026-02-01");
    let before = policies.customers();
    let shown = policies.rebuild("2026-01-01", false, true).expect("shown");
    assert_eq!(shown.lost, 4, "landing holds the last state of customer 1 alone, and customer 2 is gone from it");
    let refused = policies.rebuild("2026-01-01", false, false).expect_err("refused");
    assert_eq!(refused.code.map(|code| code.id()), Some("DW0907"), "{refused:?}");
    assert_eq!(policies.customers(), before, "nothing was changed");
    policies.rebuild("2026-01-01", true, false).expect("rebuilt with leave");
    assert_ne!(policies.customers(), before);
}
