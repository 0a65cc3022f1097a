//! The graph of models: the order in which they load, and cycles shown as a path.

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use super::types::{ModelId, Project};
use crate::diagnostic::{Code, Diagnostic};

/// Sets the load order: what a model reads comes before it, equals in order of their names.
pub(super) fn order(project: &mut Project) -> Vec<Diagnostic> {
    let ids: Vec<ModelId> = (0..project.dimensions.len())
        .map(ModelId::Dimension)
        .chain((0..project.facts.len()).map(ModelId::Fact))
        .collect();
    let names: std::collections::HashMap<&str, ModelId> = ids.iter().map(|id| (project.model_name(*id), *id)).collect();
    let place = |id: ModelId| match id {
        ModelId::Dimension(index) => NodeIndex::new(index),
        ModelId::Fact(index) => NodeIndex::new(project.dimensions.len() + index),
    };
    let mut graph: DiGraph<ModelId, ()> = DiGraph::with_capacity(ids.len(), ids.len() * 4);
    for id in &ids {
        graph.add_node(*id);
    }
    for id in &ids {
        for up in project.upstream_by(*id, |name| names.get(name).copied()) {
            graph.add_edge(place(up), place(*id), ());
        }
    }
    match toposort(&graph, None) {
        Ok(sorted) => {
            // By depth and then as declared, so that the order does not hang on how the sort walks.
            let mut depth = vec![0_usize; ids.len()];
            for node in sorted {
                depth[node.index()] = graph
                    .neighbors_directed(node, petgraph::Direction::Incoming)
                    .map(|up| depth[up.index()] + 1)
                    .max()
                    .unwrap_or(0);
            }
            let mut order: Vec<(usize, usize)> = depth.iter().copied().enumerate().map(|(at, d)| (d, at)).collect();
            order.sort_unstable();
            project.order = order.into_iter().map(|(_, at)| ids[at]).collect();
            Vec::new()
        }
        Err(_) => tarjan_scc(&graph)
            .into_iter()
            .filter(|component| component.len() > 1 || graph.contains_edge(component[0], component[0]))
            .map(|component| {
                let start = component[0];
                let mut path = vec![start];
                let mut at = start;
                while let Some(next) = graph
                    .neighbors(at)
                    .filter(|next| component.contains(next))
                    .min()
                    .filter(|_| path.len() <= component.len())
                {
                    path.push(next);
                    if next == start {
                        break;
                    }
                    at = next;
                }
                let names: Vec<&str> = path.iter().map(|node| project.model_name(graph[*node])).collect();
                Diagnostic::new(Code::Cycle, format!("models read each other in a cycle: {}", names.join(" → ")))
                    .help("let one of them read the source tables instead")
            })
            .collect(),
    }
}
