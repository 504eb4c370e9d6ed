//! Functions that are only control flow, for tests of analyses.

use crate::builder::Builder;
use crate::*;

/// A function of these successors of blocks: none returns, one jumps, two branch, more switch.
pub fn graph(num_blocks: usize, successors: &[&[u32]]) -> Function {
    let mut func = Function::new("graph", Linkage::Export, Signature::new(&[Type::I1, Type::I64], &[]));
    for _ in 0..num_blocks {
        let block = func.new_block();
        func.layout.push(block);
    }
    let entry = func.entry();
    let condition = func.append_param(entry, Type::I1);
    let selector = func.append_param(entry, Type::I64);
    for (index, targets) in successors.iter().enumerate() {
        let call = |&to: &u32| BlockCall::new(Block::from_u32(to), &[]);
        let mut builder = Builder::new(&mut func, Block::from_u32(index as u32));
        match targets {
            [] => builder.return_(&[]),
            [to] => builder.jump(Block::from_u32(*to), &[]),
            [a, b] => builder.brif(condition, call(a), call(b)),
            [first, rest @ ..] => {
                let cases = rest.iter().enumerate().map(|(i, to)| (i as u128, call(to))).collect();
                builder.switch(selector, cases, call(first));
            }
        }
    }
    func
}

/// The same graph for the same seed. No edge goes to the entry; targets may repeat and blocks be unreachable.
pub fn random_graph(seed: u64, num_blocks: u32) -> Function {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move |below: u32| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 33) as u32) % below
    };
    let targets: Vec<Vec<u32>> = (0..num_blocks)
        .map(|_| {
            let count = [0, 1, 1, 2, 2, 2, 2, 3][next(8) as usize];
            (0..count).map(|_| 1 + next(num_blocks - 1)).collect()
        })
        .collect();
    graph(num_blocks as usize, &targets.iter().map(|t| &t[..]).collect::<Vec<_>>())
}

/// Blocks that each go on to the next or leave to the last.
pub fn chain_of_tests(length: u32) -> Function {
    let targets: Vec<Vec<u32>> = (0..length).map(|i| vec![i + 1, length]).chain([vec![]]).collect();
    graph(length as usize + 1, &targets.iter().map(|t| &t[..]).collect::<Vec<_>>())
}
