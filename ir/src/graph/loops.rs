//! Natural loops: for each header, the blocks from which its back edges can be reached without passing the header.

use super::{Cfg, Dominators};
use crate::Block;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityRef, PrimaryMap, entity_impl};
use petgraph::graph::{DiGraph, NodeIndex};

/// A loop of a [`LoopNest`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoopId(u32);
entity_impl!(LoopId, "loop");

/// A natural loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The block that dominates all others and that every iteration begins at.
    pub header: Block,
    /// The next outer loop.
    pub parent: Option<LoopId>,
    /// The loops directly inside.
    pub children: Vec<LoopId>,
    /// 1 for an outermost loop.
    pub depth: u32,
    /// All blocks, with those of inner loops, in reverse postorder: the header is first.
    pub blocks: Vec<Block>,
    /// The blocks that end in a back edge to the header.
    pub latches: Vec<Block>,
    /// The only block outside that goes to the header, if it goes nowhere else.
    pub preheader: Option<Block>,
}

/// The loops of a function.
#[derive(Clone, Debug)]
pub struct LoopNest {
    loops: PrimaryMap<LoopId, Loop>,
    innermost: Vec<PackedOption<LoopId>>,
    irreducible: Vec<bool>,
}

impl LoopNest {
    pub fn new(cfg: &Cfg, dominators: &Dominators) -> LoopNest {
        let mut draft = Draft::default();
        draft.innermost.resize(cfg.num_blocks(), None);
        // Headers of inner loops come before those of outer loops.
        for &header in dominators.preorder().iter().rev() {
            draft.find(cfg, dominators, header);
        }
        let mut nest = LoopNest {
            loops: PrimaryMap::with_capacity(draft.headers.len()),
            innermost: vec![None.into(); cfg.num_blocks()],
            irreducible: irreducible_blocks(cfg, dominators),
        };
        // Outer loops first, by the reverse postorder of headers.
        let mut ids: Vec<PackedOption<LoopId>> = vec![None.into(); draft.headers.len()];
        for &block in cfg.rpo() {
            let Some(inner) = draft.innermost[block.index()] else { continue };
            if draft.headers[inner] == block {
                let parent = draft.parents[inner].and_then(|parent| ids[parent].expand());
                let id = nest.loops.next_key();
                ids[inner] = id.into();
                if let Some(parent) = parent {
                    nest.loops[parent].children.push(id);
                }
                nest.loops.push(Loop {
                    header: block,
                    parent,
                    children: Vec::new(),
                    depth: parent.map_or(1, |parent| nest.loops[parent].depth + 1),
                    blocks: Vec::new(),
                    latches: Vec::new(),
                    preheader: None,
                });
            }
            let mut at = ids[inner];
            nest.innermost[block.index()] = at;
            while let Some(id) = at.expand() {
                nest.loops[id].blocks.push(block);
                at = nest.loops[id].parent.into();
            }
        }
        for id in nest.loops.keys() {
            let header = nest.loops[id].header;
            let (mut latches, mut outside) = (Vec::new(), Vec::new());
            for &pred in cfg.preds(header).iter().filter(|&&pred| cfg.is_reachable(pred)) {
                if dominators.dominates(header, pred) { latches.push(pred) } else { outside.push(pred) }
            }
            nest.loops[id].latches = latches;
            nest.loops[id].preheader = match outside[..] {
                [only] if cfg.succs(only).len() == 1 => Some(only),
                _ => None,
            };
        }
        nest
    }

    /// All loops, outer before inner.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (LoopId, &Loop)> + ExactSizeIterator {
        self.loops.iter()
    }

    pub fn len(&self) -> usize {
        self.loops.len()
    }

    pub fn is_empty(&self) -> bool {
        self.loops.is_empty()
    }

    /// The innermost loop that a block is in.
    pub fn innermost(&self, block: Block) -> Option<LoopId> {
        self.innermost.get(block.index()).and_then(|id| id.expand())
    }

    /// The number of loops that a block is in.
    pub fn depth(&self, block: Block) -> u32 {
        self.innermost(block).map_or(0, |id| self.loops[id].depth)
    }

    /// Whether the block is in the loop or in one inside it.
    pub fn contains(&self, id: LoopId, block: Block) -> bool {
        let mut at = self.innermost(block);
        while let Some(inner) = at {
            if inner == id {
                return true;
            }
            // Outer loops have smaller numbers.
            at = self.loops[inner].parent.filter(|&parent| parent >= id);
        }
        false
    }

    /// The edges that leave the loop: from a block inside to one outside.
    pub fn exits(&self, cfg: &Cfg, id: LoopId) -> Vec<(Block, Block)> {
        let inside = &self.loops[id].blocks;
        let edges = inside.iter().flat_map(|&from| cfg.succs(from).iter().map(move |&to| (from, to)));
        edges.filter(|&(_, to)| !self.contains(id, to)).collect()
    }

    /// Whether the block is on a cycle that is entered at more than one block, which no [`Loop`] describes.
    pub fn is_irreducible(&self, block: Block) -> bool {
        self.irreducible.get(block.index()).copied().unwrap_or(false)
    }

    /// Whether the function has a cycle that is entered at more than one block.
    pub fn has_irreducible(&self) -> bool {
        self.irreducible.contains(&true)
    }
}

impl std::ops::Index<LoopId> for LoopNest {
    type Output = Loop;

    fn index(&self, id: LoopId) -> &Loop {
        &self.loops[id]
    }
}

/// Loops in the order in which they are found, inner ones first.
#[derive(Default)]
struct Draft {
    headers: Vec<Block>,
    parents: Vec<Option<usize>>,
    /// A loop further out than this one, shortened as the search goes on.
    outward: Vec<usize>,
    innermost: Vec<Option<usize>>,
}

impl Draft {
    fn find(&mut self, cfg: &Cfg, dominators: &Dominators, header: Block) {
        let mut work: Vec<Block> = cfg.preds(header).to_vec();
        work.retain(|&pred| dominators.dominates(header, pred));
        if work.is_empty() {
            return;
        }
        let this = self.headers.len();
        self.headers.push(header);
        self.parents.push(None);
        self.outward.push(this);
        self.innermost[header.index()].get_or_insert(this);
        while let Some(block) = work.pop() {
            let entered = match self.innermost[block.index()] {
                None => {
                    self.innermost[block.index()] = Some(this);
                    block
                }
                Some(inner) => {
                    let outermost = self.outermost(inner);
                    if outermost == this {
                        continue;
                    }
                    self.parents[outermost] = Some(this);
                    self.outward[outermost] = this;
                    self.headers[outermost]
                }
            };
            work.extend(cfg.preds(entered).iter().filter(|&&pred| cfg.is_reachable(pred)));
        }
    }

    fn outermost(&mut self, mut id: usize) -> usize {
        while self.outward[id] != id {
            self.outward[id] = self.outward[self.outward[id]];
            id = self.outward[id];
        }
        id
    }
}

/// The blocks on cycles that remain when the back edges of natural loops are taken away.
fn irreducible_blocks(cfg: &Cfg, dominators: &Dominators) -> Vec<bool> {
    let mut marked = vec![false; cfg.num_blocks()];
    let retreats = |from: Block, to: Block| cfg.rpo_index(to) <= cfg.rpo_index(from);
    let edges = || cfg.rpo().iter().flat_map(|&from| cfg.succs(from).iter().map(move |&to| (from, to)));
    if !edges().any(|(from, to)| retreats(from, to) && !dominators.dominates(to, from)) {
        return marked;
    }
    let mut graph = DiGraph::<Block, ()>::new();
    for &block in cfg.rpo() {
        graph.add_node(block);
    }
    let node = |block: Block| NodeIndex::new(cfg.rpo_index(block).expect("reachable"));
    for (from, to) in edges().filter(|&(from, to)| !dominators.dominates(to, from)) {
        graph.add_edge(node(from), node(to), ());
    }
    for component in petgraph::algo::kosaraju_scc(&graph) {
        if component.len() > 1 {
            component.iter().for_each(|&node| marked[graph[node].index()] = true);
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{graph, random_graph};

    fn b(index: u32) -> Block {
        Block::from_u32(index)
    }

    fn nest(func: &crate::Function) -> (Cfg, LoopNest) {
        let cfg = Cfg::new(func);
        let dominators = Dominators::new(&cfg);
        let nest = LoopNest::new(&cfg, &dominators);
        (cfg, nest)
    }

    #[test]
    fn nested_loops() {
        // 0 -> 1; outer 1..=5, inner 2 3 with latch 3, inner 4 by itself; two latches 5 and 4 of the outer one.
        let func = graph(7, &[&[1], &[2, 6], &[3], &[2, 4], &[4, 5, 1], &[1], &[]]);
        let (cfg, nest) = nest(&func);
        assert_eq!(nest.len(), 3);
        let outer = &nest[LoopId::from_u32(0)];
        assert_eq!((outer.header, outer.depth, outer.preheader), (b(1), 1, Some(b(0))));
        assert_eq!(outer.latches, [b(4), b(5)]);
        assert_eq!(outer.blocks.len(), 5);
        assert_eq!(outer.children.len(), 2);
        assert_eq!(nest.exits(&cfg, LoopId::from_u32(0)), [(b(1), b(6))]);
        let inner = nest.innermost(b(3)).unwrap();
        assert_eq!((nest[inner].header, nest[inner].depth, nest[inner].preheader), (b(2), 2, None));
        assert_eq!((nest.depth(b(4)), nest.depth(b(5)), nest.depth(b(6))), (2, 1, 0));
        assert_eq!(nest[nest.innermost(b(4)).unwrap()].latches, [b(4)]);
        assert!(nest.contains(LoopId::from_u32(0), b(3)) && !nest.contains(inner, b(4)));
        assert!(!nest.has_irreducible());
    }

    #[test]
    fn cycle_with_two_entries_is_irreducible() {
        let func = graph(5, &[&[1, 2], &[2], &[1, 3], &[3, 4], &[]]);
        let (_, nest) = nest(&func);
        assert_eq!([0, 1, 2, 3, 4].map(|i| nest.is_irreducible(b(i))), [false, true, true, false, false]);
        assert_eq!(nest.len(), 1);
        assert_eq!(nest[LoopId::from_u32(0)].header, b(3));
    }

    #[test]
    fn agrees_with_the_definition_on_random_graphs() {
        for seed in 0..300 {
            let func = random_graph(seed, 12);
            let (cfg, nest) = nest(&func);
            let dominators = Dominators::new(&cfg);
            for header in func.blocks.keys() {
                let latches: Vec<Block> =
                    cfg.preds(header).iter().copied().filter(|&pred| dominators.dominates(header, pred)).collect();
                let found = nest.iter().find(|(_, data)| data.header == header);
                assert_eq!(found.is_some(), !latches.is_empty(), "seed {seed} {header}");
                let Some((id, data)) = found else { continue };
                let mut inside = vec![header];
                let mut work = latches.clone();
                while let Some(block) = work.pop() {
                    if !inside.contains(&block) {
                        inside.push(block);
                        work.extend(cfg.preds(block).iter().filter(|&&pred| cfg.is_reachable(pred)));
                    }
                }
                inside.sort_by_key(|&block| cfg.rpo_index(block));
                assert_eq!((&data.blocks, &data.latches), (&inside, &latches), "seed {seed} {header}");
                for block in func.blocks.keys() {
                    assert_eq!(nest.contains(id, block), inside.contains(&block), "seed {seed} {header} {block}");
                }
            }
        }
    }
}
