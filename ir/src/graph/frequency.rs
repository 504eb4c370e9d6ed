//! How often blocks run, estimated without a profile.

use super::{Cfg, Dominators, LoopNest};
use crate::{Block, Function, Module, Op, Payload};
use cranelift_entity::EntityRef;

/// A loop is taken to iterate this often.
const ITERATIONS: f64 = 10.0;
/// Loops nested deeper count no more.
const DEEPEST: u32 = 6;
/// What a cold block counts against a block that runs.
const COLD: f64 = 1.0 / 65536.0;

/// Estimated runs of each block for one call of the function.
#[derive(Clone, Debug)]
pub struct Frequencies {
    by_block: Vec<f64>,
    cold: Vec<bool>,
}

impl Frequencies {
    /// Ten times more for each loop around a block, almost nothing for cold blocks. Cold are: blocks that are marked so,
    /// that trap, that call a cold function or one that does not return; blocks whose successors are all cold; blocks that
    /// a cold block dominates.
    pub fn new(module: &Module, func: &Function, cfg: &Cfg, dominators: &Dominators, loops: &LoopNest) -> Frequencies {
        let mut cold = vec![false; cfg.num_blocks()];
        let mut warm_succs: Vec<u32> = vec![0; cfg.num_blocks()];
        let mut work = Vec::new();
        for &block in cfg.rpo() {
            warm_succs[block.index()] = cfg.succs(block).len() as u32;
            if func.blocks[block].cold || func.blocks[block].insts.iter().any(|&inst| is_cold(module, func, inst)) {
                cold[block.index()] = true;
                work.push(block);
            }
        }
        while let Some(block) = work.pop() {
            for &pred in cfg.preds(block).iter().filter(|&&pred| cfg.is_reachable(pred)) {
                warm_succs[pred.index()] -= 1;
                if warm_succs[pred.index()] == 0 && !std::mem::replace(&mut cold[pred.index()], true) {
                    work.push(pred);
                }
            }
        }
        for &block in dominators.preorder() {
            if dominators.idom(block).is_some_and(|up| cold[up.index()]) {
                cold[block.index()] = true;
            }
        }
        let mut by_block = vec![0.0; cfg.num_blocks()];
        for &block in cfg.rpo() {
            let often = ITERATIONS.powi(loops.depth(block).min(DEEPEST) as i32);
            by_block[block.index()] = if cold[block.index()] { often * COLD } else { often };
        }
        Frequencies { by_block, cold }
    }

    /// Runs per call; 1 outside loops, 0 for an unreachable block.
    pub fn of(&self, block: Block) -> f64 {
        self.by_block.get(block.index()).copied().unwrap_or(0.0)
    }

    /// Whether the block hardly ever runs; an unreachable one is not cold.
    pub fn is_cold(&self, block: Block) -> bool {
        self.cold.get(block.index()).copied().unwrap_or(false)
    }
}

fn is_cold(module: &Module, func: &Function, inst: crate::Inst) -> bool {
    let data = &func.insts[inst];
    match data.payload {
        Payload::Func(callee) if data.op == Op::Call => {
            let attrs = module.functions[callee].attrs;
            attrs.cold || attrs.noreturn
        }
        _ => data.op == Op::Trap,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_count_tenfold_and_traps_next_to_nothing() {
        let text = "import fn @fail() noreturn\n\
            fn @f(i1) {\nblock0(v0: i1):\n  jump block1\nblock1:\n  brif v0, block2, block3\n\
            block2:\n  brif v0, block1, block4\nblock3:\n  return\n\
            block4:\n  brif v0, block5, block6\nblock5:\n  trap unreachable\nblock6:\n  call @fail()\n  jump block7\n\
            block7:\n  return\n}\n";
        let module = crate::parse::module(text).unwrap();
        let func = module.functions.values().nth(1).unwrap();
        let cfg = Cfg::new(func);
        let dominators = Dominators::new(&cfg);
        let loops = LoopNest::new(&cfg, &dominators);
        let frequencies = Frequencies::new(&module, func, &cfg, &dominators, &loops);
        let of = |index| frequencies.of(Block::from_u32(index));
        assert_eq!([of(0), of(1), of(2), of(3)], [1.0, 10.0, 10.0, 1.0]);
        assert_eq!([of(4), of(5), of(6), of(7)], [COLD; 4]);
    }
}
