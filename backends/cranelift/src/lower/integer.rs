//! Operations on integers. What Cranelift lacks for `i128` is put together of 64-bit words or calls a library; `i1` has
//! rules of its own, since it is held in a byte that is 0 or 1.

use super::Lower;
use super::clif_type;
use crate::library::Library;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value as V, types};
use lang_ir::{Op, Type};

impl Lower<'_> {
    pub(super) fn iconst_wide(&mut self, ty: Type, bits: u128) -> V {
        if ty != Type::I128 {
            return self.iconst(clif_type(ty), bits as i64);
        }
        let (low, high) = (self.iconst(types::I64, bits as i64), self.iconst(types::I64, (bits >> 64) as i64));
        self.b.ins().iconcat(low, high)
    }

    pub(super) fn integer_binary(&mut self, op: Op, ty: Type, x: V, y: V) -> V {
        match (op, ty) {
            // Of one bit, sum and difference are exclusive or, the product is and.
            (Op::Iadd | Op::Isub, Type::I1) => self.b.ins().bxor(x, y),
            (Op::Imul, Type::I1) => self.b.ins().band(x, y),
            (Op::Iadd, _) => self.b.ins().iadd(x, y),
            (Op::Isub, _) => self.b.ins().isub(x, y),
            (Op::Imul, _) => self.b.ins().imul(x, y),

            (Op::Umulhi, Type::I64) => self.b.ins().umulhi(x, y),
            (Op::Smulhi, Type::I64) => self.b.ins().smulhi(x, y),
            (Op::Umulhi, Type::I128) => self.umulhi128(x, y),
            (Op::Smulhi, Type::I128) => {
                // A negative factor is 2^128 too much when taken as unsigned.
                let mut high = self.umulhi128(x, y);
                for (factor, other) in [(x, y), (y, x)] {
                    let (_, word) = self.b.ins().isplit(factor);
                    let sign = self.b.ins().sshr_imm_u(word, 63);
                    let mask = self.b.ins().iconcat(sign, sign);
                    let excess = self.b.ins().band(other, mask);
                    high = self.b.ins().isub(high, excess);
                }
                high
            }
            (Op::Umulhi | Op::Smulhi, _) => {
                let extend = |lower: &mut Self, v| match op {
                    Op::Umulhi => lower.b.ins().uextend(types::I64, v),
                    _ => lower.b.ins().sextend(types::I64, v),
                };
                let (x, y) = (extend(self, x), extend(self, y));
                let product = self.b.ins().imul(x, y);
                let high = self.b.ins().ushr_imm_u(product, ty.bits() as i64);
                self.b.ins().ireduce(clif_type(ty), high)
            }

            (Op::Udiv, Type::I128) => self.wide_library(Library::Udiv, x, y),
            (Op::Sdiv, Type::I128) => self.wide_library(Library::Sdiv, x, y),
            (Op::Urem, Type::I128) => self.wide_library(Library::Urem, x, y),
            (Op::Srem, Type::I128) => {
                // The library's has no meaning for a divisor of -1, which gives 0 as a divisor of 1 does.
                let minus_one = self.iconst_wide(Type::I128, u128::MAX);
                let one = self.iconst_wide(Type::I128, 1);
                let bad = self.icmp(IntCC::Equal, y, minus_one);
                let y = self.select(bad, one, y);
                self.wide_library(Library::Srem, x, y)
            }
            (Op::Udiv, _) => self.b.ins().udiv(x, y),
            (Op::Sdiv, _) => self.b.ins().sdiv(x, y),
            (Op::Urem, _) => self.b.ins().urem(x, y),
            (Op::Srem, _) => self.b.ins().srem(x, y),

            (Op::Smin, _) => self.extremum(IntCC::SignedLessThan, x, y),
            (Op::Smax, _) => self.extremum(IntCC::SignedGreaterThan, x, y),
            (Op::Umin, _) => self.extremum(IntCC::UnsignedLessThan, x, y),
            (Op::Umax, _) => self.extremum(IntCC::UnsignedGreaterThan, x, y),

            (Op::Band, _) => self.b.ins().band(x, y),
            (Op::Bor, _) => self.b.ins().bor(x, y),
            (Op::Bxor, _) => self.b.ins().bxor(x, y),

            // Cranelift takes amounts modulo the width, too.
            (Op::Ishl, _) => {
                let y = self.amount(ty, y);
                self.b.ins().ishl(x, y)
            }
            (Op::Ushr, _) => {
                let y = self.amount(ty, y);
                self.b.ins().ushr(x, y)
            }
            (Op::Sshr, _) => {
                let y = self.amount(ty, y);
                self.b.ins().sshr(x, y)
            }
            (Op::Rotl, _) => {
                let y = self.amount(ty, y);
                self.b.ins().rotl(x, y)
            }
            (Op::Rotr, _) => {
                let y = self.amount(ty, y);
                self.b.ins().rotr(x, y)
            }

            (Op::IcmpEq, _) => self.icmp(IntCC::Equal, x, y),
            (Op::IcmpNe, _) => self.icmp(IntCC::NotEqual, x, y),
            (Op::IcmpUlt, _) => self.icmp(IntCC::UnsignedLessThan, x, y),
            (Op::IcmpUle, _) => self.icmp(IntCC::UnsignedLessThanOrEqual, x, y),
            // As a signed number, the one bit is -1.
            (Op::IcmpSlt, Type::I1) => self.icmp(IntCC::UnsignedGreaterThan, x, y),
            (Op::IcmpSle, Type::I1) => self.icmp(IntCC::UnsignedGreaterThanOrEqual, x, y),
            (Op::IcmpSlt, _) => self.icmp(IntCC::SignedLessThan, x, y),
            (Op::IcmpSle, _) => self.icmp(IntCC::SignedLessThanOrEqual, x, y),
            _ => unreachable!("{op:?} is not an integer operation of two operands"),
        }
    }

    pub(super) fn integer_unary(&mut self, op: Op, ty: Type, x: V) -> V {
        match (op, ty) {
            (Op::Ineg, Type::I1) => x,
            (Op::Ineg, Type::I128) => {
                let zero = self.iconst_wide(ty, 0);
                self.b.ins().isub(zero, x)
            }
            (Op::Ineg, _) => self.b.ins().ineg(x),
            (Op::Bnot, Type::I1) => self.b.ins().bxor_imm_u(x, 1),
            (Op::Bnot, _) => self.b.ins().bnot(x),
            (Op::Bswap, _) => self.b.ins().bswap(x),
            (Op::Clz, Type::I8 | Type::I16) => {
                let wide = self.b.ins().uextend(types::I32, x);
                let count = self.b.ins().clz(wide);
                let count = self.b.ins().iadd_imm_s(count, ty.bits() as i64 - 32);
                self.b.ins().ireduce(clif_type(ty), count)
            }
            (Op::Ctz, Type::I8 | Type::I16) => {
                // A bit above the width ends the count.
                let wide = self.b.ins().uextend(types::I32, x);
                let wide = self.b.ins().bor_imm_u(wide, 1 << ty.bits());
                let count = self.b.ins().ctz(wide);
                self.b.ins().ireduce(clif_type(ty), count)
            }
            (Op::Popcnt, Type::I8 | Type::I16) => {
                let wide = self.b.ins().uextend(types::I32, x);
                let count = self.b.ins().popcnt(wide);
                self.b.ins().ireduce(clif_type(ty), count)
            }
            (Op::Clz, _) => self.b.ins().clz(x),
            (Op::Ctz, _) => self.b.ins().ctz(x),
            (Op::Popcnt, _) => self.b.ins().popcnt(x),
            _ => unreachable!("{op:?} is not an integer operation of one operand"),
        }
    }

    pub(super) fn sextend(&mut self, ty: Type, from: Type, x: V) -> V {
        let x = if from == Type::I1 { self.b.ins().ineg(x) } else { x };
        match ty {
            Type::I128 => {
                let low = if from == Type::I64 { x } else { self.b.ins().sextend(types::I64, x) };
                let high = self.b.ins().sshr_imm_u(low, 63);
                self.b.ins().iconcat(low, high)
            }
            Type::I8 => x,
            _ => self.b.ins().sextend(clif_type(ty), x),
        }
    }

    pub(super) fn uextend(&mut self, ty: Type, from: Type, x: V) -> V {
        match ty {
            Type::I128 => {
                let low = if from == Type::I64 { x } else { self.b.ins().uextend(types::I64, x) };
                let high = self.iconst(types::I64, 0);
                self.b.ins().iconcat(low, high)
            }
            Type::I8 => x,
            _ => self.b.ins().uextend(clif_type(ty), x),
        }
    }

    pub(super) fn ireduce(&mut self, ty: Type, from: Type, x: V) -> V {
        let (x, from) = if from == Type::I128 { (self.b.ins().isplit(x).0, Type::I64) } else { (x, from) };
        let (from, to) = (clif_type(from), clif_type(ty));
        let x = if from == to { x } else { self.b.ins().ireduce(to, x) };
        if ty == Type::I1 { self.b.ins().band_imm_u(x, 1) } else { x }
    }

    fn extremum(&mut self, first_wins: IntCC, x: V, y: V) -> V {
        let condition = self.icmp(first_wins, x, y);
        self.select(condition, x, y)
    }

    /// The amount of a shift: of a wide one, the low word says it all.
    fn amount(&mut self, ty: Type, y: V) -> V {
        if ty == Type::I128 { self.b.ins().isplit(y).0 } else { y }
    }

    /// The product of two words.
    fn product(&mut self, x: V, y: V) -> V {
        let (low, high) = (self.b.ins().imul(x, y), self.b.ins().umulhi(x, y));
        self.b.ins().iconcat(low, high)
    }

    /// High 128 bits of the unsigned product, by four products of words; see `umulhi128` of `lang_ir::eval`.
    fn umulhi128(&mut self, x: V, y: V) -> V {
        let ((x_low, x_high), (y_low, y_high)) = (self.b.ins().isplit(x), self.b.ins().isplit(y));
        let carry = self.b.ins().umulhi(x_low, y_low);
        let carry = self.uextend(Type::I128, Type::I64, carry);
        let middle = self.product(x_high, y_low);
        let middle = self.b.ins().iadd(middle, carry);
        let (middle_low, middle_high) = self.b.ins().isplit(middle);
        let middle_low = self.uextend(Type::I128, Type::I64, middle_low);
        let middle_high = self.uextend(Type::I128, Type::I64, middle_high);
        let other = self.product(x_low, y_high);
        let other = self.b.ins().iadd(other, middle_low);
        let (_, other_high) = self.b.ins().isplit(other);
        let other_high = self.uextend(Type::I128, Type::I64, other_high);
        let high = self.product(x_high, y_high);
        let high = self.b.ins().iadd(high, middle_high);
        self.b.ins().iadd(high, other_high)
    }

    fn wide_library(&mut self, library: Library, x: V, y: V) -> V {
        let ((x_low, x_high), (y_low, y_high)) = (self.b.ins().isplit(x), self.b.ins().isplit(y));
        let call = self.library(library, &[x_low, x_high, y_low, y_high]);
        let &[low, high] = self.b.inst_results(call) else { unreachable!("it returns two words") };
        self.b.ins().iconcat(low, high)
    }
}
