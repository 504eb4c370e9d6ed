//! For tests: random numbers, a small evaluator, and random functions to evaluate before and after.

use lang_ir::builder::Builder;
use lang_ir::eval::eval;
use lang_ir::*;
use rustc_hash::FxHashMap;

/// A generator (splitmix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below the limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.word() % limit
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// Bits of a type, often at a corner.
    pub fn bits(&mut self, ty: Type) -> u128 {
        let any = (self.word() as u128) << 64 | self.word() as u128;
        let bits = match self.below(6) {
            0 => any % 5,
            1 => 0u128.wrapping_sub(any % 5),
            2 => (1u128 << (ty.bits() - 1)).wrapping_add(any % 3).wrapping_sub(1),
            3 => 1 << (any % ty.bits() as u128),
            _ => any,
        };
        bits & ty.mask()
    }
}

/// What a run shows to the outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Returned(Vec<u128>),
    Trapped(TrapCode, Vec<u128>),
    OutOfFuel,
    /// A partial operation was computed where it has no meaning, or memory was accessed outside every object.
    Undefined(String),
}

/// A run: the calls in order with their arguments, and how it ended, with what is in memory then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    pub calls: Vec<(FuncId, Vec<u128>)>,
    pub outcome: Outcome,
    /// The buffers that pointers were passed to, after a return.
    pub memory: Vec<u8>,
}

/// Where the buffers that arguments point to start; slots come behind.
pub const BUFFERS: u64 = 0x1000;

/// Evaluates a function on arguments. Calls return a hash of their arguments and write to the buffers.
pub fn run(func: &Function, args: &[u128], buffers: &[u8]) -> Run {
    let mut memory = buffers.to_vec();
    let mut slots: Vec<u64> = Vec::new();
    for slot in func.slots.values() {
        slots.push(BUFFERS + memory.len() as u64);
        memory.resize(memory.len() + slot.size as usize, 0);
    }
    let mut calls = Vec::new();
    let mut values: FxHashMap<Value, u128> = FxHashMap::default();
    let mut block = func.entry();
    let mut incoming: Vec<u128> = args.to_vec();
    let mut fuel = 20_000;
    let outcome = 'run: loop {
        for (&param, &bits) in func.blocks[block].params.iter().zip(&incoming) {
            values.insert(param, bits);
        }
        let mut next: Option<&BlockCall> = None;
        for &inst in &func.blocks[block].insts {
            fuel -= 1;
            if fuel == 0 {
                break 'run Outcome::OutOfFuel;
            }
            let data = &func.insts[inst];
            let args: Vec<u128> =
                data.args.iter().map(|a| *values.get(a).unwrap_or_else(|| panic!("{a} is not defined"))).collect();
            let range = |address: u128, ty: Type, offset: i32| {
                let at = (address as u64).wrapping_add(offset as i64 as u64).wrapping_sub(BUFFERS) as usize;
                (at.checked_add(ty.bytes() as usize)? <= memory.len()).then(|| at..at + ty.bytes() as usize)
            };
            match data.op {
                Op::Iconst | Op::Fconst => drop(values.insert(func.result(inst), data.constant().unwrap())),
                Op::SlotAddr => {
                    let Payload::Slot(slot) = data.payload else { panic!() };
                    values.insert(func.result(inst), slots[slot.as_u32() as usize] as u128);
                }
                Op::Load => {
                    let mem = data.mem().unwrap();
                    let Some(range) = range(args[0], data.ty, mem.offset) else {
                        break 'run Outcome::Undefined("load".into());
                    };
                    let mut bytes = [0; 16];
                    bytes[..range.len()].copy_from_slice(&memory[range]);
                    values.insert(func.result(inst), u128::from_le_bytes(bytes) & data.ty.mask());
                }
                Op::Store => {
                    let mem = data.mem().unwrap();
                    let Some(range) = range(args[1], data.ty, mem.offset) else {
                        break 'run Outcome::Undefined("store".into());
                    };
                    let bytes = args[0].to_le_bytes();
                    let len = range.len();
                    memory[range].copy_from_slice(&bytes[..len]);
                }
                Op::Trapif => {
                    if args[0] == 1 {
                        let Payload::Trap(code) = data.payload else { panic!() };
                        break 'run Outcome::Trapped(code, args[1..].to_vec());
                    }
                }
                Op::Trap => {
                    let Payload::Trap(code) = data.payload else { panic!() };
                    break 'run Outcome::Trapped(code, args);
                }
                Op::Call => {
                    let Payload::Func(callee) = data.payload else { panic!() };
                    let hash = args.iter().fold(17u64, |h, &a| h.wrapping_mul(31).wrapping_add(a as u64));
                    calls.push((callee, args));
                    if let Some(byte) = memory.get_mut(hash as usize % buffers.len().max(1))
                        && !buffers.is_empty()
                    {
                        *byte ^= hash as u8;
                    }
                    for (index, result) in func.results(inst).enumerate() {
                        values.insert(result, (hash as u128 + index as u128) & func.ty(result).mask());
                    }
                }
                Op::Return => break 'run Outcome::Returned(args),
                Op::Jump => next = data.targets().next(),
                Op::Brif => next = data.targets().nth((args[0] == 0) as usize),
                Op::Switch => {
                    let Payload::Switch(switch) = &data.payload else { panic!() };
                    let case = switch.cases.iter().find(|(value, _)| *value == args[0]);
                    next = Some(case.map_or(&switch.default, |(_, target)| target));
                }
                op => {
                    let from = data.args.first().map_or(data.ty, |&a| func.ty(a));
                    match eval(op, data.ty, from, &args) {
                        Some(bits) => drop(values.insert(func.result(inst), bits)),
                        None => break 'run Outcome::Undefined(op.mnemonic().into()),
                    }
                }
            }
        }
        let target = next.expect("a block ends in a terminator");
        incoming = target.args.iter().map(|a| values[a]).collect();
        block = target.block;
    };
    memory.truncate(buffers.len());
    if !matches!(outcome, Outcome::Returned(_)) {
        memory.clear();
    }
    Run { calls, outcome, memory }
}

/// The size of the two buffers that random functions get pointers to.
pub const BUFFER: usize = 64;

/// The arguments of random functions: two words, a half word, a truth value, two pointers.
pub const PARAMS: [Type; 6] = [Type::I64, Type::I64, Type::I32, Type::I1, Type::Ptr, Type::Ptr];

/// Random arguments of a random function.
pub fn arguments(random: &mut Random) -> (Vec<u128>, Vec<u8>) {
    let buffers: Vec<u8> = (0..2 * BUFFER).map(|_| random.word() as u8).collect();
    let second = if random.below(4) == 0 { 0 } else { BUFFER as u64 };
    let mut args: Vec<u128> = PARAMS[..4].iter().map(|&ty| random.bits(ty)).collect();
    args.extend([BUFFERS as u128, (BUFFERS + second) as u128]);
    (args, buffers)
}

/// A module with one import, `@observe`, and a random function, which may trap or not.
pub fn random_module(seed: u64, statements: u32, traps: bool) -> (Module, FuncId) {
    let mut module = Module::default();
    let observe =
        module.functions.push(Function::new("observe", Linkage::Import, Signature::new(&[Type::I64], &[Type::I64])));
    let mut func = Function::new("random", Linkage::Export, Signature::new(&PARAMS, &[Type::I64, Type::I32, Type::I1]));
    let entry = func.new_block();
    func.layout.push(entry);
    let values = PARAMS.map(|ty| func.append_param(entry, ty)).to_vec();
    let slots = [0, 1].map(|_| func.slots.push(SlotData { size: 32, align: 8 }));
    let pointers = values[4..].to_vec();
    let mut generator = Generator {
        b: Builder::new(&mut func, entry),
        random: Random::new(seed),
        values,
        observe,
        depth: 0,
        traps,
        bases: pointers,
    };
    for slot in slots {
        let address = generator.b.slot_addr(slot);
        let zero = generator.b.iconst(Type::I64, 0);
        for offset in (0..32).step_by(8) {
            generator.b.store(zero, address, MemFlags::natural(Type::I64, offset));
        }
        generator.values.push(address);
        generator.bases.push(address);
    }
    generator.statements(statements);
    let results = [Type::I64, Type::I32, Type::I1].map(|ty| generator.value(ty));
    generator.b.return_(&results);
    let id = module.functions.push(func);
    (module, id)
}

struct Generator<'a> {
    b: Builder<'a>,
    random: Random,
    /// The values that are defined here.
    values: Vec<Value>,
    observe: FuncId,
    depth: u32,
    traps: bool,
    /// Pointers to the starts of objects: others would leave them when they are moved again.
    bases: Vec<Value>,
}

const OPS_2: [Op; 21] = [
    Op::Iadd,
    Op::Iadd,
    Op::Isub,
    Op::Isub,
    Op::Imul,
    Op::Band,
    Op::Bor,
    Op::Bxor,
    Op::Ishl,
    Op::Ushr,
    Op::Sshr,
    Op::Rotl,
    Op::Smin,
    Op::Smax,
    Op::Umin,
    Op::Umax,
    Op::Umulhi,
    Op::Smulhi,
    Op::Rotr,
    Op::Iadd,
    Op::Imul,
];
const OPS_COMPARE: [Op; 6] = [Op::IcmpEq, Op::IcmpNe, Op::IcmpSlt, Op::IcmpSle, Op::IcmpUlt, Op::IcmpUle];
const OPS_1: [Op; 6] = [Op::Ineg, Op::Bnot, Op::Clz, Op::Ctz, Op::Popcnt, Op::Bswap];
const INTS: [Type; 4] = [Type::I64, Type::I64, Type::I32, Type::I8];

impl Generator<'_> {
    /// A value of this type: an old one, mostly a recent one, or a constant.
    fn value(&mut self, ty: Type) -> Value {
        let near = &self.values[self.values.len().saturating_sub(200)..];
        let fits: Vec<Value> = near.iter().copied().filter(|&v| self.b.func.ty(v) == ty).collect();
        if fits.is_empty() || (ty != Type::Ptr && self.random.below(5) == 0) {
            let bits = self.random.bits(ty) as i128;
            let small = self.random.below(9) as i128 - 1;
            let value = if self.random.below(3) == 0 { bits } else { small };
            return self.b.iconst(ty, value);
        }
        let recent = fits.len().saturating_sub(4);
        if self.random.below(2) == 0 {
            fits[recent + self.random.below((fits.len() - recent) as u64) as usize]
        } else {
            self.random.pick(&fits)
        }
    }

    fn statements(&mut self, count: u32) {
        for _ in 0..count {
            self.statement();
        }
    }

    fn statement(&mut self) {
        let choice = self.random.below(if self.depth < 3 { 24 } else { 19 });
        let value = match choice {
            0..=6 => {
                let ty = self.random.pick(&INTS);
                let (op, a, b) = (self.random.pick(&OPS_2), self.value(ty), self.value(ty));
                self.b.pure_op(op, ty, &[a, b])
            }
            7 => {
                let op = self.random.pick(&OPS_1);
                let ty = self.random.pick(if op == Op::Bswap { &INTS[..3] } else { &INTS });
                let a = self.value(ty);
                self.b.pure_op(op, ty, &[a])
            }
            8 | 9 => {
                let ty = self.random.pick(&INTS);
                let (op, a, b) = (self.random.pick(&OPS_COMPARE), self.value(ty), self.value(ty));
                self.b.pure_op(op, ty, &[a, b])
            }
            10 => {
                let ty = self.random.pick(&INTS);
                let (c, a, b) = (self.value(Type::I1), self.value(ty), self.value(ty));
                self.b.select(c, a, b)
            }
            11 => {
                let (op, to, from) = self.random.pick(&[
                    (Op::Sextend, Type::I64, Type::I32),
                    (Op::Uextend, Type::I64, Type::I32),
                    (Op::Uextend, Type::I32, Type::I8),
                    (Op::Sextend, Type::I64, Type::I8),
                    (Op::Uextend, Type::I64, Type::I1),
                    (Op::Ireduce, Type::I32, Type::I64),
                    (Op::Ireduce, Type::I8, Type::I64),
                    (Op::Ireduce, Type::I8, Type::I32),
                    (Op::Ireduce, Type::I1, Type::I64),
                ]);
                let a = self.value(from);
                self.b.pure_op(op, to, &[a])
            }
            12 => {
                let (op, a, b) =
                    (self.random.pick(&[Op::Band, Op::Bor, Op::Bxor]), self.value(Type::I1), self.value(Type::I1));
                self.b.pure_op(op, Type::I1, &[a, b])
            }
            13 if self.traps => return self.division(),
            14 if self.traps => return self.bounds(),
            15 | 16 => return self.memory(),
            17 => {
                let a = self.value(Type::I64);
                let call = self.b.call(self.observe, &[Type::I64], &[a]);
                self.b.func.result(call)
            }
            18 => {
                let (a, k) = (self.random.pick(&self.bases), self.random.below(3) as i128 * 4);
                let k = self.b.iconst(Type::I64, k);
                self.b.ptr_add(a, k)
            }
            19..=21 => return self.branch(),
            13 | 14 | 22.. => return self.count_loop(),
        };
        self.values.push(value);
    }

    fn division(&mut self) {
        let ty = self.random.pick(&INTS);
        let op = self.random.pick(&[Op::Udiv, Op::Urem, Op::Sdiv, Op::Srem]);
        let (a, mut b) = (self.value(ty), self.value(ty));
        if self.random.below(4) != 0 {
            // Not 0, so that what follows is reached.
            let one = self.b.iconst(ty, 1);
            b = self.b.bor(b, one);
        }
        let zero = self.b.iconst(ty, 0);
        let is_zero = self.b.icmp_eq(b, zero);
        self.b.trapif(is_zero, TrapCode::DivisionByZero, &[]);
        if op == Op::Sdiv {
            let (least, minus_one) = (self.b.iconst(ty, 1 << (ty.bits() - 1)), self.b.iconst(ty, -1));
            let (x, y) = (self.b.icmp_eq(a, least), self.b.icmp_eq(b, minus_one));
            let overflows = self.b.band(x, y);
            self.b.trapif(overflows, TrapCode::DivisionOverflow, &[]);
        }
        let value = self.b.pure_op(op, ty, &[a, b]);
        self.values.push(value);
    }

    fn bounds(&mut self) {
        let (index, limit) = (self.value(Type::I64), self.value(Type::I64));
        let outside = match self.random.below(3) {
            0 => self.b.icmp_ule(limit, index),
            1 => self.b.icmp_sle(limit, index),
            _ => {
                let inside = self.b.icmp_ult(index, limit);
                self.b.bnot(inside)
            }
        };
        // Mostly guards that pass now and then, so that what follows is reached.
        let condition = if self.random.below(4) == 0 {
            outside
        } else {
            let (a, rare) = (self.value(Type::I64), self.random.bits(Type::I64) as i128);
            let rare = self.b.iconst(Type::I64, rare);
            let sometimes = self.b.icmp_eq(a, rare);
            self.b.band(outside, sometimes)
        };
        self.b.trapif(condition, TrapCode::Bounds, &[index, limit]);
    }

    fn memory(&mut self) {
        let mut address = self.value(Type::Ptr);
        if self.random.below(2) == 0 {
            let index = self.value(Type::I64);
            let mask = self.b.iconst(Type::I64, 1);
            let index = self.b.band(index, mask);
            let eight = self.b.iconst(Type::I64, 8);
            let bytes = self.b.imul(index, eight);
            address = self.b.ptr_add(address, bytes);
        }
        let offset = self.random.pick(&[0, 0, 4, 8]);
        let ty = self.random.pick(&[Type::I64, Type::I64, Type::I32, Type::I8]);
        let flags = MemFlags { align: 1, ..MemFlags::natural(ty, offset) };
        if self.random.below(2) == 0 {
            let value = self.b.load(ty, address, flags);
            self.values.push(value);
        } else {
            let value = self.value(ty);
            self.b.store(value, address, flags);
            if self.random.below(2) == 0 {
                let again = self.b.load(ty, address, flags);
                self.values.push(again);
            }
        }
    }

    fn branch(&mut self) {
        let condition = self.value(Type::I1);
        let blocks = [0, 1, 2].map(|_| self.b.func.new_block());
        self.b.func.layout.extend(blocks);
        let [then, otherwise, join] = blocks;
        let ty = self.random.pick(&INTS);
        self.b.brif(condition, BlockCall::new(then, &[]), BlockCall::new(otherwise, &[]));
        let outer = self.values.clone();
        self.depth += 1;
        for side in [then, otherwise] {
            self.b.switch_to(side);
            let count = self.random.below(5) as u32;
            self.statements(count);
            let value = self.value(ty);
            self.b.jump(join, &[value]);
            self.values = outer.clone();
        }
        self.depth -= 1;
        self.b.switch_to(join);
        let value = self.b.func.append_param(join, ty);
        self.values.push(value);
    }

    /// `for i in a..=b`, or downwards, which ends by comparing with the last value; indexes a thing of length `b + 1`.
    fn inclusive_loop(&mut self) {
        let blocks = [0, 1, 2].map(|_| self.b.func.new_block());
        self.b.func.layout.extend(blocks);
        let [body, step, exit] = blocks;
        let mask = self.b.iconst(Type::I64, 7);
        let (a, b) = (self.value(Type::I64), self.value(Type::I64));
        let start = if self.random.below(2) == 0 { self.b.iconst(Type::I64, 0) } else { self.b.band(a, mask) };
        let last = if self.random.below(3) == 0 { self.b.smin(b, mask) } else { self.b.band(b, mask) };
        let up = self.random.below(3) != 0;
        let (low, high) = if up { (start, last) } else { (last, start) };
        // Now and then a test that does not protect the loop: it then runs until the guard or the fuel stops it.
        let test = if self.random.below(6) == 0 { self.b.icmp_ule(low, high) } else { self.b.icmp_sle(low, high) };
        let one = self.b.iconst(Type::I64, 1);
        let length = self.b.iadd(high, one);
        self.b.brif(test, BlockCall::new(body, &[start]), BlockCall::new(exit, &[]));
        let outer = self.values.clone();
        self.b.switch_to(body);
        let i = self.b.func.append_param(body, Type::I64);
        self.values.extend([i, length]);
        if self.traps {
            let outside = if self.random.below(2) == 0 { self.b.icmp_ule(length, i) } else { self.b.icmp_slt(i, low) };
            self.b.trapif(outside, TrapCode::Bounds, &[i, length]);
        }
        self.depth += 1;
        let count = 1 + self.random.below(4) as u32;
        self.statements(count);
        self.depth -= 1;
        let observed = self.value(Type::I64);
        self.b.call(self.observe, &[Type::I64], &[observed]);
        let done = self.b.icmp_eq(i, last);
        self.b.brif(done, BlockCall::new(exit, &[]), BlockCall::new(step, &[]));
        self.b.switch_to(step);
        let by = self.b.iconst(Type::I64, if up { 1 } else { -1 });
        let next = self.b.iadd(i, by);
        self.b.jump(body, &[next]);
        self.values = outer;
        self.b.switch_to(exit);
    }

    /// `for i in start..n by step`, with an accumulator; the number of turns is small.
    fn count_loop(&mut self) {
        if self.random.below(3) == 0 {
            return self.inclusive_loop();
        }
        let blocks = [0, 1, 2].map(|_| self.b.func.new_block());
        self.b.func.layout.extend(blocks);
        let [header, body, exit] = blocks;
        let start = self.random.below(3) as i128;
        let start = self.b.iconst(Type::I64, start);
        let limit = self.value(Type::I64);
        let one = self.b.iconst(Type::I64, 1);
        let limit = self.b.bor(limit, one);
        let limit = if self.random.below(2) == 0 {
            let most = self.b.iconst(Type::I64, 6);
            self.b.smin(limit, most)
        } else {
            let mask = self.b.iconst(Type::I64, 7);
            self.b.band(limit, mask)
        };
        self.values.push(limit);
        let sum = self.value(Type::I64);
        self.b.jump(header, &[start, sum]);
        self.b.switch_to(header);
        let i = self.b.func.append_param(header, Type::I64);
        let sum = self.b.func.append_param(header, Type::I64);
        self.values.extend([sum, i]);
        let outer = self.values.clone();
        let more = if self.random.below(3) == 0 { self.b.icmp_ult(i, limit) } else { self.b.icmp_slt(i, limit) };
        self.b.brif(more, BlockCall::new(body, &[]), BlockCall::new(exit, &[]));
        self.b.switch_to(body);
        self.depth += 1;
        if self.traps && self.random.below(2) == 0 {
            let outside = self.b.icmp_ule(limit, i);
            self.b.trapif(outside, TrapCode::Bounds, &[i, limit]);
        }
        let count = 1 + self.random.below(5) as u32;
        self.statements(count);
        self.depth -= 1;
        let next_sum = self.value(Type::I64);
        let step = 1 + self.random.below(2) as i128;
        let step = self.b.iconst(Type::I64, step);
        let next = self.b.iadd(i, step);
        self.b.jump(header, &[next, next_sum]);
        self.values = outer;
        self.b.switch_to(exit);
    }
}
