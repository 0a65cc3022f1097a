//! Junk dimensions in a plan: what changes of one is computed anew with its facts, and ends as a fresh load. Questions, pages and
//! the audit take it as any dimension.

use dwc_tests::project::Project;

use crate::fresh::star;
use crate::{done, edit};

const SHOP: &str = "\
#- dwc.yml
name: shop
timezone: UTC
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/shop.yml
source: shop
type: files
tables:
  sales:
    path: data/sales/{batch}.csv
    primary_key: sale_id
    columns: { sale_id: INT64, is_gift: BOOL, channel: STRING, priority: INT64, amount: INT64, sold_at: TIMESTAMP }
#- models/sale_flags.yml
dimension: sale_flags
kind: junk
description: The flags of a sale.
attributes:
  is_gift: { type: BOOL, labels: { true: Gift, false: No gift } }
  channel: { type: STRING }
#- models/sale.yml
fact: sale
description: A sale.
business_process: selling
grain: { description: one row per sale, key: sale_id }
from: shop.sales
event_time: sold_at
dimensions:
  sale_flags: {}
measures:
  amount: { additive: all, unit: won }
#- data/sales/2026-03-01.csv
sale_id,is_gift,channel,priority,amount,sold_at
1,true,W,1,10,2026-02-01 00:00:00
2,false,,2,20,2026-02-01 00:00:00
3,,W,1,30,2026-02-02 00:00:00
4,true,W,2,40,2026-02-02 00:00:00
";

const FLAGS: &str = "models/sale_flags.yml";

fn load(project: &Project) {
    done(project.dwc(&["apply", "--auto-approve", "--allow-destructive", "sale_flags"]));
    done(project.dwc(&["run"]));
}

#[test]
fn a_junk_dimension_that_changes_ends_as_a_fresh_one() {
    for (from, to) in [
        ("true: Gift", "true: A gift"),
        ("channel: { type: STRING }", "channel: { type: STRING, when_null: Unknown, labels: { W: Web } }"),
        ("channel: { type: STRING }", "channel: { type: STRING }\n  priority: { type: INT64, when_null: 0 }"),
        ("  channel: { type: STRING }\n", "  priority: { type: INT64 }\n"),
        ("kind: junk\n", "kind: junk\nmax_members: 7\n"),
    ] {
        let project = Project::new(SHOP);
        load(&project);
        for (from, to) in [(from, to), (to, from)] {
            edit(&project, FLAGS, from, to);
            load(&project);
            let fresh = Project::new(SHOP);
            fresh.write(FLAGS, &project.read(FLAGS));
            load(&fresh);
            assert_eq!(star(&project), star(&fresh), "{from} became {to}");
            assert!(done(project.dwc(&["plan"])).stdout.contains("no changes"));
            done(project.dwc(&["verify"]));
        }
    }
}

#[test]
fn a_limit_that_changes_computes_nothing_anew() {
    let project = Project::new(SHOP);
    load(&project);
    edit(&project, FLAGS, "kind: junk\n", "kind: junk\nmax_members: 7\n");
    let plan = done(project.dwc(&["plan"])).stdout;
    assert!(plan.contains("max members changes from 10000 to 7"), "{plan}");
    assert!(!plan.contains("recomputed") && !plan.contains("rewrites history"), "{plan}");
}

#[test]
fn questions_pages_and_defaults_take_it_as_a_dimension() {
    let project = Project::new(SHOP);
    load(&project);
    let answer = done(project.dwc(&["query", "amount", "--by", "sale_flags.is_gift", "--format", "csv"])).stdout;
    let mut lines: Vec<&str> = answer.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(lines, [",30", "Gift,50", "No gift,20"], "{answer}");
    done(project.dwc(&["docs", "build"]));
    let page = project.read("target/docs/dimensions/sale_flags.html");
    assert!(page.contains("Junk dimension") && page.contains("No gift") && page.contains("sale.html"), "{page}");
    let shown = done(project.dwc(&["show", "sale_flags"])).stdout;
    assert!(shown.contains("max_members: 10000") && shown.contains("type: BOOL"), "{shown}");
    let shown = done(project.dwc(&["show", "sale"])).stdout;
    assert!(shown.contains("on:\n    - is_gift\n    - channel"), "{shown}");
}
