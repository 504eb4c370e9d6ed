//! Scalar replacement: pieces of stack slots that are only loaded and stored whole become SSA values.
//!
//! A slot's accesses are loads and stores at constant offsets from its address. Where the address is used in any other way
//! the slot stays. Accesses that overlap form one piece; a piece whose accesses all have the same offset and size becomes a
//! variable, and accesses of another type of that size are bit casts.

use cranelift_entity::SecondaryMap;
use lang_ir::graph::Cfg;
use lang_ir::ssa::{SsaBuilder, Variable};
use lang_ir::*;
use std::collections::BTreeMap;

/// Turns what it can of the stack slots into values; says whether anything changed.
pub fn promote_slots(func: &mut Function) -> bool {
    if func.slots.is_empty() {
        return false;
    }
    let cfg = Cfg::new(func);
    let places = places(func, &cfg);
    let mut ssa = SsaBuilder::new();
    let variables = variables(&accesses(func, &places), &mut ssa);
    if variables.is_empty() {
        return false;
    }
    let mut replaced: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    // In reverse postorder a load is replaced before its result is used.
    for &block in cfg.rpo() {
        let insts = std::mem::take(&mut func.blocks[block].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for inst in insts {
            let Some(variable) = access(func, &places, inst).and_then(|(place, _)| variables.get(&place).copied())
            else {
                kept.push(inst);
                continue;
            };
            let data = func.insts[inst].clone();
            let ty = ssa.ty(variable);
            if data.op == Op::Load {
                let value = ssa.read(func, variable, block);
                replaced[func.result(inst)] = Some(cast(func, value, data.ty, data.loc, &mut kept));
            } else {
                let value = replaced[data.args[0]].unwrap_or(data.args[0]);
                let value = cast(func, value, ty, data.loc, &mut kept);
                ssa.write(variable, block, value);
            }
        }
        func.blocks[block].insts = kept;
    }
    func.map_operands(|value| replaced[value].unwrap_or(value));
    ssa.finish(func);
    true
}

/// A place in a slot, at this many bytes from its start.
type Place = (StackSlot, i64);

/// What each pointer that is a slot's address plus a constant points to; `Err` where the distance is not known.
type Places = SecondaryMap<Value, Option<Result<Place, StackSlot>>>;

fn places(func: &Function, cfg: &Cfg) -> Places {
    let mut places = Places::new();
    for &block in cfg.rpo() {
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            let place = match data.payload {
                Payload::Slot(slot) => Some(Ok((slot, 0))),
                _ if data.op == Op::PtrAdd => {
                    places[data.args[0]].map(|base| match (base, func.constant(data.args[1])) {
                        (Ok((slot, offset)), Some(by)) => match offset.checked_add(by as i64) {
                            Some(offset) => Ok((slot, offset)),
                            None => Err(slot),
                        },
                        (Ok((slot, _)) | Err(slot), _) => Err(slot),
                    })
                }
                _ => None,
            };
            if place.is_some() {
                places[func.result(inst)] = place;
            }
        }
    }
    places
}

/// The place that a load or store accesses at a known distance, and the type there.
fn access(func: &Function, places: &Places, inst: Inst) -> Option<(Place, Type)> {
    let data = &func.insts[inst];
    let mem = data.mem()?;
    let address = *data.args.last().expect("the address comes last");
    let (slot, offset) = places[address]?.ok()?;
    Some(((slot, offset.checked_add(mem.offset as i64)?), data.ty))
}

/// For each slot that has only loads and stores at known distances, its accesses: place and type, each once.
fn accesses(func: &Function, places: &Places) -> BTreeMap<StackSlot, Vec<(i64, Type)>> {
    let mut pinned = cranelift_entity::EntitySet::<StackSlot>::new();
    let mut accesses: BTreeMap<StackSlot, Vec<(i64, Type)>> = BTreeMap::new();
    for &block in &func.layout {
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            let address = access(func, places, inst).map(|((slot, offset), ty)| {
                accesses.entry(slot).or_default().push((offset, ty));
                data.args.len() - 1
            });
            for (index, value) in data.operands().enumerate() {
                let moved = data.op == Op::PtrAdd && index == 0;
                match places[value] {
                    Some(Ok((slot, _))) if address != Some(index) && !moved => pinned.insert(slot),
                    Some(Err(slot)) => pinned.insert(slot),
                    _ => false,
                };
            }
        }
    }
    for (slot, list) in &mut accesses {
        list.sort_unstable();
        list.dedup();
        let size = func.slots[*slot].size as i64;
        let inside = list.iter().all(|&(offset, ty)| offset >= 0 && offset <= size - ty.bytes() as i64);
        if pinned.contains(*slot) || !inside {
            list.clear();
        }
    }
    accesses
}

/// A variable for each piece whose accesses agree in offset and size.
fn variables(accesses: &BTreeMap<StackSlot, Vec<(i64, Type)>>, ssa: &mut SsaBuilder) -> BTreeMap<Place, Variable> {
    let mut variables = BTreeMap::new();
    for (&slot, list) in accesses {
        let mut rest = &list[..];
        while let Some(&(start, first)) = rest.first() {
            let mut end = start + first.bytes() as i64;
            let mut len = 1;
            while let Some(&(offset, ty)) = rest.get(len)
                && offset < end
            {
                end = end.max(offset + ty.bytes() as i64);
                len += 1;
            }
            let piece = &rest[..len];
            rest = &rest[len..];
            // A variable of the first type that an integer of the same width can be cast to; i1 and ptr only go alone.
            let same = |&(offset, ty): &(i64, Type)| offset == start && (ty == first || castable(ty, first));
            if piece.iter().all(same) {
                variables.insert((slot, start), ssa.declare(first));
            }
        }
    }
    variables
}

/// Whether a value of one type can stand for the other with the same bits in memory.
fn castable(a: Type, b: Type) -> bool {
    a.bits() == b.bits() && a != Type::I1 && b != Type::I1
}

/// The value with the same bits as type `to`; new instructions are appended to `insts`.
fn cast(func: &mut Function, value: Value, to: Type, loc: Loc, insts: &mut Vec<Inst>) -> Value {
    let from = func.ty(value);
    let mut emit = |func: &mut Function, op, ty, value| {
        let inst = func.new_inst(InstData::new(op, ty, loc, &[value], Payload::None), &[ty]);
        insts.push(inst);
        func.result(inst)
    };
    match (from, to) {
        _ if from == to => value,
        (Type::Ptr, Type::I64) => emit(func, Op::PtrToInt, Type::I64, value),
        (Type::I64, Type::Ptr) => emit(func, Op::IntToPtr, Type::Ptr, value),
        (Type::Ptr, _) => {
            let bits = emit(func, Op::PtrToInt, Type::I64, value);
            emit(func, Op::Bitcast, to, bits)
        }
        (_, Type::Ptr) => {
            let bits = emit(func, Op::Bitcast, Type::I64, value);
            emit(func, Op::IntToPtr, Type::Ptr, bits)
        }
        _ => emit(func, Op::Bitcast, to, value),
    }
}
