//! Resolves dimensions: keys, policies and attributes are bound to the columns of the query.

use super::columns;
use super::resolve::{Scope, check_name};
use super::resolve_queries::{declared_type, expression, is_instant, key_columns, not_an_instant, output, query};
use super::types::{Attribute, Calendar, Column, Dimension, DimensionKind, EffectiveAt, Members, Scd};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::sql::names;
use crate::syntax::{self, Document, FirstVersion, OnDelete, OpenEnd, Type1Scope};

pub(super) fn resolve_dimension(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Dimension> {
    let kind = match dimension.kind.unwrap_or(syntax::DimensionKind::Standard) {
        syntax::DimensionKind::Calendar => DimensionKind::Calendar(calendar(document, dimension, problems)?),
        syntax::DimensionKind::TimeOfDay => DimensionKind::TimeOfDay,
        syntax::DimensionKind::Standard => {
            DimensionKind::Standard(Box::new(members(document, dimension, scope, problems)?))
        }
    };
    Some(Dimension {
        name: dimension.dimension.clone(),
        description: dimension.description.clone().unwrap_or_default(),
        owner: dimension.owner.clone(),
        tags: dimension.tags.clone().unwrap_or_default(),
        was: dimension.was.clone(),
        protect: dimension.protect.unwrap_or(false),
        kind,
        file: document.file,
        span: document.span(&["dimension"]),
    })
}

fn calendar(document: &Document, dimension: &syntax::Dimension, problems: &mut Vec<Diagnostic>) -> Option<Calendar> {
    let mut day = |key: &str, text: Option<&String>| {
        let Some(text) = text else {
            problems.push(
                Diagnostic::new(Code::MissingSetting, format!("calendar `{}` has no `{key}`", dimension.dimension))
                    .at(document.span(&["dimension"]), "a calendar")
                    .help(format!("add `{key}: 2020-01-01`")),
            );
            return None;
        };
        let parsed = text.parse::<chrono::NaiveDate>().ok();
        if parsed.is_none() {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{text}` is no day"))
                    .at(document.span(&[key]), "not YYYY-MM-DD")
                    .help("write it as 2026-03-01"),
            );
        }
        parsed
    };
    let first = day("first_day", dimension.first_day.as_ref());
    let last = day("last_day", dimension.last_day.as_ref());
    let (first, last) = (first?, last?);
    if last < first {
        problems.push(
            Diagnostic::new(Code::WrongValue, "the calendar ends before it starts")
                .at(document.span(&["last_day"]), format!("before {first}"))
                .help("let `last_day` lie after `first_day`"),
        );
        return None;
    }
    let month = dimension.fiscal_year_starts.unwrap_or(1);
    if !(1..=12).contains(&month) {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("`{month}` is no month"))
                .at(document.span(&["fiscal_year_starts"]), "1 to 12")
                .help("write the month as a number from 1 to 12"),
        );
        return None;
    }
    let mut holidays = Vec::new();
    for (text, name) in dimension.holidays.iter().flatten() {
        match text.parse::<chrono::NaiveDate>() {
            Ok(day) => holidays.push((day.to_string(), name.clone())),
            Err(_) => problems.push(
                Diagnostic::new(Code::WrongValue, format!("`{text}` is no day"))
                    .at(document.key_span(&["holidays", text]), "not YYYY-MM-DD")
                    .help("write it as 2026-03-01"),
            ),
        }
    }
    holidays.sort();
    Some(Calendar { first_day: first.to_string(), last_day: last.to_string(), fiscal_year_starts: month, holidays })
}

fn members(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Members> {
    let query = query(document, dimension.from.as_deref(), scope, problems);
    let Some(key) = &dimension.natural_key else {
        problems.push(
            Diagnostic::new(Code::MissingNaturalKey, format!("dimension `{}` has no natural key", dimension.dimension))
                .at(document.span(&["dimension"]), "its members have no name")
                .help("add `natural_key: […]` with the columns that name a member in the source"),
        );
        return None;
    };
    let query = query?;
    let natural_key = key_columns(document, &["natural_key"], key, &query, problems);
    let effective_at = match dimension.effective_at.as_deref() {
        None | Some("extracted") => EffectiveAt::Extracted,
        Some(name) => {
            let output = output(document, &["effective_at"], name, &query, problems)?;
            if !is_instant(&output.ty) {
                problems.push(not_an_instant(name, &output.ty, document.span(&["effective_at"])));
            }
            EffectiveAt::Column(name.to_owned(), output.ty.clone())
        }
    };
    if let Some(name) = &dimension.sequence {
        output(document, &["sequence"], name, &query, problems)?;
    }
    let mut attributes = Vec::new();
    for (name, attribute) in dimension.attributes.iter().flatten() {
        let path = ["attributes", name.as_str()];
        check_name(name, document.key_span(&path), problems);
        reserved(dimension, name, document.key_span(&path), problems);
        let scd = scd(document, dimension, name, attribute.scd.or(dimension.scd), problems);
        let Some(typed) = expression(document, &path, name, attribute.expr.as_deref(), &query, scope, problems) else {
            continue;
        };
        let ty = declared_type(document, &path, attribute.ty.as_deref(), &typed.ty, problems);
        let hierarchy = attribute.hierarchy.as_ref().and_then(|text| {
            let parsed = text.rsplit_once('.').and_then(|(name, level)| Some((name.to_owned(), level.parse().ok()?)));
            if parsed.is_none() {
                problems.push(
                    Diagnostic::new(Code::WrongValue, format!("`{text}` is no level of a hierarchy"))
                        .at(document.span(&["attributes", name, "hierarchy"]), "not `hierarchy.level`")
                        .help("write it as `merchandise.2`, level 1 the most general"),
                );
            }
            parsed
        });
        let source_pii = typed.origins.iter().any(|(table, column)| {
            scope.tables.get(table).and_then(|table| table.column(column)).is_some_and(|column| column.pii)
        });
        attributes.push(Attribute {
            column: Column {
                name: name.clone(),
                ty,
                description: attribute.description.clone().unwrap_or_default(),
                pii: attribute.pii.unwrap_or(source_pii),
            },
            scd: scd.unwrap_or(Scd::Type1),
            expr: typed.text,
            hierarchy,
            was: attribute.was.clone(),
            origins: typed.origins,
        });
    }
    Some(Members {
        query,
        natural_key: natural_key?,
        effective_at,
        extracted_is_declared: dimension.effective_at.is_some(),
        sequence: dimension.sequence.clone(),
        on_delete: dimension.on_delete.unwrap_or(OnDelete::Close),
        first_version: dimension.first_version.unwrap_or(FirstVersion::BeginningOfTime),
        open_end: dimension.open_end.unwrap_or(OpenEnd::FarFuture),
        type1_scope: dimension.type1_scope.unwrap_or(Type1Scope::All),
        salt: dimension.surrogate_key.as_ref().and_then(|key| key.salt.clone()).unwrap_or_default(),
        attributes,
    })
}

fn scd(
    document: &Document,
    dimension: &syntax::Dimension,
    name: &str,
    number: Option<u8>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Scd> {
    match number {
        Some(0) => Some(Scd::Type0),
        Some(1) => Some(Scd::Type1),
        Some(2) => Some(Scd::Type2),
        Some(other) => {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`scd: {other}` is not a policy of this version"))
                    .at(document.span(&["attributes", name, "scd"]), "0, 1 or 2")
                    .help("0 keeps the first value, 1 overwrites, 2 keeps history"),
            );
            None
        }
        None => {
            problems.push(
                Diagnostic::new(
                    Code::MissingScd,
                    format!("attribute `{name}` of dimension `{}` has no SCD policy", dimension.dimension),
                )
                .at(document.key_span(&["attributes", name]), "what becomes of a change is not said")
                .help("add `scd: 0` to keep the first value, `1` to overwrite, `2` to keep history; or `scd:` for the whole dimension"),
            );
            None
        }
    }
}

/// Columns that every dimension's table has, and that an attribute cannot be.
fn reserved(dimension: &syntax::Dimension, name: &str, span: Span, problems: &mut Vec<Diagnostic>) {
    let own = [names::key(&dimension.dimension), names::durable_key(&dimension.dimension)];
    let taken = columns::RESERVED_COLUMNS.contains(&name);
    if own.iter().any(|key| key == name) {
        problems.push(
            Diagnostic::new(
                Code::KeyNameCollision,
                format!("`{name}` is the name of the dimension's own surrogate key"),
            )
            .at(span, "written by the load")
            .help("choose another name for the attribute"),
        );
    } else if taken {
        problems.push(
            Diagnostic::new(Code::ReservedColumn, format!("`{name}` is a column that every load writes"))
                .at(span, "reserved")
                .help("choose another name"),
        );
    }
}
