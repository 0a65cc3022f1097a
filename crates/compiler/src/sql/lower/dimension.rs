//! A dimension's load: landed states become events, events become versions, versions change the table and the facts
//! that look them up. It must not decide what a policy means; the templates' timeline is that.

use serde::Serialize;
use sqlparser::ast::{GroupByExpr, SelectItem, SetExpr, TableFactor};

use super::relations::{Moment, sql_columns};
use super::{Lowering, problems_at};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    Dimension, EffectiveAt, FirstVersion, Members, Missing, ModelId, OnDelete, OpenEnd, Scd, Table, Type1Scope,
};
use crate::plan::{Gate, ModelLoad, Reads, Statement};
use crate::sql::googlesql::{Column as SqlColumn, ColumnKind, Type, parse_query, to_googlesql};
use crate::sql::names;
use crate::sql::template::Col;
use crate::sql::touched::{self, table_name};

#[derive(Clone, Serialize)]
struct Context<'a> {
    model: &'a str,
    table: String,
    history: String,
    key: Vec<Col>,
    names: Vec<Col>,
    attributes: Vec<Col>,
    attribute_values: Vec<AttributeValue<'a>>,
    columns: Vec<Col>,
    payload: Vec<Col>,
    key_column: String,
    durable_column: String,
    durable_hash: String,
    version_hash: String,
    boundary: String,
    moment: Vec<Col>,
    latest: Vec<Col>,
    states: Vec<State>,
    only_new: bool,
    /// What is landed is evaluated anew: a state may be kept already, as an earlier definition of the model saw it.
    reevaluates: bool,
    keeps_deletes: bool,
    reports_deletes: bool,
    has_versions: bool,
    on_delete: &'static str,
    first_version: &'static str,
    open_end: &'static str,
}

#[derive(Clone, Serialize)]
struct AttributeValue<'a> {
    name: &'a str,
    source: &'static str,
}

/// A state of a member that gives values to a version, and the instant that finds it.
#[derive(Clone, Serialize)]
struct State {
    name: &'static str,
    at: &'static str,
}

#[derive(Serialize)]
struct Incoming<'a> {
    model: &'a str,
    query: String,
    names: &'a [Col],
    key: &'a [Col],
    history: &'a str,
    touched: Option<Vec<Col>>,
    event_at: String,
}

/// What a rebinding of facts needs to know of one role.
#[derive(Serialize)]
struct Rekey {
    fact: String,
    fact_table: String,
    fact_key: Vec<Col>,
    role: String,
    role_key: String,
    role_durable: String,
    table: String,
    key_column: String,
    durable_column: String,
    has_versions: bool,
    as_of: Option<String>,
    valid_to: String,
    infers: bool,
    key: Vec<Col>,
    open_end: String,
}

impl Lowering<'_> {
    pub(super) fn dimension(
        &self,
        id: ModelId,
        dimension: &Dimension,
        members: &Members,
    ) -> Result<ModelLoad, Vec<Diagnostic>> {
        let context = self.dimension_context(dimension, members);
        let (tables, upstream) = self.reads(id);
        let names = &context.names;
        let base = |query: String, touched: Option<Vec<Col>>, event_at| Incoming {
            model: &dimension.name,
            query,
            names,
            key: &context.key,
            history: &context.history,
            touched,
            event_at,
        };
        // Where the state after each batch is an event, a batch must not hide the one before it.
        let by_batch = self.states_table(members).is_none() && members.keeps_states();
        let moment = if by_batch { Moment::Batch } else { Moment::Now };
        let (full, incremental, whole) = if let Some(table) = self.states_table(members) {
            let load = |since: &str| -> Result<Vec<Statement>, Vec<Diagnostic>> {
                let text = states_text(members, table);
                let mut catalog = self.catalog(&members.query, Moment::Now);
                let mut columns = sql_columns(&table.columns);
                for (name, ty) in [
                    ("_at", Type::Timestamp),
                    ("_batch", Type::Int64),
                    ("_state", Type::Int64),
                    ("_deleted", Type::Bool),
                    ("_gone_since", Type::Timestamp),
                ] {
                    columns.push(SqlColumn { name: name.to_owned(), ty });
                }
                catalog.add_as(&format!("{}/states", table.address), self.states(table, since), columns);
                let query = self
                    .dialect
                    .query(&outer_text(self.project, members, Some(table), &text), &catalog)
                    .map_err(|found| problems_at(found, members.query.span))?;
                let mut statements = self.render("dimension_states", base(query, None, String::new()));
                statements.extend(self.dimension_gates(dimension, members, &context, false));
                let context = Context { reevaluates: since != self.dialect.words().since, ..context.clone() };
                statements.extend(self.dimension_tail(dimension, members, &context));
                Ok(statements)
            };
            // A row that a reading found again took effect at the time of that reading, which only its image tells.
            let since = self.dialect.words().since;
            let all = if table.deletes_by_reading() { since } else { "0" };
            (load(all)?, Some(load(since)?), None)
        } else {
            let event_at = match members.effective_at {
                EffectiveAt::Column(..) => format!("COALESCE(e._event_at, {})", self.dialect.words().at),
                EffectiveAt::Extracted => self.dialect.words().at.to_owned(),
            };
            let load = |text: &str,
                        increment: Option<&touched::Increment>|
             -> Result<Vec<Statement>, Vec<Diagnostic>> {
                let mut catalog = self.catalog(&members.query, moment);
                let mut statements = Vec::new();
                let at = |found| problems_at(found, members.query.span);
                if let Some(increment) = increment {
                    self.add_relations(&mut catalog, &increment.relations, moment);
                    statements.extend(self.touched(&dimension.name, increment, &catalog).map_err(at)?);
                }
                let query = self.dialect.query(&outer_text(self.project, members, None, text), &catalog).map_err(at)?;
                let touched = increment.map(|increment| increment.key.iter().map(Col::plain).collect());
                statements.extend(self.render("dimension_evaluated", base(query, touched, event_at.clone())));
                statements.extend(self.dimension_gates(dimension, members, &context, true));
                statements.extend(self.dimension_tail(dimension, members, &context));
                Ok(statements)
            };
            let key: Vec<String> = members.natural_key.iter().map(|column| column.name.clone()).collect();
            let full = load(&members.query.text, None)?;
            match self.increment(&members.query, &key) {
                Ok(increment) => (full, Some(load(&increment.restricted, Some(&increment))?), None),
                Err(whole) => (full, None, Some(whole.reason)),
            }
        };
        Ok(ModelLoad {
            model: id,
            name: dimension.name.clone(),
            tables,
            upstream,
            reads_models: self.reads_models(id),
            by_batch,
            whole,
            full,
            incremental,
            audits: self.dimension_audits(dimension, members, &context),
        })
    }

    /// Why a dimension is computed whole, where it is.
    pub(super) fn whole_dimension(&self, members: &Members) -> Option<String> {
        if self.states_table(members).is_some() {
            return None;
        }
        let key: Vec<String> = members.natural_key.iter().map(|column| column.name.clone()).collect();
        self.increment(&members.query, &key).err().map(|whole| whole.reason)
    }

    /// The one table whose every landed state is an event: the query maps each row of it alone, and the natural key
    /// tells its rows apart.
    fn states_table(&self, members: &Members) -> Option<&Table> {
        let [used] = members.query.analysis.tables.as_slice() else { return None };
        let table = self.project.table(&used.table)?;
        let query = parse_query(&members.query.text).ok()?;
        let SetExpr::Select(select) = query.body.as_ref() else { return None };
        let plain = query.with.is_none()
            && query.limit_clause.is_none()
            && select.distinct.is_none()
            && select.having.is_none()
            && select.qualify.is_none()
            && matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
            && matches!(select.from.as_slice(), [from] if from.joins.is_empty()
                && matches!(&from.relation, TableFactor::Table { .. }))
            && touched::is_row_by_row(select);
        let named = |key: &String| {
            members.natural_key.iter().any(|column| {
                members.query.analysis.output.iter().any(|output| {
                    output.name == column.name
                        && output.kind == ColumnKind::Direct
                        && output.origins.iter().any(|(_, origin)| origin == key)
                })
            })
        };
        (plain && !table.primary_key.is_empty() && table.primary_key.iter().all(named)).then_some(table)
    }

    fn dimension_context<'m>(&self, dimension: &'m Dimension, members: &'m Members) -> Context<'m> {
        let key: Vec<Col> = members.natural_key.iter().map(|column| Col::new(&column.name, &column.ty)).collect();
        let attributes: Vec<Col> = members.attributes.iter().map(|a| Col::new(&a.column.name, &a.column.ty)).collect();
        let has_versions = members.has_versions();
        let type1_all = members.type1_scope == Type1Scope::All;
        let only_new = members.effective_at == EffectiveAt::Extracted && self.states_table(members).is_none();
        let order = ["_event_at", "_event_sequence", "_batch", "_state"].map(Col::plain);
        let attribute_values: Vec<AttributeValue<'m>> = members
            .attributes
            .iter()
            .map(|attribute| AttributeValue {
                name: &attribute.column.name,
                source: match attribute.scd {
                    Scd::Type0 => "first_state",
                    Scd::Type1 if type1_all || !has_versions => "last_state",
                    Scd::Type1 | Scd::Type2 => "version_state",
                },
            })
            .collect();
        let key_column = names::key(&dimension.name);
        let durable_column = names::durable_key(&dimension.name);
        let mut payload = key.clone();
        payload.extend(attributes.iter().cloned());
        if has_versions {
            payload.extend(["valid_from", "valid_to", "is_current"].map(Col::plain));
        }
        payload.extend(["is_deleted", "is_inferred"].map(Col::plain));
        let mut columns = vec![Col::plain(&key_column), Col::plain(&durable_column)];
        columns.extend(payload.iter().cloned());
        Context {
            reevaluates: false,
            model: &dimension.name,
            table: self.star(&dimension.name),
            history: self.path(&self.history_schema(), &dimension.name),
            names: key.iter().chain(&attributes).cloned().collect(),
            states: [("first_state", "_first_at"), ("last_state", "_last_at"), ("version_state", "_known_at")]
                .into_iter()
                .filter(|(name, _)| attribute_values.iter().any(|value| value.source == *name))
                .map(|(name, at)| State { name, at })
                .collect(),
            attribute_values,
            // Events compete within one instant and sequence; states without an instant only with the latest one.
            moment: key.iter().cloned().chain(order[..if only_new { 0 } else { 2 }].iter().cloned()).collect(),
            latest: order.to_vec(),
            columns,
            payload,
            key_column,
            durable_column,
            durable_hash: self.durable_hash(members, "i", None),
            version_hash: self.version_hash(members, "i", "i._from"),
            boundary: self.boundary(members),
            only_new,
            keeps_deletes: has_versions && members.on_delete != OnDelete::Ignore,
            reports_deletes: !has_versions && members.on_delete != OnDelete::Ignore,
            has_versions,
            on_delete: match members.on_delete {
                OnDelete::Close => "close",
                OnDelete::Flag => "flag",
                OnDelete::Ignore => "ignore",
            },
            first_version: match members.first_version {
                FirstVersion::BeginningOfTime => "beginning_of_time",
                FirstVersion::OwnInstant => "own_instant",
            },
            open_end: match members.open_end {
                OpenEnd::FarFuture => "far_future",
                OpenEnd::Null => "null",
            },
            key,
            attributes,
        }
    }

    /// When an event starts a version: the member comes, goes, or a type-2 attribute has another value than before.
    fn boundary(&self, members: &Members) -> String {
        if !members.has_versions() {
            return "ROW_NUMBER() OVER timeline = 1".to_owned();
        }
        let differ: Vec<String> = members
            .attributes
            .iter()
            .filter(|attribute| attribute.scd == Scd::Type2)
            .map(|attribute| {
                let expr = format!("e.{}", self.dialect.quote(&attribute.column.name));
                let side = self.dialect.comparable(&expr, &attribute.column.ty);
                format!("{side} IS DISTINCT FROM LAG({side}) OVER timeline")
            })
            .collect();
        let differ = differ.join("\n        OR ");
        // A delete starts a version only where there was a member, be it of the same instant.
        let before = if members.on_delete == OnDelete::Flag { "NOT (e._gone AND e._is_known)" } else { "TRUE" };
        let came_or_went = format!("e._gone <> COALESCE(LAG(e._gone) OVER timeline, {before})");
        format!("{came_or_went}\n      OR (NOT e._gone AND ({differ}))")
    }

    /// The durable key: a hash of the natural key, constant across versions; also the first version's surrogate key.
    pub(super) fn durable_hash(&self, members: &Members, alias: &str, on: Option<&[String]>) -> String {
        self.dialect.hash60(&self.key_text(members, alias, on, None))
    }

    /// The surrogate key of a later version: a hash of the natural key and the instant since which it holds.
    fn version_hash(&self, members: &Members, alias: &str, from: &str) -> String {
        self.dialect.hash60(&self.key_text(members, alias, None, Some(from)))
    }

    fn key_text(&self, members: &Members, alias: &str, on: Option<&[String]>, from: Option<&str>) -> String {
        let mut parts = Vec::new();
        if !members.salt.is_empty() {
            parts.push(self.dialect.string(&format!("{}|", members.salt)));
        }
        for (index, column) in members.natural_key.iter().enumerate() {
            let name = on.map_or(&column.name, |on| &on[index]);
            parts.push(self.dialect.key_part(&format!("{alias}.{}", self.dialect.quote(name)), &column.ty));
        }
        if let Some(from) = from {
            parts.push("'@'".to_owned());
            parts.push(self.dialect.instant_text(from));
        }
        self.dialect.concat(&parts)
    }

    /// The statements from the incoming events to the facts that look the dimension up.
    fn dimension_tail(&self, dimension: &Dimension, members: &Members, context: &Context<'_>) -> Vec<Statement> {
        let mut statements = self.render("dimension_load", context);
        statements.push(self.collision_gate(dimension, context));
        statements.extend(self.render("dimension_merge", context));
        for (fact, role) in self.users.get(dimension.name.as_str()).into_iter().flatten() {
            let (fact, role) = (&self.project.facts[*fact], &self.project.facts[*fact].roles[*role]);
            {
                let as_of = names::as_of(fact, role).filter(|_| members.has_versions());
                statements.extend(self.render(
                    "rekey",
                    Rekey {
                        fact: fact.name.clone(),
                        fact_table: self.star(&fact.name),
                        fact_key: fact.key.iter().map(|column| Col::new(&column.name, &column.ty)).collect(),
                        role: role.name.clone(),
                        role_key: names::key(&role.name),
                        role_durable: names::durable_key(&role.name),
                        table: context.table.clone(),
                        key_column: context.key_column.clone(),
                        durable_column: context.durable_column.clone(),
                        has_versions: members.has_versions(),
                        as_of,
                        valid_to: self.valid_to(members, "v"),
                        infers: role.missing == Missing::Infer,
                        key: context.key.clone(),
                        open_end: self.open_end(members),
                    },
                ));
            }
        }
        statements
    }

    /// The end of a current version, as it is stored.
    pub(super) fn open_end(&self, members: &Members) -> String {
        match members.open_end {
            OpenEnd::FarFuture => self.dialect.words().far_future.to_owned(),
            OpenEnd::Null => format!("CAST(NULL AS {})", self.dialect.ty(&Type::Timestamp)),
        }
    }

    /// The end of a version as an instant to compare with.
    pub(super) fn valid_to(&self, members: &Members, alias: &str) -> String {
        match members.open_end {
            OpenEnd::FarFuture => format!("{alias}.valid_to"),
            OpenEnd::Null => format!("COALESCE({alias}.valid_to, {})", self.dialect.words().far_future),
        }
    }

    fn dimension_gates(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'_>,
        unique: bool,
    ) -> Vec<Statement> {
        let names: Vec<&str> = members.natural_key.iter().map(|column| column.name.as_str()).collect();
        let key_text = self.readable_key(&names, "i");
        let null: Vec<String> = names.iter().map(|name| format!("i.{} IS NULL", self.dialect.quote(name))).collect();
        let mut gates = vec![Statement {
            sql: format!("SELECT {key_text} AS key_text FROM incoming AS i WHERE {} LIMIT 20", null.join(" OR ")),
            reads: Reads::Gate(Gate {
                code: Code::NullKey,
                message: format!("the natural key of dimension `{}` is NULL", dimension.name),
                span: dimension.span,
                help: "filter these rows out in the query, or name columns that are never NULL".to_owned(),
            }),
        }];
        if unique {
            let list = context.key.iter().map(|c| format!("i.{}", self.dialect.quote(c.name()))).collect::<Vec<_>>();
            gates.push(Statement {
                sql: format!(
                    "SELECT {key_text} AS key_text FROM incoming AS i GROUP BY {} HAVING COUNT(*) > 1 LIMIT 20",
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

    fn collision_gate(&self, dimension: &Dimension, context: &Context<'_>) -> Statement {
        let quote = |name: &str| self.dialect.quote(name);
        let key = quote(&context.key_column);
        let differs: Vec<String> = context.key.iter().map(|c| format!("a.{0} <> b.{0}", quote(c.name()))).collect();
        let names: Vec<&str> = context.key.iter().map(Col::name).collect();
        let text = self.dialect.concat(&[
            self.readable_key(&names, "a"),
            self.dialect.string(" and "),
            self.readable_key(&names, "b"),
        ]);
        let list = |alias: &str| {
            let columns: Vec<String> = std::iter::once(key.clone())
                .chain(names.iter().map(|n| quote(n)))
                .map(|c| format!("{alias}.{c}"))
                .collect();
            columns.join(", ")
        };
        Statement {
            sql: format!(
                "SELECT {text} AS key_text\nFROM versions AS a\nJOIN (SELECT {} FROM {} AS d UNION ALL SELECT {} FROM versions AS w) AS b\n  ON a.{key} = b.{key}\nWHERE {}\nLIMIT 20",
                list("d"),
                context.table,
                list("w"),
                differs.join(" OR ")
            ),
            reads: Reads::Gate(Gate {
                code: Code::KeyCollision,
                message: format!("two members of dimension `{}` have the same surrogate key", dimension.name),
                span: dimension.span,
                help: "declare `surrogate_key: { salt: … }` and rebuild the dimension".to_owned(),
            }),
        }
    }

    /// Structure of the loaded dimension: unique keys, one current version, no overlap, no interval of no length.
    fn dimension_audits(&self, dimension: &Dimension, members: &Members, context: &Context<'_>) -> Vec<Statement> {
        let quote = |name: &str| self.dialect.quote(name);
        let names: Vec<&str> = context.key.iter().map(Col::name).collect();
        let table = &context.table;
        let list: Vec<String> = names.iter().map(|name| format!("d.{}", quote(name))).collect();
        let list = list.join(", ");
        let text = self.readable_key(&names, "d");
        let key = quote(&context.key_column);
        let gate = |sql: String, message: String| Statement {
            sql,
            reads: Reads::Gate(Gate {
                code: Code::AuditFailed,
                message,
                span: dimension.span,
                help: "report the case: a load must not leave this".to_owned(),
            }),
        };
        let name = &dimension.name;
        let mut audits = vec![gate(
            format!(
                "SELECT CAST(d.{key} AS {}) AS key_text FROM {table} AS d GROUP BY d.{key} HAVING COUNT(*) > 1 LIMIT 20",
                self.dialect.ty(&Type::String)
            ),
            format!("a surrogate key of dimension `{name}` names several rows"),
        )];
        if members.has_versions() {
            let valid_to = self.valid_to(members, "d");
            audits.push(gate(
                format!("SELECT {text} AS key_text FROM {table} AS d WHERE d.{key} >= 0 AND d.is_current GROUP BY {list} HAVING COUNT(*) > 1 LIMIT 20"),
                format!("a member of dimension `{name}` has several current versions"),
            ));
            audits.push(gate(
                format!("SELECT {text} AS key_text FROM {table} AS d WHERE d.{key} >= 0 AND d.valid_from >= {valid_to} LIMIT 20"),
                format!("a version of dimension `{name}` ends before it starts"),
            ));
            audits.push(gate(
                format!(
                    "SELECT {text} AS key_text FROM (SELECT d.*, LEAD(d.valid_from) OVER (PARTITION BY {list} ORDER BY d.valid_from) AS _next FROM {table} AS d WHERE d.{key} >= 0) AS d WHERE d._next < {valid_to} LIMIT 20"
                ),
                format!("versions of a member of dimension `{name}` overlap"),
            ));
        }
        audits
    }

    /// A key as a person reads it: `order_id=7, line_no=2`.
    pub(super) fn readable_key(&self, names: &[&str], alias: &str) -> String {
        let string = self.dialect.ty(&Type::String);
        let mut parts = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            parts.push(self.dialect.string(&format!("{comma}{name}=")));
            parts.push(format!("COALESCE(CAST({alias}.{} AS {string}), 'NULL')", self.dialect.quote(name)));
        }
        self.dialect.concat(&parts)
    }
}

/// The user's query over every landed state, with the state's housekeeping columns and whether the member is gone.
fn states_text(members: &Members, table: &Table) -> String {
    let Ok(mut query) = parse_query(&members.query.text) else { return members.query.text.clone() };
    if let SetExpr::Select(select) = query.body.as_mut() {
        let filter = select.selection.take();
        let gone = match filter {
            Some(filter) => format!("(_deleted OR NOT COALESCE({filter}, FALSE))"),
            None => "_deleted".to_owned(),
        };
        let wildcard = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
        let mut extra = vec![("_gone", gone)];
        if !wildcard {
            extra.extend(["_at", "_batch", "_state", "_deleted", "_gone_since"].map(|name| (name, name.to_owned())));
        }
        for (alias, text) in extra {
            if let Ok(expr) = crate::sql::googlesql::parse_expr(&text) {
                select.projection.push(SelectItem::ExprWithAlias { expr, alias: alias.into() });
            }
        }
        if let Some(from) = select.from.first_mut()
            && let TableFactor::Table { name, alias, .. } = &mut from.relation
            && table_name(name).is_some()
        {
            let plain = touched::plain_alias(touched::short_name(&table.address));
            alias.get_or_insert(plain);
            *name = touched::backquoted(&format!("{}/states", table.address));
        }
    }
    to_googlesql(&query)
}

/// The natural key, the attributes and the instant of each row of a query.
fn outer_text(project: &crate::model::Project, members: &Members, states_of: Option<&Table>, inner: &str) -> String {
    let mut items: Vec<String> = members.natural_key.iter().map(|column| names::backquoted(&column.name)).collect();
    items.extend(
        members
            .attributes
            .iter()
            .map(|attribute| format!("({}) AS {}", attribute.expr, names::backquoted(&attribute.column.name))),
    );
    let instant = match &members.effective_at {
        EffectiveAt::Column(name, ty) => Some(names::instant(&names::backquoted(name), ty, &project.timezone)),
        EffectiveAt::Extracted => None,
    };
    let sequence = members.sequence.as_ref().map_or("CAST(NULL AS INT64)".to_owned(), |name| names::backquoted(name));
    if let Some(table) = states_of {
        let own = instant.map_or("_at".to_owned(), |instant| format!("COALESCE({instant}, _at)"));
        // A row that a whole reading did not find holds the values of its last state: it went at the reading's time,
        // and one that comes back with no later instant than that comes back at the reading's time.
        let at =
            if table.deletes_by_reading() { format!("IF(_deleted OR {own} <= _gone_since, _at, {own})") } else { own };
        items.push(format!("{at} AS _event_at"));
    } else {
        items.push(format!("{} AS _event_at", instant.unwrap_or_else(|| "CAST(NULL AS TIMESTAMP)".to_owned())));
    }
    items.push(format!("{sequence} AS _event_sequence"));
    if states_of.is_some() {
        items.extend(["_batch", "_state", "_gone"].map(str::to_owned));
    }
    format!("SELECT {} FROM ({inner}) AS q", items.join(", "))
}
