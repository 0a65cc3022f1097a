//! What must hold of a fact before its rows are merged, and what is audited of them afterwards. It must not load anything.

use dwc_googlesql::Type;

use super::{LAST_RESERVED, Load, on_column};
use crate::diagnostic::Code;
use crate::model::{Column, DimensionKind, Fact, Missing, Role};
use crate::plan::{Gate, Reads, Rule, Statement};
use crate::sql::lower::Lowering;
use crate::sql::lower::dimension::Audited;
use crate::sql::names;

impl Lowering<'_> {
    pub(super) fn fact_gates(&self, fact: &Fact) -> Vec<Statement> {
        let quote = |name: &str| self.dialect.quote(name);
        let names: Vec<&str> = fact.key.iter().map(|column| column.name.as_str()).collect();
        let text = self.readable_key(&names, "_i");
        let null: Vec<String> = names.iter().map(|name| format!("_i.{} IS NULL", quote(name))).collect();
        let list: Vec<String> = names.iter().map(|name| format!("_i.{}", quote(name))).collect();
        let gate = |sql: String, code, message: String, span, help: &str| Statement {
            sql,
            reads: Reads::Gate(Gate { code, message, span, help: help.to_owned() }),
        };
        let mut gates = vec![
            gate(
                format!(
                    "SELECT {text} AS key_text FROM incoming AS _i WHERE {} ORDER BY key_text LIMIT 20",
                    null.join(" OR ")
                ),
                Code::NullKey,
                format!("the grain key of fact `{}` is NULL", fact.name),
                fact.grain_span,
                "filter these rows out in the query, or name columns that are never NULL",
            ),
            gate(
                format!(
                    "SELECT {text} AS key_text FROM {} AS _i GROUP BY {} HAVING COUNT(*) > 1 ORDER BY key_text LIMIT 20",
                    self.by_key("incoming", &fact.key),
                    list.join(", ")
                ),
                Code::DuplicateKey,
                format!("fact `{}` has several rows of one grain key", fact.name),
                fact.grain_span,
                "make the query give one row per grain key, declare the key that the rows have, or choose a survivor \
                 with `on_duplicate: { keep_latest_by: … }`",
            ),
        ];
        for role in fact.roles.iter().filter(|_| fact.rolls_up.is_none()) {
            let dimension = &self.project.dimensions[role.dimension];
            let on: Vec<String> = (0..role.on.len()).map(|index| on_column(role, index)).collect();
            let Some(members) = self.members(role) else {
                gates.extend(self.outside_calendar(fact, role));
                continue;
            };
            if role.missing != Missing::Error {
                continue;
            }
            let on_names: Vec<&str> = on.iter().map(String::as_str).collect();
            let mut pairs: Vec<String> = members
                .natural_key
                .iter()
                .zip(&on)
                .map(|(column, on)| {
                    let named = Column { name: on.clone(), ..column.clone() };
                    format!("{} = {}", self.compared("_d", column), self.compared("_i", &named))
                })
                .collect();
            let mut present: Vec<String> = on.iter().map(|name| format!("_i.{} IS NOT NULL", quote(name))).collect();
            // A member that was gone at the time of the event is missing, too.
            if members.has_versions() {
                match names::as_of(fact, role) {
                    Some(as_of) => {
                        let as_of = format!("_i.{}", quote(&as_of));
                        pairs.push(self.holds(members, "_d", &as_of));
                        present.push(format!("{as_of} IS NOT NULL"));
                    }
                    None => pairs.push("_d.is_current".to_owned()),
                }
            }
            gates.push(gate(
                format!(
                    "SELECT DISTINCT {} AS key_text FROM incoming AS _i WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS _d WHERE {}) ORDER BY key_text LIMIT 20",
                    self.readable_key(&on_names, "_i"),
                    present.join(" AND "),
                    self.lookup(dimension).table,
                    pairs.join(" AND ")
                ),
                Code::MissingMember,
                format!(
                    "fact `{}` names members that dimension `{}` does not have{}",
                    fact.name,
                    dimension.name,
                    if members.has_versions() { " at the time of the event" } else { "" }
                ),
                role.span,
                "load the members first, or declare `missing: infer` or `missing: unknown`",
            ));
        }
        gates
    }

    /// The days of a role that its calendar lacks: they hold the batch back where it is so declared, and are told.
    fn outside_calendar(&self, fact: &Fact, role: &Role) -> Option<Statement> {
        let dimension = &self.project.dimensions[role.dimension];
        let DimensionKind::Calendar(calendar) = &dimension.kind else { return None };
        let column = format!("_i.{}", self.dialect.quote(&on_column(role, 0)));
        let string = self.dialect.ty(&Type::String);
        let digits = format!("LPAD(CAST(-{column} AS {string}), 8, '0')");
        let part = |from: u8, length: u8| format!("SUBSTR({digits}, {from}, {length})");
        let text = self.dialect.concat(&[
            self.dialect.string(&format!("{}=", role.on[0].name)),
            part(1, 4),
            self.dialect.string("-"),
            part(5, 2),
            self.dialect.string("-"),
            part(7, 2),
            self.dialect.string(", rows: "),
            format!("CAST(COUNT(*) AS {string})"),
        ]);
        let sql = format!(
            "SELECT {text} AS key_text FROM incoming AS _i WHERE {column} < {LAST_RESERVED} GROUP BY {column} ORDER BY {column} LIMIT 20"
        );
        let holds_back = role.missing == Missing::Error;
        let gate = Gate {
            code: if holds_back { Code::MissingMember } else { Code::OutsideCalendar },
            message: format!(
                "role `{}` of fact `{}` names days outside calendar `{}`, which covers {} to {}",
                role.name, fact.name, dimension.name, calendar.first_day, calendar.last_day
            ),
            span: role.span,
            help: "extend the calendar, correct the days, or declare `missing: unknown`".to_owned(),
        };
        Some(Statement { sql, reads: if holds_back { Reads::Gate(gate) } else { Reads::Notice(gate) } })
    }

    /// Says which rows name a member that had no version at their time: before its first, or after its delete.
    pub(super) fn without_version(&self, fact: &Fact, role: &Role, audited: Audited) -> Option<Statement> {
        self.members(role).filter(|members| members.has_versions() && fact.rolls_up.is_none())?;
        let quote = |name: &str| self.dialect.quote(name);
        let dimension = &self.project.dimensions[role.dimension];
        let lookup = self.lookup(dimension);
        let keys: Vec<&str> = fact.key.iter().map(|column| column.name.as_str()).collect();
        let table = match audited {
            Audited::All => self.star(&fact.name),
            Audited::Touched => "bound".to_owned(),
        };
        let durable = quote(&names::durable_key(&role.name));
        Some(Statement {
            sql: format!(
                "SELECT {} AS key_text FROM {table} AS _f WHERE _f.{} = -1 AND _f.{durable} >= 0 AND EXISTS (SELECT 1 FROM {} AS _d WHERE _d.{} = _f.{durable}) ORDER BY key_text LIMIT 20",
                self.readable_key(&keys, "_f"),
                quote(&names::key(&role.name)),
                lookup.table,
                quote(&lookup.durable),
            ),
            reads: Reads::Notice(Gate {
                code: Code::NoVersion,
                message: format!(
                    "rows of fact `{}` name members of dimension `{}` that have no version at the time of role `{}`",
                    fact.name, dimension.name, role.name
                ),
                span: role.span,
                help: "they are bound to the unknown member; `missing: error` holds them back".to_owned(),
            }),
        })
    }

    /// How many rows are bound to no day of a calendar.
    fn unknown_days(&self, fact: &Fact, role: &Role) -> Option<Statement> {
        let dimension = &self.project.dimensions[role.dimension];
        let DimensionKind::Calendar(calendar) = &dimension.kind else { return None };
        let key = self.dialect.quote(&names::key(&role.name));
        let string = self.dialect.ty(&Type::String);
        let text = self.dialect.concat(&[self.dialect.string("rows: "), format!("CAST(COUNT(*) AS {string})")]);
        Some(Statement {
            sql: format!(
                "SELECT {text} AS key_text FROM {} AS _f WHERE _f.{key} = -1 HAVING COUNT(*) > 0",
                self.star(&fact.name)
            ),
            reads: Reads::Notice(Gate {
                code: Code::OutsideCalendar,
                message: format!(
                    "rows of fact `{}` have no day in role `{}`: it is NULL, or outside calendar `{}`, which covers {} to {}",
                    fact.name, role.name, dimension.name, calendar.first_day, calendar.last_day
                ),
                span: role.span,
                help: "extend the calendar, or correct the days".to_owned(),
            }),
        })
    }

    /// Which rows of a fact that only grows have other values now: they hold the batch back, or are told.
    pub(super) fn changed_rows(&self, fact: &Fact, load: &Load<'_>) -> Statement {
        let keys: Vec<&str> = fact.key.iter().map(|column| column.name.as_str()).collect();
        let within = load.range.as_ref().map_or_else(String::new, |range| format!(" AND {}", range.within_f));
        // A model that has changed is loaded anew: its rows are then what it says now.
        let since = self.dialect.words().since;
        let gate = Gate {
            code: if fact.keeps_rows { Code::KeptRows } else { Code::ChangedRows },
            message: format!("rows of fact `{}`, which is `insert_only`, have changed in the source", fact.name),
            span: fact.span,
            help: if fact.keeps_rows {
                "they stay as they were loaded first".to_owned()
            } else {
                "leave `insert_only` out so that they are updated, or declare `on_update: keep`".to_owned()
            },
        };
        Statement {
            sql: format!(
                "SELECT {} AS key_text FROM bound AS _b JOIN {} AS _f ON {}{within} WHERE {since} > 0 AND {} ORDER BY key_text LIMIT 20",
                self.readable_key(&keys, "_b"),
                load.table,
                self.same_key(&fact.key, "_f", "_b"),
                load.changed
            ),
            reads: if fact.keeps_rows { Reads::Notice(gate) } else { Reads::Gate(gate) },
        }
    }

    /// Structure of the fact, or of the rows that a load touched: every key points to a member, inside its version's
    /// interval.
    pub(super) fn fact_audits(&self, fact: &Fact, audited: Audited) -> Vec<Rule> {
        let quote = |name: &str| self.dialect.quote(name);
        let table = match audited {
            Audited::All => self.star(&fact.name),
            Audited::Touched => "bound".to_owned(),
        };
        let names: Vec<&str> = fact.key.iter().map(|column| column.name.as_str()).collect();
        let text = self.readable_key(&names, "_f");
        let list: Vec<String> = names.iter().map(|name| format!("_f.{}", quote(name))).collect();
        let rule = |says: String, sql: String, message: String, span| {
            let gate = Gate {
                code: Code::AuditFailed,
                message,
                span,
                help: "run `dwc verify --repair`; if a load has left this, report it as a bug".to_owned(),
            };
            Rule::new(says, Statement { sql, reads: Reads::Gate(gate) })
        };
        let mut audits = vec![rule(
            "one row per grain key".to_owned(),
            format!(
                "SELECT {text} AS key_text FROM {} AS _f GROUP BY {} HAVING COUNT(*) > 1 ORDER BY key_text LIMIT 20",
                self.by_key(&table, &fact.key),
                list.join(", ")
            ),
            format!("fact `{}` has several rows of one grain key", fact.name),
            fact.grain_span,
        )];
        for role in &fact.roles {
            let dimension = &self.project.dimensions[role.dimension];
            let (key, dimension_key) = (quote(&names::key(&role.name)), quote(&names::key(&dimension.name)));
            audits.push(rule(
                format!("role `{}` points to members", role.name),
                format!(
                    "SELECT {text} AS key_text FROM {table} AS _f LEFT JOIN {} AS _d ON _d.{dimension_key} = _f.{key} WHERE _d.{dimension_key} IS NULL ORDER BY key_text LIMIT 20",
                    self.star(&dimension.name)
                ),
                format!("role `{}` of fact `{}` points to no member of dimension `{}`", role.name, fact.name, dimension.name),
                role.span,
            ));
            if audited == Audited::All {
                let has = |what: &str| format!("role `{}` has {what}", role.name);
                let unseen = self.without_version(fact, role, audited);
                audits.extend(unseen.map(|statement| Rule::new(has("a version for each row"), statement)));
                let dayless = self.unknown_days(fact, role);
                audits.extend(dayless.map(|statement| Rule::new(has("a day for each row"), statement)));
            }
            if let (Some(members), Some(as_of), None) = (self.members(role), names::as_of(fact, role), fact.rolls_up)
                && members.has_versions()
            {
                let as_of = quote(&as_of);
                let lookup = self.lookup(dimension);
                audits.push(rule(
                    format!("role `{}` binds rows inside their versions", role.name),
                    format!(
                        "SELECT {text} AS key_text FROM {table} AS _f LEFT JOIN {} AS _d ON _d.{} = _f.{} AND _d.{dimension_key} = _f.{key} AND {} WHERE _f.{key} >= 0 AND _d.{dimension_key} IS NULL ORDER BY key_text LIMIT 20",
                        lookup.table,
                        quote(&lookup.durable),
                        quote(&names::durable_key(&role.name)),
                        self.holds(members, "_d", &format!("_f.{as_of}"))
                    ),
                    format!("rows of fact `{}` lie outside the version that role `{}` binds them to", fact.name, role.name),
                    role.span,
                ));
            }
        }
        audits
    }
}
