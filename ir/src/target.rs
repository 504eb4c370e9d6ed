//! What a backend tells the optimizer, as data.

use crate::{Op, Type};

/// A backend's description of the machine and of what its own passes do well.
#[derive(Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    /// The latency of an operation in cycles, for the extractor.
    pub latency: fn(Op, Type) -> u32,
    /// Whether the backend can compile the operation at this controlling type.
    pub legal: fn(Op, Type) -> bool,
    /// The backend turns division by constants into multiplications itself, so the optimizer keeps the division.
    pub divides_by_constants: bool,
}

/// Everything is legal and costs what it costs on a current x86-64 core.
pub const GENERIC: Target =
    Target { name: "generic", latency: generic_latency, legal: |_, _| true, divides_by_constants: false };

/// Latencies of a current x86-64 core, in cycles.
pub fn generic_latency(op: Op, ty: Type) -> u32 {
    let wide = if ty == Type::I128 { 2 } else { 1 };
    match op {
        Op::Iconst | Op::SlotAddr => 0,
        Op::Fconst | Op::GlobalAddr | Op::FuncAddr => 1,
        Op::Imul => 3 * wide,
        Op::Umulhi | Op::Smulhi => 4 * wide * wide,
        Op::Udiv | Op::Sdiv | Op::Urem | Op::Srem => match ty {
            // Up to 18 on the cores where it is fast, 40 and more on those before.
            Type::I64 => 18,
            Type::I128 => 60,
            _ => 12,
        },
        Op::Ishl | Op::Ushr | Op::Sshr | Op::Rotl | Op::Rotr => 1 + 3 * (wide - 1),
        Op::Iadd
        | Op::Isub
        | Op::Ineg
        | Op::Band
        | Op::Bor
        | Op::Bxor
        | Op::Bnot
        | Op::IcmpEq
        | Op::IcmpNe
        | Op::IcmpSlt
        | Op::IcmpSle
        | Op::IcmpUlt
        | Op::IcmpUle
        | Op::PtrAdd => wide,
        Op::Smin | Op::Smax | Op::Umin | Op::Umax => 2 * wide,
        Op::Select => 2 * wide,
        Op::Clz | Op::Ctz | Op::Popcnt => 3 * wide,
        Op::Bswap => wide,
        Op::Sextend | Op::Uextend => 1,
        Op::Ireduce | Op::Bitcast | Op::PtrToInt | Op::IntToPtr => 0,
        Op::Fadd | Op::Fsub | Op::Fmul | Op::Fma => 4,
        Op::Fdiv => 13,
        Op::Sqrt => 18,
        Op::Frem => 40,
        Op::Fneg | Op::Fabs | Op::Fcopysign => 1,
        Op::Floor | Op::Ceil | Op::Trunc | Op::Nearest => 8,
        Op::FcmpEq | Op::FcmpNe | Op::FcmpLt | Op::FcmpLe => 3,
        Op::Fpromote | Op::Fdemote => 4,
        Op::FcvtToSint | Op::FcvtToUint => 7,
        Op::FcvtFromSint | Op::FcvtFromUint => 5,
        Op::Load => 4,
        Op::Store | Op::Trapif => 1,
        Op::Memcpy | Op::Memset => 8,
        Op::Call | Op::CallIndirect => 5,
        Op::Jump | Op::Brif | Op::Switch | Op::Return | Op::Trap => 1,
    }
}
