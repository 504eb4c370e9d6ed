//! Which variables may be used before they have a value.
//!
//! A use is certain to find a value where its own block gives one before it, or a block that dominates it does. That misses
//! variables that get their value on each of several ways; those are treated as uncertain, which costs a flag and is right.

use super::graph::Graph;
use super::program::{Function, Op};
use crate::intern::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

/// So many of the assignments to a variable, the outermost, are looked at for each use.
const MAX_TRIED: usize = 8;

pub(super) struct Defined {
    uncertain: FxHashSet<Key>,
}

/// A variable, or with `true` what `set` gave it.
type Key = (Symbol, bool);

impl Defined {
    pub fn new(function: &Function, graph: &Graph) -> Defined {
        let mut finder =
            Finder { function, graph, given: FxHashMap::default(), exposed: Vec::new(), copies: Vec::new() };
        for index in (0..graph.blocks.len()).filter(|&index| graph.is_reached(index)) {
            finder.block(index);
        }
        finder.phis();
        finder.finish()
    }

    pub fn is_uncertain(&self, name: Symbol) -> bool {
        self.uncertain.contains(&(name, false))
    }

    /// Whether a `get` may come before every `set`.
    pub fn is_uncertain_shadow(&self, name: Symbol) -> bool {
        self.uncertain.contains(&(name, true))
    }
}

struct Finder<'a> {
    function: &'a Function,
    graph: &'a Graph,
    /// The blocks that give each variable a value.
    given: FxHashMap<Key, Vec<usize>>,
    /// Uses that nothing precedes in their block.
    exposed: Vec<(Key, usize)>,
    /// `phi`s: what is uncertain on the left makes uncertain what is on the right.
    copies: Vec<(Symbol, Symbol)>,
}

impl Finder<'_> {
    fn block(&mut self, index: usize) {
        let function = self.function;
        let mut given: FxHashSet<Key> = FxHashSet::default();
        for at in self.graph.blocks[index].instrs.clone() {
            let instr = &function.instrs[at];
            let args = function.args(instr);
            let uses = match instr.op {
                Op::Phi => &[],
                Op::Set => &args[1..],
                _ => args,
            };
            let uses = uses.iter().map(|&name| (name, false));
            for key in uses.chain((instr.op == Op::Get).then_some((instr.dest, true))) {
                if !given.contains(&key) {
                    self.exposed.push((key, index));
                }
            }
            if instr.op == Op::Set && given.insert((args[0], true)) {
                self.given.entry((args[0], true)).or_default().push(index);
            }
            if instr.dest != Symbol::EMPTY && given.insert((instr.dest, false)) {
                self.given.entry((instr.dest, false)).or_default().push(index);
            }
        }
    }

    /// A `phi` uses a variable at the end of the block that control comes from.
    fn phis(&mut self) {
        let function = self.function;
        for index in (0..self.graph.blocks.len()).filter(|&index| self.graph.is_reached(index)) {
            let phis = &self.graph.blocks[index].phis;
            if phis.is_empty() {
                continue;
            }
            let labels: Vec<(usize, Symbol)> =
                self.graph.predecessors(index).map(|from| (from, self.graph.blocks[from].label)).collect();
            for &at in phis {
                let instr = &function.instrs[at];
                let by_label: FxHashMap<Symbol, Symbol> =
                    function.labels(instr).iter().copied().zip(function.args(instr).iter().copied()).rev().collect();
                let misses = |label: Symbol| label == Symbol::EMPTY || !by_label.contains_key(&label);
                if index == 0 || labels.iter().any(|&(_, label)| misses(label)) {
                    // Used as nothing gives it a value.
                    self.copies.push((Symbol::EMPTY, instr.dest));
                }
                for &(from, label) in &labels {
                    let Some(&arg) = by_label.get(&label) else { continue };
                    self.copies.push((arg, instr.dest));
                    let key = (arg, false);
                    if self.given.get(&key).is_none_or(|blocks| blocks.binary_search(&from).is_err()) {
                        self.exposed.push((key, from));
                    }
                }
            }
        }
    }

    fn finish(mut self) -> Defined {
        let graph = self.graph;
        let params: FxHashSet<Symbol> = self.function.params.iter().map(|param| param.name).collect();
        for blocks in self.given.values_mut() {
            blocks.sort_by_key(|&block| (graph.depth(block), block));
            blocks.truncate(MAX_TRIED);
        }
        let mut uncertain: FxHashSet<Key> = FxHashSet::default();
        uncertain.insert((Symbol::EMPTY, false));
        for &((name, shadow), index) in &self.exposed {
            if params.contains(&name) && !shadow || uncertain.contains(&(name, shadow)) {
                continue;
            }
            let given = self.given.get(&(name, shadow)).map_or(&[][..], |blocks| blocks);
            if !given.iter().any(|&above| above != index && graph.dominates(above, index)) {
                uncertain.insert((name, shadow));
            }
        }
        let mut into: FxHashMap<Symbol, Vec<Symbol>> = FxHashMap::default();
        for &(from, to) in &self.copies {
            into.entry(from).or_default().push(to);
        }
        let mut open: Vec<Symbol> = uncertain.iter().filter(|key| !key.1).map(|key| key.0).collect();
        while let Some(name) = open.pop() {
            for &to in into.get(&name).map_or(&[][..], |names| names) {
                if !params.contains(&to) && uncertain.insert((to, false)) {
                    open.push(to);
                }
            }
        }
        Defined { uncertain }
    }
}
