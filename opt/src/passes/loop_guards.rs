//! Takes bounds checks out of innermost loops, by versioning.
//!
//! Where all guards of a loop that compare an induction variable with an invariant length, or that are invariant, can be decided
//! before the loop, it gets a copy without them, and a test before it picks the copy:
//!
//! ```text
//!   for i in a..n { guard i < len; ... }   =>   if 0 <= a && n <= len { for i in a..n { ... } } else { the loop as it was }
//! ```
//!
//! Lengths and pointers that the loop itself loads, from memory that a store of the loop might change, are loaded before it where
//! the test also finds that no store of the loop comes near them; the copy goes without these loads, too.
//!
//! The test is sufficient, not necessary: where it fails the guards decide as before, so a trap comes in the iteration in which
//! it came, with its values, after the effects before it. (The idea is that of inductive range check elimination; see
//! Gupta, "Optimizing array bound checks using flow analysis", LOPLAS 1993.)

use crate::passes::simplify_cfg::simplify_cfg;
use cranelift_entity::{EntitySet, SecondaryMap};
use lang_ir::builder::Builder;
use lang_ir::graph::{Cfg, Dominators, Frequencies, Loop, LoopId, LoopNest};
use lang_ir::ssa::{SsaBuilder, Variable};
use lang_ir::*;
use std::collections::BTreeMap;

/// The largest loop that is copied, in instructions.
const MAX_LOOP: usize = 300;
/// Copies may add this many instructions to a function, or as many as it has.
const MIN_GROWTH: usize = 2000;
/// Tests of more parts than this cost more than they save in loops that run a few times.
const MAX_TESTS: usize = 16;
/// Induction variables go at most this far where stores are told apart from loads, so that no address overflows.
const MAX_LOOPED: i128 = 1 << 40;
/// Constants that are added to an induction variable are at most this large, so that nothing overflows.
const MAX_OFFSET: i128 = 1 << 31;
/// Invariant expressions, and indices, are at most this deep.
const MAX_DEPTH: u32 = 6;
/// Lengths from which an offset is subtracted are tested to be at most this large, for the same reason.
const MAX_LEN: i128 = 1 << 62;

/// Versions what loops it can; says whether there were any.
pub fn version_loops(module: &Module, func: &mut Function) -> bool {
    let Some((_, _, loops)) = loop_nest(func) else { return false };
    let made = loops.iter().filter(|(_, body)| body.children.is_empty() && body.preheader.is_none());
    let made = made.map(|(_, body)| make_preheader(func, body)).count();
    let (cfg, dominators, loops) = loop_nest(func).expect("the loops are still there");
    let frequencies = Frequencies::new(module, func, &cfg, &dominators, &loops);
    let mut budget = func.num_insts().max(MIN_GROWTH);
    let mut copies: Vec<Copy> = Vec::new();
    for (id, body) in loops.iter() {
        let size: usize = body.blocks.iter().map(|&b| func.blocks[b].insts.len()).sum();
        let fits = size <= MAX_LOOP.min(budget);
        if !body.children.is_empty() || !fits || frequencies.is_cold(body.header) || loops.is_irreducible(body.header) {
            continue;
        }
        let Some(preheader) = body.preheader else { continue };
        let Some(plan) = Plan::new(func, &loops, id, body) else { continue };
        budget -= size;
        copies.push(plan.carry_out(func, body, preheader));
    }
    if !copies.is_empty() {
        join_values(func, &copies);
    }
    if made > 0 || !copies.is_empty() {
        simplify_cfg(func);
    }
    !copies.is_empty()
}

fn loop_nest(func: &Function) -> Option<(Cfg, Dominators, LoopNest)> {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let loops = LoopNest::new(&cfg, &dominators);
    (!loops.is_empty()).then_some((cfg, dominators, loops))
}

/// Gives a loop a block before it that goes nowhere else.
fn make_preheader(func: &mut Function, body: &Loop) {
    let header = body.header;
    let preheader = func.new_block();
    let types: Vec<Type> = func.blocks[header].params.iter().map(|&p| func.ty(p)).collect();
    let params: Vec<Value> = types.into_iter().map(|ty| func.append_param(preheader, ty)).collect();
    let inside: EntitySet<Block> = set(&body.blocks);
    for block in func.layout.clone().into_iter().filter(|&block| !inside.contains(block)) {
        let last = func.terminator(block);
        for target in func.insts[last].targets_mut().filter(|t| t.block == header) {
            target.block = preheader;
        }
    }
    Builder::new(func, preheader).jump(header, &params);
    func.layout.push(preheader);
}

fn set(blocks: &[Block]) -> EntitySet<Block> {
    let mut set = EntitySet::new();
    set.extend(blocks.iter().copied());
    set
}

/// How the induction variable of a loop goes.
struct Induction {
    variable: Value,
    start: Value,
    step: Value,
    /// The loop goes on while the variable is below (or at) this.
    bound: Value,
    /// At the bound the loop goes on.
    inclusive: bool,
    signed: bool,
}

/// An index that is the induction variable, extended to 64 bits, plus a constant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    offset: i64,
    /// The constant was added before the extension, where it may wrap.
    added_narrow: bool,
}

/// What has to hold before the loop for a guard never to trap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    /// The guard's condition, which is invariant, is 0.
    Not(Value),
    /// Every index is below this length.
    Below(Index, Limit),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Limit {
    Value(Value),
    Constant(i64),
}

/// What to do with a loop.
struct Plan {
    induction: Option<Induction>,
    /// What happens before the loop, in the order in which the first iteration would do it: so nothing is loaded that the
    /// loop might not have loaded.
    steps: Vec<Step>,
    /// The places that the loop stores to, if it has loads among its steps.
    stores: Vec<Place>,
    /// The guards that the copy goes without.
    guards: EntitySet<Inst>,
    /// The values that the loop defines.
    inside: EntitySet<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Goes on only if this holds.
    Test(Test),
    /// Loads what the loop loads from an invariant address.
    Load(Inst),
    /// Goes on only if so many of the places that the loop stores to are apart from all that was loaded. The loop would have
    /// stored there by now, so what was loaded might be stale, and lead the next steps astray.
    Apart(usize),
}

/// What a store writes over the course of the loop: `size` bytes at `base + variable * scale + offset`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    base: Value,
    scale: i64,
    offset: i64,
    size: i64,
}

/// A loop's copy.
struct Copy {
    /// Each block of the loop and its copy.
    blocks: BTreeMap<Block, Block>,
    values: BTreeMap<Value, Value>,
}

impl Plan {
    fn new(func: &Function, loops: &LoopNest, id: LoopId, body: &Loop) -> Option<Plan> {
        let mut inside = EntitySet::new();
        for &block in &body.blocks {
            inside.extend(func.blocks[block].params.iter().copied());
            inside.extend(func.blocks[block].insts.iter().flat_map(|&inst| func.results(inst)));
        }
        let mut view = View { func, loops, id, inside: &inside, loaded: EntitySet::new() };
        let induction = view.induction(body);
        let with_loads = induction.as_ref().and_then(|induction| view.plan(body, Some(induction), true));
        let (steps, guards, stores) = with_loads.or_else(|| view.plan(body, induction.as_ref(), false))?;
        Some(Plan { induction, steps, stores, guards, inside })
    }

    fn has_loads(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Load(_)))
    }

    /// Makes the copy and the test that picks it.
    fn carry_out(&self, func: &mut Function, body: &Loop, preheader: Block) -> Copy {
        let copy = self.copy(func, body);
        let jump = func.blocks[preheader].insts.pop().expect("a terminator");
        let slow = func.insts[jump].targets().next().expect("a target").clone();
        let fast = BlockCall { block: copy.blocks[&body.header], args: slow.args.clone() };
        let loc = func.insts[jump].loc;
        let mut tester = Tester {
            moved: BTreeMap::new(),
            builder: Builder::new(func, preheader),
            inside: &self.inside,
            parts: Vec::new(),
        };
        tester.builder.loc = loc;
        tester.all(self, &slow);
        let condition = tester.take_parts();
        tester.builder.brif(condition, fast, slow);
        let moved = tester.moved;
        if self.has_loads() {
            // The copy uses what was loaded before it; its own loads are dead then.
            let loaded = |step: &Step| match *step {
                Step::Load(inst) => Some(func.result(inst)),
                Step::Test(_) | Step::Apart(_) => None,
            };
            let loads: BTreeMap<Value, Value> =
                self.steps.iter().filter_map(loaded).map(|value| (copy.values[&value], moved[&value])).collect();
            for &block in copy.blocks.values() {
                for index in 0..func.blocks[block].insts.len() {
                    let inst = func.blocks[block].insts[index];
                    func.insts[inst].map_operands(&mut |value| loads.get(&value).copied().unwrap_or(value));
                }
            }
        }
        for &block in &body.blocks {
            func.blocks[block].cold = true;
        }
        copy
    }

    /// The loop again, without the guards.
    fn copy(&self, func: &mut Function, body: &Loop) -> Copy {
        let mut blocks = BTreeMap::new();
        let mut values = BTreeMap::new();
        for &block in &body.blocks {
            let copy = func.new_block();
            blocks.insert(block, copy);
            for param in func.blocks[block].params.clone() {
                let ty = func.ty(param);
                values.insert(param, func.append_param(copy, ty));
            }
        }
        let mut insts = Vec::new();
        for &block in &body.blocks {
            for inst in func.blocks[block].insts.clone() {
                if self.guards.contains(inst) {
                    continue;
                }
                let types: Vec<Type> = func.results(inst).map(|v| func.ty(v)).collect();
                let data = InstData { first_result: None.into(), ..func.insts[inst].clone() };
                let copy = func.new_inst(data, &types);
                values.extend(func.results(inst).zip(func.results(copy)));
                insts.push((blocks[&block], copy));
            }
        }
        for (block, inst) in insts {
            let data = &mut func.insts[inst];
            data.map_operands(&mut |value| values.get(&value).copied().unwrap_or(value));
            for target in data.targets_mut() {
                target.block = blocks.get(&target.block).copied().unwrap_or(target.block);
            }
            func.blocks[block].insts.push(inst);
        }
        func.layout.extend(body.blocks.iter().map(|b| blocks[b]));
        Copy { blocks, values }
    }
}

/// A loop to look at.
struct View<'a> {
    func: &'a Function,
    loops: &'a LoopNest,
    id: LoopId,
    /// The values that the loop defines.
    inside: &'a EntitySet<Value>,
    /// Those among them that will be loaded before the loop.
    loaded: EntitySet<Value>,
}

impl View<'_> {
    /// What can be tested and loaded before the loop, the guards that this decides, and where the loop stores.
    fn plan(
        &mut self,
        body: &Loop,
        induction: Option<&Induction>,
        loads: bool,
    ) -> Option<(Vec<Step>, EntitySet<Inst>, Vec<Place>)> {
        self.loaded.clear();
        let mut steps: Vec<Step> = Vec::new();
        let mut guards = EntitySet::new();
        // First the way that the first iteration takes in any case, then the other blocks.
        let way = self.certain_way(body);
        let rest = body.blocks.iter().filter(|block| !way.contains(block));
        let mut certain = loads;
        let mut stores: Vec<Place> = Vec::new();
        // Whether something was loaded that a store before it or after it might change.
        let mut stale = false;
        for (index, &block) in way.iter().chain(rest).enumerate() {
            certain &= index < way.len();
            for &inst in &self.func.blocks[block].insts {
                let data = &self.func.insts[inst];
                let follows_loads = match data.op {
                    Op::Trapif => true,
                    Op::Load => !self.is_outside(data.args[0], 0),
                    _ => false,
                };
                if stale && follows_loads {
                    steps.push(Step::Apart(stores.len()));
                    stale = false;
                }
                match data.op {
                    Op::Store if loads => {
                        let place = self.place(data, induction?)?;
                        if !stores.contains(&place) {
                            stores.push(place);
                        }
                        stale |= !self.loaded.is_empty();
                    }
                    Op::Trapif => {
                        let condition = data.args[0];
                        let test = if self.is_invariant(condition, 0) {
                            Some(Test::Not(condition))
                        } else if block != body.header {
                            // Only guards after the exit test know that the variable is within bounds.
                            induction.and_then(|induction| self.bounds_check(condition, induction))
                        } else {
                            None
                        };
                        // Past a guard that is not decided, the first iteration may never come.
                        certain &= test.is_some();
                        if let Some(test) = test {
                            guards.insert(inst);
                            if !steps.contains(&Step::Test(test)) {
                                steps.push(Step::Test(test));
                            }
                        }
                    }
                    Op::Load if certain && block != body.header && self.is_invariant(data.args[0], 0) => {
                        self.loaded.insert(self.func.result(inst));
                        steps.push(Step::Load(inst));
                        stale |= !stores.is_empty();
                    }
                    op if loads && op != Op::Store && op.info().flags.writes => return None,
                    _ => {}
                }
            }
        }
        let count = steps.iter().filter(|step| matches!(step, Step::Test(_))).count();
        if loads && self.loaded.is_empty() {
            return None;
        }
        (count > 0 && count + stores.len() <= MAX_TESTS).then_some((steps, guards, stores))
    }

    /// The blocks that every iteration which passes the header's test goes through first.
    fn certain_way(&self, body: &Loop) -> Vec<Block> {
        let mut way = vec![body.header];
        let mut inside = self.func.successors(body.header).filter(|t| self.loops.contains(self.id, t.block));
        let (Some(first), None) = (inside.next(), inside.next()) else { return way };
        let mut next = first.block;
        while !way.contains(&next) && self.loops.contains(self.id, next) {
            way.push(next);
            match &self.func.insts[self.func.terminator(next)].payload {
                Payload::Jump(target) => next = target.block,
                _ => break,
            }
        }
        way
    }

    /// Where a store writes over the course of the loop.
    fn place(&self, store: &InstData, induction: &Induction) -> Option<Place> {
        let flags = store.mem()?;
        let mut offset = flags.offset as i64;
        let mut address = store.args[1];
        for _ in 0..MAX_DEPTH {
            let data = self.inst(address).filter(|data| data.op == Op::PtrAdd)?;
            let (base, by) = (data.args[0], data.args[1]);
            if let Some(by) = self.func.constant(by) {
                offset = offset.checked_add(by as i64)?;
                address = base;
                continue;
            }
            let scaled = self.inst(by)?;
            let factor = scaled.args.get(1).and_then(|&factor| self.func.constant(factor));
            let (index, scale) = match (scaled.op, factor) {
                (Op::Ishl, Some(amount)) if amount <= 16 => (scaled.args[0], 1i64 << amount),
                (Op::Imul, Some(factor)) if (1..=1 << 16).contains(&factor) => (scaled.args[0], factor as i64),
                _ => (by, 1),
            };
            let index = self.index(index, induction).filter(|index| !index.added_narrow)?;
            let offset = offset.checked_add(index.offset.checked_mul(scale)?)?;
            let small = (offset as i128).abs() <= MAX_OFFSET << 16;
            return (small && self.is_invariant(base, 0)).then_some(Place {
                base,
                scale,
                offset,
                size: store.ty.bytes() as i64,
            });
        }
        None
    }

    fn inst(&self, value: Value) -> Option<&InstData> {
        match self.func.values[value].def {
            ValueDef::Result(inst, _) => Some(&self.func.insts[inst]),
            ValueDef::Param(..) => None,
        }
    }

    /// Whether a value is the same in every iteration and can be computed before the loop: a few pure operations on values
    /// from outside and on what is loaded before the loop. Partial operations and other loads stay where they are.
    fn is_invariant(&self, value: Value, depth: u32) -> bool {
        self.is_fixed(value, depth, &|value| self.loaded.contains(value))
    }

    /// As `is_invariant`, of values from outside alone.
    fn is_outside(&self, value: Value, depth: u32) -> bool {
        self.is_fixed(value, depth, &|_| false)
    }

    fn is_fixed(&self, value: Value, depth: u32, known: &dyn Fn(Value) -> bool) -> bool {
        if !self.inside.contains(value) || known(value) {
            return true;
        }
        self.inst(value).is_some_and(|data| {
            let movable = data.op.is_pure() && !data.op.is_partial();
            movable && depth < MAX_DEPTH && data.args.iter().all(|&arg| self.is_fixed(arg, depth + 1, known))
        })
    }

    /// The variable that the test at the loop's header compares with an invariant bound.
    fn induction(&self, body: &Loop) -> Option<Induction> {
        let test = &self.func.insts[self.func.terminator(body.header)];
        let Payload::Brif(targets) = &test.payload else { return None };
        let stays = [0, 1].map(|side| self.loops.contains(self.id, targets[side].block));
        let holds = match stays {
            [true, false] => true,
            [false, true] => false,
            _ => return None,
        };
        let (op, low, high) = self.comparison(test.args[0], holds)?;
        let inclusive = matches!(op, Op::IcmpSle | Op::IcmpUle);
        let signed = matches!(op, Op::IcmpSlt | Op::IcmpSle);
        let ValueDef::Param(block, index) = self.func.values[low].def else { return None };
        let [latch] = body.latches[..] else { return None };
        let ty = self.func.ty(low);
        if block != body.header
            || !self.is_invariant(high, 0)
            || !matches!(ty, Type::I8 | Type::I16 | Type::I32 | Type::I64)
        {
            return None;
        }
        let argument = |from: Block| {
            let mut edges = self.func.successors(from).filter(|t| t.block == body.header);
            let only = edges.next()?.args[index as usize];
            edges.next().is_none().then_some(only)
        };
        let next = self.inst(argument(latch)?)?;
        if next.op != Op::Iadd {
            return None;
        }
        let step = match next.args[..] {
            [a, step] if a == low => step,
            [step, b] if b == low => step,
            _ => return None,
        };
        let start = argument(body.preheader?)?;
        self.is_invariant(step, 0).then_some(Induction { variable: low, start, step, bound: high, inclusive, signed })
    }

    /// The comparison `op low high` that a condition says where it holds or does not.
    fn comparison(&self, condition: Value, holds: bool) -> Option<(Op, Value, Value)> {
        let data = self.inst(condition)?;
        let not_zero = |arg: Value| self.func.constant(arg) == Some(0) && self.func.ty(arg) == Type::I1;
        Some(match (data.op, holds) {
            (Op::Bnot, _) => return self.comparison(data.args[0], !holds),
            (Op::IcmpEq, _) if not_zero(data.args[1]) => return self.comparison(data.args[0], !holds),
            (Op::IcmpNe, _) if not_zero(data.args[1]) => return self.comparison(data.args[0], holds),
            (Op::IcmpSlt | Op::IcmpSle | Op::IcmpUlt | Op::IcmpUle, true) => (data.op, data.args[0], data.args[1]),
            // !(a < b) = b <= a, !(a <= b) = b < a
            (Op::IcmpSlt, false) => (Op::IcmpSle, data.args[1], data.args[0]),
            (Op::IcmpSle, false) => (Op::IcmpSlt, data.args[1], data.args[0]),
            (Op::IcmpUlt, false) => (Op::IcmpUle, data.args[1], data.args[0]),
            (Op::IcmpUle, false) => (Op::IcmpUlt, data.args[1], data.args[0]),
            _ => return None,
        })
    }

    /// The guard `trapif !(index <u len)`, where the index follows the induction variable and the length is invariant.
    fn bounds_check(&self, condition: Value, induction: &Induction) -> Option<Test> {
        let (op, low, high) = self.comparison(condition, false)?;
        let limit = match (op, self.func.constant(high)) {
            (_, _) if self.func.ty(high) != Type::I64 => return None,
            (Op::IcmpUlt, Some(len)) => Limit::Constant(i64::try_from(len).ok()?),
            (Op::IcmpUle, Some(last)) => Limit::Constant(i64::try_from(last).ok()?.checked_add(1)?),
            (Op::IcmpUlt, None) if self.is_invariant(high, 0) => Limit::Value(high),
            _ => return None,
        };
        let index = self.index(low, induction)?;
        let plain = index.offset == 0;
        (plain || induction.signed).then_some(Test::Below(index, limit))
    }

    /// The variable plus a constant; constants may be added on one side of the extension only, where they wrap alike.
    fn index(&self, value: Value, induction: &Induction) -> Option<Index> {
        let own = self.func.ty(induction.variable);
        let (mut at_64, mut at_own) = (0i128, 0i128);
        let mut at = value;
        for _ in 0..MAX_DEPTH {
            if at == induction.variable {
                let offset = at_64 + at_own;
                let small = offset.abs() <= MAX_OFFSET && (at_64 == 0 || at_own == 0);
                return small.then_some(Index { offset: offset as i64, added_narrow: at_own != 0 });
            }
            let data = self.inst(at)?;
            at = match data.op {
                Op::Iadd if data.ty == Type::I64 || data.ty == own => {
                    let by = eval::signed(data.ty, self.func.constant(data.args[1])?);
                    let sum = if data.ty == Type::I64 { &mut at_64 } else { &mut at_own };
                    *sum = sum.checked_add(by)?;
                    data.args[0]
                }
                // A variable that is compared without sign may look negative when it is extended with its sign.
                Op::Sextend if induction.signed => data.args[0],
                Op::Uextend => data.args[0],
                _ => return None,
            };
        }
        None
    }
}

/// Makes the test before a loop.
struct Tester<'a> {
    builder: Builder<'a>,
    /// Invariant values of the loop, computed before it.
    moved: BTreeMap<Value, Value>,
    inside: &'a EntitySet<Value>,
    /// What has to hold, and is not yet tested.
    parts: Vec<Value>,
}

impl Tester<'_> {
    fn all(&mut self, plan: &Plan, slow: &BlockCall) {
        let follows = |step: &Step| matches!(step, Step::Test(Test::Below(..)) | Step::Load(_));
        if let Some(induction) = &plan.induction
            && plan.steps.iter().any(follows)
        {
            if plan.has_loads() {
                self.enters(induction);
            }
            self.no_wrap(induction);
        }
        for step in &plan.steps {
            match (step, &plan.induction) {
                (Step::Test(Test::Not(condition)), _) => {
                    let condition = self.before(*condition);
                    let holds = self.builder.bnot(condition);
                    self.parts.push(holds);
                }
                (Step::Test(Test::Below(index, limit)), Some(induction)) => self.below(induction, *index, *limit),
                (Step::Test(Test::Below(..)) | Step::Apart(_), None) => {
                    unreachable!("a plan with bounds checks or loads has an induction variable")
                }
                (Step::Apart(count), Some(induction)) => self.apart(plan, &plan.stores[..*count], induction),
                (Step::Load(inst), _) => {
                    if !self.parts.is_empty() {
                        let condition = self.take_parts();
                        let next = self.builder.func.new_block();
                        self.builder.func.layout.push(next);
                        self.builder.brif(condition, BlockCall::new(next, &[]), slow.clone());
                        self.builder.switch_to(next);
                    }
                    let data = self.builder.func.insts[*inst].clone();
                    let address = self.before(data.args[0]);
                    let ty = data.ty;
                    let load = self.builder.inst(Op::Load, ty, &[address], data.payload, &[ty]);
                    let (old, new) = (self.builder.func.result(*inst), self.builder.func.result(load));
                    self.moved.insert(old, new);
                }
            }
        }
        if let Some(induction) = &plan.induction
            && plan.has_loads()
        {
            self.apart(plan, &plan.stores, induction);
        }
    }

    /// All parts together.
    fn take_parts(&mut self) -> Value {
        let parts = std::mem::take(&mut self.parts);
        let all = parts.into_iter().reduce(|a, b| self.builder.band(a, b));
        all.unwrap_or_else(|| self.builder.iconst(Type::I1, 1))
    }

    /// The loop runs at least once.
    fn enters(&mut self, induction: &Induction) {
        let (start, bound) = (self.before(induction.start), self.before(induction.bound));
        let op = match (induction.signed, induction.inclusive) {
            (true, true) => Op::IcmpSle,
            (true, false) => Op::IcmpSlt,
            (false, true) => Op::IcmpUle,
            (false, false) => Op::IcmpUlt,
        };
        let ty = self.builder.func.ty(start);
        let holds = self.builder.pure_op(op, ty, &[start, bound]);
        self.parts.push(holds);
    }

    /// None of these stores of the loop touches what has been loaded.
    fn apart(&mut self, plan: &Plan, stores: &[Place], induction: &Induction) {
        // For each address, the bytes around it that are loaded.
        let mut loaded: BTreeMap<Value, (i64, i64)> = BTreeMap::new();
        for step in &plan.steps {
            let Step::Load(inst) = *step else { continue };
            if !self.moved.contains_key(&self.builder.func.result(inst)) {
                continue;
            }
            let data = &self.builder.func.insts[inst];
            let (start, size) = (data.mem().expect("a load").offset as i64, data.ty.bytes() as i64);
            let address = self.before(data.args[0]);
            let range = loaded.entry(address).or_insert((start, start + size));
            *range = (range.0.min(start), range.1.max(start + size));
        }
        let (first, bound) = (self.wide(induction.start, induction), self.wide(induction.bound, induction));
        // 0 <= first and bound <= MAX_LOOPED: then nothing overflows but what a wild base does.
        let zero = self.builder.iconst(Type::I64, 0);
        let most = self.builder.iconst(Type::I64, MAX_LOOPED);
        let low = self.builder.icmp_sle(zero, first);
        let high = self.builder.icmp_ule(bound, most);
        self.parts.extend([low, high]);
        for place in stores {
            let base = self.before(place.base);
            let base = self.builder.ptr_to_int(base);
            let start = self.moved_by(base, first, place.scale, place.offset);
            let last = if induction.inclusive { 0 } else { -place.scale };
            let end = self.moved_by(base, bound, place.scale, place.offset + last + place.size);
            let holds = self.builder.icmp_ule(start, end);
            self.parts.push(holds);
            for (&address, &(from, to)) in &loaded {
                let address = self.builder.ptr_to_int(address);
                let from = self.moved_by(address, zero, 1, from);
                let to = self.moved_by(address, zero, 1, to);
                let below = self.builder.icmp_ule(end, from);
                let above = self.builder.icmp_ule(to, start);
                let holds = self.builder.bor(below, above);
                self.parts.push(holds);
            }
        }
    }

    /// `base + index * scale + offset`
    fn moved_by(&mut self, base: Value, index: Value, scale: i64, offset: i64) -> Value {
        let scale = self.builder.iconst(Type::I64, scale as i128);
        let scaled = self.builder.imul(index, scale);
        let offset = self.builder.iconst(Type::I64, offset as i128);
        let sum = self.builder.iadd(base, scaled);
        self.builder.iadd(sum, offset)
    }

    /// The variable never wraps on its way to the bound: the step is positive, and bound + step fits the type.
    fn no_wrap(&mut self, induction: &Induction) {
        let ty = self.builder.func.ty(induction.variable);
        let known = self.builder.func.constant(induction.step).map(|step| eval::signed(ty, step));
        if known == Some(1) && !induction.inclusive {
            return;
        }
        let (step, bound) = (self.before(induction.step), self.before(induction.bound));
        let max = if induction.signed { ty.mask() >> 1 } else { ty.mask() };
        let max = self.builder.iconst(ty, max as i128);
        let room = self.builder.isub(max, step);
        // An unsigned step that looks negative is too large to be of use; leave it to the guards.
        let zero = self.builder.iconst(ty, 0);
        let holds = self.builder.icmp_slt(zero, step);
        self.parts.push(holds);
        let holds =
            if induction.signed { self.builder.icmp_sle(bound, room) } else { self.builder.icmp_ule(bound, room) };
        self.parts.push(holds);
    }

    /// `0 <= start + offset` and `last + offset < limit`, in 64 bits without overflow.
    fn below(&mut self, induction: &Induction, index: Index, limit: Limit) {
        let (start, bound) = (self.wide(induction.start, induction), self.wide(induction.bound, induction));
        let limit = match limit {
            Limit::Value(value) => self.before(value),
            Limit::Constant(len) => self.builder.iconst(Type::I64, len as i128),
        };
        if !induction.signed {
            // Both are compared without sign, and nothing is added.
            let holds = if induction.inclusive {
                self.builder.icmp_ult(bound, limit)
            } else {
                self.builder.icmp_ule(bound, limit)
            };
            self.parts.push(holds);
            return;
        }
        let first = self.builder.iconst(Type::I64, -(index.offset as i128));
        let holds = self.builder.icmp_sle(first, start);
        self.parts.push(holds);
        // The extension may have been without sign, and is only the same where the variable is not negative.
        if index.offset > 0 {
            let zero = self.builder.iconst(Type::I64, 0);
            let holds = self.builder.icmp_sle(zero, start);
            self.parts.push(holds);
        }
        let mut end = limit;
        if index.offset != 0 {
            let most = self.builder.iconst(Type::I64, MAX_LEN);
            let holds = self.builder.icmp_ule(limit, most);
            self.parts.push(holds);
            let offset = self.builder.iconst(Type::I64, index.offset as i128);
            end = self.builder.isub(limit, offset);
        }
        let holds =
            if induction.inclusive { self.builder.icmp_slt(bound, end) } else { self.builder.icmp_sle(bound, end) };
        self.parts.push(holds);
        if index.added_narrow {
            // variable + offset <= bound + offset stays within the narrow type.
            let max = self.builder.func.ty(induction.variable).mask() >> 1;
            let most = self.builder.iconst(Type::I64, max as i128 - index.offset as i128);
            let holds = self.builder.icmp_sle(bound, most);
            self.parts.push(holds);
        }
    }

    /// The value before the loop, in 64 bits.
    fn wide(&mut self, value: Value, induction: &Induction) -> Value {
        let value = self.before(value);
        match (self.builder.func.ty(value), induction.signed) {
            (Type::I64, _) => value,
            (_, true) => self.builder.sextend(Type::I64, value),
            (_, false) => self.builder.uextend(Type::I64, value),
        }
    }

    /// An invariant value, computed before the loop. Invariant expressions are shallow.
    fn before(&mut self, value: Value) -> Value {
        if !self.inside.contains(value) {
            return value;
        }
        if let Some(&moved) = self.moved.get(&value) {
            return moved;
        }
        let ValueDef::Result(inst, _) = self.builder.func.values[value].def else {
            unreachable!("a block parameter of the loop is not invariant")
        };
        let data = self.builder.func.insts[inst].clone();
        let args: Values = data.args.iter().map(|&arg| self.before(arg)).collect();
        let ty = self.builder.func.ty(value);
        let copy = self.builder.inst(data.op, data.ty, &args, data.payload, &[ty]);
        let moved = self.builder.func.result(copy);
        self.moved.insert(value, moved);
        moved
    }
}

/// Where a value of a loop with a copy is used outside of both, the two are joined.
fn join_values(func: &mut Function, copies: &[Copy]) {
    let mut ssa = SsaBuilder::new();
    let mut variables: BTreeMap<Value, (usize, Option<Variable>)> = BTreeMap::new();
    let mut home: SecondaryMap<Block, Option<usize>> = SecondaryMap::new();
    for (index, copy) in copies.iter().enumerate() {
        for (&block, &copied) in &copy.blocks {
            home[block] = Some(index);
            home[copied] = Some(index);
        }
        variables.extend(copy.values.keys().map(|&value| (value, (index, None))));
    }
    let mut block_of: SecondaryMap<Inst, Option<Block>> = SecondaryMap::new();
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        for at in 0..func.blocks[block].insts.len() {
            let inst = func.blocks[block].insts[at];
            block_of[inst] = Some(block);
            let outside = |value: &Value| variables.get(value).is_some_and(|(of, _)| home[block] != Some(*of));
            if !func.insts[inst].operands().any(|value| outside(&value)) {
                continue;
            }
            let mut data = func.insts[inst].clone();
            data.map_operands(&mut |value| {
                let Some((of, variable)) = variables.get_mut(&value) else { return value };
                if home[block] == Some(*of) {
                    return value;
                }
                let variable = *variable.get_or_insert_with(|| ssa.declare(func.ty(value)));
                ssa.read(func, variable, block)
            });
            func.insts[inst] = data;
        }
    }
    for (value, (index, variable)) in variables {
        let Some(variable) = variable else { continue };
        for value in [value, copies[index].values[&value]] {
            let block = match func.values[value].def {
                ValueDef::Param(block, _) => block,
                ValueDef::Result(inst, _) => block_of[inst].expect("a definition stands in a block"),
            };
            ssa.write(variable, block, value);
        }
    }
    ssa.finish(func);
}
