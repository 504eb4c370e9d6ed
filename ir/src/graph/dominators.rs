//! Dominators by the semi-NCA algorithm (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005;
//! also LLVM's), which stays fast on the long chains with a common exit where the simpler iterative algorithm is quadratic.

use super::Cfg;
use super::cfg::Adjacency;
use crate::Block;
use cranelift_entity::EntityRef;

/// The dominator tree of the reachable blocks.
#[derive(Clone, Debug)]
pub struct Dominators {
    /// By block.
    nodes: Vec<Node>,
    children: Adjacency,
    preorder: Vec<Block>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    idom: u32,
    /// Numbers of a walk over the tree: a block's interval `pre..=last` holds those of all blocks that it dominates.
    pre: u32,
    last: u32,
    depth: u32,
}

const NONE: u32 = u32::MAX;
const UNREACHABLE: Node = Node { idom: NONE, pre: NONE, last: 0, depth: 0 };

impl Dominators {
    pub fn new(cfg: &Cfg) -> Dominators {
        let mut nodes = vec![UNREACHABLE; cfg.num_blocks()];
        let Some(entry) = cfg.entry() else {
            return Dominators { nodes, children: Adjacency::default(), preorder: Vec::new() };
        };
        immediate_dominators(cfg, entry, &mut nodes);

        let edges = cfg.rpo()[1..].iter().map(|&b| (Block::from_u32(nodes[b.index()].idom), b));
        let children = Adjacency::new(cfg.num_blocks(), edges);

        let mut preorder = Vec::with_capacity(cfg.rpo().len());
        let mut stack = vec![entry];
        while let Some(block) = stack.pop() {
            let pre = preorder.len() as u32;
            preorder.push(block);
            let idom = nodes[block.index()].idom;
            let depth = if idom == NONE { 0 } else { nodes[idom as usize].depth + 1 };
            nodes[block.index()] = Node { idom, pre, last: pre, depth };
            stack.extend(children.of(block).iter().rev());
        }
        for &block in preorder.iter().rev() {
            let Node { idom, last, .. } = nodes[block.index()];
            if idom != NONE {
                let parent = &mut nodes[idom as usize];
                parent.last = parent.last.max(last);
            }
        }
        Dominators { nodes, children, preorder }
    }

    fn node(&self, block: Block) -> Node {
        self.nodes.get(block.index()).copied().unwrap_or(UNREACHABLE)
    }

    /// The closest dominator besides the block itself; `None` for the entry and unreachable blocks.
    pub fn idom(&self, block: Block) -> Option<Block> {
        let idom = self.node(block).idom;
        (idom != NONE).then(|| Block::from_u32(idom))
    }

    /// Whether every path from the entry to `b` goes through `a`; a reachable block dominates itself. False if either is
    /// unreachable.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (a, b) = (self.node(a), self.node(b));
        a.pre != NONE && b.pre != NONE && a.pre <= b.pre && b.pre <= a.last
    }

    /// The blocks whose immediate dominator is this one, in reverse postorder.
    pub fn children(&self, block: Block) -> &[Block] {
        self.children.of(block)
    }

    /// The reachable blocks, parents before children and subtrees together.
    pub fn preorder(&self) -> &[Block] {
        &self.preorder
    }

    /// The distance from the root of the tree; 0 for unreachable blocks.
    pub fn depth(&self, block: Block) -> u32 {
        self.node(block).depth
    }

    /// The closest block that dominates both; both are reachable.
    pub fn common(&self, mut a: Block, mut b: Block) -> Block {
        while a != b {
            if self.depth(a) < self.depth(b) {
                std::mem::swap(&mut a, &mut b);
            }
            match self.idom(a) {
                Some(up) => a = up,
                None => return a,
            }
        }
        a
    }
}

/// Fills in `idom`. Blocks are numbered in depth-first preorder; all arrays are by that number.
fn immediate_dominators(cfg: &Cfg, entry: Block, nodes: &mut [Node]) {
    let mut number = vec![NONE; cfg.num_blocks()];
    let mut order: Vec<Block> = Vec::with_capacity(cfg.rpo().len());
    let mut parent: Vec<u32> = Vec::with_capacity(cfg.rpo().len());
    let mut stack = vec![(entry, 0)];
    while let Some((block, from)) = stack.pop() {
        if number[block.index()] != NONE {
            continue;
        }
        let this = order.len() as u32;
        number[block.index()] = this;
        order.push(block);
        parent.push(from);
        stack.extend(cfg.succs(block).iter().rev().map(|&next| (next, this)));
    }

    let n = order.len() as u32;
    let mut ancestor = parent.clone();
    let mut semi: Vec<u32> = (0..n).collect();
    let mut label = semi.clone();
    let mut path = Vec::new();
    for w in (1..n).rev() {
        let mut least = parent[w as usize];
        for pred in cfg.preds(order[w as usize]) {
            let mut v = number[pred.index()];
            if v == NONE {
                continue;
            }
            // The label with the least semidominator on the way up through numbers above `w`, compressing the path.
            while ancestor[v as usize] > w {
                path.push(v);
                v = ancestor[v as usize];
            }
            let mut best = label[v as usize];
            while let Some(below) = path.pop() {
                ancestor[below as usize] = ancestor[v as usize];
                let own = &mut label[below as usize];
                if semi[best as usize] < semi[*own as usize] {
                    *own = best;
                } else {
                    best = *own;
                }
                v = below;
            }
            least = least.min(semi[best as usize]);
        }
        semi[w as usize] = least;
    }

    let mut idom = parent;
    for w in 1..n as usize {
        let mut above = idom[w];
        while above > semi[w] {
            above = idom[above as usize];
        }
        idom[w] = above;
        nodes[order[w].index()].idom = order[above as usize].as_u32();
    }
}

/// Dominance frontiers: where the dominance of a block ends.
#[derive(Clone, Debug)]
pub struct Frontiers(Adjacency);

impl Frontiers {
    /// After Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
    pub fn new(cfg: &Cfg, dominators: &Dominators) -> Frontiers {
        let mut edges = Vec::new();
        let mut last_join = vec![NONE; cfg.num_blocks()];
        for &join in cfg.rpo() {
            let Some(end) = dominators.idom(join) else { continue };
            for &pred in cfg.preds(join).iter().filter(|&&pred| cfg.is_reachable(pred)) {
                let mut runner = pred;
                while runner != end && last_join[runner.index()] != join.as_u32() {
                    last_join[runner.index()] = join.as_u32();
                    edges.push((runner, join));
                    let Some(up) = dominators.idom(runner) else { break };
                    runner = up;
                }
            }
        }
        Frontiers(Adjacency::new(cfg.num_blocks(), edges.into_iter()))
    }

    /// The blocks that this block does not strictly dominate, but dominates a predecessor of.
    pub fn of(&self, block: Block) -> &[Block] {
        self.0.of(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{chain_of_tests, graph, random_graph};

    /// Whether every path from the entry to `b` goes through `a`, by removing `a`.
    fn dominates_by_definition(cfg: &Cfg, a: Block, b: Block) -> bool {
        let entry = cfg.entry().unwrap();
        if !cfg.is_reachable(a) || !cfg.is_reachable(b) {
            return false;
        }
        let mut seen = vec![false; cfg.num_blocks()];
        let mut stack = vec![entry];
        while let Some(block) = stack.pop() {
            if block != a && !std::mem::replace(&mut seen[block.index()], true) {
                stack.extend(cfg.succs(block));
            }
        }
        !seen[b.index()]
    }

    #[test]
    fn agrees_with_the_definition_on_random_graphs() {
        for seed in 0..300 {
            let func = random_graph(seed, 12);
            let cfg = Cfg::new(&func);
            let dom = Dominators::new(&cfg);
            let frontiers = Frontiers::new(&cfg, &dom);
            for a in func.blocks.keys() {
                for b in func.blocks.keys() {
                    assert_eq!(dom.dominates(a, b), dominates_by_definition(&cfg, a, b), "seed {seed}: {a} {b}");
                    let ends = cfg.is_reachable(a)
                        && Some(b) != cfg.entry()
                        && (a == b || !dom.dominates(a, b))
                        && cfg.preds(b).iter().any(|&p| dom.dominates(a, p));
                    assert_eq!(frontiers.of(a).contains(&b), ends, "seed {seed}: frontier {a} {b}");
                }
                if let Some(idom) = dom.idom(a) {
                    let strict = func.blocks.keys().filter(|&x| x != a && dom.dominates(x, a));
                    assert!(strict.into_iter().all(|x| dom.dominates(x, idom)), "seed {seed}: idom {a}");
                    assert!(dom.children(idom).contains(&a) && dom.depth(a) == dom.depth(idom) + 1);
                }
            }
            for (index, &block) in cfg.rpo().iter().enumerate() {
                assert_eq!(cfg.rpo_index(block), Some(index));
            }
        }
    }

    #[test]
    fn diamond_and_loop() {
        // 0 -> 1 2; 1 -> 3; 2 -> 3; 3 -> 0'... the loop 4 -> 5 -> 4, 5 -> 6.
        let func = graph(7, &[&[1, 2], &[3], &[3], &[4], &[5], &[4, 6], &[]]);
        let cfg = Cfg::new(&func);
        let dom = Dominators::new(&cfg);
        let b = Block::from_u32;
        assert_eq!(cfg.rpo(), [0, 1, 2, 3, 4, 5, 6].map(b));
        assert_eq!(dom.idom(b(3)), Some(b(0)));
        assert_eq!(dom.idom(b(6)), Some(b(5)));
        assert_eq!(dom.common(b(1), b(6)), b(0));
        assert_eq!(Frontiers::new(&cfg, &dom).of(b(5)), [b(4)]);
    }

    #[test]
    fn long_chain_with_a_common_exit_is_fast() {
        let func = chain_of_tests(200_000);
        let cfg = Cfg::new(&func);
        let dom = Dominators::new(&cfg);
        assert_eq!(dom.idom(*func.layout.last().unwrap()), Some(func.entry()));
        assert_eq!(dom.preorder().len(), 200_001);
    }
}
