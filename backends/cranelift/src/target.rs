//! What the optimizer should know of Cranelift on x86-64.

use lang_ir::ops::TypeRule;
use lang_ir::target::{Target, generic_latency};
use lang_ir::{Op, Type};

/// Cranelift on x86-64.
pub static TARGET: Target = Target { name: "cranelift", latency, legal, divides_by_constants: false };

/// A call of a library costs its call and what the function does.
fn latency(op: Op, ty: Type) -> u32 {
    match op {
        // By way of binary32: two conversions of about ten instructions.
        _ if ty == Type::F16
            && matches!(op.info().types, TypeRule::Float | TypeRule::FloatCompare)
            && !matches!(op, Op::Fneg | Op::Fabs | Op::Fcopysign) =>
        {
            20 + generic_latency(op, Type::F32)
        }
        Op::Fma => 25,
        Op::Floor | Op::Ceil | Op::Trunc | Op::Nearest => 15,
        _ => generic_latency(op, ty),
    }
}

/// Everything compiles; not legal is what takes a call of a library on a baseline CPU, so that the optimizer does not
/// bring it in.
fn legal(op: Op, ty: Type) -> bool {
    match op {
        Op::Udiv | Op::Sdiv | Op::Urem | Op::Srem | Op::FcvtToSint | Op::FcvtToUint => ty != Type::I128,
        Op::Frem | Op::Fma | Op::Floor | Op::Ceil | Op::Trunc | Op::Nearest => false,
        _ => true,
    }
}
