//! The control-flow graph: distinct successors and predecessors of blocks, and reverse postorder.

use crate::{Block, Function};
use cranelift_entity::EntityRef;

/// Neighbours of blocks: those of block `b` are `to[start[b]..start[b + 1]]`.
#[derive(Clone, Debug, Default)]
pub(super) struct Adjacency {
    start: Vec<u32>,
    to: Vec<Block>,
}

impl Adjacency {
    /// Keeps the order of the edges that leave one block.
    pub(super) fn new(num_blocks: usize, edges: impl Iterator<Item = (Block, Block)> + Clone) -> Adjacency {
        let mut start = vec![0; num_blocks + 1];
        for (from, _) in edges.clone() {
            start[from.index() + 1] += 1;
        }
        for i in 0..num_blocks {
            start[i + 1] += start[i];
        }
        let mut next = start.clone();
        let mut to = vec![Block::from_u32(0); start[num_blocks] as usize];
        for (from, target) in edges {
            to[next[from.index()] as usize] = target;
            next[from.index()] += 1;
        }
        Adjacency { start, to }
    }

    pub(super) fn of(&self, block: Block) -> &[Block] {
        let i = block.index();
        match (self.start.get(i), self.start.get(i + 1)) {
            (Some(&from), Some(&to)) => &self.to[from as usize..to as usize],
            _ => &[],
        }
    }
}

/// The control-flow graph of a function's layout.
#[derive(Clone, Debug)]
pub struct Cfg {
    succs: Adjacency,
    preds: Adjacency,
    rpo: Vec<Block>,
    /// Position in `rpo` by block, `u32::MAX` if unreachable.
    rpo_index: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Cfg {
    pub fn new(func: &Function) -> Cfg {
        let num_blocks = func.blocks.len();
        let mut edges = Vec::with_capacity(func.layout.len() * 2);
        let mut last_from = vec![NONE; num_blocks];
        for &block in &func.layout {
            for target in func.successors(block) {
                let seen = &mut last_from[target.block.index()];
                if *seen != block.as_u32() {
                    *seen = block.as_u32();
                    edges.push((block, target.block));
                }
            }
        }
        let succs = Adjacency::new(num_blocks, edges.iter().copied());
        let preds = Adjacency::new(num_blocks, edges.iter().map(|&(from, to)| (to, from)));

        // Successors are visited last to first, so that the first comes first in reverse postorder.
        let mut rpo = Vec::with_capacity(func.layout.len());
        let mut rpo_index = vec![NONE; num_blocks];
        let mut stack = Vec::new();
        if let Some(&entry) = func.layout.first() {
            rpo_index[entry.index()] = 0;
            stack.push((entry, succs.of(entry).len()));
        }
        while let Some((block, left)) = stack.last_mut() {
            if *left == 0 {
                rpo.push(*block);
                stack.pop();
                continue;
            }
            *left -= 1;
            let next = succs.of(*block)[*left];
            if rpo_index[next.index()] == NONE {
                rpo_index[next.index()] = 0;
                stack.push((next, succs.of(next).len()));
            }
        }
        rpo.reverse();
        for (index, block) in rpo.iter().enumerate() {
            rpo_index[block.index()] = index as u32;
        }
        Cfg { succs, preds, rpo, rpo_index }
    }

    /// The number of blocks that tables by block need entries for.
    pub fn num_blocks(&self) -> usize {
        self.rpo_index.len()
    }

    /// The entry block; `None` for a declaration.
    pub fn entry(&self) -> Option<Block> {
        self.rpo.first().copied()
    }

    /// The blocks that control may go to from this one, each once, in the order of the terminator's targets.
    pub fn succs(&self, block: Block) -> &[Block] {
        self.succs.of(block)
    }

    /// The blocks of the layout that control may come from, each once, in the order of the layout; also unreachable ones.
    pub fn preds(&self, block: Block) -> &[Block] {
        self.preds.of(block)
    }

    /// The reachable blocks in reverse postorder: a block comes before its successors, but for edges that close a cycle.
    pub fn rpo(&self) -> &[Block] {
        &self.rpo
    }

    /// The position in [`Cfg::rpo`]; `None` for an unreachable block.
    pub fn rpo_index(&self, block: Block) -> Option<usize> {
        self.rpo_index.get(block.index()).filter(|&&i| i != NONE).map(|&i| i as usize)
    }

    /// Whether there is a path from the entry.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.rpo_index(block).is_some()
    }
}
