//! What the optimizer should know of Cranelift on x86-64.

use lang_ir::target::{Target, generic_latency};
use lang_ir::{Op, Type};

/// Cranelift on x86-64.
pub static TARGET: Target = Target { name: "cranelift", latency, legal, divides_by_constants: false };

/// What an operation becomes.
enum Code {
    /// A few instructions.
    Inline,
    /// Conversions to binary32 and back, of about ten instructions each, and instructions between them.
    Widened,
    /// A call of a library, of so many cycles with what the function does.
    Library(u32),
}

/// A call of a library costs its call and what the function does.
fn latency(op: Op, ty: Type) -> u32 {
    match code(op, ty) {
        Code::Inline => generic_latency(op, ty),
        Code::Widened => 20 + generic_latency(op, Type::F32),
        Code::Library(cycles) if ty == Type::F16 => 20 + cycles,
        Code::Library(cycles) => cycles,
    }
}

/// Everything compiles; not legal is what takes a call of a library on a baseline CPU, so that the optimizer does not
/// bring it in.
fn legal(op: Op, ty: Type) -> bool {
    !matches!(code(op, ty), Code::Library(_))
}

fn code(op: Op, ty: Type) -> Code {
    match op {
        Op::Udiv | Op::Sdiv | Op::Urem | Op::Srem | Op::FcvtToSint | Op::FcvtToUint if ty == Type::I128 => {
            Code::Library(generic_latency(op, ty))
        }
        Op::Frem => Code::Library(40),
        Op::Fma => Code::Library(25),
        Op::Floor | Op::Ceil | Op::Trunc | Op::Nearest => Code::Library(15),

        Op::Fadd | Op::Fsub | Op::Fmul | Op::Fdiv | Op::Sqrt | Op::FcmpEq | Op::FcmpNe | Op::FcmpLt | Op::FcmpLe
            if ty == Type::F16 =>
        {
            Code::Widened
        }
        Op::Fadd | Op::Fsub | Op::Fmul | Op::Fdiv | Op::Sqrt | Op::FcmpEq | Op::FcmpNe | Op::FcmpLt | Op::FcmpLe => {
            Code::Inline
        }
        Op::Iconst | Op::Fconst | Op::SlotAddr | Op::GlobalAddr | Op::FuncAddr => Code::Inline,
        Op::Iadd | Op::Isub | Op::Imul | Op::Umulhi | Op::Smulhi | Op::Udiv | Op::Sdiv | Op::Urem | Op::Srem => {
            Code::Inline
        }
        Op::Smin | Op::Smax | Op::Umin | Op::Umax | Op::Ineg | Op::Select | Op::PtrAdd => Code::Inline,
        Op::Band | Op::Bor | Op::Bxor | Op::Bnot | Op::Ishl | Op::Ushr | Op::Sshr | Op::Rotl | Op::Rotr => Code::Inline,
        Op::Clz | Op::Ctz | Op::Popcnt | Op::Bswap => Code::Inline,
        Op::IcmpEq | Op::IcmpNe | Op::IcmpSlt | Op::IcmpSle | Op::IcmpUlt | Op::IcmpUle => Code::Inline,
        Op::Fneg | Op::Fabs | Op::Fcopysign => Code::Inline,
        Op::Sextend | Op::Uextend | Op::Ireduce | Op::Bitcast | Op::PtrToInt | Op::IntToPtr => Code::Inline,
        Op::Fpromote | Op::Fdemote | Op::FcvtToSint | Op::FcvtToUint | Op::FcvtFromSint | Op::FcvtFromUint => {
            Code::Inline
        }
        Op::Load | Op::Store | Op::Memcpy | Op::Memset | Op::Trapif | Op::Call | Op::CallIndirect => Code::Inline,
        Op::Jump | Op::Brif | Op::Switch | Op::Return | Op::Trap => Code::Inline,
    }
}
