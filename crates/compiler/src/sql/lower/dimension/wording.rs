//! How the values of attributes read: labels, and what stands for NULL. Events keep the values; the texts come in where
//! versions are made of them. It must not decide what a text is.

use dwc_googlesql::Type;
use serde::Serialize;

use super::context::Context;
use super::gates::Audited;
use crate::diagnostic::Code;
use crate::model::{Attribute, Dimension, Members, ModelId, RESERVED, StoredValue};
use crate::plan::{Change, Gate, Object, ObjectKind, Reads, Statement};
use crate::sql::lower::Lowering;
use crate::sql::lower::design::null_of;
use crate::sql::names;

/// The events of the members that a load computes: those that are kept, and those that are new.
const EVENTS: &str = "SELECT * FROM kept UNION ALL SELECT * FROM fresh";

/// A column that is never NULL, and what it holds in a member of which nothing is known but its key.
#[derive(Clone, Serialize)]
pub(in crate::sql::lower) struct Unknown {
    name: String,
    value: String,
}

impl Lowering<'_> {
    /// A value of an attribute as its dimension shows it.
    pub(in crate::sql::lower) fn worded(&self, value: &str, attribute: &Attribute) -> String {
        let Some(wording) = &attribute.wording else { return value.to_owned() };
        let mut text = value.to_owned();
        if !wording.labels.is_empty() {
            let folds = attribute.column.folds_case;
            let told = |side: &str| if folds { self.dialect.folded(side) } else { side.to_owned() };
            let mut case = format!("CASE {}", told(value));
            for (value, label) in &wording.labels {
                let value = told(&self.literal(value, &wording.ty));
                case.push_str(&format!(" WHEN {value} THEN {}", self.dialect.string(label)));
            }
            // A flag has no other values.
            text = match wording.ty {
                Type::Bool => format!("{case} END"),
                Type::String | Type::Unknown => format!("{case} ELSE {value} END"),
                _ => format!("{case} ELSE CAST({value} AS {}) END", self.dialect.ty(&Type::String)),
            };
        }
        match &wording.null {
            Some(null) => format!("COALESCE({text}, {})", self.literal(null, &attribute.column.ty)),
            None => text,
        }
    }

    /// The events of the members that a load computes, with the texts of their values.
    pub(super) fn told_events(&self, members: &Members) -> String {
        if members.attributes.iter().all(|attribute| attribute.wording.is_none()) {
            return EVENTS.to_owned();
        }
        let column = |name: &str| format!("_t.{}", self.dialect.quote(name));
        let mut items: Vec<String> = members.natural_key.iter().map(|key| column(&key.name)).collect();
        items.extend(members.attributes.iter().map(|attribute| {
            let value = column(&attribute.column.name);
            match attribute.wording {
                Some(_) => {
                    format!("{} AS {}", self.worded(&value, attribute), self.dialect.quote(&attribute.column.name))
                }
                None => value,
            }
        }));
        items.extend(["_event_at", "_event_sequence", "_batch", "_state", "_gone"].map(|name| format!("_t.{name}")));
        format!("SELECT {} FROM ({EVENTS}) AS _t", items.join(", "))
    }

    /// What a reserved member holds in a column that is no text and never NULL.
    pub(in crate::sql::lower) fn never_null(&self, dimension: &Dimension, column: &str) -> Option<String> {
        if let Some(junk) = dimension.junk() {
            let found = junk.attributes.iter().find(|attribute| attribute.column.name == column)?;
            return Some(self.literal(found.when_null()?, &found.column.ty));
        }
        let stored = dimension.members()?.stored();
        let found = stored.iter().find(|one| one.name == column && one.value != StoredValue::Previous)?;
        Some(self.literal(found.attribute.when_null()?, &found.attribute.column.ty))
    }

    /// What an inferred member holds: of its texts that are never NULL nothing is known, as of the unknown member's.
    pub(in crate::sql::lower) fn unknown(&self, members: &Members) -> Vec<Unknown> {
        let stored = members.stored();
        let never_null =
            stored.iter().filter(|one| one.value != StoredValue::Previous && one.attribute.when_null().is_some());
        never_null
            .filter_map(|one| Some(Unknown { name: one.name.clone(), value: self.inferred_value(one.attribute)? }))
            .collect()
    }

    fn inferred_value(&self, attribute: &Attribute) -> Option<String> {
        let null = attribute.when_null()?;
        Some(match attribute.column.ty {
            Type::String => self.dialect.string(RESERVED[0].1),
            _ => self.literal(null, &attribute.column.ty),
        })
    }

    /// What becomes of the members that no state gives, where it is declared anew what NULL reads as.
    pub(in crate::sql::lower) fn reworded(&self, change: &Change, after: &Object) -> Vec<String> {
        let Some(ModelId::Dimension(index)) = self.project.model(&after.owner) else { return Vec::new() };
        let Some(before) = change.before.as_ref().filter(|_| after.kind == ObjectKind::Star) else { return Vec::new() };
        let dimension = &self.project.dimensions[index];
        let Some(members) = dimension.members() else { return Vec::new() };
        let path = self.star(&dimension.name);
        let key = self.dialect.quote(&names::key(&dimension.name));
        let says = |object: &Object, name: &str| {
            object.design.get(&format!("attribute {name}")).and_then(|says| null_of(says)).map(str::to_owned)
        };
        let mut statements = Vec::new();
        for one in members.stored() {
            let attribute = one.attribute;
            let own = after.columns.iter().find(|column| column.name == attribute.column.name);
            let former = own.and_then(|column| before.former(column)).map_or("", |former| former.name.as_str());
            let is_same = says(before, former) == says(after, &attribute.column.name);
            if is_same || one.value == StoredValue::Previous {
                continue;
            }
            let mut set = |value: Option<String>, condition: &str| {
                let (column, value) = (self.dialect.quote(&one.name), value.unwrap_or_else(|| "NULL".to_owned()));
                statements.push(format!("UPDATE {path} SET {column} = {value} WHERE {condition}"));
            };
            if dimension.mini().is_none() {
                set(self.inferred_value(attribute), "is_inferred");
            }
            if attribute.column.ty != Type::String {
                set(self.never_null(dimension, &one.name), &format!("{key} < 0"));
            }
        }
        statements
    }

    /// Says which values have no label where others of the attribute have one.
    pub(super) fn unlabelled(
        &self,
        dimension: &Dimension,
        members: &Members,
        context: &Context<'_>,
        audited: Audited,
    ) -> Vec<Statement> {
        let labelled = members.attributes.iter().filter_map(|attribute| {
            let wording = attribute.wording.as_ref()?;
            // A flag has a label for each of its values.
            (!wording.labels.is_empty() && wording.ty != Type::Bool).then_some((attribute, wording))
        });
        let key = self.dialect.quote(&context.key_column);
        let join = match audited {
            Audited::All => String::new(),
            Audited::Touched => format!(" JOIN members AS _m ON {}", self.same_key(&members.natural_key, "_m", "_d")),
        };
        let statement = |(attribute, wording): (&Attribute, &crate::model::Wording)| {
            let name = &attribute.column.name;
            let value = format!("_d.{}", self.dialect.quote(name));
            let known = wording.labels.iter().map(|(_, label)| label).chain(&wording.null);
            let known: Vec<String> = known.map(|text| self.dialect.string(text)).collect();
            let text = self.dialect.concat(&[self.dialect.string(&format!("{name}=")), value.clone()]);
            Statement {
                sql: format!(
                    "SELECT DISTINCT {text} AS key_text FROM {} AS _d{join} WHERE _d.{key} >= 0 AND NOT _d.is_inferred AND {value} NOT IN ({}) ORDER BY key_text LIMIT 20",
                    context.table,
                    known.join(", ")
                ),
                reads: Reads::Notice(Gate {
                    code: Code::UnlabelledValue,
                    message: format!("values of attribute `{name}` of dimension `{}` have no label", dimension.name),
                    span: wording.written,
                    help: "they stay as the source has them; add them to `labels`".to_owned(),
                }),
            }
        };
        labelled.map(statement).collect()
    }

    /// A value as a literal of the engine.
    pub(in crate::sql::lower) fn literal(&self, text: &str, ty: &Type) -> String {
        match ty {
            Type::String | Type::Unknown => self.dialect.string(text),
            Type::Int64 => text.to_owned(),
            Type::Bool => text.to_uppercase(),
            // The text of an instant is in UTC.
            Type::Timestamp => {
                format!("CAST({} AS {})", self.dialect.string(&format!("{text}+00")), self.dialect.ty(ty))
            }
            ty => format!("CAST({} AS {})", self.dialect.string(text), self.dialect.ty(&ty.plain())),
        }
    }
}
