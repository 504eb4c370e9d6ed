//! Function bodies: blocks, memory, calls, control flow and traps.

use crate::alias::Scopes;
use crate::debug::Debug;
use crate::module::Unit;
use crate::{Outcome, internal, ops};
use inkwell::IntPredicate;
use inkwell::attributes::AttributeLoc;
use inkwell::basic_block::BasicBlock;
use inkwell::builder::Builder;
use inkwell::values::{
    BasicMetadataValueEnum, BasicValueEnum, CallSiteValue, FunctionValue, InstructionValue, IntValue, MetadataValue,
    PhiValue, PointerValue,
};
use lang_ir::graph::Cfg;
use lang_ir::{
    Block, BlockCall, CopyFlags, FuncId, Function, Inst, InstData, Linkage, Loc, LocData, MemFlags, Op, Payload,
    StackSlot, TrapCode, Type, Value, Values,
};
use rustc_hash::FxHashMap;

/// Translates the body of a function.
pub fn translate<'ctx>(
    unit: &Unit<'_, 'ctx>,
    debug: Option<&mut Debug<'ctx>>,
    id: FuncId,
    function: &Function,
) -> Outcome<()> {
    let cfg = Cfg::new(function);
    let scopes = Scopes::new(unit.context, function, &cfg);
    let mut translator = Translator {
        unit,
        function,
        builder: unit.context.create_builder(),
        llvm: unit.function(id),
        debug,
        scopes,
        values: vec![None; function.values.len()],
        blocks: vec![None; function.blocks.len()],
        phis: vec![Vec::new(); function.blocks.len()],
        slots: Vec::new(),
        traps: FxHashMap::default(),
        likely_not: [1, 1 << 20].map(|weight| unit.context.i32_type().const_int(weight, false)),
    };
    if let Some(debug) = &mut translator.debug {
        debug.enter(function, translator.llvm);
    }
    translator.prepare(&cfg)?;
    // In reverse postorder a value is defined before it is used, but by the phis, which get their operands with the
    // terminators. Blocks that cannot be reached are left out.
    for &block in cfg.rpo() {
        translator.block(block)?;
    }
    Ok(())
}

/// A function being translated.
pub struct Translator<'a, 'u, 'ctx> {
    pub unit: &'u Unit<'a, 'ctx>,
    pub function: &'u Function,
    pub builder: Builder<'ctx>,
    llvm: FunctionValue<'ctx>,
    debug: Option<&'u mut Debug<'ctx>>,
    scopes: Scopes<'ctx>,
    values: Vec<Option<BasicValueEnum<'ctx>>>,
    blocks: Vec<Option<BasicBlock<'ctx>>>,
    /// The phis of a block's parameters.
    phis: Vec<Vec<PhiValue<'ctx>>>,
    slots: Vec<PointerValue<'ctx>>,
    /// Traps that are alike share a block.
    traps: FxHashMap<(LocData, TrapCode, Values), BasicBlock<'ctx>>,
    likely_not: [IntValue<'ctx>; 2],
}

impl<'ctx> Translator<'_, '_, 'ctx> {
    /// The translation of a value.
    pub fn value(&self, value: Value) -> Outcome<BasicValueEnum<'ctx>> {
        self.values[value.as_u32() as usize]
            .ok_or_else(|| internal(format!("{}: {value} is used before it is defined", self.function.name)))
    }

    pub fn slot(&self, slot: StackSlot) -> PointerValue<'ctx> {
        self.slots[slot.as_u32() as usize]
    }

    fn define(&mut self, value: Value, translation: BasicValueEnum<'ctx>) {
        self.values[value.as_u32() as usize] = Some(translation);
    }

    fn llvm_block(&self, block: Block) -> Outcome<BasicBlock<'ctx>> {
        self.blocks[block.as_u32() as usize].ok_or_else(|| internal(format!("{block} is not in the layout")))
    }

    /// Makes the blocks and the values that no instruction makes.
    fn prepare(&mut self, cfg: &Cfg) -> Outcome<()> {
        let (unit, function) = (self.unit, self.function);
        for &block in cfg.rpo() {
            let llvm = unit.context.append_basic_block(self.llvm, "");
            self.blocks[block.as_u32() as usize] = Some(llvm);
            if block == function.entry() {
                // No block goes to the entry, so its parameters are the function's and no phis.
                self.builder.position_at_end(llvm);
                self.enter()?;
                continue;
            }
            self.builder.position_at_end(llvm);
            for &param in &function.blocks[block].params {
                let phi = self.builder.build_phi(unit.ty(function.ty(param)), "")?;
                self.phis[block.as_u32() as usize].push(phi);
                self.define(param, phi.as_basic_value());
            }
        }
        Ok(())
    }

    /// Makes the slots and the function's parameters.
    fn enter(&mut self) -> Outcome<()> {
        let (unit, function) = (self.unit, self.function);
        for slot in function.slots.values() {
            let bytes = unit.context.i8_type().array_type(slot.size);
            let address = self.builder.build_alloca(bytes, "")?;
            if let Some(inst) = address.as_instruction() {
                inst.set_alignment(slot.align)?;
            }
            self.slots.push(address);
        }
        for (index, &param) in function.params().iter().enumerate() {
            let value = self.llvm.get_nth_param(index as u32).ok_or_else(|| internal("a parameter is missing"))?;
            self.define(param, value);
        }
        Ok(())
    }

    fn set_location(&mut self, loc: Loc) {
        if let Some(debug) = &mut self.debug {
            self.builder.set_current_debug_location(debug.location(self.function, loc));
        }
    }

    fn block(&mut self, block: Block) -> Outcome<()> {
        self.builder.position_at_end(self.llvm_block(block)?);
        self.scopes.declare_at_start(block, self)?;
        for &inst in &self.function.blocks[block].insts {
            let data = &self.function.insts[inst];
            self.set_location(data.loc);
            if data.op.is_terminator() {
                self.scopes.declare_before_terminator(block, self)?;
            }
            self.instruction(block, inst, data)?;
        }
        Ok(())
    }

    /// Translates an instruction. Operations on values go to [`Translator::pure_op`].
    fn instruction(&mut self, block: Block, inst: Inst, data: &InstData) -> Outcome<()> {
        match (data.op, &data.payload) {
            (Op::Load, Payload::Mem(mem)) => {
                let value = self.load(data, *mem)?;
                self.define(self.function.result(inst), value);
            }
            (Op::Store, Payload::Mem(mem)) => self.store(data, *mem)?,
            (Op::Memcpy, Payload::Copy(flags)) => self.copy("llvm.memcpy", data, *flags)?,
            (Op::Memset, Payload::Copy(flags)) => self.copy("llvm.memset", data, *flags)?,
            (Op::Trapif, Payload::Trap(code)) => {
                let trap = self.trap_block(*code, data.loc, &data.args[1..])?;
                let next = self.unit.context.append_basic_block(self.llvm, "");
                let condition = self.value(data.args[0])?.into_int_value();
                let branch = self.builder.build_conditional_branch(condition, trap, next)?;
                self.weigh(branch, true)?;
                self.builder.position_at_end(next);
            }
            (Op::Call, Payload::Func(callee)) => self.call(inst, data, *callee)?,
            (Op::CallIndirect, Payload::Sig(sig)) => {
                let sig = &self.unit.ir.signatures[*sig];
                let ty = self.unit.fn_type(sig, false);
                let callee = self.value(data.args[0])?.into_pointer_value();
                let args = self.args(&data.args[1..])?;
                let call = self.builder.build_indirect_call(ty, callee, &args, "")?;
                for attribute in self.unit.attributes.of_function("promise.nounwind") {
                    call.add_attribute(AttributeLoc::Function, attribute);
                }
                for (place, attribute) in self.unit.by_value(sig)? {
                    call.add_attribute(place, attribute);
                }
                self.results(inst, call, false)?;
            }
            (Op::Jump, Payload::Jump(target)) => {
                let to = self.target(target)?;
                self.builder.build_unconditional_branch(to)?;
            }
            (Op::Brif, Payload::Brif(targets)) => self.brif(data, targets)?,
            (Op::Switch, Payload::Switch(switch)) => {
                let value = self.value(data.args[0])?.into_int_value();
                let targets: Vec<&BlockCall> = data.targets().collect();
                let blocks = self.edges(&targets)?;
                let cases: Vec<_> = switch
                    .cases
                    .iter()
                    .zip(&blocks)
                    .map(|((bits, _), &to)| Ok((self.constant(data.ty, *bits)?.into_int_value(), to)))
                    .collect::<Outcome<_>>()?;
                self.builder.build_switch(value, blocks[cases.len()], &cases)?;
            }
            (Op::Return, _) => match data.args[..] {
                [] => {
                    self.builder.build_return(None)?;
                }
                [one] => {
                    self.builder.build_return(Some(&self.value(one)?))?;
                }
                _ => {
                    let values = data.args.iter().map(|&arg| self.value(arg)).collect::<Outcome<Vec<_>>>()?;
                    self.builder.build_aggregate_return(&values)?;
                }
            },
            (Op::Trap, Payload::Trap(code)) => {
                let trap = self.trap_block(*code, data.loc, &data.args)?;
                self.builder.build_unconditional_branch(trap)?;
            }
            (op, _) if op.is_pure() => {
                let value = self.pure_op(data)?;
                self.define(self.function.result(inst), value);
            }
            (op, _) => return Err(internal(format!("{} in {block} has a strange payload", op.mnemonic()))),
        }
        Ok(())
    }

    /// The address of an access.
    fn address(&self, base: Value, offset: i32) -> Outcome<PointerValue<'ctx>> {
        let pointer = self.value(base)?.into_pointer_value();
        if offset == 0 {
            return Ok(pointer);
        }
        let bytes = self.unit.context.i64_type().const_int(i64::from(offset) as u64, true);
        self.moved(pointer, bytes, self.is_within(base, offset.into()))
    }

    fn load(&self, data: &InstData, mem: MemFlags) -> Outcome<BasicValueEnum<'ctx>> {
        let address = self.address(data.args[0], mem.offset)?;
        let in_memory = if data.ty == Type::I1 { Type::I8 } else { data.ty };
        let value = self.builder.build_load(self.unit.ty(in_memory), address, "")?;
        if let Some(load) = ops::instruction(value) {
            load.set_alignment(mem.align)?;
            self.scopes.mark(self.function, &[mem.alias], load)?;
            if mem.readonly {
                let kind = self.unit.context.get_kind_id("invariant.load");
                load.set_metadata(self.unit.context.metadata_node(&[]), kind)?;
            }
        }
        match data.ty {
            // Nothing is said about the upper bits: memory that was not written has any contents.
            Type::I1 => {
                Ok(self.builder.build_int_truncate(value.into_int_value(), self.unit.int(Type::I1), "")?.into())
            }
            _ => Ok(value),
        }
    }

    fn store(&self, data: &InstData, mem: MemFlags) -> Outcome<()> {
        let address = self.address(data.args[1], mem.offset)?;
        let mut value = self.value(data.args[0])?;
        if data.ty == Type::I1 {
            value = self.builder.build_int_z_extend(value.into_int_value(), self.unit.int(Type::I8), "")?.into();
        }
        let store = self.builder.build_store(address, value)?;
        store.set_alignment(mem.align)?;
        self.scopes.mark(self.function, &[mem.alias], store)
    }

    /// `llvm.memcpy`, which like the IR's allows equal regions, or `llvm.memset`.
    fn copy(&self, name: &str, data: &InstData, flags: CopyFlags) -> Outcome<()> {
        let [to, what, len] = [0, 1, 2].map(|index| self.value(data.args[index]));
        let (to, what, len) = (to?, what?, len?);
        let not_volatile = self.unit.context.bool_type().const_zero();
        let copies = data.op == Op::Memcpy;
        let types = match copies {
            true => vec![to.get_type(), what.get_type(), len.get_type()],
            false => vec![to.get_type(), len.get_type()],
        };
        let call = self.intrinsic_call(name, &types, &[to, what, len, not_volatile.into()])?;
        call.set_alignment_attribute(AttributeLoc::Param(0), flags.dst_align);
        if copies {
            call.set_alignment_attribute(AttributeLoc::Param(1), flags.src_align);
        }
        match call.try_as_basic_value().instruction() {
            Some(call) if copies => self.scopes.mark(self.function, &[flags.dst_alias, flags.src_alias], call),
            Some(call) => self.scopes.mark(self.function, &[flags.dst_alias], call),
            None => Ok(()),
        }
    }

    fn args(&self, args: &[Value]) -> Outcome<Vec<BasicMetadataValueEnum<'ctx>>> {
        args.iter().map(|&arg| self.value(arg).map(Into::into)).collect()
    }

    fn call(&mut self, inst: Inst, data: &InstData, callee: FuncId) -> Outcome<()> {
        let imported = self.unit.ir.functions[callee].linkage == Linkage::Import;
        let mut args = self.args(&data.args)?;
        if imported {
            for (arg, &value) in args.iter_mut().zip(&data.args) {
                if self.function.ty(value) == Type::I1 {
                    let byte = self.unit.int(Type::I8);
                    *arg = self.builder.build_int_z_extend(arg.into_int_value(), byte, "")?.into();
                }
            }
        }
        let call = self.builder.build_call(self.unit.function(callee), &args, "")?;
        if &*self.unit.ir.functions[callee].name == "lang_rt_alloc"
            && let Some(align) = self.function.constant(data.args[1])
            && align.is_power_of_two()
            && align <= 4096
        {
            call.set_alignment_attribute(AttributeLoc::Return, align as u32);
        }
        for (place, attribute) in self.unit.by_value(&self.unit.ir.functions[callee].sig)? {
            call.add_attribute(place, attribute);
        }
        self.results(inst, call, imported)
    }

    fn results(&mut self, inst: Inst, call: CallSiteValue<'ctx>, imported: bool) -> Outcome<()> {
        let results = self.function.results(inst);
        let Some(value) = call.try_as_basic_value().basic() else { return Ok(()) };
        let single = results.len() == 1;
        for (index, result) in results.enumerate() {
            let mut part = match single {
                true => value,
                false => self.builder.build_extract_value(value.into_struct_value(), index as u32, "")?,
            };
            if imported && self.function.ty(result) == Type::I1 {
                let byte = part.into_int_value();
                let zero = byte.get_type().const_zero();
                part = self.builder.build_int_compare(IntPredicate::NE, byte, zero, "")?.into();
            }
            self.define(result, part);
        }
        Ok(())
    }

    fn brif(&mut self, data: &InstData, targets: &[BlockCall; 2]) -> Outcome<()> {
        let condition = self.value(data.args[0])?.into_int_value();
        let blocks = self.edges(&[&targets[0], &targets[1]])?;
        let branch = self.builder.build_conditional_branch(condition, blocks[0], blocks[1])?;
        let cold = |index: usize| self.function.blocks[targets[index].block].cold;
        match (cold(0), cold(1)) {
            (true, false) => self.weigh(branch, true),
            (false, true) => self.weigh(branch, false),
            (true, true) | (false, false) => Ok(()),
        }
    }

    /// Says that a branch rarely goes to its first target, or to its second one.
    fn weigh(&self, branch: InstructionValue<'ctx>, first_is_rare: bool) -> Outcome<()> {
        let [rare, usual] = self.likely_not;
        let weights = if first_is_rare { [rare, usual] } else { [usual, rare] };
        let name = self.unit.context.metadata_string("branch_weights");
        let node: MetadataValue = self.unit.context.metadata_node(&[name.into(), weights[0].into(), weights[1].into()]);
        Ok(branch.set_metadata(node, self.unit.context.get_kind_id("prof"))?)
    }

    /// The block to go to from here, whose phis get the arguments.
    fn target(&self, target: &BlockCall) -> Outcome<BasicBlock<'ctx>> {
        let from = self.builder.get_insert_block().ok_or_else(|| internal("no block is being filled"))?;
        self.pass(from, target)
    }

    fn pass(&self, from: BasicBlock<'ctx>, target: &BlockCall) -> Outcome<BasicBlock<'ctx>> {
        let phis = &self.phis[target.block.as_u32() as usize];
        if phis.len() != target.args.len() {
            return Err(internal(format!("{} gets a wrong number of arguments", target.block)));
        }
        for (phi, &arg) in phis.iter().zip(&target.args) {
            phi.add_incoming(&[(&self.value(arg)?, from)]);
        }
        self.llvm_block(target.block)
    }

    /// The blocks to go to from here. A phi tells its operands by the block they come from, so if several edges go to one
    /// block with arguments, those behind the first lead through blocks of their own.
    fn edges(&self, targets: &[&BlockCall]) -> Outcome<Vec<BasicBlock<'ctx>>> {
        let mut seen: FxHashMap<Block, ()> = FxHashMap::default();
        let here = self.builder.get_insert_block().ok_or_else(|| internal("no block is being filled"))?;
        let mut blocks = Vec::with_capacity(targets.len());
        for target in targets {
            if seen.insert(target.block, ()).is_none() || target.args.is_empty() {
                blocks.push(self.pass(here, target)?);
                continue;
            }
            let edge = self.unit.context.append_basic_block(self.llvm, "");
            self.builder.position_at_end(edge);
            self.builder.build_unconditional_branch(self.pass(edge, target)?)?;
            self.builder.position_at_end(here);
            blocks.push(edge);
        }
        Ok(blocks)
    }

    /// A block that reports a trap. The arguments are defined in all blocks that go there, and so in what dominates it.
    fn trap_block(&mut self, code: TrapCode, loc: Loc, args: &[Value]) -> Outcome<BasicBlock<'ctx>> {
        let key = (self.function.locs[loc], code, Values::from_slice(args));
        if let Some(&known) = self.traps.get(&key) {
            return Ok(known);
        }
        let here = self.builder.get_insert_block().ok_or_else(|| internal("no block is being filled"))?;
        let block = self.unit.context.append_basic_block(self.llvm, "trap");
        self.builder.position_at_end(block);

        let word = self.unit.int(Type::I64);
        let mut words: Vec<BasicMetadataValueEnum> = vec![self.unit.trap_description(code, self.function, loc).into()];
        for &arg in args {
            words.push(match self.value(arg)? {
                BasicValueEnum::PointerValue(pointer) => self.builder.build_ptr_to_int(pointer, word, "")?.into(),
                other => other.into(),
            });
        }
        if words.len() > 5 {
            return Err(internal(format!("the trap {} has too many arguments", code.name())));
        }
        words.resize(5, word.const_zero().into());
        let call = self.builder.build_call(self.unit.trap(), &words, "")?;
        // Stores before a trap may be dropped, unless they may be to the string that the message shows.
        let reads_strings = code.args().any(|is_pointer| is_pointer);
        let model = if reads_strings { "lang_rt_trap.string" } else { "lang_rt_trap" };
        for attribute in self.unit.attributes.of_function(model) {
            call.add_attribute(AttributeLoc::Function, attribute);
        }
        for attribute in self.unit.attributes.of_param("lang_rt_trap", 0) {
            call.add_attribute(AttributeLoc::Param(0), attribute);
        }
        self.builder.build_unreachable()?;
        self.builder.position_at_end(here);
        self.traps.insert(key, block);
        Ok(block)
    }
}
