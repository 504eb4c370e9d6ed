//! The inliner: bottom-up over the call graph, so that a callee is in its final form before it is judged.
//!
//! A call is inlined where the user says so, where it is the only one of a function that nothing else refers to, and where
//! the body costs fewer instructions than the call. Calls within a cycle of the call graph, in cold blocks and of functions
//! that do not return stay.

use crate::passes::{dce::dead_code, simplify_cfg::simplify_cfg, sroa::promote_slots};
use cranelift_entity::SecondaryMap;
use lang_ir::graph::CallGraph;
use lang_ir::*;

/// What an inlined call saves at least: the jump there and back, the frame.
const CALL_COST: usize = 5;
/// What the body may cost more than the call, because known arguments usually simplify it.
const BONUS: usize = 10;
/// What the body may cost more than the call for each argument that is a constant or the address of a slot.
const KNOWN_ARGUMENT_BONUS: usize = 4;
/// The largest body that is inlined at its only call: beyond, what it gains is small beside what it costs to compile.
const MAX_ONLY_CALL: usize = 3000;
/// A function that has grown to this many instructions takes in nothing more, except at only calls and where asked.
const MAX_CALLER: usize = 8000;

/// The same where the user asks: functions that call each other twice, each asked to be inlined, would grow exponentially.
const MAX_ASKED: usize = 40_000;

/// Inlines calls all over the module; says in how many functions.
pub fn inline_calls(module: &mut Module) -> usize {
    let graph = CallGraph::new(module);
    let mut only_calls = references(module);
    let mut changed = 0;
    // By the number of their component: functions that call each other in a cycle.
    let mut cycles: SecondaryMap<FuncId, u32> = SecondaryMap::new();
    for (number, component) in graph.bottom_up().iter().enumerate() {
        component.iter().for_each(|&func| cycles[func] = number as u32);
    }
    for component in graph.bottom_up() {
        for &caller in component {
            if !module.functions[caller].is_definition() {
                continue;
            }
            let mut func = take(module, caller);
            if inline_into(module, &mut func, caller, &cycles, &mut only_calls) {
                changed += 1;
                simplify_cfg(&mut func);
                promote_slots(&mut func);
                dead_code(module, &mut func);
                simplify_cfg(&mut func);
            }
            module.functions[caller] = func;
        }
    }
    changed
}

/// The function, with a declaration left in its place.
fn take(module: &mut Module, id: FuncId) -> Function {
    let shell = module.functions[id].declaration();
    std::mem::replace(&mut module.functions[id], shell)
}

/// How often each function is referred to: by calls, addresses and globals.
fn references(module: &Module) -> SecondaryMap<FuncId, u32> {
    let mut count: SecondaryMap<FuncId, u32> = SecondaryMap::new();
    for func in module.functions.values() {
        for &block in &func.layout {
            for &inst in &func.blocks[block].insts {
                if let Payload::Func(callee) = func.insts[inst].payload {
                    count[callee] += 1;
                }
            }
        }
    }
    for global in module.globals.values() {
        for reloc in &global.relocs {
            if let RelocTarget::Func(callee) = reloc.target {
                count[callee] += 1;
            }
        }
    }
    count
}

fn inline_into(
    module: &Module,
    func: &mut Function,
    caller: FuncId,
    cycles: &SecondaryMap<FuncId, u32>,
    references: &mut SecondaryMap<FuncId, u32>,
) -> bool {
    let mut size = func.num_insts();
    let mut changed = false;
    // Blocks are appended as calls are inlined; bodies that came in are in their final form already and stay as they are.
    let blocks = func.layout.clone();
    let mut next_layout = Vec::with_capacity(blocks.len());
    // The results of calls that are gone, as the parameters of the blocks after them.
    let mut results: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    for mut block in blocks {
        next_layout.push(block);
        let mut at = 0;
        while at < func.blocks[block].insts.len() {
            let inst = func.blocks[block].insts[at];
            at += 1;
            let Some(callee) = callee_of(func, inst) else { continue };
            let body = &module.functions[callee];
            if cycles[callee] == cycles[caller] || !body.is_definition() {
                continue;
            }
            let only = body.linkage == Linkage::Local && references[callee] == 1;
            if !worthwhile(func, block, inst, body, only, size) {
                continue;
            }
            size += body.num_insts();
            references[callee] -= 1;
            for &b in &body.layout {
                for &i in &body.blocks[b].insts {
                    if let Payload::Func(inner) = body.insts[i].payload {
                        references[inner] += 1;
                    }
                }
            }
            block = inline_call(func, block, at - 1, body, &mut results, &mut next_layout);
            at = 0;
            changed = true;
        }
    }
    func.layout = next_layout;
    if changed {
        // A result may have been passed on to another inlined body and come back from it.
        func.map_operands(|mut value| {
            while let Some(param) = results[value] {
                value = param;
            }
            value
        });
    }
    changed
}

fn callee_of(func: &Function, inst: Inst) -> Option<FuncId> {
    let data = &func.insts[inst];
    match data.payload {
        Payload::Func(callee) if data.op == Op::Call => Some(callee),
        _ => None,
    }
}

/// Whether the call should become the body.
fn worthwhile(func: &Function, block: Block, call: Inst, body: &Function, only: bool, size: usize) -> bool {
    if body.attrs.noreturn {
        return false;
    }
    // The freedom of `#fast_math` is that of the function's own text.
    if func.attrs.fast_math != body.attrs.fast_math && body.values.values().any(|value| value.ty.is_float()) {
        return false;
    }
    match body.attrs.inline {
        Inline::Always => return size + body.num_insts() <= MAX_ASKED,
        Inline::Never => return false,
        Inline::Auto => {}
    }
    if only {
        return costs_at_most(body, MAX_ONLY_CALL);
    }
    if func.blocks[block].cold || body.attrs.cold || size > MAX_CALLER {
        return false;
    }
    let args = &func.insts[call].args;
    let known = args.iter().filter(|&&arg| is_known(func, arg)).count();
    costs_at_most(body, CALL_COST + args.len() + BONUS + known * KNOWN_ARGUMENT_BONUS)
}

/// Whether an argument is of the kind that simplifies a body.
fn is_known(func: &Function, arg: Value) -> bool {
    match func.values[arg].def {
        ValueDef::Result(inst, _) => {
            matches!(func.insts[inst].op, Op::Iconst | Op::Fconst | Op::SlotAddr | Op::FuncAddr | Op::GlobalAddr)
        }
        ValueDef::Param(..) => false,
    }
}

/// Whether a run of the body may execute at most so many instructions; what computes nothing or only guards against a trap
/// counts less.
fn costs_at_most(body: &Function, limit: usize) -> bool {
    let mut halves = 0;
    for &block in &body.layout {
        for &inst in &body.blocks[block].insts {
            halves += match body.insts[inst].op {
                Op::Iconst | Op::Fconst | Op::SlotAddr | Op::GlobalAddr | Op::FuncAddr | Op::Jump | Op::Return => 0,
                Op::Trapif | Op::Trap | Op::PtrAdd => 1,
                Op::Call | Op::CallIndirect => 2 * CALL_COST,
                _ => 2,
            };
        }
        // A large body is looked at for each of its calls, so not to its end.
        if halves / 2 > limit {
            return false;
        }
    }
    true
}

/// Replaces the call at this place of the block by the body. The rest of the block moves to a new one, which is returned;
/// blocks that come in are appended to `layout`.
fn inline_call(
    func: &mut Function,
    block: Block,
    at: usize,
    body: &Function,
    results: &mut SecondaryMap<Value, Option<Value>>,
    layout: &mut Vec<Block>,
) -> Block {
    let tail = func.blocks[block].insts.split_off(at);
    let (call, tail) = tail.split_first().expect("the call");
    let call = *call;
    let cold = func.blocks[block].cold;

    // What follows the call goes on with the results as block parameters.
    let rest = func.new_block();
    func.blocks[rest].insts = tail.to_vec();
    func.blocks[rest].cold = cold;
    for value in func.results(call) {
        let ty = func.ty(value);
        results[value] = Some(func.append_param(rest, ty));
    }

    let map = Importer::new(func, body, func.insts[call].loc);
    let args = func.insts[call].args.clone();
    let blocks = map.blocks(func, body, cold);
    let mut values: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    for (&param, &arg) in body.params().iter().zip(&args) {
        values[param] = Some(arg);
    }
    for &source in body.layout.iter().skip(1) {
        for &param in &body.blocks[source].params {
            let copy = func.append_param(blocks[source].expect("a copy"), body.ty(param));
            values[param] = Some(copy);
        }
    }
    // Results get their ids first: a use may stand before its definition in the layout.
    let mut copies: Vec<(Block, Inst, Inst)> = Vec::new();
    for &source in &body.layout {
        for &inst in &body.blocks[source].insts {
            let data = &body.insts[inst];
            let types: Vec<Type> = body.results(inst).map(|v| body.ty(v)).collect();
            let copy = func.new_inst(InstData { first_result: None.into(), ..data.clone() }, &types);
            for (from, to) in body.results(inst).zip(func.results(copy)) {
                values[from] = Some(to);
            }
            copies.push((blocks[source].expect("a copy"), inst, copy));
        }
    }
    for (target, inst, copy) in copies {
        let mut data = func.insts[copy].clone();
        data.map_operands(&mut |value| values[value].expect("a copy of every value"));
        map.finish(&mut data, &blocks);
        data.loc = map.loc(body.insts[inst].loc);
        if data.op == Op::Return {
            data.op = Op::Jump;
            data.payload = Payload::Jump(BlockCall { block: rest, args: std::mem::take(&mut data.args) });
        }
        func.insts[copy] = data;
        func.blocks[target].insts.push(copy);
    }
    let loc = func.insts[call].loc;
    let entry = BlockCall { block: blocks[body.entry()].expect("a copy"), args: Values::new() };
    let jump = func.new_inst(InstData::new(Op::Jump, Type::I1, loc, &[], Payload::Jump(entry)), &[]);
    func.blocks[block].insts.push(jump);
    layout.extend(body.layout.iter().map(|&b| blocks[b].expect("a copy")));
    layout.push(rest);
    rest
}

/// How the tables of a body map to those of the function that it is copied into.
struct Importer {
    /// Added to the ids of slots.
    slots: u32,
    alias_sets: SecondaryMap<AliasSet, AliasSet>,
    locs: SecondaryMap<Loc, Loc>,
}

impl Importer {
    fn new(func: &mut Function, body: &Function, call_site: Loc) -> Importer {
        let slots = func.slots.len() as u32;
        for slot in body.slots.values() {
            func.slots.push(slot.clone());
        }
        let restrict_scopes = func.restrict_scopes;
        func.restrict_scopes += body.restrict_scopes;
        let shift = |scope: &RestrictScope| RestrictScope::from_u32(scope.as_u32() + restrict_scopes);
        let mut alias_sets = SecondaryMap::with_default(AliasSet::from_u32(0));
        for (id, set) in body.alias_sets.iter().skip(1) {
            alias_sets[id] = func.alias_sets.push(AliasSetData {
                region: match set.region {
                    Region::Slot(slot) => Region::Slot(StackSlot::from_u32(slot.as_u32() + slots)),
                    region => region,
                },
                scopes: set.scopes.iter().map(shift).collect(),
                noalias: set.noalias.iter().map(shift).collect(),
            });
        }
        let outer = func.scopes.push(ScopeData { callee: body.name.clone(), callee_decl: body.decl, call_site });
        let first_scope = func.scopes.len() as u32;
        let scope_of = |scope: InlineScope| InlineScope::from_u32(first_scope + scope.as_u32());
        for scope in body.scopes.values() {
            func.scopes.push(scope.clone());
        }
        let mut locs = SecondaryMap::with_default(Loc::from_u32(0));
        for (id, loc) in body.locs.iter() {
            let scope = loc.scope.map(scope_of).unwrap_or(outer);
            locs[id] = func.locs.push(LocData { pos: loc.pos, scope: scope.into() });
        }
        for id in body.scopes.keys() {
            func.scopes[scope_of(id)].call_site = locs[body.scopes[id].call_site];
        }
        Importer { slots, alias_sets, locs }
    }

    fn blocks(&self, func: &mut Function, body: &Function, cold: bool) -> SecondaryMap<Block, Option<Block>> {
        let mut blocks = SecondaryMap::new();
        for &source in &body.layout {
            let copy = func.new_block();
            func.blocks[copy].cold = cold || body.blocks[source].cold;
            blocks[source] = Some(copy);
        }
        blocks
    }

    fn loc(&self, loc: Loc) -> Loc {
        self.locs[loc]
    }

    fn finish(&self, data: &mut InstData, blocks: &SecondaryMap<Block, Option<Block>>) {
        match &mut data.payload {
            Payload::Slot(slot) => *slot = StackSlot::from_u32(slot.as_u32() + self.slots),
            Payload::Mem(mem) => mem.alias = self.alias_sets[mem.alias],
            Payload::Copy(copy) => {
                copy.dst_alias = self.alias_sets[copy.dst_alias];
                copy.src_alias = self.alias_sets[copy.src_alias];
            }
            payload => {
                for target in payload.targets_mut() {
                    target.block = blocks[target.block].expect("a copy");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Each function calls the one before twice and asks to be inlined.
    #[test]
    fn doubling_does_not_grow_without_bound() {
        let mut text =
            "fn @f0(i64) -> i64 inline {\nblock0(v0: i64):\n  v1 = iadd.i64 v0, v0\n  return v1\n}\n".to_string();
        for n in 1..40 {
            let inner = n - 1;
            let _ = write!(
                text,
                "fn @f{n}(i64) -> i64 inline {{\nblock0(v0: i64):\n  v1 = call @f{inner}(v0)\n  v2 = call @f{inner}(v1)\n  \
                 return v2\n}}\n"
            );
        }
        let mut module = lang_ir::parse::module(&text).unwrap();
        inline_calls(&mut module);
        let sizes: Vec<usize> = module.functions.values().map(Function::num_insts).collect();
        assert!(sizes.iter().all(|&size| size <= MAX_ASKED), "{sizes:?}");
        assert_eq!(sizes[4], 17, "small ones come in");
    }
}
