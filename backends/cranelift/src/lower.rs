//! One function of the IR becomes one function of CLIF.
//!
//! Here is what concerns control flow, calls, memory and traps; [`integer`] and [`float`] lower the operations on values.
//! Types map so: an `i1` is an `i8` that holds 0 or 1, a `ptr` is an `i64`, and an `f16` is an `i16` with its bits, since
//! Cranelift has no arithmetic for it.
//!
//! Names in CLIF are pairs of numbers, see [`Symbol`].

mod alias;
mod float;
mod integer;

use crate::library::Library;
use cranelift_codegen::ir::ArgumentPurpose;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, AliasRegionData, Block as ClBlock, BlockArg, ExtFuncData, ExternalName, FuncRef, GlobalValue,
    GlobalValueData, Inst as ClInst, InstBuilder, MemFlagsData, SigRef, Signature as ClSignature, SourceLoc,
    StackSlot as ClSlot, StackSlotData, StackSlotKind, TrapCode as ClTrap, Type as ClType, UserExternalName,
    UserFuncName, Value as V, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Switch};
use lang_backend::Error;
use lang_ir::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What a name in CLIF stands for: the namespace says which kind, the index which one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Symbol {
    Func(FuncId),
    Global(GlobalId),
    Library(Library),
    /// The description of a trap of the function that is being compiled.
    Trap(u32),
}

impl Symbol {
    fn encode(self) -> UserExternalName {
        let (namespace, index) = match self {
            Symbol::Func(f) => (0, f.as_u32()),
            Symbol::Global(g) => (1, g.as_u32()),
            Symbol::Library(l) => (2, l as u32),
            Symbol::Trap(index) => (3, index),
        };
        UserExternalName { namespace, index }
    }

    pub fn decode(name: &UserExternalName) -> Symbol {
        match name.namespace {
            0 => Symbol::Func(FuncId::from_u32(name.index)),
            1 => Symbol::Global(GlobalId::from_u32(name.index)),
            2 => Symbol::Library(Library::ALL[name.index as usize]),
            _ => Symbol::Trap(name.index),
        }
    }
}

/// A place where a function may trap. Those with the same code and location are one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TrapSite {
    pub code: TrapCode,
    pub loc: Loc,
}

/// Lowers a function; its CLIF is left in `out`. Gives the traps that the code names, in the order of their descriptions.
pub fn lower(
    module: &Module,
    id: FuncId,
    isa: &dyn TargetIsa,
    context: &mut FunctionBuilderContext,
    out: &mut cranelift_codegen::ir::Function,
) -> Result<Vec<TrapSite>, Error> {
    let func = &module.functions[id];
    out.name = UserFuncName::User(Symbol::Func(id).encode());
    out.signature = signature(&func.sig);
    let mut lower = Lower {
        module,
        func,
        b: FunctionBuilder::new(out, context),
        values: SecondaryMap::with_capacity(func.values.len()),
        blocks: SecondaryMap::with_capacity(func.blocks.len()),
        slots: SecondaryMap::new(),
        funcs: FxHashMap::default(),
        globals: FxHashMap::default(),
        libraries: FxHashMap::default(),
        signatures: FxHashMap::default(),
        traps: Vec::new(),
        trap_index: FxHashMap::default(),
        result_pointer: None,
        regions: alias::Regions::new(func),
    };
    lower.function()?;
    let traps = std::mem::take(&mut lower.traps);
    lower.b.finalize(isa.frontend_config());
    Ok(traps)
}

/// How a value of this type is held.
pub fn clif_type(ty: Type) -> ClType {
    match ty {
        Type::I1 | Type::I8 => types::I8,
        Type::I16 | Type::F16 => types::I16,
        Type::I32 => types::I32,
        Type::I64 | Type::Ptr => types::I64,
        Type::I128 => types::I128,
        Type::F32 => types::F32,
        Type::F64 => types::F64,
    }
}

/// Every function has the C calling convention of the platform. Results that do not fit in two integer and two float
/// registers go to memory that the first parameter points to, each at its natural alignment, as C does with a structure.
fn signature(sig: &Signature) -> ClSignature {
    let mut out = ClSignature::new(CallConv::SystemV);
    // The run-time library relies on narrow arguments being extended; for those of other foreign functions the IR does it.
    let extended = |ty: Type| {
        let ty = clif_type(ty);
        if ty.is_int() && ty.bits() < 32 { AbiParam::new(ty).uext() } else { AbiParam::new(ty) }
    };
    if result_area(&sig.results).is_some() {
        out.params.push(AbiParam::new(types::I64));
    } else {
        out.returns.extend(sig.results.iter().map(|&ty| AbiParam::new(clif_type(ty))));
    }
    for (param, purpose) in sig.params.iter().zip(by_value(sig)) {
        match purpose {
            None => out.params.push(extended(param.ty)),
            Some(ByValue { padding, size }) => {
                let passed = |size| AbiParam::special(types::I64, ArgumentPurpose::StructArgument(size));
                out.params.extend(padding.then(|| passed(8)));
                out.params.push(passed(size));
            }
        }
    }
    out
}

/// How memory is passed by value.
#[derive(Clone, Copy)]
struct ByValue {
    /// Behind eight bytes that align it: Cranelift aligns to no more than these.
    padding: bool,
    size: u32,
}

/// Of each parameter, how it is passed by value if it is. Counts what stands on the stack before it as C does: integers behind
/// the sixth and floats behind the eighth.
fn by_value(sig: &Signature) -> impl Iterator<Item = Option<ByValue>> {
    let (mut integers, mut floats, mut stack) = (u32::from(result_area(&sig.results).is_some()), 0, 0u32);
    sig.params.iter().map(move |param| {
        let Some(ByVal { size, align }) = param.byval else {
            match param.ty {
                Type::F32 | Type::F64 => floats += 1,
                _ => integers += 1,
            }
            if matches!(param.ty, Type::F32 | Type::F64) && floats > 8 || !param.ty.is_float() && integers > 6 {
                stack += 8;
            }
            return None;
        };
        let padding = align > 8 && !stack.is_multiple_of(align);
        stack += size + if padding { 8 } else { 0 };
        Some(ByValue { padding, size })
    })
}

/// The arguments of a call with those that only align others.
fn with_padding(sig: &Signature, args: &[V]) -> SmallVec<[V; 8]> {
    let mut all = SmallVec::new();
    for (&arg, purpose) in args.iter().zip(by_value(sig)) {
        if purpose.is_some_and(|p| p.padding) {
            all.push(arg);
        }
        all.push(arg);
    }
    all
}

/// Offsets of the results in memory and the size of all, if they are returned in memory.
fn result_area(results: &[Type]) -> Option<(Vec<i32>, u32)> {
    let floats = results.iter().filter(|&&t| matches!(t, Type::F32 | Type::F64)).count();
    let words: usize = results.iter().map(|&t| if t == Type::I128 { 2 } else { 1 }).sum::<usize>() - floats;
    if floats <= 2 && words <= 2 {
        return None;
    }
    let mut size = 0u32;
    let offsets = results.iter().map(|ty| {
        let at = size.next_multiple_of(ty.align());
        size = at + ty.bytes();
        at as i32
    });
    Some((offsets.collect(), size))
}

/// Memory accesses do not fault in a program that keeps the rules of the language, and may be unaligned.
fn access() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

struct Lower<'a> {
    module: &'a Module,
    func: &'a Function,
    b: FunctionBuilder<'a>,
    values: SecondaryMap<Value, PackedOption<V>>,
    blocks: SecondaryMap<Block, PackedOption<ClBlock>>,
    slots: SecondaryMap<StackSlot, PackedOption<ClSlot>>,
    funcs: FxHashMap<FuncId, FuncRef>,
    globals: FxHashMap<GlobalId, GlobalValue>,
    /// By function and number of parameters.
    libraries: FxHashMap<(Library, usize), FuncRef>,
    signatures: FxHashMap<SigId, SigRef>,
    traps: Vec<TrapSite>,
    trap_index: FxHashMap<TrapSite, usize>,
    /// Where results go that do not fit in registers.
    result_pointer: Option<V>,
    regions: alias::Regions,
}

impl Lower<'_> {
    fn function(&mut self) -> Result<(), Error> {
        let func = self.func;
        let frame: u64 = func.slots.values().map(|s| s.size as u64 + s.align as u64).sum();
        if frame > MAX_FRAME {
            let what = "takes more than 1 GiB of stack, which the cranelift backend cannot address";
            return Err(Error::Unsupported(format!("the function `{}` {what}", func.name)));
        }
        let order = self.reverse_postorder();
        for &block in &order {
            let new = self.b.create_block();
            self.blocks[block] = new.into();
            if self.is_cold(block) && block != func.entry() {
                self.b.set_cold_block(new);
            }
        }
        let first = self.b.create_block();
        self.b.append_block_params_for_function_params(first);
        self.b.switch_to_block(first);
        let mut params = self.b.block_params(first).to_vec();
        if result_area(&func.sig.results).is_some() {
            self.result_pointer = Some(params.remove(0));
        }
        // What only aligns others comes before them.
        for (index, purpose) in by_value(&func.sig).enumerate() {
            if purpose.is_some_and(|p| p.padding) {
                params.remove(index);
            }
        }
        let entry = self.blocks[func.entry()].unwrap();
        if order.iter().any(|&b| func.successors(b).any(|t| t.block == func.entry())) {
            // Cranelift's entry block has no predecessors.
            for &param in func.params() {
                self.values[param] = self.b.append_block_param(entry, clif_type(func.ty(param))).into();
            }
            let args = params.into_iter().map(BlockArg::Value).collect::<Vec<_>>();
            self.b.ins().jump(entry, &args);
        } else {
            for (&param, value) in func.params().iter().zip(params) {
                self.values[param] = value.into();
            }
            self.b.ins().jump(entry, &[]);
        }
        for &block in order.iter().filter(|&&b| b != func.entry()) {
            let new = self.blocks[block].unwrap();
            for &param in &func.blocks[block].params {
                self.values[param] = self.b.append_block_param(new, clif_type(func.ty(param))).into();
            }
        }
        for &block in &order {
            self.b.switch_to_block(self.blocks[block].unwrap());
            for &inst in &func.blocks[block].insts {
                self.b.set_srcloc(SourceLoc::new(func.insts[inst].loc.as_u32()));
                self.inst(inst)?;
            }
        }
        self.b.seal_all_blocks();
        Ok(())
    }

    /// The blocks that can be reached, each after the blocks that dominate it.
    fn reverse_postorder(&self) -> Vec<Block> {
        let mut seen = SecondaryMap::<Block, bool>::new();
        let mut order = Vec::new();
        let entry = self.func.entry();
        let mut stack = vec![(entry, self.func.successors(entry).map(|t| t.block).collect::<Vec<_>>())];
        seen[entry] = true;
        while let Some((block, targets)) = stack.last_mut() {
            match targets.pop() {
                Some(target) if !seen[target] => {
                    seen[target] = true;
                    let next = self.func.successors(target).map(|t| t.block).collect();
                    stack.push((target, next));
                }
                Some(_) => {}
                None => {
                    order.push(*block);
                    stack.pop();
                }
            }
        }
        order.reverse();
        order
    }

    /// Rarely run: said so, or sure to end in a trap or in a call that is rare.
    fn is_cold(&self, block: Block) -> bool {
        let data = &self.func.blocks[block];
        data.cold
            || data.insts.iter().any(|&inst| match (self.func.insts[inst].op, &self.func.insts[inst].payload) {
                (Op::Trap, _) => true,
                (Op::Call, Payload::Func(callee)) => {
                    let attrs = &self.module.functions[*callee].attrs;
                    attrs.cold || attrs.noreturn
                }
                _ => false,
            })
    }

    fn inst(&mut self, inst: Inst) -> Result<(), Error> {
        let data = &self.func.insts[inst];
        let ty = data.ty;
        let args = data.args.iter().map(|&v| self.value(v)).collect::<smallvec::SmallVec<[V; 4]>>();
        let from = data.args.first().map_or(ty, |&v| self.func.ty(v));
        let result = match data.op {
            Op::Iconst => self.iconst_wide(ty, data.constant().unwrap_or(0)),
            Op::Fconst => self.fconst(ty, data.constant().unwrap_or(0)),

            Op::Iadd
            | Op::Isub
            | Op::Imul
            | Op::Umulhi
            | Op::Smulhi
            | Op::Udiv
            | Op::Sdiv
            | Op::Urem
            | Op::Srem
            | Op::Smin
            | Op::Smax
            | Op::Umin
            | Op::Umax
            | Op::Band
            | Op::Bor
            | Op::Bxor
            | Op::Ishl
            | Op::Ushr
            | Op::Sshr
            | Op::Rotl
            | Op::Rotr
            | Op::IcmpEq
            | Op::IcmpNe
            | Op::IcmpSlt
            | Op::IcmpSle
            | Op::IcmpUlt
            | Op::IcmpUle => self.integer_binary(data.op, ty, args[0], args[1]),
            Op::Ineg | Op::Bnot | Op::Clz | Op::Ctz | Op::Popcnt | Op::Bswap => {
                self.integer_unary(data.op, ty, args[0])
            }
            Op::Sextend => self.sextend(ty, from, args[0]),
            Op::Uextend => self.uextend(ty, from, args[0]),
            Op::Ireduce => self.ireduce(ty, from, args[0]),

            Op::Fadd
            | Op::Fsub
            | Op::Fmul
            | Op::Fdiv
            | Op::Frem
            | Op::Fcopysign
            | Op::FcmpEq
            | Op::FcmpNe
            | Op::FcmpLt
            | Op::FcmpLe => self.float_binary(data.op, ty, args[0], args[1]),
            Op::Fneg | Op::Fabs | Op::Sqrt | Op::Floor | Op::Ceil | Op::Trunc | Op::Nearest => {
                self.float_unary(data.op, ty, args[0])
            }
            Op::Fma => self.fma(ty, args[0], args[1], args[2]),
            Op::Fpromote => self.fpromote(ty, from, args[0]),
            Op::Fdemote => self.fdemote(ty, from, args[0]),
            Op::FcvtToSint => self.float_to_int(true, ty, from, args[0]),
            Op::FcvtToUint => self.float_to_int(false, ty, from, args[0]),
            Op::FcvtFromSint => self.int_to_float(true, ty, from, args[0]),
            Op::FcvtFromUint => self.int_to_float(false, ty, from, args[0]),
            Op::Bitcast => self.bitcast(clif_type(ty), args[0]),
            Op::PtrToInt | Op::IntToPtr => args[0],
            Op::PtrAdd => self.b.ins().iadd(args[0], args[1]),
            Op::Select => self.select(args[0], args[1], args[2]),

            Op::SlotAddr => match data.payload {
                Payload::Slot(slot) => self.slot_addr(slot),
                _ => return Err(malformed(inst)),
            },
            Op::GlobalAddr => match data.payload {
                Payload::Global(global) => {
                    let global = self.global(global);
                    self.b.ins().symbol_value(types::I64, global)
                }
                _ => return Err(malformed(inst)),
            },
            Op::FuncAddr => match data.payload {
                Payload::Func(callee) => {
                    let callee = self.callee(callee);
                    self.b.ins().func_addr(types::I64, callee)
                }
                _ => return Err(malformed(inst)),
            },

            Op::Load => match data.payload {
                Payload::Mem(mem) => {
                    let access = self.access(data.args[0], mem.alias);
                    self.b.ins().load(clif_type(ty), access, args[0], mem.offset)
                }
                _ => return Err(malformed(inst)),
            },
            Op::Store => match data.payload {
                Payload::Mem(mem) => {
                    let access = self.access(data.args[1], mem.alias);
                    self.b.ins().store(access, args[0], args[1], mem.offset);
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
            Op::Memcpy => match data.payload {
                Payload::Copy(flags) => {
                    let to = (args[0], self.access(data.args[0], flags.dst_alias));
                    let from = (args[1], self.access(data.args[1], flags.src_alias));
                    self.memcpy(to, from, args[2], self.func.constant(data.args[2]));
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
            Op::Memset => match data.payload {
                Payload::Copy(flags) => {
                    let to = (args[0], self.access(data.args[0], flags.dst_alias));
                    self.memset(to, args[1], args[2], self.func.constant(data.args[2]));
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
            Op::Trapif => match data.payload {
                Payload::Trap(code) => {
                    let (trap, next) = (self.b.create_block(), self.b.create_block());
                    self.b.set_cold_block(trap);
                    self.b.ins().brif(args[0], trap, &[], next, &[]);
                    self.b.switch_to_block(trap);
                    self.trap(TrapSite { code, loc: data.loc }, &args[1..]);
                    self.b.switch_to_block(next);
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
            Op::Call => match data.payload {
                Payload::Func(callee) => {
                    let sig = &self.module.functions[callee].sig;
                    let callee = self.callee(callee);
                    self.call(inst, sig, &args, |b, args| b.ins().call(callee, args));
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
            Op::CallIndirect => match data.payload {
                Payload::Sig(sig) => {
                    let imported = self.signature(sig);
                    let sig = &self.module.signatures[sig];
                    self.call(inst, sig, &args[1..], |b, rest| b.ins().call_indirect(imported, args[0], rest));
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },

            Op::Jump => match &data.payload {
                Payload::Jump(target) => {
                    let (block, args) = self.target(target);
                    self.b.ins().jump(block, &args);
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
            Op::Brif => match &data.payload {
                Payload::Brif(targets) => {
                    let [(then, then_args), (other, other_args)] = [self.target(&targets[0]), self.target(&targets[1])];
                    self.b.ins().brif(args[0], then, &then_args, other, &other_args);
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
            Op::Switch => match &data.payload {
                Payload::Switch(switch) => {
                    self.switch(args[0], switch);
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
            Op::Return => {
                match (self.result_pointer, result_area(&self.func.sig.results)) {
                    (Some(pointer), Some((offsets, _))) => {
                        for (&value, offset) in args.iter().zip(offsets) {
                            self.b.ins().store(access(), value, pointer, offset);
                        }
                        self.b.ins().return_(&[]);
                    }
                    _ => {
                        self.b.ins().return_(&args);
                    }
                }
                return Ok(());
            }
            Op::Trap => match data.payload {
                Payload::Trap(code) => {
                    self.trap(TrapSite { code, loc: data.loc }, &args);
                    return Ok(());
                }
                _ => return Err(malformed(inst)),
            },
        };
        self.values[self.func.result(inst)] = result.into();
        Ok(())
    }

    fn value(&self, value: Value) -> V {
        self.values[value].expect("definitions dominate uses")
    }

    fn target(&self, target: &BlockCall) -> (ClBlock, Vec<BlockArg>) {
        let args = target.args.iter().map(|&v| BlockArg::Value(self.value(v))).collect();
        (self.blocks[target.block].unwrap(), args)
    }

    fn switch(&mut self, value: V, data: &SwitchData) {
        // Cranelift's switch passes no arguments: blocks between do.
        let mut between = Vec::new();
        let mut block_for = |lower: &mut Self, target: &BlockCall| {
            if target.args.is_empty() {
                return lower.blocks[target.block].unwrap();
            }
            let new = lower.b.create_block();
            between.push((new, lower.target(target)));
            new
        };
        let mut switch = Switch::new();
        for (case, target) in &data.cases {
            let block = block_for(self, target);
            switch.set_entry(*case, block);
        }
        let default = block_for(self, &data.default);
        switch.emit(&mut self.b, value, default);
        for (block, (target, args)) in between {
            self.b.switch_to_block(block);
            self.b.ins().jump(target, &args);
        }
    }

    /// Ends the block with a trap.
    fn trap(&mut self, site: TrapSite, args: &[V]) {
        let index = *self.trap_index.entry(site).or_insert_with(|| {
            self.traps.push(site);
            self.traps.len() - 1
        });
        let desc = self.data(Symbol::Trap(index as u32));
        let mut all = vec![self.b.ins().symbol_value(types::I64, desc)];
        all.extend_from_slice(args);
        self.library(Library::Trap, &all);
        self.b.ins().trap(ClTrap::unwrap_user(1));
    }

    fn callee(&mut self, id: FuncId) -> FuncRef {
        if let Some(&known) = self.funcs.get(&id) {
            return known;
        }
        let function = &self.module.functions[id];
        let signature = self.b.import_signature(signature(&function.sig));
        let name = self.b.func.declare_imported_user_function(Symbol::Func(id).encode());
        let data = ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: function.is_definition(),
            patchable: false,
        };
        let new = self.b.import_function(data);
        self.funcs.insert(id, new);
        new
    }

    fn signature(&mut self, id: SigId) -> SigRef {
        if let Some(&known) = self.signatures.get(&id) {
            return known;
        }
        let new = self.b.import_signature(signature(&self.module.signatures[id]));
        self.signatures.insert(id, new);
        new
    }

    fn global(&mut self, id: GlobalId) -> GlobalValue {
        if let Some(&known) = self.globals.get(&id) {
            return known;
        }
        let new = self.data(Symbol::Global(id));
        self.globals.insert(id, new);
        new
    }

    fn data(&mut self, symbol: Symbol) -> GlobalValue {
        let name = ExternalName::user(self.b.func.declare_imported_user_function(symbol.encode()));
        let data = GlobalValueData::Symbol { name, offset: 0.into(), colocated: true, tls: false };
        self.b.create_global_value(data)
    }

    /// Calls a function of a library; those of a trap take as many parameters as there are arguments.
    fn library(&mut self, library: Library, args: &[V]) -> ClInst {
        let callee = match self.libraries.get(&(library, args.len())) {
            Some(&known) => known,
            None => {
                let mut sig = ClSignature::new(CallConv::SystemV);
                let (params, results) = library.signature();
                sig.params.extend(params.iter().map(|&ty| AbiParam::new(ty)));
                sig.params.resize(args.len(), AbiParam::new(types::I64));
                sig.returns.extend(results.iter().map(|&ty| AbiParam::new(ty)));
                let signature = self.b.import_signature(sig);
                let name = self.b.func.declare_imported_user_function(Symbol::Library(library).encode());
                let name = ExternalName::user(name);
                let data = ExtFuncData { name, signature, colocated: false, patchable: false };
                let new = self.b.import_function(data);
                self.libraries.insert((library, args.len()), new);
                new
            }
        };
        self.b.ins().call(callee, args)
    }

    fn call(
        &mut self,
        inst: Inst,
        sig: &Signature,
        args: &[V],
        emit: impl FnOnce(&mut FunctionBuilder<'_>, &[V]) -> ClInst,
    ) {
        let results = self.func.results(inst);
        let args = &with_padding(sig, args)[..];
        match result_area(&sig.results) {
            None => {
                let call = emit(&mut self.b, args);
                for (index, result) in results.enumerate() {
                    self.values[result] = self.b.inst_results(call)[index].into();
                }
            }
            Some((offsets, size)) => {
                let slot = self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4));
                let area = self.b.ins().stack_addr(types::I64, slot, 0);
                let mut all = vec![area];
                all.extend_from_slice(args);
                emit(&mut self.b, &all);
                for (result, offset) in results.zip(offsets) {
                    let ty = clif_type(self.func.ty(result));
                    self.values[result] = self.b.ins().load(ty, access(), area, offset).into();
                }
            }
        }
    }

    fn slot_addr(&mut self, slot: StackSlot) -> V {
        // The frame is aligned to 16 bytes; a slot that wants more gets room to find its place in.
        const FRAME_ALIGN: u32 = 16;
        let SlotData { size, align } = self.func.slots[slot];
        let extra = align.saturating_sub(FRAME_ALIGN);
        let new = match self.slots[slot].expand() {
            Some(known) => known,
            None => {
                let shift = align.min(FRAME_ALIGN).trailing_zeros() as u8;
                let size = size.saturating_add(extra);
                self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, shift))
            }
        };
        self.slots[slot] = new.into();
        let address = self.b.ins().stack_addr(types::I64, new, 0);
        if extra == 0 {
            return address;
        }
        let up = self.b.ins().iadd_imm_u(address, (align - 1) as i64);
        self.b.ins().band_imm_s(up, -(align as i64))
    }

    /// How memory is accessed through this pointer.
    fn access(&mut self, pointer: Value, alias: AliasSet) -> MemFlagsData {
        let region = self.regions.of(pointer, alias).map(|id| {
            let description = std::borrow::Cow::Borrowed("");
            self.b.func.dfg.alias_regions.insert(AliasRegionData { user_id: id, description })
        });
        access().with_alias_region(region)
    }

    fn memcpy(&mut self, to: (V, MemFlagsData), from: (V, MemFlagsData), len: V, constant: Option<u128>) {
        let ((to, to_access), (from, from_access)) = (to, from);
        match constant.filter(|&n| n <= INLINE_BYTES) {
            Some(n) => {
                for (ty, offset) in pieces(n as i32) {
                    let piece = self.b.ins().load(ty, from_access, from, offset);
                    self.b.ins().store(to_access, piece, to, offset);
                }
            }
            None => {
                self.library(Library::Memcpy, &[to, from, len]);
            }
        }
    }

    fn memset(&mut self, (to, access): (V, MemFlagsData), byte: V, len: V, constant: Option<u128>) {
        match constant.filter(|&n| n <= INLINE_BYTES) {
            Some(n) => {
                let word = self.b.ins().uextend(types::I64, byte);
                let word = self.b.ins().imul_imm_s(word, 0x0101_0101_0101_0101);
                for (ty, offset) in pieces(n as i32) {
                    match ty {
                        types::I8X16 => {
                            self.b.ins().store(access, word, to, offset);
                            self.b.ins().store(access, word, to, offset + 8);
                        }
                        types::I64 => {
                            self.b.ins().store(access, word, to, offset);
                        }
                        _ => {
                            let piece = self.b.ins().ireduce(ty, word);
                            self.b.ins().store(access, piece, to, offset);
                        }
                    }
                }
            }
            None => {
                let byte = self.b.ins().uextend(types::I32, byte);
                self.library(Library::Memset, &[to, byte, len]);
            }
        }
    }

    fn select(&mut self, condition: V, a: V, b: V) -> V {
        if self.b.func.dfg.value_type(a) != types::I128 {
            return self.b.ins().select(condition, a, b);
        }
        // In halves: Cranelift would make a minimum or maximum of a wide one, and has none for i128.
        let ((a_low, a_high), (b_low, b_high)) = (self.b.ins().isplit(a), self.b.ins().isplit(b));
        let low = self.b.ins().select(condition, a_low, b_low);
        let high = self.b.ins().select(condition, a_high, b_high);
        self.b.ins().iconcat(low, high)
    }

    fn bitcast(&mut self, ty: ClType, a: V) -> V {
        // An f16 is its bits.
        if self.b.func.dfg.value_type(a) == ty { a } else { self.b.ins().bitcast(ty, MemFlagsData::new(), a) }
    }

    fn iconst(&mut self, ty: ClType, value: i64) -> V {
        self.b.ins().iconst(ty, value)
    }

    fn icmp(&mut self, condition: IntCC, a: V, b: V) -> V {
        self.b.ins().icmp(condition, a, b)
    }
}

/// Offsets in a frame have 32 bits.
const MAX_FRAME: u64 = 1 << 30;

/// Up to so many bytes are copied or filled without a call.
const INLINE_BYTES: u128 = 128;

/// The accesses that cover so many bytes.
fn pieces(len: i32) -> impl Iterator<Item = (ClType, i32)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let ty = match len - at {
            0 => return None,
            16.. => types::I8X16,
            8.. => types::I64,
            4.. => types::I32,
            2.. => types::I16,
            _ => types::I8,
        };
        at += ty.bytes() as i32;
        Some((ty, at - ty.bytes() as i32))
    })
}

fn malformed(inst: Inst) -> Error {
    Error::Internal(format!("{inst} has the payload of another operation"))
}
