//! What the optimizer should know of Bril: which operations are to be spelled out there.

use lang_ir::target::{Target, generic_latency};
use lang_ir::{Op, Type};

/// Bril as what is optimized for. Division by constants is left to the tools that read it.
pub static TARGET: Target = Target { name: "bril", latency, legal, divides_by_constants: true };

/// A detour around an instruction, with the branch to it.
const BRANCH: u32 = 5;
/// More than anything that can be said instead.
const NO_WORDS: u32 = 10_000;

fn latency(op: Op, ty: Type) -> u32 {
    let usual = generic_latency(op, ty);
    let remainder = generic_latency(Op::Sdiv, ty) + generic_latency(Op::Imul, ty) + 1;
    match op {
        _ if !legal(op, ty) => NO_WORDS,
        Op::Ishl => generic_latency(Op::Imul, ty),
        Op::Srem => remainder,
        Op::Band if ty != Type::I1 => 2 * remainder + 1,
        Op::Sshr | Op::Ushr => 3 * remainder,
        // From integers, to their lowest bit.
        Op::Ireduce if ty == Type::I1 => 2 * remainder + 1,
        Op::Ineg | Op::Bnot | Op::IcmpNe => usual + 1,
        Op::Bxor => usual + 3,
        Op::IcmpUlt | Op::IcmpUle => usual + 2,
        Op::Select | Op::Smin | Op::Smax => usual + BRANCH,
        Op::Uextend | Op::Sextend if ty == Type::I64 => usual + BRANCH,
        _ => usual,
    }
}

/// What `emit` has words for.
fn legal(op: Op, ty: Type) -> bool {
    match op {
        Op::Umulhi
        | Op::Smulhi
        | Op::Udiv
        | Op::Urem
        | Op::Umin
        | Op::Umax
        | Op::Rotl
        | Op::Rotr
        | Op::Clz
        | Op::Ctz
        | Op::Popcnt
        | Op::Bswap
        | Op::Fma
        | Op::Frem
        | Op::Sqrt
        | Op::Fabs
        | Op::Fcopysign
        | Op::Floor
        | Op::Ceil
        | Op::Trunc
        | Op::Nearest
        | Op::Fpromote
        | Op::Fdemote
        | Op::FcvtToSint
        | Op::FcvtToUint
        | Op::FcvtFromSint
        | Op::FcvtFromUint => false,
        Op::Bor | Op::Bxor => ty == Type::I1,
        _ => matches!(ty, Type::I1 | Type::I8 | Type::I32 | Type::I64 | Type::F64 | Type::Ptr),
    }
}
