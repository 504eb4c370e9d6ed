//! Decoded code: what the dispatch loop runs.
//!
//! A function becomes one flat array of [`Ins`] of fixed size. Operands are registers: words of the function's frame. An
//! `i128` takes two words, low first; every other value takes one, zero above its width. A frame holds, in this order, the
//! parameters, the constants, the addresses of the stack slots (0 until they exist), and the other values.

use lang_ir::{FuncId, Inst, Op, StackSlot, Type};

/// One decoded instruction. What the fields mean stands at each [`Code`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Ins {
    pub code: Code,
    pub x: u16,
    pub a: u32,
    pub b: u32,
    pub c: u32,
}

/// The operations of decoded code.
///
/// Unless said otherwise `a` is the register of the result, `b` and `c` are those of the operands. Codes that end in `N`
/// work on narrow integers: `x` is 64 minus the width. Branches go to the instruction `c` if their condition on `a` and
/// `b` holds; traps report the entry `c` of [`Decoded::traps`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Code {
    Mov,
    /// `Mov` of `b` to `a`, then of the high half of `c` to its low half.
    Mov2,
    Iadd,
    Isub,
    Imul,
    /// `b` times `c` plus register `x`.
    ImulAdd,
    Umulhi,
    Smulhi,
    Sdiv,
    Udiv,
    Srem,
    Urem,
    Smin,
    Smax,
    Umin,
    Umax,
    Ineg,
    Band,
    Bor,
    Bxor,
    Bnot,
    Ishl,
    Ushr,
    Sshr,
    Rotl,
    Rotr,
    Clz,
    Ctz,
    Popcnt,
    Bswap,
    IaddN,
    IsubN,
    ImulN,
    SdivN,
    SremN,
    SminN,
    SmaxN,
    InegN,
    BnotN,
    IshlN,
    UshrN,
    SshrN,
    RotlN,
    RotrN,
    ClzN,
    CtzN,
    Eq,
    Ne,
    Slt,
    Sle,
    Ult,
    Ule,
    SltN,
    SleN,
    /// The condition is in register `x`.
    Select,
    /// Sign-extends to 64 bits.
    SextN,
    /// Sign-extends from 64 minus the low byte of `x` to 64 minus its high byte.
    SextNN,
    /// The low bits.
    ReduceN,
    /// `i128`: two words each.
    IaddWide,
    IsubWide,
    ImulWide,
    UextWide,
    SextWideN,
    Fadd64,
    Fsub64,
    Fmul64,
    Fdiv64,
    Fneg64,
    Fabs64,
    Sqrt64,
    Feq64,
    Fne64,
    Flt64,
    Fle64,
    Fadd32,
    Fsub32,
    Fmul32,
    Fdiv32,
    Fneg32,
    Fabs32,
    Sqrt32,
    Feq32,
    Fne32,
    Flt32,
    Fle32,
    SintToF64N,
    UintToF64,
    SintToF32N,
    F64ToSintN,
    F64ToUint,
    Promote,
    Demote,
    /// Any other operation on values, through `lang_ir::eval`: the entry `a` of [`Decoded::evals`].
    Eval,
    /// Loads to `a` from address `b` plus the signed offset `c`; `x` is the alignment minus 1.
    Load8,
    Load16,
    Load32,
    Load64,
    Load128,
    /// A byte that has to be 0 or 1.
    LoadBool,
    /// Loads to `a` from `b` plus `c` shifted left by the low byte of `x`; the high byte is the alignment minus 1.
    LoadAt8,
    LoadAt16,
    LoadAt32,
    LoadAt64,
    LoadAtBool,
    /// Stores `a`, addressed like the loads.
    Store8,
    Store16,
    Store32,
    Store64,
    Store128,
    StoreAt8,
    StoreAt16,
    StoreAt32,
    StoreAt64,
    /// `a` plus `b` has to be a multiple of 2 to the power of `x`.
    CheckAlign,
    /// Destination, source, length.
    Memcpy,
    /// Destination, byte, length.
    Memset,
    /// Makes the slot whose address belongs in register `a`, if it is 0; `b` is the slot.
    SlotAddr,
    /// Goes to `c`.
    Jump,
    BrTrue,
    BrFalse,
    BrEq,
    BrNe,
    BrSlt,
    BrSle,
    BrUlt,
    BrUle,
    BrSltN,
    BrSleN,
    BrFeq,
    BrFne,
    BrFlt,
    BrFle,
    /// Not less than, which a NaN is not.
    BrFnlt,
    BrFnle,
    /// Adds register `x` to `a`, then goes to `c` if `a` is less than `b`.
    AddBrSlt,
    AddBrUlt,
    TrapTrue,
    TrapFalse,
    TrapEq,
    TrapNe,
    TrapSlt,
    TrapSle,
    TrapUlt,
    TrapUle,
    TrapSltN,
    TrapSleN,
    /// Always.
    Trap,
    /// On `a`: the entry `b` of [`Decoded::switches`].
    Switch,
    /// Calls the function `a`; the argument words' registers are listed at `b` in [`Decoded::pool`], behind their number;
    /// the first result goes to `c`, the others behind it.
    Call,
    /// Calls through the pointer in register `a`; the list at `b` has the signature before the arguments.
    CallIndirect,
    /// Calls the import `a`.
    CallImport,
    /// Returns no words.
    Ret0,
    /// Returns the word `a`.
    Ret1,
    /// Returns the words whose registers are listed at `b`, behind their number.
    RetN,
    /// Numbers this call of a function with `restrict` parameters: in register `a`.
    RestrictCall,
    /// Checks the access that follows against the function's promises: [`Watch`] `a` at the address `b` plus `c`.
    Watch,
    /// The same, at `b` plus register `c` shifted left by `x`.
    WatchAt,
    /// The same, of as many bytes as register `c` says, at `b`.
    WatchRange,
    /// Takes `a` from the fuel.
    Fuel,
    /// Prints the IR instruction that belongs here.
    Trace,
}

/// An operation on values that [`lang_ir::eval`] computes.
#[derive(Clone, Copy, Debug)]
pub struct EvalDesc {
    pub op: Op,
    pub ty: Type,
    /// The type of the first operand.
    pub from: Type,
    pub args: [u32; 3],
    pub types: [Type; 3],
    pub num_args: u8,
    pub result: u32,
    pub result_ty: Type,
}

/// The arguments of a trap: registers of words.
#[derive(Clone, Debug)]
pub struct TrapArgs {
    pub words: Vec<u32>,
}

/// An access in a function with `restrict` parameters.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// What its address was derived from: [`crate::restrict::Origin::number`].
    pub origin: u8,
    pub write: bool,
    /// In bytes; of a range, a register says it.
    pub size: u8,
}

/// A decoded `switch`.
#[derive(Clone, Debug)]
pub enum Switch {
    /// Targets of the values from `first` on.
    Table { first: u64, targets: Vec<u32>, default: u32 },
    /// Values in ascending order, with their targets.
    Search { cases: Vec<(u128, u32)>, wide: bool, default: u32 },
}

/// A decoded function.
#[derive(Debug)]
pub struct Decoded {
    pub func: FuncId,
    pub code: Vec<Ins>,
    /// The IR instruction that each one comes from.
    pub insts: Vec<Inst>,
    /// Words that a new frame starts with behind the parameters: constants, then a zero for each slot.
    pub consts: Vec<u64>,
    pub param_words: u32,
    pub frame_words: u32,
    pub pool: Vec<u32>,
    pub evals: Vec<EvalDesc>,
    pub traps: Vec<TrapArgs>,
    pub switches: Vec<Switch>,
    pub watches: Vec<Watch>,
    /// Where the number of the call is, see [`Code::RestrictCall`].
    pub call_register: u32,
    /// By value: the register of its first word, for traces.
    pub registers: Vec<u32>,
}

impl Decoded {
    /// The register of a slot's address.
    pub fn slot_register(&self, slots: usize, slot: StackSlot) -> u32 {
        self.param_words + (self.consts.len() - slots) as u32 + slot.as_u32()
    }
}

/// The number of registers that a value takes.
pub fn words(ty: Type) -> u32 {
    if ty == Type::I128 { 2 } else { 1 }
}
