//! Resolved models as text: what the YAML says and every default that it leaves out.

use std::fmt::Write as _;

use dwc_compiler::model::{DimensionKind, EffectiveAt, ModelId, Project, star_columns};

/// Every model, one line each.
pub(crate) fn list(project: &Project) -> String {
    let mut text = String::new();
    for id in &project.order {
        let (kind, description) = match id {
            ModelId::Dimension(index) => ("dimension", &project.dimensions[*index].description),
            ModelId::Fact(index) => ("fact", &project.facts[*index].description),
        };
        let _ = writeln!(text, "{kind:<10} {:<24} {description}", project.model_name(*id));
    }
    text
}

/// One model, whole.
pub(crate) fn one(project: &Project, id: ModelId) -> String {
    let mut text = String::new();
    match id {
        ModelId::Dimension(index) => dimension(project, index, &mut text),
        ModelId::Fact(index) => fact(project, index, &mut text),
    }
    text.push_str("columns:\n");
    for column in star_columns(project, id) {
        let required = if column.required { " NOT NULL" } else { "" };
        let _ = writeln!(text, "  {}: {}{required}", column.name, column.ty);
    }
    let (up, down) = (names(project, &project.upstream(id)), names(project, &project.downstream(id)));
    if !up.is_empty() {
        let _ = writeln!(text, "upstream: [{up}]");
    }
    if !down.is_empty() {
        let _ = writeln!(text, "downstream: [{down}]");
    }
    text
}

fn names(project: &Project, ids: &[ModelId]) -> String {
    ids.iter().map(|id| project.model_name(*id)).collect::<Vec<_>>().join(", ")
}

fn dimension(project: &Project, index: usize, text: &mut String) {
    let dimension = &project.dimensions[index];
    let _ = writeln!(
        text,
        "dimension: {}\ndescription: {}\nprotect: {}",
        dimension.name, dimension.description, dimension.protect
    );
    match &dimension.kind {
        DimensionKind::Calendar(calendar) => {
            let _ = writeln!(
                text,
                "kind: calendar\nfirst_day: {}\nlast_day: {}\nfiscal_year_starts: {}\nholidays: {}",
                calendar.first_day,
                calendar.last_day,
                calendar.fiscal_year_starts,
                calendar.holidays.len()
            );
        }
        DimensionKind::TimeOfDay => text.push_str("kind: time_of_day\n"),
        DimensionKind::Standard(_) | DimensionKind::Mini(_) => {
            let Some(members) = dimension.members() else { return };
            let kind = match dimension.mini() {
                None => "standard".to_owned(),
                Some(mini) => format!("mini\nof: {}\noutrigger: {}", mini.base, mini.outrigger),
            };
            let key: Vec<&str> = members.natural_key.iter().map(|column| column.name.as_str()).collect();
            let effective = match &members.effective_at {
                EffectiveAt::Column(name, ty) => format!("{name} ({ty})"),
                EffectiveAt::Extracted => "extracted".to_owned(),
            };
            let _ = writeln!(
                text,
                "kind: {kind}\nnatural_key: [{}]\neffective_at: {effective}\neffective_to: {}\nsequence: {}\non_delete: {:?}\nfirst_version: {:?}\nopen_end: {:?}\ntype1_scope: {:?}\nlate_type0: {:?}\nsurrogate_key: {{ strategy: {:?}, salt: {:?} }}",
                key.join(", "),
                members
                    .effective_to
                    .as_ref()
                    .map_or("the next state".to_owned(), |(name, ty)| format!("{name} ({ty})")),
                members.sequence.as_deref().unwrap_or("the later batch wins"),
                members.on_delete,
                members.first_version,
                members.open_end,
                members.type1_scope,
                members.late_type0,
                members.key_strategy,
                members.salt
            );
            text.push_str("attributes:\n");
            for attribute in &members.attributes {
                let _ = writeln!(
                    text,
                    "  {}: {{ scd: {}, type: {}, expr: {} }}",
                    attribute.column.name,
                    attribute.scd.number(),
                    attribute.column.ty,
                    attribute.expr.trim()
                );
            }
            let _ = writeln!(text, "query: |\n  {}", members.query.text.trim().replace('\n', "\n  "));
        }
    }
}

fn fact(project: &Project, index: usize, text: &mut String) {
    let fact = &project.facts[index];
    let key: Vec<&str> = fact.key.iter().map(|column| column.name.as_str()).collect();
    let _ = writeln!(
        text,
        "fact: {}\nkind: {:?}\ndescription: {}\nbusiness_process: {}\ngrain: {{ description: {}, key: [{}] }}\nevent_time: {}\npartition_by: {}\ncluster_by: [{}]\non_delete: {:?}\ninsert_only: {}\nprotect: {}",
        fact.name,
        fact.kind,
        fact.description,
        fact.business_process,
        fact.grain,
        key.join(", "),
        fact.event_time.as_ref().map_or("none", |column| &column.name),
        fact.partition_by.as_ref().map_or("none", |column| &column.name),
        fact.cluster_by.join(", "),
        fact.on_delete,
        fact.insert_only,
        fact.protect
    );
    text.push_str("dimensions:\n");
    for role in &fact.roles {
        let on: Vec<&str> = role.on.iter().map(|column| column.name.as_str()).collect();
        let _ = writeln!(
            text,
            "  {}: {{ dimension: {}, on: [{}], as_of: {}, missing: {:?}, when_null: {:?} }}",
            role.name,
            project.dimensions[role.dimension].name,
            on.join(", "),
            role.as_of.as_ref().or(fact.event_time.as_ref()).map_or("now", |column| &column.name),
            role.missing,
            role.when_null
        );
    }
    text.push_str("measures:\n");
    for measure in &fact.measures {
        let mut declared = String::new();
        if !measure.over.is_empty() {
            let over: Vec<String> =
                measure.over.iter().map(|(role, over)| format!("{role}: {}", over.word())).collect();
            let _ = write!(declared, ", over: {{ {} }}", over.join(", "));
        }
        if let Some(aggregation) = &measure.aggregation {
            let _ = write!(declared, ", aggregation: {aggregation}");
        }
        let _ = writeln!(
            text,
            "  {}: {{ type: {}, expr: {}, additive: {:?}{declared}, unit: {}, currency: {} }}",
            measure.column.name,
            measure.column.ty,
            measure.expr.trim(),
            measure.additive,
            measure.unit.as_deref().unwrap_or("none"),
            measure.currency.as_deref().unwrap_or("none")
        );
    }
    let _ = writeln!(text, "query: |\n  {}", fact.query.text.trim().replace('\n', "\n  "));
}
