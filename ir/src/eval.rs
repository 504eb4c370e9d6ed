//! What operations compute: the one definition that the interpreter, constant folding and the tests of rules call.
//!
//! Values are bit patterns in a `u128`, zero above the width of their type. Every function takes the controlling type, the
//! type of the first operand, and the operands, and gives `None` only where a [partial](crate::ops::Flags::partial)
//! operation has no meaning.

use crate::{Op, Type};

/// Computes an operation: controlling type, type of the first operand, operands.
pub type Eval = fn(Type, Type, &[u128]) -> Option<u128>;

/// The value of a pure operation on constants; `None` if it has none.
pub fn eval(op: Op, ty: Type, from: Type, args: &[u128]) -> Option<u128> {
    let f = op.info().eval?;
    let bits = f(ty, from, args)?;
    Some(bits & op.result_type(ty).mask())
}

/// The bits as a signed integer of this width.
pub fn signed(ty: Type, bits: u128) -> i128 {
    let unused = 128 - ty.bits();
    ((bits << unused) as i128) >> unused
}

macro_rules! ops {
    ($($name:ident($ty:pat, $args:pat) = $value:expr;)*) => {$(
        pub fn $name($ty: Type, _: Type, args: &[u128]) -> Option<u128> {
            let $args = args else { return None };
            $value
        }
    )*};
}

fn amount(ty: Type, bits: u128) -> u32 {
    (bits as u32) & (ty.bits() - 1)
}

ops! {
    iadd(_, &[a, b]) = Some(a.wrapping_add(b));
    isub(_, &[a, b]) = Some(a.wrapping_sub(b));
    imul(_, &[a, b]) = Some(a.wrapping_mul(b));
    umulhi(ty, &[a, b]) = Some(if ty == Type::I128 { umulhi128(a, b) } else { (a * b) >> ty.bits() });
    smulhi(ty, &[a, b]) = Some(if ty == Type::I128 {
        let (sa, sb) = (a as i128, b as i128);
        umulhi128(a, b).wrapping_sub(if sa < 0 { b } else { 0 }).wrapping_sub(if sb < 0 { a } else { 0 })
    } else {
        ((signed(ty, a) * signed(ty, b)) >> ty.bits()) as u128
    });
    udiv(_, &[a, b]) = a.checked_div(b);
    sdiv(ty, &[a, b]) = {
        let (a, b) = (signed(ty, a), signed(ty, b));
        if b == -1 && a == i128::MIN >> (128 - ty.bits()) { None } else { a.checked_div(b).map(|q| q as u128) }
    };
    urem(_, &[a, b]) = a.checked_rem(b);
    srem(ty, &[a, b]) = if b == 0 { None } else { Some(signed(ty, a).wrapping_rem(signed(ty, b)) as u128) };
    smin(ty, &[a, b]) = Some(if signed(ty, a) <= signed(ty, b) { a } else { b });
    smax(ty, &[a, b]) = Some(if signed(ty, a) >= signed(ty, b) { a } else { b });
    umin(_, &[a, b]) = Some(a.min(b));
    umax(_, &[a, b]) = Some(a.max(b));
    ineg(_, &[a]) = Some(a.wrapping_neg());
    band(_, &[a, b]) = Some(a & b);
    bor(_, &[a, b]) = Some(a | b);
    bxor(_, &[a, b]) = Some(a ^ b);
    bnot(_, &[a]) = Some(!a);
    ishl(ty, &[a, b]) = Some(a << amount(ty, b));
    ushr(ty, &[a, b]) = Some(a >> amount(ty, b));
    sshr(ty, &[a, b]) = Some((signed(ty, a) >> amount(ty, b)) as u128);
    rotl(ty, &[a, b]) = Some(rotate_left(ty, a, amount(ty, b)));
    rotr(ty, &[a, b]) = Some(rotate_left(ty, a, (ty.bits() - amount(ty, b)) & (ty.bits() - 1)));
    clz(ty, &[a]) = Some((a.leading_zeros() - (128 - ty.bits())) as u128);
    ctz(ty, &[a]) = Some(a.trailing_zeros().min(ty.bits()) as u128);
    popcnt(_, &[a]) = Some(a.count_ones() as u128);
    bswap(ty, &[a]) = Some(a.swap_bytes() >> (128 - ty.bits()));
    icmp_eq(_, &[a, b]) = Some((a == b) as u128);
    icmp_ne(_, &[a, b]) = Some((a != b) as u128);
    icmp_slt(ty, &[a, b]) = Some((signed(ty, a) < signed(ty, b)) as u128);
    icmp_sle(ty, &[a, b]) = Some((signed(ty, a) <= signed(ty, b)) as u128);
    icmp_ult(_, &[a, b]) = Some((a < b) as u128);
    icmp_ule(_, &[a, b]) = Some((a <= b) as u128);
    select(_, &[c, a, b]) = Some(if c == 1 { a } else { b });
    fneg(ty, &[a]) = Some(a ^ sign_bit(ty));
    fabs(ty, &[a]) = Some(a & !sign_bit(ty));
    fcopysign(ty, &[a, b]) = Some((a & !sign_bit(ty)) | (b & sign_bit(ty)));
    fcmp_eq(ty, &[a, b]) = Some((to_f64(ty, a) == to_f64(ty, b)) as u128);
    fcmp_ne(ty, &[a, b]) = Some((to_f64(ty, a) != to_f64(ty, b)) as u128);
    fcmp_lt(ty, &[a, b]) = Some((to_f64(ty, a) < to_f64(ty, b)) as u128);
    fcmp_le(ty, &[a, b]) = Some((to_f64(ty, a) <= to_f64(ty, b)) as u128);
}

fn sign_bit(ty: Type) -> u128 {
    1 << (ty.bits() - 1)
}

fn rotate_left(ty: Type, a: u128, by: u32) -> u128 {
    if by == 0 { a } else { (a << by) | (a >> (ty.bits() - by)) }
}

/// High 128 bits of the product, by four 64-bit products.
fn umulhi128(a: u128, b: u128) -> u128 {
    let low = u64::MAX as u128;
    let (ah, al, bh, bl) = (a >> 64, a & low, b >> 64, b & low);
    let middle = ah * bl + ((al * bl) >> 64);
    let other = al * bh + (middle & low);
    ah * bh + (middle >> 64) + (other >> 64)
}

macro_rules! float_ops {
    ($($name:ident($($arg:ident)*) = $value:expr;)*) => {$(
        pub fn $name(ty: Type, _: Type, args: &[u128]) -> Option<u128> {
            let &[$($arg),*] = args else { return None };
            Some(match ty {
                Type::F32 => {
                    $(let $arg = f32::from_bits($arg as u32);)*
                    f32::to_bits(canonical_f32($value)) as u128
                }
                Type::F64 => {
                    $(let $arg = f64::from_bits($arg as u64);)*
                    f64::to_bits(canonical_f64($value)) as u128
                }
                // binary64 has more than twice the digits of binary16 and two more, so rounding twice is rounding once.
                _ => {
                    $(let $arg = f16_to_f64($arg as u16);)*
                    f64_to_f16($value) as u128
                }
            })
        }
    )*};
}

float_ops! {
    fadd(a b) = a + b;
    fsub(a b) = a - b;
    fmul(a b) = a * b;
    fdiv(a b) = a / b;
    frem(a b) = a % b;
    sqrt(a) = a.sqrt();
    floor(a) = a.floor();
    ceil(a) = a.ceil();
    trunc(a) = a.trunc();
    nearest(a) = a.round_ties_even();
}

/// Fused multiply-add. In binary16, the sum is first rounded to odd in binary64, so that the second rounding is right.
pub fn fma(ty: Type, _: Type, args: &[u128]) -> Option<u128> {
    let &[a, b, c] = args else { return None };
    Some(match ty {
        Type::F32 => {
            let [a, b, c] = [a, b, c].map(|bits| f32::from_bits(bits as u32));
            canonical_f32(a.mul_add(b, c)).to_bits() as u128
        }
        Type::F64 => {
            let [a, b, c] = [a, b, c].map(|bits| f64::from_bits(bits as u64));
            canonical_f64(a.mul_add(b, c)).to_bits() as u128
        }
        _ => {
            let [a, b, c] = [a, b, c].map(|bits| f16_to_f64(bits as u16));
            let product = a * b;
            let sum = product + c;
            let z = sum - product;
            let error = (product - (sum - z)) + (c - z);
            let odd = if sum.is_finite() && error != 0.0 && sum.to_bits() & 1 == 0 {
                let away = (error > 0.0) == (sum > 0.0);
                f64::from_bits(if away { sum.to_bits() + 1 } else { sum.to_bits() - 1 })
            } else {
                sum
            };
            f64_to_f16(odd) as u128
        }
    })
}

/// Arithmetic gives one NaN only, so that every executor agrees on bits.
fn canonical_f64(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

fn canonical_f32(x: f32) -> f32 {
    if x.is_nan() { f32::NAN } else { x }
}

/// The value of a float's bits; exact.
pub fn to_f64(ty: Type, bits: u128) -> f64 {
    match ty {
        Type::F32 => f32::from_bits(bits as u32) as f64,
        Type::F64 => f64::from_bits(bits as u64),
        _ => f16_to_f64(bits as u16),
    }
}

/// The bits of a float nearest to `x`.
pub fn from_f64(ty: Type, x: f64) -> u128 {
    match ty {
        Type::F32 => canonical_f32(x as f32).to_bits() as u128,
        Type::F64 => x.to_bits() as u128,
        _ => f64_to_f16(x) as u128,
    }
}

/// Binary16 to binary64; exact.
pub fn f16_to_f64(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = ((bits >> 10) & 31, (bits & 1023) as f64);
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent as i32 - 25),
    }
}

/// Binary64 to binary16, rounded to nearest even.
pub fn f64_to_f16(x: f64) -> u16 {
    let bits = x.to_bits();
    let sign = ((bits >> 48) & 0x8000) as u16;
    if x.is_nan() {
        return 0x7e00;
    }
    let magnitude = x.abs();
    if magnitude >= 65520.0 {
        return sign | 0x7c00;
    }
    if magnitude < 2f64.powi(-14) {
        // A multiple of the smallest subnormal; the scaling is exact.
        return sign | (magnitude * 2f64.powi(24)).round_ties_even() as u16;
    }
    let rest = bits & ((1 << 42) - 1);
    let kept = (bits >> 42) & ((1 << 21) - 1);
    let exponent_and_fraction = (kept - ((1023 - 15) << 10)) as u16;
    let half = 1 << 41;
    let up = rest > half || (rest == half && exponent_and_fraction & 1 == 1);
    sign | (exponent_and_fraction + up as u16)
}

pub fn sextend(_: Type, from: Type, args: &[u128]) -> Option<u128> {
    Some(signed(from, args[0]) as u128)
}

pub fn uextend(_: Type, _: Type, args: &[u128]) -> Option<u128> {
    Some(args[0])
}

pub fn ireduce(ty: Type, _: Type, args: &[u128]) -> Option<u128> {
    Some(args[0] & ty.mask())
}

pub fn bitcast(_: Type, _: Type, args: &[u128]) -> Option<u128> {
    Some(args[0])
}

pub fn fpromote(ty: Type, from: Type, args: &[u128]) -> Option<u128> {
    Some(from_f64(ty, canonical_f64(to_f64(from, args[0]))))
}

pub fn fdemote(ty: Type, from: Type, args: &[u128]) -> Option<u128> {
    Some(from_f64(ty, to_f64(from, args[0])))
}

pub fn fcvt_to_sint(ty: Type, from: Type, args: &[u128]) -> Option<u128> {
    let (min, max) = (i128::MIN >> (128 - ty.bits()), i128::MAX >> (128 - ty.bits()));
    Some((to_f64(from, args[0]) as i128).clamp(min, max) as u128)
}

pub fn fcvt_to_uint(ty: Type, from: Type, args: &[u128]) -> Option<u128> {
    Some((to_f64(from, args[0]) as u128).min(ty.mask()))
}

pub fn fcvt_from_sint(ty: Type, from: Type, args: &[u128]) -> Option<u128> {
    let value = signed(from, args[0]);
    Some(if ty == Type::F32 { (value as f32).to_bits() as u128 } else { from_f64(ty, value as f64) })
}

pub fn fcvt_from_uint(ty: Type, _: Type, args: &[u128]) -> Option<u128> {
    Some(if ty == Type::F32 { (args[0] as f32).to_bits() as u128 } else { from_f64(ty, args[0] as f64) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(op: Op, ty: Type, args: &[u128]) -> Option<u128> {
        eval(op, ty, ty, args)
    }

    #[test]
    fn integers_wrap_and_partial_operations_have_gaps() {
        assert_eq!(run(Op::Iadd, Type::I8, &[200, 100]), Some(44));
        assert_eq!(run(Op::Sdiv, Type::I8, &[0x80, 0xff]), None);
        assert_eq!(run(Op::Srem, Type::I8, &[0x80, 0xff]), Some(0));
        assert_eq!(run(Op::Sdiv, Type::I8, &[0xf9, 2]), Some(0xfd));
        assert_eq!(run(Op::Srem, Type::I8, &[0xf9, 2]), Some(0xff));
        assert_eq!(run(Op::Udiv, Type::I32, &[1, 0]), None);
        assert_eq!(run(Op::Sshr, Type::I8, &[0x80, 9]), Some(0xc0));
        assert_eq!(run(Op::Rotr, Type::I8, &[1, 1]), Some(0x80));
        assert_eq!(run(Op::Clz, Type::I16, &[1]), Some(15));
        assert_eq!(run(Op::Ctz, Type::I16, &[0]), Some(16));
        assert_eq!(run(Op::Bswap, Type::I32, &[0x11223344]), Some(0x44332211));
        assert_eq!(run(Op::Smulhi, Type::I64, &[u64::MAX as u128, 5]), Some(u64::MAX as u128));
        assert_eq!(run(Op::Umulhi, Type::I128, &[u128::MAX, u128::MAX]), Some(u128::MAX - 1));
        assert_eq!(run(Op::Smulhi, Type::I128, &[u128::MAX, 5]), Some(u128::MAX));
        assert_eq!(run(Op::Sdiv, Type::I128, &[i128::MIN as u128, u128::MAX]), None);
    }

    #[test]
    fn binary16_rounds_to_nearest_even() {
        for bits in 0..=u16::MAX {
            let x = f16_to_f64(bits);
            if !x.is_nan() {
                assert_eq!(f64_to_f16(x), bits);
                let next = f16_to_f64(bits.wrapping_add(1));
                if next.is_finite() && x.is_finite() && (bits & 0x7fff) < 0x7bff {
                    let tie = f64_to_f16((x + next) / 2.0);
                    assert_eq!(tie, if bits & 1 == 0 { bits } else { bits + 1 }, "{x} {next}");
                }
            }
        }
        assert_eq!(f64_to_f16(65519.9), 0x7bff);
        assert_eq!(f64_to_f16(65520.0), 0x7c00);
    }

    #[test]
    fn float_to_int_saturates() {
        let f = |x: f64| x.to_bits() as u128;
        assert_eq!(eval(Op::FcvtToSint, Type::I8, Type::F64, &[f(300.0)]), Some(127));
        assert_eq!(eval(Op::FcvtToSint, Type::I8, Type::F64, &[f(-300.0)]), Some(0x80));
        assert_eq!(eval(Op::FcvtToUint, Type::I8, Type::F64, &[f(-1.0)]), Some(0));
        assert_eq!(eval(Op::FcvtToUint, Type::I64, Type::F64, &[f(f64::NAN)]), Some(0));
        assert_eq!(eval(Op::FcvtToUint, Type::I64, Type::F64, &[f(1e30)]), Some(u64::MAX as u128));
    }
}
