//! Declarations with every default that they leave out filled in, in the language's own words. What was written stays as it
//! was; what is filled in is taken from the model, so that it is what loads go by. It must not change what a file means,
//! nor show a secret.

use dwc_googlesql::Type;

use super::types::{Check, Column, DimensionKind, EffectiveAt, Members, Table};
use super::{Fact, FileFormat, Missing, Project, Role};
use crate::source::FileSet;
use crate::syntax::{self, DetectDeletes, Kind, Names, Scalar, SurrogateKey};

/// The file that declares a dimension, fact or source, with every default filled in.
#[must_use]
pub fn filled(project: &Project, files: &FileSet, name: &str) -> Option<Kind> {
    let mut found = syntax::parse(files).documents.into_iter().map(|document| document.kind);
    let models = |kind: &Kind| match kind {
        Kind::Dimension(dimension) => dimension.dimension == name,
        Kind::Fact(fact) => fact.fact == name,
        Kind::Source(source) => source.source == name && project.model(name).is_none(),
        Kind::Project(_) => false,
    };
    let mut kind = found.find(models)?;
    match &mut kind {
        Kind::Dimension(dimension) => fill_dimension(project, dimension)?,
        Kind::Fact(fact) => fill_fact(project, fact)?,
        Kind::Source(source) => fill_source(project, source)?,
        Kind::Project(_) => {}
    }
    Some(kind)
}

fn fill_dimension(project: &Project, dimension: &mut syntax::Dimension) -> Option<()> {
    let model = project.dimensions.iter().find(|model| model.name == dimension.dimension)?;
    dimension.kind.get_or_insert_default();
    dimension.protect.get_or_insert_default();
    fill_checks(&mut dimension.checks, &model.checks);
    match &model.kind {
        DimensionKind::Calendar(calendar) => {
            dimension.fiscal_year_starts.get_or_insert(calendar.fiscal_year_starts);
        }
        DimensionKind::TimeOfDay => {}
        DimensionKind::Junk(junk) => {
            dimension.max_members.get_or_insert(junk.max_members);
            for (attribute, model) in
                dimension.attributes.iter_mut().flat_map(|all| all.values_mut()).zip(&junk.attributes)
            {
                if let Some(null) = model.when_null() {
                    attribute.when_null.get_or_insert_with(|| Scalar(null.to_owned()));
                }
                attribute.pii.get_or_insert(model.column.pii);
            }
        }
        DimensionKind::Mini(mini) => {
            dimension.outrigger.get_or_insert(mini.outrigger);
            fill_attributes(dimension, &mini.members, false);
        }
        DimensionKind::Standard(members) => {
            dimension.natural_key.get_or_insert_with(|| names(&members.natural_key));
            dimension.effective_at.get_or_insert_with(|| match &members.effective_at {
                EffectiveAt::Column(name, _) => name.clone(),
                EffectiveAt::Extracted => "extracted".to_owned(),
            });
            dimension.sequence.clone_from(&members.sequence);
            dimension.on_delete.get_or_insert(members.on_delete);
            // A policy that governs nothing has no default to show.
            let governs = |policy| project.idle(model, policy).is_none();
            if governs("first_version") {
                dimension.first_version.get_or_insert(members.first_version);
                dimension.open_end.get_or_insert(members.open_end);
            }
            if governs("type1_scope") {
                dimension.type1_scope.get_or_insert(members.type1_scope);
            }
            if governs("late_type0") {
                dimension.late_type0.get_or_insert(members.late_type0);
            }
            let key = dimension.surrogate_key.get_or_insert(SurrogateKey { strategy: None, salt: None });
            key.strategy.get_or_insert(members.key_strategy);
            fill_attributes(dimension, members, true);
        }
    }
    Some(())
}

/// Checks with their names and what a failure means; the owner is the model's or the source's.
fn fill_checks(declared: &mut Option<Vec<syntax::Check>>, checks: &[Check]) {
    for (check, model) in declared.iter_mut().flatten().zip(checks) {
        check.name.get_or_insert_with(|| model.name.clone());
        check.severity.get_or_insert(model.severity);
        check.owner.clone_from(&model.owner);
    }
}

fn fill_attributes(dimension: &mut syntax::Dimension, members: &Members, with_policy: bool) {
    for (name, attribute) in dimension.attributes.iter_mut().flatten() {
        let Some(model) = members.attributes.iter().find(|model| model.column.name == *name) else { continue };
        if with_policy {
            attribute.scd.get_or_insert(model.scd.number());
        }
        attribute.expr.get_or_insert_with(|| name.clone());
        fill_type(&mut attribute.ty, &model.column.ty);
        if let Some(null) = model.when_null() {
            attribute.when_null.get_or_insert_with(|| Scalar(null.to_owned()));
        }
        attribute.pii.get_or_insert(model.column.pii);
    }
}

fn fill_type(declared: &mut Option<String>, ty: &Type) {
    if declared.is_none() && *ty != Type::Unknown {
        *declared = Some(ty.to_string());
    }
}

fn names(columns: &[Column]) -> Names {
    Names(columns.iter().map(|column| column.name.clone()).collect())
}

fn fill_fact(project: &Project, fact: &mut syntax::Fact) -> Option<()> {
    let model = project.facts.iter().find(|model| model.name == fact.fact)?;
    fact.kind.get_or_insert_default();
    fact.protect.get_or_insert_default();
    fill_checks(&mut fact.checks, &model.checks);
    fill_roles_of_milestones(project, model, fact);
    for (name, role) in fact.dimensions.iter_mut().flatten() {
        if let Some(resolved) = model.roles.iter().find(|model| model.name == *name) {
            fill_role(project, model, resolved, role);
        }
    }
    for (name, measure) in fact.measures.iter_mut().flatten() {
        let Some(model) = model.measures.iter().find(|model| model.column.name == *name) else { continue };
        measure.expr.get_or_insert_with(|| name.clone());
        fill_type(&mut measure.ty, &model.column.ty);
    }
    if model.rolls_up.is_none() {
        fact.on_delete.get_or_insert(model.on_delete);
        fact.insert_only.get_or_insert(model.insert_only);
        if model.insert_only {
            fact.on_update.get_or_insert_default();
        }
    }
    if let Some(column) = &model.partition_by {
        fact.partition_by.get_or_insert_with(|| column.name.clone());
    }
    if !model.cluster_by.is_empty() {
        fact.cluster_by.get_or_insert_with(|| Names(model.cluster_by.clone()));
    }
    Some(())
}

/// The roles that milestones imply, before those that are declared.
fn fill_roles_of_milestones(project: &Project, model: &Fact, fact: &mut syntax::Fact) {
    let is_declared = |name: &str| fact.dimensions.iter().flatten().any(|(known, _)| known == name);
    let is_implied =
        |role: &&Role| model.milestones.iter().any(|milestone| milestone.role == role.name) && !is_declared(&role.name);
    let implied: Vec<&Role> = model.roles.iter().filter(is_implied).collect();
    if implied.is_empty() {
        return;
    }
    let declared = fact.dimensions.get_or_insert_default();
    for (at, role) in implied.into_iter().enumerate() {
        let filled = syntax::Role {
            dimension: Some(project.dimensions[role.dimension].name.clone()),
            on: Some(names(&role.on)),
            as_of: None,
            missing: None,
            when_null: Some(role.when_null),
            description: Some(role.description.clone()),
            was: None,
        };
        declared.shift_insert(at, role.name.clone(), filled);
    }
}

fn fill_role(project: &Project, fact: &Fact, resolved: &Role, role: &mut syntax::Role) {
    if fact.rolls_up.is_some() {
        return;
    }
    let dimension = &project.dimensions[resolved.dimension];
    role.dimension.get_or_insert_with(|| dimension.name.clone());
    if dimension.junk().is_some() {
        role.on.get_or_insert_with(|| names(&resolved.on));
        return;
    }
    if dimension.members().is_some_and(Members::has_versions)
        && let Some(column) = resolved.as_of.as_ref().or(fact.event_time.as_ref())
    {
        role.as_of.get_or_insert_with(|| column.name.clone());
    }
    role.missing.get_or_insert(match resolved.missing {
        Missing::Infer if dimension.members().is_none() => Missing::Unknown,
        missing => missing,
    });
    role.when_null.get_or_insert(resolved.when_null);
}

fn fill_source(project: &Project, source: &mut syntax::Source) -> Option<()> {
    let model = project.sources.iter().find(|model| model.name == source.source)?;
    source.timezone.get_or_insert_with(|| model.timezone.name().to_owned());
    for address in [&mut source.url, &mut source.replica_url].into_iter().flatten() {
        *address = syntax::hide_secrets(address);
    }
    if source.ty.is_database() {
        source.retries.get_or_insert(model.retries);
        source.statement_timeout.get_or_insert_with(|| length(model.statement_seconds));
        source.max_connections.get_or_insert(model.max_connections);
        source.chunk_rows.get_or_insert(u32::try_from(model.chunk_rows).unwrap_or(u32::MAX));
    }
    let address = |name: &str| format!("{}.{name}", source.source);
    let is_database = source.ty.is_database();
    let is_landed = source.ty == syntax::SourceType::Warehouse;
    let tables: Vec<Option<&Table>> = source.tables.keys().map(|name| project.table(&address(name))).collect();
    for (table, model) in source.tables.values_mut().zip(tables) {
        let Some(model) = model else { continue };
        table.detect_deletes.get_or_insert(model.detect_deletes);
        if model.detect_deletes == DetectDeletes::Operation {
            table.delete_values.get_or_insert_with(|| Names(model.delete_values.clone()));
        }
        if is_database || is_landed {
            table.name.get_or_insert_with(|| model.physical.clone());
        }
        if !is_landed {
            table.on_schema_change.get_or_insert(model.on_schema_change);
            table.max_rejected_share.get_or_insert(model.max_rejected_share);
        }
        fill_files(table, model);
        fill_checks(&mut table.checks, &model.checks);
        if is_database && model.cursor.is_some() {
            table.lookback.get_or_insert_with(|| length(model.lookback_seconds.unsigned_abs()));
        }
    }
    Some(())
}

fn fill_files(table: &mut syntax::Table, model: &Table) {
    let Some(files) = &model.files else { return };
    table.format.get_or_insert(files.format);
    table.contents.get_or_insert(files.contents);
    let text = &files.text;
    if files.format != FileFormat::Parquet {
        table.encoding.get_or_insert_with(|| text.encoding.name().to_owned());
        table.longest_row.get_or_insert_with(|| size(text.longest_row));
    }
    if files.format == FileFormat::Csv {
        table.delimiter.get_or_insert_with(|| text.delimiter.clone());
        table.quote.get_or_insert_with(|| text.quote.map(String::from).unwrap_or_default());
        if let Some(escape) = text.escape {
            table.escape.get_or_insert_with(|| escape.to_string());
        }
        if let Some(marker) = &text.null_marker {
            table.null_marker.get_or_insert_with(|| marker.clone());
        }
    }
}

/// Seconds as the language writes a length of time.
fn length(seconds: u64) -> String {
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
    let whole = units.into_iter().find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{seconds}s"), |(unit, letter)| format!("{}{letter}", seconds / unit))
}

/// Bytes as the language writes a size.
fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    let whole = units.into_iter().find(|(unit, _)| bytes.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{bytes}B"), |(unit, name)| format!("{}{name}", bytes / unit))
}
