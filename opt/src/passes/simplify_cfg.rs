//! Control-flow simplification: folds branches on constants, threads jumps through empty blocks, merges blocks in a row,
//! drops block parameters that always get the same value, and drops unreachable blocks. Every step is linear; they are
//! repeated while they enable one another.

use cranelift_entity::{EntitySet, SecondaryMap};
use lang_ir::*;

/// A value's replacement, if it has one.
type Replacements = SecondaryMap<Value, Option<Value>>;

/// Rounds after which the pass stops even if a step still finds something; each round only sees what the one before made.
const MAX_ROUNDS: usize = 8;

/// Simplifies the control flow of a function; says whether anything changed.
pub fn simplify_cfg(func: &mut Function) -> bool {
    let mut changed = false;
    for _ in 0..MAX_ROUNDS {
        let mut round = fold_terminators(func);
        round |= remove_unreachable(func);
        round |= thread_jumps(func);
        round |= remove_unreachable(func);
        round |= remove_same_params(func);
        round |= merge_rows(func);
        if !round {
            break;
        }
        changed = true;
    }
    changed
}

/// `brif 1, a, b -> jump a`; `brif c, a, a -> jump a`; `switch` likewise; guards on constants go or end their block.
fn fold_terminators(func: &mut Function) -> bool {
    let mut changed = false;
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        let mut insts = std::mem::take(&mut func.blocks[block].insts);
        let mut end = None;
        insts.retain(|&inst| {
            if end.is_some() || func.insts[inst].op != Op::Trapif {
                return end.is_none();
            }
            match func.constant(func.insts[inst].args[0]) {
                Some(0) => {
                    changed = true;
                    false
                }
                Some(_) => {
                    end = Some(inst);
                    true
                }
                None => true,
            }
        });
        if let Some(inst) = end {
            changed = true;
            let data = &mut func.insts[inst];
            data.op = Op::Trap;
            data.args.remove(0);
        }
        if let Some(target) = insts.last().and_then(|&last| known_target(func, last)) {
            changed = true;
            let last = *insts.last().expect("a terminator");
            let data = &mut func.insts[last];
            (data.op, data.ty, data.payload) = (Op::Jump, Type::I1, Payload::Jump(target));
            data.args.clear();
        }
        func.blocks[block].insts = insts;
    }
    changed
}

/// The only target that a `brif` or `switch` can take.
fn known_target(func: &Function, inst: Inst) -> Option<BlockCall> {
    let data = &func.insts[inst];
    let target = match &data.payload {
        Payload::Brif(targets) => match func.constant(data.args[0]) {
            Some(0) => &targets[1],
            Some(_) => &targets[0],
            None if targets[0] == targets[1] => &targets[0],
            None => return None,
        },
        Payload::Switch(switch) => match func.constant(data.args[0]) {
            Some(bits) => switch.cases.iter().find(|(case, _)| *case == bits).map_or(&switch.default, |(_, t)| t),
            None if switch.cases.iter().all(|(_, t)| *t == switch.default) => &switch.default,
            None => return None,
        },
        _ => return None,
    };
    Some(target.clone())
}

/// Drops the blocks that control never reaches.
pub fn remove_unreachable(func: &mut Function) -> bool {
    let mut reached = EntitySet::new();
    let mut work = vec![func.entry()];
    reached.insert(func.entry());
    while let Some(block) = work.pop() {
        for target in func.successors(block) {
            if reached.insert(target.block) {
                work.push(target.block);
            }
        }
    }
    let before = func.layout.len();
    func.layout.retain(|&block| reached.contains(block));
    func.layout.len() != before
}

/// An edge to a block that only jumps on goes to the end of the chain.
fn thread_jumps(func: &mut Function) -> bool {
    // A block can be skipped if its parameters are used by its own jump only.
    let mut used_outside = EntitySet::new();
    for &block in &func.layout {
        let forwards = is_forwarder(func, block);
        for &inst in &func.blocks[block].insts {
            for value in func.insts[inst].operands() {
                let own = matches!(func.values[value].def, ValueDef::Param(b, _) if b == block);
                if !(forwards && own) {
                    used_outside.insert(value);
                }
            }
        }
    }
    let entry = func.entry();
    let skippable = |func: &Function, block: Block| {
        block != entry
            && is_forwarder(func, block)
            && func.blocks[block].params.iter().all(|&p| !used_outside.contains(p))
            && func.successors(block).all(|target| target.block != block)
    };
    let mut forwarders = EntitySet::new();
    forwarders.extend(func.layout.iter().copied().filter(|&b| skippable(func, b)));
    if forwarders.is_empty() {
        return false;
    }
    // Forwarders that lead to one another in a circle are an endless loop: leave the one that closes it.
    let mut changed = false;
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        let Some(&last) = func.blocks[block].insts.last() else { continue };
        let mut data = func.insts[last].clone();
        let mut touched = false;
        for target in data.targets_mut() {
            let start = target.block;
            let mut steps = 0;
            while forwarders.contains(target.block) && steps < 64 {
                let via = target.block;
                let jump = &func.insts[func.terminator(via)];
                let next = jump.targets().next().expect("a jump has a target");
                if next.block == start || next.block == block && forwarders.contains(block) {
                    break;
                }
                let args = next
                    .args
                    .iter()
                    .map(|&arg| match func.values[arg].def {
                        ValueDef::Param(b, i) if b == via => target.args[i as usize],
                        _ => arg,
                    })
                    .collect();
                *target = BlockCall { block: next.block, args };
                touched = true;
                steps += 1;
            }
        }
        if touched {
            func.insts[last] = data;
            changed = true;
        }
    }
    changed
}

/// Whether a block holds nothing but a jump.
fn is_forwarder(func: &Function, block: Block) -> bool {
    match func.blocks[block].insts[..] {
        [only] => func.insts[only].op == Op::Jump,
        _ => false,
    }
}

/// Follows replacements to the end.
fn resolve(replacements: &Replacements, mut value: Value) -> Value {
    while let Some(next) = replacements[value] {
        value = next;
    }
    value
}

/// A parameter that every edge gives the same value (or itself) is that value.
fn remove_same_params(func: &mut Function) -> bool {
    let mut replacements = Replacements::new();
    let mut changed = false;
    loop {
        // For each parameter the one value that comes in, unless there are several.
        #[derive(Clone, Copy, PartialEq, Default)]
        enum Incoming {
            #[default]
            None,
            One(Value),
            Many,
        }
        let mut incoming: SecondaryMap<Value, Incoming> = SecondaryMap::new();
        for &block in &func.layout {
            for target in func.successors(block) {
                for (&param, &arg) in func.blocks[target.block].params.iter().zip(&target.args) {
                    let arg = resolve(&replacements, arg);
                    incoming[param] = match incoming[param] {
                        _ if arg == param => incoming[param],
                        Incoming::None => Incoming::One(arg),
                        Incoming::One(known) if known == arg => Incoming::One(arg),
                        _ => Incoming::Many,
                    };
                }
            }
        }
        let entry = func.entry();
        let mut dropped = EntitySet::new();
        for &block in func.layout.iter().filter(|&&block| block != entry) {
            for &param in &func.blocks[block].params {
                // What comes in may itself have been replaced a moment ago, even by this parameter.
                if let Incoming::One(value) = incoming[param]
                    && let value = resolve(&replacements, value)
                    && value != param
                {
                    replacements[param] = Some(value);
                    dropped.insert(param);
                }
            }
        }
        if dropped.is_empty() {
            break;
        }
        drop_params(func, &dropped);
        changed = true;
        func.map_operands(|value| resolve(&replacements, value));
    }
    changed
}

/// Drops these block parameters, with the arguments on every edge; nothing may use them any more.
pub fn drop_params(func: &mut Function, dropped: &EntitySet<Value>) {
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        let Some(&last) = func.blocks[block].insts.last() else { continue };
        let mut data = std::mem::replace(&mut func.insts[last].payload, Payload::None);
        for target in data.targets_mut() {
            let mut params = func.blocks[target.block].params.iter();
            target.args.retain(|_| !dropped.contains(*params.next().expect("a parameter for each argument")));
        }
        func.insts[last].payload = data;
    }
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        func.blocks[block].params.retain(|param| !dropped.contains(*param));
        for (index, &param) in func.blocks[block].params.iter().enumerate() {
            func.values[param].def = ValueDef::Param(block, index as u32);
        }
    }
}

/// A block whose only way in is a jump becomes the end of the block that jumps.
fn merge_rows(func: &mut Function) -> bool {
    let mut ways_in: SecondaryMap<Block, u32> = SecondaryMap::new();
    ways_in[func.entry()] = 1;
    for &block in &func.layout {
        for target in func.successors(block) {
            ways_in[target.block] += 1;
        }
    }
    let mut replacements = Replacements::new();
    let mut gone = EntitySet::new();
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        if gone.contains(block) {
            continue;
        }
        loop {
            let last = func.terminator(block);
            let Payload::Jump(target) = &func.insts[last].payload else { break };
            if ways_in[target.block] != 1 || target.block == block {
                break;
            }
            let BlockCall { block: next, args } = target.clone();
            let tail = std::mem::take(&mut func.blocks[next]);
            for (&param, &arg) in tail.params.iter().zip(&args) {
                replacements[param] = Some(arg);
            }
            let head = &mut func.blocks[block];
            head.insts.pop();
            head.insts.extend(tail.insts);
            head.cold |= tail.cold;
            gone.insert(next);
        }
    }
    if gone.is_empty() {
        return false;
    }
    func.layout.retain(|&block| !gone.contains(block));
    func.map_operands(|value| resolve(&replacements, value));
    true
}
