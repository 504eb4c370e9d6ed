//! A function: a control-flow graph of blocks with parameters, whose instructions hold their operands.
//!
//! Blocks are listed in [`Function::layout`], the entry first; its parameters are the function's. A block's last
//! instruction is its terminator, and the only one. All tables only grow: what no block lists any more is dead.

use crate::*;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityRef, PrimaryMap};
use smallvec::SmallVec;
use std::sync::Arc;

/// Values in order; most lists are short.
pub type Values = SmallVec<[Value; 3]>;

/// A parameter of a function and what its caller promises.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Param {
    pub ty: Type,
    /// `restrict`: what is written while the function runs and reached through this pointer is reached through no other.
    pub noalias: bool,
    /// A pointer that is not null.
    pub nonnull: bool,
    /// The function does not write through this pointer, nor let it escape.
    pub readonly: bool,
    /// A copy of the memory that it points to is passed, as C passes large structures: on the stack.
    pub byval: Option<ByVal>,
}

/// The memory that is passed in place of a pointer to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ByVal {
    /// In bytes, a multiple of the alignment.
    pub size: u32,
    /// Of the copy in bytes: 8 or 16.
    pub align: u32,
}

impl From<Type> for Param {
    fn from(ty: Type) -> Param {
        Param { ty, noalias: false, nonnull: false, readonly: false, byval: None }
    }
}

/// What a function takes and gives.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Signature {
    pub params: Vec<Param>,
    pub results: Vec<Type>,
    /// Of a function of C with variable arguments: how many of the parameters stand before them. The signature of a call says
    /// what it passes, that of the function ends there.
    pub variadic: Option<u32>,
}

impl Signature {
    pub fn new(params: &[Type], results: &[Type]) -> Signature {
        Signature { params: params.iter().map(|&t| t.into()).collect(), results: results.to_vec(), variadic: None }
    }

    /// Whether only C's calling convention says how a call is made.
    pub fn is_c_only(&self) -> bool {
        self.variadic.is_some() || self.params.iter().any(|param| param.byval.is_some())
    }
}

/// Who can see a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linkage {
    /// Defined elsewhere, under exactly this name.
    Import,
    /// Defined here and called from here only.
    Local,
    /// Defined here, under exactly this name for everybody.
    Export,
}

/// What the user said about inlining.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Inline {
    #[default]
    Auto,
    Always,
    Never,
}

/// Promises and wishes about a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FuncAttrs {
    pub inline: Inline,
    /// Rarely called: blocks that call it are cold.
    pub cold: bool,
    /// Does not return.
    pub noreturn: bool,
    /// Reads and writes no memory, has no effect, always returns.
    pub pure_: bool,
    /// Writes no memory that the program can see and has no effect, but may read.
    pub readonly: bool,
    /// Floating-point operations may be reassociated and contracted.
    pub fast_math: bool,
}

/// A function, defined or declared.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name in the source, with a `#` and a number where that is not unique in the module: see [`source_name`].
    pub name: Arc<str>,
    pub linkage: Linkage,
    pub sig: Signature,
    pub attrs: FuncAttrs,
    /// Where it is declared.
    pub decl: SourcePos,
    pub values: PrimaryMap<Value, ValueData>,
    pub insts: PrimaryMap<Inst, InstData>,
    pub blocks: PrimaryMap<Block, BlockData>,
    /// The blocks of the function, the entry first; empty for a declaration.
    pub layout: Vec<Block>,
    pub slots: PrimaryMap<StackSlot, SlotData>,
    /// `Loc` 0 is the unknown location.
    pub locs: PrimaryMap<Loc, LocData>,
    pub scopes: PrimaryMap<InlineScope, ScopeData>,
    /// `AliasSet` 0 is "anything".
    pub alias_sets: PrimaryMap<AliasSet, AliasSetData>,
    /// The number of restrict scopes that `alias_sets` name.
    pub restrict_scopes: u32,
}

/// Type and definition of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueData {
    pub ty: Type,
    pub def: ValueDef,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueDef {
    /// The parameter of a block at this index.
    Param(Block, u32),
    /// The result of an instruction at this index.
    Result(Inst, u32),
}

/// A basic block.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlockData {
    pub params: Vec<Value>,
    pub insts: Vec<Inst>,
    /// Rarely run.
    pub cold: bool,
}

/// One instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstData {
    pub op: Op,
    /// The controlling type; `Type::I1` where the operation has none.
    pub ty: Type,
    pub loc: Loc,
    /// The operands, but those that targets pass to blocks.
    pub args: Values,
    pub payload: Payload,
    /// The first result; the others have the next ids.
    pub first_result: PackedOption<Value>,
    pub num_results: u32,
}

/// What an instruction holds besides operands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    None,
    /// `iconst`, `fconst`: the bits, zero above the width.
    Bits(Bits),
    /// `slot_addr`.
    Slot(StackSlot),
    /// `global_addr`.
    Global(GlobalId),
    /// `func_addr`, `call`.
    Func(FuncId),
    /// `call_indirect`.
    Sig(SigId),
    /// `load`, `store`.
    Mem(MemFlags),
    /// `memcpy`, `memset` (whose `src` fields equal `dst`).
    Copy(CopyFlags),
    /// `trapif`, `trap`.
    Trap(TrapCode),
    /// `jump`.
    Jump(BlockCall),
    /// `brif`: where the condition is 1, and where it is 0.
    Brif(Box<[BlockCall; 2]>),
    /// `switch`.
    Switch(Box<SwitchData>),
}

/// 128 bits with the alignment of 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Bits {
    low: u64,
    high: u64,
}

impl Bits {
    pub const fn new(bits: u128) -> Bits {
        Bits { low: bits as u64, high: (bits >> 64) as u64 }
    }

    pub const fn get(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

/// How a load or store accesses memory; the size is that of the controlling type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemFlags {
    /// Bytes added to the address.
    pub offset: i32,
    /// The guaranteed alignment in bytes, a power of two.
    pub align: u32,
    pub alias: AliasSet,
    /// The memory is never written while the program runs.
    pub readonly: bool,
}

impl MemFlags {
    /// At this offset, aligned as the type is by nature, and possibly touching anything.
    pub fn natural(ty: Type, offset: i32) -> MemFlags {
        MemFlags { offset, align: ty.align(), alias: AliasSet::from_u32(0), readonly: false }
    }
}

/// How `memcpy` and `memset` access memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CopyFlags {
    pub dst_align: u32,
    pub src_align: u32,
    pub dst_alias: AliasSet,
    pub src_alias: AliasSet,
}

/// A block and the arguments for its parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockCall {
    pub block: Block,
    pub args: Values,
}

impl BlockCall {
    pub fn new(block: Block, args: &[Value]) -> BlockCall {
        BlockCall { block, args: Values::from_slice(args) }
    }
}

/// The targets of a `switch`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SwitchData {
    /// Distinct values, as bits of the controlling type.
    pub cases: Vec<(u128, BlockCall)>,
    pub default: BlockCall,
}

/// A piece of the stack frame; its contents are undefined until written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotData {
    /// In bytes.
    pub size: u32,
    /// In bytes, a power of two.
    pub align: u32,
}

/// A place in a source file; line and column count from 1, line 0 is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SourcePos {
    pub file: FileId,
    pub line: u32,
    pub col: u32,
}

impl SourcePos {
    pub fn unknown() -> SourcePos {
        SourcePos { file: FileId::from_u32(0), line: 0, col: 0 }
    }
}

/// Where an instruction comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LocData {
    pub pos: SourcePos,
    /// The inlined call that it came in through, if it did.
    pub scope: PackedOption<InlineScope>,
}

/// One inlined call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeData {
    /// The function that was inlined.
    pub callee: Arc<str>,
    pub callee_decl: SourcePos,
    /// Where it was called; that location's scope is the next outer one.
    pub call_site: Loc,
}

/// The memory that an access may touch. Accesses do not alias if their regions are different and known, or if one is of a
/// restrict scope that the other lists in `noalias`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct AliasSetData {
    pub region: Region,
    /// The restrict scopes that the access is made through.
    pub scopes: Vec<RestrictScope>,
    /// The restrict scopes that were in force and that the access is not made through.
    pub noalias: Vec<RestrictScope>,
}

/// The object that an access stays within.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Region {
    #[default]
    Any,
    Slot(StackSlot),
    Global(GlobalId),
}

/// The name of a function in the source, as backtraces show it.
pub fn source_name(name: &str) -> &str {
    name.split_once('#').map_or(name, |(source, _)| source)
}

/// The names of nested frames, innermost first, as backtraces show them. What goes wrong where the program starts, before `main` or
/// behind it, is shown as a fault of `main`.
pub fn shown_frames<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut shown: Vec<&str> = names.filter(|&name| name != crate::ENTRY).map(source_name).collect();
    if shown.is_empty() {
        shown.push("main");
    }
    shown
}

/// The same list without the room that growing left.
fn exact<T>(list: impl ExactSizeIterator<Item = T>) -> Vec<T> {
    let mut exact = Vec::with_capacity(list.len());
    exact.extend(list);
    exact
}

impl Function {
    /// Gives back the room that growing left.
    pub fn compact(&mut self) {
        fn compact<K: EntityRef, V>(map: &mut PrimaryMap<K, V>) {
            *map = exact(std::mem::take(map).into_iter().map(|(_, value)| value)).into();
        }
        compact(&mut self.values);
        compact(&mut self.insts);
        compact(&mut self.blocks);
        compact(&mut self.locs);
        self.layout = exact(self.layout.drain(..));
        for block in self.blocks.values_mut() {
            block.insts = exact(block.insts.drain(..));
        }
    }

    /// A function without blocks.
    pub fn new(name: &str, linkage: Linkage, sig: Signature) -> Function {
        let mut locs = PrimaryMap::new();
        locs.push(LocData { pos: SourcePos::unknown(), scope: None.into() });
        let mut alias_sets = PrimaryMap::new();
        alias_sets.push(AliasSetData::default());
        Function {
            name: name.into(),
            linkage,
            sig,
            attrs: FuncAttrs::default(),
            decl: SourcePos::unknown(),
            values: PrimaryMap::new(),
            insts: PrimaryMap::new(),
            blocks: PrimaryMap::new(),
            layout: Vec::new(),
            slots: PrimaryMap::new(),
            locs,
            scopes: PrimaryMap::new(),
            alias_sets,
            restrict_scopes: 0,
        }
    }

    /// The same function without its body.
    pub fn declaration(&self) -> Function {
        let mut shell = Function::new("", self.linkage, self.sig.clone());
        (shell.name, shell.attrs, shell.decl) = (self.name.clone(), self.attrs, self.decl);
        shell
    }

    /// Whether it has a body.
    pub fn is_definition(&self) -> bool {
        !self.layout.is_empty()
    }

    /// The entry block of a definition.
    pub fn entry(&self) -> Block {
        self.layout[0]
    }

    /// The values of the function's parameters.
    pub fn params(&self) -> &[Value] {
        &self.blocks[self.entry()].params
    }

    #[inline]
    pub fn ty(&self, value: Value) -> Type {
        self.values[value].ty
    }

    /// The results of an instruction, in order.
    #[inline]
    pub fn results(&self, inst: Inst) -> impl ExactSizeIterator<Item = Value> + use<> {
        let data = &self.insts[inst];
        let first = data.first_result.map(|v| v.as_u32()).unwrap_or(0);
        (0..data.num_results as usize).map(move |i| Value::from_u32(first + i as u32))
    }

    /// The only result of an instruction.
    #[inline]
    pub fn result(&self, inst: Inst) -> Value {
        debug_assert_eq!(self.insts[inst].num_results, 1);
        self.insts[inst].first_result.unwrap()
    }

    /// The terminator of a block.
    pub fn terminator(&self, block: Block) -> Inst {
        *self.blocks[block].insts.last().expect("a block ends in a terminator")
    }

    /// The targets of a block's terminator, in order.
    pub fn successors(&self, block: Block) -> impl Iterator<Item = &BlockCall> {
        self.blocks[block].insts.last().into_iter().flat_map(|&i| self.insts[i].targets())
    }

    /// If the value is an `iconst` or `fconst`, its bits.
    pub fn constant(&self, value: Value) -> Option<u128> {
        match self.values[value].def {
            ValueDef::Result(inst, _) => self.insts[inst].constant(),
            ValueDef::Param(..) => None,
        }
    }

    /// Adds an empty block that is not yet in the layout.
    pub fn new_block(&mut self) -> Block {
        self.blocks.push(BlockData::default())
    }

    /// Adds a parameter to a block.
    pub fn append_param(&mut self, block: Block, ty: Type) -> Value {
        let index = self.blocks[block].params.len() as u32;
        let value = self.values.push(ValueData { ty, def: ValueDef::Param(block, index) });
        self.blocks[block].params.push(value);
        value
    }

    /// Makes an instruction with results of these types, in no block yet.
    pub fn new_inst(&mut self, mut data: InstData, results: &[Type]) -> Inst {
        let inst = self.insts.next_key();
        data.num_results = results.len() as u32;
        for (index, &ty) in results.iter().enumerate() {
            let value = self.values.push(ValueData { ty, def: ValueDef::Result(inst, index as u32) });
            if index == 0 {
                data.first_result = value.into();
            }
        }
        self.insts.push(data)
    }

    /// Adds a source location.
    pub fn add_loc(&mut self, pos: SourcePos) -> Loc {
        match self.locs.last() {
            Some((loc, last)) if last.pos == pos && last.scope.is_none() => loc,
            _ => self.locs.push(LocData { pos, scope: None.into() }),
        }
    }

    /// The frames that a location stands for, innermost first: name of the function and position in it.
    pub fn frames(&self, loc: Loc) -> Vec<(Arc<str>, SourcePos)> {
        let mut frames = Vec::new();
        let mut at = self.locs[loc];
        while let Some(scope) = at.scope.expand() {
            frames.push((self.scopes[scope].callee.clone(), at.pos));
            at = self.locs[self.scopes[scope].call_site];
        }
        frames.push((self.name.clone(), at.pos));
        frames
    }

    /// The id of an alias set, added if it is new.
    pub fn alias_set(&mut self, data: AliasSetData) -> AliasSet {
        match self.alias_sets.iter().find(|(_, known)| **known == data) {
            Some((id, _)) => id,
            None => self.alias_sets.push(data),
        }
    }

    /// Number of instructions in the blocks of the layout.
    pub fn num_insts(&self) -> usize {
        self.layout.iter().map(|&b| self.blocks[b].insts.len()).sum()
    }

    /// Replaces every operand by its image.
    pub fn map_operands(&mut self, mut f: impl FnMut(Value) -> Value) {
        for &block in &self.layout {
            for &inst in &self.blocks[block].insts {
                self.insts[inst].map_operands(&mut f);
            }
        }
    }
}

impl Payload {
    /// Where control may go next, to change.
    pub fn targets_mut(&mut self) -> impl Iterator<Item = &mut BlockCall> {
        let (list, cases, default): (&mut [BlockCall], &mut [(u128, BlockCall)], Option<&mut BlockCall>) = match self {
            Payload::Jump(target) => (std::slice::from_mut(target), &mut [], None),
            Payload::Brif(targets) => (&mut targets[..], &mut [], None),
            Payload::Switch(switch) => (&mut [], &mut switch.cases, Some(&mut switch.default)),
            _ => (&mut [], &mut [], None),
        };
        list.iter_mut().chain(cases.iter_mut().map(|(_, target)| target)).chain(default)
    }
}

impl InstData {
    /// An instruction without results.
    pub fn new(op: Op, ty: Type, loc: Loc, args: &[Value], payload: Payload) -> InstData {
        InstData { op, ty, loc, args: Values::from_slice(args), payload, first_result: None.into(), num_results: 0 }
    }

    /// The bits of an `iconst` or `fconst`.
    pub fn constant(&self) -> Option<u128> {
        match self.payload {
            Payload::Bits(bits) => Some(bits.get()),
            _ => None,
        }
    }

    /// Where control may go next; a `switch` gives its cases in order, then the default.
    pub fn targets(&self) -> impl Iterator<Item = &BlockCall> {
        let (list, cases, default): (&[BlockCall], &[(u128, BlockCall)], Option<&BlockCall>) = match &self.payload {
            Payload::Jump(target) => (std::slice::from_ref(target), &[], None),
            Payload::Brif(targets) => (&targets[..], &[], None),
            Payload::Switch(switch) => (&[], &switch.cases, Some(&switch.default)),
            _ => (&[], &[], None),
        };
        list.iter().chain(cases.iter().map(|(_, target)| target)).chain(default)
    }

    /// As [`InstData::targets`], to change.
    pub fn targets_mut(&mut self) -> impl Iterator<Item = &mut BlockCall> {
        self.payload.targets_mut()
    }

    /// Every operand, with those that targets pass to blocks.
    pub fn operands(&self) -> impl Iterator<Item = Value> {
        self.args.iter().copied().chain(self.targets().flat_map(|target| target.args.iter().copied()))
    }

    /// Replaces every operand by its image.
    pub fn map_operands(&mut self, f: &mut impl FnMut(Value) -> Value) {
        for arg in &mut self.args {
            *arg = f(*arg);
        }
        for target in self.targets_mut() {
            for arg in &mut target.args {
                *arg = f(*arg);
            }
        }
    }

    /// How a load or store accesses memory.
    pub fn mem(&self) -> Option<MemFlags> {
        match self.payload {
            Payload::Mem(mem) => Some(mem),
            _ => None,
        }
    }
}
