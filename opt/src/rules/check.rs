//! The everyday test of rules, without a solver: both sides are evaluated on corner cases and pseudo-random values at full
//! widths, and on all values where the variables have few bits. It refutes wrong rules; it proves none.
//!
//! Partial operations are total here, with the values of SMT-LIB, as in the proofs. Besides, wherever the left side has a
//! meaning the right side has to have one: a rule brings in no division that was not harmless already, with two exceptions. Floats are equal
//! if their bits are, or if both are NaN: no rule keeps the bits of a NaN.

use super::rule::{Bindings, Condition, Pattern, Rule};
use crate::egraph::facts::{Facts, signed_min};
use lang_ir::eval::{eval, signed, to_f64};
use lang_ir::target::GENERIC;
use lang_ir::{Op, Type};
use std::fmt;

/// Rules whose right side has a division with fewer meanings than the left side: `srem` by -1 is always 0, `sdiv` of the
/// least by -1 has none. That is right, since the e-graph computes a division only where it is proved harmless or where
/// the function itself computes it, and it is what these rules are for: the division that is there already.
pub const FINDS_DIVISION: [&str; 2] = ["srem-by-div", "isub-rem-s"];

/// How much is evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Samples that satisfy the conditions, for each assignment of types.
    pub samples: u32,
    /// All values are tried where the variables have at most this many bits together.
    pub exhaustive_bits: u32,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort { samples: 400, exhaustive_bits: 16 }
    }
}

/// What was evaluated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checked {
    /// Assignments of types.
    pub instances: u32,
    /// Assignments of types that no sample satisfied.
    pub untried: u32,
    /// Assignments of values that satisfied the conditions.
    pub samples: u64,
}

/// Values for which a rule does not hold.
#[derive(Clone, Debug)]
pub struct Counterexample {
    pub rule: &'static str,
    pub types: Vec<(String, Type)>,
    pub values: Vec<(String, u128)>,
    /// With SMT-LIB's values where a division has no meaning.
    pub left: u128,
    pub right: u128,
    /// The left side has a meaning and the right side has none.
    pub undefined: bool,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "rule {}:", self.rule)?;
        for (name, ty) in &self.types {
            write!(f, " {name} = {ty}")?;
        }
        for (name, value) in &self.values {
            write!(f, " {name} = {value:#x}")?;
        }
        write!(f, ": {:#x} is not {:#x}", self.left, self.right)?;
        if self.undefined {
            write!(f, " (and has no meaning)")?;
        }
        Ok(())
    }
}

/// Every assignment of types to the type variables of a rule for which the rule exists.
pub fn instances(rule: &Rule) -> Vec<Vec<Type>> {
    let count = Type::ALL.len();
    (0..count.pow(rule.types.len() as u32))
        .map(|code| (0..rule.types.len()).map(|i| Type::ALL[code / count.pow(i as u32) % count]).collect::<Vec<_>>())
        .filter(|types| rule.accepts_types(types))
        .collect()
}

/// Evaluates a rule in all its instances.
pub fn check(rule: &Rule, effort: Effort) -> Result<Checked, Counterexample> {
    let mut checked = Checked::default();
    for types in instances(rule) {
        let instance = Instance { rule, types: &types };
        checked.instances += 1;
        let before = checked.samples;
        instance.sample(effort.samples, &mut checked)?;
        instance.exhaust(effort.exhaustive_bits, &mut checked)?;
        checked.untried += (checked.samples == before) as u32;
    }
    Ok(checked)
}

/// A rule with types for its type variables.
pub struct Instance<'a> {
    pub rule: &'a Rule,
    pub types: &'a [Type],
}

/// What a side of a rule computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Computed {
    pub bits: u128,
    /// No division without a meaning is in it.
    pub defined: bool,
}

impl Instance<'_> {
    fn sample(&self, wanted: u32, checked: &mut Checked) -> Result<(), Counterexample> {
        let mut samples = Samples::new(self.rule.row.name);
        let mut values = vec![0; self.rule.slots.len()];
        let mut found = 0;
        for _ in 0..wanted as usize * 60 {
            samples.fill(self, &mut values);
            if self.check_values(&values)? {
                found += 1;
                checked.samples += 1;
                if found == wanted {
                    break;
                }
            }
        }
        Ok(())
    }

    fn exhaust(&self, most_bits: u32, checked: &mut Checked) -> Result<(), Counterexample> {
        let widths: Vec<u32> = self.rule.slots.iter().map(|slot| slot.ty.get(self.types).bits()).collect();
        let total: u32 = widths.iter().sum();
        if total > most_bits {
            return Ok(());
        }
        let mut values = vec![0; widths.len()];
        for code in 0..1u128 << total {
            let mut rest = code;
            for (value, &width) in values.iter_mut().zip(&widths) {
                *value = rest & ((1 << width) - 1);
                rest >>= width;
            }
            checked.samples += self.check_values(&values)? as u64;
        }
        Ok(())
    }

    /// Compares both sides; whether the conditions hold.
    fn check_values(&self, values: &[u128]) -> Result<bool, Counterexample> {
        if !self.applies(values) {
            return Ok(false);
        }
        let (Some(left), Some(right)) = (self.eval(&self.rule.lhs, values), self.eval(&self.rule.rhs, values)) else {
            return Ok(false);
        };
        let ty = self.rule.type_of(&self.rule.lhs, self.types);
        let undefined = left.defined && !right.defined && !FINDS_DIVISION.contains(&self.rule.row.name);
        if same(ty, left.bits, right.bits) && !undefined {
            return Ok(true);
        }
        let names = self.rule.types.iter().cloned();
        Err(Counterexample {
            rule: self.rule.row.name,
            types: names.zip(self.types.iter().copied()).collect(),
            values: self.rule.slots.iter().map(|s| s.name.clone()).zip(values.iter().copied()).collect(),
            left: left.bits,
            right: right.bits,
            undefined,
        })
    }

    /// Whether the conditions hold for these values of the slots. Conditions that only say when a rule pays always do.
    pub fn applies(&self, values: &[u128]) -> bool {
        let facts =
            |slot: u8| Facts::constant(self.rule.slots[slot as usize].ty.get(self.types), values[slot as usize]);
        let bindings = Bindings { types: self.types, facts: &facts };
        self.rule.conditions.iter().all(|c| is_about_profit(c) || c.holds(self.rule, &bindings, &GENERIC))
    }

    /// The value of a side; `None` if a computed constant has no value.
    pub fn eval(&self, pattern: &Pattern, values: &[u128]) -> Option<Computed> {
        let constant = |bits| Some(Computed { bits, defined: true });
        match pattern {
            Pattern::Slot(slot) => constant(values[*slot as usize]),
            Pattern::Literal(literal, ty) => constant(literal.bits(ty.get(self.types))?),
            Pattern::Computed(expr) => {
                let slots = &self.rule.slots;
                let facts = |slot: u8| Facts::constant(slots[slot as usize].ty.get(self.types), values[slot as usize]);
                constant(expr.eval(&Bindings { types: self.types, facts: &facts })?)
            }
            Pattern::Node { op, ty, args } => {
                let mut defined = true;
                let mut bits = [0; 3];
                for (slot, arg) in bits.iter_mut().zip(args) {
                    let arg = self.eval(arg, values)?;
                    *slot = arg.bits;
                    defined &= arg.defined;
                }
                let (bits, ty) = (&bits[..args.len()], ty.get(self.types));
                let from = self.rule.type_of(&args[0], self.types);
                Some(match eval(*op, ty, from, bits) {
                    Some(bits) => Computed { bits, defined },
                    None => Computed { bits: total(*op, ty, bits), defined: false },
                })
            }
        }
    }
}

/// What SMT-LIB says about divisions that have no meaning.
fn total(op: Op, ty: Type, args: &[u128]) -> u128 {
    match op {
        Op::Udiv => ty.mask(),
        Op::Urem | Op::Srem => args[0],
        // By zero, and the smallest by -1, which wraps.
        Op::Sdiv if args[1] == 0 && signed(ty, args[0]) < 0 => 1,
        Op::Sdiv if args[1] == 0 => ty.mask(),
        _ => args[0],
    }
}

/// Whether two values are the same: by their bits, or both NaN.
pub fn same(ty: Type, a: u128, b: u128) -> bool {
    a == b || (ty.is_float() && to_f64(ty, a).is_nan() && to_f64(ty, b).is_nan())
}

/// Conditions on values that only say when a rule pays.
const ABOUT_PROFIT: [&str; 3] = ["is-const", "not-const", "scales"];

/// Whether a condition only says when a rule pays.
pub fn is_about_profit(condition: &Condition) -> bool {
    match condition {
        Condition::Target { .. } => true,
        Condition::Fact { info, .. } => ABOUT_PROFIT.contains(&info.name),
        Condition::Types { .. } | Condition::Holds(_) => false,
    }
}

/// Values for slots: corner cases, values that relate to those before, and pseudo-random ones. The sequence depends on
/// the seed only.
pub struct Samples(u64);

impl Samples {
    pub fn new(seed: &str) -> Samples {
        Samples(
            seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    /// Splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u128) -> u128 {
        let any = (self.next() as u128) << 64 | self.next() as u128;
        if limit == 0 { any } else { any % limit }
    }

    /// A value for each slot.
    pub fn fill(&mut self, instance: &Instance, values: &mut [u128]) {
        for slot in 0..values.len() {
            let ty = instance.rule.slots[slot].ty.get(instance.types);
            let earlier = match slot {
                0 => None,
                _ => {
                    let other = self.below(slot as u128) as usize;
                    Some((instance.rule.slots[other].ty.get(instance.types), values[other]))
                }
            };
            values[slot] = if ty.is_float() { self.float(ty, earlier) } else { self.integer(ty, earlier) } & ty.mask();
        }
    }

    /// A value of a type.
    pub fn value(&mut self, ty: Type) -> u128 {
        (if ty.is_float() { self.float(ty, None) } else { self.integer(ty, None) }) & ty.mask()
    }

    fn integer(&mut self, ty: Type, earlier: Option<(Type, u128)>) -> u128 {
        let bits = ty.bits() as u128;
        let any = self.below(0);
        let small = self.below(5);
        match self.below(if earlier.is_some() { 20 } else { 12 }) {
            0 => small,
            1 => 0u128.wrapping_sub(small),
            2 => (signed_min(ty) as u128).wrapping_add(small).wrapping_sub(2),
            3 => 1 << (any % bits),
            4 => ty.mask() >> (any % bits),
            5 => !(ty.mask() >> (any % bits)),
            6 => [bits, bits - 1, bits / 2, bits + 1, 2 * bits, bits.wrapping_sub(2)][(any % 6) as usize],
            7 => any % 256,
            8 => any & self.below(0),
            9 => any % bits,
            10 | 11 => any,
            choice => {
                let (from, value) = earlier.unwrap_or((ty, 0));
                let signed = if any & 1 == 0 { signed(from, value) as u128 } else { value };
                match choice {
                    12 => signed,
                    13 => !signed,
                    14 => 0u128.wrapping_sub(signed),
                    15 => signed.wrapping_add(small).wrapping_sub(2),
                    16 => signed & any,
                    17 => any & !signed,
                    18 => signed.wrapping_mul(small),
                    _ => bits.wrapping_sub(signed),
                }
            }
        }
    }

    fn float(&mut self, ty: Type, earlier: Option<(Type, u128)>) -> u128 {
        let sign = 1u128 << (ty.bits() - 1);
        let fraction = match ty {
            Type::F16 => 10,
            Type::F32 => 23,
            _ => 52,
        };
        let exponents = (sign - 1) & !((1 << fraction) - 1);
        let one = exponents >> 1 & exponents;
        let any = self.below(0);
        let flip = if any & 1 == 0 { 0 } else { sign };
        let magnitude = match self.below(if earlier.is_some() { 12 } else { 10 }) {
            0 => 0,
            1 => one,
            2 => exponents,
            3 => exponents | (1 << (fraction - 1)),
            // The smallest, and the smallest that is normal, and their neighbours.
            4 => 1 + any % 3,
            5 => (1u128 << fraction).wrapping_add(any % 3).wrapping_sub(1),
            6 => exponents - 1 - any % 3,
            // Small integers and powers of two.
            7 => lang_ir::eval::from_f64(ty, (any % 17) as f64),
            8 => any & exponents,
            9 => any & (sign - 1),
            _ => match earlier {
                Some((from, bits)) if from == ty => bits & !sign,
                _ => any & (sign - 1),
            },
        };
        magnitude | flip
    }
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::FACT_CONDITIONS;
    use super::*;

    /// What a condition says about facts, it says about every value that has them.
    #[test]
    fn conditions_on_facts_hold_for_every_value() {
        let mut samples = Samples::new("facts");
        for condition in FACT_CONDITIONS.iter().filter(|c| !ABOUT_PROFIT.contains(&c.name)) {
            let mut held = 0;
            for _ in 0..20_000 {
                let ty = match condition.name {
                    "float-pow2" => [Type::F16, Type::F32, Type::F64][samples.below(3) as usize],
                    _ => [Type::I1, Type::I8, Type::I32, Type::I64, Type::I128][samples.below(5) as usize],
                };
                let to = [Type::I8, Type::I32][samples.below(2) as usize];
                let pairs: Vec<[u128; 2]> = (0..2)
                    .map(|_| {
                        let first = samples.integer(ty, None) & ty.mask();
                        let second = samples.integer(ty, Some((ty, first))) & ty.mask();
                        if samples.below(3) == 0 { [first, first] } else { [first, second] }
                    })
                    .collect();
                let facts: Vec<Facts> =
                    pairs.iter().map(|&[a, b]| Facts::constant(ty, a).or(&Facts::constant(ty, b))).collect();
                if !(condition.check)(&facts, if condition.takes_type { to } else { ty }) {
                    continue;
                }
                held += 1;
                for choice in 0..4 {
                    let values = [pairs[0][choice & 1], pairs[1][choice >> 1]];
                    let exact = values.map(|v| Facts::constant(ty, v));
                    let holds = (condition.check)(&exact, if condition.takes_type { to } else { ty });
                    assert!(holds, "{} of {values:x?} at {ty}", condition.name);
                }
            }
            assert!(held > 50, "{} held {held} times", condition.name);
        }
    }

    #[test]
    fn divisions_are_total_as_in_smt_lib() {
        let minus_one = Type::I8.mask();
        assert_eq!(total(Op::Udiv, Type::I8, &[7, 0]), 255);
        assert_eq!(total(Op::Urem, Type::I8, &[7, 0]), 7);
        assert_eq!(total(Op::Sdiv, Type::I8, &[7, 0]), 255);
        assert_eq!(total(Op::Sdiv, Type::I8, &[0xf0, 0]), 1);
        assert_eq!(total(Op::Sdiv, Type::I8, &[0x80, minus_one]), 0x80);
        assert_eq!(total(Op::Srem, Type::I8, &[0xf0, 0]), 0xf0);
    }
}
