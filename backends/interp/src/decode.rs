//! Lays out the code of a function: see [`Plan`] for what is decided before.
//!
//! Blocks follow each other so that jumps fall through where they can. A jump back to a short block that only tests and
//! branches gets a copy of it, so that a loop tests at its end. The moves of a branch that is taken stand out of line.

use crate::code::{Code, Decoded, EvalDesc, Ins, Switch, TrapArgs, Watch, words};
use crate::plan::{Address, Plan, Test, is_view};
use crate::restrict::{Origin, origins};
use lang_ir::ops::Shape;
use lang_ir::{
    Block, BlockCall, FuncId, Function, Inst, InstData, Module, Op, Payload, StackSlot, SwitchData, Type, Value,
};
use rustc_hash::FxHashMap;

/// How code is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mode {
    /// With [`Code::Fuel`] at the start of every block.
    pub fuel: bool,
    /// With [`Code::Trace`] at every instruction; none of them is merged or left out.
    pub trace: bool,
}

/// Decodes a function. `constant` gives the word of a `global_addr` or `func_addr`.
pub fn decode(module: &Module, id: FuncId, mode: Mode, constant: &dyn Fn(&InstData) -> u64) -> Decoded {
    let func = &module.functions[id];
    let plan = Plan::new(func, mode.trace, constant);
    let scratch = plan.frame_words;
    let out = Decoded {
        func: id,
        code: Vec::new(),
        insts: Vec::new(),
        consts: plan.consts.clone(),
        param_words: plan.param_words,
        frame_words: scratch + 2,
        pool: Vec::new(),
        evals: Vec::new(),
        traps: Vec::new(),
        switches: Vec::new(),
        watches: Vec::new(),
        call_register: scratch + 1,
        registers: Vec::new(),
    };
    let mut decoder = Decoder {
        module,
        func,
        mode,
        scratch,
        plan,
        out,
        starts: vec![None; func.blocks.len()],
        fixups: Vec::new(),
        stubs: Vec::new(),
        made_slots: vec![None; func.slots.len()],
        origins: origins(func),
        inst: func.blocks[func.entry()].insts[0],
        label: 0,
    };
    decoder.blocks();
    decoder.finish()
}

/// A slot's address is made by the code so far, where that code runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    /// In the entry block, so everywhere behind.
    Everywhere,
    /// At the end of this copy of a block, and behind it in that copy.
    Here,
}

/// Where the target of an edge has to be written.
#[derive(Clone, Copy)]
enum Place {
    /// The field `c` of an instruction.
    Ins(usize),
    /// A case of a switch; `None` is its default.
    Case(usize, Option<usize>),
}

/// The moves of an edge that is taken, out of line.
struct Stub {
    place: Place,
    target: BlockCall,
    /// Whether the jump at its end may copy its target.
    copy: bool,
}

struct Decoder<'a> {
    module: &'a Module,
    func: &'a Function,
    mode: Mode,
    scratch: u32,
    plan: Plan<'a>,
    out: Decoded,
    /// By block: where its code starts.
    starts: Vec<Option<u32>>,
    fixups: Vec<(Place, Block)>,
    /// Taken edges that have moves to do.
    stubs: Vec<Stub>,
    made_slots: Vec<Option<Made>>,
    /// By value, if the function has `restrict` parameters.
    origins: Option<Vec<Origin>>,
    /// The instruction that is being decoded.
    inst: Inst,
    /// The last place that is jumped to.
    label: u32,
}

/// A jump copies its target if that is not longer than this.
const COPY_INSTS: usize = 4;
/// A value between the cases of a [`Switch::Table`], until the default is known.
const HOLE: u32 = u32::MAX;
/// Functions of few slots make them at once.
const EAGER_SLOTS: usize = 4;
const EAGER_BYTES: u32 = 1024;

impl<'a> Decoder<'a> {
    fn blocks(&mut self) {
        let slots = &self.func.slots;
        if slots.len() <= EAGER_SLOTS && slots.values().map(|s| s.size).sum::<u32>() <= EAGER_BYTES {
            for slot in slots.keys() {
                self.make_slot(slot, Made::Everywhere);
            }
        }
        if self.origins.is_some() {
            self.emit(Code::RestrictCall, 0, self.out.call_register, 0, 0);
        }
        let order: Vec<Block> = self.plan.blocks.clone();
        for start in order {
            let mut next = Some(start);
            while let Some(block) = next.filter(|&block| self.starts[block.as_u32() as usize].is_none()) {
                self.starts[block.as_u32() as usize] = Some(self.here());
                self.label = self.here();
                self.body(block);
                next = self.terminator(block, true);
            }
        }
        while let Some(Stub { place, target, copy }) = self.stubs.pop() {
            self.set_target(place, self.here());
            self.label = self.here();
            let next = self.go_to(&target, copy);
            debug_assert!(next.is_none(), "every block has its place before the stubs");
        }
        for (place, block) in std::mem::take(&mut self.fixups) {
            let start = self.starts[block.as_u32() as usize].expect("every reachable block has its place");
            self.set_target(place, start);
        }
    }

    fn finish(mut self) -> Decoded {
        if self.mode.trace {
            let registers =
                self.func.values.keys().map(|value| self.plan.registers[self.plan.root(value).as_u32() as usize]);
            self.out.registers = registers.collect();
        }
        for switch in &mut self.out.switches {
            if let Switch::Table { targets, default, .. } = switch {
                targets.iter_mut().filter(|target| **target == HOLE).for_each(|target| *target = *default);
            }
        }
        self.out
    }

    fn here(&self) -> u32 {
        self.out.code.len() as u32
    }

    fn set_target(&mut self, place: Place, target: u32) {
        match place {
            Place::Ins(at) => self.out.code[at].c = target,
            Place::Case(switch, case) => match (&mut self.out.switches[switch], case) {
                (Switch::Table { default, .. } | Switch::Search { default, .. }, None) => *default = target,
                (Switch::Table { targets, .. }, Some(case)) => targets[case] = target,
                (Switch::Search { cases, .. }, Some(case)) => cases[case].1 = target,
            },
        }
    }

    fn emit(&mut self, code: Code, x: u16, a: u32, b: u32, c: u32) -> usize {
        self.out.code.push(Ins { code, x, a, b, c });
        self.out.insts.push(self.inst);
        self.out.code.len() - 1
    }

    fn reg(&self, value: Value) -> u32 {
        self.plan.register(value)
    }

    fn ty(&self, value: Value) -> Type {
        self.func.ty(value)
    }

    /// The instructions of a block, but for its terminator.
    fn body(&mut self, block: Block) {
        let insts = &self.func.blocks[block].insts;
        if self.mode.fuel {
            self.inst = insts[0];
            self.emit(Code::Fuel, 0, insts.len() as u32, 0, 0);
        }
        let everywhere = block == self.func.entry();
        self.made_slots.iter_mut().for_each(|made| *made = made.filter(|&m| m == Made::Everywhere));
        for &inst in &insts[..insts.len() - 1] {
            self.inst = inst;
            let data = &self.func.insts[inst];
            let call = matches!(data.op, Op::Call | Op::CallIndirect);
            if self.mode.trace && call {
                self.emit(Code::Trace, 0, 0, 0, 0);
            }
            self.instruction(inst, data, if everywhere { Made::Everywhere } else { Made::Here });
            if self.mode.trace && !call {
                self.emit(Code::Trace, 0, 0, 0, 0);
            }
        }
    }

    fn make_slot(&mut self, slot: StackSlot, made: Made) {
        let known = &mut self.made_slots[slot.as_u32() as usize];
        if known.is_none() {
            *known = Some(made);
            let register = self.out.slot_register(self.func.slots.len(), slot);
            self.emit(Code::SlotAddr, 0, register, slot.as_u32(), 0);
        }
    }

    fn instruction(&mut self, inst: Inst, data: &InstData, made: Made) {
        if self.plan.is_absorbed(inst) || is_view(self.func, data) {
            return;
        }
        match data.op.info().shape {
            Shape::Const | Shape::Global | Shape::Func => {}
            Shape::Unary | Shape::Binary | Shape::Ternary => self.operation(inst, data),
            Shape::Slot => {
                if let Payload::Slot(slot) = data.payload {
                    self.make_slot(slot, made);
                }
            }
            Shape::Load => self.access(inst, data, self.func.result(inst)),
            Shape::Store => self.access(inst, data, data.args[0]),
            Shape::Memcpy | Shape::Memset => {
                let code = if data.op == Op::Memcpy { Code::Memcpy } else { Code::Memset };
                let [a, b, c] = [0, 1, 2].map(|index| self.reg(data.args[index]));
                if let Some(watch) = self.watch(data.args[0], true, 0) {
                    self.emit(Code::WatchRange, 0, watch, a, c);
                }
                if data.op == Op::Memcpy
                    && let Some(watch) = self.watch(data.args[1], false, 0)
                {
                    self.emit(Code::WatchRange, 0, watch, b, c);
                }
                self.emit(code, 0, a, b, c);
            }
            Shape::Guard => self.guard(inst, data),
            Shape::Call | Shape::CallIndirect => self.call(data),
            Shape::Jump | Shape::Brif | Shape::Switch | Shape::Return | Shape::Trap => {
                unreachable!("the terminator is not part of the body")
            }
        }
    }

    fn operation(&mut self, inst: Inst, data: &InstData) {
        let result = self.func.result(inst);
        let a = self.reg(result);
        if let Some(product) = self.plan.product(inst) {
            let [b, c, term] = product.map(|value| self.reg(value));
            if term <= u16::MAX as u32 {
                self.emit(Code::ImulAdd, term as u16, a, b, c);
            } else {
                self.emit(Code::Imul, 0, self.scratch, b, c);
                self.emit(Code::Iadd, 0, a, self.scratch, term);
            }
            return;
        }
        let b = self.reg(data.args[0]);
        let c = data.args.get(1).map_or(0, |&value| self.reg(value));
        let from = self.ty(data.args[0]);
        if data.op == Op::Select && words(data.ty) == 1 && b <= u16::MAX as u32 {
            let other = self.reg(data.args[2]);
            self.emit(Code::Select, b as u16, a, c, other);
            return;
        }
        match specialised(data.op, data.ty, from) {
            Some((code, x)) => {
                self.emit(code, x, a, b, c);
            }
            None => {
                let mut desc = EvalDesc {
                    op: data.op,
                    ty: data.ty,
                    from,
                    args: [0; 3],
                    types: [Type::I1; 3],
                    num_args: data.args.len() as u8,
                    result: a,
                    result_ty: self.ty(result),
                };
                for (index, &arg) in data.args.iter().enumerate() {
                    desc.args[index] = self.reg(arg);
                    desc.types[index] = self.ty(arg);
                }
                self.out.evals.push(desc);
                let at = self.out.evals.len() as u32 - 1;
                self.emit(Code::Eval, 0, at, 0, 0);
            }
        }
    }

    fn access(&mut self, inst: Inst, data: &InstData, value: Value) {
        let store = data.op == Op::Store;
        let mem = data.mem().expect("a load or store says how");
        // The field has 16 bits; a larger alignment is checked by an instruction of its own.
        let mask = u16::try_from(mem.align - 1);
        let value = self.reg(value);
        let watch = self.watch(data.args[store as usize], store, data.ty.bytes() as u8);
        match self.plan.address(inst) {
            Address::Offset { base, offset } => {
                let base = self.reg(base);
                if let Some(watch) = watch {
                    self.emit(Code::Watch, 0, watch, base, offset as u32);
                }
                if mask.is_err() {
                    self.emit(Code::CheckAlign, mem.align.trailing_zeros() as u16, base, 0, offset as u32);
                }
                let code = match (store, data.ty) {
                    (false, Type::I1) => Code::LoadBool,
                    (false, ty) => {
                        [Code::Load8, Code::Load16, Code::Load32, Code::Load64, Code::Load128][log2_bytes(ty)]
                    }
                    (true, ty) => {
                        [Code::Store8, Code::Store16, Code::Store32, Code::Store64, Code::Store128][log2_bytes(ty)]
                    }
                };
                self.emit(code, mask.unwrap_or(0), value, base, offset as u32);
            }
            Address::Indexed { base, index, shift } => {
                let (base, index) = (self.reg(base), self.reg(index));
                if let Some(watch) = watch {
                    self.emit(Code::WatchAt, shift, watch, base, index);
                }
                let code = match (store, data.ty) {
                    (false, Type::I1) => Code::LoadAtBool,
                    (false, ty) => [Code::LoadAt8, Code::LoadAt16, Code::LoadAt32, Code::LoadAt64][log2_bytes(ty)],
                    (true, ty) => [Code::StoreAt8, Code::StoreAt16, Code::StoreAt32, Code::StoreAt64][log2_bytes(ty)],
                };
                let mask = mask.expect("an indexed access has a small alignment");
                self.emit(code, mask << 8 | shift, value, base, index);
            }
        }
    }

    /// The watch of an access, if the function makes promises about its address.
    fn watch(&mut self, address: Value, write: bool, size: u8) -> Option<u32> {
        let origin = self.origins.as_ref()?[address.as_u32() as usize].number()?;
        self.out.watches.push(Watch { origin, write, size });
        Some(self.out.watches.len() as u32 - 1)
    }

    fn guard(&mut self, inst: Inst, data: &InstData) {
        let traps = self.trap_args(&data.args[1..]);
        let cond = self.plan.cond(inst);
        let code = match (cond.test, cond.shift) {
            (Test::True, _) => Code::TrapTrue,
            (Test::False, _) => Code::TrapFalse,
            (Test::Eq, _) => Code::TrapEq,
            (Test::Ne, _) => Code::TrapNe,
            (Test::Ult, _) => Code::TrapUlt,
            (Test::Ule, _) => Code::TrapUle,
            (Test::Slt, 0) => Code::TrapSlt,
            (Test::Sle, 0) => Code::TrapSle,
            (Test::Slt, _) => Code::TrapSltN,
            (Test::Sle, _) => Code::TrapSleN,
            (Test::Feq | Test::Fne | Test::Flt | Test::Fle | Test::Fnlt | Test::Fnle, _) => {
                unreachable!("guards do not compare floats")
            }
        };
        let (a, b) = (self.reg(cond.a), self.reg(cond.b));
        self.emit(code, cond.shift, a, b, traps);
    }

    fn trap_args(&mut self, args: &[Value]) -> u32 {
        let words = args.iter().flat_map(|&arg| self.value_words(arg)).collect();
        self.out.traps.push(TrapArgs { words });
        self.out.traps.len() as u32 - 1
    }

    fn value_words(&self, value: Value) -> std::ops::Range<u32> {
        let register = self.reg(value);
        register..register + words(self.ty(value))
    }

    /// Lists the registers of words, behind their number.
    fn list(&mut self, values: &[Value]) -> u32 {
        let at = self.out.pool.len();
        self.out.pool.push(0);
        for &value in values {
            let words = self.value_words(value);
            self.out.pool.extend(words);
        }
        self.out.pool[at] = (self.out.pool.len() - at - 1) as u32;
        at as u32
    }

    fn call(&mut self, data: &InstData) {
        let first = data.first_result.map(|value| self.reg(value)).unwrap_or(self.scratch);
        match data.payload {
            Payload::Func(func) => {
                let code = if self.module.functions[func].is_definition() { Code::Call } else { Code::CallImport };
                let list = self.list(&data.args);
                self.emit(code, 0, func.as_u32(), list, first);
            }
            Payload::Sig(sig) => {
                let pointer = self.reg(data.args[0]);
                let at = self.out.pool.len() as u32;
                self.out.pool.push(sig.as_u32());
                self.list(&data.args[1..]);
                self.emit(Code::CallIndirect, 0, pointer, at, first);
            }
            _ => unreachable!("a call names a function or a signature"),
        }
    }

    /// The end of a block. Gives the block that has to follow, if the code falls through. `copy`: whether jumps may copy
    /// their targets.
    fn terminator(&mut self, block: Block, copy: bool) -> Option<Block> {
        let inst = self.func.terminator(block);
        let data = &self.func.insts[inst];
        self.inst = inst;
        if self.mode.trace {
            self.emit(Code::Trace, 0, 0, 0, 0);
        }
        match &data.payload {
            Payload::Jump(target) => self.go_to(target, copy),
            Payload::Brif(targets) => self.branch(inst, &targets[0], &targets[1], copy),
            Payload::Switch(switch) => {
                self.switch(data, switch, copy);
                None
            }
            Payload::Trap(_) => {
                let traps = self.trap_args(&data.args);
                self.emit(Code::Trap, 0, 0, 0, traps);
                None
            }
            _ => {
                let words: Vec<u32> = data.args.iter().flat_map(|&arg| self.value_words(arg)).collect();
                match words[..] {
                    [] => self.emit(Code::Ret0, 0, 0, 0, 0),
                    [word] => self.emit(Code::Ret1, 0, word, 0, 0),
                    _ => {
                        let list = self.list(&data.args);
                        self.emit(Code::RetN, 0, 0, list, 0)
                    }
                };
                None
            }
        }
    }

    fn is_placed(&self, block: Block) -> bool {
        self.starts[block.as_u32() as usize].is_some()
    }

    fn branch(&mut self, inst: Inst, then: &BlockCall, otherwise: &BlockCall, copy: bool) -> Option<Block> {
        let cold = |target: &BlockCall| self.func.blocks[target.block].cold;
        // The edge that falls through: to a block without a place, and one that is not cold; else the first.
        let rank = |target: &BlockCall| (self.is_placed(target.block), cold(target));
        let falls_to_then = !self.is_placed(then.block) && rank(then) <= rank(otherwise);
        let cond = self.plan.cond(inst);
        let (cond, taken, falls) =
            if falls_to_then { (cond.inverted(), otherwise, then) } else { (cond, then, otherwise) };
        let code = match (cond.test, cond.shift) {
            (Test::True, _) => Code::BrTrue,
            (Test::False, _) => Code::BrFalse,
            (Test::Eq, _) => Code::BrEq,
            (Test::Ne, _) => Code::BrNe,
            (Test::Ult, _) => Code::BrUlt,
            (Test::Ule, _) => Code::BrUle,
            (Test::Slt, 0) => Code::BrSlt,
            (Test::Sle, 0) => Code::BrSle,
            (Test::Slt, _) => Code::BrSltN,
            (Test::Sle, _) => Code::BrSleN,
            (Test::Feq, _) => Code::BrFeq,
            (Test::Fne, _) => Code::BrFne,
            (Test::Flt, _) => Code::BrFlt,
            (Test::Fle, _) => Code::BrFle,
            (Test::Fnlt, _) => Code::BrFnlt,
            (Test::Fnle, _) => Code::BrFnle,
        };
        let (a, b) = (self.reg(cond.a), self.reg(cond.b));
        let at = match self.step(code, a) {
            Some((code, step)) => {
                self.out.code.pop();
                self.out.insts.pop();
                self.emit(code, step, a, b, 0)
            }
            None => self.emit(code, cond.shift, a, b, 0),
        };
        self.edge(Place::Ins(at), taken, copy);
        self.go_to(falls, copy)
    }

    /// If the instruction before a branch of this code on `register` adds to that, and nothing jumps between them: the code
    /// for both, and the register that is added.
    fn step(&self, code: Code, register: u32) -> Option<(Code, u16)> {
        let code = match code {
            Code::BrSlt => Code::AddBrSlt,
            Code::BrUlt => Code::AddBrUlt,
            _ => return None,
        };
        let last = self.out.code.last().filter(|last| last.code == Code::Iadd && last.a == register)?;
        let step = if last.b == register { last.c } else { last.b };
        let in_place = last.b == register || last.c == register;
        (in_place && self.label < self.here()).then_some((code, u16::try_from(step).ok()?))
    }

    /// A taken edge: its moves go out of line.
    fn edge(&mut self, place: Place, target: &BlockCall, copy: bool) {
        if self.moves(target).is_empty() {
            self.fixups.push((place, target.block));
        } else {
            self.stubs.push(Stub { place, target: target.clone(), copy });
        }
    }

    /// The words that an edge moves, as destination and source.
    fn moves(&self, target: &BlockCall) -> Vec<(u32, u32)> {
        let params = &self.func.blocks[target.block].params;
        let mut moves = Vec::new();
        for (&param, &arg) in params.iter().zip(&target.args) {
            // A trace shows all parameters.
            if !self.plan.is_unused(param) || self.mode.trace {
                let (to, from) = (self.reg(param), self.reg(arg));
                moves.extend((0..words(self.ty(param))).map(|word| (to + word, from + word)));
            }
        }
        moves.retain(|(to, from)| to != from);
        moves
    }

    /// Moves and goes on in a block: falls through to it if it has no place yet.
    fn go_to(&mut self, target: &BlockCall, copy: bool) -> Option<Block> {
        let moves = self.moves(target);
        self.parallel_moves(moves);
        let block = target.block;
        if !self.is_placed(block) {
            return Some(block);
        }
        let short = || {
            let effective = |&&inst: &&Inst| {
                let data = &self.func.insts[inst];
                let free = matches!(data.op.info().shape, Shape::Const | Shape::Global | Shape::Func);
                !(free || is_view(self.func, data) || self.plan.is_absorbed(inst))
            };
            self.func.blocks[block].insts.iter().filter(effective).take(COPY_INSTS + 1).count() <= COPY_INSTS
        };
        if copy && short() && !matches!(self.func.insts[self.func.terminator(block)].payload, Payload::Switch(_)) {
            self.body(block);
            return self.terminator(block, false);
        }
        let at = self.emit(Code::Jump, 0, 0, 0, 0);
        self.fixups.push((Place::Ins(at), block));
        None
    }

    /// Moves that happen at once, one after the other.
    fn parallel_moves(&mut self, mut moves: Vec<(u32, u32)>) {
        let mut reads: FxHashMap<u32, u32> = FxHashMap::default();
        for &(_, from) in &moves {
            *reads.entry(from).or_default() += 1;
        }
        let mut order = Vec::with_capacity(moves.len());
        while !moves.is_empty() {
            let before = moves.len();
            moves.retain(|&(to, from)| {
                let free = reads.get(&to).is_none_or(|&count| count == 0);
                if free {
                    *reads.get_mut(&from).expect("it is read") -= 1;
                    order.push((to, from));
                }
                !free
            });
            if moves.len() == before {
                // Only cycles are left: one of their registers is read from its copy from now on.
                let saved = moves[0].1;
                order.push((self.scratch, saved));
                let readers = reads.remove(&saved).unwrap_or(0);
                reads.insert(self.scratch, readers);
                moves.iter_mut().filter(|(_, from)| *from == saved).for_each(|(_, from)| *from = self.scratch);
            }
        }
        let small = |register: u32| register <= u16::MAX as u32;
        let mut rest = &order[..];
        while let Some((&(to, from), more)) = rest.split_first() {
            rest = more;
            match rest.split_first() {
                Some((&(to2, from2), more)) if small(to2) && small(from2) => {
                    rest = more;
                    self.emit(Code::Mov2, 0, to, from, from2 << 16 | to2);
                }
                _ => {
                    self.emit(Code::Mov, 0, to, from, 0);
                }
            }
        }
    }

    fn switch(&mut self, data: &InstData, switch: &SwitchData, copy: bool) {
        let wide = words(data.ty) == 2;
        let values = || switch.cases.iter().map(|&(value, _)| value);
        let (min, max) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        let dense = !wide && max - min < 16 + 4 * switch.cases.len() as u128;
        let at = self.out.switches.len();
        let value = self.reg(data.args[0]);
        self.emit(Code::Switch, 0, value, at as u32, 0);
        if dense {
            let targets = vec![HOLE; (max - min) as usize + 1];
            self.out.switches.push(Switch::Table { first: min as u64, targets, default: 0 });
            for (value, target) in &switch.cases {
                self.edge(Place::Case(at, Some((value - min) as usize)), target, copy);
            }
        } else {
            let mut cases: Vec<(u128, u32)> = values().map(|value| (value, 0)).collect();
            cases.sort_unstable();
            let index_of = |value: u128| cases.binary_search_by_key(&value, |case| case.0).expect("it is there");
            let edges: Vec<usize> = values().map(index_of).collect();
            self.out.switches.push(Switch::Search { cases, wide, default: 0 });
            for (&index, (_, target)) in edges.iter().zip(&switch.cases) {
                self.edge(Place::Case(at, Some(index)), target, copy);
            }
        }
        self.edge(Place::Case(at, None), &switch.default, copy);
    }
}

fn log2_bytes(ty: Type) -> usize {
    ty.bytes().trailing_zeros() as usize
}

/// The code for an operation at these types, and its field `x`, if there is one.
fn specialised(op: Op, ty: Type, from: Type) -> Option<(Code, u16)> {
    let shift = |ty: Type| 64 - ty.bits().min(64) as u16;
    let full = shift(ty) == 0;
    if ty == Type::I128 {
        return match op {
            Op::Iadd => Some((Code::IaddWide, 0)),
            Op::Isub => Some((Code::IsubWide, 0)),
            Op::Imul => Some((Code::ImulWide, 0)),
            Op::Uextend => Some((Code::UextWide, 0)),
            Op::Sextend => Some((Code::SextWideN, shift(from))),
            _ => None,
        };
    }
    if words(from) == 2 {
        return None;
    }
    let by_width = |wide: Code, narrow: Code| Some(if full { (wide, 0) } else { (narrow, shift(ty)) });
    let full_only = |code: Code| full.then_some((code, 0));
    let by_float = |double: Code, single: Code| match from {
        Type::F64 => Some((double, 0)),
        Type::F32 => Some((single, 0)),
        _ => None,
    };
    let any = |code: Code| Some((code, 0));
    match op {
        Op::Iadd => by_width(Code::Iadd, Code::IaddN),
        Op::PtrAdd => any(Code::Iadd),
        Op::Isub => by_width(Code::Isub, Code::IsubN),
        Op::Imul => by_width(Code::Imul, Code::ImulN),
        Op::Umulhi => full_only(Code::Umulhi),
        Op::Smulhi => full_only(Code::Smulhi),
        Op::Udiv => any(Code::Udiv),
        Op::Urem => any(Code::Urem),
        Op::Sdiv => by_width(Code::Sdiv, Code::SdivN),
        Op::Srem => by_width(Code::Srem, Code::SremN),
        Op::Smin => by_width(Code::Smin, Code::SminN),
        Op::Smax => by_width(Code::Smax, Code::SmaxN),
        Op::Umin => any(Code::Umin),
        Op::Umax => any(Code::Umax),
        Op::Ineg => by_width(Code::Ineg, Code::InegN),
        Op::Band => any(Code::Band),
        Op::Bor => any(Code::Bor),
        Op::Bxor => any(Code::Bxor),
        Op::Bnot => by_width(Code::Bnot, Code::BnotN),
        Op::Ishl => by_width(Code::Ishl, Code::IshlN),
        Op::Ushr => by_width(Code::Ushr, Code::UshrN),
        Op::Sshr => by_width(Code::Sshr, Code::SshrN),
        Op::Rotl => by_width(Code::Rotl, Code::RotlN),
        Op::Rotr => by_width(Code::Rotr, Code::RotrN),
        Op::Clz => by_width(Code::Clz, Code::ClzN),
        Op::Ctz => by_width(Code::Ctz, Code::CtzN),
        Op::Popcnt => any(Code::Popcnt),
        Op::Bswap => full_only(Code::Bswap),
        Op::IcmpEq => any(Code::Eq),
        Op::IcmpNe => any(Code::Ne),
        Op::IcmpSlt => by_width(Code::Slt, Code::SltN),
        Op::IcmpSle => by_width(Code::Sle, Code::SleN),
        Op::IcmpUlt => any(Code::Ult),
        Op::IcmpUle => any(Code::Ule),
        Op::Fadd => by_float(Code::Fadd64, Code::Fadd32),
        Op::Fsub => by_float(Code::Fsub64, Code::Fsub32),
        Op::Fmul => by_float(Code::Fmul64, Code::Fmul32),
        Op::Fdiv => by_float(Code::Fdiv64, Code::Fdiv32),
        Op::Fneg => by_float(Code::Fneg64, Code::Fneg32),
        Op::Fabs => by_float(Code::Fabs64, Code::Fabs32),
        Op::Sqrt => by_float(Code::Sqrt64, Code::Sqrt32),
        Op::FcmpEq => by_float(Code::Feq64, Code::Feq32),
        Op::FcmpNe => by_float(Code::Fne64, Code::Fne32),
        Op::FcmpLt => by_float(Code::Flt64, Code::Flt32),
        Op::FcmpLe => by_float(Code::Fle64, Code::Fle32),
        Op::Sextend if full => Some((Code::SextN, shift(from))),
        Op::Sextend => Some((Code::SextNN, shift(ty) << 8 | shift(from))),
        Op::Ireduce if full => None,
        Op::Ireduce => Some((Code::ReduceN, shift(ty))),
        Op::Fpromote if from == Type::F32 => any(Code::Promote),
        Op::Fdemote if ty == Type::F32 && from == Type::F64 => any(Code::Demote),
        Op::FcvtFromSint if ty == Type::F64 => Some((Code::SintToF64N, shift(from))),
        Op::FcvtFromSint if ty == Type::F32 => Some((Code::SintToF32N, shift(from))),
        Op::FcvtFromUint if ty == Type::F64 => any(Code::UintToF64),
        Op::FcvtToSint if from == Type::F64 => Some((Code::F64ToSintN, shift(ty))),
        Op::FcvtToUint if from == Type::F64 && full => any(Code::F64ToUint),
        Op::Frem
        | Op::Fma
        | Op::Fcopysign
        | Op::Floor
        | Op::Ceil
        | Op::Trunc
        | Op::Nearest
        | Op::Select
        | Op::Uextend
        | Op::Fpromote
        | Op::Fdemote
        | Op::FcvtFromSint
        | Op::FcvtFromUint
        | Op::FcvtToSint
        | Op::FcvtToUint
        | Op::Bitcast
        | Op::PtrToInt
        | Op::IntToPtr
        | Op::Iconst
        | Op::Fconst
        | Op::SlotAddr
        | Op::GlobalAddr
        | Op::FuncAddr
        | Op::Load
        | Op::Store
        | Op::Memcpy
        | Op::Memset
        | Op::Trapif
        | Op::Call
        | Op::CallIndirect
        | Op::Jump
        | Op::Brif
        | Op::Switch
        | Op::Return
        | Op::Trap => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of a slice: an iteration is a guard, a load that scales its index, the sum, and the step with the branch.
    #[test]
    fn loops_are_short() {
        let text = "export fn @f(ptr, i64) -> i64 {\nblock0(v0: ptr, v1: i64):\n v2 = iconst.i64 0\n v3 = iconst.i64 1\n \
                    jump block1(v2, v2)\nblock1(v4: i64, v5: i64):\n v6 = icmp_slt.i64 v4, v1\n brif v6, block2, block3\n\
                    block2:\n v7 = icmp_ule.i64 v1, v4\n trapif v7, bounds(v4, v1)\n v8 = iconst.i64 3\n v9 = ishl.i64 v4, v8\n \
                    v10 = ptr_add v0, v9\n v11 = load.i64 v10\n v12 = iadd.i64 v5, v11\n v13 = icmp_ule.i64 v1, v4\n \
                    trapif v13, bounds(v4, v1)\n jump block4\nblock4:\n v14 = iconst.i64 1\n v15 = iadd.i64 v4, v14\n \
                    jump block1(v15, v12)\nblock3:\n return v5\n}\n";
        let module = lang_ir::parse::module(text).unwrap();
        let decoded = decode(&module, module.function("f").unwrap(), Mode::default(), &|_| 0);
        let codes: Vec<Code> = decoded.code.iter().map(|ins| ins.code).collect();
        let head = [Code::Mov2, Code::BrSle];
        let iteration = [Code::TrapUle, Code::LoadAt64, Code::Iadd, Code::AddBrSlt];
        assert_eq!(codes, [&head[..], &iteration, &[Code::Ret1]].concat());
        let branch = decoded.code[5];
        assert_eq!((branch.c, decoded.code[3].x & 63), (2, 3));
    }
}
