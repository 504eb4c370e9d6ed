//! Dead code: everything that no effect depends on. Works backwards from the effects, so that loop-carried values which
//! only feed themselves go too. Writes to stack slots that nothing reads are no effects.

use super::simplify_cfg::drop_params;
use cranelift_entity::{EntitySet, SecondaryMap};
use lang_ir::*;

/// Drops dead instructions, block parameters and stores to slots; says whether anything changed.
pub fn dead_code(module: &Module, func: &mut Function) -> bool {
    let observed = observed_slots(func);
    let slot_of = slot_bases(func);
    let writes_dead_slot = |data: &InstData| {
        written_address(data).and_then(|address| slot_of[address]).is_some_and(|s| !observed.contains(s))
    };

    let mut live = EntitySet::<Value>::new();
    let mut live_insts = EntitySet::<Inst>::new();
    let mut work: Vec<Value> = Vec::new();
    for &block in &func.layout {
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            if has_effect(module, data) && !writes_dead_slot(data) {
                live_insts.insert(inst);
                // Arguments of edges count only where the block's parameter is live.
                work.extend(&data.args);
            }
        }
    }
    // The arguments that each block parameter gets.
    let mut incoming: SecondaryMap<Value, Vec<Value>> = SecondaryMap::new();
    for &block in &func.layout {
        for target in func.successors(block) {
            for (&param, &arg) in func.blocks[target.block].params.iter().zip(&target.args) {
                incoming[param].push(arg);
            }
        }
    }
    while let Some(value) = work.pop() {
        if !live.insert(value) {
            continue;
        }
        match func.values[value].def {
            ValueDef::Param(..) => work.extend(&incoming[value]),
            ValueDef::Result(inst, _) => {
                if live_insts.insert(inst) {
                    work.extend(&func.insts[inst].args);
                }
            }
        }
    }

    let mut changed = false;
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        let insts = &mut func.blocks[block].insts;
        let before = insts.len();
        insts.retain(|&inst| live_insts.contains(inst));
        changed |= insts.len() != before;
    }
    let entry = func.entry();
    let mut dead_params = EntitySet::new();
    for &block in func.layout.iter().filter(|&&block| block != entry) {
        dead_params.extend(func.blocks[block].params.iter().copied().filter(|&param| !live.contains(param)));
    }
    if !dead_params.is_empty() {
        drop_params(func, &dead_params);
        changed = true;
    }
    changed
}

/// Whether an instruction must stay even if nothing uses its results.
fn has_effect(module: &Module, data: &InstData) -> bool {
    match data.payload {
        Payload::Func(callee) if data.op == Op::Call => !module.functions[callee].attrs.pure_,
        _ => {
            let flags = data.op.info().flags;
            flags.writes || flags.traps || flags.terminator
        }
    }
}

/// The address that an instruction writes through, if that is all it does.
fn written_address(data: &InstData) -> Option<Value> {
    match data.op {
        Op::Store => Some(data.args[1]),
        Op::Memset | Op::Memcpy => Some(data.args[0]),
        _ => None,
    }
}

/// For each value the slot that it points into, if it is the slot's address moved by any number of bytes. Where an address
/// is moved out of its slot, an access through it has no meaning.
pub fn slot_bases(func: &Function) -> SecondaryMap<Value, Option<StackSlot>> {
    let mut bases: SecondaryMap<Value, Option<StackSlot>> = SecondaryMap::new();
    // Definitions come before uses in reverse postorder only; follow operands instead of trusting the layout.
    let mut pending = Vec::new();
    for &block in &func.layout {
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            match data.payload {
                Payload::Slot(slot) => bases[func.result(inst)] = Some(slot),
                _ if data.op == Op::PtrAdd => pending.push(inst),
                _ => {}
            }
        }
    }
    let mut chain = Vec::new();
    for inst in pending {
        let mut at = inst;
        chain.clear();
        let base = loop {
            let result = func.result(at);
            if bases[result].is_some() {
                break bases[result];
            }
            chain.push(result);
            let pointer = func.insts[at].args[0];
            match func.values[pointer].def {
                ValueDef::Result(next, _) if func.insts[next].op == Op::PtrAdd => at = next,
                _ => break bases[pointer],
            }
        };
        for &value in &chain {
            bases[value] = base;
        }
    }
    bases
}

/// The slots that something may read: those with a use of their address other than to write through it.
fn observed_slots(func: &Function) -> EntitySet<StackSlot> {
    let bases = slot_bases(func);
    let mut observed = EntitySet::new();
    for &block in &func.layout {
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            if data.op == Op::PtrAdd && bases[func.result(inst)].is_some() {
                continue;
            }
            let written = written_address(data);
            for (index, value) in data.operands().enumerate() {
                let only_written = written == Some(value) && index == if data.op == Op::Store { 1 } else { 0 };
                if let Some(slot) = bases[value]
                    && !only_written
                {
                    observed.insert(slot);
                }
            }
        }
    }
    observed
}
