//! Resolves dimensions: keys, policies and attributes are bound to the columns of the query.

use dwc_googlesql::{ColumnKind, Type};

use super::folding;
use super::resolve::{Scope, check_name};
use super::resolve_calendar::calendar;
use super::resolve_junk::junk;
use super::resolve_mini::mini;
use super::resolve_queries::{
    Read, Rows, Typed, declared_type, expression, is_instant, key_columns, not_an_instant, output, query,
};
use super::resolve_wording::{has_labels, wording};
use super::types::{Attribute, Column, Dimension, DimensionKind, EffectiveAt, KeyStrategy, Members, Query, Scd};
use crate::diagnostic::{Code, Diagnostic};
use crate::sql::names;
use crate::syntax::{self, Document};

pub(super) fn resolve_dimension(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Dimension> {
    let kind = match dimension.kind.unwrap_or_default() {
        syntax::DimensionKind::Calendar => DimensionKind::Calendar(calendar(document, dimension, problems)?),
        syntax::DimensionKind::TimeOfDay => DimensionKind::TimeOfDay,
        syntax::DimensionKind::Standard => {
            DimensionKind::Standard(Box::new(members(document, dimension, scope, problems)?))
        }
        syntax::DimensionKind::Junk => DimensionKind::Junk(junk(document, dimension, scope, problems)?),
        syntax::DimensionKind::Mini => DimensionKind::Mini(Box::new(mini(document, dimension, scope, problems)?)),
    };
    let resolved = Dimension {
        name: dimension.dimension.clone(),
        description: dimension.description.clone().unwrap_or_default(),
        owner: dimension.owner.clone(),
        tags: dimension.tags.clone().unwrap_or_default(),
        was: dimension.was.clone(),
        protect: dimension.protect.unwrap_or(false),
        kind,
        checks: Vec::new(),
        file: document.file,
        span: document.span(&["dimension"]),
    };
    folding::dimension(document, &resolved, problems);
    Some(resolved)
}

fn members(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Members> {
    let (mut members, sound) = timeline(document, dimension, scope, problems)?;
    members.attributes = attributes(document, dimension, &members, scope, None, problems);
    members.outriggers = scope.outriggers.get(&dimension.dimension).cloned().unwrap_or_default();
    members.outriggers.sort();
    sound.then_some(members)
}

/// The members without their attributes: what they are read with, what names them, and the policies of their timeline; and
/// whether nothing of it is wrong, so that a dimension can be made of them. `None` where their columns are not known.
pub(super) fn timeline(
    document: &Document,
    dimension: &syntax::Dimension,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Members, bool)> {
    let read = query(document, dimension.from.as_deref(), Rows::All, scope, problems);
    if dimension.natural_key.is_none() {
        problems.push(
            Diagnostic::new(Code::MissingNaturalKey, format!("dimension `{}` has no natural key", dimension.dimension))
                .at(document.span(&["dimension"]), "its members cannot be identified")
                .help("add `natural_key: […]` with the columns that identify a member in the source"),
        );
    }
    let Some(Read { query, mut sound }) = read else {
        // What an attribute says besides its column is checked all the same.
        for (name, attribute) in dimension.attributes.iter().flatten() {
            check_name(name, document.key_span(&["attributes", name]), problems);
            if dimension.kind.unwrap_or_default() == syntax::DimensionKind::Standard {
                scd(document, dimension, name, attribute.scd.or(dimension.scd), problems);
            }
        }
        return None;
    };
    let natural_key =
        dimension.natural_key.as_ref().and_then(|key| key_columns(document, &["natural_key"], key, &query, problems));
    let effective_at = match dimension.effective_at.as_deref() {
        None | Some("extracted") => Some(EffectiveAt::Extracted),
        Some(name) => output(document, &["effective_at"], name, &query, problems).map(|output| {
            if !is_instant(&output.ty) {
                problems.push(not_an_instant(name, &output.ty, document.span(&["effective_at"])));
            }
            EffectiveAt::Column(name.to_owned(), output.ty.clone())
        }),
    };
    let effective_to = match &dimension.effective_to {
        None => None,
        Some(name) => {
            let found = output(document, &["effective_to"], name, &query, problems);
            if let Some(output) = found
                && !is_instant(&output.ty)
            {
                problems.push(not_an_instant(name, &output.ty, document.span(&["effective_to"])));
            }
            sound &= found.is_some();
            found.map(|output| (name.clone(), output.ty.clone()))
        }
    };
    let named = dimension.sequence.as_ref();
    sound &= named.is_none_or(|name| output(document, &["sequence"], name, &query, problems).is_some());
    sound &= natural_key.is_some() && effective_at.is_some();
    if effective_at == Some(EffectiveAt::Extracted)
        && let Some(problem) = other_order(document, dimension, &query, scope)
    {
        problems.push(problem);
    }
    let sequence = dimension.sequence.clone().or_else(|| order_of_log(&query, scope));
    let surrogate = dimension.surrogate_key.as_ref();
    if surrogate.is_some_and(|key| key.strategy == Some(KeyStrategy::Sequence) && key.salt.is_some()) {
        problems.push(
            Diagnostic::new(Code::MisplacedKey, "`salt` does not apply to `strategy: sequence`")
                .at(document.key_span(&["surrogate_key", "salt"]), "would be ignored")
                .help("remove the key; it belongs to `strategy: hash`"),
        );
    }
    let members = Members {
        query,
        natural_key: natural_key.unwrap_or_default(),
        effective_at: effective_at.unwrap_or(EffectiveAt::Extracted),
        effective_to,
        extracted_is_declared: dimension.effective_at.is_some(),
        policies: [
            ("first_version", dimension.first_version.is_some()),
            ("open_end", dimension.open_end.is_some()),
            ("type1_scope", dimension.type1_scope.is_some()),
            ("late_type0", dimension.late_type0.is_some()),
        ]
        .into_iter()
        .filter(|(_, is_declared)| *is_declared)
        .map(|(key, _)| (key, document.key_span(&[key])))
        .collect(),
        sequence,
        on_delete: dimension.on_delete.unwrap_or_default(),
        first_version: dimension.first_version.unwrap_or_default(),
        open_end: dimension.open_end.unwrap_or_default(),
        type1_scope: dimension.type1_scope.unwrap_or_default(),
        late_type0: dimension.late_type0.unwrap_or_default(),
        key_strategy: surrogate.and_then(|key| key.strategy).unwrap_or_default(),
        salt: surrogate.and_then(|key| key.salt.clone()).unwrap_or_default(),
        attributes: Vec::new(),
        outriggers: Vec::new(),
    };
    Some((members, sound))
}

/// A `sequence` beside `effective_at: extracted` that contradicts its table: which state of a row is the latest is said
/// once.
fn other_order(
    document: &Document,
    dimension: &syntax::Dimension,
    query: &Query,
    scope: &Scope<'_>,
) -> Option<Diagnostic> {
    let name = dimension.sequence.as_ref()?;
    let [used] = query.analysis.tables.as_slice() else { return None };
    let (address, by) = (&used.table, scope.tables.get(&used.table)?.latest_by()?);
    let output = query.analysis.output.iter().find(|output| &output.name == name)?;
    let is_same = output.kind == ColumnKind::Direct && output.origins.iter().all(|(_, column)| column == by);
    (!is_same).then(|| {
        Diagnostic::new(
            Code::MisplacedKey,
            format!("`sequence: {name}` does not apply to states that `{address}` orders by `{by}`"),
        )
        .at(document.key_span(&["sequence"]), "contradicts the table")
        .help("remove the key; or name the column that dates the states as `effective_at`: `sequence` orders those of one instant")
    })
}

/// The column of a query that numbers the entries of the one log that it reads.
fn order_of_log(query: &Query, scope: &Scope<'_>) -> Option<String> {
    let [used] = query.analysis.tables.as_slice() else { return None };
    let table = scope.tables.get(&used.table).filter(|table| table.is_log)?;
    let is_order = |(_, column): &(String, String)| Some(column) == table.sequence.as_ref();
    let output = query.analysis.output.iter().find(|output| {
        output.kind == ColumnKind::Direct && output.origins.len() == 1 && output.origins.iter().any(is_order)
    });
    output.map(|output| output.name.clone())
}

/// The attributes over a query's result; `only` is the policy of all of them, where there is no choice.
pub(super) fn attributes(
    document: &Document,
    dimension: &syntax::Dimension,
    members: &Members,
    scope: &Scope<'_>,
    only: Option<Scd>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    for (name, attribute) in dimension.attributes.iter().flatten() {
        let path = ["attributes", name.as_str()];
        check_name(name, document.key_span(&path), problems);
        let scd = match only {
            None => scd(document, dimension, name, attribute.scd.or(dimension.scd), problems),
            Some(only) => Some(only),
        };
        let query = &members.query;
        let Some(mut typed) = expression(document, &path, name, attribute.expr.as_deref(), query, scope, problems)
        else {
            continue;
        };
        if let Some(bands) = &attribute.bands {
            let worded = attribute.when_null.is_some() || dimension.when_null.is_some();
            typed.text = banded(document, &path, (&typed, worded), bands, problems);
            typed.ty = Type::String;
        }
        let shown = if has_labels(attribute) { &Type::String } else { &typed.ty };
        let ty = declared_type(document, &path, attribute.ty.as_deref(), shown, problems);
        let wording = wording(document, dimension, name, (&typed, &ty), scope, problems);
        let source_pii = typed.origins.iter().any(|(table, column)| {
            scope.tables.get(table).and_then(|table| table.column(column)).is_some_and(|column| column.pii)
        });
        attributes.push(Attribute {
            column: Column {
                name: name.clone(),
                ty,
                description: attribute.description.clone().unwrap_or_default(),
                pii: attribute.pii.unwrap_or(source_pii),
                header: None,
                folds_case: typed.folds_case,
            },
            scd: scd.unwrap_or(Scd::Type1),
            expr: typed.text,
            hierarchy: hierarchy(document, name, attribute, problems),
            was: attribute.was.clone(),
            origins: typed.origins,
            written: typed.written,
            wording,
        });
    }
    attributes
}

/// The hierarchy of an attribute, and its level.
pub(super) fn hierarchy(
    document: &Document,
    name: &str,
    attribute: &syntax::Attribute,
    problems: &mut Vec<Diagnostic>,
) -> Option<(String, u32)> {
    let text = attribute.hierarchy.as_ref()?;
    let parsed = text.rsplit_once('.').and_then(|(name, level)| Some((name.to_owned(), level.parse().ok()?)));
    if parsed.is_none() {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("`{text}` is not a level of a hierarchy"))
                .at(document.span(&["attributes", name, "hierarchy"]), "not `hierarchy.level`")
                .help("write it as `merchandise.2`, level 1 the most general"),
        );
    }
    parsed
}

/// The label of the band that a number falls into, in GoogleSQL. Bands that overlap or leave a value out are refused.
fn banded(
    document: &Document,
    path: &[&str],
    (typed, worded): (&Typed, bool),
    bands: &[syntax::Band],
    problems: &mut Vec<Diagnostic>,
) -> String {
    let at = |index: usize, key: &str| {
        let index = index.to_string();
        let mut place = path.to_vec();
        place.extend(["bands", index.as_str(), key]);
        document.span(&place)
    };
    let span = document.span(&[path[0], path[1], "bands"]);
    if !typed.ty.is_numeric() && typed.ty != Type::Unknown {
        problems.push(
            Diagnostic::new(Code::TypeMismatch, format!("`bands` are of numbers, and the expression is {}", typed.ty))
                .at(span, "not a number")
                .help("give an `expr` that is a number"),
        );
    }
    for (index, band) in bands.iter().enumerate() {
        let last = index + 1 == bands.len();
        if last && band.below.is_some() {
            problems.push(
                Diagnostic::new(Code::WrongValue, "the last band has an upper bound, so greater values have no band")
                    .at(at(index, "below"), "values above it have no band")
                    .help("add a last band with a `label` alone"),
            );
        }
        if !last && band.below.is_none() {
            problems.push(
                Diagnostic::new(
                    Code::WrongValue,
                    "a band without `below` takes every value, but other bands follow it",
                )
                .at(at(index, "label"), "not the last band")
                .help("add `below:`, or move it to the end"),
            );
        }
        let before = index.checked_sub(1).and_then(|before| bands[before].below);
        if let (Some(below), Some(before)) = (band.below, before)
            && below <= before
        {
            problems.push(
                Diagnostic::new(Code::WrongValue, "the bands overlap")
                    .at(at(index, "below"), format!("not above {before}"))
                    .help("order the bands from the lowest to the highest"),
            );
        }
        if bands[..index].iter().any(|other| other.label == band.label) {
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("two bands have the label `{}`", band.label))
                    .at(at(index, "label"), "again here")
                    .help("give each band a label of its own"),
            );
        }
    }
    let (value, text) = (names::nested(&typed.text), names::literal);
    // What is declared for NULL is the wording of what is kept.
    let null = if worded { "NULL" } else { "'Unknown'" };
    let mut case = format!("CASE WHEN {value} IS NULL THEN {null}");
    for band in bands {
        match band.below {
            Some(below) => case.push_str(&format!(" WHEN {value} < {below} THEN {}", text(&band.label))),
            None => case.push_str(&format!(" ELSE {}", text(&band.label))),
        }
    }
    case.push_str(" END");
    case
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
        Some(3) => Some(Scd::Type3),
        Some(6) => Some(Scd::Type6),
        Some(7) => Some(Scd::Type7),
        Some(other) => {
            let mini = matches!(other, 4 | 5);
            problems.push(
                Diagnostic::new(Code::WrongValue, format!("`scd: {other}` is not a policy of an attribute"))
                    .at(document.span(&["attributes", name, "scd"]), "0, 1, 2, 3, 6 or 7")
                    .help(if mini {
                        "move the attribute to a dimension of `kind: mini` with `of:` this one; `outrigger: true` there makes it type 5"
                    } else {
                        "0 keeps the first value, 1 overwrites, 2 keeps history, 3 keeps the value before, 6 and 7 keep history and the value as it is now"
                    }),
            );
            None
        }
        None => {
            problems.push(
                Diagnostic::new(
                    Code::MissingScd,
                    format!("attribute `{name}` of dimension `{}` has no SCD policy", dimension.dimension),
                )
                .at(document.key_span(&["attributes", name]), "no policy for changes")
                .help("add `scd: 0` to keep the first value, `1` to overwrite, `2` to keep history; or `scd:` for the whole dimension"),
            );
            None
        }
    }
}
