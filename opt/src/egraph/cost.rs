//! What an operation costs, and where it may be computed. The one place that says so; every operation is named.
//!
//! A cost is latency in cycles, from the backend's [`Target`], times 16, plus 1 for the instruction itself, so that of two
//! equally fast expressions the shorter one wins and no expression is free. It is multiplied by how often the block runs,
//! in 1024ths.

#![deny(clippy::wildcard_enum_match_arm)]

use lang_ir::target::Target;
use lang_ir::{Op, Type};

/// Where a computation of an operation goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placement {
    /// In each block that uses it: cheaper than the register that would keep it.
    Local,
    /// Next to its uses: computing it earlier saves nothing, or costs a register and the fusion with its use.
    Late,
    /// Where it runs least.
    Anywhere,
    /// Where its instruction stands.
    Fixed,
}

/// Where a computation of an operation goes.
pub fn placement(op: Op) -> Placement {
    match op {
        // Immediates, and addresses that one instruction without operands makes.
        Op::Iconst | Op::SlotAddr | Op::GlobalAddr | Op::FuncAddr => Placement::Local,
        // Free on every target that we have.
        Op::Ireduce | Op::Bitcast | Op::PtrToInt | Op::IntToPtr => Placement::Late,
        // A comparison fuses with the branch, guard or select behind it.
        Op::IcmpEq | Op::IcmpNe | Op::IcmpSlt | Op::IcmpSle | Op::IcmpUlt | Op::IcmpUle => Placement::Late,
        Op::FcmpEq | Op::FcmpNe | Op::FcmpLt | Op::FcmpLe => Placement::Late,
        // Float constants come from memory.
        Op::Fconst => Placement::Anywhere,
        Op::Iadd | Op::Isub | Op::Imul | Op::Umulhi | Op::Smulhi | Op::Ineg => Placement::Anywhere,
        // Partial operations get here only where their operands are proved harmless; they are the dearest of all.
        Op::Udiv | Op::Sdiv | Op::Urem | Op::Srem => Placement::Anywhere,
        Op::Smin | Op::Smax | Op::Umin | Op::Umax => Placement::Anywhere,
        Op::Band | Op::Bor | Op::Bxor | Op::Bnot => Placement::Anywhere,
        Op::Ishl | Op::Ushr | Op::Sshr | Op::Rotl | Op::Rotr => Placement::Anywhere,
        Op::Clz | Op::Ctz | Op::Popcnt | Op::Bswap => Placement::Anywhere,
        Op::Fadd | Op::Fsub | Op::Fmul | Op::Fdiv | Op::Frem | Op::Fma => Placement::Anywhere,
        Op::Fneg | Op::Fabs | Op::Fcopysign | Op::Sqrt => Placement::Anywhere,
        Op::Floor | Op::Ceil | Op::Trunc | Op::Nearest => Placement::Anywhere,
        Op::Select => Placement::Anywhere,
        Op::Sextend | Op::Uextend => Placement::Anywhere,
        Op::Fpromote | Op::Fdemote => Placement::Anywhere,
        Op::FcvtToSint | Op::FcvtToUint | Op::FcvtFromSint | Op::FcvtFromUint => Placement::Anywhere,
        Op::PtrAdd => Placement::Anywhere,
        // The skeleton.
        Op::Load | Op::Store | Op::Memcpy | Op::Memset | Op::Trapif | Op::Call | Op::CallIndirect => Placement::Fixed,
        Op::Jump | Op::Brif | Op::Switch | Op::Return | Op::Trap => Placement::Fixed,
    }
}

/// What an operation costs that the target cannot compile: it is chosen only where there is nothing else.
const ILLEGAL: u64 = 1 << 24;

/// The cost of one execution.
pub fn units(target: &Target, op: Op, ty: Type) -> u64 {
    let cost = (target.latency)(op, ty) as u64 * 16 + 1;
    if (target.legal)(op, ty) { cost } else { cost + ILLEGAL }
}
