//! Words in the place of flags, codes and NULL: what the table shows is what plain SQL makes of the raw rows, a change that
//! only the words hide is no version, and members of which nothing is known say so.

use dwc_runner::{Mode, RunReport};
use dwc_tests::project::Project;
use dwc_tests::warehouse::Warehouse;

const CLUB: &str = "#- dwc.yml
name: club
timezone: UTC
targets:
  dev: { type: duckdb, path: dwc.duckdb }
#- models/sources/club.yml
source: club
type: files
tables:
  members:
    path: data/members/{batch}.csv
    primary_key: [member_id]
    cursor: changed_at
    columns: { member_id: INT64, is_vip: BOOL, channel: STRING, tier: INT64, city: STRING, visits: INT64, opened: DATE, seen: TIMESTAMP, score: INT64, changed_at: TIMESTAMP }
  visits:
    path: data/visits/{batch}.csv
    primary_key: [visit_id]
    columns: { visit_id: INT64, member_id: INT64, at: TIMESTAMP }
#- models/dimensions/member.yml
dimension: member
from: club.members
natural_key: [member_id]
effective_at: changed_at
when_null: Unknown
attributes:
  is_vip: { scd: 2, labels: { true: V.I.P., false: Member }, when_null: Not asked }
  channel: { scd: 2, labels: { W: Web, S: \"Shop, or 'desk'\" } }
  city: { scd: 2 }
  tier: { scd: 3, labels: { 1: Silver, 2: Gold }, when_null: Not applicable }
  score: { scd: 6, bands: [{ below: 10, label: low }, { label: high }], when_null: Not scored }
  visits: { scd: 1, when_null: 0 }
  opened: { scd: 0, when_null: 9999-12-31 }
  seen: { scd: 1, when_null: 2000-01-01 09:30:00 }
#- models/facts/visit.yml
fact: visit
kind: factless
business_process: visiting
grain: { description: one row per visit, key: visit_id }
from: club.visits
event_time: at
dimensions:
  member: { on: member_id, missing: infer }
";

const MEMBERS: [(&str, &str); 3] = [
    (
        "2026-01-05",
        "1,true,W,1,,3,2020-05-01,2026-01-01 08:00:00,4,2026-01-02 00:00:00\n2,,,,Seoul,,,,,2026-01-02 00:00:00\n3,false,S,,Busan,1,,,20,2026-01-03 00:00:00",
    ),
    (
        "2026-02-05",
        // The city is told by the word for it, and the flag is known.
        "1,true,W,2,Unknown,4,2020-05-01,,12,2026-02-01 00:00:00\n2,false,W,,Seoul,,2021-01-01,,,2026-02-02 00:00:00\n3,false,K,3,Busan,,,,,2026-02-03 00:00:00",
    ),
    (
        "2026-03-05",
        "2,,Web,2,,7,,2026-03-01 10:00:00,5,2026-03-02 00:00:00\n3,false,,2,Busan,,,,20,2026-03-03 00:00:00",
    ),
];

/// Each version of a member, by plain SQL over the files.
const EXPECTED: &str = "
WITH raw AS (
  SELECT * FROM read_csv('@data/members/*.csv', header = true, columns = {'member_id': 'BIGINT', 'is_vip': 'BOOLEAN',
    'channel': 'VARCHAR', 'tier': 'BIGINT', 'city': 'VARCHAR', 'visits': 'BIGINT', 'opened': 'DATE', 'seen': 'TIMESTAMP',
    'score': 'BIGINT', 'changed_at': 'TIMESTAMP'})
),
worded AS (
  SELECT member_id, changed_at,
    CASE WHEN is_vip IS NULL THEN 'Not asked' WHEN is_vip THEN 'V.I.P.' ELSE 'Member' END AS is_vip,
    CASE WHEN channel = 'W' THEN 'Web' WHEN channel = 'S' THEN 'Shop, or ''desk''' WHEN channel IS NULL THEN 'Unknown' ELSE channel END AS channel,
    COALESCE(city, 'Unknown') AS city,
    CASE WHEN tier = 1 THEN 'Silver' WHEN tier = 2 THEN 'Gold' WHEN tier IS NULL THEN 'Not applicable' ELSE CAST(tier AS VARCHAR) END AS tier,
    CASE WHEN score IS NULL THEN 'Not scored' WHEN score < 10 THEN 'low' ELSE 'high' END AS score,
    COALESCE(visits, 0) AS visits, COALESCE(opened, DATE '9999-12-31') AS opened,
    COALESCE(seen, TIMESTAMP '2000-01-01 09:30:00') AS seen
  FROM raw
),
starts AS (
  SELECT *, (is_vip, channel, city, score) IS DISTINCT FROM lag((is_vip, channel, city, score)) OVER m AS is_start
  FROM worded WINDOW m AS (PARTITION BY member_id ORDER BY changed_at)
),
numbered AS (SELECT *, sum(CAST(is_start AS INT)) OVER (PARTITION BY member_id ORDER BY changed_at) AS version FROM starts),
tiers AS (
  SELECT member_id, tier, changed_at, lag(tier) OVER (PARTITION BY member_id ORDER BY changed_at) AS before FROM worded
),
whole AS (
  SELECT member_id, arg_max(tier, changed_at) AS tier, arg_max(score, changed_at) AS current_score,
    arg_max(visits, changed_at) AS visits, arg_min(opened, changed_at) AS opened, arg_max(seen, changed_at) AS seen
  FROM worded GROUP BY 1
),
previous AS (
  SELECT member_id, arg_max(before, changed_at) AS previous_tier FROM tiers WHERE before IS DISTINCT FROM tier AND before IS NOT NULL GROUP BY 1
)
SELECT n.member_id, n.version, n.is_vip, n.channel, n.city, n.score, w.current_score, w.tier, p.previous_tier, w.visits, w.opened, w.seen
FROM (SELECT DISTINCT member_id, version, is_vip, channel, city, score FROM numbered) AS n
JOIN whole AS w USING (member_id) LEFT JOIN previous AS p USING (member_id) ORDER BY 1, 2";

const FOUND: &str = "
SELECT member_id, row_number() OVER (PARTITION BY member_id ORDER BY valid_from), is_vip, channel, city, score, current_score, tier,
  previous_tier, visits, opened, seen
FROM dw.member WHERE member_key >= 0 AND NOT is_inferred ORDER BY 1, 2";

fn notices(report: &RunReport) -> Vec<String> {
    let all = report.models.iter().flat_map(|model| &model.notices);
    all.map(|notice| format!("{} {}", notice.code, notice.keys.join("; "))).collect()
}

#[test]
fn the_table_shows_the_words_for_the_raw_values() {
    let folder = Project::new(CLUB);
    folder.write(
        "data/visits/2026-01-05.csv",
        "visit_id,member_id,at\n1,1,2026-01-04 00:00:00\n2,9,2026-01-04 00:00:00\n",
    );
    let warehouse = Warehouse::apply(folder.path());
    let expected = EXPECTED.replace("@data", &folder.path().join("data").display().to_string());
    let mut told = Vec::new();
    for (day, rows) in MEMBERS {
        let header = "member_id,is_vip,channel,tier,city,visits,opened,seen,score,changed_at";
        folder.write(&format!("data/members/{day}.csv"), &format!("{header}\n{rows}\n"));
        told.push(notices(&warehouse.run(Mode::Incremental)));
        assert_eq!(warehouse.rows(FOUND), warehouse.rows(&expected), "after {day}");
    }
    assert_eq!(warehouse.rows("SELECT COUNT(*) FROM dw.member WHERE member_id = 1 AND city = 'Unknown'")[0], ["2"]);
    assert_eq!(told, [&[][..], &["DW0982 channel=K", "DW0982 tier=3"], &["DW0982 channel=K"]]);
    assert_eq!(warehouse.audit(), Vec::<String>::new());
    let full = warehouse.run(Mode::Full);
    assert_eq!(warehouse.rows(FOUND), warehouse.rows(&expected), "computed whole: {full:?}");
}

#[test]
fn members_of_which_nothing_is_known_say_so() {
    let folder = Project::new(CLUB);
    folder.write(
        "data/members/2026-01-05.csv",
        "member_id,is_vip,channel,tier,city,visits,opened,seen,score,changed_at\n",
    );
    folder.write(
        "data/visits/2026-01-05.csv",
        "visit_id,member_id,at\n2,9,2026-01-04 00:00:00\n3,,2026-01-04 00:00:00\n",
    );
    let warehouse = Warehouse::apply(folder.path());
    warehouse.run(Mode::Incremental);
    let found = warehouse.rows(
        "SELECT member_key < 0, is_inferred, is_vip, channel, city, tier, previous_tier, score, current_score, visits, \
         strftime(opened, '%Y-%m-%d'), strftime(seen, '%Y-%m-%d %H:%M') FROM dw.member ORDER BY member_key",
    );
    let reserved = |word: &str| {
        let mut row = vec!["true".to_owned(), "false".to_owned()];
        row.extend(std::iter::repeat_n(word.to_owned(), 7));
        row.extend(["0", "9999-12-31", "2000-01-01 09:30"].map(str::to_owned));
        row
    };
    let mut inferred = reserved("Unknown");
    inferred[0] = "false".to_owned();
    inferred[1] = "true".to_owned();
    // Nothing came before.
    inferred[6] = "NULL".to_owned();
    let expected = ["Not yet", "Rejected", "Not applicable", "Unknown"].map(reserved);
    assert_eq!(found, [&expected[..], &[inferred]].concat());
}
