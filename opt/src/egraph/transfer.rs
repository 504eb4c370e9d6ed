//! What an operation's operands tell about its result: the transfer functions of the domain [`Facts`].

use super::facts::{Facts, signed_max, signed_min};
use crate::rules::vocabulary::{add_no_swrap, add_no_uwrap, mul_no_swrap, mul_no_uwrap, sub_no_swrap, sub_no_uwrap};
use lang_ir::{Op, Type, eval};

/// Facts about the result of a pure operation. A partial operation is taken to have a meaning.
pub fn transfer(op: Op, ty: Type, args: &[Facts]) -> Facts {
    let result = op.result_type(ty);
    let mut constants = [0u128; 3];
    if !args.is_empty() && args.len() <= 3 {
        let mut all = true;
        for (slot, arg) in constants.iter_mut().zip(args) {
            match arg.as_constant() {
                Some(bits) => *slot = bits,
                None => all = false,
            }
        }
        if all {
            return match eval::eval(op, ty, args[0].ty, &constants[..args.len()]) {
                Some(bits) => Facts::constant(result, bits),
                None => Facts::top(result),
            };
        }
    }
    let facts = match *args {
        [a] => unary(op, ty, &a),
        [a, b] => binary(op, ty, &a, &b),
        [a, b, c] if op == Op::Select => match a.as_constant() {
            Some(1) => b,
            Some(_) => c,
            None => b.or(&c),
        },
        _ => Facts::top(result),
    };
    debug_assert_eq!(facts.ty, result, "{}", op.mnemonic());
    facts.normalize().unwrap_or(Facts::top(result))
}

fn with(ty: Type, change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = Facts::top(ty);
    change(&mut facts);
    facts
}

fn unary(op: Op, ty: Type, a: &Facts) -> Facts {
    let mask = ty.mask();
    let bits = ty.bits();
    match op {
        Op::Ineg => binary(Op::Isub, ty, &Facts::constant(ty, 0), a),
        Op::Bnot => Facts {
            ty,
            zeros: a.ones,
            ones: a.zeros,
            umin: mask - a.umax,
            umax: mask - a.umin,
            smin: !a.smax,
            smax: !a.smin,
        },
        Op::Clz => {
            let leading = |x: u128| (x.leading_zeros() - (128 - bits)) as u128;
            Facts::unsigned(ty, leading(a.umax), leading(a.umin))
        }
        Op::Ctz => {
            let most = if a.ones != 0 { a.ones.trailing_zeros() } else { bits - a.nonzero() as u32 };
            Facts::unsigned(ty, a.maybe().trailing_zeros().min(most) as u128, most as u128)
        }
        Op::Popcnt => Facts::unsigned(ty, a.ones.count_ones() as u128, a.maybe().count_ones() as u128),
        Op::Bswap => {
            let swap = |x: u128| x.swap_bytes() >> (128 - bits);
            Facts::bits(ty, swap(a.zeros), swap(a.ones))
        }
        Op::Sextend => Facts {
            ty,
            zeros: eval::signed(a.ty, a.zeros) as u128 & mask,
            ones: eval::signed(a.ty, a.ones) as u128 & mask,
            smin: a.smin,
            smax: a.smax,
            ..Facts::top(ty)
        },
        Op::Uextend => Facts {
            ty,
            zeros: a.zeros | (mask & !a.ty.mask()),
            ones: a.ones,
            umin: a.umin,
            umax: a.umax,
            ..Facts::top(ty)
        },
        Op::Ireduce => with(ty, |f| {
            (f.zeros, f.ones) = (a.zeros & mask, a.ones & mask);
            if a.umax <= mask {
                (f.umin, f.umax) = (a.umin, a.umax);
            }
            if a.smin >= signed_min(ty) && a.smax <= signed_max(ty) {
                (f.smin, f.smax) = (a.smin, a.smax);
            }
        }),
        Op::PtrToInt | Op::IntToPtr => Facts { ty, ..*a },
        _ => Facts::top(op.result_type(ty)),
    }
}

/// Known bits of a sum, after LLVM's `KnownBits::computeForAddCarry`.
fn sum_bits(f: &mut Facts, a: (u128, u128), b: (u128, u128), carry: u128) {
    let mask = f.ty.mask();
    let most = (!a.0).wrapping_add(!b.0).wrapping_add(carry);
    let least = a.1.wrapping_add(b.1).wrapping_add(carry);
    let carry_zero = !(most ^ a.0 ^ b.0);
    let carry_one = least ^ a.1 ^ b.1;
    let known = (a.0 | a.1) & (b.0 | b.1) & (carry_zero | carry_one) & mask;
    (f.zeros, f.ones) = (!most & known, least & known);
}

fn binary(op: Op, ty: Type, a: &Facts, b: &Facts) -> Facts {
    let mask = ty.mask();
    let bits = ty.bits();
    let amount = b.as_constant().map(|k| (k & (bits - 1) as u128) as u32);
    match op {
        Op::Iadd | Op::PtrAdd => with(ty, |f| {
            sum_bits(f, (a.zeros, a.ones), (b.zeros, b.ones), 0);
            if add_no_uwrap(a, b) {
                (f.umin, f.umax) = (a.umin + b.umin, a.umax + b.umax);
            }
            if add_no_swrap(a, b) {
                (f.smin, f.smax) = (a.smin + b.smin, a.smax + b.smax);
            }
        }),
        Op::Isub => with(ty, |f| {
            sum_bits(f, (a.zeros, a.ones), (b.ones | !mask, b.zeros), 1);
            if sub_no_uwrap(a, b) {
                (f.umin, f.umax) = (a.umin - b.umax, a.umax - b.umin);
            }
            if sub_no_swrap(a, b) {
                (f.smin, f.smax) = (a.smin - b.smax, a.smax - b.smin);
            }
        }),
        Op::Imul => with(ty, |f| {
            let zeros = (a.maybe().trailing_zeros().min(bits) + b.maybe().trailing_zeros().min(bits)).min(bits);
            f.zeros = if zeros == 0 { 0 } else { u128::MAX >> (128 - zeros) };
            if mul_no_uwrap(a, b) {
                (f.umin, f.umax) = (a.umin * b.umin, a.umax * b.umax);
            }
            if mul_no_swrap(a, b) {
                let ends = [a.smin * b.smin, a.smin * b.smax, a.smax * b.smin, a.smax * b.smax];
                f.smin = ends.into_iter().fold(i128::MAX, i128::min);
                f.smax = ends.into_iter().fold(i128::MIN, i128::max);
            }
        }),
        Op::Umulhi if bits <= 64 => Facts::unsigned(ty, (a.umin * b.umin) >> bits, (a.umax * b.umax) >> bits),
        Op::Udiv if b.umax > 0 => Facts::unsigned(ty, a.umin / b.umax, a.umax / b.umin.max(1)),
        Op::Urem if a.umax < b.umin => *a,
        Op::Urem if b.umax > 0 => Facts::unsigned(ty, 0, a.umax.min(b.umax - 1)),
        Op::Sdiv if a.smin >= 0 && b.smin >= 0 && b.smax > 0 => {
            Facts::signed(ty, a.smin / b.smax, a.smax / b.smin.max(1))
        }
        Op::Sdiv if b.smin > 0 => {
            let ends = [a.smin / b.smin, a.smin / b.smax, a.smax / b.smin, a.smax / b.smax];
            Facts::signed(ty, ends.into_iter().fold(i128::MAX, i128::min), ends.into_iter().fold(i128::MIN, i128::max))
        }
        Op::Srem => {
            let limit = b.smin.unsigned_abs().max(b.smax.unsigned_abs());
            if limit == 0 {
                return Facts::top(ty);
            }
            let limit = (limit - 1) as i128;
            let smin = if a.smin >= 0 { 0 } else { a.smin.max(-limit) };
            let smax = if a.smax <= 0 { 0 } else { a.smax.min(limit) };
            Facts::signed(ty, smin, smax)
        }
        Op::Smin => with(ty, |f| {
            *f = a.or(b);
            (f.smin, f.smax) = (a.smin.min(b.smin), a.smax.min(b.smax));
        }),
        Op::Smax => with(ty, |f| {
            *f = a.or(b);
            (f.smin, f.smax) = (a.smin.max(b.smin), a.smax.max(b.smax));
        }),
        Op::Umin => with(ty, |f| {
            *f = a.or(b);
            (f.umin, f.umax) = (a.umin.min(b.umin), a.umax.min(b.umax));
        }),
        Op::Umax => with(ty, |f| {
            *f = a.or(b);
            (f.umin, f.umax) = (a.umin.max(b.umin), a.umax.max(b.umax));
        }),
        Op::Band => with(ty, |f| {
            (f.zeros, f.ones) = (a.zeros | b.zeros, a.ones & b.ones);
            f.umax = a.umax.min(b.umax);
        }),
        Op::Bor => with(ty, |f| {
            (f.zeros, f.ones) = (a.zeros & b.zeros, a.ones | b.ones);
            f.umin = a.umin.max(b.umin);
        }),
        Op::Bxor => Facts::bits(ty, (a.zeros & b.zeros) | (a.ones & b.ones), (a.zeros & b.ones) | (a.ones & b.zeros)),
        Op::Ishl => with(ty, |f| {
            let Some(k) = amount else { return };
            f.zeros = ((a.zeros << k) | ((1 << k) - 1)) & mask;
            f.ones = (a.ones << k) & mask;
            if a.umax <= mask >> k {
                (f.umin, f.umax) = (a.umin << k, a.umax << k);
            }
            if a.smin >= signed_min(ty) >> k && a.smax <= signed_max(ty) >> k {
                (f.smin, f.smax) = (a.smin << k, a.smax << k);
            }
        }),
        Op::Ushr => with(ty, |f| match amount {
            Some(k) => {
                (f.zeros, f.ones) = ((a.zeros >> k) | (mask & !(mask >> k)), a.ones >> k);
                (f.umin, f.umax) = (a.umin >> k, a.umax >> k);
            }
            None => f.umax = a.umax,
        }),
        Op::Sshr => with(ty, |f| match amount {
            Some(k) => {
                f.zeros = (eval::signed(ty, a.zeros) >> k) as u128 & mask;
                f.ones = (eval::signed(ty, a.ones) >> k) as u128 & mask;
                (f.smin, f.smax) = (a.smin >> k, a.smax >> k);
            }
            None => (f.smin, f.smax) = (a.smin.min(0), a.smax.max(-1)),
        }),
        Op::Rotl | Op::Rotr if amount.is_some() => {
            let by = Facts::constant(ty, amount.unwrap_or(0) as u128).umin;
            let rotate = |x: u128| eval::eval(op, ty, ty, &[x, by]).unwrap_or(0);
            Facts::bits(ty, rotate(a.zeros), rotate(a.ones))
        }
        Op::IcmpEq => truth(compare_eq(a, b)),
        Op::IcmpNe => truth(compare_eq(a, b).map(|x| !x)),
        Op::IcmpUlt => truth(decide(a.umax < b.umin, a.umin >= b.umax)),
        Op::IcmpUle => truth(decide(a.umax <= b.umin, a.umin > b.umax)),
        Op::IcmpSlt => truth(decide(a.smax < b.smin, a.smin >= b.smax)),
        Op::IcmpSle => truth(decide(a.smax <= b.smin, a.smin > b.smax)),
        _ => Facts::top(op.result_type(ty)),
    }
}

fn compare_eq(a: &Facts, b: &Facts) -> Option<bool> {
    match (a.as_constant(), b.as_constant()) {
        (Some(x), Some(y)) => Some(x == y),
        _ => a.and(b).is_none().then_some(false),
    }
}

fn decide(yes: bool, no: bool) -> Option<bool> {
    if yes { Some(true) } else { no.then_some(false) }
}

fn truth(known: Option<bool>) -> Facts {
    match known {
        Some(value) => Facts::constant(Type::I1, value as u128),
        None => Facts::top(Type::I1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egraph::testing::Random;
    use lang_ir::ops::{OPS, Shape};

    /// Facts that hold for two random values, made in one of several ways.
    fn some_facts(random: &mut Random, ty: Type) -> (Facts, Vec<u128>) {
        let values = vec![random.bits(ty), random.bits(ty)];
        let exact = Facts::constant(ty, values[0]).or(&Facts::constant(ty, values[1]));
        let facts = match random.below(5) {
            0 => return (Facts::constant(ty, values[0]), vec![values[0]]),
            1 => Facts::top(ty),
            2 => exact,
            3 => Facts::unsigned(ty, exact.umin, exact.umax),
            _ => Facts::signed(ty, exact.smin, exact.smax),
        };
        (facts, values)
    }

    #[test]
    fn results_are_among_the_facts() {
        let mut random = Random::new(7);
        for info in OPS.iter().filter(|i| i.flags.pure_ && i.eval.is_some()) {
            for _ in 0..6000 {
                let ty = Type::ALL[random.below(Type::ALL.len() as u64) as usize];
                if !info.types.accepts(ty) {
                    continue;
                }
                let arity = match info.shape {
                    Shape::Unary => 1,
                    Shape::Binary => 2,
                    _ => 3,
                };
                let types: Vec<Type> = (0..arity)
                    .filter_map(|i| {
                        let fits: Vec<Type> =
                            Type::ALL.into_iter().filter(|&t| info.types.accepts_operand(ty, i, t)).collect();
                        (!fits.is_empty()).then(|| fits[random.below(fits.len() as u64) as usize])
                    })
                    .collect();
                if types.len() < arity {
                    continue;
                }
                let args: Vec<(Facts, Vec<u128>)> = types.iter().map(|&t| some_facts(&mut random, t)).collect();
                let facts: Vec<Facts> = args.iter().map(|a| a.0).collect();
                let result = transfer(info.op, ty, &facts);
                for _ in 0..4 {
                    let values: Vec<u128> = args.iter().map(|a| a.1[random.below(a.1.len() as u64) as usize]).collect();
                    if let Some(value) = eval::eval(info.op, ty, types[0], &values) {
                        assert!(
                            result.contains(value),
                            "{} {ty} {values:x?} = {value:x} not in {result:x?} of {facts:x?}",
                            info.mnemonic
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn intervals_are_useful() {
        let index = Facts::signed(Type::I64, 0, 99);
        let next = transfer(Op::Iadd, Type::I64, &[index, Facts::constant(Type::I64, 1)]);
        assert_eq!((next.smin, next.smax, next.umax), (1, 100, 100));
        let low = transfer(Op::Band, Type::I64, &[Facts::top(Type::I64), Facts::constant(Type::I64, 7)]);
        assert_eq!((low.umax, low.smax), (7, 7));
        let scaled = transfer(Op::Ishl, Type::I64, &[index, Facts::constant(Type::I64, 3)]);
        assert_eq!((scaled.smax, scaled.zeros & 7), (99 << 3, 7));
    }
}
