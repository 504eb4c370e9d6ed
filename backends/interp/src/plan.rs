//! What a function needs before its code can be laid out: which instructions become part of the one that uses them, which
//! values share registers, and where every value lives.
//!
//! Values that are only another view of the same bits (`uextend`, `bitcast`, `ptr_to_int` ...) have no register of their
//! own: they stand for their [root](Plan::root). Constants and addresses of globals live in registers that the frame
//! starts with. A block parameter shares its register with the arguments passed for it where their lives do not overlap,
//! so that most loops move nothing.

use crate::code::words;
use lang_ir::graph::Cfg;
use lang_ir::ops::Shape;
use lang_ir::{Block, Function, Inst, InstData, Op, Payload, Type, Value, ValueDef};
use rustc_hash::{FxHashMap, FxHashSet};

/// A condition that a branch or a guard tests by itself.
#[derive(Clone, Copy, Debug)]
pub struct Cond {
    pub test: Test,
    pub a: Value,
    pub b: Value,
    /// 64 minus the width of the operands.
    pub shift: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Test {
    True,
    False,
    Eq,
    Ne,
    Slt,
    Sle,
    Ult,
    Ule,
    Feq,
    Fne,
    Flt,
    Fle,
    Fnlt,
    Fnle,
}

impl Cond {
    /// The condition that holds where this one does not.
    pub fn inverted(self) -> Cond {
        let swapped = Cond { a: self.b, b: self.a, ..self };
        match self.test {
            Test::True => Cond { test: Test::False, ..self },
            Test::False => Cond { test: Test::True, ..self },
            Test::Eq => Cond { test: Test::Ne, ..self },
            Test::Ne => Cond { test: Test::Eq, ..self },
            Test::Slt => Cond { test: Test::Sle, ..swapped },
            Test::Sle => Cond { test: Test::Slt, ..swapped },
            Test::Ult => Cond { test: Test::Ule, ..swapped },
            Test::Ule => Cond { test: Test::Ult, ..swapped },
            Test::Feq => Cond { test: Test::Fne, ..self },
            Test::Fne => Cond { test: Test::Feq, ..self },
            Test::Flt => Cond { test: Test::Fnlt, ..self },
            Test::Fle => Cond { test: Test::Fnle, ..self },
            Test::Fnlt => Cond { test: Test::Flt, ..self },
            Test::Fnle => Cond { test: Test::Fle, ..self },
        }
    }
}

/// An address that a load or store computes by itself.
#[derive(Clone, Copy, Debug)]
pub enum Address {
    Offset { base: Value, offset: i32 },
    Indexed { base: Value, index: Value, shift: u16 },
}

pub struct Plan<'a> {
    func: &'a Function,
    cfg: Cfg,
    /// Reachable blocks, in reverse postorder.
    pub blocks: Vec<Block>,
    /// By value: one before it that is always the same.
    replaced: Vec<Option<Value>>,
    /// By value: operands of reachable instructions that it is the root of.
    uses: Vec<u32>,
    /// By instruction: it is part of all that use it.
    absorbed: Vec<bool>,
    conds: FxHashMap<Inst, Cond>,
    /// Sums that multiply by themselves: two factors and the other term.
    products: FxHashMap<Inst, [Value; 3]>,
    addresses: FxHashMap<Inst, Address>,
    /// By value: the register of its first word, `u32::MAX` if it has none.
    pub registers: Vec<u32>,
    pub consts: Vec<u64>,
    pub param_words: u32,
    pub frame_words: u32,
}

const NONE: u32 = u32::MAX;
/// Lives of more pieces than this are not computed, so that decoding stays linear.
const MAX_PIECES: usize = 1 << 20;

impl<'a> Plan<'a> {
    /// `constant` gives the word of a `global_addr` or `func_addr`. With `plain`, every instruction is kept as it is.
    pub fn new(func: &'a Function, plain: bool, constant: &dyn Fn(&InstData) -> u64) -> Plan<'a> {
        let cfg = Cfg::new(func);
        let mut plan = Plan {
            func,
            blocks: cfg.rpo().to_vec(),
            cfg,
            uses: vec![0; func.values.len()],
            absorbed: vec![false; func.insts.len()],
            replaced: vec![None; func.values.len()],
            conds: FxHashMap::default(),
            products: FxHashMap::default(),
            addresses: FxHashMap::default(),
            registers: vec![NONE; func.values.len()],
            consts: Vec::new(),
            param_words: func.params().iter().map(|&p| words(func.ty(p))).sum(),
            frame_words: 0,
        };
        if !plain {
            plan.find_repetitions();
        }
        plan.count_uses();
        if !plain {
            plan.absorb();
        }
        plan.place_fixed(constant);
        let classes = plan.coalesce();
        plan.place_classes(&classes);
        plan
    }

    /// The value whose register holds the bits of `value`.
    pub fn root(&self, mut value: Value) -> Value {
        while let ValueDef::Result(inst, _) = self.func.values[value].def {
            let data = &self.func.insts[inst];
            value = match self.replaced[value.as_u32() as usize] {
                Some(same) => same,
                None if is_view(self.func, data) => data.args[0],
                None => break,
            };
        }
        value
    }

    /// Finds what a block computes or checks again: operations with the same operands, and guards of the same condition,
    /// which did not trap the first time.
    fn find_repetitions(&mut self) {
        let mut constants: FxHashMap<(Type, u128), Value> = FxHashMap::default();
        for block in self.blocks.clone() {
            let mut known: FxHashMap<(Op, Type, [u32; 3]), Value> = FxHashMap::default();
            let mut guarded: FxHashSet<Value> = FxHashSet::default();
            for &inst in &self.func.blocks[block].insts {
                let data = &self.func.insts[inst];
                let index = inst.as_u32() as usize;
                let first = match data.op.info().shape {
                    Shape::Const => {
                        // Constants are there from the start of the frame, so the first need not come before.
                        let bits = data.constant().expect("a constant has bits");
                        *constants.entry((data.ty, bits)).or_insert(self.func.result(inst))
                    }
                    Shape::Unary | Shape::Binary | Shape::Ternary if !is_view(self.func, data) => {
                        let mut operands = [u32::MAX; 3];
                        for (operand, &arg) in operands.iter_mut().zip(&data.args) {
                            *operand = self.key(arg);
                        }
                        if data.op.is_commutative() {
                            operands[..2].sort_unstable();
                        }
                        *known.entry((data.op, data.ty, operands)).or_insert(self.func.result(inst))
                    }
                    Shape::Guard => {
                        self.absorbed[index] = !guarded.insert(self.root(data.args[0]));
                        continue;
                    }
                    _ => continue,
                };
                let result = self.func.result(inst);
                if first != result {
                    self.replaced[result.as_u32() as usize] = Some(first);
                    self.absorbed[index] = true;
                }
            }
        }
    }

    /// What tells values apart: all addresses of one slot or global are the same.
    fn key(&self, value: Value) -> u32 {
        let root = self.root(value);
        let ValueDef::Result(inst, _) = self.func.values[root].def else { return root.as_u32() };
        let values = self.func.values.len() as u32;
        match self.func.insts[inst].payload {
            Payload::Slot(slot) => values + slot.as_u32(),
            Payload::Global(global) => values + self.func.slots.len() as u32 + global.as_u32(),
            _ => root.as_u32(),
        }
    }

    /// The register of a value.
    pub fn register(&self, value: Value) -> u32 {
        let register = self.registers[self.root(value).as_u32() as usize];
        debug_assert_ne!(register, NONE, "{value} has no register");
        register
    }

    /// Whether nothing reads the value.
    pub fn is_unused(&self, value: Value) -> bool {
        self.uses[value.as_u32() as usize] == 0
    }

    /// Whether the instruction is executed by those that use its result, or by none.
    pub fn is_absorbed(&self, inst: Inst) -> bool {
        self.absorbed[inst.as_u32() as usize]
    }

    /// What a `brif` or `trapif` tests.
    pub fn cond(&self, inst: Inst) -> Cond {
        let condition = self.func.insts[inst].args[0];
        let plain = Cond { test: Test::True, a: condition, b: condition, shift: 63 };
        self.conds.get(&inst).copied().unwrap_or(plain)
    }

    /// The factors and the other term of a sum that multiplies by itself.
    pub fn product(&self, inst: Inst) -> Option<[Value; 3]> {
        self.products.get(&inst).copied()
    }

    /// Where a load or store goes.
    pub fn address(&self, inst: Inst) -> Address {
        let data = &self.func.insts[inst];
        let offset = data.mem().map_or(0, |mem| mem.offset);
        let base = address_operand(data);
        self.addresses.get(&inst).copied().unwrap_or(Address::Offset { base, offset })
    }

    fn count_uses(&mut self) {
        for &block in &self.blocks {
            for &inst in &self.func.blocks[block].insts {
                let data = &self.func.insts[inst];
                if !is_view(self.func, data) && !self.is_absorbed(inst) {
                    for value in data.operands() {
                        let root = self.root(value);
                        self.uses[root.as_u32() as usize] += 1;
                    }
                }
            }
        }
    }

    /// The instruction that computes the root of a value.
    fn definition(&self, value: Value) -> Option<Inst> {
        match self.func.values[self.root(value)].def {
            ValueDef::Result(inst, _) => Some(inst),
            ValueDef::Param(..) => None,
        }
    }

    /// Finds comparisons that branches and guards do themselves, and sums that loads and stores do. An instruction is
    /// absorbed if all its uses do its work; if only some do, it is executed for the others. The operands live until the
    /// last use does the work, see [`Plan::for_each_use`].
    fn absorb(&mut self) {
        // By instruction: how many uses of its result do its work.
        let mut done = vec![0u32; self.func.insts.len()];
        for &block in &self.blocks {
            for &inst in &self.func.blocks[block].insts {
                let data = &self.func.insts[inst];
                let inner = match data.op {
                    _ if self.is_absorbed(inst) => None,
                    Op::Brif | Op::Trapif => self.fused_cond(data.args[0], data.op == Op::Brif).map(|(cond, inner)| {
                        self.conds.insert(inst, cond);
                        inner
                    }),
                    Op::Load | Op::Store => self.fused_address(data).map(|(address, inner)| {
                        self.addresses.insert(inst, address);
                        inner
                    }),
                    Op::Iadd if data.ty == Type::I64 => self.fused_product(data).map(|(product, inner)| {
                        self.products.insert(inst, product);
                        inner
                    }),
                    _ => None,
                };
                if let Some(inner) = inner {
                    done[inner.as_u32() as usize] += 1;
                }
            }
        }
        for &block in &self.blocks {
            for &inst in &self.func.blocks[block].insts {
                let data = &self.func.insts[inst];
                let index = inst.as_u32() as usize;
                if data.op.is_pure() && !data.op.is_partial() && !is_view(self.func, data) && !self.absorbed[index] {
                    self.absorbed[index] = self.uses[self.func.result(inst).as_u32() as usize] == done[index];
                }
            }
        }
        self.absorb_scales();
    }

    fn fused_cond(&self, condition: Value, floats: bool) -> Option<(Cond, Inst)> {
        let inst = self.definition(condition)?;
        let data = &self.func.insts[inst];
        let test = match data.op {
            Op::IcmpEq => Test::Eq,
            Op::IcmpNe => Test::Ne,
            Op::IcmpSlt => Test::Slt,
            Op::IcmpSle => Test::Sle,
            Op::IcmpUlt => Test::Ult,
            Op::IcmpUle => Test::Ule,
            Op::FcmpEq if floats => Test::Feq,
            Op::FcmpNe if floats => Test::Fne,
            Op::FcmpLt if floats => Test::Flt,
            Op::FcmpLe if floats => Test::Fle,
            Op::Bnot => Test::False,
            _ => return None,
        };
        let is_float = matches!(test, Test::Feq | Test::Fne | Test::Flt | Test::Fle);
        if words(self.func.ty(data.args[0])) != 1 || (is_float && data.ty != Type::F64) {
            return None;
        }
        let (a, b) = (data.args[0], *data.args.last()?);
        Some((Cond { test, a, b, shift: 64 - data.ty.bits() as u16 }, inst))
    }

    /// A sum one of whose terms is a product that nothing else uses.
    fn fused_product(&self, sum: &InstData) -> Option<([Value; 3], Inst)> {
        (0..2).find_map(|at| {
            let inst = self.definition(sum.args[at])?;
            let data = &self.func.insts[inst];
            let product = data.op == Op::Imul && data.ty == Type::I64;
            (product && self.uses[self.func.result(inst).as_u32() as usize] == 1)
                .then(|| ([data.args[0], data.args[1], sum.args[1 - at]], inst))
        })
    }

    fn fused_address(&self, access: &InstData) -> Option<(Address, Inst)> {
        let mem = access.mem()?;
        let inst = self.definition(address_operand(access))?;
        let data = &self.func.insts[inst];
        if data.op != Op::PtrAdd {
            return None;
        }
        let (base, index) = (data.args[0], data.args[1]);
        if let Some(bits) = self.func.constant(index) {
            let offset = i32::try_from((bits as i64).checked_add(mem.offset as i64)?).ok()?;
            return Some((Address::Offset { base, offset }, inst));
        }
        let indexed = mem.offset == 0 && words(access.ty) == 1 && mem.align <= 128;
        indexed.then_some((Address::Indexed { base, index, shift: 0 }, inst))
    }

    /// Multiplications of an index by a power of two, where every use is a sum that is absorbed.
    fn absorb_scales(&mut self) {
        // By value: how many absorbed sums have it as their index.
        let mut indexed: FxHashMap<Value, u32> = FxHashMap::default();
        for &block in &self.blocks {
            for &inst in &self.func.blocks[block].insts {
                let data = &self.func.insts[inst];
                if data.op == Op::PtrAdd && self.is_absorbed(inst) {
                    *indexed.entry(self.root(data.args[1])).or_default() += 1;
                }
            }
        }
        let mut addresses = std::mem::take(&mut self.addresses);
        for (&inst, address) in &mut addresses {
            let Address::Indexed { index, shift, .. } = address else { continue };
            let sum = self.definition(address_operand(&self.func.insts[inst]));
            let scaled = self.root(*index);
            let only = indexed.get(&scaled) == Some(&self.uses[scaled.as_u32() as usize]);
            if let (true, true, Some(scale)) =
                (only, sum.is_some_and(|sum| self.is_absorbed(sum)), self.definition(scaled))
                && let Some((operand, by)) = self.power_of_two(scale)
            {
                (*index, *shift) = (operand, by);
                self.absorbed[scale.as_u32() as usize] = true;
            }
        }
        self.addresses = addresses;
    }

    /// If the instruction multiplies by 2, 4, 8 ...: the operand, and the exponent.
    fn power_of_two(&self, inst: Inst) -> Option<(Value, u16)> {
        let data = &self.func.insts[inst];
        match data.op {
            _ if data.ty != Type::I64 => None,
            Op::Imul => {
                let (operand, factor) = match self.func.constant(data.args[1]) {
                    Some(factor) => (data.args[0], factor),
                    None => (data.args[1], self.func.constant(data.args[0])?),
                };
                factor.is_power_of_two().then(|| (operand, factor.trailing_zeros() as u16))
            }
            Op::Ishl => Some((data.args[0], self.func.constant(data.args[1])? as u16 & 63)),
            _ => None,
        }
    }

    /// The values that an instruction reads when it is executed, with those of what it absorbed.
    pub fn for_each_use(&self, inst: Inst, mut f: impl FnMut(Value)) {
        let data = &self.func.insts[inst];
        if self.is_absorbed(inst) || is_view(self.func, data) {
            return;
        }
        let skip = match data.op {
            Op::Brif | Op::Trapif => {
                let cond = self.cond(inst);
                f(cond.a);
                f(cond.b);
                Some(0)
            }
            Op::Load | Op::Store => {
                match self.address(inst) {
                    Address::Offset { base, .. } => f(base),
                    Address::Indexed { base, index, .. } => {
                        f(base);
                        f(index);
                    }
                }
                Some(if data.op == Op::Store { 1 } else { 0 })
            }
            _ => None,
        };
        if let Some(product) = self.product(inst) {
            return product.into_iter().for_each(f);
        }
        let args = data.args.iter().enumerate().filter(|&(index, _)| Some(index) != skip);
        args.for_each(|(_, &value)| f(value));
        data.targets().flat_map(|target| &target.args).for_each(|&value| f(value));
    }

    /// Registers of parameters, constants and slot addresses.
    fn place_fixed(&mut self, constant: &dyn Fn(&InstData) -> u64) {
        let mut next = 0;
        for &param in self.func.params() {
            self.registers[param.as_u32() as usize] = next;
            next += words(self.func.ty(param));
        }
        let mut known: FxHashMap<(u64, Option<u64>), u32> = FxHashMap::default();
        for &block in &self.blocks {
            for &inst in &self.func.blocks[block].insts {
                let data = &self.func.insts[inst];
                let (low, high) = match data.op.info().shape {
                    Shape::Const => {
                        let bits = data.constant().expect("a constant has bits");
                        (bits as u64, (data.ty == Type::I128).then_some((bits >> 64) as u64))
                    }
                    Shape::Global | Shape::Func => (constant(data), None),
                    _ => continue,
                };
                let value = self.func.result(inst).as_u32() as usize;
                if self.is_absorbed(inst) {
                    continue;
                }
                let consts = &mut self.consts;
                self.registers[value] = *known.entry((low, high)).or_insert_with(|| {
                    let register = next + consts.len() as u32;
                    consts.push(low);
                    consts.extend(high);
                    register
                });
            }
        }
        let slots = next + self.consts.len() as u32;
        self.consts.resize(self.consts.len() + self.func.slots.len(), 0);
        for &block in &self.blocks {
            for &inst in &self.func.blocks[block].insts {
                if let Payload::Slot(slot) = self.func.insts[inst].payload {
                    self.registers[self.func.result(inst).as_u32() as usize] = slots + slot.as_u32();
                }
            }
        }
        self.frame_words = next + self.consts.len() as u32;
    }

    /// Gives a register to every class of values.
    fn place_classes(&mut self, classes: &Classes) {
        let mut of_class: FxHashMap<u32, u32> = FxHashMap::default();
        for &param in self.func.params() {
            of_class.insert(classes.find(param.as_u32()), self.registers[param.as_u32() as usize]);
        }
        let mut frame = self.frame_words;
        let mut place = |plan: &mut Plan, value: Value, words: u32| {
            let at = value.as_u32() as usize;
            if plan.registers[at] == NONE {
                let register = of_class.entry(classes.find(value.as_u32())).or_insert_with(|| {
                    frame += words;
                    frame - words
                });
                plan.registers[at] = *register;
            }
        };
        for at in 0..self.blocks.len() {
            let block = &self.func.blocks[self.blocks[at]];
            for &param in &block.params {
                place(self, param, words(self.func.ty(param)));
            }
            for &inst in &block.insts {
                let data = &self.func.insts[inst];
                if self.is_absorbed(inst) || is_view(self.func, data) {
                    continue;
                }
                for result in self.func.results(inst) {
                    place(self, result, words(self.func.ty(result)));
                }
            }
        }
        self.frame_words = frame;
    }

    /// Puts block parameters and their arguments into one class where their lives allow it.
    fn coalesce(&self) -> Classes {
        let mut classes = Classes { parent: (0..self.func.values.len() as u32).collect() };
        // Those of back edges, then the others: moves in loops cost most.
        let (mut pairs, mut forward) = (Vec::new(), Vec::new());
        let mut wanted = vec![false; self.func.values.len()];
        for &block in &self.blocks {
            for target in self.func.successors(block) {
                for (&param, &arg) in self.func.blocks[target.block].params.iter().zip(&target.args) {
                    let arg = self.root(arg);
                    if self.is_shareable(param) && self.is_shareable(arg) && self.words_match(param, arg) {
                        let back = self.cfg.rpo_index(target.block) <= self.cfg.rpo_index(block);
                        if back { &mut pairs } else { &mut forward }.push((param, arg));
                        wanted[param.as_u32() as usize] = true;
                        wanted[arg.as_u32() as usize] = true;
                    }
                }
            }
        }
        pairs.append(&mut forward);
        let Some(mut lives) = self.lives(&wanted) else { return classes };
        for (param, arg) in pairs {
            let (a, b) = (classes.find(param.as_u32()), classes.find(arg.as_u32()));
            if a == b {
                continue;
            }
            // Two parameters of the function never merge: both live at its start.
            if let Some(merged) = merge(&lives[&a], &lives[&b]) {
                classes.parent[b as usize] = a;
                lives.remove(&b);
                lives.insert(a, merged);
            }
        }
        classes
    }

    fn words_match(&self, a: Value, b: Value) -> bool {
        words(self.func.ty(a)) == words(self.func.ty(b))
    }

    /// Whether a value may share a register: it is neither a constant, nor one of several results.
    fn is_shareable(&self, value: Value) -> bool {
        match self.func.values[value].def {
            ValueDef::Param(..) => true,
            ValueDef::Result(inst, _) => {
                self.registers[value.as_u32() as usize] == NONE && self.func.insts[inst].num_results == 1
            }
        }
    }

    /// When the wanted values live: half-open pieces of the positions in the function, in order. Every instruction has two
    /// positions: it reads at the first and writes at the second. `None` if there are too many pieces.
    fn lives(&self, wanted: &[bool]) -> Option<FxHashMap<u32, Vec<(u32, u32)>>> {
        let mut starts = vec![0u32; self.func.blocks.len()];
        let mut ends = starts.clone();
        let preds = |block: Block| self.cfg.preds(block).iter().filter(|&&pred| self.cfg.is_reachable(pred));
        let mut next = 0;
        let index = |block: Block| block.as_u32() as usize;
        for &block in &self.blocks {
            starts[index(block)] = next;
            next += 2 * (self.func.blocks[block].insts.len() as u32 + 1);
            ends[index(block)] = next;
        }
        let mut defs: FxHashMap<u32, (Block, u32)> = FxHashMap::default();
        let mut uses: FxHashMap<u32, Vec<(Block, u32)>> = FxHashMap::default();
        for &block in &self.blocks {
            let wants = |value: Value| wanted[value.as_u32() as usize];
            for &param in self.func.blocks[block].params.iter().filter(|&&p| wants(p)) {
                defs.insert(param.as_u32(), (block, starts[index(block)]));
            }
            for (at, &inst) in self.func.blocks[block].insts.iter().enumerate() {
                let position = starts[index(block)] + 2 * (at as u32 + 1);
                self.for_each_use(inst, |value| {
                    let root = self.root(value);
                    if wants(root) {
                        uses.entry(root.as_u32()).or_default().push((block, position));
                    }
                });
                for result in self.func.results(inst).filter(|&r| wants(r)) {
                    defs.insert(result.as_u32(), (block, position + 1));
                }
            }
        }
        let mut total = 0;
        let mut lives = FxHashMap::default();
        let mut whole = vec![false; self.func.blocks.len()];
        for (&value, &(def_block, def)) in &defs {
            // From the definition, at least while it is written.
            let mut pieces = vec![(def, def + 1)];
            let mut through: Vec<Block> = Vec::new();
            let mut work: Vec<Block> = Vec::new();
            for &(block, position) in uses.get(&value).map_or(&[][..], |uses| uses) {
                if block == def_block {
                    pieces.push((def, position + 1));
                } else {
                    pieces.push((starts[index(block)], position + 1));
                    work.extend(preds(block));
                }
            }
            while let Some(block) = work.pop() {
                if whole[index(block)] {
                    continue;
                }
                whole[index(block)] = true;
                through.push(block);
                if block == def_block {
                    pieces.push((def, ends[index(block)]));
                } else {
                    pieces.push((starts[index(block)], ends[index(block)]));
                    work.extend(preds(block));
                }
            }
            through.iter().for_each(|&block| whole[index(block)] = false);
            let pieces = joined(pieces);
            total += pieces.len();
            if total > MAX_PIECES {
                return None;
            }
            lives.insert(value, pieces);
        }
        Some(lives)
    }
}

/// Sets of values that share a register.
struct Classes {
    parent: Vec<u32>,
}

impl Classes {
    fn find(&self, mut value: u32) -> u32 {
        while self.parent[value as usize] != value {
            value = self.parent[value as usize];
        }
        value
    }
}

/// Sorted, with overlapping and touching pieces made one.
fn joined(mut pieces: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    pieces.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::with_capacity(pieces.len());
    for (start, end) in pieces {
        match joined.last_mut() {
            Some(last) if last.1 >= start => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// All pieces of two lives, unless they overlap.
fn merge(a: &[(u32, u32)], b: &[(u32, u32)]) -> Option<Vec<(u32, u32)>> {
    let mut merged: Vec<(u32, u32)> = a.iter().chain(b).copied().collect();
    merged.sort_unstable();
    let apart = merged.windows(2).all(|pair| pair[0].1 <= pair[1].0);
    apart.then(|| joined(merged))
}

/// Whether the instruction's result is the same register word as its operand: both are zero above their widths.
pub fn is_view(func: &Function, data: &InstData) -> bool {
    match data.op {
        Op::Bitcast | Op::PtrToInt | Op::IntToPtr => true,
        Op::Uextend => words(data.ty) == 1,
        // The low word of a wide value.
        Op::Ireduce => data.ty == Type::I64 && words(func.ty(data.args[0])) == 2,
        _ => false,
    }
}

/// The operand of a load or store that is its address.
fn address_operand(data: &InstData) -> Value {
    data.args[if data.op == Op::Store { 1 } else { 0 }]
}
