//! Random modules for tests: valid, and with a meaning that every executor has to agree on.
//!
//! [`module`] gives the same module for the same seed on every machine. Every operation of the table, at every type that
//! it accepts, every trap and every kind of control flow comes up over a few hundred seeds. The functions can be run:
//! loops are bounded, divisions are guarded, memory accesses stay within objects that are written before they are read,
//! no address reaches a result, and no bits of a NaN become an integer. A trap can happen, but seldom does.

use crate::builder::Builder;
use crate::ops::{Shape, TypeRule};
use crate::*;
use std::ops::Range;

/// The exported function `(i64, i64) -> i64` of every random module. There is also [`crate::module::ENTRY`], which runs it
/// on a few arguments and gives the low bits of what it returns.
pub const RUN: &str = "run";

/// Numbers that look random and are the same for the same seed (Steele and Vigna's generator for seeds, SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `count - 1`.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.bits() as u128 * count as u128) >> 64) as usize
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

const SCALARS: [Type; 9] =
    [Type::I1, Type::I8, Type::I16, Type::I32, Type::I64, Type::I128, Type::F16, Type::F32, Type::F64];

/// The object behind a pointer parameter has this many bytes, aligned to as many.
const PARAM_BYTES: u32 = 16;

/// A random module.
pub fn module(seed: u64) -> Module {
    let mut random = Random::new(seed);
    let mut module = Module::default();
    module.files.push("random.lang".into());
    module.files.push("other file.lang".into());
    let text: Vec<u8> = (0..24).map(|_| 32 + random.below(95) as u8).collect();
    let constant = Global { name: "text".into(), size: 32, align: 8, constant: true, init: text, relocs: Vec::new() };
    module.globals.push(constant);
    module.globals.push(Global {
        name: "state".into(),
        size: 48,
        align: 16,
        constant: false,
        init: vec![1, 2, 3],
        relocs: Vec::new(),
    });

    let count = 1 + random.below(4);
    for index in 0..=count {
        let name = if index == 0 { RUN.to_string() } else { format!("f {index}") };
        let linkage = if index == 0 { Linkage::Export } else { Linkage::Local };
        let sig = if index == 0 { Signature::new(&[Type::I64; 2], &[Type::I64]) } else { signature(&mut random) };
        let mut func = Function::new(&name, linkage, sig.clone());
        func.attrs.inline = random.pick(&[Inline::Auto, Inline::Auto, Inline::Always, Inline::Never]);
        func.decl = SourcePos { file: FileId::from_u32(0), line: 1 + index as u32, col: 1 };
        module.functions.push(func);
        module.signature(sig);
    }
    let some = FuncId::from_u32(1);
    module.globals.push(Global {
        name: "table of addresses".into(),
        size: 24,
        align: 8,
        constant: true,
        init: vec![7],
        relocs: vec![
            Reloc { offset: 8, target: RelocTarget::Func(some), addend: 0 },
            Reloc { offset: 16, target: RelocTarget::Global(GlobalId::from_u32(1)), addend: 8 },
        ],
    });
    for id in 0..=count as u32 {
        let id = FuncId::from_u32(id);
        let size = 10 + random.below(60) as u32;
        module.functions[id] = Generator::new(&module, id, random.bits(), size).function();
    }
    let entry = entry(&mut random);
    module.functions.push(entry);
    module
}

fn signature(random: &mut Random) -> Signature {
    let mut sig = Signature::default();
    for _ in 0..random.below(4) {
        sig.params.push(random.pick(&SCALARS).into());
    }
    for _ in 0..random.below(3) {
        let readonly = random.once_in(3);
        sig.params.push(Param { ty: Type::Ptr, noalias: random.once_in(2), nonnull: true, readonly, byval: None });
    }
    sig.results = match random.below(4) {
        0 => vec![],
        1 => vec![random.pick(&SCALARS)],
        2 => vec![Type::I64],
        _ => vec![Type::I64, random.pick(&[Type::I8, Type::I64, Type::F32, Type::F64])],
    };
    sig
}

/// `lang_main`: combines what `run` gives for a few arguments.
fn entry(random: &mut Random) -> Function {
    let mut func = Function::new(crate::module::ENTRY, Linkage::Export, Signature::new(&[], &[Type::I32]));
    let block = func.new_block();
    func.layout.push(block);
    let mut b = Builder::new(&mut func, block);
    let mut sum = b.iconst(Type::I64, 0);
    for argument in [0, 1, -1, random.bits() as i64] {
        let first = b.iconst(Type::I64, argument as i128);
        let second = b.iconst(Type::I64, random.bits() as i64 as i128);
        let call = b.call(FuncId::from_u32(0), &[Type::I64], &[first, second]);
        let result = b.func.result(call);
        let five = b.iconst(Type::I64, 5);
        let rotated = b.rotl(sum, five);
        sum = b.bxor(rotated, result);
    }
    let high = b.iconst(Type::I64, 32);
    let high = b.ushr(sum, high);
    let folded = b.bxor(sum, high);
    let result = b.ireduce(Type::I32, folded);
    b.return_(&[result]);
    func
}

/// A pointer that accesses may be made through.
#[derive(Clone, Copy)]
struct Pointer {
    value: Value,
    /// What it points into. Different numbers are different objects.
    object: u32,
    /// Bytes from where it points to the end of the object.
    bytes: u32,
    align: u32,
    writable: bool,
    /// What accesses through it may say.
    alias: AliasSet,
}

/// Where the values in scope end, to go back there.
struct Scope {
    values: [usize; Type::ALL.len()],
    pointers: usize,
}

struct Generator<'a> {
    random: Random,
    module: &'a Module,
    id: FuncId,
    func: Function,
    block: Block,
    loc: Loc,
    /// By type, those that dominate the place at hand.
    values: [Vec<Value>; Type::ALL.len()],
    pointers: Vec<Pointer>,
    /// Everything that was computed, mixed.
    hash: Value,
    /// Statements that may still be made.
    budget: u32,
    loops: u32,
}

impl<'a> Generator<'a> {
    fn new(module: &'a Module, id: FuncId, seed: u64, budget: u32) -> Generator<'a> {
        let mut func = module.functions[id].clone();
        let block = func.new_block();
        func.layout.push(block);
        Generator {
            random: Random::new(seed),
            module,
            id,
            func,
            block,
            loc: Loc::from_u32(0),
            values: Default::default(),
            pointers: Vec::new(),
            hash: Value::from_u32(0),
            budget,
            loops: 0,
        }
    }

    fn function(mut self) -> Function {
        self.entry();
        self.region(3);
        for index in 0..self.pointers.len().min(4) {
            let pointer = self.pointers[index];
            if pointer.bytes >= 8 {
                let word = self.load_at(Type::I64, pointer, 0);
                self.mix(word);
            }
        }
        self.leave();
        if self.random.once_in(4) {
            // Uses stand before definitions then.
            let last = self.func.layout.len() - 1;
            for index in 1..last {
                let other = index + self.random.below(last - index + 1);
                self.func.layout.swap(index, other);
            }
        }
        self.func
    }

    fn b(&mut self) -> Builder<'_> {
        let mut builder = Builder::new(&mut self.func, self.block);
        builder.loc = self.loc;
        builder
    }

    /// Parameters, slots, and pointers to everything.
    fn entry(&mut self) {
        let sig = self.func.sig.clone();
        let restricted = sig.params.iter().filter(|param| param.noalias).count() as u32;
        self.func.restrict_scopes = restricted;
        let all: Vec<RestrictScope> = (0..restricted).map(RestrictScope::from_u32).collect();
        let mut object = 0;
        let mut scope = 0;
        for param in &sig.params {
            let value = self.func.append_param(self.block, param.ty);
            if param.ty != Type::Ptr {
                self.values[param.ty as usize].push(value);
                continue;
            }
            let mut set = AliasSetData { noalias: all.clone(), ..AliasSetData::default() };
            if param.noalias {
                set.scopes.push(RestrictScope::from_u32(scope));
                set.noalias.retain(|other| other.as_u32() != scope);
                scope += 1;
            }
            let alias = self.func.alias_set(set);
            let (bytes, align, writable) = (PARAM_BYTES, PARAM_BYTES, !param.readonly);
            self.pointers.push(Pointer { value, object, bytes, align, writable, alias });
            object += 1;
        }
        self.hash = self.constant(Type::I64);
        for _ in 0..2 + self.random.below(2) {
            let align = self.random.pick(&[1, 8, 16, 32]);
            let size = PARAM_BYTES * (1 + self.random.below(4) as u32);
            let slot = self.func.slots.push(SlotData { size, align: align.max(PARAM_BYTES) });
            let alias =
                self.func.alias_set(AliasSetData { region: Region::Slot(slot), scopes: vec![], noalias: all.clone() });
            let value = self.b().slot_addr(slot);
            let pointer = Pointer { value, object, bytes: size, align: align.max(PARAM_BYTES), writable: true, alias };
            object += 1;
            let byte = self.constant(Type::I8);
            let length = self.b().iconst(Type::I64, size as i128);
            let flags = CopyFlags { dst_align: align, src_align: align, dst_alias: alias, src_alias: alias };
            self.b().memset(value, byte, length, flags);
            self.pointers.push(pointer);
        }
        for global in [0, 1].map(GlobalId::from_u32) {
            let Global { size, align, constant, .. } = self.module.globals[global];
            let region = Region::Global(global);
            let alias = self.func.alias_set(AliasSetData { region, scopes: vec![], noalias: all.clone() });
            let value = self.b().global_addr(global);
            self.pointers.push(Pointer { value, object, bytes: size as u32, align, writable: !constant, alias });
            object += 1;
        }
    }

    fn region(&mut self, depth: u32) {
        for _ in 0..2 + self.random.below(8) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        self.choose_loc();
        match self.random.below(if depth == 0 { 17 } else { 25 }) {
            0..=8 => self.pure_operation(),
            9 => self.partial_operation(),
            10 | 11 => self.load_or_store(),
            12 => self.pointer_operation(),
            13 => self.copy(),
            14 => self.guard(),
            15 => self.pointer_in_memory(),
            16 => self.call(),
            17 | 18 => self.if_else(depth - 1),
            19 => self.switch(depth - 1),
            20 | 21 if self.loops < 2 => self.counted_loop(depth - 1),
            22 if self.loops < 2 => self.irreducible_loop(),
            23 => self.early_end(),
            _ => self.unreachable_block(),
        }
    }

    fn choose_loc(&mut self) {
        if self.random.once_in(2) {
            let pos = SourcePos {
                file: FileId::from_u32(self.random.below(2) as u32),
                line: 1 + self.random.below(99) as u32,
                col: 1 + self.random.below(80) as u32,
            };
            self.loc = self.func.add_loc(pos);
            if self.random.once_in(4) {
                let callee_decl = SourcePos { line: 1, ..pos };
                let call_site = self.loc;
                let scope =
                    self.func.scopes.push(ScopeData { callee: "inlined before".into(), callee_decl, call_site });
                self.loc = self.func.locs.push(LocData { pos, scope: scope.into() });
            }
        }
    }

    // Values.

    fn constant(&mut self, ty: Type) -> Value {
        let random = self.random.bits() as u128 | (self.random.bits() as u128) << 64;
        if ty.is_float() {
            let choices = [0.0, -0.0, 1.0, -1.5, 2.0, 0.1, 1e-7, 100.0, 65504.0, 1e9, 3e38, f64::INFINITY, f64::NAN];
            let bits = if self.random.once_in(4) { random } else { eval::from_f64(ty, self.random.pick(&choices)) };
            return self.b().fconst(ty, bits & ty.mask());
        }
        let small = self.random.below(17) as i128 - 4;
        let extreme =
            self.random.pick(&[0, 1, -1, (ty.mask() >> 1) as i128, ((ty.mask() >> 1) as i128).wrapping_add(1)]);
        let value = self.random.pick(&[small, small, extreme, random as i128, 1 << (random % ty.bits() as u128)]);
        self.b().iconst(ty, value)
    }

    fn value(&mut self, ty: Type) -> Value {
        let known = self.values[ty as usize].len();
        if known == 0 || self.random.once_in(5) {
            return self.constant(ty);
        }
        // Recent ones more often.
        let back = self.random.below(known).min(self.random.below(known));
        self.values[ty as usize][known - 1 - back]
    }

    /// Remembers a result and sometimes mixes it in.
    fn keep(&mut self, value: Value) {
        self.values[self.func.ty(value) as usize].push(value);
        if self.random.once_in(3) {
            self.mix(value);
        }
    }

    /// The value with zero for NaN, whose bits depend on the executor.
    fn without_nan(&mut self, value: Value) -> Value {
        let ty = self.func.ty(value);
        if !ty.is_float() {
            return value;
        }
        let mut b = self.b();
        let ordered = b.fcmp_eq(value, value);
        let zero = b.fconst(ty, 0);
        b.select(ordered, value, zero)
    }

    fn mix(&mut self, value: Value) {
        let value = self.without_nan(value);
        let ty = self.func.ty(value);
        let hash = self.hash;
        let mut b = self.b();
        let bits = if ty.is_float() { b.bitcast(Type::int(ty.bits()).expect("as wide"), value) } else { value };
        let bits = match ty.bits() {
            64 => bits,
            128 => b.ireduce(Type::I64, bits),
            _ => b.uextend(Type::I64, bits),
        };
        let factor = b.iconst(Type::I64, 0x9e37_79b9_7f4a_7c15);
        let sum = b.bxor(hash, bits);
        self.hash = b.imul(sum, factor);
    }

    fn scope(&self) -> Scope {
        Scope { values: std::array::from_fn(|i| self.values[i].len()), pointers: self.pointers.len() }
    }

    fn leave_scope(&mut self, scope: &Scope) {
        for (values, &length) in self.values.iter_mut().zip(&scope.values) {
            values.truncate(length);
        }
        self.pointers.truncate(scope.pointers);
    }

    // Operations on values.

    fn pure_operation(&mut self) {
        let info = loop {
            let info = &OPS[self.random.below(OPS.len())];
            let on_values = matches!(info.shape, Shape::Unary | Shape::Binary | Shape::Ternary);
            let pointers = matches!(info.types, TypeRule::PtrToInt | TypeRule::IntToPtr | TypeRule::PtrAdd);
            if on_values && !pointers && !info.flags.partial {
                break info;
            }
        };
        let operands = match info.shape {
            Shape::Unary => 1,
            Shape::Binary => 2,
            _ => 3,
        };
        let (ty, types) = loop {
            let ty = self.random.pick(&SCALARS);
            if !info.types.accepts(ty) {
                continue;
            }
            let fitting = |index| SCALARS.into_iter().filter(move |&t| info.types.accepts_operand(ty, index, t));
            let choices: Vec<Vec<Type>> = (0..operands).map(|index| fitting(index).collect()).collect();
            if choices.iter().all(|types| !types.is_empty()) {
                break (ty, choices.iter().map(|types| self.random.pick(types)).collect::<Vec<_>>());
            }
        };
        let mut args = Values::new();
        for (index, operand) in types.into_iter().enumerate() {
            let value = self.value(operand);
            let shows_sign = info.op == Op::Bitcast || (info.op == Op::Fcopysign && index == 1);
            args.push(if shows_sign { self.without_nan(value) } else { value });
        }
        let result = self.b().pure_op(info.op, ty, &args);
        self.keep(result);
    }

    fn partial_operation(&mut self) {
        let op = self.random.pick(&[Op::Udiv, Op::Sdiv, Op::Urem, Op::Srem]);
        let ty = self.random.pick(&SCALARS[1..6]);
        let (mut a, mut b) = (self.value(ty), self.value(ty));
        let guarded = self.random.once_in(3);
        let mut builder = self.b();
        if guarded {
            let zero = builder.iconst(ty, 0);
            let is_zero = builder.icmp_eq(b, zero);
            builder.trapif(is_zero, TrapCode::DivisionByZero, &[]);
        } else {
            let one = builder.iconst(ty, 1);
            b = builder.bor(b, one);
        }
        if op == Op::Sdiv && guarded {
            let (smallest, minus_one) = (builder.iconst(ty, 1 << (ty.bits() - 1)), builder.iconst(ty, -1));
            let (left, right) = (builder.icmp_eq(a, smallest), builder.icmp_eq(b, minus_one));
            let both = builder.band(left, right);
            builder.trapif(both, TrapCode::DivisionOverflow, &[]);
        } else if op == Op::Sdiv {
            let one = builder.iconst(ty, 1);
            a = builder.ushr(a, one);
        }
        let result = builder.pure_op(op, ty, &[a, b]);
        self.keep(result);
    }

    // Memory.

    fn pointer(&mut self, suits: impl Fn(&Pointer) -> bool) -> Option<Pointer> {
        let suitable: Vec<Pointer> = self.pointers.iter().copied().filter(suits).collect();
        (!suitable.is_empty()).then(|| self.random.pick(&suitable))
    }

    /// A true description of an access.
    fn mem_flags(&mut self, pointer: Pointer, offset: u32) -> MemFlags {
        let known = pointer.align.min(if offset == 0 { 16 } else { 1 << offset.trailing_zeros() });
        let align = if self.random.once_in(4) { 1 } else { known.min(16) };
        let alias = if self.random.once_in(3) { AliasSet::from_u32(0) } else { pointer.alias };
        MemFlags { offset: offset as i32, align, alias, readonly: false }
    }

    fn load_at(&mut self, ty: Type, pointer: Pointer, offset: u32) -> Value {
        let mut mem = self.mem_flags(pointer, offset);
        let constant = matches!(self.func.alias_sets[pointer.alias].region, Region::Global(g) if g.as_u32() == 0);
        mem.readonly = constant && self.random.once_in(2);
        self.b().load(ty, pointer.value, mem)
    }

    fn offset(&mut self, pointer: Pointer, ty: Type) -> u32 {
        let step = if self.random.once_in(4) { 1 } else { ty.bytes() };
        self.random.below(((pointer.bytes - ty.bytes()) / step) as usize + 1) as u32 * step
    }

    fn load_or_store(&mut self) {
        let ty = self.random.pick(&SCALARS);
        let store = ty == Type::I1 || self.random.once_in(2);
        let suits = |p: &Pointer| p.bytes >= ty.bytes() && (p.writable || !store);
        let Some(pointer) = self.pointer(suits) else { return };
        let offset = self.offset(pointer, ty);
        if store {
            let value = self.value(ty);
            let value = self.without_nan(value);
            let mem = self.mem_flags(pointer, offset);
            self.b().store(value, pointer.value, mem);
        }
        // Any byte may be stored where an `i1` is, so load what was just stored only.
        if !store || ty == Type::I1 {
            let value = self.load_at(ty, pointer, offset);
            self.keep(value);
        }
    }

    fn copy(&mut self) {
        let Some(to) = self.pointer(|p| p.writable) else { return };
        let length = self.random.below(to.bytes as usize + 1);
        if self.random.once_in(2) {
            let byte = self.value(Type::I8);
            let length = self.b().iconst(Type::I64, length as i128);
            let mem = self.mem_flags(to, 0);
            let (align, alias) = (mem.align, mem.alias);
            let flags = CopyFlags { dst_align: align, src_align: align, dst_alias: alias, src_alias: alias };
            self.b().memset(to.value, byte, length, flags);
            return;
        }
        let disjoint = |from: &Pointer| from.object != to.object || from.value == to.value;
        let Some(from) = self.pointer(disjoint) else { return };
        let length = self.b().iconst(Type::I64, length.min(from.bytes as usize) as i128);
        let (dst, src) = (self.mem_flags(to, 0), self.mem_flags(from, 0));
        let flags =
            CopyFlags { dst_align: dst.align, src_align: src.align, dst_alias: dst.alias, src_alias: src.alias };
        self.b().memcpy(to.value, from.value, length, flags);
    }

    fn pointer_operation(&mut self) {
        let Some(from) = self.pointer(|_| true) else { return };
        match self.random.below(6) {
            0 | 1 => {
                let by = self.random.below(from.bytes as usize + 1) as u32;
                let distance = self.b().iconst(Type::I64, by as i128);
                let value = self.b().ptr_add(from.value, distance);
                let align = from.align.min(if by == 0 { from.align } else { 1 << by.trailing_zeros() });
                self.pointers.push(Pointer { value, bytes: from.bytes - by, align, ..from });
                let compares = [Op::IcmpEq, Op::IcmpNe, Op::IcmpSlt, Op::IcmpSle, Op::IcmpUlt, Op::IcmpUle];
                let compare = self.random.pick(&compares);
                // Only the distance of two addresses is the same everywhere.
                let mut b = self.b();
                let (low, high) = (b.ptr_to_int(from.value), b.ptr_to_int(value));
                let distance = b.isub(high, low);
                let first = b.pure_op(compare, Type::Ptr, &[from.value, value]);
                self.keep(distance);
                self.keep(first);
            }
            2 if from.bytes >= 8 => {
                let index = self.value(Type::I64);
                let mut b = self.b();
                let mask = b.iconst(Type::I64, 7);
                let index = b.band(index, mask);
                let value = b.ptr_add(from.value, index);
                self.pointers.push(Pointer { value, bytes: from.bytes - 7, align: 1, ..from });
            }
            3 => {
                let address = self.b().ptr_to_int(from.value);
                let value = self.b().int_to_ptr(address);
                self.pointers.push(Pointer { value, ..from });
            }
            4 => {
                let other = self.pointer(|p| p.object == from.object).expect("at least the same");
                let condition = self.value(Type::I1);
                let value = self.b().select(condition, from.value, other.value);
                let (bytes, align) = (from.bytes.min(other.bytes), from.align.min(other.align));
                self.pointers.push(Pointer { value, bytes, align, ..from });
            }
            _ => {
                let null = self.b().iconst(Type::Ptr, 0);
                let op = self.random.pick(&[Op::IcmpEq, Op::IcmpNe]);
                let result = self.b().pure_op(op, Type::Ptr, &[from.value, null]);
                self.keep(result);
            }
        }
    }

    /// Stores a pointer, loads it again, and leaves no address behind.
    fn pointer_in_memory(&mut self) {
        let Some(place) = self.pointer(|p| p.writable && p.bytes >= 8) else { return };
        let Some(stored) = self.pointer(|_| true) else { return };
        let offset = self.offset(place, Type::Ptr);
        let mem = self.mem_flags(place, offset);
        self.b().store(stored.value, place.value, mem);
        let value = self.load_at(Type::Ptr, place, offset);
        let word = self.value(Type::I64);
        self.b().store(word, place.value, mem);
        self.pointers.push(Pointer { value, ..stored });
    }

    // Traps and calls.

    /// A condition that hardly ever holds.
    fn rare(&mut self) -> Value {
        let value = self.value(Type::I64);
        let random = self.random.bits() as i64;
        let mut b = self.b();
        let constant = b.iconst(Type::I64, random as i128);
        b.icmp_eq(value, constant)
    }

    fn trap(&mut self) -> (TrapCode, Values) {
        let code = self.random.pick(TrapCode::ALL);
        let mut args = Values::new();
        for is_pointer in code.args() {
            if is_pointer {
                let text = self.b().global_addr(GlobalId::from_u32(0));
                args.push(text);
            } else if matches!(code, TrapCode::Panic | TrapCode::AssertMessage) {
                let length = self.random.below(24) as i128;
                let length = self.b().iconst(Type::I64, length);
                args.push(length);
            } else {
                let value = self.value(Type::I64);
                args.push(value);
            }
        }
        (code, args)
    }

    fn guard(&mut self) {
        let condition = self.rare();
        let (code, args) = self.trap();
        self.b().trapif(condition, code, &args);
    }

    fn call(&mut self) {
        let later: Range<u32> = self.id.as_u32() + 1..self.module.functions.len() as u32;
        if later.is_empty() || self.loops > 1 {
            return;
        }
        let callee = FuncId::from_u32(later.start + self.random.below(later.len()) as u32);
        let sig = self.module.functions[callee].sig.clone();
        let mut args = Values::new();
        let mut passed = Vec::new();
        for param in &sig.params {
            if param.ty != Type::Ptr {
                let value = self.value(param.ty);
                args.push(value);
                continue;
            }
            // Not the globals, which the callee accesses by itself, and an object once only, for the sake of `noalias`.
            let alias_sets = self.func.alias_sets.clone();
            let suits = |p: &Pointer| {
                let global = matches!(alias_sets[p.alias].region, Region::Global(_));
                let fits = p.bytes >= PARAM_BYTES && p.align >= PARAM_BYTES;
                fits && !global && p.writable && !passed.contains(&p.object)
            };
            let Some(pointer) = self.pointer(suits) else { return };
            passed.push(pointer.object);
            args.push(pointer.value);
        }
        let call = if self.random.once_in(3) {
            let id =
                self.module.signatures.iter().find(|(_, known)| **known == sig).expect("all signatures are there").0;
            let pointer = self.b().func_addr(callee);
            self.b().call_indirect(id, &sig.results, pointer, &args)
        } else {
            self.b().call(callee, &sig.results, &args)
        };
        for result in self.func.results(call) {
            self.keep(result);
            self.mix(result);
        }
    }

    // Control flow.

    fn new_block(&mut self) -> Block {
        let block = self.func.new_block();
        self.func.layout.push(block);
        block
    }

    fn condition(&mut self) -> Value {
        self.value(Type::I1)
    }

    /// Types of the values that a join passes on besides the hash.
    fn join_types(&mut self) -> Vec<Type> {
        (0..self.random.below(3)).map(|_| self.random.pick(&SCALARS)).collect()
    }

    fn join_call(&mut self, join: Block, types: &[Type]) -> BlockCall {
        let mut call = BlockCall::new(join, &[self.hash]);
        for &ty in types {
            let value = self.value(ty);
            call.args.push(value);
        }
        call
    }

    fn jump_to(&mut self, call: BlockCall) {
        self.b().jump(call.block, &call.args);
    }

    /// Goes on in a block of these parameters besides the hash.
    fn continue_in(&mut self, block: Block, types: &[Type]) {
        self.block = block;
        self.hash = self.func.append_param(block, Type::I64);
        for &ty in types {
            let param = self.func.append_param(block, ty);
            self.values[ty as usize].push(param);
        }
    }

    /// A new block that runs a region and goes on to the join.
    fn arm(&mut self, depth: u32, join: Block, types: &[Type]) -> Block {
        let (block, hash, scope) = (self.block, self.hash, self.scope());
        let arm = self.new_block();
        self.block = arm;
        self.region(depth);
        let call = self.join_call(join, types);
        self.jump_to(call);
        (self.block, self.hash) = (block, hash);
        self.leave_scope(&scope);
        arm
    }

    fn arm_or_join(&mut self, depth: u32, join: Block, types: &[Type]) -> BlockCall {
        if self.random.once_in(3) {
            self.join_call(join, types)
        } else {
            BlockCall::new(self.arm(depth, join, types), &[])
        }
    }

    fn if_else(&mut self, depth: u32) {
        let condition = self.condition();
        let (join, types) = (self.new_block(), self.join_types());
        let then = self.arm_or_join(depth, join, &types);
        let otherwise = self.arm_or_join(depth, join, &types);
        self.b().brif(condition, then, otherwise);
        self.continue_in(join, &types);
    }

    fn switch(&mut self, depth: u32) {
        let ty = self.random.pick(&SCALARS[..6]);
        let selector = self.value(ty);
        let (join, types) = (self.new_block(), self.join_types());
        let mut cases: Vec<(u128, BlockCall)> = Vec::new();
        for _ in 0..self.random.below(5) {
            let value = if self.random.once_in(3) { self.random.bits() as u128 } else { self.random.below(8) as u128 };
            let value = (value as i128 - 2) as u128 & ty.mask();
            if cases.iter().all(|(known, _)| *known != value) {
                let target = match cases.last() {
                    Some((_, last)) if self.random.once_in(4) => last.clone(),
                    _ => self.arm_or_join(depth, join, &types),
                };
                cases.push((value, target));
            }
        }
        let default = self.arm_or_join(depth, join, &types);
        self.b().switch(selector, cases, default);
        self.continue_in(join, &types);
    }

    fn counted_loop(&mut self, depth: u32) {
        let types = self.join_types();
        let (header, exit) = (self.new_block(), self.new_block());
        let test_first = self.random.once_in(2);
        let times = 1 + self.random.below(4) as i128;
        let mut enter = self.join_call(header, &types);
        let counter = self.b().iconst(Type::I32, times);
        enter.args.push(counter);
        self.jump_to(enter);

        let scope = self.scope();
        self.continue_in(header, &types);
        let counter = self.func.append_param(header, Type::I32);
        self.values[Type::I32 as usize].push(counter);
        let zero = self.b().iconst(Type::I32, 0);
        let hash = self.hash;
        if test_first {
            let body = self.new_block();
            let more = self.b().icmp_ne(counter, zero);
            let leave = self.join_call(exit, &types);
            self.b().brif(more, BlockCall::new(body, &[]), leave);
            self.block = body;
        }
        let inside = self.scope();
        self.loops += 1;
        self.region(depth);
        self.loops -= 1;
        let mut again = self.join_call(header, &types);
        let one = self.b().iconst(Type::I32, 1);
        let left = self.b().isub(counter, one);
        again.args.push(left);
        if test_first {
            self.jump_to(again);
            self.leave_scope(&inside);
            self.hash = hash;
        } else {
            let more = self.b().icmp_slt(zero, left);
            let leave = self.join_call(exit, &types);
            self.b().brif(more, again, leave);
        }
        self.leave_scope(&scope);
        self.continue_in(exit, &types);
    }

    /// Two blocks that go to each other and are both entered from outside.
    fn irreducible_loop(&mut self) {
        let blocks = [self.new_block(), self.new_block()];
        let exit = self.new_block();
        let condition = self.condition();
        let times = 1 + self.random.below(6) as i128;
        let hash = self.hash;
        let fuel = self.b().iconst(Type::I32, times);
        let [first, second] = blocks.map(|block| BlockCall::new(block, &[hash, fuel]));
        self.b().brif(condition, first, second);
        for (block, other) in [(blocks[0], blocks[1]), (blocks[1], blocks[0])] {
            let scope = self.scope();
            self.continue_in(block, &[]);
            let fuel = self.func.append_param(block, Type::I32);
            self.mix(fuel);
            self.loops += 1;
            self.pure_operation();
            self.loops -= 1;
            let hash = self.hash;
            let mut b = self.b();
            let (zero, one) = (b.iconst(Type::I32, 0), b.iconst(Type::I32, 1));
            let left = b.isub(fuel, one);
            let more = b.icmp_slt(zero, left);
            b.brif(more, BlockCall::new(other, &[hash, left]), BlockCall::new(exit, &[hash]));
            self.leave_scope(&scope);
        }
        self.continue_in(exit, &[]);
    }

    /// A return or a trap that hardly ever comes.
    fn early_end(&mut self) {
        let condition = self.rare();
        let (end, next) = (self.new_block(), self.new_block());
        self.b().brif(condition, BlockCall::new(end, &[]), BlockCall::new(next, &[]));
        self.block = end;
        if self.random.once_in(2) {
            self.func.blocks[end].cold = true;
            let (code, args) = self.trap();
            self.b().trap(code, &args);
        } else {
            self.leave();
        }
        self.block = next;
    }

    fn unreachable_block(&mut self) {
        let (block, hash, scope) = (self.block, self.hash, self.scope());
        self.block = self.new_block();
        self.pure_operation();
        self.leave();
        (self.block, self.hash) = (block, hash);
        self.leave_scope(&scope);
    }

    /// Returns; a result of type `i64` in the first place is the hash.
    fn leave(&mut self) {
        let types = self.func.sig.results.clone();
        let mut results = Values::new();
        for (index, ty) in types.into_iter().enumerate() {
            let value = if index == 0 && ty == Type::I64 { self.hash } else { self.value(ty) };
            results.push(value);
        }
        self.b().return_(&results);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{render, verify};
    use std::collections::BTreeSet;

    #[test]
    fn modules_are_valid_read_back_and_cover_the_table() {
        let (mut seen, mut traps) = (BTreeSet::new(), BTreeSet::new());
        for seed in 0..400 {
            let module = module(seed);
            verify(&module).unwrap_or_else(|found| panic!("seed {seed}:\n{}{module}", render(&found)));
            let text = module.to_string();
            let parsed = crate::parse::module(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            verify(&parsed).unwrap_or_else(|found| panic!("seed {seed}, read back:\n{}", render(&found)));
            assert!(parsed.to_string() == text, "seed {seed}: {parsed}\n{text}");
            for func in module.functions.values() {
                for inst in func.layout.iter().flat_map(|&block| &func.blocks[block].insts) {
                    let data = &func.insts[*inst];
                    seen.insert((data.op, data.ty));
                    if let Payload::Trap(code) = data.payload {
                        traps.insert(code.name());
                    }
                }
            }
        }
        for info in OPS {
            for ty in Type::ALL {
                let possible = info.types.accepts(ty)
                    && (info.types != TypeRule::None || ty == Type::I1)
                    // A conversion needs a type to come from.
                    && (!matches!(info.shape, Shape::Unary | Shape::Binary | Shape::Ternary)
                        || Type::ALL.iter().any(|&from| info.types.accepts_operand(ty, 0, from)));
                assert_eq!(seen.contains(&(info.op, ty)), possible, "{}.{ty}", info.mnemonic);
            }
        }
        assert_eq!(traps.len(), TrapCode::ALL.len());
    }

    #[test]
    fn the_same_seed_gives_the_same_module() {
        assert_eq!(module(7).to_string(), module(7).to_string());
        assert_ne!(module(7).to_string(), module(8).to_string());
    }

    #[test]
    fn the_parser_survives_damaged_text() {
        let mut random = Random::new(1);
        let bits: Vec<String> = (0..8).map(|seed| module(seed).to_string()).collect();
        let words =
            ["v1", "block0", "{", "}", "\"", "@", "\n", "(", "iadd.i64", "-", "99999999999", "fn @x", "ss0", ";"];
        for _ in 0..1500 {
            let text = &bits[random.below(bits.len())];
            let start = random.below(text.len());
            let mut damaged = text.as_bytes().to_vec();
            for _ in 0..1 + random.below(4) {
                let at = (start + random.below(200)).min(damaged.len() - 1);
                match random.below(4) {
                    0 => damaged[at] = random.below(128) as u8,
                    1 => drop(damaged.splice(at..(at + random.below(8)).min(damaged.len()), [])),
                    2 => drop(damaged.splice(at..at, random.pick(&words).bytes())),
                    _ => {
                        let from = random.below(damaged.len());
                        let piece = damaged[from..(from + 30).min(damaged.len())].to_vec();
                        damaged.splice(at..at, piece);
                    }
                }
            }
            let damaged = String::from_utf8_lossy(&damaged);
            if let Ok(parsed) = crate::parse::module(&damaged) {
                let again = parsed.to_string();
                if verify(&parsed).is_ok() {
                    let reread = crate::parse::module(&again).unwrap_or_else(|error| panic!("{error}\n{again}"));
                    assert!(reread.to_string() == again);
                }
            }
        }
    }
}
