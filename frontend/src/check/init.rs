//! In which order the initialisers of globals run.
//!
//! Each runs after those of the globals that it reads, directly or through functions that it calls; those that do not
//! depend on each other in the order of imports (a module after those that it imports), then of the source. Globals whose
//! initialisers need each other are an error. The order is that of the strongly connected components of the graph of
//! globals and functions, with an edge to what is read or called (Tarjan, "Depth-first search and linear graph
//! algorithms", 1972).

use super::Cx;
use crate::diagnostic::Diagnostic;
use crate::hir::{ExprKind, FuncId, GlobalId, PlaceKind};
use crate::source::Span;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Node {
    Global(GlobalId),
    Func(FuncId),
}

/// An edge is the place of the first read or call.
type Needs = DiGraph<Node, Span>;

impl<'a> Cx<'a> {
    /// The order for these globals, which have initialisers that run.
    pub(crate) fn init_order(&mut self, mut globals: Vec<GlobalId>) -> Vec<GlobalId> {
        let ranks = self.module_ranks();
        globals.sort_by_key(|id| (ranks[self.globals[id.index()].file], *id));
        let graph = self.needs(&globals);
        let mut order = Vec::with_capacity(globals.len());
        for component in tarjan_scc(&graph) {
            let found: Vec<(NodeIndex, GlobalId)> = component
                .iter()
                .filter_map(|&node| match graph[node] {
                    Node::Global(id) => Some((node, id)),
                    Node::Func(_) => None,
                })
                .collect();
            let first = found.iter().copied().min();
            if let Some((node, id)) = first
                && (component.len() > 1 || graph.contains_edge(node, node))
            {
                self.report_init_cycle(&graph, node, id);
            }
            order.extend(found.into_iter().map(|(_, id)| id));
        }
        order
    }

    /// What the initialisers read and call, and what the functions that they call do.
    fn needs(&self, globals: &[GlobalId]) -> Needs {
        let mut graph = Needs::new();
        let mut nodes: FxHashMap<Node, NodeIndex> = FxHashMap::default();
        let mut pending: VecDeque<Node> = VecDeque::new();
        // The globals come first, so that they are visited in their order.
        for &id in globals {
            nodes.insert(Node::Global(id), graph.add_node(Node::Global(id)));
            pending.push_back(Node::Global(id));
        }
        while let Some(node) = pending.pop_front() {
            let func = match node {
                Node::Global(id) => self.globals[id.index()].init.expect("those without are not asked for"),
                Node::Func(id) => id,
            };
            let Some(body) = &self.funcs[func.index()].body else { continue };
            let reads = body.places.iter().filter_map(|place| match place.kind {
                PlaceKind::Global(id) if nodes.contains_key(&Node::Global(id)) => Some((Node::Global(id), place.span)),
                _ => None,
            });
            let calls = body.exprs.iter().filter_map(|expr| match expr.kind {
                ExprKind::Call { callee, .. } | ExprKind::Func(callee) => Some((Node::Func(callee), expr.span)),
                _ => None,
            });
            let needed: Vec<(Node, Span)> = reads.chain(calls).collect();
            let from = nodes[&node];
            // The graph visits edges that were added last first.
            for (needed, span) in needed.into_iter().rev() {
                let to = *nodes.entry(needed).or_insert_with(|| {
                    pending.push_back(needed);
                    graph.add_node(needed)
                });
                graph.update_edge(from, to, span);
            }
        }
        graph
    }

    /// For each file its place in the order of imports.
    fn module_ranks(&self) -> Vec<usize> {
        let mut ranks = vec![usize::MAX; self.files.len()];
        let mut visited = vec![false; self.files.len()];
        let mut next = 0;
        let imports = |file: usize| {
            let mut imports: Vec<_> = self.modules[file].imports.iter().collect();
            imports.sort();
            imports.into_iter().map(|(_, &module)| module).collect::<Vec<usize>>().into_iter()
        };
        let mut open = vec![(0, imports(0))];
        visited[0] = true;
        while let Some((file, rest)) = open.last_mut() {
            match rest.find(|&module| !visited[module]) {
                Some(module) => {
                    visited[module] = true;
                    open.push((module, imports(module)));
                }
                None => {
                    ranks[*file] = next;
                    next += 1;
                    open.pop();
                }
            }
        }
        ranks
    }

    /// Names the shortest way from a global back to itself.
    fn report_init_cycle(&mut self, graph: &Needs, start: NodeIndex, id: GlobalId) {
        // Breadth first: for each node the one before it.
        let mut before: FxHashMap<NodeIndex, NodeIndex> = FxHashMap::default();
        let mut pending = VecDeque::from([start]);
        while let Some(node) = pending.pop_front()
            && !before.contains_key(&start)
        {
            for next in graph.neighbors(node) {
                before.entry(next).or_insert_with(|| {
                    pending.push_back(next);
                    node
                });
            }
        }
        let mut way = vec![start];
        loop {
            let last = *way.last().expect("it has the start");
            way.push(before[&last]);
            if before[&last] == start {
                break;
            }
        }
        way.reverse();
        let name_of = |node: NodeIndex| match graph[node] {
            Node::Global(id) => self.text(self.globals[id.index()].name).to_string(),
            Node::Func(id) => self.text(self.funcs[id.index()].name).to_string(),
        };
        let decl = &self.globals[id.index()];
        let message = format!("the initialiser of `{}` needs its own value", self.text(decl.name));
        let mut diagnostic = Diagnostic::error("E0343", decl.span, message);
        for step in way.windows(2) {
            let (from, to) = (name_of(step[0]), name_of(step[1]));
            let verb = if let Node::Global(_) = graph[step[1]] { "reads" } else { "calls" };
            let edge = graph.find_edge(step[0], step[1]).expect("a step of the way");
            diagnostic = diagnostic.secondary(graph[edge], format!("`{from}` {verb} `{to}` here"));
        }
        let chain: Vec<String> = way.iter().map(|&node| format!("`{}`", name_of(node))).collect();
        self.report(diagnostic.note(format!("the chain is {}", chain.join(" -> "))));
    }
}
