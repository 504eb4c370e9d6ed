//! The basic blocks of a Bril function.

use super::program::{Function, Op};
use crate::intern::Symbol;
use lang_ir::builder::Builder;
use lang_ir::graph::{Cfg, Dominators};
use lang_ir::{Block, BlockCall, Linkage, Signature, Type};
use rustc_hash::FxHashMap;
use std::ops::Range;

pub(super) struct Graph {
    pub blocks: Vec<BlockInfo>,
    pub by_label: FxHashMap<Symbol, usize>,
    /// The same graph as IR has it: block `n` here is block `n + 1` there.
    cfg: Cfg,
    dominators: Dominators,
}

pub(super) struct BlockInfo {
    /// `Symbol::EMPTY` for code without a label.
    pub label: Symbol,
    /// Up to the first terminator, with it.
    pub instrs: Range<usize>,
    /// Each once.
    pub successors: Vec<usize>,
    /// The instructions that are `phi`s.
    pub phis: Vec<usize>,
}

impl Graph {
    pub fn new(function: &Function) -> Graph {
        let mut blocks = Vec::new();
        let mut by_label = FxHashMap::default();
        let instrs = &function.instrs;
        let mut at = 0;
        while at < instrs.len() || blocks.is_empty() {
            let mut label = Symbol::EMPTY;
            if let Some(first) = instrs.get(at).filter(|instr| instr.op == Op::Label) {
                label = first.name;
                by_label.insert(label, blocks.len());
                at += 1;
            }
            let start = at;
            let ends = |op: Op| op == Op::Label || op.is_terminator();
            let len = instrs[start..].iter().position(|instr| ends(instr.op)).unwrap_or(instrs.len() - start);
            at += len;
            // A terminator belongs to its block, a label to the next.
            at += usize::from(instrs.get(at).is_some_and(|instr| instr.op.is_terminator()));
            let phis = (start..at).filter(|&at| instrs[at].op == Op::Phi).collect();
            blocks.push(BlockInfo { label, instrs: start..at, successors: Vec::new(), phis });
        }
        for index in 0..blocks.len() {
            let last = blocks[index].instrs.clone().last().map(|at| &instrs[at]);
            let mut successors: Vec<usize> = match last {
                Some(last) if last.op.is_terminator() => {
                    function.labels(last).iter().map(|label| by_label[label]).collect()
                }
                _ => (index + 1 < blocks.len()).then_some(index + 1).into_iter().collect(),
            };
            successors.dedup();
            blocks[index].successors = successors;
        }
        let (cfg, dominators) = skeleton(&blocks);
        Graph { blocks, by_label, cfg, dominators }
    }

    pub fn is_reached(&self, index: usize) -> bool {
        self.cfg.is_reachable(ir_block(index))
    }

    /// Whether a block that is reached goes to this one.
    pub fn is_target(&self, index: usize) -> bool {
        self.predecessors(index).next().is_some()
    }

    /// The blocks that are reached and go to this one.
    pub fn predecessors(&self, index: usize) -> impl Iterator<Item = usize> {
        let preds = self.cfg.preds(ir_block(index)).iter();
        preds
            .filter(|&&block| self.cfg.is_reachable(block))
            .filter_map(|block| (block.as_u32() as usize).checked_sub(1))
    }

    /// Whether every way to the one block leads through the other.
    pub fn dominates(&self, above: usize, below: usize) -> bool {
        self.dominators.dominates(ir_block(above), ir_block(below))
    }

    /// Number of dominators.
    pub fn depth(&self, index: usize) -> u32 {
        self.dominators.depth(ir_block(index))
    }
}

fn ir_block(index: usize) -> Block {
    Block::from_u32(index as u32 + 1)
}

/// An IR function with these blocks, behind an entry that nothing goes to.
fn skeleton(blocks: &[BlockInfo]) -> (Cfg, Dominators) {
    let mut func = lang_ir::Function::new("", Linkage::Local, Signature::new(&[], &[]));
    let made: Vec<Block> = (0..=blocks.len()).map(|_| func.new_block()).collect();
    func.layout = made.clone();
    Builder::new(&mut func, made[0]).jump(made[1], &[]);
    for (index, block) in blocks.iter().enumerate() {
        let mut builder = Builder::new(&mut func, made[index + 1]);
        match block.successors[..] {
            [] => builder.return_(&[]),
            [next] => builder.jump(made[next + 1], &[]),
            [first, second, ..] => {
                let condition = builder.iconst(Type::I1, 0);
                let to = |index: usize| BlockCall::new(made[index + 1], &[]);
                builder.brif(condition, to(first), to(second));
            }
        }
    }
    let cfg = Cfg::new(&func);
    let dominators = Dominators::new(&cfg);
    (cfg, dominators)
}
