//! Words in the place of flags, codes and NULL, where they change: the plan says which attribute is written anew, the run
//! does it on every version, and the warehouse ends as a fresh one. The states behind the versions need not be landed any more.

use dwc_tests::project::Project;

use crate::fresh::star;
use crate::{done, edit};

const CLUB: &str = "\
#- dwc.yml
name: club
timezone: UTC
targets: { dev: { type: duckdb, path: warehouse.duckdb } }
lints: { DW0513: { level: off, reason: a flag gets its labels later } }
#- models/club.yml
source: club
type: files
tables:
  members:
    path: data/members/{batch}.csv
    primary_key: member_id
    columns: { member_id: INT64, is_vip: BOOL, channel: STRING, visits: INT64, changed_at: TIMESTAMP }
  visits:
    path: data/visits/{batch}.csv
    primary_key: visit_id
    columns: { visit_id: INT64, member_id: INT64, seen_at: TIMESTAMP }
#- models/member.yml
dimension: member
from: club.members
natural_key: member_id
effective_at: changed_at
attributes:
  is_vip: { scd: 2 }
  channel: { scd: 6 }
  visits: { scd: 1 }
#- models/visit.yml
fact: visit
kind: factless
business_process: visiting
grain: { description: one row per visit, key: visit_id }
from: club.visits
event_time: seen_at
dimensions:
  member: { on: member_id }
#- data/members/2026-03-01.csv
member_id,is_vip,channel,visits,changed_at
1,true,W,3,2026-02-01 00:00:00
2,,,,2026-02-01 00:00:00
#- data/members/2026-03-02.csv
member_id,is_vip,channel,visits,changed_at
1,false,,,2026-02-02 00:00:00
2,true,Unknown,1,2026-02-02 00:00:00
#- data/visits/2026-03-01.csv
visit_id,member_id,seen_at
10,1,2026-02-01 12:00:00
11,9,2026-02-01 12:00:00
12,2,2026-02-03 12:00:00
";

const MEMBER: &str = "models/member.yml";

/// The attributes, each way of writing them beside the others.
const WORDS: [&str; 5] = [
    "is_vip: { scd: 2 }\n  channel: { scd: 6 }\n  visits: { scd: 1 }\n",
    "is_vip: { scd: 2, labels: { true: VIP, false: Member } }\n  channel: { scd: 6 }\n  visits: { scd: 1, when_null: 0 }\n",
    "is_vip: { scd: 2, labels: { true: VIP, false: Member }, when_null: Not asked }\n  channel: { scd: 6, labels: { W: Web } }\n  visits: { scd: 1, when_null: -1 }\n",
    "is_vip: { scd: 2, labels: { true: Same, false: Same }, when_null: Same }\n  channel: { scd: 6, when_null: Unknown }\n  visits: { scd: 1 }\n",
    "is_vip: { scd: 2, when_null: false }\n  channel: { scd: 6, labels: { W: out of the web }, when_null: W }\n  visits: { scd: 1, labels: { 1: once, 3: often }, when_null: never }\n",
];

fn club(words: &str) -> Project {
    let project = Project::new(CLUB);
    edit(&project, MEMBER, WORDS[0], words);
    project
}

fn load(project: &Project) {
    done(project.dwc(&["apply", "--auto-approve"]));
    done(project.dwc(&["run"]));
}

#[test]
fn every_wording_becomes_every_other() {
    let fresh: Vec<_> = WORDS
        .iter()
        .map(|words| {
            let project = club(words);
            load(&project);
            star(&project)
        })
        .collect();
    for step in [1, 3] {
        let project = club(WORDS[0]);
        load(&project);
        let mut now = WORDS[0];
        for (to, expected) in WORDS.iter().zip(&fresh).cycle().skip(step).step_by(step).take(WORDS.len()) {
            edit(&project, MEMBER, now, to);
            load(&project);
            assert_eq!(&star(&project), expected, "\n{now}became\n{to}");
            assert!(done(project.dwc(&["plan"])).stdout.contains("no changes"), "a plan after an apply is empty");
            now = to;
        }
    }
}

#[test]
fn a_label_that_changes_is_planned_as_its_attribute_written_anew() {
    let project = club(WORDS[1]);
    load(&project);
    edit(&project, MEMBER, "true: VIP", "true: Very important");
    let plan = done(project.dwc(&["plan"])).stdout;
    assert!(plan.contains("type 2, true as 'VIP', false as 'Member'"), "{plan}");
    assert!(plan.contains("type 2, true as 'Very important', false as 'Member'"), "{plan}");
    assert!(plan.contains("rewrites history"), "{plan}");
}

#[test]
fn verify_tells_values_without_a_label() {
    let project = club(WORDS[2]);
    load(&project);
    let verified = done(project.dwc(&["verify"]));
    let said = verified.stdout + &verified.stderr;
    assert!(said.contains("DW0982") && said.contains("channel=Unknown"), "{said}");
}
