//! Who is told what happened in a run: the models, owners and targets of each webhook, and that no secret is in the file.
//! It must not know how a message is sent.

use super::resolve::unknown;
use super::select;
use super::types::{ModelId, Notify, NotifyFormat, NotifyOf, NotifyOn, Project};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::{self, Document, Names};

/// The webhooks of a project, in the order declared.
pub(super) fn resolve_notify(
    document: &Document,
    declared: &syntax::Project,
    project: &Project,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Notify> {
    let all = declared.notify.iter().flatten();
    all.map(|(name, notify)| {
        let at = |key: &str| document.span(&["notify", name, key]);
        let format = notify.format.unwrap_or(NotifyFormat::Json);
        check_address(name, &notify.to, format, at("to"), problems);
        let targets = notify.targets.clone().map_or_else(Vec::new, |names| names.0);
        for target in targets.iter().filter(|target| !project.targets.contains_key(*target)) {
            problems.push(unknown("target", target, at("targets"), project.targets.keys().map(String::as_str)));
        }
        let models = notify.select.as_ref().map(|words| selected(project, words, at("select"), problems));
        let owned = notify.owner.as_ref().map(|names| owned(project, names, at("owner"), problems));
        let of = (models.is_some() || owned.is_some()).then(|| {
            let mut of = owned.unwrap_or_default();
            of.models.extend(models.unwrap_or_default());
            of.models.sort_unstable();
            of.models.dedup();
            of.sources.extend(of.models.iter().flat_map(|id| sources_of(project, *id)));
            of.sources.sort_unstable();
            of.sources.dedup();
            of
        });
        let on = notify.on.clone().unwrap_or_else(|| NotifyOn::ALL.to_vec());
        Notify { name: name.clone(), to: notify.to.clone(), format, on, of, targets, span: at("to") }
    })
    .collect()
}

/// Whoever knows the address of a chat's webhook can write there: it is a secret as a whole.
fn check_address(name: &str, to: &str, format: NotifyFormat, span: Span, problems: &mut Vec<Diagnostic>) {
    let is_template = to.contains("{{");
    let has_scheme = to.starts_with("https://") || to.starts_with("http://");
    if syntax::has_secret(to) || (format != NotifyFormat::Json && !is_template) {
        problems.push(
            Diagnostic::new(Code::SecretInFile, format!("`to` of the webhook `{name}` is a secret"))
                .at(span, "whoever reads it can send messages")
                .help("take it from the environment: `to: \"{{ env('…') }}\"`"),
        );
    } else if !is_template && !has_scheme {
        problems.push(
            Diagnostic::new(Code::WrongValue, format!("`to` of the webhook `{name}` is not an address"))
                .at(span, "must begin with https:// or http://")
                .help("write the whole address of the webhook"),
        );
    }
}

/// The models that `select` names.
fn selected(project: &Project, words: &Names, span: Span, problems: &mut Vec<Diagnostic>) -> Vec<ModelId> {
    if select::asks_modified(&words.0) {
        let message = "a webhook cannot select `state:modified`";
        problems.push(
            Diagnostic::new(Code::WrongValue, message)
                .at(span, "known only while a command runs")
                .help("name models, or write `tag:word`"),
        );
        return Vec::new();
    }
    select::select(project, &words.0).unwrap_or_else(|message| {
        problems.push(
            Diagnostic::new(Code::UnknownName, message)
                .at(span, "selects nothing")
                .help("select by name, `+name`, `name+` or `tag:word`"),
        );
        Vec::new()
    })
}

/// The models and sources of owners.
fn owned(project: &Project, names: &Names, span: Span, problems: &mut Vec<Diagnostic>) -> NotifyOf {
    let mut of = NotifyOf::default();
    for name in &names.0 {
        let models: Vec<ModelId> =
            project.order.iter().copied().filter(|id| project.owner(*id) == Some(name.as_str())).collect();
        let sources = project.sources.iter().filter(|source| source.owner.as_ref() == Some(name));
        let sources: Vec<String> = sources.map(|source| source.name.clone()).collect();
        if models.is_empty() && sources.is_empty() {
            let owners = project.order.iter().filter_map(|id| project.owner(*id));
            let owners: std::collections::BTreeSet<&str> =
                owners.chain(project.sources.iter().filter_map(|source| source.owner.as_deref())).collect();
            problems.push(unknown("owner", name, span, owners));
        }
        of.models.extend(models);
        of.sources.extend(sources);
    }
    of
}

/// The sources whose tables a model reads, also through other models.
fn sources_of(project: &Project, id: ModelId) -> Vec<String> {
    let mut waiting = vec![id];
    let mut seen = Vec::new();
    let mut sources = Vec::new();
    while let Some(id) = waiting.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let tables = project.query(id).into_iter().flat_map(|query| &query.analysis.tables);
        sources.extend(tables.filter_map(|used| project.table(&used.table)).map(|table| table.source.clone()));
        waiting.extend(project.upstream(id));
    }
    sources
}
