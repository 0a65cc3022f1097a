//! The customers and accounts of a broker, as TPC-DI describes them: one log of actions with partial row images feeds two
//! dimensions, and an account has a version wherever its customer has one. In one batch or in many, in any order, they
//! are what the actions say one after another.

use std::collections::BTreeMap;

use dwc_runner::Mode;
use dwc_tests::project::{Project, at};
use dwc_tests::warehouse::Warehouse;

use crate::model::Random;

const PROJECT: &str = "\
#- dwc.yml
name: brokerage
timezone: UTC
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/broker.yml
source: broker
type: files
tables:
  actions:
    path: data/actions/{batch}.csv
    primary_key: [action]
    columns:
      { action: INT64, type: STRING, told_at: TIMESTAMP, customer: INT64, tier: STRING, city: STRING, account: INT64, title: STRING, agent: STRING }
#- models/customer.yml
dimension: customer
query: |
  WITH filled AS (
    SELECT customer, told_at, action,
      LAST_VALUE(tier IGNORE NULLS) OVER history AS tier,
      LAST_VALUE(city IGNORE NULLS) OVER history AS city,
      IF(LAST_VALUE(IF(type IN ('NEW', 'UPDCUST', 'INACT'), type, NULL) IGNORE NULLS) OVER history = 'INACT', 'inactive', 'active') AS status,
      ROW_NUMBER() OVER (PARTITION BY customer ORDER BY action DESC) AS place
    FROM {{ source('broker.actions') }}
    WHERE type IN ('NEW', 'UPDCUST', 'INACT')
    WINDOW history AS (PARTITION BY customer ORDER BY action)
  )
  SELECT customer, tier, city, status, told_at, action FROM filled WHERE place = 1
natural_key: [customer]
effective_at: told_at
sequence: action
attributes: { tier: { scd: 2 }, city: { scd: 1 }, status: { scd: 2 } }
#- models/account.yml
dimension: account
query: |
  WITH accounts AS (
    SELECT account, customer, told_at, action,
      LAST_VALUE(title IGNORE NULLS) OVER history AS title,
      LAST_VALUE(agent IGNORE NULLS) OVER history AS agent,
      IF(type = 'CLOSEACCT', 'closed', 'open') AS status,
      ROW_NUMBER() OVER (PARTITION BY account ORDER BY action DESC) AS place
    FROM {{ source('broker.actions') }}
    WHERE type IN ('NEW', 'ADDACCT', 'UPDACCT', 'CLOSEACCT')
    WINDOW history AS (PARTITION BY account ORDER BY action)
  ),
  customers AS (
    SELECT customer, told_at, action, type,
      LAST_VALUE(tier IGNORE NULLS) OVER (PARTITION BY customer ORDER BY action) AS tier,
      ROW_NUMBER() OVER (PARTITION BY customer ORDER BY action DESC) AS place
    FROM {{ source('broker.actions') }}
    WHERE type IN ('NEW', 'UPDCUST', 'INACT')
  )
  SELECT a.account, a.title, a.agent, c.tier, GREATEST(a.told_at, c.told_at) AS told_at, GREATEST(a.action, c.action) AS action,
    IF(a.status = 'open' AND c.type = 'INACT', 'inactive', a.status) AS status
  FROM accounts AS a JOIN customers AS c ON c.customer = a.customer
  WHERE a.place = 1 AND c.place = 1
natural_key: [account]
effective_at: told_at
sequence: action
attributes: { title: { scd: 1 }, agent: { scd: 2 }, tier: { scd: 2 }, status: { scd: 2 } }
";

const HEADER: &str = "action,type,told_at,customer,tier,city,account,title,agent";

/// What an action says; a column that it does not change is empty.
#[derive(Clone, Default)]
struct Action {
    kind: &'static str,
    hour: i64,
    customer: i64,
    tier: Option<&'static str>,
    city: Option<&'static str>,
    account: Option<i64>,
    title: Option<String>,
    agent: Option<&'static str>,
}

const TIERS: [&str; 3] = ["gold", "silver", "bronze"];
const CITIES: [&str; 3] = ["Seoul", "Busan", "Daegu"];
const AGENTS: [&str; 3] = ["ann", "bob", "cho"];

/// A log of actions; several may share an hour.
fn actions(random: &mut Random, many: usize) -> Vec<Action> {
    let mut all: Vec<Action> = Vec::new();
    let (mut hour, mut customers, mut accounts) = (0, 0, Vec::new());
    while all.len() < many {
        hour += random.below(3);
        let any = |random: &mut Random, of: [&'static str; 3]| of[random.below(3) as usize];
        let kind = ["NEW", "ADDACCT", "UPDCUST", "UPDACCT", "CLOSEACCT", "INACT", "UPDCUST", "UPDACCT"]
            [if customers < 4 { 0 } else { random.below(8) as usize }];
        let mut action = Action { kind, hour, ..Action::default() };
        action.customer = if customers == 0 { 0 } else { 1 + random.below(customers) };
        match kind {
            "NEW" => {
                customers += 1;
                action.customer = customers;
                (action.tier, action.city) = (Some(any(random, TIERS)), Some(any(random, CITIES)));
            }
            "UPDCUST" => {
                action.tier = random.one_in(2).then(|| any(random, TIERS));
                action.city = random.one_in(2).then(|| any(random, CITIES));
            }
            _ => {}
        }
        match kind {
            "NEW" | "ADDACCT" => {
                let account = 100 + accounts.len() as i64;
                accounts.push(action.customer);
                action.account = Some(account);
                (action.title, action.agent) = (Some(format!("t{account}")), Some(any(random, AGENTS)));
            }
            "UPDACCT" | "CLOSEACCT" => {
                let place = random.below(accounts.len() as i64);
                (action.account, action.customer) = (Some(100 + place), accounts[place as usize]);
                if kind == "UPDACCT" {
                    action.title = random.one_in(3).then(|| format!("u{}", all.len()));
                    action.agent = random.one_in(2).then(|| any(random, AGENTS));
                }
            }
            _ => {}
        }
        all.push(action);
    }
    all
}

fn line(number: usize, action: &Action) -> String {
    let moment = at("2026-01-01") + chrono::Duration::hours(action.hour);
    format!(
        "{number},{},{},{},{},{},{},{},{}",
        action.kind,
        moment.format("%Y-%m-%d %H:%M:%S"),
        action.customer,
        action.tier.unwrap_or_default(),
        action.city.unwrap_or_default(),
        action.account.map_or(String::new(), |account| account.to_string()),
        action.title.clone().unwrap_or_default(),
        action.agent.unwrap_or_default(),
    )
}

/// Versions of a member: since when, the values of type 2, and those of type 1.
type Versions = BTreeMap<i64, Vec<(i64, Vec<String>, Vec<String>)>>;

/// What is known of the customers and accounts after each action, and the versions that this makes.
fn reference(actions: &[Action]) -> (Versions, Versions) {
    let (mut customers, mut accounts) = (BTreeMap::new(), BTreeMap::new());
    let (mut of_customers, mut of_accounts) = (Versions::new(), Versions::new());
    for action in actions {
        if matches!(action.kind, "NEW" | "UPDCUST" | "INACT") {
            let (tier, city, status) = customers.entry(action.customer).or_insert(("", "", ""));
            *tier = action.tier.unwrap_or(tier);
            *city = action.city.unwrap_or(city);
            *status = if action.kind == "INACT" { "inactive" } else { "active" };
            let told = (vec![(*tier).to_owned(), (*status).to_owned()], vec![(*city).to_owned()]);
            add(&mut of_customers, action.customer, action.hour, told);
        }
        if let Some(account) = action.account {
            let (_, title, agent, closed) =
                accounts.entry(account).or_insert((action.customer, String::new(), "", false));
            *title = action.title.clone().unwrap_or(title.clone());
            *agent = action.agent.unwrap_or(agent);
            *closed = action.kind == "CLOSEACCT";
        }
        for (account, (customer, title, agent, closed)) in &accounts {
            let (tier, _, status) = customers[customer];
            let status = match (*closed, status) {
                (true, _) => "closed",
                (false, "inactive") => "inactive",
                _ => "open",
            };
            let told = (vec![(*agent).to_owned(), tier.to_owned(), status.to_owned()], vec![title.clone()]);
            add(&mut of_accounts, *account, action.hour, told);
        }
    }
    (of_customers, of_accounts)
}

/// A state at an hour: of the states of one hour the last holds, and equal ones in a row are one version.
fn add(versions: &mut Versions, member: i64, hour: i64, (two, one): (Vec<String>, Vec<String>)) {
    let all = versions.entry(member).or_default();
    if all.last().is_some_and(|last| last.0 == hour) {
        all.pop();
    }
    if all.last().is_none_or(|last| last.1 != two) {
        all.push((hour, two, Vec::new()));
    }
    all.iter_mut().for_each(|version| version.2.clone_from(&one));
}

fn texts(versions: &Versions) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (member, versions) in versions {
        for (place, (hour, two, one)) in versions.iter().enumerate() {
            let from = at("2026-01-01") + chrono::Duration::hours(*hour);
            let from = if place == 0 { "0001-01-01 00:00:00".to_owned() } else { from.to_string() };
            all.push([vec![member.to_string(), from], two.clone(), one.clone()].concat());
        }
    }
    all
}

#[test]
fn an_account_has_a_version_wherever_its_customer_has_one() {
    for (seed, batches) in [(1, 1), (2, 3), (3, 8)] {
        let mut random = Random(seed);
        let actions = actions(&mut random, 120);
        let (of_customers, of_accounts) = reference(&actions);
        let folder = Project::new(PROJECT);
        folder.write("data/actions/2026-02-01T00.csv", &format!("{HEADER}\n"));
        let warehouse = Warehouse::apply(folder.path());
        let mut cuts = vec![Vec::new(); batches];
        for (number, action) in actions.iter().enumerate() {
            cuts[random.below(batches as i64) as usize].push(line(number, action));
        }
        for (number, cut) in cuts.iter().enumerate() {
            let name = format!("data/actions/2026-02-02T{:02}{:02}.csv", number / 2, number % 2 * 30);
            folder.write(&name, &format!("{HEADER}\n{}\n", cut.join("\n")));
            warehouse.run(Mode::Incremental);
        }
        let found = warehouse.rows(
            "SELECT customer, valid_from, tier, status, city FROM dw.customer WHERE customer_key >= 0 ORDER BY 1, 2",
        );
        assert_eq!(found, texts(&of_customers), "customers of start {seed} in {batches} batches");
        let found = warehouse.rows(
            "SELECT account, valid_from, agent, tier, status, title FROM dw.account WHERE account_key >= 0 ORDER BY 1, 2",
        );
        assert_eq!(found, texts(&of_accounts), "accounts of start {seed} in {batches} batches");
        assert_eq!(warehouse.audit(), Vec::<String>::new());
    }
}
