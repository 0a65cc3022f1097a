//! Junk dimensions: a row for each combination of flags that a fact has, NULL among their values, and a key that each row of a
//! fact has by itself. Compared with plain SQL over the raw rows.

use dwc_runner::Mode;
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

const SHOP: &str = "#- dwc.yml
name: shop
timezone: UTC
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/sources/shop.yml
source: shop
type: files
tables:
  sales:
    path: data/sales/{batch}.csv
    primary_key: [sale_id]
    cursor: sold_at
    detect_deletes: operation
    delete_column: op
    columns: { sale_id: INT64, is_gift: BOOL, channel: STRING, priority: INT64, due: DATE, amount: INT64, sold_at: TIMESTAMP, op: STRING }
  returns:
    path: data/returns/{batch}.csv
    primary_key: [return_id]
    columns: { return_id: INT64, by: STRING, was_gift: BOOL, due: DATE, priority: INT64, at: TIMESTAMP }
#- models/dimensions/sale_flags.yml
dimension: sale_flags
kind: junk
when_null: Unknown
attributes:
  is_gift: { type: BOOL, labels: { true: Gift, false: No gift }, when_null: Not asked }
  channel: { type: STRING, labels: { W: Web, S: Shop } }
  priority: { type: INT64, when_null: 0 }
  due: { type: DATE }
#- models/facts/sale.yml
fact: sale
business_process: selling
grain: { description: one row per sale, key: sale_id }
from: shop.sales
event_time: sold_at
dimensions:
  sale_flags: {}
measures:
  amount: { additive: all, unit: won }
#- models/facts/sent_back.yml
fact: sent_back
kind: factless
business_process: sending back
grain: { description: one row per return, key: return_id }
from: shop.returns
event_time: at
dimensions:
  flags: { dimension: sale_flags, on: [was_gift, by, priority, due] }
";

const SALES: [(&str, &str); 3] = [
    (
        "2026-01-05",
        "1,true,W,1,2026-01-09,10,2026-01-01 00:00:00,I\n2,true,W,1,2026-01-09,20,2026-01-01 01:00:00,I\n3,,,,,30,2026-01-01 02:00:00,I\n4,false,,0,,40,2026-01-01 03:00:00,I",
    ),
    // A row changes, one goes, and one is late.
    (
        "2026-02-05",
        "1,false,S,1,,11,2026-02-01 00:00:00,U\n4,false,,0,,40,2026-02-01 00:00:00,D\n5,true,K,2,2026-01-09,50,2026-01-15 00:00:00,I",
    ),
    ("2026-03-05", "6,,,,,60,2026-03-01 00:00:00,I\n7,false,Unknown,0,,70,2026-03-01 00:00:00,I"),
];

const RETURNS: &str =
    "return_id,by,was_gift,due,priority,at\n1,W,true,2026-01-09,1,2026-02-10 00:00:00\n2,S,,,7,2026-02-11 00:00:00\n";

/// The latest state of each sale that is not deleted, with the words for its flags.
const WORDED: &str = "
WITH raw AS (
  SELECT * FROM read_csv('@data/sales/*.csv', header = true, columns = {'sale_id': 'BIGINT', 'is_gift': 'BOOLEAN',
    'channel': 'VARCHAR', 'priority': 'BIGINT', 'due': 'DATE', 'amount': 'BIGINT', 'sold_at': 'TIMESTAMP', 'op': 'VARCHAR'})
)
SELECT sale_id,
  CASE WHEN is_gift IS NULL THEN 'Not asked' WHEN is_gift THEN 'Gift' ELSE 'No gift' END,
  CASE channel WHEN 'W' THEN 'Web' WHEN 'S' THEN 'Shop' ELSE COALESCE(channel, 'Unknown') END, COALESCE(priority, 0), due, amount
FROM raw QUALIFY row_number() OVER (PARTITION BY sale_id ORDER BY sold_at DESC) = 1 AND op <> 'D' ORDER BY 1";

const FOUND: &str = "
SELECT f.sale_id, d.is_gift, d.channel, d.priority, d.due, f.amount
FROM dw.sale AS f JOIN dw.sale_flags AS d USING (sale_flags_key) ORDER BY 1";

fn write(folder: &Project, (day, rows): (&str, &str)) {
    let header = "sale_id,is_gift,channel,priority,due,amount,sold_at,op";
    folder.write(&format!("data/sales/{day}.csv"), &format!("{header}\n{rows}\n"));
}

#[test]
fn every_combination_is_one_row_and_every_row_finds_its_own() {
    let folder = Project::new(SHOP);
    folder.write("data/returns/2026-01-05.csv", RETURNS);
    let warehouse = Warehouse::apply(folder.path());
    let expected = WORDED.replace("@data", &folder.path().join("data").display().to_string());
    for sales in SALES {
        write(&folder, sales);
        warehouse.run(Mode::Incremental);
        assert_eq!(warehouse.rows(FOUND), warehouse.rows(&expected), "after {}", sales.0);
        assert_eq!(warehouse.audit(), Vec::<String>::new());
    }
    // Every combination that a state of a sale or a return has ever had: those of equal words among them.
    let combinations = warehouse.rows(
        "SELECT is_gift, channel, priority, due FROM dw.sale_flags WHERE sale_flags_key >= 0 ORDER BY ALL NULLS FIRST",
    );
    let told: Vec<String> = combinations.iter().map(|row| row.join(" ")).collect();
    assert_eq!(
        told,
        [
            "Gift K 2 2026-01-09",
            "Gift Web 1 2026-01-09",
            "No gift Shop 1 NULL",
            "No gift Unknown 0 NULL",
            "No gift Unknown 0 NULL",
            "Not asked Shop 7 NULL",
            "Not asked Unknown 0 NULL",
        ]
    );
    let reserved =
        warehouse.rows("SELECT is_gift, channel, priority, due FROM dw.sale_flags WHERE sale_flags_key = -2");
    assert_eq!(reserved, [["Not applicable", "Not applicable", "0", "NULL"]]);
    let shared = warehouse.rows(
        "SELECT COUNT(*) FROM dw.sent_back AS r JOIN dw.sale AS s ON s.sale_flags_key = r.flags_key WHERE r.return_id = 1 AND s.sale_id = 2",
    );
    assert_eq!(shared, [["1"]], "facts share a combination, in whatever order they name its values");
    let before = warehouse.rows("SELECT * FROM dw.sale_flags ORDER BY 1");
    warehouse.run(Mode::Full);
    assert_eq!(warehouse.rows("SELECT * FROM dw.sale_flags ORDER BY 1"), before, "a full run adds nothing");
}

#[test]
fn too_many_combinations_hold_the_load_back() {
    let folder = Project::new(&SHOP.replace("kind: junk\n", "kind: junk\nmax_members: 3\n"));
    folder.write("data/returns/2026-01-05.csv", "return_id,by,was_gift,due,priority,at\n");
    let warehouse = Warehouse::apply(folder.path());
    write(&folder, SALES[0]);
    warehouse.run(Mode::Incremental);
    let before = warehouse.rows(FOUND);
    write(&folder, SALES[1]);
    let (_, offences) = warehouse.run_all(Mode::Incremental);
    let told: Vec<String> = offences.iter().map(|one| format!("{} {}", one.message, one.keys.join("; "))).collect();
    assert_eq!(told, ["junk dimension `sale_flags` would have more than 3 combinations channel has 4 values"]);
    assert_eq!(warehouse.rows(FOUND), before, "nothing of the load is there");
    assert_eq!(warehouse.rows("SELECT COUNT(*) FROM dw.sale_flags WHERE sale_flags_key >= 0"), [["3"]]);
}
