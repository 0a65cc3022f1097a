//! The temporal join: a dimension whose query is more than one plain table is evaluated at every instant at which a
//! contributing row changed, every table as of that instant. It decides since when a state of each table holds; it must
//! not know what becomes of the events.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use serde::Serialize;
use sqlparser::ast::{Expr, SelectItem, SetExpr, visit_expressions};

use super::context::Context;
use super::{Extent, incoming};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Dimension, EffectiveAt, Members, Table};
use crate::plan::{Gate, Reads, Statement};
use crate::sql::as_of::{self, Refused, SLOT, SLOTS};
use crate::sql::googlesql::{Column as SqlColumn, ColumnKind, Tables, Type, parse_expr, parse_query};
use crate::sql::lower::relations::sql_columns;
use crate::sql::lower::{Lowering, problems_at};
use crate::sql::names;
use crate::sql::template::Col;
use crate::sql::touched::{self, Contributions, ROW, Relation, Rows, Whole};

#[derive(Serialize)]
struct AsOf<'a> {
    model: &'a str,
    key: &'a [Col],
    attributes: &'a [Col],
    touched: Option<Vec<Col>>,
    /// Slots are of members; else of everything.
    keyed: bool,
    tables: Vec<States<'a>>,
    query: String,
    dated: &'static str,
    ends: bool,
    tie_break: String,
    no_sequence: String,
}

/// A table's states.
#[derive(Serialize)]
struct States<'a> {
    address: &'a str,
    pairs: Vec<String>,
    states: String,
    order: Vec<Col>,
    columns: Vec<Col>,
    ends: bool,
    reaches_back: bool,
}

/// Since when the states of a table hold.
struct Instant {
    /// A GoogleSQL expression over the table under `alias`; none where only the reading has a time.
    text: Option<String>,
    alias: String,
    /// It is what `effective_at` says.
    is_effective: bool,
}

impl Lowering<'_> {
    /// Whether a dimension's history is the temporal join of the landed histories of its tables.
    pub(in crate::sql::lower) fn is_temporal(&self, members: &Members) -> bool {
        members.keeps_states()
            && self.states_table(members).is_none()
            && !members.query.analysis.tables.is_empty()
            && members.query.analysis.tables.iter().all(|used| self.project.table(&used.table).is_some())
    }

    /// The rows that contribute to a member, or why everything is evaluated at every instant.
    pub(super) fn contributions(&self, members: &Members) -> Result<Contributions, Whole> {
        let key: Vec<String> = members.natural_key.iter().map(|column| column.name.clone()).collect();
        if let Some((name, _)) = members.query.analysis.volatile.first() {
            return Err(Whole { reason: format!("`{name}` gives another answer at another time") });
        }
        let parsed = parse_query(&members.query.text).map_err(|problem| Whole { reason: problem.message })?;
        touched::contributions(&parsed, &key)
    }

    /// The statements that make the events of the touched members, or of all.
    pub(super) fn as_of_statements(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'_>,
        extent: Extent,
    ) -> Result<Vec<Statement>, Vec<Diagnostic>> {
        let at = |found| problems_at(found, members.query.span);
        let tables = self.tables_read(members);
        let threaded = threaded(members, &tables).map_err(|refused| vec![refusal(dimension, members, &refused)])?;
        let contributions = self.contributions(members).ok();
        let key: Vec<String> = members.natural_key.iter().map(|column| column.name.clone()).collect();
        let mut statements = Vec::new();
        let mut touched = None;
        if extent == Extent::Incremental
            && contributions.is_some()
            && let Ok(increment) = self.increment(&members.query, &key)
        {
            let mut catalog = Tables::default();
            self.add_states(&mut catalog, &increment.relations, &increment.touched, false);
            statements.extend(self.touched(&dimension.name, &increment, &catalog).map_err(at)?);
            touched = Some(increment.key.iter().map(Col::plain).collect());
        }
        let mut catalog = Tables::default();
        if let Some(found) = &contributions {
            let texts: Vec<String> = found.places.iter().map(|place| place.text.clone()).collect();
            self.add_states(&mut catalog, &found.relations, &texts, true);
        }
        let mut slots = Tables::default();
        let mut all = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            let mut pairs = Vec::new();
            for place in contributions.iter().flat_map(|found| &found.places).filter(|p| p.table == table.address) {
                pairs.push(self.dialect.query(&place.text, &catalog).map_err(at)?);
            }
            all.push(self.states_in_time(members, table, pairs).map_err(at)?);
            let mut columns = sql_columns(&table.columns);
            columns.push(SqlColumn { name: SLOT.to_owned(), ty: Type::Int64 });
            let physical = self.dialect.quote(&format!("as_of_{}", index + 1));
            slots.add_as(&as_of::relation(&table.address), physical, columns);
        }
        let every = if contributions.is_some() { "slots" } else { "instants" };
        let slot = vec![SqlColumn { name: SLOT.to_owned(), ty: Type::Int64 }];
        slots.add_as(SLOTS, format!("(SELECT {SLOT} FROM {every})"), slot);
        let text = incoming::outer_text(self.project, members, incoming::Of::Slots, &threaded);
        let query = self.dialect.query(&text, &slots).map_err(at)?;
        let is_dated = tables.iter().any(|table| self.instant(members, table).is_effective);
        let undated = matches!(members.effective_at, EffectiveAt::Column(..)) && !is_dated;
        statements.extend(self.render(
            "dimension_as_of",
            AsOf {
                model: &dimension.name,
                key: &context.key,
                attributes: &context.attributes,
                touched,
                keyed: contributions.is_some(),
                tables: all,
                query,
                dated: if undated { "by_row" } else { "by_slot" },
                ends: members.effective_to.is_some(),
                tie_break: self.tie_break(members),
                no_sequence: format!("CAST(NULL AS {})", self.dialect.ty(&sequence_type(members))),
            },
        ));
        statements.extend(self.dimension_gates(dimension, context, false));
        statements.push(self.one_row_gate(dimension, members, context));
        Ok(statements)
    }

    /// The source tables of a query, each once.
    fn tables_read(&self, members: &Members) -> Vec<&Table> {
        let names: BTreeSet<&str> = members.query.analysis.tables.iter().map(|used| used.table.as_str()).collect();
        names.into_iter().filter_map(|name| self.project.table(name)).collect()
    }

    /// What the relations of the search for members stand for: every state that has landed, or those that landed since.
    fn add_states(&self, catalog: &mut Tables, relations: &[Relation], texts: &[String], with_rows: bool) {
        for relation in relations {
            let Some(table) = self.project.table(&relation.table) else { continue };
            // Columns that the search does not name would only make more rows of it.
            let named = |name: &str| texts.iter().any(|text| text.to_lowercase().contains(&name.to_lowercase()));
            let everything = texts.iter().any(|text| text.contains('*'));
            let mut columns = sql_columns(&table.columns);
            columns.retain(|column| everything || named(&column.name) || table.primary_key.contains(&column.name));
            let list: Vec<String> = columns.iter().map(|column| self.dialect.quote(&column.name)).collect();
            let mut list = list.join(", ");
            let comparable = |column: &SqlColumn| !matches!(column.ty, Type::Json | Type::Array(_) | Type::Struct(_));
            let distinct = if columns.iter().all(comparable) { "DISTINCT " } else { "" };
            let physical = match relation.rows {
                Rows::Changed if !with_rows => format!(
                    "(SELECT {distinct}{list} FROM {} WHERE _batch > {})",
                    self.landing_changes(table),
                    self.dialect.words().since
                ),
                _ => {
                    if with_rows && relation.rows == Rows::Changed {
                        list.push_str(&format!(", {ROW}"));
                        columns.push(SqlColumn { name: ROW.to_owned(), ty: Type::String });
                    }
                    format!("(SELECT {distinct}{list} FROM {} AS _a)", self.states(table, "0"))
                }
            };
            catalog.add_as(&relation.name, physical, columns);
        }
    }

    fn states_in_time<'t>(
        &self,
        members: &Members,
        table: &'t Table,
        pairs: Vec<String>,
    ) -> Result<States<'t>, Vec<crate::sql::googlesql::Problem>> {
        let instant = self.instant(members, table);
        let reaches_back = instant.text.is_none() && matches!(members.effective_at, EffectiveAt::Column(..));
        let own = instant.text.map_or("_at".to_owned(), |text| format!("COALESCE({text}, _at)"));
        // A row that a reading did not find went at the reading's time, and comes back at a reading's time.
        let own =
            if table.deletes_by_reading() { format!("IF(_deleted OR {own} <= _gone_since, _at, {own})") } else { own };
        let mut items: Vec<String> = table.columns.iter().map(|column| names::backquoted(&column.name)).collect();
        items.extend([ROW, "_deleted", "_batch", "_state"].map(str::to_owned));
        items.push(format!("{own} AS _from"));
        let ends = self.ends(members, table);
        items.extend(ends.iter().map(|ends| format!("{ends} AS _ends")));
        let mut order = Vec::new();
        for name in self.sequences(members, table) {
            order.push(Col::plain(name));
        }
        order.extend(["_batch", "_state"].map(Col::plain));
        let text = format!(
            "SELECT {} FROM `{}/states` AS {}",
            items.join(", "),
            table.address,
            names::backquoted(&instant.alias)
        );
        let mut columns = sql_columns(&table.columns);
        for (name, ty) in [
            ("_at", Type::Timestamp),
            ("_batch", Type::Int64),
            ("_state", Type::Int64),
            ("_deleted", Type::Bool),
            ("_gone_since", Type::Timestamp),
            (ROW, Type::String),
        ] {
            columns.push(SqlColumn { name: name.to_owned(), ty });
        }
        let mut catalog = Tables::default();
        catalog.add_as(&format!("{}/states", table.address), self.states(table, "0"), columns);
        Ok(States {
            address: &table.address,
            pairs,
            states: self.dialect.query(&text, &catalog)?,
            order,
            columns: table.columns.iter().map(|column| Col::new(&column.name, &column.ty)).collect(),
            ends: ends.is_some(),
            reaches_back,
        })
    }

    /// Since when a state of a table holds: since what `effective_at` says of it, else since its cursor.
    fn instant(&self, members: &Members, table: &Table) -> Instant {
        let alias = touched::short_name(&table.address).to_owned();
        let none = |alias| Instant { text: None, alias, is_effective: false };
        let EffectiveAt::Column(declared, ty) = &members.effective_at else { return none(alias) };
        let zone = &self.project.timezone;
        if let Some((text, alias)) = own_expression(members, declared, table) {
            return Instant { text: Some(names::instant(&text, ty, zone)), alias, is_effective: true };
        }
        if let Some(text) = self.origin_instant(members, declared, table, Some(&table.cursor)) {
            return Instant { text: Some(text), alias, is_effective: true };
        }
        let Some(cursor) = table.cursor.as_ref().and_then(|cursor| table.column(cursor)) else { return none(alias) };
        if !is_instant(&cursor.ty) {
            return none(alias);
        }
        let source = self.project.sources.iter().find(|source| source.name == table.source);
        let zone = source.map_or(zone.as_str(), |source| source.timezone.as_str());
        let text = names::instant(&names::backquoted(&cursor.name), &cursor.ty, zone);
        Instant { text: Some(text), alias, is_effective: false }
    }

    /// When a row of a table says that its values stop holding.
    fn ends(&self, members: &Members, table: &Table) -> Option<String> {
        let (declared, _) = members.effective_to.as_ref()?;
        self.origin_instant(members, declared, table, None)
    }

    /// The instant in the columns of a table that an output column is made of.
    fn origin_instant(
        &self,
        members: &Members,
        output: &str,
        table: &Table,
        first: Option<&Option<String>>,
    ) -> Option<String> {
        let output = members.query.analysis.output.iter().find(|one| one.name.eq_ignore_ascii_case(output))?;
        let of_table = output.origins.iter().filter(|(origin, _)| *origin == table.address);
        let mut columns: Vec<_> = of_table.filter_map(|(_, column)| table.column(column)).collect();
        columns.retain(|column| is_instant(&column.ty));
        if let Some(Some(cursor)) = first
            && columns.iter().any(|column| &column.name == cursor)
        {
            columns.retain(|column| &column.name == cursor);
        }
        let zone = &self.project.timezone;
        let texts: Vec<String> = columns
            .iter()
            .map(|column| names::instant(&names::backquoted(&column.name), &column.ty, zone))
            .collect();
        match texts.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            [one, rest @ ..] => Some(rest.iter().fold(one.clone(), |latest, text| {
                format!("GREATEST(COALESCE({latest}, {text}), COALESCE({text}, {latest}))")
            })),
        }
    }

    /// The columns of a table that order states of one instant.
    fn sequences(&self, members: &Members, table: &Table) -> Vec<String> {
        let declared = members.sequence.as_ref().and_then(|name| {
            let output = members.query.analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(name))?;
            output.origins.iter().find(|(origin, _)| *origin == table.address).map(|(_, column)| column.clone())
        });
        let mut all: Vec<String> = declared.into_iter().chain(table.sequence.clone()).collect();
        all.dedup();
        all
    }

    /// Of rows that nothing declared tells apart one is taken, the same whatever the order of rows.
    fn tie_break(&self, members: &Members) -> String {
        let mut text = String::new();
        for attribute in &members.attributes {
            if !matches!(attribute.column.ty, Type::Array(_) | Type::Struct(_)) {
                let value = format!("_e.{}", self.dialect.quote(&attribute.column.name));
                text.push_str(&format!(", {} DESC", self.dialect.comparable(&value, &attribute.column.ty)));
            }
        }
        text
    }

    /// A member has one row now, or one that holds since the latest instant.
    fn one_row_gate(&self, dimension: &Dimension, members: &Members, context: &Context<'_>) -> Statement {
        let names: Vec<&str> = context.key.iter().map(Col::name).collect();
        let list = |alias: &str| {
            names.iter().map(|name| format!("{alias}.{}", self.dialect.quote(name))).collect::<Vec<_>>().join(", ")
        };
        let same: Vec<String> = names
            .iter()
            .map(|name| format!("_e.{0} = _k.{0}", self.dialect.quote(name)))
            .collect();
        let ends = if members.effective_to.is_some() {
            " AND (_e._event_to IS NULL OR _e._event_to > _k._at)"
        } else {
            ""
        };
        Statement {
            sql: format!(
                "SELECT {key_text} AS key_text FROM (\n  SELECT {own}, RANK() OVER (PARTITION BY {own} ORDER BY _e._event_at DESC, _e._event_sequence DESC) AS _place\n  FROM slots AS _k JOIN evaluated AS _e ON _e._slot = _k._slot AND {same}\n  WHERE _k._is_last{ends}\n) AS _i WHERE _i._place = 1 GROUP BY {by} HAVING COUNT(*) > 1 LIMIT 20",
                key_text = self.readable_key(&names, "_i"),
                own = list("_e"),
                same = same.join(" AND "),
                by = list("_i"),
            ),
            reads: Reads::Gate(Gate {
                code: Code::DuplicateKey,
                message: format!("the query of dimension `{}` gives several rows of one natural key", dimension.name),
                span: dimension.span,
                help: "make the query give one row per natural key, or name the columns that tell the rows apart; rows of one key that hold since different instants are told apart by `effective_at`"
                    .to_owned(),
            }),
        }
    }
}

fn is_instant(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::DateTime | Type::Timestamp)
}

fn sequence_type(members: &Members) -> Type {
    let output = members.sequence.as_ref().and_then(|name| {
        members.query.analysis.output.iter().find(|output| &output.name == name)
    });
    output.map_or(Type::Int64, |output| output.ty.clone())
}

/// The query of a dimension at every slot.
fn threaded(members: &Members, tables: &[&Table]) -> Result<String, Refused> {
    let parsed = parse_query(&members.query.text)
        .map_err(|problem| Refused { part: problem.message, instead: "write the query in a simpler way".to_owned() })?;
    let names: BTreeSet<String> = tables.iter().map(|table| table.address.clone()).collect();
    as_of::threaded(&parsed, &names)
}

/// What keeps a query from being evaluated at an instant of the past.
pub(crate) fn refused(project: &crate::model::Project, members: &Members) -> Option<Refused> {
    let names: BTreeSet<&str> = members.query.analysis.tables.iter().map(|used| used.table.as_str()).collect();
    let tables: Vec<&Table> = names.into_iter().filter_map(|name| project.table(name)).collect();
    threaded(members, &tables).err()
}

pub(crate) fn refusal(dimension: &Dimension, members: &Members, refused: &Refused) -> Diagnostic {
    Diagnostic::new(
        Code::TimelessQuery,
        format!("the query of dimension `{}` cannot be evaluated at an instant of the past: {}", dimension.name, refused.part),
    )
    .at(members.query.span, "in this query")
    .help(refused.instead.clone())
}

/// The expression behind an output column, where it reads one table alone, with the name it reads it by.
fn own_expression(members: &Members, output: &str, table: &Table) -> Option<(String, String)> {
    let query = parse_query(&members.query.text).ok()?;
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let item = select.projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(output) => Some(expr),
        _ => None,
    })?;
    let named = touched::tables_of(select);
    let several = select.from.len() > 1 || select.from.iter().any(|from| !from.joins.is_empty());
    let (_, alias) = named.iter().find(|(name, _)| *name == table.address)?;
    if touched::aggregates(&SelectItem::UnnamedExpr(item.clone())) {
        return None;
    }
    let mut reads = 0;
    let foreign = visit_expressions(item, |one| {
        let own = match one {
            Expr::Identifier(_) => !several,
            Expr::CompoundIdentifier(parts) => parts.first().is_some_and(|part| part.value.eq_ignore_ascii_case(alias)),
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => false,
            Expr::Function(function) if function.over.is_some() => false,
            _ => return ControlFlow::Continue(()),
        };
        reads += 1;
        if own { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .is_break();
    let text = item.to_string();
    (!foreign && reads > 0 && parse_expr(&text).is_ok()).then(|| (text, alias.clone()))
}

/// Whether an output column passes a table's column on.
pub(crate) fn is_passed_on(members: &Members, name: &str) -> bool {
    members.query.analysis.output.iter().any(|output| output.name == name && output.kind == ColumnKind::Direct)
}
