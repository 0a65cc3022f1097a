//! Messages as they arrive.

use dwc_tests::webhook::Webhook;
use serde_json::{Value, json};

use super::{DOUBLED, Project, Run, project};

/// A run of the shop whose webhooks are at the server.
fn run(project: &Project, server: &Webhook, arguments: &[&str]) -> Run {
    let hooks = server.address("");
    project.dwc_with(&[("HOOKS", hooks.trim_end_matches('/'))], arguments)
}

/// The message that arrived at a path, once.
fn only<'m>(messages: &'m [(String, Value)], path: &str) -> &'m Value {
    let found: Vec<&Value> = messages.iter().filter(|(to, _)| to == path).map(|(_, body)| body).collect();
    assert_eq!(found.len(), 1, "{path}: {messages:#?}");
    found[0]
}

#[test]
fn a_run_without_news_sends_nothing() {
    let (project, server) = (project(), Webhook::start());
    assert_eq!(run(&project, &server, &["run"]).code, Some(0));
    assert_eq!(run(&project, &server, &["run", "--mode", "full"]).code, Some(0));
    assert_eq!(server.taken(), []);
}

#[test]
fn a_model_that_is_held_back_is_told_to_whom_it_concerns_and_so_is_the_end_of_it() {
    let (project, server) = (project(), Webhook::start());
    project.write("data/orders/2026-03-02.csv", DOUBLED);
    let ran = run(&project, &server, &["run"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let messages = server.taken();
    let mut paths: Vec<&str> = messages.iter().map(|(path, _)| path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/cards", "/chat", "/everyone"]);

    let everyone = only(&messages, "/everyone");
    assert_eq!(
        (&everyone["version"], &everyone["project"], &everyone["target"], &everyone["run"], &everyone["mode"]),
        (&json!(1), &json!("shop"), &json!("dev"), &json!(1), &json!("incremental"))
    );
    assert_eq!(everyone["command"], "run");
    let events = everyone["events"].as_array().expect("events");
    assert_eq!(events.len(), 1, "{events:#?}");
    let event = &events[0];
    assert_eq!(
        (&event["on"], &event["model"], &event["source"], &event["code"]),
        (&json!("held_back"), &json!("sale"), &Value::Null, &json!("DW0902"))
    );
    let text = event["text"].as_str().expect("a text");
    assert!(text.starts_with("sale was held back: ") && text.ends_with("; daily waits for it"), "{text}");
    assert!(!event["help"].as_str().expect("a help").is_empty());

    let chat = only(&messages, "/chat")["text"].as_str().expect("a text");
    assert!(chat.starts_with("*shop on dev: run 1 (incremental)*\n• sale was held back: "), "{chat}");
    assert!(chat.contains("[DW0902]"), "{chat}");
    let card = &only(&messages, "/cards")["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(card["content"]["body"][0]["text"], "shop on dev: run 1 (incremental)");
    // No row and no key leaves the warehouse with a message; standard error has them.
    assert!(ran.stderr.contains("order_id=7"), "{}", ran.stderr);
    assert!(!messages.iter().any(|(_, body)| body.to_string().contains("order_id=7")), "{messages:#?}");

    // Held back again, it is told again; mended, that is told once.
    assert_eq!(run(&project, &server, &["run"]).code, Some(1));
    assert_eq!(server.taken().len(), 3);
    project.write("data/orders/2026-03-03.csv", "order_id,line_no,ordered_at,amount\n");
    let declared = project.read("models/sale.yml");
    project.write("models/sale.yml", &format!("{declared}on_duplicate: {{ keep_latest_by: line_no }}\n"));
    let applied = project.dwc(&["apply", "--auto-approve"]);
    assert_eq!(applied.code, Some(0), "{}{}", applied.stdout, applied.stderr);
    let ran = run(&project, &server, &["run"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let messages = server.taken();
    let events = &only(&messages, "/everyone")["events"];
    assert!(events.as_array().expect("events").iter().any(|event| event["on"] == "recovered"), "{events:#?}");
    assert!(only(&messages, "/chat")["text"].as_str().is_some_and(|text| text.contains("run 2 was held back")));
    assert_eq!(run(&project, &server, &["run"]).code, Some(0));
    assert_eq!(server.taken(), []);
}

#[test]
fn rows_that_are_rejected_are_told_to_the_readers_of_their_source() {
    let (project, server) = (project(), Webhook::start());
    project.write(
        "data/stock/2026-03-02.csv",
        "item,counted_at,pieces\n2,2026-03-02 00:00:00,many\n3,2026-03-02 00:00:00,4\n",
    );
    assert_eq!(run(&project, &server, &["run"]).code, Some(0));
    let messages = server.taken();
    assert_eq!(messages.len(), 2, "{messages:#?}");
    for path in ["/everyone", "/stock"] {
        let events = &only(&messages, path)["events"];
        assert_eq!(
            (&events[0]["on"], &events[0]["source"], &events[0]["text"]),
            (&json!("rejected"), &json!("depot"), &json!("1 of 3 rows of depot.stock were rejected"))
        );
        assert_eq!(events.as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn a_run_that_fails_is_told_without_a_secret() {
    let (project, server) = (project(), Webhook::start());
    let declared = project.read("models/date.yml");
    project.write("models/date.yml", &declared.replace("2026-12-31", "2027-12-31"));
    let ran = run(&project, &server, &["run"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let messages = server.taken();
    let event = &only(&messages, "/everyone")["events"][0];
    assert_eq!((&event["on"], &event["model"]), (&json!("failed"), &Value::Null));
    // What concerns the whole run reaches those who hear of a part of it, too.
    assert_eq!(only(&messages, "/stock")["events"][0]["on"], "failed");
    assert!(only(&messages, "/chat")["text"].as_str().is_some_and(|text| text.contains("the run failed")));
}

#[test]
fn targets_and_environments_are_told_apart() {
    let (project, server) = (project(), Webhook::start());
    project.write("data/orders/2026-03-02.csv", DOUBLED);
    assert_eq!(run(&project, &server, &["run", "--target", "other"]).code, Some(1));
    let messages = server.taken();
    assert_eq!(only(&messages, "/elsewhere")["target"], "other");
    assert_eq!(messages.len(), 4);
    let made = project.dwc(&["env", "create", "mine"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert_eq!(run(&project, &server, &["run", "--env", "mine"]).code, Some(1));
    assert_eq!(server.taken(), []);
}

#[test]
fn a_webhook_that_fails_is_tried_again_and_never_changes_the_run() {
    let (project, server) = (project(), Webhook::start());
    project.write("data/stock/2026-03-02.csv", "item,counted_at,pieces\n2,2026-03-02 00:00:00,many\n");
    server.answer(&[503, 200, 404]);
    let ran = run(&project, &server, &["run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        ran.stderr.matches("warning: the webhook `stock_team` was not told: it answered 404").count(),
        1,
        "{}",
        ran.stderr
    );
    let paths: Vec<String> = server.taken().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/everyone", "/everyone", "/stock"]);
    assert!(!ran.stderr.contains("127.0.0.1"), "{}", ran.stderr);

    // Without the variable nobody is told, and that is said; the address stays out of it.
    project.write("data/stock/2026-03-03.csv", "item,counted_at,pieces\n3,2026-03-03 00:00:00,many\n");
    let ran = project.dwc(&["run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the webhook `everyone` was not told: the environment has no `HOOKS`"),
        "{}",
        ran.stderr
    );
    let closed = project.dwc_with(&[("HOOKS", "http://127.0.0.1:1/s3cret")], &["run", "--mode", "full"]);
    assert!(!closed.stderr.contains("s3cret"), "{}", closed.stderr);
}

#[test]
fn a_source_that_is_not_reached_is_told_with_the_number_of_runs() {
    let server = Webhook::start();
    let project = Project::new(
        "\
#- dwc.yml
name: shop
timezone: UTC
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
notify: { all: { to: \"{{ env('HOOKS') }}/all\" } }
#- models/shop.yml
source: shop
type: mysql
url: \"{{ env('SHOP') }}\"
retries: 0
tables:
  orders: { primary_key: order_id, cursor: changed_at, columns: { order_id: INT64, changed_at: TIMESTAMP } }
#- models/date.yml
dimension: date
kind: calendar
first_day: 2026-01-01
last_day: 2026-12-31
#- models/sale.yml
fact: sale
kind: factless
business_process: ordering
grain: { description: one row per order, key: order_id }
from: shop.orders
event_time: changed_at
dimensions: { order_date: { dimension: date, on: changed_at } }
",
    );
    assert_eq!(project.dwc(&["apply", "--auto-approve"]).code, Some(0));
    let hooks = server.address("");
    let variables = [("HOOKS", hooks.trim_end_matches('/')), ("SHOP", "mysql://reader:s3cret@127.0.0.1:1/shop")];
    for often in 1..=3 {
        let ran = project.dwc_with(&variables, &["run"]);
        assert_eq!(ran.code, Some(99), "{}{}", ran.stdout, ran.stderr);
        let messages = server.taken();
        let event = &only(&messages, "/all")["events"][0];
        assert_eq!((&event["on"], &event["source"]), (&json!("unreachable"), &json!("shop")));
        let text = event["text"].as_str().expect("a text");
        let count = format!("for {often} runs in a row");
        assert_eq!(text.contains(&count), often > 1, "{text}");
        assert!(!messages[0].1.to_string().contains("s3cret"));
    }
}

#[test]
fn what_a_verification_finds_is_told_to_whom_it_concerns() {
    let (project, server) = (project(), Webhook::start());
    assert_eq!(run(&project, &server, &["run"]).code, Some(0));
    assert_eq!(run(&project, &server, &["verify"]).code, Some(0));
    assert_eq!(server.taken(), []);

    let path = project.path().join("warehouse.duckdb");
    let spoil = || {
        let warehouse = dwc_runner::DuckDbWarehouse::open(&path.to_string_lossy()).expect("the warehouse");
        warehouse.execute("UPDATE dw.sale SET amount = 777 WHERE order_id = 1").expect("a hand in the warehouse");
    };
    spoil();
    let verified = run(&project, &server, &["verify", "--select", "sale"]);
    assert_eq!(verified.code, Some(1), "{}", verified.stderr);
    assert!(verified.stderr.contains("order_id=1"), "{}", verified.stderr);
    let messages = server.taken();
    assert_eq!(messages.len(), 1, "{messages:#?}");
    let everyone = only(&messages, "/everyone");
    assert_eq!((&everyone["command"], &everyone["run"]), (&json!("verify"), &Value::Null));
    let events = everyone["events"].as_array().expect("events");
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(
        (&events[0]["on"], &events[0]["model"], &events[0]["code"]),
        (&json!("finding"), &json!("sale"), &json!("DW0967"))
    );
    // No key and no value leaves the warehouse with a message.
    assert!(!everyone.to_string().contains("order_id=1") && !everyone.to_string().contains("777"), "{everyone}");

    let repaired = run(&project, &server, &["verify", "--repair"]);
    assert_eq!(repaired.code, Some(0), "{}", repaired.stderr);
    let text = only(&server.taken(), "/everyone")["events"][0]["text"].to_string();
    assert!(text.ends_with("; repaired\""), "{text}");
    spoil();
    assert_eq!(run(&project, &server, &["verify", "--select", "stock_count"]).code, Some(0));
    assert_eq!(server.taken(), []);
}
