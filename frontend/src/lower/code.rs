//! Making the code of one function: blocks, instructions, values in SSA form and in memory.

use super::Cx;
use super::repr::{Repr, scalar_type};
use super::runtime::Runtime;
use super::tidy::tidy;
use crate::source::{FileId, Span};
use crate::types::{Niche, Ty, TyKind};
use lang_ir::builder::Builder;
use lang_ir::ssa::{SsaBuilder, Variable};
use lang_ir::*;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};
use std::rc::Rc;

/// The leaves of a value.
pub(super) type Scalars = SmallVec<[Value; 4]>;
/// Variables for the leaves of a value.
pub(super) type Vars = SmallVec<[Variable; 4]>;

/// A value: its leaves if its [`Repr`] says so, else where it is in memory.
#[derive(Clone, Debug)]
pub(super) enum Val {
    Scalars(Scalars),
    Memory(Mem),
}

/// A place in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mem {
    base: Base,
    /// Bytes from the base.
    offset: i64,
    region: Region,
    readonly: bool,
}

#[derive(Clone, Copy, Debug)]
enum Base {
    Slot(StackSlot),
    Global(GlobalId),
    Address(Value),
}

impl Cx<'_> {
    /// The memory of a global, wherever it was put.
    pub fn global_memory(&self, global: GlobalId, readonly: bool) -> Mem {
        let (whole, offset) = self.place_of_global(global);
        Mem::global(whole, readonly).at(offset)
    }
}

impl Mem {
    pub fn slot(slot: StackSlot) -> Mem {
        Mem { base: Base::Slot(slot), offset: 0, region: Region::Slot(slot), readonly: false }
    }

    pub fn global(global: GlobalId, readonly: bool) -> Mem {
        Mem { base: Base::Global(global), offset: 0, region: Region::Global(global), readonly }
    }

    pub fn address(address: Value) -> Mem {
        Mem { base: Base::Address(address), offset: 0, region: Region::Any, readonly: false }
    }

    /// Moved by a number of bytes.
    pub fn at(self, offset: u64) -> Mem {
        Mem { offset: self.offset.wrapping_add(offset as i64), ..self }
    }
}

/// A function that is being made. The current block is where instructions go; code behind a terminator goes to a block
/// that nothing reaches, and is dropped at the end.
pub(super) struct Code<'c, 'p> {
    pub cx: &'c mut Cx<'p>,
    pub func: Function,
    id: FuncId,
    ssa: SsaBuilder,
    block: Block,
    /// Whether control reaches the current block.
    pub live: bool,
    /// By block.
    reached: Vec<bool>,
    loc: Loc,
    locs: FxHashMap<(FileId, u32), Loc>,
    alias_sets: FxHashMap<Region, AliasSet>,
}

impl<'c, 'p> Code<'c, 'p> {
    /// Begins the body of a declared function; the current block is its entry, with its parameters.
    pub fn new(cx: &'c mut Cx<'p>, id: FuncId) -> Code<'c, 'p> {
        let mut func = cx.module.functions[id].clone();
        let entry = func.new_block();
        func.layout.push(entry);
        for index in 0..func.sig.params.len() {
            let ty = func.sig.params[index].ty;
            func.append_param(entry, ty);
        }
        Code {
            cx,
            func,
            id,
            ssa: SsaBuilder::new(),
            block: entry,
            live: true,
            reached: vec![true],
            loc: Loc::from_u32(0),
            locs: FxHashMap::default(),
            alias_sets: FxHashMap::default(),
        }
    }

    /// Ends the function and puts it into the module.
    pub fn finish(mut self) {
        let reached = &self.reached;
        self.func.layout.retain(|&block| reached[block.as_u32() as usize]);
        self.ssa.finish(&mut self.func);
        tidy(&mut self.func);
        self.func.compact();
        self.cx.module.functions[self.id] = self.func;
    }

    // ------------------------------------------------------------------------------------------- instructions

    /// Makes instructions at the end of the current block.
    pub fn b(&mut self) -> Builder<'_> {
        let mut builder = Builder::new(&mut self.func, self.block);
        builder.loc = self.loc;
        builder
    }

    /// The instructions that follow come from here.
    pub fn at(&mut self, span: Span) {
        let key = (span.file, span.start);
        self.loc = match self.locs.get(&key) {
            Some(&loc) => loc,
            None => {
                let pos = self.cx.pos(span);
                let loc = self.func.add_loc(pos);
                self.locs.insert(key, loc);
                loc
            }
        };
    }

    pub fn iconst(&mut self, ty: Type, value: i128) -> Value {
        self.b().iconst(ty, value)
    }

    pub fn word(&mut self, value: u64) -> Value {
        self.iconst(Type::I64, i128::from(value as i64))
    }

    pub fn bool(&mut self, value: bool) -> Value {
        self.iconst(Type::I1, value.into())
    }

    pub fn null(&mut self) -> Value {
        self.iconst(Type::Ptr, 0)
    }

    pub fn not(&mut self, condition: Value) -> Value {
        self.b().bnot(condition)
    }

    /// Whether a constant was made for this value.
    pub fn constant(&self, value: Value) -> Option<u128> {
        self.func.constant(value)
    }

    /// An integer as one of another width: extended by its sign, or the low bits.
    pub fn resize(&mut self, value: Value, ty: Type, signed: bool) -> Value {
        let from = self.func.ty(value);
        if from == ty {
            value
        } else if from.bits() > ty.bits() {
            self.b().ireduce(ty, value)
        } else if signed {
            self.b().sextend(ty, value)
        } else {
            self.b().uextend(ty, value)
        }
    }

    /// Calls a function with these scalars.
    pub fn call(&mut self, func: FuncId, args: &[Value]) -> SmallVec<[Value; 2]> {
        let results = self.cx.module.functions[func].sig.results.clone();
        let inst = self.b().call(func, &results, args);
        self.func.results(inst).collect()
    }

    /// Calls a function of the run-time library.
    pub fn call_runtime(&mut self, function: &'static Runtime, args: &[Value]) -> Option<Value> {
        let func = self.cx.runtime(function);
        self.call(func, args).first().copied()
    }

    // ---------------------------------------------------------------------------------------------- control flow

    pub fn new_block(&mut self) -> Block {
        let block = self.func.new_block();
        self.reached.push(false);
        block
    }

    /// Goes on in a block that all jumps so far lead to.
    pub fn switch_to(&mut self, block: Block) {
        debug_assert!(!self.live || self.b().is_terminated(), "left an open block");
        self.block = block;
        self.live = self.reached[block.as_u32() as usize];
        self.func.layout.push(block);
    }

    fn reach(&mut self, block: Block) {
        if self.live {
            self.reached[block.as_u32() as usize] = true;
        }
    }

    /// Goes on where nothing leads to.
    fn dead(&mut self) {
        let block = self.new_block();
        self.switch_to(block);
    }

    /// Ends the current block with a jump.
    pub fn jump(&mut self, block: Block) {
        self.reach(block);
        self.b().jump(block, &[]);
    }

    pub fn brif(&mut self, condition: Value, then: Block, otherwise: Block) {
        self.reach(then);
        self.reach(otherwise);
        self.b().brif(condition, BlockCall::new(then, &[]), BlockCall::new(otherwise, &[]));
    }

    pub fn switch(&mut self, value: Value, cases: &[(u128, Block)], default: Block) {
        self.reach(default);
        cases.iter().for_each(|&(_, block)| self.reach(block));
        let cases = cases.iter().map(|&(value, block)| (value, BlockCall::new(block, &[]))).collect();
        self.b().switch(value, cases, BlockCall::new(default, &[]));
    }

    pub fn return_(&mut self, values: &[Value]) {
        self.b().return_(values);
        self.dead();
    }

    pub fn trap(&mut self, code: TrapCode, args: &[Value]) {
        self.b().trap(code, args);
        self.dead();
    }

    /// Control does not get here.
    pub fn unreachable(&mut self) {
        self.trap(TrapCode::Unreachable, &[]);
    }

    pub fn trapif(&mut self, condition: Value, code: TrapCode, args: &[Value]) {
        match self.constant(condition) {
            Some(0) => {}
            Some(_) => self.trap(code, args),
            None => self.b().trapif(condition, code, args),
        }
    }

    /// Jumps to a fresh block and goes on there: a place to come back to.
    pub fn header(&mut self) -> Block {
        let header = self.new_block();
        self.jump(header);
        self.switch_to(header);
        header
    }

    pub fn current_block(&self) -> Block {
        self.block
    }

    // --------------------------------------------------------------------------------------------------- variables

    pub fn declare(&mut self, ty: Type) -> Variable {
        self.ssa.declare(ty)
    }

    /// Variables for the leaves of a type.
    pub fn declare_leaves(&mut self, repr: &Repr) -> Vars {
        repr.scalars().expect("a few scalars").iter().map(|leaf| self.ssa.declare(leaf.ty)).collect()
    }

    pub fn set(&mut self, variable: Variable, value: Value) {
        debug_assert_eq!(self.ssa.ty(variable), self.func.ty(value));
        self.ssa.write(variable, self.block, value);
    }

    pub fn get(&mut self, variable: Variable) -> Value {
        self.ssa.read(&mut self.func, variable, self.block)
    }

    pub fn set_all(&mut self, variables: &[Variable], values: &[Value]) {
        debug_assert_eq!(variables.len(), values.len());
        for (&variable, &value) in variables.iter().zip(values) {
            self.set(variable, value);
        }
    }

    pub fn get_all(&mut self, variables: &[Variable]) -> Scalars {
        variables.iter().map(|&variable| self.get(variable)).collect()
    }

    // ------------------------------------------------------------------------------------------------------- types

    pub fn repr(&mut self, ty: Ty) -> Rc<Repr> {
        self.cx.repr(ty)
    }

    pub fn kind(&self, ty: Ty) -> TyKind {
        self.cx.program.types.kind(ty)
    }

    pub fn scalar_type(&self, ty: Ty) -> Type {
        scalar_type(&self.cx.program.types, ty).expect("a scalar")
    }

    /// How `?T` of this payload is kept in the space of the payload.
    pub fn niche(&self, payload: Ty) -> Option<Niche> {
        self.cx.program.types.niche(payload)
    }

    /// The payload's type of an optional.
    pub fn payload(&self, ty: Ty) -> Ty {
        match self.kind(ty) {
            TyKind::Optional(payload) => payload,
            _ => unreachable!("only optionals have a payload"),
        }
    }

    pub fn stride(&self, element: Ty) -> u64 {
        self.cx.program.types.stride(element)
    }

    // ------------------------------------------------------------------------------------------------------ memory

    /// A new piece of the frame.
    pub fn slot(&mut self, repr: &Repr) -> Mem {
        // A frame that large overflows the stack as soon as the function is called, so the exact size does not matter.
        self.sized_slot(repr.size, repr.align)
    }

    pub fn sized_slot(&mut self, size: u64, align: u32) -> Mem {
        let size = u32::try_from(size).unwrap_or(u32::MAX - 15);
        Mem::slot(self.func.slots.push(SlotData { size, align }))
    }

    /// The address of a place.
    pub fn address(&mut self, mem: Mem) -> Value {
        let base = self.base(mem);
        self.offset(base, mem.offset)
    }

    fn base(&mut self, mem: Mem) -> Value {
        match mem.base {
            Base::Slot(slot) => self.b().slot_addr(slot),
            Base::Global(global) => self.b().global_addr(global),
            Base::Address(address) => address,
        }
    }

    /// An address moved by a number of bytes.
    pub fn offset(&mut self, address: Value, bytes: i64) -> Value {
        if bytes == 0 {
            return address;
        }
        let bytes = self.word(bytes as u64);
        self.b().ptr_add(address, bytes)
    }

    /// The place a number of elements further, of this size.
    pub fn element(&mut self, mem: Mem, index: Value, size: u64) -> Mem {
        if let Some(index) = self.constant(index) {
            return mem.at((index as u64).wrapping_mul(size));
        }
        let base = self.base(mem);
        let bytes = self.scale(index, size);
        let address = self.b().ptr_add(base, bytes);
        Mem { base: Base::Address(address), ..mem }
    }

    /// A number of elements of this size, in bytes.
    pub fn scale(&mut self, count: Value, size: u64) -> Value {
        if size == 1 {
            return count;
        }
        if let Some(count) = self.constant(count) {
            return self.word((count as u64).wrapping_mul(size));
        }
        if size.is_power_of_two() {
            let shift = self.word(size.trailing_zeros().into());
            return self.b().ishl(count, shift);
        }
        let size = self.word(size);
        self.b().imul(count, size)
    }

    fn flags(&mut self, ty: Type, mem: Mem) -> (Value, MemFlags) {
        let base = self.base(mem);
        let (address, offset) = match i32::try_from(mem.offset) {
            Ok(offset) => (base, offset),
            Err(_) => (self.offset(base, mem.offset), 0),
        };
        let alias = self.alias_set(mem.region);
        (address, MemFlags { alias, readonly: mem.readonly, ..MemFlags::natural(ty, offset) })
    }

    fn alias_set(&mut self, region: Region) -> AliasSet {
        if region == Region::Any {
            return AliasSet::from_u32(0);
        }
        let func = &mut self.func;
        *self.alias_sets.entry(region).or_insert_with(|| {
            // Each region comes here once, so that the set is new.
            func.alias_sets.push(AliasSetData { region, ..AliasSetData::default() })
        })
    }

    pub fn load(&mut self, ty: Type, mem: Mem) -> Value {
        let (address, flags) = self.flags(ty, mem);
        self.b().load(ty, address, flags)
    }

    /// As [`Code::load`], from any address.
    pub fn load_unaligned(&mut self, ty: Type, mem: Mem) -> Value {
        let (address, flags) = self.flags(ty, mem);
        self.b().load(ty, address, MemFlags { align: 1, ..flags })
    }

    pub fn store(&mut self, value: Value, mem: Mem) {
        let (address, flags) = self.flags(self.func.ty(value), mem);
        self.b().store(value, address, flags);
    }

    /// As [`Code::store`], to any address.
    pub fn store_unaligned(&mut self, value: Value, mem: Mem) {
        let (address, flags) = self.flags(self.func.ty(value), mem);
        self.b().store(value, address, MemFlags { align: 1, ..flags });
    }

    /// The value in a place: its leaves, or the place itself.
    pub fn load_val(&mut self, repr: &Repr, mem: Mem) -> Val {
        match repr.scalars() {
            Some(leaves) => Val::Scalars(leaves.iter().map(|leaf| self.load(leaf.ty, mem.at(leaf.offset))).collect()),
            None => Val::Memory(mem),
        }
    }

    pub fn store_scalars(&mut self, repr: &Repr, values: &[Value], mem: Mem) {
        let leaves = repr.scalars().expect("a few scalars");
        debug_assert_eq!(leaves.len(), values.len());
        for (leaf, &value) in leaves.iter().zip(values) {
            self.store(value, mem.at(leaf.offset));
        }
    }

    pub fn store_val(&mut self, repr: &Repr, val: &Val, mem: Mem) {
        match val {
            Val::Scalars(values) => self.store_scalars(repr, values, mem),
            Val::Memory(source) => self.copy(repr, *source, mem),
        }
    }

    /// Copies a value between places that are disjoint or the same.
    pub fn copy(&mut self, repr: &Repr, source: Mem, target: Mem) {
        if let Some(leaves) = repr.leaves() {
            let values: SmallVec<[Value; 8]> =
                leaves.iter().map(|leaf| self.load(leaf.ty, source.at(leaf.offset))).collect();
            for (leaf, value) in leaves.iter().zip(values) {
                self.store(value, target.at(leaf.offset));
            }
            return;
        }
        let (to, from) = (self.address(target), self.address(source));
        let len = self.word(repr.size);
        let flags = CopyFlags {
            dst_align: repr.align,
            src_align: repr.align,
            dst_alias: self.alias_set(target.region),
            src_alias: self.alias_set(source.region),
        };
        self.b().memcpy(to, from, len, flags);
    }

    /// Stores the zero value.
    pub fn zero(&mut self, repr: &Repr, mem: Mem) {
        if let Some(leaves) = repr.leaves() {
            for leaf in leaves {
                let zero = self.zero_scalar(leaf.ty);
                self.store(zero, mem.at(leaf.offset));
            }
            return;
        }
        let zero = self.iconst(Type::I8, 0);
        let len = self.word(repr.size);
        self.fill(mem, zero, len, repr.align);
    }

    /// Fills memory with a byte.
    pub fn fill(&mut self, mem: Mem, byte: Value, len: Value, align: u32) {
        let to = self.address(mem);
        let alias = self.alias_set(mem.region);
        let flags = CopyFlags { dst_align: align, src_align: align, dst_alias: alias, src_alias: alias };
        self.b().memset(to, byte, len, flags);
    }

    pub fn zero_scalar(&mut self, ty: Type) -> Value {
        if ty.is_float() { self.b().fconst(ty, 0) } else { self.iconst(ty, 0) }
    }

    pub fn zero_scalars(&mut self, repr: &Repr) -> Scalars {
        let leaves = repr.scalars().expect("a few scalars");
        leaves.iter().map(|leaf| self.zero_scalar(leaf.ty)).collect()
    }

    // ------------------------------------------------------------------------------------------------ parts of values

    /// A field of a struct or tuple; of a `?T` that is more than a word, the payload (0) or the tag (1).
    pub fn field(&mut self, val: &Val, ty: Ty, field: u32, field_ty: Ty) -> Val {
        match val {
            Val::Scalars(values) => {
                let leaves = self.cx.reprs.field_leaves(ty, field);
                Val::Scalars(values[leaves].into())
            }
            Val::Memory(mem) => {
                let offset = self.cx.program.types.field_offset(ty, field);
                let repr = self.repr(field_ty);
                self.load_val(&repr, mem.at(offset))
            }
        }
    }

    /// An element of an array at a fixed index.
    pub fn fixed_element(&mut self, val: &Val, element: Ty, index: u64) -> Val {
        match val {
            Val::Scalars(values) => {
                let leaves = self.cx.reprs.element_leaves(element, index as usize);
                Val::Scalars(values[leaves].into())
            }
            Val::Memory(mem) => {
                let repr = self.repr(element);
                self.load_val(&repr, mem.at(index * repr.size))
            }
        }
    }

    /// Whether an optional is nil.
    pub fn is_nil(&mut self, val: &Val, ty: Ty) -> Value {
        let niche = match self.kind(ty) {
            TyKind::Optional(payload) => self.niche(payload),
            _ => Some(Niche::Null),
        };
        match niche {
            Some(Niche::Null) => {
                let (pointer, null) = (val.scalar(), self.null());
                self.b().icmp_eq(pointer, null)
            }
            Some(Niche::Tag(_)) => {
                let payload = self.payload(ty);
                let tag = self.tag(val, payload);
                let zero = self.zero_scalar(self.func.ty(tag));
                self.b().icmp_eq(tag, zero)
            }
            None => {
                let tag = self.field(val, ty, 1, Ty::BOOL).scalar();
                self.not(tag)
            }
        }
    }

    /// The payload of an optional that is not nil.
    pub fn some(&mut self, val: &Val, ty: Ty) -> Val {
        let payload = self.payload(ty);
        match self.niche(payload) {
            Some(Niche::Tag(free)) => self.flip_tag(val, payload, free),
            Some(Niche::Null) => val.clone(),
            None => self.field(val, ty, 0, payload),
        }
    }

    /// A value in memory where it is not: in a fresh slot.
    pub fn spill(&mut self, repr: &Repr, val: &Val) -> Mem {
        match val {
            Val::Memory(mem) => *mem,
            Val::Scalars(values) => {
                let slot = self.slot(repr);
                self.store_scalars(repr, values, slot);
                slot
            }
        }
    }

    /// Address and length of a constant text.
    pub fn text(&mut self, bytes: &[u8]) -> Scalars {
        let address = match self.cx.text(bytes) {
            Some(global) => {
                let memory = self.cx.global_memory(global, true);
                self.address(memory)
            }
            None => self.null(),
        };
        let len = self.word(bytes.len() as u64);
        smallvec![address, len]
    }
}

impl Val {
    /// Of a value that is one scalar.
    pub fn scalar(&self) -> Value {
        match self {
            Val::Scalars(values) if values.len() == 1 => values[0],
            _ => unreachable!("not one scalar"),
        }
    }

    /// Of a value that is a few scalars.
    pub fn scalars(&self) -> &Scalars {
        match self {
            Val::Scalars(values) => values,
            Val::Memory(_) => unreachable!("in memory"),
        }
    }
}

impl From<Value> for Val {
    fn from(value: Value) -> Val {
        Val::Scalars(smallvec![value])
    }
}
