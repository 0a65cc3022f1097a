//! Selections: names of models, `tag:word`, `state:modified`, with `+` before for what they read and `+` after for what reads them.

use super::types::{ModelId, Project};
use crate::diagnostic::nearest;

/// The models that selections name, in load order; every model where there are none.
///
/// # Errors
/// The first word that selects nothing, with the name nearest to it.
pub fn select(project: &Project, words: &[String]) -> Result<Vec<ModelId>, String> {
    select_modified(project, words, &[])
}

/// Whether selections ask which models have changed.
#[must_use]
pub fn asks_modified(words: &[String]) -> bool {
    words.iter().any(|words| words.contains(MODIFIED))
}

const MODIFIED: &str = "state:modified";

/// [`select`], with the models that `state:modified` stands for; it may stand for none.
///
/// # Errors
/// As [`select`].
pub fn select_modified(project: &Project, words: &[String], modified: &[ModelId]) -> Result<Vec<ModelId>, String> {
    if words.is_empty() {
        return Ok(project.order.clone());
    }
    let mut chosen: Vec<ModelId> = Vec::new();
    // An empty word is what a variable that is not set leaves behind: it does not mean everything, nor nothing.
    if words.iter().any(|words| words.split([',', ' ']).all(str::is_empty)) {
        return Err("`--select` names no model".to_owned());
    }
    for word in words.iter().flat_map(|words| words.split([',', ' '])).filter(|word| !word.is_empty()) {
        let (up, rest) = word.strip_prefix('+').map_or((false, word), |rest| (true, rest));
        let (down, name) = rest.strip_suffix('+').map_or((false, rest), |name| (true, name));
        let found: Vec<ModelId> = match name.strip_prefix("tag:") {
            Some(tag) => {
                project.order.iter().copied().filter(|id| project.tags(*id).iter().any(|t| t == tag)).collect()
            }
            None if name == MODIFIED => modified.to_vec(),
            None => project.model(name).into_iter().collect(),
        };
        if found.is_empty() && name != MODIFIED {
            let names = project.order.iter().map(|id| project.model_name(*id));
            let near = nearest(name, names).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!("`{word}` selects no model{near}"));
        }
        for id in found {
            chosen.push(id);
            if up {
                reach(id, &mut chosen, &|id| project.upstream(id));
            }
            if down {
                reach(id, &mut chosen, &|id| project.downstream(id));
            }
        }
    }
    Ok(project.order.iter().copied().filter(|id| chosen.contains(id)).collect())
}

/// Everything that can be reached from a model, the model itself aside.
fn reach(from: ModelId, found: &mut Vec<ModelId>, next: &dyn Fn(ModelId) -> Vec<ModelId>) {
    let mut waiting = next(from);
    let mut seen = Vec::new();
    while let Some(id) = waiting.pop() {
        if !seen.contains(&id) {
            seen.push(id);
            waiting.extend(next(id));
        }
    }
    found.extend(seen);
}
