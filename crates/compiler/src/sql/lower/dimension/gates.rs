//! What must hold before a dimension is merged, and of the loaded table after it.

use dwc_googlesql::Type;

use super::context::Context;
use crate::diagnostic::Code;
use crate::model::{Dimension, Fact, Members, OnDelete, Role, Scd};
use crate::plan::{Gate, Reads, Rule, Statement};
use crate::sql::lower::Lowering;
use crate::sql::names;
use crate::sql::template::Col;

/// Which members an audit looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql::lower) enum Audited {
    /// Every one.
    All,
    /// Those of the temporary table `members`: the ones that a load touched.
    Touched,
}

impl Lowering<'_> {
    /// Rows without a natural key are rejected; where `unique`, a key names one row.
    pub(super) fn dimension_gates(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'_>,
        unique: bool,
    ) -> Vec<Statement> {
        let names: Vec<&str> = context.key.iter().map(Col::name).collect();
        let key_text = self.readable_key(&names, "_i");
        let mut gates = self.rows_without_key(dimension, members, &names);
        if unique {
            let list = context.key.iter().map(|c| format!("_i.{}", self.dialect.quote(c.name()))).collect::<Vec<_>>();
            gates.push(Statement {
                sql: format!(
                    "SELECT {key_text} AS key_text FROM {} AS _i GROUP BY {} HAVING COUNT(*) > 1 ORDER BY key_text LIMIT 20",
                    self.by_key("incoming", &members.natural_key),
                    list.join(", ")
                ),
                reads: Reads::Gate(Gate {
                    code: Code::DuplicateKey,
                    message: format!(
                        "the query of dimension `{}` gives several rows of one natural key",
                        dimension.name
                    ),
                    span: dimension.span,
                    help: "make the query give one row per natural key, or name the columns that tell the rows apart"
                        .to_owned(),
                }),
            });
        }
        gates
    }

    /// A row without a natural key is an error event, and the others load, up to the share that the tables let through.
    fn rows_without_key(&self, dimension: &Dimension, members: &Members, names: &[&str]) -> Vec<Statement> {
        let null: Vec<String> = names.iter().map(|name| format!("_i.{} IS NULL", self.dialect.quote(name))).collect();
        let null = null.join(" OR ");
        let tables = members.query.analysis.tables.iter().filter_map(|used| self.project.table(&used.table));
        let share = tables.map(|table| table.max_rejected_share).fold(1.0, f64::min);
        let string = self.dialect.ty(&Type::String);
        let mut statements = Vec::new();
        if share < 1.0 {
            let counts = self.dialect.concat(&[
                format!("CAST(_c._null AS {string})"),
                self.dialect.string(" of "),
                format!("CAST(_c._rows AS {string})"),
            ]);
            statements.push(Statement {
                sql: format!(
                    "SELECT {counts} AS key_text FROM (SELECT COUNT(*) AS _rows, SUM(CASE WHEN {null} THEN 1 ELSE 0 END) AS _null FROM incoming AS _i) AS _c WHERE _c._null > {share} * _c._rows"
                ),
                reads: Reads::Gate(Gate {
                    code: Code::TooManyRejected,
                    message: format!(
                        "too many rows of dimension `{}` have no natural key, more than the share of {share}",
                        dimension.name
                    ),
                    span: dimension.span,
                    help: "check the source; `max_rejected_share` of its tables sets the share that is allowed"
                        .to_owned(),
                }),
            });
        }
        let message = format!("the natural key of dimension `{}` is NULL", dimension.name);
        let keys = members.natural_key.iter().map(|column| (column.name.as_str(), &column.ty));
        let values = members.attributes.iter().map(|attribute| (attribute.column.name.as_str(), attribute.kept_type()));
        let columns: Vec<(&str, &Type)> = keys.chain(values).collect();
        statements.push(Statement {
            sql: format!(
                "SELECT DISTINCT {} AS key_text, {} AS row_text FROM incoming AS _i WHERE {null}",
                self.readable_key(names, "_i"),
                self.readable_values(&columns, "_i")
            ),
            reads: Reads::Screened {
                model: dimension.name.clone(),
                screen: "key".to_owned(),
                reason: message.clone(),
                columns: Vec::new(),
                gate: Gate {
                    code: Code::NullKey,
                    message,
                    span: dimension.span,
                    help: "filter these rows out in the query, or name columns that are never NULL".to_owned(),
                },
            },
        });
        statements.push(Statement { sql: format!("DELETE FROM incoming AS _i WHERE {null}"), reads: Reads::Nothing });
        statements
    }

    /// No two members, and no two combinations of a mini-dimension, have one key.
    pub(super) fn collision_gates(&self, dimension: &Dimension, context: &Context<'_>) -> Vec<Statement> {
        let mut gates = vec![Statement {
            sql: self.collision(&context.key_column, &context.key, &context.table),
            reads: Reads::Gate(Gate {
                code: Code::KeyCollision,
                message: format!("two members of dimension `{}` have the same surrogate key", dimension.name),
                span: dimension.span,
                help: "declare `surrogate_key: { salt: … }` and rebuild the dimension".to_owned(),
            }),
        }];
        if let Some(combination) = &context.combination {
            gates.push(Statement {
                sql: self.collision(&combination.column, &combination.attributes, &combination.table),
                reads: Reads::Gate(Gate {
                    code: Code::KeyCollision,
                    message: format!("two combinations of mini-dimension `{}` have the same key", dimension.name),
                    span: dimension.span,
                    help: "rename a band of one of them".to_owned(),
                }),
            });
        }
        gates
    }

    fn collision(&self, key: &str, columns: &[Col], table: &str) -> String {
        let names: Vec<&str> = columns.iter().map(Col::name).collect();
        let names = names.as_slice();
        let quote = |name: &str| self.dialect.quote(name);
        let key = quote(key);
        let differs: Vec<String> =
            columns.iter().map(|c| format!("{} IS DISTINCT FROM {}", self.told("_a", c), self.told("_b", c))).collect();
        let text = self.dialect.concat(&[
            self.readable_key(names, "_a"),
            self.dialect.string(" and "),
            self.readable_key(names, "_b"),
        ]);
        let list = |alias: &str| {
            let columns: Vec<String> = std::iter::once(key.clone())
                .chain(names.iter().map(|n| quote(n)))
                .map(|c| format!("{alias}.{c}"))
                .collect();
            columns.join(", ")
        };
        format!(
            "SELECT {text} AS key_text\nFROM versions AS _a\nJOIN (SELECT {} FROM {table} AS _d WHERE _d.{key} >= 0 UNION ALL SELECT {} FROM versions AS _w) AS _b\n  ON _a.{key} = _b.{key}\nWHERE {}\nORDER BY key_text\nLIMIT 20",
            list("_d"),
            list("_w"),
            differs.join(" OR ")
        )
    }

    /// Says which members have an earlier value of type 0 than the one that was loaded.
    pub(super) fn late_originals(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'_>,
    ) -> Option<Statement> {
        members.attributes.iter().find(|attribute| attribute.scd == Scd::Type0)?;
        let names: Vec<&str> = context.key.iter().map(Col::name).collect();
        let keeps = members.late_type0 == crate::model::LateType0::Keep;
        Some(Statement {
            sql: format!(
                "SELECT DISTINCT {} AS key_text FROM versions AS _v WHERE _v._is_late ORDER BY key_text LIMIT 20",
                self.readable_key(&names, "_v")
            ),
            reads: Reads::Notice(Gate {
                code: Code::LateOriginal,
                message: format!(
                    "an earlier state of members of dimension `{}` arrived late: their first values {}",
                    dimension.name,
                    if keeps { "stay as they were loaded" } else { "are restated" }
                ),
                span: dimension.span,
                help: "`late_type0` decides what happens to them".to_owned(),
            }),
        })
    }

    /// Structure of the loaded dimension: unique keys, one current version, no overlap, no interval of no length, no gap
    /// but after a delete.
    pub(super) fn dimension_audits(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'_>,
        audited: Audited,
    ) -> Vec<Rule> {
        let quote = |name: &str| self.dialect.quote(name);
        let names: Vec<&str> = context.key.iter().map(Col::name).collect();
        let table = &context.table;
        let text = self.readable_key(&names, "_d");
        let key = quote(&context.key_column);
        let on = |other: &str| self.same_key(&members.natural_key, other, "_d");
        let join = match audited {
            Audited::All => String::new(),
            Audited::Touched => format!(" JOIN members AS _m ON {}", on("_m")),
        };
        let rule = |says: &str, sql: String, message: String| {
            let gate = Gate {
                code: Code::AuditFailed,
                message,
                span: dimension.span,
                help: "run `dwc verify --repair`; if a load has left this, report it as a bug".to_owned(),
            };
            Rule::new(says, Statement { sql, reads: Reads::Gate(gate) })
        };
        let name = &dimension.name;
        let mut audits = Vec::new();
        if audited == Audited::All {
            audits.push(rule(
                "one row per surrogate key",
                format!(
                    "SELECT CAST(_d.{key} AS {}) AS key_text FROM {table} AS _d GROUP BY _d.{key} HAVING COUNT(*) > 1 ORDER BY key_text LIMIT 20",
                    self.dialect.ty(&Type::String)
                ),
                format!("a surrogate key of dimension `{name}` names several rows"),
            ));
        }
        if !members.has_versions() {
            return audits;
        }
        let valid_to = self.valid_to(members, "_d");
        let list: Vec<String> = members.natural_key.iter().map(|column| self.compared("_d", column)).collect();
        let list = list.join(", ");
        // A member is away between two versions only where a delete ended the one before.
        let gap = match members.on_delete {
            OnDelete::Close => {
                let history = match audited {
                    Audited::All => context.history.clone(),
                    Audited::Touched => "(SELECT * FROM kept UNION ALL SELECT * FROM fresh)".to_owned(),
                };
                format!(
                    "_d._next > _d._to AND NOT EXISTS (SELECT 1 FROM {history} AS _h WHERE _h._gone AND _h._event_at = _d._to AND {})",
                    on("_h")
                )
            }
            OnDelete::Flag | OnDelete::Ignore => "_d._next > _d._to".to_owned(),
        };
        let why = |text: &str| self.dialect.string(&format!(" {text}"));
        let what = format!(
            "CASE WHEN _d.valid_from >= _d._to THEN {} WHEN _d._next < _d._to THEN {} WHEN _d._open > 1 THEN {} ELSE {} END",
            why("ends a version before it starts"),
            why("has versions that overlap"),
            why("has several current versions"),
            why("has a gap without a delete"),
        );
        audits.push(rule(
            "each member has one version at a time",
            format!(
                "SELECT DISTINCT {} AS key_text\nFROM (\n  SELECT _d.*, {valid_to} AS _to, LEAD(_d.valid_from) OVER (PARTITION BY {list} ORDER BY _d.valid_from) AS _next,\n    SUM(CASE WHEN _d.is_current THEN 1 ELSE 0 END) OVER (PARTITION BY {list}) AS _open\n  FROM {table} AS _d{join}\n  WHERE _d.{key} >= 0\n) AS _d\nWHERE _d.valid_from >= _d._to OR _d._next < _d._to OR _d._open > 1\n  OR ({gap})\nORDER BY key_text\nLIMIT 20",
                self.dialect.concat(&[text, what])
            ),
            format!("the timeline of dimension `{name}` is not whole"),
        ));
        audits
    }

    /// The rows of a fact that were bound anew lie inside their versions.
    pub(super) fn rebound_audit(
        &self,
        fact: &Fact,
        role: &Role,
        dimension: &Dimension,
        members: &Members,
    ) -> Option<Statement> {
        names::as_of(fact, role).filter(|_| members.has_versions())?;
        let lookup = self.lookup(dimension);
        let keys: Vec<&str> = fact.key.iter().map(|column| column.name.as_str()).collect();
        let key = self.dialect.quote(&lookup.key);
        Some(Statement {
            sql: format!(
                "SELECT {} AS key_text FROM rebound AS _r LEFT JOIN {} AS _d ON _d.{} = _r._durable AND _d.{key} = _r._bound AND {} WHERE _r._bound >= 0 AND _d.{key} IS NULL ORDER BY key_text LIMIT 20",
                self.readable_key(&keys, "_r"),
                lookup.table,
                self.dialect.quote(&lookup.durable),
                self.holds(members, "_d", "_r._at"),
            ),
            reads: Reads::Gate(Gate {
                code: Code::AuditFailed,
                message: format!(
                    "rows of fact `{}` lie outside the version that role `{}` binds them to",
                    fact.name, role.name
                ),
                span: role.span,
                help: "run `dwc verify --repair`; if a load has left this, report it as a bug".to_owned(),
            }),
        })
    }

    /// A key as a person reads it: `order_id=7, line_no=2`.
    pub(crate) fn readable_key(&self, names: &[&str], alias: &str) -> String {
        let columns: Vec<(&str, &Type)> = names.iter().map(|name| (*name, &Type::Int64)).collect();
        self.readable_values(&columns, alias)
    }

    /// Values as a person reads them: `city=Seoul, tier=NULL`.
    pub(crate) fn readable_values(&self, columns: &[(&str, &Type)], alias: &str) -> String {
        let mut parts = Vec::new();
        for (index, (name, ty)) in columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            parts.push(self.dialect.string(&format!("{comma}{name}=")));
            let value = format!("{alias}.{}", self.dialect.quote(name));
            parts.push(format!("COALESCE({}, 'NULL')", self.dialect.readable(&value, ty)));
        }
        self.dialect.concat(&parts)
    }
}
