//! Operations on floats and conversions. An `f16` is held as its bits; its arithmetic is done in binary32, which has more
//! than twice its digits and two more, so that rounding twice is rounding once.

use super::{Lower, clif_type};
use crate::library::Library;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, Value as V, types};
use lang_ir::{Op, Type};

impl Lower<'_> {
    pub(super) fn fconst(&mut self, ty: Type, bits: u128) -> V {
        match ty {
            Type::F32 => self.b.ins().f32const(Ieee32::with_bits(bits as u32)),
            Type::F64 => self.b.ins().f64const(Ieee64::with_bits(bits as u64)),
            _ => self.iconst(types::I16, bits as i64),
        }
    }

    pub(super) fn float_binary(&mut self, op: Op, ty: Type, x: V, y: V) -> V {
        if ty == Type::F16 {
            return match op {
                Op::Fcopysign => {
                    let magnitude = self.b.ins().band_imm_u(x, 0x7fff);
                    let sign = self.b.ins().band_imm_u(y, 0x8000);
                    self.b.ins().bor(magnitude, sign)
                }
                Op::FcmpEq | Op::FcmpNe | Op::FcmpLt | Op::FcmpLe => {
                    let (x, y) = (self.f16_to_f32(x), self.f16_to_f32(y));
                    self.float_binary(op, Type::F32, x, y)
                }
                _ => {
                    let (x, y) = (self.f16_to_f32(x), self.f16_to_f32(y));
                    let result = self.float_binary(op, Type::F32, x, y);
                    self.f32_to_f16(result)
                }
            };
        }
        match op {
            Op::Fadd => self.b.ins().fadd(x, y),
            Op::Fsub => self.b.ins().fsub(x, y),
            Op::Fmul => self.b.ins().fmul(x, y),
            Op::Fdiv => self.b.ins().fdiv(x, y),
            Op::Frem => {
                let library = if ty == Type::F32 { Library::FmodF32 } else { Library::FmodF64 };
                let call = self.library(library, &[x, y]);
                self.b.inst_results(call)[0]
            }
            Op::Fcopysign => self.b.ins().fcopysign(x, y),
            Op::FcmpEq => self.b.ins().fcmp(FloatCC::Equal, x, y),
            Op::FcmpNe => self.b.ins().fcmp(FloatCC::NotEqual, x, y),
            Op::FcmpLt => self.b.ins().fcmp(FloatCC::LessThan, x, y),
            Op::FcmpLe => self.b.ins().fcmp(FloatCC::LessThanOrEqual, x, y),
            _ => unreachable!("{op:?} is not a float operation of two operands"),
        }
    }

    pub(super) fn float_unary(&mut self, op: Op, ty: Type, x: V) -> V {
        match (op, ty) {
            (Op::Fneg, Type::F16) => self.b.ins().bxor_imm_u(x, 0x8000),
            (Op::Fabs, Type::F16) => self.b.ins().band_imm_u(x, 0x7fff),
            (_, Type::F16) => {
                let x = self.f16_to_f32(x);
                let result = self.float_unary(op, Type::F32, x);
                self.f32_to_f16(result)
            }
            (Op::Fneg, _) => self.b.ins().fneg(x),
            (Op::Fabs, _) => self.b.ins().fabs(x),
            (Op::Sqrt, _) => self.b.ins().sqrt(x),
            (Op::Floor, _) => self.b.ins().floor(x),
            (Op::Ceil, _) => self.b.ins().ceil(x),
            (Op::Trunc, _) => self.b.ins().trunc(x),
            (Op::Nearest, _) => self.b.ins().nearest(x),
            _ => unreachable!("{op:?} is not a float operation of one operand"),
        }
    }

    pub(super) fn fma(&mut self, ty: Type, x: V, y: V, z: V) -> V {
        if ty != Type::F16 {
            return self.b.ins().fma(x, y, z);
        }
        // The product is exact in binary64. The sum is rounded to odd: its error is found exactly, and if there is one and
        // the last bit is even, the neighbour on the side of the error is taken. Then the second rounding is right.
        let [x, y, z] = [x, y, z].map(|v| self.fpromote(Type::F64, Type::F16, v));
        let product = self.b.ins().fmul(x, y);
        let sum = self.b.ins().fadd(product, z);
        let z_rounded = self.b.ins().fsub(sum, product);
        let product_rounded = self.b.ins().fsub(sum, z_rounded);
        let product_error = self.b.ins().fsub(product, product_rounded);
        let z_error = self.b.ins().fsub(z, z_rounded);
        let error = self.b.ins().fadd(product_error, z_error);
        let zero = self.fconst(Type::F64, 0);
        // With an infinity or a NaN in the sum, the error is a NaN, and both are false.
        let above = self.b.ins().fcmp(FloatCC::GreaterThan, error, zero);
        let below = self.b.ins().fcmp(FloatCC::LessThan, error, zero);
        let negative = self.b.ins().fcmp(FloatCC::LessThan, sum, zero);
        let (away, towards) = (self.select(negative, below, above), self.select(negative, above, below));
        let odd = self.round_to_odd(types::I64, sum, away, towards);
        let odd = self.bitcast(types::F64, odd);
        self.fdemote(Type::F16, Type::F64, odd)
    }

    /// The bits of a rounded number, or of its odd neighbour if it is even and not exact: `away` from zero or `towards` it.
    fn round_to_odd(&mut self, bits_type: cranelift_codegen::ir::Type, rounded: V, away: V, towards: V) -> V {
        let bits = self.bitcast(bits_type, rounded);
        let (away, towards) = (self.b.ins().uextend(bits_type, away), self.b.ins().uextend(bits_type, towards));
        let step = self.b.ins().isub(away, towards);
        let moved = self.b.ins().iadd(bits, step);
        let odd = self.b.ins().band_imm_u(bits, 1);
        self.b.ins().select(odd, bits, moved)
    }

    pub(super) fn fpromote(&mut self, ty: Type, from: Type, x: V) -> V {
        let x = if from == Type::F16 { self.f16_to_f32(x) } else { x };
        if ty == Type::F64 { self.b.ins().fpromote(types::F64, x) } else { x }
    }

    pub(super) fn fdemote(&mut self, ty: Type, from: Type, x: V) -> V {
        match (ty, from) {
            (Type::F16, Type::F64) => {
                // By way of binary32, rounded to odd so that the second rounding is right.
                let rounded = self.b.ins().fdemote(types::F32, x);
                let back = self.b.ins().fpromote(types::F64, rounded);
                let (back, x) = (self.b.ins().fabs(back), self.b.ins().fabs(x));
                let away = self.b.ins().fcmp(FloatCC::LessThan, back, x);
                let towards = self.b.ins().fcmp(FloatCC::GreaterThan, back, x);
                let odd = self.round_to_odd(types::I32, rounded, away, towards);
                let odd = self.bitcast(types::F32, odd);
                self.f32_to_f16(odd)
            }
            (Type::F16, _) => self.f32_to_f16(x),
            _ => self.b.ins().fdemote(types::F32, x),
        }
    }

    /// Binary16 to binary32, exact.
    fn f16_to_f32(&mut self, x: V) -> V {
        let wide = self.b.ins().uextend(types::I32, x);
        let magnitude = self.b.ins().band_imm_u(wide, 0x7fff);
        // With the fraction in place, the exponent is 112 too small: scaling corrects that, for subnormals too.
        let shifted = self.b.ins().ishl_imm_u(magnitude, 13);
        let shifted = self.bitcast(types::F32, shifted);
        let scale = self.fconst(Type::F32, 2f32.powi(112).to_bits() as u128);
        let scaled = self.b.ins().fmul(shifted, scale);
        let scaled = self.bitcast(types::I32, scaled);
        let special = self.b.ins().bor_imm_u(scaled, 0x7f80_0000);
        let is_special = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, magnitude, 0x7c00);
        let result = self.b.ins().select(is_special, special, scaled);
        let sign = self.b.ins().band_imm_u(wide, 0x8000);
        let sign = self.b.ins().ishl_imm_u(sign, 16);
        let result = self.b.ins().bor(result, sign);
        self.bitcast(types::F32, result)
    }

    /// Binary32 to binary16, rounded to nearest even.
    fn f32_to_f16(&mut self, x: V) -> V {
        let bits = self.bitcast(types::I32, x);
        let magnitude = self.b.ins().band_imm_u(bits, 0x7fff_ffff);
        // Subnormal results: adding 0.5 puts the last bit of binary16 at the end of binary32's fraction, and rounds.
        let half = self.fconst(Type::F32, 0.5f32.to_bits() as u128);
        let small = self.bitcast(types::F32, magnitude);
        let small = self.b.ins().fadd(small, half);
        let small = self.bitcast(types::I32, small);
        let small = self.b.ins().iadd_imm_s(small, -(0.5f32.to_bits() as i64));
        // Normal results: the exponent gets its new bias, and half a unit less one is added, or half a unit if odd.
        let odd = self.b.ins().ushr_imm_u(magnitude, 13);
        let odd = self.b.ins().band_imm_u(odd, 1);
        let normal = self.b.ins().iadd_imm_s(magnitude, 0xfff - (112 << 23));
        let normal = self.b.ins().iadd(normal, odd);
        let normal = self.b.ins().ushr_imm_u(normal, 13);
        let is_small = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, magnitude, 113 << 23);
        let result = self.b.ins().select(is_small, small, normal);
        // From 2^16 on it is infinite, or a NaN.
        let (infinity, nan) = (self.iconst(types::I32, 0x7c00), self.iconst(types::I32, 0x7e00));
        let is_nan = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, magnitude, 0x7f80_0000);
        let special = self.b.ins().select(is_nan, nan, infinity);
        let is_special = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, magnitude, 143 << 23);
        let result = self.b.ins().select(is_special, special, result);
        let sign = self.b.ins().ushr_imm_u(bits, 16);
        let sign = self.b.ins().band_imm_u(sign, 0x8000);
        let result = self.b.ins().bor(result, sign);
        self.b.ins().ireduce(types::I16, result)
    }

    pub(super) fn float_to_int(&mut self, signed: bool, ty: Type, from: Type, x: V) -> V {
        let x = if from == Type::F16 { self.f16_to_f32(x) } else { x };
        match ty {
            Type::I128 => {
                let x = if from == Type::F64 { x } else { self.b.ins().fpromote(types::F64, x) };
                self.float_to_wide(signed, x)
            }
            Type::I32 | Type::I64 if signed => self.b.ins().fcvt_to_sint_sat(clif_type(ty), x),
            Type::I32 | Type::I64 => self.b.ins().fcvt_to_uint_sat(clif_type(ty), x),
            _ => {
                let (min, max) = match signed {
                    true => (-1i64 << (ty.bits() - 1), (1i64 << (ty.bits() - 1)) - 1),
                    false => (0, (1i64 << ty.bits()) - 1),
                };
                let wide = self.b.ins().fcvt_to_sint_sat(types::I32, x);
                let (min, max) = (self.iconst(types::I32, min), self.iconst(types::I32, max));
                let wide = self.b.ins().smax(wide, min);
                let wide = self.b.ins().smin(wide, max);
                self.b.ins().ireduce(clif_type(ty), wide)
            }
        }
    }

    /// The library's function has no meaning where the result does not fit; its result is not used then.
    fn float_to_wide(&mut self, signed: bool, x: V) -> V {
        let (library, min, max, low, high) = match signed {
            true => (Library::F64ToSint, i128::MIN as u128, i128::MAX as u128, -2f64.powi(127), 2f64.powi(127)),
            false => (Library::F64ToUint, 0, u128::MAX, 0.0, 2f64.powi(128)),
        };
        let call = self.library(library, &[x]);
        let &[low_word, high_word] = self.b.inst_results(call) else { unreachable!("it returns two words") };
        let result = self.b.ins().iconcat(low_word, high_word);
        let (low, high) =
            (self.fconst(Type::F64, low.to_bits() as u128), self.fconst(Type::F64, high.to_bits() as u128));
        let (min, max) = (self.iconst_wide(Type::I128, min), self.iconst_wide(Type::I128, max));
        let zero = self.iconst_wide(Type::I128, 0);
        let too_low = self.b.ins().fcmp(FloatCC::LessThanOrEqual, x, low);
        let too_high = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, x, high);
        let nan = self.b.ins().fcmp(FloatCC::NotEqual, x, x);
        let result = self.select(too_low, min, result);
        let result = self.select(too_high, max, result);
        self.select(nan, zero, result)
    }

    pub(super) fn int_to_float(&mut self, signed: bool, ty: Type, from: Type, x: V) -> V {
        if ty == Type::F16 {
            // Rounding twice is right: what binary32 does not hold exactly is infinite in binary16.
            let x = self.int_to_float(signed, Type::F32, from, x);
            return self.f32_to_f16(x);
        }
        if from == Type::I128 {
            let library = match (signed, ty) {
                (true, Type::F32) => Library::SintToF32,
                (true, _) => Library::SintToF64,
                (false, Type::F32) => Library::UintToF32,
                (false, _) => Library::UintToF64,
            };
            let (low, high) = self.b.ins().isplit(x);
            let call = self.library(library, &[low, high]);
            return self.b.inst_results(call)[0];
        }
        let to = clif_type(ty);
        match (signed, from) {
            (true, Type::I32 | Type::I64) => self.b.ins().fcvt_from_sint(to, x),
            (true, _) => {
                let x = self.sextend(Type::I32, from, x);
                self.b.ins().fcvt_from_sint(to, x)
            }
            (false, Type::I64) => self.b.ins().fcvt_from_uint(to, x),
            (false, _) => {
                let x = self.uextend(Type::I64, from, x);
                self.b.ins().fcvt_from_sint(to, x)
            }
        }
    }
}
