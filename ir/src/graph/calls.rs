//! Who calls whom.

use crate::{FuncId, Module, Op, Payload, RelocTarget};
use cranelift_entity::{EntityRef, EntitySet, PrimaryMap};
use petgraph::graph::{DiGraph, NodeIndex};

/// The functions that can be reached from `entry`, by ascending id.
pub fn reachable(module: &Module, entry: FuncId) -> Vec<FuncId> {
    let mut seen = EntitySet::<FuncId>::new();
    let mut todo = vec![entry];
    // Any global may be reached; they are few, and finding out costs more.
    for reloc in module.globals.values().flat_map(|global| &global.relocs) {
        if let RelocTarget::Func(func) = reloc.target {
            todo.push(func);
        }
    }
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let func = &module.functions[id];
        for &inst in func.layout.iter().flat_map(|&block| &func.blocks[block].insts) {
            let data = &func.insts[inst];
            if let (Op::Call | Op::FuncAddr, Payload::Func(callee)) = (data.op, &data.payload) {
                todo.push(*callee);
            }
        }
    }
    module.functions.keys().filter(|&func| seen.contains(func)).collect()
}

/// The direct calls of a module; node `i` of the graph is function `i`.
#[derive(Clone, Debug)]
pub struct CallGraph {
    /// An edge for each callee of a function, with the number of its calls.
    graph: DiGraph<FuncId, u32>,
    nodes: PrimaryMap<FuncId, Node>,
    components: Vec<Vec<FuncId>>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    callees: Vec<FuncId>,
    callers: Vec<FuncId>,
    /// Direct calls of this function, anywhere.
    call_sites: u32,
    address_taken: bool,
    calls_pointers: bool,
    recursive: bool,
}

impl CallGraph {
    pub fn new(module: &Module) -> CallGraph {
        let mut graph = DiGraph::with_capacity(module.functions.len(), module.functions.len());
        let mut nodes: PrimaryMap<FuncId, Node> = PrimaryMap::with_capacity(module.functions.len());
        for id in module.functions.keys() {
            graph.add_node(id);
            nodes.push(Node::default());
        }
        for reloc in module.globals.values().flat_map(|global| &global.relocs) {
            if let RelocTarget::Func(func) = reloc.target {
                nodes[func].address_taken = true;
            }
        }
        let mut calls_to = vec![0u32; module.functions.len()];
        for (caller, func) in &module.functions {
            for &inst in func.layout.iter().flat_map(|&block| &func.blocks[block].insts) {
                let data = &func.insts[inst];
                match data.payload {
                    Payload::Func(callee) if data.op == Op::Call => {
                        nodes[callee].call_sites += 1;
                        calls_to[callee.index()] += 1;
                        if calls_to[callee.index()] == 1 {
                            nodes[caller].callees.push(callee);
                        }
                    }
                    Payload::Func(callee) => nodes[callee].address_taken = true,
                    Payload::Sig(_) => nodes[caller].calls_pointers = true,
                    _ => {}
                }
            }
            for index in 0..nodes[caller].callees.len() {
                let callee = nodes[caller].callees[index];
                nodes[callee].callers.push(caller);
                let calls = std::mem::take(&mut calls_to[callee.index()]);
                graph.add_edge(NodeIndex::new(caller.index()), NodeIndex::new(callee.index()), calls);
            }
        }
        // Kosaraju's algorithm as petgraph has it does not recurse, unlike its Tarjan.
        let mut components = Vec::new();
        for component in petgraph::algo::kosaraju_scc(&graph) {
            let mut members: Vec<FuncId> = component.iter().map(|&node| graph[node]).collect();
            members.sort_unstable();
            for &member in &members {
                nodes[member].recursive = members.len() > 1 || nodes[member].callees.contains(&member);
            }
            components.push(members);
        }
        CallGraph { graph, nodes, components }
    }

    /// The functions that this one calls directly, each once, in the order of their first call.
    pub fn callees(&self, func: FuncId) -> &[FuncId] {
        &self.nodes[func].callees
    }

    /// The functions that call this one directly, each once.
    pub fn callers(&self, func: FuncId) -> &[FuncId] {
        &self.nodes[func].callers
    }

    /// The number of direct calls of this function.
    pub fn num_call_sites(&self, func: FuncId) -> u32 {
        self.nodes[func].call_sites
    }

    /// Whether an instruction or a global holds the function's address, so that it may be called indirectly.
    pub fn is_address_taken(&self, func: FuncId) -> bool {
        self.nodes[func].address_taken
    }

    /// Whether it calls through pointers.
    pub fn calls_pointers(&self, func: FuncId) -> bool {
        self.nodes[func].calls_pointers
    }

    /// Whether it can call itself by direct calls.
    pub fn is_recursive(&self, func: FuncId) -> bool {
        self.nodes[func].recursive
    }

    /// The strongly connected components, callees before callers; functions within one by id.
    pub fn bottom_up(&self) -> &[Vec<FuncId>] {
        &self.components
    }

    /// For petgraph's algorithms: functions by id, with the number of calls on the edges.
    pub fn graph(&self) -> &DiGraph<FuncId, u32> {
        &self.graph
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_bottom_up() {
        let text = "global @table size 8 align 8 { 0 fn @leaf }\n\
            fn @main(ptr) {\nblock0(v0: ptr):\n  call @even()\n  call @even()\n  call_indirect sig0, v0()\n  return\n}\n\
            fn @even() {\nblock0:\n  call @odd()\n  call @leaf()\n  return\n}\n\
            fn @odd() {\nblock0:\n  call @even()\n  return\n}\n\
            fn @leaf() {\nblock0:\n  return\n}\n\
            fn @self() {\nblock0:\n  call @self()\n  return\n}\nsig 0 ()\n";
        let module = crate::parse::module(text).unwrap();
        let calls = CallGraph::new(&module);
        let [main, even, odd, leaf, itself] = [0, 1, 2, 3, 4].map(FuncId::from_u32);
        let position = |func| calls.bottom_up().iter().position(|members| members.contains(&func)).unwrap();
        assert!(position(leaf) < position(even) && position(even) == position(odd) && position(odd) < position(main));
        assert_eq!(calls.callees(even), [odd, leaf]);
        assert_eq!(calls.callers(even), [main, odd]);
        assert_eq!((calls.num_call_sites(even), calls.num_call_sites(leaf)), (3, 1));
        assert!(calls.is_address_taken(leaf) && !calls.is_address_taken(odd));
        assert!(calls.calls_pointers(main) && !calls.calls_pointers(even));
        assert_eq!([main, even, leaf, itself].map(|f| calls.is_recursive(f)), [false, true, false, true]);
    }

    #[test]
    fn long_chains_do_not_recurse() {
        let n = 100_000;
        let mut text = String::new();
        for i in 0..n {
            text.push_str(&format!("fn @f{i}() {{\nblock0:\n  call @f{}()\n  return\n}}\n", i + 1));
        }
        text.push_str(&format!("import fn @f{n}()\n"));
        let module = crate::parse::module(&text).unwrap();
        let calls = CallGraph::new(&module);
        assert!(calls.bottom_up().iter().flatten().map(|f| f.as_u32()).eq((0..=n).rev()));
    }
}
