//! Control flow of the function as extraction and elaboration see it: points, dominance, how often blocks run.

use lang_ir::graph::{Cfg, Dominators, Frequencies, LoopNest};
use lang_ir::{Block, Function, Module};

/// A place between the instructions of the skeleton: before instruction `pos` of the block. Block parameters are defined
/// at 0, the results of skeleton instruction `k` at `k + 1`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    pub block: Block,
    pub pos: u32,
}

/// Analyses of a function, all of whose blocks are reachable.
pub struct Flow {
    pub cfg: Cfg,
    pub dom: Dominators,
    pub loops: LoopNest,
    /// The live blocks in preorder of the dominator tree.
    pub order: Vec<Block>,
    live: Vec<bool>,
    /// By block: runs in 1024ths, at least 1.
    weights: Vec<u64>,
    /// By block: as `weights`, without the difference between cold and warm blocks.
    depth_weights: Vec<u64>,
}

impl Flow {
    pub fn new(module: &Module, func: &Function) -> Flow {
        let cfg = Cfg::new(func);
        let dom = Dominators::new(&cfg);
        let loops = LoopNest::new(&cfg, &dom);
        let frequencies = Frequencies::new(module, func, &cfg, &dom, &loops);
        let weights = func.blocks.keys().map(|b| ((frequencies.of(b) * 1024.0) as u64).max(1)).collect();
        let depth_weights = func.blocks.keys().map(|b| 1024 * 10u64.pow(loops.depth(b).min(6))).collect();
        let order = dom.preorder().to_vec();
        let mut live = vec![false; func.blocks.len()];
        order.iter().for_each(|b| live[b.as_u32() as usize] = true);
        Flow { cfg, dom, loops, order, live, weights, depth_weights }
    }

    /// Whether the block is still reached.
    pub fn is_live(&self, block: Block) -> bool {
        self.live[block.as_u32() as usize]
    }

    /// Keeps only those blocks live that the entry reaches by these successors. Dominance stays as it was, which holds
    /// with fewer edges too.
    pub fn prune(&mut self, mut successors: impl FnMut(Block, &mut Vec<Block>)) {
        let entry = self.order[0];
        self.live.fill(false);
        self.live[entry.as_u32() as usize] = true;
        let mut work = vec![entry];
        let mut next = Vec::new();
        while let Some(block) = work.pop() {
            successors(block, &mut next);
            for to in next.drain(..) {
                if !std::mem::replace(&mut self.live[to.as_u32() as usize], true) {
                    work.push(to);
                }
            }
        }
        self.order.retain(|b| self.live[b.as_u32() as usize]);
    }

    pub fn weight(&self, block: Block) -> u64 {
        self.weights[block.as_u32() as usize]
    }

    /// What an operation counts that can first be computed in this block. Where it is computed in the end, and whether that
    /// is cold, is the same for all members of its class.
    pub fn depth_weight(&self, block: Block) -> u64 {
        self.depth_weights[block.as_u32() as usize]
    }

    /// Whether `a` comes before `b` on every path to `b`, or is `b`.
    pub fn dominates(&self, a: Point, b: Point) -> bool {
        if a.block == b.block { a.pos <= b.pos } else { self.dom.dominates(a.block, b.block) }
    }

    /// The later of two points, if one dominates the other.
    pub fn later(&self, a: Point, b: Point) -> Option<Point> {
        if self.dominates(a, b) { Some(b) } else { self.dominates(b, a).then_some(a) }
    }

    /// The block that control comes from when it comes from outside what this block dominates, if there is only one such
    /// block. What the edge from there decides about values holds in all that this block dominates: in a loop, these values
    /// do not change, since they are defined before it.
    pub fn entering(&self, block: Block) -> Option<Block> {
        let mut outside = self.cfg.preds(block).iter().filter(|&&pred| !self.dom.dominates(block, pred));
        match (outside.next(), outside.next()) {
            (Some(&pred), None) => Some(pred),
            _ => None,
        }
    }

    /// The closest block that dominates both.
    pub fn common(&self, a: Block, b: Block) -> Block {
        if self.dom.dominates(a, b) {
            a
        } else if self.dom.dominates(b, a) {
            b
        } else {
            self.dom.common(a, b)
        }
    }

    /// The block between `early` and `late`, of which the first dominates the second, that runs least; the latest of them.
    /// Looks at `late` and at what dominates the loops around it.
    pub fn least_frequent(&self, early: Block, late: Block) -> Block {
        let (mut best, mut at) = (late, late);
        while let Some(id) = self.loops.innermost(at) {
            let header = self.loops[id].header;
            if early == header || self.dom.dominates(header, early) {
                break;
            }
            let Some(above) = self.dom.idom(header) else { break };
            at = above;
            if self.weight(at) < self.weight(best) {
                best = at;
            }
        }
        best
    }
}
