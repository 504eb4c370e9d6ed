//! Leaves out what was just computed or checked: code that is not optimized any further is smaller and faster for it.
//!
//! A pure instruction goes if the same one stands before it in its block, or in one that control always comes straight
//! from; so does a guard of a condition that a guard before it has. One pass, linear.

use lang_ir::{Block, Function, Inst, Op, Payload, Type, Value, Values};
use rustc_hash::FxHashMap;

/// So many blocks back is looked for a value.
const MAX_BACK: u32 = 6;

/// What makes two instructions the same.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    op: Op,
    ty: Type,
    args: Values,
    payload: u128,
}

/// Where an instruction of a key was last seen, and its result.
#[derive(Clone, Copy)]
struct Seen {
    block: Block,
    result: Option<Value>,
}

pub(super) fn tidy(func: &mut Function) {
    let came_from = only_predecessors(func);
    let count = func.values.len() as u32;
    // By value: what is used instead of it, and what it is in keys.
    let mut image: Vec<Value> = (0..count).map(Value::from_u32).collect();
    let mut name = image.clone();
    let mut known: FxHashMap<Key, Seen> = FxHashMap::default();
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        let mut insts = std::mem::take(&mut func.blocks[block].insts);
        insts.retain(|&inst| {
            let Some(key) = key(func, &name, inst) else { return true };
            // Constants are cheaper to make again than to keep in a register from block to block.
            let is_constant = key.args.is_empty();
            let result = func.results(inst).next();
            if let Some(&seen) = known.get(&key) {
                let at_hand = if is_constant { seen.block == block } else { is_before(&came_from, seen.block, block) };
                if let (Some(result), Some(first)) = (result, seen.result)
                    && (at_hand || is_constant)
                {
                    name[result.as_u32() as usize] = name[first.as_u32() as usize];
                    if at_hand {
                        image[result.as_u32() as usize] = first;
                    }
                }
                if at_hand {
                    return false;
                }
            }
            known.insert(key, Seen { block, result });
            true
        });
        func.blocks[block].insts = insts;
    }
    func.map_operands(|value| image[value.as_u32() as usize]);
}

/// By block: the only block that goes to it.
fn only_predecessors(func: &Function) -> Vec<Option<Block>> {
    let mut only = vec![None; func.blocks.len()];
    let mut several = vec![false; func.blocks.len()];
    for &block in &func.layout {
        for target in func.successors(block) {
            let at = target.block.as_u32() as usize;
            several[at] |= only[at].is_some_and(|other| other != block);
            only[at] = Some(block);
        }
    }
    only.into_iter().zip(several).map(|(only, several)| only.filter(|_| !several)).collect()
}

/// Whether control comes to `block` from `earlier`, and from nowhere else.
fn is_before(came_from: &[Option<Block>], earlier: Block, block: Block) -> bool {
    let mut at = block;
    for _ in 0..MAX_BACK {
        if at == earlier {
            return true;
        }
        match came_from[at.as_u32() as usize] {
            Some(back) => at = back,
            None => return false,
        }
    }
    false
}

fn key(func: &Function, image: &[Value], inst: Inst) -> Option<Key> {
    let data = &func.insts[inst];
    let is_guard = data.op == Op::Trapif;
    if !data.op.is_pure() && !is_guard {
        return None;
    }
    let payload = match data.payload {
        Payload::None | Payload::Trap(_) => 0,
        Payload::Bits(bits) => bits.get(),
        Payload::Slot(slot) => slot.as_u32().into(),
        Payload::Global(global) => global.as_u32().into(),
        Payload::Func(func) => func.as_u32().into(),
        _ => return None,
    };
    // Of a guard only the condition counts: what it would say is not said again.
    let args = if is_guard { &data.args[..1] } else { &data.args[..] };
    Some(Key { op: data.op, ty: data.ty, args: args.iter().map(|arg| image[arg.as_u32() as usize]).collect(), payload })
}
