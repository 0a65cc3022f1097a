//! Members that a fact inferred: where its model changes so that no fact names them, they go, as a fresh load has none.

use dwc_tests::project::Project;

use crate::fresh::star;
use crate::{done, edit, rows};

const TRADE: &str = "\
#- dwc.yml
name: trade
timezone: UTC
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
#- models/trade.yml
source: trade
type: files
tables:
  customers:
    path: data/customers/{batch}.csv
    primary_key: customer_id
    columns: { customer_id: INT64, city: STRING, changed_at: TIMESTAMP }
  sales:
    path: data/sales/{batch}.csv
    primary_key: sale_id
    columns: { sale_id: INT64, customer_id: INT64, payer_id: INT64, sold_at: TIMESTAMP, amount: INT64 }
#- models/customer.yml
dimension: customer
from: trade.customers
natural_key: customer_id
effective_at: changed_at
attributes:
  city: { scd: 2 }
#- models/sale.yml
fact: sale
business_process: selling
grain: { description: one row per sale, key: sale_id }
from: trade.sales
event_time: sold_at
dimensions:
  customer: { on: customer_id, missing: infer }
measures:
  amount: { additive: all }
#- models/visit.yml
fact: visit
business_process: visiting
grain: { description: one row per visit, key: sale_id }
from: trade.sales
event_time: sold_at
dimensions:
  customer: { on: customer_id, missing: unknown }
measures:
  amount: { additive: all }
#- data/customers/2026-03-01.csv
customer_id,city,changed_at
1,Seoul,2026-02-01 00:00:00
2,Busan,2026-02-01 00:00:00
#- data/sales/2026-03-01.csv
sale_id,customer_id,payer_id,sold_at,amount
10,1,2,2026-02-10 01:00:00,1000
11,9,8,2026-02-11 01:00:00,2500
12,7,7,2026-02-12 01:00:00,300
";

const SALE: &str = "models/sale.yml";

fn load(project: &Project) {
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
}

fn ends_as_a_fresh_load(from: &str, to: &str, members: &[&str]) {
    for strategy in ["hash", "sequence"] {
        let made = || {
            let project = Project::new(TRADE);
            let how = format!("surrogate_key: {{ strategy: {strategy} }}\nattributes:");
            edit(&project, "models/customer.yml", "attributes:", &how);
            project
        };
        let (project, fresh) = (made(), made());
        load(&project);
        edit(&project, SALE, from, to);
        load(&project);
        edit(&fresh, SALE, from, to);
        load(&fresh);
        let sql = "SELECT customer_id, is_inferred FROM dw.customer WHERE customer_key >= 0 ORDER BY 1";
        assert_eq!(rows(&project, sql), members, "{strategy}: {to}");
        let orphans = "SELECT sale_id FROM dw.visit WHERE customer_key NOT IN (SELECT customer_key FROM dw.customer)";
        assert_eq!(rows(&project, orphans), Vec::<String>::new(), "{strategy}: {to}");
        if strategy == "hash" {
            assert_eq!(star(&project), star(&fresh), "{to}");
        }
        done(project.dwc(&["verify"]));
    }
}

#[test]
fn what_a_role_named_before_goes() {
    ends_as_a_fresh_load(
        "{ on: customer_id, missing: infer }",
        "{ on: payer_id, missing: infer }",
        &["1|false", "2|false", "7|true", "8|true"],
    );
}

#[test]
fn what_a_query_named_before_goes() {
    ends_as_a_fresh_load(
        "from: trade.sales",
        "query: SELECT * FROM {{ source('trade.sales') }} WHERE customer_id <> 9",
        &["1|false", "2|false", "7|true"],
    );
}

#[test]
fn what_one_of_two_roles_named_goes() {
    let one = "  customer: { on: customer_id, missing: infer }";
    let buyer = "  buyer: { dimension: customer, on: customer_id, missing: infer }";
    let two = &format!("{buyer}\n  payer: {{ dimension: customer, on: payer_id, missing: infer }}");
    let project = Project::new(TRADE);
    edit(&project, SALE, one, two);
    load(&project);
    let sql = "SELECT customer_id FROM dw.customer WHERE is_inferred ORDER BY 1";
    assert_eq!(rows(&project, sql), ["7", "8", "9"]);
    edit(&project, SALE, two, buyer);
    let allow = ["apply", "--auto-approve", "--allow-destructive", "sale"];
    done(project.dwc(&allow));
    done(project.dwc(&["run"]));
    assert_eq!(rows(&project, sql), ["7", "9"]);
    let fresh = Project::new(TRADE);
    edit(&fresh, SALE, one, buyer);
    load(&fresh);
    assert_eq!(star(&project), star(&fresh));
}
